"""One palette: the style file's colours are the page's, in light and with a twin in dark."""

import re

import numpy as np

from igf1lab.lesson import style
from igf1lab.lesson.plate import Plate
from igf1lab.page import FOLDER

CSS = (FOLDER / "theme.css").read_text("utf-8")


def palette(selector):
    block = CSS.split(selector, 1)[1].split("}", 1)[0]
    return dict(re.findall(r"--ig-([\w]+): (#[0-9a-f]{6});", block))


def test_the_page_has_the_colours_of_the_style_file():
    light = palette(":root {")
    named = {"ink": style.INK, "muted": style.MUTED, "grid": style.GRID, "paper": style.PAPER}
    named["mouse"] = style.MOUSE
    named |= {f"c{i}": colour for i, colour in enumerate(style.SERIES)}
    assert named.items() <= light.items(), "theme.css and igf1.mplstyle have grown apart"
    assert set(palette('[data-jp-theme-light="false"] {')) == set(light)


def test_every_house_colour_of_a_drawing_follows_the_page():
    for colour in (style.INK, style.PAPER, style.MOUSE, *style.SERIES):
        assert style.themed_svg(f"stroke: {colour}").startswith("stroke: var(--ig-")


def test_a_plate_follows_the_theme_and_one_of_many_points_is_pixels():
    fig, (ax,) = style.figure()
    ax.plot([0, 1], [0, 1], "o-", markerfacecolor="white")
    html = Plate(fig, "A line & its <ends>")._repr_html_()
    assert 'role="img" aria-label="A line &amp; its &lt;ends&gt;"' in html
    assert "var(--ig-ink" in html and "fill: var(--ig-paper" in html
    assert not re.search(r"<g id=|fill: (#ffffff|white)", html)
    ax.scatter(*np.random.default_rng(1).random((2, 20_000)))
    assert '<img alt="A line' in Plate(fig, "A line")._repr_html_()
