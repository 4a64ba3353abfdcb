"""The evidence room: lookups, errors that say what to do, and honest, semantic HTML."""

import importlib
import re
import subprocess
import sys
from collections import Counter
from dataclasses import FrozenInstanceError, replace
from xml.etree import ElementTree

import numpy as np
import pytest

from igf1lab import evidence
from igf1lab.evidence import bibliography, citations, datasets, ladder, paths, render
from igf1lab.parameters import Parameter, ParameterSet

# Asked for by name, because evidence.claims is the function and not its module.
_claims_module = importlib.import_module("igf1lab.evidence.claims")
CACHED = (
    paths.assets_dir, _claims_module._document, evidence.claims, bibliography.references,
    datasets.dataset, datasets.dataset_ids,
)  # fmt: skip

CLAIMS = """\
verdicts: [{id: mixed, symbol: "◆", meaning: Both ways.}]
grades: [{id: animal, meaning: Animals.}]
claims:
- {id: A-1, lesson: l, short: s, arrow: {from: a, to: b}, says: s, verdict: VERDICT, grade: animal,
   grade_note: g, explanation: e, change_our_mind: c, findings: [], against: [], misconceptions: []}
"""
SIDECAR = """\
{id: DS-X, title: t, columns: [{name: n, unit: g, type: number}, {name: word, unit: '', type: mixed},
 {name: source_key, unit: '', type: text}, {name: verified, unit: '', type: flag}],
 sources: [a2000], seen_at: [here], notes: none, verified: true, audited_rows: [1]}
"""
HEADER = "n,word,source_key,verified\n"


@pytest.fixture
def small_assets(tmp_path, monkeypatch):
    """A minimal assets folder that a test may spoil; caches are emptied before and after."""
    (tmp_path / "data").mkdir()
    (tmp_path / "claims.yaml").write_text(CLAIMS.replace("VERDICT", "mixed"), encoding="utf-8")
    (tmp_path / "references.bib").write_text("@misc{a2000, author={A}, title={T}}\n")
    (tmp_path / "data" / "ds-x.yaml").write_text(SIDECAR)
    (tmp_path / "data" / "ds-x.csv").write_text(HEADER + "1,>2,a2000,true\n,3,a2000,false\n")
    monkeypatch.setattr(paths, "_PLACES", (tmp_path,))
    for function in CACHED:
        function.cache_clear()
    yield tmp_path
    for function in CACHED:
        function.cache_clear()


# --- finding the assets ---------------------------------------------------------------


def test_importing_the_room_does_not_read_the_bibliography():
    code = "import sys, igf1lab.evidence; sys.exit('bibtexparser' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0, (
        "igf1lab/evidence imports bibtexparser at import time; keep it inside references()"
    )


def test_a_folder_without_claims_is_not_taken_for_the_assets(tmp_path, monkeypatch, small_assets):
    (tmp_path / "assets").mkdir()
    monkeypatch.setattr(paths, "_PLACES", (tmp_path / "assets", small_assets))
    assert evidence.assets_dir() == small_assets


def test_missing_assets_are_explained(tmp_path, monkeypatch, small_assets):
    monkeypatch.setattr(paths, "_PLACES", (tmp_path / "absent",))
    with pytest.raises(FileNotFoundError, match="Reinstall igf1lab, or run it from a full"):
        evidence.assets_dir()


# --- lookups and errors ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("look_up", "asked", "near", "where"),
    [
        (evidence.claim, "AXIS-9", "AXIS-1", "claims.yaml"),
        (evidence.reference, "sjogren", "sjogren1999", "references.bib"),
        (evidence.dataset, "DS-2", "DS-2-MORTALITY", "data"),
        (evidence.dataset("DS-2-MORTALITY").column, "HR", "hr", "DS-2-MORTALITY"),
    ],
)
def test_unknown_names_say_where_and_list_near_ones(look_up, asked, near, where):
    with pytest.raises(KeyError) as error:
        look_up(asked)
    assert near in str(error.value) and where in str(error.value)


