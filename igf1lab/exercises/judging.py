"""Judge a described answer against a key: how many points, and what kind of wrong it is.

The same function judges in the learner's notebook (public key) and in the instructor's grader
(private key, outside the student's process). It never raises on a description.
"""

import math
from dataclasses import dataclass, replace

import numpy as np

from igf1lab.exercises import figures
from igf1lab.exercises.answers import NOTHING_BACK, READ_AS, as_floats
from igf1lab.exercises.questions import WRONG_KINDS, Question
from igf1lab.units import GLUCOSE_MG_PER_MMOL, IGF1_KDA, INSULIN_PMOL_L_PER_UU_ML

UNREAD = "figure-unread"  # kind of a figure that is drawn with what no check reads
HALF = 0.5  # right option with a wrong reason
NEAR = 0.07  # a single number within this of the right one is called close


@dataclass(frozen=True)
class Verdict:
    """What came of an answer.

    ``status`` is right, partly, wrong, blank (not answered), unusable (not an answer) or pending
    (a person has to look: ``points`` are None).
    """

    question: str
    status: str
    points: float | None
    of: float
    kind: str = ""
    says: str = ""
    misconception: str = ""

    def __repr__(self):
        # nbgrader reads the points of a check cell from its plain-text output.
        return "" if self.points is None else f"{self.points:g}"


# A generic slip: ratio of what was given to what is right, and the units it makes sense for.
_GLUCOSE, _INSULIN, _IGF1 = (
    ("mmol/L", "mg/dL", "mM"),
    ("µU/mL", "uU/mL", "pmol/L", "pM"),
    (
        "ng/mL",
        "µg/L",
        "nmol/L",
        "nM",
    ),
)
_TIME = ("min", "h", "day", "week")
_SLIPS = [
    ("sign", -1.0, (), "The size is right, the sign is not: which way does it go?"),
    ("unit", 1e3, (), "It is off by a factor of 1000: check the prefixes (n, µ, m) of the units."),
    ("unit", 1e6, (), "It is off by a factor of a million: check the prefixes of the units."),
    ("fraction-percent", 100.0, (), "It is off by a factor of 100: fraction or percent?"),
    ("unit", 10.0, (), "It is off by a factor of 10: check dL and L, or a power of ten."),
    (
        "mg-dl",
        GLUCOSE_MG_PER_MMOL / 10,
        _GLUCOSE,
        "This looks like mg/dL where mmol/L is meant, or the reverse.",
    ),
    (
        "unit",
        INSULIN_PMOL_L_PER_UU_ML,
        _INSULIN,
        "This looks like µU/mL where pmol/L is meant, or the reverse.",
    ),
    ("unit", IGF1_KDA, _IGF1, "This looks like ng/mL where nmol/L is meant, or the reverse."),
    ("unit", 60.0, _TIME, "It is off by a factor of 60: hours, minutes or seconds?"),
    ("unit", 24.0, _TIME, "It is off by a factor of 24: days or hours?"),
    ("unit", 1440.0, _TIME, "It is off by a factor of 1440: days or minutes?"),
    ("wrong-formula", math.log(2), _TIME, "It is off by ln 2: half-life or time constant?"),
    ("wrong-formula", 2.0, (), "It is off by a factor of two: something is counted twice or half."),
]


def judge(question: Question, key: dict, described: dict) -> Verdict:
    """Judge one answer.

    Parameters
    ----------
    question : Question
    key : dict
        ``expected``: description of the right answer; ``wrong``: descriptions of the usual wrong
        ones, in the question's order; ``calls``: argument lists of a function; ``secret``: whether
        these must not be told.
    described : dict
        Description of the answer (see :mod:`igf1lab.exercises.answers`).
    """
    found = described.get("is")
    if found == "blank":
        return Verdict(question.id, "blank", 0.0, question.points, says="not answered yet")
    if found == "missing":
        says = f"there is no variable called {question.answer}"
        return Verdict(question.id, "blank", 0.0, question.points, "missing", says)
    judges = {"choice_with_reason": _judge_choice, "figure": _judge_figure}
    if found == "odd":
        says = described.get("says", "")
        return _unusable(
            question, f"this cannot be read as an answer. {says[:1].upper()}{says[1:]}"
        )
    try:
        verdict = judges.get(question.kind, _judge_values)(question, key, described)
    except (KeyError, TypeError, ValueError, IndexError):
        return _unusable(question, "this cannot be read as an answer")
    read = described.get("read")
    if verdict.status == "right" and isinstance(read, str) and read in READ_AS:
        return replace(verdict, says=f"right. {READ_AS[read]}")
    return verdict


