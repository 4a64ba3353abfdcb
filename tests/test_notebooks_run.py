"""Every notebook is run (by nbval), without a network, within its time and memory."""

import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from kernels import ROOT, measures_file, notebook_environment

FOLDERS = ("notebooks", "exercises", "solutions", "tools")
LESSONS = sorted(ROOT.glob("notebooks/[0-9]*.ipynb"))
MOST_SECONDS = 15
MOST_WALL_SECONDS = 45  # loose, for a second worker keeps the machine busy; a sleeping cell is met
MOST_MB = 400


def run(notebook: Path, environment: dict[str, str]) -> nbformat.NotebookNode:
    """Run a notebook in this Python, in its own folder."""
    content = nbformat.read(notebook, as_version=4)
    client = NotebookClient(content, timeout=120, resources={"metadata": {"path": notebook.parent}})
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


def run_source(source: str, folder: Path) -> str:
    """Run one cell in a kernel of the tests; returns what it printed."""
    path = folder / "tiny.ipynb"
    cell = nbformat.v4.new_code_cell(source)
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), path)
    done = run(path, {"IGF1LAB_MEASURES": str(folder / "measures.json")})
    return "".join(output.get("text", "") for output in done.cells[0].outputs)


REACH_OUT = {
    "by address": "import socket; socket.create_connection(('192.0.2.1', 80), timeout=1)",
    "by name": "import urllib.request; urllib.request.urlopen('http://example.org', timeout=1)",
    "without connecting": (
        "import socket; socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 9))"
    ),
}


@pytest.mark.parametrize("source", REACH_OUT.values(), ids=REACH_OUT)
def test_a_notebook_cannot_reach_the_network(source, tmp_path):
    with pytest.raises(CellExecutionError, match="runs without a network"):
        run_source(source, tmp_path)


def test_a_notebook_can_use_this_machine(tmp_path):
    source = (
        "import socket\n"
        "server = socket.create_server(('127.0.0.1', 0))\n"
        "socket.create_connection(server.getsockname()).close()\n"
        "print('reached')"
    )
    assert run_source(source, tmp_path) == "reached\n"


def test_the_machinery_leaves_no_name_behind(tmp_path):
    assert run_source("print({'os', 'Path', 'is_local'} & set(globals()))", tmp_path) == "set()\n"


def test_a_large_kernel_is_measured(tmp_path):
    run_source("block = b'x' * 300_000_000; del block", tmp_path)
    assert json.loads((tmp_path / "measures.json").read_text())["peak_mb"] > 300
    run_source("pass", tmp_path)
    assert json.loads((tmp_path / "measures.json").read_text())["peak_mb"] < 200
