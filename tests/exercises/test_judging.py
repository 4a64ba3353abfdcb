"""Diagnosis: each kind of slip is named, right answers at the bound pass, none is an exception."""

import dataclasses

import matplotlib
import numpy as np
import pandas as pd
import pytest

from igf1lab.exercises import exercise as checks
from igf1lab.exercises.answers import describe
from igf1lab.exercises.exercise import Exercise, open_exercise
from igf1lab.exercises.generate import set_names, tidy
from igf1lab.exercises.judging import feedback, judge
from igf1lab.exercises.questions import Question, SpecError, Wrong, read_question

matplotlib.use("Agg")
import matplotlib.pyplot as plt

COMMON = {"title": "t", "points": 4.0, "claims": ["METAB-1"], "hint": "Think", "read": "Lesson 3"}


def number(unit="", rtol=0.01, **more):
    return Question(id="q1", kind="number", unit=unit, rtol=rtol, **COMMON, **more)


def verdict_of(question, answer, right, calls=None):
    key = {"expected": describe(right, question.kind, calls), "wrong": [], "calls": calls}
    return judge(question, key, describe(answer, question.kind, calls))


@pytest.mark.parametrize(
    ("unit", "right", "given", "kind"),
    [
        ("nmol/L", 4.0, 4000.0, "unit"), ("nmol/L", 4.0, 0.004, "unit"), ("mol/L", 4.0, 4e6, "unit"),
        ("mmol/L", 5.0, 90.08, "mg-dl"), ("mg/dL", 90.0, 4.9956, "mg-dl"), ("pmol/L", 60.0, 10.0, "unit"),
        ("nmol/L", 20.0, 152.98, "unit"), ("1/h", 2.0, 120.0, "unit"), ("h", 2.0, 48.0, "unit"),
        ("min", 10.0, 6.9315, "wrong-formula"), ("", 0.4, 40.0, "fraction-percent"), ("ng/mL", 3.0, -3.0, "sign"),
        ("", 4.0, 0.25, "inverse"), ("", 3.0, float("nan"), "nan"), ("", 3.0, float("inf"), "infinite"),
        ("", 3.0, 3.1, "rounding"), ("", 3.0, 17.3, "size"), ("", 3.0, [3.0, 3.0], "shape"),
        ("", 3.0, True, "not-an-answer"), ("", 3.0, "three", "not-an-answer"),
        ("", 3.0, "3 or 4", "not-an-answer"), ("", 3.2, (3, 1), "shape"), ("", 3.2, "3,1", "rounding"),
    ],
)  # fmt: skip
def test_slips_of_numbers(unit, right, given, kind):
    verdict = verdict_of(number(unit), given, right)
    assert verdict.kind == kind and verdict.points == 0 and verdict.says


@pytest.mark.parametrize("given", [1.0, 1.01, 0.99, 1.0099999])
def test_the_bound_belongs_to_the_right_side(given):
    assert verdict_of(number(), given, 1.0).status == "right"


@pytest.mark.parametrize("given", [1.0101, 0.9899])
def test_beyond_the_bound_is_wrong(given):
    assert verdict_of(number(), given, 1.0).status == "wrong"


def test_tiny_values_are_told_apart():
    assert verdict_of(number(), 2e-13, 1e-13).status == "wrong"


def test_zero_needs_an_absolute_tolerance():
    assert verdict_of(number(atol=0.5), 0.4, 0.0).status == "right"
    assert verdict_of(number(atol=0.5), 0.6, 0.0).status == "wrong"
    assert verdict_of(number(), 0.0, 0.0).status == "right"


ARRAY = Question(id="q1", kind="array", **COMMON)
RIGHT = np.array([1.0, 2.0, 4.0, 9.0])
CHOICE = Question(
    id="q1",
    kind="choice_with_reason",
    options={"a": {"says": "no"}, "b": "right"},
    reasons={"1": {"says": "no"}, "2": "right"},
    **COMMON,
)


@pytest.mark.parametrize("question", [number(), dataclasses.replace(ARRAY, id="q2")])
@pytest.mark.parametrize(
    "given",
    ["5.25", "5,25", "= 5.25 mmol/L", "\N{MINUS SIGN}5.25", (5, 25), {5.25}, {"x": 5.25}, lambda: 5.25, ["5,25"],
     (5.25, "mmol/L"), ["about", 5.25], {"glucose": {"mmol/L": 5.25}}, complex(5.25)],
)  # fmt: skip
def test_a_number_that_is_plainly_meant_is_read(question, given):
    right = -5.25 if "\N{MINUS SIGN}" in str(given) else 5.25
    verdict = verdict_of(question, given, right if question.kind == "number" else [right])
    assert verdict.status == "right", verdict
    as_typed = isinstance(given, dict | set | complex)
    assert (verdict.says == "right") == as_typed
    assert verdict.says in feedback(question, verdict, 1)


