"""Hooks for all tests; see kernels.py for what they set up."""

import pytest

import kernels


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
