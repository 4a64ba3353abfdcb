"""What the grading tests share: one sandbox, the same secret in every run, one question to alembic."""

import functools

import nbgrader.api
import pytest

from igf1lab.grading import course
from igf1lab.grading.sandbox.client import Sandbox
from sandboxes import Shared, running_or_skip


@pytest.fixture(scope="session", autouse=True)
def same_secret_in_every_run():
    """A class's secret draws the probes: the same ones each time, so that a failure comes again."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(course.secrets, "token_hex", lambda n: "5e" * n)
        yield


@pytest.fixture(scope="session", autouse=True)
def alembic_is_asked_once():
    """For each new gradebook nbgrader starts alembic, seconds long, to hear the same number."""
    with pytest.MonkeyPatch.context() as patch:
        once = functools.cache(nbgrader.api.get_alembic_version)
        patch.setattr(nbgrader.api, "get_alembic_version", once)
        yield


@pytest.fixture(scope="session", autouse=True)
def one_sandbox():
    """A sandbox takes seconds to start and keeps nothing of a submission: one serves all tests.

    How one starts, dies and starts again is tested by itself, and by the command in a process of
    its own.
    """
    with pytest.MonkeyPatch.context() as patch:
        shared, start = {}, Sandbox.best

        def best(trust=False, only=None):
            if (trust, only) == (False, "bubblewrap"):
                only = None  # the same
            if (trust, only) not in shared:
                shared[trust, only] = start.__func__(Shared, trust, only)
            return shared[trust, only]

        patch.setattr(Sandbox, "best", best)
        yield best
        for sandbox in shared.values():
            sandbox.end()


@pytest.fixture(scope="session")
def sandbox(one_sandbox):
    return running_or_skip(one_sandbox())
