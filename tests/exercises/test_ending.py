"""How a set ends: worked answers, marking one's own text, the total per claim, the next step."""

import re

import nbformat
import pytest

from igf1lab.evidence import citations
from igf1lab.exercises import ending
from igf1lab.exercises.exercise import Exercise
from igf1lab.exercises.generate import set_names
from igf1lab.exercises.questions import SpecError, read_question
from igf1lab.exercises.source import REPOSITORY, read_source

NAMES = set_names()
ANY = "03_metabolism"


@pytest.fixture
def said(capsys):
    """Return a function that calls something and returns what it printed."""

    def of(call, *given):
        capsys.readouterr()
        assert call(*given) is None, "a cell shows nothing but its text"
        return capsys.readouterr().out

    return of


def text_question(exercise):
    return next(q for q in exercise._set.questions if not q.automatic)


@pytest.mark.parametrize("name", NAMES)
def test_every_set_ends_with_everything(name):
    """The learner's copy leads to all of it and holds none of it."""
    path = REPOSITORY / "exercises" / name / f"{name}.ipynb"
    cells = [c for c in nbformat.read(path, as_version=4).cells if c.id.startswith("end")]
    texts = "\n\n".join(c.source for c in cells if c.cell_type == "markdown")
    calls = [c.source for c in cells if c.cell_type == "code"]
    assert calls == ["exercise.essay(...)", "exercise.total()", "exercise.worked(...)"]
    assert all(call.split("(")[0] in texts for call in calls), "a page without code says it, too"
    for address in re.findall(r"\]\(([^)]+)\)", texts):
        assert (path.parent / address).is_file(), address
    assert ("Lesson" in texts) == (name != NAMES[-1])
    exercise = Exercise(name)
    question, given = text_question(exercise), path.read_text(encoding="utf-8")
    weak, good = question.weak, exercise._worked[question.id]["answer"]
    for hidden in (weak["answer"], weak["says"], good):
        assert all(sentence not in given for sentence in hidden.split(". ")[:3])
    assert sum(weak["marks"]) <= question.points / 2
    example = re.search(r"essay\((\[[\d., ]+\])\)", texts)[1]
    assert len(example.split(",")) == len(question.rubric)


@pytest.mark.parametrize("name", NAMES)
def test_a_worked_answer_opens_after_a_try_of_ones_own(name, said, capsys):
    exercise, source = Exercise(name), read_source(REPOSITORY / f"solutions/{name}/{name}.ipynb")
    assert "open yet" in said(exercise.worked, ...)
    for block in source.blocks:
        question = block.question
        if not question.automatic:
            continue
        exercise.check(question.id, ...)
        assert "check an answer of your own first" in said(exercise.worked, question.id)
        exercise.check(question.id, "no idea")
        shown = said(exercise.worked, question.id)
        worked = [
            citations.named(c.source) for c in block.tagged("worked") if c.cell_type == "markdown"
        ]
        assert question.title in shown and all(text in shown for text in worked)
        assert "SOLUTION" not in shown and "# STUB" not in shown
        assert re.search(rf"\b{question.answer}\b", shown)
    capsys.readouterr()


@pytest.mark.parametrize("odd", [None, ..., [], {}, 3, "q99", "Q1", float("nan")])
def test_what_is_no_question_is_told_what_is_open(odd, said):
    exercise = Exercise(ANY)
    exercise.check("q1", 1)
    assert 'write for example exercise.worked("q1")' in said(exercise.worked, odd).lower()


@pytest.mark.parametrize("name", NAMES)
def test_own_marks_come_before_the_answers_of_others(name, said):
    exercise = Exercise(name)
    question = text_question(exercise)
    good = citations.named(exercise._worked[question.id]["answer"].split("\n")[0])
    weak = [citations.named(question.weak[part]) for part in ("answer", "says")]
    assert "run exercise.essay() to see the rubric" in said(exercise.essay, ...)
    rubric = said(exercise.essay)
    for row in question.rubric:
        assert all(
            citations.named(row[part]) in rubric for part in ("criterion", "full", "part", "none")
        )
    shown = said(exercise.essay, [row["points"] / 2 for row in question.rubric])
    assert good not in rubric and good in shown
    assert all(text in shown for text in weak)
    assert f"{question.points / 2:g} of {question.points:g}" in shown


