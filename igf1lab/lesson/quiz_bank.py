"""The quiz bank: items and predictions read from ``assets/quizzes/*.yaml``, checked, and laid out.

Reading is strict, because a teacher edits these files by hand: the first fault found is raised as
a :class:`QuizError` that names the file, the item and what to do. Answers are judged in the page
(``page/judge.js``), from the views that :func:`item_view` and :func:`prediction_view` give.
"""

import functools
import hashlib
import math
import random
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path

from igf1lab import evidence

KINDS = ("choice", "choices", "number", "order", "match", "arrow")
PREDICTION_KINDS = ("choice", "number", "direction")
BLOOM = ("remember", "understand", "apply", "analyse", "evaluate", "create")
DIRECTIONS = ("up", "same", "down")
SLIP = "none"  # stands for a misconception where a wrong answer shows none
KEBAB = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class QuizError(ValueError):
    """A quiz file breaks the schema; the message says where and what to do."""


# --- what a file holds -----------------------------------------------------------------------


@dataclass(frozen=True)
class Option:
    """One thing that can be ticked, ordered or paired, with its own explanation."""

    key: str
    text: str
    why: str
    correct: bool = False
    misconception: str | None = None


@dataclass(frozen=True)
class WrongNumber:
    """A usual wrong number with its own diagnosis."""

    value: float
    why: str
    misconception: str | None


@dataclass(frozen=True)
class Pair:
    """A left-hand text, the key and text of the right-hand one that belongs to it, and why."""

    key: str
    left: str
    right_key: str
    right: str
    why: str


@dataclass(frozen=True)
class WrongArrow:
    """What choosing a wrong arrow of the claim map shows."""

    why: str
    misconception: str | None


@dataclass(frozen=True)
class Item:
    """One quiz item. Only the fields of its ``kind`` are filled."""

    id: str
    lesson: str
    kind: str
    claims: tuple[str, ...]
    bloom: str
    stem: str
    hint: str
    sources: tuple[str, ...]
    options: tuple[Option, ...] = ()  # choice, choices; order: the steps in the right order
    pairs: tuple[Pair, ...] = ()
    answer: float | str | None = None  # number: the number; arrow: the claim id
    unit: str = ""
    tolerance: float = 0.0
    why: str = ""
    wrong_numbers: tuple[WrongNumber, ...] = ()
    wrong_arrows: dict[str, WrongArrow] = field(default_factory=dict)
    otherwise: str | WrongArrow = ""
    misconception: str | None = None  # order, match: what a wrong answer shows


@dataclass(frozen=True)
class PredictionSpec:
    """One prediction: the question, how it is answered and what the difference teaches."""

    id: str
    lesson: str
    kind: str
    claims: tuple[str, ...]
    question: str
    meaning: str
    sources: tuple[str, ...]
    options: tuple[Option, ...] = ()  # choice: the options; direction: the curves
    unit: str = ""
    low: float = 0.0
    high: float = 0.0
    tolerance: float = 0.2
    accept: tuple[float, float] | None = None  # number: any estimate from one to the other is good
    scored: bool = True  # False: no answer is better than another
    judge: str = "the model"  # who gives the outcome; "the course" where a verdict is asked for


@dataclass(frozen=True)
class Known:
    """The ids a quiz file may refer to."""

    claims: frozenset[str]
    misconceptions: frozenset[str]
    sources: frozenset[str]


@functools.cache
def known() -> Known:
    """Return the claim ids, misconception ids and source keys of the course."""
    claims = evidence.claims()
    return Known(
        frozenset(claims),
        frozenset(each.id for claim in claims.values() for each in claim.misconceptions),
        frozenset(evidence.references()),
    )


# --- reading ---------------------------------------------------------------------------------


