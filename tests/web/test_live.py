"""Live code: notebooks with Python inside the browser, in the JupyterLite of the built site.

A lesson and a solved set here; with IGF1LAB_ALL_LIVE (`make test-web-all`) every notebook.
"""

import json
import os

import nbformat
import pytest
from playwright.sync_api import expect

from igf1lab.exercises.source import read_source
from igf1lab.grading import cli
from igf1lab.grading.course import open_course
from igf1lab.grading.demo import blob, notebook_with, right_answers
from igf1lab.grading.marking.marks import read_marks
from igf1lab.grading.sandbox.client import Sandbox
from igf1lab.web import lite
from kernels import ROOT
from reading import Reader, predict
from sandboxes import running_or_skip

SET = "01_gh_igf1_axis"
ALL = [path.relative_to(ROOT).as_posix() for path in lite.notebooks()]
LESSON = "10_mechanism_microbial_colonisation"
START_MS, RUN_MS = 120_000, 240_000  # loose: other work shares the machine
IDLE = """() => window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"""
# JupyterLab attaches no cells that are off screen, so outputs are read from the model.
OUTPUTS = """() => [...jupyterapp.shell.currentWidget.model.cells].flatMap((cell) =>
  (cell.outputs?.toJSON() ?? []).map((output) => ({ id: cell.id, ...output })))"""


class Live:
    """JupyterLite with the notebook that a reader has opened, its kernel ready."""

    def __init__(self, reader):
        self.page = reader.page
        self.page.wait_for_url("**/lite/notebooks/index.html*", timeout=START_MS)
        self.page.wait_for_function(IDLE, timeout=START_MS)

    def fill(self, answers: dict[str, str]) -> None:
        """Write into cells, by their ids."""
        self.page.evaluate(
            """(answers) => { for (const cell of jupyterapp.shell.currentWidget.model.cells)
                 if (answers[cell.id] !== undefined) cell.sharedModel.setSource(answers[cell.id]); }""",
            answers,
        )

    def run_all(self) -> list[dict]:
        """Run every cell; return the outputs, each with the id of its cell."""
        self.page.set_default_timeout(RUN_MS)
        self.page.evaluate(
            "() => jupyterapp.commands.execute('notebook:run-all-cells').then(() => null)"
        )
        self.page.wait_for_function(IDLE, timeout=RUN_MS)
        return self.page.evaluate(OUTPUTS)

    def download(self) -> bytes:
        """Return the notebook as its file would be."""
        content = self.page.evaluate("() => jupyterapp.shell.currentWidget.model.toJSON()")
        return json.dumps(content).encode()


def errors(outputs: list[dict]) -> list[str]:
    return [
        f"{each['id']}: {each['ename']}: {each['evalue'][:200]}"
        for each in outputs
        if each["output_type"] == "error"
    ]


def run_to_the_end(reader, live, shows_parts: bool):
    """Run all cells; nothing fails, nothing is asked of another machine, a lesson shows its parts."""
    outputs = live.run_all()
    assert errors(outputs) == []
    assert reader.outside() == []
    if shows_parts:
        assert any("widget-view" in kind for each in outputs for kind in each.get("data", {}))


def open_live(reader, notebook: str):
    reader.open(f"live.html?open={notebook}")
    return reader


@pytest.fixture(scope="module")
def solver(chromium, address):
    """A reader who opens a set; it starts while the lesson is tested, as both wait more than work."""
    me = open_live(Reader(chromium, address, bypass_csp=True), f"exercises/{SET}/{SET}.ipynb")
    yield me
    me.context.close()


@pytest.mark.usefixtures("solver")
def test_a_cell_opened_from_its_page_runs_and_knows_what_was_answered_there(reader):
    """Both lie on one origin, so they share one store."""
    me = reader(bypass_csp=True)
    predict(me.open(f"lessons/{LESSON}.html"))
    link = me.page.get_by_role("link", name="Run this live").last
    cell = link.get_attribute("href").rpartition("=")[2]
    link.click()
    live = Live(me)
    live.page.wait_for_function(
        f"(id) => ({OUTPUTS})().some((output) => output.id === id)", arg=cell
    )
    assert errors(live.page.evaluate(OUTPUTS)) == []
    active = "() => jupyterapp.shell.currentWidget.content.activeCell.model.id"
    assert live.page.evaluate(active) == cell
    expect(live.page.locator(".jp-Cell.jp-mod-active")).to_be_in_viewport()
    live.page.wait_for_function(
        """() => [...(globalThis.igf1labKeepers?.values() ?? [])].some((keeper) =>
             keeper.records().some((each) => each.kind === 'prediction'))"""
    )
    run_to_the_end(me, live, shows_parts=True)


if os.environ.get("IGF1LAB_ALL_LIVE"):

    @pytest.mark.parametrize("notebook", ALL)
    def test_a_notebook_runs_to_its_end_in_the_browser(reader, notebook):
        me = open_live(reader(bypass_csp=True), notebook)
        run_to_the_end(me, Live(me), notebook.startswith("notebooks"))


def test_a_set_solved_in_the_browser_is_graded_with_the_same_marks(solver, tmp_path, monkeypatch):
    with running_or_skip(Sandbox.best()):
        pass
    source = read_source(ROOT / "solutions" / SET / f"{SET}.ipynb")
    solved = notebook_with(source, right_answers(source))
    live = Live(solver)
    live.fill({cell.id: cell.source for cell in solved.cells if cell.id.endswith("-answer")})
    run_to_the_end(solver, live, shows_parts=False)
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / f"live_{SET}.ipynb").write_bytes(live.download())
    (inbox / f"native_{SET}.ipynb").write_bytes(blob(solved))
    monkeypatch.setenv("COURSE_PRIVATE", str(tmp_path / "private"))
    assert cli.main(["ingest", SET, str(inbox)]) == 0
    assert cli.main(["grade", SET]) == 0
    marks = read_marks(open_course(str(tmp_path / "private")), SET)
    assert marks["live"] == marks["native"]
    assert any(marks["live"].values())


def test_what_is_opened_live_is_what_the_course_has(site):
    for path in ALL:
        released = nbformat.read(site / "lite" / "files" / path, as_version=4)
        assert released == nbformat.read(ROOT / path, as_version=4)