@pytest.mark.parametrize(
    "marks", [[], [1], [1] * 9, "1111", 4, [2, 1, 1, 1], [-1, 0, 0, 0], [..., 1, 1, 1], {}, [None] * 4,
              [float("nan")] * 4, [True, True, True, True], {"a": 1}, lambda: 1],
)  # fmt: skip
def test_marks_that_do_not_fit_are_told_how(marks, said):
    exercise = Exercise(ANY)
    told = said(exercise.essay, marks)
    assert "give 4 numbers in square brackets" in told and not exercise._record.own_marks


def test_the_total_per_claim(said, capsys):
    exercise = Exercise("05_skin_and_ageing")
    assert "Nothing has been checked" in said(exercise.total)
    for answer in (3.0, 10.0, 4.0):  # the best counts: trying on takes nothing away
        exercise.check("q1", answer)
    exercise.check("q5", "c1")
    exercise.check("q6", "no figure")
    told = said(exercise.total)
    assert "3.5 of 16 points" in told and "Question 7 waits for your own marks" in told
    assert "| SKIN-1, Renews skin, builds collagen | 1.5 of 6 |" in told
    assert "In part: SKIN-1, SKIN-2; not yet: SKIN-3." in told
    said(exercise.essay, [1, 0.5, 0, 1])
    assert "Question 7: 2.5 of 4 by your own marks." in said(exercise.total)


@pytest.mark.parametrize("name", NAMES)
def test_all_right_is_all_shown(name, said):
    exercise = Exercise(name)
    checked = [q for q in exercise._set.questions if q.automatic]
    for question in checked:
        exercise._record.tries[question.id] = [1]
        exercise._record.points[question.id] = question.points
    told = said(exercise.total)
    points = sum(q.points for q in checked)
    assert f"{points:g} of {points:g} points" in told
    assert "in part" not in told and "not yet" not in told
    for claim in {claim for question in exercise._set.questions for claim in question.claims}:
        assert f"| {claim}, " in told


@pytest.mark.parametrize("value", ["off", "OFF", " no ", "false", "0"])
def test_an_instructor_can_switch_worked_answers_off(value, said, monkeypatch):
    monkeypatch.setenv(ending.SWITCH, value)
    exercise = Exercise(ANY)
    exercise.check("q1", 1)
    for call, given in ((exercise.worked, "q1"), (exercise.essay, [1] * 4), (exercise.essay, None)):
        assert said(call, given).strip() == ending.SWITCHED_OFF
    assert "of 16 points" in said(exercise.total)


def test_without_the_sets_file_it_says_so(said):
    exercise = Exercise("99_no_such_set")
    for call in (exercise.total, exercise.worked, exercise.essay):
        assert "no checks for 99_no_such_set" in said(call)


def test_own_numbers_are_told_apart(said):
    exercise = Exercise(ANY)
    exercise._numbers = {"parameters": {"dose": 1}}
    exercise.check("q1", 1)
    assert "you were given your own" in said(exercise.worked, "q1")


ESSAY = """\
id: q1
kind: appraisal
title: T
points: 2
claims: [SKIN-1]
words: [100, 200]
rubric:
- {criterion: a, points: 1, full: f}
- {criterion: b, points: 1}
"""


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ("weak: {answer: a, says: s}", "answer, marks, says"), ("weak: {answer: a, says: s, marks: [1]}", "2 numbers"),
        ("weak: {answer: a, says: s, marks: [1, 2]}", "within the points"), ("weak: text", "weak must be"),
        ("weak: {answer: 3, says: s, marks: [1, 0]}", "answer, marks, says"),
        ("weak: {answer: a, says: s, marks: [1, true]}", "2 numbers"),
        ("- {criterion: c, points: 0, part: one, or none}", "unknown or none; put text with commas in quotes"),
        ("- {criterion: c, points: 0, part: 3}", "must be text"),
    ],
)  # fmt: skip
def test_a_badly_written_rubric_or_weak_answer_is_refused(more, words):
    assert read_question(ESSAY).weak == {}
    with pytest.raises(SpecError, match=words):
        read_question(ESSAY + more + "\n")


def test_in_a_notebook_the_text_is_shown_as_markdown(monkeypatch):
    import IPython
    from IPython import display

    shown = []
    monkeypatch.setattr(IPython, "get_ipython", lambda: object())
    monkeypatch.setattr(display, "display", lambda bundle, raw: shown.append(bundle))
    Exercise(ANY).essay()
    assert (
        shown[0]["text/markdown"] == shown[0]["text/plain"] and "rubric" in shown[0]["text/plain"]
    )
