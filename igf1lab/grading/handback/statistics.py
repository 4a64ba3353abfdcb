"""Numbers of the class report: pure functions on plain data."""

import ast
import math
import re
from collections import Counter, defaultdict
from itertools import combinations

import numpy as np

from igf1lab.exercises.code import parse_deep
from igf1lab.grading.safe_text import constant


def difficulty(shares: list[float]) -> float:
    """Return the mean share of points earned, 0 (nobody) to 1 (everybody)."""
    return float(np.mean(shares)) if shares else math.nan


def discrimination(item: list[float], rest: list[float]) -> float:
    """Return the correlation of an item with the rest of the set, NaN if either never varies.

    Below about 0.2 an item does not tell stronger from weaker students; below 0 something is
    wrong with it.
    """
    if len(item) < 3 or np.std(item) == 0 or np.std(rest) == 0:
        return math.nan
    return float(np.corrcoef(item, rest)[0, 1])


def weighted_kappa(first: list[float], second: list[float]) -> float:
    """Return Cohen's kappa with quadratic weights of two markers' points for the same answers.

    1 is full agreement, 0 what chance would give. NaN if fewer than two answers or no variation.

    Raises
    ------
    ValueError
        If the lists have different lengths.
    """
    if len(first) != len(second):
        raise ValueError("both markers must have marked the same answers")
    levels = sorted({*first, *second})
    if len(first) < 2 or len(levels) < 2:
        return math.nan
    place = {level: n for n, level in enumerate(levels)}
    observed = np.zeros((len(levels), len(levels)))
    for a, b in zip(first, second, strict=True):
        observed[place[a], place[b]] += 1
    expected = np.outer(observed.sum(1), observed.sum(0)) / len(first)
    values = np.array(levels)
    weights = (values[:, None] - values[None, :]) ** 2
    return float(1 - (weights * observed).sum() / (weights * expected).sum())


def misconceptions(results: dict[str, dict]) -> dict[str, Counter]:
    """Return how often each misconception was met, by claim."""
    met = defaultdict(Counter)
    for result in results.values():
        for verdict in result["questions"].values():
            if verdict["misconception"]:
                met[verdict["misconception"].rsplit(".", 1)[0]][verdict["misconception"]] += 1
    return dict(met)


def code_tokens(source: str) -> list[str]:
    """Return the shape of code: its syntax tree without names' spelling, comments or layout.

    Each statement of the top level counts its names anew, so that it looks the same wherever it
    stands.
    """
    tree = parse_deep(source)
    if tree is None:
        return re.findall(r"\w+|[^\w\s]", source[:20_000])[:2000]
    tokens = []
    for statement in tree.body:
        names: dict[str, str] = {}
        todo = [statement]
        while todo:
            node = todo.pop()
            for name in reversed(node._fields):  # in the order of writing
                below = getattr(node, name, None)
                below = reversed(below) if isinstance(below, list) else [below]
                todo += [child for child in below if isinstance(child, ast.AST)]
            token = type(node).__name__
            if isinstance(node, ast.Name):
                token = names.setdefault(node.id, f"name{len(names)}")
            elif isinstance(node, ast.arg):
                token = names.setdefault(node.arg, f"name{len(names)}")
            elif isinstance(node, ast.Constant):
                token = constant(node.value)
            tokens.append(token)
    return tokens[:4000]


def _shingles(tokens, size=5):
    return {tuple(tokens[n : n + size]) for n in range(max(1, len(tokens) - size + 1))}


def near_identical(
    code: dict[str, str], common: str = "", least: float = 0.85, least_tokens: int = 40
) -> list[tuple[list[str], float]]:
    """Return groups of students whose code has (nearly) the same shape, and their likeness.

    Parameters
    ----------
    code : dict
        Students' answers, as one text each.
    common : str
        What everybody was given, stubs and all; it does not count.
    least : float
        Jaccard likeness of 5-token shingles from which two are grouped.
    least_tokens : int
        With fewer shingles of their own, answers are not compared.

    Notes
    -----
    Short right answers are alike by nature. This is for a human to look at, and proves nothing.
    """
    given = _shingles(code_tokens(common)) if common else set()
    shapes, numbers = {}, {}  # each shingle by a number: numbers are compared at once
    for student, text in code.items():
        own = _shingles(code_tokens(text)) - given
        if own and len(own) >= least_tokens:
            shapes[student] = {numbers.setdefault(shingle, len(numbers)) for shingle in own}
    group_of = {student: {student} for student in shapes}
    likeness = {}
    for a, b in combinations(shapes, 2):
        small, large = sorted((len(shapes[a]), len(shapes[b])))
        if small < least * large:
            continue  # however much of the smaller one is in the larger
        both = len(shapes[a] & shapes[b])
        alike = both / (small + large - both)
        if alike >= least:
            likeness[frozenset((a, b))] = alike
            merged = group_of[a] | group_of[b]
            for student in merged:
                group_of[student] = merged
    groups = {frozenset(group) for group in group_of.values() if len(group) > 1}
    scored = []
    for group in groups:
        pairs = [alike for pair, alike in likeness.items() if pair <= group]
        scored.append((sorted(group), min(pairs)))
    return sorted(scored)
