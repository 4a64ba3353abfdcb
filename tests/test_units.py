"""Unit conversions against values worked out by hand, and back again."""

import numpy as np
import pytest

from igf1lab import units


@pytest.mark.parametrize(
    ("convert", "given", "expected"),
    [
        (units.ng_ml_to_nmol_l, 153.0, 20.003),
        (units.mg_dl_to_mmol_l, 90.08, 5.0),
        (units.uu_ml_to_pmol_l, 10.0, 60.0),
        (units.umol_l_to_mmol_l, 17.6, 0.0176),
        (units.per_day_to_per_hour, 12.0, 0.5),
        (units.carbohydrate_g_to_mmol_c, 16.2, 600.0),
    ],
)
def test_by_hand(convert, given, expected):
    assert convert(given) == pytest.approx(expected, rel=1e-4)
    both = convert(np.array([0.0, given]))
    assert both == pytest.approx([0.0, expected], rel=1e-4)


@pytest.mark.parametrize(
    ("there", "back"),
    [
        (units.ng_ml_to_nmol_l, units.nmol_l_to_ng_ml),
        (units.mg_dl_to_mmol_l, units.mmol_l_to_mg_dl),
        (units.uu_ml_to_pmol_l, units.pmol_l_to_uu_ml),
        (units.umol_l_to_mmol_l, units.mmol_l_to_umol_l),
        (units.per_day_to_per_hour, units.per_hour_to_per_day),
    ],
)
def test_there_and_back(there, back):
    assert back(there(200.0)) == pytest.approx(200.0)


def test_another_protein_has_another_mass():
    assert units.ng_ml_to_nmol_l(units.IGF2_KDA, units.IGF2_KDA) == 1.0
