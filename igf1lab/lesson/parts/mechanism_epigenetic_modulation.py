"""Lesson 8: the dose that inhibits HDACs, acetylation, and the bursts of one gene."""

from functools import lru_cache

import numpy as np

from igf1lab import evidence
from igf1lab.lesson import style
from igf1lab.lesson.outcome import Outcome
from igf1lab.lesson.plate import Plate
from igf1lab.lesson.rows import Exploration, Slider, View, bars, closed_band
from igf1lab.models import chromatin
from igf1lab.models.chromatin import PARAMETERS

BUTYRATE_MM = np.geomspace(1e-3, 100, 160)
HOURS = 36.0
TRACE_H = np.linspace(0, HOURS, 300)
CELLS, SEED = 300, 8
BIN_EDGES = np.arange(0, 1001, 25)
STRIP_LOW, STRIP_HEIGHT = 1160, 80  # where the promoter's state is drawn, above the mRNA
PLACE_SOURCES = ("peters1992", "liver_resection_scfa", "kettle2022")


# --- dose, enzyme, acetylation -----------------------------------------------------------------


READ, UNREAD = "half-inhibits", "half-inhibits, unverified"
BEYOND, USED = "no half-inhibition up to", "dose used"
EXPERIMENTS = {"wu2020": "mouse colon explant", "tributyrin_cpt1a": "rat liver cells"}


@lru_cache
def butyrate_doses():
    """Butyrate doses of the dataset: (label, mmol/L, kind, source key)."""
    entries = []
    for row in evidence.dataset("hdac_inhibition").rows:
        words = str(row["value"])
        if row["scfa"] != "butyrate" or row["unit"] != "mM" or words == "millimolar":
            continue
        name = row["finding"].removeprefix("IC50, ").removeprefix("recombinant human ")
        label = name.replace("another assay (2022)", "2022")
        if row["finding"].startswith("dose used"):
            label, kind = EXPERIMENTS[row["source_key"]], USED
        elif words.startswith(">"):
            kind = BEYOND
        elif row["verified"]:
            kind = READ
        else:
            label, kind = "cells or extracts", UNREAD
        entries.append((label, float(words.lstrip(">")), kind, row["source_key"]))
    return entries


def dish_mM():
    """Butyrate that was put on liver cells in a dish (mmol/L)."""
    return next(mM for label, mM, _, _ in butyrate_doses() if label == "rat liver cells")


def ic50_range_mM():
    """Lowest and highest published IC50 of butyrate that were read in their source (mmol/L)."""
    values = [mM for _, mM, kind, _ in butyrate_doses() if kind == READ]
    return min(values), max(values)


@lru_cache
def measured_butyrate_mM():
    """Butyrate measured in people (mmol/L) by place."""
    places = {}
    names = {"portal vein": ("portal, fasting", "portal, peak"), "radial artery": ("artery",)}
    for row in evidence.dataset("scfa_conc_blood").verified_only().rows:
        if row["butyrate_umol_L"] is not None:
            free = [n for n in names.get(row["site"], ()) if n not in places]
            if free:
                places[free[0]] = row["butyrate_umol_L"] / 1000
    lumen = evidence.dataset("scfa_conc_colon").rows[0]
    return places | {"colon lumen": lumen["approx_butyrate_mM_derived"]}


def hdac_left_percent(butyrate_mM, ic50_mM, propionate_mM=0.0):
    """HDAC activity left (percent) at concentrations and IC50 in mmol/L; inputs broadcast."""
    ic_propionate = PARAMETERS["ic_propionate"].value
    return 100 * chromatin.hdac_activity(butyrate_mM, propionate_mM, ic50_mM, ic_propionate)


