"""Lesson 4: the vessel wall under weak levers, and risk that is lowest in the middle."""

from functools import lru_cache

import numpy as np
from scipy.special import ndtri

from igf1lab import evidence
from igf1lab.lesson import plate, style
from igf1lab.lesson.outcome import Outcome
from igf1lab.lesson.plate import Plate
from igf1lab.lesson.rows import Exploration, Slider, View
from igf1lab.models import vessels
from igf1lab.models.vessels import PARAMETERS

WEEKS = vessels.simulate().time_d / 7
# Cover of the mouse carotid 7 days after denudation in percent, mean and SD (denudation_mice).
DENUDED_COVER = {"untreated": (63.0, 4.4), "erythropoietin": (78.0, 9.4)}


# --- the wall --------------------------------------------------------------------------------


@lru_cache(maxsize=512)
def _twelve_weeks(**settings):
    return vessels.simulate(**settings)


def _against(value, normal) -> str:
    """Say a plaque against that at normal IGF-1, in percent."""
    if normal < 0.005:
        return "as it would at normal IGF-1"
    change = 100 * (value / normal - 1)
    if abs(change) < 0.5:
        return "the same as at normal IGF-1"
    return f"{abs(change):.0f} % {'more' if change > 0 else 'less'} than at normal IGF-1"


def _wall_view(igf1_relative, load, endothelium_start, alpha):
    wall = {"load": load, "endothelium_start": endothelium_start, "alpha": alpha}
    course = _twelve_weeks(igf1_relative=igf1_relative, **wall)
    normal = _twelve_weeks(igf1_relative=1.0, **wall)
    cover_week = 100 * np.interp(1, WEEKS, course.endothelium)
    plaque = course.plaque[-1]
    change = 100 * (plaque / normal.plaque[-1] - 1) if normal.plaque[-1] > 0.005 else 0.0
    return View(
        curves={
            "cover": course.endothelium,
            "nitric_oxide": course.nitric_oxide,
            "inflammation": course.inflammation,
            "plaque": course.plaque,
        },
        sentence=(
            f"At {igf1_relative:g} times normal IGF-1 and load {load:g} the lining covers "
            f"{cover_week:.0f} % on day 7, and after 12 weeks plaque stands at {plaque:.1f}, "
            f"{_against(plaque, normal.plaque[-1])}."
        ),
        numbers={
            "lining on day 7": (cover_week, "%"),
            "nitric oxide at 12 weeks, 1 = normal": (course.nitric_oxide[-1], ""),
            "highest inflammation, 1 = normal": (course.inflammation.max(), ""),
            "inflammation at 12 weeks, 1 = normal": (course.inflammation[-1], ""),
            "plaque index at 12 weeks": (plaque, ""),
            "plaque against normal IGF-1": (change, "%"),
        },
    )


def _wall_draw():
    fig, (lining, fire, plaque) = style.figure(3, height=6.6, sharex=True)
    style.mouse(lining, fire, plaque)
    style.label_axes(lining, title="Lining and nitric oxide", x="", y="share, 1 = normal")
    lining.set(xlim=(0, 12), ylim=(0, 1.75), xticks=range(0, 13, 2))
    style.label_axes(fire, title="Inflammation", x="", y="1 = normal")
    fire.set(ylim=(0, 12))
    style.label_axes(plaque, title="Plaque", x="time (weeks)", y="index")
    plaque.set(ylim=(0, 45))
    curves = {
        "cover": lining.plot(WEEKS, WEEKS, label="lining", **style.series(0))[0],
        "nitric_oxide": lining.plot(WEEKS, WEEKS, label="nitric oxide", **style.series(1))[0],
        "inflammation": fire.plot(WEEKS, WEEKS, label="inflammation", **style.series(4))[0],
        "plaque": plaque.plot(WEEKS, WEEKS, label="plaque", **style.series(2))[0],
    }
    for (name, (mean, spread)), colour in zip(DENUDED_COVER.items(), (0, 5), strict=True):
        points = {"color": style.SERIES[colour], "markeredgecolor": style.INK, "capsize": 3}
        points |= {"fmt": "os"[colour > 0], "label": f"mice, day 7, {name}", "zorder": 3}
        lining.errorbar(1, mean / 100, spread / 100, **points)
    lining.legend(ncols=2, loc="upper right")
    return fig, curves


