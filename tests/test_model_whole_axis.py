"""M11: reference values, the human trial, invariants, weights and the shipped colon table."""

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from igf1lab import evidence
from igf1lab.models import brain, chromatin, colon, gh_axis, metabolism, skin, vessels, whole_axis
from igf1lab.models.whole_axis import DIET, EDGES, HUMAN_EDGES

TABLE = Path(__file__).parents[1] / "assets" / "tables" / "colon_grid.csv"
NO_GH = {"scfa_gh": 0.0}
MORE_INULIN = {"fibre_inulin_g_d": 18.0}
ALL_OFF = dict.fromkeys(HUMAN_EDGES, 0.0)


@pytest.fixture(scope="module")
def grid():
    with TABLE.open(newline="") as file:
        rows = list(csv.DictReader(file))
    return {name: np.array([float(row[name]) for row in rows]) for name in rows[0]}


def eat(grid, diet, strength=None, **changes):
    return whole_axis.chain(grid, strength, **dict(zip(DIET, diet, strict=True)), **changes)


def test_shipped_table_is_what_the_colon_model_gives(grid):
    anew = whole_axis.colon_grid()
    assert list(anew) == list(grid)
    for name, column in anew.items():
        assert column.shape == (216,)
        np.testing.assert_allclose(grid[name], column, rtol=5e-3, atol=0.05)


def test_table_is_exact_at_its_nodes_and_close_between_them(grid):
    node = whole_axis.absorbed_acids(grid, (18, 8, 15))
    row = grid["fibre_inulin_g_d"] == 18
    row &= (grid["fibre_rs_g_d"] == 8) & (grid["fibre_nsp_g_d"] == 15)
    assert node["butyrate"] == grid["absorbed_butyrate_mmol_d"][row][0]
    diets = np.random.default_rng(0).random((30, 3)) * (10, 15, 30)
    told, true = whole_axis.absorbed_acids(grid, diets), whole_axis.colon_grid(diets)
    for acid, tolerance in (("acetate", 12), ("propionate", 6), ("butyrate", 5)):
        assert np.max(np.abs(told[acid] - true[f"absorbed_{acid}_mmol_d"])) < tolerance


@pytest.mark.parametrize(
    ("diet", "portal_uM", "hcar2", "acetylation_percent", "igf1_ng_ml"),
    [
        ((0, 0, 0), 0.4, 0.0003, 0.5, -4.6),
        ((1.5, 4, 7.5), 3.1, 0.002, 2, -2.9),
        ((3, 8, 15), 10.7, 0.007, 4, 0.0),
        ((18, 8, 15), 29, 0.019, 9, 6.0),
        ((6, 16, 30), 48, 0.031, 13, 12.1),
    ],
)
def test_reference_values(grid, diet, portal_uM, hcar2, acetylation_percent, igf1_ng_ml):
    axis = eat(grid, diet, NO_GH)
    whole_axis.check(axis)
    assert axis.diet.portal_mM["butyrate"] * 1000 == pytest.approx(portal_uM, rel=0.02, abs=0.06)
    assert axis.diet.hcar2 == pytest.approx(hcar2, rel=0.05)
    assert (axis.diet.acetylation_fold - 1) * 100 == pytest.approx(acetylation_percent, abs=0.5)
    assert axis.igf1_change_ng_ml == pytest.approx(igf1_ng_ml, abs=0.1)
    # Growth hormone upwards as modelled adds a little, and hardly more than that.
    assert eat(grid, diet).igf1_change_ng_ml == pytest.approx(igf1_ng_ml, abs=0.3)


def test_trial_is_the_published_one_in_percent_of_where_its_people_began():
    trial = whole_axis.trial()
    start = (248 * 133 + 502 * 139) / 750
    assert start == pytest.approx(137.0, abs=0.1)
    assert trial.mean == pytest.approx(-100 * 1.12 / start)
    assert (trial.low, trial.high) == pytest.approx((-4.0, 2.4), abs=0.05)
    assert trial.standard_error == pytest.approx(1.62, abs=0.01)
    assert whole_axis.trial_fibre_g_d() == pytest.approx(13.9, abs=0.05)


