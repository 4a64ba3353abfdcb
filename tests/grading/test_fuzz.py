"""The whole way, from a platform's folder to the class report, with students who hand in anything.

Ten honest students are marked once in the real sandbox; afterwards their runs are replayed, and what
the other students' processes send back is drawn, as a hostile process might send anything.
"""

import copy
import json
import os
import shutil
import unicodedata
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from igf1lab.grading import cli
from igf1lab.grading.course import open_course
from igf1lab.grading.demo import made_up_class
from igf1lab.grading.marking import whole_class
from igf1lab.grading.marking.results import kept_result
from igf1lab.grading.sandbox.client import Run, clean_description, clean_outputs

TEXT = st.text(st.characters(exclude_categories=()), max_size=30) | st.sampled_from(
    [
        "\x1b[2J\r\n[9/9] eve: 20 points",
        "\ud800",
        "=1+1",
        "<script>",
        "\u202e",
        "9" * 5000,
        "(" * 3000,
        "'\\d'",
    ]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
ROW = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["stream", "display", "result", "error"]),
        "name": TEXT | JSON,
        "says": TEXT | JSON,
        "text": TEXT | JSON,
    },
    optional={"png": TEXT},
)
DESCRIBED = JSON | st.fixed_dictionaries(
    {"is": st.sampled_from(["odd", "error", "values", "calls", "choice", "figure", "blank", "missing"]), "says": TEXT},
    optional={
        "values": st.lists(st.floats() | st.integers(), max_size=3), "shape": st.lists(st.integers(0, 3), max_size=2),
        "returned": st.lists(st.fixed_dictionaries({"is": st.just("error"), "says": TEXT}), max_size=12),
        "option": TEXT, "reason": TEXT, "axes": st.lists(JSON, max_size=2),
    },
)  # fmt: skip
STUDENT = st.fixed_dictionaries(
    {
        "name": st.text(st.characters(exclude_characters="/\x00"), max_size=12), "metadata": JSON, "language": TEXT | st.just("python"),
        "cell_id": TEXT, "cell_metadata": JSON, "source": TEXT, "more": st.lists(JSON, max_size=2),
        "outputs": st.lists(ROW | JSON, max_size=4) | JSON, "described": DESCRIBED, "death": st.booleans(), "late": st.booleans(),
    }
)  # fmt: skip


class Replay:
    """A sandbox that remembers what the real one said, and else says what was drawn."""

    says = "a replay"

    def __init__(self, real):
        self.real, self.known, self.drawn = real, {}, None
        self.server = SimpleNamespace(tier=SimpleNamespace(name="replay"), stop=lambda: None)

    def run(self, steps, limits, figures=True, files=None):
        key = json.dumps(steps)
        if key not in self.known and self.drawn is None:
            self.known[key] = self.real.run(steps, limits, figures, files)
        if key in self.known:
            return copy.deepcopy(self.known[key])
        mine = next((s for s in self.drawn if f"# {s['number']} hands in" in key), self.drawn[0])
        run = Run(late=[0] if mine["late"] else [])
        for number, step in enumerate(steps):
            if step[0] == "cell":
                run.outputs[number] = clean_outputs(mine["outputs"])
            else:
                run.answers[step[1], step[2]] = clean_description(mine["described"])
        run.deaths = [(0, "crashed")] if mine["death"] else []
        return run


def hand_in(folder, student, right, set_name):
    """Write what a drawn student hands in; the file's name may be anything a disk can hold."""
    notebook = json.loads(right)
    notebook["metadata"] = {
        "kernelspec": {"language": student["language"], "x": student["metadata"]}
    }
    notebook["cells"][1] |= {"id": student["cell_id"], "metadata": student["cell_metadata"]}
    source = f"# {student['number']} hands in\n{student['source']}"
    cell = {
        "cell_type": "code",
        "id": "new",
        "metadata": {},
        "source": source,
        "outputs": student["outputs"],
    }
    notebook["cells"] += [
        cell,
        {"cell_type": "markdown", "source": student["source"]},
        *student["more"],
    ]
    name = f"x{student['number']}{student['name']}".encode("utf-8", "replace")[:60]
    (folder / os.fsdecode(name + f"_{set_name}.ipynb".encode())).write_text(json.dumps(notebook))


@pytest.fixture(scope="module")
def honest(tmp_path_factory, sandbox, source, set_name):
    """A class of ten honest students, marked; and the sandbox that remembers them."""
    course = open_course(str(tmp_path_factory.mktemp("private")))
    made = [m for m in made_up_class(source) if m.kind != "blank"][::2][:10]
    replay = Replay(sandbox)
    for one in made:
        path = course.submitted(one.student, set_name)
        path.parent.mkdir(parents=True)
        path.write_bytes(one.blob)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(whole_class.Sandbox, "best", classmethod(lambda *a: replay))
        assert len(whole_class.grade(course, set_name, workers=2).marked) == 10
    return course, made, replay


def texts(value):
    """Yield every text in a JSON value."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)
    elif isinstance(value, str):
        yield value


def assert_quiet(text, where):
    odd = {c for c in text if unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\t"}
    assert not odd, (where, odd)


@settings(
    max_examples=8, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip
@given(students=st.lists(STUDENT, min_size=4, max_size=8))
def test_whatever_is_handed_in(students, honest, source, set_name, tmp_path, monkeypatch, capsys):
    base, made, replay = honest
    students = [student | {"number": n} for n, student in enumerate(students)]
    private, inbox = tmp_path / "private", tmp_path / "inbox"
    for folder in (private, inbox):
        shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(base.folder, private)
    inbox.mkdir()
    for student in students:
        hand_in(inbox, student, made[0].blob, set_name)
    course = open_course(str(private))
    monkeypatch.setattr(whole_class.Sandbox, "best", classmethod(lambda *a: replay))
    replay.drawn = students
    capsys.readouterr()
    try:
        codes = {}
        for command in (f"ingest {set_name} {inbox}", f"grade {set_name} --again", f"feedback {set_name}", f"export {set_name}",
                        f"report {set_name}"):  # fmt: skip
            codes[command.split()[0]] = cli.main(["--course", str(private), *command.split()])
    finally:
        replay.drawn = None
    said = capsys.readouterr()
    for line in (said.out + said.err).split("\n"):
        assert line.isprintable(), line
    everybody = course.students(set_name)
    strangers = [student for student in everybody if student not in {m.student for m in made}]
    results = {student: kept_result(course, student, set_name) for student in everybody}
    for one in made:
        points = {
            q: v["points"] for q, v in results[one.student]["questions"].items() if q in one.points
        }
        assert points == one.points, one.student
    refused = "refused" in said.out
    assert codes["ingest"] == (cli.TROUBLE if refused else 0)
    assert refused or len(strangers) == len(students)
    trouble = any(results[s]["status"] != "marked" or results[s].get("late") for s in strangers)
    assert codes["grade"] == (cli.TROUBLE if trouble else 0), said.out
    assert codes["feedback"] == codes["report"] == codes["export"] == 0, said.err
    for student in strangers:
        if results[student]["status"] != "marked":
            assert student in said.out
    for path in [*private.rglob("*.html"), *private.glob("export/*.csv")]:
        assert_quiet(path.read_bytes().decode().replace("\r\n", "\n"), path)
    for path in private.glob("autograded/*/*/*.ipynb"):
        for text in texts(json.loads(path.read_text("utf-8"))):
            assert_quiet(text, path)
    assert len(list(private.glob(f"feedback/*/{set_name}.html"))) == len(everybody)
