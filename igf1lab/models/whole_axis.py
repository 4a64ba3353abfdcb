"""M11: from fibre to repair, with each link's gain and the chance that it exists.

One closed-form chain, vectorised over samples: diet → acids absorbed (table of M6) → blood →
receptors, IL-6, acetylation, pituitary (M7, M8, M9) → M1's inputs → IGF-1 (steady map of M1) →
read-outs (elasticities of M2 to M5). Every change is counted against a reference diet eaten by
the same person, so a chain that is cut anywhere gives exactly no effect.

Each link (:class:`Edge`) has a *strength*: 0 if it does not exist, 1 as modelled, and in samples
a log-normal gain. The chance that a link exists in people is chosen, and meant to be edited.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
from scipy.interpolate import RegularGridInterpolator
from scipy.special import ndtri
from scipy.stats import loguniform, sobol_indices, uniform

from igf1lab.models import chromatin, colon, gh_axis, liver, pituitary
from igf1lab.parameters import Parameter, ParameterSet


def _derived(name, value, label, reason, low, high):
    return Parameter(name, value, "", label, "derived", (), reason, low, high)


# Numbers that belong to M7 and M8 are those models' own entries, not copies.
_FROM_LIVER = (
    "ffar2_ec50_acetate",
    "ffar2_ec50_propionate",
    "ffar2_ec50_butyrate",
    "hcar2_ec50_butyrate",
    "g_hcar2",
    "il6_gain",
    "inflammation",
    "il6_half",
)
_FROM_CHROMATIN = ("ic_butyrate", "ic_propionate", "a_0")

PARAMETERS = ParameterSet(
    "M11",
    "human",
    [
        colon.PARAMETERS["fibre_inulin_g_d"],
        colon.PARAMETERS["fibre_rs_g_d"],
        colon.PARAMETERS["fibre_nsp_g_d"],
        *(liver.PARAMETERS[name] for name in _FROM_LIVER),
        *(chromatin.PARAMETERS[name] for name in _FROM_CHROMATIN),
        Parameter(
            "g_hdac",
            0.3,
            "",
            "rise of IGF-1 message per relative rise of acetylation",
            "chosen",
            "flood2008",
            "no measurement found; 1.0 would break the interval of the human trial",
            0.0,
            7.0,
        ),
        Parameter(
            "igf1_reference",
            gh_axis.REFERENCE_IGF1_NG_ML,
            "ng/mL",
            "total IGF-1 on the reference diet",
            "derived",
            (),
            "steady state of M1",
            50.0,
            400.0,
        ),
        *(gh_axis.PARAMETERS[name] for name in ("eps_tx", "eps_pit", "ternary_fraction")),
        _derived(
            "free_tx", 0.84, "elasticity of free IGF-1 to production", "slope of M1", 0.0, 1.5
        ),
        _derived(
            "free_pit", 0.28, "elasticity of free IGF-1 to GH release", "slope of M1", 0.0, 1.5
        ),
        _derived(
            "neurogenesis_elasticity",
            0.098,
            "neurons added per day, by total IGF-1",
            "slope of M2's steady lineage at 212 ng/mL",
            0.0,
            0.5,
        ),
        _derived(
            "amyloid_elasticity",
            -0.055,
            "amyloid-beta, by total IGF-1",
            "slope of M2's steady amyloid-beta at 212 ng/mL",
            -0.5,
            0.0,
        ),
        _derived(
            "plaque_elasticity",
            -0.25,
            "steady plaque, by free IGF-1",
            "slope of M4 at normal load",
            -1.0,
            0.0,
        ),
        _derived(
            "closure_elasticity",
            -0.156,
            "time to close a wound, by free IGF-1",
            "slope of M5",
            -1.0,
            0.0,
        ),
        _derived(
            "glucose_elasticity",
            -0.004,
            "fasting glucose, by free IGF-1",
            "slope of M3 just below basal free IGF-1; above it insulin falls and hides even this",
            -0.1,
            0.0,
        ),
    ],
)

# What the chain must not contradict: four years of a high-fibre, low-fat, high-fruit diet.
HUMAN_TRIAL = ParameterSet(
    "M11 trial",
    "human",
    [
        Parameter(
            name,
            value,
            "ng/mL",
            f"change of IGF-1 on the diet less that of control, {words}",
            "verified",
            "flood2008",
        )
        for name, value, words in (
            ("change", -1.12, "mean"),
            ("low", -5.48, "lower end of the 95 % interval"),
            ("high", 3.24, "upper end of the 95 % interval"),
        )
    ],
)

ACIDS = colon.ACIDS
DIET = ("fibre_inulin_g_d", "fibre_rs_g_d", "fibre_nsp_g_d")
# Total IGF-1 sets what enters the brain; free IGF-1 sets what vessel, skin and muscle feel.
READ_OUTS = {
    "neurogenesis": "total",
    "amyloid": "total",
    "plaque": "free",
    "closure": "free",
    "glucose": "free",
}


@dataclass(frozen=True)
class Edge:
    """One link of the chain and the chance that it exists.

    ``weight_human`` and ``weight_mouse`` are chosen probabilities for the reason given; None
    where the chain does not use the link in that species or nothing was judged.
    """

    id: str
    start: str
    end: str
    weight_human: float | None
    weight_mouse: float | None
    claim: str
    reason: str
    sources: tuple[str, ...]


EDGES = {
    edge.id: edge
    for edge in [
        Edge(
            "fibre_scfa",
            "fibre",
            "acids absorbed in the colon",
            0.99,
            None,
            "SCFA-1",
            "acids formed from inulin were measured in people by isotope dilution",
            ("boets2015",),
        ),
        Edge(
            "scfa_portal",
            "acids absorbed in the colon",
            "acids in blood",
            0.95,
            None,
            "HEPATIC-1",
            "measured in portal blood at surgery, though in micromoles",
            ("peters1992",),
        ),
        Edge(
            "portal_hcar2",
            "acids in blood",
            "liver IGF-1 message through HCAR2",
            0.15,
            None,
            "HEPATIC-2",
            "about 1 % filled at portal doses (EC50 unverified); little receptor in liver; no test",
            ("gpr109a_wiki", "peters1992"),
        ),
        Edge(
            "portal_hdac",
            "acids in blood",
            "liver IGF-1 message through HDAC",
            0.15,
            None,
            "EPI-2",
            "cells need about 1 mM, enzymes disagree; few genes respond, as many down as up",
            ("histone1978", "hdaci_genes2012"),
        ),
        Edge(
            "scfa_gh_up",
            "acids in blood",
            "more growth hormone",
            0.05,
            None,
            "GHSYN-1",
            "seen in two rat tumour lines only, at 1 mM in one",
            ("gh3_1981", "miletta2014"),
        ),
        Edge(
            "scfa_gh_down",
            "acids in blood",
            "less growth hormone",
            0.10,
            None,
            "GHSYN-1",
            "primary cells of three species and living sheep; none human",
            ("goat_gh", "wang2013", "ishiwata2005", "matsunaga1997"),
        ),
        Edge(
            "scfa_il6",
            "acids in blood",
            "less IL-6",
            0.40,
            None,
            "HEPATIC-3",
            "fell in one trial of butyrate by mouth in children with obesity; dose from fibre unsettled",
            ("coppola2022", "butyrate_macrophage"),
        ),
        Edge(
            "il6_igfbp",
            "IL-6",
            "less IGFBP-3",
            0.70,
            None,
            "HEPATIC-3",
            "clear in mice that make IL-6 all their lives, likely in inflamed children",
            ("debenedetti1997", "debenedetti2002"),
        ),
        Edge(
            "gh_igf1",
            "growth hormone",
            "IGF-1",
            0.99,
            None,
            "GHSYN-2",
            "replacement, receptor block and gene defects agree",
            ("papathanasiou2021", "stat5b2001"),
        ),
        Edge(
            "igf1_closure",
            "IGF-1",
            "faster wound closure",
            0.50,
            None,
            "SKIN-2",
            "growth hormone in burns, which raises more than IGF-1",
            ("herndon1990", "breederveld2014"),
        ),
        Edge(
            "igf1_plaque",
            "IGF-1",
            "less arterial plaque",
            0.30,
            None,
            "CARDIO-1",
            "mice prone to plaque; no human trial",
            ("sukhanov2007", "shai2011"),
        ),
        Edge(
            "igf1_amyloid",
            "IGF-1",
            "less amyloid-beta",
            0.30,
            None,
            "NEURO-3",
            "rodents; cohorts and patient comparisons disagree",
            ("carro2002", "ostrowski2016"),
        ),
        Edge(
            "igf1_neurogenesis",
            "IGF-1",
            "more new neurons",
            0.30,
            None,
            "NEURO-2",
            "rats infused with IGF-1",
            ("aberg2000",),
        ),
        Edge(
            "igf1_glucose",
            "free IGF-1",
            "lower glucose",
            0.95,
            None,
            "METAB-1",
            "people given IGF-1 as a drug",
            ("guler1987", "zenobi1992"),
        ),
        Edge(
            "colonisation_igf1",
            "microbes",
            "IGF-1",
            None,
            0.85,
            "COLON-1",
            "germ-free mice colonised in two laboratories",
            ("yan2016", "schwarzer2016"),
        ),
        Edge(
            "scfa_igf1",
            "acids in drinking water",
            "IGF-1",
            None,
            0.70,
            "COLON-2",
            "mice after antibiotics, one laboratory",
            ("yan2016",),
        ),
    ]
}
HUMAN_EDGES = tuple(edge.id for edge in EDGES.values() if edge.weight_human is not None)
GAIN_SIGMA = 0.5

# Nodes of the colon table (g/d), denser where the response bends; 3, 8, 15 is M6's default diet.
INULIN_NODES = (0.0, 3.0, 8.0, 18.0, 28.0, 40.0)
RS_NODES = (0.0, 4.0, 8.0, 16.0, 26.0, 40.0)
NSP_NODES = (0.0, 7.5, 15.0, 22.0, 30.0, 40.0)
GRID_POINTS = tuple((i, r, n) for i in INULIN_NODES for r in RS_NODES for n in NSP_NODES)
_ABSORBED = tuple(f"absorbed_{acid}_mmol_d" for acid in ACIDS)


def colon_grid(points: Iterable[tuple[float, float, float]] = GRID_POINTS):
    """Run M6 to its steady state at each diet: the columns of the shipped colon table.

    Parameters
    ----------
    points : iterable of (inulin, resistant starch, NSP)
        Fermentable fibre, g/d. Default: the 216 nodes of the table (about 3 s).

    Returns
    -------
    dict of str to ndarray
        Three diet columns (g/d) and three columns of absorbed acids (mmol/d).
    """
    rows = []
    for point in points:
        absorbed = colon.steady(**dict(zip(DIET, point, strict=True))).absorbed_mmol_d
        rows.append([*point, *(absorbed[acid] for acid in ACIDS)])
    return dict(zip(DIET + _ABSORBED, np.array(rows).T, strict=True))


def colon_grid_csv() -> str:
    """Return the text of ``assets/tables/colon_grid.csv``, computed anew."""
    columns = colon_grid()
    lines = [",".join(columns)]
    lines += [",".join(f"{x:.6g}" for x in row) for row in zip(*columns.values(), strict=True)]
    return "\n".join(lines) + "\n"


def absorbed_acids(grid: Mapping, diet_g_d):
    """Interpolate the colon table linearly.

    Parameters
    ----------
    grid : mapping of str to sequence
        Columns of the table, in any row order.
    diet_g_d : array_like
        Inulin, resistant starch, NSP; shape (3,) or (n, 3).

    Returns
    -------
    dict of str to ndarray
        Absorbed acids, mmol/d, scalar or shape (n,).

    Raises
    ------
    ValueError
        If the table lacks a column or a node, or the diet lies outside it.
    """
    if missing := [name for name in DIET + _ABSORBED if name not in grid]:
        raise ValueError(f"the colon table lacks {missing}; make it with colon_grid()")
    diets = np.column_stack([np.asarray(grid[name], dtype=float) for name in DIET])
    nodes = [np.unique(diets[:, i]) for i in range(3)]
    shape = tuple(node.size for node in nodes)
    if diets.shape[0] != np.prod(shape) or len(np.unique(diets, axis=0)) != diets.shape[0]:
        raise ValueError("the colon table must hold every combination of its diets exactly once")
    order = np.lexsort(diets.T[::-1])
    acids = np.column_stack([np.asarray(grid[name], dtype=float) for name in _ABSORBED])
    table = acids[order].reshape(*shape, len(ACIDS))
    diet = np.asarray(diet_g_d, dtype=float)
    try:
        found = RegularGridInterpolator(nodes, table)(diet)
    except ValueError:
        limits = ", ".join(f"{node[0]:g} to {node[-1]:g}" for node in nodes)
        raise ValueError(f"the diet {diet} lies outside the colon table ({limits} g/d)") from None
    return dict(zip(ACIDS, found.reshape(*diet.shape[:-1], len(ACIDS)).T, strict=True))


@dataclass(frozen=True)
class Signals:
    """What one diet does between blood and M1's inputs; floats or arrays of samples."""

    absorbed_mmol_d: dict
    portal_mM: dict
    systemic_mM: dict
    ffar2: float | np.ndarray
    hcar2: float | np.ndarray
    acetylation_fold: float | np.ndarray
    il6_rel: float | np.ndarray
    tx_mult: float | np.ndarray
    pit_mult: float | np.ndarray
    igfbp_mult: float | np.ndarray


