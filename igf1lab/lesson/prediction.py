"""Prediction: the learner commits to an answer before the model's answer is shown."""

import logging
import os
from collections.abc import Callable
from html import escape

import ipywidgets
import traitlets

from igf1lab.lesson.outcome import Outcome
from igf1lab.lesson.progress import CONFIDENCES, Progress, default_progress
from igf1lab.lesson.quiz_bank import DIRECTIONS, PredictionSpec, number_text, read_number
from igf1lab.lesson.widget import CourseWidget, html_list, module

WORDS = {"up": "goes up", "same": "stays the same", "down": "goes down"}
_SIGNS_OF_A_READER = ("JPY_SESSION_NAME", "VSCODE_PID", "VSCODE_CWD", "COLAB_RELEASE_TAG")
_log = logging.getLogger("igf1lab")


def headless() -> bool:
    """Return whether nobody can click: then predictions show their outcome at once.

    ``IGF1LAB_HEADLESS`` decides (``0``, ``no`` or ``false`` means somebody can); without it, a
    kernel started from JupyterLab, Notebook, VS Code or Colab has a reader and others have none.
    """
    said = os.environ.get("IGF1LAB_HEADLESS", "").strip().lower()
    if said:
        return said not in ("0", "no", "false", "off")
    return not any(name in os.environ for name in _SIGNS_OF_A_READER)


def read_prediction(spec: PredictionSpec, answer):
    """Return a prediction in the form :class:`Outcome` has, whatever the page sent.

    Raises
    ------
    ValueError
        With a sentence for the learner when the question is not yet answered.
    """
    keys = [option.key for option in spec.options]
    if spec.kind == "number":
        number = read_number(answer, spec.unit)
        if not spec.low <= number <= spec.high:
            low, high = number_text(spec.low), number_text(spec.high, spec.unit)
            raise ValueError(f"Predict a number from {low} to {high}.")
        return number
    if spec.kind == "choice":
        if not isinstance(answer, str) or answer not in keys:
            raise ValueError("Choose one of the answers.")
        return answer
    if not isinstance(answer, dict) or not all(answer.get(key) in WORDS for key in keys):
        raise ValueError("Choose a direction for every curve.")
    return {key: answer[key] for key in keys}


def said(spec: PredictionSpec, answer) -> str:
    """Return an answer in words."""
    if spec.kind == "number":
        return number_text(answer, spec.unit)
    texts = {option.key: option.text for option in spec.options}
    if spec.kind == "choice":
        return texts[answer]
    return "; ".join(f"{texts[key]} {WORDS[way]}" for key, way in answer.items())


def compare(spec: PredictionSpec, answer, outcome: Outcome) -> tuple[str, str]:
    """Return a verdict with its symbol, and in what the prediction differs from the model."""
    if spec.kind == "number":
        close = abs(answer - outcome.answer) <= spec.tolerance * abs(outcome.answer)
        if close:
            return f"✓ Close to {spec.judge}", f"Within {spec.tolerance:.0%} counts as close."
        if answer * outcome.answer <= 0:
            return f"✗ Away from {spec.judge}", "One of the two is zero, or their signs differ."
        ratio = answer / outcome.answer
        size = f"{ratio:.2g} times too high" if ratio > 1 else f"{1 / ratio:.2g} times too low"
        return f"✗ Away from {spec.judge}", f"Your number is {size}."
    if spec.kind == "choice":
        why = next(option.why for option in spec.options if option.key == answer)
        head = f"✓ As {spec.judge}" if answer == outcome.answer else f"✗ Not as {spec.judge}"
        return head, why
    wrong = [option for option in spec.options if answer[option.key] != outcome.answer[option.key]]
    if not wrong:
        return f"✓ As {spec.judge}", "Every direction agrees."
    head = f"✗ {len(wrong)} of {len(spec.options)} not as {spec.judge}"
    return head, " ".join(
        f"{option.text} {WORDS[outcome.answer[option.key]]}. {option.why}".strip()
        for option in wrong
    )


def _check_outcome(spec: PredictionSpec, outcome: Outcome) -> None:
    """Raise ValueError when the model's answer is none that a learner could have given."""
    try:
        read_prediction(spec, float(outcome.answer) if spec.kind == "number" else outcome.answer)
    except (TypeError, ValueError) as fault:
        raise ValueError(
            f"The outcome of {spec.id} is {outcome.answer!r}, which cannot be predicted: {fault}"
        ) from fault


class PredictionForm(CourseWidget):
    """The question, as the page shows it; :class:`Prediction` decides what comes of it."""

    _esm = module("prediction.js")
    spec = traitlets.Dict().tag(sync=True)
    state = traitlets.Dict().tag(sync=True)
    message = traitlets.Unicode().tag(sync=True)

    def __init__(self, spec: PredictionSpec, hear: Callable[[dict], None], twin: Callable):
        self._hear, self._twin = hear, twin
        super().__init__(
            spec={
                "id": spec.id,
                "kind": spec.kind,
                "question": spec.question,
                "judge": spec.judge,
                "options": [{"key": each.key, "text": each.text} for each in spec.options],
                "unit": spec.unit,
                "range": f"from {number_text(spec.low)} to {number_text(spec.high, spec.unit)}",
                "confidences": list(CONFIDENCES),
                "directions": [{"key": way, "text": WORDS[way]} for way in DIRECTIONS],
            },
            state={"status": "open"},
        )

    def hear(self, content: dict, buffers: list) -> None:
        """Pass a message on."""
        self._hear(content)

    def twin(self) -> str:
        """Return the question as plain HTML."""
        return self._twin()


