"""Mark a class: every submission of a set, in parallel, resumable, without losing a mark."""

import concurrent.futures
import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import partial
from importlib.util import find_spec
from itertools import islice

from igf1lab.exercises.generate import learner_copy, read_tidy
from igf1lab.grading.course import Course, CourseError, versions
from igf1lab.grading.files import put
from igf1lab.grading.marking import copies, one_submission
from igf1lab.grading.marking import gradebook as books
from igf1lab.grading.marking.marks import read_marks
from igf1lab.grading.marking.results import kept_result, write_result
from igf1lab.grading.sandbox.client import Limits, Sandbox

IN_FLIGHT = 2  # submissions a worker: one at work, one waiting


@dataclass
class Summary:
    """What marking a class came to."""

    sandbox: str
    marked: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    troubled: dict[str, str] = field(default_factory=dict)  # student -> why it was not marked
    differences: list[tuple] = field(default_factory=list)  # student, question, before, after
    replaced: bool = False
    without_numbers: list[str] = field(default_factory=list)  # nothing was handed out to them
    late: dict[str, str] = field(default_factory=dict)  # student -> what took too long, also alone
    packages: dict[str, list[str]] = field(default_factory=dict)  # missing here -> who needs them
    waiting: dict[str, list[str]] = field(default_factory=dict)  # question -> for whose a person


def open_set(course: Course, name: str) -> tuple:
    """Return a set's solution, taken apart, and its learner's copy: the overlay's if there is one.

    Raises
    ------
    CourseError, SpecError
        If there is no such set, or it is written wrongly.
    """
    source = read_tidy(course.solution(name))
    return source, learner_copy(source)


class Marker:
    """One set of one class, ready to mark: solution, probes and a sandbox, which ends with it.

    Raises
    ------
    CourseError, BadReference, NoSandbox
        Before any student's work is touched.
    """

    def __init__(
        self,
        course: Course,
        name: str,
        *,
        limits: Limits | None = None,
        figures: bool = True,
        sandbox: Sandbox | None = None,
    ):
        self.course, self.name = course, name
        self._limits, self._figures = limits or Limits(), figures
        self.sandbox = sandbox or Sandbox.best()
        import scipy.interpolate  # noqa: F401 (judging figures needs it; the sandbox starts meanwhile)

        self._seed = f"{course.secret}:{name}"
        self._jobs: dict[str, one_submission.Job] = {}
        try:
            self.source, self.release = open_set(course, name)
            self.job("")  # own numbers, too, come from a solution that has to run
        except BaseException:
            self.sandbox.stop()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.sandbox.stop()

    def job(self, student: str) -> one_submission.Job:
        """Return the job of marking one student; all share one unless numbers are personal."""
        whose = student if self.course.personal else ""
        if whose not in self._jobs:
            exercise_set = self.source.exercise_set
            numbers = one_submission.usual_numbers(exercise_set)
            if self.course.personal:
                numbers = one_submission.personal_numbers(exercise_set, self.course.secret, student)
            keys = one_submission.private_keys(self.sandbox, self.source, self._seed, numbers)
            self._jobs[whose] = one_submission.make_job(
                self.source, self.release, keys, numbers, self._limits, self._figures
            )
        return self._jobs[whose]

    def mark(self, blob: bytes, student: str) -> dict:
        """Mark one submission; a failure of the grader is a result, not an exception."""
        try:
            job = self.job(student)
            result = one_submission.mark(blob, job, self.sandbox)
        except Exception as error:
            return one_submission.failed(error, blob)
        return result | {"set": job.set_data, "sandbox": self.sandbox.server.tier.name}

    def mark_file(self, student: str) -> dict:
        """Mark the file that a student handed in, read when its turn has come."""
        try:
            blob = self.course.submitted(student, self.name).read_bytes()
        except OSError as error:
            return one_submission.failed(error)
        return self.mark(blob, student)


