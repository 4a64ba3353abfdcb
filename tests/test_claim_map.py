"""The claim map shows every claim once, apart from the others, in words as well as in colour."""

import xml.etree.ElementTree as ET

from igf1lab import evidence
from igf1lab.lesson.claim_map import LANES, ROW, WIDTH, layout, map_svg
from igf1lab.lesson.progress import Progress
from igf1lab.lesson.progress_view import ProgressPanel, Review

SVG = "{http://www.w3.org/2000/svg}"


def groups(svg):
    root = ET.fromstring(svg)
    return {node.get("data-claim"): node for node in root.iter("g") if node.get("data-claim")}


def test_every_claim_is_one_named_button():
    drawn = groups(map_svg())
    assert list(drawn) == list(evidence.claims())
    for name, node in drawn.items():
        claim = evidence.claim(name)
        assert node.get("role") == "button" and node.get("tabindex") == "0"
        for words in (name, claim.short, claim.arrow_from, claim.arrow_to):
            assert words in node.get("aria-label")


def test_arrows_lie_apart_and_on_the_page():
    arrows, height = layout()
    for at, arrow in enumerate(arrows):
        assert arrow.x >= 0 and arrow.x + arrow.width <= WIDTH and arrow.y + ROW <= height
        for other in arrows[:at]:
            beside = arrow.x >= other.x + other.width or other.x >= arrow.x + arrow.width
            assert beside or abs(arrow.y - other.y) >= ROW


def test_without_buttons_the_map_is_for_the_mouse_only():
    svg = map_svg(buttons=False)
    assert "tabindex" not in svg and 'aria-hidden="true"' in svg


def test_the_panel_holds_every_claim_and_belief_and_its_twin_names_them(tmp_path):
    panel = ProgressPanel(Progress(tmp_path / "progress.db"))
    assert [claim["id"] for claim in panel.claims] == list(evidence.claims())
    assert {claim["lane"] for claim in panel.claims} == set(LANES.values())
    assert {each["claim"] for each in panel.beliefs.values()} <= set(evidence.claims())
    assert all(name in panel.twin() for name in evidence.claims())


def test_a_review_may_ask_about_every_claim(tmp_path):
    review = Review(Progress(tmp_path / "progress.db"))
    asked = {claim for item in review.items for claim in item["claims"]}
    assert asked == set(evidence.claims())
    assert not {item["lesson"] for item in review.items} & {"pre_test", "post_test", "rewrite"}
