"""Honest work in odd shapes: each kind that editors and people make gets the marks it deserves.

One set, many notebooks; nothing that a student wrote is taken away, and doubt is never a 0.
"""

import copy
import dataclasses
import io
import time

import nbformat
import pytest

from igf1lab.exercises.generate import learner_copy, read_tidy
from igf1lab.exercises.source import REPOSITORY
from igf1lab.grading.demo import blob, notebook_with, right_answers
from igf1lab.grading.intake.submission import Unreadable, read_notebook
from igf1lab.grading.marking import one_submission

NAME = "07_mechanism_liver_stimulation"  # numbers, arrays, functions, a figure, a choice, an essay
ESSAY = "q8"
WORDS = "Portal blood carries too little butyrate for this receptor, and nobody has tried it. " * 8


@pytest.fixture(scope="module")
def course_set():
    source = read_tidy(REPOSITORY / "solutions" / NAME / f"{NAME}.ipynb")
    return source, learner_copy(source), right_answers(source) | {ESSAY: WORDS}


@pytest.fixture(scope="module")
def marked(sandbox, course_set):
    source, release, _ = course_set
    numbers = one_submission.usual_numbers(source.exercise_set)
    keys = one_submission.private_keys(sandbox, source, "seed", numbers)
    job = one_submission.make_job(source, release, keys, numbers, figures=False)
    return lambda notebook: one_submission.mark(blob(notebook), job, sandbox)


def new(kind, source):
    return getattr(nbformat.v4, f"new_{kind}_cell")(source)


def at(notebook, role):
    return next(n for n, cell in enumerate(notebook.cells) if cell.id == role)


def without_ids(notebook):
    for number, cell in enumerate(notebook.cells):
        cell.id, cell.metadata = f"c{number}", nbformat.from_dict({})


def each_check(notebook, change):
    """Apply ``change(notebook, number of the check, question)`` to every check."""
    for role in [cell.id for cell in notebook.cells if cell.id.endswith("-check")]:
        change(notebook, at(notebook, role), role.split("-")[0])


def merge_into_check(notebook, n, question):
    answer = notebook.cells.pop(at(notebook, f"{question}-answer"))
    notebook.cells[n - 1].source = answer.source + "\n" + notebook.cells[n - 1].source


def merge_into_answer(notebook, n, question):
    check = notebook.cells.pop(n)
    notebook.cells[at(notebook, f"{question}-answer")].source += "\n" + check.source


def swap_with_answer(notebook, n, question):
    other = at(notebook, f"{question}-answer")
    cells = notebook.cells
    cells[n], cells[other] = cells[other], cells[n]


SHAPES = {}


def shape(function):
    SHAPES[function.__name__.replace("_", " ")] = function
    return function


@shape
def as_handed_out(full, empty):
    return full


@shape
def worked_in_a_pasted_copy(full, empty):
    return nbformat.v4.new_notebook(cells=empty.cells + full.cells[3:])


@shape
def pasted_above_and_the_stub_left_below(full, empty):
    return nbformat.v4.new_notebook(cells=full.cells + empty.cells[3:])


@shape
def worked_in_a_pasted_copy_with_no_ids(full, empty):
    notebook = worked_in_a_pasted_copy(full, empty)
    without_ids(notebook)
    return notebook


@shape
def answer_merged_into_the_check(full, empty):
    each_check(full, merge_into_check)
    return full


@shape
def check_merged_into_the_answer(full, empty):
    each_check(full, merge_into_answer)
    return full


@shape
def merged_with_no_ids(full, empty):
    each_check(full, merge_into_check)
    without_ids(full)
    return full


@shape
def all_code_in_one_cell(full, empty):
    code = "\n".join(cell.source for cell in full.cells if cell.cell_type == "code")
    return nbformat.v4.new_notebook(
        cells=[new("code", code), new("markdown", f"## Question 8\n{WORDS}")]
    )


@shape
def check_above_its_answer(full, empty):
    each_check(full, swap_with_answer)
    return full


