"""Explorer: sliders that move a model's curves without waiting for the kernel.

The kernel is a pure function of the sliders. The page asks it for *rows* (one row = the
curves, the sentence and the numbers of one slider setting), keeps them, and decides by
itself what to ask for next: the point under the hand first, then whole sweeps of each
slider, nearest settings first. So nothing has to be cancelled here and no state is shared
between threads.
"""

import io
import logging
import os
import re
import time
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

import anywidget
import matplotlib as mpl
import numpy as np
import traitlets
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Polygon

from igf1lab.lesson.style import course_style, figure_html, themed_svg
from igf1lab.lesson.widget import module
from igf1lab.page import FOLDER
from igf1lab.parameters import Parameter

HERE = Path(__file__).parent
REPLY_BUDGET_S = 0.12  # a reply never keeps a newer wish waiting longer than about this
SWEEP_INTERVALS = 30
# Curves that one explorer keeps in the page before it forgets the oldest. A lesson shows up to
# four explorers and each holds its sweeps once more for the saved notebook: 8 MB in all.
HELD_BYTES = 1_200_000
NARROW_IN = 4.1  # width of the figure on a phone: fewer inches, so larger words
logger = logging.getLogger(__name__)


class ExplorerError(ValueError):
    """A model, a curve or a setting is not what the explorer can show."""


@dataclass(frozen=True)
class Slider:
    """One control and the settings it can take.

    Parameters
    ----------
    name : str
        Keyword under which the view function receives the value.
    label, unit : str
        Shown beside the control.
    values : tuple
        All settings in order: numbers, or words (then a menu is shown).
    start : object
        The setting at the beginning; must be one of ``values``.
    """

    name: str
    label: str
    unit: str
    values: tuple
    start: object

    def __post_init__(self):
        if self.start not in self.values:
            raise ExplorerError(f"slider {self.name}: start {self.start!r} is not a setting of it")
        if len(self.values) < 2:
            raise ExplorerError(f"slider {self.name}: needs at least two settings")

    @classmethod
    def over(cls, name, label, unit, low, high, start, *, step=None, log=False) -> "Slider":
        """Make a numeric slider from ``low`` to ``high``; ``log`` spaces it geometrically."""
        if log:
            values = np.geomspace(low, high, SWEEP_INTERVALS + 1)
        else:
            n = SWEEP_INTERVALS if step is None else round((high - low) / step)
            values = np.linspace(low, high, n + 1)
        settings = sorted({float(f"{v:.6g}") for v in values} | {float(start)})
        return cls(name, label, unit, tuple(settings), float(start))

    @classmethod
    def of(cls, parameter: Parameter, *, label=None, low=None, high=None, **kwargs) -> "Slider":
        """Make a slider from a model parameter: its label, unit, range, step and value."""
        kwargs.setdefault("step", parameter.step)
        start = kwargs.pop("start", parameter.value)
        return cls.over(
            parameter.name,
            label or parameter.label,
            parameter.unit,
            parameter.low if low is None else low,
            parameter.high if high is None else high,
            start,
            **kwargs,
        )

    @classmethod
    def choice(cls, name, label, options: Sequence[str], start=None) -> "Slider":
        """Make a menu of words."""
        return cls(name, label, "", tuple(options), options[0] if start is None else start)

    @property
    def is_choice(self) -> bool:
        """Whether the settings are words."""
        return isinstance(self.values[0], str)

    def index(self, value) -> int:
        """Position of ``value``; a number is taken to the nearest setting.

        Raises
        ------
        ExplorerError
            If a word is not a setting, or a number lies outside the slider.
        """
        if self.is_choice or isinstance(value, str):
            if value not in self.values:
                raise ExplorerError(f"{self.label}: {value!r} is not one of {list(self.values)}")
            return self.values.index(value)
        low, high = self.values[0], self.values[-1]
        if not low <= value <= high:
            raise ExplorerError(f"{self.label}: {value} is outside {low:g} to {high:g} {self.unit}")
        return int(np.argmin(np.abs(np.asarray(self.values) - value)))