@dataclass(frozen=True)
class Axis:
    """A diet against the reference diet; ``..._rel`` is 1 where nothing changes."""

    diet: Signals
    reference: Signals
    igf1_rel: float | np.ndarray
    igf1_free_rel: float | np.ndarray
    igf1_ng_ml: float | np.ndarray
    igf1_change_ng_ml: float | np.ndarray
    read_outs_rel: dict


def _checked_strengths(strength):
    if unknown := sorted(set(strength) - set(HUMAN_EDGES)):
        raise KeyError(f"no human link {unknown}; the links are {list(HUMAN_EDGES)}")
    for name, value in strength.items():
        if not np.all(np.isfinite(value)) or np.any(np.asarray(value) < 0):
            raise ValueError(f"strength of {name} must be 0 or more: 0 is off, 1 as modelled")
    return SimpleNamespace(**dict.fromkeys(HUMAN_EDGES, 1.0) | dict(strength))


def _between(reference, diet, strength):
    """Level after a change taken ``strength`` times as large as modelled, never negative."""
    return {a: np.maximum(reference[a] + strength * (diet[a] - reference[a]), 0.0) for a in ACIDS}


def _levels(absorbed):
    blood = colon.portal_blood(absorbed)
    return tuple(
        {acid: getattr(blood, f"{where}_{acid}_mM") for acid in ACIDS}
        for where in ("portal", "systemic")
    )


