"""The assets themselves: complete and consistent."""

import importlib
import pkgutil
import re
from pathlib import Path

import pytest
import yaml

import lesson_time
from igf1lab import evidence, models
from igf1lab.models.whole_axis import EDGES
from igf1lab.parameters import ParameterSet

ROOT = Path(__file__).resolve().parents[1]
ASSETS = ROOT / "assets"
DATA = ASSETS / "data"

LESSONS = {
    "01_gh_igf1_axis": ["AXIS-1", "AXIS-2"],
    "02_brain": ["NEURO-1", "NEURO-2", "NEURO-3", "NEURO-4"],
    "03_metabolism": ["METAB-1", "METAB-2"],
    "04_blood_vessels": ["CARDIO-1", "CARDIO-2"],
    "05_skin_and_ageing": ["SKIN-1", "SKIN-2", "SKIN-3"],
    "06_fibre_to_scfa": ["SCFA-1", "SCFA-2"],
    "07_mechanism_liver_stimulation": ["HEPATIC-1", "HEPATIC-2", "HEPATIC-3"],
    "08_mechanism_epigenetic_modulation": ["EPI-1", "EPI-2"],
    "09_mechanism_gh_synergy": ["GHSYN-1", "GHSYN-2"],
    "10_mechanism_microbial_colonisation": ["COLON-1", "COLON-2"],
    "11_whole_axis": ["TAKEAWAY-1", "TAKEAWAY-2"],
}


def _dataset_ids():
    return evidence.dataset_ids()


# --- claims ---------------------------------------------------------------------------


def test_claims_are_the_26_of_the_course_in_course_order():
    expected = [claim for claims in LESSONS.values() for claim in claims]
    assert list(evidence.claims()) == expected, (
        "assets/claims.yaml: ids or their order differ from the course design; restore them there"
    )


@pytest.mark.parametrize("lesson", LESSONS)
def test_each_lesson_teaches_its_claims(lesson):
    taught = [c.id for c in evidence.claims().values() if c.lesson == lesson]
    assert taught == LESSONS[lesson], f"assets/claims.yaml: correct the field lesson for {lesson}"


@pytest.mark.parametrize("claim", evidence.claims().values(), ids=lambda c: c.id)
def test_each_claim_is_complete(claim):
    where = f"assets/claims.yaml, {claim.id}"
    assert claim.findings and claim.against, f"{where}: needs evidence on both sides"
    for field in ("says", "explanation", "grade_note", "arrow_from", "arrow_to"):
        assert getattr(claim, field), f"{where}: {field} is empty; write it"
    assert 1 <= len(claim.short.split()) <= 5, f"{where}: short must have 1 to 5 words"
    sentences = re.findall(r"[.](?=\s+[A-Z]|$)", claim.change_our_mind)
    assert len(sentences) == 2, f"{where}: change_our_mind must be two sentences"
    ids = [m.id for m in claim.misconceptions]
    assert ids == [f"{claim.id}.m{n}" for n in range(1, len(ids) + 1)] and ids, (
        f"{where}: misconception ids must count .m1, .m2, ...; quizzes refer to them"
    )


def test_every_verdict_and_grade_has_a_meaning_and_verdicts_differ_without_colour():
    for level in (*evidence.verdicts().values(), *evidence.grades().values()):
        assert level.meaning.endswith("."), f"assets/claims.yaml: give {level.id} a sentence"
    symbols = [level.symbol for level in evidence.verdicts().values()]
    assert all(symbols) and len(set(symbols)) == len(symbols), (
        "assets/claims.yaml: every verdict needs a symbol of its own"
    )


# --- citations ------------------------------------------------------------------------


@pytest.mark.parametrize("claim", evidence.claims().values(), ids=lambda c: c.id)
def test_citations_of_claims_resolve(claim):
    missing = set(claim.citation_keys) - set(evidence.references())
    assert not missing, f"assets/references.bib lacks {missing}, cited by {claim.id}; add them"


@pytest.mark.parametrize("dataset_id", _dataset_ids())
def test_citations_of_data_resolve_and_the_sidecar_lists_them(dataset_id):
    dataset = evidence.dataset(dataset_id)
    missing = set(dataset.sources) - set(evidence.references())
    assert not missing, f"assets/references.bib lacks {missing}, cited by {dataset_id}; add them"
    by_row = [set((row["source_key"] or "").split("; ")) for row in dataset.rows]
    for number, keys in enumerate(by_row, start=1):
        assert keys <= set(dataset.sources), (
            f"assets/data/{dataset_id.lower()}.csv row {number}: source_key {keys} is not among "
            "the sources of its sidecar; correct one of them"
        )


