"""Pages as a reader meets them: in a browser, from a plain host under a sub-path, with no kernel."""

import json

import pytest

from harness import overflowing, run_axe, save_picture
from igf1lab.lesson.lesson import LESSONS
from igf1lab.lesson.quiz_bank import bank
from reading import alive, predict

LESSON = "lessons/01_gh_igf1_axis.html"
# What another width and another theme can break.
LOOKS = ("color-contrast", "target-size", "scrollable-region-focusable", "link-in-text-block")
BUILT_IN_FIRST_PAINT_MS = (
    1500  # loose: other work shares the machine; the report gives real figures
)
# Counts layout shifts that no input caused, as browsers count them for a page's score.
SHIFTS = """() => { window.shifted = 0; new PerformanceObserver((list) => {
  for (const each of list.getEntries()) if (!each.hadRecentInput) window.shifted += each.value;
}).observe({ type: "layout-shift", buffered: true }); }"""


def item_of(kind: str):
    """An item of lesson 1's quiz, its right answer and a wrong one, by their words."""
    item = next(each for each in bank("01_gh_igf1_axis").items if each.kind == kind)
    right = next(each.text for each in item.options if each.correct)
    wrong = next(each.text for each in item.options if not each.correct)
    return item.id, right, wrong


def answer(card, words: str):
    card.get_by_label(words, exact=True).check()
    card.get_by_role("button", name="Check").click()


def test_a_first_reader_learns_and_finds_it_again(reader):
    """Gate shut, prediction, gate open; wrong, hint, right; all of it there after a reload."""
    me = reader()
    page = me.open(LESSON)
    gate = page.locator("[data-part=explorer]").first
    gate.scroll_into_view_if_needed()
    shut = "This opens as soon as you have recorded your prediction above."
    gate.get_by_role("status").get_by_text(shut).wait_for()
    assert gate.locator("input[type=range]").count() == 0
    predict(page).locator(".ig-feedback").get_by_text("You predicted").wait_for()
    gate.locator("input[type=range]").first.wait_for()

    item, right, wrong = item_of("choice")
    alive(page, "quiz")
    card = page.locator(f"[data-item={item}]")
    answer(card, wrong)
    card.get_by_text("Hint:").wait_for()
    answer(card, right)
    card.locator(".ig-explanations").wait_for()

    page.reload()
    alive(page, "quiz")
    card.locator(".ig-explanations").wait_for()
    alive(page, "explorer").locator("input[type=range]").first.wait_for()
    assert me.outside() == []
    assert me.faults == []


def test_progress_is_carried_to_another_profile(reader, tmp_path):
    one = reader()
    predict(one.open(LESSON)).locator(".ig-feedback").get_by_text("You predicted").wait_for()
    page = one.open("index.html")
    alive(page, "claim_map")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download my progress").click()
    file = tmp_path / "progress.json"
    download.value.save_as(file)
    assert json.loads(file.read_text("utf-8"))

    two = reader()
    page = two.open("index.html")
    alive(page, "claim_map")
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_text("1 new answer was added.").wait_for()
    page = two.open(LESSON)
    alive(page, "explorer").locator("input[type=range]").first.wait_for()


def test_explorers_move_from_files_and_off_the_axes_with_python(reader):
    me = reader()
    page = me.open(LESSON)
    place = page.locator("[data-part=explorer]").nth(1)  # this one waits for nothing
    place.scroll_into_view_if_needed()
    sentence = place.locator(".ig-sentence")
    sentence.wait_for()
    before = sentence.inner_text()
    first, second = (place.locator("input[type=range]").nth(k) for k in (0, 1))
    first.focus()
    for _ in range(4):
        first.press("ArrowRight")
    page.wait_for_function(
        "([node, was]) => node.textContent !== was", arg=[sentence.element_handle(), before]
    )
    assert not [url for url in me.asked if "/lite/" in url], "a file has this row"
    along = sentence.inner_text()
    second.focus()
    for _ in range(3):
        second.press("ArrowLeft")
    page.wait_for_function(
        "([node, was]) => node.textContent !== was",
        arg=[sentence.element_handle(), along],
        timeout=90_000,
    )
    assert me.outside() == []
    assert me.faults == []


