"""Whatever strangers hand in, a class goes its whole way, and ten honest students lose nothing.

Names, metadata, sources and outputs are drawn; each example is an inbox of many drawn files beside
ten honest notebooks, and runs from ``ingest`` to ``report`` as a lecturer types it.
"""

import contextlib
import csv
import io
import json
import os
import shutil
import unicodedata
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from igf1lab.grading import cli
from igf1lab.grading.course import open_course
from igf1lab.grading.demo import blob, made_up_class, notebook_with, right_answers
from igf1lab.grading.handback import pages
from igf1lab.grading.marking import copies, one_submission, whole_class
from igf1lab.grading.marking.marks import read_marks

EXAMPLES, FILES = 6, 12
PICK = (0, 1, 8, 9, 12, 13, 14, 24, 27, 28)  # of the made-up class: every kind is there
GRADE = ["grade", "--no-figures", "--cell-seconds", "2", "--total-seconds", "20"]
DEEP = "DEEP"  # stands in a drawn file for brackets that no writer of JSON would nest

# --- what is drawn --------------------------------------------------------------------------------

NASTY = [
    "\x1b[2J", "\x1b]0;title\x07", "\x9b31m", "\x07", "\x08\x08", "\x7f", "\u202e", "\u2066", "\u200f", "\x85", "\u2028",
    "\r", "\n", "\t", "\ud800", "\udcff\udc9b", "\ufeff", "\ufffe", "\x00",
]  # fmt: skip
PIECES = [
    "Li", "Zoë", "陳大文", "নীতা", "นิด", "שלום", "Σία", "e\u0301", "\u0301\u0323", "👩\u200d🔬", "🏴", "x" * 200, "陳" * 90,
    "-", "--", "=1+1", "@SUM(1)", "+", "'", '"', "..", ".", " ", "~", "/", "../", "\\", "..\\", "C:", "CON", "nul.txt", "*?",
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "&lt;", "$(id)", "`id`", "%s%n", "{0}", "[1/3] ", "|", ";",
    "_12345_678_x", "_123_assignsubmission_file_", "LATE_", "anon_a1_2_", "__MACOSX", "submissions/", "03_metabolism", "#",
    ".ipynb", "[", "Question 2",
]  # fmt: skip
texts = st.lists(
    st.sampled_from(PIECES) | st.sampled_from(NASTY) | st.characters(exclude_categories=()),
    min_size=1,
    max_size=5,
).map("".join)
endings = st.sampled_from([".ipynb"] * 8 + [".IPYNB", ".ipynb.html", "", " .ipynb", "\u202e.ipynb"])
paths = st.tuples(st.lists(texts, min_size=1, max_size=3), endings).map(
    lambda drawn: "/".join(drawn[0]) + drawn[1]
)
odd_json = st.recursive(
    st.none() | st.booleans() | st.sampled_from([0, -1, 10**400, 1e308, float("nan"), float("-inf"), "", DEEP, "y" * 70_000])
    | texts,
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["nbgrader", "grade_id", "kernelspec", "language", "name", "id"]) | texts, inner, max_size=3),
    max_leaves=5,
)  # fmt: skip
SOURCES = [
    "print('\\x1b[2J\\x9b\\u202e\\x00' * 50)", "raise ValueError('\\x1b[2J\\u202e\\ud800')", "print('\\ud800')",
    "raise type('E\\x1b\\u202e', (Exception,), {})('[9/9] eve: 20 points')", "raise SystemExit('\\x1b[2J')",
    "raise ModuleNotFoundError(\"No module named 'xq_y'\\x1b[2J\")", "raise ModuleNotFoundError(\"No module named 'xq\\u202ezz'\")",
    "import sys; sys.stderr.write('\\x1b\\r\\n[9/9] eve: 20 points')", "import os; os._exit(3)", "import os; os.kill(os.getpid(), 11)",
    "%%bash\nrm -rf ~", "!ls /", "%matplotlib inline", "%%html\n<script>alert(1)</script>", "get_ipython().system('id')", "?print",
    "from IPython.display import HTML, Javascript, display; display(HTML('<script>alert(1)</script>'), Javascript('alert(1)'))",
    "class X:\n    def __repr__(self): return '\\x1b' * 10**5\nX()", "class X:\n    def __repr__(self): return 3\nX()",
    "(" * 3000 + "1" + ")" * 3000, "-" * 30_000 + "1", "q1 = " + "9" * 6000, "x = 0x" + "f" * 50_000, "a" + ".b" * 3000,
    "x = '\x00'", "x = '\ud800'", "def f(:", "    x", "\ufeffx = 1", "\x0c\x0b\x1b[2J", "check('q1', " * 40, "# Question 3", "```",
    "### Question 2\n<script>alert(1)</script> [x](javascript:alert(1))", "import warnings; warnings.warn('\\x1b[2J')", "input('\\x1b')",
    "print('z' * 2_000_000)", "open('\\u202e', 'w').write('x')", "__import__('builtins').print = 3", "del print", "",
]  # fmt: skip
sources = st.sampled_from(SOURCES) | texts
outputs = st.lists(
    st.fixed_dictionaries(
        {"output_type": st.sampled_from(["stream", "error", "display_data", "execute_result", "html", 7, None])},
        optional={
            "text": sources | odd_json, "name": texts, "ename": texts, "evalue": sources, "traceback": odd_json,
            "data": st.dictionaries(st.sampled_from(["text/html", "image/png", "image/svg+xml", "\x1b/x"]), sources | odd_json, max_size=2),
            "metadata": odd_json, "execution_count": odd_json,
        },
    ),
    max_size=2,
) | odd_json  # fmt: skip
cells = st.fixed_dictionaries(
    {"cell_type": st.sampled_from(["code"] * 6 + ["markdown", "raw", "heading", None]), "source": sources | st.lists(sources, max_size=3) | odd_json},
    optional={
        "id": st.sampled_from(["q1-answer", "q2-check", "setup", "\x1b[2J", "x" * 9000]) | odd_json,
        "metadata": st.just({}) | odd_json | texts.map(lambda t: {"nbgrader": {"grade_id": t, "points": t, "grade": True}}),
        "outputs": outputs, "execution_count": odd_json, "attachments": odd_json,
    },
) | odd_json  # fmt: skip
changes = st.one_of(
    st.tuples(st.just("insert"), st.integers(0, 40), cells),
    st.tuples(st.just("source"), st.integers(0, 40), sources),
    st.tuples(st.just("metadata"), st.integers(0, 40), odd_json),
    st.tuples(st.just("outputs"), st.integers(0, 40), outputs),
    st.tuples(st.just("id"), st.integers(0, 40), odd_json),
    st.tuples(st.just("twice"), st.integers(0, 40), st.none()),
    st.tuples(st.just("without"), st.integers(0, 40), st.none()),
    st.tuples(st.just("notebook"), st.sampled_from(["metadata", "nbformat", "nbformat_minor", "cells", "worksheets"]), odd_json),
)  # fmt: skip
# Most are sound notebooks with something odd in them, so that they come far.
most_changes = st.lists(changes, min_size=1, max_size=4)
packings = st.sampled_from(
    ["utf-8"] * 9 + ["utf-8-sig", "utf-16", "half", "not a notebook", "link"]
)
files = st.lists(st.tuples(paths, most_changes, packings, odd_json), min_size=FILES, max_size=FILES)


