"""Plates: figures of data, and drawings, each with a caption, its sources and a text alternative."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from igf1lab import evidence
from igf1lab.lesson import style
from igf1lab.lesson.style import course_style, figure, figure_html, png_image, svg_image

if TYPE_CHECKING:
    from matplotlib.figure import Figure


HEAVY = 500_000  # characters of SVG: a figure of many thousand points is better as pixels


@dataclass(frozen=True)
class Plate:
    """A matplotlib figure with what a reader needs beside it.

    Parameters
    ----------
    figure : Figure
    alt : str
        What the figure shows, made from its numbers; a reader who only hears it gets the point.
    caption : str
    sources : tuple of str
        Bibliography keys of the numbers drawn.
    """

    figure: Figure
    alt: str
    caption: str = ""
    sources: tuple[str, ...] = ()

    def __post_init__(self):
        if not self.alt.strip():
            raise ValueError("a plate needs alt text: say what the figure shows")
        for key in self.sources:
            evidence.reference(key)

    def _repr_html_(self) -> str:
        sources = f"Sources: {evidence.render.cite(*self.sources)}." if self.sources else ""
        image = svg_image(self.figure, self.alt)
        if len(image) > HEAVY:
            image = png_image(self.figure, self.alt)
        return figure_html(image, self.caption, sources)


@dataclass(frozen=True)
class Drawing:
    """A drawn SVG of ``assets/figures`` with the words its manifest gives."""

    name: str

    def _repr_html_(self) -> str:
        entry = manifest()[self.name]
        svg = (figures_dir() / entry["file"]).read_text("utf-8")
        svg = svg[svg.index("<svg") :]
        label = escape(entry["alt"], quote=True)
        svg = svg.replace("<svg", f'<svg role="img" aria-label="{label}"', 1)
        return figure_html(svg, entry["title"])


def figures_dir() -> Path:
    """Folder of the drawings."""
    return evidence.assets_dir() / "figures"


@cache
def manifest() -> dict[str, dict]:
    """The drawings by name: file, title, alt text, maker, licence."""
    return evidence.read_yaml(figures_dir() / "manifest.yaml")


def drawing(name: str) -> Drawing:
    """Return a drawing by its name in the manifest.

    Raises
    ------
    KeyError
        If there is none; the message lists the names.
    """
    if name not in manifest():
        raise KeyError(
            f"no drawing {name!r} in assets/figures/manifest.yaml; it has {sorted(manifest())}"
        )
    return Drawing(name)


def forest(
    labels, estimates, lows, highs, *, measure: str, title: str, null: float = 1.0, log=True
) -> Figure:
    """Draw a forest plot: one row an estimate with its 95 % interval.

    Parameters
    ----------
    labels : sequence of str, length n
    estimates, lows, highs : sequence of float, length n
        In the unit of ``measure``.
    measure : str
        Axis label, for example ``"hazard ratio (95 % interval)"``.
    title : str
    null : float
        Value of no effect, drawn as a line.
    log : bool
        Ratios belong on a log axis.

    Returns
    -------
    Figure
    """
    n = len(labels)
    fig, (ax,) = figure(height=1.1 + 0.32 * n)
    y = np.arange(n)[::-1]
    estimates, lows, highs = (np.asarray(v, float) for v in (estimates, lows, highs))
    clear = (lows > null) | (highs < null)
    with course_style():
        ax.axvline(null, color=style.MUTED, linestyle=":", linewidth=1.2)
        for touches, marker, colour in ((True, "s", style.SERIES[0]), (False, "o", style.INK)):
            pick = clear == touches
            spread = [estimates[pick] - lows[pick], highs[pick] - estimates[pick]]
            ax.errorbar(
                estimates[pick],
                y[pick],
                xerr=spread,
                fmt=marker,
                color=colour,
                linestyle="none",
                capsize=3,
                markersize=6,
                markerfacecolor=colour if touches else "white",
            )
        if log:
            ax.set_xscale("log")
            ax.xaxis.set_major_formatter("{x:g}")
            ax.xaxis.set_minor_formatter("{x:g}")
            ax.tick_params(axis="x", which="minor", labelsize=8)
        ax.set(yticks=y, yticklabels=labels, xlabel=measure, title=title, ylim=(-0.7, n - 0.3))
        ax.grid(axis="y", visible=False)
    return fig


def forest_alt(labels, estimates, lows, highs, *, measure: str, null: float = 1.0) -> str:
    """Say a forest plot in words: every row with its interval, and whether it touches no effect."""
    rows = [
        f"{label}: {e:g} ({lo:g} to {hi:g}{', includes no effect' if lo <= null <= hi else ''})"
        for label, e, lo, hi in zip(labels, estimates, lows, highs, strict=True)
    ]
    return f"Forest plot of {measure}. " + "; ".join(rows) + "."


def forest_plate(rows, labels, *, measure, title, caption, estimate="hr", null=1.0) -> Plate:
    """Make a forest plot of dataset rows, with its words and sources.

    Parameters
    ----------
    rows : list of dict
        Rows with ``estimate``, ``ci_low``, ``ci_high`` and ``source_key``.
    labels : list of str
    measure, title, caption : str
    estimate : str
        Column of the estimate.
    null : float
        Value of no effect: 1 for ratios (drawn on a log axis), 0 for differences.

    Returns
    -------
    Plate
    """
    numbers = [[float(r[column]) for r in rows] for column in (estimate, "ci_low", "ci_high")]
    words = [label.replace("\n", ", ") for label in labels]
    return Plate(
        forest(labels, *numbers, measure=measure, title=title, null=null, log=null > 0),
        forest_alt(words, *numbers, measure=measure, null=null),
        caption,
        tuple(dict.fromkeys(r["source_key"] for r in rows)),
    )
