"""M11: from fibre to repair, with each link's gain and the chance that it exists.

One closed-form chain, vectorised over samples: diet → acids absorbed (table of M6) → blood →
receptors, IL-6, acetylation, pituitary (M7, M8, M9) → M1's inputs → IGF-1 (steady map of M1) →
read-outs (elasticities of M2 to M5). Every change is counted against a reference diet eaten by
the same person, so a chain that is cut anywhere gives exactly no effect.

Each link (:class:`Edge`) has a *strength*: 0 if it does not exist, 1 as modelled, and in samples
a log-normal factor that is the wider, the further from people its size was measured; the HDAC link
draws its IC50 as well, from the range that was read (lesson 8). The chance
of a link speaks of its mechanism alone; the dose is charged once, by occupancy and IC50. The
chances are chosen, and meant to be edited.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import SimpleNamespace

import numpy as np
from scipy.interpolate import RegularGridInterpolator

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
            1.0,
            "",
            "rise of IGF-1 message per relative rise of acetylation",
            "chosen",
            (),
            "message in proportion to acetylation, chosen without looking at the human trial",
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
            "neurons added per day, by free IGF-1",
            "slope of M2's steady lineage at 212 ng/mL",
            0.0,
            0.5,
        ),
        _derived(
            "amyloid_elasticity",
            -0.055,
            "amyloid-beta, by free IGF-1",
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

# Four years of a high-fibre, low-fat, high-fruit diet, and how much more fibre its people reported.
HUMAN_TRIAL = ParameterSet(
    "M11 trial",
    "human",
    [
        *(
            Parameter(name, value, unit, words, "verified", source)
            for name, value, unit, words, source in (
                ("change", -1.12, "ng/mL", "change of IGF-1, diet less control, mean", "flood2008"),
                ("low", -5.48, "ng/mL", "lower end of its 95 % interval", "flood2008"),
                ("high", 3.24, "ng/mL", "upper end of its 95 % interval", "flood2008"),
                ("start_diet", 133.0, "ng/mL", "IGF-1 before the diet, 248 people", "flood2008"),
                ("start_control", 139.0, "ng/mL", "IGF-1 of the 502 controls", "flood2008"),
                ("fibre_g_MJ", 1.65, "g/MJ", "fibre, diet less control", "lanza2001"),
            )
        ),
        Parameter(
            "energy_MJ_d",
            8.4,
            "MJ/d",
            "energy that turns fibre per MJ into grams a day",
            "chosen",
            (),
            "2,000 kcal; the mean of the trial was not in what we read",
            5.0,
            15.0,
        ),
    ],
)


@dataclass(frozen=True)
class Measured:
    """An estimate with its 95 % interval and standard error, percent of IGF-1."""

    mean: float
    low: float
    high: float

    @property
    def standard_error(self) -> float:
        """Standard error, from the width of the interval."""
        return (self.high - self.low) / (2 * 1.96)

    def support(self, change_percent):
        """How well a predicted change explains the estimate, against no change at all.

        Parameters
        ----------
        change_percent : float or ndarray
            What a model or a cohort predicts for the trial.

        Returns
        -------
        float or ndarray
            Ratio of normal likelihoods: 1 for no change, 0.01 if no change explains the result
            a hundred times better.
        """
        distance = (np.asarray(change_percent) - self.mean) / self.standard_error
        return np.exp(0.5 * ((self.mean / self.standard_error) ** 2 - distance**2))


def trial() -> Measured:
    """Return the diet trial in percent of the IGF-1 that its 750 people had before."""
    p = SimpleNamespace(**{name: each.value for name, each in HUMAN_TRIAL.items()})
    start = (248 * p.start_diet + 502 * p.start_control) / 750
    return Measured(*(100 * value / start for value in (p.change, p.low, p.high)))


def trial_fibre_g_d() -> float:
    """Return how much more fibre the trial's diet brought, g/d (energy chosen)."""
    return HUMAN_TRIAL["fibre_g_MJ"].value * HUMAN_TRIAL["energy_MJ_d"].value


ACIDS = colon.ACIDS
DIET = ("fibre_inulin_g_d", "fibre_rs_g_d", "fibre_nsp_g_d")
# The ternary complex does not leave the blood, so free IGF-1 is what every tissue feels.
READ_OUTS = ("neurogenesis", "amyloid", "plaque", "closure", "glucose")

