"""The way of an instructor: a folder of files, marks, a person's mark, pages, tables, a report."""

import csv
import json
import math
import os
import re
import shutil
import signal
import subprocess
import sysconfig
import threading
import zipfile
from pathlib import Path

import nbformat
import numpy as np
import pytest

from igf1lab.exercises.generate import learner_copy
from igf1lab.grading import cli
from igf1lab.grading.course import REPOSITORY, CourseError, open_course, safe_name
from igf1lab.grading.demo import blob, made_up_class, notebook_with, right_answers
from igf1lab.grading.handback import export, pages, report, statistics
from igf1lab.grading.intake.ingest import ingest
from igf1lab.grading.intake.submission import Cell, read_notebook, rebuild
from igf1lab.grading.marking import copies, gradebook, one_submission, whole_class
from igf1lab.grading.marking.marks import read_marks
from igf1lab.grading.marking.results import read_results
from igf1lab.grading.safe_text import csv_cell
from igf1lab.grading.sandbox.client import Limits


@pytest.fixture(scope="module")
def marked(tmp_path_factory, source, set_name, sandbox):
    """A class taken by the command line from files to marks; yields the course and its class."""
    inbox, private = (tmp_path_factory.mktemp(name) for name in ("inbox", "private"))
    honest = made_up_class(source)
    for made in honest:
        (inbox / f"{made.student}_{set_name}.ipynb").write_bytes(made.blob)
    (inbox / f"empty_{set_name}.ipynb").write_bytes(b"")
    os.environ["COURSE_PRIVATE"] = str(private)
    assert cli.main(["ingest", set_name, str(inbox)]) == 0
    assert cli.main(["grade", set_name, "--workers", "2"]) == cli.TROUBLE  # the empty file
    yield open_course(str(private)), honest
    del os.environ["COURSE_PRIVATE"]


def appraisal_of(source):
    return next(q for q in source.exercise_set.questions if not q.automatic)


def marks_of(course, name):
    return read_marks(course, name)


def mark_by_hand(course, name, student, question, points, comment=None):
    with gradebook.gradebook(course) as book:
        grade = book.find_grade(question, name, name, student)
        grade.manual_score, grade.needs_manual_grade = points, False
        if comment:
            book.find_comment(question, name, name, student).manual_comment = comment
        book.db.commit()


def test_gradebook_holds_the_right_marks(marked, set_name):
    course, honest = marked
    marks = marks_of(course, set_name)
    for made in honest:
        got = {q: mark["auto"] for q, mark in marks[made.student].items() if q in made.points}
        assert got == made.points
    assert "empty" not in marks


def test_pending_is_empty_never_zero(marked, set_name, source):
    course, _ = marked
    rows = read_csv(export.export(course, set_name, "plain"))
    by_student = {row["student"]: row for row in rows}
    question = appraisal_of(source).id
    assert by_student["ada"][set_name] == "" and by_student["ada"][question] == ""
    assert by_student["ada"]["status"] == "pending"
    assert by_student["empty"][set_name] == "" and by_student["empty"]["status"] == "unreadable"
    blank = next(m.student for m in made_up_class(source) if m.kind == "blank")
    assert by_student[blank][set_name] == "0"


