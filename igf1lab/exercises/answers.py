"""What a learner's answer is, as plain data: the one form that judging, sandbox and marks share.

``describe`` turns any Python object into a *description*, a small dict of JSON types. It never
raises, whatever it is given. Descriptions are what leaves a student's process; they are judged
elsewhere.
"""

import contextlib
import inspect
import math
import re
import unicodedata
from collections.abc import Sequence, ValuesView

import numpy as np

MOST_VALUES = 20_000
MOST_TEXT = 2_000
MOST_CURVES = 60  # lines, and as many scatters and sets of bars, of one axes
MOST_NAMES = 40  # of a figure's points, as its ticks call them
NOTHING_BACK = (
    "Your function runs but gives nothing back. "
    "Its last line must begin with `return` (not `print`)."
)


def describe(answer, kind: str, calls=None) -> dict:
    """Describe an answer of a question of one kind.

    Parameters
    ----------
    answer : object
        Anything at all.
    kind : {"number", "array", "function", "choice_with_reason", "figure"}
    calls : list of list, optional
        Argument lists a function is called with, positionally.

    Returns
    -------
    dict
        ``{"is": ...}`` with one of ``blank``, ``values``, ``choice``, ``figure``, ``calls`` or
        ``odd`` (a sentence in ``says`` tells what was found instead). ``read`` says how an answer
        that was plainly meant was read, see ``READ_AS``.
    """
    try:
        if is_blank(answer):
            return {"is": "blank"}
        if kind == "function":
            return _describe_function(answer, calls or [])
        describers = {"choice_with_reason": _describe_choice, "figure": _describe_figure}
        describer, read = describers.get(kind, _describe_values), {}
        if callable(answer) and not isinstance(answer, type):
            with contextlib.suppress(Exception):  # it needs arguments: then it is no answer
                answer, read = answer(), {"read": "call"}
        return describer(answer) | read
    except Exception as error:
        return odd(f"it could not be read ({type(error).__name__})")


def describe_name(namespace: dict, expression: str, kind: str, calls=None) -> dict:
    """Evaluate ``expression`` (usually a variable's name) in ``namespace`` and describe it.

    A name that does not exist gives ``{"is": "missing"}``; any other failure is ``odd``.
    """
    try:
        answer = eval(expression, namespace)
    except NameError:
        return {"is": "missing"}
    except Exception as error:
        return odd(f"it stopped with {type(error).__name__}: {error}")
    return describe(answer, kind, calls)


def odd(says: str) -> dict:
    """Return the description of something that cannot be an answer."""
    return {"is": "odd", "says": says[:MOST_TEXT]}


READ_AS = {
    "text": "It was read out of a text: write the number without quotes or unit.",
    "text, comma": "It was read out of a text: write the number without quotes, and with a point: 0.5.",
    "call": "A function stands there; it was called for you. Put brackets behind it.",
    "words": "The words beside the values were left out: the values alone are asked for.",
    "beside": "The first of the two columns was left out: the values alone are asked for.",
    "comma": "It was read with a decimal comma: write a point: 0.5, for 0,5 makes two numbers.",
}
# One number, perhaps with a sign before it and a unit behind it.
_NUMBER_IN_TEXT = re.compile(
    r"[\s=≈~]*([-+\N{MINUS SIGN}]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][-+]?\d+)?)\s*\D*"
)
_THOUSAND = re.compile(r"\D?\d{1,3},\d{3}")  # or a decimal comma: nobody can tell
_TYPES = "NoneType|int|float|str|list|tuple|dict|set|ndarray|Line2D|Figure|Axes|DataFrame|Series"
_OWN_WORDS = [
    "it is None; a line is missing, or a function has no return",
    "it is True or False, not a number",
    "it is text; write the number without quotes or unit",
    "it is text; write the number without quotes or unit, and with a point: 0.5",
    "it is a generator; put list(...) around it",
    "it can be read only once (a map or a zip); put list(...) around it",
    "it is a function; call it, with brackets, to get its value",
    "its rows have different lengths",
    "it holds True and False, not numbers",
    "a function is asked for, with def or lambda; it is None",
    "a blank (`...`) is still open",
    'write the letter and the number of the reason together, like "a1"',
    "it ran longer than it may",
    NOTHING_BACK,
]
_OF_TYPE = re.compile(
    r"(a function is asked for, with def or lambda; this|it|a matplotlib figure is asked for "
    rf"\(the fig of fig, ax = plt.subplots\(\)\); this) is of type ({_TYPES})"
)


