"""The made-up class and the hostile battery, marked together in one run, as an instructor would."""

import hashlib
import json
import re
import socket
import threading
import time
from pathlib import Path

import nbformat
import pytest
from hostile_battery import CHEATS, MARK, PROGRAMS, cheat_notebook, files, right_notebook

from igf1lab.grading.course import REPOSITORY, open_course
from igf1lab.grading.demo import blob, made_up_class
from igf1lab.grading.intake.ingest import ingest
from igf1lab.grading.marking import whole_class
from igf1lab.grading.marking.marks import read_marks
from igf1lab.grading.marking.results import kept_result
from igf1lab.grading.sandbox.client import Limits

LIMITS = Limits(cell_seconds=0.6, total_seconds=20.0)


def tree(*roots):
    """Hash of every file under some folders, to see that nothing changed."""
    found = {}
    for root in roots:
        for path in sorted(Path(root).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                found[str(path)] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def slug(kind):
    return "x-" + re.sub(r"\W+", "-", kind).strip("-").lower()


class Listener:
    """Hears TCP, UDP and abstract Unix connections of anybody on this machine."""

    def __init__(self):
        self.heard = []
        self.tcp = socket.create_server(("127.0.0.1", 0))
        self.port = self.tcp.getsockname()[1]
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(("127.0.0.1", self.port))
        self.unix = socket.socket(socket.AF_UNIX)
        self.unix.bind(f"\0igf1lab-hostile-{self.port}")
        self.unix.listen()
        for sock in (self.tcp, self.unix):
            threading.Thread(target=self._accept, args=(sock,), daemon=True).start()
        threading.Thread(target=self._receive, daemon=True).start()

    def _accept(self, sock):
        while True:
            try:
                self.heard.append(sock.accept())
            except OSError:
                return

    def _receive(self):
        while True:
            try:
                self.heard.append(self.udp.recv(100))
            except OSError:
                return

    def close(self):
        for sock in (self.tcp, self.udp, self.unix):
            sock.close()


@pytest.fixture(scope="module")
def run(tmp_path_factory, sandbox, source, set_name):
    """Ingest and mark class and battery together; yield what came of it."""
    private = tmp_path_factory.mktemp("private")
    inbox = tmp_path_factory.mktemp("inbox")
    course = open_course(str(private))
    listener = Listener()
    honest = made_up_class(source)
    expected, by = {}, {}
    for made in honest:
        (inbox / f"{made.student}_{set_name}.ipynb").write_bytes(made.blob)
    for kind, (code, contained) in PROGRAMS.items():
        places = {"{port}": listener.port, "{private}": private, "{root}": REPOSITORY}
        for key, value in places.items():
            code = code.replace(key, str(value))
        (inbox / f"{slug(kind)}.ipynb").write_bytes(blob(right_notebook(source, code)))
        expected[kind], by[kind] = "full", contained
    for kind, (code, contained) in CHEATS.items():
        (inbox / f"{slug(kind)}.ipynb").write_bytes(blob(cheat_notebook(source, code)))
        expected[kind], by[kind] = "none", contained
    for kind, (content, expect, contained) in files(source, set_name).items():
        (inbox / f"{slug(kind)}.ipynb").write_bytes(content)
        expected[kind], by[kind] = expect, contained
    (inbox / "Ødegård 陳 (1).ipynb").write_bytes(honest[0].blob)
    expected["unicode name, (1)"], by["unicode name, (1)"] = "full", "ingest"
    (inbox / "x-symlink.ipynb").symlink_to("/etc/passwd")
    # What the battery aims at; other folders may be edited while the tests run.
    tops = ("igf1lab/grading", "assets/exercises", f"solutions/{set_name}", f"exercises/{set_name}")
    watched = [REPOSITORY / top for top in tops]
    before = tree(*watched, inbox)
    arrivals = ingest(course, inbox, set_name)
    started = time.monotonic()
    summary = whole_class.grade(course, set_name, limits=LIMITS, workers=4)
    seconds = time.monotonic() - started
    yield {
        "course": course, "honest": honest, "expected": expected, "by": by, "summary": summary,
        "arrivals": arrivals, "listener": listener, "seconds": seconds, "watched": (watched, inbox),
        "before": before, "results": {s: kept_result(course, s, set_name) for s in course.students(set_name)}, "name": set_name,
    }  # fmt: skip
    listener.close()


def student_of(kind):
    return "Ødegård-陳" if kind.startswith("unicode") else slug(kind)


def points(result):
    return {q: v["points"] for q, v in result["questions"].items() if v["points"] is not None}


def test_every_honest_student_has_the_right_marks(run):
    assert len(run["honest"]) == 30
    for made in run["honest"]:
        result = run["results"][made.student]
        got = {q: p for q, p in points(result).items() if q in made.points}
        assert got == made.points, (made.student, made.kind, result["questions"])
        assert result["deaths"] == []


def test_the_battery(run, source, capsys):
    """Prints the table: kind, what happened, contained by."""
    full = {q.id: q.points for q in source.exercise_set.questions if q.automatic}
    lines, wrong = [], []
    for kind, expect in run["expected"].items():
        result = run["results"].get(student_of(kind))
        if result is None:
            wrong.append((kind, "no result"))
            continue
        got = {q: p for q, p in points(result).items() if q in full}
        hostile = [c for c in result["cells"] if c["role"] == "" and c["kind"] == "code"]
        errors = [r["name"] for c in hostile for r in c["outputs"] or [] if r["type"] == "error"]
        deaths = [death["says"] for death in result["deaths"]]
        happened = result["says"] or "; ".join(deaths + errors) or "ran, harmless"
        total = f"{sum(got.values()):g}/{sum(full.values()):g}" if got else "pending"
        lines.append(f"{kind:32} {total:8} {happened[:64]:64} {run['by'][kind]}")
        if expect == "unreadable":
            good = result["status"] == "unreadable"
        elif expect == "none":
            good = sum(got.values()) == 0
        else:
            good = (
                got == full
            )  # a dead cell costs that cell, and no answer stands in the hostile one
        if not good:
            wrong.append((kind, happened, got))
    with capsys.disabled():
        print(f"\n{len(lines)} kinds, {run['seconds']:.0f} s together with 30 honest students")
        print(f"{'kind':32} {'points':8} {'what happened':64} contained by")
        print("\n".join(lines))
    assert len(lines) >= 149
    assert "could not confine" not in "".join(lines)
    assert not wrong, wrong


def test_nothing_was_seen_sent_or_changed(run):
    course, listener = run["course"], run["listener"]
    watched, inbox = run["watched"]
    assert listener.heard == []
    assert tree(*watched, inbox) == run["before"]
    assert not list(REPOSITORY.glob("*/HOSTILE")) and not Path("/tmp/REACHED").exists()
    assert not Path("/tmp/HOSTILE").exists()
    said = json.dumps(run["results"][slug("spy")]["cells"])
    assert "SEEN []" in said
    assert "LEFT []" in json.dumps(run["results"][slug("looks for leftovers")]["cells"])
    for kind in ("hunts for keys", "finds the caller's answers", "reads the public keys"):
        assert "FOUND 0" in json.dumps(run["results"][slug(kind)]["cells"]), kind
    assert "ENV []" in json.dumps(run["results"][slug("looks at the environment")]["cells"])
    for of_student in read_marks(course, run["name"]).values():
        assert all(mark["manual"] is None for mark in of_student.values())


def test_no_probe_is_told(run):
    for kind in (
        "tells a probe by the name of a class",
        "keeps probes for later answers",
        "names a probe as a missing package",
    ):
        verdicts = run["results"][slug(kind)]["questions"]
        assert "PROBE" not in json.dumps(verdicts), verdicts
        says = [v["says"] for v in verdicts.values()]
        assert not any(re.search(r"called with|= \d", text) for text in says), says


def test_what_took_too_long_is_named(run):
    late = run["summary"].late
    for kind in ("endless loop", "ignores the alarm", "sleeps", "endless repr"):
        assert late[slug(kind)], kind
    assert not any(made.student in late for made in run["honest"])


def test_no_result_is_larger_than_its_students_words(run):
    for student in run["course"].students(run["name"]):
        size = run["course"].result(student, run["name"]).stat().st_size
        assert size < 1_500_000, (student, size)


def test_no_process_outlives_the_run(run):
    time.sleep(0.3)
    alive = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if MARK in command:
            alive.append(command)
    assert alive == []


def test_the_link_was_refused(run):
    refused = [a for a in run["arrivals"] if a.says.startswith("refused")]
    assert [a.file for a in refused] == ["x-symlink.ipynb"]


def test_marked_copies_are_safe_to_open(run):
    course = run["course"]
    for student in run["summary"].marked:
        notebook = nbformat.read(course.autograded(student, run["name"]), as_version=4)
        nbformat.validate(notebook)
        for cell in notebook.cells:
            if cell.cell_type != "code":
                assert not re.search(r"<[A-Za-z/!?]", cell.source)
                continue
            for output in cell.outputs:
                assert set(output.get("data", {})) <= {"text/plain", "image/png"}


def test_marking_again_changes_nothing(run):
    course, name = run["course"], run["name"]
    students = [made.student for made in run["honest"]]
    summary = whole_class.grade(course, name, students, limits=LIMITS, workers=4)
    assert summary.marked == [] and sorted(summary.unchanged) == sorted(students)