def read_csv(path):
    with path.open(newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


def test_a_persons_mark_counts_and_survives_marking_again(marked, set_name, source):
    course, _ = marked
    question = appraisal_of(source)
    mark_by_hand(course, set_name, "ada", question.id, 3.0, "Well argued <b>indeed</b>.")
    full = source.exercise_set.points - question.points + 3.0
    assert export.final_marks(course, set_name)["ada"]["total"] == full
    assert cli.main(["grade", set_name, "--again", "--student", "ada"]) == 0
    assert export.final_marks(course, set_name)["ada"]["total"] == full
    page = next(p for p in pages.write_feedback(course, set_name) if p.parent.name == "ada")
    text = page.read_text(encoding="utf-8")
    assert f"{full:g} of 20 points" in text
    assert "Well argued &lt;b&gt;indeed&lt;/b&gt;." in text


def test_a_marked_text_that_is_replaced_is_looked_at_again(marked, set_name, source):
    course, _ = marked
    student, question = "bodil", appraisal_of(source)
    mark_by_hand(course, set_name, student, question.id, 2.0)
    assert export.final_marks(course, set_name)[student]["total"] is not None
    path = course.submitted(student, set_name)
    before = path.read_bytes()
    path.write_bytes(before.replace(b"My own words, number 1", b"Something else", 1))
    assert path.read_bytes() != before
    assert cli.main(["grade", set_name, "--student", student]) == 0
    mark = marks_of(course, set_name)[student][question.id]
    assert mark["manual"] == 2.0 and mark["waits"]
    assert export.final_marks(course, set_name)[student]["total"] is None


def test_feedback_teaches_and_tells_no_values(marked, set_name, source):
    course, honest = marked
    pages.write_feedback(course, set_name)
    wrong = next(m for m in honest if m.kind == "usual wrong")
    text = (course.folder / "feedback" / wrong.student / f"{set_name}.html").read_text("utf-8")
    result = read_results(course, set_name)[wrong.student]
    for verdict in result["questions"].values():
        if verdict["status"] == "wrong":
            assert verdict["says"].split(".")[0][:40] in text.replace("&#x27;", "'").replace(
                "&quot;", '"'
            )
    assert "Where to read" in text and "Content-Security-Policy" in text
    assert "<script" not in text
    assert "expected" not in text


def test_who_could_not_be_marked_is_told_what_to_do(marked, set_name):
    course, honest = marked
    files = {path.parent.name: path for path in pages.write_feedback(course, set_name)}
    assert set(files) == {made.student for made in honest} | {"empty"}
    text = files["empty"].read_text("utf-8")
    assert "the file is empty" in text and "hand in" in text and f"{set_name}.ipynb" in text
    assert "Content-Security-Policy" in text and "not a mark of 0" in text


def test_what_a_student_wrote_is_escaped_on_every_page():
    result = {
        "status": "unreadable",
        "says": "this notebook is in <script>a</script>, not in Python",
    }
    text = pages.unmarked_page("<b>", "03_metabolism", result)
    assert "<script" not in text and "<b>" not in text
    failed = pages.unmarked_page(
        "ada", "03_metabolism", {"status": "failed", "says": "KeyError: x"}
    )
    assert "on our side" in failed and "KeyError" not in failed


def test_every_command_tells_its_progress(marked, set_name, tmp_path, capsys):
    course, honest = marked
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    for made in honest[:3]:
        path = course.submitted(made.student, set_name)
        (inbox / f"{made.student}.ipynb").write_bytes(path.read_bytes())
    everybody = len(read_results(course, set_name))
    commands = {
        ("ingest", str(inbox)): 3,
        ("feedback",): everybody,
        ("export",): everybody,
        ("report",): 7,
    }
    for (command, *more), steps in commands.items():
        assert cli.main([command, set_name, *more]) == 0
        out = capsys.readouterr().out
        assert ("students have no mark yet" in out) == (command == "export")
        said = re.findall(r"^\[(\d+)/(\d+)\] \S", out, re.MULTILINE)
        assert said == [(str(n), str(steps)) for n in range(1, steps + 1)], command


def test_a_changed_mark_is_shown_before_it_is_replaced(marked, set_name, source, capsys):
    course, honest = marked
    made = next(m for m in honest if m.kind == "alternative")
    answers = right_answers(source)
    del answers["q1"]
    path = course.submitted(made.student, set_name)
    path.write_bytes(blob(notebook_with(source, answers)))
    before = marks_of(course, set_name)[made.student]["q1"]["auto"]
    assert cli.main(["grade", set_name]) == cli.NOT_REPLACED
    said = capsys.readouterr().out
    assert f"{made.student} q1: {before:g} -> 0" in said and "NOT replaced" in said
    assert re.search(r"To be marked by a person: \d+ \(q\d+ of ", said)
    assert marks_of(course, set_name)[made.student]["q1"]["auto"] == before
    assert cli.main(["grade", set_name, "--replace", "--student", made.student]) == 0
    assert marks_of(course, set_name)[made.student]["q1"]["auto"] == 0
    path.write_bytes(made.blob)
    assert cli.main(["grade", set_name, "--replace", "--student", made.student]) == 0


def test_the_log_says_what_marks_came_from(marked, set_name):
    course, honest = marked
    lines = [
        json.loads(line) for line in (course.folder / "log.jsonl").read_text("utf-8").splitlines()
    ]
    run = next(line for line in lines if line["event"] == "grade")
    assert {"versions", "limits", "seed", "sandbox", "when"} <= set(run)
    assert course.secret not in json.dumps(lines)
    one = next(line for line in lines if line.get("student") == honest[0].student)
    assert len(one["sha256"]) == 64 and one["points"] == {**one["points"], **honest[0].points}


def test_class_report(marked, set_name, source):
    course, honest = marked
    question = appraisal_of(source).id
    folder = course.folder / "second_marks"
    folder.mkdir(exist_ok=True)
    lines = ["student,question,points"]
    for n, made in enumerate(honest[:6]):
        mark_by_hand(course, set_name, made.student, question, float(n % 3))
        lines.append(f"{made.student},{question},{n % 3 if n else 1}")
    (folder / f"{set_name}.csv").write_text("\n".join(lines))
    assert cli.main(["report", set_name]) == 0
    text = (course.folder / "report" / f"{set_name}.html").read_text("utf-8")
    assert text.count('src="data:image/png;base64,') == 2 and text.count("alt=") == 2
    for words in ("Questions", "Misconceptions met", "Failures", "Nearly identical", "Cohen"):
        assert words in text
    assert "the file is empty" in text and "<script" not in text
    for claim in {w.misconception for q in source.exercise_set.questions for w in q.wrong} - {""}:
        assert claim in text


def test_forget_deletes_everything_of_a_student(marked, set_name, capsys):
    course, honest = marked
    gone = honest[-1].student
    pages.write_feedback(course, set_name)
    for path, text in {
        "second_marks/x.csv": f"{gone},q1,1", "export/x-plain.csv": f'"{gone}",2', "export/y.csv": f"{gone}a,{gone}-2,a{gone}",
    }.items():  # fmt: skip
        (course.folder / path).parent.mkdir(exist_ok=True)
        (course.folder / path).write_text(text)
    with zipfile.ZipFile(course.folder / "export" / "x-feedback.zip", "w") as made:
        made.writestr(f"{gone}_1_2.html", "")
    assert cli.main(["forget", gone]) == 0
    assert gone not in marks_of(course, set_name)
    left = [p for p in course.folder.rglob(f"*{gone}*") if "report" not in p.parts]
    assert left == []
    assert f'"{gone}"' not in (course.folder / "log.jsonl").read_text("utf-8")
    said = capsys.readouterr().out
    named = re.findall(rf"^(\S+) still names {gone}", said, re.MULTILINE)
    assert "backups" in said and {Path(p).name for p in named} >= {
        "x.csv", "x-plain.csv", "x-feedback.zip",
    }  # fmt: skip
    assert "export/y.csv" not in named


def test_stock_executor_and_ours_agree_on_honest_work(source, set_name, sandbox):
    """The checks' public keys, run by nbgrader's own rule, give the marks that probes give."""
    from nbclient import NotebookClient
    from nbgrader.utils import determine_grade

    release = learner_copy(source)
    numbers = one_submission.usual_numbers(source.exercise_set)
    keys = one_submission.private_keys(sandbox, source, "any seed", numbers)
    job = one_submission.make_job(source, release, keys, numbers, figures=False)
    honest = {m.kind: m for m in made_up_class(source)}
    for made in honest.values():
        notebook = nbformat.reads(made.blob.decode(), as_version=4)
        NotebookClient(notebook, timeout=60).execute()
        stock = {
            cell.metadata.nbgrader.grade_id: determine_grade(cell)[0]
            for cell in notebook.cells
            if cell.get("metadata", {}).get("nbgrader", {}).get("grade")
            and cell.cell_type == "code"
        }
        ours = one_submission.mark(made.blob, job, sandbox)["questions"]
        assert stock == {q: ours[q]["points"] for q in stock} == made.points


def test_a_hard_coded_function_is_caught_by_private_probes(source, set_name, sandbox):
    """A function that knows the public calls passes the check but not the probes."""
    functions = [q for q in source.exercise_set.questions if q.kind == "function"]
    if not functions:
        pytest.skip(f"{set_name} has no function question")
    question = functions[0]
    public = json.loads(
        (REPOSITORY / "assets" / "exercises" / f"{set_name}.json").read_text("utf-8")
    )["keys"][question.id]
    values = [item["values"][0] for item in public["expected"]["returned"]]
    table = dict(zip(map(tuple, public["calls"]), values, strict=True))
    answers = right_answers(source) | {
        question.id: f"{question.answer} = lambda *a: {table!r}.get(a, 0.0)"
    }
    numbers = one_submission.usual_numbers(source.exercise_set)
    keys = one_submission.private_keys(sandbox, source, "private", numbers)
    job = one_submission.make_job(source, learner_copy(source), keys, numbers, figures=False)
    result = one_submission.mark(blob(notebook_with(source, answers)), job, sandbox)
    assert result["questions"][question.id]["points"] == 0
    others = [q for q in source.exercise_set.questions if q.automatic and q.id != question.id]
    assert all(result["questions"][q.id]["status"] == "right" for q in others)


def test_personal_numbers(tmp_path, source, set_name, sandbox):
    if not source.exercise_set.parameters:
        pytest.skip(f"{set_name} has no parameters")
    (tmp_path / "course.yaml").write_text("personal: true\n")
    # A fixed secret: two students can draw numbers so near that copying them is no error.
    (tmp_path / "secret").write_text("01" * 32)
    course = open_course(str(tmp_path))
    (tmp_path / "students.txt").write_text("ada\nbodil\n")
    assert (
        cli.main(["--course", str(tmp_path), "numbers", set_name, str(tmp_path / "students.txt")])
        == 0
    )
    given = {}
    for student in ("ada", "bodil"):
        path = tmp_path / "hand_out" / set_name / student / "my_numbers.json"
        given[student] = json.loads(path.read_text())[set_name]["parameters"]
        assert given[student] == one_submission.personal_numbers(
            source.exercise_set, course.secret, student
        )
    for name, value in given["ada"].items():
        assert abs(given["bodil"][name] / value - 1) > 0.1, "choose another secret for this test"
    # Code that computes is right for everybody; numbers copied from a neighbour are not.
    right = notebook_with(source, right_answers(source))
    copied = notebook_with(source, right_answers(source))
    copied.cells[1].source += "".join(f"\n{k} = {v}" for k, v in given["bodil"].items())
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "bodil.ipynb").write_bytes(blob(right))
    (inbox / "ada.ipynb").write_bytes(blob(copied))
    ingest(course, inbox, set_name)
    whole_class.grade(course, set_name, figures=False)
    results = read_results(course, set_name)
    statuses = {v["status"] for v in results["bodil"]["questions"].values()}
    assert statuses <= {"right", "pending"}
    assert any(v["status"] == "wrong" for v in results["ada"]["questions"].values())
    # The learner's own check knows the personal key.
    from igf1lab.exercises.exercise import Exercise

    exercise = Exercise(set_name, tmp_path / "hand_out" / set_name / "ada")
    assert exercise.parameter(name) == given["ada"][name]


