"""Explorer: sliders that move a model's curves without waiting for the kernel.

The kernel is a pure function of the sliders (:mod:`~igf1lab.lesson.rows`). The page asks it for
*rows* (one row = the curves, the sentence and the numbers of one slider setting), keeps them, and
decides by itself what to ask for next: the point under the hand first, then whole sweeps of each
slider, nearest settings first. So nothing has to be cancelled here and no state is shared
between threads.
"""

import os
import re
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
import traitlets
from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Polygon

from igf1lab.lesson.reader import SHUT, headless
from igf1lab.lesson.rows import Exploration, ExplorerError, View, xy
from igf1lab.lesson.style import course_style, figure_html, png_image, svg_text
from igf1lab.lesson.widget import Keeping, module
from igf1lab.page import FOLDER

# Curves that one explorer keeps in the page before it forgets the oldest. A lesson shows up to
# four explorers and each holds its sweeps once more for the saved notebook: 8 MB in all.
HELD_BYTES = 1_200_000
NARROW_IN = 4.1  # width of the figure on a phone: fewer inches, so larger words


class Explorer(Keeping):
    """An interactive figure: sliders, curves drawn by matplotlib once, sentence, table.

    Parameters
    ----------
    exploration : Exploration
    after : str, optional
        Id of the prediction that opens it.

    Raises
    ------
    ExplorerError
        If a view lacks a curve, changes its length, or is not finite.
    """

    _esm = module("explorer.js")
    _css = "".join((FOLDER / name).read_text("utf-8") for name in ("theme.css", "explorer.css"))
    part = traitlets.Unicode("explorer").tag(sync=True)
    after = traitlets.Unicode("").tag(sync=True)
    spec = traitlets.Dict().tag(sync=True)
    start = traitlets.Dict().tag(sync=True)
    start_rows = traitlets.Bytes().tag(sync=True)
    # What the page holds, written by the page so that a saved notebook still moves.
    held = traitlets.Dict().tag(sync=True)
    held_rows = traitlets.Bytes().tag(sync=True)
    born = traitlets.Unicode("").tag(sync=True)  # tells one that was run anew from the one before

    def __init__(self, exploration: Exploration, after: str | None = None):
        self.exploration = exploration
        self.name = exploration.name
        first = exploration.settings()
        settings = [first, *(exploration.settings(**s) for s in exploration.scenarios.values())]
        start, start_rows = self._packed([exploration.indices(each) for each in settings])
        super().__init__(
            after=after or "",
            born="" if headless() else str(time.time_ns()),
            spec=self._spec(exploration.view(**first)),
            start=start,
            start_rows=start_rows,
        )
        self.on_msg(self._answer)

    def _packed(self, states: Iterable[Sequence[int]]) -> tuple[dict, bytes]:
        states = list(states)
        texts, blocks = zip(*map(self.exploration.row, states), strict=True)
        rows = [{"at": list(at), **text} for at, text in zip(states, texts, strict=True)]
        return {"rows": rows}, b"".join(blocks)

    def _answer(self, _widget, message, _buffers):
        """Answer the page's wish for rows."""
        if "type" in message:
            return  # it is for the keeper
        reply, block = self.exploration.answer(message)
        self.send(reply, [block])
        if "problem" in reply and os.environ.get("IGF1LAB_STRICT"):
            raise ExplorerError(reply["problem"])

    def embed(self) -> "Explorer":
        """Put every slider's sweep into the widget, for pages that will have no kernel."""
        self.held, self.held_rows = self._packed(self.exploration.sweep_states())
        return self

    # Figure -------------------------------------------------------------------------

    def _figure(self, shown: View) -> tuple[Figure, dict]:
        with course_style():
            fig, artists = self.exploration.draw()
            if set(artists) != set(shown.curves):
                raise ExplorerError(
                    f"{self.name}: the figure draws {sorted(artists)}, the view gives {sorted(shown.curves)}"
                )
            for key, artist in artists.items():
                artist.set_gid(f"{self.name}-{key}")
                x, y = xy(shown.curves[key])
                if isinstance(artist, Polygon):
                    artist.set_xy(np.column_stack([x, y]))
                else:
                    artist.set_data(artist.get_xdata() if x is None else x, y)
        return fig, artists

    def _picture(self, shown: View, width_in: float | None = None) -> dict:
        """Draw axes and curves as SVG, and say where data lie in it."""
        fig, artists = self._figure(shown)
        if width_in:
            fig.set_figwidth(width_in)
        fig.dpi = 72
        fig.draw_without_rendering()
        with rc_context({"figure.constrained_layout.use": False}):
            fig.set_layout_engine(None)  # the axes stay there, and saving draws once, not twice
        height = fig.get_figheight() * 72
        return {
            "svg": svg_text(fig, salt=self.name, keep=f"{self.name}-"),
            "axes": {key: _page_transform(artist, height) for key, artist in artists.items()},
        }

    def _spec(self, shown: View) -> dict:
        _, artists = self._figure(shown)

        def at(**changes):
            return self.exploration.indices(self.exploration.settings(**changes))

        return {
            "name": self.name,
            "title": self.exploration.title,
            "held_bytes": HELD_BYTES,
            "wide": self._picture(shown),
            "narrow": self._picture(shown, NARROW_IN),
            "curves": [
                {
                    "key": key,
                    "n": length,
                    "label": str(artists[key].get_label()),
                    "closed": isinstance(artists[key], Polygon),
                    "x_unit": _unit(artists[key].axes, "x"),
                    "y_unit": _unit(artists[key].axes, "y"),
                    "x": None if moving else [float(v) for v in artists[key].get_xdata()],
                }
                for key, (length, moving) in self.exploration.curves.items()
            ],
            "sliders": [
                {
                    "name": s.name,
                    "label": s.label,
                    "unit": s.unit,
                    "values": list(s.values),
                    "choice": s.is_choice,
                }
                for s in self.exploration.sliders
            ],
            "numbers": [{"label": k, "unit": unit} for k, (_, unit) in shown.numbers.items()],
            "scenarios": [
                {"label": label, "at": at(**s)} for label, s in self.exploration.scenarios.items()
            ],
        }

    # Twin ---------------------------------------------------------------------------

    def static(self, **changes) -> "Still":
        """Return the same result as a still figure, a table and a sentence."""
        return Still(self, self.exploration.settings(**changes))

    def _repr_mimebundle_(self, **kwargs):
        bundle = super()._repr_mimebundle_(**kwargs)
        html = SHUT if self.after and not headless() else self.static()._repr_html_()
        if bundle is None:  # widgets are switched off
            return {"text/html": html}
        data, *metadata = bundle if isinstance(bundle, tuple) else (bundle,)
        data = {**data, "text/html": html}
        return (data, *metadata) if metadata else data

    def check(self, states: Iterable[Sequence[int]]) -> int:
        """Assert that every state is finite, stays inside its axes and is described.

        Returns
        -------
        int
            How many states were checked.

        Raises
        ------
        ExplorerError
            Naming the settings at which something is wrong.
        """
        with course_style():
            _, artists = self.exploration.draw()
        count = 0
        for count, state in enumerate(states, 1):  # noqa: B007
            settings = {
                s.name: s.values[i] for s, i in zip(self.exploration.sliders, state, strict=True)
            }
            shown = self.exploration.view(**settings)
            self.exploration.pack(shown)
            if not shown.sentence.strip().endswith("."):
                raise ExplorerError(f"{self.name}: no full sentence at {settings}")
            for key, curve in shown.curves.items():
                x, y = xy(curve)
                for values, limits, axis in (
                    (x, artists[key].axes.get_xlim(), "x"),
                    (y, artists[key].axes.get_ylim(), "y"),
                ):
                    if values is None or len(values) == 0:
                        continue
                    low, high = sorted(limits)
                    slack = 1e-9 * (high - low)
                    if np.min(values) < low - slack or np.max(values) > high + slack:
                        raise ExplorerError(
                            f"{self.name}: curve {key!r} leaves the page at {settings}: {axis} from "
                            f"{np.min(values):.4g} to {np.max(values):.4g}, axis {low:g} to {high:g}"
                        )
        return count


