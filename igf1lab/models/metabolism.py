"""M3: glucose, insulin and free fatty acids, with IGF-1 acting across receptors (human).

Bergman's minimal model with three additions: free IGF-1 acts weakly like insulin and
restrains insulin secretion; growth hormone drives lipolysis; fatty acids lower insulin
sensitivity. Time runs in minutes.
"""

import math
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
from scipy.integrate import cumulative_trapezoid, odeint, simpson
from scipy.optimize import brentq, least_squares

from igf1lab.models.gh_axis import FREE_HALF_LIFE_MIN
from igf1lab.parameters import Parameter, ParameterSet
from igf1lab.units import INSULIN_PMOL_L_PER_UU_ML, mg_dl_to_mmol_l

_F_15_MIN_PM = 44.4e3  # 80 % of 424 ng/mL, 15 min after 100 µg/kg, guler1987

_TYPICAL = "typical value, quoted but not re-read"

PARAMETERS = ParameterSet(
    "M3",
    "human",
    [
        # What a learner turns.
        Parameter("S_I", 5e-4, "1/min per µU/mL", "insulin sensitivity", "chosen",
                  ("bergman2007", "pacini1998"),
                  reason="between the published means of a normal (2.62e-4) and a lean (7.11e-4) "
                  "cohort", low=0, high=1e-3, step=1e-5),
        Parameter("S_G", 0.021, "1/min", "glucose effectiveness", "verified",
                  "bergman2007",
                  reason="normal mean; SD 0.008; 0.026 in another normal cohort (pacini1998)",
                  low=0.005, high=0.05, step=0.001),
        Parameter("free_igf1_multiple", 1.0, "", "free IGF-1, multiple of basal", "chosen",
                  reason="1 is basal; about 8 during the infusions in people", low=0, high=20,
                  step=0.5),
        Parameter("GH_rel", 1.0, "", "growth hormone, relative to basal", "chosen",
                  reason="1 is basal; IGF-1 infusion lowers it to about 0.15", low=0, high=3,
                  step=0.05),
        Parameter("meal_glucose_g", 75.0, "g", "glucose drunk at 0 min", "chosen",
                  reason="the standard oral glucose tolerance test", low=0, high=100, step=5),
        Parameter("b_s", 0.08, "µU/mL/min per mg/dL", "beta-cell gain", "chosen",
                  reason="gives an insulin peak of about 66 µU/mL in the 75 g test", low=0,
                  high=0.3, step=0.01),
        Parameter("insulin_bolus_iu_kg", 0.0, "IU/kg", "intravenous insulin at 0 min", "chosen",
                  reason="0 is none; 0.15 in the published comparison", low=0, high=0.3,
                  step=0.01),
        Parameter("igf1_bolus_ug_kg", 0.0, "µg/kg", "intravenous IGF-1 at 0 min", "chosen",
                  reason="0 is none; 100 in the published comparison", low=0, high=200, step=5),
        Parameter("iv_glucose_mg_kg", 0.0, "mg/kg", "intravenous glucose at 0 min", "chosen",
                  reason="0 is none; 300 is the usual tolerance test", low=0, high=500, step=10),
        # Glucose and insulin.
        Parameter("p2", 0.03, "1/min", "decay of insulin action", "unverified", "royparker2006",
                  reason=_TYPICAL, low=0.01, high=0.1),
        Parameter("n", 0.14, "1/min", "removal of insulin", "unverified", "royparker2006",
                  reason=_TYPICAL, low=0.05, high=0.3),
        Parameter("G_b", 90.0, "mg/dL", "basal glucose", "unverified", "pacini1998",
                  reason=_TYPICAL, low=70, high=160, step=1),
        Parameter("I_b", 8.0, "µU/mL", "basal insulin", "unverified", "pacini1998",
                  reason=_TYPICAL, low=2, high=30, step=0.5),
        Parameter("volume_dl_kg", 1.6, "dL/kg", "glucose volume", "unverified", "royparker2006",
                  reason=_TYPICAL),
        Parameter("insulin_volume_l_kg", 0.2, "L/kg", "insulin volume", "chosen",
                  reason="makes 0.15 IU/kg raise insulin by 750 µU/mL"),
        Parameter("weight_kg", 70.0, "kg", "body weight", "chosen",
                  reason="1.6 dL/kg × 70 kg = 112 dL of glucose space"),
        Parameter("absorbed", 0.85, "", "share of drunk glucose that appears", "chosen",
                  reason="shape of the test's glucose curve"),
        Parameter("absorption_min", 40.0, "min", "time of fastest appearance of glucose",
                  "chosen", reason="shape of the test's glucose curve"),
        Parameter("first_phase", 0.24, "µU/mL per mg/kg", "insulin released at once", "chosen",
                  reason="300 mg/kg of glucose brings insulin from 8 to 80 µU/mL", low=0,
                  high=0.5),
        # IGF-1.
        Parameter("F_b", 105.0, "pmol/L", "basal free IGF-1", "derived",
                  reason="0.81 ng/mL in the axis model M1"),
        Parameter("igf1_half_life_min", FREE_HALF_LIFE_MIN, "min", "half-life of free IGF-1",
                  "verified", "frystyk1999"),
        Parameter("free_pM_per_ug_kg", _F_15_MIN_PM * 2 ** (15 / FREE_HALF_LIFE_MIN) / 100,
                  "pmol/L per µg/kg", "free IGF-1 at 0 min after a bolus", "derived",
                  "guler1987",
                  reason="back from 15 min after 100 µg/kg: total 424 ng/mL, 80 % free"),
        Parameter("w", 0.022, "", "molar potency of free IGF-1 on glucose, insulin = 1",
                  "chosen", "guler1987",
                  reason="matches the bolus comparison; 6 % by dose, less by level because free "
                  "IGF-1 lasts longer than insulin", low=0, high=0.1),
        Parameter("w_F", 0.012, "", "molar potency of free IGF-1 on lipolysis, insulin = 1",
                  "chosen", "guler1987",
                  reason="insulin restrains lipolysis better than IGF-1 does", low=0, high=0.1),
        Parameter("k_beta", 0.1, "", "restraint of insulin secretion by free IGF-1", "chosen",
                  "zenobi1992", reason="insulin falls under IGF-1; size chosen", low=0, high=0.5),
        # Fatty acids.
        Parameter("N_b", 500.0, "µmol/L", "basal free fatty acids", "unverified",
                  "ffa_model2016", reason=_TYPICAL, low=200, high=900, step=10),
        Parameter("phi", 0.5, "", "share of lipolysis that growth hormone drives", "chosen",
                  "hartman1993", reason="fatty acids fall when IGF-1 stops GH; share chosen",
                  low=0, high=1, step=0.05),
        Parameter("chi", 0.35, "", "effect of fatty acids on insulin sensitivity", "chosen",
                  "royparker2006", reason="direction published; size chosen", low=0, high=0.9,
                  step=0.05),
        Parameter("tau_F", 15.0, "min", "delay of insulin action on lipolysis", "chosen",
                  "ffa_model2016", reason="remote compartment as published; time chosen", low=5,
                  high=60),
        Parameter("K_F", 12.0, "µU/mL", "insulin that halves lipolysis", "chosen",
                  reason="fatty acids fall to about 70 µmol/L in the 75 g test", low=5, high=40),
        Parameter("h", 1.6, "", "steepness of that inhibition", "chosen",
                  reason="fatty acids fall to about 70 µmol/L in the 75 g test", low=1, high=4),
        Parameter("c_f", 0.06, "1/min", "removal of fatty acids", "chosen", "ffa_model2016",
                  reason="first-order removal as published; rate chosen", low=0.02, high=0.2),
    ],
)  # fmt: skip