def test_a_dead_sandbox_is_started_anew(tmp_path, source, set_name, sandbox, monkeypatch):
    """As if it was killed for want of memory: between two submissions, and under one."""
    made = made_up_class(source)[0]
    slow = notebook_with(source, right_answers(source))
    slow.cells.insert(2, nbformat.v4.new_code_cell("import time; time.sleep(2)"))
    with whole_class.Marker(open_course(str(tmp_path)), set_name, figures=False) as marker:

        def kill():
            os.kill(marker.sandbox.server.process.pid, signal.SIGKILL)

        def points():
            result = marker.mark(made.blob, made.student)
            return {q: v["points"] for q, v in result["questions"].items() if q in made.points}

        assert points() == made.points
        kill()
        assert points() == made.points and points() == made.points
        timer = threading.Timer(1.0, kill)
        timer.start()
        result = marker.mark(blob(slow), made.student)
        timer.join()
        # No cell of the student's is blamed for it.
        assert result["status"] == "marked" and result["deaths"] == []
        assert points() == made.points
    # The workers of a cluster do it the same way.
    job, only = marker.job(made.student), marker.sandbox.server.tier.name
    monkeypatch.setattr(one_submission, "_SANDBOX", {})
    for _ in range(2):
        assert one_submission.mark_anywhere(made.blob, job, only=only)["status"] == "marked"
        os.kill(one_submission._SANDBOX[only].server.process.pid, signal.SIGKILL)


