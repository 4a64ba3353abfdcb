"""A submission: bytes from a stranger, put back into the shape of the set it answers.

Students' editors drop metadata and ids, copy, merge and retype cells and delete checks.
``rebuild`` finds each cell's role again, so that a damaged notebook is marked like a whole one.
Nothing that a student wrote is taken away.
"""

import codecs
import json
import re
import sys
import threading
import warnings
from dataclasses import dataclass, replace

import nbformat
from nbformat.warnings import DuplicateCellId, MissingIDFieldWarning

from igf1lab.exercises import code
from igf1lab.grading.safe_text import readable

MOST_BYTES = 20_000_000
MOST_CELLS = 600
MOST_SOURCE = 1_000_000  # characters of all cells together
MOST_LEAN = 6_000_000  # bytes without outputs
MOST_MEMORY = 12_000_000  # bytes as text: one emoji makes all of it four times as large
MOST_TOKENS, MOST_SKIPPED = (
    400_000,
    4_000_000,
)  # texts and brackets, in what is kept and in the rest
# A text, one of the keys that are left out with its colon, or a bracket. A text without end is
# taken to the end of the file.
_TOKEN = re.compile(
    rb'"(?:outputs|attachments|widgets)"\s*+:\s*+(?=[\[{])|"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|[\[\]{}]',
    re.DOTALL,
)
_LEFT_OUT = re.compile(rb'"(?:outputs|attachments|widgets)"\s*+:\s*+')
_one_reader = threading.Lock()
_OPENS = re.compile(r"""^[^#\n]*\bopen_(exercise|lesson)\(\s*['"]([^'"]+)['"]""", re.MULTILINE)
_BLANKS = r"[^\S\n]*+"  # of one line, and never tried again: there may be a million of them
_HEADING = re.compile(
    rf"^{_BLANKS}#{{1,6}}+{_BLANKS}\**+{_BLANKS}Question[^\S\n]++(\d{{1,2}})\b",
    re.MULTILINE | re.IGNORECASE,
)
_FENCE = re.compile(rf"^{_BLANKS}```.*$\n?", re.MULTILINE)

# What editors do to ids is repaired below; nobody needs to be warned about it.
warnings.filterwarnings("ignore", category=DuplicateCellId)
warnings.filterwarnings("ignore", category=MissingIDFieldWarning)


class Unreadable(ValueError):
    """The file cannot be marked by a machine; the message says why, to the instructor."""


class WrongFile(Unreadable):
    """The file is whole, but it is not this set's notebook."""


@dataclass
class Cell:
    """A cell of a submission: its kind, source, and its role in the set ("" if none)."""

    kind: str
    source: str
    role: str = ""  # "q1-check", "q1-answer", ...: the cell id in the learner's copy
    question: str = ""  # the question that it stands under


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
    # Threads read one at a time: reading takes many times a file's size, and is no faster beside.
    with _one_reader:
        if blob.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):  # an editor's "Unicode"
            blob = blob.decode("utf-16", "replace").encode()
        return _cells_of(without_outputs(blob))


def _cells_of(lean):
    if len(lean) > MOST_LEAN:
        raise Unreadable("the notebook holds too much text")
    try:
        text = lean.decode("utf-8-sig")
        if sys.getsizeof(text) > MOST_MEMORY:
            raise Unreadable("the notebook holds too much text")
        notebook = json.loads(text)
        if notebook["nbformat"] != 4:
            _refuse_too_many(cell for sheet in notebook["worksheets"] for cell in sheet["cells"])
            notebook = nbformat.reads(json.dumps(notebook), as_version=4)
        raw_cells = list(notebook["cells"])
        language = _language(notebook.get("metadata"))
    except Unreadable:
        raise
    except Exception as error:  # broken files raise many kinds, here and in nbformat
        if re.search(rb"^<<<<<<< ", lean, re.MULTILINE):
            raise Unreadable(
                "git's marks of a conflict (<<<<<<<) stand in it; keep one of the two versions"
            ) from None
        raise Unreadable(f"this is not a notebook ({type(error).__name__})") from None
    if language:
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


def _language(metadata):
    """Return the language of a notebook that says it is in another one than Python, else ""."""
    kernel = _entry(metadata, "kernelspec")
    told = [_entry(kernel, "language"), _entry(kernel, "name"), _entry(kernel, "display_name")]
    told.append(_entry(_entry(metadata, "language_info"), "name"))
    told = [word for word in told if isinstance(word, str) and word.strip()]
    # Any sign of Python is enough: editors write "Python", "PYTHON", "ipython3" or nothing at all.
    if any("python" in word.lower() or word.lower() in ("py", "py3") for word in told):
        return ""
    return told[0] if told else ""


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


