"""M2: IGF-1 entry to the brain, adult neurogenesis and amyloid-beta (human).

A saturable gate turns serum IGF-1 into brain IGF-1; a slow lineage of hippocampal cells
integrates it; amyloid-beta settles where production equals clearance. The three live on
different clocks (minutes, months, hours), so each is solved by itself.
"""

import math
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
from scipy.integrate import odeint

from igf1lab.models.gh_axis import REFERENCE_IGF1_NG_ML
from igf1lab.parameters import Parameter, ParameterSet

DAYS_PER_YEAR = 365.0

_OUTPUT = 700.0  # neurons per day and hippocampus, spalding2013
_TURNOVER = 0.0175  # per year, spalding2013
_RHO, _R, _SIGMA = 0.4, 0.6, 0.3

_AGE_YOUNG_Y, _AGE_OLD_Y = 30.0, 80.0

PARAMETERS = ParameterSet(
    "M2",
    "human",
    [
        # What a learner turns.
        Parameter("serum_igf1_ng_ml", REFERENCE_IGF1_NG_ML, "ng/mL", "total IGF-1 in serum", "derived",
                  reason="basal total IGF-1 of the axis model M1", low=0, high=700, step=4),
        Parameter("age_y", 30.0, "years", "age (sets amyloid half-life only)", "chosen",
                  reason="youngest decade with a published half-life", low=20, high=90, step=1),
        Parameter("q", 1.0, "", "blood-brain transport, relative", "chosen",
                  reason="1 at rest; exercise and blood flow are represented by 0.5 to 2",
                  low=0.5, high=2.0, step=0.05),
        Parameter("TNF", 0.0, "", "inflammation (TNF), arbitrary units", "chosen", "carro2002",
                  reason="0 is none; that TNF opposes the IGF-1 effect is published, the scale "
                  "is not", low=0, high=3, step=0.1),
        Parameter("psi", 1.0, "", "secretase activity, relative", "chosen",
                  reason="1 is normal; scales amyloid production", low=0.5, high=1.5, step=0.05),
        # The gate.
        Parameter("K_m", 60.0, "ng/mL", "serum IGF-1 at half-saturation of entry", "chosen",
                  "armstrong2000",
                  reason="puts entry at 71 % of its plateau at 150 ng/mL, because uptake into rat "
                  "CSF levels off above about 150 ng/mL", low=20, high=200, step=5),
        Parameter("J", 2.39, "ng/mL", "brain IGF-1 at full saturation", "chosen",
                  "acromegaly_csf2008",
                  reason="gives CSF IGF-1 2.2 ng/mL at the serum level of untreated acromegaly, "
                  "686.6 ng/mL", low=1, high=5, step=0.1),
        Parameter("k_c", math.log(2) / 0.2, "1/h", "loss of IGF-1 from CSF", "verified",
                  "nagaraja2005",
                  reason="ln 2 / 12 min, half-time measured in the rat", low=1, high=10),
        Parameter("B_loc", 0.0, "ng/mL", "IGF-1 made in the brain itself", "chosen",
                  reason="0 shows the gate alone; no human value found", low=0, high=1, step=0.05),
        Parameter("serum_reference_ng_ml", REFERENCE_IGF1_NG_ML, "ng/mL", "serum IGF-1 called normal", "derived",
                  reason="basal total IGF-1 of the axis model M1"),
        # The lineage, per hippocampus.
        Parameter("S_0", _OUTPUT * (1 - 2 * _RHO) / (2 * (1 - _RHO) * _SIGMA), "cells/day",
                  "progenitors entering from stem cells", "derived", "spalding2013",
                  reason="makes the baseline output 700 neurons a day", low=0, high=1000),
        Parameter("rho", _RHO, "", "share of divisions that renew", "chosen", "ziebell2014",
                  reason="structure as published; below 0.5, so the pool needs an inflow",
                  low=0.2, high=0.45),
        Parameter("r", _R, "1/day", "progenitor division rate", "chosen", "ziebell2014",
                  reason="about one division in 1.7 days; structure as published, rate chosen",
                  low=0.3, high=1.2),
        Parameter("m", 1 / 30, "1/day", "maturation of immature neurons", "chosen", "ziebell2014",
                  reason="about a month to maturity; structure as published, rate chosen",
                  low=1 / 60, high=1 / 15),
        Parameter("sigma", _SIGMA, "", "immature neurons that survive", "chosen", "ziebell2014",
                  reason="most die; structure as published, share chosen", low=0.1, high=0.6),
        Parameter("output_per_day", _OUTPUT, "neurons/day", "new neurons, per hippocampus",
                  "verified", "spalding2013"),
        Parameter("turnover_per_y", _TURNOVER, "1/year", "turnover of the renewing neurons",
                  "verified", "spalding2013"),
        Parameter("e", 0.8, "", "ceiling of the IGF-1 effect on neurogenesis", "chosen",
                  "aberg2000",
                  reason="at most +80 %; infusion in rats raises new cells, size not re-read",
                  low=0.1, high=3, step=0.1),
        # Amyloid-beta.
        Parameter("half_life_young_h", 3.8, "h", "amyloid-beta half-life at 30 years",
                  "unverified", "patterson2015",
                  reason="'about 4 h in the 30s' was read; the decimals were not"),
        Parameter("half_life_old_h", 9.4, "h", "amyloid-beta half-life at 80 years",
                  "unverified", "patterson2015",
                  reason="'more than 10 h past 80' was read; the decimals were not"),
        Parameter("theta", 0.25, "", "share of amyloid clearance that depends on IGF-1", "chosen",
                  "carro2002",
                  reason="direction published (rodents), share chosen; at most 0.9, so that some "
                  "clearance is left without IGF-1", low=0, high=0.9, step=0.05),
        Parameter("FSR", 7.6, "%/h", "amyloid-beta fractional synthesis rate", "verified",
                  "bateman2006", low=2, high=40),
        Parameter("FCR", 8.3, "%/h", "amyloid-beta fractional clearance rate", "verified",
                  "bateman2006",
                  reason="differs from FSR in the source (not exactly steady): kept as printed",
                  low=2, high=40),
        Parameter("infusion_h", 9.0, "h", "duration of the labelled-leucine infusion", "unverified",
                  "bateman2006", low=1, high=24),
    ],
)  # fmt: skip