def test_a_grader_crash_costs_only_the_submission_in_hand(
    tmp_path, source, set_name, sandbox, monkeypatch
):
    course = open_course(str(tmp_path / "private"))
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    for made in made_up_class(source)[:3]:
        (inbox / f"{made.student}.ipynb").write_bytes(made.blob)
    ingest(course, inbox, set_name)
    original = one_submission.mark

    def crash(blob, job, sandbox):
        if b"bodil" in blob:
            raise RuntimeError("the roof fell in")
        return original(blob, job, sandbox)

    monkeypatch.setattr(one_submission, "mark", crash)
    summary = whole_class.grade(course, set_name, figures=False)
    assert sorted(summary.marked) == ["ada", "chen"]
    assert "the roof fell in" in summary.troubled["bodil"]
    monkeypatch.setattr(one_submission, "mark", original)
    summary = whole_class.grade(course, set_name, figures=False)
    assert summary.marked == ["bodil"] and sorted(summary.unchanged) == ["ada", "chen"]
    marks = read_marks(course, set_name)
    course.autograded("chen", set_name).unlink()
    assert whole_class.grade(course, set_name, figures=False).marked == ["chen"]
    (course.folder / "gradebook.db").unlink()
    assert len(whole_class.grade(course, set_name, figures=False).marked) == 3
    assert read_marks(course, set_name) == marks


