"""Every lesson's parts, whatever the lesson: explorers on the page, outcomes, figures in words."""

import ast
import builtins
import functools
import itertools
import json
import re
from importlib import import_module

import numpy as np
import pytest

from igf1lab import evidence
from igf1lab.lesson import LESSONS, open_lesson
from igf1lab.lesson.explorer import HELD_BYTES, NARROW_IN, Explorer
from igf1lab.lesson.outcome import Outcome
from igf1lab.lesson.plate import Plate
from igf1lab.lesson.quiz_bank import bank
from sentences import unfounded

NOTEBOOKS = evidence.assets_dir().parent / "notebooks"
WRITTEN = [name for name in LESSONS if (NOTEBOOKS / f"{name}.ipynb").exists()]
CORNERS_UP_TO = 7
# Numbers of a sentence that neither table, setting nor curve shows: sums, shares, differences.
DERIVED = {
    "gate": {"blood (# %", "ng/mL (# %"},  # how far from the reference
    "colon": {"absorbs # mmol"},  # the sum of the three acids
    "passage": {"absorbed, # reach"},
    "occupancy": {"With # g"},  # the usual diet and what is added
    "arrows": {"and # of"},  # how many arrows are left
}
NUMBER = re.compile(r"[−-]?[\d.,]+%?")


def parts_of(lesson):
    return import_module(f"igf1lab.lesson.parts.{lesson[3:]}")


@functools.cache
def explorer_of(lesson, name):
    """Return the explorer, made once for all tests here, and each of its views computed once."""
    exploration = parts_of(lesson).EXPLORERS[name]()
    exploration._view = functools.cache(exploration._view)
    return Explorer(exploration)


def named(kind):
    return [
        pytest.param(lesson, name, id=f"{lesson}-{name}")
        for lesson in WRITTEN
        for name in getattr(parts_of(lesson), kind)
    ]


def states_of(exploration, n_random=30):
    """Slider ends, the scenarios and a seeded random grid.

    Of up to seven sliders every other corner: all ends of all but one stand together somewhere.
    """
    sizes = [len(s.values) for s in exploration.sliders]
    if len(sizes) <= CORNERS_UP_TO:
        corners = itertools.product((0, 1), repeat=len(sizes))
        even = [corner for corner in corners if sum(corner) % 2 == 0]
        ends = [[up * (n - 1) for up, n in zip(c, sizes, strict=True)] for c in even]
    else:
        base = exploration.indices(exploration.settings())
        ends = [[*base[:k], i, *base[k + 1 :]] for k, n in enumerate(sizes) for i in (0, n - 1)]
    rng = np.random.default_rng(1)
    grid = [[int(rng.integers(n)) for n in sizes] for _ in range(n_random)]
    scenarios = [
        exploration.indices(exploration.settings(**s)) for s in exploration.scenarios.values()
    ]
    return ends + scenarios + grid


@pytest.mark.parametrize(("lesson", "name"), named("EXPLORERS"))
def test_explorer_stays_on_the_page(lesson, name):
    explorer = explorer_of(lesson, name)
    states = states_of(explorer.exploration)
    assert explorer.check(states) == len(states) > 30
    sentences = {explorer.exploration.row(state)[0]["sentence"] for state in states}
    assert len(sentences) > 5, f"{lesson}, explorer {name}: its sentence hardly ever changes"
    assert unfounded(explorer.exploration, states) == DERIVED.get(name, set())


@pytest.mark.parametrize(("lesson", "name"), named("EXPLORERS"))
def test_every_slider_moves_a_curve(lesson, name):
    """It may be idle at the start (a gain of nothing is nothing), but not in every scenario too."""
    exploration = explorer_of(lesson, name).exploration
    starts = [exploration.settings(**each) for each in ({}, *exploration.scenarios.values())]
    for slider in exploration.sliders:
        ends = (
            {exploration.row(exploration.indices(start | {slider.name: value}))[1] for value in at}
            for start in starts
            for at in [(slider.values[0], start[slider.name], slider.values[-1])]
        )
        assert any(len(rows) > 1 for rows in ends), f"{name}: {slider.name} never moves a curve"


@pytest.mark.parametrize("lesson", WRITTEN)
def test_the_page_holds_at_most_8_mb(lesson):
    """Each explorer's share, and its sweeps once more for the saved notebook; reveals count, too."""
    shown = [explorer_of(lesson, name) for name in parts_of(lesson).EXPLORERS]
    reveals = [outcome().reveal for outcome in parts_of(lesson).OUTCOMES.values()]
    shown += [reveal() for reveal in reveals if reveal]
    total = 0
    for explorer in filter(lambda each: isinstance(each, Explorer), shown):
        row_bytes = len(explorer.start_rows) // len(explorer.start["rows"])
        sweeps = row_bytes * (
            len(list(explorer.exploration.sweep_states())) + len(explorer.exploration.scenarios)
        )
        assert sweeps <= HELD_BYTES, f"{lesson}, explorer {explorer.name}: draw fewer points"
        total += HELD_BYTES + sweeps
    assert total <= 8e6


