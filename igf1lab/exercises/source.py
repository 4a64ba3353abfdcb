"""A solutions notebook, taken apart: its set, its questions, its cells in order.

From it come the keys (expected values of right and usual wrong answers), which need the notebook
to be run, here or in the sandbox: both run the same list of steps.
"""

import contextlib
import io
import json
import math
import os
import re
import tempfile
import warnings
from dataclasses import dataclass, field
from pathlib import Path

import nbformat

from igf1lab.exercises.answers import describe_name
from igf1lab.exercises.questions import (
    SET_POINTS,
    ExerciseSet,
    Question,
    SpecError,
    need,
    read_question,
    read_set,
)

REPOSITORY = Path(__file__).resolve().parents[2]
HIDDEN_TAGS = {"set", "question", "worked"}  # cells that learners do not get
PUBLIC_CALLS, PRIVATE_CALLS = 6, 12
STUB = re.compile(r"^\s*# STUB: ?(.*)$")
_ABOUT_SOLUTION = re.compile(rf"^\s*### (?:BEGIN|END) SOLUTION|{STUB.pattern}")


def tags(cell) -> list[str]:
    """Return the tags of a cell."""
    return cell.metadata.get("tags", [])


@dataclass
class Block:
    """The cells of one question, its spec cell first."""

    question: Question
    cells: list = field(default_factory=list)

    def tagged(self, tag: str) -> list:
        """Return the block's cells with a tag."""
        return [cell for cell in self.cells if tag in tags(cell)]


@dataclass
class Source:
    """A solutions notebook: head cells (title, set, setup) and one block a question."""

    exercise_set: ExerciseSet
    notebook: nbformat.NotebookNode
    head: list
    blocks: list[Block]


def read_source(path: str | Path) -> Source:
    """Read a solutions notebook from its file; see :func:`take_apart`."""
    return take_apart(nbformat.read(path, as_version=4), Path(path).stem)


def take_apart(notebook, name: str) -> Source:
    """Take a solutions notebook apart.

    Raises
    ------
    SpecError
        If the set or a question is written wrongly.
    """
    head, blocks, about = [], [], None
    for cell in notebook.cells:
        if "set" in tags(cell):
            about = read_set(cell.source)
        if "question" in tags(cell):
            blocks.append(Block(read_question(cell.source)))
        (blocks[-1].cells if blocks else head).append(cell)
    if about is None:
        raise SpecError("no raw cell tagged set")
    questions = [block.question for block in blocks]
    exercise_set = ExerciseSet(about["lesson"], about["minutes"], about["parameters"], questions)
    need(exercise_set.lesson == name, f"set cell: lesson must be {name}")
    _check(exercise_set, blocks)
    return Source(exercise_set, notebook, head, blocks)


def _check(exercise_set, blocks):
    ids = [question.id for question in exercise_set.questions]
    need(ids == [f"q{n}" for n in range(1, len(ids) + 1)], f"ids must be q1, q2, ...; got {ids}")
    need(
        exercise_set.points == SET_POINTS,
        f"points sum to {exercise_set.points:g}, not {SET_POINTS}",
    )
    for block in blocks:
        where = f"question {block.question.id}"
        need(len(block.tagged("answer")) == 1, f"{where}: needs exactly one cell tagged answer")
        automatic = block.question.automatic
        kind = "code" if automatic else "markdown"
        need(block.tagged("answer")[0].cell_type == kind, f"{where}: the answer is a {kind} cell")
        need(len(block.tagged("check")) == automatic, f"{where}: needs one cell tagged check")
        need(block.tagged("worked"), f"{where}: needs a worked answer (cell tagged worked)")


def worked_answers(source: Source) -> dict:
    """Return the worked answers by question: the solution's own, and what is said of it."""
    found = {}
    for block in source.blocks:
        lines = block.tagged("answer")[0].source.split("\n")
        kept = [line for line in lines if not _ABOUT_SOLUTION.match(line)]
        texts = [cell.source for cell in block.tagged("worked") if cell.cell_type == "markdown"]
        found[block.question.id] = {
            "answer": "\n".join(kept).strip("\n"),
            "says": "\n\n".join(texts),
        }
    return found


