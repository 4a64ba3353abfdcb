"""M1: the GH–IGF-1 axis.

Delay and negative feedback make growth hormone pulse; a saturating liver turns the pulses into
slow, smooth IGF-1; binding proteins set the total, production over clearance the free hormone.

The network of GHRH, somatostatin and GH has the constants of farhy2007, with somatostatin
multiplying (not adding) and two delays, without which it does not pulse. People's pulses do
not need a falling somatostatin (dimaraki2001, dimaraki2003): this clock is the model's own. The liver is the
indirect response of papathanasiou2021. Binding is in :mod:`igf1lab.models.binding`.

The female set changes the network alone. Its larger pulses therefore give more IGF-1 (276
against 213 ng/mL): that the liver of women responds less to GH is not in the model.
"""

from dataclasses import dataclass
from math import exp, log

import numpy as np
from scipy.optimize import brentq

from igf1lab.models.binding import PARAMETERS as BINDING
from igf1lab.models.binding import free_capacity
from igf1lab.parameters import Parameter, ParameterSet
from igf1lab.units import IGF1_KDA, IGF2_KDA, ng_ml_to_nmol_l

STEP_H = 0.01
# Sub-steps of the slow states in an hour: few suffice, but an infusion makes the small free
# pool stiff, and with too few the total oscillates.
SUBSTEPS_PER_H, SUBSTEPS_PER_H_INFUSING = 4, 40
# Levels held for all time before 0: GH, GHRH, somatostatin PeV and ArC. A GHRH near its peak
# starts a first pulse of normal size, so that IGF-1 hardly moves while the rhythm settles.
HISTORY = (1.0, 400.0, 40.0, 1.0)

REFERENCE_IGF1_NG_ML = 212.0  # total IGF-1 of the default man; a test runs the model and compares
FREE_HALF_LIFE_MIN = 14.4  # of free IGF-1, frystyk1999
FREE_IGF2_NG_ML = 1.48
FREE_IGF2_FRACTION = 0.002
# Mean receptor signal of the default pulses; a test runs the network and compares.
E_0_MALE, E_0_FEMALE = 0.3073, 0.4160


def _rate(name, value, unit, label):
    return Parameter(name, value, unit, label, "verified", "farhy2007")


def _threshold(name, value, unit, label, **kwargs):
    return Parameter(name, value, unit, f"half-point: {label}", "verified", "farhy2007", **kwargs)


def _power(name, value, label):
    return Parameter(name, value, "", f"Hill exponent: {label}", "verified", "farhy2007")