@dataclass(frozen=True)
class View:
    """What one setting of the sliders shows.

    Parameters
    ----------
    curves : mapping of str to array or pair of arrays
        For each artist of the figure its y values, or ``(x, y)`` where x moves too.
        Lengths must not change from setting to setting.
    sentence : str
        One sentence that says what the curves show.
    numbers : mapping of str to (float, str)
        Label to value and unit, for the table.
    """

    curves: Mapping[str, object]
    sentence: str
    numbers: Mapping[str, tuple[float, str]] = field(default_factory=dict)


class Explorer(anywidget.AnyWidget):
    """An interactive figure: sliders, curves drawn by matplotlib once, sentence, table.

    Parameters
    ----------
    name : str
        Unique, stable id (used for SVG ids and file names).
    title : str
        What can be explored; heading of the widget.
    view : callable
        ``view(**settings) -> View``; a pure function.
    draw : callable
        ``draw() -> (Figure, {curve name: Line2D or closed Polygon})``: axes with fixed
        limits and one empty artist per curve.
    sliders : sequence of Slider
    scenarios : mapping of str to dict, optional
        Named settings; sliders left out go to their start.

    Raises
    ------
    ExplorerError
        If a view lacks a curve, changes its length, or is not finite.
    """

    _esm = module("../lesson/explorer.js")
    _css = (FOLDER / "theme.css").read_text("utf-8") + (HERE / "explorer.css").read_text("utf-8")
    spec = traitlets.Dict().tag(sync=True)
    start = traitlets.Dict().tag(sync=True)
    start_rows = traitlets.Bytes().tag(sync=True)
    # What the page holds, written by the page so that a saved notebook still moves.
    held = traitlets.Dict().tag(sync=True)
    held_rows = traitlets.Bytes().tag(sync=True)

    def __init__(
        self,
        *,
        name: str,
        title: str,
        view: Callable[..., View],
        draw: Callable[[], tuple[Figure, dict]],
        sliders: Sequence[Slider],
        scenarios: Mapping[str, Mapping[str, object]] | None = None,
    ):
        self.name, self.title, self.sliders = name, title, tuple(sliders)
        self._view, self._draw = view, draw
        self.scenarios = dict(scenarios or {})
        first = self.settings()
        settings = [first, *(self.settings(**s) for s in self.scenarios.values())]
        shown = self.view(**first)
        self._lengths = {key: len(_xy(curve)[1]) for key, curve in shown.curves.items()}
        self._moving_x = {key: isinstance(curve, tuple) for key, curve in shown.curves.items()}
        states = [self.indices(s) for s in settings]
        texts, rows = zip(*(self.row(state) for state in states), strict=True)
        super().__init__(
            spec=self._spec(shown),
            start={"rows": [{"at": a, **t} for a, t in zip(states, texts, strict=True)]},
            start_rows=b"".join(rows),
        )
        self.on_msg(self._answer)

    # Settings -----------------------------------------------------------------------

    def settings(self, **changes) -> dict:
        """All slider settings, at their start but for ``changes``.

        Raises
        ------
        ExplorerError
            If a name is not a slider or a value is not one of its settings.
        """
        names = [slider.name for slider in self.sliders]
        unknown = sorted(set(changes) - set(names))
        if unknown:
            raise ExplorerError(f"{self.name} has no slider {unknown}; it has {names}")
        return {s.name: s.values[s.index(changes.get(s.name, s.start))] for s in self.sliders}

    def indices(self, settings: Mapping[str, object]) -> list[int]:
        """Positions of all sliders for full ``settings``."""
        return [slider.index(settings[slider.name]) for slider in self.sliders]

    def view(self, **settings) -> View:
        """The view for full or partial settings, checked to be drawable."""
        settings = self.settings(**settings)
        shown = self._view(**settings)
        for key, curve in shown.curves.items():
            if not all(np.all(np.isfinite(part)) for part in _xy(curve) if part is not None):
                raise ExplorerError(f"{self.name}: curve {key!r} is not finite at {settings}")
        return shown

    # Rows for the page --------------------------------------------------------------

    def row(self, state: Sequence[int]) -> tuple[dict, bytes]:
        """Compute one row: the texts and the curves (float32) of one state.

        Raises
        ------
        ExplorerError
            If ``state`` is not one index per slider, or a curve changed its length.
        """
        if not isinstance(state, list | tuple) or len(state) != len(self.sliders):
            raise ExplorerError(f"{self.name}: a state has {len(self.sliders)} positions")
        try:
            settings = {s.name: s.values[int(i)] for s, i in zip(self.sliders, state, strict=True)}
        except (IndexError, TypeError, ValueError):
            raise ExplorerError(f"{self.name}: {state!r} is not a state of it") from None
        return self._pack(self.view(**settings))

    def _pack(self, shown: View) -> tuple[dict, bytes]:
        parts = []
        for key, length in self._lengths.items():
            x, y = _xy(shown.curves[key])
            if len(y) != length:
                raise ExplorerError(f"{self.name}: curve {key!r} changed its length")
            parts += [y] if x is None else [x, y]
        numbers = [float(value) for value, _ in shown.numbers.values()]
        block = np.concatenate([np.asarray(p, np.float32) for p in parts]).tobytes()
        return {"sentence": shown.sentence, "numbers": numbers}, block

    def _answer(self, _widget, message, _buffers):
        """Answer the page's wish for rows: as many as fit in the reply budget, in order."""
        wanted = message.get("rows", [])
        texts, rows, begun = [], [], time.perf_counter()
        try:
            for state in wanted:
                text, block = self.row(state)
                texts.append({"at": list(state), **text})
                rows.append(block)
                if time.perf_counter() - begun > REPLY_BUDGET_S:
                    break
        except Exception as problem:
            logger.exception("explorer %s could not compute %s", self.name, state)
            self.send(
                {
                    "id": message.get("id"),
                    "rows": texts,
                    "problem": self._say(state, problem),
                    "at": state,
                },
                [b"".join(rows)],
            )
            if os.environ.get("IGF1LAB_STRICT"):
                raise
            return
        self.send({"id": message.get("id"), "rows": texts}, [b"".join(rows)])

    def _say(self, state, problem) -> str:
        if isinstance(problem, ExplorerError):
            return str(problem)
        settings = (s.values[i] for s, i in zip(self.sliders, state, strict=True))
        pairs = zip(self.sliders, settings, strict=True)
        places = ", ".join(f"{s.label} {value} {s.unit}".strip() for s, value in pairs)
        return f"The model could not be computed at {places}: {str(problem).rstrip('.')}."

    def embed(self) -> "Explorer":
        """Put every slider's sweep into the widget, for pages that will have no kernel."""
        states = list(self.sweep_states())
        texts, rows = zip(*(self.row(state) for state in states), strict=True)
        self.held = {"rows": [{"at": s, **t} for s, t in zip(states, texts, strict=True)]}
        self.held_rows = b"".join(rows)
        return self

    def sweep_states(self) -> Iterable[list[int]]:
        """Every state one slider away from the start."""
        base = self.indices(self.settings())
        yield base
        for k, slider in enumerate(self.sliders):
            yield from (
                [*base[:k], i, *base[k + 1 :]] for i in range(len(slider.values)) if i != base[k]
            )

    # Figure -------------------------------------------------------------------------

    def _figure(self, shown: View) -> tuple[Figure, dict]:
        with course_style():
            fig, artists = self._draw()
            if set(artists) != set(shown.curves):
                raise ExplorerError(
                    f"{self.name}: the figure draws {sorted(artists)}, the view gives {sorted(shown.curves)}"
                )
            for key, artist in artists.items():
                artist.set_gid(f"{self.name}-{key}")
                x, y = _xy(shown.curves[key])
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
        fig.set_layout_engine("none")  # the axes stay where this first layout put them
        buffer = io.StringIO()
        with course_style(), _svg_settings(self.name):
            fig.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
        svg = buffer.getvalue()
        height = fig.get_figheight() * 72
        return {
            "svg": themed_svg(svg[svg.index("<svg") :]),
            "axes": {key: _page_transform(artist, height) for key, artist in artists.items()},
        }

    def _spec(self, shown: View) -> dict:
        _, artists = self._figure(shown)
        return {
            "name": self.name,
            "title": self.title,
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
                    "x": None
                    if self._moving_x[key]
                    else [float(v) for v in artists[key].get_xdata()],
                }
                for key, length in self._lengths.items()
            ],
            "sliders": [
                {
                    "name": s.name,
                    "label": s.label,
                    "unit": s.unit,
                    "values": list(s.values),
                    "choice": s.is_choice,
                }
                for s in self.sliders
            ],
            "numbers": [{"label": k, "unit": unit} for k, (_, unit) in shown.numbers.items()],
            "scenarios": [
                {"label": label, "at": self.indices(self.settings(**s))}
                for label, s in self.scenarios.items()
            ],
        }

    # Twin ---------------------------------------------------------------------------

    def static(self, **changes) -> "Still":
        """Return the same result as a still figure, a table and a sentence."""
        settings = self.settings(**changes)
        return Still(self, settings)

    def _repr_mimebundle_(self, **kwargs):
        bundle = super()._repr_mimebundle_(**kwargs)
        if bundle is None:  # widgets are switched off
            return {"text/html": self.static()._repr_html_()}
        data, *metadata = bundle if isinstance(bundle, tuple) else (bundle,)
        data = {**data, "text/html": self.static()._repr_html_()}
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
            _, artists = self._draw()
        count = 0
        for count, state in enumerate(states, 1):  # noqa: B007
            settings = {s.name: s.values[i] for s, i in zip(self.sliders, state, strict=True)}
            shown = self.view(**settings)
            self._pack(shown)
            if not shown.sentence.strip().endswith("."):
                raise ExplorerError(f"{self.name}: no full sentence at {settings}")
            for key, curve in shown.curves.items():
                x, y = _xy(curve)
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
        return self.explorer.view(**self.settings).sentence

    def figure(self) -> Figure:
        """The figure with its curves drawn."""
        return self.explorer._figure(self.explorer.view(**self.settings))[0]

    def _repr_html_(self) -> str:
        shown = self.explorer.view(**self.settings)
        sentence = escape(shown.sentence)
        rows = "".join(
            f"<tr><th scope='row'>{escape(label)}</th><td>{value:.4g} {escape(unit)}</td></tr>"
            for label, (value, unit) in shown.numbers.items()
        )
        at = ", ".join(
            f"{s.label} {self.settings[s.name]} {s.unit}".strip() for s in self.explorer.sliders
        )
        image = png_image(self.figure(), shown.sentence)
        table = f"<table class='ig-table'><caption>Settings: {escape(at)}</caption>{rows}</table>"
        return figure_html(image) + f"<p>{sentence}</p>{table}"


