"""What quiz, prediction and claim map share: one style sheet, one lock, and a twin in HTML."""

import threading
from html import escape
from pathlib import Path

import anywidget

HERE = Path(__file__).parent


def module(name: str) -> str:
    """Return a widget's JavaScript module: the shared helpers, then its own file."""
    return "\n".join((HERE / file).read_text("utf-8") for file in ("dom.js", name))


class CourseWidget(anywidget.AnyWidget):
    """An anywidget that hears messages one at a time and has a twin for readers without widgets.

    Subclasses write :meth:`hear` and :meth:`twin`. The kernel may deliver messages on a thread of
    their own while a cell runs, so :meth:`hear` is called with the widget's lock held.
    """

    _css = HERE / "widgets.css"

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