_NETWORK = [
    _rate("k_1", 3.0, "1/h", "clearance of GH (half-life 13.9 min; holl1993: 14 ± 1 min)"),
    _rate("k_2", 25.0, "1/h", "clearance of somatostatin, arcuate"),
    _rate("k_3", 40.0, "1/h", "clearance of GHRH"),
    _rate("k_4", 25.0, "1/h", "clearance of somatostatin, periventricular"),
    _rate("k_r1", 600.0, "ng/mL/h", "largest release of GH"),
    _rate("k_r2", 2200.0, "pg/mL/h", "largest release of arcuate somatostatin"),
    Parameter(
        "k_r3", 63000.0, "pg/mL/h", "largest release of GHRH", "verified", "farhy2007",
        low=0.0, high=63000.0,
    ),
    _rate("k_r4", 20400.0, "pg/mL/h", "largest release of somatostatin driven by GH"),
    _threshold("t_1", 400.0, "pg/mL", "GHRH on GH (female 357)", low=357.0, high=400.0),
    _threshold("t_2", 10.0, "pg/mL", "somatostatin on GH"),
    _threshold("t_3", 400.0, "pg/mL", "GHRH on arcuate somatostatin"),
    _threshold("t_4", 28.0, "pg/mL", "somatostatin on GHRH"),
    _threshold("t_5", 10.0, "ng/mL", "GH on somatostatin"),
    _power("n_1", 5.0, "GHRH on GH"),
    _power("n_2", 2.0, "somatostatin on GH"),
    _power("n_3", 2.0, "GHRH on arcuate somatostatin"),
    _power("n_4", 5.0, "somatostatin on GHRH"),
    _power("n_5", 2.0, "GH on somatostatin"),
    Parameter(
        "g_0", 1.0, "", "weight of ghrelin's own drive on GH (female 2)", "verified", "farhy2007",
        low=1.0, high=2.0,
    ),
    _threshold("t_g0", 200.0, "", "ghrelin on GH"),
    _power("n_g0", 2.9, "ghrelin on GH"),
    Parameter(
        "g_1", 45000.0, "", "ghrelin against somatostatin at the pituitary (female 90000)",
        "verified", "farhy2007", low=45000.0, high=90000.0,
    ),
    _threshold("t_g1", 390.0, "", "ghrelin against somatostatin at the pituitary"),
    _power("n_g1", 3.0, "ghrelin against somatostatin at the pituitary"),
    _rate("g_2", 100.0, "", "ghrelin against somatostatin at the GHRH neurone"),
    _threshold("t_g2", 10000.0, "", "ghrelin against somatostatin at the GHRH neurone"),
    _power("n_g2", 2.0, "ghrelin against somatostatin at the GHRH neurone"),
    Parameter(
        "GHS", 20.0, "", "ghrelin drive", "verified", "farhy2007",
        "the published default; in the female pulses vanish from 30 on, in the male above 35",
        low=0.0, high=35.0,
    ),
    Parameter(
        "S_b", 975.0, "pg/mL/h", "basal release of somatostatin", "chosen", "farhy2007",
        "8 % above the published 900, for a mean GH near 1.4 ng/mL instead of 4.9",
        low=850.0, high=1050.0,
    ),
    Parameter(
        "D_1", 1.0, "h", "delay from GH to somatostatin", "chosen", (),
        "the public encoding has none and does not pulse; 1 h gives 9 pulses a day",
        low=0.3, high=1.5, step=0.05,
    ),
    Parameter(
        "D_2", 1.0, "h", "delay from GHRH to arcuate somatostatin", "chosen", (),
        "as D_1", low=0.3, high=1.5, step=0.05,
    ),
    Parameter(
        "s_I", 0.025, "", "free IGF-1 on somatostatin release", "chosen", "bermann1994",
        "calibrated to the fall of GH under infused IGF-1", low=0.0, high=0.1,
    ),
    Parameter(
        "a_I", 0.15, "", "free IGF-1 on the pituitary", "chosen", "bermann1994",
        "calibrated to the fall of GH under infused IGF-1", low=0.0, high=0.5,
    ),
]  # fmt: skip

_LIVER = [
    Parameter(
        "K_in", 0.949, "ng/mL/h", "IGF-1 production without GH", "verified", "papathanasiou2021",
        low=0.411, high=1.49,
    ),
    Parameter(
        "E_max", 15.1, "ng/mL/h", "largest IGF-1 production driven by GH", "verified",
        "papathanasiou2021", "fixed in that fit; adults with GH deficiency",
    ),
    Parameter(
        "EC50", 2.13, "ng/mL", "GH of half the largest effect", "verified", "papathanasiou2021",
        low=1.39, high=2.88,
    ),
    Parameter(
        "k_0", 0.0262, "1/h", "clearance of total IGF-1, reference state", "verified",
        "papathanasiou2021", "0.0218 to 0.0306; fixed, because k_o is computed from it",
    ),
    Parameter(
        "k_f", log(2) / (FREE_HALF_LIFE_MIN / 60), "1/h", "clearance of free IGF-1", "verified", "frystyk1999",
        "half-life 14.4 ± 1.0 min",
    ),
    Parameter(
        "beta", 0.2, "", "share of the ternary capacity that needs no GH", "chosen", (),
        "gives a low but present IGFBP-3 without GH receptor", low=0.0, high=1.0,
    ),
    Parameter(
        "tau_B", 24.0, "h", "time constant of the ternary capacity", "chosen", (),
        "IGFBP-3 and the acid-labile subunit change over days", low=6.0, high=96.0,
    ),
    Parameter(
        "volume_l_kg", 0.3, "L/kg", "volume into which IGF-1 is infused", "verified",
        "grahnen1993", "published range 0.20 to 0.36; 0.11 stands for the first hour, before "
        "the hormone has spread", low=0.11, high=0.36,
    ),
    Parameter(
        "infusion_ug_kg_h", 0.0, "µg/kg/h", "infusion of recombinant IGF-1", "chosen",
        "bermann1994", "none by default; the study gave 12.5", low=0.0, high=15.0,
    ),
    Parameter(
        "receptor_block", 0.0, "", "GH-receptor block (antagonist over its constant)", "chosen",
        "veldhuis2002", "none by default; 0.75 lowers IGF-1 as in the study, 1e6 leaves no "
        "receptor; slider 0 to 5", low=0.0, high=1e6,
    ),
    Parameter(
        "tx_mult", 1.0, "", "multiplier on IGF-1 production", "chosen", (),
        "1 = no effect of the gut", low=0.5, high=1.5,
    ),
    Parameter(
        "igfbp_mult", 1.0, "", "multiplier on the ternary capacity", "chosen", (),
        "1 = no effect of the gut", low=0.2, high=1.2,
    ),
    Parameter(
        "pit_mult", 1.0, "", "multiplier on GH release", "chosen", (),
        "1 = no effect of the gut", low=0.4, high=1.6,
    ),
]  # fmt: skip

