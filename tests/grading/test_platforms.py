"""Canvas and Moodle: from the files they give to the table they take back.

File names and columns are those of the platforms' own code: Canvas' ``content_zipper.rb`` and
gradebook export; Moodle's ``assignsubmission_file`` folders, grading worksheet and its importer.
"""

import csv
import io
import json
import zipfile

import pytest

from igf1lab.grading import cli
from igf1lab.grading.course import CourseError, open_course
from igf1lab.grading.demo import blob, notebook_with, right_answers
from igf1lab.grading.handback import export
from igf1lab.grading.handback.export import match_roster
from igf1lab.grading.intake.ingest import ingest, owners
from igf1lab.grading.intake.people import Owner, whose

CANVAS_HEAD = "Student,ID,SIS User ID,SIS Login ID,Section,Metabolism (4711)\n"
MOODLE_HEAD = (
    "Identifier,Full name,Email address,Status,Grade,Maximum Grade,Grade can be changed,"
    "Last modified (submission),Last modified (grade),Feedback comments\n"
)


@pytest.fixture(scope="module")
def answered(source):
    """Return the notebook with the first ``n`` questions right, and the points it is worth."""
    questions = [q for q in source.exercise_set.questions if q.automatic]
    right = right_answers(source)

    def with_answers(n):
        some = questions[:n]
        notebook = notebook_with(source, {q.id: right[q.id] for q in some})
        return blob(notebook), sum(q.points for q in some)

    return with_answers


