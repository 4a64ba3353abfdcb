"""The rules of a room: who may do what when, as a pure machine of events.

A round goes: *open* (round 1) → votes → *close* → perhaps *argue* → *again* (round 2) → votes →
*close* → *reveal*. The state is a fold of its events, so a restarted server is where it was.
"""

import json
from collections import Counter
from dataclasses import dataclass, field

from igf1lab.classroom.questions import Question

CONFIDENCES = ("guess", "think so", "sure")
MOST_VOTERS = 5000
ARGUE_S = range(10, 901)


class Refused(ValueError):
    """Something that the rules do not allow; the message is a sentence for whoever asked."""


@dataclass(frozen=True)
class Vote:
    """One vote: an answer in the question's form and a confidence, or None if none was given."""

    answer: object
    confidence: str | None = None


@dataclass
class Room:
    """What is going on.

    Parameters
    ----------
    catalogue : dict
        Every question that can be asked, by id.
    """

    catalogue: dict[str, Question]
    question: Question | None = None
    phase: str = "waiting"  # waiting, voting, closed, arguing, revealed
    round: int = 0
    votes: dict[int, dict[str, Vote]] = field(default_factory=dict)
    argue_until: float = 0.0
    asked: list[dict] = field(default_factory=list)  # what was asked before, without anybody in it
    turn: int = 0  # counts openings, so that a vote for an earlier opening is told apart

    # -- what the desk does --

    def do(self, command: str, now: float, question: str = "", seconds: int = 120) -> dict:
        """Check and carry out a command of the desk; return the event to be kept.

        Raises
        ------
        Refused
            If it cannot be done now; nothing has changed then.
        """
        if command not in COMMANDS:
            raise Refused("The desk knows no such command.")
        allowed, sentence = COMMANDS[command]
        if self.phase not in allowed:
            raise Refused(sentence)
        if command == "open" and question not in self.catalogue:
            raise Refused("There is no such question; choose one of the list.")
        if command in ("argue", "again") and self.round != 1:
            raise Refused("There are two rounds; reveal this question and open another.")
        if command == "argue" and (isinstance(seconds, bool) or seconds not in ARGUE_S):
            raise Refused(f"Argue for {ARGUE_S.start} to {ARGUE_S.stop - 1} seconds.")
        event = {"do": command, "at": now}
        if command == "open":
            event["question"] = question
        if command == "argue":
            event["seconds"] = seconds
        self.apply(event)
        return event

    # -- what a learner does --

    def vote(self, voter: str, question: str, round_: int, turn: int, answer, confidence) -> dict:
        """Check and take a vote; return the event to be kept.

        Raises
        ------
        Refused
            With a sentence for the learner; nothing has changed then.
        """
        if self.phase != "voting":
            raise Refused("No vote is open now. Wait for the lecturer.")
        if (question, round_, turn) != (self.question.id, self.round, self.turn):
            raise Refused("That vote was for another round. Look at the question now open.")
        if problem := self.question.accepts(answer):
            raise Refused(problem)
        if confidence is not None and confidence not in CONFIDENCES:
            raise Refused("Say how sure you are with one of the three words, or leave it out.")
        if voter not in self.votes[self.round] and len(self.votes[self.round]) >= MOST_VOTERS:
            raise Refused(f"This room takes {MOST_VOTERS} votes a round.")
        event = {"vote": voter, "answer": answer, "confidence": confidence}
        self.apply(event)
        return event

    # -- the fold --

    def apply(self, event: dict) -> None:
        """Carry out an event that was allowed when it was made."""
        if "vote" in event:
            self.votes[self.round][event["vote"]] = Vote(event["answer"], event["confidence"])
            return
        command = event["do"]
        if command == "open":
            self._put_away()
            self.question = self.catalogue[event["question"]]
            self.phase, self.round, self.votes = "voting", 1, {1: {}}
            self.turn += 1
        elif command == "close":
            self.phase = "closed"
        elif command == "argue":
            self.phase, self.argue_until = "arguing", event["at"] + event["seconds"]
        elif command == "again":
            self.phase, self.round = "voting", 2
            self.votes[2] = {}
        elif command == "reveal":
            self.phase = "revealed"
        elif command == "clear":
            self._put_away()
            self.question, self.phase, self.round, self.votes = None, "waiting", 0, {}

    def _put_away(self) -> None:
        if self.question and any(self.votes.values()):
            self.asked.append(
                {"question": self.question.id, "lesson": self.question.lesson} | self.tally()
            )

    # -- what is seen --

    def count(self) -> int:
        """Return how many have voted in the present round."""
        return len(self.votes.get(self.round, {}))

    def tally(self) -> dict:
        """Return both rounds as counts of equal votes, and the flow between them; nobody is in it."""
        rounds = {}
        for number, votes in self.votes.items():
            counts = Counter(
                (json.dumps(each.answer, sort_keys=True), each.confidence)
                for each in votes.values()
            )
            rounds[str(number)] = [
                {"answer": json.loads(answer), "confidence": confidence, "n": n}
                for (answer, confidence), n in sorted(counts.items(), key=str)
            ]
        first, second = self.votes.get(1, {}), self.votes.get(2, {})
        flow = Counter(
            (json.dumps(first[who].answer, sort_keys=True), json.dumps(second[who].answer, sort_keys=True))
            for who in first.keys() & second.keys()
        )  # fmt: skip
        told = [
            {"from": json.loads(a), "to": json.loads(b), "n": n}
            for (a, b), n in sorted(flow.items())
        ]
        return {"rounds": rounds, "flow": told}

    def seen_by_all(self) -> dict:
        """Return what board and learners may know: before the reveal, nothing of who chose what."""
        question = self.question.asked() if self.question else None
        return {
            "phase": self.phase,
            "round": self.round,
            "turn": self.turn,
            "question": question,
            "argue_until": self.argue_until if self.phase == "arguing" else 0,
        }


_CLOSE_FIRST = "Close the round first."
COMMANDS = {
    "open": (("waiting", "closed", "arguing", "revealed"), "A round is under way; close it first."),
    "close": (("voting",), "No round is open."),
    "argue": (("closed",), _CLOSE_FIRST),
    "again": (("closed", "arguing"), _CLOSE_FIRST),
    "reveal": (("closed", "arguing"), _CLOSE_FIRST),
    "clear": (("voting", "closed", "arguing", "revealed"), "There is nothing to put away."),
}
