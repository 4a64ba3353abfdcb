"""Bring in what was handed in: a folder or a zip, in the shapes that learning platforms give.

Files are copied as they are; repair happens when marking. Nothing is overwritten without a copy.
"""

import calendar
import hashlib
import json
import re
import time
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path, PurePosixPath

from igf1lab.exercises.exercise import PERSONAL
from igf1lab.grading.course import Course, CourseError, safe_name
from igf1lab.grading.intake.submission import MOST_BYTES

# Canvas: lastfirst_[LATE_]12345_67890_name.ipynb. Moodle: First Last_12345_assignsubmission_file_,
# a folder, or the beginning of a file's name if submissions were downloaded without folders.
_CANVAS = re.compile(
    r"^(?P<name>.+?)_(?P<late>LATE_)?(?P<number>\d+)_(?P<file>\d+)_.*\.ipynb$",
    re.IGNORECASE | re.DOTALL,
)
_MOODLE = re.compile(r"^(?P<name>.+?)_(?P<number>\d+)_assignsubmission_file(?:_|$)", re.DOTALL)
_QUIET = {PERSONAL, "__MACOSX", ".ipynb_checkpoints", ".DS_Store", "Thumbs.db", "desktop.ini"}
_STAMP = "%Y-%m-%d %H:%M:%S UTC"
_BROKEN = (OSError, RuntimeError, zipfile.BadZipFile, zlib.error)  # what reading a zip may raise


@dataclass
class Arrival:
    """What became of one file."""

    file: str
    student: str
    says: str  # new, same as before, replaces an earlier one, older than ..., refused: ...; late


@dataclass(frozen=True)
class Owner:
    """Whose file it is, as its name says.

    ``number`` is Canvas' user ID, the same in all sets, or Moodle's participant number, another one
    for each assignment; "" if the file came from neither. ``late`` and ``order`` are the file's:
    whether Canvas calls it late, and which of two of the same time is the newer.
    """

    name: str
    platform: str = ""
    number: str = ""
    late: bool = field(default=False, compare=False)
    order: tuple[int, int] = field(default=(0, 0), compare=False)  # Canvas' file number, -N


def owner_of(file: str, name: str) -> Owner:
    """Return whose file it is, from its path inside the folder or zip.

    Tried in order: Moodle's folder or file name, a plain folder, Canvas' file name, a file name with
    the set's name cut off (``ada_03_metabolism.ipynb``, ``03_metabolism-ada.ipynb``), the file name.
    """
    path = PurePosixPath(file)
    for part in path.parts:
        if moodle := _MOODLE.match(part):
            return Owner(moodle["name"], "moodle", moodle["number"])
    folders = [part for part in path.parts[:-1] if part not in (name, ".")]
    if folders:
        return Owner(folders[-1])
    if canvas := _CANVAS.match(path.name):
        again = re.search(r"-(\d{1,6})$", path.stem)
        order = (int(canvas["file"][:18]), int(again[1]) if again else 0)
        return Owner(canvas["name"], "canvas", canvas["number"], bool(canvas["late"]), order)
    stem = re.sub(r" ?\(\d+\)$", "", path.stem)
    without = re.sub(rf"[-_ ]*{re.escape(name)}[-_ ]*", "", stem)
    return Owner(without or stem)


@contextmanager
def _files(source: Path) -> Iterator[list[tuple]]:
    """Yield (path inside, how to read it or why not, time) of every file handed in."""
    if not source.exists():
        raise CourseError(f"{source} does not exist.")
    if source.is_dir():
        yield list(_in_folder(source))
    elif zipfile.is_zipfile(source):
        with zipfile.ZipFile(source) as archive:
            yield list(_in_zip(archive))
    else:
        raise CourseError(f"{source} is neither a folder nor a zip file.")


def _is_extra(inside):
    """Files that systems, editors and we ourselves lay beside a notebook: not worth a word."""
    path = PurePosixPath(inside)
    return not _QUIET.isdisjoint(path.parts) or path.name.startswith("._")


def _no_notebook(inside):
    suffix = PurePosixPath(inside).suffix
    return "" if suffix.lower() == ".ipynb" else f"not a notebook ({suffix or 'no ending'})"


def _in_folder(source):
    for path in sorted(source.rglob("*")):
        inside = path.relative_to(source).as_posix()
        if _is_extra(inside) or (path.is_dir() and not path.is_symlink()):
            continue
        outside = source.resolve() not in path.resolve().parents
        if wrong := _no_notebook(inside):
            yield inside, wrong, 0.0
        elif path.is_symlink() or outside or not path.is_file():
            yield inside, "a link or not a file", 0.0
        elif path.stat().st_size > MOST_BYTES:
            yield inside, "too large", 0.0
        else:
            yield inside, path.read_bytes, path.stat().st_mtime


def _in_zip(archive):
    for entry in archive.infolist():
        if entry.filename.endswith("/") or _is_extra(entry.filename):
            continue
        link = (entry.external_attr >> 16) & 0o170000 == 0o120000
        if wrong := _no_notebook(entry.filename):
            yield entry.filename, wrong, 0.0
        elif entry.file_size > MOST_BYTES or link:
            yield entry.filename, "too large, or a link", 0.0
        else:
            when = time.mktime((*entry.date_time, 0, 0, -1))
            yield entry.filename, lambda entry=entry: archive.read(entry), when


