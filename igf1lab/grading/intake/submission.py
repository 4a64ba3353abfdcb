"""A submission: bytes from a stranger, put back into the shape of the set it answers.

Students' editors drop metadata and ids, copy cells and delete checks. ``rebuild`` finds each cell's
role again, so that a damaged notebook is marked like a whole one.
"""

import json
import re
import warnings
from dataclasses import dataclass

import nbformat
from nbformat.warnings import DuplicateCellId, MissingIDFieldWarning

from igf1lab.grading.safe_text import readable

MOST_BYTES = 20_000_000
MOST_CELLS = 600
MOST_SOURCE = 1_000_000  # characters of all cells together
MOST_LEAN = 6_000_000  # bytes without outputs
MOST_TOKENS, MOST_SKIPPED = (
    400_000,
    4_000_000,
)  # texts and brackets, in what is kept and in the rest
# A text, one of the keys that are left out with its colon, or a bracket. A text without end is
# taken to the end of the file.
_TOKEN = re.compile(
    rb'"(?:outputs|attachments|widgets)"\s*+:\s*+(?=[\[{])|"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|$)|[\[\]{}]',
    re.DOTALL,
)
_LEFT_OUT = re.compile(rb'"(?:outputs|attachments|widgets)"\s*+:\s*+')
_OPENS = re.compile(r"""^[^#\n]*\bopen_exercise\(\s*['"]([^'"]+)['"]""", re.MULTILINE)
_CHECK = re.compile(r"""exercise\.check\(\s*['"](q\d+)['"]""")

# What editors do to ids is repaired below; nobody needs to be warned about it.
warnings.filterwarnings("ignore", category=DuplicateCellId)
warnings.filterwarnings("ignore", category=MissingIDFieldWarning)


class Unreadable(ValueError):
    """The file cannot be marked by a machine; the message says why, to the instructor."""


@dataclass
class Cell:
    """A cell of a submission: its kind, source, and its role in the set ("" if none)."""

    kind: str
    source: str
    role: str = ""  # "q1-check", "q1-answer", ...: the cell id in the learner's copy


def read_notebook(blob: bytes) -> list[Cell]:
    """Read the cells of a submitted notebook, whatever its version, with the role each claims.

    Raises
    ------
    Unreadable
        If it is empty, not a notebook, too large, or not in Python.
    """
    if not blob.strip():
        raise Unreadable("the file is empty")
    if len(blob) > MOST_BYTES:
        raise Unreadable(f"the file is too large ({len(blob) / 1e6:.0f} MB)")
    lean = without_outputs(blob)
    if len(lean) > MOST_LEAN:
        raise Unreadable("the notebook holds too much text")
    try:
        notebook = json.loads(lean.decode("utf-8-sig"))
        if notebook["nbformat"] != 4:
            _refuse_too_many(cell for sheet in notebook["worksheets"] for cell in sheet["cells"])
            notebook = nbformat.reads(json.dumps(notebook), as_version=4)
        raw_cells = list(notebook["cells"])
        language = _entry(_entry(notebook.get("metadata"), "kernelspec"), "language") or "python"
    except Unreadable:
        raise
    except Exception as error:  # broken files raise many kinds, here and in nbformat
        raise Unreadable(f"this is not a notebook ({type(error).__name__})") from None
    if str(language).lower() != "python":
        raise Unreadable(f"this notebook is in {readable(language, 40)}, not in Python")
    _refuse_too_many(raw_cells)
    cells = [cell for cell in map(_cell, raw_cells) if cell is not None]
    if sum(len(cell.source) for cell in cells) > MOST_SOURCE:
        raise Unreadable("the notebook holds too much text")
    return cells


def without_outputs(blob: bytes) -> bytes:
    """Return a notebook's text without outputs, attachments and the state of its widgets.

    They are not marked, may be large, and parsing them may cost fifty times their size.

    Raises
    ------
    Unreadable
        If the text is so intricate that even this takes long.
    """
    kept, start, skipped, depth = [], 0, None, 0
    left = {True: MOST_TOKENS, False: MOST_SKIPPED}
    key_end = -1  # where the value of a key that is left out begins
    for token in _TOKEN.finditer(blob):
        left[skipped is None] -= 1
        what = token[0]
        if what[0] in b"[{":
            if skipped is None and token.start() == key_end:
                kept.append(blob[start : token.start()] + (b"[]" if what == b"[" else b"{}"))
                skipped = depth
            depth += 1
        elif what[0] in b"]}":
            depth -= 1
            if skipped is not None and depth <= skipped:
                start, skipped = token.end(), None
        elif skipped is None and _LEFT_OUT.fullmatch(what):
            key_end = token.end()
        if min(left.values()) < 0:
            raise Unreadable("the notebook holds too many pieces")
    if skipped is None:
        kept.append(blob[start:])
    return b"".join(kept)


