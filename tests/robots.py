"""Robots that know no biology and take a quiz by its form alone; none may do well.

usage: python tests/robots.py [QUIZ ...]     (default: every quiz file)

A robot ranks the options of an item by something a reader can see without knowing the subject
(length, hedges, numbers, words shared with the stem, place) and takes the best; where options tie
it takes one of them by chance, so its score is an expectation. In tick-all items it ticks its best
two, which is what a test-wise learner does. Chance is a blind pick: one of n options, or one of
all the ways to tick at least one of n.
"""

import re
import statistics
import sys
from collections.abc import Callable
from itertools import combinations

from igf1lab.lesson.quiz_bank import Item, bank, shuffled

HEDGES = re.compile(
    r"\b(may|might|can|could|some|partly|perhaps|often|usually|mostly|mainly|likely|probably|"
    r"suggests?|about|roughly|nearly|almost|unclear|uncertain|unknown|untested|not yet|so far|"
    r"depends?|in part|at least|at most|few|small|modest|weak|thin|limited|limits|too early|"
    r"in (?:mice|rats|animals|cells|people)|in one|by itself|alone|not shown|only if|unless)\b",
    re.IGNORECASE,
)
ABSOLUTES = re.compile(
    r"\b(always|never|none|nothing|nobody|no one|all|every|everyone|only|any|entirely|completely|"
    r"impossible|cannot|must|no|proves?|proven|certainly|whole|fully|directly)\b",
    re.IGNORECASE,
)
NUMBER = re.compile(r"\d")
WORD = re.compile(r"[^\W\d_]{4,}")


def _words(text: str) -> set[str]:
    return {word.lower() for word in WORD.findall(text)}


def _odd_length(item: Item, text: str) -> float:
    return abs(len(text) - statistics.median(len(each.text) for each in item.options))


# name -> how much the robot likes an option (of an item), given its place on the page
ROBOTS: dict[str, Callable[[Item, str, int], float]] = {
    "longest option": lambda item, text, place: len(text),
    "shortest option": lambda item, text, place: -len(text),
    "most hedged": lambda item, text, place: len(HEDGES.findall(text)),
    "least hedged": lambda item, text, place: -len(HEDGES.findall(text)),
    "never an absolute": lambda item, text, place: -len(ABSOLUTES.findall(text)),
    "most absolute": lambda item, text, place: len(ABSOLUTES.findall(text)),
    "hedged and not absolute": lambda item, text, place: (
        len(HEDGES.findall(text)) - len(ABSOLUTES.findall(text))
    ),
    "first option": lambda item, text, place: -place,
    "last option": lambda item, text, place: place,
    "shares most words with the stem": lambda item, text, place: len(
        _words(text) & _words(item.stem)
    ),
    "shares fewest words with the stem": lambda item, text, place: (
        -len(_words(text) & _words(item.stem))
    ),
    "most digits": lambda item, text, place: len(NUMBER.findall(text)),
    "fewest digits": lambda item, text, place: -len(NUMBER.findall(text)),
    "most commas": lambda item, text, place: text.count(",") + text.count(";"),
    "length unlike the others": lambda item, text, place: _odd_length(item, text),
}


def answerable(items) -> list[Item]:
    """Return the items a robot can answer by form: those with options to tick."""
    return [item for item in items if item.kind in ("choice", "choices")]


def chance(item: Item) -> float:
    """Return how often a blind pick is right."""
    n = len(item.options)
    return 1 / n if item.kind == "choice" else 1 / (2**n - 1)


def expected(item: Item, robot: str) -> float:
    """Return how often a robot is right on one item, over all ways to break its ties."""
    likes = ROBOTS[robot]
    shown = shuffled(item)
    value = {each.key: likes(item, each.text, place) for place, each in enumerate(shown)}
    size = 1 if item.kind == "choice" else 2
    right = {each.key for each in item.options if each.correct}
    best = max(
        sum(value[key] for key in pick) for pick in combinations([each.key for each in shown], size)
    )
    picks = [
        set(pick)
        for pick in combinations([each.key for each in shown], size)
        if sum(value[key] for key in pick) == best
    ]
    return sum(pick == right for pick in picks) / len(picks)


def excess(items, robot: str) -> float:
    """Return by how many points of a hundred a robot beats chance over some items."""
    asked = answerable(items)
    if not asked:
        return 0.0
    return 100 * sum(expected(item, robot) - chance(item) for item in asked) / len(asked)


def one_tick_excess(items) -> dict[int, float]:
    """Return, for always ticking 1, 2 or 3 of four, the best a learner of the counts could gain."""
    asked = [item for item in items if item.kind == "choices"]
    counts = [sum(each.correct for each in item.options) for item in asked]
    return {n: 100 * counts.count(n) / len(counts) for n in sorted(set(counts))} if counts else {}


def main(names) -> None:
    """Print each robot's excess over chance for each quiz."""
    for name in names:
        items = bank(name).items
        print(f"\n{name}: {len(answerable(items))} of {len(items)} items have options")
        for robot in ROBOTS:
            points = excess(items, robot)
            mark = "  <-- more than 15" if points > 15 else ""
            hits = [i.id for i in answerable(items) if expected(i, robot) > 0.5] if mark else ""
            print(f"  {robot:35}{points:+6.0f}{mark} {' '.join(hits)}")
        print(f"  right answers in tick-all items, % of items: {one_tick_excess(items)}")


if __name__ == "__main__":
    from igf1lab.evidence import assets_dir

    main(sys.argv[1:] or sorted(file.stem for file in (assets_dir() / "quizzes").glob("*.yaml")))
