"""Lesson 11: the chain from fibre to repair, arrow by arrow, with its doubts and its one trial."""

from functools import lru_cache

import numpy as np

from igf1lab import evidence
from igf1lab.lesson import style
from igf1lab.lesson.outcome import Outcome
from igf1lab.lesson.plate import Plate, forest, forest_alt
from igf1lab.lesson.rows import Exploration, Slider, View, bars
from igf1lab.models import chromatin, whole_axis
from igf1lab.models.whole_axis import CERTAIN, EDGES, GH_UP, HUMAN_EDGES, PARAMETERS

GRID = evidence.model_table("colon_grid")
MORE_INULIN_G_D = 15.0  # the step that the lesson follows, about the fibre of the trial
INULIN = PARAMETERS["fibre_inulin_g_d"].value
WEIGHTS = ("weighed by evidence", "every arrow certain")
# The bets of each: chances of the links, and the chance that growth hormone goes up.
BETS = dict(zip(WEIGHTS, (({}, GH_UP), (CERTAIN, 1.0)), strict=True))
UKB_MEAN_NMOL_L = 21.96  # watling_abstract


def worlds(extra_g_d, weights, off=(), inflammation=0.0):
    """Sampled worlds of the chain with so much more inulin a day.

    Parameters
    ----------
    extra_g_d : float
        Inulin beyond the reference diet of 26 g fibre a day, g/d.
    weights : str
        One of ``WEIGHTS``.
    off : iterable of str
        Links that are cut.
    inflammation : float
        Extra IL-6 drive; 0 is a healthy adult.

    Returns
    -------
    igf1lab.models.whole_axis.Worlds
    """
    return _worlds(float(extra_g_d), weights, frozenset(off), float(inflammation))


@lru_cache(maxsize=64)
def _worlds(extra_g_d, weights, off, inflammation):
    chances, gh_up = BETS[weights]
    return whole_axis.sample(
        GRID,
        weights=chances,
        gh_up=gh_up,
        off=off,
        fibre_inulin_g_d=INULIN + extra_g_d,
        inflammation=inflammation,
    )


def promised_by_cohort() -> float:
    """Rise of IGF-1 (percent) that the cohort's line would give for the trial's fibre."""
    fibre = next(r for r in evidence.dataset("ukb_igf1_diet").rows if r["exposure"] == "fibre")
    per_5_g = 100 * float(fibre["IGF1_change_nmol_L"]) / UKB_MEAN_NMOL_L
    return per_5_g * whole_axis.trial_fibre_g_d() / 5


# --- the map ---------------------------------------------------------------------------------

# Where an arrow runs on the map and what the menu calls it.
ROUTES = {
    "fibre_scfa": ("fibre → acids", [(6.8, 9.2), (6.8, 8.25)]),
    "scfa_portal": ("acids → blood", [(6.5, 7.45), (5.3, 6.55)]),
    "portal_hcar2": ("blood → HCAR2 → IGF-1", [(4.2, 5.75), (1.0, 4.25), (4.3, 2.6)]),
    "portal_hdac": ("blood → HDAC → IGF-1", [(4.7, 5.7), (3.4, 4.25), (4.6, 2.85)]),
    "scfa_gh": ("blood → GH, less or more", [(5.3, 5.7), (6.05, 4.6)]),
    "gh_igf1": ("GH → IGF-1", [(6.0, 3.85), (5.4, 2.85)]),
    "scfa_il6": ("blood → less IL-6", [(5.9, 5.8), (8.5, 4.78)]),
    "il6_igfbp": ("IL-6 → IGFBP-3 → IGF-1", [(8.6, 3.75), (5.7, 2.6)]),
    "igf1_neurogenesis": ("IGF-1 → new neurons", [(4.1, 2.05), (1.1, 0.85)]),
    "igf1_amyloid": ("IGF-1 → less amyloid", [(4.5, 1.95), (3.0, 0.85)]),
    "igf1_plaque": ("IGF-1 → less plaque", [(5.0, 1.9), (5.0, 0.85)]),
    "igf1_closure": ("IGF-1 → wound closure", [(5.5, 1.95), (7.0, 0.85)]),
    "igf1_glucose": ("IGF-1 → lower glucose", [(5.9, 2.05), (8.9, 0.85)]),
}
PLACES = (
    (6.8, 9.6, "fibre"),
    (6.8, 7.85, "acids in the colon"),
    (5, 6.1, "acids in blood"),
    (1.0, 4.25, "HCAR2\nin liver"),
    (3.4, 4.25, "HDAC\nin liver"),
    (6.1, 4.25, "GH"),
    (8.7, 4.25, "IL-6,\nIGFBP-3"),
    (5, 2.4, "IGF-1"),
    (1.0, 0.4, "neurons"),
    (3.0, 0.4, "amyloid"),
    (5.0, 0.4, "plaque"),
    (7.0, 0.4, "wound"),
    (9.0, 0.4, "glucose"),
)
# Where the size of an arrow was measured, or nearest to it: the further from people, the wider
# its spread (whole_axis.SPREAD).
LOOKS = {  # colours of the house cycle; nothing is drawn here
    "people": {"color": "C0", "linestyle": "-", "linewidth": 2.8},
    "animals": {"color": "C1", "linestyle": "--", "linewidth": 2.2},
    "cells": {"color": "C4", "linestyle": ":", "linewidth": 2.6},
}
KEEP = {
    "all arrows": tuple(LOOKS),
    "sized in animals or people": ("people", "animals"),
    "sized in people": ("people",),
}
NOTHING = "nothing"
_BY_LABEL = {label: name for name, (label, _) in ROUTES.items()}
_HEAD_IN = 0.11  # inches
_INCHES_PER_UNIT = np.array([0.55, 0.39])  # of the map's axes: 10 units each way


