"""How a set ends: a rubric for one's own essay, the total per claim, worked answers, the next step.

Texts only, as Markdown that reads well in a terminal too. What a learner has shown is handed in.
"""

import math
import os
from dataclasses import dataclass, field

from igf1lab.evidence import claims
from igf1lab.exercises.answers import as_floats, describe
from igf1lab.exercises.questions import ExerciseSet

SWITCH = "IGF1LAB_WORKED"  # "off" while a class works on what it hands in
SWITCHED_OFF = "Your instructor shows the worked answers: they are switched off here for now."


@dataclass
class Record:
    """What a learner did with one set, for as long as the kernel runs."""

    tries: dict[str, list] = field(default_factory=dict)  # different answers by question
    points: dict[str, float] = field(default_factory=dict)  # the most that a check showed
    own_marks: dict[str, float] = field(default_factory=dict)  # of essays, given by the learner

    def tried(self, question_id: str) -> int:
        """Return how many different answers were checked; an open blank is none."""
        return sum(item != {"is": "blank"} for item in self.tries.get(question_id, []))


def switched_off() -> bool:
    """Return whether worked answers are not to be shown in this environment."""
    return os.environ.get(SWITCH, "").strip().lower() in ("off", "no", "false", "0")


# --- the cells of the learner's copy ------------------------------------------------------------


def cells(exercise_set: ExerciseSet, following: tuple[str, str] | None) -> list[tuple[str, str]]:
    """Return the last cells of a learner's copy: (``"markdown"`` or ``"code"``, text).

    Parameters
    ----------
    following : (str, str), optional
        Title of the next lesson and the address of its notebook; None after the last one.
    """
    made = [("markdown", "## At the end")]
    for question in exercise_set.questions:
        if not question.automatic:
            made += [("markdown", _mark_yourself(question)), ("code", "exercise.essay(...)")]
    made += [
        (
            "markdown",
            "**What you have shown.** `exercise.total()` adds up, claim by claim, what your checks "
            "said since the kernel started. The points are for practice; nothing is stored.",
        ),
        ("code", "exercise.total()"),
        (
            "markdown",
            "**Worked answers.** Once you have checked an answer of your own, its worked answer is "
            'open to you. Write the question in place of the dots, for example `exercise.worked("q1")`.',
        ),
        ("code", "exercise.worked(...)"),
    ]
    here = "../../notebooks/00_start_here.ipynb"
    review = f"A few days from now, open *Review* in [lesson 0]({here}): it asks again what is due."
    if following:
        title, address = following
        made.append(("markdown", f"**Next.** [Lesson {title}]({address}). {review}"))
    else:
        made.append(("markdown", f"**Next.** This was the last set. {review}"))
    return made


def _mark_yourself(question):
    marks = ", ".join(["1", "0.5", "0", "1", "0.5", "1"][: len(question.rubric)])
    return (
        f"**Your text, marked by yourself.** Once your answer to question {question.number} is "
        "written, `exercise.essay()` shows the rubric. Give each row your marks, in order, for "
        f"example `exercise.essay([{marks}])`. Then you see a weak and a good answer with their "
        "marks, and may think again about yours."
    )


# --- what the cells show ------------------------------------------------------------------------


def total(exercise_set: ExerciseSet, record: Record) -> str:
    """Return the total and how each claim of the set stands."""
    checked = [question for question in exercise_set.questions if question.automatic]
    essays = [question for question in exercise_set.questions if not question.automatic]
    if not any(map(record.tried, [question.id for question in checked])):
        return (
            "Nothing has been checked since the kernel started; a question still open does not "
            "count. Run the cells with your answers and their checks (*Run All Cells* does it), then "
            "this cell."
        )
    rows, stands = [], {"shown": [], "in part": [], "not yet": []}
    served = {claim for question in exercise_set.questions for claim in question.claims}
    in_order = [claim for claim in claims() if claim in served]
    for claim in in_order + sorted(served - set(in_order)):
        mine = [question for question in checked if claim in question.claims]
        got = sum(record.points.get(question.id, 0.0) for question in mine)
        of = sum(question.points for question in mine)
        standing = "shown" if got >= of else "in part" if got else "not yet"
        if mine:
            stands[standing].append(claim)
        else:
            standing = "by your text alone"
        each = ", ".join(
            f"{q.number}: {record.points.get(q.id, 0.0):g} of {q.points:g}" for q in mine
        )
        known = claims().get(claim)
        name = f"{claim}, {known.short}" if known else claim
        rows.append(f"| {name} | {got:g} of {of:g} | {each or '–'} | {standing} |")
    got = sum(record.points.get(question.id, 0.0) for question in checked)
    of = sum(question.points for question in checked)
    lines = [f"**Your checks have shown {got:g} of {of:g} points.**"]
    for question in essays:
        marks = record.own_marks.get(question.id)
        lines[0] += (
            f" Question {question.number} waits for your own marks."
            if marks is None
            else f" Question {question.number}: {marks:g} of {question.points:g} by your own marks."
        )
    said = "; ".join(
        f"{standing}: {', '.join(named)}" for standing, named in stands.items() if named
    )
    lines += ["", "| claim | points | by question | |", "|-|-|-|-|", *rows, ""]
    lines.append(
        f"{said[:1].upper()}{said[1:]}. A question that serves two claims counts for both. "
        "*Shown* means that you can work with the claim, not that the claim is true."
    )
    return "\n".join(lines)


