"""What a learner has answered: one small SQLite file beside the course, only ever added to.

Nothing here stops a lesson. When the file cannot be written, answers are kept in memory and
:attr:`Progress.message` says so in one sentence.

How mastery is reckoned: of every item only the last answer counts; right at the first try is 1,
right at the second ½, wrong 0. A claim's score is the mean over its items answered so far. The
pre-test is left out: its items are asked once, before anything was taught, and in silence.
"""

import functools
import json
import os
import random
import re
import sqlite3
import threading
import uuid
from collections.abc import Iterable
from contextlib import closing
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from pathlib import Path

from igf1lab.lesson.quiz_bank import Item, all_items

VERSION = 1
KINDS = ("quiz", "prediction")
CONFIDENCES = ("guess", "think so", "sure")
EXPORT_FORMAT = "igf1lab-progress"
MAX_EXPORT_BYTES = 20_000_000
PRE_TEST, POST_TEST = "pre_test", "post_test"  # contexts of the two tests that gain compares
LOOK_BACK = (1, 3, 5)  # lessons between learning and warm-up: spaced, and then wider spaced
FIRM, SHAKY = 0.8, 0.5
UNSEEN_SCORE = 0.75  # an item never met is asked after those that went wrong, before those known

_SCHEMA = (
    "CREATE TABLE record (number INTEGER PRIMARY KEY, uid TEXT NOT NULL UNIQUE, body TEXT NOT NULL)",
    "CREATE TRIGGER record_is_never_changed BEFORE UPDATE ON record "
    "BEGIN SELECT RAISE(ABORT, 'records are only added'); END",
    "CREATE TRIGGER record_is_never_deleted BEFORE DELETE ON record "
    "BEGIN SELECT RAISE(ABORT, 'records are only added'); END",
    f"PRAGMA user_version = {VERSION}",
)


class RestoreError(ValueError):
    """A file offered to :meth:`Progress.restore` is not a progress file; the message says why."""


class _NotOurs(Exception):
    """The file is a database that this version must not write to."""


@dataclass(frozen=True)
class Record:
    """One recorded answer: a quiz try or a prediction."""

    uid: str
    time: str  # ISO 8601, UTC
    kind: str
    lesson: str
    item: str
    context: str
    claims: tuple[str, ...]
    answer: object  # as the page sent it: text, number, list or mapping
    try_number: int = 1
    correct: bool | None = None  # None for predictions
    misconceptions: tuple[str, ...] = ()
    confidence: str | None = None

    @property
    def score(self) -> float:
        """1 right at once, ½ right at the second try, 0 wrong."""
        return (1.0 if self.try_number == 1 else 0.5) if self.correct else 0.0


def _names(value, most: int = 50) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or len(value) > most:
        raise ValueError("a list of names is missing or too long")
    return tuple(_name(each) for each in value)


def _name(value) -> str:
    if not isinstance(value, str) or len(value) > 200:
        raise ValueError("a name is missing or too long")
    return value


def _parse(data) -> Record:
    """Check one record read from a file that anyone may have edited."""
    if not isinstance(data, dict) or set(data) != {field.name for field in fields(Record)}:
        raise ValueError("its fields are not those of a record")
    uid, time = _name(data["uid"]), _name(data["time"])
    if not re.fullmatch(r"[0-9a-f]{32}", uid):
        raise ValueError("its uid is not 32 hexadecimal digits")
    if datetime.fromisoformat(time).utcoffset() != timedelta(0) or not time.endswith("+00:00"):
        raise ValueError("its time is not in UTC")
    if data["kind"] not in KINDS or data["confidence"] not in (None, *CONFIDENCES):
        raise ValueError("its kind or confidence is unknown")
    if data["correct"] not in (None, True, False) or data["try_number"] not in (1, 2):
        raise ValueError("its result is not one that a quiz gives")
    if len(json.dumps(data["answer"])) > 10_000:
        raise ValueError("its answer is too long")
    names = {name: _name(data[name]) for name in ("lesson", "item", "context")}
    lists = {name: _names(data[name]) for name in ("claims", "misconceptions")}
    return Record(**(data | names | lists))


@dataclass(frozen=True)
class Mastery:
    """How firmly a claim is held: mean item score, number of items answered, and a word."""

    score: float
    items: int

    @property
    def word(self) -> str:
        """``not met``, ``shaky``, ``growing`` or ``firm``."""
        if not self.items:
            return "not met"
        return "firm" if self.score >= FIRM else "growing" if self.score >= SHAKY else "shaky"


@dataclass(frozen=True)
class Gain:
    """Share of a claim's items right at the first try, in the pre-test and in the post-test."""

    before: float
    after: float