def _signals(absorbed, portal, systemic, s, p):
    acids = tuple(portal[acid] for acid in ("acetate", "propionate", "butyrate"))
    ffar2 = liver.occupancy(
        acids, (p.ffar2_ec50_acetate, p.ffar2_ec50_propionate, p.ffar2_ec50_butyrate)
    )
    hcar2 = liver.occupancy((portal["butyrate"],), (p.hcar2_ec50_butyrate,))
    hdac = chromatin.hdac_activity(
        portal["butyrate"], portal["propionate"], p.ic_butyrate, p.ic_propionate
    )
    fold = chromatin.acetylated_fraction(hdac, p.a_0) / p.a_0
    il6 = liver.il6_level(ffar2, -s.scfa_il6 * p.il6_gain, p.inflammation)
    gh_change = sum(
        strength * (pituitary.multiplier(systemic["butyrate"], prep.effect, prep.half_mM) - 1.0)
        for strength, prep in (
            (s.scfa_gh_up, pituitary.PREPARATIONS["gh3"]),
            (s.scfa_gh_down, pituitary.PREPARATIONS["goat"]),
        )
    )
    return Signals(
        absorbed_mmol_d=absorbed,
        portal_mM=portal,
        systemic_mM=systemic,
        ffar2=ffar2,
        hcar2=hcar2,
        acetylation_fold=fold,
        il6_rel=il6,
        tx_mult=(1.0 + s.portal_hcar2 * p.g_hcar2 * hcar2)
        * (1.0 + s.portal_hdac * p.g_hdac * (fold - 1.0)),
        # The strength of growth hormone → IGF-1 scales the exponent of the steady map.
        pit_mult=(1.0 + gh_change) ** s.gh_igf1,
        igfbp_mult=liver.igfbp_multiplier(1.0 + s.il6_igfbp * (il6 - 1.0), p.il6_half),
    )


