"""How the pages are made: Markdown, links, cells, and what a page may weigh."""

import gzip
import io
import json
import re
import urllib.request
from base64 import b64encode
from html import unescape
from pathlib import Path

import nbformat
import pytest
from nbconvert.exporters import HTMLExporter
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from PIL import Image
from traitlets.config import Config

import readme_start
from igf1lab.lesson.lesson import LESSONS
from igf1lab.web import lite, markdown, pyodide
from igf1lab.web.execute import execute
from igf1lab.web.notebook import STATES, VIEW, Media, Reader
from igf1lab.web.places import ROOT, binder_address, digest, pages_address, repository
from igf1lab.web.serve import Handler
from igf1lab.web.site import ARCHIVE, lesson_file, resolve

FIRST_ANSWER_KB, LESSON_KB = 150, 600


# --- text -----------------------------------------------------------------------------------


def html(text: str) -> str:
    return markdown.render(text, lambda url: url)[0]


def test_formulas_become_mathml_that_keeps_its_tex():
    found = html("so $a<b$ and\n\n$$z = \\frac{(x/\\mu)^{\\nu} - 1}{\\nu\\,\\sigma}.$$\n")
    assert found.count("<math ") == 2
    assert 'alttext="a&lt;b"' in found
    assert "<mfrac>" in found
    assert "$" not in found


def test_every_formula_of_the_course_is_understood():
    for notebook in lite.notebooks():
        for cell in nbformat.read(notebook, as_version=4).cells:
            if cell.cell_type == "markdown":
                shown = re.sub(r"<math.*?</math>", "", html(cell.source), flags=re.DOTALL)
                assert "$" not in shown, f"{notebook.stem}, {cell.id}"
                assert "\\" not in shown, f"{notebook.stem}, {cell.id}"


@pytest.mark.parametrize("name", ["IGF-1", "IGFBP-3", "IL-6", "METAB-2"])
def test_no_line_ends_within_a_name(name):
    html, headings = markdown.render(
        f"## How {name} acts\n\n[{name}](x) and *{name}*, **3-4** `{name}`", str
    )
    assert html.count(f'<span class="ig-whole">{name}</span>') == 3 and html.count("ig-whole") == 3
    assert headings[0][1] == f"how-{name.lower()}-acts"


def test_units_in_formulas_stand_upright_as_one_word():
    html = markdown.render(r"$15\ \mathrm{g} = 2\ \mathrm{mmol\ C}\,k_\mathrm{off}$", str)[0]
    for word in ("g", "mmol&#x000A0;C", "off"):
        assert f"<mtext>{word}</mtext>" in html
    assert r'alttext="15\ \mathrm{g}' in html


def test_headings_can_be_linked_to_as_on_github():
    _, headings = markdown.render("## What the data say\n\n## A *b*, c: d\n\n## A b, c d", str)
    assert [name for _, name, _ in headings] == ["what-the-data-say", "a-b-c-d", "a-b-c-d-1"]


@pytest.mark.parametrize(
    ("source", "page", "url", "found"),
    [
        ("notebooks/01_a.ipynb", "lessons/01_a.html", "02_brain.ipynb", "02_brain.html"),
        ("notebooks/01_a.ipynb", "lessons/01_a.html", "02_brain.ipynb#x", "02_brain.html#x"),
        (
            "notebooks/01_a.ipynb",
            "lessons/01_a.html",
            "../exercises/02_brain/02_brain.ipynb",
            "../exercises/02_brain.html",
        ),
        (
            "exercises/02_brain/02_brain.ipynb",
            "exercises/02_brain.html",
            "../../notebooks/02_brain.ipynb",
            "../lessons/02_brain.html",
        ),
        ("INSTRUCTORS.md", "instructors.html", "notebooks/02_brain.ipynb", "lessons/02_brain.html"),
        ("INSTRUCTORS.md", "instructors.html", "#install", "#install"),
        ("notebooks/01_a.ipynb", "lessons/01_a.html", "https://doi.org/1", "https://doi.org/1"),
    ],
)
def test_links_lead_to_pages(source, page, url, found):
    assert resolve(source, page, url) == found


