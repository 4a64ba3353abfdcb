"""What the code of a cell does, read from its text and never run."""

import ast
import re
import threading
import warnings
from functools import lru_cache

MOST_SOURCE, MOST_DEPTH, MOST_DIGITS = 100_000, 200, 1000  # of code that is read
PROSE_WORDS = 12  # in a cell's strings and comments: more are somebody's text, not a label
_MAGIC = re.compile(r"^(\s*)[%!?].*$", re.MULTILINE)
_CHECK = re.compile(r"""\.check\(\s*['"](q\d+)['"]""")
_LONG_NUMBER = re.compile(rf"[0-9][0-9a-fA-FxXoO_.]{{{MOST_DIGITS}}}")
# Python counts how deep it is in a tree once for all threads: two at a time fail one another.
_one_reader = threading.Lock()


def parse(source: str) -> ast.Module | None:
    """Return the syntax tree of source, or None if it is none, or too much to read here.

    Bounded in length, in depth and in the digits of a number: Python's own reader is not.
    """
    parsed = parse_deep(source)
    nodes = [parsed] if parsed else []
    for _ in range(MOST_DEPTH):
        nodes = [child for node in nodes for child in ast.iter_child_nodes(node)]
        if not nodes:
            return parsed
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


# While one notebook is read, the same few cells are asked about hundreds of times.
@lru_cache(maxsize=256)
def names_bound(source: str) -> frozenset[str]:
    """Return the names that a cell gives a value; guessed by line if it is not Python."""
    parsed = tree(source)
    if parsed is None:
        pattern = r"^[ \t]*(?:def\s+(\w+)|([\w, \t()]+?)\s*(?::[^=\n]+)?=(?!=))"
        parts = re.findall(pattern, source[:MOST_SOURCE], re.MULTILINE)
        parts = [part for pair in parts for part in pair]
        return frozenset(name for part in parts for name in re.findall(r"\w+", part))
    found = set()
    for node in ast.walk(parsed):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.alias):
            found.add((node.asname or node.name).split(".")[0])
    return frozenset(found)


@lru_cache(maxsize=256)
def checks(source: str) -> dict[str, str]:
    """Return what a cell hands to ``exercise.check``, as code by question id ("" if unknown).

    It is kept for the next time: look at it, do not change it.
    """
    parsed = tree(source)
    if parsed is None:
        return dict.fromkeys(_CHECK.findall(source[:MOST_SOURCE]), "")
    found = {}
    for node in ast.walk(parsed):
        if _is_check(node) and isinstance(node.args[0], ast.Constant):
            rest = [*node.args[1:], *(k.value for k in node.keywords if k.arg == "answer")]
            found[str(node.args[0].value)] = _unparsed(rest[0]) if rest else ""
    return found


@lru_cache(maxsize=256)
def only_checks(source: str) -> bool:
    """Return whether a cell does nothing but check names: there is no answer of its own in it."""
    parsed = tree(source)
    return parsed is not None and all(
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
    form = _form(source)
    return bool(form) and form == _form(other)


@lru_cache(maxsize=256)
def _form(source):
    """Return code without its comments and layout; "" if it is none."""
    parsed = tree(source)
    try:
        return "" if parsed is None else ast.dump(parsed)
    except (RecursionError, MemoryError):
        return ""


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
    comments = re.findall(r"^\s*#+ ?(.*)$", source, re.MULTILINE)
    texts = [text.strip() for text in [*texts, "\n".join(comments)] if text.strip()]
    long = sum(len(text.split()) for text in texts) >= PROSE_WORDS
    return "\n\n".join(texts) if long else ""
