"""Lesson 9: the sign of SCFA on growth hormone by preparation, the dose, and the step to IGF-1."""

from functools import lru_cache

import numpy as np

from igf1lab import evidence
from igf1lab.lesson import style
from igf1lab.lesson.outcome import Outcome
from igf1lab.lesson.plate import Plate
from igf1lab.lesson.rows import Exploration, Slider, View
from igf1lab.models import gh_axis, pituitary
from igf1lab.models.pituitary import PREPARATIONS

DOSES_UMOL_L = np.geomspace(1, 10_000, 121)
DOSE_STEPS = (*(m * 10**k for k in range(4) for m in (1, 1.5, 2, 3, 5, 7)), 10_000)
SENSITIVITY_STEPS = (1, 1.5, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100)
DAY_H = np.linspace(0, 24, 241)
BLOOD_UMOL_L = 5.0  # butyrate in the arteries of people, rounded up
ASKED_DOSE_UMOL_L = 1000.0  # the dish in which the tumour line was tested

# Words of the menus. A preparation's key in the model; a liver's GH-receptor block.
SUBJECTS = {
    "rat tumour line GH3": "gh3",
    "goat cells": "goat",
    "cow cells": "cow",
    "normal rat cells": "rat",
    "human (not measured)": "human",
}
LIVERS = {"answers normally": 0.0, "is half deaf to GH": 1.0, "is mostly deaf to GH": 4.0}


def release(subject: str, dose_umol_l, sensitivity: float = 1.0):
    """GH release relative to untreated cells; dose in µmol/L, number or array."""
    cells = PREPARATIONS[SUBJECTS[subject]]
    return pituitary.multiplier(
        np.asarray(dose_umol_l) / 1000, cells.effect, cells.half_mM / sensitivity
    )


def percent_words(relative: float) -> str:
    """A ratio in percent, with a decimal where the difference from 100 would else be lost."""
    percent = 100 * relative
    return f"{percent:.1f} %" if 0.04 < abs(percent - 100) < 10 else f"{percent:.0f} %"


# --- from the dish to the axis ---------------------------------------------------------------


@lru_cache(maxsize=1024)
def _day(pit_mult, receptor_block):
    """GH over one settled day (ng/mL), its mean, and mean total IGF-1 (ng/mL)."""
    run = gh_axis.simulate(48, start="steady", pit_mult=pit_mult, receptor_block=receptor_block)
    day = run.time_h >= 24
    gh = np.interp(DAY_H, run.time_h - 24, run.gh_ng_ml)
    return gh, run.gh_ng_ml[day].mean(), run.igf1_total_ng_ml[day].mean()


def in_the_axis(gh_release: float, receptor_block: float = 0.0):
    """One day of the axis at a release, held inside the range of the model; steps of 1 %."""
    limits = gh_axis.PARAMETERS["pit_mult"]
    held = float(np.clip(gh_release, limits.low, limits.high))
    return held, *_day(round(held, 2), receptor_block)


def _synergy_view(subject, dose_umol_l, sensitivity, liver):
    dose_response = release(subject, DOSES_UMOL_L, sensitivity)
    now = float(release(subject, dose_umol_l, sensitivity))
    held, gh, mean_gh, igf1 = in_the_axis(now, LIVERS[liver])
    _, mean_normal, igf1_normal = _day(1.0, 0.0)
    shares = 100 * np.array([held, mean_gh / mean_normal, igf1 / igf1_normal])
    if subject == "human (not measured)":
        begin = "No human pituitary has been tested, so the line stays at no effect"
    else:
        begin = (
            f"At {dose_umol_l:,g} µmol/L the {subject} "
            f"{'releases' if 'line' in subject else 'release'} "
            f"{percent_words(now)} of the untreated GH"
        )
    ceiling = ", held at its limit of 1.6 times," if held < now else ""
    return View(
        curves={
            "response": dose_response,
            "here": (np.array([dose_umol_l]), np.array([now])),
            "gh": gh,
            "shares": (shares, np.array([2, 1, 0])),
        },
        sentence=(
            f"{begin}; in the whole axis{ceiling} with a liver that {liver}, total IGF-1 is "
            f"{shares[2]:.0f} % of normal."
        ),
        numbers={
            "GH release, untreated = 100": (100 * now, "%"),
            "release put into the axis": (shares[0], "%"),
            "mean GH in the axis": (mean_gh, "ng/mL"),
            "mean GH, normal = 100": (shares[1], "%"),
            "total IGF-1": (igf1, "ng/mL"),
            "total IGF-1, normal = 100": (shares[2], "%"),
        },
    )