def _arrow(points):
    """Outline of an arrow: the way and, at its end, a head of fixed size on the page."""
    way = np.array(points, float)
    end, back = way[-1], (way[-2] - way[-1]) * _INCHES_PER_UNIT
    back *= _HEAD_IN / np.hypot(*back)
    side = 0.6 * back[::-1] * (-1, 1)
    left, right = (end + (back + s * side) / _INCHES_PER_UNIT for s in (1, -1))
    return np.vstack([way, left, end, right])


_ARROWS = {link: _arrow(points) for link, (_, points) in ROUTES.items()}
_CHANCES = {
    "IGF-1\nrises": ("igf1", "p_above"),
    "more\nneurons": ("neurogenesis", "p_above"),
    "less\namyloid": ("amyloid", "p_below"),
    "less\nplaque": ("plaque", "p_below"),
    "wound\nsooner": ("closure", "p_below"),
    "lower\nglucose": ("glucose", "p_below"),
}


def _arrows_view(extra_g_d, weights, keep, cut, also_cut):
    off = {link for link in HUMAN_EDGES if EDGES[link].measured_in not in KEEP[keep]}
    off |= {_BY_LABEL[label] for label in (cut, also_cut) if label != NOTHING}
    sampled = worlds(extra_g_d, weights, off)
    bands = {k: sampled.band(k) for k, _ in _CHANCES.values()}
    chance = [100 * getattr(bands[k], side) for k, side in _CHANCES.values()]
    place = np.arange(len(chance))
    left = len(HUMAN_EDGES) - len(off)
    rises, wound = chance[0], chance[4]
    curves = {
        link: tuple((_ARROWS[link] if link not in off else _ARROWS[link][:1].repeat(n, 0)).T)
        for link, n in ((link, len(_ARROWS[link])) for link in ROUTES)
    }
    return View(
        curves=curves | {"chance": bars(place + 0.2, place + 0.8, chance)},
        sentence=(
            f"With {extra_g_d:g} g/d more inulin and {left} of {len(HUMAN_EDGES)} arrows left, "
            f"{weights}, IGF-1 rises in {rises:.0f} % of the worlds and a wound closes sooner "
            f"in {wound:.0f} %."
        ),
        numbers={
            label.replace("\n", " "): (value, "% of worlds")
            for label, value in zip(_CHANCES, chance, strict=True)
        }
        | {
            "Monte Carlo error of “IGF-1 rises”, ±": (100 * bands["igf1"].error, "points"),
            "IGF-1, median change": (bands["igf1"].median, "%"),
            "IGF-1, 95 % of worlds below": (bands["igf1"].high, "%"),
            "wound time saved, 95 % of worlds below": (abs(bands["closure"].low), "%"),
        },
    )


