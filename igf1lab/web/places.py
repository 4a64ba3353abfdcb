"""Where the sources of the site lie, and where what took long to make is kept."""

import hashlib
import os
import tomllib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "igf1lab"
SITE = ROOT / "site"


def cache_dir(name: str) -> Path:
    """Return a folder for things that may be deleted at any time, made if it is missing.

    ``IGF1LAB_CACHE`` says where; without it, the user's own cache folder.
    """
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(os.environ.get("IGF1LAB_CACHE") or Path(home) / "igf1lab") / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def digest(parts: Iterable[bytes | Path]) -> str:
    """Return a short hash of bytes and of files with their names."""
    total = hashlib.sha256()
    for part in parts:
        if isinstance(part, Path):
            total.update(part.name.encode() + b"\0")
            part = part.read_bytes()
        total.update(hashlib.sha256(part).digest())
    return total.hexdigest()[:12]


@cache
def repository() -> str:
    """Address of the repository that publishes this copy, or ``""`` while none does.

    It is written once, in ``pyproject.toml``; on GitHub's own machines a fork knows its address.
    """
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    written = project["tool"]["igf1lab"]["repository"].rstrip("/")
    if not written and os.environ.get("GITHUB_REPOSITORY"):
        server = os.environ.get("GITHUB_SERVER_URL", "https://github.com")
        return f"{server}/{os.environ['GITHUB_REPOSITORY']}"
    return written


def pages_address(repository: str) -> str:
    """Return where GitHub shows the pages of a repository; ``""`` if it is not there."""
    owner, _, name = _on_github(repository).partition("/")
    if not name:
        return ""
    home = f"{owner.lower()}.github.io"
    return f"https://{home}/" if name.lower() == home else f"https://{home}/{name}/"


def binder_address(repository: str) -> str:
    """Return the address that opens lesson 0 on Binder; ``""`` if Binder cannot know of it."""
    path = _on_github(repository)
    first = "lab/tree/notebooks/00_start_here.ipynb"
    return f"https://mybinder.org/v2/gh/{path}/HEAD?urlpath={first}" if path else ""


def _on_github(repository: str) -> str:
    home, path = "https://github.com/", repository.rstrip("/").removesuffix(".git")
    return path.removeprefix(home) if path.startswith(home) else ""
