"""What arrives: nobody's work becomes another's, and no file ends the rest."""

import errno
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import pytest

from igf1lab.exercises.generate import learner_copy
from igf1lab.grading import cli
from igf1lab.grading.course import REPOSITORY, open_course, safe_name
from igf1lab.grading.demo import blob
from igf1lab.grading.handback.pages import write_feedback
from igf1lab.grading.intake import ingest as intake
from igf1lab.grading.intake.ingest import ingest, owners
from igf1lab.grading.intake.people import Owner, whose
from igf1lab.grading.marking.gradebook import gradebook
from igf1lab.grading.sandbox import tiers

SET = "02_brain"


@pytest.fixture
def course(tmp_path):
    return open_course(str(tmp_path / "private"))


def fill(folder, *files):
    """Write each file with its own path as content."""
    for file in files:
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(os.fsencode(file))
    return folder


def kept(course):
    return {
        who: os.fsdecode(course.submitted(who, SET).read_bytes()) for who in course.students(SET)
    }


@pytest.mark.parametrize(
    "files",
    [
        ["submissions/ada.ipynb", "submissions/bo.ipynb"],
        [f"submissions/ada_{SET}.ipynb", f"submissions/bo_{SET}.ipynb"],
        ["Abgaben Woche 3/ada.ipynb", "Abgaben Woche 3/bo.ipynb"],
        [f"physiology 2026/ada_{SET}.ipynb", f"physiology 2026/bo_{SET}.ipynb"],
        [f"section 1/ada_{SET}.ipynb", f"section 2/bo_{SET}.ipynb"],
        [f"physiology/hand-ins/ada/{SET}.ipynb", f"physiology/hand-ins/bo/{SET}.ipynb"],
        [f"group A/ada/{SET}.ipynb", f"group B/bo/{SET}.ipynb"],
        [f"red/ada/{SET}.ipynb", f"blue/bo/{SET}.ipynb", f"blue/cy/{SET}.ipynb"],
        [f"ada/{SET}/{SET}.ipynb", f"bo/{SET}/{SET}.ipynb"],
        [f"ada/work/{SET}.ipynb", f"bo/{SET}.ipynb"],
        [f"submissions/ada_12_34_{SET}.ipynb", f"submissions/bo_13_35_{SET}.ipynb"],
        [f"Week 3_ada_attempt_2026-11-20-10-00-00_{SET}.ipynb", "Week 3_bo_attempt_2026-11-21-10-00-00_x.ipynb"],
        [f"Abgaben/ada/1_Abgabe/{SET}.ipynb", f"Abgaben/bo/1_Abgabe/{SET}.ipynb"],
        [f"ada/1_submissions/{SET}.ipynb", f"bo/1_submissions/{SET}.ipynb"],
        [f"Student Work/Submitted files/Ada/{SET}/Version 1/{SET}.ipynb", f"Student Work/Submitted files/Bo/{SET}/Version 2/{SET}.ipynb"],
        [f"Week 3/ada/Submission attachment(s)/{SET}.ipynb", f"Week 3/bo/Submission attachment(s)/{SET}.ipynb"],
        [f"11-21 - Ada - Nov 20, 2026 1000 AM/{SET}.ipynb", f"12-22 - Bo - 2 March, 2026 930 PM/{SET}.ipynb"],
        [f"Ada - Copy of {SET}.ipynb", f"Kopie von Bo_{SET}.ipynb"], [f"ada_{SET}_final.ipynb", f"bo_{SET} 2.ipynb"],
        [f"ada_{SET}.ipynb.txt", f"bo_{SET} (1).ipynb.json"],
        [f"Download/x/Ada_12_assignsubmission_file_/{SET}.ipynb", f"Download/x/bo_13_assignsubmission_file_/y/{SET}.ipynb"],
    ],
)  # fmt: skip
def test_who_is_told_apart(files):
    found = whose(files, SET)
    assert all(isinstance(owner, Owner) for owner in found.values()), found
    names = [owner.name.lower() for owner in found.values()]
    assert len(set(names)) == len(files) and {"ada", "bo"} <= set(names) | {"cy"}