class _Entry:
    """One mapping of a quiz file, read field by field; every fault names file, item and remedy."""

    def __init__(self, data, where: str, refs: Known):
        self.where, self.refs, self.used = where, refs, set()
        if not isinstance(data, dict):
            self.fail(f"is {data!r}, not a mapping", "write it as 'name: value' lines")
        self.data = data

    def fail(self, fault: str, remedy: str):
        raise QuizError(f"{self.where}: {fault}; {remedy}.")

    def inner(self, data, name: str) -> "_Entry":
        return _Entry(data, f"{self.where}, {name}", self.refs)

    def get(self, name: str, default=None):
        self.used.add(name)
        return self.data.get(name, default)

    def text(self, name: str, required: bool = True) -> str:
        value = self.get(name)
        if value is None and not required:
            return ""
        if not isinstance(value, str) or not value.strip():
            self.fail(
                f"'{name}' is {'missing' if value is None else repr(value)}",
                f"write '{name}' as a sentence (in quotes if it is a number or yes/no)",
            )
        if "\\" in value or value.count("$") > 1:
            self.fail(f"'{name}' holds LaTeX", "write plain Unicode, such as µg/L or IGF‑1")
        return value.strip()

    def number(self, name: str, default: float | None = None) -> float:
        value = self.get(name, default)
        good = isinstance(value, int | float) and not isinstance(value, bool)
        if not good or not math.isfinite(value):
            self.fail(f"'{name}' is {value!r}", "give one finite number, such as 1.5 or 1.5e+3")
        return float(value)

    def one_of(self, name: str, allowed: tuple[str, ...]) -> str:
        value = self.get(name)
        if value not in allowed:
            self.fail(f"'{name}' is {value!r}", f"choose one of {', '.join(allowed)}")
        return value

    def kebab(self) -> str:
        value = self.get("id")
        if not isinstance(value, str) or not KEBAB.fullmatch(value):
            self.fail(f"the id {value!r} is not kebab-case", "write it like axis-liver-knockout")
        return value

    def items(self, name: str, least: int = 1) -> list:
        value = self.get(name)
        if not isinstance(value, list) or len(value) < least:
            self.fail(f"'{name}' needs at least {least} of them", f"write '{name}' as a list")
        return value

    def entries(self, name: str, least: int = 1) -> list["_Entry"]:
        each = enumerate(self.items(name, least), 1)
        return [self.inner(data, f"{name} {number}") for number, data in each]

    def claims(self) -> tuple[str, ...]:
        for claim in self.items("claims"):
            self.claim(claim)
        return tuple(self.data["claims"])

    def claim(self, claim) -> str:
        if not isinstance(claim, str) or claim not in self.refs.claims:
            self.fail(
                f"there is no claim {claim!r}", "use an id of assets/claims.yaml, like AXIS-1"
            )
        return claim

    def sources(self) -> tuple[str, ...]:
        for key in self.items("sources"):
            if not isinstance(key, str) or key not in self.refs.sources:
                self.fail(
                    f"the source key {key!r} is not in the bibliography",
                    "add the reference or correct the key",
                )
        return tuple(self.data["sources"])

    def misconception(self, required: bool = True) -> str | None:
        """Return the id of the belief that leads to a wrong answer; None for a mere slip."""
        value = self.get("misconception", None if required else SLIP)
        if value == SLIP:
            return None
        if not isinstance(value, str) or value not in self.refs.misconceptions:
            fault = (
                "has no misconception" if value is None else f"no misconception {value!r} exists"
            )
            self.fail(
                fault,
                f"name the belief that leads here, by an id such as AXIS-1.m2, or write {SLIP!r}",
            )
        return value

    def done(self):
        unknown = sorted(str(name) for name in self.data if name not in self.used)
        if unknown:
            self.fail(
                f"'{unknown[0]}' means nothing here",
                f"remove or correct it (known: {', '.join(sorted(self.used))})",
            )


def _key(*words: str) -> str:
    """Return a short key that stays when options move and says nothing about being right."""
    return hashlib.sha256("\n".join(words).encode()).hexdigest()[:8]


