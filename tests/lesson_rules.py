"""The rules of a lesson notebook, each a function that yields what is wrong and what to do.

Kept apart from the tests so that tests can feed them broken lessons too, and authors can run
``python -m tests.lesson_rules notebooks/01_gh_igf1_axis.ipynb``.
"""

import ast
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from pathlib import Path

import nbformat
import yaml

from igf1lab.evidence.citations import WRITTEN, cited_keys, readable
from prose_numbers import unsourced

ROOT = Path(__file__).resolve().parent.parent
CHECKED = "nbval-check-output"
PRE_TEST, FIRST, CAPSTONE = "00_start_here", "01_gh_igf1_axis", "11_whole_axis"

# Headings of every lesson in order, each with the call that its section must hold.
SECTIONS = {
    "Objectives": None,
    "Setup": "open_lesson",
    "Warm-up": "lesson.warm_up",
    "What the article claims": "lesson.claims",
    "The physiology": "lesson.drawing",
    "Build it": None,
    "Predict": "lesson.predict",
    "Explore": "lesson.explorer",
    "What the data say": "lesson.data_figure",
    "The verdict": "lesson.verdicts",
    "Quiz": "lesson.quiz",
    "Recap": None,
    "References": "lesson.references",
}
SETUP = """\
import sys
from importlib.util import find_spec
sys.path.append("..")  # where the course lies, if it is not installed
if lacks := [name for name in ("igf1lab", "anywidget", "scipy") if not find_spec(name)]:
    raise ModuleNotFoundError(
        f"This kernel lacks {{', '.join(lacks)}}. Keep the notebook in the course's folder; there, in "
        f"a terminal, run '{{sys.executable}} -m pip install -r requirements.txt'; then choose "
        "Kernel > Restart Kernel and run this cell again."
    )
import matplotlib.pyplot as plt
import numpy as np
from igf1lab.lesson import open_lesson
lesson = open_lesson("{name}")"""
NO_KERNEL = (
    "Where a part below says only *Loading widget...*, no kernel is running: choose "
    "*Kernel > Change Kernel…*, press *Select*, then choose *Run > Run All Cells*."
)  # JupyterLab itself says no more, and nothing of ours is drawn there
MODELS_IMPORT = re.compile(r"from igf1lab\.models import \w+(, \w+)*")

MAX_CELL_LINES = 15
CELLS = range(25, 41)
WORDS = range(1200, 2001)
OBJECTIVES = range(3, 6)
BUILD_LINES = range(5, 16)
FEWEST_TASKS = 3
FEWEST_FOR_FIRM = 2  # items of its own lesson that a claim needs to become firm (page/progress.js)
VAGUE_VERBS = {"understand", "know", "learn", "appreciate", "be", "see", "grasp", "explore"}

FENCE = re.compile(r"```.*?```", re.DOTALL)
HEADING = re.compile(r"^(#{1,6}) +(.+?) *$", re.MULTILINE)
IMAGE = re.compile(r"!\[([^\]]*)\]\(([^)\s]+)")
HTML_IMAGE = re.compile(r"<(?:img|svg)\b[^>]*>", re.IGNORECASE)
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
LIST_ITEM = re.compile(r"^(?:[-*]|\d+\.) +(.+)$", re.MULTILINE)
ABSOLUTE = re.compile(r"(?<![\w./:])/(?:home|Users|work|tmp|root|mnt|var|opt)/|\b[A-Z]:\\\\")
URL = re.compile(r"\b(?:https?|ftp)://")


@dataclass(frozen=True)
class Course:
    """What a lesson may refer to."""

    order: tuple[str, ...]  # names of all lessons
    claims: dict[str, str]  # claim id -> name of its lesson
    references: frozenset[str]
    quizzes: dict[str, dict]  # quiz name -> its file's content
    drawings: frozenset[str]
    parts: Callable[[str], dict[str, set[str]]]  # lesson -> names by kind of part


@dataclass(frozen=True)
class Cell:
    """A cell with its place: number as JupyterLab's reader counts them, from 1, and section."""

    number: int
    kind: str
    source: str
    tags: frozenset[str]
    outputs: tuple
    execution_count: int | None
    section: str