class Progress:
    """The learner's record in one SQLite file.

    Parameters
    ----------
    path
        The file; it and its folder are made at the first answer.
    """

    def __init__(self, path: str | Path):
        self.path = Path(path)
        self._fault = ""  # why answers cannot be kept now
        self._note = ""  # what else happened to the file
        self._lock = threading.RLock()
        self._unsaved: list[Record] = []

    @property
    def message(self) -> str:
        """What the learner must know about the file; empty while all is well."""
        return " ".join(filter(None, (self._fault, self._note)))

    # -- recording --

    def record_try(
        self,
        item: Item,
        *,
        context: str,
        try_number: int,
        answer,
        correct: bool,
        misconceptions: tuple[str, ...] = (),
    ) -> None:
        """Record one judged try at a quiz item."""
        self._add(
            kind="quiz",
            lesson=item.lesson,
            item=item.id,
            context=context,
            claims=item.claims,
            answer=answer,
            try_number=try_number,
            correct=correct,
            misconceptions=misconceptions,
        )

    def record_prediction(self, spec, *, answer, confidence: str) -> None:
        """Record a prediction, made before its outcome is known."""
        self._add(
            kind="prediction",
            lesson=spec.lesson,
            item=spec.id,
            context="prediction",
            claims=spec.claims,
            answer=answer,
            confidence=confidence,
        )

    def _add(self, **details) -> None:
        now = datetime.now(UTC).isoformat(timespec="microseconds")
        self._save([Record(uid=uuid.uuid4().hex, time=now, **details)])

    def _save(self, records: list[Record]) -> None:
        with self._lock:
            self._unsaved += records
            rows = [(each.uid, json.dumps(asdict(each))) for each in self._unsaved]
            saved = self._try(lambda: self._insert(rows))
            if saved:
                self._unsaved.clear()
                self._fault = ""

    def _insert(self, rows) -> bool:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with closing(self._connect()) as database:
            database.execute("BEGIN IMMEDIATE")  # one writer at a time, others wait their turn
            if self._version(database) == 0:
                for statement in _SCHEMA:
                    database.execute(statement)
            database.executemany("INSERT OR IGNORE INTO record (uid, body) VALUES (?, ?)", rows)
            database.execute("COMMIT")
        return True

    # -- reading --

    def records(self) -> list[Record]:
        """Return every record, oldest first."""
        with self._lock:
            read = self._try(self._select) or []
            known = {each.uid for each in read}
            read += [each for each in self._unsaved if each.uid not in known]
        return sorted(read, key=lambda each: each.time)

    def _select(self) -> list[Record]:
        if not self.path.exists():
            return []
        with closing(self._connect()) as database:
            if self._version(database) == 0:
                return []
            rows = database.execute("SELECT body FROM record ORDER BY number").fetchall()
        read = []
        for (body,) in rows:
            try:
                read.append(_parse(json.loads(body)))
            except (ValueError, TypeError, RecursionError):
                self._note = f"Some records in {self.path.name} cannot be read; they are skipped."
        return read

    def _last(self, kind: str) -> dict[str, Record]:
        """Return the last record of each item, without those of the pre-test."""
        return {
            each.item: each
            for each in self.records()
            if each.kind == kind and each.context != PRE_TEST
        }

    def rounds(self, context: str) -> dict[str, list[Record]]:
        """Return, by item, the tries of its last round in one context: one or two of them."""
        last: dict[str, list[Record]] = {}
        for each in self.records():
            if each.kind == "quiz" and each.context == context:
                earlier = [] if each.try_number == 1 else last.get(each.item, [])
                last[each.item] = [*earlier, each]
        return last

    def prediction(self, name: str) -> Record | None:
        """Return the last prediction recorded under an id."""
        return self._last("prediction").get(name)

    def mastery(self) -> dict[str, Mastery]:
        """Return the mastery of each claim that has been met; the rule stands at the top."""
        scores: dict[str, list[float]] = {}
        for each in self._last("quiz").values():
            for claim in each.claims:
                scores.setdefault(claim, []).append(each.score)
        return {claim: Mastery(sum(each) / len(each), len(each)) for claim, each in scores.items()}

    def misconceptions(self) -> dict[str, list[str]]:
        """Return the misconceptions that the last answers still show, with the items that do."""
        held: dict[str, list[str]] = {}
        for each in self._last("quiz").values():
            for name in () if each.correct else each.misconceptions:
                held.setdefault(name, []).append(each.item)
        return dict(sorted(held.items(), key=lambda pair: (-len(pair[1]), pair[0])))

    def gain(self) -> dict[str, Gain]:
        """Return, for each claim in both tests, the share right in the pre- and the post-test.

        Only the first try of the first round in each test counts.
        """
        shares = []
        for context in (PRE_TEST, POST_TEST):
            first = {}
            for each in self.records():
                if each.kind == "quiz" and each.context == context:
                    first.setdefault(each.item, each)
            right: dict[str, list[bool]] = {}
            for each in first.values():
                for claim in each.claims:
                    right.setdefault(claim, []).append(bool(each.correct))
            shares.append({claim: sum(each) / len(each) for claim, each in right.items()})
        before, after = shares
        return {claim: Gain(before[claim], after[claim]) for claim in before if claim in after}

    def warm_up_items(self, lesson: str, items: Iterable[Item] | None = None) -> list[Item]:
        """Return three items from 1, 3 and 5 lessons back, weakest first.

        Only what was answered before this warm-up was begun decides, so that its cell can be run
        again. Near the start of the course the lessons there are stand in. Without a history the
        choice is the same for everyone.
        """
        context = warm_up_context(lesson)
        before = takewhile(lambda each: each.context != context, self.records())
        scores = {each.item: each.score for each in before if each.kind == "quiz"}
        return choose_warm_up(lesson, all_items() if items is None else items, scores)

    # -- taking it along --

    def export_bytes(self) -> bytes:
        """Return everything recorded, as JSON to download."""
        records = [asdict(each) for each in self.records()]
        data = {"format": EXPORT_FORMAT, "version": VERSION, "records": records}
        return json.dumps(data, indent=1).encode()

    def restore(self, content: bytes) -> int:
        """Add the records of an exported file to those here; return how many were new.

        Raises
        ------
        RestoreError
            When the file is not a whole and sound progress file; then nothing is added.
        """
        records = _read_export(content)
        known = {each.uid for each in self.records()}
        new = {each.uid: each for each in records if each.uid not in known}
        self._save(list(new.values()))
        return len(new)

    # -- the file --

    def _connect(self) -> sqlite3.Connection:
        database = sqlite3.connect(self.path, timeout=20, isolation_level=None)
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
            try:
                result = work()
            except (_NotOurs, OSError, sqlite3.OperationalError) as fault:
                self._fault = (
                    f"Your answers cannot be kept in {self.path}: {fault}. The course goes on; "
                    "what you answer now is kept until the kernel stops. Download your progress "
                    "to keep it longer."
                )
                return None
            except sqlite3.DatabaseError:
                if not self._move_aside():
                    return None
            else:
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
            self._fault = (
                f"{self.path} is damaged and cannot be moved aside: {fault}. The course goes on; "
                "what you answer now is kept until the kernel stops."
            )
            return False
        self._note = f"{self.path.name} was damaged; it is kept as {aside.name}, a new one begun."
        return True


