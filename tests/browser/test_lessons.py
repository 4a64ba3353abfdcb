"""Lessons as a learner meets them: four are worked through, all are looked at.

What an explorer's sliders do at every end is tested without a browser (``test_lesson_parts.py``),
what each part does with keys and answers on a page of its own; here is what JupyterLab adds.
"""

import json
import re

import pytest
from playwright.sync_api import Locator, expect

from harness import NARROW, ROOT, WIDE, overflowing, run_axe
from igf1lab.lesson.lesson import open_lesson
from igf1lab.lesson.quiz_bank import bank, load_all

LESSONS = [path.stem for path in sorted(ROOT.glob("notebooks/[0-9]*.ipynb"))]
# The first two, one of the mechanisms and the last: between them, every kind of part.
WORKED = [LESSONS[0], LESSONS[1], LESSONS[7], LESSONS[11]]
REOPENED = LESSONS[2]  # all of its explorers stand open, and their sweeps are computed quickly
SILENT = {LESSONS[0]}  # its first quiz is the pre-test, which judges and says nothing
PREDICTIONS = ".ig-card:not([data-item]):has(button:text('Record my prediction'))"


@pytest.fixture(scope="module", params=WORKED)
def lesson(request, lab):
    """The name of a lesson that is open in the page and has run to its end."""
    lab.open_lesson(request.param)
    lab.run_all()
    yield request.param


def curves(explorer: Locator) -> list[str]:
    return explorer.evaluate(
        "root => [...root.querySelectorAll('[data-curve] path, [data-curve] use')]"
        ".map(p => [p.getAttribute('d'), p.getAttribute('x'), p.getAttribute('y')].join())"
    )


def moved_from(before: list[str], explorer: Locator) -> bool:
    """Whether the curves leave their place, at once or when the kernel has answered."""
    for _ in range(20):
        if curves(explorer) != before:
            return True
        explorer.page.wait_for_timeout(100)
    return False


def sentence(explorer: Locator) -> str:
    return explorer.locator(".ig-sentence").inner_text()


def name_of(explorer: Locator) -> str:
    return explorer.get_attribute("data-name")


