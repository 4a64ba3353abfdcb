"""Lesson 6's parts: sentences true to the numbers, outcomes from the model, data in the alt text."""

import re

import pytest

from igf1lab import evidence
from igf1lab.lesson.parts import fibre_to_scfa as parts
from igf1lab.models import colon


@pytest.fixture(scope="module")
def passage():
    return parts.passage()


@pytest.mark.parametrize("settings", [{}, {"inulin": 18}, {"absent": "both butyrate guilds"}])
def test_colon_sentence_tells_the_model(settings):
    view = parts.colon_explorer().view(**settings)
    diet = {"fibre_inulin_g_d": settings["inulin"]} if "inulin" in settings else {}
    state = colon.steady(knockouts=parts.ABSENT[settings.get("absent", "none")], **diet)
    assert f"absorbs {state.absorbed_total_mmol_d:.0f} mmol" in view.sentence
    assert f"{state.absorbed_mmol_d['butyrate']:.0f} butyrate" in view.sentence
    assert f"pH of {state.proximal_ph:.2f}" in view.sentence
    for acid in colon.ACIDS:
        _, heights = view.curves[acid]
        assert max(heights) == pytest.approx(state.absorbed_mmol_d[acid])


def test_usual_diet_and_fifteen_grams_more_are_settings():
    for slider in parts.colon_explorer().sliders[:3]:
        assert {slider.start, slider.start + 15} <= set(slider.values)


def test_every_guild_can_be_missing():
    assert {g for absent in parts.ABSENT.values() for g in absent} == set(colon.GUILDS)


def test_more_inulin_is_judged_by_people_and_told_beside_the_model():
    outcome = parts.more_inulin_outcome()
    assert outcome.answer == {"acetate": "up", "propionate": "up", "butyrate": "same"}
    assert "acetate up, propionate up, butyrate unchanged" in outcome.text
    assert "propionate from 64 to 54" in outcome.text
    assert "butyrate from 35 to 98" in outcome.text


def moved(after, before):
    return "up" if after > 1.05 * before else "down" if after < 0.95 * before else "same"


@pytest.mark.parametrize(
    ("source", "settings", "missed"),
    [
        ("birkeland2020", {"fibre_inulin_g_d": 18.0}, {"propionate", "butyrate"}),
        ("eloufir1996", {"transit": 73 / 47}, {"butyrate"}),
    ],
)
def test_the_lesson_names_every_direction_that_the_model_misses(source, settings, missed):
    """The model's stool against the trials: what is missed is what the lesson says is missed."""
    trial = next(
        r for r in evidence.dataset("fermentation_trials").rows if r["source_key"] == source
    )
    usual, now = colon.steady(), colon.steady(**settings)
    stool = {a: moved(now.distal_mM[a], usual.distal_mM[a]) for a in colon.ACIDS}
    stool["total"] = moved(now.distal_scfa_mM, usual.distal_scfa_mM)
    stool["pH"] = "down" if now.distal_ph < usual.distal_ph - 0.02 else "same"
    asked = {key: trial[key] for key in stool if trial[key] is not None}
    assert {key for key, way in asked.items() if stool[key] != way} == missed


def test_arterial_butyrate_rises_a_hundredth_of_portal():
    outcome = parts.artery_outcome()
    portal, artery = map(float, re.findall(r"by ([\d.]+) µmol/L", outcome.text))
    assert outcome.answer == "hundredth"
    assert portal == parts.ARTERY_CHOICES["same"]  # the question quotes it
    assert portal / artery > 100


def test_passage_sentence_tells_the_published_share(passage):
    assert "of 100 molecules absorbed, 2.0 reach" in passage.view().sentence
    assert "100.0 reach" in passage.view(u_butyrate=0, E_butyrate=0).sentence
    # A bypassed liver leaves only the gut wall as filter.
    assert "40.0 reach" in passage.view(bypass=1).sentence


def test_bypass_raises_what_the_liver_holds_back_most(passage):
    before, after = passage.view().numbers, passage.view(bypass=1).numbers
    gain = {a: after[f"{a}, arteries"][0] / before[f"{a}, arteries"][0] for a in colon.ACIDS}
    assert gain["butyrate"] > gain["propionate"] > gain["acetate"] > 1


def test_known_misses_stay_visible():
    formed = parts._dose(15.0).formed_mmol
    assert formed["propionate"] < 0  # people: 11 ± 9 mmol
    measured = evidence.dataset("acetate_dose_response").rows
    rise = float(measured[2]["peak_acetate_umol_L"]) - float(measured[0]["peak_acetate_umol_L"])
    assert rise > 10 * parts.acetate_rise_umol_L(10) > 0
    arterial = 1000 * parts._settled().systemic_butyrate_mM
    radial = evidence.dataset("scfa_conc_blood").rows[3]["butyrate_umol_L"]
    assert float(radial) > 5 * arterial


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("inulin_dose", "acetate 137 ± 75 mmol in people"),
        ("blood", "portal vein, fasting: acetate 128, propionate 34.4, butyrate 17.6"),
        ("blood", "portal vein, autopsy (unverified): acetate 258"),
        ("lactulose", "10 g: 127 measured"),
    ],
)
def test_alt_text_carries_the_data(name, words):
    assert words in parts.FIGURES[name]().alt


def test_unverified_rows_are_marked():
    rows = evidence.dataset("scfa_conc_blood").rows
    assert parts.blood().alt.count("(unverified)") == sum(not r["verified"] for r in rows) == 3
