"""What holds the repository together: rooms, pins, licences, and no file that nothing uses."""

import ast
import json
import re
import subprocess
import sys
import tomllib
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import nbformat
import pytest
import yaml
from packaging.requirements import Requirement

import igf1lab
from igf1lab.lesson.lesson import LESSONS
from kernels import ROOT
from tidy_notebooks import tidy

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
NEEDED = {
    "requirements.txt": PROJECT["dependencies"],
    "requirements-instructor.txt": PROJECT["dependencies"] + EXTRAS["instructor"],
    "requirements-web.txt": PROJECT["dependencies"] + EXTRAS["web"],
    "requirements-classroom.txt": PROJECT["dependencies"] + EXTRAS["web"] + EXTRAS["classroom"],
    "requirements-test.txt": sum(
        (EXTRAS[name] for name in ("instructor", "test", "web", "classroom")),
        PROJECT["dependencies"],
    ),
}


# --- rooms ----------------------------------------------------------------------------------

# Each room and those it may import from, besides itself.
ROOMS = {
    "units": set(),
    "parameters": {"units"},
    "models": {"units", "parameters"},
    "evidence": {"units", "parameters", "models"},
    "page": set(),
    "lesson": {"units", "parameters", "models", "evidence", "page"},
    "exercises": {"units", "parameters", "models", "evidence", "page", "lesson"},
    "grading": {"units", "parameters", "models", "evidence", "page", "lesson", "exercises"},
    "web": {"units", "parameters", "models", "evidence", "page", "lesson", "exercises"},
    "classroom": {"evidence", "page", "lesson", "web"},
}


def imported(file: Path) -> set[str]:
    """Return the full names of what a file imports from igf1lab, inside functions too."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {name for name in found if name.startswith("igf1lab.")}


def rooms_imported(file: Path) -> set[str]:
    return {name.split(".")[1] for name in imported(file)}


def import_graph(top: Path) -> dict[str, set[str]]:
    """Return each module below ``top`` and the modules that it imports."""
    files = {
        ".".join(f.relative_to(top.parent).with_suffix("").parts): f for f in top.rglob("*.py")
    }
    files = {name.removesuffix(".__init__"): file for name, file in files.items()}

    def module(name):  # a name imported from a module stands for the module
        return name if name in files else name.rpartition(".")[0]

    found = {name: {module(used) for used in imported(file)} for name, file in files.items()}
    return {name: used & set(files) - {name} for name, used in found.items()}


@pytest.mark.parametrize("room", ROOMS)
def test_rooms_import_only_downwards(room):
    place = ROOT / "igf1lab" / room
    files = list(place.rglob("*.py")) or [place.with_suffix(".py")]
    for file in files:
        wrong = rooms_imported(file) - ROOMS[room] - {room}
        where = file.relative_to(ROOT)
        assert not wrong, f"{where} imports from {sorted(wrong)}; {room} may use {ROOMS[room]}"


def test_every_module_is_in_a_room():
    names = {path.stem for path in (ROOT / "igf1lab").iterdir() if path.name[0] not in "._"}
    assert names == set(ROOMS)


def test_imports_never_go_in_a_circle():
    try:
        TopologicalSorter(import_graph(ROOT / "igf1lab")).prepare()
    except CycleError as error:
        pytest.fail(" imports ".join(error.args[1]))


def test_a_circle_of_imports_is_found_also_inside_functions(tmp_path):
    top = tmp_path / "igf1lab"
    (top / "room").mkdir(parents=True)
    (top / "room" / "one.py").write_text("from igf1lab.room import two")
    (top / "room" / "two.py").write_text("def late():\n    from igf1lab.room.one import thing")
    with pytest.raises(CycleError):
        TopologicalSorter(import_graph(top)).prepare()


# --- pins -----------------------------------------------------------------------------------


def pins(file: str) -> list[Requirement]:
    lines = (ROOT / file).read_text("utf-8").splitlines()
    return [Requirement(line) for line in lines if line and line[0] not in "#-"]


@pytest.mark.parametrize("file", NEEDED)
def test_requirements_are_exact_and_plain(file):
    lines = (ROOT / file).read_text("utf-8").splitlines()
    local = [line for line in lines if line[:1] == "-" or "/" in line.split("#")[0]]
    assert not local, f"{file} names {local}: a hub image installs the file from anywhere"
    for line in lines[:-1]:
        plain = line.startswith("#") or re.fullmatch(r"[\w.-]+(\[\w+\])?==[\w.]+( ; .+)?", line)
        assert plain, f"{file}: '{line}' is no exact pin; run tools/pin_requirements.sh"


@pytest.mark.parametrize("file", NEEDED)
def test_requirements_fit_the_ranges(file):
    pinned = {pin.name: next(iter(pin.specifier)).version for pin in pins(file)}
    for need in map(Requirement, NEEDED[file]):
        fits = need.name in pinned and need.specifier.contains(pinned[need.name])
        assert fits, f"{file} does not hold {need}; run tools/pin_requirements.sh"


def test_learners_get_what_is_tested():
    """The learner's pins are in the larger sets with the same versions."""
    learner = {(pin.name, str(pin.specifier)) for pin in pins("requirements.txt")}
    for file in NEEDED.keys() - {"requirements.txt"}:
        assert learner <= {(pin.name, str(pin.specifier)) for pin in pins(file)}, file


def test_each_dependency_has_its_reason():
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    for need in NEEDED["requirements-test.txt"]:
        line = next(line for line in text.splitlines() if f'"{need}"' in line)
        assert re.search(r"# \w+", line), f"pyproject.toml: say beside {need} why it is needed"


