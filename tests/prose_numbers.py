"""Which sentences of a lesson state a quantity of a body or a study without saying where it is from.

A sentence with a number and a unit needs a citation in its paragraph, or a word that makes it the
course's own: a model's result, a choice, a task, a sum. Where a lesson builds and moves its model
all quantities are the model's, unless the sentence tells of a study.
"""

import re
from collections.abc import Iterator

UNIT = (
    r"%|[nµm]?g/(?:m?L|kg|d)\b|[nµmp]?mol(?:/(?:L|kg|d|min))?\b|µU/mL|mg/dL|[µk]?g\b|mm?\b|cm\b|kDa\b|"
    r"L/min|-?fold\b|(?:times (?:as|the)|people|patients|volunteers|women|men|girls|children|adults|"
    r"mice|rats|hours?|minutes?|days?|weeks?|months?|years?)\b"
)
NUMBER = r"(?<![\w#.,])[−-]?\d[\d.,]*"
QUANTITY = re.compile(rf"{NUMBER}(?:\s?(?:to|–|±|and|against|→)\s?{NUMBER})*\s?(?:{UNIT})")
A_NAME = re.compile(r"\b9[05] % interval")  # what an interval is called is no quantity
ARITHMETIC = re.compile(r"[×=]")  # a sum or a change of units carries its own proof
CITATION = re.compile(r"\(#ig-ref-|\[@")
OURS = re.compile(
    r"\b(?:models?|model's|modelled|chose|chosen|choice|we|our|ours|unverified|gate|slider|bets?|worlds)\b"
    r"|^\W*(?:Set|Press|Find|Give|Compare|Remove|Raise|Speed|Change)\b|\(#\w|]\([\d_]+\w+\.ipynb",
    re.IGNORECASE,
)
OF_THE_MODEL = {"Build it", "Predict", "Explore"}
A_STUDY = re.compile(
    r"\b(?:stud(?:y|ies)|trials?|cohorts?|surveys?|patients|volunteers|participants|measured|published|"
    r"reported|women|men|girls|children|mice|rats|placebo)\b",
    re.IGNORECASE,
)
# The recap repeats what the lesson has cited; objectives, tasks and headings state nothing.
FREE = {"", "Objectives", "Setup", "Recap", "References"}

# Sentences that need no source, by a piece of them, and why.
EXCEPTIONS = {
    "how many mg/dL are 1.98 mmol/L?": "a question about units; the value is Guler's and cited below",
    "about 2 % of the butyrate passes gut wall and liver": "the article rewritten: lesson 6 cites it",
}


def _paragraphs(markdown: str) -> Iterator[str]:
    text = re.sub(r"```.*?```|<[^>]+>", "", markdown, flags=re.DOTALL)
    yield from re.split(r"\n\s*\n|\n(?=\s*(?:\d+\.|[-*]) )", text)


def unsourced(section: str, markdown: str) -> list[str]:
    """Return the sentences of a cell that hold a quantity and neither a source nor a context.

    Parameters
    ----------
    section : str
        Heading of level 2 under which the cell stands.
    markdown : str

    Returns
    -------
    list of str
    """
    found = []
    for paragraph in _paragraphs(markdown):
        if section in FREE or CITATION.search(paragraph) or re.match(r"\s*(?:\d+\. |#)", paragraph):
            continue
        for sentence in re.split(r"(?<=[.?:])\s+(?=[A-Z*“])", paragraph):
            told = QUANTITY.search(A_NAME.sub("", sentence))
            if not told or ARITHMETIC.search(sentence) or OURS.search(sentence):
                continue
            if section in OF_THE_MODEL and not A_STUDY.search(sentence):
                continue
            if not any(piece in sentence for piece in EXCEPTIONS):
                found.append(" ".join(sentence.split()))
    return found