class Drawn(list):
    """What is handed in; a failure names its paths, not all that is in it."""

    def __repr__(self):
        return repr([path for path, *_ in self])

    def _repr_pretty_(self, printer, cycle):
        printer.text(repr(self))


def changed(notebook, wanted):
    """Return a copy of a notebook, as JSON values, with drawn changes."""
    notebook = json.loads(json.dumps(notebook))
    for what, where, value in wanted:
        inside = notebook.get("cells")
        if what == "notebook":
            notebook[where] = value
        elif not isinstance(inside, list):
            return notebook
        elif what == "insert" or not inside:
            inside.insert(where, value)
        elif what in ("twice", "without"):
            inside[where % len(inside)] = inside[where % len(inside) - (what == "without")]
        elif isinstance(inside[where % len(inside)], dict):
            inside[where % len(inside)][what] = value
    return notebook


def packed(notebook, wanted, packing, value):
    """Return the bytes of a drawn file; None for a link."""
    if packing == "link":
        return None
    made = value if packing == "not a notebook" else changed(notebook, wanted)
    text = json.dumps(made).replace(f'"{DEEP}"', "[" * 30_000 + "]" * 30_000)
    coding = packing if packing.startswith("utf") else "utf-8"
    content = text.encode(coding)
    return content[: len(content) // 2] if packing == "half" else content


class RawName(zipfile.ZipInfo):
    """An entry of a zip whose name is written as no honest program would."""

    def _encodeFilenameFlags(self):
        try:
            return self.filename.encode("utf-8"), self.flag_bits | 0x800
        except UnicodeEncodeError:
            return self.filename.encode("utf-8", "surrogatepass"), self.flag_bits


def hand_in(drawn, notebook, inbox):
    """Put drawn files into a folder, and, what no folder takes with all the rest, into a zip."""
    with zipfile.ZipFile(inbox.with_suffix(".zip"), "w") as archive:
        for path, *what in drawn:
            content = packed(notebook, *what)
            if content is not None:
                archive.writestr(RawName(path), content)
            place = Path(os.path.normpath(f"{inbox}/{path.lstrip('/')}"))
            with contextlib.suppress(OSError, ValueError):  # no folder takes such a name
                if place.is_relative_to(inbox):
                    place.parent.mkdir(parents=True, exist_ok=True)
                    place.write_bytes(content) if content is not None else place.symlink_to("/etc")


# --- the whole way --------------------------------------------------------------------------------


def run(*arguments):
    """Run a command as typed; return its exit code and all that it printed."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        code = cli.main(list(map(str, arguments)))
    return code, said.getvalue()


def acting(text):
    """Return the characters of a text that act on whoever shows it."""
    turning = ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")
    return [
        c for c in set(text) - set("\n\t")
        if unicodedata.category(c) in ("Cc", "Cs") or unicodedata.bidirectional(c) in turning
    ]  # fmt: skip


def kept(course, name, students):
    """Return all that a class keeps of some students: bytes by file, and marks."""
    tops = ("submitted", "autograded", "feedback")
    found = {
        str(path.relative_to(course.folder)): path.read_bytes()
        for student in students
        for top in tops
        for path in course.folder.glob(f"{top}/{student}/**/*")
        if path.is_file() and path.name != "timestamp.txt"
    }
    for student in students:
        result = json.loads(course.result(student, name).read_text("utf-8"))
        found[f"result of {student}"] = result | {"seconds": 0}
    marks = read_marks(course, name)
    return found | {f"marks of {student}": marks[student] for student in students}


def rows(course, name, style):
    path = course.folder / "export" / f"{name}-{style}.csv"
    with path.open(newline="", encoding="utf-8-sig") as file:
        return list(csv.reader(file, strict=True))


def outside(folder):
    """Return what lies beside the class: names, and the bytes of files."""
    return {
        str(path): path.read_bytes() if path.is_file() and not path.is_symlink() else None
        for path in folder.rglob("*")
        if not path.is_relative_to(folder / "private")
    }


@pytest.fixture(scope="module")
def shared(sandbox, source):
    """One sandbox, and one run of the solution, for all commands of this file."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(whole_class.Sandbox, "best", lambda *_: sandbox)
        patch.setattr(whole_class.Marker, "__exit__", lambda *_: None)
        known = {}

        def private_keys(_, __, seed, *___):
            if seed not in known:
                known[seed] = made(_, __, seed, *___)
            return known[seed]

        made = one_submission.private_keys
        patch.setattr(one_submission, "private_keys", private_keys)
        yield


@pytest.fixture(scope="module")
def honest(shared, tmp_path_factory, source, set_name):
    """Ten honest students, gone the whole way alone: their class, and what is kept of them."""
    folder = tmp_path_factory.mktemp("honest")
    (folder / "inbox").mkdir()
    made = [made_up_class(source)[number] for number in PICK]
    for one in made:
        (folder / "inbox" / f"{one.student}_{set_name}.ipynb").write_bytes(one.blob)
    course = open_course(str(folder / "private"))
    for command in (["ingest", set_name, folder / "inbox"], [*GRADE, set_name]):
        assert run("--course", course.folder, *command)[0] == 0
    assert run("--course", course.folder, "feedback", set_name)[0] == 0
    students = [one.student for one in made]
    tables = {}
    for style in ("plain", "canvas", "moodle"):
        assert run("--course", course.folder, "export", set_name, "--format", style)[0] == 0
        tables[style] = rows(course, set_name, style)
    return folder, students, kept(course, set_name, students), tables


@pytest.fixture(scope="module")
def whole(source):
    return json.loads(blob(notebook_with(source, right_answers(source))))


def assert_the_class_goes_its_way(place, honest, set_name):
    """Run every command on what was handed in and look at all that comes out."""
    _, students, before, tables = honest
    untouched = outside(place)
    course = open_course(str(place / "private"))
    commands = {
        "ingest": ["ingest", set_name, place / "inbox"],
        "a zip": ["ingest", set_name, place / "inbox.zip"],
        "grade": [*GRADE, "--again", set_name],
        "feedback": ["feedback", set_name],
        **{style: ["export", set_name, "--format", style] for style in tables},
        "report": ["report", set_name],
    }
    for name, command in commands.items():
        code, said = run("--course", course.folder, *command)
        attention = {
            "ingest": "refused:" in said,
            "a zip": "refused:" in said or said.startswith("0 files"),
            "grade": any(w in said for w in ("not marked:", "took too long", "WARNING")),
        }
        lines = [line for line in said.splitlines() if not line.startswith("[")]
        attention["grade"] |= not any(" 0 not marked." in line for line in lines)
        assert code == (cli.TROUBLE if attention.get(name) else 0), (name, code, said)
        assert not acting(said), (name, acting(said), said)
        # Our own faults, were there any, would be caught and named like this.
        for fault in ("the grader failed", "could not be stored", "no page:", "Traceback"):
            assert fault not in said, (name, said)
    for page in [*course.folder.glob("feedback/**/*"), *course.folder.glob("report/*")]:
        if page.is_file():
            assert not acting(page.read_text("utf-8")), page
    for style, table in tables.items():
        path = course.folder / "export" / f"{set_name}-{style}.csv"
        assert not acting(path.read_text("utf-8").replace("\r\n", "\n")), path
        found = rows(course, set_name, style)
        assert found[0] == table[0] and len({len(row) for row in found}) == 1
        assert [row for row in found if row in table] == table
    assert kept(course, set_name, students) == before
    assert outside(place) == untouched
    shutil.rmtree(place)


@settings(
    max_examples=EXAMPLES, deadline=None, derandomize=True, database=None,
    suppress_health_check=list(HealthCheck), phases=[Phase.generate],
)  # fmt: skip
@given(drawn=files)
def test_ten_honest_students_among_whatever_is_handed_in(
    drawn, honest, whole, set_name, tmp_path_factory
):
    place = tmp_path_factory.mktemp("drawn")
    shutil.copytree(honest[0], place, dirs_exist_ok=True)
    hand_in(drawn, whole, place / "inbox")
    with pytest.MonkeyPatch.context() as patch:
        (place / "here").mkdir()
        patch.chdir(place / "here")
        assert_the_class_goes_its_way(place, honest, set_name)


@pytest.mark.parametrize(
    ("command", "where", "called", "says"),
    [
        (["grade", "--again"], one_submission, "rebuild", "the grader failed"),
        (["grade", "--again"], copies, "marked_copy", "could not be stored"),
        (["feedback"], pages, "feedback_page", "no page"),
    ],
)
def test_our_own_fault_costs_one_student(
    command, where, called, says, honest, set_name, tmp_path, monkeypatch
):
    """A fault that quotes what a student wrote, in the middle of a class."""
    folder, students, before, _ = honest
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    course = open_course(str(tmp_path / "private"))
    sound, calls = getattr(where, called), []

    def faulty(*given, **named):
        calls.append(called)
        if len(calls) == 5:
            raise LookupError("\x1b[2J\u202e\ud800\n[9/9] eve: 20 points")
        return sound(*given, **named)

    monkeypatch.setattr(where, called, faulty)
    command = [*command, *GRADE[1:]] if command[0] == "grade" else command
    code, said = run("--course", course.folder, *command, set_name)
    assert code == cli.TROUBLE and len(calls) == len(students) and says in said
    assert not acting(said) and "\n[9/9]" not in said
    after = kept(course, set_name, students)
    assert {what for what in before if after[what] != before[what]} == set()
