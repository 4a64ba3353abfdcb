"""nbgrader's gradebook, written through nbgrader's own API.

Only here, in ``formgrader`` and in the generator of exercises is nbgrader imported.
"""

import os
import sysconfig
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.preprocessors import SaveCells
from nbgrader.utils import parse_utc

from igf1lab.grading.course import Course, CourseError


def _put_tools_on_path() -> None:
    """Let nbgrader find alembic, which it starts by name, also where no environment is active."""
    scripts, path = sysconfig.get_path("scripts"), os.environ.get("PATH", os.defpath)
    if scripts not in path.split(os.pathsep):
        os.environ["PATH"] = f"{scripts}{os.pathsep}{path}"


@contextmanager
def gradebook(course: Course) -> Iterator[Gradebook]:
    """Open the class's gradebook.

    Raises
    ------
    CourseError
        If the database cannot be reached.
    """
    warnings.filterwarnings("ignore", module="nbgrader")
    warnings.filterwarnings("ignore", module="sqlalchemy")
    _put_tools_on_path()
    try:
        book = Gradebook(course.db_url, course.course_id)
    except Exception as error:
        raise CourseError(f"The gradebook cannot be opened: {error}") from error
    # One writer: nothing need be read back after each commit.
    book.db().expire_on_commit = False
    with book:
        yield book


def register(course: Course, name: str, release) -> None:
    """Write a set's cells to the gradebook, so that marks have a place. Safe to repeat.

    Raises
    ------
    CourseError
        If the set's cells changed after marks were given.
    """
    with gradebook(course) as book:
        book.update_or_create_assignment(name)
    about = {"notebook": name, "assignment": name, "db_url": course.db_url}
    try:
        SaveCells().preprocess(release, {"nbgrader": about})
    except RuntimeError as error:
        raise CourseError(f"{name}: {error}. Give the changed set another name.") from None


def _hold_cells(book, name):
    """Let the session hold a set's cells: what nobody holds it asks for again, a mark at a time."""
    if name in book.db().info:
        return
    notebooks = book.find_assignment(name).notebooks
    book.db().info[name] = [n.grade_cells + n.solution_cells + n.task_cells for n in notebooks]


def store(
    book: Gradebook,
    name: str,
    student: str,
    result: dict,
    handed_in: str | None,
    new_work: bool = False,
) -> None:
    """Write one student's automatic marks. A person's marks are never touched.

    A mark given by a person is put up for review again if the automatic one changes, or if it
    was for a text that has since been replaced (``new_work``).
    """
    _hold_cells(book, name)
    try:
        submission = book.find_submission(name, student)
    except MissingEntry:
        book.update_or_create_student(student)
        submission = book.add_submission(name, student)
    if handed_in:
        submission.timestamp = parse_utc(handed_in)
    for notebook in submission.notebooks:
        for grade in notebook.grades:
            verdict = result["questions"].get(grade.name)
            if verdict is None:
                continue
            changed = grade.auto_score != verdict["points"]
            grade.auto_score = verdict["points"]
            by_hand = verdict["points"] is None
            if by_hand and grade.manual_score is None:
                grade.needs_manual_grade = True
            elif grade.manual_score is not None:
                look_again = changed or (by_hand and new_work)
                grade.needs_manual_grade = grade.needs_manual_grade or look_again
            else:
                grade.needs_manual_grade = False
        for comment in notebook.comments:
            verdict = result["questions"].get(comment.name.removesuffix("-answer"))
            blank = verdict is not None and verdict["status"] == "blank"
            comment.auto_comment = "No response." if blank else None
    book.db.commit()
