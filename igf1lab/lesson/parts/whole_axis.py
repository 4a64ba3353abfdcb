"""Lesson 11: the chain from fibre to repair, arrow by arrow, with its doubts and its one trial."""

from functools import lru_cache

import numpy as np

from igf1lab import evidence
from igf1lab.lesson import style
from igf1lab.lesson.outcome import Outcome
from igf1lab.lesson.plate import Plate, forest, forest_alt
from igf1lab.lesson.rows import Exploration, Slider, View, bars, closed_band
from igf1lab.models import whole_axis
from igf1lab.models.whole_axis import EDGES, HUMAN_EDGES, HUMAN_TRIAL, PARAMETERS
from igf1lab.units import nmol_l_to_ng_ml

GRID = evidence.model_table("colon_grid")
TRIAL_CHANGE, TRIAL_LOW, TRIAL_HIGH = (HUMAN_TRIAL[k].value for k in ("change", "low", "high"))
MORE_INULIN_G_D = 15.0  # the step that the lesson follows, as large as the model's own test
INULIN = PARAMETERS["fibre_inulin_g_d"].value
WEIGHTS = ("weighed by evidence", "every arrow certain")
NOBODY = 1e-9  # ng/mL or fraction; below it a change is rounding


def spread(extra_g_d, off=(), inflammation=0.0):
    """Samples of the chain with so much more inulin a day: with and without evidence weights.

    Parameters
    ----------
    extra_g_d : float
        Inulin beyond the reference diet of 26 g fibre a day, g/d.
    off : iterable of str
        Links that are cut.
    inflammation : float
        Extra IL-6 drive; 0 is a healthy adult.

    Returns
    -------
    dict of str to igf1lab.models.whole_axis.Spread
        By the words of ``WEIGHTS``.
    """
    return _spread(float(extra_g_d), frozenset(off), float(inflammation))


@lru_cache(maxsize=512)
def _spread(extra_g_d, off, inflammation):
    both = whole_axis.uncertainty(
        GRID, off=off, fibre_inulin_g_d=INULIN + extra_g_d, inflammation=inflammation
    )
    return dict(zip(WEIGHTS, (both.with_weights, both.without_weights), strict=True))


# --- the map ---------------------------------------------------------------------------------

