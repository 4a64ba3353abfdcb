"""All tables of ``make bench``: model solve times, then the explorers in a real browser."""

import sys

from benchmarks import explorers, models, pages

print("Models: best of several runs against their bars")
slow_models = models.main()
print(
    f"\nExplorers: ms from slider event to painted pixels (bars: p95 {explorers.BAR_P95_MS} ms, "
    f"{explorers.BAR_RATIO}x faster than interact, first sweep {explorers.BAR_FIRST_S} s, all {explorers.BAR_ALL_S} s)"
)
slow_explorers = explorers.main()
print(
    f"\nExplorers on pages (bars: p95 {pages.BAR_P95_MS} ms, from Python {pages.BAR_WORKER_MS} ms)"
)
sys.exit(slow_models | slow_explorers | pages.main())
