"""A lesson that was saved and opened again: its figures still move, whatever became of the kernel."""

import json

from playwright.sync_api import expect

from igf1lab.lesson.quiz_bank import bank

LESSON = "02_brain"  # all of its explorers stand open, and their sweeps are computed quickly


def test_a_lesson_opened_again_still_moves(lab, course):
    """JupyterLab starts a new kernel for it, which knows nothing of what is shown; then even that is gone.

    That widgets are saved at all is a setting that comes with the course's installation: see
    ``igf1lab/lesson/jupyterlab.json``.
    """
    lab.open_lesson(LESSON)
    lab.run_all()
    lab.wait_quiet()
    shown = len(lab.find(".ig-explorer"))
    assert shown > 1
    lab.command("docmanager:save")
    lab.page.wait_for_function("() => !jupyterapp.shell.currentWidget.context.model.dirty")
    file = course / "notebooks" / f"{LESSON}.ipynb"
    saved = json.loads(file.read_text("utf-8"))
    assert "widgets" in saved["metadata"], "widgets are not saved: install the course again"
    assert file.stat().st_size < 3e6

    lab.page.reload()
    lab.page.wait_for_function("window.jupyterapp?.restored.then(() => true)", timeout=60_000)
    lab.open_lesson(LESSON)
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
    item = next(item for item in bank(LESSON).items if item.kind == "choice")
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
        """() => [...igf1labKeepers.values()].some((keeper) =>
            keeper.place && !keeper.loose.size && keeper.records().length === 1)""",
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
