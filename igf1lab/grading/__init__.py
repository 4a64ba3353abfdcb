"""Exercises: checks for learners, marks for instructors.

Learners need ``open_exercise`` only. Everything else is for those who write or mark the sets and
needs the ``[instructor]`` extra.
"""

from igf1lab.grading.checks import open_exercise

__all__ = ["open_exercise"]
