"""A made-up class, built from the solutions of whatever sets exist: for tests and demonstrations.

    python -m igf1lab.grading.demo 03_metabolism FOLDER

writes thirty notebooks, as thirty people would hand them in.
"""

import argparse
import copy
import re
from dataclasses import dataclass
from pathlib import Path

import nbformat

from igf1lab.exercises.generate import learner_copy
from igf1lab.exercises.source import Source, read_source
from igf1lab.grading.course import REPOSITORY

SIZE = 30
_MARKERS = re.compile(r"^\s*### (BEGIN|END) SOLUTION\n?|^\s*# STUB:.*\n?", re.MULTILINE)
_NAMES = ["ada", "bodil", "chen", "dara", "emeka", "fatma", "goran", "hana", "iris", "jonas", "kofi", "leila", "mateo", "nadia", "oskar", "priya", "quinn", "rosa", "sven", "tariq", "uma", "viktor", "wanda", "ximena", "yusuf", "zora", "anouk", "björn", "chiara", "dmitri"]  # fmt: skip


@dataclass(frozen=True)
class Made:
    """One made-up submission: who, what kind, the notebook, and the automatic points it is worth."""

    student: str
    kind: str
    blob: bytes
    points: dict[str, float]


def right_answers(source: Source) -> dict[str, str]:
    """Return the solution's answers by question id, without markers and stubs."""
    answers = {}
    for block in source.blocks:
        worked = [cell.source for cell in block.tagged("worked") if cell.cell_type == "code"]
        answer = _MARKERS.sub("", block.tagged("answer")[0].source)
        answers[block.question.id] = "\n".join([*worked, answer])
    return answers


def notebook_with(source: Source, answers: dict[str, str]):
    """Return the learner's copy with some answers filled in; the others stay stubs."""
    notebook = copy.deepcopy(learner_copy(source))
    for cell in notebook.cells:
        question = cell.id.removesuffix("-answer")
        if cell.id.endswith("-answer") and question in answers:
            cell.source = answers[question]
    return notebook


def blob(notebook) -> bytes:
    """Return a notebook as the bytes of its file."""
    return nbformat.writes(notebook).encode()


def _alternative(question, code):
    """Return the right answer in another accepted form."""
    name = question.answer
    forms = {
        "number": f"{name} = np.array(float({name}))",
        "array": f"{name} = [float(value) for value in np.ravel({name})]"
        f" if np.ndim({name}) == 1 else np.asarray({name}).tolist()",
        "function": f"_first = {name}\n{name} = lambda *given: _first(*given)",
        "choice_with_reason": f"{name} = ({name}[0].upper(), int({name}[1:]))",
        "figure": f"{name} = {name}.axes[0] if hasattr({name}, 'axes') else {name}",
    }
    return f"{code}\n{forms[question.kind]}" if question.kind in forms else code


def _wrong(question, code, number):
    """Return the usual wrong answer of this number, or None if the question lists none."""
    if question.kind == "choice_with_reason":
        pairs = [
            option + reason
            for option, about in question.options.items()
            for reason in question.reasons
            if about != "right"
        ]
        return f'{question.answer} = "{pairs[number % len(pairs)]}"'
    if not question.wrong:
        return None
    gives = question.wrong[number % len(question.wrong)].gives
    return f"{code}\n{question.answer} = {gives}"


def made_up_class(source: Source) -> list[Made]:
    """Return thirty submissions: right, alternative, usual wrong answers, blank, half-done."""
    right = right_answers(source)
    questions = [question for question in source.exercise_set.questions if question.automatic]
    full = {question.id: question.points for question in questions}
    none = dict.fromkeys(full, 0.0)
    made = []
    for number, student in enumerate(_NAMES[:SIZE]):
        if number < 8:
            kind, points = "right", full
            answers = {q: f"# {student}, take {number}\n{code}" for q, code in right.items()}
            answers[source.exercise_set.questions[-1].id] = f"My own words, number {number}. " * 40
        elif number < 12:
            kind, points = "alternative", full
            answers = right | {q.id: _alternative(q, right[q.id]) for q in questions}
        elif number < 24:
            kind, points, answers = "usual wrong", dict(full), dict(right)
            for question in questions:
                wrong = _wrong(question, right[question.id], number)
                if wrong is not None:
                    answers[question.id], points[question.id] = wrong, 0.0
        elif number < 27:
            kind, points, answers = "blank", none, {}
        else:
            kind, half = "half done", len(questions) // 2
            answers = {q.id: right[q.id] for q in questions[:half]}
            points = none | {q.id: full[q.id] for q in questions[:half]}
        made.append(Made(student, kind, blob(notebook_with(source, answers)), points))
    return made


def main(arguments=None) -> None:
    """Write a made-up class to a folder."""
    parser = argparse.ArgumentParser(prog="python -m igf1lab.grading.demo", description=__doc__)
    parser.add_argument("set")
    parser.add_argument("folder", type=Path)
    options = parser.parse_args(arguments)
    path = REPOSITORY / "solutions" / options.set / f"{options.set}.ipynb"
    options.folder.mkdir(parents=True, exist_ok=True)
    for made in made_up_class(read_source(path)):
        (options.folder / f"{made.student}_{options.set}.ipynb").write_bytes(made.blob)
    print(f"{SIZE} notebooks in {options.folder}")


if __name__ == "__main__":
    main()
