"""Every exercise set that exists: solution full, learner's copy empty, wrong answers caught."""

import contextlib
import functools
import importlib
import io
import json
import re
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from types import ModuleType

import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pandas as pd
import pytest

from igf1lab.evidence import claims, references
from igf1lab.exercises.answers import as_floats, describe
from igf1lab.exercises.exercise import Exercise
from igf1lab.exercises.generate import make, set_names
from igf1lab.exercises.judging import feedback, judge
from igf1lab.exercises.questions import SET_POINTS
from igf1lab.exercises.source import HIDDEN_TAGS, LocalRun, read_source, tags
from igf1lab.parameters import ParameterSet

ROOT = Path(__file__).resolve().parents[2]
NAMES = set_names()


@functools.cache
def solution(name):
    return read_source(ROOT / "solutions" / name / f"{name}.ipynb")


def learner(name):
    return nbformat.read(ROOT / "exercises" / name / f"{name}.ipynb", as_version=4)


def code_steps(notebook):
    return [("cell", cell.source) for cell in notebook.cells if cell.cell_type == "code"]


def all_code(source):
    return "\n".join(cell.source for cell in source.notebook.cells if cell.cell_type == "code")


def run_and_collect(name, notebook):
    """Run a notebook's cells with the public checks on; return the verdicts by question id."""
    namespace = {"__name__": "__main__"}
    verdicts = {}
    original = Exercise.check

    def spy(self, question_id, answer):
        verdicts[question_id] = original(self, question_id, answer)
        return verdicts[question_id]

    Exercise.check = spy
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            for _, code in code_steps(notebook):
                exec(compile(code, name, "exec"), namespace)
    finally:
        Exercise.check = original
        plt.close("all")
    return verdicts


@pytest.fixture(params=NAMES)
def name(request, monkeypatch):
    monkeypatch.setattr(plt, "show", lambda *a, **k: None)
    return request.param


def test_files_are_those_that_the_solution_makes(name):
    for path, text in make(name).items():
        assert path.read_text(encoding="utf-8") == text, f"{path}: run make exercises"


def test_a_learner_reads_authors_and_years_where_the_solution_names_keys(name):
    texts = [cell.source for cell in learner(name).cells if cell.cell_type == "markdown"]
    assert not set(re.findall(r"`(\w+)`", "\n".join(texts))) & set(references())
    written = [cell.source for cell in solution(name).notebook.cells]
    cited = set(re.findall(r"`(\w+)`", "\n".join(written))) & set(references())
    assert cited and any(references()[key].label in "\n".join(texts) for key in cited)


def test_the_solution_gets_every_point(name):
    source = solution(name)
    verdicts = run_and_collect(name, source.notebook)
    expected = {q.id: q.points for q in source.exercise_set.questions if q.automatic}
    assert {i: v.points for i, v in verdicts.items()} == expected
    assert source.exercise_set.points == SET_POINTS
    assert source.exercise_set.questions[-1].kind == "appraisal"


def test_the_learners_copy_gets_nothing_and_stops_nowhere(name):
    verdicts = run_and_collect(name, learner(name))
    automatic = [q.id for q in solution(name).exercise_set.questions if q.automatic]
    assert list(verdicts) == automatic
    assert {v.status for v in verdicts.values()} == {"blank"}
    assert sum(v.points for v in verdicts.values()) == 0


