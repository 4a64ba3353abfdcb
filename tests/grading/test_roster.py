"""Rosters as people save them: every dialect is read, every odd row named, nobody merged."""

import sys
import zipfile

import openpyxl
import pytest

from igf1lab.grading.course import CourseError
from igf1lab.grading.handback.export import match_roster
from igf1lab.grading.handback.roster import read_roster
from igf1lab.grading.handback.second_marks import both_marks
from igf1lab.grading.intake.people import Owner

ROWS = [
    ["Student", "ID", "SIS Login ID", "Brain (7)"],
    ["Ødegård, Zoë", "40100", "zo", ""],
    ["Müller; Jörg, Ph.", "40101", "mj", ""],
]


def saved(rows, delimiter=",", coding="utf-8", before="", end="\r\n"):
    quoted = [delimiter.join('"' + cell + '"' for cell in row) for row in rows]
    return (before + end.join(quoted) + end).encode(coding)


def read(tmp_path, data, name="roster.csv"):
    path, said, warned = tmp_path / name, [], []
    path.write_bytes(data)
    people = read_roster(path, said.append, warned.append)[1]
    return people, said, warned


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize(
    "coding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1", "cp1252"]
)
def test_every_dialect_is_read(tmp_path, delimiter, coding):
    for before in ("", f"sep={delimiter}\r\n"):
        people, said, warned = read(tmp_path, saved(ROWS, delimiter, coding, before))
        assert [list(person.values()) for person in people] == ROWS[1:] and not warned
        assert bool(said) == (coding in ("latin-1", "cp1252"))


def test_other_letters_are_guessed(tmp_path):
    names = [
        "Иванов",
        "Пётр",
        "Сидорова",
        "Анна",
        "Кузнецов",
        "Дмитрий",
        "Смирнова",
        "Ольга",
        "Васильев",
        "Николай",
    ]
    rows = [["Фамилия", "Имя"], *([a, b] for a, b in zip(names[::2], names[1::2], strict=True))]
    people, said, _ = read(tmp_path, saved(rows * 1, ";", "cp1251"))
    assert people[0]["Фамилия"] == "Иванов" and "cp1251" in said[0]


@pytest.mark.parametrize(
    "titles",
    [("LastName", "FirstName"), ("Nachname", "Vorname"), ("Nom", "Prénom"), ("Apellidos", "Nombre"),
     ("surname", "given name"), ("COGNOME", "NOME"), ("Фамилия", "Имя")],
)  # fmt: skip
def test_names_in_two_columns(tmp_path, titles):
    people, _, _ = read(
        tmp_path, saved([[*titles, "x"], ["Ødegård", "Zoë", "1"], ["Li", "An", "2"]], ";")
    )
    who = {"a": Owner("ødegårdzoë"), "b": Owner("An Li")}
    assert match_roster(who, people) == {"a": 0, "b": 1}


def test_odd_rows_are_named(tmp_path):
    rows = [
        ROWS[0], ["A", "40100.0", "a", ""], ["", "", "", ""], ["B", "2", "b", ""], ["B", "2", "b", ""],
        ["C", "40100", "c", ""], ["D", "4.01E+04", "d", ""], ["E", "5"], ["F", "6", "f", "", "", "more"],
    ]  # fmt: skip
    people, said, warned = read(tmp_path, saved(rows))
    assert [person["Student"] for person in people] == ["A", "B", "C", "D", "E", "F"]
    assert [line.split(", ")[1].split(":")[0] for line in said] == ["line 3", "line 5", "line 8"]
    assert [line.split(", ")[1].split(":")[0] for line in warned] == ["line 6", "line 7", "line 9"]
    assert people[0]["ID"] == "40100"
    who = {"a": Owner("a", "canvas", "40100"), "b": Owner("b", "canvas", "2")}
    assert match_roster(who, people) == {"b": 1}  # of two rows with one number neither


@pytest.mark.parametrize("name", ["r.xls", "r.ods", "r.xlsx", "r.csv"])
def test_a_spreadsheet_says_how_to_save(tmp_path, name):
    with pytest.raises(CourseError, match="CSV UTF-8"):
        read(tmp_path, b"PK\x03\x04 not for us", name)


@pytest.mark.parametrize("name", ["r.xlsx", "r.csv", "r.XLSX", "r.xlsm"])
def test_a_workbook_is_read_whatever_it_is_called(tmp_path, name):
    book = openpyxl.Workbook()
    for row in (["Student", "ID"], ["Ødegård, Zoë", 40100.0], ["Li, An", 7]):
        book.active.append(row)
    book.save(tmp_path / name)
    people = read_roster(tmp_path / name)[1]
    assert people == [{"Student": "Ødegård, Zoë", "ID": "40100"}, {"Student": "Li, An", "ID": "7"}]


