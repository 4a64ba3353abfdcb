"""Formgrader in real JupyterLab: a mark and a comment entered by hand reach the gradebook."""

import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

import pytest

from igf1lab.grading.course import open_course
from igf1lab.grading.demo import made_up_class
from igf1lab.grading.handback import export
from igf1lab.grading.intake.ingest import ingest
from igf1lab.grading.marking import whole_class
from igf1lab.grading.marking.formgrader import command, environment, write_config
from igf1lab.grading.marking.marks import read_marks

pytestmark = pytest.mark.browser
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture
def chromium():
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        if os.environ.get("CI"):
            pytest.fail("CI must have Chromium")
        pytest.skip("no Chromium here")
    return found


@pytest.fixture(scope="module")
def course(tmp_path_factory, source, set_name, sandbox):
    """Two honest students, one of whom pasted a picture and tries a script."""
    folder = tmp_path_factory.mktemp("formgrader")
    inbox = folder / "inbox"
    inbox.mkdir()
    for made in made_up_class(source)[:2]:
        nasty = b"<img src=x onerror=document.title='HACKED'> ![](attachment:a.png) My own words"
        (inbox / f"{made.student}.ipynb").write_bytes(made.blob.replace(b"My own words", nasty, 1))
    course = open_course(str(folder / "private"))
    ingest(course, inbox, set_name)
    whole_class.grade(course, set_name, figures=False)
    return course


@pytest.fixture(scope="module")
def lab(course):
    """JupyterLab as ``igf1lab-grade review`` starts it, for all tests here; yields its address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    write_config(course)
    arguments = [*command(course, port, browser=False), "--ServerApp.token=tok"]
    server = subprocess.Popen(
        arguments, cwd=course.folder, env=environment(course), start_new_session=True,
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


def ask(lab, path, body=None):
    """Ask the server; return the status and the answer."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": "token tok", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{lab}/{path}", data, headers)
    try:
        with urllib.request.urlopen(request, timeout=120) as reply:
            return reply.status, json.loads(reply.read() or "null")
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(errors="replace")


def test_nothing_a_student_wrote_can_be_run(lab, course, set_name):
    submitted = next((course.folder / "submitted").glob("*/*/*.ipynb"))
    trap = course.folder / "RUN"
    handed_in = submitted.read_text("utf-8")
    notebook = json.loads(handed_in)
    code = {
        "cell_type": "code",
        "id": "trap",
        "metadata": {},
        "outputs": [],
        "execution_count": None,
    }
    notebook["cells"].insert(0, code | {"source": f"open({str(trap)!r}, 'w').close()"})
    submitted.write_text(json.dumps(notebook), encoding="utf-8")
    path = submitted.relative_to(course.folder).as_posix()
    assert ask(lab, "api/kernelspecs")[1]["kernelspecs"] == {}
    for name in ("python3", "", None):
        assert ask(lab, "api/kernels", {"name": name})[0] >= 400
        session = {"path": path, "type": "notebook", "name": "x", "kernel": {"name": name}}
        assert ask(lab, "api/sessions", session)[0] >= 400
    assert ask(lab, "api/kernels")[1] == ask(lab, "api/sessions")[1] == []
    assert ask(lab, "api/terminals", {})[0] >= 400
    # nbgrader's Validate button would run the open notebook with the lecturer's rights.
    assert ask(lab, "assignments/validate", {"path": path})[0] == 404
    assert ask(lab, "assignments")[0] == 404
    assert not trap.exists()
    submitted.write_text(handed_in, "utf-8")


def test_autograde_and_feedback_in_formgrader_still_work(lab, course, set_name):
    student = course.students(set_name)[0]
    where = f"formgrader/api/submission/{set_name}/{student}/autograde"
    status, said = ask(lab, where, {})
    assert status == 200 and said["success"], said
    status, said = ask(lab, f"formgrader/api/assignment/{set_name}/{student}/generate_feedback", {})
    assert status == 200 and said["success"], said
    pages = list((course.folder / "formgrader_feedback" / student).rglob("*.html"))
    assert pages and "My own words" in pages[0].read_text("utf-8")


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
        # Before its scripts know the marks, what is typed into a box is not sent.
        page.wait_for_function("window.formgrader?.grades?.loaded && formgrader.comments?.loaded")
        assert "Rubric" in page.inner_text("body")
        assert "My own words" in page.inner_text("body")
        box = page.locator("input.score").last
        with page.expect_response(lambda reply: "/api/grade/" in reply.url):
            box.fill("3")
            box.press("Tab")
        # A decimal comma is a point; what is no number is told, and not sent.
        with page.expect_response(lambda reply: "/api/grade/" in reply.url) as sent:
            box.fill("2,5")
            box.press("Tab")
        assert float(json.loads(sent.value.request.post_data)["manual_score"]) == 2.5
        box.fill("2,5,1")
        box.press("Tab")
        assert "1.5 or 1,5" in box.evaluate("box => box.validationMessage")
        for above in ("25", "99,5"):
            box.fill(above)
            box.press("Tab")
            assert "more than the" in box.evaluate("box => box.validationMessage")
        words = page.locator("textarea.comment").last
        with page.expect_response(lambda reply: "/api/comment/" in reply.url):
            words.fill("-1: good link, thin evidence.")
            words.press("Tab")
        assert page.title() != "HACKED"
        browser.close()
    marks = read_marks(course, set_name)
    by_hand = [m[question.id] for m in marks.values() if m[question.id]["manual"] is not None]
    assert [(mark["manual"], mark["comment"]) for mark in by_hand] == [
        (2.5, "-1: good link, thin evidence.")
    ]
    totals = [entry["total"] for entry in export.final_marks(course, set_name).values()]
    assert sorted(totals, key=str) == sorted([None, 20 - question.points + 2.5], key=str)