class LessonFile:
    """A lesson notebook, read for checking."""

    def __init__(self, notebook: nbformat.NotebookNode, path: Path):
        self.path = path
        self.name = path.stem
        self.cells = list(self._read(notebook))

    @classmethod
    def read(cls, path: Path) -> "LessonFile":
        return cls(nbformat.read(path, as_version=4), path)

    @staticmethod
    def _read(notebook) -> Iterator[Cell]:
        section = ""
        for number, cell in enumerate(notebook.cells, 1):
            if cell.cell_type == "markdown":
                for marks, text in HEADING.findall(FENCE.sub("", cell.source)):
                    section = text if len(marks) == 2 else section
            tags = frozenset(cell.metadata.get("tags", ()))
            outputs = tuple(cell.get("outputs", ()))
            count = cell.get("execution_count")
            yield Cell(number, cell.cell_type, cell.source, tags, outputs, count, section)

    @cached_property
    def markdown(self) -> list[Cell]:
        return [cell for cell in self.cells if cell.kind == "markdown"]

    @cached_property
    def code(self) -> list[Cell]:
        return [cell for cell in self.cells if cell.kind == "code"]

    def section(self, heading: str) -> list[Cell]:
        return [cell for cell in self.cells if cell.section == heading]

    def prose(self, heading: str | None = None) -> str:
        cells = self.markdown if heading is None else self.section(heading)
        return "\n\n".join(FENCE.sub("", c.source) for c in cells if c.kind == "markdown")

    def headings(self) -> list[tuple[Cell, int, str]]:
        return [
            (cell, len(marks), text)
            for cell in self.markdown
            for marks, text in HEADING.findall(FENCE.sub("", cell.source))
        ]

    def calls(self) -> list[tuple[Cell, str, ast.Call]]:
        """Every call in the code as (cell, dotted name, node)."""
        return [
            (cell, ast.unparse(node.func), node)
            for cell in self.code
            for node in ast.walk(_tree(cell))
            if isinstance(node, ast.Call)
        ]

    @property
    def is_full(self) -> bool:
        """Lesson 0 is shorter: it has no warm-up, and neither its length nor its parts are fixed."""
        return self.name != PRE_TEST

    def at(self, cell: Cell, fault: str) -> str:
        return f"{self.path.name}, cell {cell.number}: {fault}"

    def whole(self, fault: str) -> str:
        return f"{self.path.name}: {fault}"


def _tree(cell: Cell) -> ast.Module:
    try:
        return ast.parse(cell.source)
    except SyntaxError:  # the rule on plain Python reports it
        return ast.Module([], [])


def first_argument(call: ast.Call) -> str | None:
    is_text = call.args and isinstance(call.args[0], ast.Constant)
    return call.args[0].value if is_text else None


# --- headings and sections -----------------------------------------------------------------


def headings_in_order(lesson: LessonFile, course: Course) -> Iterator[str]:
    due = [h for h in SECTIONS if h != "Warm-up" or lesson.name not in (PRE_TEST, FIRST)]
    found = [text for _, level, text in lesson.headings() if level == 2]
    for heading in due:
        if heading not in found:
            yield lesson.whole(f"has no section '## {heading}'; add it in the order {due}")
    ours = [heading for heading in found if heading in due]
    if ours != [heading for heading in due if heading in found]:
        yield lesson.whole(f"sections stand in the order {ours}; put them in the order {due}")
    if lesson.name not in (PRE_TEST, CAPSTONE):
        for cell, level, text in lesson.headings():
            if level == 2 and text not in due:
                yield lesson.at(cell, f"'## {text}' is no section of a lesson; make it '###'")


def heading_levels(lesson: LessonFile, course: Course) -> Iterator[str]:
    titles = [cell for cell, level, _ in lesson.headings() if level == 1]
    if [cell.number for cell in titles] != [1]:
        yield lesson.whole(f"has {len(titles)} H1 headings; have one '# ', in the first cell")
    before = 0
    for cell, level, text in lesson.headings():
        if level > before + 1:
            yield lesson.at(
                cell, f"heading '{text}' skips a level; use {'#' * (before + 1)} at most"
            )
        before = level


def parts_in_place(lesson: LessonFile, course: Course) -> Iterator[str]:
    if not lesson.is_full:
        return
    calls = {(cell.section, name) for cell, name, _ in lesson.calls()}
    for heading, call in SECTIONS.items():
        if call and lesson.section(heading) and (heading, call) not in calls:
            yield lesson.whole(f"section '{heading}' shows nothing; call {call}(…) in it")


def title_cell(lesson: LessonFile, course: Course) -> Iterator[str]:
    text = lesson.cells[0].source
    if not re.search(r"\d+ minutes", text):
        yield lesson.at(lesson.cells[0], "says not how long it takes; write '40–60 minutes'")
    place = course.order.index(lesson.name)
    for neighbour in course.order[max(place - 1, 0) : place + 2]:
        if neighbour != lesson.name and f"({neighbour}.ipynb)" not in text:
            yield lesson.at(lesson.cells[0], f"has no link to its neighbour {neighbour}.ipynb")