def blood_butyrate_umol_l() -> tuple[float, float]:
    """Butyrate of people: in the radial artery, and at its peak in the portal vein (µmol/L)."""
    rows = evidence.dataset("scfa_conc_blood").rows
    artery = next(r for r in rows if r["state"] == "before partial liver resection")
    portal = next(r for r in rows if r["state"].startswith("peak"))
    return float(artery["butyrate_umol_L"]), float(portal["butyrate_umol_L"])


def _dose_axes(ax):
    ax.set(xscale="log", xlim=(1, 10_000), ylim=(0, 4.2))
    ax.xaxis.set_major_formatter("{x:,.0f}")
    ax.axvspan(*blood_butyrate_umol_l(), color=style.SERIES[0], alpha=0.2, linewidth=0)
    ax.text(2.1, 3.95, "people:\nartery to\nportal vein", fontsize=9, va="top", color=style.MUTED)
    ax.plot([1000, 1000], [2, 4], "-", color=style.MUTED, linewidth=4, alpha=0.6)
    ax.text(850, 3.95, "GH3,\nmeasured", ha="right", va="top", fontsize=9, color=style.MUTED)
    ax.axhline(1, color=style.MUTED, linestyle=":", linewidth=1.2)


def _synergy_draw():
    fig, (dish, pulses, axis) = style.figure(
        3, height=7.4, gridspec_kw={"height_ratios": [1.2, 1, 0.7]}
    )
    style.label_axes(
        dish, title="In the dish", x="SCFA around the cells (µmol/L)", y="GH, untreated = 1"
    )
    _dose_axes(dish)
    (response,) = dish.plot(DOSES_UMOL_L, np.ones(121), label="model curve", **style.series(1))
    (here,) = dish.plot([5], [1], "D", color=style.SERIES[1], markersize=9, label="this dose")
    style.label_axes(pulses, title="In the axis: one day of GH", x="time (h)", y="GH (ng/mL)")
    pulses.set(xlim=(0, 24), ylim=(0, 10.5), xticks=range(0, 25, 4))
    pulses.plot(DAY_H, _day(1.0, 0.0)[0], ":", color=style.MUTED, label="normal")
    (gh,) = pulses.plot(DAY_H, DAY_H, label="now", **style.series(1))
    pulses.legend(loc="upper right", ncols=2)
    style.label_axes(axis, title="How far the push gets", x="percent of normal", y="")
    axis.set(xscale="log", xlim=(20, 500), ylim=(-0.6, 2.6), yticks=[2, 1, 0])
    axis.set_yticklabels(["release put in", "mean GH", "total IGF-1"])
    axis.set_xticks([25, 50, 100, 200, 400])
    axis.xaxis.set_major_formatter("{x:.0f}")
    axis.minorticks_off()
    axis.axvline(100, color=style.MUTED, linestyle=":", linewidth=1.5)
    (shares,) = axis.plot([100] * 3, [2, 1, 0], "D", color=style.SERIES[1], markersize=9)
    return fig, {"response": response, "here": here, "gh": gh, "shares": shares}


def synergy() -> Exploration:
    """Preparation and dose, GH release, pulses, and what is left of it in IGF-1."""
    return Exploration(
        name="gh-synergy",
        title="From the dish to IGF-1",
        view=_synergy_view,
        draw=_synergy_draw,
        sliders=[
            Slider.choice("subject", "tested in", list(SUBJECTS)),
            Slider("dose_umol_l", "SCFA at the pituitary", "µmol/L", DOSE_STEPS, 5),
            Slider("sensitivity", "sensitivity, times that of the dish", "", SENSITIVITY_STEPS, 1),
            Slider.choice("liver", "liver", list(LIVERS)),
        ],
        scenarios={
            "Tumour line in its dish": {"dose_umol_l": 1000},
            "Goat cells in their dish": {"subject": "goat cells", "dose_umol_l": 3000},
            "Goat cells at blood dose": {"subject": "goat cells"},
        },
    )


