"""Figures and their labels: what has to count as the asked curve under its name, and what not."""

import dataclasses
import functools

import matplotlib
import numpy as np
import pandas as pd
import pytest

from igf1lab.exercises import labels
from igf1lab.exercises.answers import describe
from igf1lab.exercises.exercise import Exercise
from igf1lab.exercises.generate import set_names
from igf1lab.exercises.judging import judge
from igf1lab.exercises.questions import Question
from igf1lab.grading.marking import reasons

matplotlib.use("Agg")
import matplotlib.pyplot as plt

FIGURES = [
    (name, question)
    for name in set_names()
    for question in Exercise(name)._set.questions
    if question.kind == "figure"
]
X = np.linspace(0.0, 10.0, 41)
SHAPES = {
    "line": lambda x: 3 + 2 * x,
    "peak": lambda x: 5 + 60 * (x / 2) * np.exp(1 - x / 2),
    "saturation": lambda x: 100 * x / (x + 3),
    "wave": lambda x: np.sin(x),
    "decay": lambda x: 40 * np.exp(-x / 3),
}


def asking(*lines, **more):
    return Question("q1", "figure", "t", 4.0, ["METAB-1"], lines=list(lines), **more)


def judged(question, curves, draw):
    """Draw into new axes and judge them against the right curves, (x, y) each."""
    figure, axes = plt.subplots()
    draw(axes)
    plt.close(figure)
    key = {"expected": {}, "wrong": []}
    key["curves"] = [{"x": list(map(float, x)), "y": list(map(float, y))} for x, y in curves]
    return judge(question, key, describe(figure, "figure"))


def one(y, draw, rtol=0.01, **more):
    return judged(asking({"name": "a", "x": "x", "y": "y", "rtol": rtol, **more}), [(X, y)], draw)


GRIDS = {
    "finer": np.linspace(0, 10, 500), "coarser": np.linspace(0, 10, 31), "shifted": np.r_[0, X[:-1] + 0.12, 10],
    "random": np.sort(np.r_[0, 10, np.random.default_rng(1).uniform(0, 10, 120)]),
    "closer at the start": 10 * np.linspace(0, 1, 80) ** 2, "ends a little later": np.linspace(-0.1, 10.1, 90),
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("grid", GRIDS)
@pytest.mark.parametrize("rtol", [0.01, 0.02])
def test_any_grid_within_the_stated_tolerance_and_none_beyond(shape, grid, rtol):
    """A scale within the tolerance is right, one of thrice the tolerance is not."""
    right, x = SHAPES[shape](X), GRIDS[grid]
    for scale in (1.0, 1 + 0.8 * rtol, 1 - 0.8 * rtol):
        verdict = one(right, lambda axes, s=scale: axes.plot(x, s * SHAPES[shape](x)), rtol)
        assert verdict.status == "right", (scale, verdict.says)
    for scale in (1 + 3 * rtol, 1 - 3 * rtol):
        verdict = one(right, lambda axes, s=scale: axes.plot(x, s * SHAPES[shape](x)), rtol)
        assert verdict.points == 0, scale


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    "change",
    [
        lambda x, y: (x[:20], y[:20]), lambda x, y: (x[10:], y[10:]), lambda x, y: (x[[0, -1]], y[[0, -1]]),
        lambda x, y: (x, np.where(np.arange(41) == 20, 1.2 * y + 3, y)), lambda x, y: (x, y[::-1]), lambda x, y: (2 * x, y),
        lambda x, y: (x[::10], y[::10] * 1.05), lambda x, y: (x + 1.5, y),
    ],
)  # fmt: skip
def test_what_is_another_curve_earns_nothing(shape, change):
    right = SHAPES[shape](X)
    if shape == "line" and len(change(X, right)[0]) == 2:
        pytest.skip("two points do make a line")
    assert one(right, lambda axes: axes.plot(*change(X, right))).points == 0


