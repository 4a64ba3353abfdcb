"""The points that a second marker gave, beside the first one's; every odd row is named."""

from collections import defaultdict
from pathlib import Path

from igf1lab.exercises.questions import ExerciseSet
from igf1lab.grading.course import Course, CourseError
from igf1lab.grading.handback.roster import read_roster
from igf1lab.grading.intake.people import letters

FOLDER, COLUMNS = "second_marks", ("student", "question", "points")


def table_of(course: Course, name: str) -> Path | None:
    """Return the second marker's table of a set, if there is one."""
    found = (course.folder / FOLDER / f"{name}{ending}" for ending in (".csv", ".xlsx"))
    return next((path for path in found if path.is_file()), None)


def both_marks(
    path: Path, exercise_set: ExerciseSet, marks: dict[str, dict]
) -> tuple[dict[str, list[tuple[float, float]]], list[str], int]:
    """Return what both markers gave for the same answers, what is odd, and how many are left.

    Parameters
    ----------
    path : Path
        A table with the columns student, question and points, as any spreadsheet saves it.
    marks : dict
        The gradebook's, see :func:`igf1lab.grading.marking.marks.read_marks`.

    Returns
    -------
    dict, list of str, int
        Pairs of points by question id; a sentence for each row that is left out; how many answers
        the first marker has not marked yet.

    Raises
    ------
    CourseError
        If it is no such table; the message says what to do.
    """
    odd: list[str] = []
    unmarked = 0
    titles, rows = read_roster(path, warn=odd.append)
    column = {letters(title): title for title in titles}
    if missing := [title for title in COLUMNS if title not in column]:
        raise CourseError(
            f"{path} has no column {' and no '.join(missing)}. Its first line must be "
            f"{','.join(COLUMNS)}; it is {','.join(titles)}"
        )
    most = {question.id: question.points for question in exercise_set.questions}
    students = {letters(student): student for student in marks}
    pairs, taken = defaultdict(list), {}
    for row in rows:
        who, question, written = (row[column[title]] for title in COLUMNS)
        if not written:
            continue  # not marked by the second one
        student, points = students.get(letters(who)), _number(written)
        if student is None:
            says = "nobody of that name has been marked"
        elif question not in most:
            says = f"there is no such question; there are {', '.join(most)}"
        elif points is None or not 0 <= points <= most[question]:
            says = f"{written} is no number from 0 to {most[question]:g}"
        elif taken.setdefault((student, question), points) != points:
            says = f"{written} here, {taken[student, question]:g} in a row above, which counts"
        else:
            first = marks[student].get(question, {}).get("manual")
            unmarked += first is None
            pairs[question] += [] if first is None else [(first, points)]
            continue
        odd.append(f"{path}: {who or 'nobody'}, {question or 'no question'}: {says}")
    return {question: both for question, both in pairs.items() if both}, odd, unmarked


def _number(text):
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return None