def test_results_cannot_be_changed_by_a_reader():
    with pytest.raises(TypeError):
        evidence.claims()["AXIS-1"] = None
    with pytest.raises(FrozenInstanceError):
        evidence.claim("AXIS-1").says = "something else"
    evidence.dataset("DS-2-MORTALITY").rows[0]["hr"] = 99
    assert evidence.dataset("DS-2-MORTALITY").rows[0]["hr"] == 1.27


def test_columns_are_arrays_with_gaps_or_lists(small_assets):
    dataset = evidence.dataset("DS-X")
    np.testing.assert_array_equal(dataset.column("n"), [1.0, np.nan])
    assert dataset.column("word") == [">2", 3]
    assert dataset.columns["verified"] == [True, False]
    assert dataset.units["n"] == "g"
    assert [row["n"] for row in dataset.verified_only().rows] == [1]


@pytest.mark.parametrize(
    ("csv_text", "message"),
    [
        ("n,word\n", "its sidecar says"),
        (HEADER + "1,2,a2000\n", "line 2 has 3 cells, expected 4"),
        (HEADER + "1,2,a2000,true\nmany,2,a2000,true\n", "line 3 has a cell that does not fit"),
        (HEADER + "1,2,a2000,perhaps\n", "line 2 has a cell that does not fit"),
        ("", "has columns \\[\\]"),
    ],
)
def test_a_bad_data_file_is_explained(small_assets, csv_text, message):
    (small_assets / "data" / "ds-x.csv").write_text(csv_text)
    with pytest.raises(ValueError, match=message):
        evidence.dataset("DS-X")