def _dose_view(butyrate_mM, ic_butyrate, propionate_mM, a_0):
    keen, dull = ic50_range_mM()

    def left(dose, ic50):
        return hdac_left_percent(dose, ic50, propionate_mM)

    def fold(dose, ic50):
        return chromatin.acetylated_fraction(left(dose, ic50) / 100, a_0) / a_0

    def point(y):
        return np.array([butyrate_mM]), np.array([y])

    return View(
        curves={
            "left-range": closed_band(
                BUTYRATE_MM, left(BUTYRATE_MM, keen), left(BUTYRATE_MM, dull)
            ),
            "left": left(BUTYRATE_MM, ic_butyrate),
            "left-now": point(left(butyrate_mM, ic_butyrate)),
            "fold-range": closed_band(
                BUTYRATE_MM, fold(BUTYRATE_MM, dull), fold(BUTYRATE_MM, keen)
            ),
            "fold": fold(BUTYRATE_MM, ic_butyrate),
            "fold-now": point(fold(butyrate_mM, ic_butyrate)),
        },
        sentence=(
            f"At {butyrate_mM:.3g} mmol/L of butyrate and an IC50 of {ic_butyrate:.3g} mmol/L "
            f"{left(butyrate_mM, ic_butyrate):.0f} % of HDAC activity is left and acetylation is "
            f"{fold(butyrate_mM, ic_butyrate):.2f} times that at rest; over the published IC50s it "
            f"is {fold(butyrate_mM, dull):.2f} to {fold(butyrate_mM, keen):.2f} times."
        ),
        numbers={
            "HDAC activity left": (left(butyrate_mM, ic_butyrate), "%"),
            f"left if the IC50 is {keen:g} mmol/L": (left(butyrate_mM, keen), "%"),
            f"left if the IC50 is {dull:g} mmol/L": (left(butyrate_mM, dull), "%"),
            "acetylation, times rest": (fold(butyrate_mM, ic_butyrate), ""),
            f"times rest if the IC50 is {keen:g} mmol/L": (fold(butyrate_mM, keen), ""),
            f"times rest if the IC50 is {dull:g} mmol/L": (fold(butyrate_mM, dull), ""),
        },
    )


def _mark_places(ax, y, words=True):
    """Shade where people's butyrate lies."""
    places = measured_butyrate_mM()
    ax.axvline(places["artery"], color=style.MUTED, linestyle=":", linewidth=1.5)
    ax.axvspan(
        places["portal, fasting"], places["portal, peak"], color=style.MUTED, alpha=0.35, lw=0
    )
    ax.axvline(places["colon lumen"], color=style.MUTED, linestyle=":", linewidth=1.5)
    if words:
        for name, x, side in (
            ("artery", places["artery"], "right"),
            ("portal", places["portal, peak"], "left"),
            ("lumen", places["colon lumen"], "right"),
        ):
            pad = {"left": 1.15, "right": 1 / 1.15}[side]
            ax.text(x * pad, y, name, color=style.MUTED, fontsize=9, ha=side)


def _dose_draw():
    fig, (top, low) = style.figure(2, height=5.8, sharex=True)
    style.label_axes(top, title="How much HDAC activity is left", x="", y="activity left (%)")
    top.set(xscale="log", xlim=(1e-3, 100), ylim=(-3, 120), yticks=range(0, 101, 25))
    style.label_axes(
        low, title="What acetylation does", x="butyrate (mmol/L)", y="acetylation (times rest)"
    )
    low.set(ylim=(0.5, 10.3))
    low.xaxis.set_major_formatter("{x:g}")
    _mark_places(top, 108)
    _mark_places(low, 9, words=False)
    artists = {}
    for key, ax, i in (("left", top, 0), ("fold", low, 1)):
        artists[f"{key}-range"] = style.empty_area(
            ax, "published IC50s", facecolor=style.SERIES[i], alpha=0.25
        )
        (artists[key],) = ax.plot(BUTYRATE_MM, BUTYRATE_MM, label="chosen IC50", **style.series(i))
        (artists[f"{key}-now"],) = ax.plot(
            [1], [1], "D", color=style.INK, markersize=8, label="this dose", zorder=4
        )
    low.legend(loc="upper left", bbox_to_anchor=(0, 1))
    return fig, artists


def _butyrate_slider():
    """Butyrate on a logarithmic slider that holds the measured levels and the dish's dose."""
    parameter = PARAMETERS["butyrate_mM"]
    levels = {dish_mM(), parameter.high, *measured_butyrate_mM().values()}
    levels = {x for x in levels if x <= parameter.high}
    levels |= {float(f"{x:.3g}") for x in np.geomspace(0.001, parameter.high, 27)}
    return Slider(
        parameter.name, parameter.label, parameter.unit, tuple(sorted(levels)), parameter.value
    )


