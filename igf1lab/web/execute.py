"""Run lessons and compute sweeps once, and keep what they gave until text, code or assets change."""

import contextlib
import os
import tempfile
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from igf1lab.lesson.rows import exploration
from igf1lab.web import sweeps
from igf1lab.web.places import PACKAGE, ROOT, cache_dir, digest

# What a lesson's outputs depend on besides its own text and our code.
LIBRARIES = ("anywidget", "ipywidgets", "matplotlib", "numpy", "scipy")
UNSEEN = {"grading", "web", "exercises", "classroom", "page"}  # rooms that no lesson's output shows


def execute(notebook: Path) -> nbformat.NotebookNode:
    """Return the notebook as run by a reader who has not answered anything yet.

    A run of the same text with the same code is taken from the cache.
    """
    kept = cache_dir("lessons") / f"{notebook.stem}-{_key(notebook)}.ipynb"
    if not kept.exists():
        _keep(kept, nbformat.writes(_run(notebook)).encode())
    return nbformat.read(kept, as_version=4)


def _run(notebook: Path) -> nbformat.NotebookNode:
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
    return content


def execute_all(notebooks: list[Path]) -> list[nbformat.NotebookNode]:
    """Run several lessons, as many at a time as this machine has processors."""
    with ThreadPoolExecutor(os.cpu_count()) as crew:
        return list(crew.map(execute, notebooks))


def sweep_files(lessons: Iterable[str]) -> dict[str, bytes]:
    """Return the sweep file of every explorer of these lessons, by the explorer's name."""
    folder = cache_dir("sweeps")
    parts = {name[3:] for name in lessons}
    wanted = [(part, key) for part, key in sweeps.explorers() if part in parts]
    files = {(p, k): folder / f"{p}.{k}-{_sweeps_key(p)}.gz" for p, k in wanted}
    missing = [each for each, file in files.items() if not file.exists()]
    if missing:
        with ProcessPoolExecutor(os.cpu_count()) as crew:
            made = crew.map(sweeps.encode, *zip(*missing, strict=True))
            for each, content in zip(missing, made, strict=True):
                _keep(files[each], content)
    return {exploration(*each).name: file.read_bytes() for each, file in files.items()}


def _keep(file: Path, content: bytes) -> None:
    """Write a file of the cache, whole or not at all, in place of older ones of the same thing."""
    for old in file.parent.glob(f"{file.stem.rpartition('-')[0]}-*{file.suffix}"):
        with contextlib.suppress(FileNotFoundError):  # another build may tidy up as well
            old.unlink()
    half = file.with_suffix(f".{os.getpid()}")
    half.write_bytes(content)
    half.rename(file)


def _key(notebook: Path) -> str:
    code = (f for f in PACKAGE.rglob("*.py") if f.relative_to(PACKAGE).parts[0] not in UNSEEN)
    assets = (
        file
        for file in (ROOT / "assets").rglob("*")
        if file.is_file() and file.parent.name not in ("exercises", "screenshots")
    )
    return digest([_versions(), notebook, *sorted(code), *sorted(assets)])


def _sweeps_key(part: str) -> str:
    """Models, what they read, and the explorers of one lesson: quizzes and words change no curve."""
    rooms = (
        PACKAGE / "models",
        PACKAGE / "evidence",
        ROOT / "assets" / "data",
        ROOT / "assets" / "tables",
    )
    files = sorted(file for room in rooms for file in room.iterdir() if file.is_file())
    lesson = PACKAGE / "lesson"
    files += [PACKAGE / "parameters.py", PACKAGE / "units.py", PACKAGE / "web" / "sweeps.py"]
    files += [lesson / "rows.py", lesson / "parts" / f"{part}.py"]
    return digest([_versions(), *files])


def _versions() -> bytes:
    return " ".join(f"{name} {version(name)}" for name in LIBRARIES).encode()
