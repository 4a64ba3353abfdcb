"""M7: short-chain fatty acid receptors in the liver, IL-6, and IGF-1 message.

Occupancy comes before mechanism: portal butyrate is some 20 µmol/L and HCAR2 needs about
1.5 mmol/L. IL-6 acts on the binding protein alone: mice with chronic IL-6 have normal
growth hormone, little IGFBP-3 and fast IGF-1 clearance (debenedetti1997, debenedetti2002). That
the inflamed liver also makes less IGF-1 (zhao2014) is left out; with it the fall would be larger.
"""

from dataclasses import dataclass, replace
from math import log

import numpy as np
from scipy.integrate import odeint

from igf1lab.models import gh_axis
from igf1lab.parameters import Parameter, ParameterSet, chosen


def _concentration(name, value, label, source, reason, high):
    return Parameter(name, value, "mmol/L", label, "verified", source, reason, 0.0, high)


def _potency(receptor, acid, value, source, reason):
    """EC50 that was not read in its own source: a third to three times the value is allowed."""
    return Parameter(
        f"{receptor}_ec50_{acid}",
        value,
        "mmol/L",
        f"{acid} that half-occupies {receptor.upper()}",
        "unverified",
        source,
        reason,
        value / 3,
        value * 3,
    )


_GTPGAMMAS = (
    "GTPγS assay, second-hand; a cAMP assay gave values ten to twenty times lower (lepoul2003)"
)
_FFAR3_RANGE = "within the range that the Guide to Pharmacology lists for several assays"


PARAMETERS = ParameterSet(
    "M7",
    "human",
    [
        _concentration(
            "acetate_mM", 0.128, "acetate at the receptor", "peters1992", "fasting portal", 150.0
        ),
        _concentration(
            "propionate_mM",
            0.034,
            "propionate at the receptor",
            "peters1992",
            "fasting portal",
            150.0,
        ),
        _concentration(
            "butyrate_mM",
            0.0176,
            "butyrate at the receptor",
            "peters1992",
            "fasting portal",
            150.0,
        ),
        chosen(
            "ketone_mM",
            0.0,
            "mmol/L",
            "β-hydroxybutyrate at the receptor",
            "left out by default, to see the short-chain fatty acids alone",
            0.0,
            6.0,
        ),
        _potency("ffar2", "acetate", 0.431, "brown2003", _GTPGAMMAS),
        _potency("ffar2", "propionate", 0.29, "brown2003", _GTPGAMMAS),
        _potency("ffar2", "butyrate", 0.371, "brown2003", _GTPGAMMAS),
        _potency("ffar3", "acetate", 1.0, "gtopdb_ffa3", _FFAR3_RANGE),
        _potency("ffar3", "propionate", 0.08, "gtopdb_ffa3", _FFAR3_RANGE),
        _potency("ffar3", "butyrate", 0.16, "gtopdb_ffa3", _FFAR3_RANGE),
        Parameter(
            "hcar2_ec50_butyrate",
            1.5,
            "mmol/L",
            "butyrate that half-occupies HCAR2",
            "unverified",
            ("taggart2005", "thangaraju2009"),
            "quoted at 1 to 2 mM; not read in a primary paper",
            0.5,
            4.5,
        ),
        Parameter(
            "hcar2_ec50_ketone",
            0.7,
            "mmol/L",
            "β-hydroxybutyrate that half-occupies HCAR2",
            "unverified",
            ("taggart2005",),
            "quoted; not read in the primary paper",
            0.25,
            2.1,
        ),
        chosen("hill", 1.0, "", "Hill exponent of occupancy", "one site, one agonist", 0.5, 2.0),
        chosen(
            "hcar2_weight",
            1.0,
            "",
            "share of full HCAR2 expression in liver",
            "reported as low and contested; 1 gives the claim its best chance",
            0.0,
            1.0,
        ),
        chosen(
            "g_hcar2",
            0.3,
            "",
            "largest rise of IGF-1 message through HCAR2",
            "no measurement found",
            0.0,
            2.0,
        ),
        chosen(
            "il6_sign",
            -1.0,
            "",
            "sign of the acids' effect on IL-6",
            "butyrate lowers LPS-induced IL-6 in macrophages",
            -1.0,
            1.0,
            source="butyrate_macrophage",
            step=1.0,
        ),
        chosen(
            "il6_gain",
            0.3,
            "",
            "largest relative change of IL-6 through FFAR2",
            "no measurement found",
            0.0,
            1.0,
        ),
        chosen("il6_basal", 1.0, "", "basal IL-6 drive", "IL-6 is counted from it", 0.2, 3.0),
        chosen(
            "inflammation",
            0.0,
            "",
            "extra IL-6 drive",
            "0 is a healthy adult; 2 to 4 a chronic inflammation",
            0.0,
            10.0,
        ),
        chosen(
            "il6_half",
            1.0,
            "",
            "extra IL-6 that halves ternary binding",
            "gives the direction and rough size of the IL-6 mice",
            0.2,
            5.0,
            source=("debenedetti1997", "debenedetti2002"),
        ),
        chosen("il6_half_life", 2.0, "h", "half-life of the IL-6 response", "hours", 0.25, 24.0),
        chosen(
            "il6_acute_gain",
            0.0,
            "",
            "acute biphasic effect of IL-6 on message",
            "off by default: short bursts only",
            0.0,
            1.0,
            source="debenedetti2002",
        ),
        chosen(
            "il6_acute_peak",
            2.0,
            "",
            "IL-6 at the top of the acute effect",
            "only the shape matters",
            0.5,
            5.0,
        ),
        gh_axis.PARAMETERS["K_in"],
        # M1's numbers with a range: E_max = 0 is a STAT5b knockout (stat5b2001).
        replace(gh_axis.PARAMETERS["E_max"], low=0.0),
        replace(
            gh_axis.PARAMETERS["E_0"],
            name="gh_drive",
            label="saturation of the liver by growth hormone",
            low=0.0,
            high=1.0,
        ),
        chosen("mrna_half_life", 6.0, "h", "half-life of IGF-1 message", "hours", 0.5, 24.0),
        chosen(
            "chromatin_fold",
            1.0,
            "",
            "factor on message from chromatin (M8)",
            "1 leaves chromatin out",
            0.1,
            5.0,
        ),
    ],
)


