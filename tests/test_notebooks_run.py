"""Every notebook is run (by nbval), without a network, within its time and memory."""

import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from kernels import ROOT, measures_file, notebook_environment

FOLDERS = ("notebooks", "exercises", "solutions", "tools")
LESSONS = sorted(ROOT.glob("notebooks/[0-9]*.ipynb"))
MOST_SECONDS = 15
MOST_WALL_SECONDS = 45  # loose, for a second worker keeps the machine busy; a sleeping cell is met
MOST_MB = 400


def run(notebook: Path, environment: dict[str, str], **options) -> nbformat.NotebookNode:
    """Run a notebook in this Python, in its own folder."""
    content = nbformat.read(notebook, as_version=4)
    place = {"metadata": {"path": notebook.parent}}
    client = NotebookClient(content, timeout=120, resources=place, **options)
    return client.execute(env=os.environ | environment)


def test_pytest_collects_every_notebook():
    """None is excluded: what `pytest` collects is what lies in the folders."""
    listing = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", "-n0", *FOLDERS],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    collected = {line.split("::")[0] for line in listing.stdout.splitlines() if "::" in line}
    on_disk = {
        path.relative_to(ROOT).as_posix()
        for folder in FOLDERS
        for path in (ROOT / folder).rglob("*.ipynb")
        if ".ipynb_checkpoints" not in path.parts
    }
    assert on_disk, "there are no notebooks"
    assert collected == on_disk, f"not run by pytest: {sorted(on_disk - collected)}"


@pytest.fixture(scope="module")
def measures() -> dict[str, dict]:
    """Time and memory of each lesson: noted when nbval ran it, or from a run of our own."""
    found = {}
    for lesson in LESSONS:
        if not measures_file(lesson).exists():  # this file is tested alone
            run(lesson, notebook_environment(lesson))
        found[lesson.stem] = json.loads(measures_file(lesson).read_text())
    return found


@pytest.mark.parametrize("lesson", [path.stem for path in LESSONS])
def test_lesson_is_quick_and_small(lesson, measures, record_property):
    m = measures[lesson]
    record_property("lesson", (lesson, m["seconds"], m["busy_seconds"], m["peak_mb"]))
    busy, peak_mb = m["busy_seconds"], m["peak_mb"]
    assert m["seconds"] < MOST_WALL_SECONDS, f"{lesson} took {m['seconds']:.1f} s on the clock"
    assert busy < MOST_SECONDS, f"{lesson} worked {busy:.1f} s; {MOST_SECONDS} s are the most"
    assert peak_mb < MOST_MB, f"{lesson} needed {peak_mb:.0f} MB; {MOST_MB} MB are the most"


# --- the machinery itself -------------------------------------------------------------------


def run_sources(folder: Path, *sources: str) -> list[str]:
    """Run cells in one kernel of the tests; return what each printed, or its error."""
    path = folder / "tiny.ipynb"
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    done = run(path, {"IGF1LAB_MEASURES": str(folder / "measures.json")}, allow_errors=True)
    return [
        "".join(output.get("text", output.get("evalue", "")) for output in cell.outputs)
        for cell in done.cells
    ]


REACH_OUT = [
    "import socket; socket.create_connection(('192.0.2.1', 80), timeout=1)",  # by address
    "import urllib.request; urllib.request.urlopen('http://example.org', timeout=1)",  # by name
    "socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 9))",  # without connecting
]
LOCAL = (
    "server = socket.create_server(('127.0.0.1', 0))\n"
    "socket.create_connection(server.getsockname()).close()\n"
    "print('reached')"
)


def test_a_notebook_reaches_this_machine_alone_and_finds_no_name_of_ours(tmp_path):
    names = "print({'os', 'Path', 'is_local'} & set(globals()))"
    found, *refused, reached = run_sources(tmp_path, names, *REACH_OUT, LOCAL)
    assert found == "set()\n"
    assert len(refused) == 3 and all("runs without a network" in each for each in refused), refused
    assert reached == "reached\n"


def test_a_large_kernel_is_measured(tmp_path):
    run_sources(tmp_path, "block = b'x' * 300_000_000; del block")
    assert json.loads((tmp_path / "measures.json").read_text())["peak_mb"] > 300
    run_sources(tmp_path, "pass")
    assert json.loads((tmp_path / "measures.json").read_text())["peak_mb"] < 200
