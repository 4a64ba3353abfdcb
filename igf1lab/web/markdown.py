"""Markdown of notebooks and documents as HTML: nbconvert's own reader, our headings, maths and links."""

import re
from collections.abc import Callable
from html import escape

from latex2mathml.converter import convert as mathml
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from igf1lab.evidence.citations import readable

Heading = tuple[int, str, str]  # level, id, HTML of its text
_UPRIGHT = re.compile(r"\\mathrm\{([\w/%. -]*(?:\\ [\w/%. -]*)*)\}")
_NAME = re.compile(r"\b[A-Z][A-Za-z]*-\d\w*")  # IGF-1, IL-6, METAB-2


class PageRenderer(IPythonRenderer):
    """Headings that can be linked to, formulas as MathML, links that lead to pages.

    Parameters
    ----------
    link : callable
        From the address written in the text to the one on the page; None leaves words without link.
    """

    def __init__(self, link: Callable[[str], str | None]):
        super().__init__(escape=False)
        self._resolve = link
        self.headings: list[Heading] = []

    def text(self, text: str) -> str:
        """Return words, of which no name with a number is broken at the end of a line."""
        return _NAME.sub(r'<span class="ig-whole">\g<0></span>', super().text(text))

    def heading(self, text: str, level: int, **attrs) -> str:
        """Return a heading with an id made from its words, as GitHub makes it."""
        name = slug(text)
        taken = sum(each[1] == name or each[1].startswith(f"{name}-") for each in self.headings)
        name = f"{name}-{taken}" if taken else name
        self.headings.append((level, name, text))
        return f'<h{level} id="{name}">{text}</h{level}>\n'

    def link(self, text: str, url: str, title: str | None = None) -> str:
        """Return a link to where the thing is on the site, or its words alone."""
        target = self._resolve(url)
        return text if target is None else super().link(text, target, title)

    def block_math(self, body: str) -> str:
        """Return a formula on a line of its own, which scrolls where it is wider than the page."""
        return (
            f'<span class="formula ig-scroll" aria-label="Formula">{_formula(body, "block")}</span>'
        )

    def inline_math(self, body: str) -> str:
        """Return a formula within the text."""
        return _formula(body, "inline")

    def table(self, text: str) -> str:
        """Return a table in a box that scrolls, so that it never widens the page."""
        return f'<div class="ig-scroll" aria-label="Table"><table>{text}</table></div>\n'


def render(text: str, link: Callable[[str], str | None]) -> tuple[str, list[Heading]]:
    """Return a Markdown text as HTML, with its headings."""
    renderer = PageRenderer(link)
    html = MarkdownWithMath(renderer=renderer).render(readable(text))
    return html, renderer.headings


def slug(html: str) -> str:
    """Return a heading's words as an id."""
    words = re.sub(r"<[^>]+>|&\w+;|[^\w\s-]", "", html).strip().lower()
    return re.sub(r"\s", "-", words)


def plain(html: str) -> str:
    """Return the words of a piece of HTML."""
    return re.sub(r"<[^>]+>", "", html).strip()


def _formula(body: str, display: str) -> str:
    tex = body.strip()
    # As words, units stand upright and are read as one: letter by letter they would be variables.
    words = _UPRIGHT.sub(lambda found: rf"\text{{{found[1].replace(chr(92), '')}}}", tex)
    # The TeX is what a reader copies, and what a screen reader without MathML says.
    return mathml(words, display=display).replace("<math ", f'<math alttext="{escape(tex)}" ', 1)