@pytest.mark.parametrize("about", ["", "personal: true\n"])
def test_a_broken_solution_marks_nobody(tmp_path, source, set_name, sandbox, capsys, about):
    private = tmp_path / "private"
    overlay = private / "solutions" / set_name / f"{set_name}.ipynb"
    overlay.parent.mkdir(parents=True)
    text = (REPOSITORY / "solutions" / set_name / f"{set_name}.ipynb").read_text("utf-8")
    overlay.write_text(text.replace("### BEGIN SOLUTION", "### BEGIN SOLUTION\\nraise OSError", 1))
    (tmp_path / "in").mkdir()
    (private / "course.yaml").write_text(about)
    (tmp_path / "in" / "ada.ipynb").write_bytes(made_up_class(source)[0].blob)
    assert cli.main(["--course", str(private), "ingest", set_name, str(tmp_path / "in")]) == 0
    assert cli.main(["--course", str(private), "grade", set_name]) == cli.TROUBLE
    assert "Nothing was marked" in capsys.readouterr().err


# --- PostgreSQL and Dask -------------------------------------------------------------------------


def postgres_tools():
    found = shutil.which("initdb") or next(
        iter(sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))), None
    )
    return Path(found).parent if found else None


@pytest.fixture
def postgres(tmp_path_factory):
    """A real PostgreSQL server of our own, on a Unix socket, gone afterwards."""
    tools = postgres_tools()
    if tools is None:
        if os.environ.get("CI"):
            pytest.fail("CI must have PostgreSQL (apt install postgresql)")
        pytest.skip("PostgreSQL is not installed")
    pytest.importorskip("psycopg")
    import tempfile

    folder = Path(tempfile.mkdtemp(prefix="igf1pg-", dir="/tmp"))
    user = {}
    if os.getuid() == 0:
        os.chown(folder, 65534, 65534)
        user = {"user": 65534, "group": 65534, "extra_groups": []}
    data = folder / "data"
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8"}
    run = {"check": True, "capture_output": True, "cwd": folder, "env": environment, **user}
    subprocess.run([tools / "initdb", "-D", data, "-U", "grader", "-A", "trust", "-N"], **run)
    server = subprocess.Popen(
        [tools / "postgres", "-D", data, "-k", folder, "-c", "listen_addresses=", "-c", "fsync=off"],
        cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **user,
    )  # fmt: skip
    import time

    import psycopg

    for _ in range(100):
        try:
            psycopg.connect(f"host={folder} user=grader dbname=postgres").close()
            break
        except psycopg.OperationalError:
            time.sleep(0.1)
    yield f"postgresql+psycopg://grader@/postgres?host={folder}"
    server.terminate()
    server.wait(20)
    shutil.rmtree(folder, ignore_errors=True)


