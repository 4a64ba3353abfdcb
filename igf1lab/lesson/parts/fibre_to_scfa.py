"""Lesson 6: which acids fibre becomes, which guilds make them, and what reaches the blood."""

from functools import lru_cache

import numpy as np

from igf1lab import evidence
from igf1lab.lesson import style
from igf1lab.lesson.outcome import Outcome
from igf1lab.lesson.plate import Plate
from igf1lab.lesson.rows import Exploration, Slider, View, bars
from igf1lab.models import colon
from igf1lab.models.colon import ACIDS, GUILDS, PARAMETERS

USUAL = {name: PARAMETERS[f"fibre_{name}_g_d"].value for name in colon.POLYMERS}
EXTRA_G_D = 15.0
MARKERS = dict(zip(ACIDS, "osD", strict=True))
ABSENT = {
    "none": (),
    "Bacteroides-like": ("BAC",),
    "starch and fibre degraders": ("RUM",),
    "bifidobacteria": ("BIF",),
    "butyrate makers on sugar": ("BUT",),
    "lactate to butyrate": ("LBU",),
    "lactate to propionate": ("LPR",),
    "both butyrate guilds": ("BUT", "LBU"),
}
GUILD_NAMES = (
    "Bacte-\nroides",
    "degra-\nders",
    "bifido-\nbacteria",
    "butyrate\nmakers",
    "lactate to\nbutyrate",
    "lactate to\npropionate",
)


@lru_cache(maxsize=2048)
def _settled(absent="none", **diet):
    """The settled colon; one run serves every explorer, outcome and figure of the lesson."""
    return colon.steady(knockouts=ABSENT[absent], **diet)


# --- the colon -------------------------------------------------------------------------------


def _colon_view(inulin, rs, nsp, transit, mucin_g_d, absent):
    now = _settled(
        absent,
        fibre_inulin_g_d=inulin,
        fibre_rs_g_d=rs,
        fibre_nsp_g_d=nsp,
        transit=transit,
        mucin_g_d=mucin_g_d,
    )
    absorbed = now.absorbed_mmol_d
    amounts = ", ".join(f"{absorbed[acid]:.0f} {acid}" for acid in ACIDS)
    heights = [*absorbed.values(), *now.proximal_guild_mmolC_L.values()]
    return View(
        curves={
            key: bars([place + 0.2], [place + 0.8], [height])
            for key, place, height in zip(
                (*ACIDS, *GUILDS), (*range(3), *range(6)), heights, strict=True
            )
        },
        sentence=(
            f"The gut absorbs {now.absorbed_total_mmol_d:.0f} mmol of SCFA a day ({amounts}) at a "
            f"proximal pH of {now.proximal_ph:.2f}, and portal blood carries "
            f"{1000 * now.portal_butyrate_mM:.1f} µmol/L of butyrate."
        ),
        numbers={
            **{f"{acid} absorbed": (absorbed[acid], "mmol/d") for acid in ACIDS},
            "pH of the proximal colon": (now.proximal_ph, ""),
            "SCFA in the proximal colon": (now.proximal_scfa_mM, "mmol/L"),
            "SCFA lost in stool": (100 * now.faecal_share, "% of SCFA made"),
            "portal butyrate": (1000 * now.portal_butyrate_mM, "µmol/L"),
        },
    )


def _colon_draw():
    usual = _settled()
    fig, (top, low) = style.figure(2, height=5.4)
    style.label_axes(top, title="Absorbed from the whole colon", x="", y="SCFA (mmol/d)")
    top.set(xlim=(0, 3), ylim=(0, 620), xticks=[0.5, 1.5, 2.5])
    top.set_xticklabels(ACIDS)
    style.label_axes(low, title="Who lives in the proximal colon", x="", y="biomass (mmol C/L)")
    low.set(xlim=(0, 6), ylim=(0, 220), xticks=np.arange(6) + 0.5)
    low.set_xticklabels(GUILD_NAMES, fontsize=8)
    levels = ((top, usual.absorbed_mmol_d), (low, usual.proximal_guild_mmolC_L))
    for ax, level in levels:
        ax.grid(axis="x", visible=False)
        for place, height in enumerate(level.values()):
            ax.hlines(height, place + 0.1, place + 0.9, color=style.INK, linestyle=":", zorder=3)
    top.plot([], [], color=style.INK, linestyle=":", label="usual diet")
    top.legend(loc="upper right")
    areas = {a: style.empty_area(top, a, facecolor=style.SERIES[i]) for i, a in enumerate(ACIDS)}
    areas |= {g: style.empty_area(low, g, facecolor=style.SERIES[3]) for g in GUILDS}
    return fig, areas


