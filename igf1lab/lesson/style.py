"""The look of every figure: one matplotlib style, and the colours that follow dark mode.

matplotlib is imported by what draws, so that the rows of an explorer can do without it.
"""

from __future__ import annotations

import io
import re
from base64 import b64encode
from contextlib import contextmanager
from functools import cache
from html import escape
from typing import TYPE_CHECKING

from igf1lab.evidence import assets_dir
from igf1lab.page import FOLDER

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.patches import Polygon

MOUSE = "#fdf7ee"  # ground of what was seen or modelled in mice
_READ = ("INK", "MUTED", "GRID", "PAPER", "SERIES", "LINESTYLES")  # from the style file


@cache
def _rc() -> dict:
    from matplotlib import rc_params_from_file

    return dict(rc_params_from_file(assets_dir() / "igf1.mplstyle", use_default_template=False))


@cache
def _palette() -> dict:
    """Colours and line styles; theme.css holds the same ones for the page, and the dark."""
    from matplotlib.colors import to_hex

    rc = _rc()
    cycle = rc["axes.prop_cycle"].by_key()
    return {
        "INK": to_hex(rc["text.color"]),
        "MUTED": to_hex(rc["xtick.color"]),
        "GRID": to_hex(rc["grid.color"]),
        "PAPER": to_hex(rc["figure.facecolor"]),
        "SERIES": tuple(map(to_hex, cycle["color"])),
        "LINESTYLES": tuple(cycle["linestyle"]),
    }


def __getattr__(name: str):
    """Give ``INK``, ``MUTED``, ``GRID``, ``PAPER``, ``SERIES`` and ``LINESTYLES`` when asked for."""
    if name in _READ:
        return _palette()[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


@contextmanager
def course_style():
    """Apply the course's matplotlib style for a ``with`` block."""
    from matplotlib import rc_context

    with rc_context(_rc()):
        yield


def use_course_style() -> None:
    """Apply the course's matplotlib style to everything drawn from now on."""
    from matplotlib import rcParams

    rcParams.update(_rc())


def figure(rows: int = 1, cols: int = 1, *, width=5.8, height=3.5, **kwargs) -> tuple[Figure, list]:
    """Make a figure in the course style without touching pyplot's global state.

    Parameters
    ----------
    rows, cols : int
        Grid of axes.
    width, height : float
        Size in inches. Keep the width near 5.8: it stays legible on a 400 px screen.
    **kwargs
        Passed on to :meth:`matplotlib.figure.Figure.subplots`.

    Returns
    -------
    tuple of Figure and list of Axes
        The axes are in reading order.
    """
    from matplotlib.figure import Figure

    with course_style():
        fig = Figure(figsize=(width, height))
        grid = fig.subplots(rows, cols, squeeze=False, **kwargs)
    return fig, list(grid.ravel())


def series(index: int) -> dict:
    """Colour and line style number ``index`` of the house cycle, as keywords for ``plot``."""
    colours, lines = _palette()["SERIES"], _palette()["LINESTYLES"]
    return {"color": colours[index % len(colours)], "linestyle": lines[index % len(lines)]}


def label_axes(ax: Axes, *, title: str, x: str, y: str) -> None:
    """Give an axes its title and its two axis labels (with units)."""
    ax.set(title=title, xlabel=x, ylabel=y)


def mouse(*axes: Axes) -> None:
    """Give axes the sandy ground that sets results of mice apart from those of people."""
    from matplotlib.patches import Rectangle

    for ax in axes:
        # A patch of its own: an explorer's drawing has transparent axes.
        ground = Rectangle((0, 0), 1, 1, transform=ax.transAxes, color=MOUSE, zorder=-10)
        ax.add_patch(ground)


def empty_area(ax: Axes, label: str, **style) -> Polygon:
    """Add an empty filled area to ``ax`` and return it."""
    from matplotlib.patches import Polygon

    area = Polygon([(0, 0)] * 3, closed=True, label=label, **style)
    ax.add_patch(area)
    return area


def theme_css() -> str:
    """Return a ``<style>`` element with the course's colours for light and dark."""
    return f"<style>{(FOLDER / 'theme.css').read_text('utf-8')}</style>"


def themed_svg(svg: str) -> str:
    """Let the house colours of an SVG follow the page: each becomes a CSS variable."""
    palette = _palette()
    names = {palette[name]: name.lower() for name in ("INK", "MUTED", "GRID", "PAPER")}
    names |= {MOUSE: "mouse"} | {colour: f"c{i}" for i, colour in enumerate(palette["SERIES"])}
    for colour, name in names.items():
        svg = svg.replace(colour, f"var(--ig-{name}, {colour})")
    return svg


def figure_html(image: str, caption: str = "", sources: str = "") -> str:
    """Wrap an image (HTML with its own alternative text) and an escaped caption."""
    caption = f"<figcaption>{escape(caption)} {sources}</figcaption>" if caption or sources else ""
    return f'{theme_css()}<figure class="ig-figure">{image}{caption}</figure>'


def png_image(fig: Figure, alt: str) -> str:
    """Return a figure as an ``<img>`` with its bytes inside and a text alternative."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    buffer = io.BytesIO()
    fig.dpi = 110
    with course_style():
        FigureCanvasAgg(fig).print_png(buffer)  # savefig would draw twice, first for the layout
    data = b64encode(buffer.getvalue()).decode("ascii")
    return f'<img alt="{escape(alt, quote=True)}" src="data:image/png;base64,{data}">'


def svg_text(fig: Figure, salt: str, keep: str = "") -> str:
    """Return a figure as an ``<svg>`` element whose colours follow the page.

    Parameters
    ----------
    fig : Figure
    salt : str
        Makes the ids of its clip paths and markers unlike those of another figure on the page.
    keep : str
        Groups whose id begins so keep it; every other id would stand in each figure.
    """
    from matplotlib import rc_context

    buffer = io.StringIO()
    drawn = {"svg.fonttype": "none", "svg.hashsalt": salt, "path.simplify": False}
    with course_style(), rc_context(drawn):
        fig.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    svg = buffer.getvalue()
    spared = f"(?!{re.escape(keep)})" if keep else ""
    return themed_svg(re.sub(f'<g id="{spared}[^"]*"', "<g", svg[svg.index("<svg") :]))


def svg_image(fig: Figure, alt: str) -> str:
    """Return a figure as an ``<svg>`` with a text alternative; it follows the page's theme."""
    head, body = svg_text(fig, salt=alt).split(">", 1)
    head = re.sub(r' (width|height)="[^"]*"', "", head)
    look = f'width="{fig.get_figwidth() * 110:.0f}" style="fill: var(--ig-ink)"'  # black words, too
    return f'{head} role="img" aria-label="{escape(alt, quote=True)}" {look}>{body}'
