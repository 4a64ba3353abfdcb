"""Bring in what was handed in: a folder or a zip, in the shapes that learning platforms give.

Files are copied as they are; repair happens when marking. Nothing is overwritten without a copy.
"""

import calendar
import hashlib
import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path

from igf1lab.grading.course import Course, CourseError, plain_name, safe_name
from igf1lab.grading.files import put, sweep
from igf1lab.grading.intake.inbox import Found, opened
from igf1lab.grading.intake.people import Owner, whose
from igf1lab.grading.intake.submission import another_notebook

_STAMP = "%Y-%m-%d %H:%M:%S UTC"
MOST_REFUSED = 20  # refused files of one student that are kept in mind


@dataclass
class Arrival:
    """What became of one file."""

    file: str
    student: str
    says: str  # new, same as before, replaces ..., older than ..., refused: ..., not the exercise


class _Sheet:
    """The exercise that is asked for, read when it is needed: most hand in one file."""

    def __init__(self, course, name):
        self._course, self._name = course, name

    @cached_property
    def _release(self):
        # nbgrader takes a second to import; most classes need no look at what a file is.
        from igf1lab.exercises.generate import learner_copy, read_tidy

        return learner_copy(read_tidy(self._course.solution(self._name)))

    def not_it(self, blob):
        """Return in words which other notebook it is, "" if it is this one or cannot be read."""
        return another_notebook(blob, self._release)


@dataclass
class _Candidate:
    found: Found
    owner: Owner
    blob: bytes
    other: str = ""  # which other notebook it is

    def beats(self, kept: "_Candidate") -> bool:
        """Return whether it counts rather than another one that came before or is kept.

        The exercise itself first; then the platform's own number or time; then the file's time,
        if both were read from the same kind of clock.
        """
        if bool(self.other) != bool(kept.other):
            return bool(kept.other)
        after = self.owner.comes_after(kept.owner)
        if after is not None:
            return after
        if self.found.clock == kept.found.clock:
            return self.found.when >= kept.found.when
        return True


def ingest(
    course: Course,
    source: str | Path,
    name: str,
    progress: Callable[[str], None] = lambda line: None,
) -> list[Arrival]:
    """Copy every notebook of ``source`` to where marking expects it.

    If a student handed in several, the exercise counts rather than another notebook, then the
    newest, also if it was brought in before. Of what two runs brought, the other one is kept in
    ``earlier/``, named by its hash. Two students of one name are told apart by their platform's
    number. What is refused is kept in mind for the student's feedback page. Safe to repeat.
    """
    course.solution(name)  # says so if there is no such set
    sweep(*(course.folder / top for top in ("submitted", "results", "feedback", "earlier")))
    arrivals, sheet = [], _Sheet(course, name)
    with opened(Path(source)) as files:

        def arrived(file, student, says):
            arrivals.append(Arrival(file, student, says))
            progress(f"[{len(arrivals)}/{len(files)}] {student or '-'}: {says} ({file})")

        owners_of = whose([found.file for found in files], name)
        known = {owner for owner in owners_of.values() if isinstance(owner, Owner)}
        students = _tell_apart(course, name, {o for o in known if any(map(str.isalnum, o.name))})
        theirs = defaultdict(list)
        for found in files:
            owner = owners_of[found.file]
            student = students.get(owner) if isinstance(owner, Owner) else None
            wrong = found.wrong or ("" if student else _nobodys(owner, students))
            if not wrong:
                theirs[student].append((found, owner))
                continue
            if student is not None:
                _keep_refusal(course, student, name, owner, found.file, wrong)
            arrived(found.file, student or "", f"refused: {wrong}")
        for student, handed_in in theirs.items():
            _take(course, student, name, handed_in, sheet, arrived)
    course.log("ingest", set=name, source=str(source), files=len(arrivals))
    return arrivals


def _nobodys(owner, students):
    """Return why a file is nobody's that we know."""
    if isinstance(owner, str):
        return owner
    if owner in students:
        return (
            f"several people are called {owner.name}; call the file by one of the names in "
            "submitted/, with the number, and ingest again"
        )
    return "a student's name has no letter or digit in it; rename the file and ingest again"


def _take(course, student, name, handed_in, sheet, arrived):
    """Store the one file of a student that counts; tell what became of each."""
    best = None
    for found, owner in handed_in:
        try:
            here = _Candidate(found, owner, found.read())
        except Exception as error:  # a damaged zip raises many kinds; it costs this file only
            wrong = f"it cannot be read ({type(error).__name__}: {error})"
            _keep_refusal(course, student, name, owner, found.file, wrong)
            arrived(found.file, student, f"refused: {wrong}")
            continue
        if len(handed_in) > 1:
            here.other = sheet.not_it(here.blob)
        if best is None:
            best = here
            continue
        worse, best = (best, here) if here.beats(best) else (here, best)
        arrived(worse.found.file, student, _why_not(worse, best, best.found.file))
    if best is not None:
        try:
            says = _store(course, student, name, best, sheet)
        except OSError as error:  # a full disk: what was there stays
            says = f"refused: it cannot be stored ({error.strerror}); make room and ingest again"
        arrived(best.found.file, student, says)


def _why_not(worse, better, called):
    if worse.other and not better.other:
        return f"not the exercise ({worse.other}); {called} counts"
    return f"older than {called}"