@pytest.mark.parametrize("page", [f"lessons/{name}.html" for name in LESSONS] + ["index.html"])
def test_pages_are_whole_at_every_size_and_for_everybody(reader, page):
    """Wide and light, 400 px and dark, right to left: no fault, nothing cut off, nobody asked, axe 0."""
    me = reader(bypass_csp=True)  # axe is put into the page
    shown = me.open(page)
    shown.evaluate(SHIFTS)
    for part in shown.locator("[data-part]").all():
        part.scroll_into_view_if_needed()
    shown.wait_for_function("() => !document.querySelector('[data-part]:not([data-alive=yes])')")
    assert shown.evaluate("window.shifted") < 0.1, "the page jumps while it loads"
    paint = shown.evaluate("performance.getEntriesByName('first-contentful-paint')[0]?.startTime")
    assert paint < BUILT_IN_FIRST_PAINT_MS
    assert run_axe(shown, "html") == []
    name = page.replace("/", "-").removesuffix(".html")
    save_picture(shown, f"page-{name}.jpg", full_page=True)
    shown.set_viewport_size({"width": 400, "height": 800})
    shown.get_by_role("button", name="Dark").click()
    shown.wait_for_timeout(300)
    assert shown.evaluate("document.documentElement.scrollWidth") <= 400
    assert run_axe(shown, "html", only=LOOKS) == []
    save_picture(shown, f"page-{name}-narrow-dark.jpg", full_page=True)
    assert overflowing(shown, "main .part") == []
    shown.evaluate("document.documentElement.dir = 'rtl'")  # as a translated page may be
    assert shown.evaluate("document.documentElement.scrollWidth") <= 400
    assert me.outside() == []
    assert me.faults == []


def test_letters_in_drawings_are_legible_on_a_phone(reader):
    page = reader(viewport={"width": 400, "height": 800}).open("lessons/00_start_here.html")
    heights = page.locator(".ig-figure svg text").evaluate_all(
        "texts => texts.map((each) => each.getBoundingClientRect().height)"
    )
    assert heights
    assert min(heights) >= 11


def test_the_keyboard_reaches_everything_in_order(reader):
    page = reader().open("exercises/01_gh_igf1_axis.html")
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "Skip to the text"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    seen = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        seen.add(page.evaluate("document.activeElement.textContent.trim().slice(0, 30)"))
    assert "Solve this live" in seen
    assert page.locator("main").count() == page.locator("header").count() == 1


def test_the_theme_follows_the_system_until_it_is_chosen(reader):
    me = reader(color_scheme="dark")
    page = me.open("index.html")
    light = "document.documentElement.dataset.jpThemeLight"
    assert page.evaluate(light) == "false"
    page.emulate_media(color_scheme="light")
    page.wait_for_function(f"{light} === 'true'")  # the page hears of it a moment later
    page.get_by_role("button", name="Dark").click()
    page.reload()
    page.wait_for_function(f"{light} === 'false'")
    assert page.evaluate("document.cookie") == ""


def test_visited_pages_and_on_request_all_work_without_a_network(reader):
    me = reader()
    page = me.open(LESSON)
    kept = f"(async () => Boolean(await caches.match('{me.address}{LESSON}')))()"
    files = page.evaluate("document.body.dataset.files.split(' ').length")
    count = "(async () => { let n = 0; for (const k of await caches.keys()) n += (await (await caches.open(k)).keys()).filter((r) => r.url.includes('/media/')).length; return n; })()"
    for _ in range(100):
        if page.evaluate(kept) and page.evaluate(count) >= files:
            break
        page.wait_for_timeout(100)
    me.context.set_offline(True)
    page = me.open(LESSON)
    predict(page).locator(".ig-feedback").get_by_text("You predicted").wait_for()
    alive(page, "quiz")
    page.goto(me.address + "lessons/02_brain.html")
    page.get_by_text("There is no network, and this page was not kept.").wait_for()

    me.context.set_offline(False)
    page = me.open("index.html")
    page.get_by_role("button", name="Keep all lessons").click()
    page.get_by_text("All lessons are kept in this browser.").wait_for(timeout=60_000)
    me.context.set_offline(True)
    alive(me.open("lessons/11_whole_axis.html"), "quiz")


def test_without_scripts_and_in_print_the_still_twins_stand(reader):
    page = reader(java_script_enabled=False).open(LESSON)
    assert page.locator(".part .twin").first.is_visible()
    page = reader().open(LESSON)
    alive(page, "quiz")
    page.emulate_media(media="print")
    quiz = page.locator("[data-part=quiz]").first
    assert quiz.locator(".twin").is_visible()
    assert not quiz.locator(".view").is_visible()
    assert not page.locator(".top").is_visible()


def test_a_page_from_a_disk_says_how_to_serve_it(chromium, site):
    page = chromium.new_page()
    page.goto((site / LESSON).as_uri())
    assert page.get_by_text("python3 -m http.server").is_visible()
    assert page.locator(".part .twin").first.is_visible()
    page.close()