@pytest.mark.parametrize(
    "given",
    [
        [1, 2.0, "4", "9,0"], dict(zip("abcd", RIGHT, strict=True)), dict(enumerate(RIGHT)).values(),
        list(enumerate(RIGHT)), [[0, 5, 10, 15], RIGHT], {"t": [0, 1, 2, 3], "y": list(RIGHT)}, lambda: RIGHT,
        (1, 0, 2, 0, 4, 9), list(zip("abcd", RIGHT, strict=True)), [{"name": n, "y": y} for n, y in zip("abcd", RIGHT, strict=True)],
        pd.DataFrame({"name": list("abcd"), "y": RIGHT}), RIGHT + 0j, np.roots(np.poly(RIGHT))[::-1] + 0j,
    ],
)  # fmt: skip
def test_values_that_are_plainly_meant_are_read(given):
    assert verdict_of(ARRAY, given, RIGHT).status == "right"


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ("b2", "right"), ("b, because 2", "right"), ("Option B, reason 2.", "right"), ("2b", "right"), (("b)", "2)"), "right"),
        ({"b": 2}, "right"), ({"b", "2"}, "right"), (["b2"], "right"), (["b", 2.0], "right"), ("b2: a steady level is bound", "right"),
        (lambda: "b2", "right"), ("b", "partly"), ("b1", "partly"), ("a", "wrong"), ("b2 or a1", "unusable"), ("b1 2", "unusable"),
        ("b or a", "unusable"), ("2", "unusable"), ("", "unusable"), ("b₂", "right"), ("ｂ２", "right"), ("b²", "right"), ("bb2", "unusable"), ([["b"], None], "unusable"), (["b", 2.5], "unusable"),
    ],
)  # fmt: skip
def test_choices_however_they_are_written(given, status):
    verdict = verdict_of(CHOICE, given, "b2")
    assert verdict.status == status, verdict
    assert verdict.points == {"right": 4, "partly": 2}.get(status, 0)


@pytest.mark.parametrize(
    "form",
    ["fig, ax", "fig, [ax]", "ax.lines", "np.array([[ax]])", "line", "lambda: fig", "[line]"],
)
def test_a_figure_is_found_in_what_holds_it(form):
    fig, ax = plt.subplots()
    (line,) = ax.plot([1, 2])
    given = eval(form, {"fig": fig, "ax": ax, "line": line, "np": np})
    assert describe(given, "figure") == describe(fig, "figure") | (
        {"read": "call"} if "lambda" in form else {}
    )
    plt.close(fig)


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        (RIGHT[1:], "off-by-one"), (RIGHT[:-1], "off-by-one"), (np.r_[0.5, RIGHT], "off-by-one"),
        (np.r_[0.0, RIGHT[:-1]], "off-by-one"), (RIGHT[::-1], "order"), (RIGHT[[1, 0, 2, 3]], "some-wrong"),
        (RIGHT[[1, 0, 3, 2]], "order"), (RIGHT * 1000, "unit"), (-RIGHT, "sign"), (np.r_[RIGHT[:3], np.nan], "nan"),
        (np.zeros((2, 7)), "shape"), (5.0, "shape"), (1 / RIGHT, "inverse"), (RIGHT + np.array([0, 0, 3, 0]), "some-wrong"),
    ],
)  # fmt: skip
def test_slips_of_arrays(given, kind):
    verdict = verdict_of(ARRAY, given, RIGHT)
    assert verdict.points == 0
    assert verdict.kind in (kind, "order" if kind == "some-wrong" else kind)


def test_rows_and_columns():
    table = np.arange(6.0).reshape(2, 3) + 1
    verdict = verdict_of(ARRAY, table.T, table)
    assert verdict.kind == "shape" and "changed places" in verdict.says


FUNCTION = Question(
    id="q1",
    kind="function",
    answer="f",
    arguments={"a": [1, 5], "b": {"choices": [2, 3]}},
    **COMMON,
)
CALLS = [[1.0, 2], [3.0, 3], [4.0, 2]]


def right_function(a, b):
    return a / (a + b)