def _axis(absorbed, absorbed_reference, s, p):
    """Compose the chain; every number may be an array of samples."""
    absorbed = _between(absorbed_reference, absorbed, s.fibre_scfa)
    reference_blood, diet_blood = _levels(absorbed_reference), _levels(absorbed)
    portal, systemic = (
        _between(before, after, s.scfa_portal)
        for before, after in zip(reference_blood, diet_blood, strict=True)
    )
    reference = _signals(absorbed_reference, *reference_blood, s, p)
    diet = _signals(absorbed, portal, systemic, s, p)
    tx = diet.tx_mult / reference.tx_mult
    pit = diet.pit_mult / reference.pit_mult
    mapped = [gh_axis.steady_map(x.tx_mult, x.igfbp_mult, x.pit_mult) for x in (diet, reference)]
    relative = {
        "total": mapped[0] / mapped[1],
        # Binding protein sets how much is stored; production and clearance set free IGF-1.
        "free": tx**p.free_tx * pit**p.free_pit,
    }
    return Axis(
        diet=diet,
        reference=reference,
        igf1_rel=relative["total"],
        igf1_free_rel=relative["free"],
        igf1_ng_ml=p.igf1_reference * relative["total"],
        igf1_change_ng_ml=p.igf1_reference * (relative["total"] - 1.0),
        read_outs_rel={
            name: relative[pool] ** (getattr(s, f"igf1_{name}") * getattr(p, f"{name}_elasticity"))
            for name, pool in READ_OUTS.items()
        },
    )


