"""The explorer's page side alone, with a kernel that answers only when the test says so."""

import csv
import json
import math
from base64 import b64encode

import pytest

from igf1lab.lesson.widget import module
from test_explorer import make

STAGE = """async ([code, spec, start, rows, more]) => {
  const bytes = text => new DataView(Uint8Array.from(atob(text), c => c.charCodeAt(0)).buffer);
  const state = { spec, start, start_rows: bytes(rows), held: {}, held_rows: bytes(''), ...more };
  window.sent = []; window.saved = state;
  let hear;
  const model = {
    get: key => state[key], set: (key, value) => { state[key] = value; },
    send: message => window.sent.push(message),
    on: (_, act) => { hear = act; }, off: () => {},
  };
  window.answer = (message, data) => hear(message, [bytes(data)]);
  const module = await import(URL.createObjectURL(new Blob([code], { type: 'text/javascript' })));
  document.body.innerHTML = '<main></main>';
  module.default.render({ model, el: document.querySelector('main') });
}"""


class Stage:
    """A page with one toy explorer whose kernel is this object."""

    def __init__(self, page, **traits):
        self.page, self.toy = page, make()
        code = module("explorer.js")
        rows = b64encode(self.toy.start_rows).decode()
        page.evaluate(
            STAGE, [code, json.loads(json.dumps(self.toy.spec)), self.toy.start, rows, traits]
        )
        self.replies = []
        self.toy.send = lambda content, buffers=None: self.replies.append((content, buffers))

    @property
    def sent(self):
        return self.page.evaluate("window.sent")

    def answer_next(self):
        """Answer the oldest wish as the kernel would."""
        wish = self.page.evaluate("window.sent.shift()")
        self.toy._answer(self.toy, wish, [])
        content, buffers = self.replies.pop()
        data = b64encode(b"".join(buffers)).decode()
        self.page.evaluate("([m, d]) => window.answer(m, d)", [content, data])
        return wish

    def hear(self, message):
        """Tell the page something without rows."""
        self.page.evaluate("m => window.answer(m, '')", message)

    def answer_all(self):
        for _ in range(50):
            if not self.sent:
                return
            self.answer_next()
        raise AssertionError("the page never stops asking")

    def move(self, name, index):
        self.page.evaluate(
            """([name, index]) => { const slider = document.querySelector(`[data-name=${name}]`);
            slider.value = index; slider.dispatchEvent(new Event('input')); }""",
            [name, index],
        )

    def release(self, name):
        self.page.evaluate(
            "name => document.querySelector(`[data-name=${name}]`).dispatchEvent(new Event('change'))",
            name,
        )
        self.page.wait_for_timeout(200)  # the page waits a little for the hand to rest

    def text(self, selector):
        return self.page.locator(selector).inner_text()


@pytest.fixture
def stage(browser, monkeypatch):
    monkeypatch.delenv("IGF1LAB_STRICT", raising=False)
    page = browser.new_page()
    yield Stage(page)
    page.close()


def test_first_wish_is_the_slider_under_the_hand_nearest_first(stage):
    (wish,) = stage.sent
    base = stage.toy.exploration.indices(stage.toy.exploration.settings())
    assert all(row[1:] == base[1:] for row in wish["rows"][:10])
    distances = [abs(row[0] - base[0]) for row in wish["rows"][:10]]
    assert distances == sorted(distances)


def test_a_held_move_asks_nothing_and_draws_at_once(stage):
    stage.answer_all()
    assert stage.page.locator(".ig-explorer").get_attribute("data-ready") == "true"
    before = stage.text(".ig-sentence")
    for index in (0, 7, 19, 3):
        stage.move("rate", index)
        settings = {"rate": stage.toy.exploration.sliders[0].values[index]}
        assert (
            stage.text(".ig-sentence") == stage.toy.exploration.view(**settings).sentence != before
        )
    assert stage.sent == []


def test_outside_what_is_held_one_wish_flies_and_the_newest_wins(stage):
    stage.answer_all()
    stage.move("rate", 10)
    stage.release("rate")
    stage.page.evaluate("window.sent.length = 0")  # the sweeps of the new place never come
    for index in (1, 5, 9, 12):
        stage.move("dose", index)
    wishes = stage.sent
    assert len(wishes) == 1 and wishes[0]["rows"] == [[10, 1, 0]]
    stage.answer_next()
    assert stage.sent[-1]["rows"] == [[10, 12, 0]]  # 5 and 9 were passed by
    stage.answer_next()
    settings = {
        "rate": stage.toy.exploration.sliders[0].values[10],
        "dose": stage.toy.exploration.sliders[1].values[12],
    }
    assert stage.text(".ig-sentence") == stage.toy.exploration.view(**settings).sentence


