"""M8: HDAC inhibition, histone acetylation and bursting transcription of one gene.

Short-chain fatty acids inhibit histone deacetylases; acetylation settles where adding and
removing balance; acetylation sets how often a promoter switches on; bursts set the noise.
The gene is a generic one: histone deacetylase inhibitors change about 9 % of genes, as many
down as up (hdaci_genes2012), so nothing here says that IGF1 is among them.
"""

from dataclasses import dataclass
from math import ceil, inf, log

import numpy as np
from scipy.integrate import odeint

from igf1lab.models import liver
from igf1lab.parameters import Parameter, ParameterSet

# Lowest and highest IC50 of butyrate that were read (mmol/L), isolated HDAC1, 2, 3 and 8 in two assays:
# the rows of the dataset hdac_inhibition, against which a test holds them.
IC50_BUTYRATE_READ_MM = (0.009, 0.4)

PARAMETERS = ParameterSet(
    "M8",
    "cell",
    [
        Parameter(
            "butyrate_mM",
            liver.PARAMETERS["butyrate_mM"].value,
            "mmol/L",
            "butyrate around the cell",
            "verified",
            "peters1992",
            "fasting portal blood",
            0.0,
            20.0,
        ),
        Parameter(
            "propionate_mM",
            liver.PARAMETERS["propionate_mM"].value,
            "mmol/L",
            "propionate around the cell",
            "verified",
            "peters1992",
            "fasting portal blood",
            0.0,
            20.0,
        ),
        Parameter(
            "ic_butyrate",
            0.3,
            "mmol/L",
            "butyrate that halves HDAC activity",
            "unverified",
            ("histone1978", "waldecker_table"),
            "reported values span about 0.09 to 0.8 mM and were not re-read",
            0.05,
            1.0,
        ),
        Parameter(
            "ic_propionate",
            2.0,
            "mmol/L",
            "propionate that halves HDAC activity",
            "chosen",
            "waldecker_table",
            "active in colon-cell extracts, weaker than butyrate; no potency re-read",
            0.5,
            10.0,
        ),
        Parameter(
            "acetyl_half_life",
            1.5,
            "h",
            "half-life of an acetyl mark",
            "verified",
            ("acetylation_turnover2013", "waterborg_review"),
            "fast sites turn over in 1 to 2 h; a review gives minutes in active chromatin",
            5 / 60,
            2.0,
        ),
        Parameter(
            "a_0",
            0.2,
            "",
            "acetylated fraction without inhibitor",
            "chosen",
            "acetylation_turnover2013",
            "full inhibition then gives at most a 5-fold rise; fast sites rise 2- to 10-fold",
            0.05,
            0.6,
        ),
        Parameter(
            "k_on_0",
            0.6,
            "1/h",
            "promoter switching on, at rest",
            "chosen",
            "bahar_halpern2015",
            "liver genes are bursty; no rate re-read",
            0.05,
            5.0,
        ),
        Parameter(
            "k_off",
            2.4,
            "1/h",
            "promoter switching off",
            "chosen",
            "bahar_halpern2015",
            "liver genes are bursty; no rate re-read",
            0.0,
            10.0,
        ),
        Parameter(
            "k_tx",
            100.0,
            "mRNA/h",
            "transcription while all alleles are on",
            "chosen",
            "bahar_halpern2015",
            "about 170 copies a cell",
            1.0,
            500.0,
        ),
        Parameter(
            "mrna_half_life",
            6.0,
            "h",
            "half-life of the mRNA",
            "chosen",
            (),
            "hours, as for many liver mRNAs",
            0.5,
            24.0,
        ),
        Parameter(
            "gamma",
            1.0,
            "",
            "steepness from acetylation to switching on",
            "chosen",
            (),
            "proportional, for want of a measurement; 0 is a sheltered promoter",
            0.0,
            3.0,
        ),
        Parameter(
            "alleles",
            1.0,
            "",
            "independent copies of the gene",
            "chosen",
            "bahar_halpern2015",
            "one for the simplest noise; polyploidy lowers noise",
            1.0,
            8.0,
            1.0,
        ),
    ],
)