_FITTED = "fitted to the steady state of this model for changes of one multiplier"
_MAP = [
    Parameter("eps_tx", 0.6, "", "elasticity of IGF-1 to production", "derived", (), _FITTED),
    Parameter("eps_pit", 0.5, "", "elasticity of IGF-1 to GH release", "derived", (), _FITTED),
]  # fmt: skip


def _reference(E_0):
    """Free IGF-1, ternary capacity and free IGF-2 (nM) of the reference state at ``E_0``."""
    liver = {parameter.name: parameter.value for parameter in _LIVER}
    igf1_ng_ml = (liver["K_in"] + liver["E_max"] * E_0) / liver["k_0"]
    f_0 = BINDING["free_fraction"].value * ng_ml_to_nmol_l(igf1_ng_ml)
    f_J = ng_ml_to_nmol_l(FREE_IGF2_NG_ML, IGF2_KDA) / FREE_IGF2_FRACTION
    b, K_1, K_2, kappa = (BINDING[name].value for name in ("b_ref", "K_1", "K_2", "kappa"))
    f_J /= 1 + b / K_2 + kappa
    return f_0, b * (1 + f_0 / K_1 + f_J / K_2), f_J


def _derived():
    """Parameters that follow from the others: the reference state of male and female."""
    f_0, B_0, f_J = _reference(E_0_MALE)
    f_0_female, B_0_female, _ = _reference(E_0_FEMALE)
    liver = {parameter.name: parameter.value for parameter in _LIVER}
    kappa = BINDING["kappa"].value
    k_o = (liver["k_0"] / BINDING["free_fraction"].value - liver["k_f"]) / kappa
    parameters = [
        Parameter(
            "k_o", k_o, "1/h", "clearance of IGF-1 on other binding proteins", "derived",
            ("papathanasiou2021", "frystyk1994"), "the rest of k_0 beyond the free hormone's",
        ),
        Parameter(
            "J_0", ng_ml_to_nmol_l(FREE_IGF2_NG_ML, IGF2_KDA) / FREE_IGF2_FRACTION, "nmol/L",
            "total IGF-2, reference state", "derived", "frystyk1994",
            "free 1480 ng/L is 0.20 % of it",
        ),
        Parameter(
            "p_J", f_J * (liver["k_f"] + k_o * kappa), "nmol/L/h", "production of IGF-2",
            "derived", "frystyk1994", "balances its clearance in the reference state",
        ),
        Parameter(
            "E_0", E_0_MALE, "", "mean receptor signal of the default pulses (female 0.4160)",
            "derived", (), "average of G/(EC50 + G) over the default run",
            low=E_0_MALE, high=E_0_FEMALE,
        ),
        Parameter(
            "f_0", f_0, "nmol/L", "free IGF-1, reference state", "derived", "frystyk1994",
            "free_fraction of total IGF-1 at E_0", low=f_0, high=f_0_female,
        ),
        Parameter(
            "B_0", B_0, "nmol/L", "ternary capacity, reference state", "derived", (),
            "binding equilibrium at b_ref", low=B_0, high=B_0_female,
        ),
    ]  # fmt: skip
    female = {"E_0": E_0_FEMALE, "f_0": f_0_female, "B_0": B_0_female}
    return parameters, {"t_1": 357.0, "g_0": 2.0, "g_1": 90000.0, **female}


