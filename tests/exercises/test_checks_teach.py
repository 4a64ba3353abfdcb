"""Checks in a notebook: the printed call shows the fault, and no old answer is judged for a new one."""

import re

import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from igf1lab.exercises.exercise import Exercise
from igf1lab.exercises.generate import set_names
from igf1lab.exercises.source import REPOSITORY, LocalRun, read_source

FUNCTIONS = [
    (name, question)
    for name in set_names()
    for question in Exercise(name)._set.questions
    if question.kind == "function"
]


@pytest.fixture(scope="module")
def solved():
    """Return the right function of a question; each set is run once."""
    spaces = {}

    def of(name, question):
        if name not in spaces:
            source = read_source(REPOSITORY / "solutions" / name / f"{name}.ipynb")
            numbers = {n: p.value for n, p in source.exercise_set.parameters.items()}
            run = LocalRun(name, numbers)
            code = [c.source for c in source.notebook.cells if c.cell_type == "code"]
            run.run([("cell", source) for source in code])
            spaces[name] = run.namespace
        return spaces[name][question.answer]

    return of


def fails_from(right, how, limit):
    """Return a function that is right but where its first argument is above a limit."""

    def function(*given):
        return how(*given) if np.ravel(given[0])[0] > limit else right(*given)

    return function


def raises(*given):
    raise ArithmeticError(f"the first is {given[0]!r}")


WAYS = {
    "raises": raises, "NaN": lambda *given: float("nan"), "nothing": lambda *given: "text",
    "wrong": lambda *given: 1e9, "infinite": lambda *given: float("inf"),
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("name", "question"), FUNCTIONS, ids=lambda v: getattr(v, "id", v))
def test_the_printed_call_shows_the_fault(name, question, way, solved, capsys):
    exercise, right = Exercise(name), solved(name, question)
    firsts = sorted(call[0] for call in exercise._keys[question.id]["calls"])
    limit = firsts[len(firsts) // 2 - 1]
    for threshold in (limit, -np.inf):
        answer = fails_from(right, WAYS[way], threshold)
        verdict = exercise.check(question.id, answer)
        said = capsys.readouterr().out
        assert verdict.points == 0
        call = re.search(rf"`({question.answer}\(.*?\))` \(that is, (.*?)\)[.,:]", said)
        assert call, said
        given = []
        values = [text.split(" = ") for text in call[2].split(", ")]
        assert [n for n, _ in values] == list(question.arguments), "names in the order of the call"

        def spy(*arguments, answer=answer, given=given):
            given.extend(arguments)
            return answer(*arguments)

        try:
            found = eval(call[1], {question.answer: spy})
        except ArithmeticError as error:
            assert str(error) in said
        else:
            assert way != "raises"
            assert isinstance(found, str) or not np.allclose(found, right(*given), rtol=1e-3)
        assert [str(value) for value in given] == [value for _, value in values]


@pytest.fixture
def in_a_kernel(monkeypatch, capsys):
    """Return a function that runs cells one by one as a kernel does; it returns what they print."""
    import IPython

    from igf1lab.exercises import watch

    monkeypatch.setattr(watch, "_WATCHES", {})
    shell = InteractiveShell(config=Config({"HistoryManager": {"enabled": False}}))
    monkeypatch.setattr(IPython, "get_ipython", lambda: shell)
    monkeypatch.setattr("igf1lab.exercises.exercise._RECORDS", {})

    def run(*cells):
        for cell in cells:
            capsys.readouterr()
            shell.run_cell(cell)
        return capsys.readouterr().out

    run("from igf1lab.exercises import open_exercise\nexercise = open_exercise('02_brain')")
    return run


CHECK = 'exercise.check("q1", q1)'


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        ("q1 = (3", "SyntaxError in line 1"), ("x = 1\nq1 = = 3", "SyntaxError in line 2"),
        ("q1 = nowhere + 1", "NameError: name 'nowhere'"), ("1 / 0\nq1 = 5", "ZeroDivisionError"),
        ("q1 = 0,095", "with a point, as in 0.05"), ("q1 = b2", 'like "a1" stands in quotes'),
        ("  q1 = 3\nq1 = 4", "IndentationError"), ("def f(:\n    pass\nq1 = 2", "SyntaxError"),
    ],
)  # fmt: skip
def test_an_older_answer_is_never_judged_for_a_new_one(in_a_kernel, broken, words):
    judged = in_a_kernel("q1 = 12345.0", CHECK)
    assert "points" in judged
    for _ in range(2):
        said = in_a_kernel(broken, CHECK)
        assert words in said and "nothing was checked" in said and "points" not in said
    assert in_a_kernel("q1 = 12345.0", CHECK) == judged, "an unjudged answer is no try"


def test_an_answer_that_a_stopped_cell_did_give_is_judged(in_a_kernel):
    in_a_kernel("q1 = 12345.0", CHECK)
    assert "points" in in_a_kernel("q1 = 54321.0\n1 / 0", CHECK)
    assert "points" in in_a_kernel("q1 = (", f"q1 = 777.0\n{CHECK}")
    assert "points" in in_a_kernel("q1 = (", 'exercise.check("q1", 42.0)')


def test_other_cells_that_stop_change_nothing(in_a_kernel):
    in_a_kernel("q1 = 12345.0")
    assert "points" in in_a_kernel("print(q1 / 0)", "y = (", CHECK)


def test_a_check_before_any_answer_says_what_to_do(in_a_kernel):
    said = in_a_kernel(CHECK)
    assert "there is no `q1` yet. Run the cell with your answer" in said
    said = in_a_kernel("q1 = nowhere", CHECK)
    assert "It stopped with NameError: name 'nowhere'" in said


def test_opened_again_a_set_is_watched_once(in_a_kernel):
    in_a_kernel("exercise = open_exercise('02_brain')", "exercise = open_exercise('02_brain')")
    assert in_a_kernel(CHECK).count("there is no `q1` yet") == 1