def test_support_of_a_prediction_is_a_likelihood_against_no_change():
    trial = whole_axis.trial()
    assert trial.support(0.0) == 1.0
    assert trial.support(trial.mean) > 1
    edge = trial.support(trial.high) / trial.support(trial.mean)  # 1.96 standard errors away
    assert edge == pytest.approx(np.exp(-(1.96**2) / 2))
    cohort = 100 * 0.46 / 21.96 * whole_axis.trial_fibre_g_d() / 5
    assert 1 / trial.support(cohort) == pytest.approx(3600, rel=0.03)


def test_gain_of_the_histone_route_is_not_fitted_to_the_trial(grid):
    gain = whole_axis.PARAMETERS["g_hdac"]
    assert gain.value == 1.0 and gain.flag == "chosen" and gain.source == ()
    percent = 100 * (whole_axis.chain(grid, **MORE_INULIN).igf1_rel - 1)
    assert percent == pytest.approx(2.9, abs=0.1)


def test_closed_form_agrees_with_the_pulsing_axis(grid):
    axis = whole_axis.chain(grid, **MORE_INULIN)

    def pulsing(signals):
        return gh_axis.steady(
            tx_mult=signals.tx_mult,
            pit_mult=signals.pit_mult,
            igfbp_mult=float(signals.igfbp_mult),
        )

    diet, reference = pulsing(axis.diet), pulsing(axis.reference)
    change = diet.igf1_total_ng_ml - reference.igf1_total_ng_ml
    assert axis.igf1_change_ng_ml == pytest.approx(change, rel=0.2)
    free = diet.igf1_free_ng_ml / reference.igf1_free_ng_ml
    assert axis.igf1_free_rel - 1 == pytest.approx(free - 1, rel=0.2)


def test_derived_elasticities_are_those_of_the_models():
    p = {name: parameter.value for name, parameter in whole_axis.PARAMETERS.items()}
    up, down = 1.1, 1 / 1.1

    def slope(answer, low=down, high=up):
        return np.log(answer(high) / answer(low)) / np.log(high / low)

    def lineage(x):
        return brain.steady(serum_igf1_ng_ml=212 * x).neurons_added_per_day

    def amyloid(x):
        return brain.steady(serum_igf1_ng_ml=212 * x).amyloid_relative

    def plaque(x):
        return vessels.steady(igf1_relative=x).plaque

    def closure(x):
        return skin.simulate(igf1_relative=x).closure_time

    def glucose(x):
        return metabolism.steady(free_igf1_multiple=x).glucose_mg_dl

    assert p["neurogenesis_elasticity"] == pytest.approx(slope(lineage), rel=0.05)
    assert p["amyloid_elasticity"] == pytest.approx(slope(amyloid), rel=0.05)
    assert p["plaque_elasticity"] == pytest.approx(slope(plaque), rel=0.05)
    assert p["closure_elasticity"] == pytest.approx(slope(closure), rel=0.05)
    assert p["glucose_elasticity"] == pytest.approx(slope(glucose, 0.95, 1.0), rel=0.05)


def test_free_igf1_follows_production_and_not_binding_protein():
    p = {name: parameter.value for name, parameter in whole_axis.PARAMETERS.items()}

    def free(**multiplier):
        return gh_axis.steady(**multiplier).igf1_free_ng_ml

    rest = free()
    assert p["free_tx"] == pytest.approx(np.log(free(tx_mult=1.2) / rest) / np.log(1.2), abs=0.05)
    assert p["free_pit"] == pytest.approx(np.log(free(pit_mult=1.2) / rest) / np.log(1.2), abs=0.05)
    assert free(igfbp_mult=0.8) == pytest.approx(rest, rel=0.01)


fibre = st.tuples(*[st.floats(0, 40)] * 3)
strength = st.floats(0, 5)


@settings(derandomize=True, deadline=None, max_examples=50)
@given(fibre)
def test_a_chain_that_is_cut_gives_exactly_nothing(grid, diet):
    axis = eat(grid, diet, ALL_OFF)
    assert axis.igf1_rel == 1.0
    assert set(axis.read_outs_rel.values()) == {1.0}


