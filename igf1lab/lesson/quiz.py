"""Quizzes: a list of items that the page asks and judges, and a warm-up of earlier ones."""

import random
from collections.abc import Sequence
from html import escape

import traitlets

from igf1lab.lesson.claim_map import map_svg
from igf1lab.lesson.progress import Progress
from igf1lab.lesson.quiz_bank import Item, item_view, load_all
from igf1lab.lesson.widget import CourseWidget, html_list, module

LOOK_BACK = (1, 3, 5)  # lessons between learning and warm-up; page/progress.js chooses by the same
WARM_UP_ITEMS = len(LOOK_BACK)


class Quiz(CourseWidget):
    """A list of items to answer, each with two tries and a hint between.

    Parameters
    ----------
    items
        The items, in the order asked.
    title
        The heading.
    context
        The label the tries are recorded under (a lesson's name, ``"pre_test"``). The same item in
        another context starts afresh.
    progress
        Where tries are kept; the learner's own when left out.
    feedback
        False for a pre-test: one try, recorded and judged in silence.
    unsure
        Whether "I don't know" is among the answers, as in the tests.
    """

    _esm = module("quiz.js")
    part = traitlets.Unicode("quiz").tag(sync=True)
    title = traitlets.Unicode().tag(sync=True)
    context = traitlets.Unicode().tag(sync=True)
    feedback = traitlets.Bool(True).tag(sync=True)
    unsure = traitlets.Bool(False).tag(sync=True)
    items = traitlets.List().tag(sync=True)
    map_svg = traitlets.Unicode().tag(sync=True)

    def __init__(
        self,
        items: Sequence[Item],
        *,
        title: str = "Quiz",
        context: str = "quiz",
        progress: Progress | None = None,
        feedback: bool = True,
        unsure: bool = False,
    ):
        self._bank = tuple(items)
        super().__init__(
            progress=progress,
            title=title,
            context=context,
            feedback=feedback,
            unsure=unsure,
            items=[item_view(item) for item in items],
            map_svg=map_for(items),
        )

    def twin(self) -> str:
        """Return stems and options as plain HTML, without answers."""
        return f"<p><strong>{escape(self.title)}</strong></p>{items_html(self.items)}"


def map_for(items: Sequence[Item]) -> str:
    """Return the map to choose arrows from; nothing where no item asks for one."""
    return map_svg(buttons=False) if any(item.kind == "arrow" for item in items) else ""


def items_html(views: Sequence[dict]) -> str:
    """Return stems and options as plain HTML, in the order shown and without answers."""
    parts = []
    for number, view in enumerate(views, 1):
        parts.append(f"<p>{number}. {escape(view['stem'])}</p>")
        if view["kind"] == "number":
            parts.append(f"<p>Answer: a number {escape(view['unit'])}</p>")
        elif view["kind"] == "arrow":
            parts.append("<p>Answer: one arrow of the claim map.</p>")
        elif view["kind"] == "match":
            lefts = ", ".join(pair["left"] for pair in view["pairs"])
            parts.append(f"<p>Find the partner of: {escape(lefts)}</p>")
            parts.append(html_list([each["text"] for each in view["rights"]]))
        else:
            parts.append(html_list([each["text"] for each in view["options"]]))
    return "".join(parts)


class WarmUp(CourseWidget):
    """Three items from 1, 3 and 5 lessons back, which the page chooses: weakest first.

    Parameters
    ----------
    lesson
        The lesson that begins.
    progress
        Where tries are kept; the learner's own when left out.
    """

    _esm = module("warm_up.js")
    part = traitlets.Unicode("warm_up").tag(sync=True)
    title = traitlets.Unicode("Warm-up, closed book").tag(sync=True)
    lesson = traitlets.Unicode().tag(sync=True)
    items = traitlets.List().tag(sync=True)
    ties = traitlets.Dict().tag(sync=True)  # item id -> which of two equally weak ones is asked
    map_svg = traitlets.Unicode().tag(sync=True)

    def __init__(self, lesson: str, progress: Progress | None = None):
        drawn = warm_up_ties(lesson)
        items = [each for each in warm_up_candidates(lesson)]
        super().__init__(
            progress=progress,
            lesson=lesson,
            items=[item_view(item) for item in items],
            ties={item.id: drawn[item.id] for item in items},
            map_svg=map_for(items),
        )

    def twin(self) -> str:
        """Say what stands here; which items it asks depends on the learner's answers."""
        what = "Three questions from earlier lessons, chosen from your own answers."
        return f"<p><strong>{escape(self.title)}</strong></p><p>{what}</p>"


def _earlier(lesson: str) -> dict[int, tuple[Item, ...]]:
    """Return the items of the lessons before this one, by lesson number."""
    here = int(lesson[:2])
    banks = {name: each for name, each in load_all().items() if name[:2].isdigit()}
    return {int(name[:2]): each.items for name, each in banks.items() if int(name[:2]) < here}


def warm_up_ties(lesson: str) -> dict[str, float]:
    """Return a number for each earlier item, the same for everyone."""
    draw = random.Random(lesson).random
    names = sorted(item.id for items in _earlier(lesson).values() for item in items)
    return {name: draw() for name in names}


def warm_up_candidates(lesson: str) -> list[Item]:
    """Return the items among which a warm-up may choose: of the lessons nearest to each look back."""
    earlier, here = _earlier(lesson), int(lesson[:2])
    chosen: set[int] = set()
    for back in LOOK_BACK:
        near = sorted(earlier, key=lambda number: abs(number - (here - back)))
        room = 0
        for number in near:  # as many lessons as hold the items of a whole warm-up
            if room < WARM_UP_ITEMS:
                chosen |= {number}
                room += len(earlier[number])
    return [item for number in sorted(chosen) for item in earlier[number]]
