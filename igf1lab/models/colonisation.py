"""M10: microbes colonise a mouse; antibiotics and SCFA drinking water; IGF-1 and body length.

A mouse model, never mixed with human numbers. Three groups of microbes (relative abundance)
grow, compete and cross-feed; their short-chain fatty acids (SCFAs) set an index that is 1 in a
conventional mouse; the index sets serum IGF-1 relative to a conventional mouse; IGF-1 sets the
rate of growth in length. An :class:`Arm` says what is done to one group of mice, so that an
experiment is a list of arms.

The effect sizes are chosen. The published papers (yan2016, schwarzer2016) give directions and
significance; no group means were read. SCFA water (scfa_water_mice) delivers about 0.6 mmol/d,
perhaps a quarter of what a mouse's own colon makes: hence ``s_w`` about 0.3, and hence ``K`` must
be small, a saturating response, for the rescue to work at all. A rescue shows that SCFA water is
enough to raise IGF-1, not that SCFAs are how microbes do it. The model starts from the observed
IGF-1, not from receptors or histones: those mechanisms are far too weak to explain it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from math import exp, isfinite

import numpy as np
from scipy.integrate import odeint

from igf1lab.parameters import Parameter, ParameterSet, chosen

GROUPS = {
    "degraders": "fibre degraders, which make acetate and propionate",
    "cross_feeders": "butyrate makers that live on the degraders' products",
    "facultatives": "fast facultative anaerobes, first to arrive",
}
_WEANING_D = 21.0
_DAY_DECIMALS = 6  # a tenth of a second: two times are then equal or safely apart


_ORDER = "chosen for the order of events: bloom of facultatives, then exclusion, in about a week"
_KILL = "fast enough to hold the group down; no kill rate was found"
_IGF1 = "direction published, no group mean read; size chosen"

PARAMETERS = ParameterSet(
    "M10",
    "mouse",
    [
        chosen("mu_d", 1.5, "1/d", "Growth of degraders", _ORDER, 0.75, 3),
        chosen("mu_b", 1.2, "1/d", "Growth of cross-feeders", _ORDER, 0.6, 2.4),
        chosen("mu_f", 3.0, "1/d", "Growth of facultatives", _ORDER, 1.5, 6),
        chosen("a_df", 0.2, "", "Degraders held back by facultatives", _ORDER, 0, 0.8),
        chosen("a_fd", 3.0, "", "Facultatives held back by degraders", _ORDER, 1.5, 6),
        chosen("a_fb", 2.0, "", "Facultatives held back by cross-feeders", _ORDER, 0, 4),
        chosen("feed_half", 0.3, "", "Degraders for half of full cross-feeding", _ORDER, 0.1, 0.6),
        chosen("b_full", 0.35, "", "Cross-feeders in a conventional mouse", _ORDER, 0.2, 0.5),
        chosen("kill_d", 6.0, "1/d", "Antibiotic kill of degraders", _KILL, 0, 12),
        chosen("kill_b", 6.0, "1/d", "Antibiotic kill of cross-feeders", _KILL, 0, 12),
        chosen("kill_f", 1.0, "1/d", "Antibiotic kill of facultatives", "resistant", 0, 6),
        chosen(
            "eps_seed",
            1e-6,
            "1/d",
            "Arrival of each group from cage and food",
            "lets microbes return after antibiotics; 0 makes an extinction final; always 0 in an "
            "isolator",
            0,
            1e-3,
        ),
        chosen(
            "extinct_below",
            1e-9,
            "",
            "Abundance taken as extinct",
            "a few cells in a gut of some 10¹⁰; applied when the conditions change",
        ),
        chosen("inoculum_d", 1e-3, "", "Degraders given", "a gavage of a dilute stool", 0, 0.1),
        chosen("inoculum_b", 1e-3, "", "Cross-feeders given", "as the degraders", 0, 0.1),
        chosen("inoculum_f", 1e-2, "", "Facultatives given", "survive the gavage best", 0, 0.1),
        chosen(
            "share_d",
            0.75,
            "",
            "Share of the SCFA index made by degraders",
            "acetate and propionate are most of the SCFA; cross-feeders make the rest",
            0.5,
            1,
        ),
        chosen(
            "s_w",
            0.3,
            "",
            "SCFA index from SCFA water",
            "about 0.6 mmol/d in water against some four times that made in a mouse's colon",
            0,
            0.6,
            step=0.05,
            source="scfa_water_mice",
        ),
        chosen(
            "igf1_germ_free",
            0.75,
            "",
            "IGF-1 of a germ-free mouse, conventional = 1",
            _IGF1,
            0.5,
            1,
            step=0.05,
            source="yan2016",
        ),
        chosen(
            "K",
            0.15,
            "",
            "SCFA index for half of the largest IGF-1 response",
            "small, or SCFA water could not restore IGF-1 as published",
            0.05,
            1,
            step=0.05,
            source="yan2016",
        ),
        chosen(
            "igf1_half_time_d",
            2.0,
            "d",
            "Half-time of the IGF-1 response",
            "days, as for total IGF-1",
            0.5,
            7,
        ),
        chosen("v_0", 1.25, "mm/d", "Growth in length at weaning", "order of size", 0.8, 1.8),
        chosen("tau_g", 20.0, "d", "Time constant of growth slowing", "adult by 8 weeks", 10, 40),
        chosen("gamma_L", 1.0, "", "Power of IGF-1 on growth in length", "simplest", 0, 2),
        chosen("age_start_d", 21.0, "d", "Age at day 0", "weaning", 21, 120, step=1),
        Parameter(
            "water_acetate_mM", 67.5, "mM", "Acetate in SCFA water", "verified", "scfa_water_mice"
        ),
        Parameter(
            "water_propionate_mM",
            25.9,
            "mM",
            "Propionate in SCFA water",
            "verified",
            "scfa_water_mice",
        ),
        Parameter(
            "water_butyrate_mM", 40.0, "mM", "Butyrate in SCFA water", "verified", "scfa_water_mice"
        ),
        chosen("water_ml_d", 4.5, "mL/d", "Water drunk by a mouse", "usual 4-5 mL/d", 3, 6),
    ],
)


@dataclass(frozen=True)
class Arm:
    """What is done to one group of mice.

    Parameters
    ----------
    begins : {"germ-free", "conventional"}
        State on day 0. Germ-free mice stay in an isolator until they are colonised.
    colonised_on_d : float, optional
        Day on which the inoculum is given.
    antibiotics_d, scfa_water_d : tuple of float, optional
        First and last day of each treatment; the last may be ``inf``.

    Raises
    ------
    ValueError
        If a word or a period makes no sense.
    """

    begins: str = "conventional"
    colonised_on_d: float | None = None
    antibiotics_d: tuple[float, float] | None = None
    scfa_water_d: tuple[float, float] | None = None

    def __post_init__(self):
        if self.begins not in ("germ-free", "conventional"):
            raise ValueError(f"begins must be 'germ-free' or 'conventional', not {self.begins!r}")
        if self.colonised_on_d is not None and not self.colonised_on_d >= 0:
            raise ValueError("colonised_on_d must be a day from 0 on")
        for name in ("antibiotics_d", "scfa_water_d"):
            period = getattr(self, name)
            if period is not None and not (len(period) == 2 and 0 <= period[0] < period[1]):
                raise ValueError(f"{name} must be (first day, last day), both from day 0 on")

    def switches_d(self) -> list[float]:
        """Days on which conditions change, in order, rounded; infinite ones left out."""
        periods = (self.antibiotics_d, self.scfa_water_d)
        days = {day for period in periods if period is not None for day in period}
        if self.colonised_on_d is not None:
            days.add(self.colonised_on_d)
        return sorted({round(day, _DAY_DECIMALS) for day in days if isfinite(day)})

    def on_antibiotics(self, day: float) -> bool:
        """Whether antibiotics are given on ``day``."""
        return (
            self.antibiotics_d is not None and self.antibiotics_d[0] <= day < self.antibiotics_d[1]
        )

    def on_scfa_water(self, day: float) -> bool:
        """Whether SCFA water is given on ``day``."""
        return self.scfa_water_d is not None and self.scfa_water_d[0] <= day < self.scfa_water_d[1]

    def exposed(self, day: float) -> bool:
        """Whether microbes can reach the mouse on ``day``."""
        if self.begins == "conventional":
            return True
        return self.colonised_on_d is not None and day >= self.colonised_on_d


_FOREVER = float("inf")
ARMS = {
    "germ-free": Arm("germ-free"),
    "colonised": Arm("germ-free", colonised_on_d=0.0),
    "conventional": Arm(),
    "antibiotics": Arm(antibiotics_d=(0.0, _FOREVER)),
    "antibiotics, then SCFA water too": Arm(
        antibiotics_d=(0.0, _FOREVER), scfa_water_d=(14.0, _FOREVER)
    ),
    "antibiotics stopped": Arm(antibiotics_d=(0.0, 14.0)),
}


@dataclass(frozen=True)
class MouseRun:
    """One arm over time; every entry is an array of the run's length.

    Abundances, ``scfa_index`` and ``igf1_rel`` are relative to a conventional mouse (degraders
    1, cross-feeders ``b_full``); ``length_gain_mm`` counts from day 0.
    """

    time_d: np.ndarray
    age_d: np.ndarray
    degraders: np.ndarray
    cross_feeders: np.ndarray
    facultatives: np.ndarray
    scfa_index: np.ndarray
    igf1_rel: np.ndarray
    length_gain_mm: np.ndarray


def igf1_set_point(scfa_index, **changes: float):
    """IGF-1 (conventional = 1) that a lasting SCFA index leads to; number or array.

    Raises
    ------
    ValueError
        If the index is negative or a parameter is out of range.
    """
    if np.any(np.asarray(scfa_index) < 0):
        raise ValueError("scfa_index must not be negative")
    return _set_point(PARAMETERS.values_with(**changes), scfa_index)


def _set_point(p, s):
    """Saturating response: the germ-free level at s = 0 and 1 at s = 1."""
    return p.igf1_germ_free + (1.0 - p.igf1_germ_free) * s * (1.0 + p.K) / (p.K + s)


def _derivative(p, antibiotic, water, seed, present):
    """Right-hand side on plain floats, for constant conditions.

    ``present`` says of each group whether it exists or can arrive: without it the round-off of
    an implicit step (1e-17) would grow into a population that nobody brought.
    """
    has_d, has_b, has_f = (float(here) for here in present)
    kill_d, kill_b, kill_f = p.kill_d * antibiotic, p.kill_b * antibiotic, p.kill_f * antibiotic
    from_water, share_d, share_b = p.s_w * water, p.share_d, (1.0 - p.share_d) / p.b_full
    k_igf1 = np.log(2.0) / p.igf1_half_time_d
    mu_d, mu_b, mu_f, a_df, a_fd, a_fb = p.mu_d, p.mu_b, p.mu_f, p.a_df, p.a_fd, p.a_fb
    feed_half, b_full = p.feed_half, p.b_full
    since_weaning, v_0, tau_g, gamma = p.age_start_d - _WEANING_D, p.v_0, p.tau_g, p.gamma_L

    def derivative(y, t):
        d, b, f, igf1, _ = (v if v > 0.0 else 0.0 for v in y.tolist())
        d, b, f = has_d * d, has_b * b, has_f * f
        fed = (1.0 + feed_half) * d / (feed_half + d)
        return (
            d * (mu_d * (1.0 - d - a_df * f) - kill_d) + seed,
            b * (mu_b * (fed - b / b_full) - kill_b) + seed,
            f * (mu_f * (1.0 - f - a_fd * d - a_fb * b) - kill_f) + seed,
            k_igf1 * (_set_point(p, share_d * d + share_b * b + from_water) - igf1),
            v_0 * exp(-(since_weaning + t) / tau_g) * igf1**gamma,
        )

    return derivative


def _arm(arm):
    """Return an arm by name, or the arm itself."""
    if isinstance(arm, Arm):
        return arm
    if arm not in ARMS:
        raise ValueError(f"{arm!r} is not an arm; choose from {list(ARMS)} or pass an Arm")
    return ARMS[arm]


def simulate(
    arm: str | Arm = "colonised", t_end_d: float = 60.0, *, n_times: int = 241, **changes: float
) -> MouseRun:
    """Run one arm of an experiment.

    Parameters
    ----------
    arm : str or Arm
        A name in ``ARMS`` or an arm of your own.
    t_end_d : float
        Length of the run (d), above 0 and at most 730.
    n_times : int
        Number of equally spaced times in the result, both ends included.
    **changes : float
        Overrides of ``PARAMETERS`` by name, for example ``s_w=0.5``.

    Returns
    -------
    MouseRun
        Arrays of length ``n_times``.

    Raises
    ------
    ValueError
        If the arm is unknown or a value is out of range.
    KeyError
        If a name in ``changes`` is not a parameter.

    Notes
    -----
    Directions: yan2016 (IGF-1), schwarzer2016 (length). Sizes: chosen.
    """
    p, arm = PARAMETERS.values_with(**changes), _arm(arm)
    if not 0.01 <= t_end_d <= 730:
        raise ValueError(f"t_end_d = {t_end_d} d must be from 0.01 to 730 d")
    time_d = np.round(np.linspace(0.0, t_end_d, n_times), _DAY_DECIMALS)
    last = float(time_d[-1])
    if arm.begins == "conventional":
        state = np.array([1.0, p.b_full, 0.0, 1.0, 0.0])
    else:
        state = np.array([0.0, 0.0, 0.0, p.igf1_germ_free, 0.0])
    y = np.empty((n_times, 5))
    water = np.empty(n_times)
    edges = [0.0, *(day for day in arm.switches_d() if 0 < day < last), last]
    for begin, end in pairwise(edges):
        state[:3] = np.where(state[:3] < p.extinct_below, 0.0, state[:3])
        if arm.colonised_on_d is not None and begin == round(arm.colonised_on_d, _DAY_DECIMALS):
            state[:3] += (p.inoculum_d, p.inoculum_b, p.inoculum_f)
        middle = (begin + end) / 2
        on_water = arm.on_scfa_water(middle)
        seed = p.eps_seed * arm.exposed(middle)
        present = (state[:3] > 0.0) | (seed > 0.0)
        inside = (time_d >= begin) & (time_d <= end)
        times = np.union1d(time_d[inside], [begin, end])
        # hmax keeps a step from leaping over the growth of a rare newcomer.
        part, report = odeint(
            _derivative(p, arm.on_antibiotics(middle), on_water, seed, present),
            state,
            times,
            rtol=1e-6,
            atol=1e-10,
            hmax=1.0,
            mxstep=5000,
            full_output=True,
        )
        if report["message"] != "Integration successful.":
            raise RuntimeError(f"the mouse model could not be integrated: {report['message']}")
        part[:, :3] *= present
        y[inside] = part[np.searchsorted(times, time_d[inside])]
        water[inside] = on_water
        state = part[-1].copy()
    y = np.maximum(y, 0.0)
    d, b, f, igf1, length = y.T
    return MouseRun(
        time_d=time_d,
        age_d=p.age_start_d + time_d,
        degraders=d,
        cross_feeders=b,
        facultatives=f,
        scfa_index=p.share_d * d + (1.0 - p.share_d) * b / p.b_full + p.s_w * water,
        igf1_rel=igf1,
        length_gain_mm=length,
    )


def experiment(
    arms: Iterable[str] | dict[str, Arm] = ("germ-free", "colonised", "conventional"),
    t_end_d: float = 60.0,
    *,
    n_times: int = 241,
    **changes: float,
) -> dict[str, MouseRun]:
    """Run several arms side by side: names in ``ARMS``, or a dictionary of arms of your own.

    Returns
    -------
    dict of str to MouseRun
        One run per arm, in the order given. Errors are those of :func:`simulate`.
    """
    chosen = arms if isinstance(arms, dict) else {name: name for name in arms}
    return {
        name: simulate(arm, t_end_d, n_times=n_times, **changes) for name, arm in chosen.items()
    }


def steady(arm: str | Arm = "conventional", **changes: float) -> dict[str, float]:
    """Where an arm ends: abundances, ``scfa_index`` and ``igf1_rel`` after a year."""
    run = simulate(arm, 365.0, n_times=2, **changes)
    names = (*GROUPS, "scfa_index", "igf1_rel")
    return {name: float(getattr(run, name)[-1]) for name in names}


def scfa_water_mmol_d(**changes: float) -> float:
    """SCFA that a mouse drinks with SCFA water (mmol/d), from scfa_water_mice."""
    p = PARAMETERS.values_with(**changes)
    mM = p.water_acetate_mM + p.water_propionate_mM + p.water_butyrate_mM
    return mM * p.water_ml_d / 1000.0


def check(run: MouseRun) -> None:
    """Raise ``ValueError`` if a run has a negative or infinite value, or if length shrinks."""
    for name, values in vars(run).items():
        if not (np.isfinite(values).all() and np.min(values) >= 0):
            raise ValueError(f"{name} must be finite and never negative")
    if np.any(np.diff(run.length_gain_mm) < -1e-9):
        raise ValueError("length_gain_mm must never fall")
