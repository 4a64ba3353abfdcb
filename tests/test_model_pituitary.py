"""M9 against the culture findings, and the dose that blood can bring."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from igf1lab.models import gh_axis, pituitary


def test_tumour_line_two_to_fourfold_at_one_millimolar():
    gh3 = pituitary.steady("gh3", scfa_mM=1)
    assert gh3.pit_mult == pytest.approx(3.0)
    assert 2 <= gh3.pit_mult <= 4


def test_goat_cells_fall_with_dose():
    doses = [pituitary.steady("goat", scfa_mM=dose).pit_mult for dose in (1, 3, 10)]
    assert doses == pytest.approx([0.80, 0.64, 0.50], abs=0.005)


def test_only_the_tumour_line_has_a_plus_sign():
    signs = {key: np.sign(prep.effect) for key, prep in pituitary.PREPARATIONS.items()}
    assert signs == {"human": 0, "gh3": 1, "goat": -1, "cow": -1, "rat": -1}
    assert "tumour" in pituitary.PREPARATIONS["gh3"].label


@pytest.mark.parametrize("preparation", pituitary.PREPARATIONS)
def test_human_blood_dose_moves_nothing_whatever_the_sign(preparation):
    change = pituitary.steady(preparation, scfa_mM=0.005).pit_mult - 1
    assert abs(change) < 0.05
    igf1 = gh_axis.steady_map(pit_mult=1.0 + change)
    assert abs(igf1 - 1) < 0.02


def test_human_blood_dose_reference_values():
    assert pituitary.steady("gh3", scfa_mM=0.005).pit_mult == pytest.approx(1.03, abs=0.001)
    assert pituitary.steady("goat", scfa_mM=0.005).pit_mult == pytest.approx(0.998, abs=0.001)
    assert pituitary.steady("human", scfa_mM=20).pit_mult == 1.0


def test_every_measured_preparation_cites_its_source():
    for key, preparation in pituitary.PREPARATIONS.items():
        assert bool(preparation.sources) == (key != "human")


@settings(derandomize=True, deadline=None)
@given(st.sampled_from(sorted(pituitary.PREPARATIONS)), st.floats(-1, 5), st.floats(0.1, 10))
def test_curves_are_monotone_and_never_negative(preparation, effect, half_mM):
    curve = pituitary.simulate(preparation, effect=effect, half_mM=half_mM)
    pituitary.check(curve)
    assert np.all(np.diff(curve.pit_mult) * np.sign(effect) >= 0)


def test_bad_input_is_refused_with_a_sentence():
    with pytest.raises(ValueError, match="choose one of"):
        pituitary.steady("dog")
    with pytest.raises(ValueError, match="outside its range"):
        pituitary.steady("goat", scfa_mM=-1)
    with pytest.raises(ValueError, match="must not be negative"):
        pituitary.check(pituitary.Pituitary(1.0, -0.1))
