"""What a lesson notebook shows: explorers, predictions, quizzes, plates and progress.

Nothing is imported before it is asked for: the rows of an explorer need neither widgets nor
matplotlib, and are computed where there are none.
"""

from importlib import import_module

__all__ = ["LESSONS", "Lesson", "open_lesson"]


def __getattr__(name: str):
    """Import :mod:`igf1lab.lesson.lesson` when one of its names is asked for."""
    if name in __all__:
        return getattr(import_module("igf1lab.lesson.lesson"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