def test_whose_number_and_which_is_newer():
    """Blackboard's logins may hold what its titles hold; each platform's own time decides."""
    shape = "Week_3_{}_attempt_2026-11-{}-10-00-00_x.ipynb"
    files = [shape.format("a_l", 20), shape.format("a_l", 21), shape.format("b_l", 20)]
    found = whose(files, SET)
    assert [owner.name for owner in found.values()] == ["a_l", "a_l", "b_l"]
    old, new, other = found.values()
    assert new.comes_after(old) and not old.comes_after(new) and old == new != other
    folder = "Abgaben/Müller_Ada_am_4711"
    files = [f"{folder}/20261120100000_{SET}.ipynb", f"{folder}/20261121100000_{SET} final.ipynb"]
    old, new = whose(files, SET).values()
    assert old == new == Owner("Müller_Ada_am", "ilias", "4711") and new.comes_after(old)
    assert Owner("x").comes_after(old) is None and old.comes_after(other) is None
    back = whose([f"ada/1_Abgabe/{SET}.ipynb", f"ada/2_Rückgabe/{SET}.ipynb"], SET)
    assert "handed back" in back[f"ada/2_Rückgabe/{SET}.ipynb"]


@pytest.mark.parametrize(
    ("files", "refused"),
    [
        ([f"eve/bob/{SET}.ipynb"], 1),
        ([f"{SET}.ipynb", f"{SET} (1).ipynb"], 2),
        (["monday/ada.ipynb", "monday/bo.ipynb", "tuesday/cy.ipynb", "tuesday/di.ipynb"], 4),
        (["monday/ada.ipynb"], 1),
        ([f"A/ada/{SET}.ipynb", f"A/bo/{SET}.ipynb", f"B/ada/{SET}.ipynb", f"B/cy/{SET}.ipynb"], 2),
        ([f"ada_{SET}.ipynb", f"ada/{SET}.ipynb"], 2),
        ([f"Ada_12_assignsubmission_file_/{SET}.ipynb", "Ada.ipynb"], 1),
    ],
)
def test_in_doubt_it_asks(files, refused):
    found = whose(files, SET)
    asks = [said for said in found.values() if isinstance(said, str)]
    assert len(asks) == refused and all("ingest" in said for said in asks)


@pytest.mark.parametrize("theirs", [f"eve/bob/{SET}.ipynb", f"eve/bob_222_333_{SET}.ipynb"])
def test_nobody_hands_in_for_another(course, tmp_path, theirs):
    inbox = fill(tmp_path / "in", f"bob/{SET}.ipynb", f"ada/{SET}.ipynb", theirs)
    ingest(course, inbox, SET)
    assert kept(course)["bob"] == f"bob/{SET}.ipynb"
    ingest(course, fill(tmp_path / "again", theirs), SET)
    assert kept(course)["bob"] == f"bob/{SET}.ipynb"


def test_hidden_students_keep_their_own_numbers(course, tmp_path):
    files = [f"anon_12345_67890_{SET}.ipynb", f"LATE_anon_aB3dE_67891_{SET}.ipynb", f"anon_Ab3dE_67892_{SET}.ipynb"]  # fmt: skip
    arrivals = ingest(course, fill(tmp_path / "in", *files), SET)
    assert set(kept(course)) == {"anon_12345", "anon_aB3dE", "anon_Ab3dE"}
    assert {o.platform for o in owners(course, SET).values()} == {"canvas-anonymous"}
    assert sum(a.says == "new, late" for a in arrivals) == 1


