"""The look of every figure: one matplotlib style, and the colours that follow dark mode."""

from contextlib import contextmanager
from functools import cache
from html import escape

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from igf1lab.evidence import assets_dir
from igf1lab.page import FOLDER


@cache
def _rc() -> dict:
    return dict(mpl.rc_params_from_file(assets_dir() / "igf1.mplstyle", use_default_template=False))


def _colour(setting: str) -> str:
    return to_hex(_rc()[setting])


# The style file is where colours live; theme.css holds the same ones for the page, and the dark.
INK, MUTED, GRID, PAPER = map(
    _colour, ("text.color", "xtick.color", "grid.color", "figure.facecolor")
)
MOUSE = "#fdf7ee"  # ground of what was seen or modelled in mice
_CYCLE = _rc()["axes.prop_cycle"].by_key()
SERIES = tuple(map(to_hex, _CYCLE["color"]))
LINESTYLES = tuple(_CYCLE["linestyle"])


@contextmanager
def course_style():
    """Apply the course's matplotlib style for a ``with`` block."""
    with mpl.rc_context(_rc()):
        yield


def use_course_style() -> None:
    """Apply the course's matplotlib style to everything drawn from now on."""
    mpl.rcParams.update(_rc())


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
    with course_style():
        fig = Figure(figsize=(width, height))
        grid = fig.subplots(rows, cols, squeeze=False, **kwargs)
    return fig, list(grid.ravel())


def series(index: int) -> dict:
    """Colour and line style number ``index`` of the house cycle, as keywords for ``plot``."""
    index %= len(SERIES)
    return {"color": SERIES[index], "linestyle": LINESTYLES[index]}


def label_axes(ax: Axes, *, title: str, x: str, y: str) -> None:
    """Give an axes its title and its two axis labels (with units)."""
    ax.set(title=title, xlabel=x, ylabel=y)


def mouse(*axes: Axes) -> None:
    """Give axes the sandy ground that sets results of mice apart from those of people."""
    for ax in axes:
        # A patch of its own: an explorer's drawing has transparent axes.
        ground = Rectangle((0, 0), 1, 1, transform=ax.transAxes, color=MOUSE, zorder=-10)
        ax.add_patch(ground)


def theme_css() -> str:
    """Return a ``<style>`` element with the course's colours for light and dark."""
    return f"<style>{(FOLDER / 'theme.css').read_text('utf-8')}</style>"


def themed_svg(svg: str) -> str:
    """Let the house colours of an SVG follow the page: each becomes a CSS variable."""
    names = {INK: "ink", MUTED: "muted", GRID: "grid", PAPER: "paper", MOUSE: "mouse"}
    names |= {colour: f"c{i}" for i, colour in enumerate(SERIES)}
    for colour, name in names.items():
        svg = svg.replace(colour, f"var(--ig-{name}, {colour})")
    return svg


def figure_html(image: str, caption: str = "", sources: str = "") -> str:
    """Wrap an image (HTML with its own alternative text) and an escaped caption."""
    caption = f"<figcaption>{escape(caption)} {sources}</figcaption>" if caption or sources else ""
    return f'{theme_css()}<figure class="ig-figure">{image}{caption}</figure>'
