"""Why an answer is not there: it crashed, it needs a package, or only a person can tell.

Nobody gets a 0 for work that could not be run here or was not found. What a crashed cell itself
said is told only where no secret call was made before it: a student's function may keep those.
"""

import builtins
import re
import sys
from dataclasses import replace
from difflib import get_close_matches

from igf1lab.exercises import code
from igf1lab.exercises.judging import UNREAD, Verdict
from igf1lab.exercises.questions import Question
from igf1lab.grading.intake.submission import Cell

_NO_MODULE = re.compile(r"No module named '([A-Za-z_]\w*)")
_OUR_PACKAGES = {"numpy", "scipy", "matplotlib", "igf1lab", "pandas", "yaml"}
_FILE = re.compile(r"\s*\([^()]*,? ?line \d+\)$")


MOST_LINES, MOST_OF_A_LINE = 400, 300
_UNDEFINED = re.compile(r"name '(\w+)' is not defined")
# What is plainly meant but cannot be read by a machine: a person decides. {name} is the answer's.
# Blanks are taken once ("*+"): a student may write a million of them.
_MEANT = [
    ((), r"^\s*{name}\s*(?:<-|:=|=\s+=(?!=)|=\s*[~≈])", "`{name}` seems to be given a value here, with a sign that Python does not read so."),
    (("number", "array"), r"(?<![\w.])\d+,0\d", "A number with a decimal comma seems to stand here."),
    (("number", "array"), r"['\"]\D{0,3}\d{1,3},\d{3}(?!\d)", "The comma of a number may mark thousands, or be a decimal one."),
    (("choice_with_reason",), r"^ *+{name} *+= *+[\[(]? *+[A-Za-z] *+,? *+\d{0,2} *+[\])]? *+(#.*)?$",
     "A letter seems to stand here without quotes."),
    (("figure",), r"\.(plot|bar|barh|scatter|step|errorbar|hist|loglog|semilog[xy]|fill_between)\(",
     "A figure is drawn here, but `{name}` does not hold it."),
    ((), r"^ *+{name} *+==", "`{name}` is compared (`==`) where it should be given its value (`=`)."),
    ((), r"^ *+{name} *+= *+print\(", "`{name}` is the result of `print`, which is nothing."),
]  # fmt: skip
# The same where Python could not even read the cell: what other programs and tongues write so.
_MISTYPED = [
    ((), r"^[^#\n]*[“”„‟‘’‚«»‹›´`−–—×·⋅∙÷±≈≤≥√π°⁰¹²³⁴-⁹½¼¾\u00a0\u2002-\u200b\u202f\u3000\uff01-\uff5e]",
     "Signs stand here that a text editor puts in place of Python's."),
    (("number", "array"), r"^[^#\n]*\d\s*%\s*[\],;)]*\s*(?:#.*)?$", "A per cent sign seems to stand behind a number."),
    (("number", "array"), r"^\s*{name}\s*=[^#\n]*\d\s*[a-zµμ][\w/·^ ]*(?:#.*)?$", "A unit seems to stand behind a number."),
    (("number", "array"), r"[\[(][^\])\n]*\d\s*;", "Semicolons seem to stand between numbers."),
    (("choice_with_reason",), r"^\s*{name}\s*=\s*['\"]?\s*\(?[A-Za-z]\)?\s*\W?\s*\d", "A letter and a number seem to stand here."),
]  # fmt: skip
# Answers that are there, but not in a form that is read.
_ODD = [
    (("number", "array"), "put list(...) around it", r"", "`{name}` can be read only once (a map, a zip or a generator), and was not."),
    (("number", "array"), "it is text", r"['\"][^'\"\n]*\d[^'\"\n]*['\"]", "Numbers seem to stand in a text here."),
    (("choice_with_reason",), "write the letter", r"^\s*{name}\s*=.*\b[a-z]\d*\b", "Something is chosen here, but not as a letter and a number."),
    (("number", "array"), "wrong shape", r"-\s*0,\d", "Numbers with a decimal comma seem to stand here."),
]  # fmt: skip
# What a student's own computer had, by the error for want of it.
_ELSEWHERE = {
    "FileNotFoundError": "a file of your computer", "NotADirectoryError": "a file of your computer",
    "EOFError": "somebody at the keyboard", "StdinNotImplementedError": "somebody at the keyboard",
    "URLError": "the internet", "HTTPError": "the internet", "gaierror": "the internet",
    "ConnectionError": "the internet", "ConnectTimeout": "the internet",
}  # fmt: skip


def missing_packages(cells: list[Cell], outputs: dict[int, list]) -> list[str]:
    """Return the packages that a submission needs and that are not here; no misspelt names.

    Only such as stand in the notebook: an error can be made to say anything, even a probe.
    """
    known = _OUR_PACKAGES | sys.stdlib_module_names
    errors = [first_error(rows) for rows in outputs.values()]
    said = [
        _NO_MODULE.search(row["says"][:300])
        for row in errors
        if row and row["name"] in ("ModuleNotFoundError", "ImportError")
    ]
    names = {found[1] for found in said if found}
    names &= {w for c in cells if names for w in re.findall(r"\w+", c.source)}
    return sorted(n for n in names if n in known or not get_close_matches(n, known, cutoff=0.8))