# --- predictions -----------------------------------------------------------------------------


def direction(effect: str) -> str | None:
    """Direction of GH in a row of the tally: up, same or down; None if GH was not reported."""
    if effect.startswith(("plasma IGF-I", "ghrelin")):
        return None
    if effect.startswith(("no change", "suppression abolished")):
        return "same"
    return "up" if effect.startswith("up") else "down"


def _gh_rows() -> list[dict]:
    """Rows of the tally in which GH itself was measured."""
    rows = evidence.dataset("gh_release_models").rows
    return [r for r in rows if direction(r["effect_on_GH"])]


def tally() -> Plate:
    """Which way GH went, study by study, grouped by what was tested."""
    rows = _gh_rows()
    places = {"down": 0, "same": 1, "up": 2}
    levels = list(dict.fromkeys(r["level"] for r in rows))
    y = np.arange(len(rows), 0, -1)
    fig, (ax,) = style.figure(height=4.4)
    style.label_axes(ax, title="SCFA and GH: it depends on what is asked", x="", y="")
    for i, level in enumerate(levels):
        pick = [k for k, r in enumerate(rows) if r["level"] == level]
        ax.plot(
            [places[direction(rows[k]["effect_on_GH"])] for k in pick],
            y[pick],
            "^oD"[i],
            color=style.SERIES[i],
            markersize=10,
            linestyle="none",
            label=level,
        )
    ax.text(1, 0, "? not tested", ha="center", va="center", color=style.MUTED)
    labels = [_row_label(r) for r in rows]
    ax.set(xlim=(-0.5, 2.5), ylim=(-0.7, len(rows) + 0.6), xticks=[0, 1, 2], yticks=[*y, 0])
    ax.set_xticklabels(["GH down", "no change", "GH up"])
    ax.set_yticklabels([*labels, "people"])
    ax.legend(loc="upper center", bbox_to_anchor=(0.25, -0.08), ncols=3)
    words = {"down": "GH down", "same": "no change", "up": "GH up"}
    told = "; ".join(
        f"{r['model']}, {r['scfa_and_dose']}: {words[direction(r['effect_on_GH'])]}" for r in rows
    )
    return Plate(
        fig,
        f"Chart of {len(rows)} results by direction. {told}; people: not tested.",
        "The two triangles on the right are tumour lines; the diamond there is a study in which more "
        "acid was more energy too. Directions only; the rat-cell study was "
        "read by its title alone.",
        tuple(dict.fromkeys(r["source_key"] for r in rows)),
    )


def _row_label(row) -> str:
    """Short name of a study: what was tested, and what told it from its neighbour."""
    name = row["model"].replace(" pituitary", "").replace(" tumour cells", " tumour line")
    name = name.replace("hGH + GHRH-receptor transfected rat", "second rat")
    name = name.replace("primary", "cells").replace(" in vivo", "")
    dose = row["scfa_and_dose"].removeprefix("rumen SCFA ").replace(" umol/kg/min", "")
    if "tube" in name:
        return "live sheep, fed by tube"
    if "calf" in name:
        return "live calf, after a meal"
    if "sheep" in name:
        return f"live sheep, rumen {dose}"
    if "ewe" in name:
        return "live ewe, nerves blocked"
    if "goat" in name:
        return f"{name}, {'30 min' if 'acute' in dose else '3 days'}"
    return "live rat, by mouth" if "by mouth" in dose else name


SORTED = {
    "tumour": "GH3 rat pituitary tumour cells",
    "goat": "goat primary pituitary",
    "rat": "rat primary pituitary",
    "sheep": "sheep in vivo",
}