@pytest.mark.parametrize(
    "names",
    [["कमल", "कमाल", "किमल"], ["กา", "กี", "กู"], ["கல", "கலை"], ["שָׁלוֹם", "שלום"], ["a b", "a-b", "a, b"],
     ["O'Neil Ann", "O Neil-Ann"], ["x" * 300 + "1", "x" * 300 + "2"]],
)  # fmt: skip
def test_names_stay_apart(course, tmp_path, names):
    path = tmp_path / "all.zip"
    for order in (names, names[::-1], names[:1]):
        with zipfile.ZipFile(path, "w") as archive:
            for name in order:
                archive.writestr(f"{name}/{SET}.ipynb", name)
        ingest(course, path, SET)
        assert sorted(kept(course).values()) == sorted(names)


def test_names_stay_apart_also_one_after_the_other(course, tmp_path):
    for name in ("a b", "a-b", "a_b", "a, b"):
        ingest(course, fill(tmp_path / name, f"{name}/{SET}.ipynb"), SET)
    assert len(kept(course)) == 4
    assert safe_name("कमाल") == "कमाल" and len(safe_name("漢" * 300).encode()) <= 180


def test_a_bare_name_that_two_bear_is_asked_about(course, tmp_path):
    both = [f"smithjohn_{n}_9{n}_{SET}.ipynb" for n in (111, 222)]
    ingest(course, fill(tmp_path / "in", *both), SET)
    (arrival,) = ingest(course, fill(tmp_path / "mail", "smithjohn.ipynb"), SET)
    assert arrival.says.startswith("refused: several people") and len(kept(course)) == 2
    (arrival,) = ingest(course, fill(tmp_path / "mail2", "smithjohn-222.ipynb"), SET)
    assert arrival.says == "replaces an earlier one"


@pytest.mark.parametrize("other", ["lesson", "set"])
@pytest.mark.parametrize("last", [True, False])
def test_the_exercise_counts_not_the_lesson(course, tmp_path, other, last, source, set_name):
    name = "01_gh_igf1_axis" if set_name != "01_gh_igf1_axis" else "02_brain"
    path = {"lesson": f"notebooks/{set_name}.ipynb", "set": f"exercises/{name}/{name}.ipynb"}[other]
    wrong, right = (REPOSITORY / path).read_bytes(), blob(learner_copy(source))
    inbox = tmp_path / "in"
    inbox.mkdir()
    for number, content in ((1, right), (2, wrong)) if last else ((2, right), (1, wrong)):
        (inbox / f"ada_7_{number}_{set_name}.ipynb").write_bytes(content)
    arrivals = ingest(course, inbox, set_name)
    assert course.submitted("ada", set_name).read_bytes() == right
    assert sum("not the exercise (" in a.says for a in arrivals) == 1
    # Also one after the other.
    (tmp_path / "late").mkdir()
    (tmp_path / "late" / f"ada_7_3_{set_name}.ipynb").write_bytes(wrong)
    (arrival,) = ingest(course, tmp_path / "late", set_name)
    assert arrival.says.startswith("not the exercise (") and "earlier/" in arrival.says
    assert course.submitted("ada", set_name).read_bytes() == right


def test_canvas_numbers_decide_before_the_clock(course, tmp_path):
    """In the autumn hour, or with a machine's wrong clock, the time says the opposite."""
    for number, hour in ((9, 3), (10, 2)):
        with zipfile.ZipFile(tmp_path / f"{number}.zip", "w") as archive:
            entry = zipfile.ZipInfo(f"ada_7_{number}_{SET}.ipynb", (2026, 10, 25, hour, 30, 0))
            archive.writestr(entry, str(number))
    for number in (9, 10, 9):
        ingest(course, tmp_path / f"{number}.zip", SET)
    assert kept(course) == {"ada": "10"}


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Kolkata", "Europe/Berlin"])
def test_times_in_a_zip_are_not_converted(course, tmp_path, monkeypatch, zone):
    import time

    monkeypatch.setenv("TZ", zone)
    time.tzset()
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(zipfile.ZipInfo(f"ada/{SET}.ipynb", (2026, 10, 25, 2, 30, 0)), "x")
    ingest(course, tmp_path / "a.zip", SET)
    monkeypatch.undo()
    time.tzset()
    stamp = course.submitted("ada", SET).parent / "timestamp.txt"
    assert stamp.read_text() == "2026-10-25 02:30:00 UTC\n"


