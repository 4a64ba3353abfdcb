"""A list of people as a platform, an office or a spreadsheet saves it: read, and odd rows named."""

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path

from igf1lab.grading.course import CourseError
from igf1lab.grading.intake.people import letters

DELIMITERS = ",;\t|"
# What the parts of a name are called, without capitals, spaces and signs.
FIRST = [
    "firstname",
    "givenname",
    "givennames",
    "forename",
    "first",
    "given",
    "vorname",
    "rufname",
    "prénom",
    "nombre",
    "nombres",
    "nome",
    "voornaam",
    "förnamn",
    "fornavn",
    "etunimi",
    "imię",
    "jméno",
    "keresztnév",
    "prenume",
    "име",
    "имя",
    "όνομα",
    "ad",
    "名",
]
LAST = [
    "lastname",
    "surname",
    "familyname",
    "last",
    "family",
    "nachname",
    "familienname",
    "nom",
    "nomdefamille",
    "apellido",
    "apellidos",
    "cognome",
    "sobrenome",
    "apelido",
    "achternaam",
    "efternamn",
    "efternavn",
    "etternavn",
    "sukunimi",
    "nazwisko",
    "příjmení",
    "vezetéknév",
    "numedefamilie",
    "фамилия",
    "επώνυμο",
    "soyad",
    "姓",
]
WHOLE = [
    "student",
    "fullname",
    "name",
    "studentname",
    "vollständigername",
    "nomcomplet",
    "nombrecompleto",
]
LOGIN = [
    "sisloginid",
    "sisuserid",
    "username",
    "login",
    "email",
    "emailaddress",
    "mail",
    "emailadresse",
    "adressedecourriel",
    "direccióndecorreo",
    "idnumber",
    "studentid",
    "matrikelnummer",
    "userid",
]
_WORKBOOK = (".xls", ".ods", ".numbers")
_BY_EXCEL = "Open it in the spreadsheet, choose Save as, CSV UTF-8, and give that file."


def cells(person: dict[str, str], titles: list[str]) -> list[str]:
    """Return what a person has under titles of some meaning, in whatever language."""
    return [value for title, value in person.items() if value and letters(title) in titles]


def read_roster(
    path: Path,
    tell: Callable[[str], None] = lambda line: None,
    warn: Callable[[str], None] = lambda line: None,
) -> tuple[list[str], list[dict[str, str]]]:
    """Return the titles and the rows of a list of people.

    Parameters
    ----------
    tell : callable
        Told what was done about odd rows that cost nobody anything.
    warn : callable
        Told of rows that may cost somebody a mark.

    Raises
    ------
    CourseError
        If it cannot be read; the message says how to save it.
    """
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise CourseError(f"{path} cannot be read: {error}") from None
    if data[:4] == b"PK\x03\x04" or path.suffix.lower() in (*_WORKBOOK, ".xlsx"):
        lines = _workbook(path, data)
    else:
        lines = _table(path, data, tell)
    return _people(path, lines, tell, warn)


def _workbook(path, data):
    """Return (line number, cells) of a workbook's first sheet."""
    try:
        if path.suffix.lower() in _WORKBOOK:
            raise ImportError
        from openpyxl import load_workbook
    except ImportError:
        raise CourseError(f"{path} is a spreadsheet, not a table in text. {_BY_EXCEL}") from None
    try:
        # Its bytes: a name that does not end in .xlsx would be refused.
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        rows = list(book.worksheets[0].iter_rows(values_only=True))
    except Exception as error:  # a damaged workbook raises many kinds
        raise CourseError(f"{path} cannot be read: {error}. {_BY_EXCEL}") from None
    return [
        (n, ["" if cell is None else str(cell) for cell in row]) for n, row in enumerate(rows, 1)
    ]


