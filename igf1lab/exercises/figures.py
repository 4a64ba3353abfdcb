"""Compare a described figure with the curves it should hold.

A curve is compared where the learner's points lie: the right one is interpolated there, so any
grid may be used and each point has to be within the stated tolerance. Missing points are left out.
"""

import re
from dataclasses import dataclass, field, replace

import numpy as np

from igf1lab.exercises import labels
from igf1lab.exercises.answers import as_floats
from igf1lab.exercises.questions import LINE_RTOL, Question

CURVES = 2 / 3  # of a figure's points; its labels, title and legend share the rest
ENDS = 0.02  # of its width that a curve may lack at either end
MOST_GROUPS = 12  # that are counted one by one
BESIDE = 0.5  # of the way to the next group that a bar or point may stand beside its own
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
COARSE = 0.02  # of its height by which the lines between its points may leave the right curve


@dataclass
class Comparison:
    """What was found: faults of the curves, what lacks around them, the share of points earned."""

    any_data: bool
    share: float = 0.0
    curves: list[str] = field(default_factory=list)
    dressing: list[str] = field(default_factory=list)


def compare(question: Question, curves: list[dict], axes: dict) -> Comparison:
    """Compare one axes of a figure with the asked curves.

    Heights over names (no line has an ``x``) may stand or lie: the better reading counts.
    """
    upright = _compare(question, curves, axes)
    if any("x" in line for line in question.lines):
        return upright
    return max(upright, _compare(question, curves, _lying(axes)), key=lambda found: found.share)


def compare_all(question: Question, curves: list[dict], panels: list[dict]) -> Comparison:
    """Compare a figure: its asked panel, else another one, else all panels together."""
    asked = panels[question.axes]
    others = [panel for panel in panels[:12] if panel is not asked]
    readings = [asked, *others, *([_side_by_side(panels)] if others else [])]
    found = (compare(question, curves, axes) for axes in readings)
    return max(found, key=lambda comparison: comparison.share)


def _side_by_side(panels):
    words = ("title", "xlabel", "ylabel")
    return {
        **{word: " ".join(filter(None, (p[word] for p in panels))) for word in words},
        "legend": any(panel["legend"] for panel in panels),
        "curves": [curve for panel in panels[:12] for curve in panel["curves"]],
    }


def _lying(axes):
    curves = []
    for curve in axes["curves"]:
        turned = curve | {"x": curve["y"], "y": curve["x"]}
        # They are read in the order of their places: from below, or as a table from above.
        order = np.argsort(as_floats(turned["x"]), kind="stable")
        curves += [_reordered(turned, order), _reordered(turned, order[::-1])]
    return axes | {"curves": curves, "xlabel": axes["ylabel"], "ylabel": axes["xlabel"]}


def _reordered(curve, order):
    each = [part for part in ("x", "y", "names") if len(curve.get(part, [])) == len(order)]
    return curve | {part: [curve[part][n] for n in order] for part in each}


def _in_asked_order(line, drawn):
    """Return a curve's points in the order of the asked names, if its ticks name each of them."""
    asked = {str(n): words for n, words in enumerate(line.get("names", []))}
    borne = [labels.whose(text, asked) for text in drawn.get("names", [])]
    if not asked or sorted(map(sorted, borne)) != [[name] for name in sorted(asked)]:
        return drawn
    return _reordered(drawn, [borne.index({name}) for name in asked])


def _compare(question, curves, axes):
    fits = [
        [
            drawn
            for drawn in [*axes["curves"], *([] if curve["x"] else _in_pieces(axes, curve))]
            if _same_curve(line, drawn, curve)
        ]
        for line, curve in zip(question.lines, curves, strict=True)
    ]
    dressing, asked = _lacks_around(question, axes)
    # A level (a line with a single height) is no data: drawn alone, it earns nothing.
    if not any(fit and len(curve["y"]) > 1 for fit, curve in zip(fits, curves, strict=True)):
        return Comparison(False, dressing=dressing)
    faults = _faults(question, fits)
    weight = CURVES if asked else 1.0
    share = weight * (1 - len(faults) / len(question.lines))
    share += (1 - weight) * (1 - len(dressing) / max(asked, 1))
    return Comparison(True, share, faults, dressing)


