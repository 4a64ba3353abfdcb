"""Lesson 9's parts: signs from the tally, doses from the model, data in the alt texts."""

import numpy as np
import pytest

from igf1lab import evidence
from igf1lab.lesson.parts import mechanism_gh_synergy as parts
from igf1lab.models import gh_axis, pituitary


def test_sorting_follows_the_tally():
    outcome = parts.sort_outcome()
    assert outcome.answer == {"tumour": "up", "goat": "down", "rat": "down", "sheep": "down"}
    assert "down in the other 3" in outcome.text


def test_tally_leaves_out_studies_that_did_not_measure_gh():
    rows = evidence.dataset("gh_release_models").rows
    left_out = [r["model"] for r in rows if parts.direction(r["effect_on_GH"]) is None]
    assert left_out == ["calf in vivo", "human"]
    alt = parts.tally().alt
    assert alt.startswith("Chart of 11 results") and "people: not tested" in alt
    assert "30 min: no change" in alt and alt.count("GH up") == 3


def test_blood_dose_moves_gh_by_three_percent_at_most():
    outcome = parts.dose_outcome()
    assert outcome.answer == pytest.approx(300 * 5 / 505)
    assert "rises by 3.0 %" in outcome.text and "by 0.3 % at most" in outcome.text
    for subject in parts.SUBJECTS:
        assert abs(parts.release(subject, 5) - 1) < 0.05
    alt = parts.dose_plate().alt
    assert "rat tumour line GH3: 103.0 % at 5 and 300 % at 1,000" in alt
    assert "4.3 in arteries and at most 26.9" in alt


@pytest.mark.parametrize("dose_umol_l", [5, 1000, 10_000])
def test_release_is_the_model_s(dose_umol_l):
    for subject, key in parts.SUBJECTS.items():
        expected = pituitary.steady(key, scfa_mM=dose_umol_l / 1000).pit_mult
        assert parts.release(subject, dose_umol_l) == pytest.approx(expected)


def test_axis_agrees_with_its_steady_state_and_is_held_at_its_limits():
    held, gh, mean_gh, igf1 = parts.in_the_axis(0.8)
    steady = gh_axis.steady(pit_mult=0.8)
    assert held == 0.8 and gh.shape == parts.DAY_H.shape
    assert igf1 == pytest.approx(steady.igf1_total_ng_ml, rel=0.02)
    assert mean_gh == pytest.approx(steady.gh_mean_ng_ml, rel=0.06)
    assert parts.in_the_axis(3.0)[0] == 1.6 and parts.in_the_axis(0.1)[0] == 0.4


def test_sentence_says_preparation_dose_liver_and_limit():
    explorer = parts.synergy()
    shown = explorer.view(dose_umol_l=1000, liver="is half deaf to GH")
    assert "At 1,000 µmol/L the rat tumour line GH3 releases 300 %" in shown.sentence
    assert "held at its limit of 1.6 times" in shown.sentence and "half deaf" in shown.sentence
    percent = shown.numbers["total IGF-1, normal = 100"][0]
    assert f"total IGF-1 is {percent:.0f} % of normal." in shown.sentence
    assert "limit" not in explorer.view(subject="goat cells", dose_umol_l=10_000).sentence
    human = explorer.view(subject="human (not measured)", dose_umol_l=10_000)
    assert "No human pituitary has been tested" in human.sentence
    assert np.all(human.curves["response"] == 1)


def test_tasks_have_the_answers_the_lesson_gives():
    explorer = parts.synergy()
    assert (
        parts.release("rat tumour line GH3", 15) < 1.10 < parts.release("rat tumour line GH3", 20)
    )

    def igf1(**settings):
        return explorer.view(**settings).numbers["total IGF-1, normal = 100"][0]

    goat = {"subject": "goat cells"}
    assert igf1(**goat, dose_umol_l=300) > 95 > igf1(**goat, dose_umol_l=500)
    assert igf1(**goat, sensitivity=30) > 98 > igf1(**goat, sensitivity=50)
    assert parts.release("rat tumour line GH3", 5, 2) == pytest.approx(1.06, abs=0.005)
    assert igf1(dose_umol_l=1000, liver="is half deaf to GH") == pytest.approx(81, abs=0.6)


def test_percent_words_keep_a_small_difference():
    assert parts.percent_words(0.9985) == "99.9 %" and parts.percent_words(0.997) == "99.7 %"
    assert parts.percent_words(3) == "300 %" and parts.percent_words(1) == "100 %"


def test_fatty_acid_figure_carries_every_pair():
    plate = parts.fatty_acids()
    for row in evidence.dataset("gh_ffa_human").rows:
        pair = f"{float(row['GH_AUC_placebo']):g} ± {float(row['SE_placebo']):g} against "
        assert pair + f"{float(row['GH_AUC_acipimox']):g}" in plate.alt
    assert "not SCFA" in plate.caption


def test_deaf_liver_keeps_mouse_and_model_apart():
    found = parts.deaf_liver_percent()
    assert found["mouse"] == {"IGF-1": 10, "GH": 400}
    assert 3 < found["model"]["IGF-1"] < 10 and 150 < found["model"]["GH"] < 300
    assert "mouse, measured: IGF-1 10 and GH 400 percent" in parts.deaf_liver().alt


def test_all_acids_of_the_artery_move_the_cow_more_than_its_butyrate():
    """Numbers of the lesson's text: 188 µmol/L of three acids against 4.3 of butyrate."""
    row = next(
        r
        for r in evidence.dataset("scfa_conc_blood").rows
        if r["site"] == "radial artery" and r["state"].startswith("before")
    )
    total = sum(float(row[f"{acid}_umol_L"]) for acid in ("acetate", "propionate", "butyrate"))
    assert total == pytest.approx(188, abs=0.5)
    cow = float(parts.release("cow cells", total))
    assert 100 * (cow - 1) == pytest.approx(-9.5, abs=0.05)
    igf1 = cow ** gh_axis.PARAMETERS["eps_pit"].value
    assert 100 * (igf1 - 1) == pytest.approx(-4.9, abs=0.1)