@pytest.mark.parametrize(("lesson", "name"), named("OUTCOMES"))
def test_outcome_answers_its_prediction(lesson, name):
    spec, outcome = bank(lesson).prediction(name), parts_of(lesson).OUTCOMES[name]()
    assert isinstance(outcome, Outcome) and outcome.text.strip().endswith(".")
    if spec.kind == "number":
        assert spec.low <= outcome.answer <= spec.high
    elif spec.kind == "choice":
        assert outcome.answer in {option.key for option in spec.options}
    else:
        assert set(outcome.answer) == {curve.key for curve in spec.options}
    if outcome.reveal is None:
        notebook = (NOTEBOOKS / f"{lesson}.ipynb").read_text("utf-8")
        assert f'after=\\"{name}\\"' in notebook, f"{lesson}: nothing opens after {name}"
        return
    shown = outcome.reveal()
    assert hasattr(shown, "_repr_html_") or hasattr(shown, "_repr_mimebundle_")


@pytest.mark.parametrize("lesson", WRITTEN)
def test_every_prediction_has_an_outcome(lesson):
    assert {p.id for p in bank(lesson).predictions} == set(parts_of(lesson).OUTCOMES)


def bare_axes(figure):
    """Axes that show numbers and do not say of what."""
    figure.draw_without_rendering()
    for ax in figure.axes:
        for axis in (ax.xaxis, ax.yaxis):
            shown = [t.get_text() for t in axis.get_ticklabels() if t.get_visible()]
            if not axis.get_label_text() and any(NUMBER.fullmatch(text) for text in shown):
                yield f"{ax.get_title('left') or ax.get_title()}, {axis.axis_name}: {shown}"


@pytest.mark.parametrize(("lesson", "name"), named("EXPLORERS") + named("FIGURES"))
def test_axes_say_what_they_show(lesson, name):
    parts = parts_of(lesson)
    if name in parts.EXPLORERS:
        bare = bare_axes(explorer_of(lesson, name).static().figure())
    else:
        bare = bare_axes(parts.FIGURES[name]().figure)
    assert not list(bare)


@pytest.mark.parametrize("lesson", WRITTEN)
def test_every_explorer_serves_a_claim(lesson):
    parts = parts_of(lesson)
    none = getattr(parts, "NOT_MODELLED", {})
    assert set(parts.SHOWS) == set(parts.EXPLORERS), f"{lesson}: SHOWS must name every explorer"
    served = {claim for claims in parts.SHOWS.values() for claim in claims}
    assert all(parts.SHOWS.values()) and served | set(none) <= set(evidence.claims())
    assert not served & set(none), f"{lesson}: a claim is modelled or it is not"


@pytest.mark.parametrize(("lesson", "name"), named("FIGURES"))
def test_data_figure_has_words_and_sources(lesson, name):
    plate = parts_of(lesson).FIGURES[name]()
    assert isinstance(plate, Plate)
    assert plate.sources, f"{lesson}, figure {name}: give the bibliography keys of its numbers"
    assert set(plate.sources) <= set(evidence.references()), f"{lesson}, figure {name}"
    assert len(plate.alt) > 60 and any(c.isdigit() for c in plate.alt)
    for ax in plate.figure.axes:
        assert ax.get_title("left") or ax.get_title(), (
            f"{lesson}, figure {name}: an axes has no title"
        )


@pytest.mark.parametrize(("lesson", "name"), named("EXPLORERS"))
def test_titles_fit_the_narrow_drawing(lesson, name):
    explorer = explorer_of(lesson, name)
    fig, _ = explorer._figure(explorer.exploration.view())
    fig.set_figwidth(NARROW_IN)
    fig.draw_without_rendering()
    for ax in fig.axes:
        for title in (ax.title, ax._left_title):
            over = title.get_window_extent().x1 - fig.bbox.x1
            assert over <= 1, f"{lesson}, explorer {name}: shorten the title '{title.get_text()}'"


def test_references_hold_what_figures_and_tables_cite():
    """A link under a figure leads to the list at the lesson's end."""
    lesson = open_lesson("00_start_here")
    shown = lesson.data_figure("by_age")._repr_html_()
    cited = set(re.findall(r'href="#ig-ref-([\w-]+)"', shown))
    assert cited
    assert cited <= set(lesson.cited())


def names_in(source, kind):
    return {
        n.id
        for n in ast.walk(ast.parse(source))
        if isinstance(n, ast.Name) and isinstance(n.ctx, kind)
    }


@pytest.mark.parametrize("lesson", WRITTEN)
def test_an_explorer_needs_the_setup_cell_alone(lesson):
    """So it is true what its page says of a silent kernel: run the Setup cell, then this cell again."""
    notebook = json.loads((NOTEBOOKS / f"{lesson}.ipynb").read_text("utf-8"))
    code = ["".join(c["source"]) for c in notebook["cells"] if c["cell_type"] == "code"]
    (setup,) = [source for source in code if "open_lesson(" in source]
    known = names_in(setup, ast.Store) | set(dir(builtins))
    known |= {
        a.asname or a.name for n in ast.walk(ast.parse(setup)) for a in getattr(n, "names", ())
    }
    explorers = [source for source in code if "lesson.explorer(" in source]
    assert explorers
    for source in explorers:
        assert names_in(source, ast.Load) - names_in(source, ast.Store) <= known, source
