"""What a lecturer met who followed INSTRUCTORS.md to the letter: nothing may go wrong in silence."""

import json
import os
import re
import zipfile

import pytest

from igf1lab.exercises.generate import learner_copy
from igf1lab.grading import cli
from igf1lab.grading.course import REPOSITORY, open_course
from igf1lab.grading.demo import blob, made_up_class, notebook_with, right_answers
from igf1lab.grading.intake.ingest import ingest, owners
from igf1lab.grading.intake.submission import Cell, Unreadable, read_notebook, rebuild
from igf1lab.grading.marking.results import read_results


@pytest.fixture
def course(tmp_path):
    return open_course(str(tmp_path / "private"))


def run(course, *arguments):
    return cli.main(["--course", str(course.folder), *map(str, arguments)])


def fill(folder, files):
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def pack(path, files):
    """Write a zip of name -> (hour, content)."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, (hour, content) in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, hour, 0, 0)), content)
    return path


# --- the wrong notebook ---------------------------------------------------------------------------


def another_set(set_name):
    name = "02_brain" if set_name != "02_brain" else "03_metabolism"
    return name, (REPOSITORY / "exercises" / name / f"{name}.ipynb").read_bytes()


def test_the_wrong_notebook_is_not_a_nought(course, tmp_path, source, set_name, sandbox, capsys):
    other, exercise = another_set(set_name)
    whole = notebook_with(source, right_answers(source))
    files = {
        "lesson.ipynb": (REPOSITORY / "notebooks" / f"{set_name}.ipynb").read_bytes(),
        "other.ipynb": exercise,
        "ada.ipynb": blob(whole),
        "blank.ipynb": blob(learner_copy(source)),
    }
    ingest(course, fill(tmp_path / "in", files), set_name)
    assert run(course, "grade", set_name, "--no-figures") == cli.TROUBLE
    results = read_results(course, set_name)
    assert {who: result["status"] for who, result in results.items()} == {
        "lesson": "unreadable", "other": "unreadable", "ada": "marked", "blank": "marked",
    }  # fmt: skip
    assert results["other"]["says"] == f"this is set {other}, not {set_name}"
    assert results["lesson"]["says"] == f"this is the lesson {set_name}, not its exercise set"
    assert results["lesson"]["wrong_file"] and results["other"]["wrong_file"]
    capsys.readouterr()
    # Told again every time, until there is another file.
    assert run(course, "grade", set_name, "--no-figures") == cli.TROUBLE
    said = capsys.readouterr().out
    assert "0 marked, 2 unchanged, 2 not marked." in said and f"other: this is set {other}" in said


def test_honest_notebooks_of_every_kind_are_rebuilt(source, set_name):
    release = learner_copy(source)
    for made in made_up_class(source):
        cells = read_notebook(made.blob)
        for bare in (cells, [Cell(cell.kind, cell.source) for cell in cells]):
            assert any(cell.role == "q1-check" for cell in rebuild(bare, release))
    # A note on another set is not that set; a deleted first cell says nothing.
    whole = read_notebook(blob(release))
    note = Cell("code", '# like in open_exercise("02_brain")\nx = open_exercise("01_gh_igf1_axis")')
    rebuild([note, *whole], release)
    rebuild([cell for cell in whole if cell.role != "head-code"], release)
    with pytest.raises(Unreadable, match="none of the set's questions"):
        rebuild([], release)


# --- own numbers ----------------------------------------------------------------------------------


def test_numbers_for_another_name_are_told(course, tmp_path, source, set_name, sandbox, capsys):
    if not source.exercise_set.parameters:
        pytest.skip(f"{set_name} has no parameters")
    (course.folder / "course.yaml").write_text("personal: true\n")
    people = tmp_path / "students.txt"
    people.write_text("Ada Lovelace\nBo\n")
    assert run(course, "numbers", set_name, people) == 0
    right = blob(notebook_with(source, right_answers(source)))
    files = {f"lovelaceada_1_2_{set_name}.ipynb": right, f"bo_3_4_{set_name}.ipynb": right}
    ingest(course, fill(tmp_path / "in", files), set_name)
    capsys.readouterr()
    assert run(course, "grade", set_name, "--no-figures") == cli.TROUBLE
    said = capsys.readouterr().err
    assert "WARNING" in said and "lovelaceada" in said and "forget" in said
    # What the warning says to do.
    for old, new in (("lovelaceada", "Ada-Lovelace"), ("bo", "Bo")):
        (course.folder / "submitted" / old).rename(course.folder / "submitted" / new)
        assert run(course, "forget", old) == 0
    assert run(course, "grade", set_name, "--no-figures") == 0
    assert set(read_results(course, set_name)) == {"Ada-Lovelace", "Bo"}
    ingest(course, tmp_path / "in", set_name)
    assert course.students(set_name) == ["Ada-Lovelace", "Bo"]


def test_a_name_twice_in_the_list_is_refused(course, tmp_path, set_name, capsys):
    (tmp_path / "students.txt").write_text("John Smith\nBo\nJohn  Smith\n")
    assert run(course, "numbers", set_name, tmp_path / "students.txt") == cli.TROUBLE
    assert "more than one John-Smith" in capsys.readouterr().err


# --- older and newer files ------------------------------------------------------------------------


def test_an_older_zip_does_not_replace_newer_work(course, tmp_path, set_name):
    file = f"lovelaceada_12_{{}}_{set_name}.ipynb"
    first = pack(tmp_path / "1.zip", {file.format(34): (9, "old")})
    second = pack(tmp_path / "2.zip", {file.format(56): (11, "new")})
    assert [a.says for a in ingest(course, first, set_name)] == ["new"]
    assert [a.says for a in ingest(course, second, set_name)] == ["replaces an earlier one"]
    for _ in range(2):
        (arrival,) = ingest(course, first, set_name)
        assert arrival.says.startswith("older than") and "earlier/" in arrival.says
    path = course.submitted("lovelaceada", set_name)
    assert path.read_bytes() == b"new"
    kept = (course.folder / "earlier" / set_name / "lovelaceada").iterdir()
    assert [p.read_bytes() for p in kept] == [b"old"]
    assert [a.says for a in ingest(course, second, set_name)] == ["same as before"]


@pytest.mark.parametrize(
    ("older", "newer"),
    [("12_34_x.ipynb", "12_56_x.ipynb"), ("12_34_x-2.ipynb", "12_34_x-10.ipynb")],
)
def test_canvas_numbers_decide_a_tie(course, tmp_path, set_name, older, newer):
    zips = [
        pack(tmp_path / f"{n}.zip", {f"ada_{file}": (9, file)})
        for n, file in enumerate((older, newer))
    ]
    for path in (*zips, zips[0]):
        ingest(course, path, set_name)
    assert course.submitted("ada", set_name).read_text() == newer
    both = pack(tmp_path / "all.zip", {f"bo_9{file}": (9, file) for file in (newer, older)})
    ingest(course, both, set_name)
    assert course.submitted("bo", set_name).read_text() == newer


def test_a_newer_file_that_was_not_taken_is_seen(
    course, tmp_path, source, set_name, sandbox, capsys
):
    good = blob(notebook_with(source, right_answers(source)))
    ingest(course, fill(tmp_path / "in", {"ada.ipynb": good}), set_name)
    assert run(course, "grade", set_name, "--no-figures") == 0
    fill(tmp_path / "in", {"ada.ipynb": good[:500]})
    ingest(course, tmp_path / "in", set_name)
    for _ in range(2):
        capsys.readouterr()
        assert run(course, "grade", set_name, "--no-figures") == cli.TROUBLE
        assert "ada: this is not a notebook" in capsys.readouterr().out
    assert read_results(course, set_name)["ada"]["status"] == "marked"


# --- exit codes -----------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["feedback", "report", "export", "grade"])
def test_an_unknown_set_is_an_error(course, command, capsys):
    assert run(course, command, "99_nope") == cli.TROUBLE
    assert "no set '99_nope'" in capsys.readouterr().err


def test_a_mistyped_folder_is_not_made(tmp_path, set_name, capsys):
    folder = tmp_path / "typo"
    assert cli.main(["--course", str(folder), "grade", set_name]) == cli.TROUBLE
    assert "no submissions" in capsys.readouterr().err and not folder.exists()


def test_nobody_handed_in(course, set_name, sandbox, capsys):
    assert run(course, "grade", set_name) == cli.TROUBLE
    assert f"Nobody has handed in {set_name}" in capsys.readouterr().err


def test_to_forget_nobody_is_an_error(course, tmp_path, set_name, capsys):
    ingest(course, fill(tmp_path / "in", {"smithjohn.ipynb": "x"}), set_name)
    assert run(course, "forget", "John Smith") == cli.TROUBLE
    assert "Nobody is called John-Smith; known: smithjohn." in capsys.readouterr().err
    assert run(course, "forget", "smithjohn") == 0


def test_a_zip_that_is_not_there(course, tmp_path, set_name, capsys):
    assert run(course, "ingest", set_name, tmp_path / "nope.zip") == cli.TROUBLE
    assert "nope.zip does not exist" in capsys.readouterr().err


# --- every file -----------------------------------------------------------------------------------

FILES = {
    "ada.IPYNB": "",
    "bo.ipynb.txt": "",  # as browsers save it
    "eve.txt": "refused: not a notebook (.txt)",
    "chen/answers.pdf": "refused: not a notebook (.pdf)",
    "Dara Two_5_assignsubmission_onlinetext_/onlinetext.html": "refused: not a notebook (.html)",
    "README": "refused: not a notebook (no ending)",
    "chen/my_numbers.json": None,
    "__MACOSX/._chen.ipynb": None,
    "._chen.ipynb": None,
    "chen/.ipynb_checkpoints/x-checkpoint.ipynb": None,
    "chen/.DS_Store": None,
}


@pytest.mark.parametrize("shape", ["folder", "zip"])
def test_it_says_what_it_did_with_every_file(course, tmp_path, set_name, shape, capsys):
    if shape == "folder":
        inbox = fill(tmp_path / "in", dict.fromkeys(FILES, "x"))
    else:
        inbox = pack(tmp_path / "in.zip", {name: (9, "x") for name in ("chen/", *FILES)})
    assert run(course, "ingest", set_name, inbox) == cli.TROUBLE
    lines = re.findall(r"^\[\d+/\d+\] \S+ (.*) \((.*)\)$", capsys.readouterr().out, re.M)
    said = {file: says for says, file in lines}
    expected = {file: says or "new" for file, says in FILES.items() if says is not None}
    assert said == expected
    assert course.students(set_name) == ["ada", "bo"]


def test_late_is_kept_and_said(course, tmp_path, set_name):
    files = {f"hoppergrace_LATE_555_6_{set_name}.ipynb": "x", f"ada_7_8_{set_name}.ipynb": "y"}
    arrivals = ingest(course, fill(tmp_path / "in", files), set_name)
    assert {a.student: a.says for a in arrivals} == {"hoppergrace": "new, late", "ada": "new"}
    assert {who: owner.late for who, owner in owners(course, set_name).items()} == {
        "hoppergrace": True, "ada": False,
    }  # fmt: skip


def test_an_owner_written_before_can_be_read(course, tmp_path, set_name):
    ingest(course, fill(tmp_path / "in", {"ada_1_2_x.ipynb": "1"}), set_name)
    old = {"name": "ada", "platform": "canvas", "number": "1"}
    course.owner("ada", set_name).write_text(json.dumps(old))
    assert owners(course, set_name)["ada"].late is False
    later = fill(tmp_path / "in", {"ada_1_3_x.ipynb": "2"})
    os.utime(later / "ada_1_3_x.ipynb", (4e9, 4e9))
    ingest(course, later, set_name)
    assert course.submitted("ada", set_name).read_bytes() == b"2"