def _arrows_draw():
    fig, (chart, low) = style.figure(2, height=6.6, height_ratios=[3.9, 1.7])
    chart.set(xlim=(0, 10), ylim=(0, 10), xticks=[], yticks=[])
    chart.set_title("Arrows that are left")
    chart.grid(visible=False)
    for side in chart.spines.values():
        side.set_visible(False)
    artists = {}
    for link, (_, points) in ROUTES.items():
        chart.plot(*np.array(points).T, color=style.GRID, linewidth=1.2, linestyle="-")
        look = LOOKS[EDGES[link].measured_in]
        (artists[link],) = chart.plot(
            [0, 0], [0, 0], solid_capstyle="butt", label="_" + link, **look
        )
    for x, y, words in PLACES:
        box = {"facecolor": style.PAPER, "edgecolor": style.MUTED, "boxstyle": "round,pad=0.25"}
        chart.text(x, y, words, ha="center", va="center", fontsize=9, bbox=box)
    keys = [chart.plot([], [], **look)[0] for look in LOOKS.values()]
    words = ("in people", "in animals", "in cells only")
    chart.legend(keys, words, title="size measured", loc="upper left", handlelength=3.2)
    style.label_axes(low, title="Chance of each outcome", x="", y="% of worlds")
    low.set(xlim=(0, len(_CHANCES)), ylim=(0, 100), xticks=np.arange(len(_CHANCES)) + 0.5)
    low.set_xticklabels(list(_CHANCES))
    low.grid(axis="x", visible=False)
    artists["chance"] = style.empty_area(low, "chance", facecolor=style.SERIES[0])
    return fig, artists


def arrows() -> Exploration:
    """The map of the chain: cut arrows, and watch what is left of each outcome's chance."""
    menu = [NOTHING, *_BY_LABEL]
    return Exploration(
        name="arrows",
        title="How far does “more fibre, more repair” survive?",
        view=_arrows_view,
        draw=_arrows_draw,
        sliders=[
            _fibre_slider(),
            Slider.choice("weights", "arrows", WEIGHTS),
            Slider.choice("keep", "keep", list(KEEP)),
            Slider.choice("cut", "cut", menu),
            Slider.choice("also_cut", "also cut", menu),
        ],
        scenarios={
            "As the article": {"weights": WEIGHTS[1]},
            "Weighed": {},
            "People only": {"weights": WEIGHTS[1], "keep": "sized in people"},
        },
    )


def _fibre_slider():
    return Slider.over("extra_g_d", "more inulin", "g/d", 0, 25, MORE_INULIN_G_D, step=1)


# --- other bets --------------------------------------------------------------------------------

STATES = {"healthy": 0.0, "chronic inflammation": 2.0}
PERCENT = np.linspace(-4, 24, 141)
A_SIZE = 1.0  # percent; a rise that one would begin to call a rise (chosen)


def _share_above(change, weight):
    """Percent of worlds whose change exceeds each of ``PERCENT``."""
    order = np.argsort(change)
    above = np.append(np.cumsum(weight[order][::-1])[::-1], 0.0)
    return 100 * np.minimum(above[np.searchsorted(change[order], PERCENT, side="right")], 1.0)


def _bets_view(extra_g_d, hdac, hcar2, gh, gh_up, il6, spread, person):
    sampled = whole_axis.sample(
        GRID,
        weights={"portal_hdac": hdac, "portal_hcar2": hcar2, "scfa_gh": gh, "scfa_il6": il6},
        gh_up=gh_up,
        spread=spread,
        fibre_inulin_g_d=INULIN + extra_g_d,
        inflammation=STATES[person],
    )
    change, n = sampled.change_percent["igf1"], sampled.trial_weight.size
    before, after = sampled.band(), sampled.band(after_trial=True)
    sized = [weight @ (change > A_SIZE) for weight in (np.full(n, 1 / n), sampled.trial_weight)]
    shares = [100 * share for share in (before.p_above, after.p_above, *sized)]
    return View(
        curves={
            "before": _share_above(change, np.full(n, 1 / n)),
            "after": _share_above(change, sampled.trial_weight),
        },
        sentence=(
            f"With {extra_g_d:g} g/d more inulin and these bets IGF-1 rises in {shares[0]:.0f} % of the "
            f"worlds, and by more than {A_SIZE:g} % in {shares[2]:.0f} %; once each world counts as it "
            f"explains the trial, in {shares[1]:.0f} % and {shares[3]:.0f} %."
        ),
        numbers={
            "IGF-1 rises, before the trial": (shares[0], "% of worlds"),
            "IGF-1 rises, after the trial": (shares[1], "% of worlds"),
            "Monte Carlo error of these shares, ±": (
                100 * max(before.error, after.error),
                "points",
            ),
            f"rises by more than {A_SIZE:g} %, before the trial": (shares[2], "% of worlds"),
            f"rises by more than {A_SIZE:g} %, after the trial": (shares[3], "% of worlds"),
            "IGF-1 falls, however little": (100 * before.p_below, "% of worlds"),
            "largest fall, 5 % of worlds below": (before.low, "%"),
            "median change, before the trial": (before.median, "%"),
            "median change, after the trial": (after.median, "%"),
            "95 % of worlds below, before the trial": (before.high, "%"),
            "95 % of worlds below, after the trial": (after.high, "%"),
        },
    )