PRESETS = {
    "normal": {"S_I": 2.62e-4},
    "IGT": {"S_I": 1.27e-4},
    "T2D": {"S_I": 0.57e-4},
    "lean": {"S_I": 7.11e-4},
}
"""Published mean insulin sensitivities (bergman2007, pacini1998)."""

SCENARIOS = {
    "fasting": {"meal_glucose_g": 0.0},
    "OGTT": {"meal_glucose_g": 75.0},
    "IVGTT": {"meal_glucose_g": 0.0, "iv_glucose_mg_kg": 300.0},
    "insulin bolus": {"meal_glucose_g": 0.0, "insulin_bolus_iu_kg": 0.15},
    "IGF-1 bolus": {"meal_glucose_g": 0.0, "igf1_bolus_ug_kg": 100.0},
}
"""Named tests as overrides: ``simulate(**SCENARIOS["OGTT"], **PRESETS["IGT"])``."""


@dataclass(frozen=True)
class GlucoseCourse:
    """Course of one test; arrays of equal length over ``time_min``.

    ``glucose_in`` is the meal plus what glucose effectiveness gives back,
    ``glucose_out`` the removal, both in mg/dL/min.
    """

    time_min: np.ndarray
    glucose_mg_dl: np.ndarray
    insulin_uu_ml: np.ndarray
    insulin_action_per_min: np.ndarray
    ffa_um: np.ndarray
    free_igf1_pm: np.ndarray
    glucose_in_mg_dl_min: np.ndarray
    glucose_out_mg_dl_min: np.ndarray

    @property
    def glucose_mmol_l(self) -> np.ndarray:
        """Glucose in mmol/L."""
        return mg_dl_to_mmol_l(self.glucose_mg_dl)

    @property
    def nadir_mmol_l(self) -> float:
        """Lowest glucose, mmol/L."""
        return float(self.glucose_mmol_l.min())

    @property
    def nadir_time_min(self) -> float:
        """Time of the lowest glucose, min."""
        return float(self.time_min[self.glucose_mg_dl.argmin()])

    @property
    def glucose_auc(self) -> float:
        """Area under glucose over the whole course, mg/dL × min."""
        return float(np.trapezoid(self.glucose_mg_dl, self.time_min))

    @property
    def insulin_auc(self) -> float:
        """Area under insulin over the whole course, µU/mL × min."""
        return float(np.trapezoid(self.insulin_uu_ml, self.time_min))


