"""Build ``site/``: start page, lessons, exercise sets, instructors' page, and what they need."""

import json
import posixpath
import re
import shutil
import zipfile
from base64 import b64encode
from dataclasses import dataclass
from functools import cache, partial
from hashlib import sha256
from html import escape
from pathlib import Path

import jinja2
import nbformat

from igf1lab.lesson.lesson import LESSONS
from igf1lab.page import FOLDER as CODE
from igf1lab.web import markdown
from igf1lab.web.execute import execute_all, sweep_files
from igf1lab.web.lite import storage_of
from igf1lab.web.notebook import Media, Reader, Section
from igf1lab.web.places import ROOT, binder_address, digest, repository

COURSE = "IGF-1 and the gut, claim by claim"
ARCHIVE = "igf1-course-pages.zip"
PYTHON = "lite/static/pyodide"  # where lite.py puts it; the pages' worker takes it from there
STYLES = ("theme.css", "widgets.css", "explorer.css", "page.css")
TEMPLATES = Path(__file__).parent / "templates"
# Nothing may be asked of any other machine; the browser itself holds the pages to that.
POLICY = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval' '{}'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; worker-src 'self' blob:; object-src 'none'; base-uri 'none'"
)


@dataclass(frozen=True)
class Entry:
    """A lesson or a set of exercises, as lists name it."""

    name: str
    title: str
    sentence: str
    minutes: str