def owners(course: Course, name: str) -> dict[str, Owner]:
    """Return whom the learning platform takes for each student of a set."""
    return dict(_owners(course, name))


def _owners(course, pattern):
    for path in (course.folder / "submitted").glob(f"*/{pattern}/owner.json"):
        yield path.parents[1].name, _read_owner(path)


def _read_owner(path):
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        owner = Owner(**{key: kept[key] for key in kept if key != "clock"})
        return replace(owner, order=tuple(map(int, owner.order)))
    except (OSError, ValueError, TypeError):
        raise CourseError(f"{path} cannot be read. Delete it and ingest again.") from None


def _tell_apart(course, name, arriving) -> dict[Owner, str | None]:
    """Return every owner's student: the name, with something more where two people share it.

    None where a file says a name, and no number, that two people on the platform bear.
    """
    # The numbers of Moodle and of hidden students mean nothing beyond their own assignment.
    known = _owners(course, "*")
    known = [(s, o) for s, o in known if o.platform not in ("moodle", "canvas-anonymous")]
    known += _owners(course, name)
    stored = {_identity(owner): student for student, owner in known}
    people, namesakes = defaultdict(set), defaultdict(set)
    for identity, student in stored.items():
        people[student].add(identity)
    for owner in arriving:
        if _identity(owner) not in stored:
            people[safe_name(owner.name)].add(_identity(owner))
    for owner in [*arriving, *(owner for _, owner in known)]:
        if owner.platform:
            namesakes[safe_name(owner.name)].add(_identity(owner))
    return {
        owner: None
        if not owner.platform and len(namesakes[safe_name(owner.name)]) > 1
        else _student(owner, stored, people)
        for owner in arriving
    }


def _identity(owner):
    return owner.platform, owner.number or plain_name(owner.name)


def _student(owner, stored, people):
    identity, student = _identity(owner), safe_name(owner.name)
    if identity in stored:
        return stored[identity]
    others = people[student] - {identity}
    if owner.number:  # of namesakes each gets the number; a file by e-mail is the same person's
        same = {other for other in others if other[0] or other[1] != plain_name(owner.name)}
        return f"{student}-{owner.number}" if same else student
    # Told by hand, a name is meant for whoever is called so, in the platform's words or in ours.
    if any(platform for platform, _ in others) or not others:
        return student
    if owner.name == student and not any(other in stored for other in others):
        return student
    # Names that differ only in what a file's name cannot hold.
    return f"{student}-{hashlib.sha256(plain_name(owner.name).encode()).hexdigest()[:6]}"


def _store(course, student, name, new, sheet):
    target = course.submitted(student, name)
    about, stamp = course.owner(student, name), target.parent / "timestamp.txt"
    before = target.read_bytes() if target.is_file() else None
    kept = _kept(before, about, stamp) if before is not None else None
    loses = False
    if before is not None and before != new.blob:
        new.other = new.other or sheet.not_it(new.blob)
        kept.other = sheet.not_it(before)
        loses = not new.beats(kept)
    if before is not None and before != new.blob:
        aside = new.blob if loses else before
        earlier = course.folder / "earlier" / name / student
        put(earlier / f"{hashlib.sha256(aside).hexdigest()[:16]}.ipynb", aside, surely=True)
    if before is None or (before != new.blob and not loses):
        put(target, new.blob, surely=True)
    # A file by e-mail does not make the number unknown.
    if not loses and (not about.is_file() or new.owner.number):
        put(about, json.dumps(asdict(new.owner) | {"clock": new.found.clock}))
    if before == new.blob:
        return "same as before"
    if loses:
        return f"{_why_not(new, kept, 'what was brought in before')}; put into earlier/"
    when = time.strftime(_STAMP, time.gmtime(new.found.when))
    put(stamp, when + "\n")
    _refusals_file(course, student, name).unlink(missing_ok=True)
    says = "new" if before is None else "replaces an earlier one"
    return f"{says}, late" if new.owner.late else says


def _kept(blob, about, stamp):
    """Return what was brought in before as a candidate beside new work."""
    try:
        when = calendar.timegm(time.strptime(stamp.read_text().strip(), _STAMP))
    except (OSError, ValueError):  # unknown: whatever comes now is newer
        when = -1
    owner, clock = Owner(""), ""
    if about.is_file():
        owner = _read_owner(about)
        clock = json.loads(about.read_text(encoding="utf-8")).get("clock", "")
    return _Candidate(Found("", None, when, clock), owner, blob)


# --- what was refused -----------------------------------------------------------------------------


def _refusals_file(course, student, name):
    return course.submitted(student, name).parent / "refused.json"


def _keep_refusal(course, student, name, owner, file, wrong):
    path = _refusals_file(course, student, name)
    told = refusals(course, name, student).get(student, {})
    if len(told) < MOST_REFUSED:
        put(path, json.dumps(told | {file.rpartition("/")[2]: wrong}))
    if not course.owner(student, name).is_file():
        put(course.owner(student, name), json.dumps(asdict(owner)))


def refusals(course: Course, name: str, student: str = "*") -> dict[str, dict[str, str]]:
    """Return, by student, the files that were refused since the last that was not, and why."""
    return dict(_refusals(course, name, student))


def _refusals(course, name, student) -> Iterator[tuple[str, dict]]:
    for path in (course.folder / "submitted").glob(f"{student}/{name}/refused.json"):
        try:
            told = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            told = {"a file": "it could not be read"}
        yield path.parents[1].name, told