class Release:
    """The learner's copy of a set, looked up by what a submission needs of it.

    Parameters
    ----------
    notebook : notebook
        As generated.
    """

    def __init__(self, notebook):
        self.cells = {cell.id: cell for cell in notebook.cells}
        self.sources = {"".join(cell.source).strip() for cell in notebook.cells}
        self.names = {
            question: name
            for cell in notebook.cells
            if cell.id.endswith("-check")
            for question, name in code.checks("".join(cell.source)).items()
        }
        self.questions = {role.split("-")[0] for role in self.cells if role.endswith("-answer")}

    def source(self, role: str) -> str:
        """Return the source of a released cell, "" if there is none."""
        return "".join(self.cells[role].source) if role in self.cells else ""

    def kind(self, role: str) -> str:
        """Return the type of a released cell, "" if there is none."""
        return self.cells[role].cell_type if role in self.cells else ""

    def is_ours(self, cell: Cell) -> bool:
        """Return whether a cell is as it was handed out."""
        return cell.source.strip() in self.sources


def rebuild(cells: list[Cell], notebook) -> list[Cell]:
    """Return the submission with every check and written answer of the set in it.

    Of cells that claim one role the first keeps it that was worked in; a cell that lost its role
    gets it back by what it does and where it stands; what is missing is put where it belongs. What
    a student wrote stays as it is, also in a check's cell.

    Parameters
    ----------
    cells : list of Cell
    notebook : notebook
        The learner's copy of the set, as generated.

    Raises
    ------
    WrongFile
        If it is another set's notebook, or a lesson's.
    """
    release = Release(notebook)
    _refuse_another_set(cells, release)
    _settle_claims(cells, release)
    _place_under_questions(cells, release)
    _undo_changed_types(cells, release)
    _find_lost_roles(cells, release)
    cells[:0] = _given_code(cells, release)
    for role in release.cells:
        here = any(cell.role == role for cell in cells)
        wanted = role.endswith("-check") or (
            role.endswith("-answer") and release.kind(role) == "markdown"
        )
        if wanted and not here:
            question = role.split("-")[0]
            added = Cell(release.kind(role), release.source(role), role, question)
            cells.insert(_place(cells, question), added)
    return cells


def another_notebook(blob: bytes, notebook) -> str:
    """Return which other notebook a file is, in words; "" if it is this set's or cannot be read."""
    try:
        _refuse_another_set(read_notebook(blob), Release(notebook))
    except WrongFile as error:
        return str(error)
    except Unreadable:
        return ""
    return ""


def _refuse_another_set(cells, release):
    """All sets call their cells q1, q2, ...: marked as this one, another set would earn a 0."""
    ours = _opened(release.source(role) for role in release.cells)
    theirs = _opened(cell.source for cell in cells if cell.kind == "code")
    sets = [name for kind, name in theirs if kind == "exercise"]
    ours = [name for kind, name in ours if kind == "exercise"]
    if ours and sets and not set(ours) & set(sets):
        raise WrongFile(f"this is set {readable(sets[0], 60)}, not {ours[0]}")
    lessons = [name for kind, name in theirs if kind == "lesson"]
    if lessons and not sets:
        raise WrongFile(f"this is the lesson {readable(lessons[0], 60)}, not its exercise set")
    known = any(cell.role.endswith(("-check", "-answer")) for cell in cells)
    working = "\n".join(cell.source for cell in cells)
    asked = set(re.findall(r"""\.check\(\s*['"](q\d+)['"]""", working)) & release.questions
    named = any(
        set(release.names.values()) & code.names_bound(cell.source)
        for cell in cells
        if cell.kind == "code"
    )
    if not (known or sets or asked or named or _HEADING.search(working)):
        raise WrongFile("none of the set's questions is in it")


def _opened(sources):
    return [pair for source in sources for pair in _OPENS.findall(source)]