def wall() -> Exploration:
    """Lining, nitric oxide, inflammation and plaque over twelve weeks."""
    return Exploration(
        name="wall",
        title="A vessel wall over twelve weeks (mouse, sizes chosen)",
        view=_wall_view,
        draw=_wall_draw,
        sliders=[
            Slider.of(PARAMETERS["igf1_relative"], label="IGF-1, times normal"),
            Slider.of(PARAMETERS["load"], label="lipid and stress load, times normal", start=3.0),
            Slider.of(
                PARAMETERS["endothelium_start"], label="lining at day 0, 1 = intact", start=0.02
            ),
            Slider.of(PARAMETERS["alpha"], label="chosen strength of IGF-1 (α)"),
        ],
        scenarios={
            "Scraped artery": {"load": 1},
            "High-fat mouse": {"endothelium_start": 1},
            "High-fat mouse, 20 % less IGF-1": {"endothelium_start": 1, "igf1_relative": 0.8},
            "Healthy wall": {"endothelium_start": 1, "load": 1},
        },
    )


# --- sign and size ---------------------------------------------------------------------------

UNKNOWN = ("v", "alpha", "delta", "d_C", "k_Q", "k_r", "NO_brake", "C_scavenge")


def plaque_change(**changes) -> float:
    """Change of 12-week plaque (%) at load 3 when IGF-1 goes from normal to 1.5 times normal."""
    normal, more = (
        vessels.simulate(points=2, load=3, igf1_relative=igf1, **changes).plaque[-1]
        for igf1 in (1.0, 1.5)
    )
    return 100 * (more / normal - 1)


@lru_cache(maxsize=1)
def plaque_changes(draws=300, seed=4) -> np.ndarray:
    """The same change for constants drawn evenly from their allowed ranges.

    Returns
    -------
    ndarray of shape (draws,)
        Percent, one for each set of constants.
    """
    rng = np.random.default_rng(seed)
    # A wall on which no plaque grows at all has no percent change: keep k_Q off zero.
    lows = {name: max(PARAMETERS[name].low, 1e-3) for name in UNKNOWN}
    sets = (
        {name: rng.uniform(lows[name], PARAMETERS[name].high) for name in UNKNOWN}
        for _ in range(draws)
    )
    return np.array([plaque_change(**constants) for constants in sets])


def sizes() -> Plate:
    """The fall of plaque under many equally defensible sets of constants."""
    changes, ours = plaque_changes(), plaque_change()
    fig, (ax,) = style.figure(height=3.2)
    style.label_axes(
        ax,
        title="The same sign, any size",
        x="change of plaque with 1.5 times the IGF-1 (%)",
        y="sets of constants",
    )
    ax.hist(changes, bins=np.arange(-84, 5, 4), color=style.SERIES[0], edgecolor=style.PAPER)
    ax.axvline(0, color=style.MUTED, linestyle=":")
    ax.axvline(ours, color=style.SERIES[1], linestyle="--", label=f"ours: {ours:.1f} %")
    ax.legend(loc="upper left")
    low, high = np.percentile(changes, [5, 95])
    return Plate(
        fig,
        f"Histogram of the change of 12-week plaque for {changes.size} sets of constants drawn from "
        f"their slider ranges. Every set gives a fall: nine in ten lie between {low:.0f} and "
        f"{high:.0f} percent, the extremes at {changes.min():.0f} and {changes.max():.0f}; the "
        f"course's own constants give {ours:.1f} percent.",
        f"{changes.size} sets of constants, each drawn from the same ranges as the sliders. The "
        "structure of the model fixes the sign. The size is whatever we choose.",
    )


def plaque_outcome() -> Outcome:
    """Fall of 12-week plaque (%) with half as much IGF-1 again."""
    changes, fall = plaque_changes(), -plaque_change()
    return Outcome(
        answer=fall,
        text=(
            f"Plaque ends {fall:.1f} % lower. But with other constants from the same ranges the "
            f"fall is anything from {-changes.max():.0f} to {-changes.min():.0f} %."
        ),
        reveal=sizes,
    )


# --- risk along the range of IGF-1 -----------------------------------------------------------

Z = np.linspace(-2, 2, 121)
_PEOPLE = ndtri((np.arange(1000) + 0.5) / 1000).reshape(5, 200)  # a normal spread, in fifths
FIFTHS = _PEOPLE.mean(axis=1)


def fifths_ratio(per_sd, bend):
    """Risk in each fifth of IGF-1 relative to the middle fifth.

    Parameters
    ----------
    per_sd : float
        Risk ratio for each standard deviation of IGF-1: the tilt of a straight line.
    bend : float
        Coefficient of z² in log risk; above zero risk rises towards both ends.

    Returns
    -------
    ndarray of shape (5,)
        From the lowest to the highest fifth; the middle one is 1.
    """
    risk = np.exp(np.log(per_sd) * _PEOPLE + bend * _PEOPLE**2).mean(axis=1)
    return risk / risk[2]