def nothing_fits(question: Question, curves: list[dict], axes: dict) -> str:
    """Return the sentence for a figure that holds none of the asked curves."""
    nameless = [{key: line[key] for key in line if key != "names"} for line in question.lines]
    told_apart = nameless != question.lines
    if told_apart and compare(replace(question, lines=nameless), curves, axes).any_data:
        return "the asked heights are there, but over each other's names"
    if not any("x" in line for line in question.lines):
        return "no bars or points with the asked heights were found"
    names = ", ".join(line["name"] for line in question.lines)
    return f"no curves or points with the asked values were found (asked: {names})"


def same_figure(axes: dict, wrong_axes: dict) -> bool:
    """Return whether every curve of a usual wrong figure is there, whatever it is called."""
    curves = wrong_axes["curves"]
    return bool(curves) and all(
        any(_same_curve({}, drawn, curve) for drawn in axes["curves"]) for curve in curves
    )


# --- names ------------------------------------------------------------------------------------


def _faults(question, fits):
    """Return a sentence for each line that is not there, or only under a name not its own."""
    lines, faults, taken = question.lines, [], {}
    names = {line["name"]: line["label"] for line in lines if "label" in line}
    for line, fit in zip(lines, fits, strict=True):
        wrong = [_other_name(line, drawn, names) for drawn in fit]
        usable = [drawn for drawn, other in zip(fit, wrong, strict=True) if not other]
        free = [d for d in usable if not question.legend or _called(d) not in taken]
        if not fit:
            faults.append(f"the line of {line['name']} is missing or not right")
        elif not usable:
            faults.append(f"the curve labelled {wrong[0]} holds the values of {line['name']}")
        elif not free:
            called = usable[0]["label"]
            other = taken[_called(usable[0])]
            faults.append(f"two curves are called {called!r}: {other} and {line['name']}")
        else:
            # A curve without a name is nobody's; an unnamed twin leaves a name to others.
            best = min(free, key=lambda drawn: _called(drawn) is None)
            if _called(best) is not None:
                taken[_called(best)] = line["name"]
    return faults


def _called(drawn):
    return labels.plain(drawn.get("label", "")) or None


def _other_name(line, drawn, names):
    """Return the name of another line that a curve bears in place of its own."""
    borne = labels.whose(drawn.get("label", ""), names)
    if line["name"] not in names or line["name"] in borne:
        return ""
    return next((name for name in names if name in borne), "")


def _lacks_around(question, axes):
    """Return what is missing around the curves, and how many things were asked for there."""
    lacks, asked = [], 0
    for name in ("xlabel", "ylabel"):
        words = getattr(question, name)
        if words:
            asked += 1
            gone = [_in_words(w) for w in words if not labels.says(axes[name], w)]
            if gone:
                lacks.append(f"the {name[0]} label does not say {', nor '.join(gone)}")
    for wanted, name in ((question.figure_title, "title"), (question.legend, "legend")):
        if wanted:
            asked += 1
            if not axes[name]:
                lacks.append(f"there is no {name}")
    return lacks, asked


def _in_words(term):
    return " or ".join(word.rstrip("*") + "…" * word.endswith("*") for word in term.split("|"))


# --- values -----------------------------------------------------------------------------------


