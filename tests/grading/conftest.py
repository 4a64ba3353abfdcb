"""What the grading tests share: a sandbox, the same secret in every run, one question to alembic."""

import functools

import nbgrader.api
import pytest

from igf1lab.grading import course
from sandboxes import sandbox_or_skip


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


@pytest.fixture(scope="session")
def sandbox():
    with sandbox_or_skip("bubblewrap") as running:
        yield running