def test_a_departments_postgresql(postgres, tmp_path, source, set_name, sandbox):
    private = tmp_path / "private"
    private.mkdir()
    (private / "course.yaml").write_text(f"database: {postgres}\n")
    course = open_course(str(private))
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    honest = made_up_class(source)[7:14:2]  # right, alternative and wrong
    for made in honest:
        (inbox / f"{made.student}.ipynb").write_bytes(made.blob)
    ingest(course, inbox, set_name)
    summary = whole_class.grade(course, set_name, figures=False)
    assert len(summary.marked) == len(honest) and not summary.troubled
    marks = marks_of(course, set_name)
    for made in honest:
        assert {q: marks[made.student][q]["auto"] for q in made.points} == made.points
    mark_by_hand(course, set_name, honest[0].student, appraisal_of(source).id, 2.0)
    assert export.final_marks(course, set_name)[honest[0].student]["total"] is not None
    assert not (private / "gradebook.db").exists()


def test_dask_gives_the_same_marks(tmp_path, source, set_name, sandbox):
    distributed = pytest.importorskip("distributed")
    honest = made_up_class(source)[7:14:2]  # right, alternative and wrong
    totals = {}
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    for made in honest:
        (inbox / f"{made.student}.ipynb").write_bytes(made.blob)
    (inbox / "empty.ipynb").write_bytes(b"")
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=True, dashboard_address=None
    ) as cluster:
        for where, address in (("here", None), ("cluster", cluster.scheduler_address)):
            course = open_course(str(tmp_path / where))
            ingest(course, inbox, set_name)
            # The same secret, so that the probes are the same.
            (course.folder / "secret").write_text("00" * 32)
            whole_class.grade(course, set_name, figures=False, dask=address)
            totals[where] = {
                student: {q: (v["points"], v["says"]) for q, v in result["questions"].items()}
                for student, result in read_results(course, set_name).items()
            }
    assert totals["here"] == totals["cluster"] and len(totals["here"]) == 5


# --- single parts --------------------------------------------------------------------------------


def test_nothing_of_a_class_inside_the_repository(capsys):
    assert cli.main(["--course", str(REPOSITORY / "class"), "report", "x"]) == cli.TROUBLE
    assert "inside the course's repository" in capsys.readouterr().err
    assert not (REPOSITORY / "class").exists()


def test_without_a_folder_it_says_what_to_do(monkeypatch, capsys):
    monkeypatch.delenv("COURSE_PRIVATE", raising=False)
    assert cli.main(["report", "x"]) == cli.TROUBLE
    assert "export COURSE_PRIVATE" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["../../etc/passwd", "a/b", "..", "x\x00y", "=cmd()", "-rf"])
def test_names_cannot_leave_their_folder(name):
    try:
        safe = safe_name(name)
    except CourseError:
        return
    assert "/" not in safe and "\x00" not in safe and not safe.startswith((".", "-"))