def _diets(grid, p):
    diet = [getattr(p, name) for name in DIET]
    reference = [PARAMETERS[name].value for name in DIET]
    return absorbed_acids(grid, diet), absorbed_acids(grid, reference)


def chain(grid: Mapping, strength: Mapping | None = None, **changes) -> Axis:
    """Follow one diet from the plate to the read-outs.

    Parameters
    ----------
    grid : mapping of str to sequence
        The colon table: ``colon_grid()`` or the shipped one.
    strength : mapping of str to float or ndarray, optional
        Strength of links by id; 0 is off, 1 (default) as modelled. Arrays give samples.
    **changes : float
        Overrides of PARAMETERS, for example ``fibre_inulin_g_d=18``.

    Returns
    -------
    Axis

    Raises
    ------
    ValueError, KeyError
        For a value out of range, an unknown name or link, or a broken table.
    """
    s = _checked_strengths(strength or {})
    p = PARAMETERS.values_with(**changes)
    return _axis(*_diets(grid, p), s, p)


def strengths(chance, weight):
    """Quantile ``chance`` of a link's strength that exists with probability ``weight``.

    Bernoulli times log-normal (median 1, ``GAIN_SIGMA``): 0 below ``1 - weight``.

    Parameters
    ----------
    chance : ndarray
        Uniform numbers in 0 to 1, any shape.
    weight : float
        Probability in 0 to 1.

    Raises
    ------
    ValueError
        If ``weight`` is not a probability.
    """
    if not 0 <= weight <= 1:
        raise ValueError(f"weight {weight} must be a probability, 0 to 1")
    chance = np.asarray(chance, dtype=float)
    exists = chance > 1.0 - weight
    within = np.where(exists, (chance - (1.0 - weight)) / max(weight, 1e-12), 0.5)
    return np.where(exists, np.exp(GAIN_SIGMA * ndtri(np.clip(within, 1e-9, 1 - 1e-9))), 0.0)


