"""What a broken file, a careless instructor or a hostile student must not be able to cause."""

import json
import os
import random
import re
import signal
import subprocess
import sys
from html.parser import HTMLParser

import pytest
from nbconvert.filters.markdown_mistune import markdown2html_mistune

from igf1lab.exercises.exercise import Exercise
from igf1lab.exercises.generate import learner_copy, read_tidy
from igf1lab.exercises.questions import SpecError, read_question, read_set
from igf1lab.grading import cli
from igf1lab.grading.course import REPOSITORY, CourseError, open_course
from igf1lab.grading.demo import blob, notebook_with, right_answers
from igf1lab.grading.intake.answers import places, stray_text, written
from igf1lab.grading.intake.people import whose
from igf1lab.grading.intake.submission import Cell, Release, Unreadable, read_notebook, rebuild
from igf1lab.grading.marking import copies, reasons, whole_class
from igf1lab.grading.marking.results import read_results
from igf1lab.grading.sandbox.client import Limits

# --- what reading costs ---------------------------------------------------------------------------


@pytest.fixture
def soon():
    """Stop a test whose work grows faster than what it is given."""

    def stop(*_):
        raise TimeoutError("it takes too long")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(20)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def test_reading_costs_no_more_than_its_length(source, soon):
    """Each of these once took minutes or days: of a pattern, or of comparing all with all."""
    long = "\n" * 90_000
    programs = [
        f"§{long}",
        long + "x = 1",
        f"# a{long}",
        "x =" + " " * 90_000,
        "§" + " \n" * 45_000,
    ]
    programs += [f"a{n} = {'-' * 150}1" for n in range(300)]
    texts = [long * 4, f"#{' ' * 300_000}", f"# {' ' * 9_000}{'*' * 9_000}", "\\" * 100_000]
    given = learner_copy(source)
    words = " ".join(cell.source for cell in given.cells).split()
    texts.append("# x\n" + "\n".join(" ".join(words[n : n + 9][::-1]) for n in range(len(words))))
    cells = [Cell("code", text) for text in programs] + [Cell("markdown", text) for text in texts]
    release = Release(given)
    cells = rebuild(
        [*(Cell(release.kind(r), release.source(r), r) for r in release.cells), *cells], given
    )
    assert places(cells, release)
    for question in source.exercise_set.questions:
        work = written(cells, release, question.id)
        if question.automatic:
            name = question.answer
            for text in (work, long, f"{name} ={' ' * 90_000}§", f"{name}\n" * 9_000):
                for table in (reasons._MEANT, reasons._MISTYPED):
                    reasons._plainly_meant(table, question, text)
    stray_text(cells, release)
    assert len("".join(copies.safe_markdown(cell.source) for cell in cells)) > 1_000_000
    with pytest.raises(Unreadable):
        read_notebook(b'{"cells": [' + b'"\\' * 4_000_000)


@pytest.mark.parametrize("part", ["\\begin{a}", r"\\[", r"\\(", "[a](", "$a ", "<!--"])
def test_no_text_stops_formgrader(part, soon):
    assert markdown2html_mistune(copies.safe_markdown(part * 15_000))
    assert "begin" in copies.safe_markdown(r"\begin{align} a \end{align}")


@pytest.mark.parametrize("part", ["_", "-", " ", "(1)", "a_", "_attempt_"])
def test_a_name_that_no_disk_takes_is_refused(part, soon):
    name = part * 60_000
    for file in (f"{name}.ipynb", f"{name}/20261120100000_x.ipynb"):
        assert "too long" in whose([file], "02_brain")[file]


# --- what a student's Markdown becomes in formgrader ----------------------------------------------