def test_a_zip_and_the_newest_file(tmp_path, source, set_name):
    course = open_course(str(tmp_path / "private"))
    path = tmp_path / "all.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for minute, text in ((1, b"old"), (5, b"new"), (3, b"middle")):
            entry = zipfile.ZipInfo(f"ada/{minute}.ipynb", (2026, 1, 1, 12, minute, 0))
            archive.writestr(entry, text)
        archive.writestr("../../evil.ipynb", b"evil")
    arrivals = ingest(course, path, set_name)
    assert course.submitted("ada", set_name).read_bytes() == b"new"
    assert sum(a.says.startswith("older than") for a in arrivals) == 2
    assert [a.file for a in arrivals if a.says.startswith("refused")] == ["../../evil.ipynb"]
    assert not (tmp_path / "evil.ipynb").exists() and not (tmp_path.parent / "evil.ipynb").exists()
    assert {a.says for a in ingest(course, path, set_name) if a.student == "ada"} == {
        "same as before", *(a.says for a in arrivals if a.says.startswith("older")),
    }  # fmt: skip


def test_a_replaced_file_is_kept(tmp_path, set_name):
    course = open_course(str(tmp_path / "private"))
    inbox = tmp_path / "in"
    inbox.mkdir()
    for text in (b"first", b"second"):
        (inbox / "ada.ipynb").write_bytes(text)
        ingest(course, inbox, set_name)
    kept = list((course.folder / "earlier" / set_name / "ada").iterdir())
    assert [path.read_bytes() for path in kept] == [b"first"]


@pytest.mark.parametrize(
    ("cell", "shown"),
    [("=HYPERLINK(1)", "'=HYPERLINK(1)"), ("+1+1", "'+1+1"), ("@x", "'@x"), (" =1", "' =1"), ("\t=1", "'\t'=1"),
     ("-2", "-2"), ("-2.5", "-2.5"), ("-cmd", "'-cmd"), ("-", "-"), ("--", "'--"), ("Ada", "Ada"), (None, ""), (3.5, "3.5")],
)  # fmt: skip
def test_cells_are_not_formulas(cell, shown):
    assert csv_cell(cell) == shown


def test_canvas_and_moodle_tables(marked, set_name, tmp_path):
    course, honest = marked
    roster = tmp_path / "canvas.csv"
    roster.write_text(
        "Student,ID,SIS User ID,SIS Login ID,Section,Metabolism (12345)\n    Points Possible,,,,\n"
        f'"O""Brien, Jr",1,u1,{honest[0].student},S1\n=HYPERLINK(1),2,u2,nobody,S1\n'
    )
    path = export.export(course, set_name, "canvas", roster, "Metabolism (12345)")
    rows = read_csv(path)
    assert list(rows[0]) == [
        "Student",
        "ID",
        "SIS User ID",
        "SIS Login ID",
        "Section",
        "Metabolism (12345)",
    ]
    assert rows[0]["Student"] == 'O"Brien, Jr' and rows[0]["ID"] == "1"
    assert rows[1]["Student"] == "'=HYPERLINK(1)" and rows[1]["Metabolism (12345)"] == ""
    moodle = {row["Identifier"]: row for row in read_csv(export.export(course, set_name, "moodle"))}
    finals = export.final_marks(course, set_name)
    for student, entry in finals.items():
        shown = moodle[student]["Grade"]
        assert shown == ("" if entry["total"] is None else f"{entry['total']:g}")


def test_ordinary_markdown_stays_readable():
    text = "Butyrate is **not** enough: see [@yan2016], where 2 < 3 and $K_d = 5$.\n\n- a\n- b"
    assert copies.safe_markdown(text) == text


def test_statistics():
    assert statistics.weighted_kappa([0, 1, 2, 2], [0, 1, 2, 2]) == pytest.approx(1)
    # By hand: observed disagreement 1/4, expected 1/2.
    assert statistics.weighted_kappa([0, 0, 1, 1], [0, 1, 1, 1]) == pytest.approx(0.5)
    assert math.isnan(statistics.weighted_kappa([1, 1], [1, 1]))
    with pytest.raises(ValueError, match="same answers"):
        statistics.weighted_kappa([1], [1, 2])
    rng = np.random.default_rng(1)
    rest = rng.normal(size=200)
    assert statistics.discrimination(list((rest > 0) * 1.0), list(rest)) > 0.7
    assert statistics.discrimination(list((rest < 0) * 1.0), list(rest)) < -0.7
    assert math.isnan(statistics.discrimination([1, 1, 1], [1, 2, 3]))


