"""The quiz: asks items, lets the kernel judge, and shows explanations once they are earned.

The page holds stems and options only. It sends an answer; the kernel judges and sends back what
that answer has earned: a hint after the first wrong try, every explanation after the last.
"""

from collections.abc import Sequence
from html import escape

import traitlets

from igf1lab import evidence
from igf1lab.lesson.claim_map import map_svg
from igf1lab.lesson.progress import Progress, Record, default_progress
from igf1lab.lesson.quiz_bank import Item, Verdict, judge, right_sides, shuffled
from igf1lab.lesson.widget import CourseWidget, html_list, module

TRIES = 2
OPEN = {"status": "open", "tries": 0}


def public_view(item: Item) -> dict:
    """Return what the page may know of an item before it is answered."""
    view = {"id": item.id, "kind": item.kind, "stem": item.stem, "unit": item.unit}
    view["options"] = [{"key": each.key, "text": each.text} for each in shuffled(item)]
    if item.kind == "match":
        view["options"] = [{"key": key, "text": text} for key, text in right_sides(item)]
        view["lefts"] = [{"key": pair.key, "text": pair.left} for pair in item.pairs]
    if item.kind == "arrow":
        view["options"] = [
            {"key": each.id, "text": f"{each.id}: {each.arrow_from} → {each.arrow_to}"}
            for each in evidence.claims().values()
        ]
    return view


def earned(item: Item, verdict: Verdict, answer, tries: int, last: int = TRIES) -> dict:
    """Return what the page may know of an item after ``tries`` tries, the last one judged."""
    state = {"tries": tries, "answer": answer}
    if not verdict.correct and tries < last:
        say = " ".join(filter(None, (verdict.so_far, "One more try.")))
        return state | {
            "status": "retry",
            "correct": False,
            "head": "✗ Not yet.",
            "say": say,
            "hint": item.hint,
        }
    if verdict.correct:
        head = "✓ Right." if tries == 1 else "✓ Right, at the second try."
    else:
        head = "✗ Not right."
    return state | {
        "status": "done",
        "correct": verdict.correct,
        "head": head,
        "say": verdict.feedback if item.kind in ("number", "order", "match") else "",
        "options": [
            {"text": each.text, "correct": each.correct, "chosen": each.chosen, "why": each.why}
            for each in verdict.per_option
        ],
        "sources": list(item.sources),
    }


class Quiz(CourseWidget):
    """A list of items to answer, each with two tries and a hint between.

    Parameters
    ----------
    items
        The items, in the order asked.
    title
        The heading.
    context
        The label the tries are recorded under (a lesson's name, ``"pre_test"``, ``"warm-up"``).
        The same item in another context starts afresh.
    progress
        Where tries are recorded; the learner's own when left out.
    feedback
        False for a pre-test: one try, recorded and judged in silence.
    """

    _esm = module("quiz.js")
    title = traitlets.Unicode().tag(sync=True)
    items = traitlets.List().tag(sync=True)
    states = traitlets.Dict().tag(sync=True)
    summary = traitlets.Unicode().tag(sync=True)
    message = traitlets.Unicode().tag(sync=True)
    map_svg = traitlets.Unicode().tag(sync=True)

    def __init__(
        self,
        items: Sequence[Item],
        *,
        title: str = "Quiz",
        context: str = "quiz",
        progress: Progress | None = None,
        feedback: bool = True,
    ):
        self._bank = {item.id: item for item in items}
        self._context = context
        self._progress = progress or default_progress()
        self._feedback = feedback
        rounds = self._progress.rounds(context)
        any_arrow = any(item.kind == "arrow" for item in items)
        super().__init__(
            title=title,
            items=[public_view(item) for item in items],
            states={item.id: self._restored(item, rounds.get(item.id, [])) for item in items},
            map_svg=map_svg(buttons=False) if any_arrow else "",
        )
        self._tell()

    @property
    def _last_try(self) -> int:
        return TRIES if self._feedback else 1

    def _restored(self, item: Item, tries: list[Record]) -> dict:
        if not tries:
            return OPEN
        last = tries[-1]
        verdict = judge(item, last.answer)
        # An item reworded since then no longer understands the old answer: ask it again.
        return self._state(item, verdict, last.answer, last.try_number) if verdict.counts else OPEN

    def _state(self, item: Item, verdict: Verdict, answer, tries: int) -> dict:
        if not self._feedback:
            return {"status": "recorded", "tries": tries, "answer": answer, "head": "Recorded."}
        return earned(item, verdict, answer, tries, self._last_try)

    def hear(self, content: dict, buffers: list) -> None:
        """Judge an answer (``type`` "answer") or open an item again (``type`` "again")."""
        name = content.get("item")
        item = self._bank.get(name) if isinstance(name, str) else None
        if item is None:
            return
        if content.get("type") == "again" and self._feedback:
            self.states = self.states | {item.id: OPEN}
        elif content.get("type") == "answer":
            self._answer(item, content.get("answer"))
        self._tell()

    def _answer(self, item: Item, answer) -> None:
        before = self.states[item.id]
        if before["status"] not in ("open", "retry"):
            return  # a second click, or a second view of the same quiz
        verdict = judge(item, answer)
        problem = "" if verdict.counts else verdict.feedback
        if before["status"] == "retry" and answer == before["answer"]:
            # A double click or a held Enter key must not use up the second try.
            problem = "That is the answer you have just given; give another."
        if problem:
            # The number makes a repeated sentence a new state, so that it is read out again.
            asked = before.get("asked", 0) + 1
            told = {"problem": problem, "answer": answer, "asked": asked}
            self.states = self.states | {item.id: before | told}
            return
        tries = before["tries"] + 1
        self._progress.record_try(
            item,
            context=self._context,
            try_number=tries,
            answer=answer,
            correct=verdict.correct,
            misconceptions=verdict.misconceptions,
        )
        self.states = self.states | {item.id: self._state(item, verdict, answer, tries)}

    def _tell(self) -> None:
        if not self.items:
            self.summary = "There is nothing to ask here yet."
            return
        over = [each for each in self.states.values() if each["status"] in ("done", "recorded")]
        summary = f"{len(over)} of {len(self.items)} answered"
        if self._feedback:
            at_once = sum(bool(each["correct"]) and each["tries"] == 1 for each in over)
            summary += f", {at_once} right at the first try"
        self.summary = f"{summary}."
        self.message = self._progress.message

    def twin(self) -> str:
        """Return stems and options as plain HTML, without answers."""
        parts = [f"<p><strong>{escape(self.title)}</strong></p>"]
        for number, view in enumerate(self.items, 1):
            parts.append(f"<p>{number}. {escape(view['stem'])}</p>")
            if view["kind"] == "number":
                parts.append(f"<p>Answer: a number {escape(view['unit'])}</p>")
            elif view["kind"] == "arrow":
                parts.append("<p>Answer: one arrow of the claim map.</p>")
            else:
                texts = [each["text"] for each in view["options"]]
                if view["kind"] == "match":
                    lefts = ", ".join(each["text"] for each in view["lefts"])
                    parts.append(f"<p>Find the partner of: {escape(lefts)}</p>")
                parts.append(html_list(texts))
        return "".join(parts)
