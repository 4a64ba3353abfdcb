"""Rows: what an explorer shows at each setting of its sliders, computed without drawing anything.

This module needs numpy alone. A page without a kernel computes rows in a worker that has neither
matplotlib nor widgets; :mod:`~igf1lab.lesson.explorer` draws the same rows in a notebook.
"""

import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module

import numpy as np

from igf1lab.parameters import Parameter

REPLY_BUDGET_S = 0.12  # a reply never keeps a newer wish waiting longer than about this
SWEEP_INTERVALS = 30
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


class Exploration:
    """What can be explored: a pure function of some sliders, and how to draw what it gives.

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
        limits and one empty artist per curve. Nothing here calls it.
    sliders : sequence of Slider
    scenarios : mapping of str to dict, optional
        Named settings; sliders left out go to their start.
    """

    def __init__(
        self,
        *,
        name: str,
        title: str,
        view: Callable[..., View],
        draw: Callable[[], tuple],
        sliders: Sequence[Slider],
        scenarios: Mapping[str, Mapping[str, object]] | None = None,
    ):
        self.name, self.title, self.sliders = name, title, tuple(sliders)
        self.draw, self._view = draw, view
        self.scenarios = dict(scenarios or {})

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
            if not all(np.all(np.isfinite(part)) for part in xy(curve) if part is not None):
                raise ExplorerError(f"{self.name}: curve {key!r} is not finite at {settings}")
        return shown

    # Rows -------------------------------------------------------------------------------

    @cached_property
    def curves(self) -> dict[str, tuple[int, bool]]:
        """Name of each curve to its number of points, and whether its x moves too."""
        shown = self.view().curves
        return {key: (len(xy(curve)[1]), isinstance(curve, tuple)) for key, curve in shown.items()}

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
        return self.pack(self.view(**settings))

    def pack(self, shown: View) -> tuple[dict, bytes]:
        """Texts and curves of a view, as the page receives them."""
        parts = []
        for key, (length, _) in self.curves.items():
            x, y = xy(shown.curves[key])
            if len(y) != length:
                raise ExplorerError(f"{self.name}: curve {key!r} changed its length")
            parts += [y] if x is None else [x, y]
        numbers = [float(value) for value, _ in shown.numbers.values()]
        block = np.concatenate([np.asarray(p, np.float32) for p in parts]).tobytes()
        return {"sentence": shown.sentence, "numbers": numbers}, block

    def answer(self, wish: Mapping) -> tuple[dict, bytes]:
        """Answer a wish ``{"id", "rows": [state, ...]}``: as many rows as fit the budget, in order.

        Returns
        -------
        tuple of dict and bytes
            ``{"id", "rows": [{"at", "sentence", "numbers"}, ...]}`` and their curves. A row that
            cannot be computed ends the answer with ``problem``, a sentence, and ``at``.
        """
        texts, blocks, begun = [], [], time.perf_counter()
        reply = {"id": wish.get("id"), "rows": texts}
        for state in wish.get("rows", []):
            try:
                text, block = self.row(state)
            except Exception as problem:
                logger.exception("explorer %s could not compute %s", self.name, state)
                reply |= {"problem": self._say(state, problem), "at": state}
                break
            texts.append({"at": list(state), **text})
            blocks.append(block)
            if time.perf_counter() - begun > REPLY_BUDGET_S:
                break
        return reply, b"".join(blocks)

    def _say(self, state, problem) -> str:
        if isinstance(problem, ExplorerError):
            return str(problem)
        settings = (s.values[i] for s, i in zip(self.sliders, state, strict=True))
        pairs = zip(self.sliders, settings, strict=True)
        places = ", ".join(f"{s.label} {value} {s.unit}".strip() for s, value in pairs)
        return f"The model could not be computed at {places}: {str(problem).rstrip('.')}."

    def sweep_states(self, base: Sequence[int] | None = None) -> Iterable[list[int]]:
        """Every state one slider away from ``base``, by default the start."""
        base = list(self.indices(self.settings()) if base is None else base)
        yield base
        for k, slider in enumerate(self.sliders):
            yield from (
                [*base[:k], i, *base[k + 1 :]] for i in range(len(slider.values)) if i != base[k]
            )


def exploration(part: str, name: str) -> Exploration:
    """Return an explorer's exploration without drawing it.

    Parameters
    ----------
    part : str
        Module of :mod:`igf1lab.lesson.parts`, for example ``"gh_igf1_axis"``.
    name : str
        Its key in the module's ``EXPLORERS``.
    """
    return import_module(f"igf1lab.lesson.parts.{part}").EXPLORERS[name]()


def xy(curve) -> tuple[np.ndarray | None, np.ndarray]:
    """The x of a curve, None where it stays, and its y."""
    return curve if isinstance(curve, tuple) else (None, np.asarray(curve))


def closed_band(x, low, high) -> tuple[np.ndarray, np.ndarray]:
    """Outline of the area between two curves, for a closed :class:`Polygon`."""
    return np.concatenate([x, x[::-1]]), np.concatenate([low, np.asarray(high)[::-1]])


def bars(left, right, height, floor=0.0) -> tuple[np.ndarray, np.ndarray]:
    """Outline of bars that stand on ``floor``, for a closed :class:`Polygon`."""
    x = np.column_stack([left, left, right, right]).ravel()
    floors = np.full(len(left), floor)
    return x, np.column_stack([floors, height, height, floors]).ravel()
