"""Lesson 10's parts: arms from the model, outcomes, and directions that follow the datasets."""

import numpy as np
import pytest

from igf1lab import evidence
from igf1lab.lesson.parts import mechanism_microbial_colonisation as parts
from igf1lab.models import colonisation

RESCUE = {"antibiotics": "all 8 weeks", "water": "SCFA from day 14"}
UNTREATED = {"antibiotics": "none", "water": "plain or salt"}


def test_arm_named_by_menus_is_the_model_s_arm():
    ours = parts.run_arm("conventional", **RESCUE)
    model = colonisation.simulate("antibiotics, then SCFA water too", 56, n_times=141)
    np.testing.assert_allclose(ours.igf1_rel, model.igf1_rel)
    bare = parts.run_arm("germ-free")
    assert np.all(bare.degraders == 0) and np.all(bare.igf1_rel == parts.GERM_FREE_IGF1)


def test_gap_runs_from_germ_free_to_conventional():
    assert parts.gap_closed_percent(0.75) == 0 and parts.gap_closed_percent(1) == 100
    assert parts.gap_closed_percent(0.94) == pytest.approx(76)


def test_sentence_tells_microbes_scfas_igf1_and_length():
    explorer = parts.arms()
    told = {
        "Germ-free, colonised": "the full set of microbes, 100 %",
        "Antibiotics": "only resistant microbes, 0 %",
        "Antibiotics, SCFA from week 2": "only resistant microbes, 30 %",
    }
    for scenario, words in told.items():
        shown = explorer.view(**explorer.scenarios[scenario])
        assert words in shown.sentence
        igf1 = shown.numbers["IGF-1, conventional = 100"][0]
        assert f"{igf1:.0f} % of its IGF-1" in shown.sentence
        assert f"grown {shown.numbers['growth in length'][0]:.1f} mm" in shown.sentence
    assert "no microbes" in explorer.view(**UNTREATED, begins="germ-free").sentence


def test_tasks_have_the_answers_the_lesson_gives():
    explorer = parts.arms()

    def number(label, **settings):
        return explorer.view(**settings).numbers[label][0]

    early = UNTREATED | {"begins": "germ-free", "microbes": "on day 0"}
    late = UNTREATED | {"begins": "germ-free", "microbes": "on day 28"}
    assert number("IGF-1 on day 14", **early) == pytest.approx(99, abs=0.1)
    assert number("IGF-1, conventional = 100", **late) == pytest.approx(100, abs=0.1)
    behind = "behind a conventional mouse"
    assert (round(number(behind, **early), 1), round(number(behind, **late), 1)) == (1.8, 5.1)
    gap = "gap to conventional closed"
    assert number(gap, **RESCUE, s_w=0.1) < 50 < number(gap, **RESCUE, s_w=0.15)
    assert number(gap, **RESCUE, K=0.5) > 55 > number(gap, **RESCUE, K=0.55)
    surplus = number("IGF-1, conventional = 100", antibiotics="none")
    assert surplus == pytest.approx(100.8, abs=0.1)


def test_control_outcome_compares_the_two_drinks():
    outcome = parts.control_outcome()
    assert outcome.answer == "salt"
    assert "stays at 75 %" in outcome.text and "to 94 % on SCFA water" in outcome.text
    alt = outcome.reveal().alt
    assert "antibiotics, salt water: 75 percent" in alt and "SCFA water: 94 percent" in alt


def test_colonising_raises_igf1_and_first_lowers_bone_mass():
    assert parts.colonise_outcome().answer == {"igf1": "up", "mass": "down", "length": "up"}


def test_directions_turn_comparisons_with_antibiotics_round():
    found = parts.igf1_directions()
    assert len(found) == 8
    assert [f for f in found if f[2] == "down"] == [("Novince 2017", "microbes", "down")]
    rows = evidence.dataset("mouse_igf1_directions").rows
    antibiotic = next(r for r in rows if r["comparison"] == "antibiotic vs control")
    assert antibiotic["serum_IGF1"] == "decrease"
    assert ("Yan 2016", "no antibiotics", "up") in found
    assert "7 of 8 say higher" in parts.directions().alt


def test_bone_figure_holds_every_finding_on_mass_mineral_or_strength():
    found = {(label, way) for label, way, _ in parts.bone_directions()}
    assert len(found) == 12
    assert {
        ("Sjögren 2012", "more"),
        ("Vahidi 2023, strength", "less"),
        ("Quach 2018", "same"),
        ("Cox, males", "less"),
    } <= found
    known = set(parts._ANTIBIOTIC_BONE)
    published = {r["finding"] for r in evidence.dataset("antibiotic_bone_mice").rows}
    assert known < published and published - known == {"larger bones, most with amoxicillin"}
    germ_free = {(r["study"], r["outcome"]) for r in evidence.dataset("germfree_growth_bone").rows}
    assert set(parts._GERM_FREE_BONE) < germ_free
    assert "12 findings: 3 less, 2 same, 7 more" in parts.bone().alt


def test_children_figure_has_both_settings_with_intervals():
    alt = parts.children().alt
    assert "25 trials): 0.16 (0.06 to 0.25)" in alt
    assert "54 trials): -0.01 (-0.06 to 0.04, includes no effect)" in alt
