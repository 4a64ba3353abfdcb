"""Published numbers: ``assets/data/<id>.csv``, each with a YAML sidecar that describes it."""

import csv
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np

from igf1lab.evidence.paths import assets_dir, read_yaml, unknown

Cell = str | int | float | bool | None


@dataclass(frozen=True)
class Column:
    """A column: its name, unit (``""`` if none) and type.

    ``mixed`` columns hold numbers and words (``">2"``); ``flag`` columns are true or false.
    A unit of ``"see column unit"`` differs from row to row and stands in that column.
    """

    name: str
    unit: str
    type: Literal["number", "text", "mixed", "flag"]


@dataclass(frozen=True)
class Dataset:
    """A small table of published numbers.

    Every table ends with the columns ``source_key`` (bibliography keys, joined by ``"; "``)
    and ``verified`` (whether that row was read in its source). Rows that were not may be shown
    as unverified but never graded: see :meth:`verified_only`.

    Parameters
    ----------
    id, title : str
    fields : tuple of Column
    cells : tuple of tuple
        The rows, each as wide as ``fields``; None where nothing was printed.
    sources : tuple of str
        Bibliography keys of the whole table.
    seen_at : tuple of str
        Addresses where the numbers were read; those of mere copies are left out.
    notes, verified_detail, audit_note : str or None
    verified : bool
        False if any row is not, or if the numbers are computed.
    audited : str or None
        ``"ok"`` or ``"fixed"`` if rows were looked up a second time.
    audited_rows : str, tuple of int or None
        Which rows, counted from 1, or ``"all"``.
    """

    id: str
    title: str
    fields: tuple[Column, ...]
    cells: tuple[tuple[Cell, ...], ...]
    sources: tuple[str, ...]
    seen_at: tuple[str, ...]
    notes: str
    verified: bool
    verified_detail: str | None = None
    audited: str | None = None
    audited_rows: str | tuple[int, ...] | None = None
    audit_note: str | None = None

    def __len__(self) -> int:
        return len(self.cells)

    @property
    def units(self) -> dict[str, str]:
        """Unit of each column, by name."""
        return {field.name: field.unit for field in self.fields}

    @property
    def rows(self) -> list[dict[str, Cell]]:
        """The rows as dictionaries by column name."""
        names = [field.name for field in self.fields]
        return [dict(zip(names, row, strict=True)) for row in self.cells]

    @property
    def columns(self) -> dict[str, np.ndarray | list]:
        """All columns by name, as :meth:`column` gives them."""
        return {field.name: self.column(field.name) for field in self.fields}

    def column(self, name: str) -> np.ndarray | list:
        """Return one column: a float array (NaN where empty) if numeric, else a list.

        Raises
        ------
        KeyError
            If the table has no such column; the message lists near matches.
        """
        for position, field in enumerate(self.fields):
            if field.name == name:
                values = [row[position] for row in self.cells]
                if field.type == "number":
                    return np.array([np.nan if v is None else v for v in values], dtype=float)
                return values
        raise unknown("column", name, self.units, f"dataset {self.id}")

    def verified_only(self) -> "Dataset":
        """Return the same table with only the rows that were read in their source."""
        kept = tuple(
            row for row, read in zip(self.cells, self.column("verified"), strict=True) if read
        )
        return replace(self, cells=kept)


def _number(text: str) -> int | float:
    try:
        return int(text)
    except ValueError:
        return float(text)


def _cell(text: str, kind: str) -> Cell:
    if text == "":
        return None
    if kind == "flag":
        return {"true": True, "false": False}[text]
    if kind == "text":
        return text
    try:
        return _number(text)
    except ValueError:
        if kind == "mixed":
            return text
        raise


def _rows(file: Path, fields: tuple[Column, ...]):
    """Yield the typed rows of a CSV file, checking it against its sidecar's columns."""
    with file.open(newline="", encoding="utf-8") as stream:
        lines = csv.reader(stream)
        header, expected = next(lines, []), [field.name for field in fields]
        if header != expected:
            raise ValueError(f"{file} has columns {header}, but its sidecar says {expected}")
        for line in lines:
            if len(line) != len(fields):
                raise ValueError(
                    f"{file} line {lines.line_num} has {len(line)} cells, expected {len(fields)}"
                )
            try:
                pairs = zip(line, fields, strict=True)
                yield tuple(_cell(text, field.type) for text, field in pairs)
            except (KeyError, ValueError) as error:
                raise ValueError(
                    f"{file} line {lines.line_num} has a cell that does not fit its column's "
                    f"type in the sidecar: {error}"
                ) from error


def _folder() -> Path:
    return assets_dir() / "data"


@cache
def dataset_ids() -> tuple[str, ...]:
    """Return the ids of all datasets, sorted."""
    return tuple(sorted(read_yaml(file)["id"] for file in _folder().glob("*.yaml")))


@cache
def dataset(dataset_id: str) -> Dataset:
    """Return one dataset.

    Raises
    ------
    KeyError
        If there is no such dataset; the message lists near matches.
    ValueError
        If the CSV file does not fit its sidecar; the message names the file and line.
    """
    file = _folder() / f"{dataset_id.lower()}.yaml"
    if not file.is_file():
        raise unknown("dataset", dataset_id, dataset_ids(), _folder())
    described = read_yaml(file)
    fields = tuple(Column(**column) for column in described.pop("columns"))
    for name in ("sources", "seen_at", "audited_rows"):
        if isinstance(described[name], list):
            described[name] = tuple(described[name])
    cells = tuple(_rows(file.with_suffix(".csv"), fields))
    return Dataset(fields=fields, cells=cells, **described)


@cache
def model_table(name: str) -> dict[str, np.ndarray]:
    """Columns of a table that a model computed and the course ships (``assets/tables``).

    Raises
    ------
    KeyError
        If there is no such table; the message lists near matches.
    ValueError
        If the CSV file does not fit its sidecar; the message names the file and line.
    """
    folder = assets_dir() / "tables"
    file = folder / f"{name}.yaml"
    if not file.is_file():
        raise unknown("table", name, [f.stem for f in folder.glob("*.yaml")], folder)
    fields = tuple(Column(**column) for column in read_yaml(file)["columns"])
    cells = np.array(list(_rows(file.with_suffix(".csv"), fields)), dtype=float)
    return {field.name: cells[:, k] for k, field in enumerate(fields)}