@pytest.mark.parametrize(
    "part", ["xl/workbook.xml", "xl/worksheets/sheet1.xml", "[Content_Types].xml"]
)
@pytest.mark.parametrize("content", [None, b"", b"<x>", b"\xff\x00"])
def test_a_damaged_workbook_says_what_to_do(tmp_path, part, content):
    openpyxl.Workbook().save(tmp_path / "sound.xlsx")
    with (
        zipfile.ZipFile(tmp_path / "sound.xlsx") as sound,
        zipfile.ZipFile(tmp_path / "r.xlsx", "w") as broken,
    ):
        for name in sound.namelist():
            if name != part:
                broken.writestr(name, sound.read(name))
            elif content is not None:
                broken.writestr(name, content)
    with pytest.raises(CourseError, match="CSV UTF-8"):
        read_roster(tmp_path / "r.xlsx")


def test_a_workbook_without_its_reader_says_how_to_save(tmp_path, monkeypatch):
    openpyxl.Workbook().save(tmp_path / "r.xlsx")
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(CourseError, match="CSV UTF-8"):
        read_roster(tmp_path / "r.xlsx")


def test_an_empty_roster_is_named(tmp_path):
    for data in (b"", b"\n\n", b"\xef\xbb\xbf"):
        with pytest.raises(CourseError, match="is empty"):
            read(tmp_path, data)


# --- a second marker's table ----------------------------------------------------------------------

SECOND_MARKS = {
    "as the manual says": (b"student,question,points\nada,q8,2\nbo,q8,3.5\n", [(3, 2), (1, 3.5)], ""),
    "a German spreadsheet": (b"Student;Question;Points\r\nada;q8;2,0\r\nbo;q8;3,5\r\n", [(3, 2), (1, 3.5)], ""),
    "UTF-16 with tabs": ("student\tquestion\tpoints\nada\tq8\t2\n".encode("utf-16"), [(3, 2)], ""),
    "blank rows, blank points": (b"student,question,points\n,,\nada,q8,\nbo,q8,1\n\n", [(1, 1)], ""),
    "another order, and more": (b"name,points,question,student\nA,2,q8,Ada\n", [(3, 2)], ""),
    "a stranger": (b"student,question,points\neve,q8,2\nada,q8,2\n", [(3, 2)], "eve, q8: nobody of that name"),
    "no such question": (b"student,question,points\nada,8,2\n", [], "no such question; there are q1"),
    "a word": (b"student,question,points\nada,q8,good\n", [], "good is no number from 0 to 4"),
    "too many points": (b"student,question,points\nada,q8,9\n", [], "9 is no number from 0 to 4"),
    "less than none": (b"student,question,points\nada,q8,-1\n", [], "-1 is no number"),
    "no number": (b"student,question,points\nada,q8,nan\n", [], "nan is no number"),
    "twice": (b"student,question,points\nada,q8,2\nada,q8,4\n", [(3, 2)], "4 here, 2 in a row above"),
}  # fmt: skip


@pytest.mark.parametrize("kind", SECOND_MARKS)
def test_a_second_markers_table_is_read_and_odd_rows_are_named(kind, tmp_path, source):
    content, expected, says = SECOND_MARKS[kind]
    (path := tmp_path / "marks.csv").write_bytes(content)
    marks = {"ada": {"q8": {"manual": 3.0}}, "bo": {"q8": {"manual": 1.0}}}
    pairs, odd, unmarked = both_marks(path, source.exercise_set, marks)
    assert pairs.get("q8", []) == expected and unmarked == 0
    assert len(odd) == bool(says) and says in "".join(odd)


@pytest.mark.parametrize(
    "content", [b"", b"ada,q8,2\n", b"student,question\nada,q8\n", b"\x00\x01"]
)
def test_what_is_no_second_markers_table_says_what_it_must_be(content, tmp_path, source):
    (path := tmp_path / "marks.csv").write_bytes(content)
    with pytest.raises(CourseError, match=r"is empty|has no column .*student,question,points"):
        both_marks(path, source.exercise_set, {})


def test_what_the_first_marker_has_not_marked_is_counted(tmp_path, source):
    (path := tmp_path / "marks.csv").write_text("student,question,points\nada,q8,2\nbo,q8,1\n")
    marks = {"ada": {"q8": {"manual": None}}, "bo": {}}
    assert both_marks(path, source.exercise_set, marks) == ({}, [], 2)