def sort_outcome() -> Outcome:
    """The direction that each preparation showed at its effective dose, from the tally."""
    found = {}
    for key, model in SORTED.items():
        ways = {direction(r["effect_on_GH"]) for r in _gh_rows() if r["model"] == model}
        (found[key],) = ways - {"same"}
    down = sum(way == "down" for way in found.values())
    return Outcome(
        answer=found,
        text=(
            f"What was published: up in the tumour line, down in the other {down}. Butyrate is "
            "on both sides; what differed is who was asked. No test of a human pituitary was found."
        ),
        reveal=tally,
    )


def dose_rise_percent(dose_umol_l: float = BLOOD_UMOL_L) -> float:
    """Rise of GH release (percent) if a pituitary answered like the tumour line."""
    return float(100 * (release("rat tumour line GH3", dose_umol_l) - 1))


def dose_plate() -> Plate:
    """Every preparation's curve, with the butyrate of human blood marked."""
    fig, (ax,) = style.figure(height=3.9)
    style.label_axes(ax, title="Same curves, human dose", x="SCFA (µmol/L)", y="GH, untreated = 1")
    _dose_axes(ax)
    tested = [subject for subject in SUBJECTS if SUBJECTS[subject] != "human"]
    for i, subject in enumerate(tested):
        look = style.series((1, 0, 2, 3)[i])
        ax.plot(DOSES_UMOL_L, release(subject, DOSES_UMOL_L), label=subject, **look)
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.22), ncols=2)
    told = "; ".join(
        f"{subject}: {percent_words(release(subject, BLOOD_UMOL_L))} at {BLOOD_UMOL_L:.0f} and "
        f"{percent_words(release(subject, ASKED_DOSE_UMOL_L))} at {ASKED_DOSE_UMOL_L:,.0f} µmol/L"
        for subject in tested
    )
    artery, portal = blood_butyrate_umol_l()
    return Plate(
        fig,
        f"Dose-response curves of the model, GH in percent of untreated. {told}. Butyrate in "
        f"people is {artery:g} in arteries and at most {portal:g} µmol/L in portal blood, where "
        "all curves are still nearly flat.",
        "Model. Each curve has two chosen constants and passes near the finding of its study; the "
        "grey bar is what was measured in GH3.",
        ("gh3_1981", "goat_gh", "wang2013", "ishiwata2005", "liver_resection_scfa", "peters1992"),
    )


def dose_outcome() -> Outcome:
    """Rise of GH release (percent) at the dose in blood, with the tumour line's answer."""
    rise = dose_rise_percent()
    _, _, _, igf1 = in_the_axis(1 + rise / 100)
    change = 100 * (igf1 / _day(1.0, 0.0)[2] - 1)
    lowest = min(float(release(subject, BLOOD_UMOL_L)) for subject in SUBJECTS)
    return Outcome(
        answer=rise,
        text=(
            f"In the model GH release rises by {rise:.1f} %, and total IGF-1 by {change:.1f} %. "
            f"With the constants of the normal cells it falls by {100 * (1 - lowest):.1f} % at "
            "most. At this dose either sign is close to nothing."
        ),
        reveal=dose_plate,
    )


# --- data figures ----------------------------------------------------------------------------


