"""What the grading tests share: a sandbox, and the set that class and battery use."""

import pytest

from igf1lab.grading import course
from igf1lab.grading.course import REPOSITORY
from igf1lab.grading.generate import set_names
from igf1lab.grading.source import read_source
from sandboxes import sandbox_or_skip


@pytest.fixture(scope="session", autouse=True)
def same_secret_in_every_run():
    """A class's secret draws the probes: the same ones each time, so that a failure comes again."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(course.secrets, "token_hex", lambda n: "5e" * n)
        yield


@pytest.fixture(scope="session")
def sandbox():
    with sandbox_or_skip("bubblewrap") as running:
        yield running


@pytest.fixture(scope="session")
def set_name():
    """The set that class and battery use: the third lesson's, or the first there is."""
    names = set_names()
    return "03_metabolism" if "03_metabolism" in names else names[0]


@pytest.fixture(scope="session")
def source(set_name):
    return read_source(REPOSITORY / "solutions" / set_name / f"{set_name}.ipynb")