# Pages that copy, collect or stage what others published: a reader gets the source instead.
COPIES = re.compile(
    r"scilit|researcher\.life|acemap|peeref|medluna|litmetric|zendy|mendeley|researchgate|academia\."
    r"|wiki|explained\.today|profilbaru|blogspot|78steps|coek\.info|datapdf|100md|booksci|scribd"
    r"|vufind|searchworks|acnpsearch|ouci\.|biomedsearch|linkedlifedata|globalauthorid|scite\.ai"
    r"|staging|mirror|proxy|[./-](dev|test)\d*[.-]|\.prod\.|//0-|\.cn\b|\d+\.\d+\.\d+\.\d+[:/]",
    re.IGNORECASE,
)


@pytest.mark.parametrize(
    "address",
    ["https://scilit.com/publications/1", "https://core-varnish.prod.aop.cambridge.org/core/1",
     "https://homsy-staging.cambridgecore.org/1", "http://0-doi-org.library.ac.uk/10.1/2",
     "https://test01.ku.dk/1", "https://acnp.tweb-dev.unibo.it/1", "https://m.booksci.cn/1.htm",
     "https://en.wikipedia.org/wiki/HCAR2", "http://47.251.13.51:8081/11966742"],
)  # fmt: skip
def test_a_copy_is_known_by_its_address(address):
    assert COPIES.search(address)


def test_no_address_leads_to_a_copy_of_what_others_published():
    for file in (ASSETS / "references.bib", ASSETS / "claims.yaml", *DATA.glob("*.yaml")):
        for address in re.findall(r"https?://[^\s;,}]+", file.read_text("utf-8")):
            assert not COPIES.search(address), (
                f"{file.relative_to(ROOT)} has {address}; give the DOI, the PubMed number or the "
                "publisher's page, or no address"
            )


def test_every_reference_is_cited_somewhere():
    places = (
        *ROOT.glob("notebooks/*.ipynb"), *ROOT.glob("igf1lab/**/*.py"), *DATA.iterdir(),
        *ASSETS.glob("quizzes/*.yaml"), *ASSETS.glob("exercises/*.json"), ASSETS / "claims.yaml",
    )  # fmt: skip
    words = {word for place in places for word in re.findall(r"\w+", place.read_text("utf-8"))}
    unused = set(evidence.references()) - words
    assert not unused, f"nothing cites {unused}; drop them from assets/references.bib"


def _parameter_sets():
    for module in pkgutil.iter_modules(models.__path__, "igf1lab.models."):
        for name, value in vars(importlib.import_module(module.name)).items():
            if isinstance(value, ParameterSet):
                yield f"{module.name}.{name}", value


def test_sources_of_models_resolve():
    edges = {f"edge {name}": edge.sources for name, edge in EDGES.items()}
    cited = {
        f"{place}, {parameter.name}": parameter.source
        for place, parameters in _parameter_sets()
        for parameter in parameters.values()
    }
    assert len(cited) > 100
    for place, keys in (cited | edges).items():
        missing = set(keys) - set(evidence.references())
        assert not missing, f"assets/references.bib lacks {missing}, cited by {place}; add them"


# --- data files -----------------------------------------------------------------------


def test_no_file_in_the_data_folder_is_an_orphan():
    tables = {file.stem for file in DATA.glob("*.csv")}
    sidecars = {file.stem for file in DATA.glob("*.yaml")}
    others = {file.name for file in DATA.iterdir() if file.suffix not in (".csv", ".yaml")}
    assert not others, f"assets/data: {others} are neither CSV nor YAML; move them"
    assert tables == sidecars, f"assets/data: {tables ^ sidecars} lack their CSV or their sidecar"


@pytest.mark.parametrize("file", sorted(DATA.glob("*.yaml")), ids=lambda f: f.stem)
def test_a_data_file_is_named_after_its_dataset(file):
    dataset_id = yaml.safe_load(file.read_text(encoding="utf-8"))["id"]
    assert dataset_id.lower() == file.stem, f"{file}: rename it, or correct its id {dataset_id}"


@pytest.mark.parametrize("dataset_id", _dataset_ids())
def test_csv_fits_its_sidecar(dataset_id):
    dataset = evidence.dataset(dataset_id)  # raises if columns, widths or types differ
    where = f"assets/data/{dataset_id.lower()}"
    assert len(dataset) > 0, f"{where}.csv: has no rows"
    names = [field.name for field in dataset.fields]
    assert names[-2:] == ["source_key", "verified"], f"{where}: must end with source_key, verified"
    assert None not in dataset.column("verified"), f"{where}.csv: verified must be true or false"
    if dataset.verified:
        assert all(dataset.column("verified")), (
            f"{where}.yaml says verified, but a row of the CSV is not; correct one of them"
        )


