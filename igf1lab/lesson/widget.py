"""What the interactive parts share: their page side as one text, the way to the keeper, a twin in HTML."""

import re
from html import escape
from pathlib import Path

import anywidget
import traitlets

from igf1lab.lesson.progress import Progress, default_progress, keeper
from igf1lab.page import FOLDER

_IMPORT = re.compile(
    r"^import [^;]*? from \"(\./|\.\./page/)([\w/.-]+)\";\n", re.MULTILINE | re.DOTALL
)
_EXPORT = re.compile(r"^export (?=const|let|function|class|async)", re.MULTILINE)
_EXPORT_LIST = re.compile(r"^export (\{[^}]*\}|default [^;]*);?\n", re.MULTILINE)


def module(name: str) -> str:
    """Return a module of ``igf1lab/page`` and all it imports as the one text that anywidget takes.

    Each module stands once, before those that import it; its imports and exports fall away, except
    for the default export of ``name`` itself. So top-level names must differ between modules.
    """
    texts: dict[Path, str] = {}

    def add(path: Path):
        if path in texts:
            return
        texts[path] = ""  # a circle would end here
        text = path.read_text("utf-8")
        for _, imported in _IMPORT.findall(text):
            add(FOLDER / imported)
        del texts[path]
        texts[path] = _EXPORT.sub("", _IMPORT.sub("", text))

    top = (FOLDER / name).resolve()
    add(top)
    own = texts.pop(top)
    return "\n".join([*(_EXPORT_LIST.sub("", text) for text in texts.values()), own])


class Keeping(anywidget.AnyWidget):
    """A part that needs the learner's records. The kernel only keeps them; the page makes sense of them.

    The page sends what is new and asks for what it lacks (see ``page/keeper.js``). The kernel may
    deliver messages on a thread of their own while a cell runs.

    Parameters
    ----------
    progress
        Where records are kept; the learner's own when left out.
    """

    part = traitlets.Unicode().tag(sync=True)  # the name of the page's module
    keeper = traitlets.Dict().tag(sync=True)

    def __init__(self, *, progress: Progress | None = None, **traits):
        self._progress = progress or default_progress()
        where = keeper()
        if where["where"] == "kernel":
            where["name"] = self._progress.name
        super().__init__(keeper=where, **traits)
        self.on_msg(self._keep)

    def _keep(self, _widget, content, _buffers):
        if not isinstance(content, dict) or content.get("type") != "records":
            return
        records, after = content.get("records"), content.get("after")
        self._progress.add(records if isinstance(records, list) else [])
        rows, fresh = self._progress.rows(after if isinstance(after, int) else 0)
        said, path = self._progress.message, self._progress.path
        self.send(
            {
                "type": "records",
                "wish": content.get("wish"),
                "rows": rows,
                "fresh": fresh,
                "message": said,
                "place": str(path or ""),
            }
        )


class CourseWidget(Keeping):
    """A part with a twin for readers without widgets. All of its content is in its traits."""

    _css = FOLDER / "widgets.css"

    def twin(self) -> str:
        """Return the part as plain HTML, without anything not yet earned."""
        raise NotImplementedError

    def _repr_mimebundle_(self, **kwargs):
        data, metadata = super()._repr_mimebundle_(**kwargs)
        return data | {"text/html": self.twin()}, metadata


def html_list(lines: list[str], tag: str = "ul") -> str:
    """Return escaped lines as an HTML list."""
    return f"<{tag}>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</{tag}>"
