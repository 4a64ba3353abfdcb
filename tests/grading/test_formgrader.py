"""Formgrader in real JupyterLab: a mark and a comment entered by hand reach the gradebook."""

import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

import pytest

from igf1lab.grading import export, gradebook, marking
from igf1lab.grading.course import open_course
from igf1lab.grading.demo import made_up_class
from igf1lab.grading.ingest import ingest
from igf1lab.grading.review import command, write_config
from sandboxes import sandbox_or_skip

pytestmark = pytest.mark.browser
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture
def chromium():
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        if os.environ.get("CI") == "true":
            pytest.fail("CI must have Chromium")
        pytest.skip("no Chromium here")
    return found


@pytest.fixture
def course(tmp_path, source, set_name):
    """Two honest students, one of whom pasted a picture and tries a script."""
    with sandbox_or_skip("bubblewrap"):
        pass
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    for made in made_up_class(source)[:2]:
        nasty = b"<img src=x onerror=document.title='HACKED'> ![](attachment:a.png) My own words"
        (inbox / f"{made.student}.ipynb").write_bytes(made.blob.replace(b"My own words", nasty, 1))
    course = open_course(str(tmp_path / "private"))
    ingest(course, inbox, set_name)
    marking.grade(course, set_name, figures=False)
    return course


@pytest.fixture
def lab(course):
    """JupyterLab as ``igf1lab-grade review`` starts it; yields its address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    write_config(course)
    arguments = [*command(course, port, browser=False), "--ServerApp.token=tok"]
    environment = os.environ | {"COURSE_PRIVATE": str(course.folder)}
    server = subprocess.Popen(
        arguments, cwd=course.folder, env=environment, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    address = f"http://localhost:{port}"
    for _ in range(240):
        try:
            urllib.request.urlopen(f"{address}/api?token=tok", timeout=5).close()
            break
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
    yield address
    os.killpg(server.pid, signal.SIGTERM)
    server.wait(30)


def test_a_mark_entered_by_hand(chromium, lab, course, source, set_name):
    playwright = pytest.importorskip("playwright.sync_api")
    question = next(q for q in source.exercise_set.questions if not q.automatic)
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        page.set_default_timeout(90_000)
        page.goto(f"{lab}/lab?token=tok")  # gives the cookies that formgrader's requests need
        page.wait_for_selector("text=Nbgrader")
        page.goto(f"{lab}/formgrader/gradebook/{set_name}/{set_name}")
        page.click("table a[href*='submissions']")
        page.wait_for_selector("input.score")
        assert "Rubric" in page.inner_text("body")
        assert "My own words" in page.inner_text("body")
        box = page.locator("input.score").last
        with page.expect_response(lambda reply: "/api/grade/" in reply.url):
            box.fill("3")
            box.press("Tab")
        words = page.locator("textarea.comment").last
        with page.expect_response(lambda reply: "/api/comment/" in reply.url):
            words.fill("Good link, thin evidence.")
            words.press("Tab")
        assert page.title() != "HACKED"
        browser.close()
    with gradebook.gradebook(course) as book:
        marks = gradebook.marks(book, set_name)
    by_hand = [m[question.id] for m in marks.values() if m[question.id]["manual"] is not None]
    assert [(mark["manual"], mark["comment"]) for mark in by_hand] == [
        (3.0, "Good link, thin evidence.")
    ]
    totals = [entry["total"] for entry in export.final_marks(course, set_name).values()]
    assert sorted(totals, key=str) == sorted([None, 20 - question.points + 3], key=str)
