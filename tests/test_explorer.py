"""The explorer's kernel side: rows, messages, errors, the twin and the check of its curves."""

import json
import logging

import numpy as np
import pytest

from igf1lab.lesson import style
from igf1lab.lesson.explorer import Explorer
from igf1lab.lesson.rows import Exploration, ExplorerError, Slider, View, bars, closed_band
from sentences import unfounded

TIME_H = np.linspace(0, 10, 50)


def decay_view(rate, dose, kind):
    """A toy: exponential decay, a moving dot and a filled area."""
    if dose > 9.5 and kind == "broken":
        raise ValueError("the toy broke")
    y = dose * np.exp(-rate * TIME_H)
    return View(
        curves={
            "level": y,
            "half": (np.array([np.log(2) / rate]), np.array([dose / 2])),
            "area": (TIME_H, y),
        },
        sentence=f"After 10 h {y[-1]:.2f} of {dose:g} is left.",
        numbers={"half-life": (np.log(2) / rate, "h")},
    )


def decay_draw():
    fig, (ax,) = style.figure()
    style.label_axes(ax, title="Decay", x="time (h)", y="level (mM)")
    ax.set(xlim=(0, 10), ylim=(0, 10))
    (level,) = ax.plot(TIME_H, 0 * TIME_H, label="level")
    (half,) = ax.plot([0], [0], "o", label="half-life")
    return fig, {"level": level, "half": half, "area": style.empty_area(ax, "area", alpha=0.2)}


def make(**changes):
    keywords = {
        "name": "toy",
        "title": "Toy",
        "view": decay_view,
        "draw": decay_draw,
        "sliders": [
            Slider.over("rate", "rate", "1/h", 0.1, 2.0, 0.5, step=0.1),
            Slider.over("dose", "dose", "mM", 1, 10, 5, step=0.5),
            Slider.choice("kind", "kind", ["plain", "broken"]),
        ],
        "scenarios": {"High dose": {"dose": 9.0}},
    }
    return Explorer(Exploration(**(keywords | changes)))


class Wire:
    """Records what an explorer sends to the page."""

    def __init__(self, explorer):
        self.sent = []
        explorer.send = lambda content, buffers=None: self.sent.append((content, buffers))


def test_first_rows_are_the_start_and_each_scenario():
    toy = make()
    rows = toy.start["rows"]
    assert [r["at"] for r in rows] == [
        toy.exploration.indices(toy.exploration.settings()),
        toy.exploration.indices(toy.exploration.settings(dose=9.0)),
    ]
    floats = np.frombuffer(toy.start_rows, np.float32).reshape(2, -1)
    assert floats.shape[1] == 50 + 2 * 1 + 2 * 50
    np.testing.assert_allclose(floats[0, :50], 5 * np.exp(-0.5 * TIME_H), rtol=1e-6)
    json.dumps(toy.spec)  # what the page receives is plain data


def test_page_transform_puts_data_where_matplotlib_draws_it():
    toy = make()
    curve = toy.spec["wide"]["axes"]["level"]
    fig, artists = toy._figure(toy.exploration.view())
    fig.dpi = 72
    fig.draw_without_rendering()
    x, y = artists["level"].axes.transData.transform((4.0, 2.5))
    assert curve["px"]["scale"] * 4.0 + curve["px"]["shift"] == pytest.approx(x)
    height = fig.get_figheight() * 72
    assert curve["py"]["scale"] * 2.5 + curve["py"]["shift"] == pytest.approx(height - y)


def test_svg_follows_the_theme_and_names_its_curves():
    svg = make().spec["wide"]["svg"]
    assert 'id="toy-level"' in svg
    assert "var(--ig-c0" in svg and "var(--ig-ink" in svg
    assert make().spec["wide"]["svg"] == svg  # drawing twice gives the same bytes


def test_answer_sends_rows_in_the_order_wished():
    toy = make()
    wire = Wire(toy)
    wished = [[0, 3, 0], [5, 3, 0]]
    toy._answer(toy, {"id": 7, "rows": wished}, [])
    ((content, buffers),) = wire.sent
    assert content["id"] == 7
    assert [r["at"] for r in content["rows"]] == wished
    assert len(buffers[0]) == 2 * len(toy.exploration.row(wished[0])[1])


def test_answer_stops_at_its_time_budget(monkeypatch):
    monkeypatch.setattr("igf1lab.lesson.rows.REPLY_BUDGET_S", 0.0)
    toy = make()
    wire = Wire(toy)
    toy._answer(toy, {"id": 1, "rows": [[0, 0, 0], [1, 0, 0], [2, 0, 0]]}, [])
    assert len(wire.sent[0][0]["rows"]) == 1


def test_model_error_is_said_logged_and_raised_under_tests(monkeypatch, caplog):
    toy = make()
    wire = Wire(toy)
    broken = toy.exploration.indices(toy.exploration.settings(dose=10.0, kind="broken"))
    monkeypatch.delenv("IGF1LAB_STRICT", raising=False)
    with caplog.at_level(logging.ERROR):
        toy._answer(toy, {"id": 1, "rows": [[0, 0, 0], broken]}, [])
    content = wire.sent[0][0]
    assert len(content["rows"]) == 1  # what was computed before is not lost
    assert "dose 10.0 mM" in content["problem"] and "the toy broke" in content["problem"]
    assert "Traceback" in caplog.text
    monkeypatch.setenv("IGF1LAB_STRICT", "1")
    with pytest.raises(ValueError, match="the toy broke"):
        toy._answer(toy, {"id": 2, "rows": [broken]}, [])


