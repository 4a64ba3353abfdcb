"""The specification of a question, as written in a solutions notebook.

A set is one notebook. Its raw cells tagged ``set`` and ``question`` hold YAML; nothing about a
question is written anywhere else. INSTRUCTORS.md explains the format.
"""

import contextlib
import hashlib
import math
import random
import re
from dataclasses import asdict, dataclass, field, fields
from typing import get_args

import yaml

KINDS = ("number", "array", "function", "choice_with_reason", "figure", "appraisal")
LEVELS = ("worked", "one-blank", "several-blanks", "bare", "free")
WRONG_KINDS = {
    "unit": "a unit",
    "mg-dl": "mg/dL and mmol/L",
    "total-for-free": "total instead of free hormone",
    "mouse-for-human": "mouse instead of human",
    "wrong-state": "another quantity",
    "off-by-one": "off by one dose or step",
    "sign": "the sign",
    "inverse": "upside down",
    "fraction-percent": "fraction and percent",
    "wrong-formula": "the formula",
    "wrong-data": "the data used",
    "wrong-direction": "the direction",
}
SET_POINTS = 20
_ORDERED = ("arguments", "options", "reasons")  # mappings whose order means something
_LINE, _TIER = (
    {"name", "x", "y", "rtol", "atol", "label", "names"},
    {"says", "misconception", "kind"},
)
LINE_RTOL = 0.01  # of a figure's curve that says nothing else


class SpecError(ValueError):
    """A question or set is written wrongly; the message says where and what to do."""


@dataclass(frozen=True)
class Wrong:
    """A usual wrong answer: what gives it, what kind of slip it is, what to tell the learner."""

    gives: str
    kind: str
    says: str
    misconception: str = ""


@dataclass(frozen=True)
class Question:
    """One question. Fields that a kind does not use stay at their defaults."""

    id: str
    kind: str
    title: str
    points: float
    claims: list[str]
    level: str = "bare"
    answer: str = ""
    hint: str = ""
    read: str = ""
    unit: str = ""
    rtol: float = 0.01
    atol: float = 0.0
    wrong: list[Wrong] = field(default_factory=list)
    arguments: dict = field(default_factory=dict)
    returns: str = "number"
    options: dict = field(default_factory=dict)
    reasons: dict = field(default_factory=dict)
    also: list[str] = field(default_factory=list)
    axes: int = 0
    xlabel: list[str] = field(default_factory=list)
    ylabel: list[str] = field(default_factory=list)
    figure_title: bool = False
    legend: bool = False
    lines: list[dict] = field(default_factory=list)
    words: list[int] = field(default_factory=list)
    rubric: list[dict] = field(default_factory=list)
    weak: dict = field(default_factory=dict)

    @property
    def number(self) -> str:
        """The question's number as learners see it."""
        return self.id.removeprefix("q")

    @property
    def automatic(self) -> bool:
        """Whether the computer marks it (everything but an appraisal)."""
        return self.kind != "appraisal"

    @property
    def right_pairs(self) -> list[str]:
        """Accepted option-and-reason pairs, the best first."""
        right = [
            next(key for key, value in tier.items() if value == "right")
            for tier in (self.options, self.reasons)
        ]
        return ["".join(right), *self.also]

    def facts_line(self) -> str:
        """Return the italic line under a question's heading: points, claims, unit, tolerance."""
        parts = [f"{self.points:g} points", "serves " + ", ".join(self.claims)]
        if self.kind in ("number", "array", "function"):
            what = {"number": "a number", "array": "an array", "function": "a function"}[self.kind]
            parts.append(f"{what} in {self.unit}" if self.unit else what)
            parts.append("tolerance " + _slack(self.rtol, self.atol, self.unit))
        elif self.kind == "choice_with_reason":
            parts.append('a letter and the number of the reason, like "a1"')
        elif self.kind == "figure":
            parts.append("a matplotlib figure")
            slacks = {
                line["name"]: _slack(line.get("rtol", LINE_RTOL), line.get("atol", 0.0))
                for line in self.lines
            }
            if len(set(slacks.values())) > 1:
                slacks = {name: f"{name} {slack}" for name, slack in slacks.items()}
            parts.append("tolerance of the data " + ", ".join(dict.fromkeys(slacks.values())))
        else:
            marks = ", ".join(f"{row['criterion']} ({row['points']:g})" for row in self.rubric)
            parts.append(f"{self.words[0]}–{self.words[1]} words, marked by a person: {marks}")
        return f"*{' · '.join(parts)}*"

    def draw_calls(self, seed: str, n: int) -> list[list]:
        """Draw ``n`` argument lists for a function question; the same seed gives the same ones."""
        rng = random.Random(hashlib.sha256(f"{seed}:{self.id}".encode()).hexdigest())
        return [[_draw(rng, rule) for rule in self.arguments.values()] for _ in range(n)]