_DERIVED, _FEMALE = _derived()
PRESETS = {"male": {}, "female": _FEMALE}
PARAMETERS = ParameterSet("M1", "human", [*_NETWORK, *_LIVER, *BINDING.values(), *_DERIVED, *_MAP])


_HOURS = {"unit": "h", "flag": "chosen", "source": (), "low": 0.0, "high": 2400.0}
RUN = ParameterSet(
    "M1 run",
    "human",
    [
        Parameter(
            "t_end_h", 48.0, label="length of the run", reason="two days; beyond a month use "
            "the steady state", **{**_HOURS, "low": 0.05},
        ),
        Parameter(
            "step_h", STEP_H, "h", "step of the network", "chosen", (),
            "a quarter of it changes mean GH by 0.1 %", low=0.001, high=0.05,
        ),
        Parameter(
            "infusion_start_h", 0.0, label="start of the infusion", reason="at once", **_HOURS
        ),
        Parameter(
            "infusion_stop_h", 48.0, label="end of the infusion", reason="the end of the run",
            **_HOURS,
        ),
    ],
)  # fmt: skip


@dataclass(frozen=True)
class AxisRun:
    """A run of M1: arrays of one length, one value a step.

    ``igf1_produced_ng_ml`` (liver and infusion) and ``igf1_cleared_ng_ml`` are totals since
    time 0. GH, GHRH and somatostatin start away from their rhythm: leave out the first 24 h.
    """

    time_h: np.ndarray
    gh_ng_ml: np.ndarray
    ghrh_pg_ml: np.ndarray
    somatostatin_pg_ml: np.ndarray
    arcuate_somatostatin_pg_ml: np.ndarray
    igf1_total_ng_ml: np.ndarray
    igf1_free_ng_ml: np.ndarray
    igf2_total_nM: np.ndarray
    ternary_capacity_nM: np.ndarray
    igf1_produced_ng_ml: np.ndarray
    igf1_cleared_ng_ml: np.ndarray


@dataclass(frozen=True)
class AxisSteady:
    """The steady state of the slow variables, with GH still pulsing.

    ``igf1_relative`` and ``igf1_free_relative`` compare with the reference state of the sex.
    """

    gh_mean_ng_ml: float
    receptor_signal: float
    igf1_total_ng_ml: float
    igf1_free_ng_ml: float
    igf1_relative: float
    igf1_free_relative: float
    igf2_total_nM: float
    igf2_free_nM: float
    ternary_capacity_nM: float
    igf1_half_life_h: float


@dataclass(frozen=True)
class Pulses:
    """Pulses of GH: when, how high, how many a day, and the level between and overall."""

    time_h: np.ndarray
    peak_ng_ml: np.ndarray
    per_day: float
    mean_peak_ng_ml: float
    mean_amplitude_ng_ml: float
    nadir_ng_ml: float
    mean_ng_ml: float


def _hill(x, half, power):
    ratio = (x / half) ** power
    return ratio / (1 + ratio)


def _values(sex, changes):
    if sex not in PRESETS:
        raise ValueError(f"sex must be one of {list(PRESETS)}, got {sex!r}")
    return PARAMETERS.values_with(**{**PRESETS[sex], **changes})


