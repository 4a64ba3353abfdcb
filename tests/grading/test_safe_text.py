"""Whatever a stranger wrote does nothing where it is shown, stored or read."""

import concurrent.futures
import csv
import gc
import io
import re
import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from igf1lab.exercises import code
from igf1lab.grading import safe_text
from igf1lab.grading.marking.one_submission import unquoted
from igf1lab.grading.sandbox.client import clean_description

ANYTHING = st.text(st.characters(exclude_categories=()), max_size=60)
NASTY = [
    "\x1b[2J",
    "a\nb",
    "a\r[9/9] eve: 20 points",
    "\ud800",
    "\u202egnp",
    "\x9b31m",
    "\x00",
    "\u2028",
    "\x07",
]


@given(ANYTHING)
def test_a_line_on_a_terminal_is_one_line_of_visible_characters(text):
    assert safe_text.line(text).isprintable()


@pytest.mark.parametrize("text", NASTY)
@pytest.mark.parametrize("coding", ["utf-8", "ascii", "latin-1", "cp1252"])
def test_nothing_acts_on_any_terminal(text, coding):
    raw = io.BytesIO()
    with io.TextIOWrapper(raw, encoding=coding, newline="") as terminal:
        safe_text.say(f"Zoë 陳 {text}", terminal)
        terminal.flush()
        shown = raw.getvalue()
    assert shown.endswith(b"\n") and shown.count(b"\n") == 1
    assert shown.decode(coding)[:-1].isprintable()


def test_letters_of_every_script_stay():
    for name in ("Zoë", "陳大文", "นิด", "শ্রী", "שלום", "Ødegård", "नीता"):
        assert safe_text.line(name) == name == safe_text.readable(name) == safe_text.csv_cell(name)


@given(ANYTHING)
def test_pages_and_files_hold_no_control_character(text):
    for shown in (safe_text.readable(text), safe_text.html(text), safe_text.csv_cell(text)):
        shown.encode()  # no half of a character
        for c in shown:
            assert c in "\n\t" or unicodedata.category(c) != "Cc"
    assert "<" not in safe_text.html(text) and '"' not in safe_text.html(text)
    assert safe_text.csv_cell(text).lstrip()[:1] not in ("=", "+", "@")


FORMULAS = [
    "=1+1", "+1+1", "-1+1", "@SUM(1)", "\t=1", "\n=1", "  =1", "\ufeff=1", "\u200b=1", "＝1+1", "＠SUM(1)", "\r=1", "-A1", '"=1',
    "-2+cmd|' /C calc'!A0", '=HYPERLINK("http://x","y")', "Li;=1+1", "Li\t=1+1", "Li\n=1+1", 'Li;"=1+1', "Li; @SUM(1)", "\x00=1",
]  # fmt: skip
WORDS = [
    "-1 for no unit", "- no unit (see q3)\n- no sign", "+ 2 for the link; -1 for the unit", "-½: too long", "+1", "Good; well done", "",
    "See me.\n\nIt's fine", "-1.5", "– no unit", "1 = 2 is wrong", "a+b", "x -1", "'quoted' words",
]  # fmt: skip


def opened(cell, delimiter):
    """Return the cells that a spreadsheet of some country makes of a row of ours."""
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL).writerow(["ada", cell, "7"])
    return [
        cell
        for row in csv.reader(io.StringIO(text.getvalue()), delimiter=delimiter)
        for cell in row
    ]


def is_formula(cell):
    """Return whether a spreadsheet may take a cell for one; a number alone is none."""
    cell = re.sub(r"^[\s\"\u200b\ufeff]+", "", cell)
    return unicodedata.normalize("NFKC", cell[:1]) in tuple("=+-@") and not re.fullmatch(
        r"-[\d.]*", cell
    )


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("text", FORMULAS)
def test_no_spreadsheet_gets_a_formula(text, delimiter):
    assert any(is_formula(part) for part in [text.strip("\x00"), *re.split("[;\t\n]", text)])
    assert not any(is_formula(cell) for cell in opened(safe_text.csv_cell(text), delimiter))
    assert safe_text.csv_cell(safe_text.csv_cell(text)) == safe_text.csv_cell(text)


