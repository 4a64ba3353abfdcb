"""``igf1lab-grade``: from handed-in files to marks, feedback, tables and a class report."""

import argparse
import contextlib
import ctypes
import json
import re
import shutil
import sys
import zipfile
from collections import Counter
from pathlib import Path

from igf1lab.exercises.questions import SpecError
from igf1lab.grading.course import CourseError, open_course, safe_name
from igf1lab.grading.progress import told
from igf1lab.grading.safe_text import say
from igf1lab.grading.sandbox.client import Limits, Sandbox
from igf1lab.grading.sandbox.tiers import TIERS, NoSandbox

NOT_REPLACED, TROUBLE = 3, 2
# As malloc.h calls them: from which size on a block is one of its own, and how many heaps there are.
_MMAP_THRESHOLD, _ARENA_MAX = -3, -8


def _parser():
    parser = argparse.ArgumentParser(prog="igf1lab-grade", description=__doc__)
    parser.add_argument("--course", help="the class's private folder (default: $COURSE_PRIVATE)")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name, says):
        command = commands.add_parser(name, help=says, description=says)
        if name not in ("review", "forget"):
            command.add_argument("set", help="name of the set, for example 03_metabolism")
        return command

    one = add("ingest", "copy handed-in notebooks (a folder or zip) to where marking expects them")
    one.add_argument("source", type=Path, help="folder or zip as the learning platform gives it")

    one = add("grade", "mark everything that is new or changed")
    one.add_argument("--student", action="append", help="only this student (may be repeated)")
    one.add_argument("--again", action="store_true", help="mark unchanged work, too")
    one.add_argument(
        "--replace", action="store_true", help="take marks that differ from earlier ones"
    )
    one.add_argument("--no-figures", action="store_true", help="do not draw plots (faster)")
    one.add_argument("--workers", type=int, help="submissions at a time (default: processors)")
    one.add_argument("--dask", metavar="ADDRESS", help="spread over a Dask cluster")
    one.add_argument("--cell-seconds", type=float, default=20.0, help="time a cell may take")
    one.add_argument("--total-seconds", type=float, default=120.0, help="time a notebook may take")
    one.add_argument("--sandbox", choices=list(TIERS), help="use this sandbox or stop")
    one.add_argument(
        "--i-trust-these-students",
        action="store_true",
        help="if no sandbox can be started, run their code with your own rights",
    )

    one = add("review", "open formgrader to mark appraisals and look at marks")
    one.add_argument("--port", type=int, default=8888)
    one.add_argument("--no-browser", action="store_true")

    add("feedback", "write a feedback page for every student")
    one = add("export", "write marks as CSV")
    one.add_argument("--format", default="plain", choices=["plain", "canvas", "moodle"])
    one.add_argument("--roster", type=Path, help="the platform's own export, for names and IDs")
    one.add_argument("--column", default="", help="title of the mark's column")
    add("report", "write the class report")
    one = add("numbers", "write each student's own numbers, to be handed out with the set")
    one.add_argument("students", type=Path, help="text file, one student a line")
    one = add("forget", "delete everything kept about a student")
    one.add_argument("student")
    return parser


def main(arguments=None) -> int:
    """Run the command; 0 if all is well, 2 on trouble, 3 if marks differ and were not replaced.

    Trouble is also what a command got round: a refused file, work that could not be marked, a mark
    without a row in the roster.
    """
    options = _parser().parse_args(arguments)
    _give_memory_back()
    try:
        course = open_course(options.course, make=options.command == "ingest")
        return globals()[f"_{options.command}"](course, options) or 0
    except (CourseError, NoSandbox, SpecError, OSError) as error:
        say(error, sys.stderr)
        return TROUBLE
    except ModuleNotFoundError as error:
        say(f"{error.name} is missing: pip install 'igf1lab[instructor]'", sys.stderr)
        return TROUBLE
    except KeyboardInterrupt:
        say("Stopped. What was marked is kept; run the same command to go on.", sys.stderr)
        return TROUBLE


def _give_memory_back():
    """Let what a large file took go back to the system, also after the first (glibc's habit)."""
    with contextlib.suppress(
        OSError, TypeError, AttributeError
    ):  # another system has another habit
        libc = ctypes.CDLL(None)
        libc.mallopt(_MMAP_THRESHOLD, 1 << 20)
        libc.mallopt(_ARENA_MAX, 1)


