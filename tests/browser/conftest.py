"""One JupyterLab and one browser for a file of browser tests, closed when it is done."""

import os
import shutil

import pytest
from playwright.sync_api import sync_playwright

from harness import AXE, FLAGS, ROOT, Lab, find_chromium, jupyterlab

IN_CI = bool(os.environ.get("CI"))


def pytest_collection_modifyitems(items):
    """Mark these tests, and skip them where there is no browser. In CI they fail instead."""
    for item in items:
        if item.path.parent.name == "browser":
            item.add_marker(pytest.mark.browser)
            if not find_chromium() and not IN_CI:
                item.add_marker(
                    pytest.mark.skip("no Chromium found: install it, or set CHROMIUM to its path")
                )


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A copy of the lessons, so that nothing is written into the repository."""
    folder = tmp_path_factory.mktemp("course")
    left_out = shutil.ignore_patterns(".*")
    shutil.copytree(ROOT / "notebooks", folder / "notebooks", ignore=left_out)
    return folder


@pytest.fixture(scope="module")
def lab(browser, course, tmp_path_factory):
    """JupyterLab on a copy of the lessons."""
    with jupyterlab(course, tmp_path_factory.mktemp("jupyter")) as address:
        yield Lab(browser.new_page(), address)


@pytest.fixture
def axe_is_here():
    if not AXE.exists() and not IN_CI:
        pytest.skip("axe-core is not installed: run npm ci in tests/browser")