def hdac_activity(butyrate_mM, propionate_mM, ic_butyrate, ic_propionate):
    """Fraction of HDAC activity left, 1 without inhibitor (histone1978, waldecker_table).

    Parameters
    ----------
    butyrate_mM, propionate_mM, ic_butyrate, ic_propionate : float or ndarray
        Concentrations and half-inhibiting concentrations, mmol/L; shapes broadcast.

    Returns
    -------
    float or ndarray
    """
    return 1.0 / (1.0 + butyrate_mM / ic_butyrate + propionate_mM / ic_propionate)


def acetylated_fraction(hdac, a_0):
    """Steady acetylated fraction at HDAC activity ``hdac``; ``a_0`` is its value at 1.

    The quotient k_a/(k_a + k_d h) with k_a fixed by the resting state. Inputs broadcast.
    """
    return a_0 / (a_0 + (1.0 - a_0) * hdac)


@dataclass(frozen=True)
class Expression:
    """Steady state of one gene in a population of cells."""

    hdac_activity: float
    acetylated: float
    acetylation_fold: float
    k_on_per_h: float
    mrna_mean: float
    mrna_fano: float
    mrna_cv: float
    expression_fold: float


@dataclass(frozen=True)
class MeanField:
    """Average of many cells after short-chain fatty acids are added at time 0."""

    time_h: np.ndarray
    acetylated: np.ndarray
    promoter_on: np.ndarray
    mrna: np.ndarray


@dataclass(frozen=True)
class CellTrace:
    """One cell, event by event: a value holds from its time to the next one."""

    time_h: np.ndarray
    alleles_on: np.ndarray
    mrna: np.ndarray


@dataclass(frozen=True)
class Population:
    """Cells drawn at random: ``mrna`` has shape (points, cells)."""

    time_h: np.ndarray
    mrna: np.ndarray

    @property
    def mean(self):
        """Mean mRNA of the cells at each time."""
        return self.mrna.mean(axis=1)

    @property
    def fano(self):
        """Variance divided by mean at each time."""
        return self.mrna.var(axis=1, ddof=1) / self.mean


def _rates(changes):
    """Parameter values plus the rates derived from them."""
    p = PARAMETERS.values_with(**changes)
    if p.alleles != round(p.alleles):
        raise ValueError(f"alleles = {p.alleles} must be a whole number")
    p.alleles = int(p.alleles)
    p.hdac = hdac_activity(p.butyrate_mM, p.propionate_mM, p.ic_butyrate, p.ic_propionate)
    p.a_end = acetylated_fraction(p.hdac, p.a_0)
    k_d = log(2) / p.acetyl_half_life
    p.acetyl_rate = k_d * (p.a_0 / (1 - p.a_0) + p.hdac)
    p.delta = log(2) / p.mrna_half_life
    return p


def _acetylated_at(time_h, p):
    """Acetylated fraction at ``time_h`` after the acids are added to resting cells."""
    return p.a_end + (p.a_0 - p.a_end) * np.exp(-p.acetyl_rate * time_h)


def _k_on(acetylated, p):
    return p.k_on_0 * (acetylated / p.a_0) ** p.gamma


def telegraph_mean(k_on, k_off, k_tx, delta):
    """Mean mRNA of a promoter that switches on and off (two-state model, bahar_halpern2015)."""
    return k_tx / delta * k_on / (k_on + k_off)


def telegraph_fano(k_on, k_off, k_tx, delta, alleles=1):
    """Variance over mean of the two-state model, ``k_tx`` shared by ``alleles`` equal copies."""
    switching = k_on + k_off
    return 1.0 + k_tx / alleles * k_off / (switching * (switching + delta))