def test_stale_sweeps_are_dropped_when_the_place_changes(stage):
    first = stage.sent[0]
    stage.move("rate", 15)
    stage.release("rate")
    while stage.sent:
        wish = stage.answer_next()
        if wish["id"] != first["id"] and len(wish["rows"]) > 1:
            for row in wish["rows"]:
                away = sum(a != b for a, b in zip(row, [15, *first["rows"][0][1:]], strict=True))
                scenario = row == stage.toy.exploration.indices(
                    stage.toy.exploration.settings(dose=9.0)
                )
                assert away <= 1 or scenario, f"{row} belongs to the place that was left"


def test_a_silent_kernel_is_said_where_it_is_needed_and_no_longer(stage):
    stage.answer_all()
    stage.move("rate", 10)
    stage.release("rate")
    stage.page.evaluate("window.sent.length = 0")
    stage.move("dose", 2)
    stage.page.wait_for_timeout(4300)
    assert "kernel is not answering" in stage.text(".ig-status")
    assert "run the Setup cell at the top, then this cell again" in stage.text(".ig-status")
    stage.page.get_by_role("button", name="Reset").click()
    assert stage.text(".ig-status") == ""  # this one is drawn
    assert stage.text(".ig-sentence") == stage.toy.exploration.view().sentence


def test_a_broken_model_is_told_in_a_sentence(stage):
    stage.answer_all()
    stage.move("dose", len(stage.toy.exploration.sliders[1].values) - 1)
    stage.release("dose")
    stage.page.locator("select").select_option("broken")
    stage.release("dose")
    stage.answer_all()
    assert "could not be computed at" in stage.text(".ig-status")
    assert "the toy broke" in stage.text(".ig-status")


def test_keep_reset_scenario_and_table(stage):
    stage.answer_all()
    page = stage.page
    page.get_by_role("button", name="Keep this curve").click()
    stage.move("rate", 0)
    assert page.locator(".ig-ghost").count() > 0
    page.locator("summary").click()
    cells = page.locator("tbody td").all_inner_texts()
    assert len(cells) == 2 and cells[0] != cells[1]  # now and kept
    page.get_by_role("button", name="High dose").click()
    assert stage.text(".ig-sentence") == stage.toy.exploration.view(dose=9.0).sentence
    page.get_by_role("button", name="Reset").click()
    assert stage.text(".ig-sentence") == stage.toy.exploration.view().sentence
    with page.expect_download() as download:
        page.get_by_role("button", name="Download CSV").click()
    assert download.value.suggested_filename == "toy.csv"


@pytest.mark.parametrize(
    ("typed", "stands", "said"),
    [
        ("1.14", "1.1", "1.14 is not a stop here; nearest is 1.1."),
        ("0,7", "0.7", ""),
        ("3", "2", "3 is above the end, 2; it stands at 2 now."),
        ("fast", "0.5", "Type one number, such as 1.5, 1,5 or 1.5e3."),
    ],
)
@pytest.mark.parametrize("key", ["Enter", "Tab"])
def test_whatever_is_typed_is_answered(stage, key, typed, stands, said):
    stage.answer_all()
    box = stage.page.get_by_role("spinbutton").first
    box.fill(typed)
    box.press(key)
    assert box.input_value() == stands
    assert stage.text(".ig-status") == said
    shown = stage.toy.exploration.view(rate=float(stands)).sentence
    assert stage.text(".ig-sentence") == shown
    stage.move("rate", 6)
    assert stage.text(".ig-status") == ""  # it was about the number, which is gone


def test_arrow_keys_in_the_box_move_by_stops(stage):
    stage.answer_all()
    box = stage.page.get_by_role("spinbutton").first
    for key, stands in (
        ("ArrowUp", "0.6"),
        ("PageUp", "1.6"),
        ("PageUp", "2"),
        ("ArrowDown", "1.9"),
        ("PageDown", "0.9"),
    ):
        box.press(key)
        assert box.input_value() == stands
    box.fill("77")
    box.press("Escape")
    assert box.input_value() == "0.9"


def test_sliders_stand_where_they_stood_when_the_page_comes_again(browser, monkeypatch):
    monkeypatch.delenv("IGF1LAB_STRICT", raising=False)
    page = browser.new_page()
    page.route("http://course.test/", lambda route: route.fulfill(body="<!doctype html>"))
    page.goto("http://course.test/")
    stage = Stage(page)
    stage.answer_all()
    stage.move("rate", 12)
    stage.release("rate")
    stage.answer_all()
    before = stage.text(".ig-sentence")
    page.reload()
    again = Stage(page)
    again.answer_all()
    assert again.text(".ig-sentence") == before != again.toy.exploration.view().sentence
    anew = Stage(page, born="later")  # the cell was run once more
    assert anew.text(".ig-sentence") == anew.toy.exploration.view().sentence
    page.close()