@pytest.mark.parametrize("wish", [[[0]], [["a", 0, 0]], [[99, 0, 0]], [None], [[None, 0, 0]]])
def test_nonsense_wishes_get_a_sentence(wish, monkeypatch):
    monkeypatch.delenv("IGF1LAB_STRICT", raising=False)
    toy = make()
    wire = Wire(toy)
    toy._answer(toy, {"id": 1, "rows": wish}, [])
    assert wire.sent[0][0]["problem"]


def test_check_passes_inside_and_names_what_leaves_the_page():
    toy = make()
    assert toy.check(toy.exploration.sweep_states()) > 30

    def tall():
        fig, artists = decay_draw()
        fig.axes[0].set_ylim(0, 3)
        return fig, artists

    with pytest.raises(ExplorerError, match="curve 'level' leaves the page"):
        make(draw=tall).check([[0, 5, 0]])


def test_not_finite_and_missing_curves_are_refused():
    def bad(rate, dose, kind):
        view = decay_view(rate, dose, kind)
        return View({**view.curves, "level": np.full(50, np.nan)}, view.sentence, view.numbers)

    with pytest.raises(ExplorerError, match="'level' is not finite"):
        make(view=bad)

    def lacking(rate, dose, kind):
        view = decay_view(rate, dose, kind)
        return View({"level": view.curves["level"]}, view.sentence, view.numbers)

    with pytest.raises(ExplorerError, match="the figure draws"):
        make(view=lacking)


def test_still_has_picture_sentence_and_numbers():
    html = make().static(dose=9.0)._repr_html_()
    assert 'alt="After 10 h 0.06 of 9 is left."' in html
    assert "half-life" in html and "1.386 h" in html
    with pytest.raises(ExplorerError, match="outside 1 to 10"):
        make().static(dose=90.0)
    with pytest.raises(ExplorerError, match="has no slider"):
        make().static(doze=9.0)


def test_notebook_output_carries_the_twin():
    bundle = make()._repr_mimebundle_()
    data = bundle[0] if isinstance(bundle, tuple) else bundle
    assert "application/vnd.jupyter.widget-view+json" in data
    assert "<img alt=" in data["text/html"]


def test_embed_holds_every_sweep():
    toy = make().embed()
    n = len(list(toy.exploration.sweep_states()))
    assert len(toy.held["rows"]) == n
    assert len(toy.held_rows) == n * len(toy.exploration.row([0, 0, 0])[1])


def test_sliders_snap_and_refuse():
    rate = Slider.over("rate", "rate", "1/h", 0.1, 2.0, 0.5, step=0.1)
    assert rate.values[rate.index(0.5400)] == 0.5
    with pytest.raises(ExplorerError, match="outside"):
        rate.index(3.0)
    with pytest.raises(ExplorerError, match="not one of"):
        Slider.choice("sex", "sex", ["male", "female"]).index("other")
    log = Slider.over("dose", "dose", "mM", 0.01, 10, 1.0, log=True)
    assert log.values[0] == 0.01 and log.values[-1] == 10 and 1.0 in log.values


def test_areas_are_closed_outlines():
    x, y = closed_band(np.array([0, 1]), np.array([0, 0]), np.array([1, 2]))
    assert list(x) == [0, 1, 1, 0] and list(y) == [0, 0, 2, 1]
    x, y = bars(np.array([0.0]), np.array([1.0]), np.array([3.0]))
    assert list(x) == [0, 0, 1, 1] and list(y) == [0, 3, 3, 0]


def test_narrow_pages_get_a_drawing_of_their_own():
    spec = make().spec
    assert spec["narrow"]["svg"] != spec["wide"]["svg"]
    slope = {size: spec[size]["axes"]["level"]["px"]["scale"] for size in ("wide", "narrow")}
    assert slope["narrow"] < 0.75 * slope["wide"]


def test_curves_have_units_for_the_csv():
    def draw():
        fig, (upper, lower) = style.figure(2, 1, sharex=True)
        style.label_axes(upper, title="A", x="", y="level (mM), log scale")
        style.label_axes(lower, title="B", x="time (h)", y="middle = 1")
        (level,) = upper.plot(TIME_H, 0 * TIME_H)
        (half,) = lower.plot([0], [0], "o")
        return fig, {"level": level, "half": half, "area": style.empty_area(lower, "area")}

    units = {c["key"]: (c["x_unit"], c["y_unit"]) for c in make(draw=draw).spec["curves"]}
    assert units["level"] == ("h", "mM")
    assert units["half"] == units["area"] == ("h", "middle = 1")


def with_sentence(text):
    def view(rate, dose, kind):
        view = decay_view(rate, dose, kind)
        return View(view.curves, text(rate, dose, view.curves["level"][-1]), view.numbers)

    return make(view=view)


def test_a_sentence_is_held_against_what_is_shown():
    states = list(make().exploration.sweep_states())
    assert unfounded(make().exploration, states) == set()
    wrong = with_sentence(lambda rate, dose, end: f"Of {dose + 0.3:.1f} left.")
    assert unfounded(wrong.exploration, states) == {"Of # left."}
    sign = with_sentence(lambda rate, dose, end: f"IGF-1 is {-dose:+.1f} now.")
    assert unfounded(sign.exploration, states) == {"is # now."}
    digit = with_sentence(lambda rate, dose, end: f"HCAR2 from {dose:g} to {end + 0.1:.2f}.")
    assert unfounded(digit.exploration, states) == {"to #."}


def test_numbers_of_the_wording_and_rounded_ones_are_fair():
    states = list(make().exploration.sweep_states())

    def text(rate, dose, end):
        return f"After 77 days {dose:.1f} mM fell to {end:.1e}, half in {0.693147 / rate:.2g} h."

    assert unfounded(with_sentence(text).exploration, states) == set()
