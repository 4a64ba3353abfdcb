"""Files of a class: written aside and renamed, so that no crash and no full disk leaves half of one."""

import contextlib
import os
import time
from pathlib import Path


def put(path: Path, content: bytes | str, surely: bool = False) -> None:
    """Write a file for its owner alone; what stood there before stays until all of it is written.

    Parameters
    ----------
    path : Path
        Folders on the way are made.
    content : bytes or str
        Half a character, which cannot be written, is written as its escape.
    surely : bool
        Return only when the disk has it.
    """
    if isinstance(content, str):
        content = content.encode("utf-8", "backslashreplace")
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # The name may be as long as names can be, so it cannot be part of the other one.
    aside = path.with_name(f".{os.getpid()}-{hash(path.name) & 0xFFFFFFFF:x}.part")
    try:
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(content)
            if surely:
                file.flush()
                os.fsync(file.fileno())
        aside.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            aside.unlink()
        raise
    if surely:
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def sweep(*folders: Path) -> None:
    """Delete what a killed run left half written an hour ago or longer."""
    for folder in folders:
        for path in folder.rglob(".*.part"):
            with contextlib.suppress(OSError):
                if time.time() - path.stat().st_mtime > 3600:
                    path.unlink()
