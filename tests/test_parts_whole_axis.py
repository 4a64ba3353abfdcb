"""Lesson 11's parts: sentences true to the samples, cuts that cut, the trial, the drawing's chances."""

import re
from itertools import pairwise

import numpy as np
import pytest

from igf1lab import evidence
from igf1lab.lesson.parts import whole_axis as parts
from igf1lab.lesson.quiz_bank import bank
from igf1lab.models import whole_axis
from igf1lab.models.whole_axis import EDGES, HUMAN_EDGES

WEIGHED, CERTAIN = parts.WEIGHTS


@pytest.fixture(scope="module")
def arrows():
    return parts.arrows()


@pytest.fixture(scope="module")
def bets():
    return parts.bets()


def chance(view, label):
    return view.numbers[label][0]


def test_map_has_every_human_arrow_and_one_style_for_where_its_size_is_from():
    assert set(parts.ROUTES) == set(HUMAN_EDGES)
    assert set(parts.LOOKS) == set(whole_axis.SPREAD)
    assert {EDGES[link].measured_in for link in HUMAN_EDGES} == set(parts.LOOKS)
    left = [
        {link for link in HUMAN_EDGES if EDGES[link].measured_in in kept}
        for kept in parts.KEEP.values()
    ]
    assert all(after < before for before, after in pairwise(left)) and left[0] == set(HUMAN_EDGES)
    assert len({str(look["linestyle"]) for look in parts.LOOKS.values()}) == 3


@pytest.mark.parametrize("link", HUMAN_EDGES)
def test_a_cut_arrow_is_gone_from_the_map_and_from_the_samples(arrows, link):
    label = parts.ROUTES[link][0]
    whole, cut = arrows.view(), arrows.view(cut=label)
    assert np.ptp(whole.curves[link][1]) > 0.5
    assert np.ptp(cut.curves[link][0]) == np.ptp(cut.curves[link][1]) == 0
    for name in parts._CHANCES:
        name = name.replace("\n", " ")
        assert chance(cut, name) <= chance(whole, name) + 1e-9
    assert "12 of 13 arrows" in cut.sentence


def test_arrows_sentence_tells_the_model(arrows):
    worlds = whole_axis.sample(parts.GRID, fibre_inulin_g_d=18)
    sentence = arrows.view().sentence
    assert f"rises in {100 * worlds.band().p_above:.0f} %" in sentence
    assert f"sooner in {100 * worlds.band('closure').p_below:.0f} %" in sentence


def test_nothing_is_left_of_the_claim_when_only_human_sizes_are_kept(arrows):
    view = arrows.view(keep="sized in people", weights=CERTAIN)
    assert "4 of 13 arrows" in view.sentence and "rises in 0 %" in view.sentence
    assert chance(arrows.view(weights=CERTAIN), "wound sooner") == 100


def test_dose_changes_the_size_and_not_the_chance(arrows):
    small, large = (arrows.view(extra_g_d=dose) for dose in (1, 25))
    assert chance(small, "IGF-1 rises") == pytest.approx(chance(large, "IGF-1 rises"), abs=0.1)
    size = "IGF-1, 95 % of worlds below"
    assert chance(large, size) > 5 * chance(small, size)


def test_bets_are_those_of_the_model_until_the_learner_moves_them(bets):
    worlds = whole_axis.sample(parts.GRID, fibre_inulin_g_d=18)
    start = bets.view()
    assert chance(start, "IGF-1 rises, before the trial") == pytest.approx(
        100 * worlds.band().p_above
    )
    assert chance(start, "IGF-1 rises, after the trial") == pytest.approx(
        100 * worlds.band(after_trial=True).p_above
    )
    never = bets.view(hdac=0, hcar2=0, gh=0, il6=0)
    assert chance(never, "IGF-1 rises, before the trial") == 0
    assert chance(never, "IGF-1 falls, however little") == 0


def test_bets_curves_fall_and_meet_the_table(bets):
    view = bets.view(hdac=1.0)
    for name in ("before", "after"):
        assert np.all(np.diff(view.curves[name]) <= 1e-9)
        at_one = np.interp(parts.A_SIZE, parts.PERCENT, view.curves[name])
        assert at_one == pytest.approx(
            chance(view, f"rises by more than 1 %, {name} the trial"), abs=1e-6
        )


def test_counting_the_trial_lowers_what_it_did_not_find(bets):
    for settings in ({}, *bets.scenarios.values()):
        view = bets.view(**settings)
        before, after = (
            chance(view, f"rises by more than 1 %, {when} the trial")
            for when in ("before", "after")
        )
        assert after < before


def test_no_fall_through_growth_hormone_has_a_size(bets):
    down = bets.view(gh=1.0, gh_up=0.0, hdac=0, hcar2=0)
    assert chance(down, "IGF-1 falls, however little") > 95
    assert -0.1 < chance(down, "largest fall, 5 % of worlds below") < 0