@dataclass(frozen=True)
class Parameter:
    """A number of a set that may differ from student to student."""

    name: str
    value: float
    low: float
    high: float
    step: float
    unit: str = ""

    def draw(self, seed: str) -> float:
        """Draw a value on the parameter's own steps."""
        rng = random.Random(hashlib.sha256(f"{seed}:{self.name}".encode()).hexdigest())
        steps = round((self.high - self.low) / self.step)
        value = self.low + self.step * rng.randint(0, steps)
        return round(value) if float(self.step).is_integer() else round(value, 10)


@dataclass(frozen=True)
class ExerciseSet:
    """A whole set: its name, parameters and questions."""

    lesson: str
    minutes: int
    parameters: dict[str, Parameter]
    questions: list[Question]

    def question(self, question_id: str) -> Question:
        """Return a question by id; KeyError if there is none."""
        for question in self.questions:
            if question.id == question_id:
                return question
        raise KeyError(question_id)

    @property
    def points(self) -> float:
        """All points of the set."""
        return sum(question.points for question in self.questions)


def set_to_data(exercise_set: ExerciseSet) -> dict:
    """Return a set as plain data, leaving out what is at its default."""
    return {
        "lesson": exercise_set.lesson,
        "minutes": exercise_set.minutes,
        "parameters": {n: asdict(p) for n, p in exercise_set.parameters.items()},
        "questions": [_question_data(question) for question in exercise_set.questions],
    }


def _question_data(question):
    empty = Question(id="", kind="", title="", points=0, claims=[])
    data = asdict(question)
    kept = {
        f.name: data[f.name] for f in fields(Question) if data[f.name] != getattr(empty, f.name)
    }
    # As pairs: their order is that of the calls, and a file may sort the names of a mapping.
    return kept | {name: list(map(list, kept[name].items())) for name in _ORDERED if name in kept}


def set_from_data(data: dict) -> ExerciseSet:
    """Return the set that :func:`set_to_data` wrote down."""
    questions = []
    for entry in data["questions"]:
        wrong = [Wrong(**w) for w in entry.get("wrong", [])]
        ordered = {name: dict(entry[name]) for name in _ORDERED if name in entry}
        questions.append(Question(**{**entry, **ordered, "wrong": wrong}))
    parameters = {name: Parameter(**entry) for name, entry in data["parameters"].items()}
    return ExerciseSet(data["lesson"], data["minutes"], parameters, questions)


def _slack(rtol, atol, unit=""):
    """Return a tolerance in words."""
    parts = [f"{100 * rtol:g} %"] if rtol else []
    parts += [f"{atol:g} {unit}".rstrip()] if atol else []
    return " + ".join(parts or ["none"])


def _draw(rng: random.Random, rule):
    if isinstance(rule, list):
        rule = {"low": rule[0], "high": rule[1]}
    if "choices" in rule:
        return rng.choice(rule["choices"])
    low, high = rule["low"], rule["high"]
    if rule.get("integer"):
        return rng.randint(low, high)
    if rule.get("log"):
        value = math.exp(rng.uniform(math.log(low), math.log(high)))
    else:
        value = rng.uniform(low, high)
    return float(f"{value:.6g}")  # short numbers, so that a message can quote them


