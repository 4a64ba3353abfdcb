"""Lesson 5: a wound that closes as a travelling front, collagen turnover, and length of life."""

import math
import re
from functools import lru_cache

import numpy as np

from igf1lab import evidence
from igf1lab.lesson import style
from igf1lab.lesson.outcome import Outcome
from igf1lab.lesson.plate import Plate, forest_plate
from igf1lab.lesson.rows import Exploration, Slider, View, closed_band
from igf1lab.models import skin
from igf1lab.models.skin import PARAMETERS

DAYS = np.linspace(0, 35, 141)
ANGLE = np.linspace(0, 2 * np.pi, 121)
DAY_END = 35


# --- the wound -------------------------------------------------------------------------------


@lru_cache(maxsize=160)
def _course(growth_igf1, epsilon, D):
    """One closure: the day slider reads from it and never runs the model."""
    return skin.simulate(igf1_relative=growth_igf1, epsilon=epsilon, D=D, snapshots=71)


def closing_speed(course) -> float:
    """Speed of the edge (wound radii per time unit) between 70 % and 30 % of the radius."""
    early, late = np.interp([-0.7, -0.3], -course.radius, course.time)
    return 0.4 / (late - early)


def front_scale(course, D) -> float:
    """The front's own unit of speed: √(migration × division), wound radii per time unit."""
    return math.sqrt(D * course.growth)


def _wound_view(day, igf1_relative, D, epsilon):
    course = _course(igf1_relative, epsilon, D)
    radius = float(course.radius_on(day))
    snapshot = int(np.argmin(np.abs(course.snapshot_time_d - day)))
    cells = (
        course.cell_density[snapshot] if day < course.closure_time_d else course.cell_density[-1]
    )
    speed, scale = closing_speed(course), front_scale(course, D)
    state = f"still {100 * radius:.0f} % of its radius open" if radius > 0 else "closed"
    return View(
        curves={
            "open": (radius * np.cos(ANGLE), radius * np.sin(ANGLE)),
            "cells": closed_band(course.r, np.zeros_like(course.r), cells),
            "radius": 100 * course.radius_on(DAYS),
            "now": (np.array([day]), np.array([100 * radius])),
        },
        sentence=(
            f"On day {day:g} the wound is {state}; it closes on day {course.closure_time_d:.1f} at "
            f"{igf1_relative:g} times normal IGF-1, and its edge moves at {speed / scale:.2f} times "
            "√(migration × division)."
        ),
        numbers={
            "open radius": (100 * radius, "%"),
            "open area": (100 * radius**2, "%"),
            "day of closure": (course.closure_time_d, "d"),
            "division, times normal": (course.growth, ""),
            "speed of the edge": (1000 * speed, "thousandths of the radius per time unit"),
            "√(migration × division)": (1000 * scale, "same unit"),
            "speed over that root": (speed / scale, ""),
        },
    )


def _wound_draw():
    from matplotlib.figure import Figure

    with style.course_style():
        fig = Figure(figsize=(5.8, 5.6))
        axes = fig.subplot_mosaic([["picture", "cells"], ["radius", "radius"]])
    picture, cells, radius = axes["picture"], axes["cells"], axes["radius"]
    style.label_axes(picture, title="From above", x="distance (radii)", y="")
    picture.set(xlim=(-1.25, 1.25), ylim=(-1.25, 1.25), xticks=[-1, 0, 1], yticks=[], aspect=1)
    picture.set_facecolor("none")
    picture.grid(visible=False)
    picture.fill(np.cos(ANGLE), np.sin(ANGLE), color=style.SERIES[5], alpha=0.35)
    picture.plot(np.cos(ANGLE), np.sin(ANGLE), color=style.MUTED, linestyle=":", linewidth=1.2)
    style.label_axes(
        cells, title="Cells across it", x="distance (radii)", y="density, 1 = unwounded"
    )
    cells.set(xlim=(0, 1), ylim=(0, 1.2))
    cells.axhline(PARAMETERS["healed"].value, color=style.MUTED, linestyle=":", linewidth=1.2)
    cells.text(0.02, 0.83, "healed", color=style.MUTED, fontsize=9)
    style.label_axes(radius, title="The open radius", x="time (days)", y="open radius (%)")
    radius.set(xlim=(0, DAY_END), ylim=(0, 105))
    (curve,) = radius.plot(DAYS, DAYS, label="open radius", **style.series(0))
    (now,) = radius.plot([0], [0], "o", color=style.SERIES[4], markersize=9, label="today")
    return fig, {
        "open": style.empty_area(picture, "open wound", facecolor=style.SERIES[4]),
        "cells": style.empty_area(cells, "cells", facecolor=style.SERIES[0], alpha=0.5),
        "radius": curve,
        "now": now,
    }