def png_image(fig: Figure, alt: str) -> str:
    """Return a figure as an ``<img>`` with its bytes inside and a text alternative."""
    buffer = io.BytesIO()
    with course_style():
        fig.savefig(buffer, format="png", dpi=110)
    data = b64encode(buffer.getvalue()).decode("ascii")
    return f'<img alt="{escape(alt, quote=True)}" src="data:image/png;base64,{data}">'


def closed_band(x, low, high) -> tuple[np.ndarray, np.ndarray]:
    """Outline of the area between two curves, for a closed :class:`Polygon`."""
    return np.concatenate([x, x[::-1]]), np.concatenate([low, np.asarray(high)[::-1]])


def bars(left, right, height, floor=0.0) -> tuple[np.ndarray, np.ndarray]:
    """Outline of bars that stand on ``floor``, for a closed :class:`Polygon`."""
    x = np.column_stack([left, left, right, right]).ravel()
    floors = np.full(len(left), floor)
    return x, np.column_stack([floors, height, height, floors]).ravel()


def empty_area(ax, label: str, **style) -> Polygon:
    """Add an empty filled area to ``ax`` and return it."""
    area = Polygon(np.zeros((3, 2)), closed=True, label=label, **style)
    ax.add_patch(area)
    return area


def _xy(curve) -> tuple[np.ndarray | None, np.ndarray]:
    return curve if isinstance(curve, tuple) else (None, np.asarray(curve))


def _unit(ax, which: str) -> str:
    """Unit of an axis: what its label has in brackets, or the whole label.

    Of axes that share a scale only the last may be labelled.
    """
    shared = getattr(ax, f"get_shared_{which}_axes")().get_siblings(ax)
    labels = [getattr(each, f"get_{which}label")() for each in (ax, *shared)]
    label = next(filter(None, labels), "")
    return re.findall(r"\(([^()]+)\)|$", label)[0] or label


def _svg_settings(salt: str):
    return mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": salt, "path.simplify": False})


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