@contextlib.contextmanager
def naming(where: str):
    """Put where it stands before what a SpecError says."""
    try:
        yield
    except SpecError as error:
        raise SpecError(f"{where}: {error}") from None


def need(condition, message: str) -> None:
    """Raise SpecError with a message unless a condition holds."""
    if not condition:
        raise SpecError(message)


def _load(text: str) -> dict:
    try:
        loaded = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise SpecError(f"the YAML cannot be read: {error}") from None
    need(isinstance(loaded, dict), "expected 'key: value' lines")
    return loaded


def read_set(text: str) -> dict:
    """Read the YAML of a ``set`` cell: lesson, minutes, parameters."""
    with naming("set cell"):
        loaded = _load(text)
        unknown = set(loaded) - {"lesson", "minutes", "parameters"}
        lacks = unknown or not {"lesson", "minutes"} <= set(loaded)
        need(not lacks, f"needs lesson and minutes; unknown: {_names(unknown)}")
        loaded["parameters"] = loaded.get("parameters") or {}
        _check_types({"lesson": str, "minutes": float, "parameters": dict}, loaded)
        rules = loaded["parameters"].items()
        loaded["parameters"] = {name: _parameter(name, rule) for name, rule in rules}
    return loaded


def _parameter(name, rule):
    with naming(f"parameter {name}"):
        try:
            parameter = Parameter(name=name, **rule)
        except TypeError:
            raise SpecError("needs value, low, high, step; perhaps unit") from None
        _check_types(_types(Parameter), vars(parameter))
        need(parameter.step > 0, "step must be above 0")
        need(parameter.low <= parameter.high, "low must not be above high")
    return parameter


def read_question(text: str) -> Question:
    """Read and check the YAML of a ``question`` cell.

    Raises
    ------
    SpecError
        With the question's id and what to change.
    """
    with naming("question cell"):
        loaded = _load(text)
    with naming(f"question {loaded.get('id', '?')}"):
        known = set(Question.__dataclass_fields__)
        unknown = set(loaded) - known
        need(not unknown, f"unknown {_names(unknown)}; known: {_names(known)}")
        missing = {"id", "kind", "title", "points", "claims"} - set(loaded)
        need(not missing, f"{_names(missing)} missing")
        for name in ("points", "rtol", "atol"):
            if type(loaded.get(name)) in (int, str):  # YAML takes 1e-3 for text
                with contextlib.suppress(ValueError):
                    loaded[name] = float(loaded[name])
        _check_types(_types(Question) | {"wrong": list[dict]}, loaded)
        loaded["wrong"] = [_wrong(rule) for rule in loaded.get("wrong", [])]
        for tier in ("options", "reasons"):
            loaded[tier] = {str(key): value for key, value in loaded.get(tier, {}).items()}
        loaded.setdefault("answer", loaded["id"])
        question = Question(**loaded)
        _check(question)
    return question


def _wrong(rule):
    try:
        wrong = Wrong(**{**rule, "gives": str(rule["gives"])})
    except (TypeError, KeyError) as error:
        raise SpecError(f"each wrong needs gives, kind, says: {error}") from None
    with naming(f"wrong {wrong.gives!r}"):
        _check_types(_types(Wrong), vars(wrong))
    return wrong


def _names(names):
    return ", ".join(sorted(map(str, names)))


def _types(described):
    return {name: about.type for name, about in described.__dataclass_fields__.items()}


def _check_types(types, loaded):
    for name, value in loaded.items():
        need(_fits(value, types[name]), f"{name} must be {_in_words(types[name])}")


def _fits(value, kind):
    if get_args(kind):
        return isinstance(value, list) and all(_fits(item, get_args(kind)[0]) for item in value)
    if kind is float:
        return type(value) in (int, float) and math.isfinite(value)
    return type(value) is kind  # true and false are numbers to isinstance


def _in_words(kind):
    if get_args(kind):
        return f"a list, each of it {_in_words(get_args(kind)[0])}"
    return {
        str: "text",
        float: "a number",
        int: "a whole number",
        bool: "true or false",
        dict: "'name: value' lines",
    }[kind]