def _refuse_too_many(cells):
    count = sum(1 for _ in cells)
    if count > MOST_CELLS:
        raise Unreadable(f"the notebook has {count} cells, more than {MOST_CELLS}")


def _entry(value, name):
    return value.get(name) if isinstance(value, dict) else None


def _cell(raw):
    try:
        kind, source = raw["cell_type"], raw["source"]
        source = "".join(source) if isinstance(source, list) else source
        if kind not in ("code", "markdown", "raw") or not isinstance(source, str):
            return None
    except (KeyError, TypeError):
        return None
    grade_id = _entry(_entry(raw.get("metadata"), "nbgrader"), "grade_id")
    cell_id = raw.get("id")
    role = cell_id if isinstance(cell_id, str) else ""
    if isinstance(grade_id, str) and re.fullmatch(r"q\d+(-answer)?", grade_id):
        role = grade_id if grade_id.endswith("-answer") else f"{grade_id}-check"
    return Cell(kind, source.encode("utf-8", "replace").decode("utf-8"), readable(role, 100))


def rebuild(cells: list[Cell], release) -> list[Cell]:
    """Return the submission with every check and answer of the set in it exactly once.

    The first cell of a role keeps it; copies of it stay as plain cells. A cell that lost its role
    gets it back by what it calls and where it stands. Checks get the released source; missing
    ones are put after their answer, or at the end.

    Parameters
    ----------
    cells : list of Cell
    release : notebook
        The learner's copy of the set, as generated.

    Raises
    ------
    Unreadable
        If it is another set's notebook, or a lesson's.
    """
    _refuse_another_set(cells, release)
    released = {cell.id: cell for cell in release.cells}
    by_hand = {
        f"{cell.metadata.nbgrader.grade_id}-check": cell.id
        for cell in release.cells
        if "nbgrader" in cell.metadata and cell.metadata.nbgrader.grade and "answer" in cell.id
    }
    taken = set()
    for cell in cells:
        cell.role = by_hand.get(cell.role, cell.role)
        usable = cell.role in released and released[cell.role].cell_type == cell.kind
        if cell.role in taken or not usable:
            cell.role = ""
        taken.add(cell.role)
    _find_lost_roles(cells, released, taken)
    if not any(cell.role.endswith(("-check", "-answer")) for cell in cells):
        raise Unreadable("none of the set's questions is in it; is it the lesson's notebook?")
    for role, source in released.items():
        if not role.endswith(("-check", "-answer")):
            continue
        here = next((n for n, cell in enumerate(cells) if cell.role == role), None)
        if here is None and role.endswith("-check"):
            cells.insert(_place(cells, role), Cell("code", "".join(source.source), role))
        elif here is None and source.cell_type == "markdown":
            cells.insert(_place(cells, role), Cell("markdown", "".join(source.source), role))
        elif role.endswith("-check"):
            cells[here].source = "".join(source.source)
    return cells


def _refuse_another_set(cells, release):
    """All sets call their cells q1, q2, ...: marked as this one, another set would earn a 0."""
    ours = _opened("".join(cell.source) for cell in release.cells if cell.cell_type == "code")
    theirs = _opened(cell.source for cell in cells if cell.kind == "code")
    if ours and theirs and not set(ours) & set(theirs):
        raise Unreadable(f"this is set {theirs[0][:60]}, not {ours[0]}")


def _opened(sources):
    return [name for source in sources for name in _OPENS.findall(source)]


def _find_lost_roles(cells, released, taken):
    """Give roles back to cells of a notebook whose editor dropped ids and metadata."""
    previous = None
    for cell in cells:
        match = _CHECK.search(cell.source) if cell.kind == "code" and not cell.role else None
        role = f"{match.group(1)}-check" if match else ""
        if role in released and role not in taken:
            cell.role = role
            taken.add(role)
            answer = f"{match.group(1)}-answer"
            if previous is not None and not previous.role and answer not in taken:
                previous.role = answer
                taken.add(answer)
        if cell.kind == "code":
            previous = cell
    headings = [role for role in released if role.endswith("-text") and role not in taken]
    for role in headings:
        lost_answer = role.replace("-text", "-answer")
        if lost_answer in taken or released.get(lost_answer, {}).get("cell_type") != "markdown":
            continue
        heading = "".join(released[role].source).split("\n")[0]
        for here, cell in enumerate(cells[:-1]):
            follower = cells[here + 1]
            if (
                cell.source.startswith(heading)
                and follower.kind == "markdown"
                and not follower.role
            ):
                follower.role = lost_answer
                taken.add(lost_answer)
                break


def _place(cells, role):
    """Return where a missing cell belongs: after the last cell of its question."""
    question = role.split("-")[0]
    places = [n for n, cell in enumerate(cells) if cell.role.split("-")[0] == question]
    return places[-1] + 1 if places else len(cells)
