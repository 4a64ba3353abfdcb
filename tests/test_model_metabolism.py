"""M3 against its reference values (REF), published results (PUB), limits and balances."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from igf1lab.models import metabolism
from igf1lab.models.metabolism import PRESETS, SCENARIOS, simulate

RANGES = settings(derandomize=True, deadline=None, max_examples=30)
PLAIN = {"w": 0, "w_F": 0, "phi": 0, "chi": 0, "k_beta": 0}


def span(name):
    parameter = metabolism.PARAMETERS[name]
    return st.floats(parameter.low, parameter.high)


SLIDERS = (
    "S_I", "S_G", "free_igf1_multiple", "GH_rel", "meal_glucose_g", "b_s", "insulin_bolus_iu_kg",
    "igf1_bolus_ug_kg", "iv_glucose_mg_kg",
)  # fmt: skip
ANY_SLIDERS = st.fixed_dictionaries({name: span(name) for name in SLIDERS})
CONSTANTS = ("p2", "n", "G_b", "I_b", "N_b", "phi", "chi", "tau_F", "K_F", "h", "c_f", "k_beta")


@given(st.fixed_dictionaries({name: span(name) for name in ("S_I", "S_G", "b_s", *CONSTANTS)}))
@RANGES
def test_basal_state_is_a_fixed_point(changes):
    p = metabolism.PARAMETERS.values_with(meal_glucose_g=0, **changes)
    assert np.abs(metabolism._rates(metabolism._start(p), 0.0, p, 0.0)).max() < 1e-9


# Boluses, guler1987


def test_insulin_bolus_jump():
    course = simulate(**SCENARIOS["insulin bolus"])
    assert course.insulin_uu_ml[0] - 8 == pytest.approx(750)


def test_insulin_bolus_nadir():
    """PUB 1.78 ± 0.29 mmol/L at 30 min."""
    course = simulate(**SCENARIOS["insulin bolus"])
    assert course.nadir_mmol_l == pytest.approx(1.91, abs=0.01)
    assert course.nadir_time_min == pytest.approx(38, abs=1)
    assert abs(course.nadir_mmol_l - 1.78) < 2 * 0.29
    assert abs(course.nadir_time_min - 30) <= 25


def test_igf1_bolus_nadir():
    """PUB 1.98 ± 0.44 mmol/L; known to come late in the model (REF 50 min)."""
    course = simulate(**SCENARIOS["IGF-1 bolus"])
    assert course.nadir_mmol_l == pytest.approx(1.72, abs=0.01)
    assert course.nadir_time_min == pytest.approx(50, abs=1)
    assert abs(course.nadir_mmol_l - 1.98) < 2 * 0.44
    assert abs(course.nadir_time_min - 30) <= 25
    assert course.nadir_time_min > simulate(**SCENARIOS["insulin bolus"]).nadir_time_min + 10


def test_igf1_bolus_level_at_15_minutes():
    """PUB total 424 ng/mL at 15 min, 80 % of it free: 44.4 nmol/L above basal."""
    course = simulate(**SCENARIOS["IGF-1 bolus"])
    assert course.free_igf1_pm[15] - 105 == pytest.approx(44.4e3, rel=1e-9)
    assert course.free_igf1_pm[15] == pytest.approx(0.8 * 424 / 7.649e-3, rel=0.01)


# Oral test


def test_oral_test_reference_values():
    course = simulate()
    assert course.insulin_uu_ml.max() == pytest.approx(66, abs=1)
    assert course.ffa_um.min() == pytest.approx(70, abs=1)


def test_oral_test_with_free_igf1_raised_eightfold():
    """PUB zenobi1992: glucose tolerance unchanged, insulin lower. REF +9 % and -27 %."""
    plain, raised = simulate(), simulate(free_igf1_multiple=8)
    glucose = raised.glucose_auc / plain.glucose_auc
    insulin = raised.insulin_auc / plain.insulin_auc
    assert glucose == pytest.approx(1.09, abs=0.005)
    assert insulin == pytest.approx(0.73, abs=0.005)
    assert abs(glucose - 1) <= 0.10
    assert insulin < 1


def test_known_miss_glucose_tolerance_is_not_quite_unchanged():
    """The ±10 % holds for the whole 300 min only.

    Over the clinical 120 min glucose is 11 % higher, and the area above basal 37 %: the
    restraint of secretion outweighs IGF-1's own action here.
    """
    plain, raised = simulate(120, 121), simulate(120, 121, free_igf1_multiple=8)
    assert raised.glucose_auc / plain.glucose_auc == pytest.approx(1.11, abs=0.005)
    above = [c.glucose_auc - 90 * 300 for c in (simulate(), simulate(free_igf1_multiple=8))]
    assert above[1] / above[0] == pytest.approx(1.37, abs=0.01)


def test_presets_rank_by_sensitivity():
    peaks = [
        simulate(**PRESETS[who]).glucose_mg_dl.max() for who in ("lean", "normal", "IGT", "T2D")
    ]
    areas = [simulate(**PRESETS[who]).glucose_auc for who in ("lean", "normal", "IGT", "T2D")]
    assert peaks == sorted(peaks)
    assert areas == sorted(areas)


def test_preset_values_are_the_published_ones():
    assert [PRESETS[who]["S_I"] for who in ("normal", "IGT", "T2D", "lean")] == [
        2.62e-4, 1.27e-4, 0.57e-4, 7.11e-4,
    ]  # fmt: skip


# Fatty acids


def test_fatty_acids_after_six_hours_of_igf1():
    """PUB hartman1993: 52 % of control after more than 3 h; REF 64 %; allowed 40-75 %."""
    course = simulate(360, 361, free_igf1_multiple=8, GH_rel=0.15, **SCENARIOS["fasting"])
    share = course.ffa_um[-1] / 500
    assert share == pytest.approx(0.64, abs=0.005)
    assert 0.40 <= share <= 0.75


@given(low=st.floats(0, 2.5), more=st.floats(0.1, 0.5), free=span("free_igf1_multiple"))
@RANGES
def test_gh_raises_fatty_acids(low, more, free):
    fasting = metabolism.steady(GH_rel=low, free_igf1_multiple=free).ffa_um
    assert metabolism.steady(GH_rel=low + more, free_igf1_multiple=free).ffa_um > fasting


@given(dose=st.floats(20, 200))
@RANGES
def test_igf1_bolus_lowers_fatty_acids(dose):
    course = simulate(meal_glucose_g=0, igf1_bolus_ug_kg=dose)
    assert course.ffa_um.min() < 0.9 * 500


def test_held_igf1_lowers_fatty_acids_only_by_silencing_gh():
    """A property of the model to teach: at constant GH the fall of insulin outweighs IGF-1."""
    alone = metabolism.steady(free_igf1_multiple=8).ffa_um / 500
    with_gh_down = metabolism.steady(free_igf1_multiple=8, GH_rel=0.15).ffa_um / 500
    assert alone == pytest.approx(1.11, abs=0.005)
    assert with_gh_down == pytest.approx(0.64, abs=0.005)


# Intravenous test


def test_intravenous_test_reference_values():
    course = simulate(**SCENARIOS["IVGTT"])
    assert course.glucose_mg_dl[0] - 90 == pytest.approx(187, abs=1)
    assert course.insulin_uu_ml[0] == pytest.approx(80)
    ten_to_forty = course.glucose_mg_dl[[10, 20, 30, 40]]
    assert ten_to_forty == pytest.approx([228, 173, 128, 98], abs=1)
    assert 100 * np.log(ten_to_forty[0] / ten_to_forty[-1]) / 30 == pytest.approx(2.8, abs=0.05)


@given(sensitivity=st.floats(1e-4, 9e-4), effectiveness=st.floats(0.01, 0.04))
@settings(RANGES, max_examples=15)
def test_fit_recovers_sensitivity_within_1_percent(sensitivity, effectiveness):
    """With fatty acids uncoupled (chi = 0) the data are the fitted model's own."""
    course = simulate(180, 181, S_I=sensitivity, S_G=effectiveness, chi=0, **SCENARIOS["IVGTT"])
    fit = metabolism.fit_minimal_model(course.time_min, course.glucose_mg_dl, course.insulin_uu_ml)
    found = (fit.S_I, fit.S_G)
    assert found == pytest.approx((sensitivity, effectiveness), rel=0.01)