@dataclass(frozen=True)
class BasalState:
    """Fasting steady state."""

    glucose_mg_dl: float
    insulin_uu_ml: float
    insulin_action_per_min: float
    ffa_um: float
    free_igf1_pm: float


@dataclass(frozen=True)
class SensitivityFit:
    """Minimal-model fit to an intravenous glucose test."""

    S_G: float
    S_I: float
    p2: float
    rms_mg_dl: float


def _free_igf1(time_min, p: SimpleNamespace):
    """Return free IGF-1 (pmol/L): a held level plus a decaying bolus."""
    bolus = p.igf1_bolus_ug_kg * p.free_pM_per_ug_kg
    return p.F_b * p.free_igf1_multiple + bolus * 2 ** (-time_min / p.igf1_half_life_min)


def _sensitivity(ffa_um, p: SimpleNamespace):
    """Return insulin sensitivity at this fatty-acid level; never negative."""
    excess = ffa_um / p.N_b - 1
    if excess > 0:
        return p.S_I / (1 + p.chi * excess)
    return p.S_I * (1 - p.chi * excess)


def _secretion(glucose, free, p: SimpleNamespace):
    """Return insulin secretion (µU/mL/min), restrained by free IGF-1 above basal."""
    drive = max(p.n * p.I_b + p.b_s * (glucose - p.G_b), 0.0)
    return drive / (1 + p.k_beta * max(free / p.F_b - 1, 0.0))


def _igf1_as_insulin(free, weight, p: SimpleNamespace):
    """Return free IGF-1 above basal as µU/mL of insulin with this molar potency."""
    return weight / INSULIN_PMOL_L_PER_UU_ML * (free - p.F_b)


def _lipolysis(remote_insulin, p: SimpleNamespace):
    """Return release of fatty acids (µmol/L/min); scaled so that the basal state is steady."""
    most = p.c_f * p.N_b * (1 + (p.I_b / p.K_F) ** p.h)
    brake = 1 + (max(remote_insulin, 0.0) / p.K_F) ** p.h
    return most * (1 - p.phi + p.phi * p.GH_rel) / brake


