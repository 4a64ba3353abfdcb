"""The bibliography, read from ``assets/references.bib`` when first asked for."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

from igf1lab.evidence.paths import assets_dir, unknown

_ADDRESSES = {
    "doi": "https://doi.org/{}",
    "pmcid": "https://pmc.ncbi.nlm.nih.gov/articles/{}",
    "pmid": "https://pubmed.ncbi.nlm.nih.gov/{}",
    "url": "{}",
}

TITLE_WORDS = 5  # of a title that stands in for authors


@dataclass(frozen=True)
class Reference:
    """One entry of the bibliography, as plain text; what is not recorded is ``""``.

    Parameters
    ----------
    key : str
        The key by which claims, data, quizzes and models cite it.
    authors : tuple of str
        ``"Family, I. J."`` each; the last may be ``"others"``; empty if not recorded.
    title, where, year : str
        Title, place of publication with volume and pages, and year.
    address : str
        Best web address: DOI, PubMed Central, PubMed, or the page where it was read.
    annotation : str
        What a reader should know of how it was read, for example ``"abstract only read"``.
    """

    key: str
    authors: tuple[str, ...]
    title: str
    where: str
    year: str
    address: str
    annotation: str

    @property
    def label(self) -> str:
        """How the text names it, for example ``"Sjogren et al. 1999"``; else by its title."""
        if not self.authors:
            words = re.sub(r"[][]", "", self.title).split()  # brackets would end a link's text
            more = " …" if len(words) > TITLE_WORDS else ""
            return f"“{' '.join(words[:TITLE_WORDS])}{more}” {self.year}".rstrip()
        family = [author.split(",")[0] for author in self.authors]
        if len(family) == 1:
            who = family[0]
        elif len(family) == 2 and family[1] != "others":
            who = " & ".join(family)
        else:
            who = f"{family[0]} et al."
        return f"{who} {self.year}".rstrip()

    @property
    def author_line(self) -> str:
        """All recorded authors in one line; empty if there are none."""
        if not self.authors:
            return ""
        names = [author.replace(",", "") for author in self.authors]
        if names[-1] == "others":
            return ", ".join(names[:-1]) + " et al."
        return ", ".join(names)


def _plain(value: str) -> str:
    """BibTeX text without its braces and escapes."""
    return re.sub(r"\\([_&%#$])", r"\1", value).replace("{", "").replace("}", "").strip()


def _authors(value: str) -> tuple[str, ...]:
    # An "and" inside braces belongs to the name of an organisation.
    names = tuple(_plain(name) for name in re.split(r"\sand\s(?![^{]*\})", value))
    return () if names == ("Authors not recorded",) else names


def _where(fields: dict[str, str]) -> str:
    place = fields.get("journal") or fields.get("howpublished", "")
    volume = fields.get("volume", "") + (f"({fields['number']})" if "number" in fields else "")
    pages = fields.get("pages", "").replace("--", "–")
    position = ":".join(part for part in (volume, pages) if part)
    return " ".join(part for part in (place, position) if part)


def _reference(entry) -> Reference:
    fields = {field.key: _plain(field.value) for field in entry.fields}
    found = (form.format(fields[k]) for k, form in _ADDRESSES.items() if fields.get(k))
    return Reference(
        key=entry.key,
        authors=_authors(entry["author"]),
        title=fields.get("title", ""),
        where=_where(fields),
        year=fields.get("year", ""),
        address=next(found, ""),
        annotation=fields.get("annotation", ""),
    )


def _file() -> Path:
    return assets_dir() / "references.bib"


@cache
def references() -> Mapping[str, Reference]:
    """Return the whole bibliography by key.

    Raises
    ------
    ValueError
        If an entry cannot be parsed; the message gives its line.
    """
    import bibtexparser  # here, because a lesson that cites nothing should not wait for it

    library = bibtexparser.parse_file(str(_file()))
    for block in library.failed_blocks:
        raise ValueError(
            f"{_file()} has a broken or repeated entry at line {block.start_line + 1}; "
            f"correct it there: {block.error}"
        )
    return MappingProxyType({entry.key: _reference(entry) for entry in library.entries})


def reference(key: str) -> Reference:
    """Return one reference.

    Raises
    ------
    KeyError
        If the key is not in the bibliography; the message lists near matches.
    """
    if key not in references():
        raise unknown("reference", key, references(), _file())
    return references()[key]
