import assert from "node:assert/strict";
import { test } from "node:test";
import { attemptFor, comparePrediction, judgeItem, readPrediction, roundSummary, stateAfter } from "../../igf1lab/page/judge.js";
import { numberText, readNumber } from "../../igf1lab/page/numbers.js";
import { choicePrediction, directionPrediction, items, numberPrediction, record, rightAnswer, wrongAnswer } from "./sample.mjs";

// Answers an item as a learner would, one answer after the other; returns every state on the way.
function play(item, answers, feedback = true) {
  const tries = [];
  return answers.map((answer) => {
    const { attempt, problem } = attemptFor(item, stateAfter(item, tries, feedback), answer);
    if (attempt) tries.push(record({ item: item.id, ...attempt }));
    return { ...stateAfter(item, tries, feedback), problem, recorded: tries.length };
  });
}

for (const [kind, item] of Object.entries(items)) {
  const [right, wrong] = [rightAnswer(item), wrongAnswer(item)];

  test(`${kind}: a wrong try earns a hint and nothing else, then everything is explained`, () => {
    const [first, second] = play(item, [wrong, right]);
    assert.equal(first.status, "retry");
    assert.equal(first.hint, item.hint);
    assert.equal(first.options, undefined);
    assert.equal(second.head, "✓ Right, at the second try.");
    assert.ok(second.options.every((option) => option.why));
  });

  test(`${kind}: a double click does not use up the second try`, () => {
    const [, again, third] = play(item, [wrong, wrong, right]);
    assert.match(again.problem, /give another/);
    assert.equal(again.recorded, 1);
    assert.equal(third.correct, true);
  });

  test(`${kind}: a late click after the end records nothing`, () => {
    assert.deepEqual(play(item, [right, wrong]).map((state) => state.recorded), [1, 1]);
  });

  test(`${kind}: whatever is no answer gets a sentence and costs no try`, () => {
    const garbage = [null, undefined, "", [], {}, NaN, Infinity, true, "no-such-key", ["no-such-key"], [null],
      { a: 1 }, Symbol.iterator.toString(), () => 1, new Date(0), -0.5, "__proto__", ["__proto__"], { __proto__: null }];
    for (const answer of garbage.filter((each) => kind !== "number" || typeof each !== "number" || !Number.isFinite(each))) {
      const [state] = play(item, [answer]);
      assert.match(state.problem, /\.$/);
      assert.deepEqual([state.recorded, state.status], [0, "open"]);
    }
  });

  test(`${kind}: a pre-test is recorded in silence`, () => {
    const [state] = play(item, [wrong], false);
    assert.deepEqual([state.status, state.head], ["recorded", "Recorded."]);
    assert.deepEqual([state.correct, state.hint, state.options], [undefined, undefined, undefined]);
  });
}

test("steps that nobody moved are no answer: they never stand in their order", () => {
  const drawn = items.order.options.map((step) => step.key);
  const [still, first, back] = play(items.order, [drawn, wrongAnswer(items.order), drawn]);
  assert.match(still.problem, /move at least one/);
  assert.deepEqual([still.recorded, first.status, back.status], [0, "retry", "done"]);
});

test("an item that was reworded since is asked again", () => {
  const reworded = { ...items.choice, options: items.choice.options.map((option) => ({ ...option, key: `${option.key}2` })) };
  const old = record({ item: items.choice.id, answer: rightAnswer(items.choice) });
  assert.equal(stateAfter(items.choice, [old]).status, "done");
  assert.equal(stateAfter(reworded, [old]).status, "open");
});

test("a usual wrong number has its own diagnosis", () => {
  assert.match(judgeItem(items.number, "1170").feedback, /multiplied/);
  assert.equal(judgeItem(items.number, "77").feedback, items.number.otherwise);
});

test("a summary counts what is over", () => {
  const done = (correct, tries) => ({ status: "done", correct, tries });
  const states = [done(true, 1), done(true, 2), done(false, 2), { status: "open", tries: 0 }];
  assert.equal(roundSummary(states), "3 of 4 answered, 1 right at the first try.");
  assert.equal(roundSummary([{ status: "recorded", tries: 1 }], false), "1 of 1 answered.");
  assert.match(roundSummary([]), /nothing to ask/);
});

test("numbers as they are typed in many places", () => {
  for (const [typed, value] of [["1,5", 1.5], ["−2", -2], ["1,5E-2 nmol/L", 0.015], ["20nmol/l", 20], [".5", 0.5], ["7", 7]]) {
    assert.equal(readNumber(typed, "nmol/L").value, value);
  }
  for (const typed of ["", "½", "1 234", "1,500", "1e999", "nan", "3 µg/L", "٣", null, true]) {
    assert.match(readNumber(typed, "nmol/L").problem, /^Type .*\.$/);
  }
  assert.deepEqual([12345, -0, 1.5e-7].map((value) => numberText(value)), ["1.235e+04", "0", "1.5e−07"]);
});

test("a prediction is read, or a sentence says what is missing", () => {
  assert.deepEqual(readPrediction(numberPrediction, "1,5 %"), { value: 1.5 });
  assert.equal(readPrediction(numberPrediction, "120").problem, "Predict a number from 0 to 100 %.");
  assert.match(readPrediction(choicePrediction, "sideways").problem, /Choose/);
  for (const answer of [null, [], "up", {}, { gh: "up" }, { gh: "up", igf1: "toString" }]) {
    assert.match(readPrediction(directionPrediction, answer).problem, /every curve/);
  }
});

test("a good estimate is not marked wrong", () => {
  const spec = { ...numberPrediction, accept: [2, 80] };
  for (const value of [2, 20, 80]) {
    const { good, head, difference } = comparePrediction(spec, value, 6.5);
    assert.deepEqual([good, head], [true, "✓ A good estimate"]);
    assert.match(difference, /from 2 to 80 %/);
  }
  const far = comparePrediction(spec, 90, 6.5);
  assert.match(far.head, /^✗/);
  assert.match(far.difference, /14 times too high.*from 2 to 80 %/);
});

test("where no answer is better, none is marked", () => {
  for (const spec of [choicePrediction, numberPrediction, directionPrediction]) {
    const value = { choice: "less", number: 3, direction: { gh: "up", igf1: "up" } }[spec.kind];
    const outcome = { choice: "more", number: 50, direction: { gh: "down", igf1: "up" } }[spec.kind];
    assert.match(comparePrediction(spec, value, outcome).head, /^✗/);
    const { good, head } = comparePrediction({ ...spec, scored: false }, value, outcome);
    assert.deepEqual([good, head], [null, ""]);
  }
});
