"""Lesson 2: the gate into the brain, amyloid-beta and its label, and conflicting human data."""

import math
from functools import lru_cache

import numpy as np

from igf1lab import evidence
from igf1lab.lesson import style
from igf1lab.lesson.outcome import Outcome
from igf1lab.lesson.plate import Plate, forest, forest_alt
from igf1lab.lesson.rows import Exploration, Slider, View
from igf1lab.models import brain
from igf1lab.models.brain import PARAMETERS

SERUM_NG_ML = np.linspace(0, 700, 141)
AGE_Y = np.linspace(20, 90, 71)
LABEL_H = np.linspace(0, 36, 145)
REFERENCE_NG_ML = PARAMETERS["serum_reference_ng_ml"].value

TRIAL_GAIN_NG_ML = 61.4  # IGF-1 over placebo in the MK-677 trial, second-hand (medpage2008)
BEFORE_NG_ML, AFTER_NG_ML = 200.0, 400.0  # the doubling that the prediction asks about


def _serum_slider() -> Slider:
    return Slider.of(PARAMETERS["serum_igf1_ng_ml"], label="IGF-1 in blood", low=20, step=20)


# --- the gate and the slow lineage -----------------------------------------------------------


@lru_cache(maxsize=512)
def _year(**settings):
    """Return the lineage over the year after a change of settings on day 0."""
    return brain.simulate(days=365, points=147, **settings)


def doubling_rise_percent(serum_ng_ml: float, **changes) -> float:
    """By how many percent brain IGF-1 rises when serum IGF-1 (ng/mL) doubles."""
    before, after = brain.brain_igf1(np.array([serum_ng_ml, 2 * serum_ng_ml]), **changes)
    return 100 * (after / before - 1)


def _compared(ratio: float) -> str:
    percent = round(100 * (ratio - 1))
    if percent == 0:
        return "the same as the reference"
    return f"{abs(percent)} % {'above' if percent > 0 else 'below'} the reference"


def _gate_view(serum_igf1_ng_ml, **gate):
    year = _year(serum_igf1_ng_ml=serum_igf1_ng_ml, **gate)
    entry = {name: gate[name] for name in ("q", "K_m", "B_loc")}
    month, final = np.interp([30, 365], year.time_d, year.neurons_added_per_day)
    rise = doubling_rise_percent(serum_igf1_ng_ml, **entry)
    return View(
        curves={
            "gate": brain.brain_igf1(SERUM_NG_ML, **entry),
            "here": (np.array([serum_igf1_ng_ml]), np.array([year.brain_igf1_ng_ml])),
            "neurons": year.neurons_added_per_day,
        },
        sentence=(
            f"With {serum_igf1_ng_ml:.0f} ng/mL in blood "
            f"({_compared(serum_igf1_ng_ml / REFERENCE_NG_ML)}) the brain has "
            f"{year.brain_igf1_ng_ml:.2f} ng/mL ({_compared(year.brain_relative)}), and after a "
            f"year {final:.0f} new neurons a day instead of 700."
        ),
        numbers={
            "brain IGF-1": (year.brain_igf1_ng_ml, "ng/mL"),
            "brain, of reference": (100 * year.brain_relative, "%"),
            "brain, of blood": (100 * year.brain_igf1_ng_ml / serum_igf1_ng_ml, "%"),
            "rise in the brain if blood now doubled": (rise, "%"),
            "new neurons after 1 month": (month, "per day"),
            "new neurons after 12 months": (final, "per day"),
        },
    )


def _gate_draw():
    fig, (top, low) = style.figure(2, height=5.6)
    style.label_axes(
        top, title="The gate levels off", x="total IGF-1 in blood (ng/mL)", y="in brain (ng/mL)"
    )
    top.set(xlim=(0, 700), ylim=(0, 6.4))
    slope = brain.steady().brain_igf1_ng_ml / REFERENCE_NG_ML
    top.plot(SERUM_NG_ML, slope * SERUM_NG_ML, color=style.MUTED, linestyle=":", linewidth=1.5)
    top.text(470, 5.5, "if brain\nfollowed blood", color=style.MUTED, fontsize=9, ha="right")
    (gate,) = top.plot(SERUM_NG_ML, SERUM_NG_ML, label="brain IGF-1", **style.series(0))
    (here,) = top.plot([0], [0], "D", color=style.SERIES[1], markersize=9, label="this person")
    style.label_axes(
        low,
        title="New neurons follow over months",
        x="days after the change",
        y="new neurons per day",
    )
    low.set(xlim=(0, 365), ylim=(0, 1300))
    low.axhline(700, color=style.MUTED, linestyle=":", linewidth=1.5)
    low.text(362, 610, "reference, 700 a day", ha="right", va="top", color=style.MUTED, fontsize=9)
    (neurons,) = low.plot(
        np.linspace(0, 365, 147), np.zeros(147), label="new neurons", **style.series(2)
    )
    return fig, {"gate": gate, "here": here, "neurons": neurons}