def _ingest(course, options):
    from igf1lab.grading.intake.ingest import ingest

    with told() as tell:
        arrivals = ingest(course, options.source, options.set, tell)
    refused = [a for a in arrivals if a.says.startswith("refused")]
    say(f"{len(arrivals)} files, {len(refused)} refused.")
    return TROUBLE if refused or not arrivals else 0


@contextlib.contextmanager
def _or_nothing(says):
    """Say first, of a set that is wrong, that nothing was done with it."""
    from igf1lab.grading.marking.one_submission import BadReference

    try:
        yield
    except (BadReference, SpecError) as error:
        raise CourseError(f"{says} {error}") from None


def _grade(course, options):
    course.solution(options.set)  # says so if there is no such set
    # It starts while we import the rest.
    sandbox = Sandbox.best(options.i_trust_these_students, options.sandbox)
    from igf1lab.grading.marking.whole_class import grade

    with _or_nothing("Nothing was marked."), told() as tell:
        summary = grade(
            course,
            options.set,
            options.student,
            limits=Limits(cell_seconds=options.cell_seconds, total_seconds=options.total_seconds),
            figures=not options.no_figures,
            workers=options.workers,
            dask=options.dask,
            sandbox=sandbox,
            again=options.again,
            replace=options.replace,
            progress=tell,
        )
    say(
        f"{len(summary.marked)} marked, {len(summary.unchanged)} unchanged, "
        f"{len(summary.troubled)} not marked."
    )
    for student, says in summary.troubled.items():
        say(f"  {student}: {says}")
    for student, what in summary.late.items():
        say(f"  {student}: took too long, also alone: {what}")
    for student, question, before, after in summary.differences:
        say(f"  {student} {question}: {_mark(before)} -> {_mark(after)}")
    if summary.waiting:
        say(_waiting(summary.waiting))
    for package, students in summary.packages.items():
        say(_no_package(package, students), sys.stderr)
    if summary.without_numbers:
        say(_no_numbers(course, options.set, summary.without_numbers), sys.stderr)
    if summary.differences and not options.replace:
        say(
            "These marks were NOT replaced. Run again with --replace to take the new ones, "
            "or with --student NAME --replace to take those of one student."
        )
        return NOT_REPLACED
    short = summary.late or summary.without_numbers or summary.packages
    return TROUBLE if summary.troubled or short else 0


def _waiting(waiting):
    """Return which answers wait for a person, and whose where they are few."""
    count = sum(map(len, waiting.values()))
    each = [
        f"{question} of {', '.join(who) if len(who) <= 3 else len(who)}"
        for question, who in sorted(waiting.items())
    ]
    return f"To be marked by a person: {count} ({'; '.join(each)}). Mark them with: igf1lab-grade review"


def _some(students, most):
    return ", ".join(students[:most]) + (" and others" if len(students) > most else "")


# Modules that are nobody's package: they belong to the site where a student worked.
_OF_A_SITE = {
    "google",
    "kaggle_secrets",
    "kaggle_datasets",
    "pyodide",
    "pyodide_js",
    "js",
    "piplite",
}
_CALLED = {
    "sklearn": "scikit-learn", "skimage": "scikit-image", "PIL": "pillow", "cv2": "opencv-python",
    "bs4": "beautifulsoup4", "Bio": "biopython", "docx": "python-docx", "dateutil": "python-dateutil",
}  # fmt: skip


def _no_package(package, students):
    who = _some(students, 10)
    to_do = (
        f"If {package} is a package that you allow, install it here (python -m pip install "
        f"{_CALLED.get(package, package)}) and grade again."
    )
    if package in _OF_A_SITE:
        to_do = "It belongs to the site where they worked and cannot be had here: mark by hand."
    return (
        f"WARNING: {package} is not installed here, but {len(students)} used it ({who}). Their "
        f"answers that need it wait for a person. {to_do}"
    )


def _no_numbers(course, name, students):
    return (
        f"WARNING: nobody in {course.folder / 'hand_out' / name} is called {', '.join(students)}. "
        "Their own numbers were drawn from another name, so right answers may have been marked "
        "wrong. If the list for `numbers` names them otherwise, move their folder in submitted/ "
        "to the name in the list, `forget` the wrong name and grade again."
    )


