"""The quiz bank is read strictly, judged gently, and gives no answer away early."""

import copy
import json
import math
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from igf1lab import evidence
from igf1lab.lesson import quiz_bank
from igf1lab.lesson.progress import Progress
from igf1lab.lesson.quiz import Quiz
from igf1lab.lesson.quiz_bank import QuizError, judge, load, load_all, read_number, shuffled

SAMPLE = Path(__file__).parent / "data" / "sample_quiz.yaml"
BANK = load(SAMPLE)
ITEMS = {item.id.removeprefix("sample-"): item for item in BANK.items}
RAW = yaml.safe_load(SAMPLE.read_text("utf-8"))


def right_answer(item):
    if item.kind == "choice":
        return next(option.key for option in item.options if option.correct)
    if item.kind == "choices":
        return [option.key for option in item.options if option.correct]
    if item.kind == "order":
        return [option.key for option in item.options]
    if item.kind == "match":
        return {pair.key: pair.right_key for pair in item.pairs}
    return str(item.answer)


def wrong_answer(item):
    if item.kind == "choice":
        return next(option.key for option in item.options if not option.correct)
    if item.kind == "choices":
        return [option.key for option in item.options]
    if item.kind == "order":
        return [option.key for option in reversed(item.options)]
    if item.kind == "match":
        return {pair.key: item.pairs[0].right_key for pair in item.pairs}
    return "1170" if item.kind == "number" else "GHSYN-2"


# --- reading ---


def broken(tmp_path, change):
    data = copy.deepcopy(RAW)
    change(data)
    path = tmp_path / "sample_quiz.yaml"
    path.write_text(yaml.safe_dump(data, allow_unicode=True), "utf-8")
    return path


def item_of(data, kind):
    return next(item for item in data["items"] if item["kind"] == kind)


FAULTS = {
    "no claim 'AXIS-9'": lambda d: d["items"][0].update(claims=["AXIS-9"]),
    "'why' is missing": lambda d: d["items"][0]["options"][1].pop("why"),
    "has no misconception": lambda d: d["items"][0]["options"][1].pop("misconception"),
    "no misconception 'AXIS-1.m9'": lambda d: d["items"][0]["options"][1].update(
        misconception="AXIS-1.m9"
    ),
    "source key 'nobody1900'": lambda d: d["items"][0].update(sources=["nobody1900"]),
    "0 options are marked correct": lambda d: d["items"][0]["options"][0].update(
        correct=False, misconception="AXIS-1.m1"
    ),
    "2 options are marked correct": lambda d: d["items"][0]["options"].__setitem__(
        1, {"text": "Too", "correct": True, "why": "This too."}
    ),
    "already used": lambda d: d["items"][1].update(id="sample-choice"),
    "'kind' is 'riddle'": lambda d: d["items"][0].update(kind="riddle"),
    "'bloom' is None": lambda d: d["items"][0].pop("bloom"),
    "kebab": lambda d: d["items"][0].update(id="Sample Choice"),
    "LaTeX": lambda d: d["items"][0].update(stem="What is $x$?"),
    "'stem' is 12": lambda d: d["items"][0].update(stem=12),
    "'correkt' means nothing": lambda d: d["items"][0]["options"][0].update(correkt=True),
    "'hint' is missing": lambda d: d["items"][0].pop("hint"),
    "'tolerance' is 2": lambda d: item_of(d, "number").update(tolerance=2),
    "'answer' is nan": lambda d: item_of(d, "number").update(answer=math.nan),
    "would count as right": lambda d: item_of(d, "number")["wrong"][0].update(value=20.1),
    "least 3": lambda d: item_of(d, "order").update(steps=[]),
    "same left side": lambda d: item_of(d, "match")["pairs"][1].update(left="IGFBP-3"),
    "also listed as wrong": lambda d: item_of(d, "arrow").update(answer="GHSYN-2"),
    "not a mapping": lambda d: d["items"].append("a string"),
    "not a list": lambda d: d.update(items={"a": 1}),
    "the file's own name": lambda d: d.update(lesson="01_gh_igf1_axis"),
    "'low' is not below": lambda d: d["predictions"][1].update(low=200),
    "same key": lambda d: d["predictions"][0]["options"][1].update(key="more"),
    "written twice": lambda d: d["items"][0]["options"][1].update(
        text=d["items"][0]["options"][0]["text"]
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_named_with_its_place_and_remedy(tmp_path, fault):
    with pytest.raises(QuizError) as error:
        load(broken(tmp_path, FAULTS[fault]))
    said = str(error.value)
    assert fault in said
    assert said.startswith("sample_quiz.yaml")
    assert said.endswith(".") and "; " in said


def test_fault_names_the_item(tmp_path):
    with pytest.raises(QuizError, match="item sample-number: "):
        load(broken(tmp_path, lambda d: item_of(d, "number").pop("why")))


@pytest.mark.parametrize("text", ["[", "- a", "lesson: a\nlesson: b", "", "\x00"])
def test_what_is_no_quiz_file_is_refused(tmp_path, text):
    path = tmp_path / "sample_quiz.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(QuizError, match="sample_quiz"):
        load(path)


def test_an_id_is_used_once_in_the_course(tmp_path):
    for name in ("one", "two"):
        text = SAMPLE.read_text("utf-8").replace("lesson: sample_quiz", f"lesson: {name}")
        (tmp_path / f"{name}.yaml").write_text(text, "utf-8")
    with pytest.raises(QuizError, match=r"two.yaml, sample-choice: .* already used in one.yaml"):
        load_all(tmp_path)


def test_unknown_lesson_and_prediction_say_what_there_is():
    with pytest.raises(QuizError, match="no such quiz file"):
        quiz_bank.bank("99_nothing")
    with pytest.raises(QuizError, match="predict-choice, predict-number"):
        BANK.prediction("nothing")


def test_the_course_bank_is_sound():
    assert len(load_all()) == len(list((evidence.assets_dir() / "quizzes").glob("*.yaml")))


# --- judging ---


@pytest.mark.parametrize("kind", ITEMS)
def test_right_and_wrong(kind):
    item = ITEMS[kind]
    right, wrong = judge(item, right_answer(item)), judge(item, wrong_answer(item))
    assert right.correct and right.counts and not right.misconceptions
    assert not wrong.correct and wrong.counts and wrong.misconceptions
    assert right.feedback and wrong.feedback and wrong.feedback != right.feedback
    assert all(each.why for each in right.per_option) and any(
        each.correct for each in right.per_option
    )


GARBAGE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text() | st.integers(), inner, max_size=4)
        | st.tuples(inner)
    ),
    max_leaves=8,
)


