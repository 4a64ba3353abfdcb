r"""Words in a figure's labels: whole words and their alternatives, however they are typeset.

A term like ``"mouse|mice"`` is said by a text that holds one of the words as a whole word. A word
that ends in ``*`` stands for all that begin so (``occup*``). Case, accents, plural, kinds of
hyphen, LaTeX and the ways to write a unit or a number make no difference.
"""

import re
import unicodedata
from functools import lru_cache

_LATEX = [
    (re.compile(r"\\(?:mathrm|mathit|mathbf|text|textrm|rm|it|bf)\b\s*"), ""),
    (re.compile(r"\\mu\b\s*"), "μ"),
    (re.compile(r"\\(?:cdot|times)\b\s*"), "·"),
    (re.compile(r"\\[,;: ]"), " "),
    (re.compile(r"[\\${}]"), ""),
]
# The field's abbreviations: capital ones as they stand, the others in any case.
_RATIOS = [(re.compile(r"\bORs?\b"), "odds ratio"), (re.compile(r"\bHRs?\b"), "hazard ratio")]
_LONG = [
    (re.compile(r"\bgrowth[- ]hormone\b"), "gh"),
    (re.compile(r"\binsulin[- ]?like growth factor(?:[- ]?(?:1|i))?\b|\bigf[- ]?i\b"), "igf-1"),
    (re.compile(r"\bshort[- ]chain fatty acids?\b"), "scfa"),
]
_PER = "l|dl|ml|g|kg|d|h|min|s"
_UNITS = [
    (re.compile(r"\b(?:litre|liter)s?\b"), "l"),
    (re.compile(r"\bminutes?\b|\bmins\b"), "min"),
    (re.compile(r"\bpercent(?:age)?\b|\bper cent\b"), "%"),
    (re.compile(r"\s*\bper\s+|\s*/\s*"), "/"),
    (re.compile(rf"[ ·*]*\b({_PER})\s*\^?\(?-1\)?(?!\d)"), r"/\1"),
    (re.compile(r"/(?:days?)\b"), "/d"),
    (re.compile(r"/(?:hours?|hr)\b"), "/h"),
    (re.compile(r"\bmcg\b"), "μg"),
    (re.compile(r"\bu(?=(?:mol|g|m|u|l)\b)"), "μ"),
]
_NOT = r"(?<!non)(?<!non[- ])(?<!not )(?<!no )(?<!without )"


@lru_cache(maxsize=256)  # the same few labels are looked at for each word and each curve
def plain(text: str) -> str:
    """Return a text in lower case, with one way to write accents, dashes, units and numbers."""
    for pattern, instead in _LATEX + _RATIOS:
        text = pattern.sub(instead, text)
    text = unicodedata.normalize("NFKD", text.replace("\N{MICRO SIGN}", "μ")).casefold()
    text = "".join(sign for sign in text if not unicodedata.combining(sign))
    text = re.sub("[\N{HYPHEN}-\N{HORIZONTAL BAR}\N{MINUS SIGN}\N{SOFT HYPHEN}]", "-", text)
    text = re.sub(r"(?<=\d),(?=\d{1,2}\b)", ".", text)
    text = re.sub(r"\d+\.\d+", lambda number: f"{float(number[0]):.12g}", text)
    text = " ".join(text.split())
    for pattern, instead in _LONG + _UNITS:
        text = pattern.sub(instead, text)
    return text


def found(text: str, words: str) -> list[tuple[int, int]]:
    """Return where (from, to) the words of a term stand in a text."""
    text = plain(text)
    return [
        match.span()
        for word in words.split("|")
        if word.strip()
        for match in re.finditer(_pattern(word), text)
    ]


def says(text: str, words: str) -> bool:
    """Return whether a text says one of the words of a term."""
    return bool(found(text, words))


@lru_cache(maxsize=256)
def _pattern(word):
    stem, word = word.strip().endswith("*"), plain(word.strip().removesuffix("*"))
    inner = "[- ]*".join(map(re.escape, re.split("[- ]+", word)))
    before = after = ""
    if word[0].isdigit():
        before = r"(?<![\d.])(?<![a-z][-])(?<![a-z])"
    elif word[0].isalpha():
        before = r"(?<![^\W_])" + _NOT
    if word[-1].isdigit():
        after = r"(?!\.?\d)"
    elif word[-1].isalpha() and not stem:
        after = r"(?:e?s)?(?![^\W_])"
    return before + inner + after


def whose(text: str, names: dict[str, str]) -> set[str]:
    """Return whose name a text bears.

    Parameters
    ----------
    names : dict
        The words of each by name. A word inside a longer one (``diabetic`` in ``non-diabetic``)
        is not said if the longer one is another's.
    """
    spans = {name: found(text, words) for name, words in names.items()}
    every = {span for of_one in spans.values() for span in of_one}
    return {
        name
        for name, of_one in spans.items()
        if any(not any(_inside(span, other) for other in every) for span in of_one)
    }


def _inside(span, other):
    return span != other and other[0] <= span[0] and span[1] <= other[1]