def test_a_wrong_verdict_is_explained(small_assets):
    text = CLAIMS.replace("VERDICT", "probably")
    (small_assets / "claims.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=r"Claim A-1 .*'probably' is not one of"):
        evidence.claims()


def test_a_claim_with_a_missing_field_is_explained(small_assets):
    text = CLAIMS.replace("VERDICT", "mixed").replace("says: s, ", "")
    (small_assets / "claims.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=r"Claim A-1 .*'says'"):
        evidence.claims()


def test_broken_yaml_is_explained(small_assets):
    (small_assets / "claims.yaml").write_text("verdicts: [")
    with pytest.raises(ValueError, match="not valid YAML"):
        evidence.claims()


@pytest.mark.parametrize(
    "entry", ["@misc{a2000, title={T}", "@misc{k, title={T}}\n@misc{k, title={T}}"]
)
def test_a_broken_or_repeated_reference_is_explained(small_assets, entry):
    (small_assets / "references.bib").write_text(entry)
    with pytest.raises(ValueError, match="broken or repeated entry at line"):
        evidence.references()


# --- references as text ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "label", "line", "address"),
    [
        ("yakar1999", "Yakar et al. 1999", None, None),
        ("sherratt_murray1991", "Sherratt & Murray 1991", "Sherratt J. A., Murray J. D.",
         "https://doi.org/10.1007/BF00160468"),
        ("gh3_1981", "“Short chain fatty acids increase …” 1981", "", None),
        ("larsson2020diab", "Larsson et al. 2020b", None, None),
        ("laron1996lpa", None, None, "https://pubmed.ncbi.nlm.nih.gov/?term=Insulin-like+growth+"
         "factor-I+decreases+serum+lipoprotein%28a%29+during+long-term+treatment+of+patients+with+"
         "Laron+syndrome"),
        ("sacn2015", None, "Scientific Advisory Committee on Nutrition", None),
        ("bahar_halpern2015", "Bahar Halpern et al. 2015", None, None),
    ],
)  # fmt: skip
def test_references_read_as_plain_text(key, label, line, address):
    entry = evidence.reference(key)
    assert label is None or entry.label == label
    assert line is None or entry.author_line == line
    assert address is None or entry.address == address


def test_every_label_names_one_entry():
    labels = Counter(entry.label for entry in evidence.references().values())
    assert [label for label, times in labels.items() if times > 1] == []


def test_no_bibtex_syntax_reaches_the_reader():
    for entry in evidence.references().values():
        shown = f"{entry.author_line} {entry.title} {entry.where} {entry.annotation}"
        assert not set("{}\\") & set(shown), f"assets/references.bib, {entry.key}: {shown}"
        assert entry.title, f"assets/references.bib, {entry.key}: has no title"


# --- rendering ------------------------------------------------------------------------


def _parse(html):
    """Well-formed or an error."""
    return ElementTree.fromstring(f"<div>{html}</div>")


def _parameters():
    return ParameterSet(
        "M0",
        "human",
        [
            Parameter("a", 1.0, "1/h", "read", "verified", source="yakar1999"),
            Parameter("b", 2.0, "", "not re-read", "unverified", source="yakar1999"),
            Parameter("c", 3.0, "µM", "a < b & c", "chosen", reason="makes a > b"),
        ],
    )


EVERYTHING = {
    "claim_table": lambda: render.claim_table(evidence.claims().values()),
    "verdict_panel": lambda: render.verdict_panel(evidence.claims().values()),
    "reference_list": lambda: render.reference_list(evidence.references()),
    "dataset_table": lambda: "".join(
        render.dataset_table(evidence.dataset(i)) for i in evidence.dataset_ids()
    ),
    "parameter_table": lambda: render.parameter_table(_parameters()),
}


@pytest.mark.parametrize("name", EVERYTHING)
def test_html_is_well_formed_semantic_and_without_colours(name):
    html = EVERYTHING[name]()
    tree = _parse(html)
    for table in tree.iter("table"):
        assert table.findtext("caption"), f"{name}: a table has no caption"
        assert all(th.get("scope") in ("col", "row") for th in table.iter("th")), name
        width = len(table.findall("thead/tr/th"))
        assert all(len(row) == width for row in table.findall("tbody/tr")), name
    assert "style=" not in html and "color" not in html.replace("colorectal", ""), name
    classes = {c for node in tree.iter() for c in node.get("class", "").split()}
    assert all(c.startswith("ig-") for c in classes), f"{name}: {classes}"


@pytest.mark.parametrize("claim", evidence.claims().values(), ids=lambda c: c.id)
def test_every_unverified_finding_carries_the_word(claim):
    rows = _parse(render.verdict_panel([claim])).findall(".//tbody/tr")
    for row, finding in zip(rows, claim.findings + claim.against, strict=True):
        marked = "unverified" in "".join(row[1].itertext())
        assert marked == (not finding.verified), f"{claim.id}: {finding.what}"


@pytest.mark.parametrize("dataset_id", evidence.dataset_ids())
def test_every_unverified_row_carries_the_word(dataset_id):
    dataset = evidence.dataset(dataset_id)
    rows = _parse(render.dataset_table(dataset)).findall(".//tbody/tr")
    for row, read in zip(rows, dataset.column("verified"), strict=True):
        assert ("unverified" in "".join(row[-1].itertext())) == (not read), dataset_id


def test_parameter_table_says_standing_and_source_or_reason():
    rows = _parse(render.parameter_table(_parameters())).findall(".//tbody/tr")
    shown = [["".join(cell.itertext()) for cell in row] for row in rows]
    assert shown[0][2:] == ["1", "1/h", "read in the source", "Yakar et al. 1999"]
    assert "unverified" in shown[1][4] and shown[1][3] == "–"
    assert shown[2][1] == "a < b & c" and shown[2][5] == "makes a > b"


def test_verdicts_stay_hidden_until_the_panel():
    claim = evidence.claim("EPI-2")
    hidden = render.claim_table([claim])
    assert claim.verdict.words not in hidden and claim.verdict.symbol not in hidden
    shown = "".join(_parse(render.verdict_panel([claim])).itertext())
    assert f"{claim.verdict.symbol} {claim.verdict.words}" in shown


def test_the_panel_says_everything_about_a_claim():
    claim = evidence.claim("AXIS-1")
    text = "".join(_parse(render.verdict_panel([claim])).itertext())
    for part in (claim.says, claim.verdict.words, claim.grade.words, claim.grade_note,
                 claim.explanation, claim.change_our_mind):  # fmt: skip
        assert part in text
    assert all(f.what in text for f in claim.findings + claim.against)


def test_citations_lead_to_the_reference_list():
    claim = evidence.claim("METAB-1")
    panel = _parse(render.verdict_panel([claim]))
    targets = {link.get("href") for link in panel.iter("a") if link.get("class") == "ig-cite"}
    items = _parse(render.reference_list([*claim.citation_keys, *claim.citation_keys])).iter("li")
    assert sorted(targets) == [f"#{item.get('id')}" for item in items]


def test_an_entry_begins_as_the_text_names_it():
    keys = ("larsson2020diab", "rat_ba_2024", "watling_abstract", "lanz2008", "yan2017")
    entries = {li.get("id"): li for li in _parse(render.reference_list(keys)).iter("li")}
    said = {key: "".join(entries[f"ig-ref-{key}"].itertext()) for key in keys}
    assert said["larsson2020diab"].startswith("Larsson S. C., Michaelsson K., Burgess S. (2020b). ")
    assert "lipase levels in rats (2024). J Acad" in said["rat_ba_2024"]
    assert said["rat_ba_2024"].startswith("Investigation of")
    assert said["watling_abstract"].startswith("Watling C. Z. et al. Association")
    assert "to build, destroy, or both? Curr" in said["yan2017"]
    assert said["lanz2008"].endswith("find it in PubMed")


def test_text_is_escaped_everywhere():
    evil = '<script>alert("x")</script>'
    original = evidence.claim("AXIS-1")
    finding = replace(original.findings[0], what=evil, value=evil, design=evil, note=evil)
    claim = replace(
        original, id=evil, says=evil, explanation=evil, grade_note=evil, change_our_mind=evil,
        findings=(finding,),
    )  # fmt: skip
    table = evidence.dataset("DS-2-MORTALITY")
    cells = tuple((evil, *row[1:]) for row in table.cells)
    dataset = replace(table, title=evil, notes=evil, cells=cells)
    model = ParameterSet(evil, "human", [Parameter("p", 1, evil, evil, "chosen", reason=evil)])
    for html in (
        render.claim_table([claim]),
        render.verdict_panel([claim]),
        render.dataset_table(dataset),
        render.parameter_table(model),
    ):
        assert "<script" not in html and "&lt;script&gt;" in html
        _parse(html)


def test_model_table_has_its_columns_as_arrays():
    table = evidence.model_table("colon_grid")
    assert {len(column) for column in table.values()} == {216}
    with pytest.raises(KeyError, match="colon_grid"):
        evidence.model_table("colon_gird")


def test_scales_say_what_every_level_means():
    html = evidence.render.scales()
    for level in (*evidence.verdicts().values(), *evidence.grades().values()):
        assert level.words in html and level.meaning[:30] in html


def test_a_key_written_twice_is_refused(tmp_path):
    file = tmp_path / "sidecar.yaml"
    file.write_text("unit: mM\nunit: µM\n", "utf-8")
    with pytest.raises(ValueError, match=r"sidecar.yaml .*'unit' is written twice"):
        evidence.read_yaml(file)


# --- the evidence ladder --------------------------------------------------------------


def _ladder_claim():
    """A claim with one finding of each level on either side, none like another."""
    original = evidence.claim("AXIS-1")
    levels = list(evidence.grades())
    made = [
        replace(original.findings[0], what=f"finding {side}{n}", level=level, weight=1 + n % 3,
                direct=n % 2 == 0, verified=n != 1)
        for side in ("for", "against") for n, level in enumerate(levels)
    ]  # fmt: skip
    return replace(original, findings=tuple(made[:6]), against=tuple(made[6:]))


def test_every_finding_of_a_ladder_has_a_mark_in_its_column_on_its_side():
    claim = _ladder_claim()
    tree = _parse(ladder.ladder_svg(claim))
    line = float(next(tree.iter("line")).get("y1"))
    marks = [g for g in tree.iter("g") if "ig-mark" in g.get("class")]
    level_of = {level: n for n, levels in enumerate(ladder.COLUMNS.values()) for level in levels}
    drawn = [each for each in claim.findings + claim.against if each.level in level_of]
    assert len(marks) == len(drawn) == 10  # an opinion stands on no rung
    for finding in drawn:
        (mark,) = [g for g in marks if finding.what in g.get("aria-label")]
        box = mark.find("rect")
        x, y = (float(box.get(name)) + ladder.SLOT / 2 for name in "xy")
        assert x // ladder.COLUMN == level_of[finding.level], finding.level
        assert (y < line) == (finding in claim.findings)
        assert ("ig-indirect" in mark.get("class")) == (not finding.direct)
        assert ("ig-unread" in mark.get("class")) == (not finding.verified)
        assert (
            mark.get("tabindex") == "0" and "unverified" in mark.get("aria-label")
        ) or finding.verified


def test_heavier_findings_have_larger_triangles():
    sizes = [ladder.HALF_SIDE[weight] for weight in (1, 2, 3)]
    assert sizes == sorted(set(sizes))


def test_a_crowded_column_grows_in_rows_and_no_two_marks_touch():
    original = _ladder_claim()
    many = tuple(replace(original.findings[3], what=f"animal {n}") for n in range(11))
    tree = _parse(ladder.ladder_svg(replace(original, findings=many)))
    places = {(r.get("x"), r.get("y")) for g in tree.iter("g") for r in g.findall("rect")}
    assert len(places) == 11 + 5
    height = float(next(tree.iter("svg")).get("viewBox").split()[3])
    assert all(0 <= float(y) < height - ladder.SAID for _, y in places)


# --- citations in Markdown ------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Levels fell [@yakar1999].", "Levels fell ([{yakar1999}](#ig-ref-yakar1999))."),
        ("Both [@yakar1999; @boets2015] did.",
         "Both ([{yakar1999}](#ig-ref-yakar1999); [{boets2015}](#ig-ref-boets2015)) did."),
        ("(in mice [@yakar1999])", "(in mice [{yakar1999}](#ig-ref-yakar1999))"),
        ("(closed)\n\nNew [@yakar1999]", "(closed)\n\nNew ([{yakar1999}](#ig-ref-yakar1999))"),
        ("[An old label](#ig-ref-yakar1999)", "[{yakar1999}](#ig-ref-yakar1999)"),
        ("[a page](00_start_here.ipynb) and `[@key]`", "[a page](00_start_here.ipynb) and `[@key]`"),
    ],
)  # fmt: skip
def test_a_citation_reads_as_author_and_year_with_a_link(written, read):
    labels = {key: evidence.reference(key).label for key in ("yakar1999", "boets2015")}
    assert citations.readable(written) == read.format_map(labels)
    assert citations.readable(citations.readable(written)) == citations.readable(written)


