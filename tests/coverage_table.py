"""The coverage of the claims, read from the course's own files; ``README.md`` shows it.

``python -m tests.coverage_table --write`` puts the present table into the README.
"""

import re
import sys
from importlib import import_module
from pathlib import Path

import nbformat

from igf1lab import evidence
from igf1lab.lesson.quiz_bank import bank

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
BEGIN, END = "<!-- coverage:begin -->", "<!-- coverage:end -->"
HEADER = ("claim", "taught in", "explorers that model it", "appraised", "quizzed", "exercised")


def taught(claim) -> str:
    """Link to the lesson whose objectives name the claim; empty if none does."""
    file = ROOT / "notebooks" / f"{claim.lesson}.ipynb"
    cells = nbformat.read(file, 4).cells if file.exists() else []
    text = "".join(c.source.partition("## Objectives")[2] for c in cells)
    number = int(claim.lesson[:2])
    return f"[lesson {number}](notebooks/{claim.lesson}.ipynb)" if claim.id in text else ""


def modelled(claim) -> str:
    """The explorers that move a model of the claim, or the plain words that there is none."""
    parts = import_module(f"igf1lab.lesson.parts.{claim.lesson[3:]}")
    shown = [f"`{name}`" for name, served in parts.SHOWS.items() if claim.id in served]
    reason = getattr(parts, "NOT_MODELLED", {}).get(claim.id)
    return ", ".join(shown) if shown else f"not modelled: {reason}" if reason else ""


def appraised(claim) -> str:
    """How many findings the verdict panel of the claim's lesson weighs, for and against."""
    file = ROOT / "notebooks" / f"{claim.lesson}.ipynb"
    shown = file.exists() and "lesson.verdicts()" in file.read_text("utf-8")
    return f"{len(claim.findings)} : {len(claim.against)}" if shown else ""


def quizzed(claim) -> str:
    """How many items of the lesson's quiz serve the claim."""
    count = sum(claim.id in item.claims for item in bank(claim.lesson).items)
    return f"{count} items" if count > 1 else "1 item" if count else ""


def exercised(claim) -> str:
    """How many questions of the lesson's exercise set serve the claim."""
    file = ROOT / "exercises" / claim.lesson / f"{claim.lesson}.ipynb"
    if not file.exists():
        return ""
    cells = nbformat.read(file, 4).cells
    questions = [c.source for c in cells if re.match(r"## Question \d", c.source)]
    count = sum(claim.id in question for question in questions)
    return f"{count} questions" if count > 1 else "1 question" if count else ""


COLUMNS = (taught, modelled, appraised, quizzed, exercised)


def rows() -> list[list[str]]:
    """One row a claim: its id and a cell for each column, empty where something is missing."""
    return [
        [f"{claim.id} {claim.short}", *(column(claim) for column in COLUMNS)]
        for claim in evidence.claims().values()
    ]


def table() -> str:
    """The table in Markdown."""
    lines = [HEADER, ["---"] * len(HEADER), *rows()]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def write() -> None:
    """Put the present table between the marks in the README."""
    text = README.read_text("utf-8")
    head, rest = text.split(BEGIN)
    README.write_text(f"{head}{BEGIN}\n\n{table()}\n\n{END}{rest.split(END)[1]}", "utf-8")


if __name__ == "__main__":
    if sys.argv[1:] != ["--write"]:
        sys.exit("usage: python -m tests.coverage_table --write")
    write()
