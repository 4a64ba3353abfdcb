"""Lesson 10: a mouse experiment arm by arm, what a rescue shows, and bone findings that conflict."""

from functools import lru_cache

import numpy as np

from igf1lab import evidence
from igf1lab.lesson import style
from igf1lab.lesson.outcome import Outcome
from igf1lab.lesson.plate import Plate, forest, forest_alt
from igf1lab.lesson.rows import Exploration, Slider, View
from igf1lab.models import colonisation
from igf1lab.models.colonisation import PARAMETERS, Arm

DAYS = 56
TIME_D = np.linspace(0, DAYS, 141)
FOREVER = float("inf")
GERM_FREE_IGF1 = PARAMETERS["igf1_germ_free"].value

# Words of the menus and what they mean to an Arm.
BEGINS = ("conventional", "germ-free")
ANTIBIOTICS = {"none": None, "first 2 weeks": (0.0, 14.0), "all 8 weeks": (0.0, FOREVER)}
MICROBES = {"none": None, "on day 0": 0.0, "on day 28": 28.0}
WATER = {"plain or salt": None, "SCFA from day 14": (14.0, FOREVER)}


# --- design an arm ---------------------------------------------------------------------------


@lru_cache(maxsize=2048)
def run_arm(begins, antibiotics="none", microbes="none", water="plain or salt", **changes):
    """Run one arm of mice, named by the menus' words, for eight weeks."""
    arm = Arm(begins, MICROBES[microbes], ANTIBIOTICS[antibiotics], WATER[water])
    return colonisation.simulate(arm, DAYS, n_times=TIME_D.size, **changes)


def gap_closed_percent(igf1_rel: float) -> float:
    """Share (percent) of the way from a germ-free to a conventional mouse's IGF-1."""
    return 100 * (igf1_rel - GERM_FREE_IGF1) / (1 - GERM_FREE_IGF1)


def _arm_view(**settings):
    run = run_arm(**settings)
    scfa, igf1, length = run.scfa_index[-1], run.igf1_rel[-1], run.length_gain_mm[-1]
    whole, bare = (run_arm(begins).length_gain_mm[-1] for begins in BEGINS)
    if run.degraders[-1] > 0.1:
        gut = "the full set of microbes"
    else:
        gut = "only resistant microbes" if run.facultatives[-1] > 0.1 else "no microbes"
    return View(
        curves={
            "degraders": run.degraders,
            "cross_feeders": run.cross_feeders,
            "facultatives": run.facultatives,
            "igf1": 100 * run.igf1_rel,
            "length": run.length_gain_mm,
        },
        sentence=(
            f"After 8 weeks these mice have {gut}, {100 * scfa:.0f} % of a conventional mouse's "
            f"SCFAs, {100 * igf1:.0f} % of its IGF-1, and have grown {length:.1f} mm "
            f"(conventional {whole:.1f}, germ-free {bare:.1f} mm)."
        ),
        numbers={
            "SCFAs, conventional = 100": (100 * scfa, "%"),
            "IGF-1, conventional = 100": (100 * igf1, "%"),
            "IGF-1 on day 14": (100 * float(np.interp(14, TIME_D, run.igf1_rel)), "%"),
            "IGF-1 on day 35": (100 * float(np.interp(35, TIME_D, run.igf1_rel)), "%"),
            "gap to conventional closed": (gap_closed_percent(igf1), "%"),
            "growth in length": (length, "mm"),
            "behind a conventional mouse": (whole - length, "mm"),
        },
    )


def _arm_draw():
    fig, (gut, igf1, length) = style.figure(3, height=7.2, sharex=True)
    style.mouse(gut, igf1, length)
    style.label_axes(gut, title="Mouse: microbes in the gut", x="", y="abundance")
    gut.set(ylim=(0, 1.8), xlim=(0, DAYS), xticks=range(0, 57, 7))
    names = {
        "degraders": "degraders",
        "cross_feeders": "butyrate makers",
        "facultatives": "fast growers",
    }
    artists = {
        key: gut.plot(TIME_D, TIME_D * 0, label=label, **style.series(i))[0]
        for i, (key, label) in enumerate(names.items())
    }
    gut.legend(loc="upper right", ncols=2, fontsize=8.5)
    style.label_axes(igf1, title="Mouse: IGF-1 in blood", x="", y="% of conventional")
    igf1.set(ylim=(70, 108))
    style.label_axes(length, title="Mouse: growth in length", x="days after weaning", y="mm")
    length.set(ylim=(0, 26))
    for ax, name in ((igf1, "igf1_rel"), (length, "length_gain_mm")):
        scale = 100 if ax is igf1 else 1
        for begins, place in zip(BEGINS, ("bottom", "top"), strict=True):
            values = scale * getattr(run_arm(begins), name)
            ax.plot(TIME_D, values, ":", color=style.MUTED, linewidth=1.5)
            shift = 0.6 if place == "bottom" else -0.8 if ax is igf1 else -2.5
            ax.text(
                55, values[-1] + shift, begins, ha="right", va=place, fontsize=9, color=style.MUTED
            )
    look = {"color": style.SERIES[4], "linestyle": "-"}
    (artists["igf1"],) = igf1.plot(TIME_D, TIME_D, label="this arm", **look)
    (artists["length"],) = length.plot(TIME_D, TIME_D, label="this arm", **look)
    return fig, artists


