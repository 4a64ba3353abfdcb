"""Where a submission's answers are: at which places each is asked for, and what was written.

Doubt is no fault: whatever stands under a question belongs to it.
"""

import re

from igf1lab.exercises import code
from igf1lab.grading.intake.submission import Cell, Release, is_prompt

LIKE = 0.6  # share of the words that two editions of a line have in common
STRAY_WORDS = 25  # of text that stands under no essay's question


def places(cells: list[Cell], release: Release) -> dict[str, list[tuple[int, str]]]:
    """Return where each automatic question is to be asked, the place that counts first first.

    Its checks come first, in order, then what is handed to them if it is not the question's own
    name, then every other cell that gives its name a value and has no check after it.

    Returns
    -------
    dict
        By question id: (number of the cell after which to ask, expression to ask for).
    """
    found = {question: [] for question in release.names}
    handed = {question: [] for question in release.names}
    bound = {question: [] for question in release.names}
    names = {name: question for question, name in release.names.items()}
    for number, cell in enumerate(cells):
        if cell.kind != "code":
            continue
        for question, expression in code.checks(cell.source).items():
            if question in found:
                name = release.names[question]
                found[question].append((number, name))
                if expression not in ("", name, "..."):
                    handed[question].append((number, expression))
        stub = code.same(cell.source, release.source(f"{cell.question}-answer"))
        for name in code.names_bound(cell.source) & set(names) if not stub else ():
            bound[names[name]].append((number, name))
    for question, asked in found.items():
        last = max((number for number, _ in asked), default=-1)
        first = min((number for number, _ in asked), default=len(cells))
        loose = [place for place in bound[question] if not _is_checked(cells, place[0], asked)]
        mine = [place for place in loose if cells[place[0]].question == question]
        # Of several cells under one question the last is the finished one.
        loose = [*reversed(mine), *(place for place in loose if place not in mine)]
        if first > last:  # no check at all: as the notebook leaves it
            loose.append(
                (
                    max((n for n, c in enumerate(cells) if c.kind == "code"), default=-1),
                    release.names[question],
                )
            )
        asked += [place for place in handed[question] + loose if place not in asked]
    return found


def _is_checked(cells, number, asked):
    """Return whether a check follows a cell before another question begins."""
    later = [place for place, _ in asked if place >= number]
    return bool(later) and all(
        cell.question == cells[number].question for cell in cells[number : later[0] + 1]
    )


def written(cells: list[Cell], release: Release, question: str) -> str:
    """Return what a student wrote under a question, code and text."""
    mine = [cell for cell in cells if cell.question == question and not release.is_ours(cell)]
    given = _lines(release.source(role) for role in release.cells)
    if question in release.names:
        stub = release.source(f"{question}-answer")
        parts = [
            cell.source if cell.kind == "code" else _text(cell, given)
            for cell in mine
            if not code.only_checks(cell.source) and not code.same(cell.source, stub)
        ]
    else:
        parts = [_text(cell, given) for cell in mine]
    return "\n\n".join(part.strip("\n") for part in parts if part.strip())


def stray_text(cells: list[Cell], release: Release) -> str:
    """Return text that a student wrote under no question that asks for any; it may be an essay."""
    given = _lines(release.source(role) for role in release.cells)
    parts = [
        _text(cell, given)
        for cell in cells
        if not release.is_ours(cell) and (cell.question in release.names or not cell.question)
        if cell.kind != "code"
    ]
    return "\n\n".join(part for part in parts if len(part.split()) >= STRAY_WORDS)


def _lines(sources):
    return {line.strip() for source in sources for line in source.split("\n")} - {""}


def _text(cell, given):
    """Return a cell's text without the lines that were handed out."""
    source = code.prose(cell.source) if cell.kind == "code" else cell.source
    lines = [line for line in source.split("\n") if line.strip() not in given]
    if is_prompt(cell):  # an earlier edition's words are not a student's
        sets = [set(_words(line)) for line in given]
        lines = [line for line in lines if not _is_nearly(set(_words(line)), sets)]
    text = "\n".join(lines).strip()
    return text if re.search(r"\w", text) else ""


def _words(line):
    return re.findall(r"\w+", line.casefold())


def _is_nearly(words, sets):
    """Return whether more than half of the words are those of one of the sets, and the reverse."""
    return any(len(words & other) > LIKE * (len(words) + len(other)) / 2 for other in sets)
