"""Exercise sets: what a learner answers, how answers are judged, and how sets are made.

Learners need ``open_exercise`` only. The lecturer's side is :mod:`igf1lab.grading`.
"""

from igf1lab.exercises.exercise import open_exercise

__all__ = ["open_exercise"]
