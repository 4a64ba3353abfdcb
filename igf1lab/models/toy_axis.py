"""A two-parameter toy of M1: one hormone that inhibits its own release after a delay.

    dx/dt = k (2 / (1 + x(t − delay)^strength) − x)

x is growth hormone relative to its steady level, so x = 1 is the steady state for every
strength. Whether the level stays there or pulses depends on the two parameters alone: a
textbook result of linear stability, derived in :func:`critical_delay_h`.
"""

from dataclasses import dataclass

import numpy as np

from igf1lab.parameters import Parameter, ParameterSet

STEP_H = 0.01

PARAMETERS = ParameterSet(
    "toy of M1",
    "human",
    [
        Parameter(
            "delay_h",
            1.0,
            "h",
            "delay of the feedback",
            "chosen",
            (),
            "as in M1, where 1 h gives the number of pulses seen in a day",
            0.0,
            2.0,
            0.05,
        ),
        Parameter(
            "strength",
            4.0,
            "",
            "strength of the feedback (Hill exponent)",
            "chosen",
            (),
            "well above 2, below which no delay makes pulses",
            0.0,
            8.0,
            0.25,
        ),
        Parameter(
            "k",
            3.0,
            "1/h",
            "clearance of growth hormone",
            "verified",
            "farhy2007",
            "half-life 13.9 min; holl1993 measured 14 ± 1 min in the morning",
            1.0,
            6.0,
        ),
    ],
)

RUN_LENGTH = Parameter(
    "t_end_h", 24.0, "h", "length of the run", "chosen", (), "one day", low=1.0, high=240.0
)


@dataclass(frozen=True)
class ToyRun:
    """One run: ``time_h`` (h) and ``gh_relative`` (multiples of the steady level)."""

    time_h: np.ndarray
    gh_relative: np.ndarray


def simulate(t_end_h=24.0, **changes):
    """Step the toy forward from a level of 0.5 held for all time before 0.

    Parameters
    ----------
    t_end_h : float
        Length of the run (h), 1 to 240.
    **changes
        ``delay_h`` (h), ``strength`` or ``k`` (1/h).

    Returns
    -------
    ToyRun
        Arrays of one value every 0.01 h.

    Raises
    ------
    ValueError
        If the length or a change is outside its range.
    """
    p = PARAMETERS.values_with(**changes)
    t_end_h = RUN_LENGTH.check(t_end_h)
    lag, n = round(p.delay_h / STEP_H), round(t_end_h / STEP_H)
    level = [0.5] * (lag + 1)
    for step in range(n):
        release = 2 / (1 + level[step] ** p.strength)
        level.append(level[-1] + STEP_H * p.k * (release - level[-1]))
    return ToyRun(time_h=np.arange(n + 1) * STEP_H, gh_relative=np.array(level[lag:]))


def critical_delay_h(strength=4.0, k=3.0):
    """Delay (h) above which the steady state gives way to pulses; infinite if it never does.

    Near x = 1 the toy is dy/dt = −k y − k β y(t − delay) with β = strength/2. An oscillation
    y = exp(iωt) neither grows nor fades if cos(ω delay) = −1/β and ω = k √(β² − 1), so that
    delay = arccos(−1/β) / (k √(β² − 1)); with β ≤ 1 there is none.

    Raises
    ------
    ValueError
        If strength or k is outside its range.
    """
    p = PARAMETERS.values_with(strength=strength, k=k)
    beta = p.strength / 2
    if beta <= 1:
        return np.inf
    return float(np.arccos(-1 / beta) / (p.k * np.sqrt(beta**2 - 1)))


def check(result: ToyRun) -> None:
    """Raise ValueError unless the level stays between 0 and 2, its largest possible value."""
    if np.any(result.gh_relative < 0) or np.any(result.gh_relative > 2):
        raise ValueError("toy axis: the level left the range 0 to 2")
