"""A notebook as the body of a page: sections of text, code, figures and interactive parts."""

import io
import json
import re
from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from nbformat import NotebookNode
from PIL import Image
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from igf1lab.web import markdown
from igf1lab.web.places import digest

VIEW = "application/vnd.jupyter.widget-view+json"
STATES = "application/vnd.jupyter.widget-state+json"
NOTEBOOK_ONLY = "notebook-only"  # tag of cells that speak of running a notebook
# What the widget machinery keeps beside a part's own traits; a page needs none of it.
# The keeper is the page's own: no kernel stores answers there.
MACHINERY = {"layout", "tabbable", "tooltip", "comm", "keeper"}
# Pixels of parts whose content is always the same: on a wide page, on a narrow one. They were
# measured; a test holds the pages to it that nothing jumps.
HEIGHTS = {
    "claim_map": (1480, 2290),
    "gain": (121, 146),
    "prediction": (400, 510),
    "review": (121, 146),
    "trust": (3263, 4893),
    "warm_up": (1250, 1650),
}
CALL_ONLY = re.compile(r"\s*(lesson|exercise)\.\w+\([^()]*\)\s*")


@dataclass
class Section:
    """One heading with all that stands below it."""

    title: str = ""  # HTML; "" for what comes before the first heading
    name: str = ""
    blocks: list[str] = field(default_factory=list)

    @property
    def html(self) -> str:
        """The section's content."""
        return "\n".join(self.blocks)


@dataclass
class Media:
    """Files beside the pages, each named by its content, so that it never changes."""

    folder: Path
    used: set[str] = field(default_factory=set)

    def add(self, content: bytes, suffix: str) -> str:
        """Write a file once and return its name."""
        name = f"{digest([content])}{suffix}"
        self.used.add(name)
        file = self.folder / name
        if not file.exists():
            file.write_bytes(content)
        return name