def test_no_solution_text_is_in_the_learners_copy(name):
    source = solution(name)
    given = "\n".join(cell.source for cell in learner(name).cells)
    raw = (ROOT / "exercises" / name / f"{name}.ipynb").read_text(encoding="utf-8")
    assert "SOLUTION" not in raw
    for cell in source.notebook.cells:
        region = re.findall(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", cell.source, re.DOTALL)
        for line in "\n".join(region).split("\n"):
            line = line.strip()
            if (
                len(line) > 12
                and not line.startswith("# STUB")
                and f"# STUB: {line}" not in (re.sub(r"# STUB: +", "# STUB: ", cell.source))
            ):
                assert line not in given, line
        hidden = HIDDEN_TAGS & set(tags(cell))
        if hidden or ("answer" in tags(cell) and cell.cell_type == "markdown"):
            for sentence in re.split(r"(?<=[.:?])\s+|\n", cell.source):
                if len(sentence) > 40:
                    assert sentence not in given, sentence


def test_each_usual_wrong_answer_is_told_its_own_words(name):
    exercise = Exercise(name)
    for question in solution(name).exercise_set.questions:
        if not question.automatic:
            continue
        key = exercise._keys[question.id]
        for wrong, described in zip(question.wrong, key["wrong"], strict=True):
            verdict = judge(question, key, described)
            assert verdict.points == 0
            assert verdict.says == wrong.says
            assert wrong.says.rstrip(".") in feedback(question, verdict, 1)
        for option, about in question.options.items():
            for reason in question.reasons:
                described = {"is": "choice", "option": option, "reason": reason}
                verdict = judge(question, key, described)
                assert (verdict.status == "right") == (option + reason in question.right_pairs)
                if about != "right":
                    assert verdict.points == 0 and about["says"] in verdict.says


def forms(value):
    """Every accepted way to write one number."""
    yield from (value, np.float64(value), np.array(value), Fraction(value), Decimal(value))
    yield from (
        pd.Series([value]).iloc[0],
        np.array([value]),
        pd.Series([value]),
        np.longdouble(value),
    )
    if float(value).is_integer():
        yield from (int(value), np.int32(value))


def array_forms(values):
    yield from (
        values,
        values.tolist(),
        tuple(values),
        pd.Series(values),
        np.asfortranarray(values),
    )
    yield from ([Fraction(float(v)) for v in values.ravel()],) if values.ndim == 1 else ()
    yield from (values[:, None], pd.DataFrame({"a": values})["a"]) if values.ndim == 1 else ()


def right_answers(question, key):
    if question.kind in ("number", "array"):
        expected = key["expected"]
        values = as_floats(expected["values"]).reshape(expected["shape"])
        return forms(float(values)) if question.kind == "number" else array_forms(values)
    if question.kind == "choice_with_reason":
        option, reason = question.right_pairs[0][0], question.right_pairs[0][1:]
        return [
            option + reason, f"{option.upper()} {reason}", f"({option}, {reason})",
            (option, int(reason)), [option, reason], {"choice": option, "reason": np.int64(reason)},
        ]  # fmt: skip
    return []


def test_every_right_way_of_writing_an_answer_passes(name, capsys):
    exercise = Exercise(name)
    for question in solution(name).exercise_set.questions:
        if question.automatic:
            for answer in right_answers(question, exercise._keys[question.id]):
                verdict = exercise.check(question.id, answer)
                assert verdict.status == "right", (question.id, answer, verdict.says)
    assert "right" in capsys.readouterr().out


class Hostile:
    """Raises whatever is done with it."""

    def __getattr__(self, name):
        raise RuntimeError("no")

    def __array__(self, *args, **kwargs):
        raise RuntimeError("no")

    def __len__(self):
        raise RuntimeError("no")

    def __float__(self):
        raise ZeroDivisionError

    def __eq__(self, other):
        raise RuntimeError("no")

    __hash__ = None


GARBAGE = {
    "None": None,
    "empty text": "",
    "text": "4.2 mmol/L",
    "bytes": b"4",
    "True": True,
    "numpy True": np.True_,
    "NaN": float("nan"),
    "inf": float("-inf"),
    "complex": 1 + 2j,
    "class": dict,
    "instance": object(),
    "hostile": Hostile(),
    "generator": (n for n in range(3)),
    "set": {1, 2},
    "dict": {"a": 1},
    "empty list": [],
    "ragged": [[1], [1, 2]],
    "wrong shape": np.zeros((3, 5, 2)),
    "text array": np.array(["a", "b"]),
    "object array": np.array([None, 1], dtype=object),
    "million values": np.zeros(1_000_000),
    "module": np,
    "function of nothing": lambda: 1,
    "function of anything": lambda *a: None,
    "raising function": lambda *a: 1 / 0,
    "function giving text": lambda *a: "x",
    "function giving a class": lambda *a: int,
    "date": np.datetime64("2020-01-01"),
    "ellipsis in a list": [1.0, ..., 2.0],
    "not implemented": NotImplemented,
    "figure without axes": plt.Figure(),
    "masked": np.ma.masked,
    "NaN array": np.full(4, np.nan),
    "memoryview": memoryview(b"ab"),
    "range": range(0),
    "huge int": 10**400,
}  # fmt: skip


@pytest.mark.parametrize("what", GARBAGE)
def test_garbage_gets_a_sentence_and_no_points(name, what, capsys):
    exercise = Exercise(name)
    for question in solution(name).exercise_set.questions:
        if question.automatic:
            verdict = exercise.check(question.id, GARBAGE[what])
            said = capsys.readouterr().out
            assert verdict.points == 0 and verdict.status != "right"
            assert said.startswith(f"Question {question.number}: ") and len(said) > 25
            assert said.rstrip().endswith((".", "points."))


@functools.cache
def namespace_of(name):
    source = solution(name)
    run = LocalRun(name, {n: p.value for n, p in source.exercise_set.parameters.items()})
    run.run([("cell", c.source) for c in source.notebook.cells if c.cell_type == "code"])
    return run.namespace


def test_a_function_in_every_form_passes(name):
    names, exercise = namespace_of(name), Exercise(name)
    for question in exercise._set.questions:
        if question.kind != "function":
            continue
        function = names[question.answer]

        class AsObject:
            def __call__(self, *a, function=function):
                return function(*a)

        for form in (function, lambda *a, f=function: f(*a), AsObject()):
            with contextlib.redirect_stdout(io.StringIO()):
                assert exercise.check(question.id, form).status == "right"


@pytest.mark.parametrize("left_out", range(4))
def test_every_arrow_of_the_sampled_route_counts(left_out):
    names = namespace_of("11_whole_axis")
    exists, gain = names["exists"], names["gain"]
    kept = [arrow for arrow in range(4) if arrow != left_out]
    for held, strong in ((kept, kept), (kept, range(4)), (range(4), kept)):
        carried = np.prod(gain[:, strong], axis=1)[exists[:, held].all(axis=1)]
        verdict = Exercise("11_whole_axis").check("q5", np.quantile(carried, (0.05, 0.5, 0.95)))
        assert verdict.status == "wrong", (held, strong)


@pytest.mark.parametrize(
    ("set_name", "labels", "limit", "status"),
    [
        ("11_whole_axis", ["gain 0.3", "gain 1.0"], 2.364, "right"), ("11_whole_axis", ["0.3", "1"], 2.364, "right"),
        ("11_whole_axis", ["g = 0.3", "g = 1"], 2.364, "right"), ("11_whole_axis", ["low", "high"], 2.364, "right"),
        ("11_whole_axis", ["gain 1", "gain 0.3"], 2.364, "partly"), ("11_whole_axis", ["g_hdac=1.0", "g_hdac=0.3"], 2.364, "partly"),
        ("11_whole_axis", ["gain 0.3", "gain 1.0"], 5, "partly"), ("06_fibre_to_scfa", ["stool", "made"], None, "right"),
        ("06_fibre_to_scfa", ["Stool (times usual)", "Made"], None, "right"),
        ("06_fibre_to_scfa", ["made", "stool"], None, "partly"),
    ],
)  # fmt: skip
def test_figures_with_swapped_names_or_a_wrong_level(set_name, labels, limit, status):
    exercise = Exercise(set_name)
    fig, ax = plt.subplots()
    for curve, label in zip(exercise._keys["q6"]["curves"][:2], labels, strict=True):
        ax.plot(curve["x"], curve["y"], label=label)
    if limit is not None:
        ax.axhline(limit)
    words = {"11": ("inulin (g/d)", "IGF-1 (%)"), "06": ("transit", "SCFA (times usual)")}
    ax.set(xlabel=words[set_name[:2]][0], ylabel=words[set_name[:2]][1])
    ax.legend()
    verdict = exercise.check("q6", fig)
    plt.close(fig)
    assert verdict.status == status, verdict.says


def test_bars_that_name_no_mouse_lose_the_label():
    fig, ax = plt.subplots()
    ax.bar(["IGF-1 in blood", "adult size"], [25, 100])
    ax.set(xlabel="quantity", ylabel="percent of normal", title="T")
    verdict = Exercise("01_gh_igf1_axis").check("q6", fig)
    plt.close(fig)
    assert verdict.status == "partly"
    assert verdict.says == "the x label does not say mice or mouse or murine or genotype."


def test_hint_then_where_to_read(capsys):
    exercise = Exercise(NAMES[0])
    question = exercise._set.questions[0]
    said = []
    for answer in ("x", "x", "y", None, 1j):
        exercise.check("q1", answer)
        said.append(capsys.readouterr().out)
    assert question.hint not in said[0] and question.hint not in said[1]
    assert question.hint not in said[2]  # texts are all one and the same kind of answer
    assert question.hint in said[3] and question.read not in said[3]
    assert question.read in said[4]


def test_every_claim_is_served(capsys):
    """Prints the table of claims and sets."""
    served = {claim: [] for claim in claims()}
    for set_name in NAMES:
        for question in solution(set_name).exercise_set.questions:
            for claim in question.claims:
                served[claim].append(f"{set_name[:2]}.{question.id}")
    with capsys.disabled():
        print("\n" + "\n".join(f"{claim:12} {' '.join(at) or '-'}" for claim, at in served.items()))
    assert len(NAMES) == 11
    assert all(served.values()), [claim for claim, at in served.items() if not at]


UNVERIFIED = (
    "The model's constants are taken as given: some are unverified, and your computation is graded, "
    "not the constants."
)


def doubtful(model):
    """Return whether a model, or one that it is built from, has an unverified number."""
    held = vars(model).values()
    sets = [value for value in held if isinstance(value, ParameterSet)]
    inner = [value for value in held if isinstance(value, ModuleType)]
    return any(p.flag == "unverified" for found in sets for p in found.values()) or any(
        doubtful(module) for module in inner if module.__name__.startswith("igf1lab.models.")
    )


def test_a_question_on_a_model_with_unverified_numbers_says_so():
    """Nothing unverified is graded: what is asked is a computation, and the prompt says it."""
    told = []
    for set_name in NAMES:
        source = solution(set_name)
        for block in source.blocks:
            # The spec's curves and usual wrong answers call the model too.
            code = "\n".join(c.source for c in block.cells if c.cell_type in ("code", "raw"))
            models = [
                name
                for name in re.findall(r"from igf1lab\.models import (.+)", all_code(source))
                for name in name.split(", ")
                if re.search(rf"\b{name}\.", code)
                and doubtful(importlib.import_module(f"igf1lab.models.{name}"))
            ]
            prompt = " ".join(c.source for c in block.cells if c.cell_type == "markdown")
            assert (UNVERIFIED in prompt) == bool(models), (set_name, block.question.id, models)
            told += [(set_name[:2], block.question.id)] * bool(models)
    assert told == [("03", "q6"), ("03", "q7"), ("11", "q6")]


def test_the_tolerance_of_every_automatic_answer_is_told(name):
    for block in solution(name).blocks:
        if block.question.kind in ("number", "array", "function", "figure"):
            prompt = next(c.source for c in block.cells if c.cell_type == "markdown")
            assert re.search(r"tolerance (of the data )?[\d.e-]+ ", prompt), block.question.id


def test_keys_hold_no_personal_path():
    for set_name in NAMES:
        text = (ROOT / "assets" / "exercises" / f"{set_name}.json").read_text(encoding="utf-8")
        assert json.loads(text)["set"]["lesson"] == set_name
        assert str(ROOT) not in text


def test_describe_never_raises_for_any_kind():
    for kind in ("number", "array", "function", "choice_with_reason", "figure", "no such kind"):
        for answer in GARBAGE.values():
            assert "is" in describe(answer, kind, [[1]])
