"""Lesson 2's parts: sentences true to the numbers, outcome from the model, data in the alt texts."""

import numpy as np
import pytest

from igf1lab import evidence
from igf1lab.lesson.parts import brain as parts
from igf1lab.lesson.quiz_bank import bank
from igf1lab.models import brain


def test_doubling_blood_from_200_raises_the_brain_by_13_percent():
    outcome = parts.doubling_outcome()
    assert outcome.answer == pytest.approx(100 * (2 * 260 / 460 - 1), abs=0.05)
    assert "a rise of 13 %" in outcome.text and "5 to 33 %" in outcome.text
    assert "rise of 13 %" in outcome.reveal().alt


def test_gate_sentence_tells_the_model():
    shown = parts.gate().view(serum_igf1_ng_ml=400)
    year = brain.simulate(serum_igf1_ng_ml=400)
    assert f"the brain has {year.brain_igf1_ng_ml:.2f} ng/mL (12 % above" in shown.sentence
    assert f"{year.neurons_added_per_day[-1]:.0f} new neurons a day" in shown.sentence
    at_rest = parts.gate().view()
    assert at_rest.sentence.count("the same as the reference") == 2


def test_gate_tasks_have_the_answers_the_lesson_gives():
    explorer = parts.gate()
    row = "rise in the brain if blood now doubled"
    rises = {s: explorer.view(serum_igf1_ng_ml=s).numbers[row][0] for s in (120, 140)}
    assert rises[120] == pytest.approx(20) and rises[140] == pytest.approx(17.6, abs=0.05)
    year = "new neurons after 12 months"
    high_blood = explorer.view(serum_igf1_ng_ml=700).numbers[year][0]
    opened = {q: explorer.view(q=q).numbers[year][0] for q in (1.15, 1.2)}
    assert opened[1.15] < high_blood < opened[1.2]
    for K_m, rise in ((20, 4.8), (200, 33.3)):
        shown = explorer.view(serum_igf1_ng_ml=200, K_m=K_m)
        assert shown.numbers[row][0] == pytest.approx(rise, abs=0.05)


def test_amyloid_tasks_have_the_answers_the_lesson_gives():
    explorer = parts.amyloid()

    def level(**settings):
        return explorer.view(**{"age_y": 80, **settings}).numbers["amyloid-beta, age 30 = 1"][0]

    low, high = level(serum_igf1_ng_ml=60), level(serum_igf1_ng_ml=400)
    assert (round(low, 2), round(high, 2)) == (2.72, 2.40)
    assert level(serum_igf1_ng_ml=60, psi=0.85) < high < level(serum_igf1_ng_ml=60, psi=0.9)
    inflamed = [level(serum_igf1_ng_ml=s, TNF=3) for s in (60, 400)]
    assert 0 < 1 - inflamed[1] / inflamed[0] < 0.04
    assert f"{high:.2f} times" in explorer.view(serum_igf1_ng_ml=400).sentence


def test_label_of_a_steady_person_follows_the_half_life():
    share = parts.labelled_share(9.0)  # hours: as long as the infusion
    assert share.max() == pytest.approx(50)
    assert np.interp(18, parts.LABEL_H, share) == pytest.approx(25)


def test_trial_figure_starts_from_the_measured_rise():
    assert parts.trial_rise() == pytest.approx(0.729)
    alt = parts.trial().alt
    assert parts.trial_start_ng_ml() == pytest.approx(84.2, abs=0.05)  # 61.4 ng/mL is 72.9 %
    before, after = brain.brain_igf1(np.array([84.22, 84.22 + 61.4]))
    assert "blood IGF-1 (measured) +72.9 %" in alt
    assert f"brain IGF-1 (model) {100 * (after / before - 1):+.1f} %" in alt


def test_dementia_figure_names_every_study_and_draws_only_ratios():
    alt = parts.dementia().alt
    assert "1.51 (1.14 to 2)" in alt and "0.77 (0.63 to 0.95)" in alt
    for words in ("least at 18 nmol/L", "−2.3 ng/mL (−22 to 18)", "no association", "+72.9 %"):
        assert words in alt
    assert set(parts.dementia().sources) == set(evidence.dataset("DS-4-COGNITION").sources)


def test_depression_figure_carries_every_odds_ratio_and_its_gap():
    plate = parts.depression()
    for row in evidence.dataset("DS-5A-DEPRESSION-COHORT").rows:
        assert f"{float(row['odds_ratio']):g}" in plate.alt
    assert "women's highest fifth is missing" in plate.alt


def test_patients_figure_keeps_the_two_units_apart():
    plate = parts.patients()
    assert "67.66 (7.01 to 128.31)" in plate.alt
    before, after = plate.alt.split("In another unit")
    assert "d =" not in before and "lower: d = −0.08" in after


def test_a_good_estimate_is_any_that_a_half_filling_level_gives():
    low, high = bank("02_brain").prediction("brain-doubling").accept
    gates = [parts.doubling_rise_percent(200.0, K_m=K_m) for K_m in (20, 200)]
    assert low == pytest.approx(gates[0], abs=0.5) and high == pytest.approx(gates[1], abs=0.5)
