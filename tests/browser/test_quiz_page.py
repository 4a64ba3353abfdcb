"""The quiz's page side: every kind of item worked by keys alone, answered wrong and then right."""

import pytest
from playwright.sync_api import Locator, expect

from igf1lab.lesson.quiz import Quiz
from stage import put
from test_quiz import ITEMS, right_answer, secrets, wrong_answer


@pytest.fixture
def page(browser):
    page = browser.new_page()
    yield page
    page.close()


def show(page, item):
    put(page, Quiz([item], context="t"))


def tab_to(target: Locator):
    """Reach a control as those do who have no mouse."""
    for _ in range(40):
        if target.evaluate("node => node === document.activeElement"):
            return
        target.page.keyboard.press("Tab")
    raise AssertionError(f"no Tab leads to {target}")


def press(page, key, times):
    for _ in range(times):
        page.keyboard.press(key)


def choose(select: Locator, key: str):
    tab_to(select)
    keys = select.locator("option").evaluate_all("options => options.map(o => o.value)")
    select.page.keyboard.press("Home")
    press(select.page, "ArrowDown", keys.index(key))
    assert select.input_value() == key


def give(page, item, answer):
    """Enter an answer and send it."""
    if item.kind == "number":
        field = page.locator("input[type=text]")
        tab_to(field)
        field.press("Control+A")
        page.keyboard.type(answer)
        page.keyboard.press("Enter")
        return
    if item.kind == "order":
        texts = {option.key: option.text for option in item.options}
        for place, key in enumerate(answer):
            steps = page.locator(".ig-step").all_inner_texts()
            up = page.get_by_role("button", name=f"Move “{texts[key]}” up")
            tab_to(up)
            press(page, "ArrowUp", steps.index(texts[key]) - place)
    elif item.kind == "match":
        for row, pair in enumerate(item.pairs):
            choose(page.locator("select").nth(row), answer[pair.key])
    elif item.kind == "arrow":
        choose(page.locator("select"), answer)
    elif item.kind == "choices":
        for option in item.options:
            box = page.locator(f"input[value='{option.key}']")
            if box.is_checked() != (option.key in answer):
                tab_to(box)
                page.keyboard.press("Space")
    else:
        chosen = page.locator(f"input[value='{answer}']")
        checked = page.locator("fieldset > label > input:checked")
        tab_to(checked if checked.count() else page.locator("input").first)
        for _ in item.options:
            if not chosen.is_checked():
                page.keyboard.press("ArrowDown")
    tab_to(page.get_by_role("button", name="Check"))
    page.keyboard.press("Enter")


@pytest.mark.parametrize("kind", ITEMS)
def test_wrong_then_right_by_keys_alone(page, kind):
    item = ITEMS[kind]
    show(page, item)
    feedback = page.locator(".ig-feedback")
    give(page, item, wrong_answer(item))
    expect(feedback).to_contain_text("✗ Not yet")
    expect(feedback).to_contain_text(item.hint)
    for secret in set(secrets(item)) - {item.hint}:
        expect(feedback).not_to_contain_text(secret)
    give(page, item, right_answer(item))
    expect(feedback).to_contain_text("✓ Right, at the second try")
    expect(feedback).to_be_focused()  # a screen reader goes on with what is new
    for option in (*item.options, *item.pairs):
        expect(feedback).to_contain_text(option.why)
    expect(feedback).to_contain_text("Sources: Sjogren et al. 1999")
    expect(page.get_by_role("button", name="Check")).to_be_hidden()


@pytest.mark.parametrize("kind", ITEMS)
def test_right_at_once_by_keys_alone(page, kind):
    item = ITEMS[kind]
    show(page, item)
    give(page, item, right_answer(item))
    expect(page.locator(".ig-feedback")).to_contain_text("✓ Right.")
    tab_to(page.get_by_role("button", name="Try this item again"))
    page.keyboard.press("Enter")
    expect(page.locator(".ig-feedback")).to_be_empty()
    expect(page.get_by_role("button", name="Check")).to_be_visible()


def test_an_empty_answer_is_told_and_costs_no_try(page):
    show(page, ITEMS["match"])
    tab_to(page.get_by_role("button", name="Check"))
    page.keyboard.press("Enter")
    expect(page.locator("form + .ig-problem")).to_have_text("Choose a partner in every row.")


def test_shift_enter_belongs_to_the_notebook_and_costs_no_try(page):
    item = ITEMS["number"]
    show(page, item)
    field = page.locator("input[type=text]")
    field.fill(wrong_answer(item))
    for keys in ("Shift+Enter", "Control+Enter", "Alt+Enter"):
        field.press(keys)
        page.get_by_role("button", name="Check").press(keys)
    page.wait_for_timeout(50)
    expect(page.locator(".ig-feedback")).to_be_empty()
    field.press("Enter")
    expect(page.locator(".ig-feedback")).to_contain_text("✗ Not yet")


def test_confidence_is_one_tap_and_never_in_the_way(page):
    item = ITEMS["choice"]
    show(page, item)
    page.get_by_label("guess").check()
    page.locator(f"input[value='{right_answer(item)}']").check()
    page.get_by_role("button", name="Check").click()
    expect(page.locator(".ig-feedback")).to_contain_text("✓ Right.")
    assert page.locator(".ig-feedback").inner_text().count("✗") == 0  # nothing went wrong
    (record,) = page.evaluate("() => [...igf1labKeepers.values()][0].records()")
    assert record["confidence"] == "guess" and record["correct"]