def worked(
    exercise_set: ExerciseSet, record: Record, answers: dict, question_id, own_numbers: bool
) -> str:
    """Return the worked answer of a question, or what has to come before it.

    Parameters
    ----------
    own_numbers : bool
        Whether the learner was given numbers that the text does not know.
    """
    if switched_off():
        return SWITCHED_OFF
    checked = [question for question in exercise_set.questions if question.automatic]
    open_to_all = [question.id for question in checked if record.tried(question.id)]
    question = next((q for q in exercise_set.questions if q.id == question_id), None)
    if question is None:
        if not open_to_all:
            return "No worked answer is open yet: check an answer of your own first."
        return (
            f"Worked answers are open for {', '.join(open_to_all)}. "
            f'Write for example exercise.worked("{open_to_all[0]}").'
        )
    if not question.automatic:
        return f"Question {question.number} is a text: exercise.essay() shows how to mark it."
    if question.id not in open_to_all:
        return (
            f"Question {question.number}: check an answer of your own first, even a guess. "
            "Then its worked answer opens."
        )
    answer = answers.get(question.id, {})
    parts = [f"**Question {question.number}. {question.title}**"]
    if answer.get("answer"):
        parts.append(f"```python\n{answer['answer']}\n```")
    parts.append(answer.get("says") or "No worked answer was written for this question.")
    if own_numbers:
        parts.append("*The text has the set's usual numbers; you were given your own.*")
    return "\n\n".join(parts)


def essay(exercise_set: ExerciseSet, record: Record, answers: dict, marks) -> str:
    """Return the rubric of the set's text, or, to one's own marks, a weak and a good answer."""
    question = next((q for q in reversed(exercise_set.questions) if not q.automatic), None)
    if question is None:
        return "This set asks for no text."
    if switched_off():
        return SWITCHED_OFF
    if marks is ...:
        return (
            f"Once your answer to question {question.number} is written, run exercise.essay() to see "
            "the rubric."
        )
    if marks is None:
        return _rubric(question)
    given = describe(marks, "array")
    values = as_floats(given["values"]).tolist() if given["is"] == "values" else []
    most = [row["points"] for row in question.rubric]
    if len(values) != len(most) or not all(
        math.isfinite(value) and 0 <= value <= of for value, of in zip(values, most, strict=True)
    ):
        rows = ", ".join(f"{row['criterion']}: 0 to {row['points']:g}" for row in question.rubric)
        return (
            f"The rubric has {len(most)} rows, so give {len(most)} numbers in square brackets, "
            f"in this order: {rows}."
        )
    record.own_marks[question.id] = sum(values)
    return _examples(question, answers.get(question.id, {}), values)


def _rubric(question):
    rows = [
        f"| {n}. {row['criterion']} ({row['points']:g}) | {row.get('full', '')} "
        f"| {row.get('part', '')} | {row.get('none', '')} |"
        for n, row in enumerate(question.rubric, 1)
    ]
    blanks = ", ".join("..." for _ in question.rubric)
    return "\n".join(
        [
            f"**Question {question.number}, the rubric.** A row that is met in part earns half.",
            "",
            "| row (points) | full | in part | none |",
            "|-|-|-|-|",
            *rows,
            "",
            f"Now give your own text its marks: exercise.essay([{blanks}])",
        ]
    )


def _examples(question, answer, values):
    lines = [f"**You gave yourself {sum(values):g} of {question.points:g}.**"]
    weak = question.weak
    if weak:
        marks = " + ".join(f"{mark:g}" for mark in weak["marks"])
        lines.append(
            f"**A weak answer (shortened): {marks} = {sum(weak['marks']):g} of {question.points:g}.**"
        )
        lines += [_quoted(weak["answer"]), weak["says"]]
    if answer.get("answer"):
        lines += [
            f"**A good answer: {question.points:g} of {question.points:g}.**",
            _quoted(answer["answer"]),
        ]
    if answer.get("says"):
        lines.append(answer["says"])
    lines.append("Would you mark your own text differently now? Then run the cell again.")
    return "\n\n".join(lines)


def _quoted(text):
    return "\n".join(f"> {line}".rstrip() for line in text.strip().split("\n"))
