"""Lesson 0: a toy loop with two parameters, and the fact that the article leans on."""

from functools import lru_cache

import numpy as np

from igf1lab import evidence
from igf1lab.lesson import style
from igf1lab.lesson.outcome import Outcome
from igf1lab.lesson.plate import Plate
from igf1lab.lesson.rows import Exploration, Slider, View
from igf1lab.models import toy_axis
from igf1lab.models.toy_axis import PARAMETERS

TIME_H = np.linspace(0, 24, 241)
LATE_H = 12.0  # by then the toy has settled or pulses steadily
STILL = 0.02  # a swing below this share of the mean counts as level
BRAKE_DELAYS_H = (0.1, 1.0)  # the two delays of the prediction


@lru_cache(maxsize=256)
def _day(delay_h, strength):
    run = toy_axis.simulate(24.0, delay_h=delay_h, strength=strength)
    return np.interp(TIME_H, run.time_h, run.gh_relative)


def _swing(level):
    late = level[TIME_H >= LATE_H]
    return (late.max() - late.min()) / late.mean()


def _loop_view(delay_h, strength):
    level = _day(delay_h, strength)
    late = level[TIME_H >= LATE_H]
    swing = _swing(level)
    told = (
        f"settles at {late.mean():.2f} times its steady level"
        if swing < STILL
        else f"still swings after 12 h, between {late.min():.2f} and {late.max():.2f} times its steady level"
    )
    return View(
        curves={"level": level},
        sentence=f"With a delay of {delay_h:g} h and strength {strength:g}, the hormone {told}.",
        numbers={
            "lowest after 12 h": (late.min(), "× steady"),
            "highest after 12 h": (late.max(), "× steady"),
            "swing after 12 h": (100 * swing, "%"),
        },
    )


def _loop_draw():
    fig, (ax,) = style.figure(height=3.0)
    style.label_axes(
        ax, title="A hormone that holds itself back", x="time (h)", y="level (× steady)"
    )
    ax.set(xlim=(0, 24), ylim=(0, 2.05), xticks=range(0, 25, 4))
    ax.axhline(1, color=style.MUTED, linestyle=":", linewidth=1.2)
    (level,) = ax.plot(TIME_H, TIME_H * 0, label="hormone", **style.series(0))
    return fig, {"level": level}


def loop() -> Exploration:
    """A toy feedback loop with a delay and a strength."""
    return Exploration(
        name="loop",
        title="A loop with a late brake",
        view=_loop_view,
        draw=_loop_draw,
        sliders=[Slider.of(PARAMETERS["delay_h"]), Slider.of(PARAMETERS["strength"])],
        scenarios={
            "Prompt brake": {"delay_h": BRAKE_DELAYS_H[0]},
            "Late brake": {"delay_h": BRAKE_DELAYS_H[1]},
        },
    )


def delay_outcome() -> Outcome:
    """What a late brake does to the level."""
    prompt, late = (_day(delay, PARAMETERS["strength"].value) for delay in BRAKE_DELAYS_H)
    pulses = _swing(prompt) < STILL < _swing(late)
    shown = late[TIME_H >= LATE_H]
    return Outcome(
        answer="pulses" if pulses else "level",
        text=(
            f"With the brake {BRAKE_DELAYS_H[1]:g} h late the level swings between {shown.min():.2f} and "
            f"{shown.max():.2f} times its steady value and never settles."
        ),
    )


def by_age() -> Plate:
    """Median IGF-1 of 15,014 people by age and sex."""
    table = evidence.dataset("DS-1A-REF-IGF1")
    age = table.column("age")
    fig, (ax,) = style.figure()
    style.label_axes(
        ax, title="After puberty IGF-1 falls with age", x="age (years)", y="median IGF-1 (ng/mL)"
    )
    told = []
    for i, (sex, word) in enumerate((("male", "men"), ("female", "women"))):
        median = table.column(f"{sex}_median")
        ax.plot(age, median, label=word, **style.series(i))
        peak = int(np.argmax(median))
        told.append(
            f"{word}: peak {median[peak]:.0f} at {age[peak]:.0f} years, {median[-1]:.0f} at {age[-1]:.0f}"
        )
    ax.set(xlim=(0, 95), ylim=(0, 350))
    ax.legend()
    return Plate(
        fig,
        f"Median total IGF-1 in ng/mL against age. It rises to 15, falls steeply to 30, then slowly; in women it levels off near 80. {'; '.join(told)}.",
        "15,014 people, one assay. The fall is real; what it means is the subject of the course.",
        table.sources,
    )


EXPLORERS = {"loop": loop}
# The claims whose model an explorer moves.
SHOWS = {"loop": ("AXIS-1",)}
OUTCOMES = {"start-late-brake": delay_outcome}
FIGURES = {"by_age": by_age}
