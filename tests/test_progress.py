"""The kept file survives two kernels, damage, newer versions, full disks, locks and other people."""

import json
import os
import resource
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from igf1lab.lesson import progress as module
from igf1lab.lesson.progress import Progress, default_progress, keeper
from igf1lab.lesson.quiz import Quiz

WRITER = """
import sys
import time
from igf1lab.lesson.progress import Progress
progress = Progress(sys.argv[1])
for number in range(25):
    progress.add([{"uid": sys.argv[2] + f"{number:031x}", "answer": number}])
while progress.message and "locked" in progress.message:  # the page offers again what is not stored
    time.sleep(0.05)
    progress.add([])
sys.exit(progress.message)
"""


def entry(number: int, **changes) -> dict:
    """A record as a page sends it."""
    return {
        "uid": f"{number:032x}",
        "time": "2026-03-01T12:00:00.000+00:00",
        "kind": "quiz",
        "lesson": "01_gh_igf1_axis",
        "item": "axis-zscore",
        "context": "01_gh_igf1_axis",
        "claims": ["AXIS-1"],
        "answer": "−1,5",
        "try_number": 1,
        "correct": True,
        "misconceptions": [],
        "confidence": None,
    } | changes


A, B, C = (entry(number) for number in (1, 2, 3))


@pytest.fixture
def progress(tmp_path):
    return Progress(tmp_path / "course" / "progress.db")


def test_reading_makes_no_file(progress):
    assert progress.records() == [] and progress.rows() == ([], False)
    assert not progress.path.exists()


def test_what_is_stored_is_read_back_by_another_kernel_in_order_of_arrival(progress):
    ahead = entry(9, time="2031-01-01T00:00:00.000+00:00")
    progress.add([ahead])
    progress.add([A, ahead])
    assert Progress(progress.path).records() == [ahead, A]
    assert progress.message == ""


def test_a_file_of_the_first_release_opens_unchanged(progress):
    """As version 1 of the course wrote it, with microseconds in its times."""
    body = json.dumps(entry(1, time="2026-01-05T09:30:00.123456+00:00"))
    progress.path.parent.mkdir()
    with sqlite3.connect(progress.path) as database:
        database.executescript(
            "CREATE TABLE record (number INTEGER PRIMARY KEY, uid TEXT NOT NULL UNIQUE, body TEXT NOT NULL);"
            "PRAGMA user_version = 1"
        )
        database.execute("INSERT INTO record (uid, body) VALUES (?, ?)", (A["uid"], body))
    progress.add([B])
    assert progress.records() == [json.loads(body), B]


def test_only_what_is_new_is_handed_over(progress):
    progress.add([A, B])
    assert progress.rows(after=1) == ([(2, B)], False)
    assert progress.rows(after=2) == ([], False)
    progress.path.unlink()
    assert progress.rows(after=2) == ([], True)  # begun anew: the page offers what it has again
    progress.add([C])
    assert progress.rows(after=2) == ([(1, C)], True)


def test_what_is_no_record_is_left_out(progress):
    wrong = [None, 1, "x", [], {}, {"uid": 1}, {"uid": "../x"}, entry(4, answer="x" * 50_000)]
    progress.add([*wrong, A])
    assert progress.records() == [A] and "left out" in progress.message


def test_file_is_versioned_and_only_added_to(progress):
    progress.add([A])
    with sqlite3.connect(progress.path) as database:
        assert database.execute("PRAGMA user_version").fetchone() == (module.VERSION,)
        for change in ("DELETE FROM record", "UPDATE record SET body = ''"):
            with pytest.raises(sqlite3.IntegrityError, match="only added"):
                database.execute(change)


def test_two_kernels_write_together(tmp_path):
    path = tmp_path / "progress.db"
    command = [sys.executable, "-c", WRITER, path]
    writers = [subprocess.Popen([*command, name], stderr=subprocess.PIPE) for name in "ab"]
    for writer in writers:
        _, said = writer.communicate(timeout=120)
        assert writer.returncode == 0 or not said.strip(), said
    assert len(Progress(path).records()) == 50