def test_tasks_have_the_answers_that_the_lesson_gives(arrows, bets):
    granted, weighed = arrows.view(weights=CERTAIN), arrows.view()
    assert chance(granted, "wound time saved, 95 % of worlds below") == pytest.approx(
        10.84, abs=0.05
    )
    assert round(chance(weighed, "IGF-1 rises")) == 42
    assert chance(weighed, "Monte Carlo error of “IGF-1 rises”, ±") == pytest.approx(0.8, abs=0.05)
    below = ("portal_hcar2", "portal_hdac", "scfa_gh", "scfa_il6")
    left = {e: chance(arrows.view(cut=parts.ROUTES[e][0]), "IGF-1 rises") for e in below}
    assert min(left, key=left.get) == "portal_hdac" and round(left["portal_hdac"]) == 17
    both = arrows.view(cut=parts.ROUTES["portal_hdac"][0], also_cut=parts.ROUTES["portal_hcar2"][0])
    assert round(chance(both, "IGF-1 rises")) == 9
    more = "rises by more than 1 %, {} the trial"
    told = {s: [chance(bets.view(**kw), more.format(w)) for w in ("before", "after")]
            for s, kw in (("ours", {}), ("none", {"hdac": 0}), ("sure", {"hdac": 1}))}  # fmt: skip
    assert [round(x) for x in told["ours"]] == [29, 2]
    assert max(told["none"]) < 1
    assert [round(x) for x in told["sure"]] == [94, 51]
    sure = [
        bets.view(hdac=1).numbers[f"95 % of worlds below, {w} the trial"][0]
        for w in ("before", "after")
    ]
    assert sure == pytest.approx([42, 2.8], rel=0.02)
    medians = {
        name: [
            chance(bets.view(**bets.scenarios[name]), f"median change, {when} the trial")
            for when in ("before", "after")
        ]
        for name in ("As the article", "Article, inflamed")
    }
    assert medians["As the article"] == pytest.approx([10.4, 1.2], abs=0.05)
    assert medians["Article, inflamed"] == pytest.approx([11.7, 1.5], abs=0.06)
    healthy, inflamed = (parts.worlds(15, CERTAIN, (), state) for state in parts.STATES.values())
    for name in whole_axis.READ_OUTS:  # binding protein reaches no tissue
        np.testing.assert_array_equal(healthy.change_percent[name], inflamed.change_percent[name])


def test_prediction_is_what_people_showed():
    outcome, spec = parts.trial_outcome(), bank("11_whole_axis").prediction("whole-trial")
    assert outcome.answer == pytest.approx(-0.8, abs=0.05) and spec.judge == "the trial"
    assert "−4.0 to +2.4 %" in outcome.text and "+5.8 %" in outcome.text


def test_cohort_and_trial_are_as_far_apart_as_the_lesson_says():
    trial, promised = whole_axis.trial(), parts.promised_by_cohort()
    line_error = promised * (0.57 - 0.35) / 0.46 / 3.92
    apart = (promised - trial.mean) / np.hypot(trial.standard_error, line_error)
    assert apart == pytest.approx(3.7, abs=0.05)
    assert 1 / trial.support(promised) == pytest.approx(3600, abs=60)
    edge = trial.support(trial.mean) / trial.support(trial.high)
    assert edge == pytest.approx(7, abs=0.2)  # "seven times worse", no wall


def test_the_trial_speaks_about_the_ic50_as_the_lesson_says():
    granted = parts.worlds(15, CERTAIN)
    before, after = granted.band(), granted.band(after_trial=True)
    assert (before.low, before.median, before.high) == pytest.approx((1.5, 10.7, 43.3), abs=0.05)
    assert after.median == pytest.approx(1.5, abs=0.05)
    trial = whole_axis.trial()
    assert round((before.median - trial.mean) / trial.standard_error) == 7
    order = np.argsort(granted.ic50_mM)
    share = np.cumsum(granted.trial_weight[order])
    assert np.median(granted.ic50_mM) == pytest.approx(0.06, abs=0.003)
    assert granted.ic50_mM[order][np.searchsorted(share, 0.5)] == pytest.approx(0.23, abs=0.01)


def test_exercise_tells_what_a_keener_enzyme_would_give():
    def rise(**changes):
        return 100 * (whole_axis.chain(parts.GRID, fibre_inulin_g_d=18, **changes).igf1_rel - 1)

    told = rise(), rise(g_hdac=0.3), rise(ic_butyrate=0.06)
    assert told == pytest.approx((2.9, 1.1, 11.0), abs=0.05)


def test_what_of_the_hdac_arrow_is_worth_knowing():
    shares = []
    for seed in range(3):
        w = whole_axis.sample(parts.GRID, samples=20_000, seed=seed, fibre_inulin_g_d=18)
        exists, answer = (w.strengths["portal_hdac"] > 0) * 1.0, w.change_percent["igf1"]
        shares.append([whole_axis.first_order(x, answer) for x in (exists, w.ic50_mM)])
    assert np.mean(shares, axis=0) == pytest.approx([0.43, 0.05], abs=0.01)


def test_drawing_shows_the_chances_of_the_model():
    svg = (evidence.assets_dir() / "figures" / "whole_axis-chain.svg").read_text("utf-8")
    shown = sorted(float(n) for n in re.findall(r">[+−]?(0\.\d\d)<", svg))
    weights = [EDGES[link].weight_human for link in HUMAN_EDGES]
    assert shown == sorted([*weights, EDGES["colonisation_igf1"].weight_mouse])


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("fibre_and_igf1", "-0.8 (-4 to 2.4, includes no effect)"),
        ("fibre_and_igf1", "fibre, +5 g/d: 2.1 (1.6 to 2.6)"),
        ("fibre_and_igf1", "(14 g/d): 5.8 (4.4 to 7.2)"),
        ("one_experiment", "HDAC → IGF-1 0.885 ± 0.001"),
        ("cancer", "colorectal: genes: 1.08 (1.03 to 1.12)"),
    ],
)
def test_alt_text_carries_the_data(name, words):
    assert words in parts.FIGURES[name]().alt


def test_rewriting_offers_wordings_that_are_too_strong_for_both_claims():
    items = bank("rewrite").items
    assert {claim for item in items for claim in item.claims} >= {"TAKEAWAY-1", "TAKEAWAY-2"}
    assert all("strongest wording" in item.stem for item in items)