def steady(**changes):
    """Return the steady :class:`Expression`; ``changes`` override PARAMETERS.

    Raises
    ------
    ValueError, KeyError
        For a value out of range or an unknown name.
    """
    p = _rates(changes)
    k_on = _k_on(p.a_end, p)
    mean = telegraph_mean(k_on, p.k_off, p.k_tx, p.delta)
    fano = telegraph_fano(k_on, p.k_off, p.k_tx, p.delta, p.alleles)
    return Expression(
        hdac_activity=p.hdac,
        acetylated=p.a_end,
        acetylation_fold=p.a_end / p.a_0,
        k_on_per_h=k_on,
        mrna_mean=mean,
        mrna_fano=fano,
        mrna_cv=(fano / mean) ** 0.5,
        expression_fold=mean / telegraph_mean(p.k_on_0, p.k_off, p.k_tx, p.delta),
    )


def simulate(t_end_h=48.0, points=241, **changes):
    """Mean-field course after the acids are added at time 0 to cells at rest.

    Parameters
    ----------
    t_end_h : float
        Length, h.
    points : int
        Number of times returned.
    **changes : float
        Overrides of PARAMETERS.

    Returns
    -------
    MeanField
        Arrays of shape (points,).

    Raises
    ------
    ValueError
        If the length or the number of points is too small, or a value is out of range.
    """
    p = _rates(changes)
    time_h = _times(t_end_h, points)
    a_gap, rate = p.a_0 - p.a_end, p.acetyl_rate

    def slope(state, t):
        on, mrna = state
        k_on = p.k_on_0 * ((p.a_end + a_gap * np.exp(-rate * t)) / p.a_0) ** p.gamma
        return k_on * (1 - on) - p.k_off * on, p.k_tx * on - p.delta * mrna

    on_0 = p.k_on_0 / (p.k_on_0 + p.k_off)
    start = (on_0, p.k_tx * on_0 / p.delta)
    on, mrna = odeint(slope, start, time_h, rtol=1e-8, atol=1e-10).T
    return MeanField(time_h, _acetylated_at(time_h, p), on, mrna)


def simulate_cell(t_end_h=48.0, seed=0, **changes):
    """One cell by Gillespie's exact method, the acids added at time 0.

    Switching on speeds up while acetylation rises: candidates are drawn at its fastest rate
    and kept in proportion to the present one, which is exact.

    Parameters
    ----------
    t_end_h : float
        Length, h.
    seed : int
        Seed of the random numbers.
    **changes : float
        Overrides of PARAMETERS.

    Returns
    -------
    CellTrace
        Arrays of shape (events + 2,): the start, every event, the end.
    """
    p = _rates(changes)
    _times(t_end_h, 2)
    rng = np.random.default_rng(seed)
    k_tx, k_on_max = p.k_tx / p.alleles, max(p.k_on_0, _k_on(p.a_end, p))
    on, mrna = (int(start.sum()) for start in _resting_cells(rng, p, 1))
    time, trace = 0.0, [(0.0, on, mrna)]
    draws = iter(())
    while True:
        switching_on = k_on_max * (p.alleles - on)
        switching_off, birth, death = p.k_off * on, k_tx * on, p.delta * mrna
        total = switching_on + switching_off + birth + death
        pair = next(draws, None)
        if pair is None:
            draws = zip(rng.exponential(size=512).tolist(), rng.random(512).tolist(), strict=True)
            pair = next(draws)
        time += pair[0] / total if total else inf
        if time >= t_end_h:
            break
        choice = pair[1] * total
        if choice < birth:
            mrna += 1
        elif choice < birth + death:
            mrna -= 1
        elif choice < birth + death + switching_off:
            on -= 1
        elif rng.random() * k_on_max < _k_on(_acetylated_at(time, p), p):
            on += 1
        else:
            continue
        trace.append((time, on, mrna))
    trace.append((t_end_h, on, mrna))
    times, alleles_on, counts = zip(*trace, strict=True)
    return CellTrace(np.array(times), np.array(alleles_on), np.array(counts))