def _check(question: Question):
    need(re.fullmatch(r"q[1-9]\d?", question.id), "id must be q1, q2, ...")
    need(question.kind in KINDS, f"kind must be one of {KINDS}")
    need(question.level in LEVELS, f"level must be one of {LEVELS}")
    need(question.points > 0, "points must be above 0")
    need(question.claims, "name at least one claim")
    need(question.answer.isidentifier(), "answer must be a variable name")
    for wrong in question.wrong:
        need(wrong.kind in WRONG_KINDS, f"wrong kind {wrong.kind!r}: use {sorted(WRONG_KINDS)}")
    if question.kind != "appraisal":
        need(question.hint and question.read, "needs a hint and where to read")
    if question.kind in ("number", "array", "function"):
        need(question.rtol > 0 or question.atol > 0, "needs a tolerance (rtol or atol)")
    if question.kind == "function":
        need(question.arguments, "needs arguments: a range for each")
        try:
            question.draw_calls("a trial", 1)
        except (TypeError, KeyError, ValueError, IndexError):
            says = "each argument needs [low, high], or low and high, or choices"
            raise SpecError(says) from None
    if question.kind == "choice_with_reason":
        for tier in (question.options, question.reasons):
            right = [key for key, value in tier.items() if value == "right"]
            need(
                len(right) == 1 and len(tier) >= 2, "options and reasons: exactly one right in each"
            )
            for key, value in tier.items():
                says = value == "right" or (isinstance(value, dict) and "says" in value)
                need(says, f"{key}: needs says, or the word right")
                unknown = set() if value == "right" else set(value) - _TIER
                need(
                    not unknown, f"{key}: unknown {_names(unknown)}; put text with commas in quotes"
                )
        pairs = {option + reason for option in question.options for reason in question.reasons}
        need(set(question.also) <= pairs, "also: pairs of an option and a reason, like a1")
    if question.kind == "figure":
        need(question.lines, "needs lines: at least one curve")
        need(all("y" in line and "name" in line for line in question.lines), "lines: name and y")
        unknown = {key for line in question.lines for key in line} - _LINE
        need(not unknown, f"lines: unknown {_names(unknown)}; put text with commas in quotes")
        slacks = [line.get(name, 0) for line in question.lines for name in ("rtol", "atol")]
        need(_fits(slacks, list[float]), "lines: rtol and atol must be numbers")
        labels = [line.get("label", "") for line in question.lines]
        need(_fits(labels, list[str]), "lines: label must be text, words joined by |")
        for line in question.lines:
            good = "names" not in line or ("x" not in line and _fits(line["names"], list[str]))
            need(good, "lines: names must be texts, words joined by |, of a line without x")
    if question.kind == "appraisal":
        need(len(question.words) == 2, "needs words: [least, most]")
        for row in question.rubric:
            words = {name: text for name, text in row.items() if name != "points"}
            good = _fits(row.get("points"), float) and "criterion" in row
            need(good, "rubric: each row needs criterion and points, a number")
            # Text with a comma inside {...} needs quotes, else YAML takes its end for a name.
            unknown = set(row) - {"criterion", "points", "full", "part", "none"}
            need(not unknown, f"rubric: unknown {_names(unknown)}; put text with commas in quotes")
            need(_fits(list(words.values()), list[str]), "rubric: all but points must be text")
        total = sum(row["points"] for row in question.rubric)
        need(total == question.points, f"rubric points sum to {total:g}, not {question.points:g}")
        if question.weak:
            _check_weak(question)


def _check_weak(question):
    weak, rows = question.weak, question.rubric
    told = {"answer", "says"} <= {name for name, text in weak.items() if _fits(text, str)}
    need(told and set(weak) == {"answer", "marks", "says"}, "weak: needs answer, marks, says")
    marks = weak["marks"]
    good = _fits(marks, list[float]) and len(marks) == len(rows)
    good = good and all(0 <= m <= row["points"] for m, row in zip(marks, rows, strict=True))
    need(good, f"weak: marks must be {len(rows)} numbers, within the points of each row")
