"""Lesson 1: pulses and their delay, total against free IGF-1, and the reference interval."""

from functools import lru_cache

import numpy as np

from igf1lab import evidence
from igf1lab.lesson import style
from igf1lab.lesson.outcome import Outcome
from igf1lab.lesson.plate import Plate
from igf1lab.lesson.rows import Exploration, Slider, View, bars, closed_band
from igf1lab.models import gh_axis
from igf1lab.models.gh_axis import PARAMETERS

DAY_H = np.linspace(0, 24, 241)
SETTLE_H = 48.0


# --- pulses --------------------------------------------------------------------------------


@lru_cache(maxsize=512)
def _day(delay_h, S_b, GHS, sex, receptor_block, infusion_ug_kg_h):
    """One settled day of the axis, and its pulses."""
    run = gh_axis.simulate(
        SETTLE_H + 24,
        sex=sex,
        start="steady",
        D_1=delay_h,
        D_2=delay_h,
        S_b=S_b,
        GHS=GHS,
        receptor_block=receptor_block,
        infusion_ug_kg_h=infusion_ug_kg_h,
    )
    time_h = run.time_h - SETTLE_H
    gh = np.interp(DAY_H, time_h, run.gh_ng_ml)
    igf1 = np.interp(DAY_H, time_h, run.igf1_total_ng_ml)
    return gh, igf1, gh_axis.pulses(run, skip_h=SETTLE_H)


def _pulses_view(**settings):
    gh, igf1, pulses = _day(**settings)
    beat = (
        f"beats {pulses.per_day:.0f} times a day, with peaks near {pulses.mean_peak_ng_ml:.1f} ng/mL"
        if pulses.per_day
        else f"does not pulse and stays at {pulses.mean_ng_ml:.1f} ng/mL"
    )
    swing = 100 * (igf1.max() - igf1.min()) / igf1.mean()
    swings = f"by only {swing:.0f} %" if swing >= 1 else "by less than 1 %"
    return View(
        curves={"gh": gh, "igf1": igf1},
        sentence=f"GH {beat}; total IGF-1 is {igf1.mean():.0f} ng/mL and swings {swings}.",
        numbers={
            "GH pulses in 24 h": (pulses.per_day, ""),
            "mean GH peak": (pulses.mean_peak_ng_ml, "ng/mL"),
            "lowest GH": (pulses.nadir_ng_ml, "ng/mL"),
            "mean GH": (pulses.mean_ng_ml, "ng/mL"),
            "mean total IGF-1": (igf1.mean(), "ng/mL"),
            "swing of IGF-1 over the day": (swing, "%"),
        },
    )


def _pulses_draw():
    fig, (top, low) = style.figure(2, height=4.8, sharex=True)
    style.label_axes(top, title="GH: a pulse every few hours", x="", y="GH (ng/mL)")
    top.set(yscale="log", ylim=(0.001, 100), xlim=(0, 24), xticks=range(0, 25, 4))
    top.yaxis.set_major_formatter("{x:g}")
    style.label_axes(low, title="Total IGF-1: nearly flat", x="time (h)", y="IGF-1 (ng/mL)")
    low.set(yscale="log", ylim=(10, 1500), yticks=(10, 30, 100, 300, 1000))
    low.yaxis.set_major_formatter("{x:g}")
    low.yaxis.set_minor_formatter("")
    (gh,) = top.plot(DAY_H, DAY_H + 1, label="GH", **style.series(0))
    (igf1,) = low.plot(DAY_H, DAY_H, label="total IGF-1", **style.series(1))
    return fig, {"gh": gh, "igf1": igf1}


def pulses() -> Exploration:
    """One day of GH and IGF-1 under feedback delay, drives and receptor block."""
    return Exploration(
        name="pulses",
        title="A day of GH and IGF-1",
        view=_pulses_view,
        draw=_pulses_draw,
        sliders=[
            Slider.over("delay_h", "feedback delay", "h", 0.3, 1.5, 1.0, step=0.1),
            Slider.of(PARAMETERS["S_b"], label="somatostatin drive", low=900, step=15),
            Slider.of(PARAMETERS["GHS"], label="ghrelin drive", step=5),
            Slider.of(PARAMETERS["receptor_block"], label="GH-receptor block", high=5.0, step=0.25),
            Slider.of(PARAMETERS["infusion_ug_kg_h"], label="IGF-1 infused", high=15.0, step=2.5),
            Slider.choice("sex", "network constants", ["male", "female"]),
        ],
        scenarios={
            "Short delay": {"delay_h": 0.3},
            "Women's constants": {"sex": "female"},
            "Receptor block 0.75 (drug)": {"receptor_block": 0.75},
            "IGF-1 infused": {"infusion_ug_kg_h": 12.5},
        },
    )


