"""The marks of a class, read from the tables that ``nbgrader.api`` keeps.

Importing nbgrader takes a second. Who only reads marks need not wait for it.
"""

from sqlalchemy import NullPool, create_engine, inspect, text
from sqlalchemy.exc import SQLAlchemyError

from igf1lab.grading.course import Course, CourseError

_OF_EACH_CELL = """
    SELECT submitted_assignment.student_id, base_cell.name, {wanted}
    FROM {table}
    JOIN base_cell ON base_cell.id = {table}.cell_id
    JOIN submitted_notebook ON submitted_notebook.id = {table}.notebook_id
    JOIN submitted_assignment ON submitted_assignment.id = submitted_notebook.assignment_id
    JOIN assignment ON assignment.id = submitted_assignment.assignment_id
    WHERE assignment.name = :name AND assignment.course_id = :course
"""
_GRADES = _OF_EACH_CELL.format(
    table="grade", wanted="auto_score, manual_score, extra_credit, needs_manual_grade"
)
_COMMENTS = _OF_EACH_CELL.format(table="comment", wanted="manual_comment")


def read_marks(course: Course, name: str) -> dict[str, dict]:
    """Return the present marks of a set.

    Returns
    -------
    dict
        By student, by question id: ``auto``, ``manual``, ``extra``, ``waits`` and ``comment``.

    Raises
    ------
    CourseError
        If the database cannot be read.
    """
    try:
        engine = create_engine(course.db_url, poolclass=NullPool)  # nothing is left open
        with engine.connect() as gradebook:
            if not inspect(gradebook).has_table("grade"):
                return {}
            asked = {"name": name, "course": course.course_id}
            grades = gradebook.execute(text(_GRADES), asked).all()
            comments = gradebook.execute(text(_COMMENTS), asked).all()
    except SQLAlchemyError as error:
        raise CourseError(f"The gradebook cannot be read: {error}") from None
    found = {}
    for student, question, auto, manual, extra, waits in grades:
        found.setdefault(student, {})[question] = {
            "auto": auto, "manual": manual, "extra": extra, "waits": bool(waits), "comment": "",
        }  # fmt: skip
    for student, cell, comment in comments:
        question = cell.removesuffix("-answer")
        if comment and question in found.get(student, {}):
            found[student][question]["comment"] = comment
    return found
