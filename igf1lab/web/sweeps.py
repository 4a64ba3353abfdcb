"""Sweep files: what an explorer shows along every slider, for pages without a kernel.

From the start and from each scenario, each slider is run over all of its stops. One file an
explorer holds these rows; ``igf1lab/page/rows.js`` reads it. Within the gzip lie, in this order:

1. length of the header in bytes (unsigned 32 bits, little-endian), then the header, JSON:
   ``part`` and ``key`` (what :func:`igf1lab.lesson.rows.exploration` takes), ``sizes`` (stops of
   each slider), ``anchors`` (states from which the sweeps go), ``curves`` (points, and for x,
   where it moves, and y the axis: low, high, whether logarithmic), ``numbers`` (how many);
2. the curves as steps of 1/4000 of the axis: less the row before, then less the point before,
   the sign in the lowest bit; all low bytes, then all high bytes;
3. the numbers of the table, 32-bit floats, number after number; all first bytes, then all second …;
4. the sentences, one a line.

Rows come in the order of :meth:`~igf1lab.lesson.rows.Exploration.sweep_states` from each anchor
in turn; a state stands once, where it comes first.
"""

import gzip
import json
import struct
from importlib import import_module

import numpy as np

from igf1lab.lesson.lesson import LESSONS
from igf1lab.lesson.rows import Exploration, exploration, xy
from igf1lab.lesson.style import course_style

STEPS = 4000  # of an axis: finer than a pixel of any screen


def explorers() -> list[tuple[str, str]]:
    """Every explorer of the course, as its part and its key there."""
    parts = [lesson[3:] for lesson in LESSONS]
    return [
        (part, key)
        for part in parts
        for key in import_module(f"igf1lab.lesson.parts.{part}").EXPLORERS
    ]


def anchors(found: Exploration) -> list[list[int]]:
    """The states from which sweeps go: the start, then each scenario."""
    settings = [{}, *found.scenarios.values()]
    return [found.indices(found.settings(**each)) for each in settings]


def states(found: Exploration) -> list[tuple[int, ...]]:
    """The state of each row of the file, in its order."""
    return list(
        dict.fromkeys(tuple(s) for anchor in anchors(found) for s in found.sweep_states(anchor))
    )


def encode(part: str, key: str, found: Exploration | None = None) -> bytes:
    """Compute the sweeps of one explorer and return its file.

    Parameters
    ----------
    part, key : str
        Where the worker finds it.
    found : Exploration, optional
        What is swept, if not that one.
    """
    found = found or exploration(part, key)
    with course_style():
        _, artists = found.draw()
    views = [
        found.view(**{s.name: s.values[i] for s, i in zip(found.sliders, state, strict=True)})
        for state in states(found)
    ]
    columns, curves = [], []
    for name, (points, moving) in found.curves.items():
        axes = artists[name].axes
        x_axis = _axis(axes.get_xlim(), axes.get_xscale()) if moving else None
        y_axis = _axis(axes.get_ylim(), axes.get_yscale())
        curves.append({"n": points, "x": x_axis, "y": y_axis})
        for which, axis in enumerate((x_axis, y_axis)):
            if axis:
                columns.append(_steps([xy(v.curves[name])[which] for v in views], axis))
    header = {
        "part": part,
        "key": key,
        "sizes": [len(s.values) for s in found.sliders],
        "anchors": anchors(found),
        "curves": curves,
        "numbers": len(views[0].numbers),
    }
    head = json.dumps(header, separators=(",", ":")).encode()
    steps = np.concatenate(columns, axis=1)
    for axis in (0, 1):  # less the row before, then less the point before
        steps = np.diff(steps, axis=axis, prepend=0)
    zigzag = ((steps << 1) ^ (steps >> 31)).astype("<u2")
    numbers = np.array([[value for value, _ in v.numbers.values()] for v in views], "<f4")
    sentences = [v.sentence for v in views]
    if any("\n" in sentence for sentence in sentences):
        raise ValueError(f"explorer {key} of {part}: a sentence has more than one line")
    content = (
        struct.pack("<I", len(head)),
        head,
        _planes(zigzag),
        _planes(numbers.T),
        "\n".join(sentences).encode(),
    )
    return gzip.compress(b"".join(content), 9, mtime=0)


def _axis(limits, scale: str) -> list:
    return [float(limits[0]), float(limits[1]), scale == "log"]


def _steps(values, axis) -> np.ndarray:
    low, high, log = axis
    values = np.asarray(values, float)
    if log:
        values, low, high = np.log10(values), np.log10(low), np.log10(high)
    return np.rint((values - low) / (high - low) * STEPS).astype(np.int32)


def _planes(array: np.ndarray) -> bytes:
    """Bytes of an array: the first of every element, then the second of every element, and so on."""
    return np.ascontiguousarray(array).view(np.uint8).reshape(-1, array.itemsize).T.tobytes()