def _appearance_scale(p: SimpleNamespace):
    """Return the factor on t·exp(-t/τ) (mg/dL/min per min) of glucose from the meal."""
    space_dl = p.volume_dl_kg * p.weight_kg
    return p.meal_glucose_g * 1000 * p.absorbed / space_dl / p.absorption_min**2


def _rates(state, time_min, p: SimpleNamespace, meal):
    """Return d(glucose, action, insulin, remote insulin, fatty acids)/dt per minute."""
    glucose, action, insulin, remote, ffa = state
    free = _free_igf1(time_min, p)
    effective = insulin + _igf1_as_insulin(free, p.w, p)
    appearance = meal * time_min * math.exp(-time_min / p.absorption_min)
    return [
        -(p.S_G + action) * glucose + p.S_G * p.G_b + appearance,
        p.p2 * (_sensitivity(ffa, p) * (effective - p.I_b) - action),
        _secretion(glucose, free, p) - p.n * insulin,
        (insulin + _igf1_as_insulin(free, p.w_F, p) - remote) / p.tau_F,
        _lipolysis(remote, p) - p.c_f * ffa,
    ]


def _start(p: SimpleNamespace):
    """Return the state just after the boluses at time 0, from the basal state."""
    # IU/kg over L/kg is IU/L, that is 1000 µU/mL
    bolus = 1000 * p.insulin_bolus_iu_kg / p.insulin_volume_l_kg
    released = p.first_phase * p.iv_glucose_mg_kg
    glucose = p.G_b + p.iv_glucose_mg_kg / p.volume_dl_kg
    return [glucose, 0.0, p.I_b + bolus + released, p.I_b, p.N_b]


def simulate(minutes=300.0, points=301, **changes) -> GlucoseCourse:
    """Glucose, insulin and fatty acids after a meal, boluses or a change of hormones.

    The run starts in the basal state; free IGF-1 and GH take their new levels at 0 min.
    With no arguments it is a 75 g oral glucose tolerance test.

    Parameters
    ----------
    minutes : float
        Length of the course, min.
    points : int
        Number of times.
    **changes : float
        Parameter overrides by name; see also :data:`SCENARIOS` and :data:`PRESETS`.

    Returns
    -------
    GlucoseCourse
        Arrays of shape ``(points,)``; minimal model as in pacini1998, fatty acids after
        ffa_model2016, IGF-1 terms after guler1987 and zenobi1992.

    Raises
    ------
    ValueError
        If ``minutes`` is not positive or a change is outside its range.
    """
    if not minutes > 0:
        raise ValueError(f"minutes = {minutes}: the course needs a positive number of minutes")
    p = PARAMETERS.values_with(**changes)
    meal = _appearance_scale(p)
    time_min = np.linspace(0, minutes, points)

    def rates(state, now):
        return _rates(state.tolist(), now, p, meal)  # plain floats: faster than array scalars

    glucose, action, insulin, _, ffa = odeint(rates, _start(p), time_min, hmax=5.0).T
    appearance = meal * time_min * np.exp(-time_min / p.absorption_min)
    return GlucoseCourse(
        time_min=time_min,
        glucose_mg_dl=glucose,
        insulin_uu_ml=insulin,
        insulin_action_per_min=action,
        ffa_um=ffa,
        free_igf1_pm=_free_igf1(time_min, p),
        glucose_in_mg_dl_min=appearance + p.S_G * p.G_b,
        glucose_out_mg_dl_min=(p.S_G + action) * glucose,
    )


def steady(**changes) -> BasalState:
    """Fasting state in which free IGF-1 and GH are held for good.

    Meals and boluses are ignored.

    Parameters
    ----------
    **changes : float
        Parameter overrides by name.

    Returns
    -------
    BasalState

    Raises
    ------
    ValueError
        If a change is outside its range, or no steady glucose exists below 2000 mg/dL.
    """
    p = PARAMETERS.values_with(**changes)
    free = p.F_b * p.free_igf1_multiple

    def at_glucose(glucose):
        insulin = _secretion(glucose, free, p) / p.n
        ffa = _lipolysis(insulin + _igf1_as_insulin(free, p.w_F, p), p) / p.c_f
        effective = insulin + _igf1_as_insulin(free, p.w, p)
        return insulin, _sensitivity(ffa, p) * (effective - p.I_b), ffa

    def imbalance(glucose):
        return (p.S_G + at_glucose(glucose)[1]) * glucose - p.S_G * p.G_b

    if imbalance(2000.0) < 0:
        raise ValueError(
            "no steady fasting glucose below 2000 mg/dL with these values: raise S_G, S_I or b_s"
        )
    glucose = brentq(imbalance, 0.0, 2000.0, xtol=1e-12, rtol=1e-14)
    insulin, action, ffa = at_glucose(glucose)
    return BasalState(glucose, insulin, action, ffa, free)


