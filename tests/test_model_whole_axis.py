"""M11: reference values, the human trial, invariants, weights and the shipped colon table."""

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from igf1lab.models import brain, colon, gh_axis, metabolism, skin, vessels, whole_axis
from igf1lab.models.whole_axis import DIET, EDGES, HUMAN_EDGES

TABLE = Path(__file__).parents[1] / "assets" / "tables" / "colon_grid.csv"
NO_GH = {"scfa_gh_up": 0.0, "scfa_gh_down": 0.0}
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
        ((0, 0, 0), 0.4, 0.0003, 0.5, -1.6),
        ((1.5, 4, 7.5), 3.1, 0.002, 2, -1.0),
        ((3, 8, 15), 10.7, 0.007, 4, 0.0),
        ((18, 8, 15), 29, 0.019, 9, 2.2),
        ((6, 16, 30), 48, 0.031, 13, 4.4),
    ],
)
def test_reference_values(grid, diet, portal_uM, hcar2, acetylation_percent, igf1_ng_ml):
    axis = eat(grid, diet, NO_GH)
    whole_axis.check(axis)
    assert axis.diet.portal_mM["butyrate"] * 1000 == pytest.approx(portal_uM, rel=0.02, abs=0.06)
    assert axis.diet.hcar2 == pytest.approx(hcar2, rel=0.05)
    assert (axis.diet.acetylation_fold - 1) * 100 == pytest.approx(acetylation_percent, abs=0.5)
    assert axis.igf1_change_ng_ml == pytest.approx(igf1_ng_ml, abs=0.1)
    # Both growth hormone links as modelled add a little, because the tumour line is the steeper.
    assert eat(grid, diet).igf1_change_ng_ml == pytest.approx(igf1_ng_ml, abs=0.3)


def test_human_trial_contains_the_default_and_rejects_a_large_gain(grid):
    assert -5.5 < whole_axis.chain(grid, **MORE_INULIN).igf1_change_ng_ml < 3.24
    for g_hdac, expected in ((0.55, 3.6), (1.0, 6.0)):
        change = whole_axis.chain(grid, g_hdac=g_hdac, **MORE_INULIN).igf1_change_ng_ml
        assert change == pytest.approx(expected, abs=0.15)
        assert change > 3.24


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
    st.sampled_from(["fibre_scfa", "scfa_portal", "portal_hcar2", "portal_hdac", "scfa_gh_up"]),
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
@given(fibre, st.lists(strength, min_size=14, max_size=14), st.floats(0, 10))
def test_nothing_is_ever_negative(grid, diet, values, inflammation):
    axis = eat(grid, diet, dict(zip(HUMAN_EDGES, values, strict=True)), inflammation=inflammation)
    whole_axis.check(axis)


def test_il6_link_matters_only_in_inflammation_and_spares_free_igf1(grid):
    only = {name: float(name in ("fibre_scfa", "scfa_portal")) for name in HUMAN_EDGES}
    only |= {"scfa_il6": 1.0, "il6_igfbp": 1.0}
    healthy = whole_axis.chain(grid, only, **MORE_INULIN)
    inflamed = whole_axis.chain(grid, only, inflammation=4, **MORE_INULIN)
    assert healthy.igf1_rel == 1.0
    assert inflamed.igf1_rel > 1.0
    assert inflamed.igf1_free_rel == 1.0


def test_growth_hormone_link_carries_the_pituitary_arm_and_frees_less_than_it_binds(grid):
    only = ALL_OFF | {"fibre_scfa": 1.0, "scfa_portal": 1.0, "scfa_gh_up": 50.0, "gh_igf1": 1.0}
    up = whole_axis.chain(grid, only, **MORE_INULIN)
    pituitary = up.diet.pit_mult / up.reference.pit_mult
    assert up.igf1_rel == pytest.approx(pituitary**0.5)
    assert up.igf1_free_rel == pytest.approx(pituitary**0.28)
    assert 1 < up.igf1_free_rel < up.igf1_rel
    assert whole_axis.chain(grid, only | {"gh_igf1": 0.0}, **MORE_INULIN).igf1_rel == 1.0
    down = only | {"scfa_gh_up": 0.0, "scfa_gh_down": 1.0}
    assert whole_axis.chain(grid, down, **MORE_INULIN).igf1_rel < 1.0


def test_array_of_strengths_is_the_same_as_one_by_one(grid):
    values = np.array([0.0, 0.5, 2.0])
    together = whole_axis.chain(grid, {"portal_hdac": values}, **MORE_INULIN).igf1_rel
    alone = [whole_axis.chain(grid, {"portal_hdac": v}, **MORE_INULIN).igf1_rel for v in values]
    assert together == pytest.approx(alone, rel=1e-14)