def dose() -> Exploration:
    """Butyrate to HDAC activity to acetylation, with the spread of published IC50s."""
    keen, _ = ic50_range_mM()
    places = measured_butyrate_mM()
    return Exploration(
        name="dose",
        title="From dose to acetylation",
        view=_dose_view,
        draw=_dose_draw,
        sliders=[
            _butyrate_slider(),
            Slider.over(
                "ic_butyrate",
                "IC50 of butyrate (0.3 is unverified)",
                "mmol/L",
                keen,
                1.0,
                PARAMETERS["ic_butyrate"].value,
                log=True,
            ),
            Slider.of(PARAMETERS["propionate_mM"], low=0, high=10, step=0.5),
            Slider.of(PARAMETERS["a_0"], label="acetylated share at rest", low=0.1, step=0.05),
        ],
        scenarios={
            "Artery": {"butyrate_mM": places["artery"], "propionate_mM": 0},
            "Liver cells in a dish": {"butyrate_mM": dish_mM(), "propionate_mM": 0},
            "Colon lumen": {"butyrate_mM": 20.0, "propionate_mM": 10},
        },
    )


def ic50_outcome() -> Outcome:
    """HDAC1 activity left in portal blood by the keener of two published IC50s."""
    values = [mM for label, mM, kind, _ in butyrate_doses() if kind == READ and "HDAC1" in label]
    portal = measured_butyrate_mM()["portal, fasting"]
    keen, dull = (hdac_left_percent(portal, ic50) for ic50 in (min(values), max(values)))
    options = {"same": dull, "half": 50, "none": 2}
    return Outcome(
        answer=min(options, key=lambda key: abs(options[key] - keen)),
        text=(
            f"At {1000 * portal:.1f} µmol/L the IC50 of {max(values):g} mmol/L leaves {dull:.0f} % "
            f"of HDAC1 active, and the IC50 of {min(values):g} mmol/L leaves {keen:.0f} %."
        ),
    )


# --- bursts ---------------------------------------------------------------------------------------


@lru_cache(maxsize=256)
def _cells(butyrate_mM, gamma, k_on_0, k_off, alleles):
    """One cell's trace on the grid, and counts of many cells without and with the acids."""
    gene = {"gamma": gamma, "k_on_0": k_on_0, "k_off": k_off, "alleles": alleles}
    acids = {"butyrate_mM": butyrate_mM}
    none = {"butyrate_mM": 0.0, "propionate_mM": 0.0}
    cell = chromatin.simulate_cell(HOURS, seed=SEED, **acids, **gene)
    events = np.searchsorted(cell.time_h, TRACE_H, side="right") - 1
    # The first point of a population is drawn from the exact resting state: no run is needed.
    rest = chromatin.simulate_population(CELLS, 0.1, points=2, seed=SEED, **none, **gene)
    dosed = chromatin.simulate_population(CELLS, HOURS, points=2, seed=SEED, **acids, **gene)
    return (
        cell.mrna[events],
        cell.alleles_on[events] / alleles,
        rest.mrna[0],
        dosed,
        chromatin.steady(**none, **gene),
        chromatin.steady(**acids, **gene),
    )


def _shape(mrna):
    """Histogram outline with its tallest bar at 1; counts past the last edge join the last bar."""
    counts, _ = np.histogram(np.minimum(mrna, BIN_EDGES[-1] - 1), BIN_EDGES)
    return bars(BIN_EDGES[:-1], BIN_EDGES[1:], counts / counts.max())


def _bursts_view(butyrate_mM, gamma, k_on_0, k_off, alleles):
    trace, on, rest, dosed, before, after = _cells(butyrate_mM, gamma, k_on_0, k_off, alleles)
    mean, fano = dosed.mean[-1], dosed.fano[-1]
    return View(
        curves={
            "on": STRIP_LOW + STRIP_HEIGHT * on,
            "cell": trace,
            "mean": np.full(2, after.mrna_mean),
            "rest": _shape(rest),
            "dosed": _shape(dosed.mrna[-1]),
            "closed": (np.full(2, after.mrna_mean), np.array([0, 1.1])),
        },
        sentence=(
            f"This cell ranges from {trace.min()} to {trace.max()} mRNA in {HOURS:.0f} h; "
            f"{CELLS} cells average {mean:.0f} (closed form {after.mrna_mean:.0f}, at rest "
            f"{before.mrna_mean:.0f}). Closed form: CV {after.mrna_cv:.2f} (at rest "
            f"{before.mrna_cv:.2f}), Fano factor {after.mrna_fano:.1f} (at rest "
            f"{before.mrna_fano:.1f})."
        ),
        numbers={
            "acetylation, times rest": (after.acetylation_fold, ""),
            "mean of the cells": (mean, "mRNA"),
            "mean, closed form": (after.mrna_mean, "mRNA"),
            "mean at rest, closed form": (before.mrna_mean, "mRNA"),
            "CV of the cells": (np.sqrt(fano / mean), ""),
            "CV, closed form": (after.mrna_cv, ""),
            "CV at rest, closed form": (before.mrna_cv, ""),
            "Fano factor of the cells": (fano, ""),
            "Fano factor, closed form": (after.mrna_fano, ""),
            "Fano factor at rest, closed form": (before.mrna_fano, ""),
            "mRNA made in one burst": (PARAMETERS["k_tx"].value / alleles / k_off, "mRNA"),
        },
    )