def test_names_of_three_systems(course, tmp_path):
    path = tmp_path / "all.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for packed in ("Øyvind".encode(), "François".encode("cp437"), b"win\\Zo\xc3\xab"):
            place = "1234567890123456789"[: len(packed)]
            archive.writestr(f"{place}/{SET}.ipynb", packed)
    data = path.read_bytes()
    for packed in ("Øyvind".encode(), "François".encode("cp437"), b"win\\Zo\xc3\xab"):
        place = "1234567890123456789"[: len(packed)].encode()
        data = data.replace(place + b"/02", packed + b"/02")
    path.write_bytes(data)
    found = {a.student for a in ingest(course, path, SET) if not a.says.startswith("refused")}
    assert {"Øyvind", "François"} <= found
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"Zoë\\{SET}.ipynb", "z")
        archive.writestr(f"Ian\\{SET}.ipynb", "i")
    assert {a.student for a in ingest(course, path, SET)} == {"Zoë", "Ian"}


def test_odd_files_cost_one_line_each(course, tmp_path, capsys):
    inbox = fill(tmp_path / "in", f"ada/{SET}.ipynb", f"bo/{SET}.ipynb")
    odd = os.fsdecode(b"in/\xff\xfe\x1b[2J")
    fill(tmp_path, f"{odd}/{SET}.ipynb")
    (inbox / "loop").symlink_to("loop")
    (inbox / "cy").mkdir()
    (inbox / "cy" / f"{SET}.ipynb").symlink_to(f"{SET}.ipynb")
    (inbox / "up").symlink_to("..")
    (inbox / "di" / f"{SET}.ipynb").mkdir(parents=True)
    os.mkfifo(inbox / "pipe.ipynb")
    assert cli.main(["--course", str(course.folder), "ingest", SET, str(inbox)]) == cli.TROUBLE
    said = capsys.readouterr()
    assert "Traceback" not in said.err and "\x1b" not in said.out and "8 files, " in said.out
    assert {"ada", "bo"} <= set(kept(course))


def test_a_file_that_cannot_be_read_costs_one_line(course, tmp_path, monkeypatch):
    inbox = fill(tmp_path / "in", f"ada/{SET}.ipynb", f"bo/{SET}.ipynb")
    read = Path.read_bytes

    def refuse(path):
        if path.parent.name == "ada":
            raise PermissionError(errno.EACCES, "Permission denied")
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", refuse)
    says = {a.student: a.says for a in ingest(course, inbox, SET)}
    assert says["ada"].startswith("refused: it cannot be read") and says["bo"] == "new"


def test_a_full_disk_keeps_what_was_there(course, tmp_path, monkeypatch):
    ingest(course, fill(tmp_path / "in", "ada.ipynb"), SET)
    before = {p: p.read_bytes() for p in course.folder.rglob("*") if p.is_file()}
    (tmp_path / "in" / "ada.ipynb").write_text("new work")

    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("igf1lab.grading.files.os.fsync", full)
    (arrival,) = ingest(course, tmp_path / "in", SET)
    assert arrival.says.startswith("refused: it cannot be stored (No space")
    after = {p: p.read_bytes() for p in course.folder.rglob("*") if p.is_file()}
    after.pop(course.folder / "log.jsonl"), before.pop(course.folder / "log.jsonl")
    assert after == before


def test_every_refusal_has_a_page_until_work_comes(course, tmp_path):
    folder = "Ada <i> Lovelace_98765_assignsubmission_file_"
    ingest(course, fill(tmp_path / "in", f"{folder}/{SET}.pdf", f"{folder}/<b>.docx"), SET)
    (page,) = write_feedback(course, SET)
    text = page.read_text()
    assert "not a notebook (.pdf)" in text and "itself, as JupyterLab saves it" in text
    assert "&lt;b&gt;.docx" in text and "<i> " not in text
    with zipfile.ZipFile(course.folder / "export" / f"{SET}-moodle-feedback.zip") as archive:
        assert len(archive.namelist()) == 1
    ingest(course, fill(tmp_path / "later", f"{folder}/{SET}.ipynb"), SET)
    assert intake.refusals(course, SET) == {}


