"""M5: closure of a skin wound as a travelling front, and collagen of the scar.

Cells at the edge divide and creep inwards while a chemical they make switches division on.
The wound is a disc of radius 1; time runs in units of ``time_unit_h``.
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from types import SimpleNamespace

import numpy as np
from scipy.linalg.lapack import dgttrf, dgttrs

from igf1lab.parameters import Parameter, ParameterSet
from igf1lab.units import HOURS_PER_DAY

PARAMETERS = ParameterSet(
    "M5",
    "human",
    [
        # What a learner turns.
        Parameter("igf1_relative", 1.0, "", "IGF-1 bioactivity, relative to normal", "chosen",
                  reason="1 is normal by definition; burned children given GH reached about 3 "
                  "(herndon1990)", low=0, high=4, step=0.1),
        Parameter("epsilon", 0.35, "", "gain of IGF-1 on cell turnover", "chosen",
                  reason="no published size; three times the IGF-1 then closes a wound about a "
                  "fifth sooner", low=0, high=1, step=0.05),
        Parameter("D", 5e-4, "", "migration of cells (diffusivity)", "verified",
                  "cicatrisation_code", reason="equations of sherratt_murray1991", low=0,
                  high=2e-3, step=5e-5),
        # The published front.
        Parameter("D_c", 0.45, "", "diffusivity of the activator", "verified",
                  "cicatrisation_code", low=0.1, high=1),
        Parameter("lam", 30.0, "", "turnover of the activator", "verified", "cicatrisation_code",
                  low=5, high=60),
        Parameter("h", 10.0, "", "greatest speed-up of division", "verified",
                  "cicatrisation_code", low=2, high=15),
        Parameter("c_m", 40.0, "", "activator level of fastest division", "verified",
                  "cicatrisation_code"),
        Parameter("alpha", 0.1, "", "cell density of greatest activator output", "verified",
                  "cicatrisation_code", low=0.05, high=0.5),
        Parameter("healed", 0.8, "", "cell density that counts as healed", "verified",
                  "cicatrisation_code"),
        Parameter("time_unit_h", 13.6, "h", "hours per unit of model time", "chosen",
                  "sherratt_murray1991",
                  reason="cell-cycle scale, not re-read; makes closure take 11.5 days"),
        # Collagen, relative to unwounded skin.
        Parameter("eta", 0.5, "", "power of cell turnover on collagen synthesis", "chosen",
                  reason="less than proportional; no published size", low=0, high=1, step=0.1),
        Parameter("k_d", math.log(2) / 60, "1/day", "removal of collagen in a healing scar",
                  "chosen", reason="half-life 60 days, much faster than in intact skin",
                  low=math.log(2) / 360, high=math.log(2) / 20),
        Parameter("collagen_start", 0.0, "", "collagen at day 0, relative", "chosen",
                  reason="a fresh wound has none", low=0, high=2, step=0.1),
    ],
)  # fmt: skip

GROWTH_LOW, GROWTH_HIGH = 0.3, 2.0


@dataclass(frozen=True)
class WoundCourse:
    """Closure of one wound.

    ``time`` (model units), ``time_d`` and ``radius`` (of the original radius) run together
    and end at closure; ``closure_time`` and ``closure_time_d`` are NaN if the wound is still
    open at the end. ``cell_density`` and ``activator`` have one row for each of
    ``snapshot_time_d`` and one column for each distance ``r`` from the centre.
    """

    growth: float
    time: np.ndarray
    time_d: np.ndarray
    radius: np.ndarray
    closure_time: float
    closure_time_d: float
    r: np.ndarray
    snapshot_time_d: np.ndarray
    cell_density: np.ndarray
    activator: np.ndarray
    highest_density: float

    def radius_on(self, time_d):
        """Radius on given days: 0 once closed; NaN beyond the end of a run left open."""
        after = np.nan if math.isnan(self.closure_time) else 0.0
        return np.interp(time_d, self.time_d, self.radius, right=after)


def growth_multiplier(igf1_relative, epsilon):
    """Return the IGF-1 factor on cell turnover, 1 at normal, kept within 0.3 to 2."""
    return min(max(1 + epsilon * (igf1_relative - 1), GROWTH_LOW), GROWTH_HIGH)


def division_rate(activator, h=10.0, c_m=40.0):
    """Division rate s(c) of the activator form: 1 at c = 1, h at c = c_m.

    Parameters
    ----------
    activator : float or array
        Activator c, relative to unwounded skin.
    h, c_m : float
        Greatest rate and the level at which it is reached (sherratt_murray1991).

    Returns
    -------
    float or array of the same shape
    """
    beta = (1 + c_m**2 - 2 * h * c_m) / (1 - c_m) ** 2
    return 2 * c_m * (h - beta) * activator / (c_m**2 + activator**2) + beta


def activator_output(density, alpha=0.1):
    """Activator output g(n): 1 at n = 1, greatest at n = alpha (sherratt_murray1991).

    Parameters
    ----------
    density : float or array
        Cell density n, relative to unwounded skin.
    alpha : float
        Density of greatest output.

    Returns
    -------
    float or array of the same shape
    """
    return density * (1 + alpha**2) / (density**2 + alpha**2)


def _implicit_step(diffusivity, decay, r, dt):
    """Return a function that solves (1 + decay dt - D dt ∇²) u = rhs on the disc.

    Symmetry at the centre, fixed value at the rim. The tridiagonal matrix never changes, so
    it is factored once.
    """
    dr = r[1]
    scale = diffusivity * dt / dr**2
    lower, upper = np.empty(r.size - 1), np.empty(r.size - 1)
    main = np.full(r.size, 1 + decay * dt + 2 * scale)
    inner = r[1:-1]
    lower[:-1] = -scale * (1 - dr / (2 * inner))
    upper[1:] = -scale * (1 + dr / (2 * inner))
    main[0] = 1 + decay * dt + 4 * scale
    upper[0] = -4 * scale
    lower[-1], main[-1] = 0.0, 1.0
    factors = dgttrf(lower, main, upper)[:-1]

    def solve(rhs):
        return dgttrs(*factors, rhs)[0]

    return solve


def _healed_edge(density, r, healed):
    """Return the distance from the centre at which the density crosses ``healed``."""
    outside = int(np.argmax(density >= healed))
    if outside == 0:
        return 0.0
    below, above = density[outside - 1], density[outside]
    return r[outside - 1] + r[1] * (healed - below) / (above - below)


@lru_cache(maxsize=32)
def _close(growth, D, D_c, lam, h, c_m, alpha, healed, time_end, nodes, dt, snapshots):
    """Solve the front until the centre is healed; arrays are read-only (they are kept)."""
    r = np.linspace(0, 1, nodes)
    step_cells, step_activator = _implicit_step(D, 0.0, r, dt), _implicit_step(D_c, lam, r, dt)
    density = np.zeros(nodes)
    density[-1] = 1.0
    activator = density.copy()
    radius, rows = [1.0], [(density, activator)]
    steps, highest = round(time_end / dt), 1.0
    while len(radius) <= steps and density[0] < healed:
        division = division_rate(activator, h, c_m)
        rhs = density + dt * growth * density * (division * (2 - density) - 1)
        rhs[-1] = 1.0
        density = step_cells(rhs)
        rhs = activator + dt * lam * activator_output(density, alpha)
        rhs[-1] = 1.0
        activator = step_activator(rhs)
        radius.append(_healed_edge(density, r, healed))
        rows.append((density, activator))
        highest = max(highest, density.max())
    time = dt * np.arange(len(radius))
    closed = density[0] >= healed
    kept = np.unique(np.linspace(0, len(rows) - 1, snapshots).round().astype(int))
    arrays = (
        time,
        np.array(radius),
        r,
        time[kept],
        np.array([rows[k][0] for k in kept]),
        np.array([rows[k][1] for k in kept]),
    )
    for array in arrays:
        array.flags.writeable = False
    return *arrays, float(time[-1]) if closed else math.nan, float(highest)


def simulate(time_end=120.0, nodes=61, dt=0.04, snapshots=41, **changes) -> WoundCourse:
    """Close a round wound: radius over time and snapshots for an animation.

    Diffusion is implicit, reaction explicit. The last runs are kept, so that moving a slider
    that does not touch the front costs nothing.

    Parameters
    ----------
    time_end : float
        Longest run, model time units; the run stops at closure.
    nodes : int
        Points along the radius.
    dt : float
        Time step, model units.
    snapshots : int
        Number of rows kept of cell density and activator, evenly spaced in time.
    **changes : float
        Parameter overrides by name.

    Returns
    -------
    WoundCourse
        Equations of sherratt_murray1991 in their activator form, constants of
        cicatrisation_code; IGF-1 multiplies the whole reaction, which keeps healthy skin
        steady.

    Raises
    ------
    ValueError
        If ``time_end`` or ``dt`` is not positive, there are fewer than 5 nodes or 2
        snapshots, or a change is outside its range.
    """
    if not (time_end > 0 and dt > 0):
        raise ValueError(f"time_end = {time_end} and dt = {dt} must both be above zero")
    if nodes < 5 or snapshots < 2:
        raise ValueError(f"nodes = {nodes}, snapshots = {snapshots}: give at least 5 and 2")
    p = PARAMETERS.values_with(**changes)
    growth = growth_multiplier(p.igf1_relative, p.epsilon)
    time, radius, r, snapshot_time, density, activator, closure_time, highest = _close(
        growth, p.D, p.D_c, p.lam, p.h, p.c_m, p.alpha, p.healed, time_end, nodes, dt, snapshots
    )
    days = p.time_unit_h / HOURS_PER_DAY
    return WoundCourse(
        growth=growth,
        time=time,
        time_d=time * days,
        radius=radius,
        closure_time=closure_time,
        closure_time_d=closure_time * days,
        r=r,
        snapshot_time_d=snapshot_time * days,
        cell_density=density,
        activator=activator,
        highest_density=highest,
    )


def _collagen_rates(p: SimpleNamespace):
    """Return collagen synthesis (1/day, relative units) and removal (1/day)."""
    return p.k_d * growth_multiplier(p.igf1_relative, p.epsilon) ** p.eta, p.k_d


def collagen(time_d, **changes):
    """Collagen of the scar, relative to unwounded skin (closed form).

    Parameters
    ----------
    time_d : float or array
        Days since wounding, zero or more.
    **changes : float
        Parameter overrides by name.

    Returns
    -------
    float or array of the same shape
        Collagen, 1 = unwounded skin at normal IGF-1; model and constants chosen.
    """
    p = PARAMETERS.values_with(**changes)
    synthesis, removal = _collagen_rates(p)
    final = synthesis / removal
    decay = np.exp(-removal * np.asarray(time_d, dtype=float))
    return (final + (p.collagen_start - final) * decay)[()]


def steady(**changes) -> float:
    """Collagen in the long run, relative to unwounded skin at normal IGF-1.

    Parameters
    ----------
    **changes : float
        Parameter overrides by name.

    Returns
    -------
    float
    """
    synthesis, removal = _collagen_rates(PARAMETERS.values_with(**changes))
    return synthesis / removal


def check(result: WoundCourse) -> None:
    """Raise ValueError if a density is out of bounds or the wound reopens.

    Parameters
    ----------
    result : WoundCourse

    Raises
    ------
    ValueError
        If a density or activator is negative or not finite, density reaches 2 (the bound of
        the reaction), or the radius grows by more than a rounding error.
    """
    for name in ("cell_density", "activator"):
        values = getattr(result, name)
        if not (np.isfinite(values).all() and (values >= -1e-9).all()):
            raise ValueError(f"{name} is negative or not finite: take a smaller time step")
    if result.highest_density >= 2:
        raise ValueError("cell density reached 2, the reaction's bound: take a smaller time step")
    if np.any(np.diff(result.radius) > 1e-6):
        raise ValueError("the wound reopened: take a smaller time step")