def _options(entry: _Entry, item: str, kind: str) -> dict:
    options = []
    for each in entry.entries("options", least=2):
        correct = each.get("correct", False)
        if not isinstance(correct, bool):
            each.fail(f"'correct' is {correct!r}", "write true, or leave the line out")
        text = each.text("text")
        misconception = None if correct else each.misconception()
        why = each.text("why")
        options.append(Option(_key(item, text), text, why, correct, misconception))
        each.done()
    right = sum(option.correct for option in options)
    if right == 0 or (kind == "choice" and right > 1):
        entry.fail(
            f"{right} options are marked correct",
            "mark exactly one with 'correct: true'"
            if kind == "choice"
            else "mark at least one with 'correct: true'",
        )
    _no_twins(entry, options)
    return {"options": tuple(options)}


def _number(entry: _Entry, item: str, kind: str) -> dict:
    wrong = []
    answer, tolerance = entry.number("answer"), entry.number("tolerance")
    if not 0 <= tolerance < 1:
        entry.fail(f"'tolerance' is {tolerance:g}", "give a fraction, such as 0.05 for 5 %")
    for each in entry.entries("wrong", least=1):
        # A wrong number is often a slip of arithmetic, so here a belief is named only if it shows.
        number = WrongNumber(each.number("value"), each.text("why"), each.misconception(False))
        if math.isclose(number.value, answer, rel_tol=tolerance, abs_tol=1e-12):
            each.fail("this wrong value would count as right", "change it or the tolerance")
        wrong.append(number)
        each.done()
    return {
        "answer": answer,
        "tolerance": tolerance,
        "unit": entry.text("unit", required=False),
        "why": entry.text("why"),
        "wrong_numbers": tuple(wrong),
        "otherwise": entry.text("otherwise"),
    }


def _order(entry: _Entry, item: str, kind: str) -> dict:
    steps = []
    for each in entry.entries("steps", least=3):
        text = each.text("text")
        steps.append(Option(_key(item, text), text, each.text("why"), correct=True))
        each.done()
    _no_twins(entry, steps)
    return {"options": tuple(steps), "misconception": entry.misconception()}


def _match(entry: _Entry, item: str, kind: str) -> dict:
    pairs = []
    for each in entry.entries("pairs", least=2):
        left, right = each.text("left"), each.text("right")
        keys = _key(item, "left", left), _key(item, "right", right)
        pairs.append(Pair(keys[0], left, keys[1], right, each.text("why")))
        each.done()
    if len({pair.key for pair in pairs}) < len(pairs):
        entry.fail("two pairs have the same left side", "word each one apart")
    if len({pair.right_key for pair in pairs}) < 2:
        entry.fail("all pairs have the same right side", "give at least two right sides")
    return {"pairs": tuple(pairs), "misconception": entry.misconception()}


def _arrow(entry: _Entry, item: str, kind: str) -> dict:
    answer = entry.claim(entry.get("answer"))
    wrong = {}
    for name, data in entry.inner(entry.get("wrong", {}), "wrong").data.items():
        each = entry.inner(data, f"wrong {name}")
        each.claim(name)
        if name == answer:
            each.fail("the right arrow is also listed as wrong", "remove it from 'wrong'")
        wrong[name] = WrongArrow(each.text("why"), each.misconception())
        each.done()
    rest = entry.inner(entry.get("otherwise"), "otherwise")
    otherwise = WrongArrow(rest.text("why"), rest.misconception())
    rest.done()
    return {
        "answer": answer,
        "why": entry.text("why"),
        "wrong_arrows": wrong,
        "otherwise": otherwise,
    }


_FIELDS = {
    "choice": _options,
    "choices": _options,
    "number": _number,
    "order": _order,
    "match": _match,
    "arrow": _arrow,
}


def _no_twins(entry: _Entry, options: list[Option]):
    texts = [option.text for option in options]
    twins = sorted({text for text in texts if texts.count(text) > 1})
    if twins:
        entry.fail(f"'{twins[0]}' is written twice", "word each one apart")


def _item(entry: _Entry, lesson: str) -> Item:
    item, kind = entry.kebab(), entry.one_of("kind", KINDS)
    read = Item(
        id=item,
        lesson=lesson,
        kind=kind,
        claims=entry.claims(),
        bloom=entry.one_of("bloom", BLOOM),
        stem=entry.text("stem"),
        hint=entry.text("hint"),
        sources=entry.sources(),
        **_FIELDS[kind](entry, item, kind),
    )
    entry.done()
    return read