def _table(path, data, tell):
    """Return (line number, cells) of a text."""
    text = _text(path, data, tell)
    named = re.match(r'"?sep=(.)"?[ \t]*\r?\n', text, re.IGNORECASE)
    start = named.end() if named else 0
    delimiter = named[1] if named else _delimiter(text)
    reader = csv.reader(io.StringIO(text[start:], newline=""), delimiter=delimiter)
    try:
        return [(reader.line_num + bool(named), row) for row in reader]
    except csv.Error as error:
        says = f"line {reader.line_num + bool(named)}: {error}"
        raise CourseError(f"{path} cannot be read: {says}. {_BY_EXCEL}") from None


def _text(path, data, tell):
    """Return the letters of a file that does not always say how they are written."""
    for mark, coding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):  # fmt: skip
        if data.startswith(mark):
            return data.decode(coding, "replace")
    if b"\x00" in data[:200]:
        big = data[:200:2].count(0) > data[1:200:2].count(0)
        return data.decode("utf-16-be" if big else "utf-16-le", "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    from charset_normalizer import from_bytes

    # Of few letters any guess is poor, and most tables that say nothing are Western Windows'.
    guess = from_bytes(data).best() if sum(byte > 127 for byte in data) > 40 else None
    coding = guess.encoding if guess else "cp1252"
    tell(f"{path} is not in UTF-8; it was read as {coding}. Look at the names in the table.")
    return data.decode(coding, "replace")


def _delimiter(text):
    head = next((line for line in text.splitlines() if line.strip()), "")
    columns = {mark: len(next(csv.reader([head], delimiter=mark), [])) for mark in DELIMITERS}
    if max(columns.values()) > 1:
        return max(columns, key=columns.get)
    try:
        return csv.Sniffer().sniff(text[:4000], DELIMITERS).delimiter
    except csv.Error:
        return ","


def _people(path, lines, tell, warn):
    lines = [(number, [cell.strip("\ufeff \t\r\n") for cell in row]) for number, row in lines]
    filled = [(number, row) for number, row in lines if any(row)]
    if not filled:
        raise CourseError(f"{path} is empty.")
    (_, titles), *rest = filled
    titles = [title for title in titles if title] if "" not in titles[:-1] else titles
    for number, _ in (line for line in lines[:-1] if not any(line[1])):
        tell(f"{path}, line {number}: blank, left out")
    people, seen = [], {}
    for number, row in rest:
        if len(row) < len(titles):
            tell(f"{path}, line {number}: {len(row)} of {len(titles)} cells; the others are empty")
        elif any(row[len(titles) :]):
            warn(
                f"{path}, line {number}: {len(row)} cells under {len(titles)} titles; is a name with "
                "the table's separator in it not in quotes? What stands beyond the last is left out"
            )
        row = (row + [""] * len(titles))[: len(titles)]
        person = {title: _whole(title, cell) for title, cell in zip(titles, row, strict=True)}
        for title in titles:
            if _is_number(title) and re.fullmatch(r"\d[.,]?\d*[eE]\+\d+", person[title]):
                warn(
                    f"{path}, line {number}: {title} {person[title]} has lost digits in a "
                    "spreadsheet; take the platform's own export"
                )
        same = tuple(person.values())
        if same in seen:
            tell(f"{path}, line {number}: the same as line {seen[same]}, taken once")
            continue
        seen[same] = number
        people.append(person)
        for title in ("ID", "Identifier"):
            if key := person.get(title):
                if (title, key) in seen:
                    before = seen[title, key]
                    warn(f"{path}, line {number}: {title} {key} is that of line {before}, too")
                seen.setdefault((title, key), number)
    return titles, people


def _is_number(title):
    return letters(title) in (
        "id",
        "identifier",
        "sisuserid",
        "sisloginid",
        "idnumber",
        "studentid",
    )


def _whole(title, cell):
    """Return a number as it was before a spreadsheet took it for one with a fraction."""
    return re.sub(r"^(\d+)[.,]0+$", r"\1", cell) if _is_number(title) else cell
