"""The evidence ladder: one picture that shows how a claim stands, made from its findings.

Four columns climb from a dish to people who were treated. Every finding is a triangle in its
column: up and above the line where it bears the claim out, down and below where it speaks against
the claim or limits it; the larger, the weightier; filled if it bears on the claim as stated. Its
words show on hover, focus or tap, and stand in the table below for everybody else.
"""

from html import escape

from igf1lab.evidence.bibliography import reference
from igf1lab.evidence.claims import Claim, Finding

COLUMNS = {
    "dish": ("in-vitro",),
    "animal": ("animal",),
    "people observed": ("human-observational",),
    "people treated": ("human-causal", "human-rct"),
}
WIDTH, COLUMN, SLOT, A_ROW, HEAD, GAP, SAID = 400, 100, 24, 4, 22, 18, 62
HALF_SIDE = {1: 5.5, 2: 8.0, 3: 10.5}  # of a triangle, by weight


def said(finding: Finding) -> str:
    """Return a finding in one line: what, value, in how many, and how surely it is known."""
    value = " ".join(part for part in (finding.value, finding.unit) if part)
    people = f"n = {finding.n}" if finding.n else ""
    standing = "" if finding.verified else "unverified"
    aside = "" if finding.direct else "indirect"
    return "; ".join(filter(None, (finding.what, value, people, standing, aside)))


def _triangle(x: float, y: float, half: float, up: bool) -> str:
    tip, base = (y - half, y + half * 0.8) if up else (y + half, y - half * 0.8)
    return f"M{x - half:.1f},{base:.1f} H{x + half:.1f} L{x:.1f},{tip:.1f} Z"


def _mark(finding: Finding, x: float, y: float, foot: float, up: bool) -> str:
    side = "for" if up else "against or limiting"
    words, source = said(finding), reference(finding.citation_key).label
    look = "direct" if finding.direct else "indirect"
    if not finding.verified:
        look += " ig-unread"
    return (
        f'<g class="ig-mark ig-{look}" tabindex="0" role="img" '
        f'aria-label="{escape(f"{side}: {words}. {source}.")}">'
        f'<rect x="{x - SLOT / 2:.1f}" y="{y - SLOT / 2:.1f}" width="{SLOT}" height="{SLOT}"/>'
        f'<path d="{_triangle(x, y, HALF_SIDE[finding.weight], up)}"/>'
        f'<foreignObject x="0" y="{foot:.0f}" width="{WIDTH}" height="{SAID}">'
        f'<div class="ig-said" aria-hidden="true">{escape(words)} <em>{escape(source)}</em></div>'
        "</foreignObject></g>"
    )


def _rows(count: int) -> int:
    return -(-count // A_ROW)


def ladder_svg(claim: Claim) -> str:
    """Draw the evidence on one claim.

    Parameters
    ----------
    claim : Claim

    Returns
    -------
    str
        An SVG in the colours of the page, 400 units wide.
    """
    sides = {True: claim.findings, False: claim.against}
    stacks = {
        (up, name): [each for each in found if each.level in levels]
        for up, found in sides.items()
        for name, levels in COLUMNS.items()
    }
    tall = {
        up: max(1, *(_rows(len(stacks[up, name])) for name in COLUMNS)) * SLOT + GAP for up in sides
    }
    line = HEAD + tall[True]
    foot = line + tall[False] + GAP
    parts = []
    for number, name in enumerate(COLUMNS):
        left = number * COLUMN
        middle = left + COLUMN / 2
        if number % 2:
            parts.append(
                f'<rect class="ig-rung" x="{left}" y="0" width="{COLUMN}" height="{foot - GAP}"/>'
            )
        parts.append(f'<text x="{middle}" y="15" text-anchor="middle">{name}</text>')
        for up in sides:
            stack = sorted(stacks[up, name], key=lambda each: -each.weight)
            for place, finding in enumerate(stack):
                row, within = divmod(place, A_ROW)
                here = min(A_ROW, len(stack) - row * A_ROW)
                x = middle + (within - (here - 1) / 2) * SLOT
                away = GAP + SLOT / 2 + row * SLOT
                parts.append(_mark(finding, x, line - away if up else line + away, foot, up))
    count = {up: sum(len(stacks[up, name]) for name in COLUMNS) for up in sides}
    label = (
        f"Evidence ladder of {claim.id}: {count[True]} findings for the claim, "
        f"{count[False]} against or limiting it. The table below lists them."
    )
    return (
        f'<svg class="ig-ladder" viewBox="0 0 {WIDTH} {foot + SAID:.0f}" role="group" '
        f'aria-label="{escape(label)}">'
        f'<line x1="0" x2="{WIDTH}" y1="{line}" y2="{line}"/>'
        f'<text class="ig-side" x="2" y="{line - 4}">for ▲</text>'
        f'<text class="ig-side" x="2" y="{line + 13}">against ▼</text>'
        f'<foreignObject class="ig-hint" x="0" y="{foot:.0f}" width="{WIDTH}" height="{SAID}">'
        '<div class="ig-said" aria-hidden="true">Point at a triangle, or tap it, to read the '
        "finding. Larger: weightier. Hollow: indirect. Dashed: not re-read in its source.</div>"
        f"</foreignObject>{''.join(parts)}</svg>"
    )