class _Network:
    """Traces of GH, GHRH and the two somatostatins, advanced window by window.

    Method of steps: over a window no longer than either delay the delayed inputs are already
    known, so the four equations are solved in turn, each linear with a known input.
    """

    def __init__(self, p, steps, step_h):
        self.p = p
        self.lags = round(p.D_1 / step_h), round(p.D_2 / step_h)
        self.window, self.start = min(self.lags), max(self.lags)
        self.end = self.start + steps
        self.gh, self.ghrh, self.sst, self.arc = (np.full(self.end + 1, level) for level in HISTORY)
        clearances = (p.k_4, p.k_2, p.k_3, p.k_1)
        self.filters = [_ramp_filter(k, step_h, self.window) for k in clearances]
        self.ghrelin_on_gh = p.g_0 * _hill(p.GHS, p.t_g0, p.n_g0)
        self.relief_gh = p.g_1 * _hill(p.GHS, p.t_g1, p.n_g1)
        self.relief_ghrh = p.g_2 * _hill(p.GHS, p.t_g2, p.n_g2)

    def advance(self, now, free_relative):
        """Solve one window from index ``now`` with feedback from free IGF-1; return its end."""
        p, end = self.p, min(now + self.window, self.end)
        here = slice(now, end + 1)
        gh_then, ghrh_then = (slice(now - lag, end + 1 - lag) for lag in self.lags)
        sst_drive = p.S_b * max(1 + p.s_I * log(free_relative), 0.05)
        pituitary = p.k_r1 * p.pit_mult / (1 + p.a_I * max(free_relative - 1, 0))
        sst_filter, arc_filter, ghrh_filter, gh_filter = self.filters

        release = p.k_r4 * _hill(self.gh[gh_then], p.t_5, p.n_5) + sst_drive
        sst_filter(self.sst, here, release)
        arc_filter(self.arc, here, p.k_r2 * _hill(self.ghrh[ghrh_then], p.t_3, p.n_3))
        sst = self.sst[here]
        relief = 1 + self.relief_ghrh
        brake = ((sst + self.arc[here]) / p.t_4) ** p.n_4
        ghrh_filter(self.ghrh, here, p.k_r3 * relief / (relief + brake))
        relief = 1 + self.relief_gh
        drive = _hill(self.ghrh[here], p.t_1, p.n_1) + self.ghrelin_on_gh
        gh_filter(self.gh, here, pituitary * drive * relief / (relief + (sst / p.t_2) ** p.n_2))
        return end


def _ramp_filter(k, step_h, steps):
    """Return a solver of dy/dt = u − k y over up to ``steps``, exact for u linear within each."""
    decay = np.exp(-k * step_h)
    mean = (1 - decay) / (k * step_h)
    old, new = (mean - decay) / k, (1 - mean) / k
    left = decay ** np.arange(1, steps + 1)  # of the first value, after each step
    # What comes in later counts as if it had been there from the start and had faded as well;
    # the largest number, exp(k × 1.5 h), is far below what a float holds.
    as_if_first = 1 / left

    def solve(y, here, u):
        """Fill ``y`` over ``here`` from its first value and the input ``u`` at each point."""
        n = u.size - 1
        came = ((old * u[:-1] + new * u[1:]) * as_if_first[:n]).cumsum()
        y[here.start + 1 : here.stop] = (y[here.start] + came) * left[:n]

    return solve


def _receptor_signal(gh_ng_ml, p):
    return gh_ng_ml / (p.EC50 * (1 + p.receptor_block) + gh_ng_ml)


def _production_ng_ml_h(signal, p):
    return p.tx_mult * (p.K_in + p.E_max * signal)


def _capacity_target_nM(signal, p):
    return p.igfbp_mult * p.B_0 * (p.beta + (1 - p.beta) * signal / p.E_0)


class _Blood:
    """Total IGF-1 and IGF-2 and ternary capacity (nM), advanced by exponential Euler."""

    def __init__(self, p, igf1_nM, igf2_nM, capacity_nM):
        self.p, self.igf1, self.igf2, self.capacity = p, igf1_nM, igf2_nM, capacity_nM
        self.free_clearance = p.k_f + p.k_o * p.kappa  # 1/h, per free hormone
        self.produced = self.cleared = 0.0
        self._bind()

    def _bind(self):
        p = self.p
        b = free_capacity(self.igf1, self.igf2, self.capacity, p.K_1, p.K_2, p.kappa)
        self.igf1_per_free = 1 + b / p.K_1 + p.kappa
        self.igf2_per_free = 1 + b / p.K_2 + p.kappa

    @property
    def free_relative(self):
        return self.igf1 / self.igf1_per_free / self.p.f_0

    def advance(self, hours, input_nM_h, capacity_target_nM):
        """Step the slow states; the shares bound are held over the step."""
        p = self.p
        loss = self.free_clearance / self.igf1_per_free
        level = input_nM_h / loss
        fading = (self.igf1 - level) * (1 - exp(-loss * hours))
        self.produced += input_nM_h * hours
        self.cleared += loss * (level * hours + fading / loss)
        self.igf1 -= fading
        loss = self.free_clearance / self.igf2_per_free
        level = p.p_J / loss
        self.igf2 = level + (self.igf2 - level) * exp(-loss * hours)
        self.capacity = capacity_target_nM + (self.capacity - capacity_target_nM) * exp(
            -hours / p.tau_B
        )
        self._bind()

    def record(self):
        free = self.igf1 / self.igf1_per_free
        return self.igf1, free, self.igf2, self.capacity, self.produced, self.cleared