@dataclass(frozen=True)
class BrainSteady:
    """Steady state of M2 for one person.

    ``brain_relative`` is brain IGF-1 over its reference; ``amyloid_relative`` is
    amyloid-beta over that of a 30-year-old with reference IGF-1.
    """

    brain_igf1_ng_ml: float
    brain_relative: float
    drive: float
    progenitors: float
    immature_neurons: float
    mature_neurons: float
    neurons_added_per_day: float
    amyloid_half_life_h: float
    amyloid_relative: float


@dataclass(frozen=True)
class LineageCourse:
    """Lineage after a step from the reference person at day 0; arrays of equal length."""

    time_d: np.ndarray
    progenitors: np.ndarray
    immature_neurons: np.ndarray
    mature_neurons: np.ndarray
    neurons_added_per_day: np.ndarray
    neurons_lost_per_day: np.ndarray
    brain_igf1_ng_ml: float
    brain_relative: float


def _entry(serum_ng_ml, p: SimpleNamespace):
    """Return brain IGF-1 (ng/mL) at steady state behind the gate."""
    return p.q * p.J * serum_ng_ml / (p.K_m + serum_ng_ml) + p.B_loc


def _brain_relative(brain_ng_ml, p: SimpleNamespace):
    reference = p.J * p.serum_reference_ng_ml / (p.K_m + p.serum_reference_ng_ml)
    return brain_ng_ml / reference


def _drive(relative, p: SimpleNamespace):
    """Return the IGF-1 factor on the inflow of progenitors: 1 at reference, at most 1 + e."""
    return (1 + p.e) * relative / (p.e + relative)


def _mature_loss_per_day(p: SimpleNamespace):
    return p.turnover_per_y / DAYS_PER_YEAR


