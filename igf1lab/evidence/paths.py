"""Where the course's assets are, how a YAML one is read, and what to say when one is missing."""

from collections.abc import Iterable
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

import yaml

_PACKAGE = Path(__file__).resolve().parents[1]
_PLACES = (_PACKAGE / "_assets", _PACKAGE.parent / "assets")  # installed wheel, checkout


# The C loader is seven times faster and comes with every PyYAML wheel.
class _StrictLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """YAML's safe loader, which also refuses a key written twice in one mapping."""

    def construct_mapping(self, node, deep=False):
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                fault = f"the key {key!r} is written twice"
                raise yaml.constructor.ConstructorError(None, None, fault, node.start_mark)
        return super().construct_mapping(node, deep)


@cache
def assets_dir() -> Path:
    """Return the folder that holds claims, references, datasets, quizzes and figures.

    Raises
    ------
    FileNotFoundError
        If neither an installed package nor a checkout has it.
    """
    for place in _PLACES:
        if (place / "claims.yaml").is_file():
            return place
    raise FileNotFoundError(
        "The course's assets were not found: no claims.yaml in "
        + " or ".join(str(place) for place in _PLACES)
        + ". Reinstall igf1lab, or run it from a full checkout of the course."
    )


def read_yaml(file: Path) -> Any:
    """Return the content of a YAML file.

    Raises
    ------
    ValueError
        If it is not valid YAML, or a mapping has a key twice; the message names file and line.
    """
    try:
        return yaml.load(file.read_text(encoding="utf-8"), Loader=_StrictLoader)
    except yaml.YAMLError as error:
        raise ValueError(f"{file} is not valid YAML; correct it there: {error}") from error


def unknown(kind: str, name: str, known: Iterable[str], where: Path | str) -> KeyError:
    """Return the error for a ``name`` that is not among the ``known`` ones in ``where``."""
    known = sorted(known)
    near = [k for k in known if str(name).lower() in k.lower()]
    near = near[:5] or get_close_matches(str(name), known, n=3, cutoff=0.5)
    advice = f"Did you mean {', '.join(near)}?" if near else f"It has {', '.join(known[:12])}"
    return KeyError(f"There is no {kind} {name!r} in {where}. {advice}")
