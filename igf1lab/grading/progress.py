"""How far a command is: a bar with the time left on a terminal, plain lines elsewhere."""

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from igf1lab.grading.safe_text import line, say

_COUNTED = re.compile(r"\[(\d+)/(\d+)\] ")


@contextmanager
def told() -> Iterator[Callable[[object], None]]:
    """Yield what takes a command's lines; those that begin with [3/60] move the bar."""
    if not sys.stdout.isatty():
        yield say
        return
    from tqdm import tqdm

    bars = []

    def tell(text):
        counted = _COUNTED.match(str(text))
        if counted and not bars:
            bars.append(tqdm(total=int(counted[2]), unit="", dynamic_ncols=True, file=sys.stdout))
        if not bars:
            return say(text)
        bars[0].write(line(text), file=sys.stdout)
        if counted:
            bars[0].update(int(counted[1]) - bars[0].n)
        return None

    try:
        yield tell
    finally:
        for bar in bars:
            bar.close()