def _lineage_rates(state, drive, p: SimpleNamespace):
    """Return d(progenitors, immature, mature)/dt in cells per day (after ziebell2014)."""
    progenitors, immature, mature = state
    return [
        p.S_0 * drive - (1 - 2 * p.rho) * p.r * progenitors,
        2 * (1 - p.rho) * p.r * progenitors - p.m * immature,
        p.sigma * p.m * immature - _mature_loss_per_day(p) * mature,
    ]


def _lineage_steady(drive, p: SimpleNamespace):
    progenitors = p.S_0 * drive / ((1 - 2 * p.rho) * p.r)
    immature = 2 * (1 - p.rho) * p.r * progenitors / p.m
    return progenitors, immature, p.sigma * p.m * immature / _mature_loss_per_day(p)


def _half_life_h(p: SimpleNamespace):
    """Return amyloid-beta half-life (h) at this age, a line through the two published ages."""
    slope = (p.half_life_old_h - p.half_life_young_h) / (_AGE_OLD_Y - _AGE_YOUNG_Y)
    return p.half_life_young_h + slope * (p.age_y - _AGE_YOUNG_Y)


def _amyloid_rates(relative, p: SimpleNamespace):
    """Return production (relative units/h) and clearance (1/h) of amyloid-beta."""
    igf1_share = p.theta * relative / (1 + p.TNF)
    clearance = math.log(2) / _half_life_h(p) * (1 - p.theta + igf1_share)
    return math.log(2) / p.half_life_young_h * p.psi, clearance


def brain_igf1(serum_igf1_ng_ml, **changes):
    """Brain IGF-1 behind the saturable gate, at steady state.

    Parameters
    ----------
    serum_igf1_ng_ml : float or array
        Total IGF-1 in serum, ng/mL, zero or more.
    **changes : float
        Parameter overrides by name.

    Returns
    -------
    float or array of the same shape
        Brain (CSF) IGF-1, ng/mL; plateau after armstrong2000.

    Raises
    ------
    ValueError
        If a level is negative or not finite, or a change is outside its range.
    """
    serum = np.asarray(serum_igf1_ng_ml, dtype=float)
    if not (np.isfinite(serum).all() and (serum >= 0).all()):
        raise ValueError("serum IGF-1 must be zero or more, in ng/mL: check the values given")
    return _entry(serum, PARAMETERS.values_with(**changes))[()]


def gate_course(minutes=60.0, points=121, **changes):
    """Brain IGF-1 after a step from the reference person to the given one.

    Parameters
    ----------
    minutes : float
        Length of the course, min.
    points : int
        Number of times.
    **changes : float
        Parameter overrides by name.

    Returns
    -------
    tuple of array
        Time (min) and brain IGF-1 (ng/mL), each of shape ``(points,)``; first-order loss
        after nagaraja2005.
    """
    p = PARAMETERS.values_with(**changes)
    time_min = np.linspace(0, minutes, points)
    before, after = steady().brain_igf1_ng_ml, _entry(p.serum_igf1_ng_ml, p)
    return time_min, after + (before - after) * np.exp(-p.k_c * time_min / 60)


def steady(**changes) -> BrainSteady:
    """Steady state of gate, lineage and amyloid-beta (all in closed form).

    Parameters
    ----------
    **changes : float
        Parameter overrides by name.

    Returns
    -------
    BrainSteady

    Raises
    ------
    ValueError
        If a change is outside its range.
    """
    p = PARAMETERS.values_with(**changes)
    brain = _entry(p.serum_igf1_ng_ml, p)
    relative = _brain_relative(brain, p)
    drive = _drive(relative, p)
    progenitors, immature, mature = _lineage_steady(drive, p)
    production, clearance = _amyloid_rates(relative, p)
    return BrainSteady(
        brain_igf1_ng_ml=brain,
        brain_relative=relative,
        drive=drive,
        progenitors=progenitors,
        immature_neurons=immature,
        mature_neurons=mature,
        neurons_added_per_day=p.sigma * p.m * immature,
        amyloid_half_life_h=math.log(2) / clearance,
        amyloid_relative=production / clearance,
    )