class Build:
    """One build of the site into a folder.

    Parameters
    ----------
    site : Path
        Where it goes; JupyterLite in ``site/lite`` is left alone.
    lessons : sequence of str
        Names of the lessons to build, all if left out; the others keep their place in lists.
    """

    def __init__(self, site: Path, lessons=LESSONS):
        self.site, self.names = site, tuple(lessons)
        for folder in ("lessons", "exercises", "media"):
            (site / folder).mkdir(parents=True, exist_ok=True)
        self.media = Media(site / "media")
        self.code = f"code-{_code_digest()}"
        self.has_lite = (site / PYTHON / "pyodide.mjs").exists()
        self.rows: dict[str, str] = {}  # explorer -> name of its sweep file in media
        self.pages: list[str] = []  # addresses below the site's root
        templates = jinja2.FileSystemLoader(TEMPLATES)
        self.templates = jinja2.Environment(loader=templates, undefined=jinja2.StrictUndefined)

    def run(self) -> None:
        """Build everything."""
        notebooks = [*(lesson_file(name) for name in self.names), TEMPLATES / "start.ipynb"]
        *executed, start = execute_all(notebooks)
        self._write_code()
        for explorer, content in sweep_files(self.names).items():
            self.rows[explorer] = self.media.add(content, ".rows")
        for name, notebook in zip(self.names, executed, strict=True):
            self._lesson(name, notebook)
        for name in LESSONS[1:]:
            self._exercise(name)
        self._document("instructors.html", ROOT / "INSTRUCTORS.md")
        self._live()
        self._start(start)
        self._drop_what_is_old()
        self._write_worker()
        self._write_archive()

    # Pages ----------------------------------------------------------------------------

    def _page(self, address: str, body: str, *, title: str, description: str = "", **more) -> None:
        root = "../" * address.count("/")
        first = self.templates.get_template("first.js").render()
        seal = f"sha256-{b64encode(sha256(first.encode()).digest()).decode()}"
        fields = {"contents": [], "files": [], "modules": [], "before": None, "after": None}
        fields |= {"scripts": ["host.js"], "lessons": [lesson(each) for each in LESSONS]}
        html = self.templates.get_template("page.html").render(
            fields
            | {
                "python": f"{PYTHON}/" if self.has_lite else "",
                "lesson": "",
                "course": COURSE,
                "root": root,
                "code": self.code,
                "body": body,
            }
            | {"title_text": markdown.plain(title), "description": escape(description)}
            | {"policy": POLICY.format(seal), "first_script": first, "repository": repository()}
            | more
        )
        (self.site / address).write_text(html, "utf-8")
        self.pages.append(address)

    def _lesson(self, name: str, notebook: nbformat.NotebookNode) -> None:
        address = f"lessons/{name}.html"
        link = partial(resolve, f"notebooks/{name}.ipynb", address)
        reader = Reader(self.media, link, live_link(name), self.rows)
        sections = reader.sections(notebook)
        place = LESSONS.index(name)
        turn = [
            {"href": f"{each}.html", "title": escape(lesson(each).title)} if each else None
            for each in (
                LESSONS[place - 1] if place else None,
                LESSONS[place + 1] if place + 1 < len(LESSONS) else None,
            )
        ]
        body = _sections_html(sections)
        if place:
            body += (
                f'<p class="actions"><a class="button" href="../exercises/{name}.html">'
                "Exercises of this lesson</a></p>"
            )
        self._page(
            address,
            body,
            title=lesson(name).title,
            description=lesson(name).sentence,
            lesson=name,
            contents=sections[1:],
            files=sorted(set(reader.files)),
            modules=_graph(["host", *reader.parts]),
            before=turn[0],
            after=turn[1],
        )

    def _exercise(self, name: str) -> None:
        address = f"exercises/{name}.html"
        source = f"exercises/{name}/{name}.ipynb"
        live = f"../live.html?open={source}"
        reader = Reader(self.media, partial(resolve, source, address), live)
        sections = reader.sections(nbformat.read(ROOT / source, as_version=4), code_open=True)
        solve = f'<p class="actions"><a class="button go" href="{live}">Solve this live</a></p>'
        sections[0].blocks.append(solve)
        self._page(
            address,
            _sections_html(sections) + solve,
            title=exercise(name).title,
            description=exercise(name).sentence,
            contents=sections[1:],
            modules=_graph(["host"]),
            before={"href": f"../lessons/{name}.html", "title": escape(lesson(name).title)},
        )

    def _document(self, address: str, source: Path) -> None:
        link = partial(resolve, source.name, address)
        html, headings = markdown.render(source.read_text("utf-8"), link)
        contents = [Section(title, name) for level, name, title in headings if level == 2]
        title = next(title for level, _, title in headings if level == 1)
        self._page(address, html, title=title, contents=contents, modules=_graph(["host"]))

    def _live(self) -> None:
        binder = binder_address(repository())
        store = storage_of(self.site) if self.has_lite else ""
        body = self.templates.get_template("live.html").render(binder=binder, store=store)
        self._page("live.html", body, title="Live code", scripts=["host.js", "live.js"])

    def _start(self, notebook: nbformat.NotebookNode) -> None:
        reader = Reader(self.media, partial(resolve, "notebooks/start.ipynb", "index.html"), "")
        progress = reader.sections(notebook)[-1].html.replace("../media/", "media/")
        size = sum((self.site / page).stat().st_size for page in self.pages)
        size += sum((self.site / "media" / name).stat().st_size for name in self.media.used)
        body = self.templates.get_template("start.html").render(
            course=COURSE,
            lessons=[lesson(name) for name in LESSONS],
            exercises=[exercise(name) for name in LESSONS[1:]],
            progress=progress,
            archive=ARCHIVE,
            megabytes=f"{size / 1e6:.0f}",
        )
        self._page(
            "index.html",
            body,
            title=COURSE,
            description="Does fibre keep you young by way of IGF-1? A physiology course to predict, move and judge.",
            files=sorted(set(reader.files)),
            modules=_graph(["host", *reader.parts]),
        )

    # What the pages need --------------------------------------------------------------

    def _write_code(self) -> None:
        folder = self.site / self.code
        for file in _code_files():
            target = folder / file.relative_to(CODE)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)
        css = "".join((CODE / name).read_text("utf-8") for name in STYLES if (CODE / name).exists())
        (folder / "page.css").write_text(css, "utf-8")

    def _drop_what_is_old(self) -> None:
        for file in (self.site / "media").iterdir():
            if file.name not in self.media.used:
                file.unlink()
        for folder in self.site.glob("code-*"):
            if folder.name != self.code:
                shutil.rmtree(folder)

    def _files(self) -> list[str]:
        places = (self.site / self.code, self.site / "media")
        return [
            *self.pages,
            *sorted(
                file.relative_to(self.site).as_posix()
                for place in places
                for file in place.rglob("*")
                if file.is_file()
            ),
        ]

    def _write_worker(self) -> None:
        files = self._files()
        release = digest(self.site / file for file in files)
        text = (CODE / "sw.js").read_text("utf-8")
        shell = [name for name in files if name.startswith(self.code)]
        for name, value in (("RELEASE", release), ("SHELL", shell), ("FILES", files)):
            text = re.sub(rf"(?m)^const {name} = .*$", f"const {name} = {json.dumps(value)};", text)
        (self.site / "sw.js").write_text(text, "utf-8")

    def _write_archive(self) -> None:
        with zipfile.ZipFile(self.site / ARCHIVE, "w", zipfile.ZIP_DEFLATED) as archive:
            for name in [*self._files(), "sw.js"]:
                # A fixed date: the same pages make the same file.
                info = zipfile.ZipInfo(f"igf1-course/{name}", (2020, 1, 1, 0, 0, 0))
                content = (self.site / name).read_bytes()
                archive.writestr(info, content, zipfile.ZIP_DEFLATED)


