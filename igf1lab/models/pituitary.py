"""M9: short-chain fatty acids and growth hormone release, preparation by preparation.

The sign depends on the preparation: a rat tumour line releases more growth hormone, primary
cells of goat, cow and rat release less, and so do living sheep (matsunaga1997: an infusion into
the rumen of 107 or 214 µmol/kg/min lowers growth hormone, 53.5 does not; no concentration, so no
curve here). No human pituitary was found tested.
"""

from dataclasses import dataclass

import numpy as np

from igf1lab.parameters import Parameter, ParameterSet

PARAMETERS = ParameterSet(
    "M9",
    "cell",
    [
        Parameter(
            "scfa_mM",
            0.005,
            "mmol/L",
            "short-chain fatty acid at the pituitary",
            "verified",
            "liver_resection_scfa",
            "about the butyrate of human arterial blood, 4.3 µmol/L before liver resection",
            0.0,
            20.0,
        ),
        Parameter(
            "effect",
            0.0,
            "",
            "largest relative change of growth hormone",
            "chosen",
            (),
            "human: unknown, so 0; each preparation brings its own",
            -1.0,
            5.0,
        ),
        Parameter(
            "half_mM",
            1.0,
            "mmol/L",
            "concentration of half the largest change",
            "chosen",
            (),
            "middle of the constants fitted to the preparations",
            0.1,
            10.0,
        ),
    ],
)


@dataclass(frozen=True)
class Preparation:
    """Cells or animals in which the effect was measured.

    ``effect`` and ``half_mM`` are chosen so that the curve passes near ``finding``.
    """

    label: str
    effect: float
    half_mM: float
    acid: str
    finding: str
    sources: tuple[str, ...]


PREPARATIONS = {
    "human": Preparation(
        label="human (not measured)",
        effect=0.0,
        half_mM=1.0,
        acid="any",
        finding="no experiment found",
        sources=(),
    ),
    "gh3": Preparation(
        label="GH3, a rat tumour line",
        effect=3.0,
        half_mM=0.5,
        acid="valerate or butyrate",
        finding="1 mM raised growth hormone 2- to 4-fold in 24 to 72 h; acetate did not",
        sources=("gh3_1981",),
    ),
    "goat": Preparation(
        label="goat, primary cells",
        effect=-0.6,
        half_mM=2.0,
        acid="butyrate, more than propionate",
        finding="1 to 10 mM lowered GHRH-induced growth hormone, only after 3 d of culture with it",
        sources=("goat_gh",),
    ),
    "cow": Preparation(
        label="cow, primary cells",
        effect=-0.6,
        half_mM=1.0,
        acid="propionate, most potent of three",
        finding="acetate, propionate and butyrate lowered cAMP signalling and growth hormone mRNA",
        sources=("wang2013",),
    ),
    "rat": Preparation(
        label="rat, primary cells",
        effect=-0.4,
        half_mM=2.0,
        acid="butyrate",
        finding="butyrate suppressed GHRH-induced growth hormone (only the title was read)",
        sources=("ishiwata2005",),
    ),
}


def multiplier(scfa_mM, effect, half_mM):
    """Growth hormone secretion relative to none added; inputs broadcast.

    A saturating curve chosen to pass near the findings in :data:`PREPARATIONS`.
    """
    return 1.0 + effect * scfa_mM / (half_mM + scfa_mM)


@dataclass(frozen=True)
class Pituitary:
    """Multiplier of pituitary growth hormone secretion: the input ``m_pit`` of M1."""

    scfa_mM: float | np.ndarray
    pit_mult: float | np.ndarray


def _values(preparation, changes):
    if preparation not in PREPARATIONS:
        raise ValueError(f"no preparation {preparation!r}; choose one of {sorted(PREPARATIONS)}")
    chosen = PREPARATIONS[preparation]
    return PARAMETERS.values_with(**{"effect": chosen.effect, "half_mM": chosen.half_mM} | changes)


def steady(preparation="human", **changes):
    """Return the :class:`Pituitary` at one concentration.

    Parameters
    ----------
    preparation : str
        Key of :data:`PREPARATIONS`; sets ``effect`` and ``half_mM``.
    **changes : float
        Overrides of PARAMETERS, which win over the preparation.

    Raises
    ------
    ValueError, KeyError
        For an unknown preparation or parameter, or a value out of range.
    """
    p = _values(preparation, changes)
    return Pituitary(p.scfa_mM, multiplier(p.scfa_mM, p.effect, p.half_mM))


def simulate(preparation="human", points=121, **changes):
    """Dose-response curve from 1 µmol/L to 20 mmol/L, evenly spaced on a log scale.

    Arguments and errors as for :func:`steady`; arrays of shape (points,).
    """
    p = _values(preparation, changes)
    doses = np.geomspace(1e-3, PARAMETERS["scfa_mM"].high, points)
    return Pituitary(doses, multiplier(doses, p.effect, p.half_mM))


def check(result):
    """Raise ValueError if a secretion multiplier is negative."""
    if not np.all(np.asarray(result.pit_mult) >= 0):
        raise ValueError("pit_mult must not be negative: no pituitary takes hormone back")
