"""The map of the course's claims as an SVG: each claim is one block arrow.

Two lanes meet at IGF-1: gut claims point towards it, claims about its functions away from it;
the claims about the whole axis run along the foot.
"""

from dataclasses import dataclass
from html import escape

from igf1lab import evidence

WIDTH, ROW, GAP, HEAD, POINT = 800, 46, 6, 30, 14
LANE = 366
SPINE_X, SPINE_WIDTH = LANE + 10, WIDTH - 2 * (LANE + 10)


@dataclass(frozen=True)
class Arrow:
    """Where one claim lies on the map."""

    claim: evidence.Claim
    x: int
    y: int
    width: int


def lane(claim: evidence.Claim) -> str:
    """Return ``gut``, ``functions`` or ``axis``: the lane of a claim, by its lesson."""
    number = int(claim.lesson[:2])
    return "functions" if number <= 5 else "gut" if number <= 10 else "axis"


LANES = {
    "gut": "From the gut to IGF-1",
    "functions": "What IGF-1 is said to do",
    "axis": "The whole axis",
}


def layout() -> tuple[list[Arrow], int]:
    """Place every claim; return the arrows in course order and the height of the map."""
    x = {"gut": 0, "functions": WIDTH - LANE, "axis": 0}
    width = {"gut": LANE, "functions": LANE, "axis": WIDTH}
    claims = list(evidence.claims().values())
    rows = {name: sum(lane(claim) == name for claim in claims) for name in LANES}
    foot = HEAD + max(rows["gut"], rows["functions"]) * (ROW + GAP) + HEAD
    top = {"gut": HEAD, "functions": HEAD, "axis": foot}
    met = dict.fromkeys(LANES, 0)
    arrows = []
    for claim in claims:
        name = lane(claim)
        y = top[name] + met[name] * (ROW + GAP)
        met[name] += 1
        arrows.append(Arrow(claim, x[name], y, width[name]))
    return arrows, foot + rows["axis"] * (ROW + GAP)


def _draw_arrow(arrow: Arrow, buttons: bool) -> str:
    claim, x, y = arrow.claim, arrow.x, arrow.y
    right, middle, foot = x + arrow.width, y + ROW // 2, y + ROW
    outline = (
        f"M{x + 1},{y} H{right - POINT} L{right - 1},{middle} L{right - POINT},{foot} H{x + 1} Z"
    )
    ends = f"{claim.arrow_from} → {claim.arrow_to}"
    said = f"{claim.id} {claim.short} {ends}"
    # The name begins with the words that are seen, and spaces part them: who speaks to it says those.
    button = f'role="button" tabindex="0" aria-pressed="false" aria-label="{escape(said)}" '
    return (
        f'<g class="ig-arrow" data-claim="{claim.id}" '
        f'{button if buttons else ""}data-lm-suppress-shortcuts="true">'
        f'<path d="{outline}"/>'
        f'<text x="{x + 12}" y="{y + 19}" class="ig-arrow-name">'
        f"{escape(f'{claim.id}  {claim.short}')}</text> "
        f'<text x="{x + 12}" y="{y + 37}">{escape(ends)}</text> '
        f'<text x="{right - POINT - 8}" y="{y + 37}" text-anchor="end" class="ig-arrow-word"></text>'
        "</g>"
    )


def map_svg(*, buttons: bool = True) -> str:
    """Draw the map, plain; the page colours it by mastery and writes the word into each arrow.

    Parameters
    ----------
    buttons
        Whether the arrows are buttons for keyboard and screen reader. Where a list beside the
        map does that work, they only answer to the mouse.
    """
    arrows, height = layout()
    foot = min(arrow.y for arrow in arrows if lane(arrow.claim) == "axis")
    heads = "".join(
        f'<text class="ig-lane" x="{x}" y="{y}">{LANES[name]}</text>'
        for name, x, y in (
            ("gut", 0, 18),
            ("functions", WIDTH - LANE, 18),
            ("axis", 0, foot - 10),
        )
    )
    spine = (
        f'<g class="ig-spine"><rect x="{SPINE_X}" y="{HEAD}" width="{SPINE_WIDTH}" rx="8" '
        f'height="{foot - 2 * HEAD - GAP}"/><text x="{WIDTH // 2}" y="{(foot - HEAD) // 2}" '
        f'text-anchor="middle">IGF-1</text></g>'
    )
    body = "".join(_draw_arrow(each, buttons) for each in arrows)
    label = 'role="group" aria-label="Map of the claims"' if buttons else 'aria-hidden="true"'
    return f'<svg class="ig-map" viewBox="0 0 {WIDTH} {height}" {label}>{heads}{spine}{body}</svg>'