def test_known_miss_fit_is_biased_by_fatty_acids():
    """At the default chi the plain fit reads 18 % high: fatty acids fall during the test."""
    course = simulate(180, 181, **SCENARIOS["IVGTT"])
    fit = metabolism.fit_minimal_model(course.time_min, course.glucose_mg_dl, course.insulin_uu_ml)
    reading = fit.S_I / 5e-4
    assert reading == pytest.approx(1.18, abs=0.01)


# Limits, balances, bounds


@given(free=span("free_igf1_multiple"), gh=span("GH_rel"), meal=span("meal_glucose_g"))
@RANGES
def test_without_its_additions_the_model_is_bergmans(free, gh, meal):
    """IGF-1, GH and fatty acids then leave glucose and insulin alone."""
    bergman = simulate(meal_glucose_g=meal, **PLAIN)
    other = simulate(meal_glucose_g=meal, free_igf1_multiple=free, GH_rel=gh, **PLAIN)
    assert other.glucose_mg_dl == pytest.approx(bergman.glucose_mg_dl, rel=1e-5)
    assert other.insulin_uu_ml == pytest.approx(bergman.insulin_uu_ml, rel=1e-5)


@given(effectiveness=span("S_G"), dose=span("iv_glucose_mg_kg"))
@RANGES
def test_without_insulin_action_glucose_returns_exponentially(effectiveness, dose):
    course = simulate(S_I=0, S_G=effectiveness, iv_glucose_mg_kg=dose, meal_glucose_g=0)
    expected = 90 + dose / 1.6 * np.exp(-effectiveness * course.time_min)
    assert course.glucose_mg_dl == pytest.approx(expected, rel=1e-5)


