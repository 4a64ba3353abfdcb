"""The claims of the course and how each stands, read from ``assets/claims.yaml``."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

from igf1lab.evidence.paths import assets_dir, read_yaml, unknown


@dataclass(frozen=True)
class Level:
    """One step of the verdict or grade scale.

    Parameters
    ----------
    id : str
        The word used for it, for example ``"supported-with-limits"``.
    meaning : str
        One sentence.
    symbol : str
        A mark that tells verdicts apart without colour; ``""`` for grades.
    step : str
        The step of the trust scale that a verdict lies on; ``""`` for grades.
    """

    id: str
    meaning: str
    symbol: str = ""
    step: str = ""

    @property
    def words(self) -> str:
        """The id as plain words."""
        return self.id.replace("-", " ").replace("rct", "RCT")


@dataclass(frozen=True)
class Finding:
    """One piece of evidence: what was found, in whom, by whom, and whether it was re-read.

    ``value`` is a phrase with its unit, as a person would write it; ``level`` is the id of an
    evidence grade: the design of this finding. ``direct`` says whether its cause and its effect are
    those that the claim names (the rule stands at the head of ``claims.yaml``), so that a claim's
    grade is the strongest level among its direct findings. ``weight``
    runs from 1 (small, or beside the point) to 3 (decisive). ``unit``, ``n``, ``species``,
    ``design``, ``audited`` and ``note`` are text or None. ``seen_at`` is the page where the number
    was read, if a reader can trust it to be the source or a faithful copy. A finding that is not ``verified`` is
    never graded.
    """

    what: str
    citation_key: str
    verified: bool
    seen_at: str | None = None
    value: str | None = None
    unit: str | None = None
    n: str | None = None
    species: str | None = None
    design: str | None = None
    audited: str | None = None
    note: str | None = None
    level: str | None = None
    direct: bool = True
    weight: int = 2


@dataclass(frozen=True)
class Misconception:
    """A wrong belief about a claim; ids are ``"AXIS-1.m1"``, ``"AXIS-1.m2"``, ..."""

    id: str
    belief: str
    why_wrong: str


@dataclass(frozen=True)
class Claim:
    """One claim of the chain.

    Parameters
    ----------
    id, lesson : str
        Fixed id and the notebook that teaches it.
    short : str
        At most five words, for maps and legends.
    arrow_from, arrow_to : str
        The two ends of the claim on the map of the chain.
    says : str
        The claim as the article means it.
    verdict, grade : Level
        How the claim stands, and the strongest direct evidence that bears on it.
    grade_note, explanation, change_our_mind : str
        Why that grade; the physiology and the verdict; which result would change it.
    findings, against : tuple of Finding
        Evidence that bears on the claim, and evidence against or limiting it.
    misconceptions : tuple of Misconception
    """

    id: str
    lesson: str
    short: str
    arrow_from: str
    arrow_to: str
    says: str
    verdict: Level
    grade: Level
    grade_note: str
    explanation: str
    change_our_mind: str
    findings: tuple[Finding, ...]
    against: tuple[Finding, ...]
    misconceptions: tuple[Misconception, ...]

    @property
    def citation_keys(self) -> tuple[str, ...]:
        """Bibliography keys of all findings, each once, in order of appearance."""
        return tuple(dict.fromkeys(f.citation_key for f in self.findings + self.against))


def _file() -> Path:
    return assets_dir() / "claims.yaml"


@cache
def _document() -> dict:
    return read_yaml(_file())


def _levels(scale: str) -> Mapping[str, Level]:
    return MappingProxyType({entry["id"]: Level(**entry) for entry in _document()[scale]})


def verdicts() -> Mapping[str, Level]:
    """Return the verdict scale, by id, from best to worst supported."""
    return _levels("verdicts")


def grades() -> Mapping[str, Level]:
    """Return the evidence grades, by id, from strongest to weakest."""
    return _levels("grades")


def trust_steps() -> Mapping[str, str]:
    """Return the steps on which a reader marks a claim, id to words, from trust to mistrust."""
    return MappingProxyType({entry["id"]: entry["words"] for entry in _document()["trust_steps"]})


def _claim(entry: dict) -> Claim:
    fields = dict(entry)
    ends = fields.pop("arrow")
    for scale, levels in (("verdict", verdicts()), ("grade", grades())):
        if fields[scale] not in levels:
            raise ValueError(f"{scale} {fields[scale]!r} is not one of {list(levels)}")
        fields[scale] = levels[fields[scale]]
    for side in ("findings", "against"):
        fields[side] = tuple(Finding(**finding) for finding in fields[side])
    fields["misconceptions"] = tuple(Misconception(**m) for m in fields["misconceptions"])
    return Claim(arrow_from=ends["from"], arrow_to=ends["to"], **fields)


@cache
def claims() -> Mapping[str, Claim]:
    """Return all claims by id, in course order.

    Raises
    ------
    ValueError
        If an entry of ``claims.yaml`` is incomplete or wrong; the message names the claim.
    """
    by_id = {}
    for entry in _document()["claims"]:
        try:
            by_id[entry["id"]] = _claim(entry)
        except (KeyError, TypeError, ValueError) as error:
            name = entry.get("id", "without id")
            raise ValueError(f"Claim {name} in {_file()} needs correcting: {error}") from error
    return MappingProxyType(by_id)


def claim(claim_id: str) -> Claim:
    """Return one claim.

    Raises
    ------
    KeyError
        If there is no such claim; the message lists near matches.
    """
    if claim_id not in claims():
        raise unknown("claim", claim_id, claims(), _file())
    return claims()[claim_id]