def arms() -> Exploration:
    """Put together one arm of a mouse experiment and follow it for eight weeks."""
    return Exploration(
        name="colon-arms",
        title="Design an arm (mouse)",
        view=_arm_view,
        draw=_arm_draw,
        sliders=[
            Slider.choice("begins", "mice begin", BEGINS),
            # Begin at the rescue, where both sliders of numbers matter.
            Slider.choice("antibiotics", "antibiotics", list(ANTIBIOTICS), "all 8 weeks"),
            Slider.choice("microbes", "microbes given", list(MICROBES)),
            Slider.choice("water", "drinking water", list(WATER), "SCFA from day 14"),
            Slider.of(PARAMETERS["s_w"], label="SCFAs in the water, share of a gut's own"),
            Slider.of(PARAMETERS["K"], label="SCFA share for half the largest response"),
        ],
        scenarios={
            "Germ-free, colonised": {
                "begins": "germ-free",
                "microbes": "on day 0",
                "antibiotics": "none",
                "water": "plain or salt",
            },
            "Antibiotics": {"water": "plain or salt"},
            "Antibiotics, SCFA from week 2": {},
            "Antibiotics stopped": {"antibiotics": "first 2 weeks", "water": "plain or salt"},
        },
    )


# --- predictions -----------------------------------------------------------------------------


def _rescue_runs() -> dict:
    treated = {"begins": "conventional", "antibiotics": "all 8 weeks"}
    return {
        "conventional, salt water": run_arm("conventional"),
        "antibiotics, SCFA water": run_arm(**treated, water="SCFA from day 14"),
        "antibiotics, salt water": run_arm(**treated),
    }


def _rescue_plate() -> Plate:
    fig, (ax,) = style.figure(height=3.6)
    style.label_axes(
        ax, title="Mouse, model: with the missing arm", x="days", y="IGF-1, % of conventional"
    )
    style.mouse(ax)
    runs = {name: 100 * run.igf1_rel for name, run in _rescue_runs().items()}
    for i, (name, values) in enumerate(runs.items()):
        ax.plot(TIME_D, values, label=name, **style.series((3, 4, 0)[i]))
    ax.axvline(14, color=style.MUTED, linewidth=1)
    ax.text(14.6, 72.5, "drinking water changed", fontsize=9, color=style.MUTED)
    ax.set(xlim=(0, 42), ylim=(70, 108), xticks=range(0, 43, 7))
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=2)
    at = int(np.argmin(np.abs(TIME_D - 42)))
    told = "; ".join(f"{name}: {values[at]:.0f} percent" for name, values in runs.items())
    return Plate(
        fig,
        f"Three arms of model mice, IGF-1 at week 6 in percent of conventional. {told}. Only the "
        "arm with salt water tells that the acids, and not time or drinking, brought IGF-1 back.",
        "Model of the published design; directions are published, sizes are chosen.",
        ("yan2016",),
    )


def control_outcome() -> Outcome:
    """The control that the rescue needs, and what the model gives in each arm at week 6."""
    at = int(np.argmin(np.abs(TIME_D - 42)))
    _, rescued, salt = (100 * run.igf1_rel[at] for run in _rescue_runs().values())
    return Outcome(
        answer="salt",
        text=(
            f"In the model IGF-1 stays at {salt:.0f} % of conventional on salt water and returns "
            f"to {rescued:.0f} % on SCFA water. The gap between these two arms is what the acids "
            "did; the published study had such an arm."
        ),
        reveal=_rescue_plate,
    )