@given(ANY_SLIDERS)
@RANGES
def test_courses_are_non_negative_and_balance(changes):
    metabolism.check(simulate(**changes))


@given(
    free=span("free_igf1_multiple"), gh=span("GH_rel"), sensitivity=st.floats(1e-4, 1e-3),
    effectiveness=st.floats(0.01, 0.05), gain=st.floats(0.02, 0.3),
)  # fmt: skip
@RANGES
def test_long_fasting_reaches_the_steady_state(free, gh, sensitivity, effectiveness, gain):
    changes = {
        "free_igf1_multiple": free, "GH_rel": gh, "S_I": sensitivity, "S_G": effectiveness,
        "b_s": gain,
    }  # fmt: skip
    course = simulate(6000, 601, **changes, **SCENARIOS["fasting"])
    state = metabolism.steady(**changes)
    assert course.glucose_mg_dl[-1] == pytest.approx(state.glucose_mg_dl, rel=1e-4)
    assert course.insulin_uu_ml[-1] == pytest.approx(state.insulin_uu_ml, rel=1e-3, abs=1e-4)
    assert course.ffa_um[-1] == pytest.approx(state.ffa_um, rel=1e-3)


def test_basal_steady_state_is_the_basal_parameters():
    state = metabolism.steady()
    assert state.glucose_mg_dl == pytest.approx(90, rel=1e-9)
    assert state.insulin_uu_ml == pytest.approx(8, rel=1e-9)
    assert state.ffa_um == pytest.approx(500, rel=1e-9)


def test_units_of_glucose():
    course = simulate()
    assert course.glucose_mg_dl[0] == 90
    assert course.glucose_mmol_l[0] == pytest.approx(5.0, abs=0.005)


# Bad input


def test_bad_requests_say_what_to_do():
    with pytest.raises(ValueError, match="positive number of minutes"):
        simulate(minutes=0)
    with pytest.raises(ValueError, match="outside its range"):
        simulate(meal_glucose_g=1000)
    with pytest.raises(ValueError, match="same length"):
        metabolism.fit_minimal_model([0, 10, 20, 30], [200, 150, 120, 100], [80, 40, 20])
    with pytest.raises(ValueError, match="no steady fasting glucose"):
        metabolism.steady(free_igf1_multiple=20, S_I=1e-3, S_G=0.005, b_s=0, w=0)


def test_check_catches_impossible_courses():
    course = simulate()
    fields = course.__dict__
    with pytest.raises(ValueError, match="negative"):
        metabolism.check(metabolism.GlucoseCourse(**fields | {"ffa_um": course.ffa_um - 400}))
    with pytest.raises(ValueError, match="came in"):
        metabolism.check(
            metabolism.GlucoseCourse(
                **fields | {"glucose_in_mg_dl_min": course.glucose_in_mg_dl_min * 1.02}
            )
        )