def own_words(says: str) -> str:
    """Return what is said of an odd answer if the words are this module's own, else ""."""
    return says if says in _OWN_WORDS or _OF_TYPE.fullmatch(says) else ""


def is_blank(answer) -> bool:
    """Return whether ``...`` still stands in the answer, alone or inside a list, tuple or dict."""
    if answer is Ellipsis:
        return True
    if isinstance(answer, dict):
        answer = list(answer.values())
    if isinstance(answer, list | tuple):
        return any(item is Ellipsis or is_blank(item) for item in answer[:MOST_VALUES])
    return False


def _kind_of_thing(answer) -> str:
    if answer is None:
        return "it is None; a line is missing, or a function has no return"
    if isinstance(answer, bool | np.bool_):
        return "it is True or False, not a number"
    if isinstance(answer, str | bytes):
        point = ", and with a point: 0.5" if re.search(r"\d,\d", str(answer)) else ""
        return f"it is text; write the number without quotes or unit{point}"
    if isinstance(answer, type):
        return f"it is a class ({answer.__name__}), not a value"
    if inspect.isgenerator(answer):
        return "it is a generator; put list(...) around it"
    if hasattr(answer, "__next__"):
        return "it can be read only once (a map or a zip); put list(...) around it"
    if callable(answer):
        return "it is a function; call it, with brackets, to get its value"
    return f"it is of type {type(answer).__name__}"


def _describe_values(answer) -> dict:
    if isinstance(answer, dict):
        answer = answer.values()
    if isinstance(answer, ValuesView) or (isinstance(answer, set) and len(answer) == 1):
        answer = list(answer)
    refused = (bool, np.bool_, bytes, type)
    if answer is None or isinstance(answer, refused) or hasattr(answer, "__next__"):
        return odd(_kind_of_thing(answer))
    answer, read = _values_alone(answer)
    try:
        array = np.asarray(answer)
    except ValueError:
        return odd("its rows have different lengths")
    if array.size > MOST_VALUES:
        return odd(f"it has {array.size} values, far too many")
    if array.dtype.kind == "c" and not array.imag.any():  # as solvers of equations give them
        array = array.real
    if array.dtype.kind in "US":
        found = [_NUMBER_IN_TEXT.fullmatch(str(text)[:200]) for text in array.ravel().tolist()]
        if not found or not all(found) or any(_THOUSAND.fullmatch(match[1]) for match in found):
            return odd(_kind_of_thing(" ".join(map(str, array.ravel()[:MOST_NAMES]))))
        numbers = [match[1].replace(",", ".").replace("\N{MINUS SIGN}", "-") for match in found]
        array = np.array(numbers, dtype=float).reshape(array.shape)
        read = {"read": "text, comma" if any("," in match[1] for match in found) else "text"}
    if array.dtype.kind == "O":
        try:
            array = array.astype(float)
        except (TypeError, ValueError):
            return odd(_kind_of_thing(answer))
    if array.dtype.kind == "b":
        return odd("it holds True and False, not numbers")
    if array.dtype.kind not in "iuf":
        return odd(f"its values are of type {array.dtype}, not real numbers")
    values = [_plain(value) for value in array.astype(float).ravel().tolist()]
    return {"is": "values", "shape": list(array.shape), "values": values} | read


def _values_alone(answer):
    """Return an answer without the names and units beside its numbers, and how it was read."""
    if hasattr(answer, "select_dtypes"):  # a table of pandas
        numbers = answer.select_dtypes("number")
        left_out = 0 < numbers.shape[1] < answer.shape[1]
        return (numbers, {"read": "words"}) if left_out else (answer, {})
    if not isinstance(answer, list | tuple) or len(answer) > MOST_VALUES:
        return answer, {}
    rows = [list(row.values()) if isinstance(row, dict) else row for row in answer]
    rows = [_numbers_of(row) if isinstance(row, list | tuple) else row for row in rows]
    alone = _numbers_of(rows)
    same = len(alone) == len(answer) and all(map(_as_long, alone, answer))
    return alone, {} if same else {"read": "words"}


