"""Whether the numbers of an explorer's sentence are shown by its table, settings or curves."""

import re

import numpy as np

# A number in a sentence, but not the 1 of "IGF-1" or the 2 of "HCAR2".
NUMBER = re.compile(r"(?<![\w.,-])[+\u2212-]?\d+(?:,\d{3})*(?:\.\d+)?(?:e[+-]?\d+)?(?!\w)")
FEW_POINTS = 12


def unfounded(exploration, states) -> set[str]:
    """Numbers of the sentences that nothing shown bears out, each as the words around it.

    A number is borne out, to the digits that are printed, by the table, by a setting, or by an
    end or extreme of a curve. One that never changes in its sentence belongs to the wording.

    Returns
    -------
    set of str
        For example ``{"absorbs # mmol"}``.
    """
    places = {}  # wording, place in it -> the numbers met there, and whether they are founded
    for state in states:
        settings = {s.name: s.values[i] for s, i in zip(exploration.sliders, state, strict=True)}
        shown = exploration.view(**settings)
        known = _known_numbers(shown, settings)
        wording = NUMBER.sub("#", shown.sentence)
        for place, number in enumerate(NUMBER.findall(shown.sentence)):
            met = places.setdefault((wording, place), {})
            met[number] = met.get(number, True) and _is_among(number, known)
    return {
        _words_around(wording, place)
        for (wording, place), met in places.items()
        if len(met) > 1 and not all(met.values())
    }


def _known_numbers(shown, settings) -> np.ndarray:
    known = [value for value, _ in shown.numbers.values()]
    known += [value for value in settings.values() if not isinstance(value, str)]
    for curve in shown.curves.values():
        for part in curve if isinstance(curve, tuple) else (curve,):
            if len(part):
                # A curve of few points is read point by point, as a bar or a mark.
                known += list(part) if len(part) <= FEW_POINTS else [part[0], part[-1]]
                known += [np.min(part), np.max(part)]
    return np.asarray(known, float)


def _is_among(number: str, known: np.ndarray) -> bool:
    """Whether a printed number is one of ``known``; one without a sign may be a fall, too."""
    signed = number[0] in "+-−"
    value = float(number.replace(",", "").replace("−", "-"))
    digits, _, power = number.partition("e")
    half_a_digit = 0.5 * 10.0 ** (int(power or 0) - len(digits.partition(".")[2]))
    known = known if signed else np.abs(known)
    return bool(np.any(np.abs(known - value) <= half_a_digit * (1 + 1e-6) + 1e-9 * abs(value)))


def _words_around(wording: str, place: int) -> str:
    """One word before a ``#`` and one after it."""
    words = wording.split()
    at = [i for i, word in enumerate(words) for _ in range(word.count("#"))][place]
    return " ".join(words[max(at - 1, 0) : at + 2])
