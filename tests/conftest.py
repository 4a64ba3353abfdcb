"""Hooks for all tests; see kernels.py for what they set up."""

import matplotlib as mpl
import pytest

import kernels


@pytest.fixture(autouse=True)
def own_figure_style():
    """Opening a lesson sets matplotlib's style for good; no test hands it on to the next."""
    with mpl.rc_context():
        yield


def pytest_configure():
    kernels.move_in()


def pytest_unconfigure():
    kernels.move_out()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item):
    """nbval starts a notebook's kernel here, with this process's environment."""
    if item.path.suffix != ".ipynb":
        return (yield)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in kernels.notebook_environment(item.path).items():
            patch.setenv(name, value)
        return (yield)