def test_likeness_sees_through_names_and_layout():
    body = "\n".join(f"total = total + {n} * value[{n}] / (1 + total)" for n in range(8))
    same = re.sub(r"\btotal\b", "summe", re.sub(r"\bvalue\b", "wert", body)) + "\n# my own work\n"
    other = "\n".join(f"x{n} = np.exp(-k * t[{n}]) if t[{n}] > 0 else {n}" for n in range(8))
    groups = statistics.near_identical({"a": body, "b": same, "c": other, "d": "q1 = 1"})
    assert [group for group, _ in groups] == [["a", "b"]]
    assert statistics.near_identical({"a": "(" * 500, "b": "\x00"}) == []


def test_what_everybody_was_given_makes_nobody_alike():
    given = "\n".join(f"    k{n} = {n} * dose / (ec50 + {n})" for n in range(20))
    stub = f"q1 = ...\ndef q2(dose, ec50):\n{given}\n    return ...\n"
    a = stub.replace("q1 = ...", "q1 = 3.4").replace("return ...", "return sum([k1, k2])")
    b = stub.replace("q1 = ...", "parts = [1, 2]\nq1 = max(parts)").replace("...", "k3 - k4 ** 2")
    assert len(statistics.near_identical({"a": a, "b": b})) == 1
    assert statistics.near_identical({"a": a, "b": b}, common=f"import numpy\n{stub}") == []
    assert statistics.near_identical({"a": a, "b": a}, common=a, least_tokens=0) == []
    copied = "\n".join(f"total = total + {n} * value[{n}] / (1 + total)" for n in range(8))
    renamed = copied.replace("total", "summe")
    groups = statistics.near_identical({"a": stub + copied, "b": stub + renamed}, common=stub)
    assert [group for group, _ in groups] == [["a", "b"]]


def test_stubs_do_not_count_in_the_class_report(source, set_name):
    """Two who answered one question each, by their own lights, in a set full of given code."""
    release = learner_copy(source)
    long = "".join(f"    a{n} = {n} * x\n" for n in range(30))
    answer = next(c for c in release.cells if c.id.endswith("-answer") and c.cell_type == "code")
    answer.source = f"def given(x):\n{long}    return ...\n"

    def result(last):
        cells = [{"source": c.source, "kind": c.cell_type, "role": c.id} for c in release.cells]
        one = next(cell for cell in cells if cell["role"] == answer.id)
        one["source"] = one["source"].replace("...", last)
        return cells

    given = "\n".join(cell.source for cell in release.cells if cell.cell_type == "code")
    alike = report._likeness_of({"ada": result("a1 + a2"), "bo": result("max(a3, a4)")}, given)
    assert "None found" in alike


def test_rebuild_puts_a_damaged_notebook_back(source):
    release = learner_copy(source)
    whole = read_notebook(blob(notebook_with(source, right_answers(source))))
    roles = [
        cell.role for cell in rebuild(whole, release) if cell.role.endswith(("-check", "-answer"))
    ]
    bare = [Cell(cell.kind, cell.source) for cell in whole]
    again = [
        cell.role for cell in rebuild(bare, release) if cell.role.endswith(("-check", "-answer"))
    ]
    assert again == roles and len(set(roles)) == len(roles)
    nothing = rebuild([Cell("code", "", "q1-answer")], release)
    checks = [cell.role for cell in nothing if cell.role.endswith("-check")]
    assert checks == [role for role in roles if role.endswith("-check")]


def test_limits_are_those_of_the_command():
    assert Limits().cell_seconds == 20.0 and Limits().total_seconds == 120.0


def test_the_gradebook_opens_where_no_environment_is_active(tmp_path, monkeypatch):
    scripts = sysconfig.get_path("scripts")
    path = [p for p in os.environ["PATH"].split(os.pathsep) if p != scripts]
    monkeypatch.setenv("PATH", os.pathsep.join(path))
    with gradebook.gradebook(open_course(str(tmp_path / "private"))) as book:
        assert book.students == []