def lesson_file(name: str) -> Path:
    """Return a lesson's notebook."""
    return ROOT / "notebooks" / f"{name}.ipynb"


def live_link(name: str) -> str:
    """Return the address, from a lesson's page, that opens its notebook with a kernel."""
    return f"../live.html?open=notebooks/{name}.ipynb"


@cache
def lesson(name: str) -> Entry:
    """Return a lesson's title, first sentence and minutes, as its first cell gives them."""
    return _entry(name, lesson_file(name))


@cache
def exercise(name: str) -> Entry:
    """Return the title and the first sentences of an exercise set."""
    return _entry(name, ROOT / "exercises" / name / f"{name}.ipynb")


def _entry(name: str, file: Path) -> Entry:
    first = nbformat.read(file, as_version=4).cells[0].source
    html, headings = markdown.render(first, lambda _: None)
    title = re.sub(r"^(Exercises )?\d+\.\s*", "", markdown.plain(headings[0][2]))
    sentence = markdown.plain(html.split("<p>")[1])
    minutes = re.search(r"[\d–]+ minutes", first)
    return Entry(name, title, sentence, minutes[0] if minutes else "")


def resolve(source: str, page: str, url: str) -> str | None:
    """Return where an address written in ``source`` leads from ``page``; None for nowhere.

    Parameters
    ----------
    source, page : str
        The document within the course folder, and its page within the site.
    url : str
        As written: an address of the web, an anchor, or a file beside the document.
    """
    if re.match(r"[a-z]+:|#|//", url):
        return url
    path, mark, anchor = url.partition("#")
    target = posixpath.normpath(posixpath.join(posixpath.dirname(source), path))
    name = Path(target).stem
    if target == f"notebooks/{name}.ipynb" and name in LESSONS:
        found = f"lessons/{name}.html"
    elif target == f"exercises/{name}/{name}.ipynb":
        found = f"exercises/{name}.html"
    elif target in ("INSTRUCTORS.md", "README.md"):
        found = {"INSTRUCTORS.md": "instructors.html", "README.md": "index.html"}[target]
    else:
        return f"{repository()}/blob/HEAD/{target}{mark}{anchor}" if repository() else None
    return posixpath.relpath(found, posixpath.dirname(page) or ".") + mark + anchor


def _sections_html(sections: list[Section]) -> str:
    head, *rest = sections
    return f'<div class="opening">{head.html}</div>' + "".join(
        f'<section aria-labelledby="{each.name}" id="section-{each.name}">'
        f'<h2 id="{each.name}">{each.title}</h2>\n{each.html}</section>\n'
        for each in rest
    )


def _code_files() -> list[Path]:
    return [
        file
        for file in sorted(CODE.rglob("*"))
        if file.suffix in (".js", ".svg", ".LICENSE") and file.name != "sw.js"
    ]


def _code_digest() -> str:
    styles = (CODE / name for name in STYLES)
    return digest([*_code_files(), *(file for file in styles if file.exists())])


def _graph(parts: list[str]) -> list[str]:
    """Return the files of these modules and of all that they import, each once."""
    found: list[str] = []
    wanted = [f"{part}.js" for part in parts]
    while wanted:
        name = wanted.pop(0)
        if name not in found and (CODE / name).exists():
            found.append(name)
            text = (CODE / name).read_text("utf-8")
            wanted += re.findall(
                r'^(?:import|export)[^;]*?from "\./([\w./-]+)"', text, re.MULTILINE
            )
    return found