# Where an arrow runs on the map and what the menu calls it.
ROUTES = {
    "fibre_scfa": ("fibre → acids", [(6.8, 9.2), (6.8, 8.25)]),
    "scfa_portal": ("acids → blood", [(6.5, 7.45), (5.3, 6.55)]),
    "portal_hcar2": ("blood → HCAR2 → IGF-1", [(4.2, 5.75), (1.0, 4.25), (4.3, 2.6)]),
    "portal_hdac": ("blood → HDAC → IGF-1", [(4.7, 5.7), (3.4, 4.25), (4.6, 2.85)]),
    "scfa_gh_up": ("blood → more GH", [(5.1, 5.7), (5.8, 4.6)]),
    "scfa_gh_down": ("blood → less GH", [(5.5, 5.7), (6.35, 4.6)]),
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
# Grades of the claims in three steps that a line style can carry.
SHOWN_IN = {
    "people": ("human-causal", "human-rct", "human-observational"),
    "animals": ("animal",),
    "cells": ("in-vitro",),
}
LOOKS = {
    "people": {"color": "C0", "linestyle": "-", "linewidth": 2.8},
    "animals": {"color": "C1", "linestyle": "--", "linewidth": 2.2},
    "cells": {"color": "C4", "linestyle": ":", "linewidth": 2.6},
}
# Every grade that an arrow has falls away with one step of this menu.
KEEP = {
    "all arrows": (*SHOWN_IN["people"], *SHOWN_IN["animals"], *SHOWN_IN["cells"]),
    "studied in animals or people": (*SHOWN_IN["people"], *SHOWN_IN["animals"]),
    "studied in people": SHOWN_IN["people"],
    "in randomised trials": ("human-rct",),
}
NOTHING = "nothing"
_BY_LABEL = {label: name for name, (label, _) in ROUTES.items()}
_HEAD_IN = 0.11  # inches
_INCHES_PER_UNIT = np.array([0.55, 0.39])  # of the map's axes: 10 units each way


def grade(link):
    """Evidence grade of a link's claim, by its id."""
    return evidence.claim(EDGES[link].claim).grade.id


def shown_in(link):
    """Where the strongest evidence on a link's claim comes from: people, animals or cells."""
    return next(where for where, grades in SHOWN_IN.items() if grade(link) in grades)


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


def _arrows_view(extra_g_d, keep, cut, also_cut, weights):
    off = {link for link in HUMAN_EDGES if grade(link) not in KEEP[keep]}
    off |= {_BY_LABEL[label] for label in (cut, also_cut) if label != NOTHING}
    sampled = spread(extra_g_d, off)[weights]
    chance = [100 * getattr(sampled.bands[k], side) for k, side in _CHANCES.values()]
    place = np.arange(len(chance))
    left = len(HUMAN_EDGES) - len(off)
    rises, wound = chance[0], chance[4]
    closure = 100 * abs(sampled.bands["closure"].low)
    curves = {
        link: tuple((_ARROWS[link] if link not in off else _ARROWS[link][:1].repeat(n, 0)).T)
        for link, n in ((link, len(_ARROWS[link])) for link in ROUTES)
    }
    return View(
        curves=curves | {"chance": bars(place + 0.2, place + 0.8, chance)},
        sentence=(
            f"With {extra_g_d:g} g/d more inulin and {left} of {len(HUMAN_EDGES)} arrows left, "
            f"{weights}, IGF-1 rises in {rises:.0f} % of the samples and a wound closes sooner "
            f"in {wound:.0f} %."
        ),
        numbers={
            label.replace("\n", " "): (value, "% of samples")
            for label, value in zip(_CHANCES, chance, strict=True)
        }
        | {
            "IGF-1, 95 % of samples below": (sampled.bands["igf1"].high, "ng/mL"),
            "wound time saved, 95 % of samples below": (closure, "%"),
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
        (artists[link],) = chart.plot(
            [0, 0], [0, 0], solid_capstyle="butt", label="_" + link, **LOOKS[shown_in(link)]
        )
    for x, y, words in PLACES:
        box = {"facecolor": style.PAPER, "edgecolor": style.MUTED, "boxstyle": "round,pad=0.25"}
        chart.text(x, y, words, ha="center", va="center", fontsize=9, bbox=box)
    keys = [chart.plot([], [], **look)[0] for look in LOOKS.values()]
    words = ("in people", "in animals", "in cells only")
    chart.legend(keys, words, title="studied", loc="upper left", handlelength=3.2)
    style.label_axes(low, title="Chance of each outcome", x="", y="% of samples")
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
            "People only": {"weights": WEIGHTS[1], "keep": "studied in people"},
        },
    )


def _fibre_slider():
    return Slider.over("extra_g_d", "more inulin", "g/d", 0, 25, MORE_INULIN_G_D, step=1)


# --- the band --------------------------------------------------------------------------------

MECHANISMS = {
    "receptor": ("liver receptor HCAR2", ("portal_hcar2",)),
    "chromatin": ("epigenetics (HDAC)", ("portal_hdac",)),
    "pituitary": ("growth hormone", ("scfa_gh_up", "scfa_gh_down")),
    "il6": ("liver, IL-6", ("scfa_il6", "il6_igfbp")),
}
STATES = {"healthy": 0.0, "chronic inflammation": 2.0}
# Between the nodes of the colon table the chain is all but straight, so it is sampled there only.
NODES_G_D = np.array([0.0, 5.0, 15.0, 25.0])
_FATES = ("falls", "no change", "rises, inside\nthe trial", "rises, above\nthe trial")


def _signed(value):
    """One decimal with a sign, and no sign on a zero."""
    return f"{value:+.1f}" if round(value, 1) else "0.0"


def _band_view(extra_g_d, weights, person, **switches):
    off = {e for name, on in switches.items() if on == "off" for e in MECHANISMS[name][1]}
    bands = [
        spread(extra, off, STATES[person])[weights].bands["igf1"] for extra in NODES_G_D.tolist()
    ]
    sampled = spread(extra_g_d, off, STATES[person])[weights]
    now, change = sampled.bands["igf1"], sampled.igf1_change_ng_ml
    fate = [
        np.mean(change < -NOBODY),
        np.mean(np.abs(change) <= NOBODY),
        np.mean((change > NOBODY) & (change <= TRIAL_HIGH)),
        np.mean(change > TRIAL_HIGH),
    ]
    percent = 100 * np.array(fate)
    place = np.arange(len(fate))
    return View(
        curves={
            "band": closed_band(NODES_G_D, [b.low for b in bands], [b.high for b in bands]),
            "median": (NODES_G_D, np.array([b.median for b in bands])),
            "here": (np.array([extra_g_d]), np.array([now.median])),
            "fate": bars(place + 0.2, place + 0.8, percent),
        },
        sentence=(
            f"With {extra_g_d:g} g/d more inulin, {weights}, IGF-1 changes by {_signed(now.median)} ng/mL "
            f"(90 % of samples {_signed(now.low)} to {_signed(now.high)}); it rises in "
            f"{percent[2] + percent[3]:.0f} % of samples, beyond the trial's interval in {percent[3]:.0f} %."
        ),
        numbers={
            "IGF-1, median change": (now.median, "ng/mL"),
            "IGF-1, 5 % of samples below": (now.low, "ng/mL"),
            "IGF-1, 95 % of samples below": (now.high, "ng/mL"),
            "median, in percent of 212 ng/mL": (
                100 * now.median / PARAMETERS["igf1_reference"].value,
                "%",
            ),
        }
        | {
            f"IGF-1 {word}".replace("\n", " "): (value, "% of samples")
            for word, value in zip(_FATES, percent, strict=True)
        },
    )


def _band_draw():
    fig, (top, low) = style.figure(2, height=5.8, height_ratios=[2.3, 1.3])
    style.label_axes(
        top,
        title="More fibre, more IGF-1?",
        x="inulin beyond the reference diet (g/d)",
        y="change of IGF-1 (ng/mL)",
    )
    top.set(xlim=(0, 25), ylim=(-8, 28))
    top.axhspan(TRIAL_LOW, TRIAL_HIGH, facecolor=style.SERIES[3], alpha=0.25)
    for edge in (TRIAL_LOW, TRIAL_HIGH):
        top.axhline(edge, color=style.SERIES[3], linewidth=1, linestyle="--")
    top.text(0.3, TRIAL_LOW + 0.5, "4-year diet trial, 95 % interval", fontsize=9)
    band = style.empty_area(top, "90 % of samples", facecolor=style.SERIES[0], alpha=0.3)
    (median,) = top.plot(NODES_G_D, NODES_G_D * 0, label="median", **style.series(0))
    (here,) = top.plot([0], [0], "D", color=style.SERIES[1], markersize=8, label="this intake")
    top.legend(loc="upper left")
    style.label_axes(low, title="At this intake, IGF-1 …", x="", y="% of samples")
    low.set(xlim=(0, len(_FATES)), ylim=(0, 100), xticks=np.arange(len(_FATES)) + 0.5)
    low.set_xticklabels(_FATES)
    low.grid(axis="x", visible=False)
    fate = style.empty_area(low, "share of samples", facecolor=style.SERIES[0])
    return fig, {"band": band, "median": median, "here": here, "fate": fate}


def band() -> Exploration:
    """Change of IGF-1 with fibre: a band of samples, and the interval of the human trial."""
    switches = [Slider.choice(k, label, ["on", "off"]) for k, (label, _) in MECHANISMS.items()]
    return Exploration(
        name="band",
        title="How much IGF-1 for how much fibre?",
        view=_band_view,
        draw=_band_draw,
        sliders=[
            _fibre_slider(),
            Slider.choice("weights", "arrows", WEIGHTS),
            *switches,
            Slider.choice("person", "person", list(STATES)),
        ],
        scenarios={
            "Every arrow certain": {"weights": WEIGHTS[1]},
            "Weighed by evidence": {},
            "Inflamed": {"weights": WEIGHTS[1], "person": "chronic inflammation"},
        },
    )


def size_outcome() -> Outcome:
    """Rise of IGF-1 (percent) with more inulin if every arrow exists."""
    found = spread(MORE_INULIN_G_D)[WEIGHTS[1]].bands["igf1"]
    start = PARAMETERS["igf1_reference"].value
    percent = 100 * found.median / start
    return Outcome(
        answer=percent,
        text=(
            f"With every arrow certain IGF-1 rises by {found.median:.1f} ng/mL in the median, which is "
            f"{percent:.1f} % of {start:.0f} ng/mL; 90 % of samples lie between {found.low:.1f} and "
            f"{found.high:.1f} ng/mL."
        ),
    )


def doubt(name):
    """What an uncertain input of the model is called: an arrow, or a constant's own label."""
    return ROUTES[name][0] if name in ROUTES else PARAMETERS[name].label


# --- your verdict ------------------------------------------------------------------------------


def _what_would_change_our_mind(claim):
    from IPython.display import HTML

    return HTML(
        f"{style.theme_css()}<div class='ig-panel'><p>{evidence.render.badge(claim.verdict)} "
        f"<strong>What would change our mind.</strong> {claim.change_our_mind}</p></div>"
    )


def _verdict_outcome(claim_id):
    claim = evidence.claim(claim_id)
    return Outcome(
        answer=claim.verdict.id,
        text=f"{claim.verdict.words}. {claim.verdict.meaning}",
        reveal=lambda: _what_would_change_our_mind(claim),
    )


# --- data --------------------------------------------------------------------------------------


def fibre_and_igf1() -> Plate:
    """What people showed, beside the model: difference of IGF-1 in ng/mL."""
    told = {
        "fibre": "UK Biobank: fibre, +5 g/d",
        "starch from wholegrains": "UK Biobank: wholegrain starch,\ntop against bottom fifth",
        "milk protein": "UK Biobank: milk protein,\n+2.5 % of energy",
    }
    rows = [
        (told[r["exposure"]], *(nmol_l_to_ng_ml(float(r[k])) for k in _UKB_COLUMNS))
        for r in evidence.dataset("ukb_igf1_diet").rows
        if r["exposure"] in told
    ]
    rows.append(("trial: high-fibre diet, 4 years", TRIAL_CHANGE, TRIAL_LOW, TRIAL_HIGH))
    for words in reversed(WEIGHTS):
        b = spread(MORE_INULIN_G_D)[words].bands["igf1"]
        rows.append((f"model: {words},\n+{MORE_INULIN_G_D:g} g/d (90 %)", b.median, b.low, b.high))
    labels, *numbers = zip(*rows, strict=True)
    numbers = [np.round(column, 1) + 0.0 for column in numbers]  # + 0.0: no minus on a zero
    measure = "difference of IGF-1 (ng/mL), 95 % interval"
    fig = forest(
        labels, *numbers, measure=measure, title="Fibre and IGF-1 in people", null=0.0, log=False
    )
    return Plate(
        fig,
        forest_alt(
            [label.replace("\n", " ") for label in labels], *numbers, measure=measure, null=0.0
        ),
        "Associations among 11,815 people (converted from nmol/L), one randomised trial of a diet that "
        "was also low in fat and high in fruit, and the model. Milk protein stands beside fibre because "
        "people who eat much of the one may differ in the other.",
        ("watling2021", "flood2008"),
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


EXPLORERS = {"arrows": arrows, "band": band}
# The claims whose model an explorer moves.
SHOWS = {"arrows": ("TAKEAWAY-1", "TAKEAWAY-2"), "band": ("TAKEAWAY-2",)}
OUTCOMES = {
    "whole-size": size_outcome,
    "whole-verdict-1": lambda: _verdict_outcome("TAKEAWAY-1"),
    "whole-verdict-2": lambda: _verdict_outcome("TAKEAWAY-2"),
}
FIGURES = {"fibre_and_igf1": fibre_and_igf1, "cancer": cancer}