def _unusable(question, says, kind="not-an-answer"):
    return Verdict(question.id, "unusable", 0.0, question.points, kind, says)


def _right(question):
    return Verdict(question.id, "right", question.points, question.points, says="right")


def _wrong(question, kind, says, misconception="", share=0.0):
    points = round(question.points * share, 2)
    status = "partly" if points else "wrong"
    return Verdict(question.id, status, points, question.points, kind, says, misconception)


def close(question: Question, got: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """Return where ``got`` lies within the question's tolerance of ``expected``."""
    # A hair of slack, so that an answer exactly at a decimal bound is not lost to rounding.
    slack = (question.atol + question.rtol * np.abs(expected)) * (1 + 1e-9)
    with np.errstate(invalid="ignore"):
        within = np.abs(got - expected) <= slack + 1e-15 * np.abs(expected)
    return within | (np.isnan(got) & np.isnan(expected))


def _flatten(described):
    """Return (values, shape) of a values or calls description; calls are put end to end."""
    if described["is"] == "values":
        return as_floats(described["values"]), tuple(described["shape"])
    values, shapes = [], []
    for item in described["returned"]:
        values.append(as_floats(item["values"]))
        shapes.append(_squeezed(item["shape"]))
    return np.concatenate(values), tuple(shapes)


def _squeezed(shape):
    return tuple(n for n in shape if n != 1)


def _shape_of(shape):
    return " × ".join(str(n) for n in shape) or "a single number"


def _judge_values(question, key, described):
    if described["is"] == "calls":
        for arguments, item in zip(key["calls"], described["returned"], strict=True):
            if item["is"] == "error":
                stop = item["says"].rstrip(".")
                says = f"the function stopped with {stop}, {_called(question, key, arguments)}."
                return _unusable(question, says, "raised")
            if item["is"] != "values":
                what = item.get("says", "a blank (`...`) is still open")
                if what == NOTHING_BACK:
                    return _unusable(question, what)
                return _unusable(question, f"{_called(question, key, arguments)}: {what}.")
    elif question.kind == "function" or described["is"] != "values":
        return _unusable(question, "this cannot be read as an answer")
    got, got_shape = _flatten(described)
    expected, shape = _flatten(key["expected"])
    if described["is"] == "values":
        got_shape, shape = _squeezed(got_shape), _squeezed(shape)
    if np.isnan(got).any() and not np.isnan(expected).any():
        where = "" if got.size == 1 else f" (first at position {int(np.isnan(got).argmax())})"
        if described["is"] == "calls":
            call = _call_at(key, described, int(np.isnan(got).argmax()))
            where = f", {_called(question, key, call)}"
        says = f"there is NaN (not a number) in it{where}: look for 0/0, or a blank in the data."
        return _wrong(question, "nan", says)
    if got_shape == shape and close(question, got, expected).all():
        return _right(question)
    if described["is"] == "values" and _right_with_commas(question, got, expected):
        return replace(_right(question), says=f"right. {READ_AS['comma']}")
    if got_shape in ((expected.size, 2), (2, expected.size)) and len(shape) == 1:
        table = got.reshape(got_shape)
        second = table[1] if got_shape[0] == 2 and got_shape != (2, 2) else table[:, 1]
        if close(question, second, expected).all():
            return replace(_right(question), says=f"right. {READ_AS['beside']}")
    for wrong, wrong_key in zip(question.wrong, key["wrong"], strict=True):
        if _same(question, got, got_shape, wrong_key):
            return _wrong(question, wrong.kind, wrong.says, wrong.misconception)
    if got_shape != shape and described["is"] == "calls":
        pairs = zip(got_shape, shape, key["calls"], strict=True)
        call = next(call for mine, theirs, call in pairs if mine != theirs)
        says = f"what comes back has the wrong shape, {_called(question, key, call)}."
        return _wrong(question, "shape", says)
    if got_shape != shape:
        return _judge_shape(question, got, got_shape, expected, shape)
    kind, says = _slip(question, got, expected)
    if described["is"] == "calls" and kind in ("size", "some-wrong", "infinite"):
        first = int((~close(question, got, expected)).argmax())
        says += (
            f" The first wrong one is {_called(question, key, _call_at(key, described, first))}."
        )
    return _wrong(question, kind, says)


def _called(question, key, arguments):
    """Return the call that shows what was found, as it can be typed; a secret one is not told."""
    if key.get("secret"):
        return "on one of the calls that marking makes"
    call = f"{question.answer}({', '.join(map(repr, arguments))})"
    named = ", ".join(f"{n} = {v}" for n, v in zip(question.arguments, arguments, strict=True))
    return f"called as `{call}` (that is, {named})"


def _call_at(key, described, place):
    """Return the arguments of the call that gave the value at a place, calls put end to end."""
    ends = np.cumsum([len(item["values"]) for item in described["returned"]])
    return key["calls"][int(np.searchsorted(ends, place, side="right"))]


def _right_with_commas(question, got, expected):
    """Return whether the values are right once numbers that a decimal comma split are whole."""
    values, reached = got.tolist(), {0}  # how many values may have been used so far
    for right in expected:
        ways = [(at + 1, values[at : at + 1]) for at in reached]
        ways += [(at + 2, [_joined(values[at : at + 2])]) for at in reached]
        reached = {
            end for end, number in ways if number and close(question, np.array(number), right).all()
        }
    return got.size > expected.size and got.size in reached


def _joined(pair):
    whole = all(np.isfinite(n) and n == int(n) for n in pair) and len(pair) == 2
    return float(f"{pair[0]:.0f}.{pair[1]:.0f}") if whole and pair[1] >= 0 else math.nan


def _same(question, got, got_shape, wrong_key):
    if wrong_key["is"] not in ("values", "calls"):
        return False
    try:
        values, shape = _flatten(wrong_key)
    except KeyError:  # the usual wrong function itself fails on some calls
        return False
    if wrong_key["is"] == "values":
        shape = _squeezed(shape)
    return got_shape == shape and close(question, got, values).all()


def _judge_shape(question, got, got_shape, expected, shape):
    says = f"it has the wrong shape: {_shape_of(got_shape)} instead of {_shape_of(shape)}."
    if len(got_shape) == len(shape) == 1 and abs(got.size - expected.size) == 1:
        short, long = sorted((got, expected), key=len)
        if close(question, short, long[1:]).all() or close(question, short, long[:-1]).all():
            more = "one value too many" if got.size > expected.size else "one value is missing"
            return _wrong(question, "off-by-one", f"{more}: look at the first and the last.")
    if not shape and got_shape == (2,) and (got == np.round(got)).all():
        says += " If you meant a decimal, write a point: 0.5, for 0,5 makes two numbers."
    elif got_shape == shape[::-1]:
        says += " Rows and columns have changed places."
    return _wrong(question, "shape", says)


def _slip(question, got, expected):
    """Return (kind, says) of a generic slip, or of none that is known."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = got / expected
    usable = np.isfinite(ratio) & (expected != 0)
    slack = max(question.rtol, 0.003)
    if usable.any() and np.all(got[~usable] == expected[~usable]):
        for kind, factor, units, says in _SLIPS:
            if units and not _unit_fits(question.unit, units):
                continue
            for target in {factor, 1 / factor}:
                if np.allclose(ratio[usable], target, rtol=slack, atol=0):
                    return kind, says
        if np.allclose(got[usable] * expected[usable], 1, rtol=slack, atol=0):
            return "inverse", "It is the inverse (1/x) of the right answer: what divides what?"
    if question.kind == "array" and got.size > 2:
        if close(question, got, expected[::-1]).all():
            return "order", "The values are right, but in reverse order."
        if (
            close(question, got[1:], expected[:-1]).all()
            or close(question, got[:-1], expected[1:]).all()
        ):
            return "off-by-one", "The values are right, but shifted by one place."
        if close(question, np.sort(got), np.sort(expected)).all():
            return "order", "The values are right, but in another order."
    if not np.isfinite(got).all():
        return "infinite", "There is an infinity in it: something is divided by 0."
    return _off(question, got, expected)


def _unit_fits(unit, units):
    parts = unit.replace("(", "").replace(")", "").replace("·", "/").split("/")
    return any(name in unit if "/" in name else name in parts for name in units)


def _off(question, got, expected):
    inside = close(question, got, expected)
    what = "calls" if question.kind == "function" else "values"
    # Within a few tolerances: the method is probably right.
    rtol = 5 * question.rtol if got.size > 1 else max(5 * question.rtol, NEAR)
    near = np.abs(got - expected) <= 5 * question.atol + rtol * np.abs(expected)
    if got.size > 1 and inside.any():
        first = int((~inside).argmax()) + 1
        if near.all():
            says = f"Number {first} is close, but outside the tolerance: "
            return "rounding", says + "give more digits, and round only at the end."
        says = f"{int(inside.sum())} of {got.size} {what} are right"
        more = "." if question.kind == "function" else f"; the first wrong is number {first}."
        return "some-wrong", says + more
    if np.all(np.sign(got) == -np.sign(expected)):
        return "sign", "The sign is wrong, and the size too."
    if near.all():
        return "rounding", "Close, but outside the tolerance: did you round on the way?"
    if np.all(got > expected) or np.all(got < expected):
        return "size", f"It is too {'large' if got[0] > expected[0] else 'small'}."
    compare = "" if question.kind == "function" else "; compare each with its row"
    return "size", f"None of the {got.size} {what} is right{compare}."


def _judge_choice(question, key, described):
    if described["is"] != "choice":
        return _unusable(question, 'write the letter and the number of the reason, like "a1"')
    option, reason = described["option"], described["reason"]
    if option not in question.options or reason not in (*question.reasons, ""):
        says = (
            f"choose a letter from {', '.join(question.options)} "
            f"and a reason from {', '.join(question.reasons)}"
        )
        return _unusable(question, says)
    if option + reason in question.right_pairs:
        return _right(question)
    chosen = question.options[option]
    if chosen != "right":
        return _wrong(
            question,
            chosen.get("kind", "option"),
            chosen["says"],
            chosen.get("misconception", ""),
        )
    if not reason:
        says = "The letter is right; the number of its reason is missing."
        return _wrong(question, "reason", says, share=HALF)
    because = question.reasons[reason]
    if because == "right":  # an accepted option's own reason, mixed up
        because = {"says": "This reason does not belong to this option."}
    says = f"The letter is right, its reason is not. {because['says']}"
    misconception = because.get("misconception", "")
    return _wrong(question, because.get("kind", "reason"), says, misconception, share=HALF)


def _judge_figure(question, key, described):
    if described["is"] != "figure":
        return _unusable(question, "a matplotlib figure is asked for")
    all_axes = described["axes"]
    if len(all_axes) <= question.axes:
        return _unusable(question, f"the figure has {len(all_axes)} axes, too few")
    axes = all_axes[question.axes]
    found = figures.compare_all(question, key["curves"], all_axes)
    if not found.any_data:
        for wrong, wrong_key in zip(question.wrong, key["wrong"], strict=True):
            if figures.same_figure(axes, wrong_key["axes"][question.axes]):
                return _wrong(question, wrong.kind, wrong.says, wrong.misconception)
        if not any(panel["curves"] for panel in all_axes) and any(p.get("drawn") for p in all_axes):
            says = "no check can read what is drawn here; draw it with lines, points or bars"
            return _wrong(question, UNREAD, says)
        says = "; ".join([*found.dressing, figures.nothing_fits(question, key["curves"], axes)])
        return _wrong(question, "figure-data", f"{says}. Without them, labels earn nothing.")
    if not found.dressing and not found.curves:
        return _right(question)
    says = "; ".join([*found.dressing, *found.curves]) + "."
    kind = "figure-data" if found.curves else "figure-labels"
    return _wrong(question, kind, says, share=found.share)


def feedback(question: Question, verdict: Verdict, tries: int) -> str:
    """Return what a learner is told: the kind of wrong, then the hint, then where to read."""
    head = f"Question {question.number}: "
    if verdict.status == "blank":
        return head + verdict.says + "."
    if verdict.status == "pending":
        return f"{head}a person will look at it. {verdict.says}"
    points = f" {verdict.points:g} of {verdict.of:g} points."
    if verdict.status == "right":
        return f"{head}{verdict.says}{'' if verdict.says.endswith('.') else '.'}{points}"
    kind = WRONG_KINDS.get(verdict.kind, "")
    kind = f" ({kind})" if kind else ""
    says = verdict.says[0].upper() + verdict.says[1:] if verdict.says else ""
    says = says if says.endswith((".", "?", ")")) else says + "."
    lead = "partly right" if verdict.status == "partly" else "not right yet"
    lines = [f"{head}{lead}{kind}. {says}{points}"]
    if tries >= 2:
        lines.append(f"Hint: {question.hint}")
    if tries >= 3:
        lines.append(f"Where to read: {question.read}.")
    return "\n".join(lines)