def test_links_to_files_lead_to_the_repository_or_nowhere(monkeypatch):
    monkeypatch.setattr("igf1lab.web.site.repository", lambda: "")
    assert resolve("INSTRUCTORS.md", "instructors.html", "CONTRIBUTING.md") is None
    monkeypatch.setattr("igf1lab.web.site.repository", lambda: "https://github.com/a/b")
    assert resolve("INSTRUCTORS.md", "instructors.html", "CONTRIBUTING.md").endswith(
        "a/b/blob/HEAD/CONTRIBUTING.md"
    )


# --- cells ----------------------------------------------------------------------------------


@pytest.fixture
def reader(tmp_path):
    return Reader(Media(tmp_path), lambda url: url, "../live.html?open=x", {"loop": "1.rows"})


def notebook(*cells, states=None):
    made = new_notebook(cells=list(cells))
    made.metadata["widgets"] = {STATES: {"state": states or {}}}
    return made


def code(source: str, *outputs):
    return new_code_cell(source, outputs=list(outputs))


def result(**data):
    return new_output("execute_result", data, execution_count=1)


def test_setup_and_cells_about_notebooks_are_left_out(reader):
    found = reader.sections(
        notebook(
            new_markdown_cell("# 1. Title"),
            new_markdown_cell("Click a grey cell.", metadata={"tags": ["notebook-only"]}),
            new_markdown_cell("## Setup\n\nRun it."),
            code("import numpy as np"),
            new_markdown_cell("## Build it"),
            code("x = 1"),
        )
    )
    assert [each.title for each in found] == ["", "Build it"]
    assert "grey" not in found[0].html
    assert "Run this live" in found[1].html
    assert "<details open>" in found[1].html


def test_code_that_only_calls_the_lesson_is_not_shown(reader):
    (found,) = reader.sections(notebook(code('lesson.quiz("x")'), code("y = 2\nz = 3")))
    assert "lesson" not in found.html
    assert "Code, 2 lines" in found.html


def test_a_part_gets_its_state_without_any_code(reader, tmp_path):
    state = {
        "_esm": "export default {}",
        "_css": "p{}",
        "part": "explorer",
        "spec": {"name": "loop"},
        "keeper": {"where": "kernel", "name": "x"},
        "layout": "IPY_MODEL_1",
        "after": "start",
    }
    widget = {"state": state, "buffers": [{"path": ["rows"], "data": "AAAA"}]}
    view = {VIEW: {"model_id": "m"}, "text/html": "<p>twin</p>"}
    (found,) = reader.sections(
        notebook(code("lesson.explorer('loop')", result(**view)), states={"m": widget})
    )
    assert 'data-part="explorer"' in found.html
    assert 'data-rows="../media/1.rows"' in found.html
    assert "<p>twin</p>" in found.html
    kept = json.loads(next(tmp_path.glob("*.json")).read_text("utf-8"))
    assert kept["buffers"] == {"rows": "AAAA"}
    assert set(kept["state"]) == {"part", "spec", "after"}
    assert reader.parts == ["explorer"]


def test_pictures_become_files_with_their_size(reader, tmp_path):
    picture = io.BytesIO()
    Image.new("RGBA", (2, 3), "white").save(picture, "png")
    png = b64encode(picture.getvalue()).decode()
    shown = f'<figure class="ig-figure"><img alt="a" src="data:image/png;base64,{png}"></figure>'
    (found,) = reader.sections(notebook(code("a = 1", result(**{"text/html": shown}))))
    assert 'width="2" height="3" loading="lazy"' in found.html
    assert len(list(tmp_path.glob("*.png"))) == 1


def test_a_lesson_that_stops_makes_no_page(reader):
    fault = new_output("error", ename="ValueError", evalue="no", traceback=[])
    with pytest.raises(ValueError, match="the notebook stopped: ValueError: no"):
        reader.sections(notebook(code("x", fault)))


# --- the built site ---------------------------------------------------------------------------


def pages(site: Path) -> list[Path]:
    found = [*site.glob("*.html"), *site.glob("lessons/*.html"), *site.glob("exercises/*.html")]
    return sorted(found)