def _fibre_slider(name, label):
    """Every 2 g, and exactly the usual diet and 15 g above it."""
    usual = USUAL[name]
    settings = sorted({*np.arange(0.0, 31.0, 2.0).tolist(), usual, usual + EXTRA_G_D})
    return Slider(name, label, "g/d", tuple(settings), usual)


def colon_explorer() -> Exploration:
    """Three fibres, transit, mucin and a missing guild; acids, guilds, pH and portal blood."""
    return Exploration(
        name="colon",
        title="What the colon makes of fibre",
        view=_colon_view,
        draw=_colon_draw,
        sliders=[
            _fibre_slider("inulin", "inulin eaten"),
            _fibre_slider("rs", "resistant starch eaten"),
            _fibre_slider("nsp", "other fibre eaten"),
            Slider.of(PARAMETERS["transit"], label="transit speed, times usual", step=0.125),
            Slider.of(PARAMETERS["mucin_g_d"], label="mucin from the gut wall", step=2),
            Slider.choice("absent", "missing guild", list(ABSENT)),
        ],
        scenarios={
            "15 g more inulin": {"inulin": USUAL["inulin"] + EXTRA_G_D},
            "15 g more starch": {"rs": USUAL["rs"] + EXTRA_G_D},
            "No fibre": {"inulin": 0, "rs": 0, "nsp": 0},
            "No butyrate guilds": {"absent": "both butyrate guilds"},
        },
    )


def more_inulin_outcome() -> Outcome:
    """What inulin-type fructans did to each acid in people, with the model's answer beside it."""
    trial = next(
        row
        for row in evidence.dataset("fermentation_trials").rows
        if row["source_key"] == "birkeland2020"
    )
    before = _settled().absorbed_mmol_d
    after = _settled(fibre_inulin_g_d=USUAL["inulin"] + EXTRA_G_D).absorbed_mmol_d
    words = {"up": "up", "same": "unchanged", "down": "down"}
    people = ", ".join(f"{acid} {words[trial[acid]]}" for acid in ACIDS)
    model = ", ".join(f"{acid} from {before[acid]:.0f} to {after[acid]:.0f}" for acid in ACIDS)
    return Outcome(
        answer={acid: trial[acid] for acid in ACIDS},
        text=(
            f"In {trial['people']:.0f} people's stool, against placebo: {people}. The model that you "
            f"meet next disagrees in part; with 15 g more inulin it absorbs, in mmol a day: {model}."
        ),
    )


# --- the way to the body -----------------------------------------------------------------------


def _levels(state, **changes):
    """Lumen, portal and arterial µmol/L of each acid of a settled colon."""
    blood = colon.portal_blood(state.absorbed_mmol_d, **changes)
    return {
        acid: 1000.0
        * np.array(
            [
                state.proximal_mM[acid],
                getattr(blood, f"portal_{acid}_mM"),
                getattr(blood, f"systemic_{acid}_mM"),
            ]
        )
        for acid in ACIDS
    }


def _passage_view(inulin, u_butyrate, E_butyrate, bypass):
    extraction = {f"E_{acid}": PARAMETERS[f"E_{acid}"].value for acid in ACIDS}
    extraction["E_butyrate"] = E_butyrate
    kept = {name: share * (1 - bypass) for name, share in extraction.items()}
    levels = _levels(_settled(fibre_inulin_g_d=inulin), u_butyrate=u_butyrate, **kept)
    lumen, portal, artery = levels["butyrate"]
    reaching = 100 * (1 - u_butyrate) * (1 - kept["E_butyrate"])
    return View(
        curves=levels,
        sentence=(
            f"Butyrate falls from {lumen / 1000:.0f} mmol/L in the colon to {portal:.1f} µmol/L in "
            f"portal blood and {artery:.2f} µmol/L in arteries; of 100 molecules absorbed, "
            f"{reaching:.1f} reach the arteries."
        ),
        numbers={
            "butyrate, colon": (lumen / 1000, "mmol/L"),
            "butyrate, portal": (portal, "µmol/L"),
            "butyrate, arteries": (artery, "µmol/L"),
            "propionate, arteries": (levels["propionate"][2], "µmol/L"),
            "acetate, arteries": (levels["acetate"][2], "µmol/L"),
            "SCFA, arteries": (sum(level[2] for level in levels.values()), "µmol/L"),
        },
    )


def _passage_draw():
    fig, (ax,) = style.figure(height=4.0)
    style.label_axes(
        ax, title="From the colon to the arteries", x="", y="concentration (µmol/L), log scale"
    )
    ax.set(xlim=(-0.3, 2.3), ylim=(0.1, 1e6), yscale="log", xticks=[0, 1, 2])
    ax.set_xticklabels(["colon,\nproximal", "portal vein", "arteries"])
    lines = {}
    for i, acid in enumerate(ACIDS):
        (lines[acid],) = ax.plot(
            [0, 1, 2], [1, 1, 1], marker=MARKERS[acid], label=acid, **style.series(i)
        )
    ax.legend(loc="upper right")
    return fig, lines