def exercise_link(lesson: LessonFile, course: Course) -> Iterator[str]:
    address = f"../exercises/{lesson.name}/{lesson.name}.ipynb"
    if lesson.is_full and address not in LINK.findall(lesson.prose()):
        yield lesson.whole("leads to no exercises; run python tools/tidy_notebooks.py")


def objectives(lesson: LessonFile, course: Course) -> Iterator[str]:
    items = LIST_ITEM.findall(lesson.prose("Objectives"))
    if len(items) not in OBJECTIVES:
        yield lesson.whole(f"has {len(items)} objectives; list 3 to 5 under '## Objectives'")
    for item in items:
        ids = re.findall(r"\(([^)]*)\)", item)
        named = [i for group in ids for i in re.split(r",\s*", group) if i in course.claims]
        if not named:
            yield lesson.whole(
                f"objective '{item}' is tied to no claim; end it with an id like (AXIS-1)"
            )
        for claim in named:
            if lesson.is_full and course.claims[claim] != lesson.name:
                yield lesson.whole(
                    f"objective '{item}' names {claim}, which {course.claims[claim]} teaches"
                )
        verb = item.split()[0].strip("*_").lower()
        if verb in VAGUE_VERBS:
            yield lesson.whole(
                f"objective '{item}' cannot be tested; begin with a verb like compute, predict, tell apart"
            )


def build_it(lesson: LessonFile, course: Course) -> Iterator[str]:
    models = [c for c in lesson.section("Build it") if c.kind == "code" and "plt." not in c.source]
    written_out = any(len(c.source.splitlines()) in BUILD_LINES for c in models)
    if lesson.is_full and not written_out:
        yield lesson.whole("'Build it' writes out no model; show it in one cell of 5 to 15 lines")


def directed_tasks(lesson: LessonFile, course: Course) -> Iterator[str]:
    tasks = LIST_ITEM.findall(lesson.prose("Explore"))
    if lesson.is_full and len(tasks) < FEWEST_TASKS:
        yield lesson.whole(f"'Explore' lists {len(tasks)} tasks; give at least 3 directed ones")


def size(lesson: LessonFile, course: Course) -> Iterator[str]:
    if not lesson.is_full:
        return
    if len(lesson.cells) not in CELLS:
        yield lesson.whole(f"has {len(lesson.cells)} cells; keep to 25 to 40")
    told = lesson.prose().replace(NO_KERNEL, "")  # the same in each, read once
    prose = LINK.sub(" ", WRITTEN.sub(" ", HEADING.sub("", told)))
    words = len(re.findall(r"[^\W\d_][\w’'-]*", prose))
    if words not in WORDS:
        yield lesson.whole(f"has {words} words of prose; keep to 1,200 to 2,000")


def voice(lesson: LessonFile, course: Course) -> Iterator[str]:
    for cell in lesson.markdown:
        if re.search(r"!(?!\[|=)", FENCE.sub("", cell.source)):
            yield lesson.at(cell, "has an exclamation mark; say it plainly")
    if "not medical advice" not in lesson.prose().lower():
        yield lesson.whole("says nowhere that it is not medical advice; add that plain sentence")


# --- code ----------------------------------------------------------------------------------


def setup_cell(lesson: LessonFile, course: Course) -> Iterator[str]:
    cells = [c for c in lesson.section("Setup") if c.kind == "code"]
    wanted = SETUP.format(name=lesson.name)
    if NO_KERNEL not in lesson.prose("Setup"):
        yield lesson.whole(
            f"says not under 'Setup' what to do without a kernel; write:\n{NO_KERNEL}"
        )
    if len(cells) != 1:
        yield lesson.whole(f"has {len(cells)} code cells under 'Setup'; have one:\n{wanted}")
    for cell in cells:
        lines = [line for line in cell.source.splitlines() if line]
        plain = "\n".join(line for line in lines if not MODELS_IMPORT.fullmatch(line))
        if plain != wanted:
            yield lesson.at(
                cell,
                "differs from the setup of every lesson; write (and, if needed, one line "
                f"'from igf1lab.models import …'):\n{wanted}",
            )
    for cell in lesson.code:
        imports = any(isinstance(n, ast.Import | ast.ImportFrom) for n in ast.walk(_tree(cell)))
        if imports and cell.section != "Setup":
            yield lesson.at(cell, "imports something; the setup cell is the only import cell")