def fatty_acids() -> Plate:
    """GH of people with and without a drug that lowers long-chain fatty acids in blood."""
    rows = evidence.dataset("gh_ffa_human").rows
    y = np.arange(len(rows))[::-1]
    fig, (ax,) = style.figure(height=3.8)
    style.label_axes(
        ax,
        title="People: fewer fatty acids, more GH",
        x="GH, area under curve (µg/L per 120 or 60 min)",
        y="",
    )
    columns = (("placebo", "o", -0.12), ("acipimox", "D", 0.12))
    for i, (column, marker, shift) in enumerate(columns):
        ax.errorbar(
            [float(r[f"GH_AUC_{column}"]) for r in rows],
            y - shift,
            xerr=[float(r[f"SE_{column}"]) for r in rows],
            fmt=marker,
            color=style.SERIES[i],
            linestyle="none",
            capsize=3,
            label=column,
        )
    labels = [f"{r['group']}, {r['stimulus'].replace(' 100 ug iv', '')}" for r in rows]
    ax.set(xscale="log", xlim=(30, 4000), ylim=(-0.7, len(rows) - 0.3), yticks=y)
    ax.set_yticklabels([label.removesuffix(" alone") for label in labels])
    ax.xaxis.set_major_formatter("{x:,.0f}")
    ax.legend(loc="upper center", bbox_to_anchor=(0.35, -0.2), ncols=2)
    told = "; ".join(
        f"{label}: {float(r['GH_AUC_placebo']):g} ± {float(r['SE_placebo']):g} against "
        f"{float(r['GH_AUC_acipimox']):g} ± {float(r['SE_acipimox']):g} {r['unit']}"
        for label, r in zip(labels, rows, strict=True)
    )
    return Plate(
        fig,
        f"Growth hormone of people, placebo against acipimox, mean ± standard error. {told}.",
        "Acipimox lowers long-chain fatty acids, which are not SCFA. Healthy: over 120 min; obese: "
        "over 60 min, where the change with acipimox alone was not significant.",
        tuple(dict.fromkeys(r["source_key"] for r in rows)),
    )


NO_RECEPTOR = 1e6


def deaf_liver_percent() -> dict[str, dict[str, float]]:
    """IGF-1 and GH without GH receptor in the liver, percent of normal: mouse and model."""
    rows = evidence.dataset("ghr_axis_mice").rows
    mouse = next(r for r in rows if r["model"].startswith("LiGHRKO"))
    normal = gh_axis.steady()
    deaf = gh_axis.steady(receptor_block=NO_RECEPTOR)
    return {
        "mouse": {
            "IGF-1": 100 + float(mouse["serum_IGF1_change_pct"]),
            "GH": 100 + float(mouse["serum_GH_change_pct"]),
        },
        "model": {
            "IGF-1": 100 * deaf.igf1_total_ng_ml / normal.igf1_total_ng_ml,
            "GH": 100 * deaf.gh_mean_ng_ml / normal.gh_mean_ng_ml,
        },
    }


def deaf_liver() -> Plate:
    """Mice whose liver has no GH receptor, beside the model with a blocked receptor."""
    found = deaf_liver_percent()
    fig, (ax,) = style.figure(height=2.9)
    style.label_axes(ax, title="A liver that cannot hear GH", x="percent of normal", y="")
    names = {"mouse": "mouse, measured", "model": "model, human constants"}
    for i, (who, marker) in enumerate((("mouse", "s"), ("model", "D"))):
        values = [found[who]["IGF-1"], found[who]["GH"]]
        rows = np.array([1, 0]) + (0.13, -0.13)[i]
        ax.plot(values, rows, marker, color=style.SERIES[1 - i], linestyle="none", label=names[who])
        for value, row in zip(values, rows, strict=True):
            ax.annotate(f"{value:.0f}", (value, row), (7, -4), textcoords="offset points")
    ax.axvline(100, color=style.MUTED, linestyle=":", linewidth=1.5)
    ax.set(xlim=(0, 440), ylim=(-0.5, 1.5), yticks=[1, 0])
    ax.set_yticklabels(["IGF-1 in blood", "GH in blood"])
    ax.legend(loc="upper center", bbox_to_anchor=(0.45, -0.3), ncols=2)
    told = "; ".join(
        f"{names[who]}: IGF-1 {found[who]['IGF-1']:.0f} and GH {found[who]['GH']:.0f} percent"
        for who in found
    )
    return Plate(
        fig,
        f"Dot chart, percent of normal, when the liver has no growth hormone receptor. {told}.",
        "Mouse and human constants never share a mark. The model gets both directions and the loss "
        "of IGF-1; its feedback is too weak for the full rise of GH.",
        ("lighrko2014",),
    )


EXPLORERS = {"synergy": synergy}
# The claims whose model an explorer moves.
SHOWS = {"synergy": ("GHSYN-1", "GHSYN-2")}
OUTCOMES = {"ghsyn-sort": sort_outcome, "ghsyn-dose": dose_outcome}
FIGURES = {"fatty_acids": fatty_acids, "deaf_liver": deaf_liver}