# --- total and free ------------------------------------------------------------------------


@lru_cache(maxsize=512)
def _steady(igfbp_mult, tx_mult, pit_mult, receptor_block):
    return gh_axis.steady(
        igfbp_mult=igfbp_mult, tx_mult=tx_mult, pit_mult=pit_mult, receptor_block=receptor_block
    )


def _carriers_view(**settings):
    now, normal = _steady(**settings), _steady(1.0, 1.0, 1.0, 0.0)
    total = 100 * now.igf1_relative
    free = 100 * now.igf1_free_relative
    gh = 100 * now.gh_mean_ng_ml / normal.gh_mean_ng_ml
    shares = {"total": total, "free": free, "gh": gh}
    return View(
        curves={
            key: bars([i + 0.2], [i + 0.8], [height])
            for i, (key, height) in enumerate(shares.items())
        },
        sentence=(
            f"Total IGF-1 settles at {total:.0f} % of normal and free IGF-1 at {free:.0f} %, "
            f"with mean GH at {gh:.0f} %."
        ),
        numbers={
            "total IGF-1": (now.igf1_total_ng_ml, "ng/mL"),
            "free IGF-1": (now.igf1_free_ng_ml, "ng/mL"),
            "free share of total": (100 * now.igf1_free_ng_ml / now.igf1_total_ng_ml, "%"),
            "mean GH": (now.gh_mean_ng_ml, "ng/mL"),
            "half-life of total IGF-1": (now.igf1_half_life_h, "h"),
        },
    )


def _carriers_draw():
    fig, (ax,) = style.figure(height=3.4)
    style.label_axes(ax, title="After the loop has settled", x="", y="percent of normal")
    ax.set(xlim=(0, 3.5), ylim=(0, 250), xticks=[0.5, 1.5, 2.5])  # room beside the last bar
    ax.set_xticklabels(["total IGF-1", "free IGF-1", "mean GH"])
    ax.grid(axis="x", visible=False)
    ax.axhline(100, color=style.MUTED, linestyle=":", linewidth=1.5)
    ax.text(3.47, 104, "normal", ha="right", color=style.MUTED, fontsize=9)
    keys = ("total", "free", "gh")
    return fig, {k: style.empty_area(ax, k, facecolor=style.SERIES[i]) for i, k in enumerate(keys)}


def carriers() -> Exploration:
    """Where total IGF-1, free IGF-1 and GH settle when a part of the axis changes."""
    return Exploration(
        name="carriers",
        title="Total is not free",
        view=_carriers_view,
        draw=_carriers_draw,
        sliders=[
            Slider.of(
                PARAMETERS["igfbp_mult"], label="binding protein IGFBP-3, times normal", step=0.1
            ),
            Slider.of(PARAMETERS["tx_mult"], label="liver output, times normal", step=0.1),
            Slider.of(PARAMETERS["pit_mult"], label="pituitary output, times normal", step=0.1),
            Slider.of(PARAMETERS["receptor_block"], label="GH-receptor block", high=5.0, step=0.5),
        ],
        scenarios={
            "Binding protein lost": {"igfbp_mult": 0.4},
            "Weak liver": {"tx_mult": 0.5},
            "Receptor block 1 (drug)": {"receptor_block": 1.0},
        },
    )


def binding_outcome() -> Outcome:
    """Free IGF-1 (percent of normal) when the binding protein falls to 40 %."""
    now = _steady(0.4, 1.0, 1.0, 0.0)
    free, total = 100 * now.igf1_free_relative, 100 * now.igf1_relative
    return Outcome(
        answer=free,
        text=f"In the model total IGF-1 falls to {total:.0f} % of normal and free IGF-1 stays at {free:.0f} %.",
    )


