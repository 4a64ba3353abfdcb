"""Every lesson keeps the rules of ``lesson_rules``, and each rule can fail."""

import copy
import re
from collections.abc import Callable

import nbformat
import pytest

import lesson_rules
import lesson_time
import prose_numbers
from igf1lab.lesson.lesson import LESSONS as ORDER
from igf1lab.page import FOLDER
from kernels import ROOT
from lesson_rules import RULES, Course, LessonFile, problems, the_course
from prose_numbers import unsourced

LESSONS = sorted(ROOT.glob("notebooks/[0-9]*.ipynb"))
TEMPLATE = ROOT / "tools" / "lesson_template.ipynb"
MODEL = "06_fibre_to_scfa"  # the lesson that the template stands for


@pytest.fixture(scope="module")
def course():
    return the_course()


def test_every_lesson_is_there_and_no_other():
    assert [path.stem for path in LESSONS] == list(ORDER)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_lesson(path, rule, course):
    found = list(rule(LessonFile.read(path), course))
    assert not found, "\n".join(found)


# --- each rule can fail ---------------------------------------------------------------------


def template() -> nbformat.NotebookNode:
    return nbformat.read(TEMPLATE, as_version=4)


def as_lesson(notebook) -> LessonFile:
    return LessonFile(notebook, ROOT / "notebooks" / f"{MODEL}.ipynb")


def small_course() -> Course:
    """Just what the template refers to."""
    lesson = as_lesson(template())
    named = {name: lesson_rules.first_argument(call) for _, name, call in lesson.calls()}
    return Course(
        order=ORDER,
        claims={"AXIS-1": "01_gh_igf1_axis", "SCFA-1": MODEL, "SCFA-2": MODEL},
        references=frozenset({"boets2015"}),
        quizzes={MODEL: {"items": [{"claims": ["SCFA-1", "SCFA-2"]}] * 6}},
        drawings=frozenset({named["lesson.drawing"]}),
        parts=lambda _: {
            "EXPLORERS": {named["lesson.explorer"]},
            "OUTCOMES": {named["lesson.predict"]},
            "FIGURES": {named["lesson.data_figure"]},
        },
    )


def faults(notebook, course: Course | None = None) -> list[str]:
    """What the rules say, but for the template's length: it is shorter than a lesson."""
    said = problems(as_lesson(notebook), course or small_course())
    return [s for s in said if "words of prose" not in s and "keep to 25 to 40" not in s]


def test_the_template_keeps_the_rules():
    assert faults(template()) == []


def test_a_short_lesson_is_told_so():
    said = "\n".join(problems(as_lesson(template()), small_course()))
    assert "words of prose; keep to 1,200 to 2,000" in said
    few = template()
    few.cells = few.cells[:10]
    assert "has 10 cells; keep to 25 to 40" in "\n".join(problems(as_lesson(few), small_course()))


def replaced(old: str, new: str) -> Callable:
    """Return a change that puts ``new`` for ``old`` in the one cell that has it first."""

    def change(notebook):
        cell = next(c for c in notebook.cells if old in c.source)
        cell.source = cell.source.replace(old, new, 1)

    return change


def added(source: str, kind: str = "code", after: str = "## Explore", **metadata) -> Callable:
    """Return a change that adds a cell after the one that begins with ``after``."""

    def change(notebook):
        here = next(i for i, c in enumerate(notebook.cells) if c.source.startswith(after))
        new = getattr(nbformat.v4, f"new_{kind}_cell")(source, metadata=metadata)
        notebook.cells.insert(here + 1, new)

    return change


def without(start: str) -> Callable:
    """Return a change that removes the cell that begins with ``start``."""

    def change(notebook):
        notebook.cells = [c for c in notebook.cells if not c.source.startswith(start)]

    return change


def with_output(notebook):
    notebook.cells[3].outputs = [nbformat.v4.new_output("stream", text="left over")]


def without_checked_output(notebook):
    next(c for c in notebook.cells if "tags" in c.metadata).outputs = []


