"""What the tests of exercises and grading share: one set to try things on."""

import pytest

from igf1lab.exercises.generate import set_names
from igf1lab.exercises.source import REPOSITORY, read_source


@pytest.fixture(scope="session")
def set_name():
    """The set that such tests use: the third lesson's, or the first there is."""
    names = set_names()
    return "03_metabolism" if "03_metabolism" in names else names[0]


@pytest.fixture(scope="session")
def source(set_name):
    return read_source(REPOSITORY / "solutions" / set_name / f"{set_name}.ipynb")