def grade(
    course: Course,
    name: str,
    students: list[str] | None = None,
    *,
    limits: Limits | None = None,
    figures: bool = True,
    workers: int | None = None,
    dask: str | None = None,
    sandbox: Sandbox | None = None,
    again: bool = False,
    replace: bool = False,
    progress: Callable[[str], None] = lambda line: None,
) -> Summary:
    """Mark every submission of a set that is new or changed, and write marks and copies.

    Parameters
    ----------
    students : list of str, optional
        Only these.
    dask : str, optional
        Address of a Dask scheduler to spread the marking over.
    sandbox : Sandbox, optional
        Another one than the best there is. It is stopped at the end.
    again : bool
        Mark unchanged work, too.
    replace : bool
        Take new marks where they differ from those in the gradebook. Without it, such marks
        are shown in ``Summary.differences`` and nothing is replaced.

    Raises
    ------
    CourseError
        If there is no such set, or nobody, or one of ``students``, has handed it in.
    """
    marker = Marker(course, name, limits=limits, figures=figures, sandbox=sandbox)
    with marker:
        students = students or course.students(name)
        if not students:
            where = course.folder
            raise CourseError(f"Nobody has handed in {name}: {where} has no submissions of it.")
        summary = Summary(marker.sandbox.says, replaced=replace)
        progress(f"Sandbox: {summary.sandbox}")
        books.register(course, name, marker.release)
        given = [cell.source for cell in marker.release.cells if cell.cell_type == "code"]
        put(course.given(name), "\n".join(given))
        about = {"seed": course.seed_id, "sandbox": summary.sandbox, "versions": versions()}
        course.log("grade", set=name, limits=asdict(marker._limits), **about)
        todo, before = [], read_marks(course, name)
        for student in students:
            if not course.submitted(student, name).is_file():
                raise CourseError(f"{student} has not handed in {name}.")
            # Numbers are drawn from the name: under another one, right answers are marked wrong.
            handed_out = course.folder / "hand_out" / name / student
            if course.personal and marker.source.exercise_set.parameters:
                summary.without_numbers += [] if handed_out.is_dir() else [student]
            done = None if again else _done(course, marker, student, name, before)
            if done is None:
                todo.append(student)
            elif done["status"] == "marked":
                summary.unchanged.append(student)
                _note_packages(summary, student, done)
            else:  # nobody may forget it
                summary.troubled[student] = str(done["says"])
        with (
            books.gradebook(course) as book,
            _mapper(marker, workers, dask) as results,
        ):
            for number, (student, result) in enumerate(results(todo), 1):
                try:
                    says = _keep(course, marker, book, student, result, before, summary)
                except Exception as error:  # one student's trouble stays one student's
                    book.db.rollback()
                    where = course.submitted(student, name)
                    says = f"could not be stored: {type(error).__name__}: {error} ({where})"
                    summary.troubled[student] = says
                progress(f"[{number}/{len(todo)}] {student}: {says}")
            for student, marks in sorted(read_marks(course, name).items()):
                for question in sorted(q for q, mark in marks.items() if mark["waits"]):
                    summary.waiting.setdefault(question, []).append(student)
    return summary


def _done(course, marker, student, name, before):
    """Return the kept result of this very work, if it need not be marked again."""
    old = kept_result(course, student, name)
    if "says" not in old or old.get("status", "failed") == "failed":
        return None
    if any(find_spec(package) for package in old.get("packages", [])):
        return None  # what it lacked is here now
    stored = before.get(student) and course.autograded(student, name).is_file()
    if old["status"] == "marked" and not stored:
        return None  # a gradebook or a copy was lost: they are made anew
    try:
        blob = course.submitted(student, name).read_bytes()
        done = old.get("sha256") == hashlib.sha256(blob).hexdigest()
        return old if done and old.get("job") == marker.job(student).id else None
    except Exception:  # marking it will say what is wrong
        return None


def _waits(mark):
    """Return whether there is no mark yet that a new one would replace."""
    return mark["auto"] is None and mark["manual"] is None


def _note_packages(summary, student, result):
    for package in result.get("packages", []):
        summary.packages.setdefault(package, []).append(student)