# --- reference interval --------------------------------------------------------------------


def z_score(igf1_ng_ml, mu, sigma, nu):
    """Z-score of a total IGF-1 by the Box-Cox parameters of its age and sex.

    Parameters
    ----------
    igf1_ng_ml, mu : float or ndarray
        Measured value and median (ng/mL).
    sigma, nu : float or ndarray
        Spread and skewness of that age (dimensionless), bidlingmaier2014.

    Returns
    -------
    float or ndarray
        Standard deviations from the median.
    """
    return ((igf1_ng_ml / mu) ** nu - 1) / (nu * sigma)


def _reference(sex):
    table = evidence.dataset("DS-1A-REF-IGF1")
    columns = ("p2_5", "median", "p97_5", "mu", "sigma", "nu")
    return table.column("age"), {c: table.column(f"{sex}_{c}") for c in columns}


def _zscore_view(age, igf1_ng_ml, sex):
    ages, reference = _reference(sex)
    at = {name: np.interp(age, ages, values) for name, values in reference.items()}
    z = z_score(igf1_ng_ml, at["mu"], at["sigma"], at["nu"])
    word = "below" if z < -1.96 else "above" if z > 1.96 else "inside"
    person = "man" if sex == "male" else "woman"
    return View(
        curves={
            "range": closed_band(ages, reference["p2_5"], reference["p97_5"]),
            "median": (ages, reference["median"]),
            "person": (np.array([age]), np.array([igf1_ng_ml])),
        },
        sentence=(
            f"At {age:.0f} years, {igf1_ng_ml:.0f} ng/mL in a {person} is z = {z:+.1f}, "
            f"{word} the reference interval of {at['p2_5']:.0f} to {at['p97_5']:.0f} ng/mL."
        ),
        numbers={
            "z-score": (z, ""),
            "median of this age": (at["median"], "ng/mL"),
            "2.5th percentile": (at["p2_5"], "ng/mL"),
            "97.5th percentile": (at["p97_5"], "ng/mL"),
        },
    )


def _zscore_draw():
    fig, (ax,) = style.figure()
    style.label_axes(ax, title="Where does a value lie?", x="age (years)", y="total IGF-1 (ng/mL)")
    ax.set(xlim=(0, 95), ylim=(0, 650))
    area = style.empty_area(ax, "95 % of people", facecolor=style.SERIES[0], alpha=0.25)
    (median,) = ax.plot([0], [0], label="median", **style.series(0))
    (person,) = ax.plot([0], [0], "D", color=style.SERIES[1], markersize=9, label="this person")
    ax.legend(loc="upper right")
    return fig, {"range": area, "median": median, "person": person}


def zscore() -> Exploration:
    """The reference interval of one assay, with a z-score calculator."""
    return Exploration(
        name="zscore",
        title="Z-score calculator (iSYS assay only)",
        view=_zscore_view,
        draw=_zscore_draw,
        sliders=[
            Slider.over("age", "age", "years", 0, 90, 25, step=1),
            Slider.over("igf1_ng_ml", "total IGF-1", "ng/mL", 20, 620, 120, step=10),
            Slider.choice("sex", "reference", ["male", "female"]),
        ],
        scenarios={
            "Aged 15": {"age": 15, "igf1_ng_ml": 250},
            "Aged 70": {"age": 70, "igf1_ng_ml": 250},
        },
    )


# --- data figures ----------------------------------------------------------------------------


