"""Kept results: what marking found out about each student's work, one JSON file each."""

import hashlib
import json

from igf1lab.grading.course import Course, CourseError


def kept_result(course: Course, student: str, name: str) -> dict:
    """Return the kept result of a student; empty if there is none, or it is damaged."""
    try:
        kept = json.loads(course.result(student, name).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return kept if isinstance(kept, dict) else {}


def write_result(course: Course, student: str, name: str, result: dict) -> None:
    """Keep a student's result."""
    path = course.result(student, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    # Written aside and renamed, so that a crash never leaves half a result.
    aside = path.with_suffix(".part")
    aside.write_text(json.dumps(result, ensure_ascii=False, sort_keys=True), encoding="utf-8")
    aside.replace(path)


def read_results(course: Course, name: str) -> dict[str, dict]:
    """Return the kept results of a set by student.

    Raises
    ------
    CourseError
        If one is damaged.
    """
    found = {}
    for path in sorted((course.folder / "results" / name).glob("*.json")):
        try:
            found[path.stem] = json.loads(path.read_text(encoding="utf-8"))
            whole = {"status", "says", "questions"} <= set(found[path.stem])
        except (ValueError, TypeError):
            whole = False
        if not whole:
            raise CourseError(f"{path} is damaged: grade {name} once more, it will be made anew.")
    return found


def newer_work(course: Course, name: str, student: str, result: dict) -> bool:
    """Return whether another file has been handed in than the one that the result is of."""
    path = course.submitted(student, name)
    if "sha256" not in result or not path.is_file():
        return False
    return hashlib.sha256(path.read_bytes()).hexdigest() != result["sha256"]