def test_without_a_kernel_only_what_is_shown_is_asked_for(browser, monkeypatch):
    monkeypatch.delenv("IGF1LAB_STRICT", raising=False)
    page = browser.new_page()
    page.clock.install()
    stage = Stage(page, prefetch=False)
    assert stage.sent == []
    stage.move("rate", 10)
    stage.move("rate", 12)  # a wish is under way, and yet the newest is asked for at once
    assert [wish["rows"] for wish in stage.sent] == [[[10, 8, 0]], [[12, 8, 0]]]
    identity = stage.sent[1]["id"]
    stage.hear({"id": identity, "waiting": "Starting Python in the page (24 MB, once) …"})
    page.clock.fast_forward(20_000)
    assert stage.text(".ig-status").startswith("Starting Python")
    stage.move("rate", 4)  # the start: held
    assert stage.text(".ig-status") == ""
    stage.move("rate", 12)
    trouble = {"rows": [], "at": [12, 8, 0], "problem": "No connection.", "passing": True}
    stage.hear({"id": stage.sent[-1]["id"], **trouble})
    assert stage.text(".ig-status").startswith("No connection.")
    asked = len(stage.sent)
    stage.move("rate", 4)
    stage.move("rate", 12)  # it may be had by now
    assert len(stage.sent) == asked + 1
    page.close()


def test_what_the_page_holds_is_kept_for_a_saved_notebook(stage):
    stage.answer_all()
    held = stage.page.evaluate("saved.held.rows.map(r => r.at.join())")
    assert {",".join(map(str, s)) for s in stage.toy.exploration.sweep_states()} <= set(held)


def test_a_broken_setting_fetched_ahead_is_told_when_it_is_chosen(stage):
    stage.answer_all()
    stage.move("dose", len(stage.toy.exploration.sliders[1].values) - 1)
    stage.release("dose")
    stage.answer_all()  # among these is the broken one
    before = stage.text(".ig-sentence")
    assert stage.text(".ig-status") == ""
    stage.page.locator("select").select_option("broken")
    assert stage.sent == []
    assert "the toy broke" in stage.text(".ig-status")
    assert "still shows" in stage.text(".ig-status")
    assert stage.text(".ig-sentence") == before
    stage.page.locator("select").select_option("plain")
    assert stage.text(".ig-status") == ""


def test_what_is_shown_is_labelled_with_its_own_settings(stage):
    """A setting that cannot be computed leaves the picture, so the table keeps its settings."""
    stage.answer_all()
    stage.move("dose", len(stage.toy.exploration.sliders[1].values) - 1)
    stage.release("dose")
    stage.answer_all()
    stage.page.locator("summary").click()
    stage.page.locator("select").select_option("broken")
    stage.page.get_by_role("button", name="Keep this curve").click()
    assert stage.text("caption").count("kind plain") == 2


NOTHING = "kind changes nothing at these settings."


def test_a_control_without_effect_is_told_once(stage):
    stage.answer_all()
    assert stage.text(".ig-status") == ""
    stage.page.evaluate(
        """() => { window.said = 0; new MutationObserver(list => { said += list.length; })
        .observe(document.querySelector('.ig-status'), { childList: true }); }"""
    )
    for kind in ("broken", "plain", "broken"):
        stage.page.locator("select").select_option(kind)
        assert stage.text(".ig-status") == NOTHING
    assert stage.page.evaluate("said") == 1  # else a screen reader repeats it at every step
    stage.move("rate", 3)
    assert stage.text(".ig-status") == ""
    stage.page.locator("select").select_option("plain")
    stage.page.get_by_role("button", name="Reset").click()
    assert stage.text(".ig-status") == ""


def test_no_effect_is_claimed_only_of_what_is_held(stage):
    stage.answer_all()
    stage.move("rate", 3)
    stage.release("rate")
    stage.page.evaluate("window.sent.length = 0")
    stage.page.locator("select").select_option("broken")
    assert stage.text(".ig-status") == ""


def table_of(stage):
    """The rows of the downloaded CSV, by part."""
    with stage.page.expect_download() as download:
        stage.page.get_by_role("button", name="Download CSV").click()
    rows = list(csv.DictReader(download.value.path().read_text("utf-8").splitlines()))
    return {
        part: [row for row in rows if row["part"] == part]
        for part in dict.fromkeys(row["part"] for row in rows)
    }