BROKEN = {
    "no section": (without("## Recap"), "has no section '## Recap'"),
    "wrong order": (
        lambda nb: nb.cells.append(nb.cells.pop(1)),
        "put them in the order",
    ),
    "own section": (replaced("## Recap", "## Extras\n\n## Recap"), "'## Extras' is no section"),
    "two titles": (added("# Again", "markdown"), "has 2 H1 headings"),
    "skipped level": (added("#### Deep", "markdown"), "heading 'Deep' skips a level"),
    "no minutes": (replaced("minutes", "pages"), "says not how long it takes"),
    "no next": (
        replaced("(07_", "(08_"),
        "has no link to its neighbour 07_mechanism_liver_stimulation.ipynb",
    ),
    "no exercises": (replaced("../exercises/06_", "../exercises/05_"), "leads to no exercises"),
    "few objectives": (replaced("- Predict", "Predict"), "has 2 objectives"),
    "objective without claim": (replaced(" (SCFA-2)", ""), "is tied to no claim"),
    "objective of another lesson": (
        replaced("(SCFA-2)", "(AXIS-1)"),
        "names AXIS-1, which 01_gh_igf1_axis teaches",
    ),
    "vague objective": (replaced("- Compute", "- Understand"), "cannot be tested"),
    "part missing": (without("lesson.verdicts"), "section 'The verdict' shows nothing"),
    "no model": (without("carbohydrate_g"), "'Build it' writes out no model"),
    "no tasks": (replaced("2. Keep", "Keep"), "'Explore' lists 2 tasks"),
    "shouting": (replaced("Nothing to write", "Nothing to write!"), "has an exclamation mark"),
    "advice": (replaced("not medical advice", "a course"), "not medical advice; add"),
    "no kernel": (replaced("choose *Kernel", "take *Kernel"), "what to do without a kernel"),
    "other setup": (
        replaced("import numpy as np", "import numpy"),
        "cell 4: differs from the setup",
    ),
    "other lesson": (replaced("06_fibre", "02_fibre"), "cell 4: differs from the setup"),
    "late import": (added("import math"), "the setup cell is the only import cell"),
    "magic": (added("%pip install x"), "is not plain Python"),
    "long cell": (added("\n".join(["x = 1"] * 16)), "has 16 lines; split it"),
    "output": (with_output, "cell 4: stores an output"),
    "nothing to compare": (without_checked_output, "stores no output to compare"),
    "skipped cell": (added("x = 1", tags=["nbval-skip"]), "escapes the tests"),
    "skipped by comment": (added("# NBVAL_SKIP\nx = 1"), "escapes the tests"),
    "absolute path": (added("path = '/home/me/data.csv'"), "holds an absolute path"),
    "url": (added("page = 'https://example.org'"), "holds a URL"),
    "dead link": (
        added("[gone](99_gone.ipynb)", "markdown"),
        "links to '99_gone.ipynb', which does not exist",
    ),
    "image without alt": (
        added("![](00_start_here.ipynb)", "markdown"),
        "image '00_start_here.ipynb' has no alt text",
    ),
    "image from afar": (
        added("![a map](https://example.org/map.png)", "markdown"),
        "is not in the course",
    ),
    "html image": (added("<img src='00_start_here.ipynb'>", "markdown"), "has no alt text"),
    "figure without alt": (replaced("alt=f", "caption=f"), "lesson.show(…) has no alt="),
    "empty alt": (added("lesson.show(fig, alt='')"), "lesson.show(…) has no alt="),
    "bare show": (added("plt.show()"), "plt.show() gives no alt text"),
    "figure not shown": (added("plt.plot([1, 2])"), "lesson.show(fig, alt=…) is not called"),
    "no such drawing": (added("lesson.drawing('none')"), "drawing 'none' is not in"),
    "no such explorer": (
        added("lesson.explorer('none')"),
        "lesson.explorer('none'): no such name in EXPLORERS",
    ),
    "orphan part": (without("lesson.data_figure"), "of FIGURES; show it or delete it"),
    "wrong claim id": (added("See SCFA-9.", "markdown"), "names claim SCFA-9, which is not in"),
    "wrong key": (replaced("#ig-ref-boets2015", "#ig-ref-nobody1900"), "cites 'nobody1900', which"),
    "citation not yet a link": (added("[@boets2015]", "markdown"), "a citation that is not a link"),
    "old label": (replaced("[Boets et al. 2015]", "[Boets 2014]"), "a citation that is not a link"),
    "number without source": (
        replaced("## What the data say", "## What the data say\n\nButyrate is 18 µmol/L there."),
        "says “Butyrate is 18 µmol/L there.” without a source; cite it",
    ),
    "wrong second key": (added("[@boets2015; @nobody1900]", "markdown"), "cites 'nobody1900'"),
}


