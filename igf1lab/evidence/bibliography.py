"""The bibliography, read from ``assets/references.bib`` when first asked for."""

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from string import ascii_lowercase
from types import MappingProxyType
from urllib.parse import quote_plus

from igf1lab.evidence.paths import assets_dir, unknown

_ADDRESSES = {
    "doi": "https://doi.org/{}",
    "pmcid": "https://pmc.ncbi.nlm.nih.gov/articles/{}",
    "pmid": "https://pubmed.ncbi.nlm.nih.gov/{}",
    "url": "{}",
}
_SEARCH = "https://pubmed.ncbi.nlm.nih.gov/?term={}"  # for a paper without any of these

TITLE_WORDS = 5  # of a title that stands in for authors


@dataclass(frozen=True)
class Reference:
    """One entry of the bibliography, as plain text; what is not recorded is ``""``.

    Parameters
    ----------
    key : str
        The key by which claims, data, quizzes and models cite it.
    authors : tuple of str
        ``"Family, I. J."`` each; the last may be ``"others"``; empty if not known.
    title, where, year : str
        Title, place of publication with volume and pages, and year.
    address : str
        Best web address: DOI, PubMed Central, PubMed, the page where it was read, or for a paper
        without these a search for its title.
    annotation : str
        What a reader should know of how it was read, for example ``"abstract only read"``.
    letter : str
        Tells entries with the same authors and year apart, as in ``"Larsson et al. 2020b"``.
    """

    key: str
    authors: tuple[str, ...]
    title: str
    where: str
    year: str
    address: str
    annotation: str
    letter: str = ""

    @property
    def label(self) -> str:
        """How the text names it, for example ``"Sjogren et al. 1999"``; else by its title."""
        return f"{self._who_and_when}{self.letter}"

    @property
    def _who_and_when(self) -> str:
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
    def link_words(self) -> str:
        """What a link to the address says."""
        return "find it in PubMed" if self.address.startswith(_SEARCH[:-2]) else self.address

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
    names = re.split(r"\sand\s(?![^{]*\})", value) if value else ()
    return tuple(map(_plain, names))


def _where(fields: dict[str, str]) -> str:
    place = fields.get("journal") or fields.get("howpublished", "")
    volume = fields.get("volume", "") + (f"({fields['number']})" if "number" in fields else "")
    pages = fields.get("pages", "").replace("--", "–")
    position = ":".join(part for part in (volume, pages) if part)
    return " ".join(part for part in (place, position) if part)


def _reference(entry) -> Reference:
    written = {field.key: field.value for field in entry.fields}
    fields = {key: _plain(value) for key, value in written.items()}
    found = [form.format(fields[k]) for k, form in _ADDRESSES.items() if fields.get(k)]
    if not found and entry.entry_type == "article":
        found = [_SEARCH.format(quote_plus(fields["title"]))]
    return Reference(
        key=entry.key,
        authors=_authors(written.get("author", "")),
        title=fields.get("title", ""),
        where=_where(fields),
        year=fields.get("year", ""),
        address=found[0] if found else "",
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
    return MappingProxyType(_lettered([_reference(entry) for entry in library.entries]))


def _lettered(entries: list[Reference]) -> dict[str, Reference]:
    """Give entries that a reader could not tell apart by their label the letters a, b, c."""
    alike = defaultdict(list)
    for entry in entries:
        alike[entry.label].append(entry.key)
    letters = {
        key: letter
        for keys in alike.values()
        if len(keys) > 1
        for key, letter in zip(sorted(keys), ascii_lowercase, strict=False)
    }
    return {entry.key: replace(entry, letter=letters.get(entry.key, "")) for entry in entries}


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