@shape
def check_above_its_answer_with_no_ids(full, empty):
    each_check(full, swap_with_answer)
    without_ids(full)
    return full


@shape
def answer_typed_into_the_checks_cell(full, empty):
    for question in ("q1", "q2", "q5", "q7"):
        answer = full.cells[at(full, f"{question}-answer")].source
        empty.cells[at(empty, f"{question}-check")].source = (
            answer + f"\nexercise.check({question!r}, {question})"
        )
        full.cells[at(full, f"{question}-answer")] = empty.cells[at(empty, f"{question}-answer")]
        full.cells[at(full, f"{question}-check")] = empty.cells[at(empty, f"{question}-check")]
    return full


@shape
def answer_handed_straight_to_the_check(full, empty):
    full.cells[at(full, "q7-answer")].source = "q7 = ..."
    full.cells[at(full, "q7-check")].source = 'exercise.check("q7", "b2")'
    full.cells[at(full, "q5-answer")].source = "my_own_name = 26.9 * 9"
    full.cells[at(full, "q5-check")].source = 'exercise.check("q5", answer=my_own_name)'
    return full


@shape
def cells_at_the_end_used(full, empty):
    for cell in full.cells:
        if cell.source.startswith(("exercise.essay", "exercise.worked")):
            cell.source = cell.source.replace(
                "...", "[1, 0.5, 0, 1]" if "essay" in cell.source else '"q3"'
            )
    return full


@shape
def cells_at_the_end_used_with_no_ids(full, empty):
    cells_at_the_end_used(full, empty)
    without_ids(full)
    return full


@shape
def essay_written_at_the_very_end(full, empty):
    essay = full.cells[at(full, f"{ESSAY}-answer")]
    essay.source = empty.cells[at(empty, essay.id)].source
    full.cells.append(new("markdown", WORDS))
    return full


@shape
def checks_deleted(full, empty):
    full.cells = [cell for cell in full.cells if not cell.id.endswith("-check")]
    return full


@shape
def worked_in_a_new_cell_below_the_check(full, empty):
    for number in reversed(range(len(full.cells))):
        cell = full.cells[number]
        if cell.id.endswith("-answer") and cell.cell_type == "code":
            stub = copy.deepcopy(empty.cells[at(empty, cell.id)])
            check = full.cells[number + 1]
            full.cells[number : number + 2] = [stub, check, new("code", cell.source)]
    return full


@shape
def code_cells_turned_into_text(full, empty):
    for question in ("q1", "q3", "q7"):
        cell = full.cells[at(full, f"{question}-answer")]
        cell.cell_type = "raw" if question == "q1" else "markdown"
        cell.source = f"```python\n{cell.source}\n```" if question == "q3" else cell.source
        del cell["outputs"], cell["execution_count"]
    return full


@shape
def essay_in_a_new_cell_below(full, empty):
    number = at(full, f"{ESSAY}-answer")
    full.cells[number] = empty.cells[number]
    full.cells.insert(number + 1, new("markdown", WORDS))
    return full


@shape
def essay_in_a_raw_cell(full, empty):
    full.cells[at(full, f"{ESSAY}-answer")] = new("raw", WORDS)
    return full


@shape
def essay_in_a_code_cell(full, empty):
    full.cells[at(full, f"{ESSAY}-answer")] = new("code", WORDS)
    return full


@shape
def essay_as_a_text_in_code(full, empty):
    full.cells[at(full, f"{ESSAY}-answer")] = new("code", f'print("""{WORDS}""")')
    return full


@shape
def essay_in_comments(full, empty):
    full.cells[at(full, f"{ESSAY}-answer")] = new("code", f"# {WORDS}")
    return full


@shape
def essay_typed_into_its_prompt(full, empty):
    full.cells[at(full, f"{ESSAY}-text")].source += "\n\n" + WORDS
    del full.cells[at(full, f"{ESSAY}-answer")]
    return full


@shape
def essay_above_the_stub(full, empty):
    number = at(full, f"{ESSAY}-answer")
    full.cells[number : number + 1] = [new("markdown", WORDS), empty.cells[number]]
    return full