@settings(derandomize=True, deadline=None, max_examples=30)
@given(fibre, st.sampled_from(["fibre_scfa", "scfa_portal"]))
def test_cutting_either_first_link_is_enough(grid, diet, link):
    assert eat(grid, diet, {link: 0.0}).igf1_rel == pytest.approx(1.0, abs=1e-14)


@settings(derandomize=True, deadline=None, max_examples=50)
@given(fibre, st.floats(0, 2), st.floats(0, 2))
def test_no_diet_gives_less_igf1_than_no_fibre(grid, diet, g_hdac, g_hcar2):
    gains = {"g_hdac": g_hdac, "g_hcar2": g_hcar2}
    none, some = (eat(grid, d, NO_GH, **gains).igf1_rel for d in ((0, 0, 0), diet))
    assert some >= none - 1e-12


@settings(derandomize=True, deadline=None, max_examples=60)
@given(
    st.sampled_from(["fibre_scfa", "scfa_portal", "portal_hcar2", "portal_hdac", "scfa_gh"]),
    strength,
    strength,
    st.floats(3, 40),
)
def test_igf1_rises_with_every_gain_when_fibre_rises(grid, link, one, other, inulin):
    low, high = (eat(grid, (inulin, 8, 15), {link: s}).igf1_rel for s in sorted((one, other)))
    assert high >= low - 1e-12


@settings(derandomize=True, deadline=None, max_examples=30)
@given(st.floats(0, 3), st.floats(0, 3), st.sampled_from(["g_hdac", "g_hcar2"]))
def test_igf1_rises_with_either_gain_parameter(grid, one, other, name):
    if name == "g_hcar2":
        one, other = one / 1.5, other / 1.5
    low, high = (
        whole_axis.chain(grid, **MORE_INULIN, **{name: g}).igf1_rel for g in sorted((one, other))
    )
    assert high >= low


@settings(derandomize=True, deadline=None, max_examples=80)
@given(fibre, st.lists(strength, min_size=13, max_size=13), st.floats(0, 10), st.booleans())
def test_nothing_is_ever_negative(grid, diet, values, inflammation, down):
    strengths = dict(zip(HUMAN_EDGES, values, strict=True))
    strengths["scfa_gh"] *= -1 if down else 1
    axis = eat(grid, diet, strengths, inflammation=inflammation)
    whole_axis.check(axis)


def test_il6_link_matters_only_in_inflammation_and_spares_free_igf1(grid):
    only = {name: float(name in ("fibre_scfa", "scfa_portal")) for name in HUMAN_EDGES}
    only |= {"scfa_il6": 1.0, "il6_igfbp": 1.0}
    healthy = whole_axis.chain(grid, only, **MORE_INULIN)
    inflamed = whole_axis.chain(grid, only, inflammation=4, **MORE_INULIN)
    assert healthy.igf1_rel == 1.0
    assert inflamed.igf1_rel > 1.0
    assert inflamed.igf1_free_rel == 1.0
    # Nor does binding protein move anything that a tissue feels, the brain included.
    assert set(inflamed.read_outs_rel.values()) == {1.0}


def test_growth_hormone_link_carries_the_pituitary_arm_and_frees_less_than_it_binds(grid):
    only = ALL_OFF | {"fibre_scfa": 1.0, "scfa_portal": 1.0, "scfa_gh": 50.0, "gh_igf1": 1.0}
    up = whole_axis.chain(grid, only, **MORE_INULIN)
    pituitary = up.diet.pit_mult / up.reference.pit_mult
    assert up.igf1_rel == pytest.approx(pituitary**0.5)
    assert up.igf1_free_rel == pytest.approx(pituitary**0.28)
    assert 1 < up.igf1_free_rel < up.igf1_rel
    assert whole_axis.chain(grid, only | {"gh_igf1": 0.0}, **MORE_INULIN).igf1_rel == 1.0
    down = only | {"scfa_gh": -1.0}
    assert whole_axis.chain(grid, down, **MORE_INULIN).igf1_rel < 1.0