def assays() -> Plate:
    """Adult IGF-1 in three surveys: the same hormone, three rulers."""
    rows = [r for r in evidence.dataset("DS-1C-ASSAY").rows if r["centre"] is not None]
    labels = [f"{r['survey']}, {r['sex']} {r['age_band']}" for r in rows]
    centres = np.array([float(r["centre"]) for r in rows])
    y = np.arange(len(rows))[::-1]
    fig, (ax,) = style.figure(height=4.2)
    style.label_axes(
        ax, title="Three surveys, three rulers", x="total IGF-1 (ng/mL), mean or median", y=""
    )
    surveys = list(dict.fromkeys(r["survey"] for r in rows))
    for i, survey in enumerate(surveys):
        pick = [k for k, r in enumerate(rows) if r["survey"] == survey]
        ax.plot(centres[pick], y[pick], "osD"[i], color=style.SERIES[i], linestyle="none")
        for k in pick:
            if rows[k]["p2_5"] is not None:
                span = [float(rows[k]["p2_5"]), float(rows[k]["p97_5"])]
                ax.plot(span, [y[k], y[k]], "-", color=style.SERIES[i], linewidth=1.2)
    ax.set(yticks=y, yticklabels=labels, xlim=(0, 400), ylim=(-0.6, len(rows) - 0.4))
    told = "; ".join(
        f"{label}: {centre:.0f}" for label, centre in zip(labels, centres, strict=True)
    )
    return Plate(
        fig,
        f"Dot chart of the centre of adult total IGF-1 in ng/mL. {told}. Lines, where printed, span 95 percent.",
        "Points are medians (means for Göteborg), lines the printed 95 % range. A value means "
        "nothing until you know which kit measured it.",
        tuple(dict.fromkeys(r["source_key"] for r in rows)),
    )


def knockouts() -> Plate:
    """Serum IGF-1 and size of mice that lack a part of the system, or have it in blood only."""
    table = evidence.dataset("DS-11-KNOCKOUTS")
    rows = table.rows
    shown = [r for r in rows if r["serum_igf1"] is not None or r["birth_size"] is not None]
    y = np.arange(len(shown))[::-1]
    fig, (ax,) = style.figure(height=4.4)
    style.label_axes(
        ax, title="Mice that lack a part", x="percent of normal mice (log scale)", y=""
    )
    style.mouse(ax)
    columns = (
        ("serum_igf1", "o", "IGF-1 in blood"),
        ("birth_size", "s", "size at birth"),
        ("adult_size", "D", "adult size"),
    )
    for i, (column, marker, label) in enumerate(columns):
        pick = [k for k, r in enumerate(shown) if r[column] is not None]
        values = [float(shown[k][column]) for k in pick]
        ax.plot(values, y[pick], marker, color=style.SERIES[i], linestyle="none", label=label)
    for k, r in enumerate(shown):
        if r["growth"]:
            ax.text(1.02, y[k], r["growth"], transform=ax.get_yaxis_transform(), va="center",
                    color=style.MUTED, fontsize=9)  # fmt: skip
    ax.text(1.02, len(shown) - 0.4, "growth", transform=ax.get_yaxis_transform(), fontsize=9)
    ax.set(yticks=y, yticklabels=[r["genotype"] for r in shown])
    ax.set(xscale="log", xlim=(10, 400), ylim=(-0.6, len(shown) - 0.4))
    ax.set_xticks([10, 30, 100, 300], labels=["10", "30", "100", "300"])
    ax.xaxis.set_minor_formatter("")
    ax.legend(loc="upper center", bbox_to_anchor=(0.4, -0.18), ncols=3)
    told = "; ".join(
        f"{r['genotype']}: "
        + ", ".join(f"{label} {float(r[c]):.0f} %" for c, _, label in columns if r[c] is not None)
        + (f", growth {r['growth']}" if r["growth"] else "")
        for r in shown
    )
    return Plate(
        fig,
        f"Dot chart for {len(shown)} kinds of mice, in percent of normal mice. {told}.",
        "Mouse. A quarter of the blood level is enough for normal growth (LID), 15 % is not. Blood "
        "alone, raised threefold for life, brings mice without a gene of their own to normal size "
        "by 16 weeks. Without the gene and without that, the animal is small from birth.",
        tuple(key for key in table.sources if key != "zhou1997"),  # its row has no number
    )


EXPLORERS = {"pulses": pulses, "carriers": carriers, "zscore": zscore}
# The claims whose model an explorer moves, and those that none does.
SHOWS = {"pulses": ("AXIS-1",), "carriers": ("AXIS-1",), "zscore": ("AXIS-1",)}
NOT_MODELLED = {"AXIS-2": "no small model of repair was found; trials are weighed instead"}
OUTCOMES = {"axis-binding": binding_outcome}
FIGURES = {"assays": assays, "knockouts": knockouts}