def _settle_claims(cells, release):
    """Let one cell a role keep it: the first that was worked in, else the first."""
    by_hand = {
        f"{cell.metadata.nbgrader.grade_id}-check": role
        for role, cell in release.cells.items()
        if "nbgrader" in cell.metadata and cell.metadata.nbgrader.grade and "answer" in role
    }
    claims = {}
    for cell in cells:
        cell.role = by_hand.get(cell.role, cell.role)
        claims.setdefault(cell.role, []).append(cell)
    for role, claimants in claims.items():
        usable = claimants if role in release.cells else []
        if not role.endswith("-answer"):
            usable = [cell for cell in usable if cell.kind == release.kind(role)]
        worked = [cell for cell in usable if not code.same(cell.source, release.source(role))]
        keeper = (worked or usable or [None])[0]
        for cell in claimants:
            question = role.split("-")[0]
            cell.question = question if question in release.questions else ""
            cell.role = role if cell is keeper else ""


def is_prompt(cell: Cell) -> bool:
    """Return whether a cell is the text of a question or of the set: it begins with a heading."""
    told = cell.role.endswith("-text") or cell.source.startswith("# ")
    return cell.kind != "code" and bool(told or _HEADING.match(cell.source))


def _place_under_questions(cells, release):
    """Note under which question each cell stands, by ids, headings and checks before it."""
    here = ""
    for cell in cells:
        if not cell.question:
            found = [f"q{n}" for n in _HEADING.findall(cell.source)] if cell.kind != "code" else []
            found = found or (list(code.checks(cell.source)) if cell.kind == "code" else [])
            found = [question for question in found if question in release.questions]
            cell.question = found[0] if found else here
            here = found[-1] if found else here
        else:
            here = cell.question


def _undo_changed_types(cells, release):
    """Make code of an answer whose cell became text, and text of one that became code."""
    for cell in cells:
        name = release.names.get(cell.question)
        if release.kind(cell.role) == "markdown" and cell.role.endswith("-answer"):
            cell.kind = "markdown"
        elif cell.kind != "code" and name and not _HEADING.search(cell.source):
            source = _FENCE.sub("", cell.source)
            if code.tree(source) is not None and name in code.names_bound(source):
                cell.kind, cell.source = "code", source
        if cell.kind != release.kind(cell.role):
            cell.role = ""


def _find_lost_roles(cells, release):
    """Give roles back to cells of a notebook whose editor dropped ids and metadata."""
    taken = {cell.role for cell in cells}

    def give(role, candidates):
        free = [cell for cell in candidates if not cell.role]
        if role in release.cells and role not in taken and free:
            worked = [cell for cell in free if not code.same(cell.source, release.source(role))]
            (worked or free)[0].role = role
            taken.add(role)

    programs = [cell for cell in cells if cell.kind == "code"]
    for question, name in release.names.items():
        asking = [cell for cell in programs if question in code.checks(cell.source)]
        alone = [cell for cell in asking if code.only_checks(cell.source)]
        give(f"{question}-check", alone or asking)
        mine = [cell for cell in programs if cell.question == question]
        binding = [cell for cell in programs if name in code.names_bound(cell.source)]
        give(f"{question}-answer", [cell for cell in binding if cell in mine] or binding)
    for question in release.questions - set(release.names):
        texts = [cell for cell in cells if cell.question == question and cell.kind != "code"]
        texts = [cell for cell in texts if not _HEADING.search(cell.source)]
        give(f"{question}-answer", [cell for cell in texts if cell.kind == "markdown"])


def _given_code(cells, release):
    """Return the code that was handed out and is not there, or only below its answer, as it was.

    It comes first, so that whatever stands in its place still counts: a setup cell that stops, on
    another machine's folder or package, must not cost the answers below it.
    """

    def stands(given):
        """Return whether it stands above the first answer that may need it."""
        for cell in cells:
            if cell.kind == "code" and code.same(cell.source, given.source):
                return True
            if cell.role.endswith("-answer") and given.question in ("head", cell.question):
                return False
        return False

    given = [
        Cell("code", release.source(role), question=role.split("-")[0])
        for role in release.cells
        if release.kind(role) == "code" and re.fullmatch(r"(head|q\d+)-code(-\d+)?", role)
    ]
    lacking = [cell for cell in given if not stands(cell)]
    setup = [cell for cell in given if lacking and cell.question == "head" and cell not in lacking]
    return [replace(cell, question="") for cell in setup + lacking]


def _place(cells, question):
    """Return where a missing cell belongs: after the last cell of its question."""
    places = [n for n, cell in enumerate(cells) if cell.question == question]
    return places[-1] + 1 if places else len(cells)
