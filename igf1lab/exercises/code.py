"""What the code of a cell does, read from its text and never run."""

import ast
import hashlib
import re
import threading
import warnings
from dataclasses import dataclass

MOST_SOURCE, MOST_DEPTH, MOST_NODES, MOST_DIGITS = (
    100_000,
    200,
    50_000,
    1000,
)  # of code that is read
MOST_REMEMBERED = 2_000_000  # characters of code that was read
PROSE_WORDS = 12  # in a cell's strings and comments: more are somebody's text, not a label
# A student may hand in a million blanks or line breaks: no pattern here takes a run of them twice.
_MAGIC = re.compile(r"^([^\S\n]*+)[%!?].*$", re.MULTILINE)
_BINDS = re.compile(r"^(?:[ \t]*+def\s++(\w+)|([\w, \t()]++)(?::[^=\n]++)?=(?!=))", re.MULTILINE)
_CHECK = re.compile(r"""\.check\(\s*['"](q\d+)['"]""")
_LONG_NUMBER = re.compile(rf"[0-9][0-9a-fA-FxXoO_.]{{{MOST_DIGITS}}}")
# Python counts how deep it is in a tree once for all threads: two at a time fail one another.
_one_reader = threading.Lock()


def parse(source: str) -> ast.Module | None:
    """Return the syntax tree of source, or None if it is none, or too much to read here.

    Bounded in length, in depth, in nodes and in the digits of a number: Python's own reader is not.
    """
    parsed = parse_deep(source)
    nodes, count = [parsed] if parsed else [], 0
    for _ in range(MOST_DEPTH):
        nodes = [child for node in nodes for child in ast.iter_child_nodes(node)]
        count += len(nodes)
        if not nodes:
            return parsed
        if count > MOST_NODES:
            break
    return None


def parse_deep(source: str) -> ast.Module | None:
    """Return a syntax tree as :func:`parse` does, of any depth: for who walks it by no recursion."""
    if len(source) > MOST_SOURCE or _LONG_NUMBER.search(source):
        return None
    try:
        with _one_reader, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # they would quote the source on our terminal
            return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError):
        return None


def tree(source: str) -> ast.Module | None:
    """Return the syntax tree of a cell, its magics left out; None if there is none to be read."""
    return parse(_MAGIC.sub(r"\1pass", source[: MOST_SOURCE + 1]))


@dataclass
class _Reading:
    """What was found in one text."""

    names: frozenset[str]
    checks: dict[str, str]
    only_checks: bool
    form: bytes  # of the code without comments and layout; b"" if it is none


class _Readings(dict):
    """Texts that were read, up to so many characters; then it begins anew.

    While one notebook is read, its cells are asked about hundreds of times, and reading is dear.
    """

    size = 0

    def __missing__(self, source):
        if self.size > MOST_REMEMBERED:
            self.clear()
            self.size = 0
        self.size += len(source)
        parsed = tree(source)
        found = self[source] = _as_text(source) if parsed is None else _as_code(parsed)
        return found


_readings = _Readings()


def _as_text(source):
    source = source[:MOST_SOURCE]
    names = {name for pair in _BINDS.findall(source) for name in re.findall(r"\w+", " ".join(pair))}
    return _Reading(frozenset(names), dict.fromkeys(_CHECK.findall(source), ""), False, b"")


def _as_code(parsed):
    names, found = set(), {}
    for node in ast.walk(parsed):
        if isinstance(node, ast.Name):
            if isinstance(node.ctx, ast.Store):
                names.add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.alias):
            names.add((node.asname or node.name).split(".")[0])
        elif _is_check(node) and isinstance(node.args[0], ast.Constant):
            rest = [*node.args[1:], *(k.value for k in node.keywords if k.arg == "answer")]
            found[str(node.args[0].value)] = _unparsed(rest[0]) if rest else ""
    return _Reading(frozenset(names), found, _does_nothing_but_check(parsed), _form(parsed))


def names_bound(source: str) -> frozenset[str]:
    """Return the names that a cell gives a value; guessed by line if it is not Python."""
    return _readings[source].names


def checks(source: str) -> dict[str, str]:
    """Return what a cell hands to ``exercise.check``, as code by question id ("" if unknown).

    It is kept for the next time: look at it, do not change it.
    """
    return _readings[source].checks


def only_checks(source: str) -> bool:
    """Return whether a cell does nothing but check names: there is no answer of its own in it."""
    return _readings[source].only_checks


def _does_nothing_but_check(parsed):
    return all(
        isinstance(statement, ast.Expr)
        and _is_check(statement.value)
        and all(isinstance(a, ast.Name | ast.Constant) for a in statement.value.args[:2])
        and not any(isinstance(a, ast.Constant) for a in statement.value.args[1:])
        for statement in parsed.body
    )


def _is_check(node):
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "check"
        and bool(node.args)
    )


def _unparsed(node):
    try:
        return ast.unparse(node)
    except (ValueError, RecursionError, MemoryError):
        return ""


def same(source: str, other: str) -> bool:
    """Return whether two cells are the same code, apart from comments and layout."""
    if source.split() == other.split():
        return True
    form = _readings[source].form
    return bool(form) and form == _readings[other].form


def _form(parsed):
    """Return what stands for code without its comments and layout; b"" if it is too deep."""
    try:
        return hashlib.sha256(ast.dump(parsed).encode("utf-8", "replace")).digest()
    except (RecursionError, MemoryError):
        return b""


def prose(source: str) -> str:
    """Return the text that somebody wrote into a code cell; "" if it is code."""
    parsed = tree(source)
    if parsed is None:
        return source.strip()
    texts = [
        node.value
        for node in ast.walk(parsed)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    comments = re.findall(r"^[^\S\n]*+#+ ?(.*)$", source, re.MULTILINE)
    texts = [text.strip() for text in [*texts, "\n".join(comments)] if text.strip()]
    long = sum(len(text.split()) for text in texts) >= PROSE_WORDS
    return "\n\n".join(texts) if long else ""