def interval(ratio, cases):
    """95 % interval of a ratio between two fifths, when each fifth has a fifth of the cases.

    Uses the usual approximation: the variance of a log ratio is one over the cases on one side
    plus one over those on the other.
    """
    half = 1.96 * np.sqrt(2 / (cases / 5))
    return ratio * np.exp(-half), ratio * np.exp(half)


def _risk_view(per_sd, bend, cases):
    ratio = fifths_ratio(per_sd, bend)
    low, high = interval(ratio, cases)
    middle = np.exp(np.log(per_sd) * _PEOPLE[2] + bend * _PEOPLE[2] ** 2).mean()
    ends = {f"interval{k}": (FIFTHS[[k, k]], np.array([low[k], high[k]])) for k in (0, 1, 3, 4)}
    shown = "includes" if low[4] <= 1 <= high[4] else "excludes"
    return View(
        curves={
            "risk": np.exp(np.log(per_sd) * Z + bend * Z**2) / middle,
            "fifths": (FIFTHS, ratio),
            **ends,
        },
        sentence=(
            f"Compared with the middle fifth, risk is {ratio[0]:.2f} times in the lowest fifth and "
            f"{ratio[4]:.2f} times in the highest; a straight line through everybody reads "
            f"{per_sd:.2f} per SD, and with {cases:,.0f} cases the interval of the highest fifth "
            f"({low[4]:.3f} to {high[4]:.3f}) {shown} 1."
        ),
        numbers={
            "lowest against middle fifth": (ratio[0], ""),
            "highest against middle fifth": (ratio[4], ""),
            "lowest against highest fifth": (ratio[0] / ratio[4], ""),
            "straight line, per SD": (per_sd, ""),
            "highest fifth, lower bound": (low[4], ""),
            "highest fifth, upper bound": (high[4], ""),
        },
    )


def _biobank_ends():
    """UK Biobank's two rows for all cardiovascular disease: lowest, then highest fifth."""
    rows = evidence.dataset("DS-6-CVD").rows
    return [r for r in rows if r["source_key"] == "lin2023"][:2]


def _risk_draw():
    fig, (ax,) = style.figure(height=4.0)
    style.label_axes(
        ax,
        title="Risk from low to high IGF-1",
        x="IGF-1 (SD from the mean of one's age and sex)",
        y="risk, middle fifth = 1",
    )
    ax.set(yscale="log", xlim=(-2.1, 2.1), ylim=(0.55, 2.4), yticks=[0.6, 0.8, 1, 1.5, 2])
    ax.yaxis.set_major_formatter("{x:g}")
    ax.yaxis.minorticks_off()
    ax.axhline(1, color=style.MUTED, linestyle=":", linewidth=1.2)
    for row, z in zip(_biobank_ends(), FIFTHS[[0, 4]], strict=True):
        spread = [[row["hr"] - row["ci_low"]], [row["ci_high"] - row["hr"]]]
        point = ax.errorbar(z + 0.12, row["hr"], spread, fmt="s", color=style.INK, capsize=3)
    point.set_label("UK Biobank, 95 % interval")
    (risk,) = ax.plot(Z, Z + 3, label="model of risk", **style.series(0))
    (fifths,) = ax.plot(FIFTHS, FIFTHS, "o", color=style.SERIES[1], label="the five fifths")
    bars = {
        f"interval{k}": ax.plot([0, 0], [1, 1], "-", color=style.SERIES[1])[0] for k in (0, 1, 3, 4)
    }
    for k, bar in bars.items():
        bar.set_label(f"95 % interval, fifth {int(k[-1]) + 1}")
    ax.legend(handles=[risk, fifths, point], loc="upper center")
    return fig, {"risk": risk, "fifths": fifths, **bars}


def risk() -> Exploration:
    """A bent risk curve, what a straight line reads of it, and how many cases show it."""
    return Exploration(
        name="risk",
        title="Sign, size and bend",
        view=_risk_view,
        draw=_risk_draw,
        sliders=[
            Slider.over("per_sd", "straight part: ratio per SD", "", 0.86, 1.18, 0.9, step=0.01),
            Slider.over("bend", "bend: added at both ends", "", 0, 0.1, 0.0, step=0.005),
            Slider.over("cases", "cases of disease in the study", "", 500, 50_000, 5000, log=True),
        ],
        scenarios={
            "The article's line": {},
            "A bent curve": {"per_sd": 0.98, "bend": 0.04, "cases": 30_000},
            "Genetic estimate": {"per_sd": 1.09, "cases": 50_000},
        },
    )