def plain_python(lesson: LessonFile, course: Course) -> Iterator[str]:
    for cell in lesson.code:
        try:
            ast.parse(cell.source)
        except SyntaxError as fault:
            yield lesson.at(cell, f"is not plain Python ({fault.msg}); use no % or ! lines")


def short_cells(lesson: LessonFile, course: Course) -> Iterator[str]:
    for cell in lesson.code:
        lines = len(cell.source.splitlines())
        if lines > MAX_CELL_LINES and cell.section != "Setup":
            yield lesson.at(cell, f"has {lines} lines; split it, {MAX_CELL_LINES} are the most")


def stored_outputs(lesson: LessonFile, course: Course) -> Iterator[str]:
    for cell in lesson.code:
        if CHECKED in cell.tags and not cell.outputs:
            yield lesson.at(
                cell,
                f"is tagged {CHECKED} but stores no output to compare; run "
                f"python tools/tidy_notebooks.py --run notebooks/{lesson.path.name}",
            )
        elif CHECKED not in cell.tags and (cell.outputs or cell.execution_count):
            yield lesson.at(cell, "stores an output; run python tools/tidy_notebooks.py")


def nothing_skipped(lesson: LessonFile, course: Course) -> Iterator[str]:
    for cell in lesson.code:
        marks = {t for t in cell.tags if t.startswith("nbval-")} - {CHECKED}
        marks |= cell.tags & {"raises-exception"}
        marks |= set(re.findall(r"NBVAL_\w+", cell.source))
        if marks:
            yield lesson.at(cell, f"escapes the tests by {sorted(marks)}; remove that")


def self_contained(lesson: LessonFile, course: Course) -> Iterator[str]:
    for cell in lesson.cells:
        if ABSOLUTE.search(cell.source):
            yield lesson.at(cell, "holds an absolute path; read data with igf1lab.evidence")
    for cell in lesson.code:
        if URL.search(cell.source):
            yield lesson.at(cell, "holds a URL; lessons run without a network, ship the data")
    for cell in lesson.markdown:
        for target in LINK.findall(cell.source):
            file = target.split("#")[0]
            known = not file or URL.match(file) or file.removesuffix(".ipynb") in course.order
            if not known and not (lesson.path.parent / file).exists():
                yield lesson.at(cell, f"links to '{target}', which does not exist; mend the link")


# --- figures -------------------------------------------------------------------------------


def alt_texts(lesson: LessonFile, course: Course) -> Iterator[str]:
    for cell in lesson.markdown:
        source = FENCE.sub("", cell.source)
        for alt, target in IMAGE.findall(source):
            if not alt.strip():
                yield lesson.at(cell, f"image '{target}' has no alt text; say what it shows")
            if URL.match(target) or not (lesson.path.parent / target).exists():
                yield lesson.at(cell, f"image '{target}' is not in the course; ship the file")
        for tag in HTML_IMAGE.findall(source):
            if not re.search(r"""(?:alt|aria-label)=["'][^"']*\w""", tag):
                yield lesson.at(cell, f"{tag} has no alt text; use lesson.drawing(…)")


def figures_have_alt(lesson: LessonFile, course: Course) -> Iterator[str]:
    shown = {cell.number for cell, name, _ in lesson.calls() if name == "lesson.show"}
    for cell, name, call in lesson.calls():
        if name == "lesson.show":
            alt = next((k.value for k in call.keywords if k.arg == "alt"), None)
            if alt is None or (isinstance(alt, ast.Constant) and not str(alt.value).strip()):
                yield lesson.at(cell, "lesson.show(…) has no alt=; say what the figure shows")
        elif name.endswith(".show"):
            yield lesson.at(cell, f"{name}() gives no alt text; use lesson.show(fig, alt=…)")
        elif name.startswith("plt.") and cell.number not in shown:
            yield lesson.at(cell, f"{name}() draws, but lesson.show(fig, alt=…) is not called")


def parts_exist(lesson: LessonFile, course: Course) -> Iterator[str]:
    kinds = {
        "lesson.explorer": "EXPLORERS",
        "lesson.predict": "OUTCOMES",
        "lesson.data_figure": "FIGURES",
    }
    used = {kind: set() for kind in kinds.values()}
    parts = course.parts(lesson.name)
    for cell, name, call in lesson.calls():
        part = first_argument(call)
        if name == "lesson.drawing" and part not in course.drawings:
            yield lesson.at(cell, f"drawing {part!r} is not in assets/figures/manifest.yaml")
        if name in kinds:
            used[kinds[name]].add(part)
            if part not in parts[kinds[name]]:
                yield lesson.at(
                    cell, f"{name}({part!r}): no such name in {kinds[name]} of the lesson's parts"
                )
    for kind, names in used.items():
        for orphan in sorted(parts[kind] - names):
            yield lesson.whole(f"never uses {orphan!r} of {kind}; show it or delete it")