def test_binder_gets_a_python_that_the_package_allows():
    version = (ROOT / "runtime.txt").read_text().strip().removeprefix("python-")
    assert PROJECT["requires-python"] == ">=3.11"
    assert version == "3.11"


# --- code -----------------------------------------------------------------------------------


@pytest.mark.parametrize("order", ["check", "format --check"])
def test_ruff_has_nothing_to_say(order):
    command = [sys.executable, "-m", "ruff", *order.split(), "--quiet", "."]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert said.returncode == 0, f"ruff {order}:\n{said.stdout[-3000:]}{said.stderr}"


# --- papers ---------------------------------------------------------------------------------


def test_the_citation_names_this_version():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert citation["version"] == igf1lab.__version__


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_documents_link_to_files_that_exist(name):
    text = (ROOT / name).read_text("utf-8")
    for target in re.findall(r"\]\(([^)#\s]+)", text):
        if "://" not in target:
            assert (ROOT / target).exists(), f"{name} links to {target}, which does not exist"


# --- no orphans -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def lesson_texts() -> str:
    return "\n".join(path.read_text("utf-8") for path in ROOT.glob("notebooks/[0-9]*.ipynb"))


def test_drawings_are_described_and_used(lesson_texts):
    folder = ROOT / "assets" / "figures"
    manifest = yaml.safe_load((folder / "manifest.yaml").read_text("utf-8"))
    files = {path.name for path in folder.iterdir()} - {"manifest.yaml"}
    assert files == {entry["file"] for entry in manifest.values()}, "manifest.yaml is not complete"
    for name, entry in manifest.items():
        for field in ("title", "alt", "maker", "licence"):
            assert entry.get(field), f"manifest.yaml: {name} has no {field}"
        assert f'lesson.drawing(\\"{name}\\")' in lesson_texts, f"no lesson shows drawing {name}"


@pytest.mark.parametrize("file", sorted(ROOT.glob("assets/figures/*.svg")), ids=lambda f: f.stem)
def test_drawings_need_nothing_from_outside(file):
    svg = file.read_text("utf-8")
    assert "<script" not in svg
    references = re.findall(r'(?:href|src)="([^"]*)"|url\(([^)]*)\)', svg)
    outside = [part for pair in references for part in pair if part and not part.startswith("#")]
    assert not outside, f"{file.name} refers to {outside}"


def test_quizzes_belong_to_lessons():
    names = {path.stem for path in (ROOT / "assets" / "quizzes").iterdir()}
    orphans = names - set(LESSONS) - {"pre_test", "post_test", "rewrite"}
    assert not orphans, f"assets/quizzes: no lesson asks {sorted(orphans)}"


@pytest.mark.parametrize(
    "path",
    [*sorted(ROOT.glob("notebooks/*.ipynb")), ROOT / "tools" / "lesson_template.ipynb"],
    ids=lambda path: path.stem,
)
def test_notebooks_are_tidy(path):
    written = path.read_text("utf-8")
    tidied = nbformat.writes(tidy(nbformat.reads(written, as_version=4))) + "\n"
    assert written == tidied, f"run: python tools/tidy_notebooks.py {path.relative_to(ROOT)}"


# --- the first minutes ------------------------------------------------------------------------


def run_setup(folder: Path, notebook: str, *blocked: str) -> subprocess.CompletedProcess:
    """Run a lesson's setup cell in a Python that lacks some packages; its folder stands alone."""
    cells = nbformat.read(ROOT / "notebooks" / notebook, as_version=4).cells
    (setup,) = [cell.source for cell in cells if "find_spec" in cell.source]
    lacking = (
        "import importlib.util, sys\nfound = importlib.util.find_spec\n"
        f"importlib.util.find_spec = lambda name: None if name in {blocked!r} else found(name)\n"
    )
    command = [sys.executable, "-c", lacking + setup]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("blocked", [("igf1lab",), ("anywidget", "scipy")])
def test_a_wrong_kernel_is_told_what_to_do_before_any_of_our_code_is_needed(tmp_path, blocked):
    ran = run_setup(tmp_path, "01_gh_igf1_axis.ipynb", *blocked)
    said = ran.stderr.splitlines()[-1]
    assert ran.returncode and f"This kernel lacks {', '.join(blocked)}." in said
    assert f"'{sys.executable} -m pip install -r requirements.txt'" in said
    assert (ROOT / "requirements.txt").is_file()


def test_a_lesson_finds_the_course_where_it_is_not_installed():
    command = [
        sys.executable,
        "-S",
        "-c",
        "import sys; sys.path.append('..'); import igf1lab.units",
    ]
    subprocess.run(command, cwd=ROOT / "notebooks", check=True, timeout=60)


def test_make_lab_says_what_it_does_and_allows_root_only_to_root():
    dry = ["make", "--dry-run", "--always-make", "lab"]
    for uid, allowed in (("0", True), ("1000", False)):
        plan = subprocess.run(
            [*dry, f"UID={uid}"], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout
        assert "about a minute the first time" in plan and "Opening lesson 0" in plan
        assert ("jupyter lab --allow-root" in plan) == allowed
        assert "--ip" not in plan, "it listens on this machine only"


def test_jupyterlab_asks_no_news_and_keeps_widgets():
    settings = json.loads((ROOT / "igf1lab" / "lesson" / "jupyterlab.json").read_text("utf-8"))
    assert settings["@jupyterlab/apputils-extension:notification"]["fetchNews"] == "false"
    assert settings["@jupyter-widgets/jupyterlab-manager:plugin"]["saveState"] is True
