"""Every claim is taught, modelled, appraised, quizzed and exercised, and the README says so."""

import pytest

from coverage_table import BEGIN, END, HEADER, README, rows, table


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0].split()[0])
def test_claim_is_covered(row):
    missing = [name for name, cell in zip(HEADER, row, strict=True) if not cell]
    assert not missing, f"{row[0]} is not {', not '.join(missing)}; add it to its lesson"


def test_readme_shows_the_table():
    shown = README.read_text("utf-8").split(BEGIN)[1].split(END)[0].strip()
    assert shown == table(), "run: python -m tests.coverage_table --write"
