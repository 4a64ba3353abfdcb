"""M4: endothelium, nitric oxide, inflammation and plaque.

Repair and injury as competing rates. Apart from the speed at which endothelium grows back
(fitted to one mouse study), every number here is chosen: the model shows which way each lever
pulls and how levers can cancel, not how large an effect is in a person.
"""

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
from scipy.integrate import odeint
from scipy.optimize import brentq

from igf1lab.parameters import Parameter, ParameterSet

_SHAPE = "chosen shape constant; the signs are published, sizes are not"
_UNIT_POINT = "chosen so that E = C = NO = 1 is steady at normal IGF-1 and load"

PARAMETERS = ParameterSet(
    "M4",
    "mouse",
    [
        # What a learner turns.
        Parameter("igf1_relative", 1.0, "", "IGF-1 bioactivity, relative to normal", "chosen",
                  reason="1 is normal by definition", low=0.3, high=2.5, step=0.05),
        Parameter("load", 1.0, "", "lipid and stress load, relative", "chosen",
                  reason="1 is normal by definition; 3 stands for a high-fat ApoE-null mouse",
                  low=0, high=4, step=0.1),
        Parameter("endothelium_start", 1.0, "", "endothelial cover at day 0", "chosen",
                  reason="1 is intact; 0.02 stands for wire denudation", low=0, high=1, step=0.02),
        Parameter("plaque_start", 0.0, "", "plaque index at day 0", "chosen",
                  reason="0 is a young animal; 3 is the model's own steady level at normal load",
                  low=0, high=40, step=1),
        # Rates.
        Parameter("v", 0.0966, "1/day", "advance of the endothelial front", "chosen",
                  "denudation_mice",
                  reason="fitted to 63 % cover 7 days after denudation of the mouse carotid",
                  low=0.02, high=0.3),
        Parameter("alpha", 0.35, "", "half-saturation of the IGF-1 effect", "chosen",
                  ("sukhanov2007", "shai2011"), reason=_SHAPE, low=0.1, high=2, step=0.05),
        Parameter("delta", 0.004, "1/day", "loss of endothelium to inflammation", "chosen",
                  reason=_SHAPE, low=0, high=0.02),
        Parameter("d_C", 1.2, "1/day", "turnover of the inflammation index", "chosen",
                  "reynolds2006", reason="about a day; structure of the published family",
                  low=0.3, high=3),
        Parameter("k_Q", 0.012, "1/day", "plaque growth", "chosen", reason=_SHAPE,
                  low=0, high=0.05),
        Parameter("k_r", 0.004, "1/day", "plaque regression", "chosen",
                  reason="slow: half gone in about 6 months without load", low=0.001, high=0.02),
        # Shape constants of the equations.
        Parameter("edge", 0.05, "", "cover at which the front slows down", "chosen",
                  reason="the two fronts meet: growth stops smoothly at full cover"),
        Parameter("base_drive", 0.3, "", "inflammation without any load", "chosen",
                  reason=_UNIT_POINT),
        Parameter("bare_drive", 1.5, "", "extra inflammation of a bare wall", "chosen",
                  reason=_SHAPE),
        Parameter("NO_brake", 0.6, "", "strength of NO against inflammation", "chosen",
                  reason=_SHAPE, low=0, high=2, step=0.1),
        Parameter("C_scavenge", 0.5, "", "loss of NO to inflammation", "chosen", reason=_SHAPE,
                  low=0, high=1, step=0.1),
    ],
)  # fmt: skip


@dataclass(frozen=True)
class VesselCourse:
    """Course of the vessel wall; arrays of equal length, indices relative to normal (= 1)."""

    time_d: np.ndarray
    endothelium: np.ndarray
    nitric_oxide: np.ndarray
    inflammation: np.ndarray
    plaque: np.ndarray


@dataclass(frozen=True)
class VesselSteady:
    """Steady state of the vessel wall, indices relative to normal (= 1; plaque 3)."""

    endothelium: float
    nitric_oxide: float
    inflammation: float
    plaque: float


def _igf1_effect(p: SimpleNamespace):
    """Return the saturating IGF-1 factor: 1 at normal, at most 1 + alpha."""
    return (1 + p.alpha) * p.igf1_relative / (p.alpha + p.igf1_relative)


def _inflammation_drive(endothelium, p: SimpleNamespace):
    """Return the inflammation drive before the NO brake."""
    load = p.base_drive + (1 - p.base_drive) * p.load
    return load * (1 + p.bare_drive * (1 - endothelium)) * (1 + p.NO_brake)