def colonise_outcome() -> Outcome:
    """What colonising adult germ-free mice did to IGF-1, bone mass and bone length."""
    row = next(
        r
        for r in evidence.dataset("mouse_igf1_directions").rows
        if r["comparison"] == "colonised vs germ-free"
    )
    if "bone mass down first" not in row["bone_or_growth"]:
        raise ValueError("mouse_igf1_directions no longer says that bone mass fell first")
    igf1 = {"increase": "up", "decrease": "down"}[row["serum_IGF1"]]
    return Outcome(
        answer={"igf1": igf1, "mass": "down", "length": "up"},
        text=(
            "Published: IGF-1 rose, bone mass fell at first, and after long colonisation the "
            "bones were longer and wider. No group means could be read, so none are drawn."
        ),
        reveal=directions,
    )


# --- data figures ----------------------------------------------------------------------------

_STUDIES = {
    "yan2016": "Yan 2016",
    "novince2017": "Novince 2017",
    "schwarzer2016": "Schwarzer 2016",
    "schwarzer2023": "Schwarzer 2023",
    "matsushita2021": "Matsushita 2021",
}
_ARMS = {
    "colonised vs germ-free": "colonised",
    "antibiotic vs control": "no antibiotics",
    "SCFA vs antibiotic alone": "SCFA water",
    "with microbes vs without": "microbes",
    "with microbes / L. plantarum vs germ-free": "microbes",
    "treated vs untreated": "L. plantarum or its wall",
    "antibiotic vs none": "no antibiotics, tumour",
    "SCFA vs none": "SCFA, tumour",
}


def igf1_directions() -> list[tuple[str, str, str]]:
    """Per comparison: study, arm with more microbes or SCFAs, and IGF-1 there (up or down).

    A comparison of antibiotics with none is turned round, so that all rows ask the same thing.
    """
    found = []
    for row in evidence.dataset("mouse_igf1_directions").rows:
        if row["study"] not in _STUDIES:
            continue  # IL-6 and the liver's GH receptor belong to lessons 7 and 9
        rose = row["serum_IGF1"].startswith(("increase", "somatotropic axis better"))
        fewer_microbes = row["comparison"].startswith("antibiotic")
        way = "up" if rose != fewer_microbes else "down"
        found.append((_STUDIES[row["study"]], _ARMS[row["comparison"]], way))
    return found


def _sign_chart(rows, *, title, ticks, height, groups):
    """Dots in three columns, one row a label; ``rows`` are (label, column, group)."""
    labels = list(dict.fromkeys(label for label, _, _ in rows))
    y = {label: len(labels) - i for i, label in enumerate(labels)}
    fig, (ax,) = style.figure(height=height)
    style.label_axes(ax, title=title, x="", y="")
    style.mouse(ax)
    for i, group in enumerate(groups):
        mine = [(column, y[label]) for label, column, g in rows if g == group]
        ax.plot(
            *np.array(mine).T,
            "oD^"[i],
            color=style.SERIES[i],
            markersize=10,
            linestyle="none",
            label=group,
        )
    ax.set(xlim=(-0.5, len(ticks) - 0.5), ylim=(0.4, len(labels) + 0.6))
    ax.set(xticks=range(len(ticks)), yticks=list(y.values()))
    ax.set_xticklabels(ticks)
    ax.set_yticklabels(labels)
    ax.legend(loc="upper center", bbox_to_anchor=(0.3, -0.1), ncols=len(groups))
    return fig


def directions() -> Plate:
    """Which way serum IGF-1 went in mice with more microbes or more SCFAs."""
    found = igf1_directions()
    kind = {True: "microbes", False: "SCFAs"}
    rows = [
        (f"{study}: {arm}", ("down", "up").index(way), kind["SCFA" not in arm])
        for study, arm, way in found
    ]
    fig = _sign_chart(
        rows,
        title="Mouse: which way IGF-1 went",
        ticks=["IGF-1 lower", "IGF-1 higher"],
        height=4.0,
        groups=["microbes", "SCFAs"],
    )
    words = {"up": "higher", "down": "lower"}
    up = sum(way == "up" for _, _, way in found)
    told = "; ".join(f"{study}, {arm}: {words[way]}" for study, arm, way in found)
    used = evidence.dataset("mouse_igf1_directions").rows
    return Plate(
        fig,
        f"Sign chart of serum IGF-1 in mice, arm with more microbes or SCFAs against the other. "
        f"{told}. {up} of {len(found)} say higher.",
        "Mouse. Directions only: no group mean was read. Comparisons with antibiotics are turned "
        "round. In the tumour mice more IGF-1 went with faster growth of the tumour.",
        tuple(dict.fromkeys(r["source_key"] for r in used if r["study"] in _STUDIES)),
    )


