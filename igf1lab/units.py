"""Unit conversions used in the course, each a plain function on numbers or arrays.

Molar masses: IGF-1 7.649 kDa and IGF-2 7.469 kDa, glucose 180.16 g/mol, and the usual
clinical factor of 6 pmol/L per µU/mL for human insulin.
"""

IGF1_KDA = 7.649
IGF2_KDA = 7.469
GLUCOSE_MG_PER_MMOL = 180.16
INSULIN_PMOL_L_PER_UU_ML = 6.0
HEXOSE_RESIDUE_G_PER_MOL = 162.0
CARBON_PER_HEXOSE = 6
HOURS_PER_DAY = 24.0


def ng_ml_to_nmol_l(ng_ml, kda=IGF1_KDA):
    """Mass concentration (ng/mL) of a protein of ``kda`` kDa to nmol/L."""
    return ng_ml / kda


def nmol_l_to_ng_ml(nmol_l, kda=IGF1_KDA):
    """Molar concentration (nmol/L) of a protein of ``kda`` kDa to ng/mL."""
    return nmol_l * kda


def mg_dl_to_mmol_l(glucose_mg_dl):
    """Glucose in mg/dL to mmol/L."""
    return glucose_mg_dl * 10.0 / GLUCOSE_MG_PER_MMOL


def mmol_l_to_mg_dl(glucose_mmol_l):
    """Glucose in mmol/L to mg/dL."""
    return glucose_mmol_l * GLUCOSE_MG_PER_MMOL / 10.0


def uu_ml_to_pmol_l(insulin_uu_ml):
    """Insulin in µU/mL to pmol/L."""
    return insulin_uu_ml * INSULIN_PMOL_L_PER_UU_ML


def pmol_l_to_uu_ml(insulin_pmol_l):
    """Insulin in pmol/L to µU/mL."""
    return insulin_pmol_l / INSULIN_PMOL_L_PER_UU_ML


def umol_l_to_mmol_l(umol_l):
    """µmol/L to mmol/L."""
    return umol_l / 1000.0


def mmol_l_to_umol_l(mmol_l):
    """mmol/L to µmol/L."""
    return mmol_l * 1000.0


def per_day_to_per_hour(rate_per_day):
    """A rate per day to the same rate per hour."""
    return rate_per_day / HOURS_PER_DAY


def per_hour_to_per_day(rate_per_hour):
    """A rate per hour to the same rate per day."""
    return rate_per_hour * HOURS_PER_DAY


def carbohydrate_g_to_mmol_c(grams):
    """Grams of polymeric carbohydrate (hexose residues) to mmol of carbon."""
    return grams / HEXOSE_RESIDUE_G_PER_MOL * CARBON_PER_HEXOSE * 1000.0
