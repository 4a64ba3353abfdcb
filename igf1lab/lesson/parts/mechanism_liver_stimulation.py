"""Lesson 7: from fibre to portal butyrate to receptor occupancy, and the sign of the IL-6 arm."""

from functools import lru_cache

import numpy as np

from igf1lab import evidence
from igf1lab.lesson import style
from igf1lab.lesson.outcome import Outcome
from igf1lab.lesson.plate import Plate
from igf1lab.lesson.rows import Exploration, Slider, View
from igf1lab.models import colon, gh_axis, liver
from igf1lab.models.colon import ACIDS
from igf1lab.models.liver import PARAMETERS

AGONISTS = {"FFAR2": ACIDS, "FFAR3": ACIDS, "HCAR2": ("butyrate",)}
PLACES = {
    "systemic": ("systemic blood", "o"),
    "portal": ("portal blood", "D"),
    "lumen": ("colon lumen", "s"),
}
EC50_SPREAD = 3.0  # unverified potencies are drawn from a third to three times their value
BUTYRATE_MM = np.geomspace(1e-4, 1e3, 200)
IL6_REL = np.geomspace(0.3, 10, 160)
SIGNS = {"lowers IL-6": -1.0, "no effect": 0.0, "raises IL-6": 1.0}


# --- from fibre to occupancy -------------------------------------------------------------------


@lru_cache(maxsize=512)
def _levels(fibre_inulin_g_d, fibre_rs_g_d, fibre_nsp_g_d):
    """SCFA by place and acid (mmol/L) of a settled colon."""
    settled = colon.steady(
        fibre_inulin_g_d=fibre_inulin_g_d, fibre_rs_g_d=fibre_rs_g_d, fibre_nsp_g_d=fibre_nsp_g_d
    )
    blood = {
        place: {acid: getattr(settled, f"{place}_{acid}_mM") for acid in ACIDS}
        for place in ("systemic", "portal")
    }
    return blood | {"lumen": settled.proximal_mM}


def occupied_percent(receptor, levels_mM, hcar2_ec50_mM, hill=1.0, spread=1.0):
    """Occupied share of a receptor.

    Parameters
    ----------
    receptor : str
        One of ``AGONISTS``.
    levels_mM : mapping of str to float or ndarray
        Concentration by acid, mmol/L.
    hcar2_ec50_mM : float
        EC50 of HCAR2 for butyrate, mmol/L; the other potencies are the model's (unverified).
    hill : float
        Hill exponent.
    spread : float
        Factor on every EC50.

    Returns
    -------
    float or ndarray
        Percent.
    """
    acids = AGONISTS[receptor]
    ec50s = [
        spread
        * (
            hcar2_ec50_mM
            if receptor == "HCAR2"
            else PARAMETERS[f"{receptor.lower()}_ec50_{acid}"].value
        )
        for acid in acids
    ]
    return 100 * liver.occupancy([levels_mM[acid] for acid in acids], ec50s, hill)


def _two_digits(percent: float) -> str:
    """Two digits that count, and never an exponent: 100, not 1e+02."""
    return f"{percent:.2g}" if percent < 99.5 else f"{percent:.0f}"


