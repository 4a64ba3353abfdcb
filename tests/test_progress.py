"""Progress survives two kernels, damage, newer versions, full disks and hostile files."""

import json
import resource
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from igf1lab.lesson import progress as module
from igf1lab.lesson.progress import (
    Gain,
    Mastery,
    Progress,
    RestoreError,
    choose_warm_up,
    default_progress,
    warm_up_context,
)
from igf1lab.lesson.progress_view import ProgressPanel
from igf1lab.lesson.quiz_bank import load

BANK = load(Path(__file__).parent / "data" / "sample_quiz.yaml")
CHOICE, CHOICES, NUMBER = BANK.items[:3]
WRITER = """
import sys
from igf1lab.lesson.progress import Progress
from igf1lab.lesson.quiz_bank import load
item = load(sys.argv[2]).items[0]
progress = Progress(sys.argv[1])
for number in range(25):
    progress.record_try(item, context="t", try_number=1, answer=number, correct=True)
sys.exit(progress.message)
"""


@pytest.fixture
def progress(tmp_path):
    return Progress(tmp_path / "course" / "progress.db")


def record(progress, item=CHOICE, correct=True, try_number=1, context="t", wrong=()):
    progress.record_try(
        item,
        context=context,
        try_number=try_number,
        answer="a",
        correct=correct,
        misconceptions=wrong,
    )


def test_reading_makes_no_file(progress):
    assert progress.records() == [] and progress.mastery() == {}
    assert not progress.path.exists()


def test_what_is_recorded_is_read_back_by_another_kernel(progress):
    record(progress, wrong=("AXIS-1.m1",), correct=False)
    progress.record_prediction(BANK.predictions[2], answer={"gh": "up"}, confidence="sure")
    first, second = Progress(progress.path).records()
    assert (first.kind, first.item, first.claims) == ("quiz", CHOICE.id, CHOICE.claims)
    assert (first.correct, first.misconceptions) == (False, ("AXIS-1.m1",))
    assert (second.kind, second.answer, second.confidence) == ("prediction", {"gh": "up"}, "sure")
    assert progress.message == ""


def test_file_is_versioned_and_only_added_to(progress):
    record(progress)
    with sqlite3.connect(progress.path) as database:
        assert database.execute("PRAGMA user_version").fetchone() == (module.VERSION,)
        for change in ("DELETE FROM record", "UPDATE record SET body = ''"):
            with pytest.raises(sqlite3.IntegrityError, match="only added"):
                database.execute(change)


def test_two_kernels_write_together(tmp_path):
    path = tmp_path / "progress.db"
    command = [sys.executable, "-c", WRITER, path, Path(__file__).parent / "data/sample_quiz.yaml"]
    writers = [subprocess.Popen(command, stderr=subprocess.PIPE) for _ in range(2)]
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
    record(progress)
    assert len(progress.records()) == 1
    (aside,) = progress.path.parent.glob("progress.db.damaged-*")
    assert aside.read_bytes() == content
    assert aside.name in progress.message and progress.message.endswith(".")