def wound() -> Exploration:
    """A round wound from above, its cells from centre to edge, and its radius day by day."""
    return Exploration(
        name="wound",
        title="A round wound, day by day",
        view=_wound_view,
        draw=_wound_draw,
        sliders=[
            Slider.over("day", "day", "d", 0, DAY_END, 6, step=0.5),
            Slider.of(PARAMETERS["igf1_relative"], label="IGF-1, times normal", step=0.2),
            Slider.of(PARAMETERS["D"], label="migration of cells", low=2e-4, step=1e-4),
            Slider.of(
                PARAMETERS["epsilon"], label="chosen gain of IGF-1 on division (ε)", step=0.1
            ),
        ],
        scenarios={
            "Three times the IGF-1": {"igf1_relative": 3.0},
            "Almost no IGF-1": {"igf1_relative": 0.2},
            "Migration times four": {"D": 2e-3},
            "Slow cells": {"D": 2e-4},
        },
    )


def _closure_d(**changes):
    return skin.simulate(**changes).closure_time_d


def migration_outcome() -> Outcome:
    """Closure when cells migrate four times as easily."""
    normal, fast = _closure_d(), _closure_d(D=2e-3)
    return Outcome(
        answer="half",
        text=(
            f"The wound closes in {fast:.1f} instead of {normal:.1f} days, "
            f"{fast / normal:.2f} of the time."
        ),
        reveal=speeds,
    )


def speeds() -> Plate:
    """Measured speed of the edge against √(migration × division)."""
    runs = [(D, igf1) for D in (1e-4, 2.5e-4, 5e-4, 1e-3, 2e-3) for igf1 in (0.2, 1.0, 3.0)]
    courses = [_course(igf1, PARAMETERS["epsilon"].value, D) for D, igf1 in runs]
    scale = 1000 * np.array([front_scale(c, D) for c, (D, _) in zip(courses, runs, strict=True)])
    speed = 1000 * np.array([closing_speed(c) for c in courses])
    slope = float(scale @ speed / (scale @ scale))
    fig, (ax,) = style.figure()
    style.label_axes(
        ax,
        title="Speed goes with the root",
        x="√(migration × division), thousandths of the radius per time unit",
        y="speed of the edge (same unit)",
    )
    line = np.array([0, 65])
    ax.plot(line, slope * line, label=f"straight line, slope {slope:.1f}", **style.series(3))
    for k, igf1 in enumerate((0.2, 1.0, 3.0)):
        pick = [i for i, (_, level) in enumerate(runs) if level == igf1]
        ax.plot(
            scale[pick],
            speed[pick],
            "osD"[k],
            color=style.SERIES[k],
            label=f"IGF-1 {igf1:g} times normal",
        )
    ax.set(xlim=(0, 65), ylim=(0, 170))
    ax.legend(loc="upper left")
    low, high = (speed / scale).min(), (speed / scale).max()
    return Plate(
        fig,
        f"Scatter of {len(runs)} simulated wounds, five migrations at three levels of IGF-1. The speed "
        f"of the edge is {low:.1f} to {high:.1f} times the root of migration times division, close to "
        f"one straight line of slope {slope:.1f}.",
        "Each point is one wound of the full model. Four times the migration doubles the speed.",
    )


# --- collagen --------------------------------------------------------------------------------

YEAR = np.linspace(0, 365, 147)


def _collagen_view(igf1_relative, eta, half_life_d, collagen_start):
    settings = {"eta": eta, "k_d": math.log(2) / half_life_d, "collagen_start": collagen_start}
    course = skin.collagen(YEAR, igf1_relative=igf1_relative, **settings)
    final = skin.steady(igf1_relative=igf1_relative, **settings)
    after = skin.collagen(60.0, igf1_relative=igf1_relative, **settings)
    return View(
        curves={
            "collagen": 100 * course,
            "normal": 100 * skin.collagen(YEAR, igf1_relative=1.0, **settings),
            "final": np.full_like(YEAR, 100 * final),
        },
        sentence=(
            f"At {igf1_relative:g} times normal IGF-1 the scar holds {100 * after:.0f} % of the "
            f"collagen of unwounded skin after 60 days and {100 * course[-1]:.0f} % after a year, on its way to "
            f"{100 * final:.0f} % with a half-life of {half_life_d:.0f} days."
        ),
        numbers={
            "collagen after 60 days": (100 * after, "%"),
            "collagen after a year": (100 * course[-1], "%"),
            "collagen in the long run": (100 * final, "%"),
            "cell turnover, times normal": (
                skin.growth_multiplier(igf1_relative, PARAMETERS["epsilon"].value),
                "",
            ),
        },
    )


