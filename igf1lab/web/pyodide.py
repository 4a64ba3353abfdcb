"""Fetch Pyodide and the wheels that the course needs in the browser, each checked by its hash.

All comes from public registries through their own tools: the core from npm, pure wheels from PyPI.
Wheels that hold compiled code come from the Pyodide release itself or, where that cannot be
reached, out of a PyPI package that carries the same files; the lock's hashes decide.
"""

import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import urllib.request
import zipfile
from base64 import b64encode
from hashlib import sha256, sha512
from pathlib import Path

from igf1lab.web.places import cache_dir

VERSION = "314.0.3"
CORE_INTEGRITY = (
    "sK40My6m8tmBUYtYH9au9rXUeh9x0wfahtHdOlGmJxZDsKBGKtP6KznyFB2+u/klbQTdDionR0uaVd176zVQzQ=="
)
CORE = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip")
LOCK = "pyodide-lock.json"
RELEASE = f"https://cdn.jsdelivr.net/pyodide/v{VERSION}/full/"
CARRIER = "open-webui==0.12.4"  # brings the wheels of this Pyodide release
# Of the release: what has compiled code, and what the lock ties to it.
COMPILED = (
    "contourpy",
    "cycler",
    "fonttools",
    "kiwisolver",
    "matplotlib",
    "micropip",
    "numpy",
    "packaging",
    "pillow",
    "pyparsing",
    "python-dateutil",
    "pytz",
    "scipy",
    "six",
)
PURE = Path(__file__).parent / "live.txt"
PYYAML = "pyyaml==6.0.3"  # built without its C library, so that it is pure Python


class FetchError(RuntimeError):
    """Something could not be fetched, or is not what it should be."""


def fetch() -> Path:
    """Return a folder with the core, its lock and all wheels; filled when first asked for."""
    folder = cache_dir("pyodide") / f"{VERSION}-{sha256(PURE.read_bytes()).hexdigest()[:12]}"
    if (folder / "complete").exists():
        return folder
    with tempfile.TemporaryDirectory(dir=folder.parent) as work:
        parts = Path(work) / "parts"
        parts.mkdir()
        _core(parts)
        lock = json.loads((parts / LOCK).read_text("utf-8"))
        _compiled(parts, [lock["packages"][name] for name in COMPILED], Path(work))
        _pure(parts)
        (parts / "complete").touch()
        shutil.rmtree(folder, ignore_errors=True)
        parts.rename(folder)
    return folder


def _core(parts: Path) -> None:
    if not shutil.which("npm"):
        raise FetchError("npm is needed to fetch Pyodide: install Node.js, then try again.")
    name = _run(["npm", "pack", "--silent", f"pyodide@{VERSION}"], parts).split()[-1]
    archive = parts / name
    if b64encode(sha512(archive.read_bytes()).digest()).decode() != CORE_INTEGRITY:
        raise FetchError(f"{name} is not the file that this course was made with.")
    with tarfile.open(archive) as content:
        for file in (*CORE, LOCK):
            (parts / file).write_bytes(content.extractfile(f"package/{file}").read())
    archive.unlink()


def _compiled(parts: Path, packages: list[dict], work: Path) -> None:
    try:
        for package in packages:
            with urllib.request.urlopen(RELEASE + package["file_name"], timeout=60) as answer:
                _keep(parts, package, answer.read())
    except OSError as fault:
        print(f"The Pyodide release cannot be reached ({fault}); its wheels come from PyPI.")
        _pip("download", "--no-deps", "--no-binary=:none:", CARRIER, "--dest", str(work))
        (carrier,) = work.glob("*.whl")
        with zipfile.ZipFile(carrier) as archive:
            inside = {Path(name).name: name for name in archive.namelist()}
            for package in packages:
                if package["file_name"] not in inside:
                    raise FetchError(f"{CARRIER} does not hold {package['file_name']}.") from fault
                _keep(parts, package, archive.read(inside[package["file_name"]]))


def _keep(parts: Path, package: dict, content: bytes) -> None:
    if sha256(content).hexdigest() != package["sha256"]:
        raise FetchError(f"{package['file_name']} is not the file that the lock names.")
    (parts / package["file_name"]).write_bytes(content)


def _pure(parts: Path) -> None:
    anywhere = ["--only-binary=:all:", "--implementation=py", "--platform=any"]
    _pip(
        "download",
        "--require-hashes",
        "--no-deps",
        *anywhere,
        "--python-version=3.14",
        "--requirement",
        str(PURE),
        "--dest",
        str(parts),
    )
    _pip("wheel", "--no-deps", "--no-binary=pyyaml", PYYAML, "--wheel-dir", str(parts))
    if not list(parts.glob("pyyaml-*-none-any.whl")):
        raise FetchError("PyYAML was built with its C library; it must be pure Python.")


def course_wheel(folder: Path) -> Path:
    """Build the course itself as a wheel."""
    from igf1lab.web.places import ROOT

    _pip("wheel", "--no-deps", str(ROOT), "--wheel-dir", str(folder))
    (wheel,) = folder.glob("igf1lab-*.whl")
    return wheel


def entry(wheel: Path) -> tuple[str, dict]:
    """Return a wheel's name and what a lock says of it; it is asked for by name, so it needs no others."""
    name, version = wheel.name.split("-")[:2]
    name = name.replace("_", "-").lower()
    return name, {
        "name": name,
        "version": version,
        "file_name": wheel.name,
        "install_dir": "site",
        "sha256": sha256(wheel.read_bytes()).hexdigest(),
        "package_type": "package",
        "imports": [],
        "depends": [],
    }


def write_lock(folder: Path, wheels: list[Path]) -> list[str]:
    """Write one lock of exactly these wheels, in place of the release's; return their names."""
    release = json.loads((folder / LOCK).read_text("utf-8"))
    packages = dict(map(entry, wheels))
    (folder / LOCK).write_text(json.dumps({"info": release["info"], "packages": packages}), "utf-8")
    return sorted(packages)


def _pip(*arguments: str) -> None:
    command = [sys.executable, "-m", "pip", arguments[0], "--quiet", "--disable-pip-version-check"]
    _run([*command, *arguments[1:]], None)


def _run(command: list[str], folder: Path | None) -> str:
    environment = os.environ | {"PYYAML_FORCE_LIBYAML": "0", "PIP_NO_CACHE_DIR": "1"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise FetchError(f"{' '.join(command)} failed:\n{done.stderr.strip()[-2000:]}")
    return done.stdout