def test_file_damaged_in_the_middle(progress):
    for _ in range(200):
        record(progress)
    content = bytearray(progress.path.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    progress.path.write_bytes(content)
    assert progress.records() == [] and "damaged" in progress.message
    record(progress)
    assert len(progress.records()) == 1


def test_file_of_a_newer_version_is_left_alone(progress):
    record(progress)
    with sqlite3.connect(progress.path) as database:
        database.execute("PRAGMA user_version = 99")
    before = progress.path.read_bytes()
    later = Progress(progress.path)
    record(later)
    assert "newer version" in later.message
    assert len(later.records()) == 1  # kept in memory
    assert progress.path.read_bytes() == before


def test_another_programs_database_is_left_alone(progress):
    progress.path.parent.mkdir()
    with sqlite3.connect(progress.path) as database:
        database.execute("CREATE TABLE theirs (x)")
    before = progress.path.read_bytes()
    record(progress)
    assert "another program" in progress.message and progress.path.read_bytes() == before


def test_place_that_cannot_be_written_does_not_stop_the_course(tmp_path):
    (tmp_path / "file").write_text("in the way")
    progress = Progress(tmp_path / "file" / "progress.db")
    record(progress)
    assert "cannot be kept" in progress.message and "goes on" in progress.message
    assert progress.rounds("t")[CHOICE.id] and progress.mastery()
    (tmp_path / "file").unlink()
    record(progress, CHOICES)  # what was kept in memory is written with the next answer
    assert len(Progress(progress.path).records()) == 2 and progress.message == ""


def test_full_disk_does_not_stop_the_course(progress, tmp_path):
    def no_room():
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))

    script = WRITER.replace(
        "sys.exit(progress.message)", "print(len(progress.records()), progress.message)"
    )
    command = [
        sys.executable,
        "-c",
        script,
        progress.path,
        Path(__file__).parent / "data/sample_quiz.yaml",
    ]
    done = subprocess.run(command, preexec_fn=no_room, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("25 Your answers cannot be kept")


def test_a_damaged_byte_costs_one_record(progress):
    record(progress)
    record(progress, CHOICES)
    content = progress.path.read_bytes()
    spoilt = content.replace(CHOICE.id.encode() + b'"', b"\xff" * len(CHOICE.id) + b'"', 1)
    progress.path.write_bytes(spoilt)
    assert spoilt != content and CHOICES.id in {each.item for each in progress.records()}
    assert "cannot be kept" not in progress.message and progress.export_bytes()


def test_home_in_the_named_place_is_found(monkeypatch):
    monkeypatch.setenv("IGF1LAB_PROGRESS", "~/kept.db")
    assert default_progress().path == Path.home() / "kept.db"


def test_unreadable_record_is_skipped_with_a_word(progress):
    record(progress)
    with sqlite3.connect(progress.path) as database:
        database.execute("INSERT INTO record (uid, body) VALUES ('x', '{')")
    assert len(progress.records()) == 1 and "skipped" in progress.message


# --- what is made of it ---


def test_mastery_counts_the_last_answer_to_each_item(progress):
    record(progress, CHOICE, correct=False, try_number=2)
    record(progress, CHOICES, correct=True)
    assert progress.mastery()["AXIS-1"] == Mastery(0.5, 2)
    record(progress, CHOICE, correct=True, try_number=2)
    assert progress.mastery()["AXIS-1"] == Mastery(0.75, 2)
    assert progress.mastery()["AXIS-2"] == Mastery(1.0, 1)


@pytest.mark.parametrize(
    ("mastery", "word"),
    [
        (Mastery(0, 0), "not met"),
        (Mastery(0.49, 1), "shaky"),
        (Mastery(0.5, 1), "growing"),
        (Mastery(0.8, 1), "firm"),
    ],
)
def test_words_of_mastery(mastery, word):
    assert mastery.word == word


def test_misconception_is_held_until_the_item_is_right(progress):
    record(progress, correct=False, wrong=("AXIS-1.m2",))
    assert progress.misconceptions() == {"AXIS-1.m2": [CHOICE.id]}
    record(progress, correct=True, try_number=2)
    assert progress.misconceptions() == {}


def test_gain_compares_first_tries_of_both_tests(progress):
    record(progress, CHOICE, correct=False, context="pre_test")
    record(progress, CHOICE, correct=True, try_number=2, context="pre_test")
    assert progress.gain() == {}
    record(progress, CHOICE, correct=True, context="post_test")
    assert progress.gain() == {"AXIS-1": Gain(0.0, 1.0)}
    line = "AXIS-1: 0% before, 100% after"
    panel = ProgressPanel(progress)
    assert panel.panel["gain"] == [line] and line in panel.twin()


def test_tries_are_those_of_the_last_round(progress):
    record(progress, correct=False)
    record(progress, correct=False, try_number=2)
    record(progress, correct=True)
    assert [each.correct for each in progress.rounds("t")[CHOICE.id]] == [True]
    assert progress.rounds("elsewhere") == {}


LESSONS = [f"{number:02d}_lesson" for number in range(12)]


def test_the_pre_test_tells_nothing_and_colours_nothing(progress):
    record(progress, correct=False, context="pre_test", wrong=("AXIS-1.m1",))
    assert progress.mastery() == {} and progress.misconceptions() == {}
    panel = ProgressPanel(progress)
    assert panel.panel["held"] == [] and {each["word"] for each in panel.claims} == {"not met"}


ITEMS = [
    replace(CHOICE, id=f"item-{lesson[:2]}-{letter}", lesson=lesson)
    for lesson in [*LESSONS[1:], "pre_test"]
    for letter in "abc"
]


def lessons_of(items):
    return sorted(item.lesson[:2] for item in items)


def test_warm_up_comes_from_one_three_and_five_lessons_back():
    assert lessons_of(choose_warm_up("08_lesson", ITEMS, {})) == ["03", "05", "07"]
    assert lessons_of(choose_warm_up("04_lesson", ITEMS, {})) == ["01", "01", "03"]
    assert lessons_of(choose_warm_up("02_lesson", ITEMS, {})) == ["01", "01", "01"]
    assert choose_warm_up("01_lesson", ITEMS, {}) == []
    assert choose_warm_up("08_lesson", ITEMS, {}) == choose_warm_up("08_lesson", ITEMS[::-1], {})


def test_warm_up_asks_the_weakest_first():
    scores = {item.id: 1.0 for item in ITEMS} | {"item-05-b": 0.0, "item-07-c": 0.5}
    chosen = [item.id for item in choose_warm_up("08_lesson", ITEMS, scores)]
    assert chosen[:2] == ["item-05-b", "item-07-c"]


def test_a_warm_up_that_was_begun_keeps_its_items(progress):
    record(progress, replace(CHOICE, id="item-07-b"), correct=False)
    asked = progress.warm_up_items("08_lesson", ITEMS)
    assert asked[0].id == "item-07-b"
    for item in asked:
        record(progress, item, context=warm_up_context("08_lesson"))
        assert progress.warm_up_items("08_lesson", ITEMS) == asked
    record(progress, replace(CHOICE, id="item-05-c"), correct=False)
    assert progress.warm_up_items("08_lesson", ITEMS) == asked
    assert progress.warm_up_items("10_lesson", ITEMS)[0].id == "item-05-c"


# --- taking it along ---


def test_restore_adds_only_what_is_new(progress, tmp_path):
    record(progress)
    elsewhere = Progress(tmp_path / "elsewhere.db")
    record(elsewhere, CHOICES)
    content = progress.export_bytes()
    assert elsewhere.restore(content) == 1
    assert elsewhere.restore(content) == 0
    assert progress.records()[0] in elsewhere.records() and len(elsewhere.records()) == 2


def spoiled(progress, **changes):
    data = json.loads(progress.export_bytes())
    data["records"][0] |= changes
    return json.dumps(data).encode()


@pytest.mark.parametrize(
    "changes",
    [
        {"uid": "../../x"},
        {"time": "yesterday"},
        {"time": "2026-01-01T00:00:00"},
        {"kind": "spell"},
        {"claims": "AXIS-1"},
        {"try_number": 99},
        {"correct": "yes"},
        {"item": ["a"]},
        {"context": "x" * 1000},
        {"confidence": "absolutely"},
        {"answer": "x" * 20_000},
        {"extra": 1},
    ],
)
def test_restore_refuses_a_spoiled_record_whole(progress, changes):
    record(progress)
    with pytest.raises(RestoreError, match=r"Record 1 .* Nothing was changed\."):
        progress.restore(spoiled(progress, **changes))
    assert len(progress.records()) == 1


@given(content=st.none() | st.binary() | st.text().map(str.encode) | st.just(b"[" * 100_000))
@settings(max_examples=60, deadline=None)
def test_restore_of_anything_else_is_a_sentence(content):
    with pytest.raises(RestoreError, match=r"\.$"):
        Progress("/nonexistent/progress.db").restore(content)


@pytest.mark.parametrize("version", [2, "x" * 100, None])
def test_restore_of_another_version(progress, version):
    content = json.dumps({"format": module.EXPORT_FORMAT, "version": version, "records": []})
    with pytest.raises(RestoreError, match="update the course"):
        progress.restore(content.encode())


# --- the panel ---


def test_panel_shows_misconceptions_and_carries_the_file(progress, monkeypatch):
    record(progress, correct=False, wrong=("AXIS-1.m1", "GONE-1.m1"))
    panel = ProgressPanel(progress)
    assert len(panel.panel["held"]) == 1 and panel.panel["held"][0].startswith("AXIS-1: “")
    sent = []
    monkeypatch.setattr(
        panel, "send", lambda content, buffers=None: sent.append((content, buffers))
    )
    panel._receive(panel, {"type": "download"}, [])
    content, (exported,) = sent.pop()
    assert content == {"type": "file", "name": "igf1-progress.json"}
    panel._receive(panel, {"type": "restore"}, [memoryview(exported)])
    assert sent.pop()[0]["text"] == "Nothing new was in that file."
    panel._receive(panel, {"type": "restore"}, [b"rubbish"])
    assert "not a progress file" in sent.pop()[0]["text"]


def test_panel_follows_a_restore(progress, tmp_path):
    record(progress)
    panel = ProgressPanel(Progress(tmp_path / "new.db"))
    assert {claim["word"] for claim in panel.claims} == {"not met"}
    panel._receive(panel, {"type": "restore"}, [progress.export_bytes()])
    assert next(claim for claim in panel.claims if claim["id"] == "AXIS-1")["word"] == "firm"


# --- where it is ---


def test_named_place_wins(tmp_path, monkeypatch):
    monkeypatch.setenv("IGF1LAB_PROGRESS", str(tmp_path / "mine.db"))
    assert default_progress().path == tmp_path / "mine.db"
    assert default_progress() is default_progress()


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