def test_array_of_strengths_is_the_same_as_one_by_one(grid):
    values = np.array([0.0, 0.5, 2.0])
    together = whole_axis.chain(grid, {"portal_hdac": values}, **MORE_INULIN).igf1_rel
    alone = [whole_axis.chain(grid, {"portal_hdac": v}, **MORE_INULIN).igf1_rel for v in values]
    assert together == pytest.approx(alone, rel=1e-14)


def test_chances_speak_of_the_mechanism_and_spreads_follow_the_evidence():
    expected = {
        "fibre_scfa": (0.99, "people"),
        "scfa_portal": (0.99, "people"),
        "portal_hcar2": (0.10, "cells"),
        "portal_hdac": (0.30, "cells"),
        "scfa_gh": (0.60, "cells"),
        "scfa_il6": (0.50, "cells"),
        "il6_igfbp": (0.70, "animals"),
        "gh_igf1": (0.99, "people"),
        "igf1_closure": (0.50, "animals"),
        "igf1_plaque": (0.20, "animals"),
        "igf1_amyloid": (0.10, "animals"),
        "igf1_neurogenesis": (0.30, "animals"),
        "igf1_glucose": (0.95, "people"),
    }
    assert {n: (EDGES[n].weight_human, EDGES[n].measured_in) for n in HUMAN_EDGES} == expected
    assert EDGES["colonisation_igf1"].weight_mouse == 0.85
    assert EDGES["scfa_igf1"].weight_mouse == 0.70
    assert all(edge.sources and edge.reason for edge in EDGES.values())
    for edge in EDGES.values():  # the dose is charged by occupancy and IC50, not here
        assert not {"dose", "filled", "portal doses", "micromoles"} & set(edge.reason.split())
    people, animals, cells = (whole_axis.SPREAD[k] for k in ("people", "animals", "cells"))
    assert people < animals < cells


@settings(derandomize=True, deadline=None, max_examples=20)
@given(st.floats(0, 1), st.floats(0, 1))
def test_strengths_exist_with_their_chance_and_spread_with_their_evidence(weight, up):
    bets = dict.fromkeys(HUMAN_EDGES, weight)
    drawn = whole_axis.strengths(bets, gh_up=up, samples=20_000)
    assert set(drawn) == set(HUMAN_EDGES)
    for name, values in drawn.items():
        present = values != 0
        assert present.mean() == pytest.approx(weight, abs=0.015)
        assert name == "scfa_gh" or np.all(values >= 0)
        if weight > 0.1:
            size = np.log(np.abs(values[present]))
            assert np.median(size) == pytest.approx(0, abs=0.08)
            assert size.std() == pytest.approx(whole_axis.SPREAD[EDGES[name].measured_in], rel=0.06)
    if weight > 0.1:
        gh = drawn["scfa_gh"]
        assert (gh > 0).sum() / (gh != 0).sum() == pytest.approx(up, abs=0.04)
    exact = whole_axis.strengths(bets, gh_up=1, spread=0, samples=50)
    assert all(set(values) <= {0.0, 1.0} for values in exact.values())


def test_granting_the_article_everything_gives_some_percent_and_the_bets_mostly_nothing(grid):
    granted = whole_axis.sample(grid, weights=whole_axis.CERTAIN, gh_up=1, **MORE_INULIN)
    band = granted.band()
    assert band.p_above == 1.0 and band.error == 0.0
    assert band.median == pytest.approx(10.7, abs=0.4)
    as_modelled = whole_axis.sample(
        grid, weights=whole_axis.CERTAIN, gh_up=1, spread=0, **MORE_INULIN
    )
    assert np.ptp(as_modelled.change_percent["igf1"]) < 1e-9
    assert as_modelled.band().median == pytest.approx(2.9, abs=0.1)
    weighed = whole_axis.sample(grid, **MORE_INULIN).band()
    # Either liver link, or growth hormone upwards, behind two links that almost surely exist.
    one_way = 1 - (1 - 0.30) * (1 - 0.10) * (1 - 0.60 * 0.15 * 0.99)
    assert weighed.p_above == pytest.approx(0.99**2 * one_way, abs=4 * weighed.error)
    assert weighed.median == 0.0 and weighed.low <= weighed.median <= weighed.high
    assert set(granted.change_percent) == {"igf1", *whole_axis.READ_OUTS}


