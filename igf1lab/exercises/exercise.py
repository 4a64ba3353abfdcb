"""Checks in the learner's notebook: formative, friendly, and never an exception.

They need only the learner's packages. Their keys are public (``assets/exercises``); marks are
given elsewhere, from keys a student's process never sees.
"""

import contextlib
import json
from pathlib import Path

from igf1lab.evidence import assets_dir, citations
from igf1lab.exercises import ending
from igf1lab.exercises.answers import describe
from igf1lab.exercises.judging import Verdict, feedback, judge
from igf1lab.exercises.questions import set_from_data
from igf1lab.exercises.watch import watch

PERSONAL = "my_numbers.json"  # beside the notebook, when the instructor gave out own numbers
_RECORDS: dict[str, ending.Record] = {}  # by set, for as long as the kernel runs


def open_exercise(name: str) -> "Exercise":
    """Open an exercise set by the name of its lesson, for example ``"03_metabolism"``.

    Opened again in the same kernel, as *Run All* does, it goes on counting tries.
    """
    exercise = Exercise(name)
    exercise._record = _RECORDS.setdefault(name, exercise._record)
    if exercise._set is not None:
        answers = {question.id: question.answer for question in exercise._set.questions}
        exercise._watch = watch(name, answers)
    return exercise


class Exercise:
    """One set, as its notebook uses it.

    Parameters
    ----------
    name : str
        Name of the lesson's notebook.
    folder : str or Path
        Where ``my_numbers.json`` may lie; the notebook's own folder by default.
    """

    def __init__(self, name: str, folder: str | Path = "."):
        self.name = name
        self._record = ending.Record()
        self._set, self._keys, self._worked, self._watch = None, {}, {}, None
        self._numbers = self._read_personal(Path(folder) / PERSONAL)
        path = assets_dir() / "exercises" / f"{name}.json"
        if path.is_file():
            data = json.loads(path.read_text(encoding="utf-8"))
            self._set = set_from_data(data["set"])
            self._keys = {**data["keys"], **self._numbers.get("keys", {})}
            self._worked = data.get("worked", {})

    def _read_personal(self, path) -> dict:
        try:
            numbers = json.loads(path.read_text(encoding="utf-8")).get(self.name, {})
            return {part: dict(numbers.get(part, {})) for part in ("parameters", "keys")}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError, AttributeError):
            print(f"{PERSONAL} cannot be read, so the set's usual numbers are used.")
            return {}

    def parameter(self, name: str) -> float:
        """Return a number of this set: yours if you were given your own, else the usual one.

        Raises
        ------
        KeyError
            If the set has no parameter of this name.
        """
        if name in self._numbers.get("parameters", {}):
            return self._numbers["parameters"][name]
        known = self._set.parameters if self._set else {}
        if name not in known:
            raise KeyError(f"set {self.name} has no parameter {name!r}; it has {sorted(known)}")
        return known[name].value

    def check(self, question_id: str, answer) -> Verdict:
        """Say how an answer stands. Prints the feedback; the verdict's repr is its points.

        A wrong answer is told its kind first, then a hint, then where to read. Checking the same
        answer again is not another try.
        """
        if self._set is None:
            print(f"There are no checks for {self.name} here; your answers are still marked.")
            return Verdict(question_id, "unchecked", 0.0, 0.0)
        try:
            question = self._set.question(question_id)
        except KeyError:
            known = ", ".join(question.id for question in self._set.questions)
            print(f"This set has no question {question_id!r}; it has {known}.")
            return Verdict(str(question_id), "unchecked", 0.0, 0.0)
        key = self._keys.get(question_id)
        if key is None:
            print(f"Question {question.number} is marked by a person.")
            return Verdict(question_id, "unchecked", 0.0, question.points)
        if self._watch and (stopped := self._watch.stale(question.answer, answer)):
            says = f"the cell with your answer stopped with {stopped}"
            print(
                f"Question {question.number}: {says}. `{question.answer}` still holds an earlier "
                "answer, so nothing was checked. Mend that cell, run it, then check again."
            )
            return Verdict(question_id, "unusable", 0.0, question.points, "crashed", says)
        described = describe(answer, question.kind, key.get("calls"))
        tried = self._record.tries.setdefault(question_id, [])
        if described not in tried:
            tried.append(described)
        verdict = judge(question, key, described)
        best = self._record.points.get(question_id, 0.0)
        self._record.points[question_id] = max(best, verdict.points)
        print(feedback(question, verdict, self._record.tried(question_id)))
        return verdict

    def total(self) -> None:
        """Show what the checks have shown so far, claim by claim."""
        self._show(ending.total, self._record)

    def worked(self, question_id: str = ...) -> None:
        """Show the worked answer of a question of which an answer has been checked."""
        own = bool(self._numbers.get("parameters"))
        self._show(ending.worked, self._record, self._worked, question_id, own)

    def essay(self, marks: list[float] | None = None) -> None:
        """Show the rubric of the set's text; with one's own marks, a weak and a good answer."""
        self._show(ending.essay, self._record, self._worked, marks)

    def _show(self, text, *about):
        if self._set is None:
            return print(f"There are no checks for {self.name} here, so nothing to add up or show.")
        says = citations.named(text(self._set, *about))
        with contextlib.suppress(ImportError):
            from IPython import display, get_ipython

            if get_ipython() is not None:
                both = {"text/markdown": says, "text/plain": says}
                return display.display(both, raw=True)
        return print(says)
