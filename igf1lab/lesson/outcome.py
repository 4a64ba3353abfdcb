"""What a model gives where a learner predicts: an answer, its words, and what is then shown."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Outcome:
    """What the model gives.

    Parameters
    ----------
    answer
        choice: the option key; number: the number in the prediction's unit; direction: curve key
        to ``up``, ``same`` or ``down``.
    text
        One or two sentences that say it in words and numbers.
    reveal
        Makes what is then shown: an object with ``_repr_html_``. None for nothing.
    """

    answer: object
    text: str
    reveal: Callable[[], object] | None = None