def test_monte_carlo_error_is_the_scatter_between_seeds(grid):
    bands = [whole_axis.sample(grid, samples=1000, seed=k, **MORE_INULIN).band() for k in range(40)]
    scatter = np.std([band.p_above for band in bands], ddof=1)
    assert bands[0].error == pytest.approx(scatter, rel=0.35)
    after = [
        whole_axis.sample(grid, samples=1000, seed=k, **MORE_INULIN).band(after_trial=True)
        for k in range(40)
    ]
    assert after[0].error == pytest.approx(np.std([b.p_above for b in after], ddof=1), rel=0.4)


def test_the_trial_weighs_worlds_and_shuts_none_out(grid):
    worlds = whole_axis.sample(grid, weights=whole_axis.CERTAIN, gh_up=1, **MORE_INULIN)
    before, after = worlds.band(), worlds.band(after_trial=True)
    assert after.median < before.median and after.high < before.high / 2
    assert np.all(worlds.trial_weight >= 0) and worlds.trial_weight.sum() == pytest.approx(1)
    # The trial's people were healthy and ate the trial's diet, whatever is asked of the model.
    other = whole_axis.sample(
        grid, weights=whole_axis.CERTAIN, gh_up=1, inflammation=4, fibre_inulin_g_d=25
    )
    np.testing.assert_array_equal(other.trial_weight, worlds.trial_weight)
    sure = whole_axis.sample(grid, weights=dict.fromkeys(HUMAN_EDGES, 0.0), **MORE_INULIN)
    assert sure.band(after_trial=True) == sure.band()


def test_ic50s_fill_the_range_that_was_read_evenly_on_a_log_scale():
    low, high = chromatin.IC50_BUTYRATE_READ_MM
    read = [
        float(row["value"])
        for row in evidence.dataset("hdac_inhibition").rows
        if row["scfa"] == "butyrate" and str(row["finding"]).startswith("IC50") and row["verified"]
        and not str(row["value"]).startswith(">")
    ]  # fmt: skip
    assert (low, high) == (min(read), max(read))
    drawn = whole_axis.ic50_butyrate(0.3, samples=20_000)
    assert low <= drawn.min() < 1.01 * low and 0.99 * high < drawn.max() <= high
    place = np.log(drawn / low) / np.log(high / low)
    assert np.quantile(place, (0.25, 0.5, 0.75)) == pytest.approx((0.25, 0.5, 0.75), abs=0.01)
    assert np.all(whole_axis.ic50_butyrate(0.3, spread=0, samples=50) == 0.3)


def test_links_can_be_edited_and_switched_off(grid):
    sure = whole_axis.sample(grid, weights={"portal_hdac": 1.0}, **MORE_INULIN)
    assert sure.band().p_above > 0.9
    cut = whole_axis.sample(grid, off=["fibre_scfa"], **MORE_INULIN)
    assert cut.band().p_above == cut.band().p_below == 0.0
    assert np.allclose(cut.change_percent["igf1"], 0.0)