def faults(lab) -> list[str]:
    """What is wrong with the open lesson: errors, widgets not drawn, parts wider than the page.

    Zoom of 200 % leaves a page of 1280 px half of its CSS pixels.
    """
    found = lab.errors()
    texts = lab.page.locator(".jp-OutputArea").all_inner_texts()
    found += [t for t in texts if "Error displaying widget" in t or "Loading widget" in t]
    for width in (WIDE // 2, NARROW, WIDE):
        lab.set_width(width)
        found += [f"{width} px: {fault}" for fault in lab.overflowing()]
    return found


@pytest.mark.parametrize("name", sorted({*LESSONS} - {*WORKED, REOPENED}))
def test_other_lessons_run_and_fit(lab, name):
    lab.open_lesson(name)
    lab.run_all()
    assert faults(lab) == []


# --- predictions ----------------------------------------------------------------------------


def test_a_prediction_gates_its_reveal(lesson, lab):
    for card in lab.find(PREDICTIONS):
        output = card.locator("xpath=ancestor::*[contains(@class, 'jp-OutputArea ')][1]")
        revealed = output.locator(".ig-explorer, .ig-figure, .ig-panel")
        assert revealed.count() == 0, f"{lesson}: a reveal stands open before the prediction"
        assert "The model:" not in card.inner_text()
        card.get_by_role("button", name="Record my prediction").click()
        expect(card.locator(".ig-problem").first).not_to_be_empty()  # an empty form records nothing
        answer(card, lesson)
        card.get_by_role("button", name="Record my prediction").click()
        expect(card.locator(".ig-feedback")).to_contain_text("You predicted")
        expect(card.locator(".ig-feedback")).to_contain_text("The model:")
        lab.wait_idle()
    assert lab.errors() == []


def answer(card: Locator, lesson: str) -> None:
    """Fill in a prediction: the first of all choices, or the lowest number allowed."""
    question = card.locator("legend").first.inner_text()
    spec = next(p for p in load_all()[lesson].predictions if p.question == question)
    for group in card.locator("fieldset:not(:has(fieldset))").all():
        if group.locator("input[type=radio]").count():
            group.locator("input[type=radio]").first.check()
        else:
            group.locator("input").fill(str(spec.low))


@pytest.mark.usefixtures("axe_is_here")
def test_it_runs_and_can_be_read_by_everybody(lesson, lab):
    """With all open that predictions open; JupyterLab's own faults are left out."""
    lab.screenshots(lesson)
    found = faults(lab) + lab.axe()
    lab.set_width(NARROW)
    lab.set_theme(dark=True)
    found += lab.axe()
    lab.set_theme(dark=False)
    lab.set_width(WIDE)
    assert not found, "\n".join(found)


# --- explorers ------------------------------------------------------------------------------


def test_explorers_move_by_the_keyboard_alone(lesson, lab):
    for explorer in lab.find(".ig-explorer"):
        before = curves(explorer)
        slider = explorer.locator("input[type=range]").first
        ends = [slider.press(key) or moved_from(before, explorer) for key in ("End", "Home")]
        assert any(ends), f"{name_of(explorer)}: {slider.get_attribute('data-name')} moves nothing"
        explorer.get_by_role("button", name="Reset").press("Enter")
        lab.wait_idle()
        assert curves(explorer) == before
    assert lab.errors() == []


def test_menus_are_worked_by_the_keyboard(lesson, lab):
    """JupyterLab, which would walk through the notebook and cut cells, hears none of the keys."""
    look = """() => { const { activeCellIndex, widgets } = jupyterapp.shell.currentWidget.content;
        return [activeCellIndex, widgets.length]; }"""
    for menu in lab.find(".ig-explorer select"):
        menu.focus()
        before = lab.page.evaluate(look)
        last = menu.locator("option").count() - 1
        for key, index in (("End", last), ("Home", 0), ("ArrowDown", 1)):
            menu.press(key)
            assert menu.evaluate("menu => menu.selectedIndex") == index
        for key in ("ArrowUp", "x", "d", "d", "a", "b"):
            menu.press(key)
        assert lab.page.evaluate(look) == before, "JupyterLab took the keys of a menu"
    for explorer in lab.find(".ig-explorer"):
        explorer.get_by_role("button", name="Reset").press("Enter")
    lab.wait_idle()
    assert lab.errors() == []


def test_a_drag_inside_what_the_page_holds_asks_nothing(lesson, lab):
    for explorer in lab.find(".ig-explorer"):
        slider = explorer.locator("input[type=range]").first
        slider.scroll_into_view_if_needed()
        slider.focus()
        lab.wait_quiet()  # the sweep of this slider is fetched once it has focus
        box = slider.bounding_box()
        height = box["y"] + box["height"] / 2
        sent = lab.sent
        lab.page.mouse.move(box["x"] + box["width"] * 0.2, height)
        lab.page.mouse.down()
        before = curves(explorer), sentence(explorer)
        for step in range(20):
            lab.page.mouse.move(box["x"] + box["width"] * (0.2 + 0.03 * step), height)
        held = lab.sent - sent
        moved = (curves(explorer), sentence(explorer)) != before
        lab.page.mouse.up()
        assert moved, f"{name_of(explorer)}: the drag moved nothing"
        assert held == 0, f"{name_of(explorer)}: {held} messages were sent during the drag"
        explorer.get_by_role("button", name="Reset").click()
        lab.wait_idle()


# --- quiz -----------------------------------------------------------------------------------


@pytest.fixture
def choices(lab) -> list:
    """The items of one choice that the lesson shows, in the page's order."""
    known = {item.id: item for bank in load_all().values() for item in bank.items}
    shown = [known[card.get_attribute("data-item")] for card in lab.find(".ig-card[data-item]")]
    assert shown, "the lesson shows no quiz item"
    return [item for item in shown if item.kind == "choice"]


def card_of(item, lab) -> Locator:
    return lab.page.locator(f".ig-card[data-item='{item.id}']").last


def choose(card: Locator, text: str) -> None:
    card.locator("label.ig-option", has_text=text).first.locator("input").check()
    card.get_by_role("button", name="Check").click()


def test_the_quiz_tells_right_from_wrong(lesson, lab, choices):
    """A wrong answer earns a hint and no explanation; the right one then explains every option."""
    item = choices[0]
    card = card_of(item, lab)
    feedback = card.locator(".ig-feedback")
    wrong = next(option for option in item.options if not option.correct)
    right = next(option for option in item.options if option.correct)
    choose(card, wrong.text)
    expect(feedback).not_to_be_empty()
    expect(feedback).not_to_contain_text(right.why)
    if lesson in SILENT:
        expect(feedback).to_have_text("Recorded.")
        return
    expect(feedback).to_contain_text("✗ Not yet")
    expect(feedback).to_contain_text("Hint")
    choose(card, right.text)
    expect(feedback).to_contain_text("✓ Right")
    for option in item.options:
        expect(feedback).to_contain_text(option.why)


def test_the_quiz_needs_only_the_keyboard(lesson, lab, choices):
    card = card_of(choices[-1], lab)
    first = card.locator("input[type=radio]").first
    first.focus()
    lab.page.keyboard.press("Space")
    assert first.is_checked()
    lab.page.keyboard.press("Enter")
    expect(card.locator(".ig-feedback")).to_contain_text(re.compile("[✓✗]|Recorded"))


# --- a lesson that was saved and opened again: its figures move, whatever became of the kernel ---


def test_a_lesson_opened_again_still_moves(lab, course):
    """JupyterLab starts a new kernel for it, which knows nothing of what is shown; then even that is gone.

    That widgets are saved at all is a setting that comes with the course's installation: see
    ``igf1lab/lesson/jupyterlab.json``.
    """
    lab.open_lesson(REOPENED)
    lab.run_all()
    assert faults(lab) == []
    lab.wait_quiet()
    shown = len(lab.find(".ig-explorer"))
    assert shown > 1
    lab.command("docmanager:save")
    lab.page.wait_for_function("() => !jupyterapp.shell.currentWidget.context.model.dirty")
    file = course / "notebooks" / f"{REOPENED}.ipynb"
    saved = json.loads(file.read_text("utf-8"))
    assert "widgets" in saved["metadata"], "widgets are not saved: install the course again"
    assert file.stat().st_size < 3e6

    lab.page.reload()
    lab.page.wait_for_function("window.jupyterapp?.restored.then(() => true)", timeout=60_000)
    lab.open_lesson(REOPENED)
    expect(lab.page.locator(".ig-explorer")).to_have_count(shown)
    lab.page.evaluate("() => jupyterapp.serviceManager.sessions.shutdownAll()")
    for explorer in lab.find(".ig-explorer"):
        picture = explorer.locator(".ig-picture")
        slider = explorer.locator("input[type=range]").first
        before = picture.inner_html()
        slider.press("End")
        assert picture.inner_html() != before
        explorer.get_by_role("button", name="Reset").press("Enter")
        assert picture.inner_html() == before
    explorer.locator("input[type=range]").first.press("End")
    explorer.locator("input[type=range]").last.press("End")  # a place that is not held
    expect(explorer.locator(".ig-status")).to_contain_text("kernel is not answering", timeout=8000)
    assert lab.errors() == []


def test_without_a_kernel_a_quiz_judges_and_what_the_messages_say_helps(lab):
    """It goes on where the test before it ends: a lesson on the page, and no kernel.

    The quiz says to run the Setup cell, the explorer to run its own cell after that.
    """
    item = next(item for item in bank(REOPENED).items if item.kind == "choice")
    card = lab.page.locator(f".ig-card[data-item='{item.id}']")
    wrong = next(option for option in item.options if not option.correct)
    card.locator(f"input[value='{wrong.key}']").check()
    card.get_by_role("button", name="Check").click()
    expect(card.locator(".ig-feedback")).to_contain_text("Hint:")
    told = lab.page.get_by_text("Your answers are kept in this page")
    expect(told.last).to_be_visible(timeout=12_000)
    lab.page.evaluate(
        "() => jupyterapp.shell.currentWidget.sessionContext.changeKernel({ name: 'python3' })"
        ".then(() => null)"
    )
    run_cell_with(lab, "cell.model.sharedModel.getSource().includes('open_lesson')")
    lab.page.wait_for_function(
        """(item) => [...igf1labKeepers.values()].some((keeper) => keeper.place && !keeper.loose.size
            && keeper.records().some((each) => each.item === item))""",
        arg=item.id,
        timeout=90_000,
    )
    expect(told).to_have_count(0)
    expect(lab.page.locator(".ig-status-line").last).to_contain_text("of 26 claims firm")
    expect(card.locator(".ig-feedback")).to_contain_text("Hint:")  # nothing was lost

    run_cell_with(lab, "cell.node.querySelector('.ig-explorer')")
    explorer = lab.page.locator(".ig-explorer").first
    expect(explorer).to_have_attribute("data-ready", "true", timeout=60_000)
    explorer.locator("input[type=range]").first.press("End")
    explorer.locator("input[type=range]").last.press("End")  # what could not be computed before
    expect(explorer).to_have_attribute("data-ready", "true", timeout=60_000)
    expect(explorer.locator(".ig-status")).not_to_contain_text("kernel")


def run_cell_with(lab, sign: str) -> None:
    """Run the first cell for which a piece of JavaScript about ``cell`` is true."""
    lab.page.evaluate(
        f"""async () => {{
            const {{ content }} = jupyterapp.shell.currentWidget;
            content.activeCellIndex = content.widgets.findIndex((cell) => {sign});
            content.deselectAll();
            await jupyterapp.commands.execute('notebook:run-cell');
        }}"""
    )


# --- the tests can fail -----------------------------------------------------------------------


@pytest.fixture
def bad_page(browser):
    with_faults = browser.new_page()
    with_faults.set_content(
        "<main style='width:200px'><div class='ig-panel'><img src='x.png'>"
        "<div style='width:900px'>too wide</div></div></main>"
    )
    yield with_faults
    with_faults.close()


@pytest.mark.usefixtures("axe_is_here")
def test_axe_finds_an_image_without_alt(bad_page):
    assert any("image-alt" in fault for fault in run_axe(bad_page, ".ig-panel"))


def test_too_wide_is_noticed(bad_page):
    (fault,) = overflowing(bad_page, ".ig-panel")
    assert "too wide" in fault
    assert "sticks out by 700 px" in fault


def test_lessons_have_parts_to_test():
    """A lesson without an explorer or a prediction would make the tests above pass by doing nothing."""
    for name in WORKED:
        parts = open_lesson(name).parts
        assert parts.EXPLORERS, f"{name} has no explorer"
        assert parts.OUTCOMES, f"{name} has no prediction"