@pytest.mark.parametrize(
    ("given", "status", "words"),
    [
        (lambda a, b: a / (a + b), "right", "right"),
        (lambda a, b: np.array([a / (a + b)]), "right", "right"),
        (lambda a, b: None, "unusable", "begin with `return` (not `print`)"),
        (lambda a, b: a / (a + b) if b == 2 else None, "unusable", "gives nothing back"),
        (lambda a: a, "unusable", "takes 1 positional argument"),
        (lambda a, b: 1 / 0, "unusable", "ZeroDivisionError"),
        (lambda a, b: "x", "unusable", "text"),
        (lambda a, b: b / a, "wrong", ""),
        (lambda a, b: 100 * a / (a + b), "wrong", "percent"),
        (lambda a, b: a / (a + b) if b == 2 else 0.0, "wrong", "2 of 3 calls"),
        (lambda a, b: [a, b], "wrong", "shape"),
        (0.5, "unusable", "function is asked for"),
        (dict, "unusable", "function is asked for"),
        (None, "unusable", "it is None"),
    ],
)
def test_functions(given, status, words):
    verdict = verdict_of(FUNCTION, given, right_function, CALLS)
    assert verdict.status == status and words in verdict.says


def test_a_blank_inside_a_function_is_not_an_answer_yet():
    def half_done(a, b):
        return a / (... + b)

    verdict = verdict_of(FUNCTION, half_done, right_function, CALLS)
    assert (
        verdict.status == "blank"
        and feedback(FUNCTION, verdict, 0) == "Question 1: not answered yet."
    )


def test_probes_stay_in_their_ranges_and_follow_the_seed():
    rules = {"a": [1, 5], "b": {"low": 0.01, "high": 100, "log": True}, "c": {"choices": [7, 8]}}
    question = Question(
        id="q1",
        kind="function",
        arguments=rules | {"d": {"low": 1, "high": 3, "integer": True}},
        **COMMON,
    )
    calls = question.draw_calls("seed", 200)
    assert calls == question.draw_calls("seed", 200) != question.draw_calls("other", 200)
    a, b, c, d = map(np.array, zip(*calls, strict=True))
    assert a.min() >= 1 and a.max() <= 5 and b.min() >= 0.01 and b.max() <= 100
    assert np.median(b) < 10 and set(c) == {7, 8} and set(d) == {1, 2, 3}


FIGURE = Question(
    id="q1", kind="figure", xlabel=["time|t", "min"], ylabel=["glucose", "mg/dL"], legend=True,
    figure_title=True, lines=[{"name": "glucose", "x": "x", "y": "y"}], **COMMON,
)  # fmt: skip
X = np.linspace(0, 10, 50)
FIGURE_KEY = {
    "expected": {}, "wrong": [],
    "curves": [{"x": X.tolist(), "y": (X**2).tolist()}],
}  # fmt: skip


def draw(
    how="plot", x=X, y=X**2, xlabel="Time (min)", ylabel="Glucose (mg/dL)", title="T", legend=True
):
    figure, axes = plt.subplots()
    getattr(axes, how)(x, y, label="glucose")
    axes.set(xlabel=xlabel, ylabel=ylabel, title=title)
    if legend:
        axes.legend()
    plt.close(figure)
    return figure


@pytest.mark.parametrize(
    ("changes", "share"),
    [
        ({}, 1), ({"how": "scatter"}, 1), ({"how": "errorbar"}, 1), ({"x": np.linspace(0, 10, 300), "y": np.linspace(0, 10, 300) ** 2}, 1),
        ({"xlabel": "t in min"}, 1), ({"xlabel": "Time"}, 11 / 12), ({"xlabel": "", "ylabel": ""}, 10 / 12),
        ({"legend": False}, 11 / 12), ({"title": ""}, 11 / 12), ({"y": X}, 0), ({"y": 1000 * X**2}, 0), ({"x": X * 60}, 0),
        ({"x": [], "y": []}, 0), ({"xlabel": "", "ylabel": "", "title": "", "legend": False}, 2 / 3),
    ],
)  # fmt: skip
def test_figures_by_their_facts(changes, share):
    verdict = judge(FIGURE, FIGURE_KEY, describe(draw(**changes), "figure"))
    assert verdict.points == round(4 * share, 2), verdict.says


TWO_CURVES = dataclasses.replace(FIGURE, lines=[{"name": n, "x": "x", "y": "y"} for n in "ab"])
TWO_KEY = FIGURE_KEY | {"curves": [{"x": X.tolist(), "y": y.tolist()} for y in (X**2, 3 + X)]}


