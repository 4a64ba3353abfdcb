"""Marked copies: the notebook that formgrader shows, with what each check says.

Safe to open: outputs are plain text and PNG only, and no HTML is left in a student's text.
"""

import json
import re
from pathlib import Path

from igf1lab.exercises.judging import Verdict, feedback
from igf1lab.exercises.questions import set_from_data
from igf1lab.grading.files import put
from igf1lab.grading.safe_text import readable

_TAG = re.compile(r"<(?=[A-Za-z/!?])")
# Between these no link, image, definition or address can stand that is none without a space.
_LINK = re.compile(r"(?<=\])(?=[(:])|(?<=:)(?=//)")
# MathJax can make links and styles.
_TEX = re.compile(r"(?<!\\)\\++(?=(href|class|cssId|style|require|unicode|mmlToken)(?![A-Za-z]))")
# Whoever shows the copy looks for the end of each formula, to the end of the cell if there is none.
_FORMULA = re.compile(r"(?<!\\)\\++(?=begin\{|[\[(])")
MOST_FORMULAS = 300  # of a cell; where more begin, none does
PENDING = "Pending"  # the output of a check that a person has to look at
ALL_HINTS = 3  # a marked copy says everything: kind, hint and where to read


def marked_copy(result: dict, release, set_data: dict):
    """Return the marked notebook: what the student wrote, what it showed, what each check says.

    Safe to open: outputs are plain text and PNG only, and no HTML is left in the text.
    """
    exercise_set = set_from_data(set_data)
    released = {cell.id: cell for cell in release.cells}
    by_question = {f"{q.id}-check": q for q in exercise_set.questions if q.automatic}
    rubrics = {f"{q.id}-answer": q for q in exercise_set.questions if not q.automatic}
    cells = []
    for number, cell in enumerate(result["cells"]):
        role = cell["role"]
        if role in rubrics:
            cells.append(_cell("markdown", _rubric(rubrics[role]), f"rubric-{number}"))
        if cell["kind"] == "code":
            outputs = _outputs(cell["outputs"])
            if role in by_question:
                outputs = _check_outputs(by_question[role], result["questions"])
            made = _cell("code", cell["source"], f"cell-{number}")
            made |= {"outputs": outputs, "execution_count": None}
        else:
            made = _cell("markdown", safe_markdown(cell["source"]), f"cell-{number}")
        if role in released and "nbgrader" in released[role].metadata:
            made["metadata"]["nbgrader"] = dict(released[role].metadata.nbgrader)
        cells.append(made)
    return {"cells": cells, "metadata": release.metadata, "nbformat": 4, "nbformat_minor": 5}


def safe_markdown(source: str) -> str:
    """Return a student's Markdown with no HTML, image or link in it that a browser would act on."""
    if len(_FORMULA.findall(source)) > MOST_FORMULAS:
        source = _FORMULA.sub("", source)
    # Tags last: what is taken away before must not leave one behind.
    return _TAG.sub("&lt;", _LINK.sub(" ", _TEX.sub("", source)))


def _cell(kind, source, cell_id):
    # Plain dicts: nbformat's makers check every cell against the schema, ten times the work of
    # marking. A test validates what comes out.
    return {"cell_type": kind, "id": cell_id, "metadata": {}, "source": readable(source)}


def _output(kind, **fields):
    metadata = {} if kind in ("stream", "error") else {"metadata": {}}
    return {"output_type": kind, **fields, **metadata}


def _rubric(question):
    rows = [
        f"| {r['criterion']} | {r['points']:g} | {r.get('full', '')} | {r.get('part', '')} "
        f"| {r.get('none', '')} |"
        for r in question.rubric
    ]
    head = f"**Rubric, {question.points:g} points** (for markers)\n\n"
    return head + "\n".join(["| criterion | points | full | part | none |", "|-|-|-|-|-|", *rows])


def _outputs(rows):
    made = []
    for row in rows or []:
        if row["type"] == "stream":
            made.append(_output("stream", name="stdout", text=row["text"]))
        elif row["type"] == "error":
            made.append(
                _output("error", ename=row["name"], evalue=row["says"], traceback=[row["says"]])
            )
        else:
            data = {"text/plain": row["text"]}
            if "png" in row:
                data["image/png"] = row["png"]
            made.append(_output("display_data", data=data))
    return made if rows is not None else [_not_run()]


def _not_run():
    says = "This cell was not run."
    return _output("error", ename="NotRun", evalue=says, traceback=[says])


def _check_outputs(question, verdicts):
    verdict = Verdict(**verdicts[question.id])
    says = feedback(question, verdict, ALL_HINTS)
    if verdict.points is None:  # to nbgrader, nothing at all would be full marks
        return [_output("error", ename=PENDING, evalue=says, traceback=[says])]
    # Stock nbgrader reads the points of a check from its plain-text result.
    return [
        _output("stream", name="stdout", text=says + "\n"),
        _output("execute_result", data={"text/plain": repr(verdict)}, execution_count=1),
    ]


def write_copy(path: Path, notebook) -> None:
    """Write a marked copy, replacing an older one."""
    put(path, json.dumps(notebook, ensure_ascii=False) + "\n")
