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
        (units.carbohydrate_g_to_mmol_c, 16.2, 600.0),
    ],
)
def test_by_hand(convert, given, expected):
    assert convert(given) == pytest.approx(expected, rel=1e-4)
    both = convert(np.array([0.0, given]))
    assert both == pytest.approx([0.0, expected], rel=1e-4)


@pytest.mark.parametrize("kda", [units.IGF1_KDA, units.IGF2_KDA])
def test_there_and_back(kda):
    assert units.nmol_l_to_ng_ml(units.ng_ml_to_nmol_l(200.0, kda), kda) == pytest.approx(200.0)
