"""The server of a class: what goes over the wires, who may steer, and what is refused."""

import json
import time

import pytest
from starlette.testclient import TestClient

from igf1lab.classroom import server
from igf1lab.classroom.doors import Doors, Slow
from igf1lab.classroom.journal import Journal
from igf1lab.classroom.questions import questions
from igf1lab.classroom.room import Room
from igf1lab.classroom.server import Class, make_app

VOTER = "0" * 31 + "1"
QUIZ = "axis-icu"


@pytest.fixture
def lecture(tmp_path):
    site = tmp_path / "site"
    site.mkdir()
    (site / "index.html").write_text("<html><body><main>hello</main></body></html>")
    made = Class(Room(questions()), Journal(tmp_path), Doors(), "http://10.0.0.5:8080/")
    made.app = make_app(made, site)
    return made


@pytest.fixture
def web(lecture):
    with TestClient(lecture.app) as client:
        yield client


def desk(web, lecture):
    token = web.post("/class/enter", json={"pin": lecture.doors.pin}).json()["token"]
    return {"authorization": f"Bearer {token}"}


def steer(web, heads, command, **more):
    return web.post("/class/do", json={"command": command, **more}, headers=heads)


def ballot(lecture, answer=None, **changes):
    room = lecture.room
    key = room.question.options[0][0] if room.question else "none"
    return {
        "voter": VOTER, "question": QUIZ, "round": room.round, "turn": room.turn,
        "answer": answer or key, "confidence": "sure",
    } | changes  # fmt: skip


def right_words(lecture):
    view = lecture.room.catalogue[QUIZ].view
    return [option["why"] for option in view["options"]]


def test_until_the_reveal_neither_learner_nor_board_hears_how_the_room_voted(web, lecture):
    heads = desk(web, lecture)
    assert steer(web, heads, "open", question=QUIZ).status_code == 200
    assert web.post("/class/vote", json=ballot(lecture)).status_code == 200
    for step in (None, "close", "argue"):
        if step:
            steer(web, heads, step)
        for audience in ("learner", "board"):
            told = json.dumps(lecture.state(audience, VOTER))
            assert "tally" not in told and "view" not in told and "model" not in told
            assert not any(why in told for why in right_words(lecture))
        assert lecture.state("board")["count"] == 1
        assert lecture.state("desk")["tally"]["rounds"]["1"][0]["n"] == 1
    steer(web, heads, "reveal")
    for audience in ("learner", "board"):
        told = lecture.state(audience, VOTER)
        assert told["tally"]["rounds"]["1"][0]["n"] == 1 and told["view"]["options"]


def test_a_learner_hears_only_their_own_vote(web, lecture):
    steer(web, desk(web, lecture), "open", question=QUIZ)
    web.post("/class/vote", json=ballot(lecture))
    assert lecture.state("learner", VOTER)["yours"]["confidence"] == "sure"
    assert lecture.state("learner", "f" * 32)["yours"] is None


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"answer": "no such option"}, "Choose one of the answers"),
        ({"answer": ["a"]}, "Choose one of the answers"),
        ({"answer": {"x": 1}}, "Choose one of the answers"),
        ({"question": "axis-zscore"}, "another round"),
        ({"round": 2}, "another round"),
        ({"turn": 0}, "another round"),
        ({"confidence": "very"}, "how sure"),
        ({"voter": "me"}, "no place in the class"),
        ({"voter": None}, "no place in the class"),
    ],
)
def test_a_vote_that_is_none_is_refused_with_a_sentence_and_changes_nothing(
    web, lecture, changes, sentence
):
    steer(web, desk(web, lecture), "open", question=QUIZ)
    answer = web.post("/class/vote", json=ballot(lecture, **changes))
    assert answer.status_code == 409 and sentence in answer.json()["problem"]
    assert lecture.room.count() == 0


def test_garbage_and_ten_megabytes_are_refused(web, lecture):
    steer(web, desk(web, lecture), "open", question=QUIZ)
    for body in (b"x" * 10_000_000, b"[" * 5_000, b"\xff\xfe", b"[1]", b'"text"'):
        answer = web.post("/class/vote", content=body)
        assert answer.status_code == 409 and answer.json()["problem"].endswith(".")
    assert lecture.room.count() == 0


