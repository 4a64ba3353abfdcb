"""What the interactive parts share: their page side as one text, one lock, and a twin in HTML."""

import re
import threading
from html import escape
from pathlib import Path

import anywidget

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


class CourseWidget(anywidget.AnyWidget):
    """An anywidget that hears messages one at a time and has a twin for readers without widgets.

    Subclasses write :meth:`hear` and :meth:`twin`. The kernel may deliver messages on a thread of
    their own while a cell runs, so :meth:`hear` is called with the widget's lock held.
    """

    _css = FOLDER / "widgets.css"

    def __init__(self, **traits):
        self.lock = threading.RLock()
        super().__init__(**traits)
        self.on_msg(self._receive)

    def _receive(self, _widget, content, buffers):
        with self.lock:
            self.hear(content if isinstance(content, dict) else {}, buffers or [])

    def hear(self, content: dict, buffers: list) -> None:
        """Act on one message of the page; unknown ones are ignored."""
        raise NotImplementedError

    def twin(self) -> str:
        """Return the widget's content as plain HTML, without anything not yet earned."""
        raise NotImplementedError

    def _repr_mimebundle_(self, **kwargs):
        data, metadata = super()._repr_mimebundle_(**kwargs)
        return data | {"text/html": self.twin()}, metadata


def html_list(lines: list[str], tag: str = "ul") -> str:
    """Return escaped lines as an HTML list."""
    return f"<{tag}>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</{tag}>"