class Reader:
    """Turns one notebook into sections.

    Parameters
    ----------
    media : Media
        Takes the figures and the states of the parts.
    link : callable
        Where an address written in the text leads on the site.
    live : str
        Address that opens this notebook with a kernel.
    rows : mapping of str to str, optional
        The sweep file of each explorer, by its name.
    """

    def __init__(
        self,
        media: Media,
        link: Callable[[str], str | None],
        live: str,
        rows: Mapping[str, str] | None = None,
    ):
        self.media, self.link, self.live, self.rows = media, link, live, rows or {}
        self.parts: list[str] = []  # modules that the page will need, each once
        self.files: list[str] = []  # names in media that it shows

    def sections(self, notebook: NotebookNode, *, code_open: bool = False) -> list[Section]:
        """Return the notebook's sections, the first being what stands before any heading."""
        states = notebook.metadata.get("widgets", {}).get(STATES, {}).get("state", {})
        found = [Section()]
        for cell in notebook.cells:
            if NOTEBOOK_ONLY in cell.metadata.get("tags", ()):
                continue
            if cell.cell_type == "markdown":
                self._text(cell.source, found)
            elif cell.cell_type == "code":
                building = code_open or found[-1].title == "Build it"
                found[-1].blocks += self._code(cell, states, building)
        return [each for each in found if each.title != "Setup"]  # a page needs none

    def _text(self, source: str, found: list[Section]) -> None:
        html, _headings = markdown.render(source, self.link)
        for part in re.split(r"(?=<h2)", html):
            head = re.match(r'<h2 id="([^"]*)">(.*?)</h2>', part, re.DOTALL)
            if head:
                found.append(Section(head[2], head[1]))
                part = part[head.end() :]
            if part.strip():
                found[-1].blocks.append(part.strip())

    def _code(self, cell: NotebookNode, states: dict, building: bool) -> list[str]:
        blocks = []
        shown = [self._output(output, states) for output in cell.get("outputs", ())]
        if not CALL_ONLY.fullmatch(cell.source):
            draws = any("ig-figure" in each for each in shown)
            blocks.append(self._listing(cell, opened=building and not draws, live=building))
        return blocks + [each for each in shown if each]

    def _listing(self, cell: NotebookNode, *, opened: bool, live: bool) -> str:
        lines = cell.source.count("\n") + 1
        code = highlight(cell.source, PythonLexer(), HtmlFormatter(nowrap=True)).rstrip()
        here = escape(f"{self.live}&cell={cell.id}")
        run = f'<a class="run" href="{here}">Run this live</a>' if live else ""
        return (
            f'<div class="code"><details{" open" if opened else ""}>'
            f"<summary>Code, {lines} line{'s' * (lines > 1)}</summary>"
            f'<pre class="ig-scroll" aria-label="Code"><code>{code}</code></pre></details>{run}</div>'
        )

    def _output(self, output: NotebookNode, states: dict) -> str:
        if output.output_type == "stream":
            return f'<pre class="printed ig-scroll" aria-label="Printed">{escape(output.text.rstrip())}</pre>'
        if output.output_type == "error":
            raise ValueError(f"the notebook stopped: {output.ename}: {output.evalue}")
        twin = self._html(output.data.get("text/html", ""))
        view = output.data.get(VIEW)
        if view:
            return self._part(states[view["model_id"]], twin)
        if twin or "text/plain" not in output.data:
            return twin
        return f'<pre class="printed ig-scroll" aria-label="Result">{escape(output.data["text/plain"])}</pre>'

    def _html(self, html: str) -> str:
        """Return an output's HTML without its own styles, its images as files, its drawings in a box."""
        html = re.sub(r"<style>.*?</style>", "", html, flags=re.DOTALL)
        html = re.sub(r'src="data:image/(png);base64,([^"]+)"', self._image, html)
        return re.sub(
            r'(<figure class="ig-figure">)(<svg.*?</svg>|<img[^>]*>)',
            r'\1<div class="ig-scroll ig-drawing" aria-label="Figure">\2</div>',
            html,
            flags=re.DOTALL,
        )

    def _image(self, found: re.Match) -> str:
        picture = Image.open(io.BytesIO(b64decode(found[2]))).convert("RGB")
        width, height = picture.size
        packed = io.BytesIO()  # a drawing has few colours: a third of the bytes, and looks the same
        picture.quantize(128, dither=Image.Dither.NONE).save(packed, "png", optimize=True)
        name = self.media.add(packed.getvalue(), f".{found[1]}")
        self.files.append(name)
        return f'src="../media/{name}" width="{width}" height="{height}" loading="lazy"'

    def _part(self, widget: dict, twin: str) -> str:
        """Return the place of an interactive part: its twin, and where its state lies."""
        traits = widget["state"]
        if "part" not in traits:
            return twin  # a container of the notebook's own
        part = traits["part"]
        state = {
            name: value
            for name, value in traits.items()
            if not name.startswith("_") and name not in MACHINERY
        }
        if "reveal" in state:  # what a prediction opens
            state["reveal"] = self._html(state["reveal"])
        rows = self.rows.get(state["spec"]["name"]) if part == "explorer" else None
        self.files += [rows] if rows else []
        buffers = {each["path"][0]: each["data"] for each in widget.get("buffers", ())}
        text = json.dumps({"state": state, "buffers": buffers}, ensure_ascii=False, sort_keys=True)
        name = self.media.add(text.encode(), ".json")
        self.files.append(name)
        self.parts += [part] if part not in self.parts else []
        place = f' data-rows="../media/{rows}"' if rows else ""
        wide, narrow = _heights(part, state)
        return (
            f'<div class="part part-{escape(part)}" data-part="{escape(part)}" data-state="../media/{name}"{place}'
            f' style="--tall:{wide}px;--tall-narrow:{narrow}px">'
            f'<div class="twin">{twin}</div></div>'
        )


def _heights(part: str, state: dict) -> tuple[int, int]:
    """Return about how tall a part will be on a wide and on a narrow page, so that nothing jumps."""
    if state.get("after"):
        return 60, 60  # a shut gate
    if part == "explorer":
        spec = state["spec"]
        controls = 57 * len(spec["sliders"]) + 36 * len(spec["scenarios"]) // 2 + 90
        wide, narrow = (_ratio(spec[form]["svg"]) for form in ("wide", "narrow"))
        return max(round(680 * wide) + 100, controls) + 40, round(340 * narrow) + controls + 140
    options = [len(each.get("options") or ()) for each in state.get("items", ())]
    if part == "quiz":
        return sum(270 + 35 * n for n in options) + 60, sum(330 + 60 * n for n in options) + 60
    return HEIGHTS.get(part, (300, 400))


def _ratio(svg: str) -> float:
    """Return height over width of a drawing."""
    width, height = map(
        float, re.search(r'viewBox="[\d.-]+ [\d.-]+ ([\d.]+) ([\d.]+)"', svg).groups()
    )
    return height / width
