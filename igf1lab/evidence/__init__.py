"""Claims, verdicts, references and datasets, read from ``assets/``; tables made from them."""

from igf1lab.evidence import render
from igf1lab.evidence.bibliography import Reference, reference, references
from igf1lab.evidence.claims import (
    Claim,
    Finding,
    Level,
    Misconception,
    claim,
    claims,
    grades,
    trust_steps,
    verdicts,
)
from igf1lab.evidence.datasets import Column, Dataset, dataset, dataset_ids, model_table
from igf1lab.evidence.paths import assets_dir, read_yaml

__all__ = [
    "Claim",
    "Column",
    "Dataset",
    "Finding",
    "Level",
    "Misconception",
    "Reference",
    "assets_dir",
    "claim",
    "claims",
    "dataset",
    "dataset_ids",
    "grades",
    "model_table",
    "read_yaml",
    "reference",
    "references",
    "render",
    "trust_steps",
    "verdicts",
]