def test_a_closed_round_takes_no_vote_and_a_second_vote_replaces_the_first(web, lecture):
    heads = desk(web, lecture)
    assert "No vote is open" in web.post("/class/vote", json=ballot(lecture)).json()["problem"]
    steer(web, heads, "open", question=QUIZ)
    other = lecture.room.question.options[1][0]
    web.post("/class/vote", json=ballot(lecture))
    web.post("/class/vote", json=ballot(lecture, other))
    assert lecture.room.votes[1][VOTER].answer == other and lecture.room.count() == 1
    steer(web, heads, "close")
    assert "No vote is open" in web.post("/class/vote", json=ballot(lecture)).json()["problem"]


def test_nobody_without_the_pin_steers_or_sees_a_distribution(web, lecture):
    for heads in ({}, {"authorization": "Bearer guess"}, {"authorization": "Basic x"}):
        assert steer(web, heads, "open", question=QUIZ).status_code == 401
        assert web.get("/class/wire/desk", headers=heads).status_code == 401
        assert web.get("/class/questions", headers=heads).status_code == 401
    assert lecture.room.phase == "waiting"


def test_another_site_cannot_post_even_with_a_token(web, lecture):
    heads = desk(web, lecture)
    for foreign in (
        {"origin": "http://evil.example"},
        {"sec-fetch-site": "cross-site"},
        {"origin": "null"},
    ):
        assert steer(web, heads | foreign, "open", question=QUIZ).status_code == 403
        assert (
            web.post("/class/enter", json={"pin": lecture.doors.pin}, headers=foreign).status_code
            == 403
        )
    assert lecture.room.phase == "waiting"


def test_a_guessed_pin_is_slowed_down_from_one_address_and_from_many():
    doors, now = Doors("123456"), 0.0
    for _ in range(3):
        assert doors.enter("000000", "a", now) is None
    with pytest.raises(Slow):
        doors.enter("123456", "a", now)  # even the right one has to wait
    assert doors.enter("123456", "a", now + 3)
    for n in range(40):
        try:
            doors.enter("000000", f"address {n}", 10.0)
        except Slow:
            break
    assert n <= 30, "a guesser with many addresses is slowed down too"
    for strange in (None, 123456, ["123456"], "1234567", "１２３４５６"):
        assert Doors("123456").enter(strange, "b", 0.0) is None


def test_a_restarted_server_is_where_the_class_was(web, lecture, tmp_path):
    heads = desk(web, lecture)
    steer(web, heads, "open", question=QUIZ)
    web.post("/class/vote", json=ballot(lecture))
    again = Room(questions())
    Journal(tmp_path).replay(again)
    assert again.votes == lecture.room.votes and again.question.id == QUIZ


def test_a_vote_is_not_confirmed_when_the_disk_did_not_take_it(web, lecture, monkeypatch):
    steer(web, desk(web, lecture), "open", question=QUIZ)

    def full(event):
        raise OSError("no space left")

    monkeypatch.setattr(lecture.journal, "keep", full)
    answer = web.post("/class/vote", json=ballot(lecture))
    assert answer.status_code == 503 and "Vote once more" in answer.json()["problem"]


def test_pages_tell_that_a_class_is_on_and_set_no_cookie(web):
    page = web.get("/index.html")
    assert "/class/page/class.js" in page.text and "set-cookie" not in page.headers
    for path in (
        "/class/board",
        "/class/desk",
        "/class/check",
        "/class/page/vote.js",
        "/class/join.svg",
    ):
        answer = web.get(path)
        assert answer.status_code == 200 and "set-cookie" not in answer.headers, path


def test_no_page_of_the_class_asks_another_host():
    for file in server.PAGES.glob("*.html"):
        assert "http://" not in file.read_text("utf-8") and "https://" not in file.read_text(
            "utf-8"
        )


def test_every_command_follows_the_rules_over_the_wire(web, lecture):
    heads = desk(web, lecture)
    assert steer(web, heads, "reveal").status_code == 409
    assert steer(web, heads, "shout").status_code == 409
    assert steer(web, heads, "open", question="none").status_code == 409
    steer(web, heads, "open", question=QUIZ)
    steer(web, heads, "close")
    for seconds in (5, "60", True, 10**9, None):
        assert steer(web, heads, "argue", seconds=seconds).status_code == 409, seconds
    assert steer(web, heads, "argue", seconds=60).status_code == 200
    assert abs(lecture.room.argue_until - time.time() - 60) < 5