HARMLESS = {
    "a", "blockquote", "br", "code", "dd", "del", "div", "dl", "dt", "em", "h1", "h2", "h3", "hr", "input", "li",
    "ol", "p", "pre", "span", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
NASTY = [
    "[x](javascript&colon;alert(1))", "[x](javascript:alert(1))", "[x](//spy.example)", "[x](a.ipynb)",
    "[x][r]\n\n> [r]: javascript:alert(1)", "[x][r]\n\n- [r]: javascript:alert(1)",
    "[x][r]\n\n[r]: javascript:alert(1)", "[r]\n\n1. [r]: //spy.example", "[x][]\n\n> > [x]: //spy.example",
    "[x][a\\]b]\n\n[a\\]b]: javascript:alert(1)", "[x][r]\n\n[r]:\n  javascript:alert(1)",
    "!![x](//spy/x.png)", "![x](//spy/x.png)", "![](attachment:a)", "![x][r]\n\n[r]: //spy/x.png",
    "[![x](attachment:a)](javascript:alert(1))", "[x]\\(javascript:alert(1))", "[x](<javascript:alert(1)>)",
    "<javascript:alert(1)>", "<https://spy.example>", "<spy@spy.example>", "see https://spy.example/x now",
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<svg/onload=alert(1)>",
    "<\\style onload=alert(1)>", "<\\href onclick=alert(1)>", "<\\\\style onload=alert(1)>", "\\<script>",
    "# <b onclick=alert(1)>x</b>", "# x\" onclick=\"alert(1)", "``` x\" onclick=\"alert(1)\ny\n```",
    "```mermaid\n<img src=x onerror=alert(1)>\n```", "```html\n<script>alert(1)</script>\n```",
    "| a |\n|-|\n| [x](javascript:a) <script> |", "- [ ] <script>", "<\n/script>", "<\\!-- x", "&#60;script>",
    "$<script>$", "\\begin{x}<script>\\end{x}", "`<script>`", "<!--x--><script>", "<?x?>", "<![CDATA[<b>]]>",
]  # fmt: skip
LINKING_TEX = ("href", "class", "cssId", "style", "require", "unicode", "mmlToken")


class Tags(HTMLParser):
    """Collects the tags of a page, with their attributes."""

    def __init__(self, page):
        super().__init__()
        self.found = []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))


def assert_harmless(text):
    """Render a student's text as formgrader does and look for anything that acts."""
    page = markdown2html_mistune(copies.safe_markdown(text))
    for tag, attributes in Tags(page).found:
        assert tag in HARMLESS, (text, page)
        assert not any(name.startswith("on") or name in ("src", "style") for name in attributes), (
            text,
            page,
        )
        # A heading's own anchor is nbconvert's.
        assert attributes.get("href", "#").startswith("#"), (text, page)
    assert not re.search(rf"\\({'|'.join(LINKING_TEX)})(?![A-Za-z])", page), (text, page)


@pytest.mark.parametrize("text", NASTY)
def test_nothing_of_a_students_text_acts_in_formgrader(text):
    assert_harmless(text)


@pytest.mark.parametrize("name", LINKING_TEX)
@pytest.mark.parametrize("before", ["\\", "\\\\", "\\\\\\", "\\\\\\\\"])
def test_no_formula_makes_a_link(before, name):
    assert_harmless(f"${before}{name}{{javascript:alert(1)}}{{x}}$")
    assert_harmless(f"$${before}{name}1$$")


def test_no_mixture_of_markup_acts_in_formgrader():
    parts = [
        "[x]", "[r]", "(javascript:a)", "(//spy)", ":", " //spy", "!", "<", ">", "\\", "script", "\n", "\n\n", "> ",
        "- ", "`", "```", "$", "$$", "|", "img src=x onerror=a", "https:", "//", "&lt;", "&#58;", "\t", "    ", "\\href",
        "\\style", "{x}", "[", "]", "(", ")", "a", "/", "*", "_", "# ", "~~", "\\begin{x}", "\\end{x}", "\r", "\x00",
    ]  # fmt: skip
    draw = random.Random(5)
    for _ in range(1500):
        assert_harmless("".join(draw.choices(parts, k=draw.randint(2, 14))))


def test_a_source_that_is_cited_can_still_be_read():
    text = "See [Yan 2016](https://doi.org/10.1073/x) and https://igf1.example."
    expected = "See [Yan 2016] (https: //doi.org/10.1073/x) and https: //igf1.example."
    assert copies.safe_markdown(text) == expected


# --- limits and sandboxes -------------------------------------------------------------------------


def test_more_time_buys_more_processor_time():
    assert Limits().cpu_s == 120
    assert Limits(total_seconds=300).cpu_s == 300
    assert Limits(total_seconds=0.5).cpu_s == 1


def test_processor_time_travels_to_the_sandbox(sandbox):
    code = "import resource\nlimit = resource.getrlimit(resource.RLIMIT_CPU)[0]"
    steps = [("cell", code), ("ask", "q", "given", "limit", "number", None)]
    run = sandbox.run(steps, Limits(total_seconds=300), figures=False)
    assert run.answers["q", "given"]["values"] == [300.0]


