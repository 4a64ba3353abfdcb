"""Time the models: ``python -m benchmarks.models`` prints best times and fails over a bar.

A row is ``name: (callable, bar_ms)``; the bar is what one redraw of a lesson may cost.
"""

import sys
import time

from igf1lab.models import brain, gh_axis, metabolism, skin, toy_axis, vessels

ROUNDS = 7


def close_wound():
    """Solve the front afresh: the skin model keeps its last runs."""
    skin._close.cache_clear()
    skin.simulate()


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