@shape
def essay_under_another_question(full, empty):
    number = at(full, f"{ESSAY}-answer")
    full.cells[number] = empty.cells[number]
    full.cells.insert(at(full, "q2-text"), new("markdown", WORDS))
    return full


@shape
def another_backend_and_magics(full, empty):
    head = "import matplotlib\nmatplotlib.use('TkAgg')\n%matplotlib notebook\n%config InlineBackend.figure_format = 'svg'\n"
    head += "%load_ext nothing_of_the_kind\n%no_such_magic\n%pip install seaborn\n!pip install seaborn\nplt_backend = matplotlib.get_backend()\n"
    full.cells[at(full, "head-code")].source = head + full.cells[at(full, "head-code")].source
    answer = full.cells[at(full, "q6-answer")]
    answer.source = "%%time\nplt.switch_backend('QtAgg')\n" + answer.source
    return full


def with_head(change):
    def changed(full, empty):
        head = full.cells[at(full, "head-code")]
        head.source = change(head.source)
        return full

    return changed


SHAPES |= {
    "setup stops at another machine's folder": with_head(
        lambda head: f"import os\nos.chdir('/content/drive/MyDrive')\n{head}"
    ),
    "setup imports what only Colab has": with_head(
        lambda head: f"from google.colab import drive\ndrive.mount('/content/drive')\n{head}"
    ),
    "setup asks for another Python": with_head(
        lambda head: f"import sys\nassert sys.version_info < (3, 0)\n{head}"
    ),
    "setup rewritten": with_head(lambda head: "import numpy as np, matplotlib.pyplot as plt"),
}


@shape
def given_code_deleted(full, empty):
    for role in ("q6-code", "head-code"):
        del full.cells[at(full, role)]
    return full


@shape
def questions_from_the_last_cell_to_the_first(full, empty):
    first, last = at(full, "q6-text"), at(full, "q6-check")
    full.cells[first : last + 1] = reversed(full.cells[first : last + 1])
    return full


@shape
def given_code_below_what_needs_it(full, empty):
    given = [cell for cell in full.cells if cell.id == "q6-code"]
    head = full.cells.pop(at(full, "head-code"))
    full.cells = [cell for cell in full.cells if cell not in given] + [*given, head]
    without_ids(full)
    return full


@shape
def essay_in_short_lines_of_code(full, empty):
    lines = [f"print('{' '.join(WORDS.split()[n : n + 4])}')" for n in range(0, 104, 4)]
    full.cells[at(full, f"{ESSAY}-answer")] = new("code", "\n".join(lines))
    return full


@pytest.mark.parametrize("kind", SHAPES)
def test_work_in_any_shape_gets_full_marks(kind, course_set, marked):
    source, _, answers = course_set
    full, empty = notebook_with(source, answers), notebook_with(source, {})
    result = marked(SHAPES[kind](full, empty))
    assert result["status"] == "marked", result["says"]
    short = {
        q: v["says"] for q, v in result["questions"].items() if v["points"] not in (v["of"], None)
    }
    assert not short
    essay = result["questions"][ESSAY]
    assert essay["status"] == "pending" and essay["words"] >= 100
    assert {q for q, v in result["questions"].items() if v["points"] is None} == {ESSAY}


def test_two_halves_of_an_essay_belong_together(course_set, marked):
    source, _, answers = course_set
    notebook = notebook_with(source, answers | {ESSAY: "The first half stands here."})
    number = at(notebook, f"{ESSAY}-answer")
    notebook.cells[number + 1 : number + 1] = [
        new("markdown", "And the second."),
        new("raw", "A third."),
    ]
    result = marked(notebook)
    assert result["work"][ESSAY] == "The first half stands here.\n\nAnd the second.\n\nA third."


def test_an_untouched_set_is_blank_and_not_in_doubt(course_set, marked):
    source, _, _ = course_set
    for strip in (False, True):
        notebook = notebook_with(source, {})
        if strip:
            without_ids(notebook)
        result = marked(notebook)
        assert {v["status"] for v in result["questions"].values()} == {"blank"}
        assert set(result["work"].values()) == {""}