@contextmanager
def _mapper(marker, workers, dask) -> Iterator:
    """Yield a function from students to (student, result) pairs as they come.

    Few are in flight at a time, so that neither files nor results pile up here.
    """
    if dask:
        from distributed import Client, wait

        with Client(dask) as client:

            def over_cluster(student):
                blob = marker.course.submitted(student, marker.name).read_bytes()
                job = marker.job(student)
                mark = one_submission.mark_anywhere
                return client.submit(mark, blob, job, *marker.sandbox.asked, pure=False)

            most = IN_FLIGHT * max(1, sum(client.nthreads().values()))
            results = partial(_as_they_come, over_cluster, wait, most)
            yield lambda todo: (
                (student, result | {"set": marker.job(student).set_data})
                for student, result in results(todo)
            )
        return
    workers = workers or os.cpu_count() or 1
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        here = partial(pool.submit, marker.mark_file)
        yield partial(_as_they_come, here, concurrent.futures.wait, IN_FLIGHT * workers)


def _as_they_come(submit, wait, most, todo):
    """Yield (student, result); whatever fails is a result of that student."""
    todo, flying = iter(todo), {}
    while True:
        for student in islice(todo, most - len(flying)):
            try:
                flying[submit(student)] = student
            except Exception as error:
                yield student, one_submission.failed(error)
        if not flying:
            return
        for future in wait(list(flying), return_when="FIRST_COMPLETED").done:
            student, error = flying.pop(future), future.exception()
            yield student, one_submission.failed(error) if error else future.result()


def _keep(course, marker, book, student, result, before, summary):
    """Write one result where it belongs; return a line about it."""
    name = marker.name
    points = {q: v["points"] for q, v in result["questions"].items()}
    course.log(
        "marked",
        set=name,
        student=student,
        status=result["status"],
        sha256=result["sha256"],
        points=points,
        deaths=len(result.get("deaths", [])),
        sandbox=result["sandbox"],
    )
    old = before.get(student, {})
    if result.get("late"):
        summary.late[student] = "; ".join(result["late"])
    if result["status"] != "marked":
        summary.troubled[student] = result["says"]
        if not old:
            write_result(course, student, name, result | {"job": marker.job(student).id})
        return f"not marked: {result['says']}"
    changes = [
        (student, question, old[question]["auto"], new)
        for question, new in points.items()
        if question in old and old[question]["auto"] != new and not _waits(old[question])
    ]
    summary.differences += changes
    if changes and not summary.replaced:
        return f"{len(changes)} marks would change; kept as they were"
    copy = copies.marked_copy(result, marker.release, result["set"])
    copies.write_copy(course.autograded(student, name), copy)
    stamp = course.submitted(student, name).parent / "timestamp.txt"
    when = stamp.read_text().strip() if stamp.is_file() else None
    new_work = kept_result(course, student, name).get("sha256") not in (None, result["sha256"])
    books.store(book, name, student, result, when, new_work)
    write_result(course, student, name, result | {"job": marker.job(student).id})
    summary.marked.append(student)
    _note_packages(summary, student, result)
    total = sum(value or 0 for value in points.values())
    deaths = "".join(f"; {death['says']}" for death in result["deaths"])
    late = "; TOOK TOO LONG, also alone" if result.get("late") else ""
    waits = ", ".join(question for question, value in points.items() if value is None)
    return f"{total:g} points{waits and f', and {waits} to be marked'}{deaths}{late}"


def write_numbers(course: Course, name: str, students: list[str]) -> None:
    """Write ``my_numbers.json`` for each student, to be handed out with the set.

    Raises
    ------
    CourseError
        If the class has no personal numbers.
    """
    if not course.personal:
        raise CourseError(f"Put 'personal: true' in {course.folder / 'course.yaml'} first.")
    with Marker(course, name) as marker:
        for student in students:
            job = marker.job(student)
            folder = course.folder / "hand_out" / name / student
            folder.mkdir(parents=True, exist_ok=True)
            # The keys a learner gets are drawn from another seed than those that mark.
            keys = one_submission.private_keys(
                marker.sandbox, marker.source, f"handout {student}", job.numbers, False
            )
            for file, text in one_submission.numbers_file(name, job.numbers, keys).items():
                (folder / file).write_text(text, encoding="utf-8")
