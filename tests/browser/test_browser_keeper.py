"""The browser's own database as keeper: reload, two tabs, damage, no storage, and the way to progress.db."""

import json

import pytest
from playwright.sync_api import expect

from harness import overflowing, run_axe
from igf1lab.lesson.outcome import Outcome
from igf1lab.lesson.prediction import Prediction
from igf1lab.lesson.progress import Progress
from igf1lab.lesson.progress_view import ProgressPanel, Review, Status
from igf1lab.lesson.quiz import Quiz
from igf1lab.lesson.quiz_bank import bank, item_view
from igf1lab.lesson.trust import Gain, TrustMap
from stage import put
from test_quiz import BANK, ITEMS, right_answer

ANSWERED = """(items) => [...igf1labKeepers.values()][0].add(items.map((item, i) => ({
    uid: String(i).padStart(32, '0'), time: '2026-01-05T12:00:00.000+00:00', kind: 'quiz', lesson: item.lesson,
    item: item.id, context: item.lesson, claims: item.claims, answer: '', try_number: 1, correct: i % 2 === 0,
    misconceptions: ['AXIS-1.m1'], confidence: 'sure' })))"""
NUMBERS = [item for item in BANK.items if item.kind == "number"]
PAGE = {"where": "page", "name": ""}
RECORDS = "() => [...igf1labKeepers.values()][0].records()"


@pytest.fixture
def context(browser):
    context = browser.new_context(accept_downloads=True)
    yield context
    context.close()


def quiz():
    return Quiz([ITEMS["choice"]], context="t")


def answer(page):
    page.locator(f"input[value='{right_answer(ITEMS['choice'])}']").check()
    page.get_by_role("button", name="Check").click()
    expect(page.locator(".ig-feedback")).to_contain_text("✓ Right.")


def opened(context, part, keeper=PAGE):
    page = context.new_page()
    put(page, part, keeper)
    return page


def stored(page) -> int:
    page.wait_for_function("() => [...igf1labKeepers.values()][0].loose.size === 0")
    return len(page.evaluate(RECORDS))


def test_answers_outlive_the_page_and_reach_other_tabs(context):
    first, second = opened(context, quiz()), opened(context, quiz())
    answer(first)
    expect(second.locator(".ig-feedback")).to_contain_text("✓ Right.")  # without a reload
    assert stored(first) == 1
    third = opened(context, quiz())
    expect(third.locator(".ig-feedback")).to_contain_text("✓ Right.")
    expect(third.locator(".ig-problem:not(:empty)")).to_have_count(0)


def test_what_is_damaged_is_left_out_with_a_word(context):
    page = opened(context, quiz())
    answer(page)
    stored(page)
    page.evaluate(
        """() => new Promise((done) => {
            const open = indexedDB.open('igf1lab-progress');
            open.onsuccess = () => {
                const change = open.result.transaction('records', 'readwrite');
                change.objectStore('records').add({ uid: 'nonsense' });
                change.oncomplete = () => { open.result.close(); done(); };
            };
        })"""
    )
    again = opened(context, Status("Lesson 1 ready"))
    expect(again.get_by_text("1 stored answer cannot be read")).to_be_visible()