# One step: ("cell", code) or ("ask", question id, part, expression, kind, calls).


def reference_steps(source: Source, seed: str, n_calls: int) -> list[tuple]:
    """Return the steps that run the solution and ask for every right and usual wrong answer."""
    steps = [("cell", cell.source) for cell in source.head if cell.cell_type == "code"]
    for block in source.blocks:
        # Worked code runs too, before the check: it may define what a usual wrong answer needs.
        code = [cell for cell in block.cells if cell.cell_type == "code"]
        steps += [("cell", cell.source) for cell in code]
        if block.question.automatic:
            steps += _asks(block.question, block.question.draw_calls(seed, n_calls))
    return steps


def _asks(question, calls):
    kind = question.kind
    steps = [("ask", question.id, "expected", question.answer, kind, calls)]
    for n, wrong in enumerate(question.wrong):
        steps.append(("ask", question.id, f"wrong {n}", wrong.gives, kind, calls))
    for n, line in enumerate(question.lines):
        for axis in ("x", "y"):
            if axis in line:
                steps.append(
                    ("ask", question.id, f"curve {n} {axis}", str(line[axis]), "array", None)
                )
    return steps


def keys_from(exercise_set: ExerciseSet, answers: dict, seed: str, n_calls: int) -> dict:
    """Put the answers of :func:`reference_steps` together as keys by question id.

    Raises
    ------
    SpecError
        If a right answer is not one, or a usual wrong answer is within the tolerance of it.
    """
    keys = {}
    for question in exercise_set.questions:
        if not question.automatic:
            continue
        expected = answers[question.id, "expected"]
        wrong = [answers[question.id, f"wrong {n}"] for n in range(len(question.wrong))]
        key = {"expected": expected, "wrong": wrong}
        if question.kind == "function":
            key["calls"] = question.draw_calls(seed, n_calls)
        if question.kind == "figure":
            key["curves"] = [
                {
                    axis: answers.get((question.id, f"curve {n} {axis}"), {}).get("values", [])
                    for axis in ("x", "y")
                }
                for n in range(len(question.lines))
            ]
        keys[question.id] = key
    return keys


class LocalRun:
    """Run trusted cells in this process, in one namespace, in an empty folder.

    Parameters
    ----------
    lesson : str
        Name of the set, for its numbers.
    numbers : dict
        Parameter values, as a student's ``my_numbers.json`` would hold them.
    """

    def __init__(self, lesson: str, numbers: dict):
        self.namespace = {"__name__": "__main__"}
        self._personal = {lesson: {"parameters": numbers}}

    def run(self, steps) -> dict:
        """Run the steps; return the descriptions by (question id, part)."""
        import matplotlib

        matplotlib.use("Agg")
        import matplotlib.pyplot as plt

        answers = {}
        with tempfile.TemporaryDirectory() as folder, _inside(folder), _silence():
            Path("my_numbers.json").write_text(json.dumps(self._personal), encoding="utf-8")
            for step in steps:
                if step[0] == "cell":
                    exec(compile(step[1], "<cell>", "exec"), self.namespace)
                else:
                    _, question_id, part, expression, kind, calls = step
                    described = describe_name(self.namespace, expression, kind, calls)
                    answers[question_id, part] = described
        plt.close("all")
        return answers


@contextlib.contextmanager
def _inside(folder):
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


@contextlib.contextmanager
def _silence():
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*non-interactive.*")
        yield


def rounded(value, digits: int = 10):
    """Round every float of a piece of plain data, so that files agree across machines."""
    if isinstance(value, dict):
        return {name: rounded(item, digits) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(item, digits) for item in value]
    if isinstance(value, float) and math.isfinite(value):
        return float(f"{value:.{digits}g}")
    return value


def public_keys(source: Source) -> dict:
    """Run the solution here and return its public keys."""
    seed = f"public {source.exercise_set.lesson}"
    numbers = {name: rule.value for name, rule in source.exercise_set.parameters.items()}
    steps = reference_steps(source, seed, PUBLIC_CALLS)
    answers = LocalRun(source.exercise_set.lesson, numbers).run(steps)
    return rounded(keys_from(source.exercise_set, answers, seed, PUBLIC_CALLS))