# What the published words say about bone where microbes are missing or fewer.
_GERM_FREE_BONE = {
    ("Sjogren 2012", "trabecular bone mass"): "more",
    ("Vahidi 2023", "spongy bone"): "more",
    ("Vahidi 2023", "whole-bone strength"): "less",
    ("Quach 2018", "bone after colonisation"): "same",
    ("Yan 2016", "bone mass, short term"): "more",
}
_ANTIBIOTIC_BONE = {
    "BMD up at 3 weeks, not at 7 weeks": {"3 weeks": "more", "7 weeks": "same"},
    "bone mineral content down in males, up in females": {"males": "less", "females": "more"},
    "bone mass up, formation marker down": {"females": "more"},
    "bending strength down with antibiotics in both genotypes; KO femur wider, shorter, weaker "
    "whole bone": {"strength": "less"},
}


def bone_directions() -> list[tuple[str, str, str]]:
    """Per finding: label, bone with fewer microbes (more, same or less), and kind of study."""
    found = []
    for row in evidence.dataset("germfree_growth_bone").rows:
        way = _GERM_FREE_BONE.get((row["study"], row["outcome"]))
        if way:
            label = row["study"].replace("Sjogren", "Sjögren")
            if "strength" in row["outcome"]:
                label += ", strength"
            found.append((label, way, "germ-free"))
    novince = next(
        r
        for r in evidence.dataset("mouse_igf1_directions").rows
        if r["study"] == "novince2017" and "less bone" in r["bone_or_growth"]
    )
    found.append((_STUDIES[novince["study"]], "more", "germ-free"))
    for row in evidence.dataset("antibiotic_bone_mice").rows:
        for which, way in _ANTIBIOTIC_BONE.get(row["finding"], {}).items():
            found.append((f"{row['first_author']}, {which}", way, "antibiotics"))
    return found


def bone() -> Plate:
    """Bone mass or strength in mice without microbes or on antibiotics: the findings conflict."""
    found = bone_directions()
    ways = ("less", "same", "more")
    fig = _sign_chart(
        [(label, ways.index(way), kind) for label, way, kind in found],
        title="Mouse: bone when microbes are missing",
        ticks=["less or weaker bone", "no change", "more bone"],
        height=4.4,
        groups=["germ-free", "antibiotics"],
    )
    told = "; ".join(f"{label} ({kind}): {way}" for label, way, kind in found)
    counts = ", ".join(f"{sum(w == way for _, w, _ in found)} {way}" for way in ways)
    return Plate(
        fig,
        f"Sign chart of bone mass, mineral or strength in mice without microbes or on "
        f"antibiotics, {len(found)} findings: {counts}. {told}.",
        "Mouse. Directions only. Drug, dose, sex, age and what was measured all differ; a study "
        "that found larger bones after antibiotics (Nobel) measured size and is left out.",
        ("sjogren2012", "vahidi2023", "quach2018", "yan2016", "novince2017", "yan2017"),
    )


def children() -> Plate:
    """Probiotics and the height of children, in poorer and in richer countries."""
    rows = [
        r
        for r in evidence.dataset("human_trial_effects").rows
        if r["source_key"] == "probiotic_growth_meta2021"
    ]
    places = {"LMIC": "low- and middle-income", "HIC": "high-income"}
    labels = [f"{places[r['intervention'].split()[-1]]}\n({r['n_or_trials']} trials)" for r in rows]
    numbers = [[float(r[c]) for r in rows] for c in ("effect", "CI_low", "CI_high")]
    measure = "difference in height, standard deviations"
    fig = forest(
        labels,
        *numbers,
        measure=measure,
        title="Children: probiotics and height",
        null=0.0,
        log=False,
    )
    told = [label.replace("\n", " ") for label in labels]
    return Plate(
        fig,
        forest_alt(told, *numbers, measure=measure, null=0.0),
        "Human. Pooled trials, point and 95 % interval. IGF-1 was not the outcome.",
        ("probiotic_growth_meta2021",),
    )


EXPLORERS = {"arms": arms}
# The claims whose model an explorer moves.
SHOWS = {"arms": ("COLON-1", "COLON-2")}
OUTCOMES = {"colon-control": control_outcome, "colon-colonise": colonise_outcome}
FIGURES = {"bone": bone, "children": children}