def pivoted(axes):
    frame = pd.DataFrame({"x": np.repeat(X, 2), "who": ["a", "b"] * 41, "y": 0.0})
    frame.loc[frame.who == "a", "y"] = SHAPES["peak"](X)
    frame.loc[frame.who == "b", "x"] += 0.125  # other times: the pivot has holes
    frame.loc[frame.who == "b", "y"] = 1.0
    frame.pivot(index="x", columns="who", values="y").plot(ax=axes, marker="o")


def masked(axes):
    y = np.ma.masked_array(np.r_[SHAPES["peak"](X), -999.0], mask=[False] * 41 + [True])
    axes.plot(np.r_[X, 4.4], y)


@pytest.mark.parametrize(
    "draw",
    [
        pivoted, masked, lambda axes: axes.plot(np.r_[X, np.nan], np.r_[SHAPES["peak"](X), 3]),
        lambda axes: axes.plot(np.insert(X, 7, 1.6), np.insert(SHAPES["peak"](X), 7, np.nan)),
        lambda axes: axes.scatter(X[::-1], SHAPES["peak"](X)[::-1]),
        lambda axes: pd.Series(SHAPES["peak"](X), index=X).plot(ax=axes),
        lambda axes: axes.step(X, SHAPES["peak"](X)), lambda axes: axes.fill_between(X, 0, SHAPES["peak"](X)) and axes.plot(X, SHAPES["peak"](X)),
    ],
)  # fmt: skip
def test_missing_points_and_other_ways_to_draw_do_no_harm(draw):
    assert one(SHAPES["peak"](X), draw).status == "right"


@pytest.mark.parametrize("hole", [slice(0, 8), slice(12, 30), slice(34, 41)])
def test_what_is_missing_is_missing(hole):
    """Points without a value are left out; a curve that lacks a stretch is not the curve."""
    y = SHAPES["peak"](X)
    y[hole] = np.nan
    assert one(SHAPES["peak"](X), lambda axes: axes.plot(X, y)).points == 0


# --- one picture, in other pieces -----------------------------------------------------------------

WAYS = {}
MEN, WOMEN = np.array([1.0, 0.51, 0.5, 0.63, 0.6]), np.array([1.0, 0.88, 0.77, 0.84])
SEXES = asking(
    {"name": "men", "label": "men|man", "x": "x", "y": "y"},
    {"name": "women", "label": "women|woman", "x": "x", "y": "y"},
    xlabel=["fifth"], ylabel=["odds ratio"], legend=True, figure_title=True,
)  # fmt: skip


def way(function):
    WAYS[function.__name__] = function
    return function


def both(first, second, x=range(1, 6)):
    first.plot(x, MEN, label="men")
    second.plot(x[:4], WOMEN, label="women")


def dressed(axes):
    axes.set(title="T", xlabel="fifth", ylabel="OR (95 % CI)")


def in_one_axes(draw):
    @functools.wraps(draw)
    def drawn(figure):
        axes = figure.subplots()
        draw(axes)
        dressed(axes)
        axes.legend()

    return drawn


@way
def words_of_the_whole_figure(figure):
    axes = figure.subplots()
    both(axes, axes)
    figure.suptitle("T")
    figure.supxlabel("fifth")
    figure.supylabel("odds ratio")
    figure.legend()


@way
def twins(figure):
    axes = figure.subplots()
    both(axes, axes.twinx())
    dressed(axes)
    axes.legend(handles=[line for each in figure.axes for line in each.get_lines()])


@way
def two_panels(figure):
    left, right = figure.subplots(1, 2)
    both(left, right)
    dressed(left)
    right.legend()


@way
def beside_another_panel(figure):
    other, axes = figure.subplots(2, 1)
    other.plot([1, 2], [3, 4])
    both(axes, axes)
    dressed(axes)
    axes.legend()


def point_by_point(how):
    @in_one_axes
    def draw(axes):
        for name, colour, ys in (("men", "b", MEN), ("women", "r", WOMEN)):
            for n, y in enumerate(ys):
                getattr(axes, how)(n + 1, y, color=colour, marker="o", label="" if n else name)

    return draw