def passage() -> Exploration:
    """Three acids on their way from the colon through gut wall and liver to the arteries."""
    share = {"low": 0.0, "step": 0.05}
    return Exploration(
        name="passage",
        title="What is left of an acid on its way",
        view=_passage_view,
        draw=_passage_draw,
        sliders=[
            _fibre_slider("inulin", "inulin eaten"),
            Slider.of(
                PARAMETERS["u_butyrate"], label="butyrate used by gut wall", high=0.95, **share
            ),
            Slider.of(PARAMETERS["E_butyrate"], label="butyrate taken by liver", high=1, **share),
            Slider.over("bypass", "portal blood that bypasses liver", "", 0, 1, 0, step=0.05),
        ],
        scenarios={
            "15 g more inulin": {"inulin": USUAL["inulin"] + EXTRA_G_D},
            "Liver bypassed": {"bypass": 1},
            "No filter at all": {"u_butyrate": 0, "E_butyrate": 0},
        },
    )


ARTERY_CHOICES = {"same": 18.0, "third": 6.0, "tenth": 1.8, "hundredth": 0.18}


def artery_outcome() -> Outcome:
    """Rise of arterial butyrate when 15 g of inulin a day raise portal butyrate."""
    usual = _levels(_settled())["butyrate"]
    more = _levels(_settled(fibre_inulin_g_d=USUAL["inulin"] + EXTRA_G_D))["butyrate"]
    _, portal, artery = more - usual
    return Outcome(
        answer=min(ARTERY_CHOICES, key=lambda k: abs(np.log(artery / ARTERY_CHOICES[k]))),
        text=(
            f"In the model portal butyrate rises by {portal:.0f} µmol/L and arterial butyrate by "
            f"{artery:.2f} µmol/L, from {usual[2]:.2f} to {more[2]:.2f}."
        ),
    )


# --- data figures --------------------------------------------------------------------------------


def inulin_dose() -> Plate:
    """SCFA formed from one dose of inulin: measured in people, and the model's answer."""
    rows = {r["scfa"]: r for r in evidence.dataset("inulin_in_vivo_yield").rows}
    mean = np.array([float(rows[acid]["mmol_12h_mean"]) for acid in ACIDS])
    sd = np.array([float(rows[acid]["mmol_12h_SD"]) for acid in ACIDS])
    model = np.array([_dose(15.0).formed_mmol[acid] for acid in ACIDS])
    x = np.arange(3)
    fig, (ax,) = style.figure(height=3.6)
    style.label_axes(ax, title="15 g of inulin, 12 hours", x="", y="SCFA formed (mmol)")
    ax.errorbar(
        x - 0.1,
        mean,
        yerr=sd,
        fmt="o",
        color=style.INK,
        linestyle="none",
        capsize=4,
        label="12 people, mean ± SD",
    )
    ax.plot(x + 0.1, model, "s", color=style.SERIES[1], markersize=8, label="model")
    ax.axhline(0, color=style.MUTED, linewidth=1)
    ax.set(xlim=(-0.5, 2.5), ylim=(-15, 230), xticks=x)
    ax.set_xticklabels(ACIDS)
    ax.legend(loc="upper right")
    told = "; ".join(
        f"{acid} {m:.0f} ± {s:.0f} mmol in people, {v:.0f} in the model"
        for acid, m, s, v in zip(ACIDS, mean, sd, model, strict=True)
    )
    return Plate(
        fig,
        f"Dot chart of SCFA formed in 12 hours from 15 g of inulin. {told}.",
        "People: isotope dilution; the amounts assume that 40, 10 and 5 % of the acids reach the "
        "circulation. With the 2 % measured later, butyrate would be 2.5 times larger.",
        ("boets2015", "boets2017"),
    )


@lru_cache(maxsize=8)
def _dose(grams):
    return colon.inulin_dose(grams, start=_settled())