def _bursts_draw():
    fig, (top, low) = style.figure(2, height=5.8)
    style.label_axes(top, title="One cell: bursts", x="time since the acids (h)", y="mRNA")
    top.set(xlim=(0, HOURS), ylim=(0, 1260), xticks=range(0, int(HOURS) + 1, 6))
    top.set_yticks(range(0, 1001, 250))
    style.label_axes(
        low, title=f"{CELLS} cells after {HOURS:.0f} h", x="mRNA in a cell", y="tallest bar = 1"
    )
    low.set(xlim=(0, 1000), ylim=(0, 1.1))
    (on,) = top.plot(TRACE_H, TRACE_H, color=style.INK, linewidth=1)
    top.text(0.3, STRIP_LOW - 25, "share of alleles switched on", fontsize=9, va="top")
    (cell,) = top.plot(TRACE_H, TRACE_H, label="one cell", **style.series(0))
    (mean,) = top.plot([0, HOURS], [0, 0], label="mean, closed form", **style.series(1))
    rest = style.empty_area(low, "no acids", facecolor=style.SERIES[3], alpha=0.45)
    dosed = style.empty_area(low, "with acids", facecolor=style.SERIES[0], alpha=0.6)
    (closed,) = low.plot([0, 0], [0, 1.1], label="mean, closed form", **style.series(1))
    top.legend(loc="upper right", bbox_to_anchor=(1, 0.93))
    low.legend(loc="upper right")
    return fig, {
        "on": on,
        "cell": cell,
        "mean": mean,
        "rest": rest,
        "dosed": dosed,
        "closed": closed,
    }


def bursts() -> Exploration:
    """Transcription in bursts: one cell beside a population, counts against the closed form."""
    return Exploration(
        name="bursts",
        title="One gene in one cell, and in many",
        view=_bursts_view,
        draw=_bursts_draw,
        sliders=[
            _butyrate_slider(),
            Slider.of(PARAMETERS["gamma"], label="pull of acetylation", high=2, step=0.25),
            Slider.of(PARAMETERS["k_on_0"], low=0.1, high=5, log=True),
            Slider.of(PARAMETERS["k_off"], low=0.5, high=10, log=True),
            Slider.of(PARAMETERS["alleles"], label="alleles (sets of the gene)", high=4),
        ],
        scenarios={
            "Liver cells in a dish": {"butyrate_mM": dish_mM()},
            "Sheltered promoter": {"butyrate_mM": dish_mM(), "gamma": 0},
            "Four alleles": {"alleles": 4},
        },
    )


def bursts_outcome() -> Outcome:
    """Directions of mean, CV and burst size when a dish dose is added."""
    rest = chromatin.steady(butyrate_mM=0.0, propionate_mM=0.0)
    dish = chromatin.steady(butyrate_mM=dish_mM(), propionate_mM=0.0)
    burst = PARAMETERS["k_tx"].value / PARAMETERS["k_off"].value
    return Outcome(
        answer={
            "mean": "up" if dish.mrna_mean > rest.mrna_mean else "down",
            "cv": "up" if dish.mrna_cv > rest.mrna_cv else "down",
            "burst": "same",
        },
        text=(
            f"At {dish_mM():g} mmol/L of butyrate the mean goes from {rest.mrna_mean:.0f} to "
            f"{dish.mrna_mean:.0f} mRNA a cell and the CV from {rest.mrna_cv:.2f} to "
            f"{dish.mrna_cv:.2f}; one burst makes {burst:.0f} mRNA in either case."
        ),
    )


