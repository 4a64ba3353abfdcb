"""How long a lesson takes on its core path, counted from what stands in it.

usage: python tests/lesson_time.py [NOTEBOOK ...]     (default: every lesson)

The rates fit five lessons timed with a learner. What is folded (``<details>``) is not counted:
it is the part that a learner may leave.
"""

import re
import sys
from pathlib import Path

from igf1lab import evidence
from igf1lab.lesson.quiz_bank import bank
from lesson_rules import ROOT, LessonFile

WORDS_A_MINUTE = 200
CODE_LINES_A_MINUTE = 6
ITEM_MIN = 1.5  # with its feedback
PREDICTION_MIN = 2.0
TASK_MIN = 2.5  # a directed task at an explorer
WARM_UP_ITEMS = 3
TRUST_MAP_MIN = 4.0
CORE_MINUTES = range(45, 61)

FOLDED = re.compile(r"<details.*?</details>", re.DOTALL)
TASK = re.compile(r"^\d+\. ", re.MULTILINE)
QUIZ = re.compile(r"lesson\.quiz\((?:\"(\w+)\")?\)")


def verdict_words(lesson: str) -> int:
    """Return the words that a lesson's verdicts show unfolded."""
    claims = [each for each in evidence.claims().values() if each.lesson == lesson]
    return sum(
        len(f"{each.says} {each.explanation} {each.change_our_mind}".split()) for each in claims
    )


def breakdown(lesson: LessonFile) -> dict[str, float]:
    """Return the minutes of each kind of work on the core path."""
    text = {cell: FOLDED.sub("", cell.source) for cell in lesson.markdown}
    code = "\n".join(cell.source for cell in lesson.code if cell.section != "Setup")
    words = sum(len(each.split()) for each in text.values())
    if "lesson.verdicts" in code:
        words += verdict_words(lesson.name)
    lines = [
        each for each in code.splitlines() if each.strip() and not each.strip().startswith("#")
    ]
    quizzes = [name or lesson.name for name in QUIZ.findall(code)]
    items = sum(len(bank(name).items) for name in quizzes)
    tasks = sum(len(TASK.findall(each)) for cell, each in text.items() if cell.section == "Explore")
    return {
        "reading": words / WORDS_A_MINUTE,
        "code": len(lines) / CODE_LINES_A_MINUTE,
        "items": ITEM_MIN * (items + WARM_UP_ITEMS * code.count("lesson.warm_up")),
        "trust map": TRUST_MAP_MIN * code.count("lesson.trust_map("),
        "predictions": PREDICTION_MIN * code.count("lesson.predict("),
        "tasks": TASK_MIN * tasks,
    }


def minutes(lesson: LessonFile) -> int:
    """Return the minutes of the core path, to the nearest five, as the title promises them."""
    return 5 * round(sum(breakdown(lesson).values()) / 5)


def promised(lesson: LessonFile) -> int:
    """Return the minutes that the title cell promises."""
    return int(re.search(r"(\d+) minutes", lesson.cells[0].source).group(1))


if __name__ == "__main__":
    for path in map(Path, sys.argv[1:] or sorted(ROOT.glob("notebooks/[0-9]*.ipynb"))):
        read = LessonFile.read(path)
        parts = ", ".join(f"{name} {value:.0f}" for name, value in breakdown(read).items())
        print(f"{read.name}: promised {promised(read)}, counted {minutes(read)} ({parts})")
