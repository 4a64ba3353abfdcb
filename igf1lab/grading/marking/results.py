"""Kept results: what marking found out about each student's work, one JSON file each."""

import hashlib
import json

from igf1lab.grading.course import Course, CourseError
from igf1lab.grading.files import put

MOST_ROWS, MOST_SHOWN = 5, 2000  # of a cell's outputs: rows, and characters of each


def kept_result(course: Course, student: str, name: str) -> dict:
    """Return the kept result of a student; empty if there is none, or it is damaged."""
    try:
        kept = json.loads(course.result(student, name).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return kept if isinstance(kept, dict) else {}


def write_result(course: Course, student: str, name: str, result: dict) -> None:
    """Keep a student's result, without the pictures and with the beginning of each output.

    The marked copy has them whole.
    """
    path = course.result(student, name)
    cells = [cell | {"outputs": _beginnings(cell["outputs"])} for cell in result.get("cells", [])]
    text = json.dumps(result | {"cells": cells}, ensure_ascii=False, sort_keys=True)
    put(path, text)


def _beginnings(outputs):
    kept = []
    for row in (outputs or [])[:MOST_ROWS]:
        texts = {
            key: value for key, value in row.items() if isinstance(value, str) and key != "png"
        }
        kept.append(row | {key: value[:MOST_SHOWN] for key, value in texts.items()})
        kept[-1].pop("png", None)
    return kept if outputs is not None else None


def read_results(course: Course, name: str) -> dict[str, dict]:
    """Return the kept results of a set by student, without their cells.

    What students wrote is as long as they like, so it is read for one at a time
    (:func:`kept_result`).

    Raises
    ------
    CourseError
        If one is damaged.
    """
    found = {}
    for path in sorted((course.folder / "results" / name).glob("*.json")):
        result = kept_result(course, path.stem, name)
        if not {"status", "says", "questions"} <= set(result):
            raise CourseError(f"{path} is damaged: grade {name} once more, it will be made anew.")
        result.pop("cells", None)
        result.pop("work", None)
        found[path.stem] = result
    return found


def newer_work(course: Course, name: str, student: str, result: dict) -> bool:
    """Return whether another file has been handed in than the one that the result is of."""
    path = course.submitted(student, name)
    if "sha256" not in result or not path.is_file():
        return False
    return hashlib.sha256(path.read_bytes()).hexdigest() != result["sha256"]