def test_another_editions_prompts_are_no_answers(course_set, marked):
    notebook = notebook_with(course_set[0], {})
    for cell in notebook.cells:
        if cell.id.endswith("-text"):
            cell.source = cell.source.replace("the", "this").replace("](", " 2019](")
    assert {v["status"] for v in marked(notebook)["questions"].values()} == {"blank"}


HONEST_DOTS = {
    "an index": "import numpy as np\n    d = np.array([c1_uM / ec50_1_uM, c2_uM / ec50_2_uM])[...].sum()\n    return d / (1 + d)",
    "a type hint": "d: 'tuple[float, ...]' = (c1_uM / ec50_1_uM, c2_uM / ec50_2_uM)\n    return sum(d) / (1 + sum(d))",
    "a text": "print('adding up ...')\n    d = c1_uM / ec50_1_uM + c2_uM / ec50_2_uM  # and so on ...\n    return d / (1 + d)",
    "the stub's line left above": "...\n    d = c1_uM / ec50_1_uM + c2_uM / ec50_2_uM\n    return d / (1 + d)",
    "a sentinel": "d = ...\n    if d is ...:\n        d = c1_uM / ec50_1_uM + c2_uM / ec50_2_uM\n    return d / (1 + d)",
}  # fmt: skip


@pytest.mark.parametrize("kind", HONEST_DOTS)
def test_dots_in_honest_code_are_no_blank(kind, course_set, marked):
    source = course_set[0]
    code = f"def occupancy(c1_uM, ec50_1_uM, c2_uM, ec50_2_uM):\n    {HONEST_DOTS[kind]}"
    result = marked(notebook_with(source, {"q3": code}))
    assert result["questions"]["q3"]["points"] == 3, result["questions"]["q3"]


CRASHES = {
    "q1 = 4.3 + undefined_name": (
        "unusable",
        "NameError: name 'undefined_name' is not defined, in line 1",
    ),
    "x = 1\nq1 = (4.3 +": ("unusable", "in line 2: `q1 = (4.3 +`"),
    "q1 = 4.3 / 0": ("unusable", "ZeroDivisionError"),
    "import polars\nq1 = polars.Series([16.03])": ("pending", "needs polars"),
    "Q1 = 4.3 + 9.5 / 0.81": ("pending", "not as `q1`"),
    'q1 = "1,603"': ("pending", "may mark thousands"),
    "q2 = [200 * 0.36, 60 * 0.09, ...]": ("blank", ""),
    "import nunpy\nq1 = nunpy.array(16)": ("unusable", "No module named 'nunpy'"),
}


@pytest.mark.parametrize("code", CRASHES)
def test_what_is_not_there_is_told_with_its_reason(code, course_set, marked):
    source, _, answers = course_set
    result = marked(notebook_with(source, answers | {"q1": code}))
    verdict = result["questions"]["q1"]
    status, says = CRASHES[code]
    if "q2 =" in code:
        status, says = "pending", "not as `q1`"
    assert verdict["status"] == status and says in verdict["says"], verdict
    assert (verdict["points"] is None) == (status == "pending")
    assert result["packages"] == (["polars"] if "polars" in code else [])
    assert code in result["work"]["q1"]


def test_what_is_plainly_meant_waits_for_a_person(course_set, marked):
    """Each by a note that says what was seen; no machine could read it, so nobody gets a 0."""
    source, _, answers = course_set
    meant = {
        "q1": ("q1 = portal(9.5)", "further down"),
        "q2": ("q2 = [72, 5,4, 0,08]", "decimal comma"),
        "q5": ("q5 == 242.1", "compared"),
        "q6": (answers["q6"].replace("q6, ax", "fig, ax") + "\nq6 = plt.show()", "figure is drawn"),
        "q7": ("q7 = b2", "without quotes"),
    }
    codes = {question: code for question, (code, _) in meant.items()}
    notebook = notebook_with(source, answers | codes)
    notebook.cells.append(new("code", "def portal(release):\n    return 4.3 + release / 0.81"))
    number = at(notebook, "q3-answer")
    notebook.cells[number] = new("markdown", "Both doses are added, then d / (1 + d).")
    verdicts = marked(notebook)["questions"]
    assert verdicts.pop("q4")["status"] == "right"
    assert {v["points"] for v in verdicts.values()} == {None}
    for question, (_, says) in meant.items():
        assert says in verdicts[question]["says"], verdicts[question]


