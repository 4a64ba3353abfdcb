"""Where a learner's answers are kept: one small SQLite file beside the course, only ever added to.

This file stores records and hands them over in the order in which they arrived; what they mean is
reckoned in the page (``page/progress.js``). Nothing here stops a lesson: when the file cannot be
used, records are kept in memory and :attr:`Progress.message` says so in one sentence.
"""

import functools
import json
import os
import re
import sqlite3
import sys
import threading
import time
from collections.abc import Iterable
from contextlib import closing
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

VERSION = 1
MAX_RECORD_BYTES = 40_000
LOCK_WAIT_S, SHORT_WAIT_S = (
    0.7,
    0.02,
)  # a file that stays locked is waited for once, then only tried
UID = re.compile(r"[0-9a-f]{32}")

_SCHEMA = (
    "CREATE TABLE record (number INTEGER PRIMARY KEY, uid TEXT NOT NULL UNIQUE, body TEXT NOT NULL)",
    "CREATE TRIGGER record_is_never_changed BEFORE UPDATE ON record "
    "BEGIN SELECT RAISE(ABORT, 'records are only added'); END",
    "CREATE TRIGGER record_is_never_deleted BEFORE DELETE ON record "
    "BEGIN SELECT RAISE(ABORT, 'records are only added'); END",
    f"PRAGMA user_version = {VERSION}",
)


class _NotOurs(Exception):
    """The file is one that this version, or this person, must not use."""


class Progress:
    """The learner's records in one SQLite file.

    Parameters
    ----------
    path
        The file; it and its folder are made at the first answer. None keeps records in memory.
    fault
        Why there is no file, as a sentence.
    """

    def __init__(self, path: str | Path | None, fault: str = ""):
        self.path = None if path is None else Path(path)
        self._fault = fault  # why answers cannot be kept now
        self._note = ""  # what else happened to the file
        self._wait_s = LOCK_WAIT_S
        self._lock = threading.RLock()
        self._unsaved: dict[str, dict] = {}  # uid -> record

    @property
    def message(self) -> str:
        """What the learner must know about the file; empty while all is well."""
        return " ".join(filter(None, (self._fault, self._note)))

    @property
    def name(self) -> str:
        """A name of this store that pages can tell apart, and that tells nothing else.

        On a hub all learners have the same path in their containers, and one address.
        """
        whose = (self.path, _user(), os.environ.get("JUPYTERHUB_USER"))
        return sha256(repr(whose).encode()).hexdigest()[:16]

    def add(self, records: Iterable[dict]) -> None:
        """Store records that are not stored yet; what is no record at all is left out."""
        with self._lock:
            for record in records:
                if _is_record(record):
                    self._unsaved[record["uid"]] = record
                else:
                    self._note = "Something that is no answer was left out."
            if self._unsaved and self.path and self._try(self._insert):
                self._unsaved.clear()
                self._fault = ""

    def rows(self, after: int = 0) -> tuple[list[tuple[int | None, object]], bool]:
        """Return rows (number, record) in order of arrival, and whether the file was begun anew.

        Parameters
        ----------
        after
            The highest number known already. A file whose numbers have not come so far is another
            one: then all its rows are returned. What is in memory only has the number None.
        """
        with self._lock:
            stored = self._try(lambda: self._select(after)) if self.path else None
            rows, fresh = stored or ([], False)
            if stored and not self._unsaved:
                self._fault = ""
            return rows + [(None, record) for record in self._unsaved.values()], fresh

    def records(self) -> list[dict]:
        """Return every record, in order of arrival."""
        return [record for _, record in self.rows()[0]]

    # -- the file --

    def _insert(self) -> bool:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        rows = [(uid, json.dumps(record)) for uid, record in self._unsaved.items()]
        with closing(self._connect()) as database:
            database.execute("BEGIN IMMEDIATE")  # one writer at a time
            if self._version(database) == 0:
                for statement in _SCHEMA:
                    database.execute(statement)
            database.executemany("INSERT OR IGNORE INTO record (uid, body) VALUES (?, ?)", rows)
            database.execute("COMMIT")
        return True

    def _select(self, after: int) -> tuple[list[tuple[int | None, object]], bool]:
        if not self.path.exists():
            return [], after > 0
        with closing(self._connect()) as database:
            if self._version(database) == 0:
                return [], after > 0
            (last,) = database.execute("SELECT coalesce(max(number), 0) FROM record").fetchone()
            fresh = last < after
            query = "SELECT number, body FROM record WHERE number > ? ORDER BY number"
            found = database.execute(query, (0 if fresh else after,)).fetchall()
        return [(number, _read(body)) for number, body in found], fresh

    def _connect(self) -> sqlite3.Connection:
        if self.path.exists() and not _belongs_to_us(self.path):
            raise _NotOurs(
                "it belongs to somebody else; name a file of your own in IGF1LAB_PROGRESS"
            )
        database = sqlite3.connect(self.path, timeout=self._wait_s, isolation_level=None)
        # A damaged byte then costs the record it lies in, not all of them.
        database.text_factory = lambda raw: raw.decode("utf-8", "replace")
        return database

    def _version(self, database: sqlite3.Connection) -> int:
        """Return 0 for an empty file and VERSION for ours; raise for any other database."""
        (version,) = database.execute("PRAGMA user_version").fetchone()
        (tables,) = database.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if version > VERSION:
            raise _NotOurs("it was made by a newer version of this course; update the course")
        if version == 0 and tables:
            raise _NotOurs("it is another program's database; name another file")
        return version

    def _try(self, work):
        """Do ``work`` on the file; when the file will not have it, say so and return None."""
        for _ in range(2):
            begun = time.monotonic()
            try:
                result = work()
            except (_NotOurs, OSError, sqlite3.OperationalError) as fault:
                if time.monotonic() - begun >= self._wait_s:
                    self._wait_s = SHORT_WAIT_S  # it is locked: do not wait at every answer
                self._fault = cannot_keep(self.path, fault)
                return None
            except sqlite3.DatabaseError:
                if not self._move_aside():
                    return None
            else:
                self._wait_s = LOCK_WAIT_S
                return result
        return None

    def _move_aside(self) -> bool:
        stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")
        aside = self.path.with_name(f"{self.path.name}.damaged-{stamp}")
        try:
            os.replace(self.path, aside)  # noqa: PTH105 (the journal beside it goes the same way)
            for ending in ("-journal", "-wal", "-shm"):
                journal = self.path.with_name(self.path.name + ending)
                if journal.exists():
                    journal.replace(aside.with_name(aside.name + ending))
        except FileNotFoundError:
            return True  # another kernel has just moved it
        except OSError as fault:
            self._fault = cannot_keep(
                self.path, f"it is damaged and cannot be moved aside ({fault})"
            )
            return False
        self._note = f"{self.path.name} was damaged; it is kept as {aside.name}, a new one begun."
        return True