def _accept(entry: _Entry, low: float, high: float) -> tuple[float, float]:
    value = entry.get("accept")
    good = (
        isinstance(value, list)
        and len(value) == 2
        and all(isinstance(v, int | float) and not isinstance(v, bool) for v in value)
        and low <= value[0] < value[1] <= high
    )
    if not good:
        entry.fail(
            f"'accept' is {value!r}",
            f"give the least and the greatest good estimate, like [{low:g}, {high:g}]",
        )
    return float(value[0]), float(value[1])


def _prediction(entry: _Entry, lesson: str) -> PredictionSpec:
    name, kind = entry.kebab(), entry.one_of("kind", PREDICTION_KINDS)
    options, extra = [], {}
    if kind == "number":
        extra = {
            "unit": entry.text("unit", required=False),
            "low": entry.number("low"),
            "high": entry.number("high"),
            "tolerance": entry.number("tolerance", 0.2),
        }
        if extra["low"] >= extra["high"]:
            entry.fail("'low' is not below 'high'", "give the range an answer may lie in")
        if entry.get("accept") is not None:
            extra["accept"] = _accept(entry, extra["low"], extra["high"])
    else:
        listed = "options" if kind == "choice" else "curves"
        for each in entry.entries(listed, least=2 if kind == "choice" else 1):
            key, text = each.text("key"), each.text("text")
            why = each.text("why", required=kind == "choice")
            options.append(Option(key, text, why))
            each.done()
        if len({option.key for option in options}) < len(options):
            entry.fail("two of them have the same key", "give each its own key")
    scored = entry.get("scored", True)
    if not isinstance(scored, bool):
        entry.fail(f"'scored' is {scored!r}", "write false, or leave the line out")
    if not scored and extra.get("accept"):
        entry.fail(
            "'accept' says what is good, 'scored: false' that nothing is", "remove one of them"
        )
    read = PredictionSpec(
        id=name,
        lesson=lesson,
        kind=kind,
        claims=entry.claims(),
        question=entry.text("question"),
        meaning=entry.text("meaning"),
        sources=entry.sources(),
        options=tuple(options),
        judge=entry.text("judge", required=False) or PredictionSpec.judge,
        scored=scored,
        **extra,
    )
    entry.done()
    return read


@dataclass(frozen=True)
class LessonBank:
    """Everything one quiz file holds."""

    lesson: str
    items: tuple[Item, ...]
    predictions: tuple[PredictionSpec, ...]

    def prediction(self, name: str) -> PredictionSpec:
        """Return one prediction by id."""
        for spec in self.predictions:
            if spec.id == name:
                return spec
        names = ", ".join(spec.id for spec in self.predictions) or "none"
        raise QuizError(
            f"{self.lesson}.yaml: there is no prediction {name!r}; use one of: {names}."
        )


def load(path: str | Path, refs: Known | None = None) -> LessonBank:
    """Read and check one quiz file.

    Parameters
    ----------
    path
        The YAML file; its name without the ending is the lesson's name.
    refs
        The ids that exist; those of the course when left out.

    Raises
    ------
    QuizError
        At the first fault, naming file, item and remedy.
    """
    path = Path(path)
    refs = refs or known()
    try:
        data = evidence.read_yaml(path)
    except FileNotFoundError:
        raise QuizError(f"{path.name}: no such quiz file; look in {path.parent}.") from None
    except (ValueError, RecursionError) as fault:
        raise QuizError(f"{path.name}: {fault}") from None
    top = _Entry(data, path.name, refs)
    lesson = top.text("lesson")
    if lesson != path.stem:
        top.fail(f"'lesson' is {lesson!r}", f"write {path.stem!r}, the file's own name")
    read = {"items": [], "predictions": []}
    for listed, reader in (("items", _item), ("predictions", _prediction)):
        raw_list = top.get(listed)
        if not isinstance(raw_list, list | None):
            top.fail(f"'{listed}' is not a list", "start each entry with '- id: ...'")
        for number, raw in enumerate(raw_list or [], 1):
            name = raw.get("id") if isinstance(raw, dict) else None
            entry = _Entry(raw, f"{path.name}, {listed[:-1]} {name or number}", refs)
            read[listed].append(reader(entry, lesson))
    top.done()
    _no_shared_ids([(each.id, path.name) for each in read["items"] + read["predictions"]])
    return LessonBank(lesson, tuple(read["items"]), tuple(read["predictions"]))


