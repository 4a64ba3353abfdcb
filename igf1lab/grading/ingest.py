"""Bring in what was handed in: a folder or a zip, in the shapes that learning platforms give.

Files are copied as they are; repair happens when marking. Nothing is overwritten without a copy.
"""

import hashlib
import re
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from igf1lab.grading.course import Course, CourseError, safe_name
from igf1lab.grading.submission import MOST_BYTES

# Canvas: lastfirst_[LATE_]12345_67890_name.ipynb; Moodle: First Last_12345_assignsubmission_file_/
_CANVAS = re.compile(r"^(?P<student>[^_/]+)_(?:LATE_)?\d+_\d+_.*\.ipynb$")
_MOODLE = re.compile(r"^(?P<student>.+?)_\d+_assignsubmission_file_?$")


@dataclass
class Arrival:
    """What became of one file."""

    file: str
    student: str
    says: str  # new, same as before, replaces an earlier one, older than, refused: ...


def student_of(file: str, name: str) -> str:
    """Return whose file it is, from its path inside the folder or zip.

    Tried in order: Moodle's folder, a plain folder, Canvas' file name, a file name with the set's
    name cut off (``ada_03_metabolism.ipynb``, ``03_metabolism-ada.ipynb``), the file name.
    """
    path = PurePosixPath(file)
    folders = [part for part in path.parts[:-1] if part not in (name, ".")]
    if folders:
        moodle = _MOODLE.match(folders[-1])
        return moodle["student"] if moodle else folders[-1]
    canvas = _CANVAS.match(path.name)
    if canvas:
        return canvas["student"]
    stem = re.sub(r" ?\(\d+\)$", "", path.stem)
    without = re.sub(rf"[-_ ]*{re.escape(name)}[-_ ]*", "", stem)
    return without or stem


def _files(source: Path):
    """Yield (path inside, bytes or reason, time) of every notebook."""
    if source.is_dir():
        for path in sorted(source.rglob("*")):
            inside = path.relative_to(source).as_posix()
            if path.suffix != ".ipynb" or ".ipynb_checkpoints" in path.parts:
                continue
            outside = source.resolve() not in path.resolve().parents
            if path.is_symlink() or outside or not path.is_file():
                yield inside, "a link or not a file", 0.0
            elif path.stat().st_size > MOST_BYTES:
                yield inside, "too large", 0.0
            else:
                yield inside, path.read_bytes(), path.stat().st_mtime
    elif zipfile.is_zipfile(source):
        with zipfile.ZipFile(source) as archive:
            for entry in archive.infolist():
                if not entry.filename.endswith(".ipynb"):
                    continue
                if (
                    entry.file_size > MOST_BYTES
                    or (entry.external_attr >> 16) & 0o170000 == 0o120000
                ):
                    yield entry.filename, "too large, or a link", 0.0
                    continue
                yield entry.filename, archive.read(entry), time.mktime((*entry.date_time, 0, 0, -1))
    else:
        raise CourseError(f"{source} is neither a folder nor a zip file.")


def ingest(course: Course, source: str | Path, name: str) -> list[Arrival]:
    """Copy every notebook of ``source`` to where marking expects it.

    If a student handed in several, the newest counts. An earlier one that is replaced is kept
    beside it, named by its hash. Safe to repeat.
    """
    course.solution(name)  # says so if there is no such set
    newest: dict[str, tuple] = {}
    arrivals = []
    for file, blob, when in _files(Path(source)):
        if isinstance(blob, str):
            arrivals.append(Arrival(file, "", f"refused: {blob}"))
            continue
        try:
            student = safe_name(student_of(file, name))
        except CourseError as error:
            arrivals.append(Arrival(file, "", f"refused: {error}"))
            continue
        if student in newest and newest[student][2] > when:
            arrivals.append(Arrival(file, student, f"older than {newest[student][0]}"))
            continue
        if student in newest:
            arrivals.append(Arrival(newest[student][0], student, f"older than {file}"))
        newest[student] = (file, blob, when)
    for student, (file, blob, when) in newest.items():
        arrivals.append(Arrival(file, student, _store(course, student, name, blob, when)))
    course.log("ingest", set=name, source=str(source), files=len(arrivals))
    return arrivals


def _store(course, student, name, blob, when):
    target = course.submitted(student, name)
    target.parent.mkdir(parents=True, exist_ok=True)
    says = "new"
    if target.is_file():
        before = target.read_bytes()
        if before == blob:
            return "same as before"
        earlier = course.folder / "earlier" / name / student
        earlier.mkdir(parents=True, exist_ok=True)
        (earlier / f"{hashlib.sha256(before).hexdigest()[:16]}.ipynb").write_bytes(before)
        says = "replaces an earlier one"
    target.write_bytes(blob)
    stamp = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(when))
    (target.parent / "timestamp.txt").write_text(stamp + "\n")
    return says