def gate() -> Exploration:
    """Serum IGF-1, what of it stands behind the gate, and the new neurons that follow."""
    return Exploration(
        name="brain-gate",
        title="From blood to brain to new neurons",
        view=_gate_view,
        draw=_gate_draw,
        sliders=[
            _serum_slider(),
            Slider.of(PARAMETERS["q"], label="gate opening, times normal"),
            Slider.of(PARAMETERS["K_m"], label="half-filling level of the gate", step=10),
            Slider.of(PARAMETERS["B_loc"], label="IGF-1 made in the brain"),
            Slider.of(PARAMETERS["e"], label="ceiling of the effect on neurons", high=1.5),
        ],
        scenarios={
            "Blood at 400": {"serum_igf1_ng_ml": 400},
            "Blood at 60": {"serum_igf1_ng_ml": 60},
            "Gate opened (exercise)": {"q": 1.5},
        },
    )


def doubling_outcome() -> Outcome:
    """By how much brain IGF-1 rises (percent) when blood goes from 200 to 400 ng/mL."""
    before, after = brain.brain_igf1(np.array([BEFORE_NG_ML, AFTER_NG_ML]))
    rise = doubling_rise_percent(BEFORE_NG_ML)
    gates = [doubling_rise_percent(BEFORE_NG_ML, K_m=K_m) for K_m in (20, 200)]
    return Outcome(
        answer=rise,
        text=(
            f"In the model brain IGF-1 goes from {before:.2f} to {after:.2f} ng/mL, a rise of "
            f"{rise:.0f} %. The half-filling level behind it is chosen: anywhere from 20 to 200 ng/mL "
            f"the rise is {gates[0]:.0f} to {gates[1]:.0f} %, never near 100 %."
        ),
        reveal=_doubling_plate,
    )


def _doubling_plate() -> Plate:
    before, after = brain.brain_igf1(np.array([BEFORE_NG_ML, AFTER_NG_ML]))
    rise = doubling_rise_percent(BEFORE_NG_ML)
    fig, (ax,) = style.figure(height=3.2)
    style.label_axes(
        ax,
        title="Blood doubles, the brain hardly notices",
        x="total IGF-1 in blood (ng/mL)",
        y="brain IGF-1 (ng/mL)",
    )
    ax.set(xlim=(0, 500), ylim=(0, 4))
    ax.plot(SERUM_NG_ML, brain.brain_igf1(SERUM_NG_ML), **style.series(0))
    ax.plot([0, 2 * BEFORE_NG_ML], [0, 2 * before], color=style.MUTED, linestyle=":")
    ax.plot([BEFORE_NG_ML, AFTER_NG_ML], [before, after], "D", color=style.SERIES[1])
    ax.text(395, 3.72, "if the brain followed", ha="right", fontsize=9, color=style.MUTED)
    ax.text(AFTER_NG_ML, after - 0.5, f"+{rise:.0f} %", ha="center", color=style.INK)
    alt = (
        f"Curve of brain IGF-1 against blood IGF-1 that levels off. From {BEFORE_NG_ML:.0f} to "
        f"{AFTER_NG_ML:.0f} ng/mL in blood the brain goes from {before:.2f} to {after:.2f} ng/mL, "
        f"a rise of {rise:.0f} %; a dotted line shows the {2 * before:.2f} ng/mL of a brain that "
        "followed blood."
    )
    return Plate(fig, alt, "Model, people; the plateau was seen in rats.", ("armstrong2000",))


# --- amyloid-beta and its label ----------------------------------------------------------------


def labelled_share(half_life_h: float) -> np.ndarray:
    """Labelled share of amyloid-beta (%) in a person whose level is steady: made = cleared."""
    rate = 100 * math.log(2) / half_life_h  # %/h
    return brain.labelled_fraction(LABEL_H, FSR=rate, FCR=rate)