def _same_curve(line, drawn, curve):
    """Return whether a drawn curve is the asked one, within the line's tolerance."""
    counted = _places_from_names(drawn) if curve["x"] else None
    if counted is not None and _same_curve(line, counted, curve):
        return True
    x, y = _present(_in_asked_order(line, drawn))
    right_x, right_y = _present(curve)
    rtol, atol = line.get("rtol", LINE_RTOL), line.get("atol", 0.0)
    # Where a curve crosses zero, a tenth of the tolerance of its height is close enough.
    floor = atol or 0.1 * rtol * np.max(np.abs(right_y), initial=0.0)

    def near(got, right, slack=floor):
        return bool(np.all(np.abs(got - right) <= (slack + rtol * np.abs(right)) * (1 + 1e-9)))

    if not right_y.size:
        return False
    if right_y.size == 1 and not curve["x"]:  # a level: every height of the line is its own
        return y.size > 1 and near(y, np.full(y.size, right_y[0]))
    if not curve["x"]:
        return y.size == right_y.size and near(y, right_y)
    width = 0.1 * rtol * np.max(np.abs(right_x), initial=0.0)
    x = _undodged(x, right_x)
    for order in (slice(None), np.argsort(x, kind="stable"), np.lexsort((x, y))):
        same = y.size == right_y.size and near(y[order], right_y)
        if same and near(x[order], right_x, atol or width):
            return True
    return _on_another_grid(x, y, right_x, right_y, near, rtol)


def _undodged(x, right_x):
    """Return places moved back where all stand beside groups that are counted one by one."""
    counted = (
        1 < right_x.size <= MOST_GROUPS
        and np.all(right_x == np.round(right_x))
        and np.all(np.diff(right_x) == 1)
    )
    if not counted or x.size != right_x.size:
        return x
    aside = np.sort(x) - right_x
    return x - aside[0] if np.ptp(aside) < 1e-6 and abs(aside[0]) < BESIDE else x


def _in_pieces(axes, curve):
    """Return what several curves make together if they have as many points as the asked one."""
    pieces = [drawn for drawn in axes["curves"] if 1 < len(drawn["y"]) < len(curve["y"])]
    points = {(x, y) for piece in pieces for x, y in zip(piece["x"], piece["y"], strict=True)}
    if len(points) != len(curve["y"]) or len({x for x, _ in points}) != len(points):
        return []
    x, y = zip(*sorted(points, key=lambda point: float(point[0])), strict=True)
    return [{"x": list(x), "y": list(y), "label": ""}]


def _places_from_names(drawn):
    """Return a curve with the numbers that its ticks say ("Q1", "2nd") for places; None if none."""
    numbers = [_NUMBER.findall(name) for name in drawn.get("names", [])]
    if numbers and not any(numbers):
        # In words only ("lowest"): places are counted, not from 0 as they are drawn.
        numbers = [[place + 1] for place in as_floats(drawn["x"])]
    if not numbers or any(len(found) != 1 for found in numbers):
        return None
    places = [float(number) for (number,) in numbers]
    if len(places) != len(drawn["y"]) or len(set(places)) != len(places):
        return None
    return {key: drawn[key] for key in drawn if key != "names"} | {"x": places}


def _present(curve):
    """Return the x and y of a curve where neither is missing; x may be absent altogether."""
    y = as_floats(curve["y"])
    x = as_floats(curve["x"]) if len(curve["x"]) == y.size else np.zeros(y.size)
    there = np.isfinite(x) & np.isfinite(y)
    return x[there], y[there]


def _on_another_grid(x, y, right_x, right_y, near, rtol):
    """Compare each drawn point with the right curve at its place, and the way between them."""
    from scipy.interpolate import Akima1DInterpolator  # half a second that only a figure costs

    order = np.argsort(x, kind="stable")
    x, y = x[order], y[order]
    if x.size < 3 or right_x.size < 5 or np.any(np.diff(x) <= 0) or np.any(np.diff(right_x) <= 0):
        return False
    first, last = right_x[0], right_x[-1]
    spare = ENDS * (last - first)
    if x[0] > first + spare or x[-1] < last - spare:
        return False
    inside = (x >= first) & (x <= last)
    height = np.max(np.abs(right_y), initial=0.0)
    between = Akima1DInterpolator(right_x, right_y, method="makima")(x[inside])
    # What two ways to interpolate differ by is not known better; a quarter of the tolerance at most.
    doubt = np.abs(between - np.interp(x[inside], right_x, right_y))
    if not near(y[inside], between, 0.1 * rtol * height + np.minimum(doubt, 0.25 * rtol * height)):
        return False
    way = np.abs(np.interp(right_x, x, y) - right_y)
    return bool(np.all(way <= (rtol + COARSE) * height))
