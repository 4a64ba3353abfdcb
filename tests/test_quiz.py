"""The quiz bank is read strictly, and a part holds all that a page needs to ask it."""

import copy
import html
import json
import math
from pathlib import Path

import pytest
import yaml

import robots
from igf1lab import evidence
from igf1lab.lesson import quiz_bank
from igf1lab.lesson.progress import Progress
from igf1lab.lesson.quiz import Quiz, warm_up_candidates
from igf1lab.lesson.quiz_bank import QuizError, bank, load, load_all, shuffled

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
    "'accept' is [5, 200]": lambda d: d["predictions"][1].update(accept=[5, 200]),
    "'accept' is 'most'": lambda d: d["predictions"][1].update(accept="most"),
    "'scored' is 'no'": lambda d: d["predictions"][0].update(scored="no"),
    "nothing is": lambda d: d["predictions"][1].update(accept=[5, 20], scored=False),
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


# --- laying out ---


def test_order_of_options_is_stable_and_no_solution():
    for item in ITEMS.values():
        assert shuffled(item) == shuffled(item)
    assert shuffled(ITEMS["order"]) != list(ITEMS["order"].options)


# --- the widget ---


def secrets(item):
    """Everything of an item that must not be seen before it is earned."""
    options = [option.why for option in item.options] + [pair.why for pair in item.pairs]
    rest = [each.why for each in item.wrong_numbers] + [
        each.why for each in item.wrong_arrows.values()
    ]
    return [text for text in (*options, *rest, item.why, item.hint) if text]


def test_twin_shows_stems_and_options_and_nothing_unearned(tmp_path):
    quiz = Quiz(BANK.items, progress=Progress(tmp_path / "progress.db"))
    twin = quiz._repr_mimebundle_()[0]["text/html"]
    for item in BANK.items:
        assert html.escape(item.stem) in twin
        assert not [text for text in secrets(item) if html.escape(text) in twin]
    assert "IGF-1 holds GH back" in twin


def test_all_a_part_needs_is_in_its_traits(tmp_path):
    """A page has no kernel to ask: module, items with their answers, and where records go."""
    state = Quiz(BANK.items, progress=Progress(tmp_path / "progress.db")).get_state()
    assert state["part"] == "quiz" and state["keeper"]["where"] == "kernel"
    assert [each["id"] for each in state["items"]] == [item.id for item in BANK.items]
    assert json.loads(json.dumps(state["items"])) == state["items"]
    assert "data-claim" in state["map_svg"]


# --- warm-up ---


def test_a_warm_up_holds_enough_to_choose_from():
    for number, lesson in enumerate(name for name in load_all() if name[:2].isdigit()):
        offered = warm_up_candidates(lesson)
        lessons = {int(item.lesson[:2]) for item in offered}
        assert all(each < number for each in lessons)
        assert len(offered) >= 3 or number < 2
        for back in (1, 3, 5):
            assert number - back in lessons or number - back < 1


# --- robots that know no biology ----------------------------------------------------------

BANKS = sorted(file.stem for file in (evidence.assets_dir() / "quizzes").glob("*.yaml"))


@pytest.mark.parametrize("quiz", BANKS)
def test_no_robot_passes_a_quiz_by_its_form(quiz):
    excess = {robot: robots.excess(bank(quiz).items, robot) for robot in robots.ROBOTS}
    over = {robot: round(points) for robot, points in excess.items() if points > 15}
    assert not over, f"{quiz}: they beat chance by {over} points; run python tests/robots.py {quiz}"


def test_the_number_of_right_answers_varies_over_the_course():
    counts = robots.one_tick_excess([item for name in BANKS for item in bank(name).items])
    assert len(counts) >= 3 and max(counts.values()) <= 60, counts