def fit_minimal_model(time_min, glucose_mg_dl, insulin_uu_ml, G_b=90.0, I_b=8.0):
    """Estimate S_G, S_I and p2 from an intravenous glucose tolerance test.

    Insulin is taken as a known input between samples, as in Bergman's method
    (pacini1998); the glucose at time 0 is taken as given.

    Parameters
    ----------
    time_min, glucose_mg_dl, insulin_uu_ml : array, shape (n,)
        Samples of the test, n at least 4; times increasing from 0, min, mg/dL, µU/mL.
    G_b, I_b : float
        Basal glucose (mg/dL) and insulin (µU/mL).

    Returns
    -------
    SensitivityFit
        S_G (1/min), S_I (1/min per µU/mL), p2 (1/min) and residual (mg/dL).

    Raises
    ------
    ValueError
        If the arrays differ in length or hold fewer than four samples.
    """
    time, glucose, insulin = (
        np.asarray(values, dtype=float) for values in (time_min, glucose_mg_dl, insulin_uu_ml)
    )
    if not (time.ndim == 1 and time.shape == glucose.shape == insulin.shape and time.size >= 4):
        raise ValueError("give times, glucose and insulin as three lists of the same length (4+)")
    grid = np.arange(time[0], time[-1] + 0.125, 0.25)
    insulin_above = np.interp(grid, time, insulin) - I_b

    def predicted(logs):
        s_g, s_i, p2 = np.exp(logs)
        # Both equations are linear in their own state: integrating factors, then trapezoids.
        growth = np.exp(p2 * (grid - grid[0]))
        action = p2 * s_i * cumulative_trapezoid(insulin_above * growth, grid, initial=0) / growth
        removed = cumulative_trapezoid(s_g + action, grid, initial=0)
        kept = np.exp(-removed)
        made = cumulative_trapezoid(s_g * G_b / kept, grid, initial=0)
        return np.interp(time, grid, kept * (glucose[0] + made))

    guess = np.log([0.02, 3e-4, 0.03])
    fit = least_squares(lambda logs: predicted(logs) - glucose, guess, x_scale=0.3)
    s_g, s_i, p2 = (float(value) for value in np.exp(fit.x))
    return SensitivityFit(s_g, s_i, p2, float(np.sqrt(np.mean(fit.fun**2))))


def check(result: GlucoseCourse) -> None:
    """Raise ValueError if a course is negative or glucose does not balance.

    Parameters
    ----------
    result : GlucoseCourse
        With about one point a minute, fine enough for the balance.

    Raises
    ------
    ValueError
        If glucose, insulin or fatty acids are negative or not finite, or the change of
        glucose differs from appearance less removal.
    """
    for name in ("glucose_mg_dl", "insulin_uu_ml", "ffa_um", "free_igf1_pm"):
        values = getattr(result, name)
        if not (np.isfinite(values).all() and (values >= -1e-6).all()):
            raise ValueError(f"{name} is negative or not finite: it must be zero or more")
    # Simpson's rule, because removal changes steeply in the minutes after a bolus
    net = simpson(result.glucose_in_mg_dl_min - result.glucose_out_mg_dl_min, x=result.time_min)
    gone = simpson(result.glucose_out_mg_dl_min, x=result.time_min)
    change = result.glucose_mg_dl[-1] - result.glucose_mg_dl[0]
    if abs(change - net) > 2e-3 * (result.glucose_mg_dl[0] + gone):
        raise ValueError(f"glucose changed by {change:g} mg/dL but {net:g} came in less went out")