def _occupancy_view(fibre_inulin_g_d, fibre_rs_g_d, fibre_nsp_g_d, hcar2_ec50_mM, hill):
    levels = _levels(fibre_inulin_g_d, fibre_rs_g_d, fibre_nsp_g_d)

    def occupied(receptor, place, spread=1.0):
        return occupied_percent(receptor, levels[place], hcar2_ec50_mM, hill, spread)

    curves = {
        "hcar2": occupied_percent("HCAR2", {"butyrate": BUTYRATE_MM}, hcar2_ec50_mM, hill),
    }
    for place in PLACES:
        now = [occupied(receptor, place) for receptor in AGONISTS]
        butyrate = levels[place]["butyrate"]
        curves[f"{place}-dose"] = (np.array([butyrate]), np.array([occupied("HCAR2", place)]))
        curves[place] = (np.array(now), _rows(place))
        for receptor, y in zip(AGONISTS, _rows(place), strict=True):
            ends = [occupied(receptor, place, s) for s in (EC50_SPREAD, 1 / EC50_SPREAD)]
            curves[f"{place}-{receptor}"] = (np.array(ends), np.array([y, y]))
    portal_uM = 1000 * levels["portal"]["butyrate"]
    low, high = (occupied("HCAR2", "portal", s) for s in (EC50_SPREAD, 1 / EC50_SPREAD))
    fibre = fibre_inulin_g_d + fibre_rs_g_d + fibre_nsp_g_d
    return View(
        curves=curves,
        sentence=(
            f"With {fibre:.0f} g of fibre a day portal blood carries {portal_uM:.3g} µmol/L of "
            f"butyrate, which fills {_two_digits(occupied('HCAR2', 'portal'))} % of HCAR2 "
            f"({_two_digits(low)} to {_two_digits(high)} % if the EC50 is three times larger or smaller), against "
            f"{_two_digits(occupied('HCAR2', 'lumen'))} % in the lumen."
        ),
        numbers={
            "butyrate in the lumen": (levels["lumen"]["butyrate"], "mmol/L"),
            "butyrate in portal blood": (portal_uM, "µmol/L"),
            "butyrate in systemic blood": (1000 * levels["systemic"]["butyrate"], "µmol/L"),
            "HCAR2 filled in the lumen": (occupied("HCAR2", "lumen"), "%"),
            "HCAR2 filled in portal blood": (occupied("HCAR2", "portal"), "%"),
            "HCAR2 filled in systemic blood": (occupied("HCAR2", "systemic"), "%"),
            "FFAR2 filled in portal blood": (occupied("FFAR2", "portal"), "%"),
            "FFAR3 filled in portal blood": (occupied("FFAR3", "portal"), "%"),
        },
    )


def _rows(place):
    """Height of a place's mark beside each receptor, from the top."""
    return np.arange(len(AGONISTS))[::-1] + 0.22 * (list(PLACES).index(place) - 1)


def _measured_portal_mM():
    """Butyrate measured in portal blood: fasting, and at the peak after lactulose (mmol/L)."""
    rows = evidence.dataset("scfa_conc_blood").verified_only().rows
    return [r["butyrate_umol_L"] / 1000 for r in rows if r["site"] == "portal vein"]


def _occupancy_draw():
    fig, (top, low) = style.figure(2, height=6.2, height_ratios=[1.1, 1])
    style.label_axes(
        top, title="HCAR2: how much of it is filled", x="butyrate (mmol/L)", y="filled (%)"
    )
    top.set(xscale="log", xlim=(1e-4, 1e3), ylim=(-4, 104))
    top.xaxis.set_major_formatter("{x:g}")
    top.axvspan(*_measured_portal_mM(), color=style.MUTED, alpha=0.4, linewidth=0)
    top.text(0.03, 55, "measured\nin portal\nblood", color=style.MUTED, fontsize=9)
    artists = {"hcar2": top.plot(BUTYRATE_MM, BUTYRATE_MM, color=style.INK, label="HCAR2")[0]}
    style.label_axes(
        low,
        title="Three receptors, three places",
        x="filled (%); bars: EC50 ÷ 3 to × 3, unverified",
        y="",
    )
    low.set(xlim=(-3, 103), ylim=(-0.6, 2.6), yticks=range(3), yticklabels=list(AGONISTS)[::-1])
    low.grid(axis="y", visible=False)
    for i, (place, (label, marker)) in enumerate(PLACES.items()):
        look = {"color": style.SERIES[i], "linestyle": "none", "markersize": 8, "marker": marker}
        (artists[f"{place}-dose"],) = top.plot([1], [1], label=label, zorder=4, **look)
        for receptor in AGONISTS:
            (artists[f"{place}-{receptor}"],) = low.plot(
                [0, 1], [0, 0], "-", color=style.SERIES[i], linewidth=4, alpha=0.4
            )
        (artists[place],) = low.plot([0] * 3, [0, 1, 2], zorder=4, **look)
    top.legend(loc="upper left", bbox_to_anchor=(0, 1))
    return fig, artists


def occupancy() -> Exploration:
    """Fibre, through lesson 6's colon, to the occupancy of three receptors in three places."""
    return Exploration(
        name="occupancy",
        title="From fibre to a filled receptor",
        view=_occupancy_view,
        draw=_occupancy_draw,
        sliders=[
            Slider.of(colon.PARAMETERS["fibre_inulin_g_d"], step=2),
            Slider.of(colon.PARAMETERS["fibre_rs_g_d"], step=2),
            Slider.of(colon.PARAMETERS["fibre_nsp_g_d"], step=2),
            Slider.over(
                "hcar2_ec50_mM",
                "EC50 of HCAR2 for butyrate (unverified)",
                "mmol/L",
                0.01,
                5,
                PARAMETERS["hcar2_ec50_butyrate"].value,
                log=True,
            ),
            Slider.of(PARAMETERS["hill"], step=0.1),
        ],
        scenarios={
            "No fibre": {"fibre_inulin_g_d": 0, "fibre_rs_g_d": 0, "fibre_nsp_g_d": 0},
            "15 g more inulin": {"fibre_inulin_g_d": 18},
            "Extreme: 96 g of fibre": {
                "fibre_inulin_g_d": 16,
                "fibre_rs_g_d": 40,
                "fibre_nsp_g_d": 40,
            },
        },
    )