def test_every_link_to_a_reference_can_be_read_and_made_again():
    text = "One " + ", two ".join(f"[@{key}]" for key in evidence.references())
    once = citations.readable(text)
    assert citations.readable(once) == once
    assert citations.cited_keys(once) == list(evidence.references())


def test_keys_in_code_quotes_are_named_and_other_words_left_alone():
    source = evidence.reference("yakar1999")
    text = "Seen (`yakar1999`) with `q1` and `nobody1900`."
    link = f"[{source.label}]({source.address})"
    assert citations.named(text) == f"Seen ({link}) with `q1` and `nobody1900`."


def test_keys_are_found_in_either_form_and_unknown_ones_are_named():
    text = "One [@b; @a], two ([A 2000](#ig-ref-c))."
    assert citations.cited_keys(text) == ["b", "a", "c"]
    with pytest.raises(KeyError, match="nobody1900"):
        citations.readable("[@nobody1900]")


@pytest.mark.parametrize("key", evidence.references())
def test_no_reference_shows_a_key_or_an_internal_remark(key):
    entry = evidence.reference(key)
    shown = f"{entry.label} {entry.author_line} {entry.where} {entry.annotation}".lower()
    assert key.lower() not in shown.split(), key
    assert not re.search(r"not recorded|general knowledge|internal|todo|\?\?", shown), key