@pytest.mark.parametrize(
    "content", [b"not a database at all" * 100, b"SQLite format 3\0" + b"x" * 5000]
)
def test_damaged_file_is_moved_aside_and_a_new_one_begun(progress, content):
    progress.path.parent.mkdir()
    progress.path.write_bytes(content)
    progress.add([A])
    assert len(progress.records()) == 1
    (aside,) = progress.path.parent.glob("progress.db.damaged-*")
    assert aside.read_bytes() == content
    assert aside.name in progress.message and progress.message.endswith(".")


def test_file_damaged_in_the_middle(progress):
    progress.add([entry(number) for number in range(200)])
    content = bytearray(progress.path.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    progress.path.write_bytes(content)
    assert progress.records() == [] and "damaged" in progress.message
    progress.add([A])
    assert len(progress.records()) == 1


def test_file_of_a_newer_version_is_left_alone(progress):
    progress.add([A])
    with sqlite3.connect(progress.path) as database:
        database.execute("PRAGMA user_version = 99")
    before = progress.path.read_bytes()
    later = Progress(progress.path)
    later.add([B])
    assert "newer version" in later.message
    assert len(later.records()) == 1  # kept in memory
    assert progress.path.read_bytes() == before


def test_another_programs_database_is_left_alone(progress):
    progress.path.parent.mkdir()
    with sqlite3.connect(progress.path) as database:
        database.execute("CREATE TABLE theirs (x)")
    before = progress.path.read_bytes()
    progress.add([A])
    assert "another program" in progress.message and progress.path.read_bytes() == before


def test_place_that_cannot_be_written_does_not_stop_the_course(tmp_path):
    (tmp_path / "file").write_text("in the way")
    progress = Progress(tmp_path / "file" / "progress.db")
    progress.add([A])
    assert "cannot be kept" in progress.message and "goes on" in progress.message
    assert progress.rows() == ([(None, A)], False)
    (tmp_path / "file").unlink()
    progress.add([B])  # what was kept in memory is written with the next answer
    assert len(Progress(progress.path).records()) == 2 and progress.message == ""


def test_full_disk_does_not_stop_the_course(progress, tmp_path):
    def no_room():
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))

    script = WRITER.replace(
        "sys.exit(progress.message)", "print(len(progress.records()), progress.message)"
    )
    command = [sys.executable, "-c", script, progress.path, "a"]
    done = subprocess.run(command, preexec_fn=no_room, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("25 Your answers cannot be kept")


def test_a_damaged_byte_costs_one_record(progress):
    progress.add([A, B])
    content = progress.path.read_bytes()
    spoilt = content.replace(b'"axis-zscore"', b"\xff" * 12 + b'"', 1)
    progress.path.write_bytes(spoilt)
    left = progress.records()
    assert spoilt != content and len(left) == 2 and left.count(None) == 1
    assert progress.message == ""


def test_what_is_no_json_is_handed_over_as_nothing(progress):
    progress.add([A])
    with sqlite3.connect(progress.path) as database:
        database.execute("INSERT INTO record (uid, body) VALUES ('x', '{'), ('y', '{\"a\": NaN}')")
    assert progress.records() == [A, None, {"a": None}]  # the page skips them with a word


def test_a_locked_file_is_waited_for_once(progress):
    progress.add([A])
    with sqlite3.connect(progress.path, isolation_level=None) as other:
        other.execute("BEGIN EXCLUSIVE")
        begun = time.monotonic()
        for number in range(10, 30):
            progress.add([entry(number)])
            assert progress.records()[-1] == entry(number)
        # Once the wait, then 40 short tries; waited for each time it would be half a minute.
        assert time.monotonic() - begun < 8
        assert "locked" in progress.message and progress.message.endswith(".")
        other.execute("COMMIT")
    progress.add([B])
    assert len(Progress(progress.path).records()) == 22 and progress.message == ""


# --- the way to the page ---


def ask(quiz, monkeypatch, **content):
    sent = []
    monkeypatch.setattr(quiz, "send", sent.append)
    quiz._keep(quiz, content, [])
    return sent


def test_a_part_stores_and_hands_over(progress, monkeypatch):
    quiz = Quiz([], progress=progress)
    (reply,) = ask(quiz, monkeypatch, type="records", wish=3, after=0, records=[A])
    assert reply == {
        "type": "records",
        "wish": 3,
        "rows": [(1, A)],
        "fresh": False,
        "message": "",
        "place": str(progress.path),
    }
    assert quiz.keeper == {"where": "kernel", "name": progress.name}
    (reply,) = ask(quiz, monkeypatch, type="records", after="x", records=None)
    assert reply["rows"] == [(1, A)]


@pytest.mark.parametrize("content", [None, [], {}, {"type": []}, {"type": "again"}])
def test_strange_messages_are_ignored(progress, monkeypatch, content):
    quiz = Quiz([], progress=progress)
    monkeypatch.setattr(quiz, "send", None)
    quiz._keep(quiz, content, None)
    assert progress.records() == []


def test_in_a_browser_the_browser_keeps(monkeypatch):
    monkeypatch.setattr(sys, "platform", "emscripten")
    assert keeper() == {"where": "page", "name": ""}
    monkeypatch.undo()
    assert keeper()["where"] == "kernel"


# --- where it is ---


def test_named_place_wins(tmp_path, monkeypatch):
    monkeypatch.setenv("IGF1LAB_PROGRESS", str(tmp_path / "mine.db"))
    assert default_progress().path == tmp_path / "mine.db"
    assert default_progress() is default_progress()


def test_home_in_the_named_place_is_found(monkeypatch):
    monkeypatch.setenv("IGF1LAB_PROGRESS", "~/kept.db")
    assert default_progress().path == Path.home() / "kept.db"


def test_without_a_home_answers_stay_in_memory_with_a_word(monkeypatch, tmp_path):
    def no_home(_path):
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setenv("IGF1LAB_PROGRESS", "~/kept.db")
    monkeypatch.setattr(Path, "expanduser", no_home)
    progress = default_progress()
    progress.add([A])
    assert progress.records() == [A] and progress.path is None
    assert progress.message.count("cannot be kept in ~/kept.db") == 1
    assert progress.message.endswith(".")


def test_a_file_of_somebody_else_is_never_ones_own(progress, monkeypatch, tmp_path):
    progress.add([A])
    monkeypatch.delenv("IGF1LAB_PROGRESS", raising=False)
    (progress.path.parent / "notebooks").mkdir()
    (progress.path.parent / "notebooks" / "00_start_here.ipynb").touch()
    monkeypatch.chdir(progress.path.parent)
    assert default_progress().path == progress.path
    monkeypatch.setattr(os, "geteuid", lambda: 54321)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert default_progress().path == tmp_path / "home" / ".igf1lab" / "progress.db"
    assert default_progress().records() == []
    named = Progress(progress.path)  # by IGF1LAB_PROGRESS, say
    named.add([B])
    assert named.records() == [B] and "belongs to somebody else" in named.message
    progress.path.unlink()  # nor is a new file begun in a folder of somebody else
    assert default_progress().path == tmp_path / "home" / ".igf1lab" / "progress.db"


def test_else_the_course_folder(tmp_path, monkeypatch):
    monkeypatch.delenv("IGF1LAB_PROGRESS", raising=False)
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "00_start_here.ipynb").touch()
    (tmp_path / "exercises" / "01").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "exercises" / "01")
    assert default_progress().path == tmp_path / "progress.db"


def test_else_where_we_are(tmp_path, monkeypatch):
    monkeypatch.delenv("IGF1LAB_PROGRESS", raising=False)
    monkeypatch.chdir(tmp_path)
    assert default_progress().path == tmp_path / "progress.db"
