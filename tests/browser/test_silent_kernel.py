"""A kernel that is gone does not answer and does not fail either: the page has to say so."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import expect

from igf1lab.lesson.prediction import Prediction
from igf1lab.lesson.progress import Progress
from igf1lab.lesson.progress_view import ProgressPanel
from igf1lab.lesson.quiz import Quiz
from igf1lab.lesson.quiz_bank import load
from igf1lab.lesson.widget import module

BANK = load(Path(__file__).parents[1] / "data" / "sample_quiz.yaml")
STAGE = """async ([code, state]) => {
  const model = { get: key => state[key], send: () => {}, on: () => {}, off: () => {} };
  const module = await import(URL.createObjectURL(new Blob([code], { type: 'text/javascript' })));
  document.body.innerHTML = '<main></main>';
  module.default.render({ model, el: document.querySelector('main') });
}"""
WIDGETS = {
    "quiz.js": (lambda progress: Quiz(BANK.items[:1], progress=progress), "Check"),
    "prediction.js": (
        lambda progress: Prediction(BANK.predictions[0], lambda: None, progress).form,
        "Record my prediction",
    ),
    "claim_map.js": (ProgressPanel, "Refresh"),
}


@pytest.mark.parametrize("file", WIDGETS)
def test_silence_is_told(browser, tmp_path, monkeypatch, file):
    monkeypatch.setenv("IGF1LAB_HEADLESS", "0")
    make, name = WIDGETS[file]
    widget = make(Progress(tmp_path / "progress.db"))
    state = {key: value for key, value in widget.get_state().items() if not key.startswith("_")}
    page = browser.new_page()
    page.clock.install()
    page.evaluate(STAGE, [module(file), json.loads(json.dumps(state, default=str))])
    status = page.locator("[role=status]", has_text="The kernel has not answered")
    page.get_by_role("button", name=name).click()
    page.clock.fast_forward(7000)
    expect(status).to_have_count(0)
    page.clock.fast_forward(2000)
    expect(status).to_be_visible()
    page.close()