MEANT = {
    "number": [
        "q1 = 16.03 %", "q1 = 16.03 percent", "q1 = 16.03 µmol/L", "q1 = 16,03 − 2", "q1 = 4.3 + 9.5 ÷ 0.81", "q1 = 4·3", "q1 <- 16.03",
        "q1 := 16.03", "q1 = = 16.03", "q1 = ~16.03", "q1 = 16.03 ± 0.1", "q1 = '4.3 + 11.73 = 16.03'", "q1 = 'about 16.03'",
        "q1 = float(input('release: '))", "q1 = open('my_numbers.txt').read()", "import urllib.error\nraise urllib.error.URLError('no')",
        "q1 = 10²", "q1 =\u00a016.03", "q1 = print(16.03)",
    ],
    "array": [
        "q1 = [1; 2]", "q1 = map(float, [1, 2])", "q1 = zip([1, 2])", "q1 = iter([1, 2])", "q1 = (x for x in [1, 2])", "q1 = '1, 2'",
        "q1 = '1; 2,5'", "q1 = [1,5, -0,25]", "q1 = [1 %, 2 %]",
    ],
    "choice_with_reason": [
        "q1 = “b2”", "q1 = ‘b2’", "q1 = „b2“", "q1 = «b2»", "q1 = `b2`", "q1 = 'b2", "q1 = 'b II'", "q1 = 'b, as the nerves are (2)'",
        "q1 = 'b2 or a1'", "q1 = b)2)",
    ],
    "function": ["def q1(x):\n    return x × 2", "def q1(x):\n\u00a0\u00a0\u00a0\u00a0return x"],
}  # fmt: skip
NOT_MEANT = {
    "number": [
        "q1 = 16 +",
        "q1 = sixteen",
        "q1 = 'no idea'",
        "q1 = None",
        "q1 = 1 / 0",
        "q1 = (16.03",
    ],
    "array": ["q1 = [1, 2", "q1 = 'some'", "q1 = [1, 2, 3]"],
    "choice_with_reason": ["q1 = ''", "q1 = 2", "q1 = ["],
    "function": ["def q1(x)\n    return x"],
}


def explained(kind, source):
    """Return the verdict on a cell that is run right here."""
    from igf1lab.exercises.answers import describe_name
    from igf1lab.exercises.judging import judge
    from igf1lab.exercises.questions import Question
    from igf1lab.grading.intake.submission import Cell
    from igf1lab.grading.marking import reasons

    more = {"options": {"b": "right"}, "reasons": {"2": "right"}} if "choice" in kind else {}
    question, space, rows = (
        Question("q1", kind, "t", 2.0, ["AXIS-1"], answer="q1", **more),
        {"q1": ...},
        [],
    )
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("sys.stdin", io.StringIO())
            exec(source, space)
    except Exception as error:
        rows = [{"type": "error", "name": type(error).__name__, "says": str(error)}]
    stops = [reasons.stop_in_words(Cell("code", source), rows, True)] if rows else []
    described = describe_name(space, "q1", kind, [[1.0]])
    key = {"expected": {"is": "values", "values": [1.5, -0.25], "shape": [2]}, "wrong": []}
    verdict = judge(question, key, described)
    elsewhere = reasons.had_elsewhere(rows)
    return reasons.explain(verdict, question, source, stops, [], "", elsewhere)