@way
def one_scatter_in_two_colours(figure):
    axes = figure.subplots()
    dots = axes.scatter([*range(1, 6), *range(1, 5)], [*MEN, *WOMEN], c=[0] * 5 + [1] * 4)
    axes.legend(dots.legend_elements()[0], ["men", "women"])
    dressed(axes)


def places_by_name(x, ticks=True):
    @in_one_axes
    def draw(axes):
        both(axes, axes, x)
        if ticks:
            axes.set_xticks(range(5), [f"Q{n}" for n in range(1, 6)])

    return draw


@way
@in_one_axes
def bars_in_groups(axes):
    axes.bar(np.arange(1, 6) - 0.2, MEN, 0.4, label="men")
    axes.bar(np.arange(1, 5) + 0.2, WOMEN, 0.4, label="women")


WAYS |= {
    "categories in words": places_by_name(["lowest", "second", "third", "fourth", "highest"], ticks=False),
    "points by plot": point_by_point("plot"), "points by scatter": point_by_point("scatter"),
    "categories": places_by_name([f"Q{n}" for n in range(1, 6)]), "ticks named later": places_by_name(range(5)),
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_a_picture_made_of_other_pieces(way):
    key = {"expected": {}, "wrong": [], "curves": []}
    for y in (MEN, WOMEN):
        key["curves"].append({"x": list(range(1, len(y) + 1)), "y": y.tolist()})
    figure = plt.figure()
    WAYS[way](figure)
    plt.close(figure)
    verdict = judge(SEXES, key, describe(figure, "figure"))
    assert verdict.status == "right", verdict.says
    key["curves"][1]["y"][2] = 0.9
    assert judge(SEXES, key, describe(figure, "figure")).status == "partly"


@pytest.mark.parametrize(
    ("draw", "kind"),
    [
        (lambda axes: axes.imshow([[1, 2], [3, 4]]), "figure-unread"), (lambda axes: axes.fill_between(X, 0, X), "figure-unread"),
        (lambda axes: axes.hist(X, histtype="step"), "figure-unread"), (lambda axes: axes.pie([1, 2]), "figure-unread"),
        (lambda axes: axes.contourf([[1, 2], [3, 4]]), "figure-unread"), (lambda axes: None, "figure-data"),
        (lambda axes: (axes.fill_between(X, 0, X), axes.plot(X, X)), "figure-data"), (lambda axes: axes.text(0, 0, "peak"), "figure-data"),
    ],
)  # fmt: skip
def test_what_no_check_can_read_is_told_apart_from_what_is_wrong(draw, kind):
    verdict = one(SHAPES["peak"](X), draw)
    assert verdict.kind == kind and verdict.points == 0
    person = reasons.explain(verdict, asking(), "q = fig", [], [])
    assert (person.status == "pending") == (kind == "figure-unread")


HEIGHTS_OF_ROWS = np.array([6.7, 2.0, 2.1, 3.1])


@pytest.mark.parametrize(
    "draw",
    [
        lambda axes, y: axes.barh(list("dcba"), y[::-1]), lambda axes, y: axes.stairs(y),
        lambda axes, y: [axes.scatter(n, v) for n, v in enumerate(y)], lambda axes, y: axes.stem(range(4), y),
        lambda axes, y: (axes.plot(range(2), y[:2], "o"), axes.plot([2, 3], y[2:], "s")),
        lambda axes, y: axes.vlines(range(4), 0, y), lambda axes, y: axes.hlines(range(4), 0, y),
        lambda axes, y: axes.errorbar(range(4), y, yerr=0.1, fmt="o"), lambda axes, y: [axes.bar(n, v - 1, bottom=1) for n, v in enumerate(y)],
    ],
)  # fmt: skip
def test_heights_in_the_order_of_the_rows(draw):
    question = asking({"name": "ratio", "y": "y"})
    right = judged(question, [([], HEIGHTS_OF_ROWS)], lambda axes: draw(axes, HEIGHTS_OF_ROWS))
    assert right.status == "right", right.says
    other = HEIGHTS_OF_ROWS[[1, 0, 2, 3]]
    assert judged(question, [([], other)], lambda axes: draw(axes, HEIGHTS_OF_ROWS)).points == 0


# --- heights over names -----------------------------------------------------------------------

NAMED = {"name": "two", "y": "y", "names": ["blood|serum|igf*", "size|weight"]}
HEIGHTS = asking(NAMED, xlabel=["mice"], ylabel=["%"])
A, B = "IGF-1 in blood", "adult size"


def bars(names, heights, how="bar", **more):
    def draw(axes):
        getattr(axes, how)(names, heights, **more)
        lies = how == "barh"
        axes.set(xlabel="%" if lies else "mice", ylabel="mice" if lies else "%")

    return draw


def turned(axes):
    bars([B, A], [100, 25], "barh")(axes)
    axes.invert_yaxis()


def ticks_named_later(axes):
    bars([0, 1], [100, 25])(axes)
    axes.set_xticks([0, 1], [B, A])


def one_call_each(axes):
    for name, height in ((B, 100), (A, 25)):
        bars([name], [height], label=name)(axes)


def points_beside_names(axes):
    axes.plot([100, 25], [B, A], "o")
    axes.set(xlabel="%", ylabel="mice")


@pytest.mark.parametrize(
    ("draw", "status"),
    [
        (bars([A, B], [25, 100]), "right"), (bars([B, A], [100, 25]), "right"), (bars([A, B], [25, 100], "barh"), "right"),
        (bars([B, A], [100, 25], "barh"), "right"), (turned, "right"), (ticks_named_later, "right"), (one_call_each, "right"),
        (points_beside_names, "right"), (bars([B, A], [100, 25], "scatter"), "right"), (bars([0, 1], [25, 100]), "right"),
        (bars(["x", "y"], [25, 100]), "right"), (bars([A, B], [100, 25]), "wrong"), (bars([B, A], [25, 100]), "wrong"),
        (bars([B, A], [25, 100], "barh"), "wrong"), (bars([A, B], [0.25, 1]), "wrong"), (bars([0, 1], [100, 25]), "wrong"),
        (bars([A], [25]), "wrong"), (bars([A, B], [25, 100], bottom=[50, 0]), "wrong"),
    ],
)  # fmt: skip
def test_bars_belong_to_their_names_in_any_order_standing_or_lying(draw, status):
    verdict = judged(HEIGHTS, [([], [25, 100])], draw)
    assert verdict.status == status, verdict.says


def test_heights_over_each_others_names_are_told_so():
    verdict = judged(HEIGHTS, [([], [25, 100])], bars([B, A], [25, 100]))
    assert "heights are there, but over each other's names" in verdict.says


# --- names of curves --------------------------------------------------------------------------

PAIRS = {
    "sexes": ("men|man|male", "women|woman|female"),
    "patients": ("normal*|healthy|control|non-diabetic", "type 2|diabet*|t2d*"),
    "numbers": ("0.016", "0.3"),
    "places": ("stool", "made"),
    "hormone": ("igf-1", "free igf-1"),
}


def two(pair, first, second):
    """Two curves, the first and second of a pair, under the labels given."""
    lines = [{"name": words, "label": words, "x": "x", "y": "y"} for words in PAIRS[pair]]
    ys = [SHAPES["peak"](X), SHAPES["saturation"](X)]

    def draw(axes):
        for label, y in zip((first, second), ys, strict=True):
            axes.plot(X, y, label=label)
        axes.legend()

    return judged(asking(*lines, legend=True), [(X, y) for y in ys], draw)


@pytest.mark.parametrize(
    ("pair", "first", "second", "status"),
    [
        ("sexes", "men", "women", "right"), ("sexes", "Male", "Female", "right"), ("sexes", "women", "men", "partly"),
        ("sexes", "women", "women", "partly"), ("sexes", "men", "men", "partly"), ("sexes", "female", "male", "partly"),
        ("sexes", "a man's", "a woman's", "right"), ("sexes", "1", "2", "right"), ("sexes", "group", "group", "partly"),
        ("patients", "non-diabetic", "diabetic", "right"), ("patients", "nondiabetic", "diabetic", "right"),
        ("patients", "diabetic", "non-diabetic", "partly"), ("patients", "without diabetes", "with diabetes", "right"),
        ("patients", "healthy", "type-2 diabetes", "right"), ("patients", "T2D", "control", "partly"),
        ("patients", "non\N{NON-BREAKING HYPHEN}diabetic", "diabetic", "right"), ("patients", "diabetes", "diabetes", "partly"),
        ("numbers", "IC50 = 0.016", "IC50 = 0.3", "right"), ("numbers", "0.016", "0.30 mM", "right"), ("numbers", "0,016", "0,3", "right"),
        ("numbers", "0.3", "0.016", "partly"), ("numbers", r"$\mathrm{IC}_{50}=0.016$", "$0.3$", "right"), ("numbers", "10.3", "0.0161", "right"),
        ("hormone", "IGF-1", "free IGF-1", "right"), ("hormone", "free IGF-1", "IGF-1", "partly"),
        ("places", "in stool", "made in all", "right"), ("places", "made", "stool", "partly"), ("places", "stool", "stool", "partly"),
    ],
)  # fmt: skip
def test_a_curve_under_its_own_name_under_anothers_or_under_one_for_both(
    pair, first, second, status
):
    verdict = two(pair, first, second)
    assert verdict.status == status, verdict.says


@pytest.mark.parametrize(
    ("text", "words", "said"),
    [
        ("Time (min)", "min", True), ("minimum", "min", False), ("women", "men", False), ("Glukose", "glucose", False),
        ("mmol L$^{-1}$", "mmol/L", True), ("mmol per litre", "mmol/L", True), ("mmol·l⁻¹", "mmol/L", True),
        (r"$\mu$mol/L", "µmol/L", True), ("umol/l", "µmol/L", True), ("μM", "µM", True), ("mM", "µM", False),
        ("percent of normal", "%", True), ("per cent", "percent|%", True), ("occupied (%)", "occup*", True),
        ("mice", "mouse|mice", True), ("mousetrap", "mouse", False), ("odds-ratio", "odds ratio", True), ("no mice", "mice", False),
        ("OR of death", "odds ratio", True), ("fifth or sixth", "odds ratio", False), ("Growth hormone", "GH", True),
        ("insulin-like growth factor 1", "IGF-1", True), ("IGF-I (ng/mL)", "igf-1", True), ("short-chain fatty acids", "scfa|acid", True),
    ],
)  # fmt: skip
def test_words_of_labels(text, words, said):
    assert labels.says(text, words) is said


@pytest.mark.parametrize(("name", "question"), FIGURES, ids=lambda v: getattr(v, "id", v))
def test_the_right_curves_of_every_set_on_another_grid(name, question):
    """Redrawn on a finer grid where a curve has places, under the asked words, they are right."""
    exercise = Exercise(name)
    key = exercise._keys[question.id]
    figure, axes = plt.subplots()
    for line, curve in zip(question.lines, key["curves"], strict=True):
        x, y = np.array(curve["x"], float), np.array(curve["y"], float)
        label = line.get("label", line["name"]).split("|")[0].rstrip("*")
        if not len(x):
            axes.axhline(y[0], label=label) if len(y) == 1 else axes.bar(range(len(y)), y)
        elif len(x) < 30:
            axes.plot(x, y, "o", label=label)
        else:
            finer = np.unique(np.r_[x, (x[1:] + x[:-1]) / 2])
            axes.plot(finer, np.interp(finer, x, y), label=label)
    words = {
        f"{a}label": " ".join(w.split("|")[0].rstrip("*") for w in getattr(question, f"{a}label"))
        for a in "xy"
    }
    axes.set(title="T", **words)
    if question.legend:
        axes.legend()
    plt.close(figure)
    verdict = judge(question, key, describe(figure, "figure"))
    assert verdict.status == "right", verdict.says
    bare = dataclasses.replace(question, xlabel=["no such word"])
    assert judge(bare, key, describe(figure, "figure")).status == "partly"