# --- evidence ------------------------------------------------------------------------------


def claim_ids(lesson: LessonFile, course: Course) -> Iterator[str]:
    families = "|".join(sorted({claim.rsplit("-", 1)[0] for claim in course.claims}))
    for cell in lesson.cells:
        for claim in re.findall(rf"\b(?:{families})-\d+\b", cell.source):
            if claim not in course.claims:
                yield lesson.at(cell, f"names claim {claim}, which is not in assets/claims.yaml")


def citations(lesson: LessonFile, course: Course) -> Iterator[str]:
    for cell in lesson.cells:
        unknown = [key for key in cited_keys(cell.source) if key not in course.references]
        for key in unknown:
            yield lesson.at(cell, f"cites '{key}', which is not in assets/references.bib")
        if not unknown and cell.kind == "markdown" and readable(cell.source) != cell.source:
            yield lesson.at(cell, "has a citation that is not a link; run tools/tidy_notebooks.py")


def numbers_have_sources(lesson: LessonFile, course: Course) -> Iterator[str]:
    for cell in lesson.markdown:
        for sentence in unsourced(cell.section, cell.source):
            yield lesson.at(
                cell,
                f"says “{sentence}” without a source; cite it as [@key] in its paragraph, say that it "
                "is the model's or chosen, or give the reason in tests/prose_numbers.py",
            )


def quiz_covers_claims(lesson: LessonFile, course: Course) -> Iterator[str]:
    bank = lesson.name if lesson.is_full else "pre_test"
    items = course.quizzes.get(bank, {}).get("items", [])
    fewest, most = (6 if lesson.name > FIRST else 5), (8 if lesson.is_full else 10)
    if not fewest <= len(items) <= most:
        yield lesson.whole(
            f"assets/quizzes/{bank}.yaml has {len(items)} items; have {fewest} to {most}"
        )
    asked = [claim for item in items for claim in item.get("claims", ())]
    fewest = FEWEST_FOR_FIRM if lesson.is_full else 1
    for claim, home in course.claims.items():
        if home == lesson.name and asked.count(claim) < fewest:
            yield lesson.whole(
                f"{asked.count(claim)} quiz items serve {claim}; it needs {fewest}, else it never gets firm"
            )


RULES = (
    headings_in_order,
    heading_levels,
    title_cell,
    exercise_link,
    objectives,
    parts_in_place,
    build_it,
    directed_tasks,
    size,
    voice,
    setup_cell,
    plain_python,
    short_cells,
    stored_outputs,
    nothing_skipped,
    self_contained,
    alt_texts,
    figures_have_alt,
    parts_exist,
    claim_ids,
    citations,
    numbers_have_sources,
    quiz_covers_claims,
)


def problems(lesson: LessonFile, course: Course) -> list[str]:
    """All that is wrong with a lesson, one sentence each."""
    return [problem for rule in RULES for problem in rule(lesson, course)]


def the_course() -> Course:
    """The course as it stands in ``assets/`` and the package."""
    from igf1lab import evidence
    from igf1lab.lesson.lesson import LESSONS

    assets = ROOT / "assets"
    manifest = yaml.safe_load((assets / "figures" / "manifest.yaml").read_text("utf-8"))
    quizzes = {
        path.stem: yaml.safe_load(path.read_text("utf-8"))
        for path in (assets / "quizzes").glob("*.yaml")
    }
    return Course(
        order=LESSONS,
        claims={claim.id: claim.lesson for claim in evidence.claims().values()},
        references=frozenset(evidence.references()),
        quizzes=quizzes,
        drawings=frozenset(manifest),
        parts=_parts,
    )


def _parts(lesson: str) -> dict[str, set[str]]:
    module = import_module(f"igf1lab.lesson.parts.{lesson[3:]}")
    return {kind: set(getattr(module, kind)) for kind in ("EXPLORERS", "OUTCOMES", "FIGURES")}


if __name__ == "__main__":
    found = [
        p for name in sys.argv[1:] for p in problems(LessonFile.read(Path(name)), the_course())
    ]
    print("\n".join(found) or "no problems")
    sys.exit(bool(found))
