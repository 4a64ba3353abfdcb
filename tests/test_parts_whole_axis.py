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
def band():
    return parts.band()


def chance(view, label):
    return view.numbers[label][0]


def test_map_has_every_human_arrow_and_one_style_for_each_kind_of_evidence():
    assert set(parts.ROUTES) == set(HUMAN_EDGES)
    kinds = {link: parts.shown_in(link) for link in HUMAN_EDGES}
    assert kinds["fibre_scfa"] == "people" and kinds["portal_hcar2"] == "animals"
    assert kinds["portal_hdac"] == "animals" and set(kinds.values()) <= set(parts.LOOKS)
    left = [
        {link for link in HUMAN_EDGES if parts.grade(link) in kept} for kept in parts.KEEP.values()
    ]
    assert all(after <= before for before, after in pairwise(left)) and left[0] == set(HUMAN_EDGES)
    assert len(left) >= len({parts.grade(link) for link in HUMAN_EDGES})  # a step a grade
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
    assert "13 of 14 arrows" in cut.sentence


def test_arrows_sentence_tells_the_model(arrows):
    bands = whole_axis.uncertainty(parts.GRID, fibre_inulin_g_d=18).with_weights.bands
    sentence = arrows.view().sentence
    assert f"rises in {100 * bands['igf1'].p_above:.0f} %" in sentence
    assert f"sooner in {100 * bands['closure'].p_below:.0f} %" in sentence


def test_nothing_is_left_of_the_claim_when_only_human_arrows_are_kept(arrows):
    view = arrows.view(keep="studied in people", weights=CERTAIN)
    assert "7 of 14 arrows" in view.sentence and "rises in 0 %" in view.sentence
    assert chance(arrows.view(weights=CERTAIN), "wound sooner") == 100


def test_dose_changes_the_size_and_not_the_chance(arrows):
    small, large = (arrows.view(extra_g_d=dose) for dose in (1, 25))
    assert chance(small, "IGF-1 rises") == pytest.approx(chance(large, "IGF-1 rises"), abs=0.1)
    size = "IGF-1, 95 % of samples below"
    assert chance(large, size) > 5 * chance(small, size)


def test_band_counts_the_fates_and_the_trial_is_the_published_one(band):
    view = band.view(weights=CERTAIN)
    fates = [value for value, unit in view.numbers.values() if unit == "% of samples"]
    assert sum(fates) == pytest.approx(100)
    samples = parts.spread(15)[CERTAIN].igf1_change_ng_ml
    assert fates[-1] == pytest.approx(100 * np.mean(samples > 3.24))
    assert (parts.TRIAL_CHANGE, parts.TRIAL_LOW, parts.TRIAL_HIGH) == (-1.12, -5.48, 3.24)


def test_band_between_its_nodes_is_the_model(band):
    view = band.view(extra_g_d=10, weights=CERTAIN)
    x, median = view.curves["median"]
    exact = view.numbers["IGF-1, median change"][0]
    assert np.interp(10, x, median) == pytest.approx(exact, rel=0.02)


def test_tasks_have_the_answers_that_the_lesson_gives(band):
    medians = [
        band.view(extra_g_d=d, weights=CERTAIN).numbers["IGF-1, median change"][0] for d in (18, 19)
    ]
    assert medians[0] < parts.TRIAL_HIGH < medians[1]
    without = band.view(weights=CERTAIN, chromatin="off").sentence
    assert "changes by +0.6 ng/mL" in without
    only_il6 = {name: "off" for name in parts.MECHANISMS if name != "il6"}
    assert "changes by 0.0 ng/mL" in band.view(weights=CERTAIN, **only_il6).sentence
    inflamed = parts.spread(15, (), parts.STATES["chronic inflammation"])[CERTAIN].bands
    healthy = parts.spread(15)[CERTAIN].bands
    assert inflamed["igf1"].median == pytest.approx(4.6, abs=0.05)
    assert inflamed["closure"] == healthy["closure"]


def test_granting_every_arrow_gives_about_one_percent():
    outcome = parts.size_outcome()
    assert outcome.answer == pytest.approx(1.1, abs=0.1) and "2.4 ng/mL" in outcome.text


@pytest.mark.parametrize("number", [1, 2])
def test_every_verdict_of_the_scale_can_be_chosen(number):
    spec = bank("11_whole_axis").prediction(f"whole-verdict-{number}")
    assert {option.key for option in spec.options} == set(evidence.verdicts())
    outcome = parts.OUTCOMES[spec.id]()
    assert outcome.answer == evidence.claim(f"TAKEAWAY-{number}").verdict.id
    assert spec.judge == "the course"


def test_drawing_shows_the_chances_of_the_model():
    svg = (evidence.assets_dir() / "figures" / "whole_axis-chain.svg").read_text("utf-8")
    shown = sorted(float(n) for n in re.findall(r">[+−]?(0\.\d\d)<", svg))
    weights = [EDGES[link].weight_human for link in HUMAN_EDGES]
    assert shown == sorted([*weights, EDGES["colonisation_igf1"].weight_mouse])


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("fibre_and_igf1", "-1.1 (-5.5 to 3.2, includes no effect)"),
        ("fibre_and_igf1", "fibre, +5 g/d: 3.5 (2.7 to 4.4)"),
        ("cancer", "colorectal: genes: 1.08 (1.03 to 1.12)"),
    ],
)
def test_alt_text_carries_the_data(name, words):
    assert words in parts.FIGURES[name]().alt


def test_rewriting_offers_wordings_that_are_too_strong_for_both_claims():
    items = bank("rewrite").items
    assert {claim for item in items for claim in item.claims} >= {"TAKEAWAY-1", "TAKEAWAY-2"}
    assert all("strongest wording" in item.stem for item in items)