@pytest.mark.parametrize(
    ("changes", "share", "words"),
    [
        ({}, 2 / 3, ["line of b"]),
        ({"xlabel": ""}, 7 / 12, ["line of b", "x label does not say"]),
        ({"y": X, "xlabel": "", "legend": False}, 0,
         ["asked: a, b", "x label does not say time or t, nor min", "no legend", "labels earn nothing"]),
    ],
)  # fmt: skip
def test_the_curves_are_most_of_a_figure(changes, share, words):
    verdict = judge(TWO_CURVES, TWO_KEY, describe(draw(**changes), "figure"))
    assert verdict.points == round(4 * share, 2) and verdict.kind == "figure-data"
    said = feedback(TWO_CURVES, verdict, 1)
    assert all(word in said for word in words), said


NAMED = dataclasses.replace(
    TWO_CURVES,
    lines=[{"name": n, "label": n, "x": "x", "y": "y"} for n in ("square", "sum")]
    + [{"name": "the limit", "y": "20"}],
)
NAMED_KEY = {
    "expected": {},
    "wrong": [{"is": "figure", "axes": [{"curves": [{"x": X.tolist(), "y": (-X).tolist()}]}]}],
    "curves": [*TWO_KEY["curves"], {"x": [], "y": [20.0]}],
}


def named(labels, draw_limit=lambda axes: axes.axhline(20), legend=None, ys=(X**2, 3 + X)):
    figure, axes = plt.subplots()
    for label, y in zip(labels, ys, strict=True):
        axes.plot(X, y, label=label)
    draw_limit(axes)
    axes.set(xlabel="Time (min)", ylabel="Glucose (mg/dL)", title="T")
    if labels:
        axes.legend(*legend or [])
    plt.close(figure)
    return judge(NAMED, NAMED_KEY, describe(figure, "figure"))


@pytest.mark.parametrize(
    "draw_limit",
    [
        lambda axes: axes.axhline(20), lambda axes: axes.axhline(20.1, label="limit"),
        lambda axes: axes.plot([0, 10], [20, 20]), lambda axes: axes.hlines(20, 0, 10),
    ],
)  # fmt: skip
def test_an_asked_level_may_be_drawn_in_any_way(draw_limit):
    assert named(["square", "sum"], draw_limit).status == "right"


@pytest.mark.parametrize(
    "draw_limit", [lambda axes: None, lambda axes: axes.axhline(21), lambda axes: axes.axvline(20)]
)
def test_an_asked_level_has_to_be_there(draw_limit):
    verdict = named(["square", "sum"], draw_limit)
    assert verdict.status == "partly" and "the line of the limit is missing" in verdict.says


def test_a_level_alone_earns_nothing():
    assert named([], ys=[]).points == 0


@pytest.mark.parametrize(
    ("labels", "legend", "status"),
    [
        (["sum", "square"], None, "partly"), (["the SUM", "square"], None, "partly"),
        ([None, None], [["sum", "square", "limit"]], "partly"), ([None, None], [["square", "sum", "limit"]], "right"),
        (["first", "second"], None, "right"), (["not the sum but the square", "sum"], None, "right"),
    ],
)  # fmt: skip
def test_a_curve_under_the_name_of_another_is_not_right(labels, legend, status):
    verdict = named(labels, legend=legend)
    assert verdict.status == status
    said = "the curve labelled sum holds the values of square" in verdict.says
    assert said == (status == "partly")


def test_a_usual_wrong_figure_is_known_whatever_its_labels_say():
    question = dataclasses.replace(NAMED, wrong=[Wrong("f", "sign", "It is upside down.")])
    verdict = judge(question, NAMED_KEY, describe(draw(y=-X, ylabel="mine"), "figure"))
    assert verdict.says == "It is upside down." and verdict.points == 0


HEIGHTS = dataclasses.replace(FIGURE, legend=False, lines=[{"name": "two", "y": "y"}])
HEIGHTS_KEY = {"expected": {}, "wrong": [], "curves": [{"x": [], "y": [25.0, 100.0]}]}
TWO = ["IGF-1", "size"]


def two_calls(axes, how="bar"):
    getattr(axes, how)("IGF-1", 25, color="red", label="blood")
    getattr(axes, how)("size", 100)


