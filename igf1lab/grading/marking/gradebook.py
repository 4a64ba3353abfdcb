"""nbgrader's gradebook, written through nbgrader's own API.

Only here, in ``formgrader`` and in the generator of exercises is nbgrader imported.
"""

import os
import sysconfig
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from nbgrader.api import (
    Assignment,
    BaseCell,
    Comment,
    Grade,
    Gradebook,
    MissingEntry,
    SubmittedAssignment,
    SubmittedNotebook,
)
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


def marks(book: Gradebook, name: str) -> dict[str, dict]:
    """Return the present marks of a set.

    Returns
    -------
    dict
        By student, by question id: ``auto``, ``manual``, ``extra``, ``waits`` and ``comment``.
    """
    found = {}
    for student, question, grade in _of_each_cell(book, name, Grade):
        found.setdefault(student, {})[question] = {
            "auto": grade.auto_score,
            "manual": grade.manual_score,
            "extra": grade.extra_credit,
            "waits": grade.needs_manual_grade,
            "comment": "",
        }
    for student, cell, comment in _of_each_cell(book, name, Comment):
        question = cell.removesuffix("-answer")
        if question in found.get(student, {}) and comment.manual_comment:
            found[student][question]["comment"] = comment.manual_comment
    return found


def _of_each_cell(book, name, what):
    """Return (student, name of the cell, what) of a set: asked for at once, not a cell at a time."""
    return (
        book.db.query(SubmittedAssignment.student_id, BaseCell.name, what)
        .join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
        .join(SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .join(what, what.notebook_id == SubmittedNotebook.id)
        .join(BaseCell, BaseCell.id == what.cell_id)
        .filter(Assignment.name == name, Assignment.course_id == book.course_id)
    )


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
