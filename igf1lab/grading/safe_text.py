"""Text that a stranger wrote, made safe for the place where it goes.

Names, metadata, sources, outputs and error texts come from students. Whoever shows, stores or reads
them uses one of these: ``say`` for a terminal, ``html`` for a page, ``csv_cell`` for a table,
``readable`` for a file that another program opens; Python source is read by ``exercises.code``.
"""

import html as _html
import re
import sys

MOST_LINE = 20_000  # characters of one line on a terminal
# Controls but line break and tab, halves of characters, marks that turn the direction.
_ACTS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)
_ODD = "\N{REPLACEMENT CHARACTER}"
# A dash alone is how learning platforms write that there is nothing.
_NUMBER = re.compile(r"-?\d+(\.\d*)?|-?\.\d+|-")
# A sign at the beginning, or after what some country's spreadsheet takes for the end of a cell.
# Spaces, quotes and marks without a form of their own do not hide it; some read full-width signs.
# No character is looked at twice: what is skipped holds no beginning of a cell.
_SKIPPED = r"""(?:[^\S\t\n]|["\u00ad\u200b-\u200d\u2060\ufeff])*+"""
_FORMULA = re.compile(rf"(^|[;\t\n|])(?={_SKIPPED}[=+\-@＝＋－＠]|^[\t\n])")
_ACTING_FORMULA = re.compile(
    rf"(?:^|[;\t\n|]){_SKIPPED}[=@＝＠]"
    rf"|(?:^|[;\t\n|]){_SKIPPED}[+\-＋－][^;\t\n|]*?(?:[|!]|\w\()"
)


def line(text: object, most: int = MOST_LINE) -> str:
    r"""Return one line that shows whatever it holds and does nothing to a terminal.

    Line breaks and tabs become spaces; what has no form of its own is written as Python does
    (``\x1b``). Letters of every script stay.
    """
    text = str(text)
    text = text if len(text) <= most else text[:most] + " …"
    return "".join(
        c if c.isprintable() else " " if c in "\t\n\r\x0b\x0c\x85\u2028\u2029" else _written(c)
        for c in text
    )


def _written(character):
    return character.encode("unicode_escape").decode()


def say(text: object, file=None) -> None:
    """Print one safe line, also where the terminal lacks some of its letters."""
    file = file or sys.stdout
    coding = getattr(file, "encoding", None) or "utf-8"
    print(line(text).encode(coding, "backslashreplace").decode(coding), file=file, flush=True)


def readable(text: object, most: int | None = None) -> str:
    """Return text that every program can store and show: lines of visible characters.

    Control characters other than line breaks and tabs, halves of characters and marks that turn
    the direction of what follows become �.
    """
    return _ACTS.sub(_ODD, str(text)[:most].replace("\r\n", "\n").replace("\r", "\n"))


def html(text: object) -> str:
    """Return text for a page or an attribute of it."""
    return _html.escape(readable(text))


def csv_cell(cell: object) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    text = "" if cell is None else readable(cell)
    return text if _NUMBER.fullmatch(text) else _FORMULA.sub(r"\1'", text)


def csv_comment(cell: object) -> str:
    """Return a teacher's comment as a cell: in its own words, unless a spreadsheet could act on it.

    After a sign that takes a call, another program or another sheet: "-1 for no unit" does not.
    """
    text = "" if cell is None else readable(cell)
    return csv_cell(text) if _ACTING_FORMULA.search(text) else text


def constant(value: object, most: int = 40) -> str:
    """Return a literal of a syntax tree as a short text."""
    if isinstance(value, str | bytes):
        return repr(value[:most])
    if isinstance(value, int) and value.bit_length() > 1000:
        return f"a number of {value.bit_length()} bits"
    return repr(value)[:most]
