"""Lesson 7's parts: occupancy from the model, its range, the IL-6 arm and words true to both."""

import pytest

from igf1lab.lesson.parts import mechanism_liver_stimulation as parts
from igf1lab.models import colon, gh_axis, liver


def number(view, label):
    return view.numbers[label][0]


def test_portal_occupancy_is_the_models_own():
    view = parts.occupancy().view()
    settled = colon.steady()
    acids = {f"{a}_mM": getattr(settled, f"portal_{a}_mM") for a in colon.ACIDS}
    filled = liver.steady(**acids).receptors
    for receptor in ("FFAR2", "FFAR3", "HCAR2"):
        expected = 100 * getattr(filled, receptor.lower())
        assert number(view, f"{receptor} filled in portal blood") == pytest.approx(expected)
    assert "0.71 % of HCAR2" in view.sentence
    assert "0.24 to 2.1 %" in view.sentence


def test_hcar2_stays_nearly_empty_in_portal_blood():
    explorer = parts.occupancy()
    for settings, limit in (({}, 3), ({"fibre_inulin_g_d": 18}, 3)):
        assert number(explorer.view(**settings), "HCAR2 filled in portal blood") < limit
    extreme = explorer.view(**explorer.scenarios["Extreme: 96 g of fibre"])
    assert 7 < number(extreme, "HCAR2 filled in portal blood") < 10
    assert number(extreme, "HCAR2 filled in the lumen") > 95


def test_half_is_filled_where_the_ec50_is_the_level_itself():
    view = parts.occupancy().view(hcar2_ec50_mM=0.01)
    portal_mM = number(view, "butyrate in portal blood") / 1000
    expected = 100 * portal_mM / (portal_mM + 0.01)
    assert number(view, "HCAR2 filled in portal blood") == pytest.approx(expected)
    assert expected == pytest.approx(50, abs=3)


def test_bars_span_a_third_to_three_times_the_ec50():
    curves = parts.occupancy().view().curves
    (low, high), _ = curves["portal-HCAR2"]
    now = curves["portal"][0][2]
    assert low == pytest.approx(now / 3, rel=0.02)
    assert high == pytest.approx(now * 3, rel=0.02)


def test_occupancy_outcome_holds_over_the_unverified_range():
    outcome = parts.occupancy_outcome()
    assert outcome.answer == "hundredth"
    assert "0.7 % of HCAR2" in outcome.text
    assert "0.2 to 2.1 %" in outcome.text
    assert "17.6 µmol/L" in outcome.text


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"effect": "raises IL-6"}, "falls"),
        ({"effect": "no effect", "inflammation": 2}, "rises"),
        ({"effect": "lowers IL-6", "inflammation": 2}, "rises"),
    ],
)
def test_il6_sentence_has_the_direction_of_the_numbers(settings, word):
    view = parts.il6().view(**settings)
    before, after = (number(view, f"total IGF-1 {w} the acids") for w in ("without", "with"))
    assert f"total IGF-1 {word} from {before:.1f} to {after:.1f} %" in view.sentence
    assert (after > before) == (word == "rises")


def test_il6_map_is_close_to_the_whole_axis():
    view = parts.il6().view(effect="raises IL-6", inflammation=2)
    carrier = number(view, "IGFBP-3 and ALS with the acids") / 100
    whole = 100 * gh_axis.steady(igfbp_mult=carrier).igf1_relative
    assert number(view, "total IGF-1 with the acids") == pytest.approx(whole, rel=0.05)


def test_il6_outcome_is_what_the_mice_showed():
    outcome = parts.il6_outcome()
    assert outcome.answer == {"igf1": "down", "gh": "same", "size": "down"}
    assert "50-70 % of normal size" in outcome.text
    assert "1.09 times normal would change total IGF-1 by -7." in outcome.text


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("gradient", ("portal, fasting: 17.6", "proximal colon: 24600", "artery: 4.3")),
        ("potency", ("HCAR2, butyrate: 1 (unverified)", "FFAR3, propionate: 0.88, 0.126, 0.002")),
    ],
)
def test_alt_text_carries_the_data(name, words):
    alt = parts.FIGURES[name]().alt
    assert all(each in alt for each in words)