def _starting_blood(sex, changes, start):
    p = _values(sex, changes)
    if start == "reference":
        igf1 = p.f_0 / p.free_fraction
        return _Blood(p, igf1, p.J_0, p.B_0)
    if start == "steady":
        quiet = {**changes, "infusion_ug_kg_h": 0.0}
        s = steady(sex, **quiet)
        igf1 = ng_ml_to_nmol_l(s.igf1_total_ng_ml)
        return _Blood(p, igf1, s.igf2_total_nM, s.ternary_capacity_nM)
    raise ValueError(f"start must be 'reference' or 'steady', got {start!r}")


def simulate(
    t_end_h=48.0,
    sex="male",
    infusion_ug_kg_h=0.0,
    infusion_start_h=0.0,
    infusion_stop_h=None,
    start="reference",
    step_h=STEP_H,
    **changes,
):
    """Run the axis: pulsing network, liver, binding and their feedback.

    Parameters
    ----------
    t_end_h : float
        Length of the run (h), 0.05 to 2400. Beyond a month use :func:`steady`.
    sex : {"male", "female"}
        Which constants of farhy2007 to use.
    infusion_ug_kg_h : float
        Recombinant IGF-1 (µg/kg/h), 0 to 15.
    infusion_start_h, infusion_stop_h : float
        When the infusion runs (h); without a stop it lasts to the end.
    start : {"reference", "steady"}
        Whether blood starts at the default state of the sex, or settled to ``changes``
        (without the infusion).
    step_h : float
        Step of the network (h), 0.001 to 0.05.
    **changes
        Parameters of the model by name.

    Returns
    -------
    AxisRun

    Raises
    ------
    ValueError
        If a value is outside its range.
    KeyError
        If a change is not a parameter of the model.

    Notes
    -----
    Network farhy2007, liver papathanasiou2021, binding frystyk1994. Each window of the network
    sees the free IGF-1 of its start; blood then sees the window's mean receptor signal.
    """
    t_end_h, step_h = RUN["t_end_h"].check(t_end_h), RUN["step_h"].check(step_h)
    start_h = RUN["infusion_start_h"].check(infusion_start_h)
    stop_h = max(start_h, t_end_h) if infusion_stop_h is None else infusion_stop_h
    stop_h = RUN["infusion_stop_h"].check(stop_h)
    if stop_h < start_h:
        raise ValueError(f"the infusion stops at {stop_h:g} h, before its start at {start_h:g} h")
    changes = {**changes, "infusion_ug_kg_h": infusion_ug_kg_h}
    blood = _starting_blood(sex, changes, start)
    p = blood.p
    network = _Network(p, round(t_end_h / step_h), step_h)
    infusion_nM_h = ng_ml_to_nmol_l(p.infusion_ug_kg_h / p.volume_l_kg)

    slow_time, slow = [0.0], [blood.record()]
    now = network.start
    while now < network.end:
        end = network.advance(now, blood.free_relative)
        begin_h, hours = (now - network.start) * step_h, (end - now) * step_h
        infusing = infusion_nM_h > 0 and begin_h + hours > start_h
        per_h = SUBSTEPS_PER_H_INFUSING if infusing else SUBSTEPS_PER_H
        signal = float(_receptor_signal(network.gh[now + 1 : end + 1], p).mean())
        made = ng_ml_to_nmol_l(_production_ng_ml_h(signal, p))
        target = _capacity_target_nM(signal, p)
        n = max(round(hours * per_h), 1)
        for i in range(n):
            t0, t1 = begin_h + hours * i / n, begin_h + hours * (i + 1) / n
            share = max(min(t1, stop_h) - max(t0, start_h), 0.0) / (t1 - t0)
            blood.advance(t1 - t0, made + infusion_nM_h * share, target)
            slow_time.append(t1)
            slow.append(blood.record())
        now = end

    recorded = slice(network.start, None)
    time_h = np.arange(network.end - network.start + 1) * step_h
    igf1, free, igf2, capacity, produced, cleared = (
        np.interp(time_h, slow_time, column) for column in np.array(slow).T
    )
    return AxisRun(
        time_h=time_h,
        gh_ng_ml=network.gh[recorded],
        ghrh_pg_ml=network.ghrh[recorded],
        somatostatin_pg_ml=network.sst[recorded],
        arcuate_somatostatin_pg_ml=network.arc[recorded],
        igf1_total_ng_ml=igf1 * IGF1_KDA,
        igf1_free_ng_ml=free * IGF1_KDA,
        igf2_total_nM=igf2,
        ternary_capacity_nM=capacity,
        igf1_produced_ng_ml=produced * IGF1_KDA,
        igf1_cleared_ng_ml=cleared * IGF1_KDA,
    )


