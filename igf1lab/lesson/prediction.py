"""Prediction: the learner commits to an answer before the model's answer is shown."""

import logging
import os
from collections.abc import Callable
from html import escape

import traitlets

from igf1lab.lesson.outcome import Outcome
from igf1lab.lesson.progress import Progress
from igf1lab.lesson.quiz_bank import DIRECTIONS, PredictionSpec, prediction_view
from igf1lab.lesson.reader import headless
from igf1lab.lesson.widget import CourseWidget, html_list, module

_log = logging.getLogger("igf1lab")


def check_outcome(spec: PredictionSpec, outcome: Outcome) -> None:
    """Raise ValueError when the model's answer is none that a learner could have given."""
    keys, answer = [option.key for option in spec.options], outcome.answer
    if spec.kind == "number":
        sound = spec.low <= float(answer) <= spec.high
    elif spec.kind == "choice":
        sound = answer in keys
    else:
        sound = set(answer) == set(keys) and set(answer.values()) <= set(DIRECTIONS)
    if not sound:
        raise ValueError(f"The outcome of {spec.id} is {answer!r}, which cannot be predicted.")


class Prediction(CourseWidget):
    """A question about the model whose outcome stays shut until a prediction is recorded.

    What the model gives is worked out at once and lies in the traits; the page opens it. An
    explorer that belongs to it is a part of its own, which waits by its ``after``.

    Parameters
    ----------
    spec
        The question, from the quiz bank.
    outcome
        Gives the model's :class:`Outcome`.
    progress
        Where the prediction is kept; the learner's own when left out.
    """

    _esm = module("prediction.js")
    part = traitlets.Unicode("prediction").tag(sync=True)
    spec = traitlets.Dict().tag(sync=True)
    outcome = traitlets.Dict().tag(sync=True)  # answer and text, or problem
    reveal = traitlets.Unicode().tag(sync=True)  # HTML

    def __init__(
        self,
        spec: PredictionSpec,
        outcome: Callable[[], Outcome],
        progress: Progress | None = None,
    ):
        told, shown = self._ask(spec, outcome)
        super().__init__(
            progress=progress,
            spec=prediction_view(spec),
            outcome=told,
            reveal="" if shown is None else shown._repr_html_(),
        )

    def _ask(self, spec: PredictionSpec, outcome: Callable[[], Outcome]) -> tuple[dict, object]:
        """Return the model's answer and what shows it; a model that fails is told, not hidden."""
        try:
            given = outcome()
            check_outcome(spec, given)
            number = spec.kind == "number"
            answer = float(given.answer) if number else given.answer
            return {"answer": answer, "text": given.text}, given.reveal and given.reveal()
        except Exception as fault:
            if headless() or os.environ.get("IGF1LAB_STRICT"):
                raise
            _log.exception("prediction %s has no outcome", spec.id)
            words = f"The model stopped: {str(fault).rstrip('.')}. Your prediction is recorded."
            return {"problem": words}, None

    def twin(self) -> str:
        """Return the question as plain HTML; where nobody can click, with the model's answer."""
        parts = [f"<p><strong>Predict:</strong> {escape(self.spec['question'])}</p>"]
        if self.spec["options"]:
            parts.append(html_list([option["text"] for option in self.spec["options"]]))
        if headless():
            judge = self.spec["judge"].capitalize()
            parts.append(f"<p><strong>{escape(judge)}:</strong> {escape(self.outcome['text'])}</p>")
            parts.append(f"{self.reveal}<p>{escape(self.spec['meaning'])}</p>")
        return "".join(parts)
