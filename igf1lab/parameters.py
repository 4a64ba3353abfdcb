"""Parameters: a number of physiology with its unit, range, source and standing.

A model declares its numbers once, as a :class:`ParameterSet`; sliders, tables, docstrings
and tests read them from there.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Literal

Flag = Literal["verified", "unverified", "chosen", "derived"]
FLAG_WORDS: dict[str, str] = {
    "verified": "read in the source",
    "unverified": "published, but not re-read here",
    "chosen": "chosen for the model",
    "derived": "computed from other entries",
}


@dataclass(frozen=True)
class Parameter:
    """One number of a model.

    Parameters
    ----------
    name : str
        The symbol used in the code, for example ``k_f``.
    value : float
        The default, in ``unit``.
    unit : str
        Unit in plain Unicode text (``"ng/mL"``, ``"1/h"``); ``""`` if dimensionless.
    label : str
        What it is, in words a student can read beside a slider.
    flag : {"verified", "unverified", "chosen", "derived"}
        How the number was obtained.
    source : str or tuple of str
        Bibliography key(s) in ``assets/references.bib``. May be empty only for chosen or
        derived numbers, which must then give a ``reason``.
    reason : str
        Why this value, for chosen and derived numbers.
    low, high : float
        Allowed range; a slider never leaves it. Default: the value itself (not adjustable).
    step : float or None
        Slider step; None lets the explorer divide the range itself.

    Raises
    ------
    ValueError
        If the flag is unknown, the value is outside its range, a published number has no
        source, or a chosen or derived one has no reason.
    """

    name: str
    value: float
    unit: str
    label: str
    flag: Flag
    source: str | tuple[str, ...] = ()
    reason: str = ""
    low: float | None = None
    high: float | None = None
    step: float | None = None

    def __post_init__(self):
        if isinstance(self.source, str):
            object.__setattr__(self, "source", (self.source,) if self.source else ())
        for bound in ("low", "high"):
            if getattr(self, bound) is None:
                object.__setattr__(self, bound, self.value)
        if self.flag not in FLAG_WORDS:
            raise ValueError(f"{self.name}: flag {self.flag!r} is not one of {list(FLAG_WORDS)}")
        if not self.low <= self.value <= self.high:
            raise ValueError(
                f"{self.name}: value {self.value} is outside {self.low} to {self.high}"
            )
        if self.flag in ("verified", "unverified") and not self.source:
            raise ValueError(f"{self.name}: a {self.flag} number needs a source key")
        if self.flag in ("chosen", "derived") and not self.reason:
            raise ValueError(f"{self.name}: a {self.flag} number needs a reason")

    def check(self, value: float) -> float:
        """Return ``value`` as a float if it lies in the allowed range.

        Raises
        ------
        ValueError
            If it is not a finite number in the range; the message names range and unit.
        """
        try:
            number = float(value)
        except (TypeError, ValueError):
            raise ValueError(f"{self.name} must be a number, got {value!r}") from None
        if not (math.isfinite(number) and self.low <= number <= self.high):
            raise ValueError(
                f"{self.name} = {value} is outside its range "
                f"{self.low:g} to {self.high:g} {self.unit}".rstrip()
            )
        return number


def chosen(name, value, unit, label, reason, low=None, high=None, *, step=None, source=()):
    """Return a parameter whose number was chosen for the model, for the ``reason`` given."""
    return Parameter(name, value, unit, label, "chosen", source, reason, low, high, step)


class ParameterSet(Mapping[str, Parameter]):
    """The parameters of one model, by name.

    Parameters
    ----------
    model : str
        Short model id, for example ``"M1"``.
    species : {"human", "mouse", "cell"}
        Whose physiology the numbers describe. Sets of different species are never merged.
    parameters : iterable of Parameter

    Raises
    ------
    ValueError
        If two parameters share a name.
    """

    def __init__(self, model: str, species: str, parameters):
        self.model, self.species = model, species
        self._by_name: dict[str, Parameter] = {}
        for parameter in parameters:
            if parameter.name in self._by_name:
                raise ValueError(f"{model}: parameter {parameter.name!r} is declared twice")
            self._by_name[parameter.name] = parameter

    def __getitem__(self, name: str) -> Parameter:
        return self._by_name[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_name)

    def __len__(self) -> int:
        return len(self._by_name)

    def values_with(self, **changes: float) -> SimpleNamespace:
        """Return all values as attributes, with ``changes`` applied and range-checked.

        Raises
        ------
        ValueError
            If a change is outside its parameter's range.
        KeyError
            If a name is not a parameter of this model; the message lists the names.
        """
        unknown = sorted(set(changes) - set(self._by_name))
        if unknown:
            raise KeyError(f"{self.model} has no parameter {unknown}; it has {sorted(self)}")
        numbers = {name: parameter.value for name, parameter in self._by_name.items()}
        numbers |= {name: self[name].check(value) for name, value in changes.items()}
        return SimpleNamespace(**numbers)
