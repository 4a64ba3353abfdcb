"""Marks as CSV for a learning platform: quoted, safe against formulas, empty while pending."""

import csv
import io
import re
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from igf1lab.exercises.questions import set_from_data
from igf1lab.grading.course import Course, CourseError
from igf1lab.grading.files import put
from igf1lab.grading.handback.pages import final_points
from igf1lab.grading.handback.roster import FIRST, LAST, LOGIN, WHOLE, cells, read_roster
from igf1lab.grading.intake.ingest import owners
from igf1lab.grading.intake.people import Owner, letters
from igf1lab.grading.marking.marks import read_marks
from igf1lab.grading.marking.results import newer_work, read_results
from igf1lab.grading.safe_text import csv_cell, csv_comment

FORMATS = ("plain", "canvas", "moodle")
_CANVAS = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
# Moodle's importer refuses a table without Identifier, Grade and Last modified (grade).
_GRADE, _COMMENTS = "Grade", "Feedback comments"
_MOODLE = ["Identifier", "Full name", _GRADE, "Last modified (grade)", _COMMENTS]
_NEEDED = {"canvas": ("Student", "ID"), "moodle": ("Identifier", _GRADE)}
_WANTED = {
    "canvas": "Canvas: Grades, Export, Export Entire Gradebook.",
    "moodle": "Moodle, in English: the assignment's Submissions, Download grading worksheet.",
}


def final_marks(course: Course, name: str, results: dict | None = None) -> dict[str, dict]:
    """Return the marks that count, by student; ``results`` of marking are read if not at hand.

    Returns
    -------
    dict
        ``points`` by question id (None while pending), ``total`` (None while anything of it is
        pending or the work could not be read) and ``status``.
    """
    marks = read_marks(course, name)
    found = {}
    results = read_results(course, name) if results is None else results
    for student, result in results.items():
        points = {
            question: final_points(verdict, marks.get(student, {}).get(question))
            for question, verdict in result["questions"].items()
        }
        waits = any(mark["waits"] for mark in marks.get(student, {}).values())
        pending = result["status"] != "marked" or waits or None in points.values()
        total = None if pending else round(sum(points.values()), 2)
        status = result["status"] if result["status"] != "marked" or not pending else "pending"
        found[student] = {"points": points, "total": total, "status": status}
    return found


def export(
    course: Course,
    name: str,
    style: str,
    roster: Path | None = None,
    column: str = "",
    progress: Callable[[str], None] = lambda line: None,
    warn: Callable[[str], None] = lambda line: None,
) -> Path:
    """Write the marks of a set.

    Parameters
    ----------
    style : {"plain", "canvas", "moodle"}
    roster : Path, optional
        The platform's own export: Canvas' gradebook, Moodle's grading worksheet of this very
        assignment. Its rows are kept and filled in; see :func:`match_roster`.
    column : str
        Title of the mark's column, for Canvas with its number: ``Metabolism (12345)``.
    progress, warn : callable
        Told a line for each student, and for each mark that is not of the newest work or found no
        place in the roster.

    Raises
    ------
    CourseError
        If there is nothing to export, or the roster cannot be read or is another platform's.
    """
    if style not in FORMATS:
        raise CourseError(f"format must be one of {', '.join(FORMATS)}")
    results = read_results(course, name)
    found = final_marks(course, name, results)
    people = _roster(roster, style, column, name, progress, warn)
    if not found and not people:
        raise CourseError(f"Nothing of {name} has been marked yet.")
    known = owners(course, name)
    who = {student: known.get(student, Owner(student)) for student in found}
    for number, (student, mark) in enumerate(found.items(), 1):
        progress(f"[{number}/{len(found)}] {student}: {_number(mark['total']) or mark['status']}")
    empty = sum(mark["total"] is None for mark in found.values())
    if empty:
        progress(
            f"{empty} of {len(found)} students have no mark yet: theirs is empty. "
            f"`igf1lab-grade grade {name}` says what they wait for."
        )
    _warn_of_newer(course, name, results, warn)
    places = match_roster(who, people)
    if people and style != "plain":
        _warn_of_lost(found, who, places, roster, warn)
    table = {"plain": _plain, "canvas": _canvas, "moodle": _moodle}[style]
    column = column or {"moodle": _GRADE}.get(style, name)
    rows = table(results, found, who, people, places, column)
    path = course.folder / "export" / f"{name}-{style}.csv"
    text = io.StringIO(newline="")
    written = [csv_comment if title == _COMMENTS else csv_cell for title in rows[0]]
    table = [[as_cell(cell) for as_cell, cell in zip(written, row, strict=True)] for row in rows]
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows(table)
    put(path, "\ufeff" + text.getvalue())
    course.log("export", set=name, format=style, rows=len(rows) - 1)
    return path


def match_roster(who: dict[str, Owner], people: list[dict]) -> dict[str, int]:
    """Return the row of a platform's roster that is each student's; in doubt, none.

    The platform's number decides where both the file's name and the roster have it (Canvas' ``ID``,
    the number of Moodle's ``Identifier``). Else a login or an e-mail address that is the student's
    name, else the name itself, if one row and one student have it.
    """
    numbers, twice = {}, set()
    for row, person in enumerate(people):
        for key in _numbers_in(person):
            twice |= {key} if key in numbers else set()
            numbers[key] = row
    places = {
        student: numbers[owner.platform, owner.number]
        for student, owner in who.items()
        if (owner.platform, owner.number) in numbers.keys() - twice
    }
    platforms = {platform for platform, _ in numbers}
    for keys_in in (_logins_in, _names_in):
        rows, claims = defaultdict(set), defaultdict(set)
        for row, person in enumerate(people):
            for key in keys_in(person):
                rows[key].add(row)
        for student, owner in who.items():
            # A number that the roster lacks is another person, whatever the name.
            if student not in places and owner.platform not in platforms:
                for key in {letters(student), letters(owner.name)}:
                    if len(rows[key]) == 1:
                        claims[min(rows[key])].add(student)
        for row, students in claims.items():
            if len(students) == 1 and row not in places.values():
                places[min(students)] = row
    return places