def _as_long(row, before):
    return not isinstance(row, list | tuple) or len(row) == len(before)


def _numbers_of(row):
    """Return what of a row is no mere word, if there is any."""
    numbers = [v for v in row if not isinstance(v, str) or _NUMBER_IN_TEXT.fullmatch(v[:200])]
    return numbers or row


def _plain(value: float) -> float | str:
    return value if math.isfinite(value) else str(value)


def as_floats(values) -> np.ndarray:
    """Return the ``values`` of a description as a flat float array (NaN and inf restored)."""
    return np.array([float(value) for value in values], dtype=float)


def _describe_function(answer, calls) -> dict:
    if not callable(answer) or isinstance(answer, type):
        return odd(
            "a function is asked for, with def or lambda; "
            + ("it is None" if answer is None else f"this is of type {type(answer).__name__}")
        )
    returned = [_describe_call(answer, arguments) for arguments in calls]
    if returned and all(item == {"is": "blank"} for item in returned):
        return {"is": "blank"}
    return {"is": "calls", "returned": returned}


def _describe_call(function, arguments) -> dict:
    try:
        value = function(*arguments)
    except Exception as error:
        if "ellipsis" in str(error) and isinstance(error, TypeError):  # it met an open `...`
            return {"is": "blank"}
        return {"is": "error", "says": f"{type(error).__name__}: {error}"[:300]}
    if value is None:
        return odd(NOTHING_BACK)
    if is_blank(value):
        return {"is": "blank"}
    return _describe_values(value)


_FILLERS = {
    "answer",
    "option",
    "choice",
    "letter",
    "because",
    "reason",
    "number",
    "and",
    "no",
    "nr",
}
_FILLERS |= {"antwort", "weil", "grund", "und", "nummer", "porque", "parce", "que", "et", "y"}


def _describe_choice(answer) -> dict:
    """Read a letter and the number of a reason, however they stand together."""
    text = unicodedata.normalize("NFKC", " ".join(_texts(answer))).casefold()  # b₂, ｂ２
    words = re.findall(r"[^\W\d_]+|\d+", text)
    words = [word for word in words if word not in _FILLERS or len(word) == 1]
    first, rest = words[:2], words[2:]
    options = [word for word in first if re.fullmatch("[a-z]", word)]
    reasons = [word for word in first if re.fullmatch(r"\d{1,2}", word)]
    # What follows may explain the choice, but not make another one.
    hedged = any(word.isdigit() for word in rest)
    if len(options) == 1 and len(options) + len(reasons) == len(first) and not hedged:
        return {"is": "choice", "option": options[0], "reason": reasons[0] if reasons else ""}
    return odd('write the letter and the number of the reason together, like "a1"')


def _texts(answer) -> list[str]:
    """Return the pieces of a choice as text; whole numbers as such."""
    if isinstance(answer, dict):
        named = [answer[name] for name in ("choice", "reason") if name in answer]
        answer = named or [piece for pair in answer.items() for piece in pair]
    if isinstance(answer, list | tuple | set | np.ndarray):
        return [text for piece in list(answer)[:4] for text in _texts(piece)]
    if isinstance(answer, float | np.floating) and float(answer).is_integer():
        return [str(int(answer))]
    return (
        [str(answer)[:MOST_TEXT]] if isinstance(answer, str | int | np.integer) else ["unreadable"]
    )


def _figure_of(answer, depth=2):
    """Return the figure that an answer is, holds, or is a part of; else the answer."""
    if isinstance(answer, Sequence | np.ndarray) and not isinstance(answer, str) and depth:
        pieces = answer.ravel() if isinstance(answer, np.ndarray) else answer
        found = [_figure_of(piece, depth - 1) for piece in pieces[:40]]
        return next((piece for piece in found if hasattr(piece, "savefig")), answer)
    if hasattr(answer, "get_figure"):
        return answer.get_figure() or answer
    figure = getattr(answer, "figure", None)  # of seaborn's grids
    return figure if hasattr(figure, "savefig") else answer


