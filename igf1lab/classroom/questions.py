"""What can be voted on: quiz items, predictions and verdicts, each as the page takes it."""

import json
import math
from dataclasses import dataclass, field
from functools import cache

from igf1lab import evidence
from igf1lab.lesson.lesson import LESSONS, open_lesson
from igf1lab.lesson.quiz_bank import DIRECTIONS, bank, item_view, prediction_view
from igf1lab.lesson.trust import steps

VOTED_KINDS = ("choice", "choices", "number", "direction")


@dataclass(frozen=True)
class Question:
    """One question.

    Parameters
    ----------
    id, lesson : str
    source : str
        ``"quiz"``, ``"prediction"`` or ``"verdict"``.
    kind : str
        ``"choice"``, ``"choices"``, ``"number"`` or ``"direction"``.
    stem : str
    options : tuple of (str, str)
        Key and text of each option, or of each curve of a direction.
    unit : str
    view : dict
        The item or prediction whole, as the page's judge takes it. Nobody gets it before the reveal.
    plan : dict
        What to say at each pattern: ``right``, ``split``, ``few``; empty if it is not in the plan.
    """

    id: str
    lesson: str
    source: str
    kind: str
    stem: str
    options: tuple[tuple[str, str], ...]
    unit: str = ""
    view: dict = field(default_factory=dict)
    plan: dict = field(default_factory=dict)

    def asked(self) -> dict:
        """Return what a learner needs in order to vote, and nothing that tells what is right."""
        options = [{"key": key, "text": text} for key, text in self.options]
        names = ("id", "lesson", "source", "kind", "stem", "unit")
        return {name: getattr(self, name) for name in names} | {"options": options}

    def accepts(self, answer) -> str:
        """Return why an answer is none to this question; empty if it is one."""
        keys = [key for key, _ in self.options]
        if self.kind == "number":
            real = isinstance(answer, int | float) and not isinstance(answer, bool)
            return "" if real and math.isfinite(answer) else "Vote with one number."
        if self.kind == "choice":
            return (
                "" if isinstance(answer, str) and answer in keys else "Choose one of the answers."
            )
        if self.kind == "choices":
            listed = isinstance(answer, list) and all(isinstance(each, str) for each in answer)
            good = (
                listed and answer and len(set(answer)) == len(answer) and set(answer) <= set(keys)
            )
            return "" if good else "Tick at least one of the answers."
        good = isinstance(answer, dict) and set(answer) == set(keys)
        good = good and all(isinstance(way, str) and way in DIRECTIONS for way in answer.values())
        return "" if good else "Choose a direction for every curve."


@cache
def lesson_title(lesson: str) -> str:
    """Return the heading of a lesson, with its number."""
    file = evidence.assets_dir().parent / "notebooks" / f"{lesson}.ipynb"
    first = json.loads(file.read_text("utf-8"))["cells"][0]["source"]  # one text, or its lines
    return "".join(first).splitlines()[0].removeprefix("# ")


def _pairs(options) -> tuple[tuple[str, str], ...]:
    return tuple((each["key"], each["text"]) for each in options)


@cache
def plans() -> dict[str, list[dict]]:
    """Return, by lesson, the questions to vote on with what to say at each pattern.

    Raises
    ------
    ValueError
        If ``assets/class_plans.yaml`` names a lesson or a question that does not exist.
    """
    read = evidence.read_yaml(evidence.assets_dir() / "class_plans.yaml")
    for lesson, planned in read.items():
        if lesson not in LESSONS:
            raise ValueError(f"assets/class_plans.yaml: there is no lesson {lesson!r}")
        ids = {each.id for each in (*bank(lesson).items, *bank(lesson).predictions)}
        for entry in planned:
            if entry["question"] not in ids:
                raise ValueError(
                    f"assets/class_plans.yaml, {lesson}: there is no question {entry['question']!r}; "
                    f"it has {', '.join(sorted(ids))}"
                )
    return read


@cache
def questions() -> dict[str, Question]:
    """Return every question that can be voted on, by id, those of the plan first in each lesson."""
    found: dict[str, Question] = {}
    planned = {each["question"]: each for entries in plans().values() for each in entries}
    for lesson in LESSONS:
        made = [
            Question(spec.id, lesson, "prediction", spec.kind, spec.question,
                     _pairs(prediction_view(spec)["options"]), spec.unit, prediction_view(spec),
                     planned.get(spec.id, {}))
            for spec in bank(lesson).predictions
        ]  # fmt: skip
        for item in bank(lesson).items:
            if item.kind in VOTED_KINDS:
                view = item_view(item)
                made.append(
                    Question(item.id, lesson, "quiz", item.kind, item.stem,
                             _pairs(view.get("options", [])), item.unit, view, planned.get(item.id, {}))
                )  # fmt: skip
        made += [
            Question(f"verdict-{claim.id}", lesson, "verdict", "choice", claim.says, _pairs(steps()),
                     view={"verdict": claim.verdict.step, "says": claim.explanation})
            for claim in evidence.claims().values() if claim.lesson == lesson
        ]  # fmt: skip
        order = [each["question"] for each in plans().get(lesson, [])]
        made.sort(key=lambda each: order.index(each.id) if each.id in order else len(order))
        found |= {each.id: each for each in made}
    return found


def model_says(question: Question) -> dict:
    """Return what the model gives where a prediction was asked: ``answer`` and ``text``; else empty."""
    if question.source != "prediction":
        return {}
    outcome = open_lesson(question.lesson).parts.OUTCOMES[question.id]()
    answer = outcome.answer
    return {"answer": float(answer) if question.kind == "number" else answer, "text": outcome.text}