@pytest.mark.parametrize("kind", MEANT)
def test_what_a_person_can_read_waits_for_one(kind):
    for source in MEANT[kind]:
        verdict = explained(kind, source)
        assert verdict.status == "pending" and verdict.points is None, (source, verdict)
    for source in NOT_MEANT[kind]:
        assert explained(kind, source).points == 0, source


def test_a_strangers_text_is_looked_at_in_no_time():
    for text in ("\n" * 400_000, " " * 400_000, "1a" * 200_000, "% " * 200_000, "[1" * 200_000):
        started = time.process_time()
        explained("number", f"q1 =\n{text}!")
        assert time.process_time() - started < 2


def test_probes_are_never_quoted_back(course_set, marked):
    source, _, answers = course_set
    spies = {
        "q3": "kept = []\ndef occupancy(*given):\n    kept.append(given)\n    raise ValueError(given)",
        "q4": "class Odd(Exception): pass\ndef total_igf1(*given):\n    Odd.__name__ = str(kept)\n    raise Odd(given)",
        "q5": "q5 = type(str(kept), (), {})()",
        "q6": "raise RuntimeError(kept)",
    }
    result = marked(notebook_with(source, answers | spies))
    said = " ".join(verdict["says"] for verdict in result["questions"].values())
    assert "ValueError, on one of the calls that marking makes" in said
    assert "RuntimeError, in line 1" in said
    assert not any(part.isdigit() and len(part) > 4 for part in said.replace(".", " ").split())


@pytest.mark.parametrize(
    "metadata",
    [
        {}, {"kernelspec": {"language": "Python"}}, {"kernelspec": {"language": "PYTHON", "name": "x"}},
        {"kernelspec": {"name": "python3"}}, {"kernelspec": {"display_name": "Python 3 (ipykernel)", "language": ""}},
        {"language_info": {"name": "ipython"}}, {"kernelspec": None}, {"kernelspec": {"language": None}},
    ],
)  # fmt: skip
def test_python_is_read_however_it_is_written(metadata):
    from igf1lab.grading.intake.submission import _language

    assert _language(metadata) == ""


def test_a_file_that_an_editor_or_git_changed(course_set):
    whole = blob(notebook_with(course_set[0], {}))
    for coding in ("utf-16", "utf-8-sig"):
        changed = whole.decode().encode(coding)
        assert [c.source for c in read_notebook(changed)] == [
            c.source for c in read_notebook(whole)
        ]
    with pytest.raises(Unreadable, match="keep one of the two versions"):
        read_notebook(whole.replace(b"\n", b"\n<<<<<<< HEAD\n", 1))


def test_wrong_files_are_told_apart(marked):
    lesson = nbformat.read(REPOSITORY / "notebooks" / f"{NAME}.ipynb", as_version=4)
    other = nbformat.read(REPOSITORY / "exercises/02_brain/02_brain.ipynb", as_version=4)
    essay = nbformat.v4.new_notebook(cells=[new("markdown", "My holidays")])
    for notebook, says in ((lesson, "the lesson 07"), (other, "set 02_brain"), (essay, "none of")):
        result = marked(notebook)
        assert result["status"] == "unreadable" and result["wrong_file"] and says in result["says"]


def test_a_set_with_its_setup_cell_gone_is_still_this_set(course_set, marked):
    source, _, answers = course_set
    notebook = notebook_with(source, answers)
    del notebook.cells[at(notebook, "head-code")]
    notebook.cells.insert(
        0,
        new(
            "code",
            "import numpy as np\nimport matplotlib.pyplot as plt\ngut_release_umol_kg_h = 9.5",
        ),
    )
    points = {q: v["points"] for q, v in marked(notebook)["questions"].items()}
    assert points == {q.id: q.points for q in source.exercise_set.questions} | {ESSAY: None}


def test_what_was_missing_is_marked_once_it_is_there():
    from igf1lab.grading.marking.whole_class import _waits

    assert _waits({"auto": None, "manual": None})
    assert not _waits({"auto": None, "manual": 2.0}) and not _waits({"auto": 0.0, "manual": None})
    assert dataclasses.is_dataclass(one_submission.Job)