def _describe_figure(answer) -> dict:
    answer = _figure_of(answer)
    all_axes = getattr(answer, "axes", None)
    if not isinstance(all_axes, list) or not hasattr(answer, "savefig"):
        return odd(
            "a matplotlib figure is asked for (the fig of fig, ax = plt.subplots()); "
            f"this is of type {type(answer).__name__}"
        )
    return {"is": "figure", "axes": [_describe_panel(panel) for panel in _panels(all_axes[:12])]}


def _panels(all_axes):
    """Return the axes that lie over each other together: twins make one picture."""
    panels = {}
    for axes in all_axes:
        panels.setdefault(axes.get_position(original=True).bounds, []).append(axes)
    return panels.values()


def _describe_panel(panel) -> dict:
    """Describe the axes of one place, with what stands around all of the figure."""
    around = {
        id(f): f for axes in panel for f in (axes.figure, axes.get_figure(root=True))
    }.values()
    legends = [axes.get_legend() for axes in panel] + [x for f in around for x in f.legends]
    legends += [x for axes in panel for x in axes.artists if hasattr(x, "legend_handles")]
    names = _legend_names([legend for legend in legends if legend is not None])
    curves = [curve for axes in panel for curve in _curves_of(axes, names)]
    titles = [axes.get_title(side) for axes in panel for side in ("left", "center", "right")]
    words = {
        "title": [*titles, *(f.get_suptitle() for f in around)],
        "xlabel": [axes.get_xlabel() for axes in panel] + [f.get_supxlabel() for f in around],
        "ylabel": [axes.get_ylabel() for axes in panel] + [f.get_supylabel() for f in around],
    }
    words = {name: " ".join(dict.fromkeys(filter(None, said))) for name, said in words.items()}
    return {
        **{name: said[:MOST_TEXT] for name, said in words.items()},
        "legend": any(legend is not None for legend in legends),
        "drawn": any(axes.has_data() for axes in panel),
        "curves": curves,
    }


def _curves_of(axes, names) -> list[dict]:
    """Return every curve of one axes, and what single points and bars make together."""
    # As drawn, not as given: text categories become places.
    curves, loose = [], []
    for line in axes.get_lines()[:MOST_CURVES]:
        curves.append(_curve(*line.get_data(orig=False), _label(line, names)))
        if curves[-1] and len(curves[-1]["x"]) == 1:
            loose += _points(curves[-1], [_colour(line)])
    for points in axes.collections[:MOST_CURVES]:
        if hasattr(points, "get_segments"):  # hlines and its kin, alone and by their ends
            segments = [s for s in points.get_segments()[:MOST_NAMES] if len(s)]
            curves += [_curve(*segment.T) for segment in segments[:10]]
            curves.append(_curve(*np.transpose([s[-1] for s in segments]), _label(points, names)))
            continue
        offsets = np.ma.filled(np.asarray(points.get_offsets(), dtype=float), np.nan)
        placed = points.get_offset_transform().contains_branch(axes.transData)  # areas are not
        if placed and offsets.ndim == 2 and len(offsets):
            curves.append(_curve(offsets[:, 0], offsets[:, 1], _label(points, names)))
            points.update_scalarmappable()
            colours = list(map(_hex, points.get_facecolor()))
            if len(offsets) == 1 or len(set(colours)) > 1:
                loose += _points(curves[-1], colours)
    curves += _together(loose, names)
    tops = []
    for bars in axes.containers[:MOST_CURVES]:
        if all(hasattr(bar, "get_height") for bar in bars):
            lie = getattr(bars, "orientation", "vertical") == "horizontal"
            ends = [_end_of_bar(bar, lie) for bar in bars]
            curves.append(_curve(*np.transpose(ends), _label(bars, names)) if ends else None)
            tops += ends
    if tops:
        curves.append(_curve(*np.transpose(sorted(tops))))
    for steps in axes.patches[:MOST_CURVES]:
        if hasattr(steps, "get_data"):  # of stairs
            heights, edges, _ = steps.get_data()
            curves.append(_curve((edges[:-1] + edges[1:]) / 2, heights, _label(steps, names)))
    curves = [curve for curve in curves if curve is not None]
    _name_points(axes, curves)
    return curves