# Spread of a strength (standard deviation of its logarithm) by where its size was measured;
# chosen. Nine in ten lie within a factor of 1.5, 2.7 and 5.2 either way.
SPREAD = {"people": 0.25, "animals": 0.6, "cells": 1.0}


@dataclass(frozen=True)
class Edge:
    """One link of the chain and the chance that its mechanism exists.

    ``weight_human`` and ``weight_mouse`` are chosen probabilities for the reason given; None
    where the chain does not use the link in that species or nothing was judged.
    ``measured_in`` says where its size was measured, or nearest to it: a key of ``SPREAD``.
    """

    id: str
    start: str
    end: str
    weight_human: float | None
    weight_mouse: float | None
    measured_in: str
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
            "people",
            "SCFA-1",
            "acids formed from inulin were measured in people by isotope dilution",
            ("boets2015",),
        ),
        Edge(
            "scfa_portal",
            "acids absorbed in the colon",
            "acids in blood",
            0.99,
            None,
            "people",
            "HEPATIC-1",
            "measured in portal blood at surgery",
            ("peters1992",),
        ),
        Edge(
            "portal_hcar2",
            "acids in blood",
            "liver IGF-1 message through HCAR2",
            0.1,
            None,
            "cells",
            "HEPATIC-2",
            "little receptor in liver, and nobody has tested whether it moves IGF-1",
            ("taggart2005", "thangaraju2009"),
        ),
        Edge(
            "portal_hdac",
            "acids in blood",
            "liver IGF-1 message through HDAC",
            0.3,
            None,
            "cells",
            "EPI-2",
            "the block is sound biochemistry; few genes respond, as many fall as rise, and rats and calves given butyrate had less IGF-1",
            ("histone1978", "hdaci_genes2012", "rat_ba_2024", "frieten2018"),
        ),
        Edge(
            "scfa_gh",
            "acids in blood",
            "growth hormone, less or more",
            0.6,
            None,
            "cells",
            "GHSYN-1",
            "less in primary cells of three species and in living sheep, more in two rat tumour lines; no human pituitary",
            ("goat_gh", "wang2013", "ishiwata2005", "matsunaga1997", "gh3_1981", "miletta2014"),
        ),
        Edge(
            "scfa_il6",
            "acids in blood",
            "less IL-6",
            0.5,
            None,
            "cells",
            "HEPATIC-3",
            "fell in one trial of butyrate by mouth in children with obesity; the size is from cells",
            ("coppola2022", "butyrate_macrophage"),
        ),
        Edge(
            "il6_igfbp",
            "IL-6",
            "less IGFBP-3",
            0.7,
            None,
            "animals",
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
            "people",
            "GHSYN-2",
            "replacement, receptor block and gene defects agree",
            ("papathanasiou2021", "stat5b2001"),
        ),
        Edge(
            "igf1_closure",
            "IGF-1",
            "faster wound closure",
            0.5,
            None,
            "animals",
            "SKIN-2",
            "mice that make extra IGF-1 in the skin; in people the trials gave growth hormone",
            ("semenova2008", "herndon1990", "breederveld2014"),
        ),
        Edge(
            "igf1_plaque",
            "IGF-1",
            "less arterial plaque",
            0.2,
            None,
            "animals",
            "CARDIO-1",
            "mice prone to plaque; in people genes for more IGF-1 went with slightly more coronary disease",
            ("sukhanov2007", "shai2011", "larsson2020diab"),
        ),
        Edge(
            "igf1_amyloid",
            "IGF-1",
            "less amyloid-beta",
            0.1,
            None,
            "animals",
            "NEURO-3",
            "rodents; in people a drug that raised IGF-1 did not slow the disease",
            ("carro2002", "sevigny2008"),
        ),
        Edge(
            "igf1_neurogenesis",
            "IGF-1",
            "more new neurons",
            0.3,
            None,
            "animals",
            "NEURO-2",
            "rats without a pituitary infused with IGF-1",
            ("aberg2000",),
        ),
        Edge(
            "igf1_glucose",
            "free IGF-1",
            "lower glucose",
            0.95,
            None,
            "people",
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
            "animals",
            "COLON-1",
            "germ-free mice colonised in two laboratories",
            ("yan2016", "schwarzer2016"),
        ),
        Edge(
            "scfa_igf1",
            "acids in drinking water",
            "IGF-1",
            None,
            0.7,
            "animals",
            "COLON-2",
            "mice after antibiotics, one laboratory",
            ("yan2016",),
        ),
    ]
}
HUMAN_EDGES = tuple(edge.id for edge in EDGES.values() if edge.weight_human is not None)
# Should the growth hormone arrow exist, the chance that it runs upwards (chosen, as above).
GH_UP = 0.15
SIGNED = "scfa_gh"  # the one link that may run either way; its strength may be below 0
BY_IC50 = "portal_hdac"  # the one link whose dose for half an effect is drawn as well
CERTAIN = dict.fromkeys(HUMAN_EDGES, 1.0)

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
        if not np.all(np.isfinite(value)) or (name != SIGNED and np.any(np.asarray(value) < 0)):
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
    more, less = (
        pituitary.multiplier(systemic["butyrate"], prep.effect, prep.half_mM) - 1.0
        for prep in (pituitary.PREPARATIONS["gh3"], pituitary.PREPARATIONS["goat"])
    )
    gh_change = np.maximum(s.scfa_gh, 0.0) * more + np.maximum(-s.scfa_gh, 0.0) * less
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
        pit_mult=np.maximum(1.0 + gh_change, 0.0) ** s.gh_igf1,
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
    total, total_reference = (
        gh_axis.steady_map(x.tx_mult, x.igfbp_mult, x.pit_mult) for x in (diet, reference)
    )
    relative = total / total_reference
    # Binding protein sets how much is stored; production and clearance set free IGF-1.
    free = tx**p.free_tx * pit**p.free_pit
    return Axis(
        diet=diet,
        reference=reference,
        igf1_rel=relative,
        igf1_free_rel=free,
        igf1_ng_ml=p.igf1_reference * relative,
        igf1_change_ng_ml=p.igf1_reference * (relative - 1.0),
        read_outs_rel={
            name: free ** (getattr(s, f"igf1_{name}") * getattr(p, f"{name}_elasticity"))
            for name in READ_OUTS
        },
    )