@pytest.mark.parametrize(
    ("draw_heights", "status"),
    [
        (lambda axes: axes.bar(TWO, [25, 100]), "right"), (lambda axes: axes.plot(TWO, [25, 100], "o"), "right"),
        (lambda axes: axes.errorbar(TWO, [25, 100], yerr=[2, 3], fmt="o"), "right"), (two_calls, "right"),
        (lambda axes: two_calls(axes, "plot"), "right"), (lambda axes: axes.bar([1, 0], [100, 25]), "right"),
        (lambda axes: axes.scatter(TWO, [25, 100]), "right"), (lambda axes: axes.bar(TWO, [100, 25]), "wrong"),
        (lambda axes: axes.bar(TWO, [0.25, 1]), "wrong"), (lambda axes: None, "wrong"),
        (lambda axes: two_calls(axes, "plot") or axes.plot(np.nan, np.nan), "right"),
        (lambda axes: axes.plot([0, 1, 2], [25, np.nan, 100], "o"), "right"),
    ],
)  # fmt: skip
def test_heights_over_names_in_any_way_of_drawing(draw_heights, status):
    figure, axes = plt.subplots()
    draw_heights(axes)
    axes.set(xlabel="Time (min)", ylabel="Glucose (mg/dL)", title="T")
    plt.close(figure)
    verdict = judge(HEIGHTS, HEIGHTS_KEY, describe(figure, "figure"))
    assert verdict.status == status
    if status == "wrong":
        assert "no bars or points with the asked heights" in verdict.says
        assert "curve" not in verdict.says


@pytest.mark.parametrize(
    ("given", "kind", "words"),
    [
        ([0.5, 4.0, 1.0, 20.0], "size", "None of the 4 values is right; compare each with its row."),
        ([9.0, 8.0, 7.0, 10.0], "size", "It is too large."),
        ([1.0, 2.05, 4.0, 9.0], "rounding", "Number 2 is close, but outside the tolerance: give more digits"),
        ([1.0, 2.05, 4.0, 30.0], "some-wrong", "2 of 4 values are right; the first wrong is number 2."),
    ],
)  # fmt: skip
def test_what_is_off_is_said_truly(given, kind, words):
    verdict = verdict_of(ARRAY, given, RIGHT)
    assert verdict.kind == kind and verdict.says.startswith(words)


@pytest.mark.parametrize(("given", "kind"), [(3.2, "rounding"), (2.8, "rounding"), (3.3, "size")])
def test_a_single_number_is_close_within_seven_percent(given, kind):
    assert verdict_of(number(), given, 3.0).kind == kind


def test_what_is_no_answer_is_told_in_sentences():
    verdict = verdict_of(number(), "three", 3.0)
    assert feedback(number(), verdict, 1).startswith(
        "Question 1: not right yet. This cannot be read as an answer. "
        "It is text; write the number without quotes or unit."
    )


@pytest.mark.parametrize("given", ["0,5", "0,5 nmol/L", (0, 5), ["0,5"]])
def test_a_decimal_comma_is_told_to_be_a_point(given):
    """Without quotes it makes two numbers of one; with them the quotes are not all there is to mend."""
    assert "a point: 0.5" in verdict_of(number(), given, 0.5).says
    assert "a point" not in verdict_of(number(), (0.5, 5.0), 0.5).says
    assert "a point" not in verdict_of(number(), "0.5", 0.5).says


def test_curves_alone_share_all_the_points():
    bare = dataclasses.replace(TWO_CURVES, xlabel=[], ylabel=[], legend=False, figure_title=False)
    assert judge(bare, TWO_KEY, describe(draw(), "figure")).points == 2


def test_empty_labelled_axes_earn_nothing_in_any_set():
    for name in set_names():
        exercise = Exercise(name)
        for question in exercise._set.questions:
            if question.kind == "figure":
                words = [
                    " ".join(w.split("|")[0] for w in getattr(question, f"{a}label")) for a in "xy"
                ]
                empty = draw(x=[], y=[], xlabel=words[0], ylabel=words[1])
                verdict = judge(question, exercise._keys[question.id], describe(empty, "figure"))
                assert verdict.points == 0 and verdict.says.startswith("no "), name


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([{}], "data 1 %"), ([{"rtol": 0.02}, {"rtol": 0.02}], "data 2 %"), ([{"atol": 0.5}], "data 1 % + 0.5"),
        ([{"rtol": 0.02}, {}], "data l0 2 %, l1 1 %"),
    ],
)  # fmt: skip
def test_a_figures_facts_tell_its_tolerance(lines, words):
    lines = [{"name": f"l{n}", "y": "y"} | line for n, line in enumerate(lines)]
    question = dataclasses.replace(FIGURE, lines=lines)
    assert question.facts_line().endswith(f"tolerance of the {words}*")