def _collagen_draw():
    fig, (ax,) = style.figure(height=3.8)
    style.label_axes(
        ax, title="Collagen of a scar", x="time (days)", y="collagen (% of unwounded skin)"
    )
    ax.set(xlim=(0, 365), ylim=(0, 215), xticks=[0, 60, 120, 180, 240, 300, 360])
    (collagen,) = ax.plot(YEAR, YEAR, label="at this IGF-1", **style.series(0))
    (normal,) = ax.plot(YEAR, YEAR, label="at normal IGF-1", **style.series(1))
    (final,) = ax.plot(YEAR, YEAR, label="long run", **style.series(3))
    ax.legend(loc="upper right", ncols=3)
    return fig, {"collagen": collagen, "normal": normal, "final": final}


def collagen() -> Exploration:
    """Collagen of a scar: made at a rate IGF-1 may change, removed with a half-life."""
    return Exploration(
        name="collagen",
        title="Making against removing collagen (all constants chosen)",
        view=_collagen_view,
        draw=_collagen_draw,
        sliders=[
            Slider.of(PARAMETERS["igf1_relative"], label="IGF-1, times normal"),
            Slider.of(PARAMETERS["eta"], label="chosen power of turnover on synthesis (η)"),
            Slider.over("half_life_d", "half-life of collagen", "d", 20, 360, 60, step=20),
            Slider.of(PARAMETERS["collagen_start"], label="collagen at day 0, 1 = unwounded"),
        ],
        scenarios={
            "Three times the IGF-1": {"igf1_relative": 3.0},
            "Slow turnover": {"half_life_d": 360.0},
            "Thick scar, normal IGF-1": {"collagen_start": 2.0},
        },
    )


# --- data figures ----------------------------------------------------------------------------

AGENTS = {
    "IGF-1": ("o", 0, "IGF-1 given"),
    "GH (not IGF-1)": ("s", 1, "GH given, not IGF-1"),
}


def healing_days() -> Plate:
    """Days saved in burned people: every row is a trial of GH."""
    rows = [r for r in evidence.dataset("DS-8-WOUND-COLLAGEN").rows if r["unit"] == "days"]
    assert all(r["agent"] == "GH (not IGF-1)" for r in rows)
    return forest_plate(
        rows,
        [f"{r['system'].removeprefix('burn patients, ')}\n{r['measure']}" for r in rows],
        estimate="effect",
        measure="change of healing time (days, 95 % interval)",
        title="Burned people given GH, not IGF-1",
        caption="One Cochrane review, rated low quality. Left of 0 is sooner. IGF-1 was not given.",
        null=0.0,
    )


def _times_untreated(row) -> float | None:
    """Effect of a row as a multiple of its comparison; None where it is not of that kind."""
    baseline = re.search(r"baseline ([\d.]+)", row["unit"])
    if baseline:
        return float(row["effect"]) / float(baseline[1])
    if row["unit"] == "fold":
        return float(row["effect"])
    return 1 + float(row["effect"]) / 100 if row["unit"].startswith("%") else None


