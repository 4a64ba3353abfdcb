"""Hooks for all tests; see tests/kernels.py for what they set up.

It lies at the top so that a single notebook, run by its path, also gets them.
"""

import matplotlib as mpl
import pytest

import kernels

# What begins, so that both workers are busy to the end: the build of the site, which others wait
# for; beside it the lessons, which mind no crowd; then the files that take minutes.
BEGINS = (
    "tests/web/test_build.py",
    "notebooks",
    "tests/browser/test_lessons.py",
    "tests/grading/test_class.py",
    "tests/web/test_live.py",
    "tests/web/test_pages.py",
    "tests/browser",
)


@pytest.fixture(autouse=True)
def own_figure_style():
    """Opening a lesson sets matplotlib's style for good; no test hands it on to the next."""
    with mpl.rc_context():
        yield


def pytest_configure():
    """Give the kernels of this run a home."""
    kernels.move_in()


def pytest_unconfigure():
    """Remove it."""
    kernels.move_out()


def pytest_collection_modifyitems(items):
    """Put first what takes longest; a file is run by one worker, and the rest stay in their order."""
    places = [kernels.ROOT / name for name in BEGINS]

    def turn(item):
        return next((n for n, at in enumerate(places) if item.path.is_relative_to(at)), len(places))

    items.sort(key=turn)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item):
    """Nbval starts a notebook's kernel here, with this process's environment."""
    if item.path.suffix != ".ipynb":
        return (yield)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in kernels.notebook_environment(item.path).items():
            patch.setenv(name, value)
        return (yield)


def pytest_terminal_summary(terminalreporter):
    """Say of each lesson how long it took and how much memory it needed."""
    reports = terminalreporter.getreports("passed") + terminalreporter.getreports("failed")
    rows = sorted(v for r in reports for k, v in r.user_properties if k == "lesson")
    if rows:
        terminalreporter.section("lessons")
        terminalreporter.line(f"{'lesson':40}{'seconds':>9}{'at work':>9}{'peak MB':>9}")
    for name, seconds, busy_seconds, peak_mb in rows:
        terminalreporter.line(f"{name:40}{seconds:9.1f}{busy_seconds:9.1f}{peak_mb:9.0f}")
