"""M8 against its closed forms and the published turnover of acetyl marks."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from igf1lab.models import chromatin

REST = {"butyrate_mM": 0.0, "propionate_mM": 0.0}
DISH = {"butyrate_mM": 5.0, "propionate_mM": 5.0}


def test_no_inhibitor_changes_nothing():
    rest = chromatin.steady(**REST)
    assert rest.hdac_activity == 1.0
    assert rest.acetylated == pytest.approx(0.2, rel=1e-12)
    assert rest.expression_fold == pytest.approx(1.0, rel=1e-12)


def test_portal_dose_barely_moves_acetylation_and_a_dish_dose_does():
    portal = chromatin.steady(butyrate_mM=0.018, propionate_mM=0.034)
    assert portal.hdac_activity == pytest.approx(0.93, abs=0.005)
    assert portal.acetylation_fold == pytest.approx(1.06, abs=0.005)
    assert chromatin.steady(**DISH).acetylation_fold == pytest.approx(4.2, abs=0.05)


def test_full_inhibition_stays_within_the_published_two_to_tenfold_rise():
    assert 2 < 1 / chromatin.PARAMETERS["a_0"].value < 10
    assert chromatin.acetylated_fraction(0.0, 0.2) == 1.0


def test_closed_form_mean_and_fano():
    rest = chromatin.steady(**REST)
    assert rest.mrna_mean == pytest.approx(173.1, abs=0.05)
    assert rest.mrna_fano == pytest.approx(26.7, abs=0.05)


def test_population_matches_the_closed_forms():
    cells = chromatin.simulate_population(2000, t_end_h=24, seed=1, **REST)
    assert cells.mean[-1] == pytest.approx(173.1, rel=0.05)
    assert cells.fano[-1] == pytest.approx(26.7, rel=0.10)
    # The start is drawn from the exact resting state, so it must already agree.
    assert cells.mean[0] == pytest.approx(173.1, rel=0.05)
    assert cells.fano[0] == pytest.approx(26.7, rel=0.10)


def test_mean_field_is_the_mean_of_the_population_while_acetylation_rises():
    mean_field = chromatin.simulate(t_end_h=24, points=97, **DISH)
    cells = chromatin.simulate_population(2000, t_end_h=24, seed=2, **DISH)
    assert np.allclose(mean_field.time_h, cells.time_h)
    assert np.max(np.abs(cells.mean / mean_field.mrna - 1)) < 0.05
    assert mean_field.mrna[-1] > 2 * mean_field.mrna[0]


def test_mean_field_ends_in_the_steady_state():
    end = chromatin.simulate(t_end_h=240, **DISH)
    assert end.mrna[-1] == pytest.approx(chromatin.steady(**DISH).mrna_mean, rel=1e-6)


def test_gillespie_time_average_is_the_closed_form_mean():
    trace = chromatin.simulate_cell(t_end_h=2000, seed=3, **REST)
    assert np.all(np.diff(trace.time_h) >= 0)
    assert np.all(np.abs(np.diff(trace.mrna)) <= 1)
    held = np.diff(trace.time_h)
    mean = np.sum(held * trace.mrna[:-1]) / held.sum()
    assert mean == pytest.approx(173.1, rel=0.10)
    on_share = np.sum(held * trace.alleles_on[:-1]) / held.sum()
    assert on_share == pytest.approx(0.2, rel=0.12)


def test_gillespie_switches_two_alleles_as_often_as_one():
    trace = chromatin.simulate_cell(t_end_h=2000, seed=6, alleles=2, k_tx=1, **REST)
    held = np.diff(trace.time_h)
    on = np.sum(held * trace.alleles_on[:-1]) / held.sum()
    assert on == pytest.approx(2 * 0.2, rel=0.1)
    assert set(trace.alleles_on) == {0, 1, 2}


def test_gillespie_follows_the_dose():
    ends = [chromatin.simulate_cell(t_end_h=36, seed=s, **DISH).mrna[-1] for s in range(60)]
    expected = chromatin.simulate(t_end_h=36, **DISH).mrna[-1]
    assert np.mean(ends) == pytest.approx(expected, rel=0.08)


def test_two_alleles_halve_the_share_of_variance_due_to_bursts():
    one, two = chromatin.steady(**REST), chromatin.steady(alleles=2, **REST)
    assert two.mrna_mean == pytest.approx(one.mrna_mean)
    assert two.mrna_fano - 1 == pytest.approx((one.mrna_fano - 1) / 2)
    cells = chromatin.simulate_population(2000, t_end_h=6, alleles=2, seed=4, **REST)
    assert cells.fano[-1] == pytest.approx(two.mrna_fano, rel=0.10)


def test_a_promoter_that_never_closes_is_poisson():
    assert chromatin.steady(k_off=0, **REST).mrna_fano == 1.0
    cells = chromatin.simulate_population(2000, t_end_h=6, k_off=0, seed=5, **REST)
    assert cells.fano[-1] == pytest.approx(1.0, abs=0.1)
    assert np.all(chromatin.simulate_cell(t_end_h=2, k_off=0, **REST).alleles_on == 1)


def test_same_seed_same_cells_other_seed_other_cells():
    first, again = (chromatin.simulate_cell(t_end_h=10, seed=7).mrna for _ in range(2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, chromatin.simulate_cell(t_end_h=10, seed=8).mrna)


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.floats(0, 20), st.floats(0, 20), st.floats(0.05, 0.6), st.floats(0, 3), st.floats(0.5, 2))
def test_invariants_over_the_ranges(butyrate, propionate, a_0, gamma, half_life):
    changes = {"a_0": a_0, "gamma": gamma, "acetyl_half_life": half_life}
    result = chromatin.steady(butyrate_mM=butyrate, propionate_mM=propionate, **changes)
    chromatin.check(result)
    assert 1 - 1e-12 <= result.acetylation_fold <= 1 / a_0 + 1e-12
    course = chromatin.simulate(butyrate_mM=butyrate, propionate_mM=propionate, **changes)
    chromatin.check(course)
    assert np.all(np.diff(course.acetylated) >= -1e-12)


def test_potency_that_was_not_reread_is_flagged():
    assert chromatin.PARAMETERS["ic_butyrate"].flag == "unverified"


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: chromatin.steady(butyrate_mM=-1), "outside its range"),
        (lambda: chromatin.steady(alleles=1.5), "whole number"),
        (lambda: chromatin.simulate(t_end_h=0), "above 0 h"),
        (lambda: chromatin.simulate_population(cells=1), "at least 2 cells"),
        (lambda: chromatin.simulate_population(dt_h=0), "must be above 0"),
    ],
)
def test_bad_input_is_refused_with_a_sentence(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_check_refuses_negative_counts():
    broken = chromatin.Population(np.array([0.0]), np.array([[-1, 2]]))
    with pytest.raises(ValueError, match="mrna must not be negative"):
        chromatin.check(broken)


def test_cv_follows_the_number_of_bursts_and_the_fano_factor_their_size():
    """Rare bursts: twice as often lowers the CV by root two, twice as large doubles Fano - 1."""
    rare = {"k_on": 0.01, "k_off": 2.4, "delta": 0.1155}

    def noise(k_tx=100.0, **changes):
        rates = rare | changes
        mean = chromatin.telegraph_mean(k_tx=k_tx, **rates)
        fano = chromatin.telegraph_fano(k_tx=k_tx, **rates)
        return fano - 1, (fano / mean) ** 0.5

    size, cv = noise()
    often = noise(k_on=0.02)
    large = noise(k_tx=200.0)
    assert often == pytest.approx((size, cv / 2**0.5), rel=0.01)
    assert large == pytest.approx((2 * size, cv), rel=0.02)


def test_identical_alleles_leave_the_fano_factor_and_halve_the_cv():
    rest = {"k_on": 0.6, "k_off": 2.4, "delta": 0.1155}
    one = chromatin.telegraph_fano(k_tx=100.0, **rest)
    four = chromatin.telegraph_fano(k_tx=400.0, alleles=4, **rest)
    assert four == pytest.approx(one)
    shared = chromatin.steady(alleles=4, **REST)
    assert shared.mrna_cv == pytest.approx(chromatin.steady(**REST).mrna_cv / 2, rel=0.06)
