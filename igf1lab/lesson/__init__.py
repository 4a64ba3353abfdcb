"""What a lesson notebook shows: explorers, predictions, quizzes, plates and progress."""

from igf1lab.lesson.lesson import LESSONS, Lesson, open_lesson

__all__ = ["LESSONS", "Lesson", "open_lesson"]
