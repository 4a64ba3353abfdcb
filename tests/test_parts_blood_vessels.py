"""Lesson 4: sentences true to the numbers, the lesson's arithmetic, figures that say their data."""

import numpy as np
import pytest

from igf1lab import evidence
from igf1lab.lesson.parts import blood_vessels as parts
from igf1lab.models import vessels


def test_wall_sentence_and_table_come_from_the_model():
    shown = parts.wall().view(igf1_relative=0.8, load=3, endothelium_start=1)
    course = vessels.simulate(igf1_relative=0.8, load=3)
    normal = vessels.simulate(load=3)
    change = 100 * (course.plaque[-1] / normal.plaque[-1] - 1)
    assert f"plaque stands at {course.plaque[-1]:.1f}, {change:.0f} % more" in shown.sentence
    assert shown.numbers["plaque against normal IGF-1"][0] == pytest.approx(change)


def test_no_load_no_plaque_is_said_without_a_percentage():
    shown = parts.wall().view(load=0, igf1_relative=2)
    assert shown.sentence.endswith("plaque stands at 0.0, as it would at normal IGF-1.")


def test_answers_of_the_wall_tasks():
    """The lesson prints these answers; they must be the explorer's."""
    wall = parts.wall()

    def plaque(**settings):
        numbers = wall.view(endothelium_start=1, **settings).numbers
        return numbers["plaque index at 12 weeks"][0]

    def day_7(**settings):
        return wall.view(load=1, endothelium_start=0.02, **settings).numbers["lining on day 7"][0]

    assert (round(plaque(), 1), round(plaque(igf1_relative=2.5), 1)) == (10.1, 8.9)
    assert plaque(load=2.8) < plaque(igf1_relative=2.5) < plaque(load=2.9)
    assert day_7(igf1_relative=1.85) < 70.95 < 71 < day_7(igf1_relative=1.9)
    assert round(max(day_7(igf1_relative=v) for v in wall.sliders[0].values)) == 74
    assert day_7(igf1_relative=1) == pytest.approx(parts.DENUDED_COVER["untreated"][0], abs=0.05)
    assert day_7(igf1_relative=2.5, alpha=0.5) < 78 < day_7(igf1_relative=2.5, alpha=0.55)


def test_outcome_is_the_full_models_fall():
    more, normal = (vessels.simulate(load=3, igf1_relative=i).plaque[-1] for i in (1.5, 1))
    assert parts.plaque_outcome().answer == pytest.approx(100 * (1 - more / normal))


def test_sign_survives_any_constants_and_size_does_not():
    changes = parts.plaque_changes()
    assert (changes < 0).all()
    assert changes.min() < 5 * changes.max()
    assert "Every set gives a fall" in parts.sizes().alt


def test_straight_line_sees_the_tilt_only():
    """Least squares of log risk on IGF-1 gives back the ratio per SD, whatever the bend."""
    z = parts._PEOPLE.ravel()
    log_risk = np.log(0.98) * z + 0.08 * z**2
    assert np.exp(np.polyfit(z, log_risk, 1)[0]) == pytest.approx(0.98, abs=1e-6)


def test_bent_curve_meets_the_biobank_fifths():
    ratio = parts.fifths_ratio(**{"per_sd": 0.98, "bend": 0.04})
    lowest, highest = parts._biobank_ends()
    assert (lowest["contrast"], highest["contrast"]) == (
        "lowest vs middle fifth",
        "highest vs middle fifth",
    )
    for row, value in ((lowest, ratio[0]), (highest, ratio[4])):
        assert row["ci_low"] < value < row["ci_high"]


def test_cases_needed_to_see_the_bend():
    risk = parts.risk()
    cases = next(s for s in risk.sliders if s.name == "cases").values
    seen = [n for n in cases if "excludes" in risk.view(per_sd=0.98, bend=0.04, cases=n).sentence]
    assert seen == [n for n in cases if n >= seen[0]]
    assert round(seen[0], -2) == 12_600
    assert round(cases[cases.index(seen[0]) - 1], -2) == 10_800


def test_interval_narrows_with_the_root_of_cases():
    widths = [np.log(high / low) for low, high in (parts.interval(1.1, n) for n in (1000, 4000))]
    assert widths[0] == pytest.approx(2 * widths[1])


@pytest.mark.parametrize("name", ["ends", "straight_lines"])
def test_forest_says_its_rows(name):
    plate = parts.FIGURES[name]()
    rows = evidence.dataset("DS-6-CVD").rows
    said = [r for r in rows if f"{r['hr']:g} ({r['ci_low']:g} to {r['ci_high']:g}" in plate.alt]
    assert len(said) == {"ends": 9, "straight_lines": 7}[name]


def test_markers_point_both_ways():
    alt = parts.markers().alt
    for row in evidence.dataset("DS-6B-INFLAMMATION").rows:
        assert f"{row['marker']}, {row['sex']}: {row['odds_ratio']:g}" in alt
    assert "includes no effect" not in alt
