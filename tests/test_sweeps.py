"""Sweep files: what the page reads from them is what the model gives, for every explorer."""

import json
from base64 import b64decode, b64encode
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import nodes
from igf1lab.lesson.rows import Exploration, exploration, xy
from igf1lab.lesson.style import course_style
from igf1lab.page import FOLDER
from igf1lab.web import sweeps

READ = f"""
import {{ readSweeps }} from {json.dumps((FOLDER / "rows.js").as_uri())};
const {{ file, states }} = JSON.parse(await new Response(process.stdin).text());
const sheet = await readSweeps(Buffer.from(file, "base64"));
console.log(JSON.stringify(states.map((at) => {{
  const row = sheet.find(at);
  return row && {{ ...row, data: Buffer.from(row.data.buffer).toString("base64") }};
}})));
"""


def read(file, states):
    """Rows of a file as the page reads them; None for a state that it does not hold."""
    given = {"file": b64encode(file).decode(), "states": states}
    return json.loads(nodes.run("--input-type=module", "--eval", READ, given=given))


def thinned(found: Exploration) -> Exploration:
    """The same exploration with few stops: the ends, the start and what its scenarios name."""
    sliders = []
    for slider in found.sliders:
        named = {s[slider.name] for s in found.scenarios.values() if slider.name in s}
        kept = {0, len(slider.values) - 1, *map(slider.index, (slider.start, *named))}
        sliders.append(replace(slider, values=tuple(slider.values[i] for i in sorted(kept))))
    changes = {"name": found.name, "title": found.title, "view": found._view, "draw": found.draw}
    return Exploration(**changes, sliders=sliders, scenarios=found.scenarios)


def axes_of(found):
    """For each value of a row in turn, the axis on which it lies: low, high, whether logarithmic."""
    with course_style():
        _, artists = found.draw()
    for name, (points, moving) in found.curves.items():
        axes = artists[name].axes
        x_axis = (*axes.get_xlim(), axes.get_xscale() == "log")
        y_axis = (*axes.get_ylim(), axes.get_yscale() == "log")
        for axis in (x_axis, y_axis) if moving else (y_axis,):
            yield from [axis] * points


@pytest.mark.parametrize(("part", "key"), sweeps.explorers())
def test_the_page_reads_what_the_model_gives(part, key):
    found = thinned(exploration(part, key))
    states = sweeps.states(found)
    rows = read(sweeps.encode(part, key, found), states)
    low, high, log = map(np.array, zip(*axes_of(found), strict=True))
    for state, row in zip(states, rows, strict=True):
        shown = found.view(
            **{s.name: s.values[i] for s, i in zip(found.sliders, state, strict=True)}
        )
        assert row["sentence"] == shown.sentence
        numbers = [value for value, _ in shown.numbers.values()]
        np.testing.assert_allclose(row["numbers"], numbers, rtol=6e-7)
        true = [part for curve in shown.curves.values() for part in xy(curve) if part is not None]
        true = np.concatenate([np.asarray(part, float) for part in true])
        got = np.frombuffer(b64decode(row["data"]), np.float32).astype(float)
        with np.errstate(invalid="ignore", divide="ignore"):
            places = [np.where(log, np.log10(v), v) for v in (true, got, low, high)]
        true, got, bottom, top = places
        assert np.max(np.abs(got - true) / np.abs(top - bottom)) < 1 / sweeps.STEPS


def test_a_state_off_the_sweeps_is_not_held():
    part, key = "start_here", "loop"
    found = thinned(exploration(part, key))
    inside = set(sweeps.states(found))
    sizes = [len(s.values) for s in found.sliders]
    off = [at for at in np.ndindex(*sizes) if at not in inside]
    assert off and read(sweeps.encode(part, key, found), off) == [None] * len(off)


def test_rows_come_from_the_nearest_place_that_has_them():
    part, key = "start_here", "loop"
    found = thinned(exploration(part, key))
    inside = sweeps.states(found)
    sizes = [len(s.values) for s in found.sliders]
    off = [list(at) for at in np.ndindex(*sizes) if at not in set(inside)][:3]
    given = {
        "rows": (FOLDER / "rows.js").as_uri(),
        "file": b64encode(sweeps.encode(part, key, found)).decode(),
        "held": inside[:2],
        "off": off,
    }
    got = json.loads(nodes.run(Path(__file__).with_name("row_source.mjs"), given=given))
    held = [list(at) for at in inside[:2]]
    row_bytes = len(found.row(inside[0])[1])
    assert got["hint"] == {"states": [], "id": 1, "bytes": 0}
    assert got["held"] == {"states": held, "id": 2, "bytes": 2 * row_bytes}
    assert got["without"]["states"] == held[:1] and "built without" in got["without"]["problem"]
    assert got["fetched"] == 1
    assert got["cut"]["passing"] and "Check the connection" in got["cut"]["problem"]
    assert got["mended"]["states"] == held
    assert got["workersBefore"] == 0  # nothing that a file answers starts Python
    assert got["started"] == {"python": "http://course.test/lite/static/pyodide/"}
    assert got["asked"] == [[off[0]], [off[2]]]
    assert [each["states"] for each in got["answers"]] == [[off[0]], [], [off[2]]]
    assert [each["id"] for each in got["told"][:2]] == [7, 7]
    assert got["told"][0]["waiting"].startswith("Starting Python in the page (24 MB, once)")
    assert got["failed"]["problem"] == "Python could not be loaded." and got["failed"]["passing"]
    assert got["workers"] == [True, False]
