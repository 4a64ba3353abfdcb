"""What comes back to a class: pages, tables, the report, and what formgrader does to marks."""

import csv
import html
import os
import shutil
import subprocess
import sys
import zipfile

import pytest
from test_instructor import mark_by_hand

from igf1lab.grading import cli
from igf1lab.grading.course import REPOSITORY, CourseError, open_course
from igf1lab.grading.demo import blob, made_up_class, notebook_with, right_answers
from igf1lab.grading.handback import export, pages, report
from igf1lab.grading.intake.ingest import ingest
from igf1lab.grading.intake.people import Owner, whose
from igf1lab.grading.marking import whole_class
from igf1lab.grading.marking.formgrader import write_config
from igf1lab.grading.marking.marks import read_marks

COMMENTS = "Feedback comments"


@pytest.fixture(scope="module")
def marked(tmp_path_factory, source, set_name, sandbox):
    """Ada and Bodil, marked, by the file names of no platform."""
    inbox, private = (tmp_path_factory.mktemp(name) for name in ("inbox", "private"))
    for made in made_up_class(source)[:2]:
        (inbox / f"{made.student}.ipynb").write_bytes(made.blob)
    course = open_course(str(private))
    ingest(course, inbox, set_name)
    summary = whole_class.grade(course, set_name, figures=False)
    assert summary.marked and not summary.troubled, summary
    return private


@pytest.fixture
def course(marked, tmp_path, monkeypatch):
    """Return a copy of that class, to do anything with."""
    shutil.copytree(marked, tmp_path / "private")
    monkeypatch.setenv("COURSE_PRIVATE", str(tmp_path / "private"))
    return open_course()


@pytest.fixture
def appraisal(source):
    return next(q for q in source.exercise_set.questions if not q.automatic)


def mark_of(course, name, student, question):
    return read_marks(course, name)[student][question]


def hand_in_a_wrong_number(course, name, source, student):
    question = next(q for q in source.exercise_set.questions if q.kind == "number")
    essay = next(q for q in source.exercise_set.questions if not q.automatic)
    answers = right_answers(source) | {question.id: f"{question.answer} = -12345.0"}
    answers[essay.id] = "My own words on it. " * 20
    course.submitted(student, name).write_bytes(blob(notebook_with(source, answers)))
    whole_class.grade(course, name, [student], figures=False, replace=True)
    return question


def change(course, name, student):
    """Let another text arrive, with the same answers otherwise."""
    path = course.submitted(student, name)
    before = path.read_bytes()
    path.write_bytes(before.replace(b"My own words", b"Other words", 1))
    assert path.read_bytes() != before


def nbgrader(course, *arguments):
    write_config(course)
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", *arguments],
        cwd=course.folder, env=os.environ, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]


def page_of(course, name, student):
    pages.write_feedback(course, name)
    return (course.folder / "feedback" / student / f"{name}.html").read_text("utf-8")