class Prediction(ipywidgets.VBox):
    """A question about the model whose outcome stays shut until a prediction is recorded.

    Parameters
    ----------
    spec
        The question, from the quiz bank.
    outcome
        Gives the model's :class:`Outcome`; called only once a prediction is recorded.
    progress
        Where it is recorded; the learner's own when left out.
    """

    opened = traitlets.Bool(False)  # whether the outcome is on the page

    def __init__(
        self,
        spec: PredictionSpec,
        outcome: Callable[[], Outcome],
        progress: Progress | None = None,
    ):
        self.spec = spec
        self._outcome = outcome
        self._progress = progress or default_progress()
        self._shown: Outcome | None = None
        self._revealed = None
        self.form = PredictionForm(spec, self._hear, self._twin)
        self.reveal_box = ipywidgets.VBox()
        super().__init__([self.form, self.reveal_box])
        if headless():
            self._show_model()
            self.form.state = {"status": "done", "model": self._shown.text, "meaning": spec.meaning}
        else:
            self._restore()

    def _restore(self) -> None:
        record = self._progress.prediction(self.spec.id)
        if record is None:
            return
        try:
            answer = read_prediction(self.spec, record.answer)
        except ValueError:
            return  # the question was reworded since; ask it again
        self._open(answer, record.confidence)

    def _hear(self, content: dict) -> None:
        done = self.form.state["status"] == "done"
        if content.get("type") == "again" and done:
            self.reveal_box.children = ()
            if isinstance(self._revealed, ipywidgets.Widget):
                self._revealed.close()  # else its rows stay in the page
            self._shown = self._revealed = None
            self.form.state = {"status": "open"}
            self.opened = False
        elif content.get("type") == "predict" and not done:
            self._predict(content.get("answer"), content.get("confidence"))

    def _predict(self, answer, confidence) -> None:
        try:
            answer = read_prediction(self.spec, answer)
            if confidence not in CONFIDENCES:
                raise ValueError("Say how sure you are.")
        except ValueError as fault:
            asked = self.form.state.get("asked", 0) + 1
            self.form.state = {"status": "open", "problem": str(fault), "asked": asked}
            return
        self._progress.record_prediction(self.spec, answer=answer, confidence=confidence)
        self._open(answer, confidence)

    def _open(self, answer, confidence: str) -> None:
        """Show the recorded prediction beside the model's answer."""
        state = {
            "status": "done",
            "said": f"{said(self.spec, answer)} ({confidence})",
            "meaning": self.spec.meaning,
        }
        try:
            self._show_model()
            head, difference = compare(self.spec, answer, self._shown)
            state |= {"head": head, "difference": difference, "model": self._shown.text}
        except Exception as fault:  # whatever a model raises, the learner gets a sentence
            _log.exception("prediction %s has no outcome", self.spec.id)
            state |= {"problem": f"The model stopped: {fault} Your prediction is recorded."}
        self.form.message = self._progress.message
        self.form.state = state

    def _show_model(self) -> None:
        self._shown = self._outcome()
        _check_outcome(self.spec, self._shown)
        self._revealed = self._shown.reveal() if self._shown.reveal else None
        if isinstance(self._revealed, ipywidgets.Widget):
            self.reveal_box.children = (self._revealed,)
        elif self._revealed is not None:
            self.reveal_box.children = (ipywidgets.HTML(_html_of(self._revealed)),)
        self.opened = True

    def _twin(self) -> str:
        parts = [f"<p><strong>Predict:</strong> {escape(self.spec.question)}</p>"]
        if self.spec.options:
            parts.append(html_list([option.text for option in self.spec.options]))
        if self._shown:
            judge = self.spec.judge.capitalize()
            parts.append(f"<p><strong>{escape(judge)}:</strong> {escape(self._shown.text)}</p>")
            parts.append(f"{_html_of(self._revealed)}<p>{escape(self.spec.meaning)}</p>")
        return "".join(parts)

    def _repr_mimebundle_(self, **kwargs):
        bundle = super()._repr_mimebundle_(**kwargs)
        return bundle | {"text/html": self._twin()}


class Gate(ipywidgets.VBox):
    """Something that stays shut until a prediction is recorded, and shuts when it is made again.

    Parameters
    ----------
    prediction
        The prediction that opens it.
    make
        Makes what is then shown: an explorer.
    """

    SHUT = "<p>This opens as soon as you have recorded your prediction above.</p>"

    def __init__(self, prediction: Prediction, make: Callable[[], ipywidgets.Widget]):
        self._make = make
        self._within = None
        super().__init__()
        prediction.observe(lambda change: self._turn(change["new"]), "opened")
        self._turn(prediction.opened)

    def _turn(self, opened: bool) -> None:
        before, self._within = self._within, self._make() if opened else None
        self.children = (self._within or ipywidgets.HTML(self.SHUT),)
        if before:
            before.close()  # else its rows stay in the page

    def _repr_mimebundle_(self, **kwargs):
        html = _html_of(self._within) if self._within else self.SHUT
        return super()._repr_mimebundle_(**kwargs) | {"text/html": html}


def _html_of(shown) -> str:
    """Return an object's HTML: its own, or that of an explorer's still twin."""
    if hasattr(shown, "static"):
        shown = shown.static()
    return shown._repr_html_() if hasattr(shown, "_repr_html_") else ""