@pytest.mark.parametrize("kind", ITEMS)
@given(answer=GARBAGE)
@settings(max_examples=80, deadline=None)
def test_garbage_gets_a_sentence(kind, answer):
    verdict = judge(ITEMS[kind], answer)
    assert verdict.feedback.endswith(".")
    assert not verdict.correct or kind == "number"


def test_garbage_costs_no_try_and_blames_no_belief():
    for item in ITEMS.values():
        for answer in (None, "", [], {}, math.nan, "no-such-key", ["no-such-key"], object()):
            verdict = judge(item, answer)
            assert not verdict.counts and not verdict.misconceptions and not verdict.per_option


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("1.5", 1.5),
        ("1,5", 1.5),
        (" 1.5e3 ", 1500),
        ("\u22122", -2),
        ("1,5E-2 nmol/L", 0.015),
        ("20 nmol / L", 20),
        ("20nmol/l", 20),
        (".5", 0.5),
        ("0,125", 0.125),
        (7, 7),
        (2.5, 2.5),
    ],
)
def test_numbers_as_learners_type_them(typed, number):
    assert read_number(typed, "nmol/L") == pytest.approx(number)


@pytest.mark.parametrize(
    "typed", ["", "abc", "1.5.2", "1 2", "3 µg/L", "1e999", "nan", "inf", "1,500", True, None, [1]]
)
def test_what_is_no_number_says_so(typed):
    with pytest.raises(ValueError, match=r"Type .*\."):
        read_number(typed, "nmol/L")


def test_micro_sign_is_one_sign():
    assert read_number("3 \u00b5g/L", "\u03bcg/L") == read_number("3 ug/L", "\u03bcg/L") == 3


def test_usual_wrong_number_gets_its_own_diagnosis():
    item = ITEMS["number"]
    assert "multiplied" in judge(item, "1170").feedback
    assert judge(item, "1170").misconceptions == ("AXIS-2.m1",)
    assert judge(item, "77").feedback == item.otherwise
    assert judge(item, "20.3").correct and not judge(item, "20.5").correct


def test_a_slip_is_explained_and_no_belief_is_booked(tmp_path):
    def slips(data):
        data["items"][0]["options"][1].update(misconception="none")
        item_of(data, "number")["wrong"][1].pop("misconception")

    items = {item.kind: item for item in load(broken(tmp_path, slips)).items}
    for kind, answer in (("choice", items["choice"].options[1].key), ("number", "0.02")):
        verdict = judge(items[kind], answer)
        assert not verdict.correct and verdict.misconceptions == ()
        assert any(each.chosen and each.why for each in verdict.per_option)


def test_order_of_options_is_stable_and_no_solution():
    for item in ITEMS.values():
        assert shuffled(item) == shuffled(item)
    assert shuffled(ITEMS["order"]) != list(ITEMS["order"].options)


# --- the widget ---


@pytest.fixture
def progress(tmp_path):
    return Progress(tmp_path / "progress.db")


def answer(quiz, item, given):
    quiz._receive(quiz, {"type": "answer", "item": item.id, "answer": given}, [])
    return quiz.states[item.id]


def synced(quiz):
    state = quiz.get_state()
    return json.dumps({name: state[name] for name in state if name not in ("_esm", "_css")})