def _no_shared_ids(used: list[tuple[str, str]]):
    seen: dict[str, str] = {}
    for name, file in used:
        if name in seen:
            raise QuizError(
                f"{file}, {name}: the id is already used in {seen[name]}; "
                "give one of the two another id."
            )
        seen[name] = file


def _quizzes_dir() -> Path:
    return Path(evidence.assets_dir()) / "quizzes"


@functools.cache
def _course_file(path: Path) -> LessonBank:
    return load(path)


def load_all(folder: Path | None = None) -> dict[str, LessonBank]:
    """Read every quiz file of the course, in lesson order, and check that ids are used once."""
    banks = [_course_file(path) for path in sorted((folder or _quizzes_dir()).glob("*.yaml"))]
    _no_shared_ids(
        [
            (entry.id, f"{each.lesson}.yaml")
            for each in banks
            for entry in each.items + each.predictions
        ]
    )
    return {each.lesson: each for each in banks}


def bank(lesson: str) -> LessonBank:
    """Return the quiz items and predictions of one lesson, such as ``01_gh_igf1_axis``."""
    return _course_file(_quizzes_dir() / f"{lesson}.yaml")


def all_items() -> tuple[Item, ...]:
    """Return every item of the course, in lesson order."""
    return tuple(item for each in load_all().values() for item in each.items)


# --- showing ---------------------------------------------------------------------------------


def _shuffle(things: list, seed: str) -> list:
    order = list(things)
    random.Random(seed).shuffle(order)
    return order


def shuffled(item: Item) -> list[Option]:
    """Return the options in the order shown: always the same, and for steps never the right one."""
    order = _shuffle(list(item.options), item.id)
    if item.kind == "order" and order == list(item.options):
        order = order[1:] + order[:1]
    return order


def right_sides(item: Item) -> list[tuple[str, str]]:
    """Return key and text of the right-hand sides of a match item in the order shown."""
    return _shuffle(sorted({(pair.right_key, pair.right) for pair in item.pairs}), item.id)


def item_view(item: Item) -> dict:
    """Return an item as the page's judge takes it, its options in the order shown."""
    view = {
        name: getattr(item, name) for name in ("id", "lesson", "kind", "claims", "stem", "hint")
    }
    view["sources"] = [evidence.reference(key).label for key in item.sources]
    if item.options:
        view["options"] = [asdict(option) for option in shuffled(item)]
    if item.kind == "order":
        view |= {"right": [o.key for o in item.options], "misconception": item.misconception}
    elif item.kind == "match":
        view["pairs"] = [asdict(pair) for pair in item.pairs]
        view["rights"] = [{"key": key, "text": text} for key, text in right_sides(item)]
        view["misconception"] = item.misconception
    elif item.kind == "number":
        names = ("answer", "unit", "tolerance", "why", "otherwise")
        view |= {name: getattr(item, name) for name in names}
        view["wrong"] = [asdict(each) for each in item.wrong_numbers]
    elif item.kind == "arrow":
        view |= {"answer": item.answer, "why": item.why, "otherwise": asdict(item.otherwise)}
        view["wrong"] = {name: asdict(each) for name, each in item.wrong_arrows.items()}
        view["arrows"] = [
            {"id": each.id, "from": each.arrow_from, "to": each.arrow_to, "says": each.says}
            for each in evidence.claims().values()
        ]
    return _plain(view)


def prediction_view(spec: PredictionSpec) -> dict:
    """Return a prediction as the page takes it."""
    return _plain(asdict(spec))


def _plain(view: dict) -> dict:
    return {
        name: list(value) if isinstance(value, tuple) else value for name, value in view.items()
    }