def read_csv(path):
    with path.open(newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


def test_generate_leaves_the_exercises_of_the_repository_alone(course, set_name):
    """Formgrader's Generate button runs this."""
    exercise = REPOSITORY / "exercises" / set_name / f"{set_name}.ipynb"
    before = exercise.read_bytes(), exercise.stat().st_mtime_ns
    nbgrader(course, "generate_assignment", set_name, "--force")
    assert (exercise.read_bytes(), exercise.stat().st_mtime_ns) == before
    assert (course.folder / "release" / set_name / f"{set_name}.ipynb").is_file()


def test_autograde_gives_the_same_marks_and_keeps_what_a_person_settled(
    course, set_name, source, appraisal
):
    """Formgrader's button runs it; it goes through the sandbox."""
    hand_in_a_wrong_number(course, set_name, source, "ada")
    mark_by_hand(course, set_name, "ada", appraisal.id, 3.0)
    before = read_marks(course, set_name)
    assert len({mark["auto"] for mark in before["ada"].values()}) > 2
    nbgrader(course, "autograde", set_name, "--student", "ada", "--force")
    assert read_marks(course, set_name) == before
    assert before["ada"][appraisal.id]["manual"] == 3.0 and before["bodil"][appraisal.id]["waits"]
    change(course, set_name, "ada")
    nbgrader(course, "autograde", set_name, "--student", "ada", "--force")
    assert mark_of(course, set_name, "ada", appraisal.id)["waits"]


def test_the_page_says_what_a_person_decided(course, set_name, appraisal):
    waiting = page_of(course, set_name, "ada")
    assert "waits for a person" in waiting and "so far" in waiting
    mark_by_hand(course, set_name, "ada", appraisal.id, 3.0, "Well argued.")
    text = page_of(course, set_name, "ada")
    assert "waits for a person" not in text and "so far" not in text
    assert text.count("marked by a person") == 1 and f"3 / {appraisal.points:g}" in text
    assert "Your marker writes: Well argued." in text
    change(course, set_name, "ada")
    whole_class.grade(course, set_name, figures=False)
    text = page_of(course, set_name, "ada")
    assert "waits for a person" in text and "so far" in text
    assert f"– / {appraisal.points:g}" in text and "marked by a person" not in text
    assert "Your marker wrote about your earlier version: Well argued." in text


def test_an_overruled_check_says_nothing_any_more(course, set_name, source):
    question = hand_in_a_wrong_number(course, set_name, source, "ada")
    says = f"0 of {question.points:g} points."
    assert says in page_of(course, set_name, "ada")
    mark_by_hand(course, set_name, "ada", question.id, question.points)
    text = page_of(course, set_name, "ada").split(f"Question {question.number}.")[1]
    text = text.split("<h2>")[0]
    assert f"{question.points:g} / {question.points:g}" in text and "marked by a person" in text
    assert says not in text and "not right" not in text and html.escape(question.read) in text


def test_newer_work_that_is_not_marked_is_seen(course, set_name, tmp_path, capsys):
    assert cli.main(["export", set_name]) == 0
    assert pages.NEWER not in page_of(course, set_name, "ada")
    change(course, set_name, "ada")
    (tmp_path / "late.ipynb").mkdir()
    (tmp_path / "late.ipynb" / "chen.ipynb").write_bytes(b"{")
    ingest(course, tmp_path / "late.ipynb", set_name)
    capsys.readouterr()
    assert cli.main(["export", set_name]) == cli.TROUBLE
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 2 and "ada: newer work is not marked yet" in said
    assert pages.NEWER in page_of(course, set_name, "ada")
    assert pages.NEWER not in page_of(course, set_name, "bodil")
    text = report.report(course, set_name).read_text("utf-8")
    assert "<td>ada</td><td>newer work</td>" in text and "<td>bodil</td><td>newer" not in text
    whole_class.grade(course, set_name, figures=False)
    assert cli.main(["export", set_name]) == 0
    assert pages.NEWER in pages.unmarked_page("a", set_name, {"status": "failed"}, newer=True)


def test_comments_in_moodles_table_are_the_teachers(course, set_name, tmp_path):
    roster = tmp_path / "worksheet.csv"
    roster.write_text(
        f"Identifier,Full name,Grade,Last modified (grade),{COMMENTS}\n"
        "Participant 1,ada,,-,See me.\nParticipant 2,bodil,,-,pending\n"
        "Participant 3,Alan Turing,7,-,nothing handed in\nParticipant 4,Eve,,-,Excused\n"
    )
    rows = read_csv(export.export(course, set_name, "moodle", roster))
    assert [row[COMMENTS] for row in rows] == ["See me.", "", "", "Excused"]
    assert [row["Grade"] for row in rows] == ["", "", "7", ""]
    for words in ("-1 for no unit", "- no unit\n- no sign; see me", "+1", "=: an equals sign"):
        kept = words.replace("=:", "'=:")  # what a spreadsheet would reckon is no longer a formula
        roster.write_text(f'Identifier,Grade,{COMMENTS}\nParticipant 1,,"{words}"\n')
        assert read_csv(export.export(course, set_name, "moodle", roster))[0][COMMENTS] == kept


def test_a_comment_reaches_the_student_in_the_markers_words(course, set_name, appraisal):
    words = "-1 for no unit; =2 would be right\n@Ada: +1 for the link"
    mark_by_hand(course, set_name, "ada", appraisal.id, 2.0, words)
    pages.write_feedback(course, set_name)
    assert f"Your marker writes: {words}</p>" in page_of(course, set_name, "ada")


@pytest.mark.parametrize(
    ("style", "column", "head", "says"),
    [
        ("canvas", "", "Identifier,Full name,Grade", "no column Student and no ID. Canvas: Grades"),
        ("moodle", "", "Student,ID,Section", "no column Identifier and no Grade. Moodle"),
        ("canvas", "M (1)", "Student,ID,Section,A (12),B (13),Sum", r"'M \(1\)'.*: A \(12\), B \(13\)$"),
        ("canvas", "", "Student,ID,Section", "it has none"),
        ("moodle", "Grade", "Identifier,Full name,Grade", "leave --column out"),
    ],
)  # fmt: skip
def test_a_wrong_roster_is_refused(course, set_name, tmp_path, style, column, head, says):
    roster = tmp_path / "roster.csv"
    roster.write_text(f"{head}\n{'x,' * head.count(',')}x\n")
    with pytest.raises(CourseError, match=says):
        export.export(course, set_name, style, roster, column)
    assert not (course.folder / "export").exists()


def test_canvas_points_possible_is_no_student(course, set_name, tmp_path):
    roster = tmp_path / "canvas.csv"
    people = '    Points Possible,,,20\nada,1,A,\n"Turing, Alan",2,A,\n'
    roster.write_text(f"Student,ID,Section,M (1)\n{people}")
    rows = read_csv(export.export(course, set_name, "plain", roster))
    assert [row["student"] for row in rows] == ["ada", "bodil", "Turing, Alan"]
    roster.write_text(f"Student,ID,Section,M (1)\n{people.splitlines()[0]}\n")
    with pytest.raises(CourseError, match="no students"):
        export.export(course, set_name, "plain", roster)


def test_the_reports_median(source):
    totals = [0, 1.5, 11, 18.5, 19, 20]
    marked = {str(n): {"questions": {"q1": {"points": n}}} for n in range(len(totals))}
    finals = {str(n): {"total": total, "status": "marked"} for n, total in enumerate(totals)}
    text = report._overview(marked, marked, finals, source.exercise_set)
    assert "from 0 to 20, median 14.75." in text


def test_pages_go_back_to_moodle_in_one_zip(course, set_name, tmp_path):
    assert pages.write_feedback(course, set_name)
    packed = course.folder / "export" / f"{set_name}-moodle-feedback.zip"
    assert not packed.exists()  # nobody came from Moodle
    inbox = tmp_path / "moodle" / "Ada Lovelace_98765_assignsubmission_file_"
    inbox.mkdir(parents=True)
    (inbox / "my_work.ipynb").write_bytes(b"{")
    ingest(course, inbox.parent, set_name)
    whole_class.grade(course, set_name, figures=False)
    pages.write_feedback(course, set_name)
    with zipfile.ZipFile(packed) as archive:
        (file,) = archive.namelist()
        assert b"could not be read" in archive.read(file)
    assert whose([file], set_name)[file] == Owner("Ada Lovelace", "moodle", "98765")
    # Moodle reads name, number, plugin's type and plugin's name from the folder.
    assert file.split("_", 4)[1:4] == ["98765", "assignsubmission", "file"]