def test_odd_folders_for_a_class(tmp_path):
    for name in ("a?b", "a#b", "a%20b", "a b", "a?mode=ro&b", "ä[1]"):
        course = open_course(str(tmp_path / name))
        with gradebook(course) as book:
            book.update_or_create_student("ada")
        assert (course.folder / "gradebook.db").stat().st_mode & 0o777 == 0o600
        with gradebook(open_course(str(tmp_path / name))) as book:
            assert [student.id for student in book.students] == ["ada"]
    assert {p.name for p in tmp_path.iterdir()} == {"a?b", "a#b", "a%20b", "a b", "a?mode=ro&b", "ä[1]"}  # fmt: skip


def test_everything_is_its_owners_alone(course, tmp_path):
    ingest(course, fill(tmp_path / "in", "ada.ipynb", "bo.pdf"), SET)
    course.secret  # noqa: B018
    for path in [course.folder, *course.folder.rglob("*")]:
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600), path
    assert json.loads(course.owner("ada", SET).read_text())["name"] == "ada"


def test_pages_go_back_to_canvas_as_they_came(course, tmp_path):
    """Canvas finds the student again by both numbers; pages of e-mailed files stay out."""
    came = ["lovelaceada_12_34_{}", "bo_LATE_13_35_{}", "LATE_anon_aB3dE_36_{}", "cy_14_37_{}"]
    files = [*(shape.format(f"{SET}.pdf") for shape in came), f"di_{SET}.pdf"]
    ingest(course, fill(tmp_path / "in", *files), SET)
    assert len(write_feedback(course, SET)) == 5
    with zipfile.ZipFile(course.folder / "export" / f"{SET}-canvas-feedback.zip") as archive:
        assert sorted(archive.namelist()) == sorted(c.format(f"{SET}-feedback.html") for c in came)


def test_a_killed_graders_folders_are_swept_up(tmp_path, monkeypatch):
    """A living grader's are not: it holds their lock."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    dead, alive = (Path(tempfile.mkdtemp(prefix="igf1lab-grade-")) for _ in range(2))
    (dead / "student").mkdir()
    hold = "import fcntl, os, sys; fcntl.flock(os.open(sys.argv[1], 0), fcntl.LOCK_EX); print(1, flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", hold, alive], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as grader:
        grader.stdout.readline()
        tiers._sweep()
        assert not dead.exists() and alive.exists()
        grader.kill()
    tiers._sweep()
    assert not alive.exists()


@pytest.mark.parametrize("folder", ["a", "all", "submissions"])
@pytest.mark.parametrize("packed", [True, False])
def test_folders_without_end_cost_nobody_else(
    tmp_path, source, set_name, monkeypatch, folder, packed
):
    inbox, content = tmp_path / "inbox", blob(learner_copy(source))
    inbox.mkdir()
    if packed:
        inbox = tmp_path / "inbox.zip"
        with zipfile.ZipFile(inbox, "w") as archive:
            archive.writestr(f"ada_{set_name}.ipynb", content)
            archive.writestr(f"{folder}/" * 4000 + "x.ipynb", content)
    else:
        (inbox / f"ada_{set_name}.ipynb").write_bytes(content)
        monkeypatch.chdir(inbox)
        for _ in range(1100):
            Path(folder).mkdir()
            os.chdir(folder)
        Path("x.ipynb").write_bytes(content)
        monkeypatch.chdir(tmp_path)
    arrivals = ingest(open_course(str(tmp_path / "private")), inbox, set_name)
    assert sorted(a.says[:30] for a in arrivals) == ["new", "refused: it lies in too many f"]
    if not packed:
        subprocess.run(["rm", "-rf", str(inbox)], check=True)  # pytest's own way goes only so deep
