"""What Python judged and reckoned before that moved to the page is what the page judges and reckons.

``data/judged_in_python.json.gz`` was written once, by the last Python judge: every item of every
quiz file then (right, wrong, garbage, numbers as typed in many places), every prediction, and 80
random histories. It holds the items as they were, so editing the bank does not touch it.
"""

import json
import re
from pathlib import Path

import nodes

UNITS = ("", "nmol/L", "µg/L", "μg/L", "%", "cm/year", "mL/min/kg", "mmol · d")

HALVES = re.compile(r"Your number is ([\d.]+) times too")


def same_but_for_halves(now, before) -> bool:
    """An exact half is rounded up, as at school: 64.5 times is 65 times. Python rounds it to even."""
    now, before = (json.dumps(each, ensure_ascii=False) for each in (now, before))
    pairs = zip(HALVES.findall(now), HALVES.findall(before), strict=True)
    near = all(abs(float(a) / float(b) - 1) < 0.05 for a, b in pairs)
    return near and HALVES.sub("", now) == HALVES.sub("", before)


def meant(case) -> bool:
    """Whether the page differs here on purpose."""
    what, now, before = case
    if isinstance(now, str):
        return what[0] in (12345, 0)  # an exact half again; and zero has no sign
    typed = what[0] if what[1] in UNITS else what[1]
    if isinstance(typed, str) and re.search(r"[^\x00-\x7F]", typed) and re.search(r"\d", typed):
        ascii_only = not re.search(r"\d", re.sub("[0-9]", "", typed))
        if not ascii_only:  # only the digits 0 to 9 are read
            return "problem" in now or now.get("counts") is False
    if typed in ("-0", "−0"):
        return now.get("soFar", now.get("said", "")) == before.get(
            "soFar", before.get("said", "")
        ).replace("−0", "0")
    return "compared" in now and same_but_for_halves(now, before)


def test_the_page_judges_as_python_did():
    found = json.loads(nodes.run(Path(__file__).parent / "js" / "golden.mjs"))
    assert found["compared"] > 15_000
    assert [case for case in found["differ"] if not meant(case)] == []
