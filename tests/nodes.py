"""Running the course's JavaScript: the node that Playwright brings along, else the one on the path."""

import json
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@cache
def node() -> str:
    """Return the path of a node; the test is skipped where there is none."""
    try:
        from playwright._impl._driver import compute_driver_executable

        found = compute_driver_executable()[0]
        if Path(found).exists():
            return str(found)
    except ImportError:
        pass
    return shutil.which("node") or pytest.skip("no node: install the package playwright")


def run(*arguments: str | Path, given=None, text: str | None = None) -> str:
    """Run node and return what it writes; a failure shows what node said."""
    done = subprocess.run(
        [node(), *map(str, arguments)],
        input=json.dumps(given) if text is None else text,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, f"{done.stderr}\n{done.stdout}"
    return done.stdout