def test_without_a_sandbox_a_real_set_is_marked(tmp_path, source, set_name):
    course = open_course(str(tmp_path))
    path = course.submitted("ada", set_name)
    path.parent.mkdir(parents=True)
    path.write_bytes(blob(notebook_with(source, right_answers(source))))
    # Root is refused; in a namespace of its own it is a plain user.
    plain = [] if os.getuid() else ["unshare", "--user", "--map-user=1000", "--map-group=1000"]
    command = ["-m", "igf1lab.grading.cli", "grade", set_name, "--sandbox", "none"]
    done = subprocess.run(
        [*plain, sys.executable, *command, "--i-trust-these-students"],
        env=os.environ | {"COURSE_PRIVATE": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0 and "NO SANDBOX" in done.stdout, done.stdout + done.stderr
    verdicts = read_results(course, set_name)["ada"]["questions"].values()
    assert {v["status"] for v in verdicts if v["points"] is not None} == {"right"}


# --- a student's file -----------------------------------------------------------------------------


def test_null_metadata_costs_nobody_a_mark(source):
    notebook = json.loads(blob(notebook_with(source, right_answers(source))))
    whole = read_notebook(json.dumps(notebook).encode())
    for nothing in (None, 7, []):
        for cell in notebook["cells"]:
            cell["metadata"] = nothing
        bare = read_notebook(json.dumps(notebook).encode())
        assert [(cell.kind, cell.source) for cell in bare] == [(c.kind, c.source) for c in whole]
    for nothing in (None, {"kernelspec": None}):
        notebook["metadata"] = nothing
        assert len(read_notebook(json.dumps(notebook).encode())) == len(whole)


@pytest.mark.parametrize(
    "numbers", [None, 7, [], {"parameters": None}, {"keys": None}, {"parameters": 7, "keys": "x"}]
)
def test_damaged_numbers_never_stop_the_setup_cell(numbers, tmp_path, set_name, source, capsys):
    (tmp_path / "my_numbers.json").write_text(json.dumps({set_name: numbers}))
    exercise = Exercise(set_name, tmp_path)
    assert "usual numbers are used" in capsys.readouterr().out
    for name, rule in source.exercise_set.parameters.items():
        assert exercise.parameter(name) == rule.value


# --- the class's folder ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "says"),
    [("personal: [", "cannot be read"), ("- personal", "expected"), ("personal", "expected"),
     ('personal: "no"', "personal"), ("personal: 0", "personal"), ("database: 5", "database"),
     ("course_id: [a]", "course_id"), ("colour: red", "colour"), (b"\xff\xfe", "cannot be read")],
)  # fmt: skip
def test_bad_settings_are_explained(text, says, tmp_path, capsys):
    text = text if isinstance(text, bytes) else text.encode()
    (tmp_path / "course.yaml").write_bytes(text)
    assert cli.main(["--course", str(tmp_path), "report", "x"]) == cli.TROUBLE
    said = capsys.readouterr().err
    assert "course.yaml" in said and says in said


def test_an_empty_secret_is_refused(tmp_path):
    course = open_course(str(tmp_path))
    (tmp_path / "secret").write_text("\n")
    with pytest.raises(CourseError, match=r"secret is empty.*backup"):
        course.seed_id  # noqa: B018


def test_a_crash_leaves_no_half_secret(tmp_path, monkeypatch):
    course = open_course(str(tmp_path))

    def crash(n):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("secrets.token_hex", crash)
        course.secret  # noqa: B018
    assert not (tmp_path / "secret").exists()
    assert len(course.secret) == 64 and course.secret == open_course(str(tmp_path)).secret
    assert (tmp_path / "secret").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["secret"]


def test_forgetting_reaches_formgraders_feedback_and_survives_a_damaged_log(tmp_path):
    for folder in ("formgrader_feedback/ada/x", "formgrader_feedback/bo/x", "feedback/ada"):
        (tmp_path / folder).mkdir(parents=True)
    kept = ['{"event": "grade", "set": "x"}', '{"student": "bo"}', '{"event": "mar', "7", ""]
    log = tmp_path / "log.jsonl"
    log.write_text("\n".join(['{"student": "ada"}', '{"ev": 1, "student": "ada", "poi', *kept]))
    assert cli.main(["--course", str(tmp_path), "forget", "ada"]) == 0
    assert not list(tmp_path.rglob("*ada*"))
    assert (tmp_path / "formgrader_feedback" / "bo").is_dir()
    assert log.read_text() == "\n".join(kept)


# --- what an instructor writes --------------------------------------------------------------------

QUESTION = {
    "id": "q1", "kind": "number", "title": "T", "points": 2, "claims": ["METAB-1"], "hint": "h", "read": "r",
}  # fmt: skip
CHOICE = QUESTION | {
    "kind": "choice_with_reason",
    "options": {"a": "right", "b": {"says": "no"}},
    "reasons": {1: "right", 2: {"says": "no"}},
}
APPRAISAL = QUESTION | {
    "kind": "appraisal",
    "words": [100, 200],
    "rubric": [{"criterion": "c", "points": 2}],
}
FIGURE = QUESTION | {"kind": "figure", "lines": [{"name": "n", "y": "y"}]}
FUNCTION = QUESTION | {"kind": "function", "arguments": {"dose": [1, 50]}}


@pytest.mark.parametrize("right", [QUESTION, CHOICE, APPRAISAL, FIGURE, FUNCTION])
def test_right_specs_are_read(right):
    assert read_question(json.dumps(right)).id == "q1"


@pytest.mark.parametrize(
    ("right", "wrong"),
    [(QUESTION, {"points": "two"}), (QUESTION, {"points": None}), (QUESTION, {"rtol": [1]}), (QUESTION, {"id": 1}),
     (QUESTION, {"id": None}), (QUESTION, {"claims": "METAB-1"}), (QUESTION, {"claims": None}),
     (QUESTION, {"answer": 3}), (QUESTION, {"kind": ["number"]}), (QUESTION, {"title": 5}),
     (QUESTION, {"wrong": ["a"]}), (QUESTION, {"wrong": {"a": 1}}), (QUESTION, {"wrong": None}),
     (QUESTION, {"wrong": [{"gives": "1", "kind": "unit"}]}), (QUESTION, {"hint": ["h"]}), (QUESTION, {"points": True}),
     (QUESTION, {"points": float("nan")}), (QUESTION, {"wrong": [{"gives": "1", "kind": [], "says": "s"}]}),
     (CHOICE, {"options": ["a", "b"]}), (CHOICE, {"options": None}), (CHOICE, {"options": {"a": "right", "b": 5}}),
     (CHOICE, {"reasons": {1: "right", 2: None}}), (CHOICE, {"reasons": {1: "right", 2: "says who"}}),
     (CHOICE, {"also": "b2"}), (CHOICE, {"also": ["z9"]}),
     (FUNCTION, {"arguments": ["dose"]}), (FUNCTION, {"arguments": {"dose": [1]}}), (FUNCTION, {"arguments": {"dose": 5}}),
     (FUNCTION, {"arguments": {"dose": {"low": 1}}}), (FUNCTION, {"arguments": {"dose": ["a", "b"]}}),
     (FUNCTION, {"arguments": {"dose": {"choices": []}}}), (FUNCTION, {"arguments": {"d": {"low": 0, "high": 1, "log": True}}}),
     (FUNCTION, {"arguments": {"n": {"low": 5, "high": 1, "integer": True}}}),
     (FIGURE, {"lines": ["y"]}), (FIGURE, {"lines": {"y": 1}}), (FIGURE, {"xlabel": "time"}), (FIGURE, {"axes": "first"}),
     (FIGURE, {"xlabel": [1]}),
     (APPRAISAL, {"words": 100}), (APPRAISAL, {"words": ["a", "b"]}), (APPRAISAL, {"rubric": ["c"]}),
     (APPRAISAL, {"rubric": [{"criterion": "c"}]}), (APPRAISAL, {"rubric": [{"criterion": "c", "points": "x"}]}),
     (APPRAISAL, {"rubric": [{"points": 2}]}), (APPRAISAL, {"rubric": None})],
)  # fmt: skip
def test_bad_questions_are_explained(right, wrong):
    with pytest.raises(SpecError, match=r"^question "):
        read_question(json.dumps(right | wrong))


@pytest.mark.parametrize(
    "wrong",
    [{"parameters": {"dose": {"value": 1}}}, {"parameters": {"dose": 5}}, {"parameters": ["dose"]},
     {"parameters": {"dose": {"value": "x", "low": 1, "high": 2, "step": 1}}},
     {"parameters": {"dose": {"value": 1, "low": 1, "high": 2, "step": 0}}},
     {"parameters": {"dose": {"value": 1, "low": 1, "high": 2, "step": 1, "colour": 3}}},
     {"minutes": "an hour"}, {"lesson": None}],
)  # fmt: skip
def test_a_bad_set_cell_is_explained(wrong):
    right = {"lesson": "x", "minutes": 60}
    assert read_set(json.dumps(right))["parameters"] == {}
    with pytest.raises(SpecError, match=r"^set cell"):
        read_set(json.dumps(right | wrong))


def overlay(folder, name, before, after):
    """Put a changed copy of a set into a class's folder."""
    text = (REPOSITORY / "solutions" / name / f"{name}.ipynb").read_text("utf-8")
    assert before in text
    path = folder / "solutions" / name / f"{name}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text.replace(before, after, 1), encoding="utf-8")
    return path


def test_a_badly_written_overlay_marks_nobody_and_says_where(tmp_path, set_name, capsys):
    path = overlay(tmp_path, set_name, '"points: ', '"points: two # ')
    with pytest.raises(SpecError, match=f"^{set_name}: question q1"):
        read_tidy(path)
    assert cli.main(["--course", str(tmp_path), "grade", set_name]) == cli.TROUBLE
    said = capsys.readouterr().err
    assert said.startswith("Nothing was marked.") and "question q1" in said and set_name in said
    path.write_text("{")
    assert cli.main(["--course", str(tmp_path), "grade", set_name]) == cli.TROUBLE
    assert capsys.readouterr().err.startswith("Nothing was marked.")


def test_missing_and_unreadable_files_are_named(tmp_path, set_name, capsys):
    (tmp_path / "course.yaml").write_text("personal: true\n")
    for students in (tmp_path / "students.txt", tmp_path):
        arguments = ["--course", str(tmp_path), "numbers", set_name, str(students)]
        assert cli.main(arguments) == cli.TROUBLE
        assert str(students) in capsys.readouterr().err
    (tmp_path / "students.txt").write_bytes(b"\xff\xfe\x00")
    arguments = ["--course", str(tmp_path), "numbers", set_name, str(tmp_path / "students.txt")]
    assert cli.main(arguments) == cli.TROUBLE
    assert "students.txt" in capsys.readouterr().err


def test_a_damaged_result_is_named(tmp_path, set_name, capsys):
    course, path = open_course(str(tmp_path)), tmp_path / "results" / set_name / "ada.json"
    path.parent.mkdir(parents=True)
    for text in ("", "7", "{}", "[]", "{"):
        path.write_text(text)
        with pytest.raises(CourseError, match=r"ada\.json is damaged"):
            read_results(course, set_name)
    for command in ("export", "report", "feedback"):
        assert cli.main(["--course", str(tmp_path), command, set_name]) == cli.TROUBLE
        assert "ada.json" in capsys.readouterr().err


@pytest.fixture(scope="module")
def ada(tmp_path_factory, sandbox, source, set_name):
    """A class of one, marked."""
    course = open_course(str(tmp_path_factory.mktemp("private")))
    path = course.submitted("ada", set_name)
    path.parent.mkdir(parents=True)
    path.write_bytes(blob(notebook_with(source, right_answers(source))))
    assert whole_class.grade(course, set_name, figures=False).marked == ["ada"]
    return course


def test_a_damaged_result_is_made_anew(ada, set_name):
    ada.result("ada", set_name).write_text("7")
    assert whole_class.grade(ada, set_name, figures=False).marked == ["ada"]
    assert read_results(ada, set_name)["ada"]["status"] == "marked"


def test_what_a_report_cannot_make_is_said_and_the_rest_is_there(ada, set_name, capsys):
    second = ada.folder / "second_marks" / f"{set_name}.csv"
    second.parent.mkdir()
    second.write_text("student,question,points\neve,q1,1\n")
    assert cli.main(["--course", str(ada.folder), "report", set_name]) == cli.TROUBLE
    page = (ada.folder / "report" / f"{set_name}.html").read_text("utf-8")
    assert "eve, q1: nobody of that name" in page and "eve, q1" in capsys.readouterr().err
    second.write_text("ada,q1,1\n")
    assert cli.main(["--course", str(ada.folder), "report", set_name]) == cli.TROUBLE
    assert "must be student,question,points" in capsys.readouterr().err
    ada.given(set_name).unlink()
    assert cli.main(["--course", str(ada.folder), "report", set_name]) == cli.TROUBLE
    assert f"grade {set_name} once more" in capsys.readouterr().err
    page = (ada.folder / "report" / f"{set_name}.html").read_text("utf-8")
    assert page.count("This could not be made") == 2 and "What went wrong" in page
    assert whole_class.grade(ada, set_name, figures=False).unchanged == ["ada"]  # as it says
    second.unlink()
    assert cli.main(["--course", str(ada.folder), "report", set_name]) == 0
