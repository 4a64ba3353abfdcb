"""What a learner types beside a slider, and what the box says of it."""

import json

import pytest

import nodes
from igf1lab.page import FOLDER

ASK = f"""
import {{ stopFor }} from {json.dumps((FOLDER / "number_box.js").as_uri())};
const {{ typed, values, unit }} = JSON.parse(await new Response(process.stdin).text());
console.log(JSON.stringify(stopFor(typed, values, unit)));
"""
STOPS = [0, 0.35, 0.4, 1, 2, 1234.5]


@pytest.mark.parametrize(
    ("typed", "stop", "said"),
    [
        ("0.35", 0.35, ""),
        ("0,35", 0.35, ""),
        (" 1 g", 1, ""),
        ("1 234,5", 1234.5, ""),
        ("1\u202f234.5", 1234.5, ""),
        ("3.5e-1", 0.35, ""),
        ("0.37", 0.35, "0.37 is not a stop here; nearest is 0.35."),
        ("2000", 1234.5, "2000 is above the end, 1234.5; it stands at 1234.5 now."),
        ("\u22121", 0, "-1 is below the end, 0; it stands at 0 now."),
        ("1,234", None, "Type 1234 or 1.234; the comma can mean either."),
        ("", None, "Type one number, such as 1.5, 1,5 or 1.5e3."),
        ("lots", None, "Type one number, such as 1.5, 1,5 or 1.5e3."),
        ("1 mg", None, "Type one number in g; “mg” was not understood."),
        ("1e999", None, "Type one finite number, such as 1.5."),
    ],
)
def test_nothing_typed_is_swallowed(typed, stop, said):
    given = {"typed": typed, "values": STOPS, "unit": "g"}
    found = json.loads(nodes.run("--input-type=module", "--eval", ASK, given=given))
    assert found["said"] == said
    assert (None if found["index"] is None else STOPS[found["index"]]) == stop