def _amyloid_view(age_y, psi, **settings):
    """Show the level over age, this person, and this person's labelled share."""
    now = brain.steady(age_y=age_y, psi=psi, **settings)
    by_age = [brain.steady(age_y=age, psi=psi, **settings).amyloid_relative for age in AGE_Y]
    share = labelled_share(now.amyloid_half_life_h)
    return View(
        curves={
            "by_age": np.array(by_age),
            "here": (np.array([age_y]), np.array([now.amyloid_relative])),
            "label": share,
        },
        sentence=(
            f"At {age_y:.0f} years amyloid-beta has a half-life of {now.amyloid_half_life_h:.1f} h "
            f"and settles at {now.amyloid_relative:.2f} times the level of age 30; its label peaks "
            f"at {share.max():.0f} %."
        ),
        numbers={
            "amyloid-beta, age 30 = 1": (now.amyloid_relative, "times"),
            "half-life of amyloid-beta": (now.amyloid_half_life_h, "h"),
            "clearance": (100 * math.log(2) / now.amyloid_half_life_h, "%/h"),
            "brain IGF-1, of reference": (100 * now.brain_relative, "%"),
            "labelled share at 9 h": (share.max(), "%"),
            "labelled share at 36 h": (share[-1], "%"),
        },
    )


def _amyloid_draw():
    fig, (top, low) = style.figure(2, height=5.6)
    style.label_axes(
        top, title="Level = production / clearance", x="age (years)", y="amyloid-β (age 30 = 1)"
    )
    top.set(xlim=(20, 90), ylim=(0, 8))
    small = {"color": style.MUTED, "fontsize": 9, "ha": "right"}
    ages = [brain.steady(age_y=age).amyloid_relative for age in AGE_Y]
    top.plot(AGE_Y, ages, color=style.MUTED, linestyle=":", linewidth=1.5, label="reference")
    (by_age,) = top.plot(AGE_Y, ages, label="these settings", **style.series(0))
    (here,) = top.plot([30], [1], "D", color=style.SERIES[1], markersize=9, label="this age")
    top.text(89, 0.25, "decimals of the age line: unverified", **small)
    top.legend(loc="upper left")
    style.label_axes(
        low,
        title="Labelled leucine: 9 h in, then out",
        x="hours since the infusion began",
        y="labelled share (%)",
    )
    low.set(xlim=(0, 36), ylim=(0, 100), xticks=range(0, 37, 6))
    low.axvspan(0, PARAMETERS["infusion_h"].value, color=style.GRID, alpha=0.5, linewidth=0)
    low.text(0.3, 97, "infusion\n(9 h: unverified)", color=style.MUTED, fontsize=9, va="top")
    low.plot(
        LABEL_H,
        brain.labelled_fraction(LABEL_H),
        color=style.MUTED,
        linestyle="--",
        linewidth=1.5,
        label="published rates",
    )
    (label,) = low.plot(LABEL_H, np.zeros_like(LABEL_H), label="these settings", **style.series(0))
    low.legend(loc="upper right")
    return fig, {"by_age": by_age, "here": here, "label": label}


def amyloid() -> Exploration:
    """Amyloid-beta by age, with the labelled-leucine curve that measures its clearance."""
    return Exploration(
        name="brain-amyloid",
        title="Amyloid-β: made, cleared, measured",
        view=_amyloid_view,
        draw=_amyloid_draw,
        sliders=[
            Slider.of(PARAMETERS["age_y"], label="age", step=2, start=80),
            _serum_slider(),
            Slider.of(PARAMETERS["TNF"], label="inflammation (arbitrary units)"),
            Slider.of(PARAMETERS["psi"], label="production, times normal"),
            Slider.of(PARAMETERS["theta"], label="share of clearance that needs IGF-1", high=0.5),
        ],
        scenarios={
            "Aged 30": {"age_y": 30},
            "Aged 80, blood at 60": {"age_y": 80, "serum_igf1_ng_ml": 60},
            "Aged 80, blood at 400": {"age_y": 80, "serum_igf1_ng_ml": 400},
            "Aged 80, inflamed": {"age_y": 80, "TNF": 3},
        },
    )


# --- what the data say -------------------------------------------------------------------------


def _forest_with_words(rows, *, measure, title, null, log, xlim, room=0.0):
    """Forest plot in which a row without an interval stands there in words.

    ``rows`` holds (label, estimate, low, high, words); exactly one of interval and words is None.
    """
    labels = [row[0] for row in rows]
    numbers = np.array([[math.nan] * 3 if row[1] is None else row[1:4] for row in rows], float)
    fig = forest(labels, *numbers.T, measure=measure, title=title, null=null, log=log)
    fig.set_figheight(fig.get_figheight() + room)
    ax = fig.axes[0]
    ax.set_xlim(*xlim)
    for y, row in zip(range(len(rows) - 1, -1, -1), rows, strict=True):
        if row[4]:
            x = xlim[0] * 1.03 if log else xlim[0] + 2
            ax.text(x, y, row[4], va="center", fontsize=9, backgroundcolor=style.PAPER)
    drawn = [row for row in rows if row[1] is not None]
    alt = forest_alt(*zip(*(row[:4] for row in drawn), strict=True), measure=measure, null=null)
    said = "; ".join(f"{row[0]}: {row[4]}" for row in rows if row[4])
    return fig, f"{alt} Without a ratio to draw: {said}.".replace("\n", " ")