def occupancy(concentrations_mM, ec50_mM, hill=1.0):
    """Fraction of one receptor held by agonists that compete for the same site (simple binding).

    Parameters
    ----------
    concentrations_mM, ec50_mM : sequence of float or ndarray
        One entry an agonist, mmol/L; entries broadcast.
    hill : float
        Hill exponent on the summed relative dose.

    Returns
    -------
    float or ndarray
        Between 0 and 1.
    """
    dose = sum(c / ec50 for c, ec50 in zip(concentrations_mM, ec50_mM, strict=True)) ** hill
    return dose / (1.0 + dose)


def il6_level(ffar2, signed_gain, inflammation=0.0, basal=1.0):
    """Steady IL-6 relative to a healthy adult; never negative. Inputs broadcast."""
    return (basal + inflammation) * np.maximum(1.0 + signed_gain * ffar2, 0.0)


def igfbp_multiplier(il6, half):
    """Ternary binding capacity left at relative IL-6 ``il6`` (debenedetti1997). Broadcasts."""
    return 1.0 / (1.0 + np.maximum(il6 - 1.0, 0.0) / half)


@dataclass(frozen=True)
class Receptors:
    """Occupied fractions of the three receptors."""

    ffar2: float
    ffar3: float
    hcar2: float


@dataclass(frozen=True)
class Liver:
    """Steady liver; ``tx_mult`` and ``igfbp_mult`` are M1's inputs T_x and m_B."""

    receptors: Receptors
    il6_rel: float
    mrna_rel: float
    tx_mult: float
    igfbp_mult: float


@dataclass(frozen=True)
class LiverCourse:
    """Course after the acids arrive at time 0; arrays of one shape."""

    time_h: np.ndarray
    il6_rel: np.ndarray
    mrna_rel: np.ndarray
    tx_mult: np.ndarray
    igfbp_mult: np.ndarray


def _values(changes):
    p = PARAMETERS.values_with(**changes)
    if p.il6_sign not in (-1, 0, 1):
        raise ValueError(f"il6_sign = {p.il6_sign} must be -1, 0 or 1")
    return p