def collagen_data() -> Plate:
    """Collagen and matrix as multiples of the comparison, by what was given and to whom."""
    rows = evidence.dataset("DS-8-WOUND-COLLAGEN").rows
    rows = [(r, times) for r in rows if (times := _times_untreated(r)) is not None]
    labels = [f"{r['system']}\n{r['measure']}" for r, _ in rows]
    y = np.arange(len(rows))[::-1]
    fig, (ax,) = style.figure(height=4.6)
    style.label_axes(
        ax,
        title="Matrix and cells after treatment",
        x="times the untreated value (or baseline)",
        y="",
    )
    ax.axvline(1, color=style.MUTED, linestyle=":", linewidth=1.2)
    for agent, (marker, colour, label) in AGENTS.items():
        pick = [k for k, (r, _) in enumerate(rows) if r["agent"] == agent]
        ax.plot(
            [rows[k][1] for k in pick],
            y[pick],
            marker,
            color=style.SERIES[colour],
            markersize=8,
            label=label,
        )
    ax.set(yticks=y, yticklabels=labels, xlim=(0.8, 4.2), ylim=(-0.7, len(rows) - 0.3))
    ax.legend(loc="lower right")
    told = "; ".join(
        f"{label.replace(chr(10), ', ')}, {row['agent']}: {times:.2g} times"
        for label, (row, times) in zip(labels, rows, strict=True)
    )
    return Plate(
        fig,
        f"Dot chart of matrix and cells after treatment as a multiple of the comparison. {told}.",
        "Cells in a dish, five adults with a rare deficiency (blood peptides, no control group), "
        "rats, and men given GH (p = 0.07). None measures collagen in the skin of people given IGF-1.",
        tuple(dict.fromkeys(r["source_key"] for r, _ in rows)),
    )


def lifespan() -> Plate:
    """Length of life of rodents with less, or more, GH or IGF-1 signal."""
    rows = evidence.dataset("DS-12-LIFESPAN").rows
    labels = [f"{r['model'].split(' (')[0]}, {r['sex']}" for r in rows]
    change = [float(r["change"]) for r in rows]
    y = np.arange(len(rows))[::-1]
    fig, (ax,) = style.figure(height=4.2)
    style.label_axes(
        ax, title="Less signal, and more (last two)", x="change of length of life (%)", y=""
    )
    style.mouse(ax)
    marks = {"both": ("o", 0), "female": ("s", 1), "male": ("D", 2)}
    for sex, (marker, colour) in marks.items():
        pick = [k for k, r in enumerate(rows) if r["sex"] == sex]
        ax.plot(
            [change[k] for k in pick],
            y[pick],
            marker,
            color=style.SERIES[colour],
            markersize=8,
            label={"both": "both sexes"}.get(sex, f"{sex}s"),
        )
    ax.axvline(0, color=style.MUTED, linestyle=":", linewidth=1.2)
    ax.set(yticks=y, yticklabels=labels, xlim=(-60, 60), ylim=(-0.7, len(rows) - 0.3))
    ax.legend(loc="upper left")
    told = "; ".join(f"{label}: {value:.0f} %" for label, value in zip(labels, change, strict=True))
    return Plate(
        fig,
        f"Dot chart of the change of length of life in rodents with less GH or IGF-1 signalling and, in the "
        f"last two rows, with more. {told}.",
        "Mice, and rats in the last row. 45 is the middle of a printed 40–50 %, 5 stands for 'less than 5 %', "
        "−50 for 'less than half', 0 in the last row for 'no significant effect'. The "
        "replication of Igf1r+/- found far less than the first report.",
        tuple(dict.fromkeys(r["source_key"] for r in rows)),
    )


def mortality() -> Plate:
    """Deaths of people at either end of IGF-1: meta-analyses and a large cohort."""
    rows = [
        r
        for r in evidence.dataset("DS-2-MORTALITY").rows
        if r["outcome"] == "all-cause" and r["source_key"] != "andreassen2009"
    ]
    rows = sorted(rows, key=_end_of_range)
    studies = {"burgers2011": "Burgers", "rahmani2022": "Rahmani", "xie2021": "Xie"}
    return forest_plate(
        rows,
        [f"{r['contrast']} ({studies[r['source_key']]})" for r in rows],
        measure="hazard ratio for death (95 % interval)",
        title="People: both ends, then high vs low",
        caption=(
            "Two meta-analyses and UK Biobank. Both ends lie to the right of the line. Comparing "
            "high with low, in the last row, jumps over the middle and sees almost nothing."
        ),
    )


def _end_of_range(row) -> int:
    """Sort low ends first, then high ends, then the row that skips the middle."""
    if row["contrast"] == "high vs low":
        return 2
    return int(row["contrast"].split()[0] in ("high", "highest", "90th"))


EXPLORERS = {"wound": wound, "collagen": collagen}
# The claims whose model an explorer moves, and those that none does.
SHOWS = {"wound": ("SKIN-2",), "collagen": ("SKIN-1",)}
NOT_MODELLED = {"SKIN-3": "no model carries length of life; lives are compared instead"}
OUTCOMES = {"skin-migration": migration_outcome}
FIGURES = {
    "healing_days": healing_days,
    "collagen_data": collagen_data,
    "lifespan": lifespan,
    "mortality": mortality,
}