def pack(path, files, how=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", how) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def taken(tmp_path, set_name, files, ends=0):
    """Take files to marks by the command line; return what comes before the command's name."""
    course = ["--course", str(tmp_path / "private")]
    assert cli.main([*course, "ingest", set_name, str(pack(tmp_path / "all.zip", files))]) == 0
    assert cli.main([*course, "grade", set_name, "--no-figures"]) == ends
    return course


def read_csv(path):
    with path.open(newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


def test_canvas_there_and_back(tmp_path, set_name, answered, sandbox, capsys):
    files = {
        f"lovelaceada_12345_67890_{set_name}.ipynb": answered(3)[0],
        f"hoppergrace_LATE_222_67891_{set_name}-2.ipynb": answered(2)[0],
        f"smithjohn_111_67892_{set_name}.ipynb": answered(1)[0],
        f"smithjohn_333_67893_{set_name}.ipynb": answered(0)[0],
        f"ødegårdanna_444_67894_{set_name}.ipynb": answered(4)[0],
        f"gonewho_999_67895_{set_name}.ipynb": answered(1)[0],
    }
    course = taken(tmp_path, set_name, files)
    roster = tmp_path / "canvas.csv"
    roster.write_text(
        CANVAS_HEAD + '    Points Possible,,,,,20\n"Lovelace, Ada",12345,s1,al1@uni.example,A,\n'
        '"Hopper, Grace",222,s2,gh2@uni.example,A,\n"Smith, John",333,s3,js3@uni.example,A,\n'
        '"Smith, John",111,s4,js4@uni.example,B,\n"Ødegård, Anna",444,s5,oa5@uni.example,B,\n'
        '"Turing, Alan",555,s6,at6@uni.example,B,\n',
        encoding="utf-8",
    )
    capsys.readouterr()
    arguments = ["--format", "canvas", "--roster", str(roster), "--column", "Metabolism (4711)"]
    assert cli.main([*course, "export", set_name, *arguments]) == cli.TROUBLE
    said = capsys.readouterr()
    assert "gonewho: 2" in said.err and "999" in said.err and "by hand" in said.err
    assert "lovelaceada" not in said.err
    rows = read_csv(tmp_path / "private" / "export" / f"{set_name}-canvas.csv")
    marks = {row["ID"]: row["Metabolism (4711)"] for row in rows}
    expected = {"12345": 3, "222": 2, "333": 0, "111": 1, "444": 4}
    assert marks == {who: f"{answered(n)[1]:g}" for who, n in expected.items()} | {"555": ""}
    assert rows[0]["Student"] == "Lovelace, Ada" and rows[0]["SIS Login ID"] == "al1@uni.example"


def test_moodle_there_and_back(tmp_path, set_name, answered, sandbox, capsys):
    file = f"{set_name}.ipynb"
    files = {
        f"Ada Lovelace_98765_assignsubmission_file_/{file}": answered(3)[0],
        f"Grace Brewster Hopper_98766_assignsubmission_file/{file}": answered(2)[0],
        f"John Smith_98767_assignsubmission_file_/{file}": answered(1)[0],
        f"John Smith_98768_assignsubmission_file_{file}": answered(0)[0],  # without folders
        f"Broken File_98769_assignsubmission_file_/{file}": b"{",
    }
    course = taken(tmp_path, set_name, files, cli.TROUBLE)
    roster = tmp_path / "worksheet.csv"
    people = {
        98768: "John Smith", 98765: "Ada Lovelace", 98766: "Grace Brewster Hopper",
        98767: "John Smith", 98769: "Broken File", 98770: "Alan Turing",
    }  # fmt: skip
    roster.write_text(
        MOODLE_HEAD
        + "".join(
            f'Participant {n},{who},{n}@uni.example,Submitted,,20.00,Yes,"Monday, 5 January 2026",-,\n'
            for n, who in people.items()
        ),
        encoding="utf-8",
    )
    capsys.readouterr()
    arguments = ["--format", "moodle", "--roster", str(roster)]
    assert cli.main([*course, "export", set_name, *arguments]) == 0
    assert capsys.readouterr().err == ""
    rows = read_csv(tmp_path / "private" / "export" / f"{set_name}-moodle.csv")
    # Moodle's importer refuses a file without these three columns.
    assert {"Identifier", "Grade", "Last modified (grade)"} <= set(rows[0])
    assert ",".join(rows[0]) + "\n" == MOODLE_HEAD
    found = {row["Identifier"]: row for row in rows}
    expected = {98765: 3, 98766: 2, 98767: 1, 98768: 0}
    for number, n in expected.items():
        row = found[f"Participant {number}"]
        assert row["Grade"] == f"{answered(n)[1]:g}" and row["Feedback comments"] == ""
    assert found["Participant 98769"]["Grade"] == ""
    assert {row["Feedback comments"] for row in rows} == {""}
    # Without a worksheet the numbers come from the folders.
    rows = read_csv(export.export(open_course(course[1]), set_name, "moodle"))
    assert {row["Identifier"] for row in rows} == {f"Participant {n}" for n in people if n < 98770}
    assert {"Grade", "Last modified (grade)"} <= set(rows[0])


@pytest.mark.parametrize(
    ("file", "owner"),
    [
        ("lovelaceada_12345_67890_03_metabolism.ipynb", Owner("lovelaceada", "canvas", "12345")),
        ("lovelaceada_LATE_12345_67890_03_metabolism-2.ipynb", Owner("lovelaceada", "canvas", "12345")),
        ("lovelaceada_late_12345_67890_x.ipynb", Owner("lovelaceada", "canvas", "12345")),
        ("von_neumannjohn_7_8_x.ipynb", Owner("von_neumannjohn", "canvas", "7")),
        ("Ada Lovelace_98765_assignsubmission_file_/03_metabolism.ipynb", Owner("Ada Lovelace", "moodle", "98765")),
        ("Ada Lovelace_98765_assignsubmission_file/x.ipynb", Owner("Ada Lovelace", "moodle", "98765")),
        ("Ada Lovelace_98765_assignsubmission_file_/work/x.ipynb", Owner("Ada Lovelace", "moodle", "98765")),
        ("Ada Lovelace_98765_assignsubmission_file_x.ipynb", Owner("Ada Lovelace", "moodle", "98765")),
        ("Participant_98765_assignsubmission_file_/x.ipynb", Owner("Participant", "moodle", "98765")),
        ("ada/03_metabolism.ipynb", Owner("ada")),
        ("ada/03_metabolism/03_metabolism.ipynb", Owner("ada")),
        ("ada_03_metabolism.ipynb", Owner("ada")),
        ("03_metabolism - ada (1).ipynb", Owner("ada")),
        ("ada.ipynb", Owner("ada")),
    ],
)  # fmt: skip
def test_whose_file_it_is(file, owner):
    assert whose([file], "03_metabolism")[file] == owner


def submitted(course, name):
    return {who: course.submitted(who, name).read_bytes() for who in course.students(name)}


@pytest.mark.parametrize(
    "shape",
    ["smithjohn_{n}_9{n}_x.ipynb", "John Smith_{n}_assignsubmission_file_/x.ipynb",
     "Participant_{n}_assignsubmission_file_/x.ipynb"],
)  # fmt: skip
def test_two_of_one_name_stay_two(tmp_path, set_name, shape):
    course = open_course(str(tmp_path / "private"))
    both = {shape.format(n=n): str(n) for n in (111, 222)}
    for _ in range(2):  # the second time nothing moves
        ingest(course, pack(tmp_path / "all.zip", both), set_name)
        kept = submitted(course, set_name)
        assert sorted(kept.values()) == [b"111", b"222"]
        assert {who.rpartition("-")[2] for who in kept} == {"111", "222"}
        assert {o.number for o in owners(course, set_name).values()} == {"111", "222"}


@pytest.mark.parametrize(
    "shape", ["smithjohn_{n}_9{n}_x.ipynb", "John Smith_{n}_assignsubmission_file_/x.ipynb"]
)
def test_a_namesake_who_comes_later_does_not_replace_the_first(tmp_path, set_name, shape):
    course = open_course(str(tmp_path / "private"))
    for n in (111, 222, 111):
        ingest(course, pack(tmp_path / "all.zip", {shape.format(n=n): str(n)}), set_name)
    kept = submitted(course, set_name)
    assert sorted(kept.values()) == [b"111", b"222"] and not (course.folder / "earlier").exists()


def test_a_canvas_number_is_one_person_in_all_sets(tmp_path):
    """Moodle's is not: it is another one for each assignment."""
    course = open_course(str(tmp_path / "private"))
    for name, n in (("03_metabolism", 111), ("04_blood_vessels", 222), ("02_brain", 111)):
        files = {f"smithjohn_{n}_9_x.ipynb": "x", f"Ada_{n}_assignsubmission_file_/x.ipynb": "y"}
        ingest(course, pack(tmp_path / "all.zip", files), name)
    assert course.students("03_metabolism") == course.students("02_brain") == ["Ada", "smithjohn"]
    assert course.students("04_blood_vessels") == ["Ada", "smithjohn-222"]


def zipped(files, *how):
    pack(packed := io.BytesIO(), files, *how)
    return packed.getvalue()


PACKED = {
    "lovelaceada_1_2_work.zip": (zipped({"x.ipynb": "ada's"}), "lovelaceada", "ada's"),
    "Bo Ek_3_assignsubmission_file_/All.ZIP": (
        zipped({"in/a.ipynb": "bo's", "__MACOSX/._a.ipynb": "x", "plan.pdf": "x"}), "Bo-Ek", "bo's",
    ),
    "cleo/cleo.zip": (zipped({"a.ipynb": "1", "b.ipynb": "2"}), "cleo", "a zip with 2 notebooks in it, not one"),
    "dara/a.zip": (zipped({"notes.txt": "x"}), "dara", "a zip with no notebook in it, not one"),
    "eve/a.zip": (zipped({"a.zip": zipped({"a.ipynb": "x"})}), "eve", "a zip with no notebook in it"),
    "finn/a.zip": (b"no zip", "finn", "a zip that cannot be read (File is not a zip file)"),
    "gus/a.zip": (zipped({"a.ipynb": "x"}) + b"PK\1\2" * 3000, "gus", "cannot be read (too many files)"),
    "hal/a.zip": (zipped({"a.ipynb": "0" * 30_000_000}, zipfile.ZIP_DEFLATED), "hal", "a zip with no notebook in it"),
    "ida/a.zip": (zipped({"a.ipynb": "old"}).replace(b"old", b"new"), "ida", "it cannot be read (BadZipFile"),
}  # fmt: skip


@pytest.mark.parametrize("shape", ["folder", "zip"])
def test_a_zip_with_one_notebook_in_it_is_that_notebook(tmp_path, set_name, shape):
    course, inbox = open_course(str(tmp_path / "private")), tmp_path / "in"
    files = {file: content for file, (content, _, _) in PACKED.items()}
    for file, content in files.items():
        (inbox / file).parent.mkdir(parents=True, exist_ok=True)
        (inbox / file).write_bytes(content)
    arrivals = ingest(
        course, inbox if shape == "folder" else pack(tmp_path / "in.zip", files), set_name
    )
    for arrival in arrivals:
        _, student, says = PACKED[arrival.file]
        assert arrival.student == student
        kept = course.submitted(student, set_name)
        if kept.is_file():
            assert arrival.says == "new" and kept.read_text() == says
        else:
            assert arrival.says.startswith("refused: ") and says in arrival.says
    assert len(arrivals) == len(PACKED) and course.students(set_name) == ["Bo-Ek", "lovelaceada"]


def test_a_damaged_entry_costs_only_itself(tmp_path, set_name):
    course = open_course(str(tmp_path / "private"))
    path = pack(tmp_path / "all.zip", {"ada.ipynb": "good", "bodil.ipynb": "damaged"})
    path.write_bytes(path.read_bytes().replace(b"damaged", b"DAMAGED", 1))
    says = {a.file: a.says for a in ingest(course, path, set_name)}
    assert says["ada.ipynb"] == "new" and says["bodil.ipynb"].startswith("refused: ")


ROSTER = [
    {"Student": "Lovelace, Ada", "ID": "1", "SIS Login ID": "al1"},
    {"Student": "Smith, John", "ID": "2", "SIS Login ID": "js2"},
    {"Student": "Smith, John", "ID": "3", "SIS Login ID": "js3"},
    {"Full name": "Björn Åse", "Identifier": "Teilnehmer/in77", "Email address": "b.a@uni.example"},
]


@pytest.mark.parametrize(
    ("student", "owner", "row"),
    [
        ("x", Owner("whoever", "canvas", "1"), 0),
        ("x", Owner("lovelaceada", "canvas", "9"), None),  # another number: another person
        ("al1", Owner("al1"), 0), ("AL1", Owner("AL1"), 0), ("lovelaceada", Owner("lovelaceada"), 0),
        ("Ada-Lovelace", Owner("Ada Lovelace"), 0), ("smithjohn", Owner("smithjohn"), None),
        ("js3", Owner("js3"), 2), ("x", Owner("x", "moodle", "77"), 3), ("Björn-Åse", Owner("Björn Åse"), 3),
        ("b.a@uni.example", Owner("b.a@uni.example"), 3), ("nobody", Owner("nobody"), None),
    ],
)  # fmt: skip
def test_who_is_who_in_the_roster(student, owner, row):
    assert match_roster({student: owner}, ROSTER).get(student) == row


def test_one_row_is_never_two_students():
    both = {"al1": Owner("al1"), "lovelaceada": Owner("lovelaceada", "canvas", "1")}
    assert match_roster(both, ROSTER) == {"lovelaceada": 0}
    assert match_roster({"A l1": Owner("A l1"), "al1": Owner("al1")}, ROSTER) == {}


def test_without_a_roster_canvas_gets_its_own_numbers(tmp_path, set_name, answered, sandbox):
    files = {f"lovelaceada_12345_67890_{set_name}.ipynb": answered(1)[0], "bo.ipynb": b"{"}
    course = taken(tmp_path, set_name, files, cli.TROUBLE)
    rows = read_csv(export.export(open_course(course[1]), set_name, "canvas"))
    assert {(r["ID"], r["SIS Login ID"], r[set_name]) for r in rows} == {
        ("12345", "", f"{answered(1)[1]:g}"), ("", "bo", ""),
    }  # fmt: skip


@pytest.mark.parametrize("text", ["{", "7", '{"who": 1}'])
def test_a_damaged_owner_is_named(tmp_path, set_name, text):
    course = open_course(str(tmp_path / "private"))
    ingest(course, pack(tmp_path / "all.zip", {"ada_1_2_x.ipynb": "1"}), set_name)
    course.owner("ada", set_name).write_text(text)
    with pytest.raises(CourseError, match=r"owner\.json cannot be read"):
        owners(course, set_name)


def test_forget_takes_the_number_along(tmp_path, set_name):
    course = open_course(str(tmp_path / "private"))
    ingest(course, pack(tmp_path / "all.zip", {"smithjohn_111_9_x.ipynb": "1"}), set_name)
    assert json.loads(course.owner("smithjohn", set_name).read_text())["number"] == "111"
    assert cli.main(["--course", str(course.folder), "forget", "smithjohn"]) == 0
    assert not course.owner("smithjohn", set_name).exists()
