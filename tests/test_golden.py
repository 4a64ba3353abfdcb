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
TIMES = re.compile(r"Your number is ([\d.]+) times too")


def has_other_digits(typed) -> bool:
    """Only the digits 0 to 9 are read; Python reads those of every script."""
    return isinstance(typed, str) and any(c.isdecimal() and not c.isascii() for c in typed)


def differ_by_halves(now, before) -> bool:
    """An exact half is rounded up, as at school: 64.5 times is 65 times. Python rounds it to even."""
    now, before = (json.dumps(each, ensure_ascii=False) for each in (now, before))
    pairs = zip(TIMES.findall(now), TIMES.findall(before), strict=True)
    near = all(abs(float(a) / float(b) - 1) < 0.05 for a, b in pairs)
    return near and TIMES.sub("", now) == TIMES.sub("", before)


def differ_by_the_sign_of_zero(now, before) -> bool:
    """Zero has no sign."""
    now, before = (json.dumps(each, ensure_ascii=False) for each in (now, before))
    return sorted(now.replace("−0", "0")) == sorted(before.replace("−0", "0")) and "−0" in before


def meant(case) -> bool:
    """Whether the page differs here on purpose."""
    what, now, before = case
    if isinstance(now, str):  # a number as text: 12345 is an exact half, and 0 has no sign
        return what[0] in (12345, 0)
    typed = what[0] if what[1] in UNITS else what[1]
    if has_other_digits(typed):
        return "problem" in now or now["counts"] is False
    if typed in ("-0", "−0"):
        return differ_by_the_sign_of_zero(now, before)
    return "compared" in now and differ_by_halves(now, before)


def test_the_page_judges_as_python_did():
    found = json.loads(nodes.run(Path(__file__).parent / "js" / "golden.mjs"))
    assert found["compared"] > 15_000
    assert [case for case in found["differ"] if not meant(case)] == []
