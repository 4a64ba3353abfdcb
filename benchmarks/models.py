"""Time the models: ``python -m benchmarks.models`` prints best times and fails over a bar.

A row is ``name: (callable, bar_ms)``; the bar is what one redraw of a lesson may cost.
"""

import sys
import time
from pathlib import Path

import numpy as np

from igf1lab.models import (
    brain,
    chromatin,
    colon,
    colonisation,
    gh_axis,
    liver,
    metabolism,
    pituitary,
    skin,
    toy_axis,
    vessels,
    whole_axis,
)

ROUNDS = 7


def close_wound():
    """Solve the front afresh: the skin model keeps its last runs."""
    skin._close.cache_clear()
    skin.simulate()


_TABLE = np.genfromtxt(
    Path(__file__).parents[1] / "assets" / "tables" / "colon_grid.csv", delimiter=",", names=True
)
COLON_GRID = {name: _TABLE[name] for name in _TABLE.dtype.names}

MODELS = {
    "M1 24 h": (lambda: gh_axis.simulate(24), 3),
    "M1 48 h": (lambda: gh_axis.simulate(48), 6),
    "M1 48 h, infusion": (lambda: gh_axis.simulate(48, infusion_ug_kg_h=12.5), 50),
    "M1 10 d": (lambda: gh_axis.simulate(240), 60),
    "M1 steady": (gh_axis.steady, 50),
    "M1 toy 24 h": (toy_axis.simulate, 3),
    "M2 lineage, 1 y": (brain.simulate, 1),
    "M3 300 min": (metabolism.simulate, 2),
    "M4 12 weeks": (vessels.simulate, 1.5),
    "M5 closure": (close_wound, 40),
    "M6 30 d": (colon.simulate, 20),
    "M7 steady": (liver.steady, 0.2),
    "M7 48 h": (liver.simulate, 2),
    "M8 mean field, 48 h": (chromatin.simulate, 3),
    "M8 one cell, 48 h": (chromatin.simulate_cell, 10),
    "M8 300 cells, 48 h": (chromatin.simulate_population, 25),
    "M9 dose response": (pituitary.simulate, 0.5),
    "M10 60 d": (colonisation.simulate, 5),
    "M11 one diet": (lambda: whole_axis.chain(COLON_GRID), 3),
    "M11 4000 worlds": (lambda: whole_axis.sample(COLON_GRID), 10),
    "M11 first-order indices": (lambda: whole_axis.sensitivity(COLON_GRID), 1500),
}


def best_ms(run, rounds=ROUNDS):
    """Shortest of several timed calls (ms), after one that is not timed."""
    run()
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return min(times) * 1000


def main():
    """Print one line a model; return 1 if any is slower than its bar."""
    slow = 0
    for name, (run, bar_ms) in MODELS.items():
        ms = best_ms(run)
        slow += ms > bar_ms
        print(f"{name:32} {ms:8.2f} ms  bar {bar_ms:g} ms{'  TOO SLOW' if ms > bar_ms else ''}")
    return int(slow > 0)


if __name__ == "__main__":
    sys.exit(main())