# --- data figures ----------------------------------------------------------------------------


def ends() -> Plate:
    """Cardiovascular disease and death at either end of IGF-1 against the middle."""
    rows = [r for r in evidence.dataset("DS-6-CVD").rows if "middle" in r["contrast"]]
    deaths = evidence.dataset("DS-2-MORTALITY").rows
    rows += [r for r in deaths if r["outcome"] == "cardiovascular"]
    rows = sorted(rows, key=lambda r: r["contrast"].startswith("highest"))
    labels = []
    for row in rows:
        end, study = row["contrast"].split()[0], row["study"].split(" (")[1].rstrip(")")
        died = row["outcome"] == "cardiovascular"  # a dataset of deaths names only the cause
        outcome = "CV death" if died else row["outcome"].replace("cardiovascular", "CV")
        labels.append(f"{end}: {outcome} ({study})")
    return plate.forest_plate(
        rows,
        labels,
        measure="hazard ratio against the middle (95 % interval)",
        title="Low end first, then high end",
        caption=(
            "CV: cardiovascular. Lin and Xie: UK Biobank, fifths and tenths; Carlzon: older Swedish "
            "men. Filled squares exclude 1. Both ends lie to the right of the line."
        ),
    )


def straight_lines() -> Plate:
    """Estimates that read IGF-1 and heart disease along one direction."""
    away = ("middle", "IGFBP-3")  # the other figure's rows, and a row about a binding protein
    rows = evidence.dataset("DS-6-CVD").rows
    rows = [r for r in rows if not any(word in r["contrast"] for word in away)]
    names = {
        "juul2002": "Juul",
        "ricketts2011": "Ricketts",
        "larsson2020diab": "genes",
        "andreassen2009": "Andreassen",
        "vasan2003": "Vasan",
    }
    outcomes = {
        "ischaemic heart disease": "heart disease",
        "coronary disease adjusted for diabetes": "coronary, adj. for diabetes",
        "coronary disease": "coronary",
    }
    contrasts = {
        "genetic, per SD (OR)": "per SD",
        "per SD (OR)": "per SD",
        "4th quartile vs rest": "highest quarter vs rest",
    }
    labels = [
        f"{names[r['source_key']]}: {outcomes.get(r['outcome'], r['outcome'])}\n"
        + contrasts.get(r["contrast"], r["contrast"].removesuffix(" (RR)"))
        for r in rows
    ]
    made = plate.forest_plate(
        rows,
        labels,
        measure="ratio, as each study prints it (95 % interval)",
        title="Studies that look in one direction",
        caption=(
            "Relative risk (Juul), odds ratio (Ricketts, genes), hazard ratio (Vasan, Andreassen). Note what "
            "is compared with what: Juul sets the lowest quarter against the highest, so above 1 speaks for "
            "IGF-1; in all other rows above 1 speaks against it. All are blind to a U. Heart failure rests on "
            "56 cases (Vasan) and 19 (Andreassen), major events on 58."
        ),
    )
    ax = made.figure.axes[0]
    ax.set_xticks([0.5, 1, 2, 5, 10])
    ax.xaxis.minorticks_off()
    return made


def markers() -> Plate:
    """Inflammation markers per SD of IGF-1: CRP and IL-6 down, fibrinogen up."""
    rows = evidence.dataset("DS-6B-INFLAMMATION").rows
    return plate.forest_plate(
        rows,
        [f"{r['marker']}, {r['sex']}" for r in rows],
        measure="odds ratio per SD higher IGF-1 (95 % interval)",
        title="Two markers lower, one higher",
        caption=(
            "3,480 adults of one survey; for CRP only the women's number was read. The men's fibrinogen interval is drawn as printed; it is "
            "not symmetrical around the estimate."
        ),
        estimate="odds_ratio",
    )


EXPLORERS = {"wall": wall, "risk": risk}
# The claims whose model an explorer moves.
SHOWS = {"wall": ("CARDIO-1", "CARDIO-2"), "risk": ("CARDIO-2",)}
OUTCOMES = {"vessels-plaque": plaque_outcome}
FIGURES = {"ends": ends, "straight_lines": straight_lines, "markers": markers}