def wire_kb(file: Path) -> float:
    content = file.read_bytes()
    packed = file.suffix in (".html", ".css", ".js", ".json", ".svg")
    return len(gzip.compress(content, 6) if packed else content) / 1000


def test_every_lesson_and_set_has_its_page(site):
    names = {page.relative_to(site).as_posix() for page in pages(site)}
    assert names == {
        *(f"lessons/{name}.html" for name in LESSONS),
        *(f"exercises/{name}.html" for name in LESSONS[1:]),
        *("index.html", "instructors.html", "live.html"),
    }


def test_pages_ask_nothing_of_other_machines(site):
    """Addresses stand in links that a reader may follow, and nowhere else."""
    for page in pages(site):
        text = page.read_text("utf-8")
        assert "Content-Security-Policy" in text
        asked = re.findall(r'<(?!a\b|/)\w+[^>]*(?:src|href|data|action)="(https?:|//)[^"]*"', text)
        assert not asked, f"{page.name} asks for {asked}"
        assert "_esm" not in text
        assert not re.search(r"url\((?!['\"]?#)", text), page.name
    for style in site.glob("code-*/*.css"):
        assert "@import" not in style.read_text("utf-8")
        assert "url(" not in style.read_text("utf-8")


def test_links_between_pages_lead_somewhere(site):
    anchors = {p: set(re.findall(r'\bid="([^"]+)"', p.read_text("utf-8"))) for p in pages(site)}
    for page in pages(site):
        for url in re.findall(
            r'(?:href|src|data-state|data-rows)="([^"]+)"', page.read_text("utf-8")
        ):
            if re.match(r"[a-z]+:", url):
                continue
            path, _, anchor = url.split("?")[0].partition("#")
            target = (page.parent / path).resolve() if path else page
            assert target.exists(), f"{page.name} leads to {url}"
            if anchor and target in anchors:
                assert anchor in anchors[target], f"{page.name}: nothing is called {url}"


def test_no_key_and_no_mark_of_a_notebook_reaches_a_reader(site):
    for page in pages(site):
        text = re.sub(r"<(code|pre)\b.*?</\1>", "", page.read_text("utf-8"), flags=re.DOTALL)
        assert not re.search(r"\[@[\w-]+", text), page.name
        assert ".ipynb" not in re.sub(r'href="[^"]*live\.html[^"]*"', "", text), page.name
        assert "OWNER" not in text


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_is_light(site, name):
    page = site / "lessons" / f"{name}.html"
    text = page.read_text("utf-8")
    code_files = [
        page.parent / url for url in re.findall(r'(?:href|src)="(\.\./code-[^"]+)"', text)
    ]
    states = [page.parent / url for url in re.findall(r'data-state="([^"]+)"', text)]
    first = sum(map(wire_kb, {page, *code_files, *states[:1]}))
    assert first <= FIRST_ANSWER_KB, f"{first:.0f} kB to the first answer"
    files = re.search(r'data-files="([^"]+)"', text)[1].split()
    code = [file for file in site.glob("code-*/**/*") if file.is_file()]
    whole = sum(map(wire_kb, {page, *code, *(site / "media" / file for file in files)}))
    assert whole <= LESSON_KB, f"{whole:.0f} kB for all of it"


def words(html: str) -> str:
    return " ".join(
        unescape(re.sub(r"<style>.*?</style>|<[^>]+>", " ", html, flags=re.DOTALL)).split()
    )


@pytest.mark.usefixtures("site")  # which has run the lesson
@pytest.mark.parametrize("name", ["01_gh_igf1_axis", "06_fibre_to_scfa"])
def test_a_lesson_exported_by_nbconvert_shows_its_figures_and_parts(name):
    """A lecturer's ``jupyter nbconvert --to html``, with the settings that the course installs."""
    settings = (ROOT / "igf1lab" / "lesson" / "nbconvert.json").read_text("utf-8")
    notebook = execute(lesson_file(name))
    html, _ = HTMLExporter(config=Config(json.loads(settings))).from_notebook_node(notebook)
    body = re.sub(r"<script\b.*?</script>", "", html[html.index("<body") :], flags=re.DOTALL)
    pictures = re.findall(r"<(?:img|svg)\b[^>]*>", body)
    assert len(pictures) >= 5
    for each in pictures:
        assert re.search(r'\b(?:alt|aria-label)="[^"]{20,}"', each), each[:200]
    shown = [
        output.data
        for cell in notebook.cells
        for output in cell.get("outputs", ())
        if "data" in output
    ]
    twins = [data["text/html"] for data in shown if VIEW in data]
    assert len(twins) > 5
    for twin in twins:
        assert words(twin)[:200] in words(body)
    assert "widget-view" not in body and "Traceback" not in body and "[@" not in body