@pytest.mark.parametrize(("change", "message"), BROKEN.values(), ids=BROKEN)
def test_a_broken_lesson_is_told_what_to_do(change, message):
    notebook = copy.deepcopy(template())
    change(notebook)
    said = faults(notebook)
    assert any(message in s for s in said), f"expected '… {message} …' among:\n" + "\n".join(said)


@pytest.mark.parametrize(
    "sentence",
    [
        "In 28 patients portal butyrate was 18 µmol/L.",
        "About 2 % of it passes.",
        "Their level rose from 0.67 to 0.99 ng/mL.",
        "Life was halved, and 563 people took part.",
        "It halves in 14.4 minutes.",
        "The dose was 0.1 mg/kg for four weeks and 12 months.",
        "Growth was −0.4 cm.",
    ],
)
def test_a_quantity_needs_a_source_a_context_or_a_reason(sentence):
    assert unsourced("The physiology", f"A first sentence. {sentence}") == [sentence]
    cited = f"{sentence} So they found ([Peters et al. 1992](#ig-ref-peters1992))."
    assert unsourced("The physiology", cited) == []
    assert unsourced("The physiology", f"{cited}\n\n{sentence}") == [sentence]  # another paragraph
    assert unsourced("The physiology", f"The model says: {sentence[0].lower()}{sentence[1:]}") == []
    assert unsourced("Recap", sentence) == []


def test_where_a_model_is_built_only_studies_need_a_source():
    assert unsourced("Build it", "The run ends at 265 ng/mL.") == []
    told = "Twelve volunteers had 137 mmol."
    assert unsourced("Build it", told) == [told]
    assert unsourced("What the data say", "Bars are 95 % intervals.") == []
    assert unsourced("What the data say", "That is 8 × 6 = 48 pmol/L.") == []


def test_every_exception_still_lets_something_through(monkeypatch):
    said = [(c.section, c.source) for path in LESSONS for c in LessonFile.read(path).markdown]
    for piece in prose_numbers.EXCEPTIONS:
        monkeypatch.setattr(prose_numbers, "EXCEPTIONS", {})
        assert any(piece in s for section, text in said for s in unsourced(section, text)), piece


def test_a_claim_asked_too_seldom_to_get_firm_is_named():
    """How many items that takes is the page's rule."""
    rule = re.search(
        r"ENOUGH_ITEMS\] = \[[\d., ]+, (\d)\]", (FOLDER / "progress.js").read_text("utf-8")
    )
    assert int(rule[1]) == lesson_rules.FEWEST_FOR_FIRM
    course = small_course()
    course.quizzes[MODEL] = {"items": [{"claims": ["SCFA-1"]}] * 4}
    said = "\n".join(faults(template(), course))
    assert "has 4 items; have 6 to 8" in said
    assert "0 quiz items serve SCFA-2" in said
    assert "SCFA-1" not in said


def test_every_rule_has_been_seen_to_fail():
    """A rule that no broken lesson above trips would be a rule nobody has seen at work."""
    seen = set()
    for change, _ in BROKEN.values():
        notebook = template()
        change(notebook)
        lesson = as_lesson(notebook)
        seen |= {rule for rule in RULES if list(rule(lesson, small_course()))}
    tried_apart = {lesson_rules.quiz_covers_claims}
    assert not set(RULES) - seen - tried_apart


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_takes_as_long_as_it_says(path):
    lesson = LessonFile.read(path)
    counted = lesson_time.minutes(lesson)
    assert lesson_time.promised(lesson) == counted, f"run python tests/lesson_time.py {path}"
    assert counted in lesson_time.CORE_MINUTES