def _read_export(content) -> list[Record]:
    refusal = "This is not a progress file of this course; choose a file you downloaded here"
    if not isinstance(content, bytes | bytearray | memoryview):
        raise RestoreError(f"{refusal}.")
    if len(bytes(content)) > MAX_EXPORT_BYTES:
        raise RestoreError(f"{refusal} (it is too large).")
    try:
        data = json.loads(bytes(content).decode("utf-8"))
    except (ValueError, RecursionError):
        raise RestoreError(f"{refusal} (it is not readable JSON).") from None
    if not isinstance(data, dict) or data.get("format") != EXPORT_FORMAT:
        raise RestoreError(f"{refusal}.")
    if data.get("version") != VERSION:
        raise RestoreError(
            f"This progress file has version {str(data.get('version'))[:20]}, this course reads "
            f"version {VERSION}; update the course. Nothing was changed."
        )
    if not isinstance(data.get("records"), list):
        raise RestoreError(f"{refusal}.")
    records = []
    for number, raw in enumerate(data["records"], 1):
        try:
            records.append(_parse(raw))
        except (ValueError, TypeError, RecursionError) as fault:
            raise RestoreError(
                f"Record {number} of this file is damaged: {fault}. Nothing was changed."
            ) from None
    return records


def _lesson_number(lesson: str) -> int:
    """Return the number a lesson's name starts with, or -1 for the pre- and post-test."""
    return int(lesson[:2]) if re.match(r"\d\d_", lesson) else -1


def warm_up_context(lesson: str) -> str:
    """Return the label under which the tries of a lesson's warm-up are recorded."""
    return f"{lesson}/warm-up"


def choose_warm_up(lesson: str, items: Iterable[Item], scores: dict[str, float]) -> list[Item]:
    """Choose up to three items from 1, 3 and 5 lessons back, weakest first (a pure function)."""
    here = _lesson_number(lesson)
    order = random.Random(lesson).random

    def weakness(item: Item):
        return scores.get(item.id, UNSEEN_SCORE), ties[item.id]

    earlier = [item for item in items if 0 <= _lesson_number(item.lesson) < here]
    ties = {item.id: order() for item in sorted(earlier, key=lambda item: item.id)}
    chosen: list[Item] = []
    for back in LOOK_BACK:
        left = [item for item in earlier if item not in chosen]
        if left:
            far = {item.id: abs(_lesson_number(item.lesson) - (here - back)) for item in left}
            chosen.append(min(left, key=lambda item: (far[item.id], *weakness(item))))
    return sorted(chosen, key=weakness)


def course_folder() -> Path:
    """Return the folder that holds ``notebooks/``, looking upwards from here; else this folder."""
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "notebooks" / "00_start_here.ipynb").is_file():
            return folder
    return here


@functools.cache
def _progress_at(path: Path) -> Progress:
    return Progress(path)


def default_progress() -> Progress:
    """Return the learner's progress: at ``IGF1LAB_PROGRESS``, else in the course folder."""
    named = os.environ.get("IGF1LAB_PROGRESS")
    return _progress_at(
        Path(named).expanduser().absolute() if named else course_folder() / "progress.db"
    )