def test_the_worker_knows_all_files_and_the_archive_holds_them(site):
    import zipfile

    text = (site / "sw.js").read_text("utf-8")
    files = json.loads(re.search(r"^const FILES = (.*);$", text, re.MULTILINE)[1])
    assert set(files) == {
        file.relative_to(site).as_posix()
        for file in site.rglob("*")
        if file.is_file() and file.relative_to(site).parts[0] not in ("lite", "sw.js", ARCHIVE)
    }
    release = re.search(r'^const RELEASE = "(.*)";$', text, re.MULTILINE)[1]
    assert release == digest(site / file for file in files)
    with zipfile.ZipFile(site / ARCHIVE) as archive:
        assert {f"igf1-course/{name}" for name in (*files, "sw.js")} == set(archive.namelist())


def test_the_server_sends_the_right_types(site, address):
    wanted = {"sw.js": "text/javascript", "index.html": "text/html; charset=utf-8"}
    wanted |= {"lite/static/pyodide/pyodide.asm.wasm": "application/wasm"}
    wanted |= {"lite/static/pyodide/pyodide.mjs": "text/javascript"}
    for name, kind in wanted.items():
        with urllib.request.urlopen(address + name) as answer:
            assert answer.headers["Content-Type"] == kind, name
    assert Handler.extensions_map[".css"] == "text/css"


# --- live code --------------------------------------------------------------------------------


def test_one_lock_names_every_wheel_with_its_hash(site):
    from hashlib import sha256

    folder = site / "lite" / "static" / "pyodide"
    packages = json.loads((folder / pyodide.LOCK).read_text("utf-8"))["packages"]
    named = {each["file_name"]: each["sha256"] for each in packages.values()}
    found = {file.name: sha256(file.read_bytes()).hexdigest() for file in folder.glob("*.whl")}
    assert named == found
    config = json.loads((site / "lite" / "jupyter-lite.json").read_text("utf-8"))
    config = config["jupyter-config-data"]
    kernel = config["litePluginSettings"][lite.KERNEL]
    assert kernel["disablePyPIFallback"] is True
    assert kernel["loadPyodideOptions"]["packages"] == sorted(packages)
    assert kernel["pyodideUrl"] == "./static/pyodide/pyodide.mjs"
    assert config["contentsStorageName"] == lite.storage_name()
    live = (site / "live.html").read_text("utf-8")
    assert f'data-live-go="{lite.storage_name()}"' in live


def test_a_changed_file_is_refused(tmp_path):
    package = {"file_name": "a.whl", "sha256": "0" * 64}
    with pytest.raises(pyodide.FetchError, match=r"a\.whl is not the file that the lock names"):
        pyodide._keep(tmp_path, package, b"other")
    assert not (tmp_path / "a.whl").exists()


# --- where it is published ----------------------------------------------------------------------


def test_the_readme_begins_as_the_address_says():
    text = (ROOT / "README.md").read_text("utf-8")
    assert text == readme_start.with_start(text, repository()), "run: python tools/readme_start.py"


def test_nobody_is_sent_to_a_placeholder():
    for address in ("", "https://github.com/ada/gut.git", "https://codeberg.org/ada/gut"):
        start = readme_start.start(address)
        assert "OWNER" not in start
        assert ("github.io" in start) == ("binder" in start.lower() and "github.com" in address)
    published = readme_start.start("https://github.com/Ada/gut")
    first, second = published.index("https://ada.github.io/gut/"), published.index("mybinder.org")
    assert first < second
    assert pages_address("https://github.com/ada/ada.github.io") == "https://ada.github.io/"
    assert binder_address("https://codeberg.org/ada/gut") == ""