def simulate_population(cells=300, t_end_h=48.0, points=97, dt_h=0.1, seed=0, **changes):
    """Many cells at once, the acids added at time 0.

    Promoters flip with their exact chance over steps of about ``dt_h``; given the promoters,
    the mRNA at the next time returned is exactly survivors (binomial) plus new copies (Poisson).

    Parameters
    ----------
    cells : int
        Number of cells, at least 2.
    t_end_h : float
        Length, h.
    points : int
        Number of times returned.
    dt_h : float
        Longest step of the promoters, h.
    seed : int
        Seed of the random numbers.
    **changes : float
        Overrides of PARAMETERS.

    Returns
    -------
    Population
        ``mrna`` of shape (points, cells).

    Raises
    ------
    ValueError
        For fewer than 2 cells, a step that is not positive, or a value out of range.
    """
    p = _rates(changes)
    if cells < 2:
        raise ValueError(f"cells = {cells}: a population needs at least 2 cells")
    if not dt_h > 0:
        raise ValueError(f"dt_h = {dt_h} h must be above 0 h")
    time_h = _times(t_end_h, points)
    between = time_h[1]
    steps = ceil(between / dt_h)
    dt = between / steps
    rng = np.random.default_rng(seed)
    on, start = _resting_cells(rng, p, cells)
    share_on = _shares_on(rng, p, on, dt, steps * (points - 1))

    # Expected copies made in each step by an allele that is on, and still there at the end.
    age = dt * np.arange(steps)[::-1]
    made = p.k_tx / p.alleles / p.delta * -np.expm1(-p.delta * dt) * np.exp(-p.delta * age)
    births = rng.poisson(np.einsum("s,tsc->tc", made, share_on.reshape(-1, steps, cells)))
    loss = -np.expm1(-p.delta * between)
    mrna = np.empty((points, cells), dtype=np.int64)
    mrna[0] = start
    for i, born in enumerate(births):
        mrna[i + 1] = mrna[i] - rng.binomial(mrna[i], loss) + born
    return Population(time_h, mrna)


def _shares_on(rng, p, on, dt, steps):
    """Alleles on, averaged over each step; shape (steps, cells)."""
    k_on = _k_on(_acetylated_at(dt * (np.arange(steps) + 0.5), p), p)
    switching = k_on + p.k_off
    mixed = -np.expm1(-switching * dt)
    turn_on, stay_on = k_on / switching * mixed, 1 - p.k_off / switching * mixed
    shares = np.empty((steps, on.shape[1]))
    for i in range(steps):
        after = rng.random(on.shape) < np.where(on, stay_on[i], turn_on[i])
        # An allele that flipped was on for half the step, on average.
        shares[i] = (on.sum(axis=0) + after.sum(axis=0)) / 2
        on = after
    return shares


def check(result):
    """Raise ValueError if a result of this model is impossible.

    Fractions must lie in 0 to 1, counts must not be negative, and no gene with a switching
    promoter can be less noisy than Poisson.
    """
    for name in ("hdac_activity", "acetylated", "promoter_on"):
        values = np.asarray(getattr(result, name, 0.0))
        if not np.all((values >= -1e-12) & (values <= 1 + 1e-12)):
            raise ValueError(f"{name} must lie between 0 and 1")
    for name in ("mrna", "mrna_mean", "alleles_on"):
        if not np.all(np.asarray(getattr(result, name, 0.0)) >= -1e-9):
            raise ValueError(f"{name} must not be negative")
    if getattr(result, "mrna_fano", 1.0) < 1.0:
        raise ValueError("mrna_fano must be at least 1")


def _times(t_end_h, points):
    if not 0 < t_end_h < inf or points < 2:
        raise ValueError("t_end_h must be above 0 h, with at least 2 points")
    return np.linspace(0.0, t_end_h, points)


def _resting_cells(rng, p, cells):
    """Draw alleles (shape alleles × cells) and mRNA (shape cells) from the exact resting state.

    Without inhibitor an allele's transcription averaged over past mRNA lifetimes is beta
    distributed, it is on now with just that chance, and mRNA is Poisson around it.
    """
    size = (p.alleles, cells)
    if p.k_off == 0:
        activity = np.ones(size)
    else:
        activity = rng.beta(p.k_on_0 / p.delta, p.k_off / p.delta, size)
    on = rng.random(size) < activity
    mrna = rng.poisson(p.k_tx / p.alleles / p.delta * activity).sum(axis=0)
    return on, mrna
