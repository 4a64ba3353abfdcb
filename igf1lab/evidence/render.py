"""HTML tables, badges and lists made from claims, datasets, references and parameters.

Every function returns a string of semantic HTML: real captions and header cells, classes that
begin with ``ig-`` and no colours of its own, so that it follows the notebook's theme. Standing
is said in words and a symbol, never by colour, and a number that was not re-read in its source
carries the word "unverified".
"""

from collections.abc import Iterable, Sequence
from html import escape

from igf1lab.evidence.bibliography import reference
from igf1lab.evidence.claims import Claim, Finding, Level, grades, verdicts
from igf1lab.evidence.datasets import Cell, Dataset
from igf1lab.evidence.ladder import ladder_svg
from igf1lab.parameters import FLAG_WORDS, Parameter, ParameterSet

UNVERIFIED = '<strong class="ig-unverified">unverified</strong>'
_EMPTY = "–"


def _table(caption: str, headers: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table whose first column heads its rows. Cells are HTML, the rest is text."""
    head = "".join(f'<th scope="col">{escape(header)}</th>' for header in headers)
    body = "".join(
        f'<tr><th scope="row">{first}</th>' + "".join(f"<td>{cell}</td>" for cell in rest) + "</tr>"
        for first, *rest in rows
    )
    # A wide table scrolls inside its own box, which the keyboard can reach.
    return (
        f'<div class="ig-scroll" role="region" tabindex="0" aria-label="{escape(caption)}">'
        f'<table class="ig-table"><caption>{escape(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _words(*parts: str | None) -> str:
    """Join the recorded parts with commas, escaped; a dash if there are none."""
    return escape(", ".join(part for part in parts if part)) or _EMPTY


def cite(*keys: str) -> str:
    """Return links to entries of the lesson's reference list.

    Raises
    ------
    KeyError
        If a key is not in the bibliography.
    """
    return "; ".join(
        f'<a class="ig-cite" href="#ig-ref-{escape(key)}">{escape(reference(key).label)}</a>'
        for key in keys
    )


def badge(level: Level) -> str:
    """Return a verdict or grade as words, a verdict with its symbol before them."""
    symbol = f'<span aria-hidden="true">{escape(level.symbol)}</span> ' if level.symbol else ""
    return f'<strong class="ig-badge ig-badge-{level.id}">{symbol}{escape(level.words)}</strong>'


def scales() -> str:
    """Return two tables: what each verdict and each evidence grade means."""
    tables = (("Verdicts", verdicts()), ("Evidence grades", grades()))
    return "".join(
        _table(
            title, [title[:-1], "Meaning"], [(badge(x), escape(x.meaning)) for x in levels.values()]
        )
        for title, levels in tables
    )


def claim_table(claims: Iterable[Claim]) -> str:
    """Return what each claim says, without its verdict: learners make up their own mind first."""
    kept = "kept for the end of the lesson"
    rows = [(f'<span class="ig-whole">{escape(c.id)}</span>', escape(c.says), kept) for c in claims]
    return _table("The claims", ["Claim", "What the article says", "Verdict"], rows)


def _finding_row(finding: Finding) -> tuple[str, ...]:
    value = _words(" ".join(part for part in (finding.value, finding.unit) if part))
    note = f'<div class="ig-note">{escape(finding.note)}</div>' if finding.note else ""
    people = f"n = {finding.n}" if finding.n else None
    return (
        escape(finding.what) + note,
        value if finding.verified else f"{value} ({UNVERIFIED})",
        _words(finding.species, people, finding.design),
        cite(finding.citation_key),
    )


def _findings_table(caption: str, findings: Iterable[Finding]) -> str:
    return _table(
        caption,
        ["What was found", "Value", "In whom and how", "Source"],
        [_finding_row(finding) for finding in findings],
    )


def _folded(summary: str, body: str) -> str:
    return f"<details><summary>{escape(summary)}</summary>{body}</details>"


def verdict_panel(claims: Iterable[Claim]) -> str:
    """Return one section a claim: ladder, verdict, grade, the reason in short; tables folded."""
    return "".join(
        f'<section class="ig-verdict" aria-label="Verdict on {escape(c.id)}">'
        f"<h3>{escape(c.id)}: {escape(c.says)}</h3>"
        f"<p>{badge(c.verdict)} Strongest evidence: {badge(c.grade)}</p>"
        + ladder_svg(c)
        + f"<p>{escape(c.explanation)}</p>"
        f"<p><strong>What would change our mind.</strong> {escape(c.change_our_mind)}</p>"
        + _folded(
            f"All {len(c.findings) + len(c.against)} findings on {c.id}, with their sources",
            f"<p>{escape(c.grade_note)}</p>"
            + _findings_table(f"{c.id}: evidence that bears on the claim", c.findings)
            + _findings_table(f"{c.id}: evidence against the claim, or limiting it", c.against),
        )
        + "</section>"
        for c in claims
    )


def _reference_item(key: str) -> str:
    entry = reference(key)
    year = f" ({entry.year}{entry.letter})" if entry.year else ""
    named = (f"{entry.author_line}{year}", entry.title) if entry.authors else (entry.title + year,)
    opening = " ".join(part if part[-1] in ".?!" else f"{part}." for part in map(escape, named))
    where = f" <cite>{escape(entry.where)}</cite>." if entry.where else ""
    words = escape(entry.link_words)
    link = f' <a href="{escape(entry.address)}" rel="noopener">{words}</a>' if words else ""
    note = f" <small>[{escape(entry.annotation)}]</small>" if entry.annotation else ""
    return f'<li id="ig-ref-{escape(key)}">{opening}{where}{link}{note}</li>'


def reference_list(keys: Iterable[str]) -> str:
    """Return the references of ``keys``, each once, in the order of their keys.

    Raises
    ------
    KeyError
        If a key is not in the bibliography.
    """
    by_name = sorted(set(keys), key=lambda key: (reference(key).label.casefold(), key))
    items = "".join(_reference_item(key) for key in by_name)
    return f'<ul class="ig-references">{items}</ul>'


def _cell(value: Cell) -> str:
    if value is None:
        return _EMPTY
    if isinstance(value, bool):
        return "yes" if value else "no"
    return escape(str(value))


def dataset_table(dataset: Dataset) -> str:
    """Return a dataset with units in the headers, sources linked and unverified rows marked."""
    shown = [field for field in dataset.fields if field.name not in ("source_key", "verified")]
    headers = [
        field.name.replace("_", " ") + (f" ({field.unit})" if field.unit else "") for field in shown
    ]
    rows = [
        (
            *(_cell(row[field.name]) for field in shown),
            cite(*row["source_key"].split("; ")),
            "read in the source" if row["verified"] else UNVERIFIED,
        )
        for row in dataset.rows
    ]
    table = _table(dataset.title, [*headers, "Source", "Standing"], rows)
    return f'{table}<p class="ig-note">{escape(dataset.notes)}</p>'


def _standing(parameter: Parameter) -> str:
    words = escape(FLAG_WORDS[parameter.flag])
    return f"{UNVERIFIED}: {words}" if parameter.flag == "unverified" else words


def parameter_table(parameters: ParameterSet) -> str:
    """Return the numbers of one model with unit, standing, and source or reason."""
    rows = [
        (
            f"<code>{escape(p.name)}</code>",
            escape(p.label),
            f"{p.value:g}",
            escape(p.unit) or _EMPTY,
            _standing(p),
            ". ".join(part for part in (cite(*p.source), escape(p.reason)) if part),
        )
        for p in parameters.values()
    ]
    table = _table(
        f"Parameters of {parameters.model} ({parameters.species})",
        ["Symbol", "Meaning", "Value", "Unit", "Standing", "Source or reason"],
        rows,
    )
    return _folded(f"The {len(rows)} numbers of the model, each with its standing", table)
