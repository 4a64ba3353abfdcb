"""Lesson 5: the wound's sentence and day slider, the root law, and figures that name the agent."""

import numpy as np
import pytest

from igf1lab import evidence
from igf1lab.lesson.parts import skin_and_ageing as parts
from igf1lab.models import skin


def test_wound_sentence_is_the_models():
    shown = parts.wound().view(day=6, igf1_relative=3.0)
    course = skin.simulate(igf1_relative=3.0)
    assert f"still {100 * course.radius_on(6):.0f} % of its radius open" in shown.sentence
    assert f"closes on day {course.closure_time_d:.1f}" in shown.sentence
    assert shown.numbers["open area"][0] == pytest.approx(100 * course.radius_on(6) ** 2)


def test_a_closed_wound_is_said_and_drawn_closed():
    shown = parts.wound().view(day=20)
    assert "the wound is closed" in shown.sentence
    assert not np.any(shown.curves["open"][0])
    assert shown.curves["cells"][1].max() > 0.8


def test_the_picture_shows_the_radius_of_the_curve():
    shown = parts.wound().view(day=4)
    drawn = np.hypot(*shown.curves["open"])
    assert 100 * drawn == pytest.approx(np.full(drawn.size, shown.curves["now"][1][0]))


def test_day_slider_never_runs_the_model(monkeypatch):
    wound = parts.wound()
    wound.view(D=7e-4)
    monkeypatch.setattr(skin, "simulate", lambda **_: pytest.fail("the day slider ran the model"))
    for day in wound.sliders[0].values:
        wound.view(D=7e-4, day=day)


def test_answers_of_the_wound_tasks():
    """The lesson prints these answers; they must be the explorer's."""
    wound = parts.wound()

    def number(name, **settings):
        return wound.view(**settings).numbers[name][0]

    open_on = {day: number("open radius", day=day) for day in (1, 4, 5)}
    assert round(100 - open_on[1]) == 2 and round(open_on[4] - open_on[5]) == 9
    assert number("day of closure", D=0.0013) < 7 < number("day of closure", D=0.0012)
    assert number("day of closure", igf1_relative=2.0) < 10
    assert number("day of closure", igf1_relative=1.8) > 10
    plain = number("day of closure")
    assert number("day of closure", igf1_relative=4, epsilon=0) == plain
    assert 0.58 < number("day of closure", D=0.0013) / plain < 0.60
    name = "speed over that root"
    by_migration = [number(name, D=D) for D in (2e-4, 2e-3)]
    by_igf1 = [number(name, igf1_relative=i) for i in (0, 4)]
    assert [round(v, 1) for v in (*by_migration, *by_igf1)] == [2.2, 2.7, 2.4, 2.2]


def test_answers_of_the_collagen_tasks():
    collagen = parts.collagen()
    name = "collagen after 60 days"

    def after_60(**settings):
        return collagen.view(**settings).numbers[name][0]

    assert after_60() == pytest.approx(50)
    assert after_60(igf1_relative=3, half_life_d=80) > 50
    assert after_60(igf1_relative=3, half_life_d=100) == pytest.approx(44, abs=0.5)
    assert collagen.view(igf1_relative=3).numbers["collagen in the long run"][0] == pytest.approx(
        130, abs=0.5
    )


def test_outcome_is_the_full_models():
    fast, normal = (skin.simulate(D=D).closure_time for D in (2e-3, 5e-4))
    assert 0.4 < fast / normal < 0.6
    assert parts.migration_outcome().answer == "half"


def test_three_times_the_hormone_saves_what_the_lesson_says():
    saved = skin.simulate().closure_time_d - skin.simulate(igf1_relative=3).closure_time_d
    assert saved == pytest.approx(2.4, abs=0.06)


def test_wound_trials_are_drawn_as_gh():
    plate = parts.healing_days()
    assert "GH, not IGF-1" in plate.figure.axes[0].get_title("left")
    for row in evidence.dataset("DS-8-WOUND-COLLAGEN").rows:
        if row["unit"] == "days":
            assert f"{row['effect']:g} ({row['ci_low']:g} to {row['ci_high']:g})" in plate.alt


def test_multiples_are_taken_over_the_printed_baseline():
    rows = {r["measure"]: r for r in evidence.dataset("DS-8-WOUND-COLLAGEN").rows}
    assert parts._times_untreated(rows["procollagen I peptide (PICP)"]) == pytest.approx(171 / 44.2)
    assert parts._times_untreated(rows["hydroxyproline"]) == pytest.approx(1.48)
    assert parts._times_untreated(rows["hospital stay"]) is None
    assert parts.collagen_data().alt.count("GH (not IGF-1)") == 1


def test_lifespan_and_mortality_say_their_numbers():
    for row in evidence.dataset("DS-12-LIFESPAN").rows:
        assert f"{row['sex']}: {row['change']:.0f} %" in parts.lifespan().alt
    alt = parts.mortality().alt
    rows = [r for r in evidence.dataset("DS-2-MORTALITY").rows if r["outcome"] == "all-cause"]
    shown = [r for r in rows if f"{r['hr']:g} ({r['ci_low']:g} to {r['ci_high']:g}" in alt]
    assert len(shown) == 9
    assert alt.count("includes no effect") == 1
    assert alt.index("low vs middle") < alt.index("high vs middle") < alt.index("high vs low")