def blood() -> Plate:
    """SCFA by vessel: published values beside the model's two."""
    rows = evidence.dataset("scfa_conc_blood").rows
    model = _levels(_settled())
    entries = [
        (
            f"{r['site']}, {r['state']}".replace("sudden-death victims (Cummings 1987)", "autopsy"),
            {a: float(r[f"{a}_umol_L"]) for a in ACIDS if r[f"{a}_umol_L"] is not None},
            bool(r["verified"]),
        )
        for r in rows
    ]
    entries += [
        (f"MODEL, {place}", {a: float(model[a][i]) for a in ACIDS}, True)
        for i, place in ((1, "portal vein"), (2, "arteries"))
    ]
    names = [_short(label) + ("" if sure else " (unverified)") for label, _, sure in entries]
    fig, (ax,) = style.figure(height=5.6)
    style.label_axes(ax, title="SCFA in human blood, vessel by vessel", x="µmol/L, log scale", y="")
    y = np.arange(len(entries))[::-1]
    for i, acid in enumerate(ACIDS):
        for place, (_, values, sure) in zip(y, entries, strict=True):
            if acid in values:
                face = style.SERIES[i] if sure else style.PAPER
                ax.plot(
                    values[acid], place, MARKERS[acid], color=style.SERIES[i], markerfacecolor=face
                )
        ax.plot([], [], MARKERS[acid], color=style.SERIES[i], label=acid)
    ax.axhline(1.5, color=style.MUTED, linewidth=1)
    ax.set(xscale="log", xlim=(0.2, 600), ylim=(-0.6, len(entries) - 0.4), yticks=y)
    ax.set_yticklabels(names, fontsize=8)
    ax.xaxis.set_major_formatter("{x:g}")
    ax.legend(loc="upper center", bbox_to_anchor=(0.3, -0.13), ncols=3)
    told = "; ".join(
        f"{name}: " + ", ".join(f"{acid} {value:.3g}" for acid, value in values.items())
        for name, (_, values, _) in zip(names, entries, strict=True)
    )
    return Plate(
        fig,
        f"Dot chart of SCFA in human blood in µmol/L. {told}.",
        "A missing mark means traces or not detected. Spreads are not drawn because some sources "
        "give SD and others SEM. Open marks are unverified. Model below the line.",
        tuple(dict.fromkeys(r["source_key"] for r in rows)),
    )


def _short(label):
    """Row label that fits beside the figure."""
    for long, short in (
        ("peripheral vein", "arm vein"),
        ("fasting, at cholecystectomy", "fasting"),
        ("peak 15-45 min after 10 g lactulose into caecum", "after lactulose"),
        ("before partial liver resection", "before resection"),
        ("after partial liver resection", "after resection"),
    ):
        label = label.replace(long, short)
    return label


def lactulose() -> Plate:
    """Venous acetate after a fermentable sugar: measured peaks, and the linear model."""
    rows = evidence.dataset("acetate_dose_response").rows
    shown = {0.0: rows[0]} | {
        float(r["load"].split()[1]): r for r in rows if r["load"].startswith("lactulose")
    }
    grams = np.array(sorted(shown))
    peak = np.array([float(shown[g]["peak_acetate_umol_L"]) for g in grams])
    sem = np.array([float(shown[g]["SEM"]) for g in grams])
    model = peak[0] + np.array([acetate_rise_umol_L(g) for g in grams])
    fig, (ax,) = style.figure(height=3.6)
    style.label_axes(
        ax,
        title="Acetate in an arm vein after lactulose",
        x="dose (g)",
        y="acetate (µmol/L)",
    )
    ax.errorbar(
        grams, peak, yerr=sem, fmt="o-", color=style.INK, capsize=4, label="measured peak ± SEM"
    )
    ax.plot(grams, model, marker="s", label="model, mean of 12 h", **style.series(1))
    ax.set(xlim=(-1, 21), ylim=(0, 230), xticks=grams)
    ax.legend(loc="upper left")
    told = "; ".join(
        f"{g:.0f} g: {p:.0f} measured, {m:.0f} in the model"
        for g, p, m in zip(grams, peak, model, strict=True)
    )
    return Plate(
        fig,
        f"Acetate in venous blood in µmol/L by dose of lactulose. {told}.",
        "The model is given inulin in place of lactulose, starts at the measured fasting level and "
        "adds the mean rise over 12 h; the measured numbers are peaks.",
        ("pomare1985",),
    )


def acetate_rise_umol_L(grams):
    """Mean rise of systemic acetate over the 12 h after a dose of inulin in the model (µmol/L)."""
    nothing = dict.fromkeys(ACIDS, 0.0)
    per_day = {acid: 2 * amount for acid, amount in _dose(float(grams)).absorbed_mmol.items()}
    rise = (
        colon.portal_blood(per_day).systemic_acetate_mM
        - colon.portal_blood(nothing).systemic_acetate_mM
    )
    return 1000 * rise


EXPLORERS = {"colon": colon_explorer, "passage": passage}
# The claims whose model an explorer moves.
SHOWS = {"colon": ("SCFA-1",), "passage": ("SCFA-2",)}
OUTCOMES = {"scfa-more-inulin": more_inulin_outcome, "scfa-artery": artery_outcome}
FIGURES = {"inulin_dose": inulin_dose, "blood": blood, "lactulose": lactulose}