def occupancy_outcome() -> Outcome:
    """Which order of magnitude of HCAR2 is filled in portal blood."""
    ec50 = PARAMETERS["hcar2_ec50_butyrate"].value
    model = _levels(*(colon.PARAMETERS[f"fibre_{k}_g_d"].value for k in colon.POLYMERS))["portal"]
    low, now, high = (
        occupied_percent("HCAR2", model, ec50, spread=s) for s in (EC50_SPREAD, 1, 1 / EC50_SPREAD)
    )
    fasting_mM = _measured_portal_mM()[0]
    measured = occupied_percent("HCAR2", {"butyrate": fasting_mM}, ec50)
    orders = {"most": 90, "third": 30, "hundredth": 1, "nothing": 0.001}
    return Outcome(
        answer=min(orders, key=lambda key: abs(np.log(orders[key] / now))),
        text=(
            f"In the model the default diet gives {1000 * model['butyrate']:.1f} µmol/L in portal "
            f"blood and {now:.1f} % of HCAR2 is filled ({low:.1f} to {high:.1f} % over the "
            f"unverified range of the EC50); at the {1000 * fasting_mM:.1f} µmol/L measured in "
            f"fasting patients it is {measured:.1f} %."
        ),
    )


# --- the IL-6 arm -------------------------------------------------------------------------------


def _il6_view(effect, il6_gain, inflammation, il6_half, fibre_inulin_g_d):
    rs, nsp = (colon.PARAMETERS[f"fibre_{k}_g_d"].value for k in ("rs", "nsp"))
    portal = _levels(fibre_inulin_g_d, rs, nsp)["portal"]
    arm = {"inflammation": inflammation, "il6_half": il6_half, "il6_gain": il6_gain}
    places = {
        "without": dict.fromkeys(ACIDS, 0.0),
        "with": portal,
    }
    state = {
        key: liver.steady(
            il6_sign=SIGNS[effect], **{f"{a}_mM": level for a, level in acids.items()}, **arm
        )
        for key, acids in places.items()
    }
    total = {
        key: 100 * gh_axis.steady_map(now.tx_mult, now.igfbp_mult) for key, now in state.items()
    }
    change = total["with"] - total["without"]
    way = "rises" if change > 0.05 else "falls" if change < -0.05 else "stays"
    return View(
        curves={
            "total": 100 * gh_axis.steady_map(1.0, liver.igfbp_multiplier(IL6_REL, il6_half)),
            **{
                key: (np.array([now.il6_rel]), np.array([total[key]])) for key, now in state.items()
            },
        },
        sentence=(
            f"If the acids have the effect “{effect}”, IL-6 goes from "
            f"{state['without'].il6_rel:.2f} to {state['with'].il6_rel:.2f} times a healthy adult's "
            f"and total IGF-1 {way} from {total['without']:.1f} to {total['with']:.1f} % of normal."
        ),
        numbers={
            "FFAR2 filled in portal blood": (100 * state["with"].receptors.ffar2, "%"),
            "IL-6 without the acids": (state["without"].il6_rel, "times healthy"),
            "IL-6 with the acids": (state["with"].il6_rel, "times healthy"),
            "IGFBP-3 and ALS with the acids": (100 * state["with"].igfbp_mult, "% of normal"),
            "IGF-1 message through HCAR2": (100 * state["with"].tx_mult, "% of normal"),
            "total IGF-1 without the acids": (total["without"], "% of normal"),
            "total IGF-1 with the acids": (total["with"], "% of normal"),
        },
    )


