"""Lesson 0's parts, and the two tests that frame the course."""

import numpy as np
import pytest

import robots
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


def test_pre_and_post_test_are_eight_pairs_of_the_same_skill():
    pre, post = bank("pre_test").items, bank("post_test").items
    assert len(pre) == 8
    for before, after in zip(pre, post, strict=True):
        assert before.id.removeprefix("pre-") == after.id.removeprefix("post-")
        assert (before.kind, before.bloom) == (after.kind, after.bloom), before.id
        assert before.stem != after.stem, before.id
    right = [sum(o.correct for o in i.options) for i in (*pre, *post) if i.kind == "choices"]
    assert {1, 2, 3} <= set(right), "counts of right answers must vary"


@pytest.mark.parametrize("robot", robots.ROBOTS)
@pytest.mark.parametrize("test", ["pre_test", "post_test"])
def test_no_robot_that_knows_no_biology_beats_chance_in_the_tests(test, robot):
    points = robots.excess(bank(test).items, robot)
    assert points <= 10, f"{robot} beats chance by {points:.0f} points; run python tests/robots.py"