def secrets(item):
    """Everything of an item that must not be seen before it is earned."""
    options = [option.why for option in item.options] + [pair.why for pair in item.pairs]
    rest = [each.why for each in item.wrong_numbers] + [
        each.why for each in item.wrong_arrows.values()
    ]
    return [text for text in (*options, *rest, item.why, item.hint) if text]


def test_nothing_is_in_page_or_state_before_it_is_earned(progress):
    quiz = Quiz(BANK.items, context="t", progress=progress)
    page = synced(quiz) + json.dumps(quiz._repr_mimebundle_())
    for item in BANK.items:
        assert not [
            text for text in secrets(item) if json.dumps(text)[1:-1] in page or text in page
        ]
    assert "correct" not in synced(quiz)
    for item in BANK.items:
        answer(quiz, item, wrong_answer(item))
    page = synced(quiz)
    for item in BANK.items:
        hidden = [text for text in secrets(item) if text != item.hint]
        assert not [text for text in hidden if json.dumps(text)[1:-1] in page]
        assert quiz.states[item.id]["hint"] == item.hint


@pytest.mark.parametrize("kind", ITEMS)
def test_two_tries_then_every_explanation(progress, kind):
    item = ITEMS[kind]
    quiz = Quiz([item], context="t", progress=progress)
    assert answer(quiz, item, wrong_answer(item))["status"] == "retry"
    over = answer(quiz, item, right_answer(item))
    assert over["status"] == "done" and over["correct"] and "second" in over["head"]
    assert len(over["options"]) == len(judge(item, right_answer(item)).per_option)
    assert [each.try_number for each in progress.records()] == [1, 2]
    assert answer(quiz, item, wrong_answer(item)) == over  # a late click changes nothing
    assert len(progress.records()) == 2


@pytest.mark.parametrize("kind", ITEMS)
def test_a_double_click_does_not_use_up_the_second_try(progress, kind):
    item = ITEMS[kind]
    quiz = Quiz([item], context="t", progress=progress)
    answer(quiz, item, wrong_answer(item))
    again = answer(quiz, item, wrong_answer(item))
    assert again["status"] == "retry" and again["tries"] == 1 and "give another" in again["problem"]
    assert answer(quiz, item, right_answer(item))["correct"] and len(progress.records()) == 2


def test_empty_answer_costs_no_try(progress):
    item = ITEMS["choice"]
    quiz = Quiz([item], context="t", progress=progress)
    state = answer(quiz, item, None)
    assert state["problem"] == "Choose one of the answers." and state["tries"] == 0
    assert answer(quiz, item, None) != state  # said again, so read out again
    assert progress.records() == []
    assert "problem" not in answer(quiz, item, right_answer(item))


def test_run_again_keeps_what_was_answered_in_that_context_only(progress):
    item = ITEMS["number"]
    state = answer(Quiz([item], context="a", progress=progress), item, "1170")
    assert Quiz([item], context="a", progress=progress).states[item.id] == state
    assert Quiz([item], context="b", progress=progress).states[item.id]["status"] == "open"


def test_try_again_opens_the_item(progress):
    item = ITEMS["choice"]
    quiz = Quiz([item], context="t", progress=progress)
    answer(quiz, item, right_answer(item))
    quiz._receive(quiz, {"type": "again", "item": item.id}, [])
    assert quiz.states[item.id] == {"status": "open", "tries": 0}
    assert quiz.summary.startswith("0 of 1")


def test_reworded_item_is_asked_again(progress, tmp_path):
    item = ITEMS["choice"]
    answer(Quiz([item], context="t", progress=progress), item, right_answer(item))
    path = broken(tmp_path, lambda d: d["items"][0]["options"][0].update(text="Reworded"))
    reworded = load(path).items[0]
    assert Quiz([reworded], context="t", progress=progress).states[item.id]["status"] == "open"


@pytest.mark.parametrize("message", [None, [], {}, {"item": []}, {"item": "x", "type": "answer"}])
def test_strange_messages_are_ignored(progress, message):
    quiz = Quiz(BANK.items, context="t", progress=progress)
    before = quiz.states
    quiz._receive(quiz, message, None)
    assert quiz.states == before


def test_without_feedback_an_answer_is_only_recorded(progress):
    item = ITEMS["choice"]
    quiz = Quiz([item], context="pre_test", progress=progress, feedback=False)
    state = answer(quiz, item, wrong_answer(item))
    assert state["status"] == "recorded" and "correct" not in state and "hint" not in state
    assert progress.records()[0].correct is False
    assert "right" not in quiz.summary


def test_no_items_is_no_fault(progress):
    assert "nothing to ask" in Quiz([], progress=progress).summary


def test_twin_shows_stems_and_options(progress):
    twin = Quiz(BANK.items, progress=progress)._repr_mimebundle_()[0]["text/html"]
    for item in BANK.items:
        assert item.stem in twin
    assert "IGF-1 holds GH back" in twin