def test_axes_are_as_good_as_a_figure():
    figure = draw()
    for answer in (figure, figure.axes[0]):
        assert judge(FIGURE, FIGURE_KEY, describe(answer, "figure")).status == "right"
    assert judge(FIGURE, FIGURE_KEY, describe(plt.Figure(), "figure")).status == "unusable"


def test_levels_of_feedback():
    question = number()
    verdict = verdict_of(question, 5000.0, 5.0)
    said = [feedback(question, verdict, tries) for tries in (1, 2, 3)]
    assert "factor of 1000" in said[0] and "Hint" not in said[0]
    assert "Hint: Think" in said[1] and "Lesson 3" not in said[1]
    assert "Where to read: Lesson 3." in said[2]
    assert "5.0" not in "".join(said)


def test_a_check_without_a_key_file_says_so(capsys):
    exercise = open_exercise("99_no_such_lesson")
    assert exercise.check("q1", 1).points == 0
    assert "no checks for 99_no_such_lesson" in capsys.readouterr().out
    with pytest.raises(KeyError, match="has no parameter"):
        exercise.parameter("x")


def test_a_set_opened_again_goes_on_counting_tries(capsys, monkeypatch):
    monkeypatch.setattr(checks, "_RECORDS", {})
    for answer in (1.0, 2.0, 2.0, 3.0):  # Run All opens the set each time
        exercise = open_exercise("03_metabolism")
        exercise.check("q1", answer)
    said = capsys.readouterr().out.split("Question 1: ")[1:]
    assert ["Hint:" in text for text in said] == [False, True, True, True]
    assert ["Where to read:" in text for text in said] == [False, False, False, True]
    open_exercise("01_gh_igf1_axis").check("q1", 1.0)
    assert "Hint" not in capsys.readouterr().out


def test_a_wrong_question_id_is_answered(capsys):
    exercise = Exercise("03_metabolism")
    for wrong_id in ("q99", None, 3, "Q1", []):
        assert exercise.check(wrong_id, 1).points == 0
        assert "has no question" in capsys.readouterr().out


def test_a_damaged_numbers_file_is_not_fatal(tmp_path, capsys):
    (tmp_path / "my_numbers.json").write_text("{broken")
    exercise = Exercise("03_metabolism", tmp_path)
    assert "cannot be read" in capsys.readouterr().out
    assert exercise.check("q1", ...).status == "blank"


BASE = "id: q1\nkind: number\ntitle: T\npoints: 2\nclaims: [METAB-1]\nhint: h\nread: r\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (BASE.replace("number", "essay"), "kind must be"), (BASE.replace("q1", "one"), "id must be"),
        (BASE + "colour: red\n", "unknown"), (BASE + "rtol: 0\n", "tolerance"), ("- a\n- b", "key: value"),
        (BASE.replace("points: 2\n", ""), "missing"), (BASE + "wrong: [{gives: 1}]", "gives, kind, says"),
        (BASE + "wrong: [{gives: 1, kind: silly, says: x}]", "wrong kind"), ("a: [", "YAML"),
        (BASE.replace("kind: number", "kind: function"), "arguments"), (BASE.replace("hint: h\n", ""), "hint"),
        (BASE.replace("kind: number", "kind: figure"), "lines"),
        (BASE.replace("kind: number", "kind: figure") + "lines: [{name: a, y: b, label: 0.3}]", "label must be text"),
        (BASE.replace("kind: number", "kind: choice_with_reason"), "exactly one right"),
        (BASE.replace("kind: number", "kind: appraisal") + "words: [1, 2]\nrubric: [{criterion: a, points: 1}]", "sum"),
        (BASE.replace("claims: [METAB-1]", "claims: []"), "claim"),
    ],
)  # fmt: skip
def test_a_badly_written_question_is_refused_with_its_reason(text, words):
    with pytest.raises(SpecError, match=words):
        read_question(text)


def test_tidy_changes_nothing_the_second_time(source):
    import copy

    notebook = copy.deepcopy(source.notebook)
    tidy(notebook)
    once = copy.deepcopy(notebook)
    tidy(notebook)
    assert notebook == once


@pytest.mark.parametrize("place", ["left", "center", "right"])
def test_a_title_counts_wherever_it_stands(place):
    fig, axes = plt.subplots()
    axes.set_title("Glucose", loc=place)
    assert describe(fig, "figure")["axes"][0]["title"] == "Glucose"
    plt.close(fig)