def _numbers_in(person):
    if person.get("ID"):
        yield "canvas", person["ID"].strip()
    # "Participant 12345", in whatever language Moodle speaks.
    if number := re.search(r"\d+$", (person.get("Identifier") or "").strip()):
        yield "moodle", number.group()


def _logins_in(person):
    return {letters(value) for value in cells(person, LOGIN)}


def _names_in(person):
    names = cells(person, WHOLE)
    names += [f"{last}, {first}" for last in cells(person, LAST) for first in cells(person, FIRST)]
    found = set()
    for name in names:
        last, comma, first = name.partition(",")
        if not comma:
            first, _, last = name.rpartition(" ")
        found |= {letters(name), letters(f"{first}{last}"), letters(f"{last}{first}")}
    return found


def _warn_of_lost(found, who, places, roster, warn):
    lost = [student for student in found if student not in places]
    if not lost:
        return
    warn(
        f"{len(lost)} of {len(found)} students have no row of their own in {roster}; their marks are "
        "NOT in the table:"
    )
    for student in lost:
        mark, owner = found[student], who[student]
        number = f" ({owner.platform} number {owner.number})" if owner.number else ""
        warn(f"  {student}: {_number(mark['total']) or mark['status']}{number}")
    warn(
        "Is it the newest export of this very course (Moodle: this assignment's own grading "
        "worksheet)? Else enter these marks by hand; --format plain has them all."
    )


def _warn_of_newer(course, name, results, warn):
    for student in course.students(name):
        if student not in results:
            warn(f"{student}: the work is not marked yet")
        elif newer_work(course, name, student, results[student]):
            warn(f"{student}: newer work is not marked yet")


def _roster(path, style, column, name, tell, warn):
    if path is None:
        return []
    titles, people = read_roster(Path(path), tell, warn)
    missing = [title for title in _NEEDED.get(style, ()) if title not in titles]
    if missing:
        raise CourseError(f"{path} has no column {' and no '.join(missing)}. {_WANTED[style]}")
    if style == "canvas" and (column or name) not in titles:
        numbered = [title for title in titles if re.search(r"\(\d+\)$", title)]
        raise CourseError(
            f"{path} has no column {column or name!r}. Give --column one of its assignments: "
            f"{', '.join(numbered) or 'it has none'}"
        )
    if style == "moodle" and column:
        raise CourseError("Moodle's worksheet has its own column, Grade: leave --column out.")
    people = [p for p in people if p.get("Student", "").strip().lower() != "points possible"]
    if not people:
        raise CourseError(f"{path} has no students in it.")
    return people


def _person(row):
    first, last = cells(row, FIRST), cells(row, LAST)
    named = [f"{last[0]}, {first[0]}"] if first and last else []
    said = [*cells(row, LOGIN), *cells(row, WHOLE), *named, row.get("Identifier") or ""]
    return said[0]


def _number(value):
    return "" if value is None else f"{value:g}"


_NOTHING = {"points": {}, "total": None, "status": "nothing handed in"}
_OURS = ("pending", "unreadable", "failed", _NOTHING["status"])


def _plain(results, found, who, people, places, column):
    ids = _questions(results)
    rows = [["student", *ids, column, "status"]]
    placed = set(places.values())
    absent = [_person(person) for row, person in enumerate(people) if row not in placed]
    for student in [*found, *filter(None, absent)]:
        mark = found.get(student, _NOTHING)
        points = [_number(mark["points"].get(question)) for question in ids]
        rows.append([student, *points, _number(mark["total"]), mark["status"]])
    return rows


def _questions(results):
    for result in results.values():
        if "set" in result:
            return [question.id for question in set_from_data(result["set"]).questions]
    return []


def _canvas(results, found, who, people, places, column):
    rows = [[*_CANVAS, column]]
    student_of = {row: student for student, row in places.items()}
    for row, person in enumerate(people):
        if _person(person):
            mark = found.get(student_of.get(row), _NOTHING)
            rows.append([*(person.get(title, "") for title in _CANVAS), _number(mark["total"])])
    for student, mark in found.items() if not people else ():
        number = who[student].number if who[student].platform == "canvas" else ""
        login = "" if number else student
        rows.append([who[student].name, number, "", login, "", _number(mark["total"])])
    return rows


def _moodle(results, found, who, people, places, column):
    head = list(people[0]) if people else _MOODLE
    head = list(dict.fromkeys([*(column if t == _GRADE else t for t in head), column, _COMMENTS]))
    if not people:
        people = [_worksheet_row(owner) for owner in who.values()]
        places = {student: row for row, student in enumerate(who)}
    student_of = {row: student for student, row in places.items()}
    rows = [head]
    for row, person in enumerate(people):
        filled = dict(person)
        # Students read the comments. They are the teacher's; only our earlier tables wrote these.
        if filled.get(_COMMENTS) in _OURS:
            filled[_COMMENTS] = ""
        if mark := found.get(student_of.get(row)):
            filled[column] = _number(mark["total"])
        rows.append([filled.get(title, "") for title in head])
    return rows


def _worksheet_row(owner):
    named = f"Participant {owner.number}" if owner.platform == "moodle" else owner.name
    return {"Identifier": named, "Full name": owner.name, "Last modified (grade)": "-"}
