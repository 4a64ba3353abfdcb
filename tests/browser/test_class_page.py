"""A class as a lecturer holds it: board, desk and two phones, through both rounds, and a server that dies."""

import signal
import subprocess
import sys

import pytest
from playwright.sync_api import expect

from harness import AXE, free_port

QUESTION = "Very sick patients"
PAGE = """<!doctype html><html lang="en"><head><title>A page</title></head>
<body><main><h1>A page of the course</h1></main></body></html>"""


class Running:
    """The class's server on a small site, as its own program."""

    def __init__(self, folder):
        self.folder, self.port = folder, free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        (folder / "site").mkdir()
        (folder / "site" / "index.html").write_text(PAGE)
        self.start()

    def start(self):
        command = [sys.executable, "-m", "igf1lab.classroom", "--host", "127.0.0.1", "--no-browser",
                   "--port", str(self.port), "--site", str(self.folder / "site"),
                   "--keep", str(self.folder / "kept")]  # fmt: skip
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        for line in self.process.stdout:
            if line.startswith("PIN of the desk"):
                self.pin = line.split()[-1]
            if "Ctrl-C" in line:
                return
        raise AssertionError("the class did not start")

    def kill(self):
        self.process.kill()
        self.process.wait()


@pytest.fixture(scope="module")
def lecture(tmp_path_factory):
    running = Running(tmp_path_factory.mktemp("class"))
    yield running
    running.process.send_signal(signal.SIGINT)
    running.process.wait(20)


def opened(browser, address, width=1000, scheme="light"):
    page = browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme=scheme
    ).new_page()
    page.faults = []
    page.on("pageerror", lambda fault: page.faults.append(str(fault)))
    page.goto(address)
    return page


def enter(desk, pin):
    desk.get_by_label("PIN").fill(pin)
    desk.keyboard.press("Enter")


def test_a_class_from_joining_to_the_reveal(browser, lecture, axe_is_here):
    board = opened(browser, f"{lecture.address}/class/board")
    desk = opened(browser, f"{lecture.address}/class/desk", scheme="dark")
    phones = [opened(browser, lecture.address, 400) for _ in range(2)]
    expect(board.locator("h1")).to_have_text("Join the class", timeout=20_000)
    enter(desk, "none")
    expect(desk.get_by_text("That is not the PIN")).to_be_visible()
    enter(desk, lecture.pin)
    desk.get_by_label("Lesson").select_option("01_gh_igf1_axis")
    for phone in phones:
        phone.get_by_role("button", name="Join").click()
    desk.locator("li", has_text=QUESTION).get_by_role("button", name="Open").click()

    def vote(phone, n, turn=1):
        panel = phone.locator(".cl-panel")
        expect(panel.locator(".ig-count")).to_have_text(f"Round {turn}", timeout=20_000)
        panel.locator("label.ig-option input").nth(n).check(timeout=20_000)
        panel.get_by_role("button", name="ote").click()
        expect(panel.get_by_text("Your vote is in")).to_be_visible()

    vote(phones[0], 0)
    vote(phones[1], 1)
    expect(board.get_by_text("2 votes of 2")).to_be_visible()
    assert board.locator(".cl-bars").count() == 0 and phones[0].locator(".cl-bars").count() == 0
    expect(desk.locator(".cl-n").first).to_be_visible()  # the desk alone sees how they fall

    lecture.kill()  # in mid-round: no confirmed vote is lost, everybody comes back by themselves
    lecture.start()
    expect(desk.get_by_label("PIN")).to_be_visible(timeout=30_000)  # a new server, a new PIN
    enter(desk, lecture.pin)
    expect(board.get_by_text("2 votes of 2")).to_be_visible(timeout=30_000)

    desk.get_by_role("button", name="Close the round").click()
    desk.get_by_role("button", name="Argue").click()
    expect(board.locator(".cl-clock")).to_contain_text(":")
    desk.keyboard.press("n")
    vote(phones[0], 1, turn=2)
    vote(phones[1], 1, turn=2)
    desk.keyboard.press("c")
    desk.get_by_role("button", name="Reveal").click()
    for page in (board, *phones):
        expect(page.locator(".cl-right")).to_have_count(1, timeout=20_000)
    assert "2 voted in both rounds" in board.locator(".cl-flow").get_attribute("aria-label")
    kept = "async () => (await indexedDB.databases()).map((each) => each.name)"
    assert "igf1lab-progress" in phones[0].evaluate(kept), "a vote of round 1 is a try of one's own"
    for page in (board, desk, *phones):
        page.add_script_tag(path=AXE)
        found = page.evaluate(
            "axe.run(document).then(r => r.violations.map(v => v.id + ': ' + v.nodes[0].html))"
        )
        assert not found and not page.faults
