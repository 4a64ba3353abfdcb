"""Whatever a stranger wrote does nothing where it is shown, stored or read."""

import concurrent.futures
import gc
import io
import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from igf1lab.exercises import code
from igf1lab.grading import safe_text
from igf1lab.grading.marking.one_submission import unquoted

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