def _il6_draw():
    fig, (ax,) = style.figure(height=3.8)
    style.label_axes(
        ax,
        title="More IL-6, less IGFBP-3, less total IGF-1",
        x="IL-6 (times a healthy adult's)",
        y="IGF-1 (% of normal)",
    )
    ax.set(xscale="log", xlim=(0.3, 10), ylim=(0, 125), xticks=[0.3, 0.5, 1, 2, 5, 10])
    ax.xaxis.set_major_formatter("{x:g}")
    ax.minorticks_off()
    ax.axhline(100, color=style.MUTED, linestyle=":", linewidth=1.5)
    ax.text(9.8, 104, "free IGF-1, assumed to stay", color=style.MUTED, fontsize=9, ha="right")
    (total,) = ax.plot(IL6_REL, IL6_REL, label="total IGF-1", **style.series(0))
    marks = {"linestyle": "none", "markersize": 10, "zorder": 4}
    (without,) = ax.plot(
        [1],
        [1],
        "o",
        label="without SCFA",
        markerfacecolor="none",
        markeredgewidth=2,
        color=style.INK,
        **marks,
    )
    (with_acids,) = ax.plot(
        [1], [1], "D", label="with SCFA", color=style.SERIES[1], **(marks | {"markersize": 7})
    )
    ax.legend(loc="lower left")
    return fig, {"total": total, "without": without, "with": with_acids}


def il6() -> Exploration:
    """What each possible sign of the acids' effect on IL-6 would do to IGF-1."""
    return Exploration(
        name="il6",
        title="The IL-6 arm: choose a sign",
        view=_il6_view,
        draw=_il6_draw,
        sliders=[
            Slider.choice("effect", "what the acids do", list(SIGNS)),
            Slider.of(PARAMETERS["il6_gain"], label="largest effect on IL-6 (chosen)", step=0.1),
            Slider.of(PARAMETERS["inflammation"], label="chronic inflammation", high=4, step=0.5),
            Slider.of(
                PARAMETERS["il6_half"], label="extra IL-6 that halves binding protein", step=0.2
            ),
            Slider.of(colon.PARAMETERS["fibre_inulin_g_d"], step=4),
        ],
        scenarios={
            "The article's sign": {"effect": "raises IL-6"},
            "Inflamed, acids lower IL-6": {"inflammation": 2},
            "Inflamed, acids raise IL-6": {"inflammation": 2, "effect": "raises IL-6"},
        },
    )


def il6_outcome() -> Outcome:
    """What lasting IL-6 did to mice, with the model's answer for a rise of the acids' size."""
    mice = next(
        row
        for row in evidence.dataset("il6_and_growth_axis").rows
        if row["system"] == "IL-6 transgenic mice"
    )
    raised = liver.steady(il6_sign=1.0)
    total = 100 * (gh_axis.steady_map(raised.tx_mult, raised.igfbp_mult) - 1)
    words = {"decrease": "down", "normal": "same"}
    return Outcome(
        answer={"igf1": words[mice["IGF1"]], "gh": words[mice["GH"]], "size": "down"},
        text=(
            f"The mice had less IGF-1 and normal GH, and reached {mice['growth']}. In the model, "
            f"acids that raised IL-6 to {raised.il6_rel:.2f} times normal would change total IGF-1 "
            f"by {total:+.1f} %."
        ),
    )


# --- data figures -------------------------------------------------------------------------------


def gradient() -> Plate:
    """Butyrate from the colon to the artery: measured, and the model's default diet."""
    lumen = evidence.dataset("scfa_conc_colon").rows
    measured = {f"{r['region']} colon": 1000 * r["approx_butyrate_mM_derived"] for r in lumen}
    states = {"fasting": "portal, fasting", "peak": "portal, after lactulose", "before": "artery"}
    for row in evidence.dataset("scfa_conc_blood").verified_only().rows:
        word = row["state"].split(",")[0].split()[0]
        if row["butyrate_umol_L"] is not None and word in states:
            measured[states[word]] = row["butyrate_umol_L"]
    settled = colon.steady()
    model = {
        "proximal colon": 1000 * settled.proximal_mM["butyrate"],
        "distal colon": 1000 * settled.distal_mM["butyrate"],
        "portal, fasting": 1000 * settled.portal_butyrate_mM,
        "artery": 1000 * settled.systemic_butyrate_mM,
    }
    labels = list(measured)
    y = {label: i for i, label in enumerate(reversed(labels))}
    fig, (ax,) = style.figure(height=3.6)
    style.label_axes(ax, title="A thousandfold drop, then more", x="butyrate (µmol/L)", y="")
    ax.set(xscale="log", xlim=(0.1, 1e5), ylim=(-0.6, len(y) - 0.4))
    ax.xaxis.set_major_formatter("{x:g}")
    for levels, marker, label, face in (
        (measured, "o", "measured", style.SERIES[0]),
        (model, "D", "model, default diet", "white"),
    ):
        rows = [y[name] for name in levels]
        ax.plot(
            list(levels.values()),
            rows,
            marker,
            label=label,
            color=style.SERIES[0 if face != "white" else 1],
            markerfacecolor=face,
            markersize=8,
            linestyle="none",
        )
    ax.set(yticks=list(y.values()), yticklabels=list(y))
    ax.legend(loc="lower right")
    told, modelled = (
        "; ".join(f"{name}: {value:.{0 if value > 100 else 1}f}" for name, value in levels.items())
        for levels in (measured, model)
    )
    return Plate(
        fig,
        f"Dot chart of butyrate in µmol/L on a logarithmic axis. Measured in people: {told}. "
        f"Model on its default diet: {modelled}.",
        "People. Lumen values are a fifth of the total acids, the share its source gives. Spreads "
        "are not drawn: the standard deviation of the fasting portal value is larger than its mean.",
        ("kettle2022", "peters1992", "liver_resection_scfa"),
    )


