"""Citations in a lesson's Markdown: written as ``[@key]``, read as author and year with a link."""

import re

from igf1lab.evidence.bibliography import reference, references

WRITTEN = re.compile(r"(?<!`)\[@([\w-]+(?:;\s*@[\w-]+)*)\]")
QUOTED = re.compile(r"`([\w-]+)`")
LINK = re.compile(r"\[[^\[\]]*\]\(#ig-ref-([\w-]+)\)")


def cited_keys(text: str) -> list[str]:
    """Return the bibliography keys that a text cites, in either form, in order."""
    found = [
        (match.start() + shift, key)
        for match in WRITTEN.finditer(text)
        for shift, key in enumerate(_keys(match))
    ]
    found += [(match.start(), match.group(1)) for match in LINK.finditer(text)]
    return [key for _, key in sorted(found)]


def readable(text: str) -> str:
    """Return a text whose citations read as author and year and lead to the reference list.

    ``[@farhy2007]`` becomes ``([Farhy & Veldhuis 2007](#ig-ref-farhy2007))``; inside brackets
    of the text the own ones are left out. Links made earlier get the label of today.

    Raises
    ------
    KeyError
        If a key is not in the bibliography.
    """
    linked = WRITTEN.sub(lambda match: _in_brackets(match, text), text)
    return LINK.sub(lambda match: _link(match.group(1)), linked)


def named(text: str) -> str:
    """Return a Markdown text whose keys in code quotes read as author and year, linked to the source.

    So exercises cite, which have no reference list. Other words in code quotes stay as they are.
    """

    def link(match):
        source = references().get(match[1])
        if source is None:
            return match[0]
        return f"[{source.label}]({source.address})" if source.address else source.label

    return QUOTED.sub(link, text)


def _keys(match: re.Match) -> list[str]:
    return re.split(r";\s*@", match.group(1))


def _link(key: str) -> str:
    return f"[{reference(key).label}](#ig-ref-{key})"


def _in_brackets(match: re.Match, text: str) -> str:
    links = "; ".join(map(_link, _keys(match)))
    paragraph = text[text.rfind("\n\n", 0, match.start()) + 1 : match.start()]
    within = paragraph.count("(") > paragraph.count(")")
    return links if within else f"({links})"