def cannot_keep(path, why) -> str:
    """Return the sentence for a file that cannot be used."""
    return (
        f"Your answers cannot be kept in {path}: {str(why).rstrip('.')}. The course goes on; what "
        "you answer now is kept until the kernel stops and this page is closed. Download your "
        "progress to keep it longer."
    )


def _is_record(record) -> bool:
    """Whether this is worth storing: a mapping with a uid, of a sane size. The page checks the rest."""
    if not isinstance(record, dict) or not isinstance(record.get("uid"), str):
        return False
    return bool(UID.fullmatch(record["uid"])) and len(json.dumps(record)) <= MAX_RECORD_BYTES


def _read(body: str) -> object:
    """Return what a row holds; the page skips, with a word, what is no record."""
    try:
        return json.loads(body, parse_constant=lambda name: None)  # NaN is no JSON for a page
    except (ValueError, RecursionError):
        return None


# --- where it is -----------------------------------------------------------------------------


def _user() -> int:
    return os.geteuid() if hasattr(os, "geteuid") else 0  # Windows: each has a folder of their own


def _belongs_to_us(path: Path) -> bool:
    return not hasattr(os, "geteuid") or path.stat().st_uid == os.geteuid()


def _may_begin_in(folder: Path) -> bool:
    """Whether a new file here would be this person's own; root owns what it makes anywhere."""
    return os.access(folder, os.W_OK) and (_user() == 0 or _belongs_to_us(folder))


def course_folder() -> Path:
    """Return the folder that holds ``notebooks/``, looking upwards from here; else this folder."""
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "notebooks" / "00_start_here.ipynb").is_file():
            return folder
    return here


@functools.cache
def _progress_at(path: Path | None, fault: str = "") -> Progress:
    return Progress(path, fault)


def default_progress() -> Progress:
    """Return the learner's progress.

    It lies at ``IGF1LAB_PROGRESS``, else in the course folder. A course folder that belongs to
    somebody else is not used: then it lies in the learner's home.
    """
    named = os.environ.get("IGF1LAB_PROGRESS")
    try:
        if named:
            return _progress_at(Path(named).expanduser().absolute())
        path = course_folder() / "progress.db"
        own = _belongs_to_us(path) if path.exists() else _may_begin_in(path.parent)
        return _progress_at(path if own else Path.home() / ".igf1lab" / "progress.db")
    except (RuntimeError, OSError) as fault:  # no home, or a folder that cannot be looked into
        return _progress_at(None, cannot_keep(named or "your home folder", fault))


def keeper() -> dict[str, str]:
    """Say where the parts of a page keep records: ``{"where": ..., "name": ...}``.

    In JupyterLite, which runs in a browser, that is the browser itself; elsewhere it is this kernel.
    A page of the web edition leaves this word out and keeps them in the browser, too.
    """
    if sys.platform == "emscripten":
        return {"where": "page", "name": ""}
    return {"where": "kernel", "name": default_progress().name}