def _bets_draw():
    fig, (ax,) = style.figure(height=4.2)
    style.label_axes(
        ax,
        title="How likely is a rise of at least …?",
        x="rise of IGF-1 (%)",
        y="% of worlds with a larger rise",
    )
    ax.set(xlim=(PERCENT[0], PERCENT[-1]), ylim=(0, 105))
    trial = whole_axis.trial()
    support = np.exp(-0.5 * ((PERCENT - trial.mean) / trial.standard_error) ** 2)
    ax.fill_between(
        PERCENT, 0, 100 * support, facecolor=style.SERIES[3], alpha=0.3, label="fits the trial"
    )
    ax.axvline(0, color=style.MUTED, linewidth=1)
    promised = promised_by_cohort()
    ax.axvline(promised, color=style.SERIES[4], linestyle=":", linewidth=1.8)
    ax.text(promised + 0.3, 76, "the cohort's line\nfor 14 g fibre", fontsize=9)
    (before,) = ax.plot(PERCENT, PERCENT * 0, label="the bets alone", **style.series(0))
    (after,) = ax.plot(PERCENT, PERCENT * 0, label="bets and trial", **style.series(1))
    ax.legend(loc="upper right")
    return fig, {"before": before, "after": after}


def bets() -> Exploration:
    """Other bets: the learner sets the chances, and the trial weighs the worlds that follow."""

    def chance(name, label, start):
        return Slider.over(name, label, "", 0, 1, start, step=0.05)

    weight = {name: EDGES[name].weight_human for name in HUMAN_EDGES}
    sure = {"hdac": 1.0, "hcar2": 1.0, "gh": 1.0, "gh_up": 1.0, "il6": 1.0}
    return Exploration(
        name="bets",
        title="Other bets: how much IGF-1 for more fibre?",
        view=_bets_view,
        draw=_bets_draw,
        sliders=[
            _fibre_slider(),
            chance("hdac", "chance: HDAC arrow", weight["portal_hdac"]),
            chance("hcar2", "chance: HCAR2 arrow", weight["portal_hcar2"]),
            chance("gh", "chance: growth hormone arrow", weight["scfa_gh"]),
            chance("gh_up", "… and if so, that it goes up", GH_UP),
            chance("il6", "chance: IL-6 arrow", weight["scfa_il6"]),
            Slider.over("spread", "doubt about sizes, times ours", "", 0, 1.5, 1.0, step=0.25),
            Slider.choice("person", "person", list(STATES)),
        ],
        scenarios={
            "Our bets": {},
            "As the article": sure,
            "Article, inflamed": sure | {"person": "chronic inflammation"},
        },
    )


def trial_outcome() -> Outcome:
    """Change of IGF-1 (percent) in the four-year diet trial."""
    trial = whole_axis.trial()
    return Outcome(
        answer=trial.mean,
        text=(
            f"In people the diet changed IGF-1 by {_signed(trial.mean)} % against control, 95 % interval "
            f"{_signed(trial.low)} to {_signed(trial.high)} %. The cohort's line promised "
            f"{_signed(promised_by_cohort())} %."
        ),
    )


def _signed(value):
    """One decimal with a sign, and no sign on a zero."""
    return f"{value:+.1f}".replace("-", "−") if round(value, 1) else "0.0"


# --- data --------------------------------------------------------------------------------------