def steady(sex="male", **changes):
    """Steady state of blood under the changes, with the network pulsing.

    Production and clearance meet at one free IGF-1: clearance acts on the free and the loosely
    bound hormone, so free IGF-1 follows production alone, and production follows from the
    pulses that this free IGF-1 allows. Total IGF-1 is then a matter of binding.

    Parameters
    ----------
    sex : {"male", "female"}
    **changes
        Parameters of the model by name.

    Returns
    -------
    AxisSteady

    Raises
    ------
    ValueError, KeyError
        As :func:`simulate`.

    Notes
    -----
    Takes some 25 ms; :func:`steady_map` is its closed-form stand-in.
    """
    p = _values(sex, changes)
    free_clearance = p.k_f + p.k_o * p.kappa
    infused = p.infusion_ug_kg_h / p.volume_l_kg

    def free_nM(signal):
        return ng_ml_to_nmol_l(_production_ng_ml_h(signal, p) + infused) / free_clearance

    def surplus(free_relative):
        return free_nM(_mean_signal_and_gh(p, free_relative)[0]) / p.f_0 - free_relative

    free_relative = brentq(
        surplus, 0.99 * free_nM(0.0) / p.f_0, 1.01 * free_nM(1.0) / p.f_0, xtol=1e-3, rtol=1e-3
    )
    signal, gh_mean = _mean_signal_and_gh(p, free_relative)
    f, f_J, B = free_nM(signal), p.p_J / free_clearance, _capacity_target_nM(signal, p)
    b = B / (1 + f / p.K_1 + f_J / p.K_2)
    igf1_per_free = 1 + b / p.K_1 + p.kappa
    igf1 = f * igf1_per_free
    return AxisSteady(
        gh_mean_ng_ml=gh_mean,
        receptor_signal=signal,
        igf1_total_ng_ml=igf1 * IGF1_KDA,
        igf1_free_ng_ml=f * IGF1_KDA,
        igf1_relative=igf1 * p.free_fraction / p.f_0,
        igf1_free_relative=f / p.f_0,
        igf2_total_nM=f_J * (1 + b / p.K_2 + p.kappa),
        igf2_free_nM=f_J,
        ternary_capacity_nM=B,
        igf1_half_life_h=log(2) * igf1_per_free / free_clearance,
    )


def _mean_signal_and_gh(p, free_relative, settle_h=12.0, average_h=48.0):
    """Mean receptor signal and GH (ng/mL) of the network at a frozen free IGF-1.

    The mean is weighted by a Hann window, so that a pulse cut at either end hardly counts.
    """
    network = _Network(p, round((settle_h + average_h) / STEP_H), STEP_H)
    now = network.start
    while now < network.end:
        now = network.advance(now, free_relative)
    gh = network.gh[-round(average_h / STEP_H) :]
    weights = np.hanning(gh.size)
    weights /= weights.sum()
    return float(weights @ _receptor_signal(gh, p)), float(weights @ gh)