def _points(curve, colours):
    """Return each point of a curve as (x, y, colour, label); none if there are too many to be drawn singly."""
    if curve is None or len(curve["x"]) > MOST_NAMES:
        return []
    if len(colours) != len(curve["x"]):
        colours = colours[:1] * len(curve["x"])
    pairs = zip(as_floats(curve["x"]).tolist(), as_floats(curve["y"]).tolist(), strict=True)
    return [(x, y, colour, curve["label"]) for (x, y), colour in zip(pairs, colours, strict=False)]


def _together(loose, names):
    """Return what points drawn one by one make together: all of them, and those of each colour."""
    groups = {colour: [] for _, _, colour, _ in loose}
    for point in loose:
        groups[point[2]].append(point)
    made = []
    for colour, points in [(None, loose), *(groups.items() if len(groups) > 1 else ())]:
        if len(points) > 1:
            labels = [label for _, _, _, label in points if label] if colour else []
            label = (labels or [names.get(colour, "")])[0]
            made.append(_curve(*np.transpose(sorted((x, y) for x, y, _, _ in points)), label))
    return made


def _name_points(axes, curves):
    """Add to each curve what the ticks below (else beside) its points call them, if they do."""
    # Only ever reached with a figure, so matplotlib is there.
    from matplotlib.category import StrCategoryFormatter
    from matplotlib.ticker import FixedFormatter, FuncFormatter

    for letter, axis in (("y", axes.yaxis), ("x", axes.xaxis)):
        naming = (StrCategoryFormatter, FixedFormatter, FuncFormatter)
        if not isinstance(axis.get_major_formatter(), naming):
            continue
        places = np.asarray(axis.get_majorticklocs(), dtype=float)[:MOST_NAMES]
        names = [text[:200] for text in axis.get_major_formatter().format_ticks(places)]
        for curve in curves:
            points = as_floats(curve[letter][:MOST_NAMES])
            if names and len(points) == len(curve[letter]) and np.isfinite(points).all():
                curve["names"] = [names[np.argmin(np.abs(places - point))] for point in points]


def _end_of_bar(bar, lies):
    if lies:
        return bar.get_x() + bar.get_width(), bar.get_y() + bar.get_height() / 2
    return bar.get_x() + bar.get_width() / 2, bar.get_y() + bar.get_height()


def _legend_names(legends) -> dict:
    """Return the texts of legends by the colour of what they stand for, if that tells them apart."""
    names, count = {}, 0
    for legend in legends:
        texts = [text.get_text() for text in legend.get_texts()]
        names |= dict(zip(map(_colour, legend.legend_handles), texts, strict=False))
        count += len(texts)
    return names if len(names) == count and None not in names else {}


def _colour(artist) -> str | None:
    for name in ("get_color", "get_facecolor"):
        if hasattr(artist, name):
            colour = getattr(artist, name)()
            # As given: what is drawn in "C0" is another artist than the first of the cycle.
            return colour if isinstance(colour, str) else _hex(colour)
    return None


def _hex(colour) -> str | None:
    from matplotlib.colors import to_hex, to_rgba_array

    each = to_rgba_array(colour)
    return to_hex(each[0]) if len(each) else None


def _label(artist, names: dict) -> str:
    """Return the name of a curve: its own label, else the one that the legend gives it."""
    label = str(artist.get_label() or "_")
    if label.startswith("_"):
        label = names.get(_colour(artist), "")
    return "" if label.startswith("_") else label[:200]


def _curve(x, y, label: str = "") -> dict | None:
    try:
        x, y = (
            np.ma.filled(np.asarray(x, float), np.nan),
            np.ma.filled(np.asarray(y, float), np.nan),
        )
    except (TypeError, ValueError):
        return None
    if x.size != y.size or not 0 < x.size <= MOST_VALUES:
        return None
    return {
        "x": [_plain(value) for value in x.ravel().tolist()],
        "y": [_plain(value) for value in y.ravel().tolist()],
        "label": label,
    }