def test_csv_holds_settings_numbers_and_curves(stage):
    stage.answer_all()
    stage.page.locator("summary").click()
    parts = table_of(stage)
    assert list(parts) == ["setting", "number", "curve"]
    assert [(row["name"], row["value"], row["unit"]) for row in parts["setting"]] == [
        ("rate", "0.5", "1/h"),
        ("dose", "5", "mM"),
        ("kind", "plain", ""),
    ]
    (half_life,) = parts["number"]
    assert (half_life["name"], half_life["unit"]) == ("half-life", "h")
    assert float(half_life["value"]) == math.log(2) / 0.5
    level = [row for row in parts["curve"] if row["name"] == "level"]
    assert len(level) == 50 and level[0]["x_unit"] == "h" and level[0]["unit"] == "mM"
    assert [float(level[-1][key]) for key in ("x", "value")] == [10, 0.03368973]
    assert {row["shown"] for rows in parts.values() for row in rows} == {"now"}


def test_csv_has_what_is_kept_beside_what_is_shown(stage):
    stage.answer_all()
    stage.page.get_by_role("button", name="Keep this curve").click()
    stage.move("rate", 0)
    stage.page.locator("summary").click()
    for part, rows in table_of(stage).items():
        now, kept = ([r for r in rows if r["shown"] == which] for which in ("now", "kept"))
        assert len(now) == len(kept) > 0, part
        assert [r["value"] for r in now] != [r["value"] for r in kept], part


def test_kept_curve_keeps_its_markers(stage):
    stage.answer_all()
    mark = "[data-curve=half] use"
    place = "node => [node.getAttribute('x'), node.getAttribute('y')]"
    before = stage.page.locator(mark).evaluate(place)
    stage.page.get_by_role("button", name="Keep this curve").click()
    stage.move("rate", 10)
    kept = stage.page.locator(".ig-ghost use")
    assert kept.count() == 1 and kept.evaluate(place) == before
    assert kept.bounding_box()["width"] > 1  # it is drawn, not only there
    assert stage.page.locator(mark).evaluate(place) != before
    stage.page.get_by_role("button", name="Drop the kept curve").click()
    assert stage.page.locator(".ig-ghost").count() == 0


def test_kept_area_lies_above_what_would_hide_it(stage):
    stage.answer_all()
    stage.page.get_by_role("button", name="Keep this curve").click()
    order = stage.page.evaluate(
        """() => [...document.querySelectorAll('.ig-ghost, [data-curve]')].map(node =>
        node.dataset.curve ?? (node.classList.contains('ig-outline') ? 'kept area' : 'kept'))"""
    )
    assert order.index("kept area") > order.index("area")
    assert order.index("kept") < order.index("level")


def test_the_page_forgets_the_oldest_rows_beyond_its_share(browser, monkeypatch):
    monkeypatch.delenv("IGF1LAB_STRICT", raising=False)
    monkeypatch.setattr("igf1lab.lesson.explorer.HELD_BYTES", 30_000)  # little more than one sweep
    stage = Stage(browser.new_page())
    stage.answer_all()
    for index in range(4):
        stage.move("dose", index)
        stage.release("dose")
        stage.answer_all()
        assert int(stage.page.locator(".ig-explorer").get_attribute("data-bytes")) <= 30_000
    stage.page.close()


def test_what_is_forgotten_is_never_a_row_of_the_present_sweeps(browser, monkeypatch):
    monkeypatch.delenv("IGF1LAB_STRICT", raising=False)
    toy = make()
    rows = len(list(toy.exploration.sweep_states())) + len(toy.exploration.scenarios)
    row_bytes = len(toy.start_rows) // len(toy.start["rows"])
    monkeypatch.setattr("igf1lab.lesson.explorer.HELD_BYTES", rows * row_bytes)
    stage = Stage(browser.new_page())
    stage.answer_all()
    for name, index in (("dose", 3), ("rate", 12), ("dose", 8), ("rate", 2), ("dose", 3)):
        stage.move(name, index)
        stage.release(name)
        stage.answer_all()
    for name in ("rate", "dose"):
        for index in range(10):
            stage.move(name, index)
            assert stage.sent == [], f"{name} at {index} was forgotten"
        stage.move(name, {"rate": 2, "dose": 3}[name])
    stage.page.close()


def test_every_control_keeps_its_keys_from_jupyterlab(stage):
    """On the control itself: Lab's shortcuts match the focused element before they look further up."""
    controls = stage.page.locator(".ig-explorer :is(input, select, button, summary, [tabindex])")
    assert controls.count() > 8
    for control in controls.all():
        assert control.get_attribute("data-lm-suppress-shortcuts") == "true"