def ingest(
    course: Course,
    source: str | Path,
    name: str,
    progress: Callable[[str], None] = lambda line: None,
) -> list[Arrival]:
    """Copy every notebook of ``source`` to where marking expects it.

    If a student handed in several, the newest counts, also if it was brought in before. Of what two
    runs brought, the older is kept in ``earlier/``, named by its hash. Two students of one name
    are told apart by their platform's number. Safe to repeat.
    """
    course.solution(name)  # says so if there is no such set
    arrivals = []
    with _files(Path(source)) as files:

        def arrived(file, student, says):
            arrivals.append(Arrival(file, student, says))
            progress(f"[{len(arrivals)}/{len(files)}] {student or '-'}: {says} ({file})")

        good = []
        for file, read, when in files:
            owner = owner_of(file, name)
            try:
                safe_name(owner.name)
            except CourseError as error:
                read = str(error)
            if isinstance(read, str):
                arrived(file, "", f"refused: {read}")
            else:
                good.append((file, owner, read, when))
        students = _tell_apart(course, name, {owner for _, owner, _, _ in good})
        newest: dict[str, tuple] = {}
        for file, owner, read, when in good:
            student = students[owner]
            if student in newest and _time(newest[student]) > (when, owner.order):
                arrived(file, student, f"older than {newest[student][0]}")
                continue
            if student in newest:
                arrived(newest[student][0], student, f"older than {file}")
            newest[student] = (file, owner, read, when)
        for student, (file, owner, read, when) in newest.items():
            try:
                says = _store(course, student, name, read(), when, owner)
            except _BROKEN as error:
                says = f"refused: it cannot be read ({error})"
            arrived(file, student, says)
    course.log("ingest", set=name, source=str(source), files=len(arrivals))
    return arrivals


def _time(handed_in):
    _, owner, _, when = handed_in
    return when, owner.order


def owners(course: Course, name: str) -> dict[str, Owner]:
    """Return whom the learning platform takes for each student of a set."""
    return dict(_owners(course, name))


def _owners(course, pattern):
    for path in (course.folder / "submitted").glob(f"*/{pattern}/owner.json"):
        yield path.parents[1].name, _read_owner(path)


def _read_owner(path):
    try:
        owner = Owner(**json.loads(path.read_text(encoding="utf-8")))
        return replace(owner, order=tuple(map(int, owner.order)))
    except (OSError, ValueError, TypeError):
        raise CourseError(f"{path} cannot be read. Delete it and ingest again.") from None


def _tell_apart(course, name, arriving) -> dict[Owner, str]:
    """Return every owner's student: the name, with the number where two people share it."""
    # Moodle's numbers mean nothing beyond their own assignment; Canvas' are for life.
    known = [(s, o) for s, o in _owners(course, "*") if o.platform == "canvas"]
    known += _owners(course, name)
    stored = {(owner.platform, owner.number): student for student, owner in known if owner.number}
    people = defaultdict(set)
    for identity, student in stored.items():
        people[student].add(identity)
    for owner in arriving:
        if owner.number:
            people[safe_name(owner.name)].add((owner.platform, owner.number))
    students = {}
    for owner in arriving:
        student = safe_name(owner.name)
        identity = (owner.platform, owner.number)
        if identity in stored:
            student = stored[identity]
        elif owner.number and len(people[student]) > 1:
            student = f"{student}-{owner.number}"
        students[owner] = student
    return students


def _store(course, student, name, blob, when, owner):
    target = course.submitted(student, name)
    target.parent.mkdir(parents=True, exist_ok=True)
    about, stamp = course.owner(student, name), target.parent / "timestamp.txt"
    before = target.read_bytes() if target.is_file() else None
    older = before is not None and _kept_time(about, stamp) > (int(when), owner.order)
    # A file by e-mail does not make the number unknown.
    if not about.is_file() or (owner.number and not older):
        about.write_text(json.dumps(asdict(owner)), encoding="utf-8")
    if before == blob:
        return "same as before"
    if before is not None:
        aside = blob if older else before
        earlier = course.folder / "earlier" / name / student
        earlier.mkdir(parents=True, exist_ok=True)
        (earlier / f"{hashlib.sha256(aside).hexdigest()[:16]}.ipynb").write_bytes(aside)
    if older:
        return "older than what was brought in before; put into earlier/"
    target.write_bytes(blob)
    stamp.write_text(time.strftime(_STAMP, time.gmtime(when)) + "\n")
    says = "new" if before is None else "replaces an earlier one"
    return f"{says}, late" if owner.late else says


def _kept_time(about, stamp):
    """Return when the notebook that is kept was handed in, to the second, and its order."""
    try:
        when = calendar.timegm(time.strptime(stamp.read_text().strip(), _STAMP))
    except (OSError, ValueError):  # unknown: whatever comes now is newer
        return (-1, (0, 0))
    return when, _read_owner(about).order if about.is_file() else (0, 0)