@pytest.mark.parametrize(
    ("dataset_id", "unverified_rows"),
    [("scfa_conc_blood", 3), ("receptor_potency", 11), ("hdac_inhibition", 3),
     ("colon_models_overview", 5), ("receptor_occupancy_demo", 4)],
)  # fmt: skip
def test_rows_flagged_unverified_stay_flagged(dataset_id, unverified_rows):
    dataset = evidence.dataset(dataset_id)
    assert dataset.column("verified").count(False) == unverified_rows, (
        f"assets/data/{dataset_id}.csv: a row changed its verified flag; a row may only become "
        "true when somebody read it in its source, and then this test changes with it"
    )
    assert len(dataset.verified_only()) == len(dataset) - unverified_rows


# --- findings and verdicts ------------------------------------------------------------

CLAIMS = pytest.mark.parametrize("claim", evidence.claims().values(), ids=lambda c: c.id)


@CLAIMS
def test_a_grade_is_the_strongest_design_among_the_direct_findings(claim):
    order = list(evidence.grades())
    for finding in claim.findings + claim.against:
        assert finding.level in order, f"{claim.id}: {finding.what}: give it a level"
        assert finding.weight in (1, 2, 3), f"{claim.id}: {finding.what}: weight it 1, 2 or 3"
        assert finding.direct or finding.weight < 3, (
            f"{claim.id}: {finding.what}: nothing indirect is decisive; weight it 1 or 2"
        )
    direct = [f.level for f in claim.findings + claim.against if f.direct]
    assert direct, f"{claim.id} has no direct finding"
    strongest = min(direct, key=order.index)
    assert claim.grade.id == strongest, f"{claim.id}: its findings say {strongest}"


# What does not make a finding direct, although it moves the cause that a claim names: the claim says
# the first, the finding tells of the second and not of the third (the rule is in claims.yaml).
IGF1_IS_THE_CAUSE = r"^(Because of all this, |People with [\w-]+ )?IGF-1(?!.*growth hormone)"
IGF1_ITSELF = r"\b(of|on|given) IGF-1\b|\bIGF-1 does\b"
ELSEWHERE = (
    (IGF1_IS_THE_CAUSE, r"\bb?GH\b|growth hormone|MK-677", IGF1_ITSELF),
    (r"^Germ-free", r"antibiotic", r"germ-free"),
    (r"^Giving beneficial bacteria", r"\bacids\b", r"microb"),
)


def _beside_the_cause(says, what):
    """Whether a finding tells of another cause than a claim's, by the words of both."""
    return any(
        re.search(claimed, says) and re.search(told, what) and not re.search(itself, what)
        for claimed, told, itself in ELSEWHERE
    )


@CLAIMS
def test_a_hormone_upstream_never_makes_a_finding_direct(claim):
    for finding in claim.findings + claim.against:
        if _beside_the_cause(claim.says, finding.what):
            assert not finding.direct, (
                f"{claim.id}: {finding.what}: the claim names another cause; see the rule at the head "
                "of assets/claims.yaml and set direct: false"
            )


def test_words_tell_a_cause_from_one_upstream():
    about_igf1, about_gh = (evidence.claim(name).says for name in ("NEURO-3", "AXIS-1"))
    for what in (
        "A year of MK-677 (IGF-1 up 73 %): scores",
        "People on GH: fat",
        "Mice with bGH: life",
    ):
        assert _beside_the_cause(about_igf1, what) and not _beside_the_cause(about_gh, what)
    for what in ("Four weeks of IGF-1 or GH: fat", "No GH, then on IGF-1: fat", "Genes: dementia"):
        assert not _beside_the_cause(about_igf1, what)
    found = [f for c in evidence.claims().values() for f in c.findings + c.against
             if _beside_the_cause(c.says, f.what)]  # fmt: skip
    assert len(found) > 20  # the words still meet the findings that they were made for


@CLAIMS
def test_a_verdict_is_told_in_at_most_three_sentences(claim):
    sentences = re.findall(r"[.?](?=\s+[A-Z]|$)", claim.explanation)
    assert 1 <= len(sentences) <= 3, f"{claim.id}: {len(sentences)} sentences"


@pytest.mark.parametrize("lesson", LESSONS)
def test_the_verdicts_of_a_lesson_are_no_wall(lesson):
    words = lesson_time.verdict_words(lesson)
    assert words <= 350, f"{lesson}: {words} words unfolded; keep to 350"


@CLAIMS
def test_values_are_words_that_a_person_writes(claim):
    for finding in claim.findings + claim.against:
        where = f"{claim.id}: {finding.what}: {finding.value}"
        assert finding.unit is None, f"{where}: write the unit into the value"
        value = finding.value or ""
        assert not re.search(r"->|\+/-|\^|\br2\b|\bvs\.? .*\) %$|  ", value), where
        assert len(finding.what.split()) <= 30, f"{where}: {len(finding.what.split())} words"