def test_weights_of_the_specification():
    expected = {
        "fibre_scfa": 0.99,
        "scfa_portal": 0.95,
        "portal_hcar2": 0.15,
        "portal_hdac": 0.15,
        "scfa_gh_up": 0.05,
        "scfa_gh_down": 0.10,
        "scfa_il6": 0.4,
        "il6_igfbp": 0.7,
        "gh_igf1": 0.99,
        "igf1_closure": 0.5,
        "igf1_plaque": 0.3,
        "igf1_amyloid": 0.3,
        "igf1_neurogenesis": 0.3,
        "igf1_glucose": 0.95,
    }
    assert {name: EDGES[name].weight_human for name in HUMAN_EDGES} == expected
    assert EDGES["colonisation_igf1"].weight_mouse == 0.85
    assert EDGES["scfa_igf1"].weight_mouse == 0.70
    assert all(edge.sources and edge.reason for edge in EDGES.values())


@settings(derandomize=True, deadline=None, max_examples=30)
@given(st.floats(0, 1))
def test_strengths_exist_with_their_weight_and_have_median_one(weight):
    chance = (np.arange(20000) + 0.5) / 20000
    drawn = whole_axis.strengths(chance, weight)
    present = drawn > 0
    assert present.mean() == pytest.approx(weight, abs=1e-4)
    assume(weight > 0.01)
    assert np.median(drawn[present]) == pytest.approx(1.0, abs=0.02)
    assert np.log(drawn[present]).std() == pytest.approx(0.5, abs=0.02)


def test_weights_shrink_the_promise(grid):
    answer = whole_axis.uncertainty(grid, **MORE_INULIN)
    believed, trusted = answer.with_weights.bands["igf1"], answer.without_weights.bands["igf1"]
    assert trusted.p_above == 1.0
    assert trusted.median == pytest.approx(2.4, abs=0.3)
    # Either liver link, or the rare pituitary one, behind two links that almost surely exist.
    liver_or_gh = 1 - (1 - 0.15) ** 2 * (1 - 0.05)
    assert believed.p_above == pytest.approx(0.99 * 0.95 * liver_or_gh, abs=0.03)
    assert believed.median == 0.0
    assert believed.low <= believed.median <= believed.high
    assert set(answer.with_weights.bands) == {"igf1", *whole_axis.READ_OUTS}


def test_links_can_be_edited_and_switched_off(grid):
    sure = whole_axis.uncertainty(grid, weights={"portal_hdac": 1.0}, **MORE_INULIN)
    assert sure.with_weights.bands["igf1"].p_above > 0.9
    cut = whole_axis.uncertainty(grid, off=["fibre_scfa"], **MORE_INULIN)
    for spread in (cut.with_weights, cut.without_weights):
        assert spread.bands["igf1"].p_above == spread.bands["igf1"].p_below == 0.0
        assert np.allclose(spread.igf1_change_ng_ml, 0.0)


def test_same_seed_same_answer_other_seed_other_answer(grid):
    def draw(seed):
        answer = whole_axis.uncertainty(grid, samples=200, seed=seed, **MORE_INULIN)
        return answer.without_weights.igf1_change_ng_ml

    first, again, other = (draw(seed) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_sensitivity_ranks_the_weak_links_first(grid):
    ranking = whole_axis.sensitivity(grid, **MORE_INULIN)
    total = dict(zip(ranking.inputs, ranking.total_order, strict=True))
    assert len(ranking.inputs) == 19
    assert np.all(np.isfinite(ranking.total_order))
    assert total["portal_hdac"] > 0.2
    assert total["scfa_gh_down"] < 0.02
    # A link behind IGF-1 cannot matter for IGF-1, and matters for its own read-out.
    assert total["igf1_plaque"] == 0.0
    plaque = whole_axis.sensitivity(grid, "plaque", **MORE_INULIN)
    assert dict(zip(plaque.inputs, plaque.total_order, strict=True))["igf1_plaque"] > 0.1
    again = whole_axis.sensitivity(grid, **MORE_INULIN)
    assert np.array_equal(ranking.total_order, again.total_order)


def test_sensitivity_of_a_cut_chain_is_zero(grid):
    cut = whole_axis.sensitivity(grid, n=64, off=["scfa_portal"], **MORE_INULIN)
    assert np.all(cut.total_order == 0.0)


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
        (lambda g: whole_axis.uncertainty(g, samples=1), ValueError, "at least 2"),
        (lambda g: whole_axis.uncertainty(g, weights={"scfa_il6": 2}), ValueError, "probability"),
        (lambda g: whole_axis.uncertainty(g, off=["scfa_igf1"]), KeyError, "no human link"),
        (lambda g: whole_axis.sensitivity(g, "mood"), ValueError, "no target"),
        (lambda g: whole_axis.strengths(np.array([0.5]), 1.5), ValueError, "probability"),
    ],
)
def test_bad_input_is_refused_with_a_sentence(grid, call, error, words):
    with pytest.raises(error, match=words):
        call(grid)
