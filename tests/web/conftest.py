"""The whole site, built once for all test processes, and a browser for those that look at it."""

import fcntl
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from harness import FLAGS, find_chromium
from igf1lab.lesson.lesson import LESSONS
from igf1lab.web import lite
from igf1lab.web.execute import execute_all, sweep_files
from igf1lab.web.serve import server
from igf1lab.web.site import Build, lesson_file
from kernels import HOME
from reading import Reader

SUB_PATH = "somebody/igf1-course"  # pages of a project lie below a host's root


@pytest.fixture(scope="session")
def site() -> Path:
    """The site as `make web` makes it. Lessons and Pyodide come from the cache where it has them."""
    place = HOME / "web"
    place.mkdir(exist_ok=True)
    with (place / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = place / SUB_PATH
        if not (done / "sw.js").exists():
            with ThreadPoolExecutor() as crew:  # fetching waits for the network, the rest computes
                fetched = crew.submit(lite.build, done)
                execute_all([lesson_file(name) for name in LESSONS])
                sweep_files(LESSONS)
            fetched.result()
            Build(done).run()
    return done


@pytest.fixture(scope="session")
def address(site) -> str:
    """Where the site is served."""
    running = server(HOME / "web", 0, "127.0.0.1")
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{running.server_address[1]}/{SUB_PATH}/"
    running.shutdown()
    running.server_close()


@pytest.fixture(scope="module")  # of two at a time Playwright refuses the second
def chromium():
    if not find_chromium() and not os.environ.get("CI"):
        pytest.skip("no Chromium found: install it, or set CHROMIUM to its path")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def reader(chromium, address):
    """A reader with an empty profile."""
    made = []

    def make(**options) -> Reader:
        made.append(Reader(chromium, address, **options))
        return made[-1]

    yield make
    for each in made:
        each.context.close()