def simulate(days=365.0, points=366, **changes) -> LineageCourse:
    """Hippocampal lineage after a step from the reference person to the given one at day 0.

    Parameters
    ----------
    days : float
        Length of the course, days.
    points : int
        Number of times.
    **changes : float
        Parameter overrides by name; all take effect at day 0.

    Returns
    -------
    LineageCourse
        Arrays of shape ``(points,)``; compartments after ziebell2014, calibrated to
        spalding2013.

    Raises
    ------
    ValueError
        If ``days`` is not positive or a change is outside its range.
    """
    if not days > 0:
        raise ValueError(f"days = {days}: the course needs a positive number of days")
    p = PARAMETERS.values_with(**changes)
    brain = _entry(p.serum_igf1_ng_ml, p)
    relative = _brain_relative(brain, p)
    drive = _drive(relative, p)
    time_d = np.linspace(0, days, points)
    start = _lineage_steady(1.0, PARAMETERS.values_with())

    def rates(state, _now):
        return _lineage_rates(state.tolist(), drive, p)  # plain floats: faster than array scalars

    progenitors, immature, mature = odeint(rates, start, time_d, rtol=1e-9, atol=1e-6).T
    return LineageCourse(
        time_d=time_d,
        progenitors=progenitors,
        immature_neurons=immature,
        mature_neurons=mature,
        neurons_added_per_day=p.sigma * p.m * immature,
        neurons_lost_per_day=_mature_loss_per_day(p) * mature,
        brain_igf1_ng_ml=brain,
        brain_relative=relative,
    )


def amyloid_course(hours=48.0, points=193, **changes):
    """Amyloid-beta after a step from the reference person to the given one.

    Parameters
    ----------
    hours : float
        Length of the course, h.
    points : int
        Number of times.
    **changes : float
        Parameter overrides by name.

    Returns
    -------
    tuple of array
        Time (h) and amyloid-beta relative to age 30 with reference IGF-1, each of shape
        ``(points,)``; age dependence after patterson2015.
    """
    p = PARAMETERS.values_with(**changes)
    production, clearance = _amyloid_rates(_brain_relative(_entry(p.serum_igf1_ng_ml, p), p), p)
    time_h = np.linspace(0, hours, points)
    final = production / clearance
    return time_h, final + (1 - final) * np.exp(-clearance * time_h)


def labelled_fraction(time_h, **changes):
    """Labelled share of CSF amyloid-beta in a stable-isotope (SILK) study, percent.

    Rises as (FSR/FCR)(1 - exp(-FCR t)) while labelled leucine is infused, then decays
    (bateman2006).

    Parameters
    ----------
    time_h : float or array
        Time since the infusion began, h, zero or more.
    **changes : float
        Parameter overrides: ``FSR``, ``FCR``, ``infusion_h``.

    Returns
    -------
    float or array of the same shape
        Labelled share, percent of newly made label.
    """
    p = PARAMETERS.values_with(**changes)
    time = np.asarray(time_h, dtype=float)
    rate = p.FCR / 100
    rise = p.FSR / p.FCR * -np.expm1(-rate * np.minimum(time, p.infusion_h))
    return (100 * rise * np.exp(-rate * np.maximum(time - p.infusion_h, 0)))[()]


def check(result: LineageCourse) -> None:
    """Raise ValueError if a lineage course is negative or loses or makes cells.

    Parameters
    ----------
    result : LineageCourse

    Raises
    ------
    ValueError
        If a count is negative or not finite, or the change of mature neurons differs from
        neurons added less neurons lost.
    """
    for name in ("progenitors", "immature_neurons", "mature_neurons"):
        counts = getattr(result, name)
        if not (np.isfinite(counts).all() and (counts >= -1e-6).all()):
            raise ValueError(f"{name} is negative or not finite: the lineage must count cells")
    net = result.neurons_added_per_day - result.neurons_lost_per_day
    gained = np.trapezoid(net, result.time_d)
    turned_over = np.trapezoid(result.neurons_added_per_day, result.time_d)
    change = result.mature_neurons[-1] - result.mature_neurons[0]
    if abs(change - gained) > 1e-3 * turned_over + 1e-3:
        raise ValueError(f"mature neurons changed by {change:g} but gained {gained:g}")
