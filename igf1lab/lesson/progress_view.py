"""What a learner sees of their progress: claim map, review, and one line where a lesson begins."""

from html import escape

import traitlets

from igf1lab import evidence
from igf1lab.lesson.claim_map import LANES, lane, map_svg
from igf1lab.lesson.progress import Progress
from igf1lab.lesson.quiz import map_for
from igf1lab.lesson.quiz_bank import item_view, load_all
from igf1lab.lesson.widget import CourseWidget, html_list, module


def _lesson_items() -> list:
    return [item for name, each in load_all().items() if name[:2].isdigit() for item in each.items]


def claim_list() -> list[dict]:
    """Return what a part shows of each claim, in course order."""
    return [
        {
            "id": claim.id,
            "short": claim.short,
            "says": claim.says,
            "lane": LANES[lane(claim)],
            "lesson": claim.lesson,
        }
        for claim in evidence.claims().values()
    ]


class Review(CourseWidget):
    """A short session over whatever is due, from any lesson met so far; the page schedules it.

    Parameters
    ----------
    progress
        Whose records; the learner's own when left out.
    """

    _esm = module("review.js")
    part = traitlets.Unicode("review").tag(sync=True)
    claims = traitlets.List().tag(sync=True)
    items = traitlets.List().tag(sync=True)
    map_svg = traitlets.Unicode().tag(sync=True)

    def __init__(self, progress: Progress | None = None, **traits):
        items = _lesson_items()
        super().__init__(
            progress=progress,
            claims=claim_list(),
            items=[item_view(item) for item in items],
            map_svg=map_for(items),
            **traits,
        )

    def twin(self) -> str:
        """Say what stands here; what is due depends on the learner's answers."""
        what = "Five to ten questions on whatever is due, chosen from your own answers."
        return f"<p><strong>Review</strong></p><p>{what}</p>"


class ProgressPanel(Review):
    """The claim map coloured by mastery, and below it what there is to say and to do.

    Below stand misconceptions still held, how sure and how right, the gain, a review, download and
    restore.
    """

    _esm = module("claim_map.js")
    part = traitlets.Unicode("claim_map").tag(sync=True)
    svg = traitlets.Unicode().tag(sync=True)
    beliefs = traitlets.Dict().tag(sync=True)

    def __init__(self, progress: Progress | None = None):
        beliefs = {
            each.id: {"claim": claim.id, "belief": each.belief, "why_wrong": each.why_wrong}
            for claim in evidence.claims().values()
            for each in claim.misconceptions
        }
        super().__init__(progress, svg=map_svg(), beliefs=beliefs)

    def twin(self) -> str:
        """Return the map as a plain HTML list; the learner's progress shows in the lesson itself."""
        lines = [f"{each['id']} {each['short']}: {each['says']}" for each in self.claims]
        return f"<p><strong>The map of the claims</strong></p>{html_list(lines)}"


class Status(CourseWidget):
    """The one line that the Setup cell prints.

    Parameters
    ----------
    text
        What is ready.
    progress
        Whose records; the learner's own when left out.
    """

    _esm = module("status.js")
    part = traitlets.Unicode("status").tag(sync=True)
    text = traitlets.Unicode().tag(sync=True)
    claims = traitlets.List().tag(sync=True)

    def __init__(self, text: str, progress: Progress | None = None):
        claims = [{"id": each.id, "lesson": each.lesson} for each in evidence.claims().values()]
        super().__init__(progress=progress, text=text, claims=claims)

    def twin(self) -> str:
        """Return the line without the progress."""
        return f"<p>{escape(self.text)}</p>"
