"""Lesson 0's parts, and the two tests that frame the course."""

import numpy as np

from igf1lab import evidence
from igf1lab.lesson.parts import start_here as parts
from igf1lab.lesson.quiz_bank import bank
from igf1lab.models import toy_axis


def test_late_brake_pulses_because_the_delay_is_above_critical():
    prompt, late = parts.BRAKE_DELAYS_H
    assert prompt < toy_axis.critical_delay_h() < late
    assert parts.delay_outcome().answer == "pulses"


def test_loop_sentence_follows_the_curve():
    explorer = parts.loop()
    assert "settles at 1.00 times" in explorer.view(delay_h=0.1).sentence
    view = explorer.view(delay_h=1.0)
    late = view.curves["level"][parts.TIME_H >= parts.LATE_H]
    assert f"between {late.min():.2f} and {late.max():.2f}" in view.sentence
    assert "settles" in explorer.view(strength=1.0, delay_h=2.0).sentence


def test_answers_to_the_tasks_of_lesson_0():
    explorer = parts.loop()
    delays = explorer.sliders[0].values
    swinging = [d for d in delays if "swings" in explorer.view(delay_h=d).sentence]
    assert np.isclose(min(swinging), 0.4, atol=0.06)


def test_by_age_says_the_peaks():
    alt = parts.by_age().alt
    table = evidence.dataset("DS-1A-REF-IGF1")
    assert f"men: peak {table.column('male_median').max():.0f}" in alt


def test_pre_and_post_test_are_parallel_and_cover_every_claim():
    pre, post = bank("pre_test").items, bank("post_test").items
    assert [i.id.removeprefix("pre-") for i in pre] == [i.id.removeprefix("post-") for i in post]
    assert [i.claims for i in pre] == [i.claims for i in post]
    assert {c for i in pre for c in i.claims} == set(evidence.claims())
    assert all(a.stem != b.stem for a, b in zip(pre, post, strict=True))
