"""A prediction holds its outcome, and no twin gives it away to somebody who can click."""

import json
import logging
from pathlib import Path

import pytest
from IPython.display import HTML

from igf1lab.lesson import reader
from igf1lab.lesson.lesson import open_lesson
from igf1lab.lesson.outcome import Outcome
from igf1lab.lesson.prediction import Prediction
from igf1lab.lesson.progress import Progress
from igf1lab.lesson.quiz_bank import QuizError, load
from igf1lab.lesson.reader import SHUT, headless

CHOICE, NUMBER, DIRECTION = load(Path(__file__).parent / "data" / "sample_quiz.yaml").predictions
SECRET = "GH rises threefold."


@pytest.fixture
def progress(tmp_path, monkeypatch):
    monkeypatch.setenv("IGF1LAB_HEADLESS", "0")
    return Progress(tmp_path / "progress.db")


def outcome():
    return Outcome("more", SECRET, lambda: HTML("<p>figure</p>"))


def twin(part) -> str:
    bundle = part._repr_mimebundle_()
    return (bundle[0] if isinstance(bundle, tuple) else bundle)["text/html"]


def test_all_that_opens_is_in_the_traits_and_not_in_the_twin(progress):
    prediction = Prediction(CHOICE, outcome, progress)
    state = prediction.get_state()
    assert state["part"] == "prediction" and state["reveal"] == "<p>figure</p>"
    assert state["outcome"] == {"answer": "more", "text": SECRET}
    assert json.loads(json.dumps(state["spec"]))["id"] == CHOICE.id
    for secret in (SECRET, "figure", CHOICE.meaning):
        assert secret not in twin(prediction)


def test_where_nobody_can_click_the_twin_shows_the_model(progress, monkeypatch):
    monkeypatch.setenv("IGF1LAB_HEADLESS", "1")
    shown = twin(Prediction(CHOICE, outcome, progress))
    for text in (SECRET, "<p>figure</p>", CHOICE.meaning):
        assert text in shown


def test_an_explorer_waits_for_its_prediction(progress, monkeypatch):
    monkeypatch.setenv("IGF1LAB_PROGRESS", str(progress.path))
    lesson = open_lesson("01_gh_igf1_axis")
    shut = lesson.explorer("carriers", after="axis-binding")
    assert shut.after == "axis-binding" and twin(shut) == SHUT
    assert twin(lesson.explorer("carriers")) != SHUT
    with pytest.raises(QuizError, match="axis-binding"):
        lesson.explorer("carriers", after="axis-blinding")
    monkeypatch.setenv("IGF1LAB_HEADLESS", "1")
    assert twin(shut) != SHUT


def test_a_model_that_fails_says_so_where_somebody_learns(progress, caplog, monkeypatch):
    def fails():
        raise ValueError("GH fell below zero.")

    monkeypatch.delenv("IGF1LAB_STRICT", raising=False)
    with caplog.at_level(logging.ERROR, "igf1lab"):
        told = Prediction(CHOICE, fails, progress).outcome
    words = "The model stopped: GH fell below zero. Your prediction is recorded."
    assert told == {"problem": words} and "Traceback" in caplog.text
    monkeypatch.setenv("IGF1LAB_HEADLESS", "1")
    with pytest.raises(ValueError, match="below zero"):
        Prediction(CHOICE, fails, progress)


@pytest.mark.parametrize(
    ("spec", "answer"), [(CHOICE, "sideways"), (NUMBER, 250.0), (DIRECTION, {"gh": "up"})]
)
def test_an_outcome_nobody_could_predict_is_refused(progress, monkeypatch, spec, answer):
    monkeypatch.setenv("IGF1LAB_HEADLESS", "1")
    with pytest.raises(ValueError, match=f"outcome of {spec.id} .* cannot be predicted"):
        Prediction(spec, lambda: Outcome(answer, SECRET), progress)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, True),
        ({"JPY_SESSION_NAME": "x"}, False),
        ({"VSCODE_PID": "1"}, False),
        ({"VSCODE_CWD": "/"}, False),
        ({"COLAB_RELEASE_TAG": "r"}, False),
        ({"JPY_SESSION_NAME": "x", "IGF1LAB_HEADLESS": "1"}, True),
        ({"IGF1LAB_HEADLESS": "0"}, False),
        ({"IGF1LAB_HEADLESS": "no"}, False),
    ],
)
def test_headless(monkeypatch, environment, expected):
    for name in (
        "IGF1LAB_HEADLESS",
        "JPY_SESSION_NAME",
        "VSCODE_PID",
        "VSCODE_CWD",
        "COLAB_RELEASE_TAG",
    ):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert headless() is expected


def test_a_kernel_in_a_browser_has_a_reader(monkeypatch):
    for name in ("IGF1LAB_HEADLESS", *reader._SIGNS_OF_A_READER):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(reader.sys, "platform", "emscripten")
    assert not headless()