def _receptors(p):
    acids = (p.acetate_mM, p.propionate_mM, p.butyrate_mM)
    ffar2 = (p.ffar2_ec50_acetate, p.ffar2_ec50_propionate, p.ffar2_ec50_butyrate)
    ffar3 = (p.ffar3_ec50_acetate, p.ffar3_ec50_propionate, p.ffar3_ec50_butyrate)
    return Receptors(
        ffar2=occupancy(acids, ffar2, p.hill),
        ffar3=occupancy(acids, ffar3, p.hill),
        hcar2=occupancy(
            (p.butyrate_mM, p.ketone_mM), (p.hcar2_ec50_butyrate, p.hcar2_ec50_ketone), p.hill
        ),
    )


def _gh_factor(p):
    """Message that growth hormone allows, relative to a healthy liver at the default drive."""
    healthy = p.K_in + PARAMETERS["E_max"].value * PARAMETERS["gh_drive"].value
    return (p.K_in + p.E_max * p.gh_drive) / healthy


def _tx_multiplier(il6, hcar2, p):
    acute = 1.0 + p.il6_acute_gain * il6 / (1.0 + (il6 / p.il6_acute_peak) ** 2)
    return (1.0 + p.g_hcar2 * p.hcar2_weight * hcar2) * p.chromatin_fold * acute


def steady(**changes):
    """Return the steady :class:`Liver`; ``changes`` override PARAMETERS.

    Raises
    ------
    ValueError, KeyError
        For a value out of range, an IL-6 sign other than -1, 0, 1, or an unknown name.
    """
    p = _values(changes)
    receptors = _receptors(p)
    il6 = float(il6_level(receptors.ffar2, p.il6_sign * p.il6_gain, p.inflammation, p.il6_basal))
    tx_mult = _tx_multiplier(il6, receptors.hcar2, p)
    return Liver(
        receptors=receptors,
        il6_rel=il6,
        mrna_rel=_gh_factor(p) * tx_mult,
        tx_mult=tx_mult,
        igfbp_mult=float(igfbp_multiplier(il6, p.il6_half)),
    )


def simulate(t_end_h=48.0, points=241, **changes):
    """Course of IL-6 and IGF-1 message when acids and inflammation begin at time 0.

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
    LiverCourse

    Raises
    ------
    ValueError, KeyError
        As for :func:`steady`, or for a run without length.
    """
    if not t_end_h > 0 or points < 2:
        raise ValueError("t_end_h must be above 0 h, with at least 2 points")
    p = _values(changes)
    end, hcar2 = steady(**changes), _receptors(p).hcar2
    time_h = np.linspace(0.0, t_end_h, points)
    k_il6, delta = log(2) / p.il6_half_life, log(2) / p.mrna_half_life
    il6 = end.il6_rel + (1.0 - end.il6_rel) * np.exp(-k_il6 * time_h)

    def slope(tx_mult, t):
        il6_now = end.il6_rel + (1.0 - end.il6_rel) * np.exp(-k_il6 * t)
        return delta * (_tx_multiplier(il6_now, hcar2, p) - tx_mult)

    tx_mult = odeint(slope, 1.0, time_h, rtol=1e-8, atol=1e-10)[:, 0]
    return LiverCourse(
        time_h, il6, _gh_factor(p) * tx_mult, tx_mult, igfbp_multiplier(il6, p.il6_half)
    )


def check(result):
    """Raise ValueError if a result of this model is impossible (negative, or over-occupied)."""
    for name in ("il6_rel", "mrna_rel", "tx_mult", "igfbp_mult"):
        if not np.all(np.asarray(getattr(result, name)) >= 0):
            raise ValueError(f"{name} must not be negative")
    if not np.all(np.asarray(result.igfbp_mult) <= 1):
        raise ValueError("igfbp_mult must not exceed 1: IL-6 only takes binding protein away")
    for name, share in vars(getattr(result, "receptors", Receptors(0, 0, 0))).items():
        if not 0 <= share <= 1:
            raise ValueError(f"occupancy of {name} must lie between 0 and 1")