def human_weights(weights: Mapping | None = None, off: Iterable[str] = ()) -> dict[str, float]:
    """Return the chance of each human link, edited by ``weights``, with those in ``off`` at 0.

    Raises
    ------
    KeyError, ValueError
        For an unknown link, or a weight that is not a probability.
    """
    edited, off = dict(weights or {}), set(off)
    if unknown := sorted((set(edited) | off) - set(HUMAN_EDGES)):
        raise KeyError(f"no human link {unknown}; the links are {list(HUMAN_EDGES)}")
    for name, weight in edited.items():
        if not 0 <= weight <= 1:
            raise ValueError(f"weight of {name} is {weight}; it must be a probability, 0 to 1")
    table = {name: EDGES[name].weight_human for name in HUMAN_EDGES} | edited
    return table | dict.fromkeys(off, 0.0)


@dataclass(frozen=True)
class Band:
    """Spread of a change: chance that it is above 0 or below 0, median, 5 % and 95 % points."""

    p_above: float
    p_below: float
    median: float
    low: float
    high: float


def _band(change):
    # Rounding leaves changes of about 1e-16 in a chain that is cut.
    low, median, high = np.quantile(change, (0.05, 0.5, 0.95))
    return Band(float(np.mean(change > 1e-9)), float(np.mean(change < -1e-9)), median, low, high)


@dataclass(frozen=True)
class Spread:
    """Samples of the chain and their bands: IGF-1 change (ng/mL), read-outs (fractions)."""

    igf1_change_ng_ml: np.ndarray
    bands: dict[str, Band]


@dataclass(frozen=True)
class Uncertainty:
    """The same random people, with links that may be absent and with every link present."""

    with_weights: Spread
    without_weights: Spread


def uncertainty(
    grid: Mapping,
    samples: int = 4000,
    seed: int = 0,
    weights: Mapping | None = None,
    off: Iterable[str] = (),
    **changes,
) -> Uncertainty:
    """Sample the strengths of all links and follow one diet through them.

    Parameters
    ----------
    grid : mapping of str to sequence
        The colon table.
    samples : int
        Number of samples, at least 2.
    seed : int
        Seed of the random numbers.
    weights : mapping of str to float, optional
        Edited chances of links; default ``EDGES[...].weight_human``.
    off : iterable of str
        Links switched off in both answers.
    **changes : float
        Overrides of PARAMETERS.

    Returns
    -------
    Uncertainty
        Bands by name: ``igf1`` (ng/mL) and the read-outs (relative change).

    Raises
    ------
    ValueError, KeyError
        For bad weights, links, samples or values.
    """
    if samples < 2:
        raise ValueError(f"samples = {samples}: at least 2 are needed for a band")
    chosen = human_weights(weights, off)
    p = PARAMETERS.values_with(**changes)
    diets = _diets(grid, p)
    chances = np.random.default_rng(seed).random((len(HUMAN_EDGES), samples))
    off = set(off)

    def spread(by_link):
        s = {
            name: strengths(row, by_link[name])
            for name, row in zip(HUMAN_EDGES, chances, strict=True)
        }
        axis = _axis(*diets, SimpleNamespace(**s), p)
        changed = {"igf1": axis.igf1_change_ng_ml}
        changed |= {name: rel - 1.0 for name, rel in axis.read_outs_rel.items()}
        bands = {name: _band(change) for name, change in changed.items()}
        return Spread(axis.igf1_change_ng_ml, bands)

    return Uncertainty(spread(chosen), spread({name: float(name not in off) for name in chosen}))