def _one(rows, **wanted):
    """Return the one row whose columns begin with the wanted texts."""
    (row,) = (r for r in rows if all(str(r[k]).startswith(v) for k, v in wanted.items()))
    return row


def dementia() -> Plate:
    """Show IGF-1 and dementia: cohorts, patients, genes and a trial, each in its own words."""
    table = evidence.dataset("DS-4-COGNITION").rows
    low = _one(table, study="Framingham")
    protein = _one(table, study="Older men")
    bottom = _one(table, measure="IGF-1 at lowest dementia")
    cases = _one(table, study="Case-control")
    genes = _one(table, study="Mendelian")
    raised = _one(table, measure="IGF-1 change")
    trial = _one(table, measure="CIBIC")
    words = [
        ("UK Biobank\ncohort", f"U-shape, least at {bottom['estimate']} nmol/L"),
        ("9 studies, patients\nminus controls", _difference(cases)),
        ("genes (Mendelian\nrandomisation)", genes["estimate"]),
        ("trial, IGF-1 raised\n" + _last(raised), trial["estimate"] + " in 12 months"),
    ]
    rows = [
        ("Framingham, lowest\nIGF-1 quarter", *_interval(low), None),
        ("older men, per doubling\nof IGFBP-3, not IGF-1", *_interval(protein), None),
        *((label, None, None, None, said) for label, said in words),
    ]
    fig, alt = _forest_with_words(
        rows,
        measure="hazard ratio (95 % interval)",
        title="Dementia: the studies disagree",
        null=1.0,
        log=True,
        xlim=(0.5, 2.5),
        room=0.9,
    )
    return Plate(
        fig,
        alt,
        "Two cohorts gave ratios. Framingham: low IGF-1 went with more dementia. Older men: IGF-1 itself "
        "showed no association, only its binding protein did. The other four studies gave no ratio on the pages read, so each says its "
        "result in words.",
        tuple(r["source_key"] for r in (low, protein, bottom, cases, genes, trial)),
    )


def _interval(row):
    return float(row["estimate"]), float(row["ci_low"]), float(row["ci_high"])


def _difference(row) -> str:
    estimate, low, high = _interval(row)
    return f"{estimate:.1f} ng/mL ({low:.0f} to {high:.0f})".replace("-", "−")


def _last(raised) -> str:
    """Last figure of the trial's 'six weeks; twelve months' cell, as '+72.9 %'."""
    return raised["estimate"].split(";")[-1].strip() + " %"


def trial_rise() -> float:
    """Rise of serum IGF-1 in the MK-677 trial after 12 months, as a fraction (sevigny2008)."""
    raised = _one(evidence.dataset("DS-4-COGNITION").rows, measure="IGF-1 change")
    return float(_last(raised).rstrip(" %")) / 100


def trial_start_ng_ml() -> float:
    """Serum IGF-1 at which the trial's rise in percent is its reported gain (medpage2008)."""
    return TRIAL_GAIN_NG_ML / trial_rise()


def trial() -> Plate:
    """Show the trial's measured rise in blood, and what the model lets through to the brain."""
    rise, start = trial_rise(), trial_start_ng_ml()
    before, after = (
        brain.steady(serum_igf1_ng_ml=level, age_y=80) for level in (start, start * (1 + rise))
    )
    shown = {
        "blood IGF-1\n(measured)": 100 * rise,
        "brain IGF-1\n(model)": 100 * (after.brain_relative / before.brain_relative - 1),
        "new neurons\n(model)": 100
        * (after.neurons_added_per_day / before.neurons_added_per_day - 1),
        "amyloid-β\n(model)": 100 * (after.amyloid_relative / before.amyloid_relative - 1),
    }
    fig, (ax,) = style.figure(height=3.4)
    style.label_axes(ax, title="A large rise, met by a gate", x="", y="change (%)")
    for i, (label, change) in enumerate(shown.items()):
        colour = style.SERIES[0] if i == 0 else style.SERIES[1]
        ax.bar(label, change, 0.6, color=colour, hatch="" if i == 0 else "//", edgecolor="white")
        ax.text(i, max(change, 0) + 2, f"{change:+.1f} %".replace("-", "−"), ha="center")
    ax.axhline(0, color=style.INK, linewidth=1)
    ax.set(ylim=(-10, 90))
    ax.grid(axis="x", visible=False)
    told = "; ".join(f"{k} {v:+.1f} %" for k, v in shown.items()).replace("\n", " ")
    return Plate(
        fig,
        f"Bar chart of changes in percent. {told}. The first bar is measured, the others are the "
        "model's. The trial found no difference in any clinical score.",
        "The first bar is the trial's 12-month rise. The hatched bars start from "
        f"{start:.0f} ng/mL, the level at which that rise is the {TRIAL_GAIN_NG_ML:g} ng/mL that "
        "a news report gives (second-hand). The patients' scores did not differ from placebo.",
        ("sevigny2008", "medpage2008"),
    )