def _nitric_oxide(endothelium, excess, p: SimpleNamespace):
    return endothelium * _igf1_effect(p) / (1 + p.C_scavenge * excess)


def _cover_rate(endothelium, excess, p: SimpleNamespace):
    bare = 1 - endothelium
    growth = p.v * _igf1_effect(p) * bare / (bare + p.edge)
    return growth - p.delta * excess * endothelium


def _rates(state, p: SimpleNamespace):
    """Return d(endothelium, inflammation, plaque)/dt per day."""
    endothelium, inflammation, plaque = state
    excess = max(inflammation - 1.0, 0.0)
    nitric_oxide = _nitric_oxide(endothelium, excess, p)
    drive = _inflammation_drive(endothelium, p)
    return [
        _cover_rate(endothelium, excess, p),
        p.d_C * (drive / (1 + p.NO_brake * nitric_oxide) - inflammation),
        p.k_Q * p.load * inflammation / ((1 + nitric_oxide) / 2) - p.k_r * plaque,
    ]


def simulate(days=84.0, points=169, **changes) -> VesselCourse:
    """Course of the vessel wall under constant IGF-1 and load.

    Parameters
    ----------
    days : float
        Length of the course, days (12 weeks by default).
    points : int
        Number of times.
    **changes : float
        Parameter overrides by name. Inflammation starts at its normal value, 1.

    Returns
    -------
    VesselCourse
        Arrays of shape ``(points,)``, dimensionless; signs after sukhanov2007 and shai2011,
        front speed after denudation_mice.

    Raises
    ------
    ValueError
        If ``days`` is not positive or a change is outside its range.
    """
    if not days > 0:
        raise ValueError(f"days = {days}: the course needs a positive number of days")
    p = PARAMETERS.values_with(**changes)
    time_d = np.linspace(0, days, points)
    start = [p.endothelium_start, 1.0, p.plaque_start]

    def rates(state, _now):
        return _rates(state.tolist(), p)  # plain floats: faster than array scalars

    endothelium, inflammation, plaque = odeint(rates, start, time_d).T
    excess = np.maximum(inflammation - 1.0, 0.0)
    return VesselCourse(
        time_d, endothelium, _nitric_oxide(endothelium, excess, p), inflammation, plaque
    )


def _inflammation_at(endothelium, p: SimpleNamespace):
    """Return the inflammation that is steady at this endothelial cover.

    C (1 + brake NO) = drive, where NO itself falls once C exceeds 1: linear below, a
    quadratic above.
    """
    drive = _inflammation_drive(endothelium, p)
    brake = p.NO_brake * endothelium * _igf1_effect(p)
    if drive / (1 + brake) <= 1:
        return drive / (1 + brake)
    s = p.C_scavenge
    b, c = 1 - s + brake - s * drive, (1 - s) * drive
    root = (b * b + 4 * s * c) ** 0.5
    # Two forms of the positive root; each is free of cancellation on its side.
    return 2 * c / (b + root) if b > 0 else (root - b) / (2 * s)


def steady(**changes) -> VesselSteady:
    """Steady state under constant IGF-1 and load (one root, found by bracketing).

    Parameters
    ----------
    **changes : float
        Parameter overrides by name; the starting values do not matter.

    Returns
    -------
    VesselSteady

    Raises
    ------
    ValueError
        If a change is outside its range.
    """
    p = PARAMETERS.values_with(**changes)

    def cover_rate(endothelium):
        return _cover_rate(endothelium, max(_inflammation_at(endothelium, p) - 1.0, 0.0), p)

    endothelium = brentq(cover_rate, 0.0, 1.0, xtol=1e-14)
    inflammation = _inflammation_at(endothelium, p)
    nitric_oxide = _nitric_oxide(endothelium, max(inflammation - 1.0, 0.0), p)
    deposition = p.k_Q * p.load * inflammation / ((1 + nitric_oxide) / 2)
    return VesselSteady(endothelium, nitric_oxide, inflammation, deposition / p.k_r)


def check(result: VesselCourse) -> None:
    """Raise ValueError if cover leaves 0 to 1 or an index is negative or not finite.

    Parameters
    ----------
    result : VesselCourse or VesselSteady

    Raises
    ------
    ValueError
        With the name of the quantity that left its range.
    """
    for name in ("endothelium", "nitric_oxide", "inflammation", "plaque"):
        values = np.asarray(getattr(result, name))
        if not (np.isfinite(values).all() and (values >= -1e-6).all()):
            raise ValueError(f"{name} is negative or not finite: it must be zero or more")
    if np.max(result.endothelium) > 1 + 1e-6:
        raise ValueError("endothelium exceeds full cover: it must stay between 0 and 1")