@dataclass(frozen=True)
class Still:
    """The widget-free twin of an explorer at one setting."""

    explorer: Explorer
    settings: dict

    @property
    def sentence(self) -> str:
        """What the figure shows."""
        return self.explorer.exploration.view(**self.settings).sentence

    def figure(self) -> Figure:
        """The figure with its curves drawn."""
        return self.explorer._figure(self.explorer.exploration.view(**self.settings))[0]

    def _repr_html_(self) -> str:
        shown = self.explorer.exploration.view(**self.settings)
        sentence = escape(shown.sentence)
        rows = "".join(
            f"<tr><th scope='row'>{escape(label)}</th><td>{value:.4g} {escape(unit)}</td></tr>"
            for label, (value, unit) in shown.numbers.items()
        )
        at = ", ".join(
            f"{s.label} {self.settings[s.name]} {s.unit}".strip()
            for s in self.explorer.exploration.sliders
        )
        image = png_image(self.figure(), shown.sentence)
        table = f"<table class='ig-table'><caption>Settings: {escape(at)}</caption>{rows}</table>"
        return figure_html(image) + f"<p>{sentence}</p>{table}"


def _unit(ax, which: str) -> str:
    """Unit of an axis: what its label has in brackets, or the whole label.

    Of axes that share a scale only the last may be labelled.
    """
    shared = getattr(ax, f"get_shared_{which}_axes")().get_siblings(ax)
    labels = [getattr(each, f"get_{which}label")() for each in (ax, *shared)]
    label = next(filter(None, labels), "")
    return re.findall(r"\(([^()]+)\)|$", label)[0] or label


def _page_transform(artist: Line2D | Polygon, height: float) -> dict:
    """How the page turns data into SVG units: ``scale * f(v) + shift``, f identity or log10."""
    ax = artist.axes
    out = {}
    for key, which, scale in (("px", 0, ax.get_xscale()), ("py", 1, ax.get_yscale())):
        if scale not in ("linear", "log"):
            raise ExplorerError(f"axis scale {scale!r} cannot be moved by the page")
        log = scale == "log"
        low, high = (1.0, 10.0) if log else (0.0, 1.0)
        a, b = (ax.transData.transform((p, p))[which] for p in (low, high))
        slope, shift = b - a, a
        if which == 1:
            slope, shift = -slope, height - a
        out[key] = {"scale": float(slope), "shift": float(shift), "log": log}
    return out
