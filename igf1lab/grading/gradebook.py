"""nbgrader's gradebook and marked copies, written through nbgrader's own API.

Only here, in ``generate`` and in ``review`` is nbgrader imported.
"""

import hashlib
import json
import os
import re
import sysconfig
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.preprocessors import NbGraderPreprocessor, SaveAutoGrades, SaveCells
from nbgrader.utils import parse_utc

from igf1lab.grading.checks import set_from_data
from igf1lab.grading.course import Course, CourseError
from igf1lab.grading.judging import Verdict, feedback

_TAG = re.compile(r"<(?=[A-Za-z/!?])")
# Between these no link, image, definition or address can stand that is none without a space.
_LINK = re.compile(r"(?<=\])(?=[(:])|(?<=:)(?=//)")
# MathJax can make links and styles.
_TEX = re.compile(r"\\+(?=(href|class|cssId|style|require|unicode|mmlToken)(?![A-Za-z]))")
ALL_HINTS = 3  # a marked copy says everything: kind, hint and where to read


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
    try:
        submissions = book.assignment_submissions(name)
    except MissingEntry:
        return {}
    found = {}
    for submission in submissions:
        of_student = found.setdefault(submission.student.id, {})
        for notebook in submission.notebooks:
            for grade in notebook.grades:
                of_student[grade.name] = {
                    "auto": grade.auto_score,
                    "manual": grade.manual_score,
                    "extra": grade.extra_credit,
                    "waits": grade.needs_manual_grade,
                    "comment": "",
                }
            for comment in notebook.comments:
                question = comment.name.removesuffix("-answer")
                if question in of_student and comment.manual_comment:
                    of_student[question]["comment"] = comment.manual_comment
    return found


def newer_work(course: Course, name: str, student: str, result: dict) -> bool:
    """Return whether another file has been handed in than the one that the result is of."""
    path = course.submitted(student, name)
    if "sha256" not in result or not path.is_file():
        return False
    return hashlib.sha256(path.read_bytes()).hexdigest() != result["sha256"]


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


def marked_copy(result: dict, release, set_data: dict):
    """Return the marked notebook: what the student wrote, what it showed, what each check says.

    Safe to open: outputs are plain text and PNG only, and no HTML is left in the text.
    """
    exercise_set = set_from_data(set_data)
    released = {cell.id: cell for cell in release.cells}
    by_question = {f"{q.id}-check": q for q in exercise_set.questions if q.automatic}
    rubrics = {f"{q.id}-answer": q for q in exercise_set.questions if not q.automatic}
    cells = []
    for number, cell in enumerate(result["cells"]):
        role = cell["role"]
        if role in rubrics:
            cells.append(_cell("markdown", _rubric(rubrics[role]), f"rubric-{number}"))
        if cell["kind"] == "code":
            outputs = _outputs(cell["outputs"])
            if role in by_question:
                outputs = _check_outputs(by_question[role], result["questions"])
            made = _cell("code", cell["source"], f"cell-{number}")
            made |= {"outputs": outputs, "execution_count": None}
        else:
            made = _cell("markdown", safe_markdown(cell["source"]), f"cell-{number}")
        if role in released and "nbgrader" in released[role].metadata:
            made["metadata"]["nbgrader"] = dict(released[role].metadata.nbgrader)
        cells.append(made)
    return {"cells": cells, "metadata": release.metadata, "nbformat": 4, "nbformat_minor": 5}


def safe_markdown(source: str) -> str:
    """Return a student's Markdown with no HTML, image or link in it that a browser would act on."""
    # Tags last: what is taken away before must not leave one behind.
    return _TAG.sub("&lt;", _LINK.sub(" ", _TEX.sub("", source)))


def _cell(kind, source, cell_id):
    # Plain dicts: nbformat's makers check every cell against the schema, ten times the work of
    # marking. A test validates what comes out.
    return {"cell_type": kind, "id": cell_id, "metadata": {}, "source": source}


def _output(kind, **fields):
    metadata = {} if kind in ("stream", "error") else {"metadata": {}}
    return {"output_type": kind, **fields, **metadata}


def _rubric(question):
    rows = [
        f"| {r['criterion']} | {r['points']:g} | {r.get('full', '')} | {r.get('part', '')} "
        f"| {r.get('none', '')} |"
        for r in question.rubric
    ]
    head = f"**Rubric, {question.points:g} points** (for markers)\n\n"
    return head + "\n".join(["| criterion | points | full | part | none |", "|-|-|-|-|-|", *rows])


def _outputs(rows):
    made = []
    for row in rows or []:
        if row["type"] == "stream":
            made.append(_output("stream", name="stdout", text=row["text"]))
        elif row["type"] == "error":
            made.append(
                _output("error", ename=row["name"], evalue=row["says"], traceback=[row["says"]])
            )
        else:
            data = {"text/plain": row["text"]}
            if "png" in row:
                data["image/png"] = row["png"]
            made.append(_output("display_data", data=data))
    return made if rows is not None else [_not_run()]


def _not_run():
    says = "This cell was not run."
    return _output("error", ename="NotRun", evalue=says, traceback=[says])


def _check_outputs(question, verdicts):
    verdict = Verdict(**verdicts[question.id])
    says = feedback(question, verdict, ALL_HINTS)
    # Stock nbgrader reads the points of a check from its plain-text result.
    return [
        _output("stream", name="stdout", text=says + "\n"),
        _output("execute_result", data={"text/plain": repr(verdict)}, execution_count=1),
    ]


def write_copy(path: Path, notebook) -> None:
    """Write a marked copy, replacing an older one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.write_text(json.dumps(notebook, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


class SandboxExecute(NbGraderPreprocessor):
    """nbgrader's Execute, replaced: marks in the sandbox, from probes compared outside it.

    Used when somebody presses *Autograde* in formgrader or runs ``nbgrader autograde``.
    """

    def preprocess(self, nb, resources):
        """Return the marked copy of ``nb``."""
        from igf1lab.grading.course import open_course
        from igf1lab.grading.marking import Marker

        about = resources["nbgrader"]
        with Marker(open_course(), about["assignment"]) as marker:
            result = marker.mark(nbformat.writes(nb).encode(), about["student"])
        if result["status"] != "marked":
            raise RuntimeError(result["says"])
        copy = marked_copy(result, marker.release, result["set"])
        return nbformat.from_dict(copy), resources


class SaveMarks(SaveAutoGrades):
    """nbgrader's SaveAutoGrades, but what a person settled stays settled.

    nbgrader's own puts every mark given by a person up for review at each run. Here that is done
    only if the automatic mark changes, or if the person may have seen another file than this one.
    """

    def _add_score(self, cell, resources):
        where = (self.notebook_id, self.assignment_id, self.student_id)
        grade = self.gradebook.find_grade(cell.metadata["nbgrader"]["grade_id"], *where)
        settled = grade.manual_score is not None and not grade.needs_manual_grade
        before = grade.auto_score
        super()._add_score(cell, resources)
        if settled and grade.auto_score == before and self._is_same_work():
            grade.needs_manual_grade = False
            self.gradebook.db.commit()

    def _is_same_work(self):
        from igf1lab.grading.course import open_course

        course, student, name = open_course(), self.student_id, self.assignment_id
        try:
            result = json.loads(course.result(student, name).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return False
        return not newer_work(course, name, student, result)