def potency() -> Plate:
    """Published potencies at the three receptors, read and unread, against portal butyrate."""
    wanted = ("acetate", "propionate", "butyrate", "niacin", "D-beta-hydroxybutyrate")
    rows = [
        r
        for r in evidence.dataset("receptor_potency").rows
        if r["EC50_mM"] is not None and r["ligand"].split(" (")[0] in wanted
    ]
    names = [_potency_name(r) for r in rows]
    order = sorted(set(names), key=lambda n: (not n.startswith("HCAR2"), n))
    fig, (ax,) = style.figure(height=4.4)
    style.label_axes(ax, title="How much fills half a receptor?", x="EC50 (mmol/L)", y="")
    ax.set(xscale="log", xlim=(2e-5, 10), ylim=(-0.6, len(order) - 0.4))
    ax.xaxis.set_major_formatter("{x:g}")
    low, high = _measured_portal_mM()
    ax.axvspan(low, high, color=style.MUTED, alpha=0.35, linewidth=0)
    y = {name: i for i, name in enumerate(reversed(order))}
    for read, label, face in (
        (True, "read in its source", style.SERIES[0]),
        (False, "unverified", "white"),
    ):
        pick = [
            (r["EC50_mM"], y[n]) for r, n in zip(rows, names, strict=True) if r["verified"] is read
        ]
        ax.plot(
            *zip(*pick, strict=True),
            "os"[not read],
            label=label,
            color=style.SERIES[0 if read else 1],
            markerfacecolor=face,
            markersize=7,
            linestyle="none",
        )
    ax.set(yticks=list(y.values()), yticklabels=list(y))
    ax.legend(loc="lower center", bbox_to_anchor=(0.35, -0.36), ncols=2)
    ax.text(low / 1.3, y["FFAR3, acetate"], "portal butyrate", fontsize=9, ha="right", va="center")
    told = "; ".join(
        f"{name}: "
        + ", ".join(
            f"{r['EC50_mM']:g}{'' if r['verified'] else ' (unverified)'}"
            for r, n in zip(rows, names, strict=True)
            if n == name
        )
        for name in order
    )
    return Plate(
        fig,
        f"Dot chart of EC50 in mmol/L on a logarithmic axis. {told}. Portal butyrate, "
        f"{1000 * low:.1f} to {1000 * high:.1f} µmol/L, is shaded.",
        "Filled: read in its source. Open: quoted second-hand or not read in a source. Several "
        "values for one pair are different assays or the extremes of a database.",
        tuple(dict.fromkeys([*(r["source_key"] for r in rows), "peters1992"])),
    )


def _potency_name(row):
    ligand = row["ligand"].split(" (")[0].replace("D-beta", "β")
    return f"{row['receptor'].replace('HCA2', 'HCAR2')}, {ligand}"


EXPLORERS = {"occupancy": occupancy, "il6": il6}
# The claims whose model an explorer moves.
SHOWS = {"occupancy": ("HEPATIC-1", "HEPATIC-2"), "il6": ("HEPATIC-3",)}
OUTCOMES = {"hepatic-occupancy": occupancy_outcome, "hepatic-il6": il6_outcome}
FIGURES = {"gradient": gradient, "potency": potency}