def fibre_and_igf1() -> Plate:
    """What people showed, in percent of their mean IGF-1, beside the model."""
    told = {
        "fibre": "UK Biobank: fibre, +5 g/d",
        "starch from wholegrains": "UK Biobank: wholegrain starch,\ntop against bottom fifth",
        "milk protein": "UK Biobank: milk protein,\n+2.5 % of energy",
    }
    found = [r for r in evidence.dataset("ukb_igf1_diet").rows if r["exposure"] in told]
    rows = [
        (told[r["exposure"]], *(100 * float(r[k]) / UKB_MEAN_NMOL_L for k in _UKB_COLUMNS))
        for r in found
    ]
    fibre = next(r for r in found if r["exposure"] == "fibre")
    times = whole_axis.trial_fibre_g_d() / 5
    line = (100 * times * float(fibre[k]) / UKB_MEAN_NMOL_L for k in _UKB_COLUMNS)
    trial = whole_axis.trial()
    rows.append(("the fibre line, drawn on to\nthe trial (14 g/d)", *line))
    rows.append(("trial: high-fibre diet, 4 years", trial.mean, trial.low, trial.high))
    for words in reversed(WEIGHTS):
        b = worlds(MORE_INULIN_G_D, words).band()
        rows.append((f"model: {words},\n+{MORE_INULIN_G_D:g} g/d (90 %)", b.median, b.low, b.high))
    labels, *numbers = zip(*rows, strict=True)
    numbers = [np.round(column, 1) + 0.0 for column in numbers]  # + 0.0: no minus on a zero
    measure = "difference of IGF-1 (%), 95 % interval"
    fig = forest(
        labels, *numbers, measure=measure, title="Fibre and IGF-1 in people", null=0.0, log=False
    )
    return Plate(
        fig,
        forest_alt(
            [label.replace("\n", " ") for label in labels], *numbers, measure=measure, null=0.0
        ),
        "Associations among 11,815 people, a straight line each (percent of a mean of 21.96 nmol/L); one "
        "randomised trial of a diet that was also low in fat and high in fruit (percent of the 137 ng/mL "
        "with which its people began); and the model. Milk protein stands beside fibre because people who "
        "eat much of the one may differ in the other.",
        ("watling2021", "watling_abstract", "flood2008", "lanza2001"),
    )


def one_experiment() -> Plate:
    """Which arrow, once known, would take most of the variance of IGF-1 away."""
    ranking = whole_axis.sensitivity(GRID, fibre_inulin_g_d=INULIN + MORE_INULIN_G_D)
    top = np.argsort(ranking.first_order)[-5:]
    names = [ROUTES[ranking.inputs[i]][0] for i in top]
    share, error = ranking.first_order[top], ranking.error[top]
    fig, (ax,) = style.figure(height=2.6)
    style.label_axes(
        ax, title="What one experiment would settle", x="share of the variance of IGF-1", y=""
    )
    ax.barh(names, share, xerr=error, capsize=3, color=style.SERIES[0])
    ax.set(xlim=(0, 1))
    ax.grid(axis="y", visible=False)
    rows = zip(names[::-1], share[::-1], error[::-1], strict=True)
    told = "; ".join(f"{name} {s:.3f} ± {e:.3f}" for name, s, e in rows)
    low, high = chromatin.IC50_BUTYRATE_READ_MM
    return Plate(
        fig,
        f"Bar chart of first-order Sobol indices for the change of IGF-1: {told}.",
        "First-order indices under our bets, in a healthy person with 15 g/d more inulin: mean of ten "
        "samples of 20,000 worlds; the bars at the ends are the Monte Carlo error. The HDAC arrow is "
        f"known with its IC50, drawn from {low} to {high} mmol/L.",
        ("hdaci_genes2012", "fass2011", "chembl_butyrate"),
    )


_UKB_COLUMNS = ("IGF1_change_nmol_L", "CI_low", "CI_high")


def cancer() -> Plate:
    """Cancer per standard deviation of IGF-1, measured and genetically predicted."""
    rows = [
        r
        for r in evidence.dataset("DS-3-CANCER").verified_only().rows
        if r["contrast"] == "per SD" and r["ci_low"] is not None
    ]
    labels = [
        f"{r['site']}: {r['design'].replace('Mendelian randomisation', 'genes')}" for r in rows
    ]
    numbers = [[float(r[k]) for r in rows] for k in ("estimate", "ci_low", "ci_high")]
    measure = "odds or hazard ratio per SD of IGF-1"
    fig = forest(labels, *numbers, measure=measure, title="More IGF-1, more of some cancers")
    return Plate(
        fig,
        forest_alt(labels, *numbers, measure=measure),
        "“Genes”: Mendelian randomisation, which asks whether people born with gene variants for "
        "higher IGF-1 get the cancer more often. The other rows measured IGF-1 and waited.",
        tuple(dict.fromkeys(r["source_key"] for r in rows)),
    )


EXPLORERS = {"arrows": arrows, "bets": bets}
# The claims whose model an explorer moves.
SHOWS = {"arrows": ("TAKEAWAY-1", "TAKEAWAY-2"), "bets": ("TAKEAWAY-2",)}
OUTCOMES = {"whole-trial": trial_outcome}
FIGURES = {
    "fibre_and_igf1": fibre_and_igf1,
    "one_experiment": one_experiment,
    "cancer": cancer,
}
