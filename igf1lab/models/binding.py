"""M1, binding: how much IGF-1 in blood is free, in ternary complex, or on other proteins.

Free IGF-1 (f) and IGF-2 (f_J) compete for one lumped ternary capacity B (IGFBP-3 with its
acid-labile subunit); b of it is free. Other binding proteins take up in proportion (κ):

    f = I / (1 + b/K₁ + κ),   f_J = J / (1 + b/K₂ + κ),   b (1 + f/K₁ + f_J/K₂) = B
"""

from dataclasses import dataclass

import numpy as np

from igf1lab.parameters import Parameter, ParameterSet

# Reference state: the three published numbers and one choice from which the constants follow.
FREE_FRACTION = 0.0038
TERNARY_FRACTION = 0.85
SPARE_CAPACITY_NM = 3.0
DISSOCIATION_RATIO = 44 / 102
K_1 = SPARE_CAPACITY_NM * FREE_FRACTION / TERNARY_FRACTION
KAPPA = (1 - TERNARY_FRACTION) / FREE_FRACTION - 1

PARAMETERS = ParameterSet(
    "M1",
    "human",
    [
        Parameter(
            "free_fraction",
            FREE_FRACTION,
            "",
            "share of IGF-1 that is free, reference state",
            "verified",
            "frystyk1994",
            "0.38 ± 0.02 %; fixed, because K_1 and kappa are computed from it",
        ),
        Parameter(
            "ternary_fraction",
            TERNARY_FRACTION,
            "",
            "share of IGF-1 in ternary complex, reference state",
            "chosen",
            "mecasermin_label",
            "between the label's “more than 80 %” and about 95 % printed in assay leaflets",
        ),
        Parameter(
            "dissociation_ratio",
            DISSOCIATION_RATIO,
            "",
            "dissociation constant of IGF-2 over that of IGF-1",
            "verified",
            "igfbp3_solidphase1997",
            "44 and 102 pmol/L on IGFBP-3",
        ),
        Parameter(
            "b_ref",
            SPARE_CAPACITY_NM,
            "nmol/L",
            "free ternary capacity, reference state",
            "chosen",
            (),
            "no measurement found; a compromise between the infusion studies",
        ),
        Parameter(
            "K_1",
            K_1,
            "nmol/L",
            "dissociation constant of IGF-1 from the ternary capacity",
            "derived",
            "frystyk1994",
            "b_ref × free_fraction / ternary_fraction",
            0.003,
            0.1,
        ),
        Parameter(
            "K_2",
            K_1 * DISSOCIATION_RATIO,
            "nmol/L",
            "dissociation constant of IGF-2 from the ternary capacity",
            "derived",
            "igfbp3_solidphase1997",
            "K_1 × dissociation_ratio",
            0.001,
            0.1,
        ),
        Parameter(
            "kappa",
            KAPPA,
            "",
            "IGF-1 on other binding proteins, per free IGF-1",
            "derived",
            "frystyk1994",
            "(1 − ternary_fraction) / free_fraction − 1",
            0.0,
            100.0,
        ),
    ],
)


@dataclass(frozen=True)
class Binding:
    """Where IGF-1 is at binding equilibrium; numbers or arrays of one shape.

    The three fractions of IGF-1 sum to one.
    """

    free_capacity_nM: float | np.ndarray
    igf1_free_fraction: float | np.ndarray
    igf1_other_fraction: float | np.ndarray
    igf1_ternary_fraction: float | np.ndarray
    igf1_free_nM: float | np.ndarray
    igf2_free_nM: float | np.ndarray


def free_capacity(igf1_nM, igf2_nM, capacity_nM, K_1, K_2, kappa):
    """Solve b (1 + f/K₁ + f_J/K₂) = B for the free capacity b (nmol/L), scalars only.

    The left side rises in b and is concave, so Newton started at or below the root climbs to
    it without ever passing it; B − I − J, the capacity left if every molecule were bound, is
    such a start.
    """
    unbound = 1.0 + kappa
    b = max(capacity_nM - igf1_nM - igf2_nM, 0.0)
    for _ in range(100):
        q1, q2 = unbound * K_1 + b, unbound * K_2 + b
        excess = b * (1.0 + igf1_nM / q1 + igf2_nM / q2) - capacity_nM
        slope = 1.0 + igf1_nM * unbound * K_1 / q1**2 + igf2_nM * unbound * K_2 / q2**2
        step = excess / slope
        b -= step
        # Newton is quadratic here: after a step of 1e-8 the error left is far below rounding.
        if abs(step) <= 1e-8 * b:
            break
    return b


def binding(total_igf1_nM, total_igf2_nM, capacity_nM, **changes):
    """Binding equilibrium of IGF-1 and IGF-2 with the ternary capacity and other proteins.

    Parameters
    ----------
    total_igf1_nM, total_igf2_nM, capacity_nM : float or array_like
        Total IGF-1, total IGF-2 and ternary capacity (nmol/L); arrays broadcast.
    **changes
        ``K_1``, ``K_2`` (nmol/L) or ``kappa``.

    Returns
    -------
    Binding

    Raises
    ------
    ValueError
        If a concentration is negative or not finite, or a change is outside its range.

    Notes
    -----
    Constants: frystyk1994 (free fractions), igfbp3_solidphase1997 (ratio of affinities).
    """
    p = PARAMETERS.values_with(**changes)
    amounts = [np.asarray(x, dtype=float) for x in (total_igf1_nM, total_igf2_nM, capacity_nM)]
    for name, amount in zip(("total IGF-1", "total IGF-2", "capacity"), amounts, strict=True):
        if not np.all(np.isfinite(amount) & (amount >= 0)):
            raise ValueError(f"{name} must be a concentration of 0 nmol/L or more")
    igf1, igf2, _ = amounts
    b = np.vectorize(free_capacity, otypes=[float])(*amounts, p.K_1, p.K_2, p.kappa)[()]
    q = 1 + b / p.K_1 + p.kappa
    return Binding(
        free_capacity_nM=b,
        igf1_free_fraction=1 / q,
        igf1_other_fraction=p.kappa / q,
        igf1_ternary_fraction=b / p.K_1 / q,
        igf1_free_nM=igf1 / q,
        igf2_free_nM=igf2 / (1 + b / p.K_2 + p.kappa),
    )


def check(result: Binding) -> None:
    """Raise ValueError unless the fractions sum to one and nothing is negative."""
    total = result.igf1_free_fraction + result.igf1_other_fraction + result.igf1_ternary_fraction
    if np.any(np.abs(total - 1) > 1e-12):
        raise ValueError("M1 binding: the fractions of IGF-1 do not sum to 1")
    if any(np.any(np.asarray(value) < 0) for value in vars(result).values()):
        raise ValueError("M1 binding: a concentration is negative")
