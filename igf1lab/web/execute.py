"""Run a lesson once and keep what it gave: outputs and the state of its widgets."""

import contextlib
import os
import tempfile
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from igf1lab.web.places import PACKAGE, ROOT, cache_dir, digest

# What a lesson's outputs depend on besides its own text and our code.
LIBRARIES = ("anywidget", "ipywidgets", "matplotlib", "numpy", "scipy")
UNSEEN = {"grading", "web", "exercises", "classroom", "page"}  # rooms that no lesson's output shows


def execute(notebook: Path) -> nbformat.NotebookNode:
    """Return the notebook as run by a reader who has not answered anything yet.

    A run of the same text with the same code is taken from the cache.
    """
    kept = cache_dir("lessons") / f"{notebook.stem}-{_key(notebook)}.ipynb"
    if kept.exists():
        return nbformat.read(kept, as_version=4)
    content = nbformat.read(notebook, as_version=4)
    with tempfile.TemporaryDirectory() as fresh:
        reader = {
            "IGF1LAB_HEADLESS": "0",  # somebody will click: predictions stay shut
            "IGF1LAB_PROGRESS": str(Path(fresh) / "progress.db"),
            "IGF1LAB_STRICT": "1",
        }
        NotebookClient(
            content,
            timeout=300,
            store_widget_state=True,
            resources={"metadata": {"path": notebook.parent}},
        ).execute(env=os.environ | reader)
    for old in kept.parent.glob(f"{notebook.stem}-*.ipynb"):
        with contextlib.suppress(FileNotFoundError):  # another build may tidy up as well
            old.unlink()
    half = kept.with_suffix(f".{os.getpid()}")
    nbformat.write(content, half)
    half.rename(kept)  # whole or not at all
    return content


def execute_all(notebooks: list[Path]) -> list[nbformat.NotebookNode]:
    """Run several lessons, as many at a time as this machine has processors."""
    with ThreadPoolExecutor(os.cpu_count()) as crew:
        return list(crew.map(execute, notebooks))


def _key(notebook: Path) -> str:
    code = sorted(
        file for file in PACKAGE.rglob("*.py") if file.relative_to(PACKAGE).parts[0] not in UNSEEN
    )
    assets = sorted(
        file
        for file in (ROOT / "assets").rglob("*")
        if file.is_file() and file.parent.name not in ("exercises", "screenshots")
    )
    versions = " ".join(f"{name} {version(name)}" for name in LIBRARIES)
    return digest([versions.encode(), notebook, *code, *assets])
