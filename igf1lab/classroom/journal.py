"""What a class leaves on disk: a journal while it runs, one file without persons when it ends."""

import json
import os
import time
from pathlib import Path

from igf1lab.classroom.room import Room

JOURNAL = "class-under-way.jsonl"


class FolderRefused(ValueError):
    """The folder cannot hold a class; the message says why and what to do."""


def open_folder(folder: Path, repository: Path) -> Path:
    """Make the folder, readable by its owner alone.

    Raises
    ------
    FolderRefused
        If it lies in the repository or cannot be written.
    """
    folder = folder.expanduser().resolve()
    if folder.is_relative_to(repository.resolve()):
        raise FolderRefused(
            f"{folder} lies inside the course, where it could be published by mistake; "
            "name another folder with --keep"
        )
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        probe = folder / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as fault:
        raise FolderRefused(
            f"{folder} cannot be written: {fault}; name another with --keep"
        ) from None
    return folder


class Journal:
    """Events of a class, each on disk before it is confirmed.

    Parameters
    ----------
    folder : Path
        From :func:`open_folder`.
    """

    def __init__(self, folder: Path):
        self.path = folder / JOURNAL
        self.torn = 0  # lines of an earlier run that were cut off by its end
        self._file = None

    def replay(self, room: Room) -> int:
        """Bring a room to where an interrupted class was; return how many events that took."""
        if not self.path.exists():
            return 0
        done = 0
        for line in self.path.read_text("utf-8", "replace").splitlines():
            try:
                room.apply(json.loads(line))
            except (ValueError, KeyError, TypeError, AttributeError):
                self.torn += 1
            else:
                done += 1
        return done

    def keep(self, event: dict) -> None:
        """Write an event and hand it to the system, which keeps it if this program is killed."""
        if self._file is None:
            torn = self.path.exists() and not self.path.read_bytes().endswith(b"\n")
            descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            self._file = os.fdopen(descriptor, "a", encoding="utf-8")
            if torn and self.path.stat().st_size:
                self._file.write("\n")
        self._file.write(json.dumps(event, separators=(",", ":")) + "\n")
        self._file.flush()

    def end(self, room: Room) -> Path | None:
        """Write what was asked, without anybody in it, and remove the journal; None if nothing was."""
        if room.question and room.phase != "waiting":
            room.apply({"do": "clear"})
        if self._file:
            self._file.close()
            self._file = None
        kept = None
        if room.asked:
            kept = self.path.with_name(time.strftime("class-%Y-%m-%d-%H%M%S.json"))
            kept.write_text(json.dumps(room.asked, indent=1, ensure_ascii=False), "utf-8")
        self.path.unlink(missing_ok=True)
        return kept