@pytest.mark.parametrize(
    "spoil",
    [
        "delete Window.prototype.indexedDB; delete window.indexedDB",
        "IDBFactory.prototype.open = () => { throw new DOMException('no', 'SecurityError'); }",
        "IDBObjectStore.prototype.add = () => { throw new DOMException('full', 'QuotaExceededError'); }",
    ],
    ids=["none", "refused", "full"],
)
def test_without_storage_the_lesson_goes_on_and_offers_the_download_it_speaks_of(context, spoil):
    page = context.new_page()
    page.add_init_script(spoil)
    put(page, quiz(), PAGE)
    answer(page)
    expect(page.get_by_text("cannot be kept in this browser")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download my progress").click()
    records = page.evaluate(RECORDS)
    assert json.loads(download.value.path().read_text("utf-8"))["records"] == records
    assert len(records) == 1


@pytest.mark.parametrize("part", [Review, ProgressPanel])
def test_a_review_without_storage_says_so_once_and_offers_one_download(context, part):
    page = context.new_page()
    page.add_init_script("Object.defineProperty(globalThis, 'indexedDB', { value: undefined })")
    put(page, part(), PAGE)
    page.evaluate(ANSWERED, [item_view(item) for item in bank("01_gh_igf1_axis").items])
    page.get_by_role("button", name="Review").click()
    option = "input[type=radio]:not(.ig-sure *)"
    card = page.locator(f"[data-item]:has({option})").first
    card.locator(option).first.check()
    card.get_by_role("button", name="Check").click()
    expect(card.locator(".ig-feedback")).not_to_be_empty()
    expect(page.get_by_role("button", name="Download my progress")).to_have_count(1)
    expect(page.get_by_text("cannot be kept in this browser")).to_have_count(1)


def test_a_prediction_opens_its_outcome_and_stays_open(context, monkeypatch):
    monkeypatch.setenv("IGF1LAB_HEADLESS", "0")
    part = Prediction(BANK.predictions[0], lambda: Outcome("more", "GH rises threefold."))
    page = opened(context, part)
    page.get_by_role("button", name="Record my prediction").click()
    expect(page.locator(".ig-problem:visible")).to_have_text("Choose one of the answers.")
    page.get_by_label("It falls").check()
    page.get_by_role("button", name="Record my prediction").click()
    expect(page.locator(".ig-problem:visible")).to_have_text("Say how sure you are.")
    page.get_by_label("sure", exact=True).check()
    page.get_by_role("button", name="Record my prediction").click()
    for view in (page, opened(context, part)):
        expect(view.locator(".ig-feedback")).to_contain_text("GH rises threefold.")
    page.get_by_role("button", name="Predict again").click()
    expect(page.locator(".ig-feedback")).to_be_empty()


def test_progress_goes_from_a_page_to_the_kernels_file_and_back(context, browser, tmp_path):
    """The panel shows it, downloads it, and another place restores it; then that file does the same."""
    page = opened(context, Quiz(NUMBERS, context="01_gh_igf1_axis"))
    for card in page.locator(".ig-card").all():
        card.locator("input[type=text]").fill("1")
        card.get_by_role("button", name="Check").click()
    stored(page)
    panel = opened(context, ProgressPanel())
    with panel.expect_download() as download:
        panel.get_by_role("button", name="Download my progress").click()
    carried = tmp_path / "igf1-progress.json"
    download.value.save_as(carried)
    records = json.loads(carried.read_text("utf-8"))["records"]
    assert len(records) == page.locator(".ig-card").count()

    kept = Progress(tmp_path / "progress.db")
    widget = ProgressPanel(kept)
    elsewhere = browser.new_page()
    elsewhere.expose_function("kernel", lambda content: reply(widget, content))
    put(elsewhere, widget, {"where": "kernel", "name": "k"})
    elsewhere.locator("input[type=file]").set_input_files(carried)
    expect(elsewhere.locator(".ig-said")).to_contain_text("added")
    elsewhere.wait_for_function("() => [...igf1labKeepers.values()][0].loose.size === 0")
    assert [each | {"restored": ""} for each in records] == [
        each | {"restored": ""} for each in kept.records()
    ]
    with elsewhere.expect_download() as download:
        elsewhere.get_by_role("button", name="Download my progress").click()
    assert json.loads(download.value.path().read_text("utf-8"))["records"] == records
    elsewhere.locator("input[type=file]").set_input_files(carried)
    expect(elsewhere.locator(".ig-said")).to_have_text("Nothing new was in that file.")
    elsewhere.locator("input[type=file]").set_input_files(
        {"name": "a.json", "mimeType": "application/json", "buffer": b"rubbish"}
    )
    expect(elsewhere.locator(".ig-said")).to_contain_text("not a progress file of this course")
    elsewhere.close()


def reply(widget, content):
    sent = []
    widget.send = sent.append
    widget._keep(widget, content, [])
    return json.loads(json.dumps(sent[0]))


def test_an_arrow_of_the_map_shows_its_claim_where_the_eye_is(browser):
    """By a click, or by Tab and Enter, as lesson 0 says; Escape closes it."""
    page = browser.new_page(viewport={"width": 1000, "height": 500})
    put(page, ProgressPanel())
    for number, arrow in enumerate(page.locator(".ig-arrow").all()[::6]):
        if number % 2:
            arrow.press("Enter")
        else:
            arrow.click()
        detail = page.locator(".ig-detail")
        expect(detail).to_contain_text("The article:")
        expect(detail).to_be_in_viewport(ratio=0.95)
        near = detail.bounding_box()["y"] - arrow.bounding_box()["y"]
        assert abs(near) < 120
    page.keyboard.press("Escape")
    expect(page.locator(".ig-detail")).to_be_hidden()
    page.close()


@pytest.mark.usefixtures("axe_is_here")
@pytest.mark.parametrize("width", [1000, 400])
def test_a_trust_map_says_what_is_open_where_it_is_and_shows_what_moved(context, width):
    """The message stands at the claim that it speaks of, and the button that it names does the rest."""
    page = context.new_page()
    page.set_viewport_size({"width": width, "height": 700})
    put(page, TrustMap("before"))
    rows = page.locator(".ig-trust-row")
    lines = {round(box.bounding_box()["y"]) for box in rows.first.locator(".ig-option").all()}
    assert len(lines) == 1, "the scale of a claim breaks into two lines"
    rows.first.get_by_label("says too much").check()
    page.get_by_role("button", name="Record my marks").click()
    problem = page.locator(".ig-problem:not(:empty)")
    expect(problem).to_be_in_viewport(ratio=1)
    expect(rows.nth(1).locator("input").first).to_be_focused()
    named = problem.inner_text().split("press “")[1].split("”")[0]
    page.get_by_role("button", name=named, exact=True).click()
    expect(problem).to_have_count(0)
    faults = overflowing(page, ".ig-widget") + run_axe(page, ".ig-widget")
    page.get_by_role("button", name="Record my marks").click()
    expect(page.locator(".ig-summary")).to_contain_text("Recorded: 26 marks.")

    page.evaluate("() => document.querySelector('main').remove()")
    put(page, Gain())
    expect(page.locator(".ig-gain")).to_contain_text("Your picture appears here")
    page.evaluate("() => document.querySelector('main').remove()")
    put(page, TrustMap("after"))
    page.get_by_role("button", name=named, exact=True).click()
    page.get_by_role("button", name="Record my marks").click()
    page.evaluate("() => document.querySelector('main').remove()")
    put(page, Gain())
    expect(page.locator(".ig-gain svg")).to_be_visible(visible=width == 1000)
    expect(page.locator(".ig-gain table")).to_be_visible(visible=width == 400)
    faults += overflowing(page, ".ig-widget") + run_axe(page, ".ig-widget")
    assert not faults, "\n".join(faults)


def test_the_setup_cells_line_tells_the_progress(context):
    page = opened(context, Status("Lesson 1 ready"))
    expect(page.locator(".ig-status-line")).to_have_text(
        "Lesson 1 ready · your progress: 0 of 26 claims firm"
    )


@pytest.mark.usefixtures("axe_is_here")
def test_the_panel_with_all_open_can_be_read_by_everybody(browser):
    """Long after a lesson: a claim's text, the reasons of a review, and its items are on the page."""
    page = browser.new_page(viewport={"width": 1000, "height": 900})
    put(page, ProgressPanel())
    page.evaluate(ANSWERED, [item_view(item) for item in bank("01_gh_igf1_axis").items])
    page.get_by_text("What and why").click()
    page.get_by_role("button", name="Review").click()
    page.locator(".ig-arrow").first.click()
    expect(page.locator(".ig-review .ig-card").first).to_be_visible()
    faults = run_axe(page, ".ig-widget")
    page.evaluate("() => { document.body.dataset.jpThemeLight = 'false'; }")
    page.add_style_tag(content="body { background: #111418 }")
    faults += run_axe(page, ".ig-widget")
    page.set_viewport_size({"width": 400, "height": 900})
    faults += overflowing(page, ".ig-widget") + run_axe(page, ".ig-widget")
    assert not faults, "\n".join(faults)
    page.close()
