"""Lesson 1's parts: curves on the page, sentences true to the numbers, outcomes from the model."""

import numpy as np
import pytest

from igf1lab import evidence
from igf1lab.lesson.parts import gh_igf1_axis as parts
from igf1lab.models import gh_axis


def test_pulse_sentence_tells_the_model():
    explorer = parts.pulses()
    view = explorer.view(delay_h=0.3)
    per_day, _ = view.numbers["GH pulses in 24 h"]
    assert per_day > 2 * explorer.view().numbers["GH pulses in 24 h"][0]
    assert f"beats {per_day:.0f} times" in view.sentence
    silent = explorer.view(GHS=35, sex="female")
    assert "does not pulse" in silent.sentence


def test_the_known_miss_can_be_seen():
    """People on infused IGF-1 had fewer pulses (bermann1994); the model has more, and small ones."""
    explorer = parts.pulses()
    quiet, infused = explorer.view().numbers, explorer.view(infusion_ug_kg_h=12.5).numbers
    assert infused["mean total IGF-1"][0] > 2 * quiet["mean total IGF-1"][0]
    assert infused["mean GH peak"][0] < 0.25 * quiet["mean GH peak"][0]
    assert infused["GH pulses in 24 h"][0] > quiet["GH pulses in 24 h"][0]


def test_250_ng_ml_is_below_the_middle_at_15_and_far_above_the_range_at_70():
    for sex in ("male", "female"):
        young, old = (
            parts.zscore().view(age=age, igf1_ng_ml=250, sex=sex).numbers["z-score"][0]
            for age in (15, 70)
        )
        assert -1 < young < 0 and old > 3


def test_half_the_output_lowers_total_less_than_free():
    with_loop = gh_axis.steady(tx_mult=0.5)
    without = gh_axis.steady(tx_mult=0.5, s_I=0, a_I=0)
    assert 100 * with_loop.igf1_relative == pytest.approx(64, abs=1)
    assert 100 * with_loop.igf1_free_relative == pytest.approx(55, abs=1)
    assert 100 * without.igf1_relative == pytest.approx(55, abs=1)
    assert 100 * without.igf1_free_relative == pytest.approx(50, abs=1)


def test_losing_the_carrier_halves_total_and_leaves_free():
    outcome = parts.binding_outcome()
    assert outcome.answer == pytest.approx(100, abs=2)
    assert 100 * gh_axis.steady(igfbp_mult=0.4).igf1_relative == pytest.approx(49, abs=2)
    assert "49 %" in outcome.text and "100 %" in outcome.text


def test_zscore_gives_the_printed_percentiles_back():
    table = evidence.dataset("DS-1A-REF-IGF1")
    for sex in ("male", "female"):
        _, ref = parts._reference(sex)
        high = parts.z_score(ref["p97_5"], ref["mu"], ref["sigma"], ref["nu"])
        low = parts.z_score(ref["p2_5"], ref["mu"], ref["sigma"], ref["nu"])
        np.testing.assert_allclose(high, 1.96, atol=0.02)
        np.testing.assert_allclose(low, -1.96, atol=0.02)
    assert table.column("age")[0] == 0
    assert "inside the reference interval" in parts.zscore().view(age=15, igf1_ng_ml=300).sentence
    assert "above the reference interval" in parts.zscore().view(age=80, igf1_ng_ml=300).sentence


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("assays", "women 25-34: 278"),
        ("knockouts", "(LID): IGF-1 in blood 25 %, adult size 100 %, growth normal"),
        ("knockouts", "LID + ALS-/-: IGF-1 in blood 15 %, growth reduced"),
        ("knockouts", "liver transgene: IGF-1 in blood 300 %, adult size 100 %"),
    ],
)
def test_alt_text_carries_the_data(name, words):
    assert words in parts.FIGURES[name]().alt
