"""The private folder of a class: what lies where, its secret and its log.

Nothing of a class ever lies inside the course's repository.
"""

import hashlib
import json
import os
import platform
import re
import secrets
import time
import unicodedata
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from urllib.parse import quote

import yaml

from igf1lab.exercises.source import REPOSITORY

MOST_NAME = 180  # bytes
SETTINGS = {"personal": bool, "database": str, "course_id": str}  # of course.yaml


class CourseError(RuntimeError):
    """Something about the private folder is not as it must be; the message says what to do."""


@dataclass(frozen=True)
class Course:
    """A class: its folder and settings (``course.yaml``, optional)."""

    folder: Path
    personal: bool = False  # own numbers for every student
    database: str = ""  # any SQLAlchemy URL; SQLite in the folder by default
    course_id: str = "igf1"

    @property
    def db_url(self) -> str:
        """The gradebook's address."""
        # Quoted as SQLAlchemy reads it: a folder may hold a question mark or a percent sign.
        return self.database or f"sqlite:///{quote(str(self.folder / 'gradebook.db'))}"

    @property
    def secret(self) -> str:
        """The secret that draws probes and personal numbers; made once, readable by its owner.

        Raises
        ------
        CourseError
            If its file is empty.
        """
        path = self.folder / "secret"
        if not path.exists():
            made = secrets.token_hex(32)
            # Written aside and renamed: a crash between must not leave a secret that all can guess.
            aside = path.with_name(f"secret.{os.getpid()}")
            with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
                file.write(made)
                file.flush()
                os.fsync(file.fileno())
            aside.replace(path)
        secret = path.read_text().strip()
        if not secret:
            raise CourseError(
                f"{path} is empty, so anybody could guess the probes. Put it back from your backup; "
                "if nothing has been marked yet, delete it, and another one is made."
            )
        return secret

    @property
    def seed_id(self) -> str:
        """A name for the secret that does not tell it, for the log."""
        return hashlib.sha256(f"id {self.secret}".encode()).hexdigest()[:12]

    def solution(self, name: str) -> Path:
        """Return the solutions notebook of a set: the private overlay's if there is one."""
        for root in (self.folder, REPOSITORY):
            path = root / "solutions" / name / f"{name}.ipynb"
            if path.is_file():
                return path
        raise CourseError(f"There is no set {name!r} in solutions/.")

    def submitted(self, student: str, name: str) -> Path:
        """Return where a student's notebook of a set lies."""
        return self.folder / "submitted" / student / name / f"{name}.ipynb"

    def owner(self, student: str, name: str) -> Path:
        """Return where it is written whom the learning platform takes for the student."""
        return self.folder / "submitted" / student / name / "owner.json"

    def autograded(self, student: str, name: str) -> Path:
        """Return where the marked copy lies that formgrader shows."""
        return self.folder / "autograded" / student / name / f"{name}.ipynb"

    def result(self, student: str, name: str) -> Path:
        """Return where the result of marking lies."""
        return self.folder / "results" / name / f"{student}.json"

    def given(self, name: str) -> Path:
        """Return where the code lies that everybody was given."""
        return self.folder / "results" / name / "given.py"

    def students(self, name: str) -> list[str]:
        """Return who handed in a set."""
        found = (self.folder / "submitted").glob(f"*/{name}/{name}.ipynb")
        return sorted(path.parents[1].name for path in found)

    def log(self, event: str, **what) -> None:
        """Append one line to the log."""
        line = {"when": time.strftime("%Y-%m-%dT%H:%M:%S%z"), "event": event, **what}
        path = self.folder / "log.jsonl"
        # Half a character cannot be written; its escape is the same to a reader of JSON.
        with path.open("a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(json.dumps(line, ensure_ascii=False, sort_keys=True) + "\n")


def open_course(folder: str | None = None, make: bool = True) -> Course:
    """Open the private folder: ``folder``, else ``$COURSE_PRIVATE``.

    Parameters
    ----------
    make : bool
        Make the folder if it does not exist.

    Raises
    ------
    CourseError
        If none is named, it does not exist and is not to be made, it lies inside the repository,
        or its settings cannot be read.
    """
    named = folder or os.environ.get("COURSE_PRIVATE")
    if not named:
        raise CourseError(
            "Where is the class kept? Set COURSE_PRIVATE to a folder outside the repository, "
            "for example: export COURSE_PRIVATE=~/igf1-class-2026"
        )
    path = Path(named).expanduser().resolve()
    if path == REPOSITORY or REPOSITORY in path.parents:
        raise CourseError(
            f"{path} lies inside the course's repository. Students' work must not: choose another."
        )
    if not make and not path.is_dir():
        raise CourseError(
            f"{path} does not exist, so it has no submissions. Is it the class's folder? "
            "Look at --course and COURSE_PRIVATE; ingest makes a new one."
        )
    os.umask(0o077)  # whatever is written for a class, gradebook included, is its owner's alone
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return Course(path, **_settings(path / "course.yaml"))


def _settings(path):
    if not path.is_file():
        return {}
    try:
        chosen = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise CourseError(f"{path} cannot be read: {' '.join(str(error).split())}") from None
    if not isinstance(chosen, dict):
        raise CourseError(f"{path}: expected lines like 'personal: true'")
    for name, value in chosen.items():
        if name not in SETTINGS:
            raise CourseError(f"{path}: unknown setting {name!r}; known: {', '.join(SETTINGS)}")
        if not isinstance(value, SETTINGS[name]):
            words = "true or false" if SETTINGS[name] is bool else "text"
            raise CourseError(f"{path}: {name} must be {words}")
    return chosen


def plain_name(name: str) -> str:
    """Return a name by which two are compared: its letters and signs in one spelling, no more."""
    return unicodedata.normalize("NFC", name).strip()


def safe_name(name: str) -> str:
    """Return a student's id as a plain file name; letters of every script stay, with their signs.

    Raises
    ------
    CourseError
        If nothing is left of it.
    """
    kept = "".join(c if _may_stay(c) else "-" for c in unicodedata.normalize("NFC", name))
    kept = re.sub(r"--+", "-", kept)
    # A file's name may have 255 bytes; ours add an ending.
    kept = kept.strip("-.").encode()[:MOST_NAME].decode(errors="ignore").strip("-.")
    if not any(c.isalnum() for c in kept):
        raise CourseError("a student's name has no letter or digit in it")
    return kept


def _may_stay(c):
    # Vowels and tones of many scripts are signs on the letter before (Mn, Mc).
    return c.isalnum() or c in "_.@-" or unicodedata.category(c) in ("Mn", "Mc")


def versions() -> dict[str, str]:
    """Return the versions that marks may depend on."""
    names = ("igf1lab", "nbgrader", "numpy", "scipy", "matplotlib", "ipython")
    return {name: metadata.version(name) for name in names} | {"python": platform.python_version()}