# --- data figures -----------------------------------------------------------------------------------


def ic50() -> Plate:
    """Published butyrate IC50s and the doses of experiments, against butyrate in people."""
    entries = butyrate_doses()
    y = np.arange(len(entries))[::-1]
    fig, (ax,) = style.figure(height=4.8)
    style.label_axes(ax, title="One acid, one question, many numbers", x="butyrate (mmol/L)", y="")
    ax.set(xscale="log", xlim=(1e-3, 100), ylim=(-0.6, len(entries) + 0.3))
    ax.xaxis.set_major_formatter("{x:g}")
    _mark_places(ax, len(entries) - 0.45)
    looks = {READ: ("o", 0), BEYOND: (">", 4), USED: ("s", 2), UNREAD: ("o", 1)}
    for wanted, (marker, i) in looks.items():
        pick = [k for k, (_, _, kind, _) in enumerate(entries) if kind == wanted]
        ax.plot(
            [entries[k][1] for k in pick],
            y[pick],
            marker,
            color=style.SERIES[i],
            markerfacecolor="white" if wanted == UNREAD else style.SERIES[i],
            linestyle="none",
            markersize=8,
            label=wanted,
        )
    ax.set(yticks=y, yticklabels=[label for label, *_ in entries])
    ax.legend(loc="upper center", bbox_to_anchor=(0.3, -0.13), ncols=2)
    told = "; ".join(f"{label}: {kind} {mM:g}" for label, mM, kind, _ in entries)
    places = measured_butyrate_mM()
    measured = "; ".join(f"{name}: {mM:g}" for name, mM in places.items())
    return Plate(
        fig,
        f"Dot chart of butyrate in mmol/L on a logarithmic axis. {told}. Measured in people: "
        f"{measured}.",
        "Isolated enzymes unless a tissue is named, human in the first panel. Two assays of the same enzymes, HDAC1 and HDAC2, "
        "gave answers 19 to 33 times apart.",
        (*dict.fromkeys(source for *_, source in entries), *PLACE_SOURCES),
    )


def doses() -> Plate:
    """HDAC activity left at each dose, by the keenest and by the dullest IC50."""
    levels = measured_butyrate_mM() | {"liver cells in a dish": dish_mM()}
    levels = dict(sorted(levels.items(), key=lambda pair: -pair[1]))
    keen, dull = ic50_range_mM()
    left = {name: [hdac_left_percent(mM, ic) for ic in (keen, dull)] for name, mM in levels.items()}
    y = np.arange(len(left))
    fig, (ax,) = style.figure(height=3.4)
    style.label_axes(ax, title="What each dose would do", x="HDAC activity left (%)", y="")
    ax.set(xlim=(-3, 103), ylim=(-0.6, len(y) - 0.4))
    for k, ends in enumerate(left.values()):
        ax.plot(ends, [k, k], "-", color=style.GRID, linewidth=5, zorder=1)
    for i, (ic, marker) in enumerate(((keen, "D"), (dull, "o"))):
        values = [ends[i] for ends in left.values()]
        ax.plot(
            values,
            y,
            marker,
            color=style.SERIES[i],
            linestyle="none",
            markersize=8,
            label=f"IC50 {ic:g} mmol/L",
        )
    ax.set(
        yticks=y,
        yticklabels=[f"{name}, {mM:.3g} mmol/L" for name, mM in levels.items()],
    )
    ax.legend(loc="lower right")
    told = "; ".join(f"{name}: {ends[0]:.0f} to {ends[1]:.0f}" for name, ends in left.items())
    return Plate(
        fig,
        f"Range chart of HDAC activity left, in percent, from the lowest ({keen:g} mmol/L) to the "
        f"highest ({dull:g} mmol/L) published IC50 of butyrate. {told}.",
        "The model's answer with butyrate alone. Colon and dish agree whatever the assay; in portal "
        "blood the answer depends on which assay you believe.",
        ("fass2011", "chembl_butyrate", *PLACE_SOURCES),
    )


EXPLORERS = {"dose": dose, "bursts": bursts}
# The claims whose model an explorer moves.
SHOWS = {"dose": ("EPI-1",), "bursts": ("EPI-2",)}
OUTCOMES = {"epi-ic50": ic50_outcome, "epi-bursts": bursts_outcome}
FIGURES = {"ic50": ic50, "doses": doses}
