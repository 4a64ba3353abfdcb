"""The rules of a round, in any order of joins, votes, changes and closings."""

import json

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

import class_plan
from igf1lab.classroom.journal import FolderRefused, Journal, open_folder
from igf1lab.classroom.questions import Question, plans, questions
from igf1lab.classroom.room import COMMANDS, Refused, Room

PICK = Question("pick", "01_gh_igf1_axis", "quiz", "choice", "Which?", (("a", "A"), ("b", "B")))
TICK = Question("tick", "01_gh_igf1_axis", "quiz", "choices", "Which?", (("a", "A"), ("b", "B")))
SIZE = Question("size", "01_gh_igf1_axis", "prediction", "number", "How much?", (), "%")
WAYS = Question(
    "ways", "01_gh_igf1_axis", "prediction", "direction", "Where?", (("x", "X"), ("y", "Y"))
)
CATALOGUE = {each.id: each for each in (PICK, TICK, SIZE, WAYS)}
GOOD = {
    "pick": ["a", "b"],
    "tick": [["a"], ["a", "b"]],
    "size": [1, 2.5],
    "ways": [{"x": "up", "y": "down"}],
}
BAD = {
    "pick": [None, "c", ["a"], 1, True, {}, "<b>a</b>"],
    "tick": [[], ["c"], ["a", "a"], "a", [["a"]], None, [1]],
    "size": ["1", None, True, float("nan"), float("inf"), [1], {}],
    "ways": [{"x": "up"}, {"x": "up", "y": "left"}, {"x": "up", "y": ["up"]}, "up", None, {"x": "up", "y": "up", "z": "up"}],
}  # fmt: skip
VOTERS = [f"{n:032x}" for n in range(4)]


class AnyClass(RuleBasedStateMachine):
    """A class in which everybody does anything at any time."""

    def __init__(self):
        super().__init__()
        self.room, self.events = Room(CATALOGUE), []
        self.expected = {}  # round -> voter -> answer, of the present question

    @rule(command=st.sampled_from(sorted(COMMANDS)), question=st.sampled_from(sorted(CATALOGUE)))
    def steer(self, command, question):
        before = self.room.seen_by_all()
        try:
            self.events.append(self.room.do(command, 100.0, question=question))
        except Refused:
            assert self.room.seen_by_all() == before
            return
        if command in ("open", "clear"):
            self.expected = {}
        assert before["phase"] in COMMANDS[command][0]

    @rule(
        voter=st.sampled_from(VOTERS), question=st.sampled_from(sorted(CATALOGUE)),
        round_=st.integers(0, 3), stale=st.booleans(), data=st.data(),
    )  # fmt: skip
    def vote(self, voter, question, round_, stale, data):
        answer = data.draw(st.sampled_from(GOOD[question] + BAD[question]))
        turn = self.room.turn - stale
        open_now = (
            self.room.phase == "voting" and self.room.question.id == question
            and self.room.round == round_ and not stale
        )  # fmt: skip
        good = any(answer is each for each in GOOD[question])
        try:
            self.events.append(self.room.vote(voter, question, round_, turn, answer, None))
        except Refused:
            assert not (open_now and good)
            return
        assert open_now and good
        self.expected.setdefault(round_, {})[voter] = answer

    @invariant()
    def every_voter_counts_once_with_the_last_vote(self):
        held = {
            number: {who: vote.answer for who, vote in votes.items()}
            for number, votes in self.room.votes.items() if votes
        }  # fmt: skip
        assert held == {number: votes for number, votes in self.expected.items() if votes}
        assert self.room.round <= 2

    @invariant()
    def a_restart_is_where_the_class_was(self):
        again = Room(CATALOGUE)
        for event in self.events:
            again.apply(json.loads(json.dumps(event)))
        assert (again.votes, again.seen_by_all()) == (self.room.votes, self.room.seen_by_all())

    @invariant()
    def what_all_see_names_no_answer_and_nobody(self):
        seen = json.dumps(self.room.seen_by_all())
        assert not any(voter in seen for voter in VOTERS)
        assert '"votes"' not in seen and '"tally"' not in seen and '"correct"' not in seen

    @invariant()
    def tallies_add_up(self):
        tally = self.room.tally()
        for number, votes in self.room.votes.items():
            assert sum(each["n"] for each in tally["rounds"][str(number)]) == len(votes)
        both = set(self.room.votes.get(1, {})) & set(self.room.votes.get(2, {}))
        assert sum(each["n"] for each in tally["flow"]) == len(both)


TestAnyClass = AnyClass.TestCase
TestAnyClass.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


# --- the journal ------------------------------------------------------------------------------


def test_a_killed_class_loses_no_confirmed_vote_and_a_torn_line_is_told(tmp_path):
    journal, room = Journal(open_folder(tmp_path / "class", tmp_path / "repo")), Room(CATALOGUE)
    journal.keep(room.do("open", 1.0, question="pick"))
    for voter in VOTERS:
        journal.keep(room.vote(voter, "pick", 1, 1, "a", "sure"))
    with journal.path.open("a") as file:  # killed while it wrote
        file.write('{"vote": "ffff')
    again, later = Room(CATALOGUE), Journal(journal.path.parent)
    assert later.replay(again) == 5 and later.torn == 1
    assert again.votes == room.votes
    later.keep(again.do("close", 2.0))
    assert Journal(journal.path.parent).replay(Room(CATALOGUE)) == 6


def test_what_is_kept_names_nobody(tmp_path):
    journal, room = Journal(open_folder(tmp_path, tmp_path / "repo")), Room(CATALOGUE)
    journal.keep(room.do("open", 1.0, question="pick"))
    journal.keep(room.vote(VOTERS[1], "pick", 1, 1, "b", None))
    kept = journal.end(room)
    assert not journal.path.exists()
    assert VOTERS[1] not in kept.read_text("utf-8")
    (asked,) = json.loads(kept.read_text("utf-8"))
    assert asked["question"] == "pick"
    assert asked["rounds"] == {"1": [{"answer": "b", "confidence": None, "n": 1}]}


def test_a_class_is_never_kept_in_the_repository(tmp_path):
    with pytest.raises(FolderRefused, match="--keep"):
        open_folder(tmp_path / "repo" / "inside", tmp_path / "repo")
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(FolderRefused, match="--keep"):
        open_folder(blocked / "below", tmp_path / "repo")


# --- the plan ---------------------------------------------------------------------------------


@pytest.mark.parametrize("lesson", plans())
def test_every_lesson_has_two_or_three_questions_with_words_for_each_pattern(lesson):
    planned = plans()[lesson]
    assert 2 <= len(planned) <= 3
    for entry in planned:
        assert set(entry) == {"question", "right", "split", "few"}
        assert entry["question"] in questions(), "it must be one that can be voted on"
        for words in (entry["right"], entry["split"], entry["few"]):
            assert words.endswith((".", "?")) and len(words.split()) <= 30


def test_the_manual_shows_the_plan():
    shown = (
        class_plan.INSTRUCTORS.read_text("utf-8")
        .split(class_plan.BEGIN)[1]
        .split(class_plan.END)[0]
    )
    assert shown.strip() == class_plan.table(), "run: python tools/class_plan.py"


def test_no_question_tells_what_is_right_before_the_reveal():
    for question in questions().values():
        asked = json.dumps(question.asked())
        assert set(question.asked()) == {
            "id",
            "lesson",
            "source",
            "kind",
            "stem",
            "unit",
            "options",
        }
        assert '"correct"' not in asked and '"why"' not in asked
