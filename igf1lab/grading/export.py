"""Marks as CSV for a learning platform: quoted, safe against formulas, empty while pending."""

import csv
from pathlib import Path

from igf1lab.grading import gradebook as books
from igf1lab.grading.checks import set_from_data
from igf1lab.grading.course import Course, CourseError
from igf1lab.grading.marking import read_results
from igf1lab.grading.pages import final_points

FORMATS = ("plain", "canvas", "moodle")


def safe(cell) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    text = "" if cell is None else str(cell)
    starts = text.lstrip()[:1] in ("=", "+", "-", "@") or text[:1] in ("\t", "\r", "\n")
    number = text.replace(".", "", 1).removeprefix("-").isdigit()
    return f"'{text}" if starts and not number else text


def final_marks(course: Course, name: str) -> dict[str, dict]:
    """Return the marks that count, by student.

    Returns
    -------
    dict
        ``points`` by question id (None while pending), ``total`` (None while anything of it is
        pending or the work could not be read) and ``status``.
    """
    with books.gradebook(course) as book:
        marks = books.marks(book, name)
    found = {}
    for student, result in read_results(course, name).items():
        points = {
            question: final_points(question, verdict, marks.get(student, {}).get(question))
            for question, verdict in result["questions"].items()
        }
        waits = any(mark["waits"] for mark in marks.get(student, {}).values())
        pending = result["status"] != "marked" or waits or None in points.values()
        total = None if pending else round(sum(points.values()), 2)
        status = result["status"] if result["status"] != "marked" or not pending else "pending"
        found[student] = {"points": points, "total": total, "status": status}
    return found


def export(
    course: Course, name: str, style: str, roster: Path | None = None, column: str = ""
) -> Path:
    """Write the marks of a set.

    Parameters
    ----------
    style : {"plain", "canvas", "moodle"}
    roster : Path, optional
        The platform's own export. For Canvas it gives names, IDs and sections (students are found
        by SIS Login ID, else by name); for all it adds students without a submission.
    column : str
        Title of the mark's column, for Canvas with its number: ``Metabolism (12345)``.

    Raises
    ------
    CourseError
        If there is nothing to export, or the roster cannot be read.
    """
    if style not in FORMATS:
        raise CourseError(f"format must be one of {', '.join(FORMATS)}")
    found = final_marks(course, name)
    people = _roster(roster)
    if not found and not people:
        raise CourseError(f"Nothing of {name} has been marked yet.")
    rows = {"plain": _plain, "canvas": _canvas, "moodle": _moodle}[style](
        course, name, found, people, column
    )
    path = course.folder / "export" / f"{name}-{style}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8-sig") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows(
            [safe(cell) for cell in row] for row in rows
        )
    course.log("export", set=name, format=style, rows=len(rows) - 1)
    return path


def _roster(path):
    if path is None:
        return []
    try:
        with Path(path).open(newline="", encoding="utf-8-sig") as file:
            return list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CourseError(f"The roster {path} cannot be read: {error}") from None


def _person(row):
    for name in ("SIS Login ID", "student", "Email address", "ID number", "Student"):
        if row.get(name):
            return row[name]
    return ""


def _everybody(found, people):
    return list(dict.fromkeys([*found, *(_person(row) for row in people)]))


def _number(value):
    return "" if value is None else f"{value:g}"


def _plain(course, name, found, people, column):
    ids = _questions(course, name)
    rows = [["student", *ids, column or name, "status"]]
    for student in _everybody(found, people):
        entry = found.get(student, {"points": {}, "total": None, "status": "nothing handed in"})
        points = [_number(entry["points"].get(question)) for question in ids]
        rows.append([student, *points, _number(entry["total"]), entry["status"]])
    return rows


def _questions(course, name):
    for result in read_results(course, name).values():
        if "set" in result:
            return [question.id for question in set_from_data(result["set"]).questions]
    return []


def _canvas(course, name, found, people, column):
    head = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
    rows = [[*head, column or name]]
    for row in people:
        login = _person(row)
        if login and row.get("Student", "").strip().lower() != "points possible":
            mark = found.get(login) or found.get(row.get("Student", ""), {})
            rows.append([*(row.get(title, "") for title in head), _number(mark.get("total"))])
    known = {_person(row) for row in people} | {row.get("Student", "") for row in people}
    for student, mark in found.items():
        if student not in known:
            rows.append([student, "", "", student, "", _number(mark["total"])])
    return rows


def _moodle(course, name, found, people, column):
    rows = [["Identifier", column or name, "Feedback comments"]]
    for student in _everybody(found, people):
        mark = found.get(student, {"total": None, "status": "nothing handed in"})
        says = "" if mark["total"] is not None else mark["status"]
        rows.append([student, _number(mark["total"]), says])
    return rows
