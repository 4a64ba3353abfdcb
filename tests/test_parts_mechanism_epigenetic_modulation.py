"""Lesson 8's parts: the IC50 range from the data, cells against the closed form, true words."""

import numpy as np
import pytest

from igf1lab.lesson.parts import mechanism_epigenetic_modulation as parts
from igf1lab.models import chromatin


def number(view, label):
    return view.numbers[label][0]


def test_ic50_range_holds_only_numbers_that_were_read():
    assert parts.ic50_range_mM() == (0.009, 0.4)
    unread = [mM for _, mM, kind, _ in parts.butyrate_doses() if kind == parts.UNREAD]
    assert unread == [0.3]
    assert parts.dish_mM() == 2.0


def test_measured_places_are_the_datasets_rows():
    assert parts.measured_butyrate_mM() == pytest.approx(
        {
            "portal, fasting": 0.0176,
            "portal, peak": 0.0269,
            "artery": 0.0043,
            "colon lumen": 24.6,
        }
    )


def test_dose_sentence_is_the_models_own():
    view = parts.dose().view()
    expected = chromatin.steady(butyrate_mM=0.0176, propionate_mM=0.034)
    assert number(view, "HDAC activity left") == pytest.approx(100 * expected.hdac_activity)
    assert number(view, "acetylation, times rest") == pytest.approx(expected.acetylation_fold)
    assert "93 % of HDAC activity" in view.sentence
    assert "1.05 to 2.13 times" in view.sentence


def test_published_range_is_wide_in_portal_blood_and_narrow_in_the_dish():
    explorer = parts.dose()

    def bounds(**settings):
        view = explorer.view(**settings)
        return [number(view, f"left if the IC50 is {ic:g} mmol/L") for ic in (0.009, 0.4)]

    keen, dull = bounds(propionate_mM=0)
    assert (keen, dull) == pytest.approx((34, 96), abs=1)
    keen, dull = bounds(butyrate_mM=2.0, propionate_mM=0)
    assert dull - keen < 20


def test_ic50_outcome_is_robust_arithmetic():
    outcome = parts.ic50_outcome()
    assert outcome.answer == "half"
    assert "leaves 94 %" in outcome.text
    assert "leaves 48 %" in outcome.text


@pytest.mark.parametrize("settings", [{}, {"butyrate_mM": 2.0}, {"alleles": 4}, {"gamma": 0}])
def test_cells_agree_with_the_closed_form(settings):
    view = parts.bursts().view(**settings)
    mean, closed = number(view, "mean of the cells"), number(view, "mean, closed form")
    assert mean == pytest.approx(closed, rel=0.08)
    fano = number(view, "Fano factor of the cells")
    assert fano == pytest.approx(number(view, "Fano factor, closed form"), rel=0.3)
    assert number(view, "CV of the cells") == pytest.approx(np.sqrt(fano / mean))
    assert f"{parts.CELLS} cells average {mean:.0f} (closed form {closed:.0f}" in view.sentence


def test_trace_of_the_cell_is_the_gillespie_run_read_on_a_grid():
    run = chromatin.simulate_cell(parts.HOURS, seed=parts.SEED)
    trace = parts.bursts().view().curves["cell"]
    for hour in (0, 100, 299):
        before = np.flatnonzero(run.time_h <= parts.TRACE_H[hour])[-1]
        assert trace[hour] == run.mrna[before]


def test_same_settings_give_the_same_cells():
    first = parts.bursts().view(butyrate_mM=2.0).curves
    parts._cells.cache_clear()
    again = parts.bursts().view(butyrate_mM=2.0).curves
    assert all(np.array_equal(first[k], again[k]) for k in ("cell", "on"))
    assert np.array_equal(first["dosed"][1], again["dosed"][1])


def test_sheltered_promoter_does_not_notice():
    view = parts.bursts().view(butyrate_mM=2.0, gamma=0)
    assert number(view, "acetylation, times rest") > 3
    assert number(view, "mean, closed form") == pytest.approx(
        number(view, "mean at rest, closed form")
    )


def test_more_frequent_bursts_raise_the_mean_and_lower_the_cv():
    outcome = parts.bursts_outcome()
    assert outcome.answer == {"mean": "up", "cv": "down", "burst": "same"}
    assert "from 173 to 390 mRNA" in outcome.text
    assert "from 0.39 to 0.18" in outcome.text


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("ic50", ("HDAC1: half-inhibits 0.016", "half-inhibits, unverified 0.3")),
        ("doses", ("portal, fasting: 34 to 96", "liver cells in a dish: 0 to 17")),
    ],
)
def test_alt_text_carries_the_data(name, words):
    alt = parts.FIGURES[name]().alt
    assert all(each in alt for each in words)
