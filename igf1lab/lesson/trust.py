"""The trust map: a mark on every claim before the course and after it, and the picture of what moved."""

import traitlets

from igf1lab import evidence
from igf1lab.lesson.claim_map import layout, map_svg
from igf1lab.lesson.progress import Progress
from igf1lab.lesson.progress_view import claim_list
from igf1lab.lesson.widget import CourseWidget, html_list, module

UNKNOWN = {"key": "unknown", "text": "I don't know"}
WHEN = ("before", "after")


def steps() -> list[dict]:
    """Return the marks that can be made, from trust to mistrust, "I don't know" last."""
    return [{"key": key, "text": words} for key, words in evidence.trust_steps().items()] + [
        UNKNOWN
    ]


class TrustMap(CourseWidget):
    """Ask for one mark on each claim.

    Parameters
    ----------
    when
        ``"before"`` or ``"after"`` the course.
    progress
        Where marks are recorded; the learner's own when left out.

    Raises
    ------
    ValueError
        If ``when`` is neither.
    """

    _esm = module("trust.js")
    part = traitlets.Unicode("trust").tag(sync=True)
    when = traitlets.Unicode().tag(sync=True)
    claims = traitlets.List().tag(sync=True)
    steps = traitlets.List().tag(sync=True)

    def __init__(self, when: str, progress: Progress | None = None):
        if when not in WHEN:
            raise ValueError(f"a trust map is made {' or '.join(WHEN)} the course, not {when!r}")
        super().__init__(progress=progress, when=when, claims=claim_list(), steps=steps())

    def twin(self) -> str:
        """Return the claims and the scale as plain HTML."""
        scale = ", ".join(each["text"] for each in self.steps)
        return f"<p><strong>One mark on each claim:</strong> {scale}.</p>" + html_list(
            [claim["says"] for claim in self.claims]
        )


class Gain(CourseWidget):
    """Show on the claim map what was thought before, what is thought now, and the verdicts.

    Parameters
    ----------
    progress
        Whose marks; the learner's own when left out.
    """

    _esm = module("gain.js")
    part = traitlets.Unicode("gain").tag(sync=True)
    claims = traitlets.List().tag(sync=True)
    steps = traitlets.List().tag(sync=True)
    verdicts = traitlets.Dict().tag(sync=True)
    arrows = traitlets.Dict().tag(sync=True)
    svg = traitlets.Unicode().tag(sync=True)

    def __init__(self, progress: Progress | None = None):
        arrows, _ = layout()
        super().__init__(
            progress=progress,
            claims=claim_list(),
            steps=steps(),
            verdicts={claim.id: claim.verdict.step for claim in evidence.claims().values()},
            arrows={
                each.claim.id: {"x": each.x, "y": each.y, "width": each.width} for each in arrows
            },
            svg=map_svg(buttons=False),
        )

    def twin(self) -> str:
        """Return the course's verdict on each claim; the learner's marks show in the lesson itself."""
        words = evidence.trust_steps()
        lines = [f"{c['id']} {c['short']}: {words[self.verdicts[c['id']]]}" for c in self.claims]
        return f"<p><strong>The course's verdicts</strong></p>{html_list(lines)}"