def depression() -> Plate:
    """New depressive symptoms by fifth of IGF-1 in an English cohort."""
    rows = evidence.dataset("DS-5A-DEPRESSION-COHORT").rows
    fig, (ax,) = style.figure(height=3.6)
    style.label_axes(
        ax,
        title="New depressive symptoms by IGF-1",
        x="fifth of IGF-1 (1 = lowest, reference)",
        y="odds ratio (95 % interval)",
    )
    told = []
    for i, (sex, marker) in enumerate((("men", "o"), ("women", "s"))):
        mine = [r for r in rows if r["sex"] == sex]
        fifth = np.array([float(r["quintile"]) for r in mine]) + (i - 0.5) * 0.16
        odds = np.array([float(r["odds_ratio"]) for r in mine])
        spread = [
            [0 if r["ci_low"] is None else float(r["odds_ratio"]) - float(r["ci_low"]) for r in mine],
            [0 if r["ci_high"] is None else float(r["ci_high"]) - float(r["odds_ratio"]) for r in mine],
        ]  # fmt: skip
        ax.errorbar(fifth, odds, yerr=spread, fmt=marker, capsize=3, label=sex, **style.series(i))
        told.append(f"{sex} " + ", ".join(f"{o:g}" for o in odds))
    ax.axhline(1, color=style.MUTED, linestyle=":", linewidth=1.2)
    ax.set(yscale="log", ylim=(0.25, 2), xlim=(0.5, 5.5), xticks=range(1, 6))
    ax.set_yticks([0.25, 0.5, 1, 2], labels=["0.25", "0.5", "1", "2"])
    ax.yaxis.set_minor_formatter("")
    ax.legend(loc="upper right", ncols=2)
    return Plate(
        fig,
        f"Odds ratios of new depressive symptoms from the lowest fifth of IGF-1 up: "
        f"{'; '.join(told)}. The women's highest fifth is missing. In men the middle is lowest.",
        "6,017 older adults, adjusted for age. The women's highest fifth was cut off on the page "
        "read. All of the women's intervals, and the men's two highest, include 1.",
        ("chigogora2016",),
    )


def patients() -> Plate:
    """IGF-1 of patients with mood disorders less that of controls."""
    table = evidence.dataset("DS-5B-DEPRESSION-PATIENTS").rows
    rows = []
    for row in table:
        label = row["group"].removesuffix(" (d)").replace(" minus ", "\nminus ")
        label = label.replace(" vs ", "\nvs ")
        if row["ci_low"] is None:
            size = f"d = {float(row['estimate']):+.2f}".replace("-", "−")
            direction = "higher" if float(row["estimate"]) > 0 else "lower"
            rows.append((label, None, None, None, f"{direction}: {size}, p = {row['p']:g}"))
        else:
            rows.append((label, *_interval(row), None))
    fig, alt = _forest_with_words(
        rows,
        measure="difference in IGF-1, as printed (95 % interval)",
        title="Patients have more IGF-1, mostly",
        null=0.0,
        log=False,
        xlim=(-10, 135),
        room=0.8,
    )
    return Plate(
        fig,
        alt.replace("Without a ratio to draw", "In another unit (Cohen's d)"),
        "Top two: pooled case-control studies, unit not given on the page read. The others: one "
        "study in another unit (Cohen's d; no interval printed), so they stand in words, not on the axis. p = 0.09 "
        "leaves chance open.",
        tuple(dict.fromkeys(r["source_key"] for r in table)),
    )


EXPLORERS = {"gate": gate, "amyloid": amyloid}
# The claims whose model an explorer moves, and those that none does.
SHOWS = {"gate": ("NEURO-1", "NEURO-2"), "amyloid": ("NEURO-3",)}
NOT_MODELLED = {"NEURO-4": "no model carries mood; studies of people are compared instead"}
OUTCOMES = {"brain-doubling": doubling_outcome}
FIGURES = {"dementia": dementia, "trial": trial, "depression": depression, "patients": patients}