def _mark(value):
    return "pending" if value is None else f"{value:g}"


def _review(course, options):
    from igf1lab.grading.marking.formgrader import review

    review(course, options.port, not options.no_browser)


def _feedback(course, options):
    from igf1lab.grading.handback.pages import write_feedback

    course.solution(options.set)  # says so if there is no such set
    with told() as tell:
        written = write_feedback(course, options.set, tell)
    say(f"{len(written)} pages in {course.folder / 'feedback'}")


def _export(course, options):
    from igf1lab.grading.handback.export import export

    what = options.format, options.roster, options.column
    return _written(course, options.set, lambda *tell: export(course, options.set, *what, *tell))


def _report(course, options):
    from igf1lab.grading.handback.report import report

    return _written(course, options.set, lambda *tell: report(course, options.set, *tell))


def _written(course, name, write):
    """Say where ``write(tell, warn)`` wrote its file, and last what it warned of."""
    course.solution(name)  # says so if there is no such set
    lost = []
    with told() as tell:
        path = write(tell, lost.append)
    say(path)
    for line in lost:
        say(line, sys.stderr)
    return TROUBLE if lost else 0


def _numbers(course, options):
    from igf1lab.grading.marking.whole_class import write_numbers

    try:
        lines = options.students.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise CourseError(f"{options.students} cannot be read: {error}") from None
    students = [safe_name(line) for line in lines if line.strip()]
    twice = sorted(student for student, n in Counter(students).items() if n > 1)
    if twice:
        raise CourseError(
            f"{options.students} names more than one {', '.join(twice)}. Name them as ingest will, "
            "with the platform's number: smithjohn-111, smithjohn-222."
        )
    with _or_nothing("No numbers were written."):
        write_numbers(course, options.set, students)
    say(f"{len(students)} files in {course.folder / 'hand_out' / options.set}")


def _forget(course, options):
    from igf1lab.grading.marking.gradebook import gradebook

    student = safe_name(options.student)
    tops = ("submitted", "autograded", "feedback", "formgrader_feedback")
    patterns = [f"{top}/{student}" for top in tops]
    patterns += [f"results/*/{student}.json", f"earlier/*/{student}", f"hand_out/*/{student}"]
    gone = 0
    for pattern in patterns:
        for path in course.folder.glob(pattern):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
            gone += 1
    with gradebook(course) as book:
        known = [entry.id for entry in book.students]
        if student in known:
            book.remove_student(student)
            gone += 1
    gone += _forget_in_log(course, student)
    if not gone:
        there = {path.name for path in course.folder.glob("submitted/*") if path.is_dir()}
        says = ", ".join(sorted(there.union(known))) or "nobody"
        raise CourseError(f"Nobody is called {student}; known: {says}.")
    say(
        f"{gone} places cleared. Delete your backups, too, and the tables in export/ that were made "
        "with a roster."
    )
    for path in sorted(_naming(course, student)):
        say(f"{path} still names {student}: delete it, or make it again.")


def _naming(course, student):
    """Yield the tables, pages and zips made before in which a student stands."""
    whole = re.compile(rf"(?<![\w-]){re.escape(student)}(?![^\W_]|-\w)")
    for path in course.folder.glob("*/*"):
        if path.parent.name not in ("export", "report", "second_marks") or not path.is_file():
            continue
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as made:
                pages = [made.read(name).decode("utf-8", "replace") for name in made.namelist()]
                text = "\n".join([*made.namelist(), *pages])
        else:
            text = path.read_text(encoding="utf-8", errors="replace")
        if whole.search(text):
            yield path.relative_to(course.folder)


def _forget_in_log(course, student):
    """Return 1 if anything was said about the student there, else 0."""
    path = course.folder / "log.jsonl"
    if not path.is_file():
        return 0
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if not _is_about(line, student)]
    path.write_text("".join(kept), encoding="utf-8")
    return int(kept != lines)


def _is_about(line, student):
    try:
        return json.loads(line).get("student") == student
    except (ValueError, AttributeError):  # damaged: keep it, unless the name stands in it
        return json.dumps(student, ensure_ascii=False) in line


if __name__ == "__main__":
    sys.exit(main())
