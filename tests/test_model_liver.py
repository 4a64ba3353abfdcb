"""M7 against receptor doses in blood and lumen, IL-6 mice and hypophysectomy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from igf1lab.models import chromatin, colon, gh_axis, liver

NO_ACIDS = {"acetate_mM": 0.0, "propionate_mM": 0.0, "butyrate_mM": 0.0}
DIET = ("fibre_inulin_g_d", "fibre_rs_g_d", "fibre_nsp_g_d")


@pytest.mark.parametrize(
    ("acids_mM", "ffar2", "ffar3", "hcar2"),
    [
        ((0.128, 0.034, 0.0176), 0.316, 0.40, 0.012),  # portal, fasting (peters1992)
        ((0.2409, 0.039, 0.0269), 0.434, 0.47, 0.018),  # portal, after lactulose (peters1992)
        ((0.067, 0.0037, 0.0005), 0.145, 0.10, 0.0003),  # systemic
        ((75.0, 22.0, 20.0), 1.0, 1.0, 0.93),  # colon lumen
    ],
)
def test_occupancy_reference_values(acids_mM, ffar2, ffar3, hcar2):
    acetate, propionate, butyrate = acids_mM
    found = liver.steady(
        acetate_mM=acetate, propionate_mM=propionate, butyrate_mM=butyrate
    ).receptors
    assert found.ffar2 == pytest.approx(ffar2, abs=0.006)
    assert found.ffar3 == pytest.approx(ffar3, abs=0.006)
    assert found.hcar2 == pytest.approx(hcar2, rel=0.12, abs=0)


def hcar2_on(diet):
    settled = colon.steady(**dict(zip(DIET, diet, strict=True)))
    portal = liver.steady(butyrate_mM=settled.portal_butyrate_mM).receptors.hcar2
    lumen = liver.steady(butyrate_mM=settled.proximal_mM["butyrate"]).receptors.hcar2
    return portal, lumen


def test_hcar2_is_nearly_empty_in_portal_blood_and_nearly_full_in_the_lumen():
    for diet in ((3, 8, 15), (18, 8, 15)):
        portal, lumen = hcar2_on(diet)
        assert portal < 0.03
        assert lumen > 0.8


def test_no_fibre_intake_fills_a_tenth_of_hcar2():
    assert max(hcar2_on(diet)[0] for diet in ((40, 40, 40), (8, 40, 40), (40, 40, 20))) < 0.10


def test_fasting_ketones_occupy_hcar2_far_more_than_portal_butyrate():
    butyrate = liver.steady().receptors.hcar2
    assert liver.steady(ketone_mM=3.0, butyrate_mM=0).receptors.hcar2 > 20 * butyrate


def test_competing_agonists_share_one_site():
    both = liver.occupancy((1.0, 2.0), (1.0, 2.0))
    assert both == pytest.approx(2 / 3)
    assert both < liver.occupancy((1.0,), (1.0,)) + liver.occupancy((2.0,), (2.0,))


def test_no_acids_leave_transcription_alone():
    assert liver.steady(**NO_ACIDS).tx_mult == 1.0


@pytest.mark.parametrize(("sign", "expected"), [(-1, 0.905), (0, 1.0), (1, 1.095)])
def test_il6_arm_has_a_sign(sign, expected):
    assert liver.steady(il6_sign=sign).il6_rel == pytest.approx(expected, abs=0.001)


def test_il6_takes_binding_protein_and_leaves_growth_hormone_and_message():
    healthy = liver.steady()
    for change in ({"inflammation": 4.0}, {"il6_sign": 1}):
        inflamed = liver.steady(**change)
        assert inflamed.igfbp_mult < healthy.igfbp_mult
        assert inflamed.tx_mult == healthy.tx_mult
        igf1 = gh_axis.steady_map(inflamed.tx_mult, inflamed.igfbp_mult)
        assert igf1 < gh_axis.steady_map(healthy.tx_mult, healthy.igfbp_mult)


def test_threefold_il6_gives_the_low_igf1_of_the_il6_mice():
    m_b = liver.igfbp_multiplier(3.0, liver.PARAMETERS["il6_half"].value)
    assert m_b == pytest.approx(1 / 3)
    assert gh_axis.steady_map(igfbp_mult=m_b) == pytest.approx(0.42, abs=0.02)


def test_message_without_growth_hormone_falls_as_after_hypophysectomy():
    left = liver.steady(gh_drive=0, **NO_ACIDS).mrna_rel
    assert left == pytest.approx(0.17, abs=0.005)
    assert left < 0.2


def test_stat5b_knockout_does_not_answer_growth_hormone():
    low, high = (liver.steady(E_max=0, gh_drive=drive).mrna_rel for drive in (0.1, 0.9))
    assert low == high
    assert liver.steady(gh_drive=0.9).mrna_rel > liver.steady(gh_drive=0.1).mrna_rel


def test_hcar2_raises_message_as_far_as_it_is_expressed():
    full, half, none = (liver.steady(hcar2_weight=w, butyrate_mM=1.5).tx_mult for w in (1, 0.5, 0))
    assert full == pytest.approx(1 + 0.3 * 0.5)
    assert half == pytest.approx(1 + 0.3 * 0.5 * 0.5)
    assert none == 1.0


def test_chromatin_multiplies_message():
    fold = chromatin.steady().expression_fold
    with_chromatin = liver.steady(chromatin_fold=fold)
    assert with_chromatin.tx_mult == pytest.approx(liver.steady().tx_mult * fold)


def test_acute_il6_arm_is_biphasic_when_switched_on():
    inflamed = [
        liver.steady(il6_acute_gain=0.5, inflammation=x, il6_sign=0).tx_mult for x in (0, 1, 9)
    ]
    assert inflamed[1] > inflamed[0]
    assert inflamed[1] > inflamed[2]


def test_course_starts_at_rest_and_ends_in_the_steady_state():
    changes = {"inflammation": 3.0, "butyrate_mM": 5.0, "il6_acute_gain": 0.4}
    course, end = liver.simulate(t_end_h=200, **changes), liver.steady(**changes)
    liver.check(course)
    assert (course.il6_rel[0], course.tx_mult[0], course.igfbp_mult[0]) == (1.0, 1.0, 1.0)
    for name in ("il6_rel", "mrna_rel", "tx_mult", "igfbp_mult"):
        assert getattr(course, name)[-1] == pytest.approx(getattr(end, name), rel=1e-6)


def test_il6_course_has_its_half_life():
    course = liver.simulate(t_end_h=2.0, points=3, inflammation=4.0)
    end = liver.steady(inflammation=4.0).il6_rel
    assert course.il6_rel[-1] - 1 == pytest.approx((end - 1) / 2)


def test_potencies_that_were_not_reread_are_flagged():
    potencies = [p for name, p in liver.PARAMETERS.items() if "_ec50_" in name]
    assert len(potencies) == 8
    assert all(p.flag == "unverified" and p.source for p in potencies)


@settings(derandomize=True, deadline=None, max_examples=60)
@given(
    st.floats(0, 150),
    st.floats(0, 150),
    st.floats(0, 150),
    st.sampled_from([-1, 0, 1]),
    st.floats(0, 1),
    st.floats(0, 10),
    st.floats(0.5, 2),
)
def test_invariants_over_the_ranges(acetate, propionate, butyrate, sign, gain, inflammation, hill):
    changes = {
        "acetate_mM": acetate,
        "propionate_mM": propionate,
        "butyrate_mM": butyrate,
        "il6_sign": sign,
        "il6_gain": gain,
        "inflammation": inflammation,
        "hill": hill,
    }
    liver.check(liver.steady(**changes))
    course = liver.simulate(points=13, **changes)
    liver.check(course)
    assert np.all(np.isfinite(course.tx_mult))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: liver.steady(il6_sign=0.5), "must be -1, 0 or 1"),
        (lambda: liver.steady(butyrate_mM=-1), "outside its range"),
        (lambda: liver.simulate(t_end_h=0), "above 0 h"),
    ],
)
def test_bad_input_is_refused_with_a_sentence(call, words):
    with pytest.raises(ValueError, match=words):
        call()


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (liver.Liver(liver.Receptors(0, 0, 0), -1, 1, 1, 1), "il6_rel must not be negative"),
        (liver.Liver(liver.Receptors(0, 0, 0), 1, 1, 1, 1.2), "must not exceed 1"),
        (liver.Liver(liver.Receptors(0, 0, 1.1), 1, 1, 1, 1), "between 0 and 1"),
    ],
)
def test_check_refuses_impossible_results(broken, words):
    with pytest.raises(ValueError, match=words):
        liver.check(broken)
