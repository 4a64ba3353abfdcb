"""The page's modules can stand together in one text, as JupyterLab needs them, and apart, as pages do."""

import json
import re
from collections import Counter
from pathlib import Path

import pytest

import nodes
from igf1lab.lesson.quiz_bank import item_view, load, prediction_view
from igf1lab.lesson.widget import module
from igf1lab.page import FOLDER

MODULES = sorted(path for path in FOLDER.rglob("*.js"))
PARTS = [path.name for path in MODULES if "export default" in path.read_text("utf-8")]
IMPORTED = re.compile(r"^import [^;]* from \"\./([\w/.-]+)\";$", re.MULTILINE)
TOP_LEVEL = re.compile(
    r"^(?:export )?(?:async )?(?:const|let|var|class|function\*?) (\w+)", re.MULTILINE
)


def used_by_parts() -> set[Path]:
    """The modules that JupyterLab gets; a page's own, such as its host, stand alone."""
    found, left = set(), [FOLDER / name for name in PARTS]
    while left:
        path = left.pop()
        if path not in found:
            found.add(path)
            left += [path.parent / name for name in IMPORTED.findall(path.read_text("utf-8"))]
    return found


def test_top_level_names_differ_between_modules():
    modules = used_by_parts()
    assert len(modules) > len(PARTS)
    names = Counter(
        name for path in modules for name in set(TOP_LEVEL.findall(path.read_text("utf-8")))
    )
    assert {name for name, count in names.items() if count > 1} == set()


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_each_module_parses(path):
    nodes.run("--check", "--input-type=module", "-", text=path.read_text("utf-8"))


@pytest.mark.parametrize("name", PARTS)
def test_a_part_is_one_text_with_one_render(name):
    text = module(name)
    assert "\nimport " not in text and text.count("export ") == 1
    said = nodes.run(
        "--input-type=module",
        "--eval",
        "const text = await new Response(process.stdin).text();"
        "const part = await import('data:text/javascript,' + encodeURIComponent(text));"
        "console.log(typeof part.default.render);",
        text=text,
    )
    assert said.strip() == "function"


@pytest.mark.parametrize(
    "path", sorted((Path(__file__).parent / "js").glob("*.test.mjs")), ids=lambda path: path.stem
)
def test_what_the_modules_do(path, tmp_path, monkeypatch):
    """Judging, the arithmetic of progress, review and the keeper, in node."""
    bank = load(Path(__file__).parent / "data" / "sample_quiz.yaml")
    sample = {
        "items": [item_view(item) for item in bank.items],
        "predictions": [prediction_view(spec) for spec in bank.predictions],
    }
    (tmp_path / "sample.json").write_text(json.dumps(sample), "utf-8")
    monkeypatch.setenv("IGF1LAB_SAMPLE", str(tmp_path / "sample.json"))
    nodes.run("--test", "--test-reporter=spec", path)