def explain(
    verdict: Verdict,
    question: Question,
    work: str,
    stops: list[str],
    packages: list[str],
    below: str = "",
    elsewhere: str = "",
) -> Verdict:
    """Return the verdict on an automatic answer with the reason why there is none.

    Parameters
    ----------
    work : str
        What the student wrote under the question.
    stops : list of str
        How cells with the answer stopped, in words.
    packages : list of str
        Packages that are missing here.
    below : str
        A name that a cell with the answer uses and a later cell makes, see ``made_below``.
    elsewhere : str
        What the notebook needs and only the student's computer had, see ``had_elsewhere``.
    """
    if verdict.kind == UNREAD:
        return _pending(verdict, UNREAD, "No machine can read what is drawn here.")
    there = verdict.status not in ("blank", "unusable")
    begun = verdict.status in ("wrong", "partly") and stops  # its cell stopped half-way
    comma = verdict.kind == "shape" and _plainly_meant(_ODD[-1:], question, work, verdict.says)
    if not work or (there and not begun and not comma):
        return verdict
    if comma:
        return _pending(verdict, "in-doubt", comma)
    if packages:
        names = " and ".join(packages)
        says = f"Your notebook needs {names}, which the marking computer does not have."
        return _pending(verdict, "missing-package", says)
    if below:
        says = (
            f"`{below}` gets its value only further down, so this cell stops when the notebook runs "
            "from top to bottom."
        )
        return _pending(verdict, "order", says)
    if elsewhere and stops:
        says = f"Your notebook needs {elsewhere}, which the marking computer does not have."
        return _pending(verdict, "elsewhere", says)
    if there:
        return verdict
    meant = ""
    if stops or verdict.kind == "not-an-answer":
        meant = _plainly_meant(_MEANT, question, work)
    if any(re.search(r"SyntaxError|IndentationError|TypeError", says) for says in stops):
        meant = meant or _plainly_meant(_MISTYPED, question, work)
    meant = meant or _plainly_meant(_ODD, question, work, verdict.says)
    if meant:
        return _pending(verdict, "in-doubt", meant)
    if verdict.status == "unusable":
        return verdict
    if stops:
        return replace(verdict, status="unusable", kind="crashed", says=stops[0])
    if question.answer in code.names_bound(work) and verdict.kind != "missing":
        return replace(verdict, says="a blank (`...`) is still open in your answer")
    says = f"Something is written here, but not as `{question.answer}`, which is what is marked."
    return _pending(verdict, "not-found", says)


def _plainly_meant(table, question, work, told=""):
    """Return in words what is plainly meant though no machine can read it, "" if nothing is."""
    # A stranger's text: of bounded length, lest a pattern take for ever.
    lines = [line[:MOST_OF_A_LINE] for line in work.split("\n") if line.strip()]
    beginning = "\n".join(lines[:MOST_LINES])
    for kinds, *needs, pattern, says in table:
        pattern = pattern.replace("{name}", re.escape(question.answer))
        fits = question.kind in (kinds or (question.kind,))
        fits = fits and all(need in told.lower() for need in needs)
        if fits and re.search(pattern, beginning, re.MULTILINE):
            return says.format(name=question.answer)
    return ""


def had_elsewhere(rows: list) -> str:
    """Return what a cell needed that only its writer's computer had, "" if it did not stop so."""
    return _ELSEWHERE.get((first_error(rows) or {}).get("name"), "")


def made_below(rows: list, later: list[Cell]) -> str:
    """Return the name for want of which a cell stopped, if a later cell makes it; else ""."""
    stopped = [row for row in rows or [] if row["type"] == "error" and row["name"] == "NameError"]
    names = {name for row in stopped for name in _UNDEFINED.findall(str(row["says"])[:300])}
    made = (
        names & code.names_bound(cell.source) for cell in later if names and cell.kind == "code"
    )
    return min(set().union(*made), default="")


def _pending(verdict, kind, says):
    return replace(verdict, status="pending", points=None, kind=kind, says=says)


def first_error(rows: list | None) -> dict | None:
    """Return the row of a cell's outputs that tells how it stopped, None if it did not."""
    return next((row for row in rows or [] if row["type"] == "error"), None)


def stop_in_words(cell: Cell, rows: list, tell: bool) -> str:
    """Return how a cell stopped, with the line at fault; "" if it did not stop.

    Parameters
    ----------
    tell : bool
        Whether what the error itself says may be told.
    """
    row = first_error(rows)
    if row is None:
        return ""
    if row["name"] == "CellTimeout":
        return "your cell ran longer than it may"
    known = getattr(builtins, row["name"], None)
    name = row["name"] if isinstance(known, type) else "an error of its own"
    says = f": {_FILE.sub('', row['says'])[:300]}" if tell and row["says"] else ""
    lines = cell.source.split("\n")
    number = row.get("line") or 0
    at = ""
    if 1 <= number <= len(lines) and lines[number - 1].strip():
        at = f", in line {number}: `{lines[number - 1].strip()[:120]}`"
    return f"your cell stopped with {name}{says}{at}"