def _absorbed(grid, *people):
    """Absorbed acids of each person's diet, then of the reference diet (one look-up)."""
    diets = [[getattr(p, name) for name in DIET] for p in people]
    acids = absorbed_acids(grid, [*diets, [PARAMETERS[name].value for name in DIET]])
    return [{a: acids[a][k] for a in ACIDS} for k in range(len(diets) + 1)]


def chain(grid: Mapping, strength: Mapping | None = None, **changes) -> Axis:
    """Follow one diet from the plate to the read-outs.

    Parameters
    ----------
    grid : mapping of str to sequence
        The colon table: ``colon_grid()`` or the shipped one.
    strength : mapping of str to float or ndarray, optional
        Strength of links by id; 0 is off, 1 (default) as modelled. Arrays give samples. Below 0
        the growth hormone link runs downwards, as in cells of a normal pituitary.
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
    return _axis(*_absorbed(grid, p), s, p)


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


@lru_cache(maxsize=4)
def _draws(samples, seed):
    """Random numbers that every bet shares: existence, size, direction, IC50 (read only)."""
    rng = np.random.default_rng(seed)
    shape = (len(HUMAN_EDGES), samples)
    drawn = rng.random(shape), rng.standard_normal(shape), rng.random(samples), rng.random(samples)
    for each in drawn:
        each.flags.writeable = False
    return drawn


def strengths(weights: Mapping, gh_up=GH_UP, spread=1.0, samples=4000, seed=6):
    """Draw the strength of every human link: existence times a log-normal factor of median 1.

    Parameters
    ----------
    weights : mapping of str to float
        Chance that each link exists; every link of HUMAN_EDGES.
    gh_up : float
        Should the growth hormone link exist, the chance that it runs upwards.
    spread : float
        Factor on the spreads of SPREAD; 0 leaves every size as modelled.
    samples, seed : int
        How many worlds, and which random numbers; the same seed gives the same worlds.

    Returns
    -------
    dict of str to ndarray
        Arrays of shape (samples,); 0 where the link does not exist.

    Raises
    ------
    ValueError
        If ``gh_up`` is not a probability, ``spread`` is negative or samples are fewer than 2.
    """
    if not 0 <= gh_up <= 1:
        raise ValueError(f"gh_up = {gh_up} must be a probability, 0 to 1")
    if not spread >= 0:
        raise ValueError(f"spread = {spread} must be 0 or more")
    if samples < 2:
        raise ValueError(f"samples = {samples}: at least 2 are needed for a band")
    exists, size, direction, _ = _draws(int(samples), int(seed))
    drawn = {
        name: (exists[k] < weights[name])
        * np.exp(spread * SPREAD[EDGES[name].measured_in] * size[k])
        for k, name in enumerate(HUMAN_EDGES)
    }
    drawn[SIGNED] = drawn[SIGNED] * np.where(direction < gh_up, 1.0, -1.0)
    return drawn


def ic50_butyrate(modelled_mM: float, spread=1.0, samples=4000, seed=6):
    """Draw the IC50 of butyrate on HDACs from the range that was read, evenly on a log scale.

    Parameters
    ----------
    modelled_mM : float
        The model's own value, which ``spread`` = 0 leaves everywhere (mmol/L).
    spread, samples, seed
        As for :func:`strengths`; a spread of 1 gives the range, 0.5 draws half as far from
        ``modelled_mM`` (on the log scale).

    Returns
    -------
    ndarray
        IC50s (mmol/L), shape (samples,).
    """
    *_, place = _draws(int(samples), int(seed))
    low, high = np.log(chromatin.IC50_BUTYRATE_READ_MM)
    return modelled_mM * np.exp(spread * (low + place * (high - low) - np.log(modelled_mM)))


@dataclass(frozen=True)
class Band:
    """Spread of a change in percent: shares of worlds above and below 0, and quantiles.

    ``error`` is the Monte Carlo standard error of ``p_above``: what another set of random
    numbers would move it by.
    """

    p_above: float
    p_below: float
    median: float
    low: float
    high: float
    error: float


NOBODY = 1e-7  # percent; below it a change is rounding in a chain that is cut


@dataclass(frozen=True)
class Worlds:
    """Sampled worlds: strengths of the links, and changes in percent of the reference diet.

    ``ic50_mM`` is the IC50 of butyrate in each world. ``trial_weight`` is how well each world
    explains the diet trial; it sums to 1.
    """

    strengths: dict
    ic50_mM: np.ndarray
    change_percent: dict
    trial_weight: np.ndarray

    def of_link(self, name) -> np.ndarray:
        """All that is drawn of one link: its strength, and the IC50 of the HDAC link."""
        own = [self.strengths[name]]
        return np.array([*own, self.ic50_mM] if name == BY_IC50 else own)

    def band(self, name="igf1", after_trial=False) -> Band:
        """Return the spread of ``igf1`` or a read-out, before or after the trial is counted."""
        change = self.change_percent[name]
        n = change.size
        weight = self.trial_weight if after_trial else np.full(n, 1.0 / n)
        above, below = change > NOBODY, change < -NOBODY
        p_above, p_below = (min(float(weight @ each), 1.0) for each in (above, below))
        if after_trial:
            order = np.argsort(change)
            places = np.searchsorted(np.cumsum(weight[order]), (0.05, 0.5, 0.95))
            low, median, high = change[order][np.minimum(places, n - 1)]
        else:
            low, median, high = np.quantile(change, (0.05, 0.5, 0.95))
        error = float(np.sqrt(weight**2 @ (above - p_above) ** 2))
        return Band(p_above, p_below, float(median), float(low), float(high), error)


def sample(
    grid: Mapping,
    weights: Mapping | None = None,
    off: Iterable[str] = (),
    gh_up=GH_UP,
    spread=1.0,
    samples=4000,
    seed=6,
    **changes,
) -> Worlds:
    """Sample worlds and follow one diet through each.

    Parameters
    ----------
    grid : mapping of str to sequence
        The colon table.
    weights : mapping of str to float, optional
        Edited chances of links; default ``EDGES[...].weight_human``, ``CERTAIN`` for all.
    off : iterable of str
        Links that are cut.
    gh_up, spread, samples, seed
        As for :func:`strengths`.
    **changes : float
        Overrides of PARAMETERS.

    Returns
    -------
    Worlds
        The trial is weighed for a healthy person who eats the trial's extra fibre as NSP,
        whatever diet and inflammation are asked for.

    Raises
    ------
    ValueError, KeyError
        For bad weights, links, samples or values.
    """
    s = SimpleNamespace(**strengths(human_weights(weights, off), gh_up, spread, samples, seed))
    p = PARAMETERS.values_with(**changes)
    own = {name: x for name, x in changes.items() if name not in (*DIET, "inflammation")}
    own["fibre_nsp_g_d"] = PARAMETERS["fibre_nsp_g_d"].value + trial_fibre_g_d()
    in_trial = PARAMETERS.values_with(**own)
    diet, trial_diet, reference = _absorbed(grid, p, in_trial)
    ic50 = ic50_butyrate(p.ic_butyrate, spread, samples, seed)
    p.ic_butyrate = in_trial.ic_butyrate = ic50
    axis = _axis(diet, reference, s, p)
    changed = {"igf1": axis.igf1_rel} | axis.read_outs_rel
    fed = _axis(trial_diet, reference, s, in_trial).igf1_rel
    weight = trial().support(100 * (fed - 1.0))
    return Worlds(
        vars(s),
        ic50,
        {name: 100 * (rel - 1.0) for name, rel in changed.items()},
        weight / weight.sum(),
    )


def first_order(known, answer, groups=50):
    """Share of the variance of ``answer`` that would go if ``known`` were known (Sobol, S₁).

    Sorts the samples by ``known``, takes the mean answer of each group, and compares the
    variance between the groups with that of all samples; the chance part is taken off.

    Parameters
    ----------
    known : ndarray
        One number a sample, or several rows that would be known together (a closed index): each
        group is then sorted by the next row and split again, into a fifth as many.
    answer : ndarray
        One number a sample.
    groups : int
        How many groups of neighbours; far fewer than samples.

    Returns
    -------
    float
        1 if ``known`` settles the answer, about 0 if it says nothing; 0 if nothing varies.
    """
    total = np.var(answer) * answer.size
    if total < 1e-12:
        return 0.0
    places = [np.arange(answer.size)]
    for row, split in zip(np.atleast_2d(known), (groups, groups // 5), strict=False):
        places = [
            part
            for place in places
            for part in np.array_split(place[np.argsort(row[place], kind="stable")], split)
        ]
    parts = [answer[place] for place in places if place.size]
    between = sum(part.size * (part.mean() - answer.mean()) ** 2 for part in parts)
    chance = (len(parts) - 1) * (total - between) / (answer.size - len(parts))
    return float((between - chance) / total)


@dataclass(frozen=True)
class Sensitivity:
    """First-order Sobol indices by link, with their Monte Carlo standard errors."""

    inputs: tuple[str, ...]
    first_order: np.ndarray
    error: np.ndarray


def sensitivity(grid: Mapping, target="igf1", samples=20_000, repeats=10, **bets) -> Sensitivity:
    """Which link, once known, would settle most of the answer.

    Parameters
    ----------
    grid : mapping of str to sequence
        The colon table.
    target : str
        ``"igf1"`` or a read-out (READ_OUTS).
    samples, repeats : int
        Size of one sample, and how many with other random numbers; their scatter is the error.
    **bets
        As for :func:`sample`; inflammation stays where it is put (a healthy person).

    Returns
    -------
    Sensitivity

    Raises
    ------
    ValueError, KeyError
        For an unknown target, fewer than 2 repeats, bad weights, links or values.
    """
    if target != "igf1" and target not in READ_OUTS:
        raise ValueError(f"no target {target!r}; choose igf1 or one of {sorted(READ_OUTS)}")
    if repeats < 2:
        raise ValueError(f"repeats = {repeats}: at least 2 are needed for an error")
    rows = []
    for seed in range(repeats):
        worlds = sample(grid, samples=samples, seed=seed, **bets)
        answer = worlds.change_percent[target]
        rows.append([first_order(worlds.of_link(name), answer) for name in HUMAN_EDGES])
    found = np.array(rows)
    error = found.std(axis=0, ddof=1) / np.sqrt(repeats)
    return Sensitivity(HUMAN_EDGES, found.mean(axis=0), error)


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
