"""What a learner sees of their progress: the claim map, misconceptions, download and restore."""

from html import escape

import traitlets

from igf1lab import evidence
from igf1lab.lesson.claim_map import LANES, Look, lane, map_svg
from igf1lab.lesson.progress import Mastery, Progress, RestoreError, default_progress
from igf1lab.lesson.widget import CourseWidget, html_list, module

LOOKS = {
    "not met": Look("unmet", "○", "not met"),
    "shaky": Look("shaky", "◔", "shaky"),
    "growing": Look("growing", "◑", "growing"),
    "firm": Look("firm", "●", "firm"),
}
RULE = (
    "Only your last answer to each item counts: right at once 1, at the second try ½, wrong 0. "
    "A claim is shaky below 0.5, growing below 0.8, firm from there."
)
EXPORT_NAME = "igf1-progress.json"


class ProgressPanel(CourseWidget):
    """The claim map coloured by mastery, the same as a list, and what there is to say below it.

    Below stand misconceptions still held, the gain, download and restore.

    Parameters
    ----------
    progress
        Whose mastery; the learner's own when left out.
    """

    _esm = module("claim_map.js")
    svg = traitlets.Unicode().tag(sync=True)
    claims = traitlets.List().tag(sync=True)
    legend = traitlets.List().tag(sync=True)
    panel = traitlets.Dict().tag(sync=True)
    message = traitlets.Unicode().tag(sync=True)

    def __init__(self, progress: Progress | None = None):
        self._progress = progress or default_progress()
        super().__init__(legend=[f"{look.symbol} {look.word}" for look in LOOKS.values()])
        self.refresh()

    def refresh(self) -> None:
        """Draw the map and the lists anew from what is recorded now."""
        mastery = self._progress.mastery()
        held = {name: mastery.get(name, Mastery(0.0, 0)) for name in evidence.claims()}
        looks = {name: LOOKS[each.word] for name, each in held.items()}
        self.svg = map_svg(looks)
        self.claims = [
            {
                "id": claim.id,
                "short": claim.short,
                "says": claim.says,
                "lane": LANES[lane(claim)],
                "lesson": claim.lesson,
                "symbol": looks[claim.id].symbol,
                "word": looks[claim.id].word,
                "items": held[claim.id].items,
            }
            for claim in evidence.claims().values()
        ]
        self.panel = {
            "held": self._held(),
            "gain": [
                f"{name}: {each.before:.0%} before, {each.after:.0%} after"
                for name, each in self._progress.gain().items()
            ],
            "rule": RULE,
        }
        self.message = self._progress.message

    def _held(self) -> list[str]:
        known = {
            each.id: (claim, each)
            for claim in evidence.claims().values()
            for each in claim.misconceptions
        }
        return [
            f"{known[name][0].id}: “{known[name][1].belief}” But: {known[name][1].why_wrong}"
            for name in self._progress.misconceptions()
            if name in known  # a restored file may name one that the course no longer has
        ]

    def hear(self, content: dict, buffers: list) -> None:
        """Send the record to download, or take in a restored one."""
        if content.get("type") == "refresh":
            self.refresh()
            self.send({"type": "said", "text": "The map is up to date."})
        elif content.get("type") == "download":
            self.send({"type": "file", "name": EXPORT_NAME}, [self._progress.export_bytes()])
        elif content.get("type") == "restore":
            try:
                new = self._progress.restore(bytes(buffers[0]) if buffers else b"")
                said = f"{new} new answers were added." if new else "Nothing new was in that file."
            except RestoreError as fault:
                said = str(fault)
            self.refresh()
            self.send({"type": "said", "text": f"{said} {self._progress.message}".strip()})

    def twin(self) -> str:
        """Return the map as a plain HTML list."""
        lines = [
            f"{each['symbol']} {each['id']} {each['short']}: {each['word']}" for each in self.claims
        ]
        html = f"<p><strong>Claims and mastery</strong></p>{html_list(lines)}"
        held = self.panel["held"]
        html += "<p><strong>Misconceptions still held</strong></p>"
        html += html_list(held) if held else "<p>None shown by your last answers.</p>"
        if self.panel["gain"]:
            html += (
                "<p><strong>Pre-test and post-test (one item serves several claims)</strong></p>"
            )
            html += html_list(self.panel["gain"])
        return html + (f"<p>{escape(self.message)}</p>" if self.message else "")