def steady_map(tx_mult=1.0, igfbp_mult=1.0, pit_mult=1.0):
    """Steady total IGF-1 relative to the reference, in closed form.

    The ternary share follows the capacity and the rest is untouched, because free IGF-1 is set
    by production alone; production and GH release enter as power laws, because feedback
    absorbs part of either:

        I/I₀ = T_x^0.6 m_pit^0.5 (0.15 + 0.85 m_B)

    Parameters
    ----------
    tx_mult, igfbp_mult, pit_mult : float or array_like
        Multipliers on IGF-1 production (T_x), ternary capacity (m_B) and GH release (m_pit),
        0 or more; arrays broadcast.

    Returns
    -------
    float or ndarray
        Within 5 % of :func:`steady` when one multiplier moves over its whole range.

    Raises
    ------
    ValueError
        If a multiplier is negative or not a number.
    """
    multipliers = []
    for name, factor in (("tx", tx_mult), ("igfbp", igfbp_mult), ("pit", pit_mult)):
        factor = np.asarray(factor, dtype=float)
        if not np.all(np.isfinite(factor) & (factor >= 0)):
            raise ValueError(f"{name}_mult must be a number of 0 or more (1 means no change)")
        multipliers.append(factor)
    tx, igfbp, pit = multipliers
    ternary = PARAMETERS["ternary_fraction"].value
    powers = tx ** PARAMETERS["eps_tx"].value * pit ** PARAMETERS["eps_pit"].value
    return (powers * (1 - ternary + ternary * igfbp))[()]


def liver_igf1(gh_ng_ml, **changes):
    """Steady total IGF-1 (ng/mL) at a constant GH with clearance frozen, in closed form.

    I = T_x (K_in + E_max G / (EC50 (1 + P) + G)) / k_0, papathanasiou2021.

    Parameters
    ----------
    gh_ng_ml : float or array_like
        Constant GH (ng/mL), 0 or more.
    **changes
        ``K_in``, ``EC50``, ``tx_mult`` or ``receptor_block``.

    Returns
    -------
    float or ndarray

    Raises
    ------
    ValueError
        If GH is negative or a change is outside its range.
    """
    p = PARAMETERS.values_with(**changes)
    gh = np.asarray(gh_ng_ml, dtype=float)
    if not np.all(np.isfinite(gh) & (gh >= 0)):
        raise ValueError("gh_ng_ml must be 0 or more")
    return (_production_ng_ml_h(_receptor_signal(gh, p), p) / p.k_0)[()]


def pulses(run, skip_h=24.0, prominence_ng_ml=0.15):
    """Find the pulses of growth hormone in a run.

    Parameters
    ----------
    run : AxisRun
    skip_h : float
        Hours left out at the start, while the rhythm settles.
    prominence_ng_ml : float
        Rise above the neighbouring troughs that counts as a pulse (ng/mL).

    Returns
    -------
    Pulses
        Without any pulse the peak and amplitude are those of a flat trace: its mean and 0.

    Raises
    ------
    ValueError
        If less than an hour is left after ``skip_h``.
    """
    if not 0 <= skip_h <= run.time_h[-1] - 1:
        raise ValueError(
            f"skip_h = {skip_h} must be 0 or more and leave an hour or more of the run of "
            f"{run.time_h[-1]:g} h; use a longer run"
        )
    from scipy.signal import find_peaks  # slow to import, and most that use the axis count no pulse

    kept = run.time_h >= skip_h
    time_h, gh = run.time_h[kept], run.gh_ng_ml[kept]
    at, found = find_peaks(gh, prominence=prominence_ng_ml)
    return Pulses(
        time_h=time_h[at],
        peak_ng_ml=gh[at],
        per_day=24.0 * at.size / (time_h[-1] - time_h[0]),
        mean_peak_ng_ml=float(gh[at].mean() if at.size else gh.mean()),
        mean_amplitude_ng_ml=float(found["prominences"].mean() if at.size else 0.0),
        nadir_ng_ml=float(gh.min()),
        mean_ng_ml=float(gh.mean()),
    )


def check(result: AxisRun) -> None:
    """Raise ValueError if a level is negative or IGF-1 is not conserved (to 1e-8)."""
    for name, values in vars(result).items():
        if not np.all(np.isfinite(values)) or np.any(values < 0):
            raise ValueError(f"M1: {name} is negative or not finite")
    change = result.igf1_total_ng_ml - result.igf1_total_ng_ml[0]
    balance = result.igf1_produced_ng_ml - result.igf1_cleared_ng_ml
    if np.any(np.abs(change - balance) > 1e-8 * (1 + result.igf1_produced_ng_ml)):
        raise ValueError("M1: production minus clearance is not the change in total IGF-1")