def test_same_seed_same_worlds_other_seed_other_worlds(grid):
    def draw(seed):
        worlds = whole_axis.sample(grid, samples=200, seed=seed, **MORE_INULIN)
        return worlds.change_percent["igf1"]

    first, again, other = (draw(seed) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_first_order_index_is_that_of_a_function_whose_indices_are_known():
    rng = np.random.default_rng(0)
    x = rng.uniform(-np.pi, np.pi, (3, 200_000))
    ishigami = np.sin(x[0]) + 7 * np.sin(x[1]) ** 2 + 0.1 * x[2] ** 4 * np.sin(x[0])
    found = [whole_axis.first_order(each, ishigami) for each in x]
    assert found == pytest.approx([0.3139, 0.4424, 0.0], abs=0.01)
    assert whole_axis.first_order(x[0], x[1]) == pytest.approx(0, abs=2e-3)  # no upward bias
    assert whole_axis.first_order(x[0], 2 * x[0]) == pytest.approx(1, abs=2e-3)
    assert whole_axis.first_order(x[0], np.zeros(200_000)) == 0.0
    # Two inputs known together also settle what they do as a pair: S1 + S3 + S13 of Ishigami's function.
    assert whole_axis.first_order(x[[0, 2]], ishigami) == pytest.approx(0.3139 + 0.2437, abs=0.03)
    assert whole_axis.first_order(x[:2], x[2]) == pytest.approx(0, abs=4e-3)


def test_sensitivity_is_converged_and_tells_its_error(grid):
    ranking = whole_axis.sensitivity(grid, samples=10_000, repeats=6, **MORE_INULIN)
    share = dict(zip(ranking.inputs, ranking.first_order, strict=True))
    error = dict(zip(ranking.inputs, ranking.error, strict=True))
    assert share["portal_hdac"] == pytest.approx(0.885, abs=0.02)
    second = max(value for name, value in share.items() if name != "portal_hdac")
    assert share["portal_hdac"] - second > 20 * error["portal_hdac"]
    # A link behind IGF-1 cannot matter for IGF-1, and matters for its own read-out.
    assert abs(share["igf1_plaque"]) < 4 * error["igf1_plaque"] + 1e-3
    plaque = whole_axis.sensitivity(grid, "plaque", samples=10_000, repeats=3, **MORE_INULIN)
    assert dict(zip(plaque.inputs, plaque.first_order, strict=True))["igf1_plaque"] > 0.05
    assert sum(ranking.first_order) < 1.0


def test_inflammation_is_held_where_it_is_put(grid):
    def il6(inflammation):
        found = whole_axis.sensitivity(
            grid, samples=5000, repeats=2, inflammation=inflammation, **MORE_INULIN
        )
        return dict(zip(found.inputs, found.first_order, strict=True))["scfa_il6"]

    assert abs(il6(0.0)) < 0.01 < il6(4.0)


def test_sensitivity_of_a_cut_chain_is_zero(grid):
    cut = whole_axis.sensitivity(grid, samples=500, repeats=2, off=["scfa_portal"], **MORE_INULIN)
    assert np.all(cut.first_order == 0.0)


def test_numbers_of_other_models_are_not_copied():
    assert whole_axis.PARAMETERS["eps_tx"] is gh_axis.PARAMETERS["eps_tx"]
    assert whole_axis.PARAMETERS[DIET[0]] is colon.PARAMETERS[DIET[0]]


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda g: whole_axis.chain({}), ValueError, "lacks"),
        (lambda g: whole_axis.chain({k: v[1:] for k, v in g.items()}), ValueError, "exactly"),
        (lambda g: whole_axis.absorbed_acids(g, (50, 0, 0)), ValueError, "outside the colon table"),
        (lambda g: whole_axis.chain(g, {"magic": 1}), KeyError, "no human link"),
        (lambda g: whole_axis.chain(g, {"scfa_il6": -1}), ValueError, "0 or more"),
        (lambda g: whole_axis.chain(g, g_hdac=-1), ValueError, "outside its range"),
        (lambda g: whole_axis.sample(g, samples=1), ValueError, "at least 2"),
        (lambda g: whole_axis.sample(g, weights={"scfa_il6": 2}), ValueError, "probability"),
        (lambda g: whole_axis.sample(g, off=["scfa_igf1"]), KeyError, "no human link"),
        (lambda g: whole_axis.sample(g, gh_up=1.5), ValueError, "probability"),
        (lambda g: whole_axis.sample(g, spread=-1), ValueError, "0 or more"),
        (lambda g: whole_axis.sensitivity(g, "mood"), ValueError, "no target"),
        (lambda g: whole_axis.sensitivity(g, repeats=1), ValueError, "at least 2"),
    ],
)
def test_bad_input_is_refused_with_a_sentence(grid, call, error, words):
    with pytest.raises(error, match=words):
        call(grid)
