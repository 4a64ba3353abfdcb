"""A prediction's outcome stays shut until the learner has committed to an answer."""

import json
import logging
from dataclasses import replace
from pathlib import Path

import ipywidgets
import pytest
from IPython.display import HTML

from igf1lab.lesson.lesson import open_lesson
from igf1lab.lesson.prediction import (
    Gate,
    Outcome,
    Prediction,
    compare,
    headless,
    read_prediction,
)
from igf1lab.lesson.progress import Progress
from igf1lab.lesson.quiz_bank import QuizError, load

CHOICE, NUMBER, DIRECTION = load(Path(__file__).parent / "data" / "sample_quiz.yaml").predictions
SECRET = "GH rises from 1.2 to 4.5 ng/mL."


@pytest.fixture
def progress(tmp_path, monkeypatch):
    monkeypatch.setenv("IGF1LAB_HEADLESS", "0")
    return Progress(tmp_path / "progress.db")


def outcome():
    return Outcome("more", SECRET, lambda: HTML("<p>figure</p>"))


def refuse():
    raise AssertionError("the model was asked too early")


def predict(prediction, answer, confidence="sure"):
    message = {"type": "predict", "answer": answer, "confidence": confidence}
    prediction.form._receive(prediction.form, message, [])
    return prediction.form.state


def test_shut_until_recorded(progress):
    prediction = Prediction(CHOICE, refuse, progress)
    assert prediction.reveal_box.children == ()
    assert CHOICE.meaning not in json.dumps(prediction.form.get_state()["spec"])
    assert CHOICE.meaning not in prediction._repr_mimebundle_()["text/html"]
    for answer, confidence in ((None, "sure"), ("nonsense", "sure"), ("less", None), ("less", "x")):
        assert predict(prediction, answer, confidence)["problem"].endswith(".")
    assert progress.records() == []


def test_opens_once_recorded(progress):
    prediction = Prediction(CHOICE, outcome, progress)
    state = predict(prediction, "less")
    assert state["said"] == "It falls (sure)" and state["model"] == SECRET
    assert state["head"].startswith("✗") and state["meaning"] == CHOICE.meaning
    assert prediction.reveal_box.children[0].value == "<p>figure</p>"
    assert progress.prediction(CHOICE.id).answer == "less"
    assert SECRET in prediction._repr_mimebundle_()["text/html"]


def test_a_widget_is_revealed_as_it_is(progress):
    slider = ipywidgets.IntSlider()
    prediction = Prediction(CHOICE, lambda: Outcome("more", SECRET, lambda: slider), progress)
    predict(prediction, "more")
    assert prediction.reveal_box.children == (slider,)


def test_run_again_keeps_the_answer_and_predict_again_asks(progress):
    predict(Prediction(CHOICE, outcome, progress), "less", "guess")
    again = Prediction(CHOICE, outcome, progress)
    assert again.form.state["said"] == "It falls (guess)" and again.reveal_box.children
    again.form._receive(again.form, {"type": "again"}, [])
    assert again.form.state == {"status": "open"} and again.reveal_box.children == ()
    assert predict(again, "more")["head"].startswith("✓")
    assert len(progress.records()) == 2


def test_a_gate_opens_and_shuts_with_its_prediction(progress):
    prediction = Prediction(CHOICE, outcome, progress)
    gate = Gate(prediction, lambda: ipywidgets.IntSlider(7))
    for _ in range(2):
        assert gate.children[0].value == Gate.SHUT
        assert Gate.SHUT in gate._repr_mimebundle_()["text/html"]
        predict(prediction, "less")
        assert gate.children[0].value == 7
        prediction.form._receive(prediction.form, {"type": "again"}, [])
    predict(prediction, "less")
    assert Gate(Prediction(CHOICE, outcome, progress), ipywidgets.IntSlider).children[0].value == 0


def test_an_explorer_waits_for_its_prediction(progress, monkeypatch):
    monkeypatch.setenv("IGF1LAB_PROGRESS", str(progress.path))
    lesson = open_lesson("01_gh_igf1_axis")
    gate = lesson.explorer("carriers", after="axis-binding")
    assert gate.children[0].value == Gate.SHUT
    assert not isinstance(lesson.explorer("carriers"), Gate)
    with pytest.raises(QuizError, match="axis-binding"):
        lesson.explorer("carriers", after="axis-blinding")


def test_second_click_changes_nothing(progress):
    prediction = Prediction(CHOICE, outcome, progress)
    state = predict(prediction, "less")
    assert predict(prediction, "more") == state and len(progress.records()) == 1


@pytest.mark.parametrize("message", [None, [], {}, {"type": []}, {"type": "again"}])
def test_strange_messages_are_ignored(progress, message):
    prediction = Prediction(CHOICE, refuse, progress)
    prediction.form._receive(prediction.form, message, None)
    assert prediction.form.state == {"status": "open"}


def test_a_model_that_fails_says_so_and_the_prediction_stays(progress, caplog):
    def fails():
        raise ValueError("GH fell below zero.")

    prediction = Prediction(CHOICE, fails, progress)
    with caplog.at_level(logging.ERROR, "igf1lab"):
        state = predict(prediction, "less")
    assert "GH fell below zero." in state["problem"] and progress.prediction(CHOICE.id)
    assert "Traceback" in caplog.text


def test_headless_shows_the_model_at_once(progress, monkeypatch):
    monkeypatch.setenv("IGF1LAB_HEADLESS", "1")
    prediction = Prediction(CHOICE, outcome, progress)
    assert prediction.reveal_box.children and prediction.form.state["model"] == SECRET
    assert "<p>figure</p>" in prediction._repr_mimebundle_()["text/html"]
    assert progress.records() == []


def test_headless_raises_what_the_model_raises(progress, monkeypatch):
    monkeypatch.setenv("IGF1LAB_HEADLESS", "1")
    with pytest.raises(AssertionError, match="too early"):
        Prediction(CHOICE, refuse, progress)


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


def test_numbers_in_range_with_unit():
    assert read_prediction(NUMBER, "1,5 %") == 1.5
    for answer in ("120", "-1", "1 mg", "", None):
        with pytest.raises(ValueError, match=r"\.$"):
            read_prediction(NUMBER, answer)


@pytest.mark.parametrize("answer", [None, [], "up", {}, {"gh": "up"}, {"gh": "up", "igf1": "left"}])
def test_a_direction_for_every_curve(answer):
    with pytest.raises(ValueError, match="every curve"):
        read_prediction(DIRECTION, answer)


def test_difference_in_words():
    model = Outcome(1.0, "")
    assert compare(NUMBER, 1.1, model)[0].startswith("✓")
    assert "5 times too high" in compare(NUMBER, 5.0, model)[1]
    assert "2 times too low" in compare(NUMBER, 0.5, model)[1]
    assert compare(NUMBER, 0.0, model)[0].startswith("✗")
    model = Outcome({"gh": "up", "igf1": "down"}, "")
    assert compare(DIRECTION, {"gh": "up", "igf1": "down"}, model)[0].startswith("✓")
    head, difference = compare(DIRECTION, {"gh": "down", "igf1": "down"}, model)
    assert head.startswith("✗ 1 of 2") and "GH in blood goes up" in difference


def test_a_verdict_is_judged_by_the_course_and_not_by_a_model(progress):
    spec = replace(CHOICE, judge="the course")
    prediction = Prediction(spec, outcome, progress)
    state = predict(prediction, "less")
    assert state["head"] == "✗ Not as the course"
    assert "<strong>The course:</strong>" in prediction._repr_mimebundle_()["text/html"]
