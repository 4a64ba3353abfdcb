import assert from "node:assert/strict";
import { test } from "node:test";
import { DONT_KNOW, attemptFor, stateAfter } from "../../igf1lab/page/judge.js";
import { bestConstant, marksOf, moved, pairsOf, trustScore } from "../../igf1lab/page/trust_score.js";
import { record } from "./sample.mjs";

const SCALE = ["holds", "limits", "mixed", "too-much", "other-way"];
const VERDICTS = { A: "holds", B: "limits", C: "mixed", D: "too-much", E: "other-way", F: "too-much" };
const everywhere = (key) => new Map(Object.keys(VERDICTS).map((claim) => [claim, key]));
const mark = (item, answer, when = "before") => record({ kind: "trust", item, answer, context: `trust/${when}`, correct: null });

test("the course's own map is 100 and the best constant answer is 0", () => {
  assert.equal(trustScore(new Map(Object.entries(VERDICTS)), VERDICTS, SCALE).skill, 100);
  const skills = SCALE.map((key) => trustScore(everywhere(key), VERDICTS, SCALE).skill);
  assert.equal(Math.max(...skills), 0);
  assert.equal(skills[SCALE.indexOf(trustScore(everywhere("holds"), VERDICTS, SCALE).constant.key)], 0);
});

test("knowing nothing and saying so neither gains nor loses", () => {
  const score = trustScore(everywhere("unknown"), VERDICTS, SCALE);
  assert.deepEqual([score.skill, score.unknown, score.of], [0, 6, 6]);
  assert.equal(trustScore(new Map(), VERDICTS, SCALE), null);
  assert.equal(trustScore(new Map([["GONE", "holds"]]), VERDICTS, SCALE), null);
});

test("the best constant lies nearest to the verdicts", () => {
  assert.deepEqual(bestConstant([3, 3, 4], SCALE), { key: "too-much", off: 1 / 3 });
});

test("before, the first mark counts; after, the last", () => {
  const records = [mark("A", "holds"), mark("A", "mixed"), mark("A", "holds", "after"), mark("A", "mixed", "after")];
  assert.equal(marksOf(records, "before").get("A"), "holds");
  assert.equal(marksOf(records, "after").get("A"), "mixed");
});

test("a claim moves nearer, away or not at all", () => {
  const before = new Map([["A", "other-way"], ["B", "limits"], ["C", "unknown"], ["D", "too-much"]]);
  const after = new Map([["A", "mixed"], ["B", "limits"], ["C", "limits"], ["D", "holds"], ["E", "holds"]]);
  assert.deepEqual(moved(before, after, VERDICTS, SCALE), { nearer: ["A", "C"], away: ["D"], same: ["B"] });
});

test("of a test the first try of every item counts", () => {
  const tries = [record({ item: "a", context: "t", correct: false }), record({ item: "a", context: "t" }), record({ item: "b", context: "t" })];
  assert.deepEqual(pairsOf(tries, "t"), { right: 1, of: 2 });
  assert.equal(pairsOf(tries, "u"), null);
});

test("I don't know ends an item, shows no belief and tells what is right", () => {
  const item = { kind: "choice", hint: "h", sources: [], options: [
    { key: "k1", text: "one", correct: true, why: "w1" }, { key: "k2", text: "two", correct: false, why: "w2", misconception: "A.m1" }] };
  const { attempt } = attemptFor(item, stateAfter(item, []), DONT_KNOW);
  assert.deepEqual([attempt.correct, attempt.misconceptions], [false, []]);
  const state = stateAfter(item, [attempt]);
  assert.equal(state.status, "done");
  assert.ok(state.options.some((each) => each.correct) && !state.options.some((each) => each.chosen));
  assert.equal(stateAfter(item, [attempt], false).status, "recorded");
});
