"""What lies in a folder or a zip that was handed in: each file once, and how to read it.

Nothing here raises because of one file: what cannot be read says why.
"""

import io
import os
import re
import stat
import struct
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from igf1lab.exercises.exercise import PERSONAL
from igf1lab.grading.course import CourseError
from igf1lab.grading.intake.submission import MOST_BYTES

_QUIET = {PERSONAL, "__MACOSX", ".ipynb_checkpoints", ".DS_Store", "Thumbs.db", "desktop.ini"}
MOST_FOLDERS = 40  # one in another; no platform and no person goes deeper
MOST_ENTRIES = 2000  # of a zip that a student packed
_TOO_DEEP = "it lies in too many folders, one in another; hand in the file itself"
_UTF8, _UNICODE_PATH = 0x800, 0x7075


@dataclass
class Found:
    """A file that was handed in: where, when (see ``clock``), and its reader, or why there is none.

    ``clock`` is "zip", for a time as the zip has it, of whatever zone, or "folder", for the
    machine's own. They are not to be compared.
    """

    file: str
    read: Callable[[], bytes] | None
    when: int = 0
    clock: str = ""
    wrong: str = ""


@contextmanager
def opened(source: Path) -> Iterator[list[Found]]:
    """Yield what lies in a folder or a zip.

    Raises
    ------
    CourseError
        If it is neither.
    """
    if not source.exists():
        raise CourseError(f"{source} does not exist.")
    if source.is_dir():
        yield list(_in_folder(source))
    elif zipfile.is_zipfile(source):
        try:
            archive = zipfile.ZipFile(source)
            entries = archive.infolist()
        except (OSError, ValueError, NotImplementedError, zipfile.BadZipFile) as error:
            raise CourseError(
                f"{source} cannot be read as a zip ({error}). Download it again."
            ) from None
        with archive:
            yield list(_in_zip(archive, entries))
    else:
        raise CourseError(f"{source} is neither a folder nor a zip file.")


def _is_extra(inside):
    """Files that systems, editors and we ourselves lay beside a notebook: not worth a word."""
    path = PurePosixPath(inside)
    return not _QUIET.isdisjoint(path.parts) or path.name.startswith("._")


def _no_notebook(inside):
    # Browsers and mail programs add an ending: 02_brain.ipynb.txt, 02_brain.ipynb.json.
    if re.search(r"\.ipynb(\.(txt|json|download))?$", inside, re.IGNORECASE):
        return ""
    return f"not a notebook ({PurePosixPath(inside).suffix or 'no ending'})"


def _in_folder(source):
    trouble = []
    # Links are not followed: a loop of them ends here, and none leads out of the folder.
    for top, folders, files in os.walk(source, onerror=trouble.append):
        folders.sort()
        for folder in list(folders):
            path = Path(top, folder)
            inside = path.relative_to(source).as_posix()
            if _is_extra(inside):
                folders.remove(folder)
            elif path.is_symlink():
                folders.remove(folder)
                yield Found(inside, None, wrong="a link")
            elif not _no_notebook(inside):
                folders.remove(folder)
                yield Found(inside, None, wrong="a folder that is called like a notebook")
            elif inside.count("/") >= MOST_FOLDERS:
                folders.remove(folder)
                yield Found(inside, None, wrong=_TOO_DEEP)
        for file in sorted(files):
            path = Path(top, file)
            inside = path.relative_to(source).as_posix()
            if not _is_extra(inside):
                yield _one(path, inside)
    for error in trouble:
        inside = Path(error.filename or source).relative_to(source).as_posix()
        yield Found(inside, None, wrong=f"it cannot be read ({error.strerror})")


def _one(path, inside):
    try:
        about = path.lstat()
    except OSError as error:
        return Found(inside, None, wrong=f"it cannot be read ({error.strerror})")
    wrong, packed = _no_notebook(inside), _is_zip(inside)
    if wrong and not packed:
        return Found(inside, None, wrong=wrong)
    if not stat.S_ISREG(about.st_mode):
        return Found(inside, None, wrong="a link or not a file")
    if about.st_size > MOST_BYTES:
        return Found(inside, None, wrong="too large")
    found = Found(inside, path.read_bytes, int(about.st_mtime), "folder")
    return _unpacked(found) if packed else found


def _is_zip(inside):
    return inside.lower().endswith(".zip")


def _unpacked(packed):
    """Return the one notebook in a zip that a student handed in, by the zip's own name and time."""

    @contextmanager
    def notebooks():
        blob = packed.read()
        if blob.count(b"PK\1\2") > MOST_ENTRIES:  # as each entry of a zip's directory begins
            raise zipfile.BadZipFile("too many files")
        with zipfile.ZipFile(io.BytesIO(blob)) as archive:
            within = _in_zip(archive, archive.infolist(), inner=True)
            yield [found.read for found in within if found.read]

    def read():
        with notebooks() as (only,):
            return only()

    try:
        with notebooks() as found:
            count = len(found)
    except Exception as error:  # a damaged zip raises many kinds; it costs this file only
        return replace(packed, read=None, wrong=f"a zip that cannot be read ({error})")
    if count == 1:
        return replace(packed, read=read)
    wrong = f"a zip with {count or 'no'} notebook{'s' if count else ''} in it, not one"
    return replace(packed, read=None, wrong=wrong)


def _in_zip(archive, entries, inner=False):
    for entry in entries:
        inside = _name(entry)
        if _is_extra(inside):
            continue
        parts = PurePosixPath(inside).parts
        if len(parts) > MOST_FOLDERS:
            yield Found("/".join(parts[:MOST_FOLDERS]), None, wrong=_TOO_DEEP)
            continue
        if inside.endswith("/"):
            if not _no_notebook(inside.rstrip("/")):
                yield Found(inside, None, wrong="a folder that is called like a notebook")
            continue
        link = stat.S_ISLNK(entry.external_attr >> 16)
        wrong, packed = _no_notebook(inside), _is_zip(inside) and not inner
        if wrong and not packed:
            yield Found(inside, None, wrong=wrong)
        elif entry.file_size > MOST_BYTES or link:
            yield Found(inside, None, wrong="too large, or a link")
        else:
            read = lambda entry=entry: archive.read(entry)  # noqa: E731
            found = Found(inside, read, _time(entry), "zip")
            yield _unpacked(found) if packed else found


def _name(entry):
    """Return an entry's name as who packed it wrote it: UTF-8 also where nothing says so (macOS)."""
    name = entry.filename
    if not entry.flag_bits & _UTF8:
        packed = name.encode("cp437", "replace")
        name = _unicode_path(entry.extra) or _decoded(packed) or name
    return name.replace("\\", "/")


def _decoded(packed):
    try:
        return packed.decode("utf-8")
    except UnicodeDecodeError:
        return ""


def _unicode_path(extra):
    """Return the name that some programs write beside the old one, "" if there is none."""
    while len(extra) >= 4:
        kind, size = struct.unpack("<HH", extra[:4])
        if kind == _UNICODE_PATH and size > 5:
            return _decoded(extra[9 : 4 + size])
        extra = extra[4 + size :]
    return ""


def _time(entry):
    """Return the time as it stands there, unconverted: this machine's zone is not the sender's."""
    try:
        return int(datetime(*entry.date_time, tzinfo=UTC).timestamp())
    except ValueError:  # a month of 0, say
        return 0