@given(ANYTHING.map(lambda text: text.replace(",", "")))
def test_no_text_begins_a_formula(text):
    for delimiter in ",;\t":
        assert not any(is_formula(cell) for cell in opened(safe_text.csv_cell(text), delimiter))


@pytest.mark.parametrize("text", WORDS)
def test_a_teachers_words_stay(text):
    assert safe_text.csv_comment(text) == text
    assert safe_text.html(text).replace("&#x27;", "'") == text


@pytest.mark.parametrize("text", [t for t in FORMULAS if "=" in t or "@" in t or "|" in t])
def test_no_comment_acts(text):
    for cell in opened(safe_text.csv_comment(text), ","):
        assert not is_formula(cell), cell


DEEP = {
    "brackets": "(" * 5000 + "1" + ")" * 5000,
    "signs": "-" * 50_000 + "1",
    "a sum": "+".join(["1"] * 40_000),
    "attributes": "a" + ".b" * 40_000,
    "lambdas": "lambda:" * 5000 + "1",
    "a long number": "9" * 5000,
    "a long number in hex": "0x" + "f" * 90_000,
    "a long number in parts": "1_" * 5000 + "1",
    "much": "x = 1\n" * 100_000,
    "indents": "\n".join(" " * n + "if 1:" for n in range(500)),
    "half a character": "x = '\ud800'",
    "a zero byte": "x = '\x00'",
    "nothing Python": "print 'x'",
}


@pytest.mark.parametrize("source", DEEP.values(), ids=DEEP)
def test_source_that_is_too_much_is_not_read(source):
    assert code.parse(source) is None


def test_source_is_read_without_a_word(recwarn):
    assert len(code.parse("x = '\\d'\nif x is 'a': pass").body) == 2
    assert not recwarn.list


def test_many_read_source_at_once():
    """Python's own reader, let off by a collection of garbage, fails one thread for another's."""

    def deeper(depth):
        return deeper(depth - 1) if depth else code.parse("x = [1, (2, 3)]\n" * 1500)

    def let_others(*_):
        time.sleep(0.0005)

    gc.callbacks.append(let_others)
    try:
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            assert None not in list(pool.map(deeper, range(16)))
    finally:
        gc.callbacks.remove(let_others)


@given(st.integers() | ANYTHING | st.binary() | st.floats() | st.just(1 << 100_000))
def test_a_literal_is_short(value):
    assert len(safe_text.constant(value)) < 500


def test_after_a_probe_only_our_own_words_come_back():
    named = {"is": "error", "says": "ValueError: dose was 12.345"}
    made = {"is": "error", "says": "Dose12345: x"}
    typed = {"is": "odd", "says": "it is of type Dose12345"}
    calls = {
        "is": "calls",
        "returned": [named, made, typed, {"is": "values", "values": [1.0], "shape": []}],
    }
    says = [item.get("says") for item in unquoted(calls)["returned"]]
    assert says == ["ValueError", "an error", "it is not of the kind that is asked for", None]
    assert "12345" not in str(unquoted(typed))
    counts = "TypeError: f() takes {} positional arguments but 3 were given"
    ours, told = ({"is": "error", "says": counts.format(n)} for n in (2, 12345))
    assert "takes 2" in unquoted(ours)["says"] and "12345" not in unquoted(told)["says"]
    shape = {"is": "values", "shape": [0, 12345, 678], "values": []}
    assert "12345" not in str(unquoted(clean_description(shape)))


def test_a_terminal_gets_a_bar_and_other_places_lines(monkeypatch, capsys):
    from igf1lab.grading.progress import told

    for terminal in (False, True):
        monkeypatch.setattr("sys.stdout.isatty", lambda terminal=terminal: terminal, raising=False)
        with told() as tell:
            tell("Sandbox: x")
            for n in (1, 2):
                tell(f"[{n}/2] ada\x1b[2J: new")
        said = capsys.readouterr().out
        assert ("2/2" in said.replace("[2/2]", "")) == terminal
        assert "[1/2] ada" in said and "\x1b[2J" not in said