# Constants varied beside the links: potencies over the sliders' ranges, inflammation to chronic.
_CONSTANTS = {
    **{
        name: loguniform(PARAMETERS[name].low, PARAMETERS[name].high)
        for name in ("hcar2_ec50_butyrate", "ic_butyrate", "ic_propionate", "a_0")
    },
    "inflammation": uniform(0.0, 4.0),
}
SOBOL_INPUTS = (*HUMAN_EDGES, *_CONSTANTS)


@dataclass(frozen=True)
class _LinkStrength:
    """A link's strength as the distribution that SciPy's sampler asks for."""

    weight: float

    def ppf(self, chance):
        return strengths(chance, self.weight)


@dataclass(frozen=True)
class Sensitivity:
    """Sobol indices by input; first-order values near 0 are noise, read the total order."""

    inputs: tuple[str, ...]
    first_order: np.ndarray
    total_order: np.ndarray


def sensitivity(
    grid: Mapping,
    target: str = "igf1",
    n: int = 1024,
    seed: int = 0,
    weights: Mapping | None = None,
    off: Iterable[str] = (),
    **changes,
) -> Sensitivity:
    """Share of the variance of one answer that each of 19 inputs explains (Saltelli's method).

    Parameters
    ----------
    grid : mapping of str to sequence
        The colon table.
    target : str
        ``"igf1"`` (ng/mL change) or a read-out (key of READ_OUTS).
    n : int
        Sample size, a power of 2.
    seed : int
        Seed of the random numbers.
    weights, off : optional
        As for :func:`uncertainty`.
    **changes : float
        Overrides of PARAMETERS; those among the 19 inputs are sampled anyway.

    Returns
    -------
    Sensitivity
        Arrays of shape (19,), in the order of SOBOL_INPUTS; all 0 if nothing varies.

    Raises
    ------
    ValueError, KeyError
        For an unknown target, bad ``n``, weights, links or values.
    """
    if target != "igf1" and target not in READ_OUTS:
        raise ValueError(f"no target {target!r}; choose igf1 or one of {sorted(READ_OUTS)}")
    chosen = human_weights(weights, off)
    values = vars(PARAMETERS.values_with(**changes))
    diets = _diets(grid, SimpleNamespace(**values))

    def answer(rows):
        inputs = dict(zip(SOBOL_INPUTS, rows, strict=True))
        s = SimpleNamespace(**{name: inputs[name] for name in HUMAN_EDGES})
        p = SimpleNamespace(**values | {name: inputs[name] for name in _CONSTANTS})
        axis = _axis(*diets, s, p)
        return axis.igf1_change_ng_ml if target == "igf1" else axis.read_outs_rel[target] - 1.0

    dists = [*(_LinkStrength(chosen[name]) for name in HUMAN_EDGES), *_CONSTANTS.values()]
    with np.errstate(invalid="ignore"):
        indices = sobol_indices(func=answer, n=n, dists=dists, rng=np.random.default_rng(seed))
    first, total = (np.nan_to_num(np.ravel(x)) for x in (indices.first_order, indices.total_order))
    return Sensitivity(SOBOL_INPUTS, first, total)


def check(result: Axis):
    """Raise ValueError if a concentration or relative level is negative or not finite."""
    values = {
        "igf1_rel": result.igf1_rel,
        "igf1_free_rel": result.igf1_free_rel,
        "igf1_ng_ml": result.igf1_ng_ml,
        **result.read_outs_rel,
        **{f"portal {acid}": level for acid, level in result.diet.portal_mM.items()},
        **{f"absorbed {acid}": flux for acid, flux in result.diet.absorbed_mmol_d.items()},
        "tx_mult": result.diet.tx_mult,
        "pit_mult": result.diet.pit_mult,
        "igfbp_mult": result.diet.igfbp_mult,
    }
    for name, value in values.items():
        if not np.all(np.isfinite(value)) or np.any(np.asarray(value) < 0):
            raise ValueError(f"{name} must be finite and not negative")
