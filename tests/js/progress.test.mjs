import assert from "node:assert/strict";
import { test } from "node:test";
import * as progress from "../../igf1lab/page/progress.js";
import { cardsOf, reviewPlan } from "../../igf1lab/page/schedule.js";
import { onDay, record } from "./sample.mjs";

const CLAIMS = [{ id: "AXIS-1", lesson: "01_gh_igf1_axis" }, { id: "AXIS-2", lesson: "02_brain" }];
const word = (records, id = "AXIS-1") => progress.masteryOf(records, CLAIMS).get(id).word;

test("mastery is the mean of the last answers", () => {
  const records = [record({ item: "a", correct: false }), record({ item: "b" }), record({ item: "a", try_number: 2 })];
  assert.deepEqual(progress.masteryOf(records, CLAIMS).get("AXIS-1"), { score: 0.75, items: 2, word: "growing" });
  assert.equal(word(records, "AXIS-2"), "not met");
});

test("a claim is firm only from two items of its own lesson", () => {
  const elsewhere = ["x", "y", "z"].map((item) => record({ item, lesson: "11_whole_axis" }));
  assert.equal(word(elsewhere), "growing");
  assert.equal(word([...elsewhere, record({ item: "a" })]), "growing");
  assert.equal(word([...elsewhere, record({ item: "a" }), record({ item: "a" })]), "growing");
  assert.equal(word([...elsewhere, record({ item: "a" }), record({ item: "b" })]), "firm");
  assert.equal(word(["a", "b"].map((item) => record({ item, context: "pre_test" }))), "not met");
  assert.equal(word(["a", "b"].map((item) => record({ item, correct: false }))), "shaky");
});

test("the last answer is the one that came last, whatever the clock said", () => {
  const ahead = record({ item: "a", correct: false, misconceptions: ["AXIS-1.m1"], time: "2031-01-01T00:00:00.000+00:00" });
  const records = [ahead, record({ item: "a" }), record({ item: "b" })];
  assert.equal(word(records), "firm");
  assert.deepEqual(progress.misconceptionsHeld(records), []);
});

test("a misconception is held until its item is right; the most frequent stands first", () => {
  const wrong = (item, ...misconceptions) => record({ item, correct: false, misconceptions });
  const records = [wrong("a", "m2"), wrong("b", "m1", "m2")];
  assert.deepEqual(progress.misconceptionsHeld(records), [["m2", ["a", "b"]], ["m1", ["b"]]]);
  assert.deepEqual(progress.misconceptionsHeld([...records, record({ item: "b" })]), [["m2", ["a"]]]);
});

test("a round begins anew with its first try", () => {
  const records = [record({ correct: false }), record({ correct: false, try_number: 2 }), record()];
  assert.deepEqual(progress.roundsOf(records, "01_gh_igf1_axis").get("a"), records.slice(2));
  assert.equal(progress.roundsOf(records, "elsewhere").size, 0);
});

test("calibration counts first tries with a confidence", () => {
  const records = [record({ confidence: "sure" }), record({ confidence: "sure", correct: false }), record(),
    record({ confidence: "sure", try_number: 2 }), record({ confidence: "guess", correct: false })];
  assert.deepEqual(progress.calibrationOf(records), [{ word: "guess", right: 0, of: 1 }, { word: "sure", right: 1, of: 2 }]);
});

const BANK = Array.from({ length: 12 }, (_, n) => `${String(n).padStart(2, "0")}_lesson`)
  .flatMap((lesson) => ["a", "b", "c"].map((letter) => ({ id: `${lesson}-${letter}`, lesson, claims: [`C${lesson}`] })));
const TIES = Object.fromEntries(BANK.map((item, i) => [item.id, (i * 7) % 36]));
const lessonsOf = (ids) => ids.map((id) => Number(id.slice(0, 2))).sort((a, b) => a - b);

test("a warm-up comes from one, three and five lessons back, weakest first", () => {
  const from = (lesson, records = []) => progress.warmUpChoice(lesson, BANK, TIES, records);
  assert.deepEqual(lessonsOf(from("08_lesson")), [3, 5, 7]);
  assert.deepEqual(from("00_lesson"), []);
  const wrong = record({ item: "05_lesson-b", lesson: "05_lesson", correct: false });
  assert.equal(from("08_lesson", [wrong])[0], "05_lesson-b");
  const begun = record({ item: "05_lesson-b", context: progress.warmUpContext("08_lesson") });
  assert.deepEqual(from("08_lesson", [wrong, begun, record({ item: "07_lesson-a", correct: false })]), from("08_lesson", [wrong]));
});

test("what was downloaded is read back, and nothing else is", () => {
  const records = [record(), record({ kind: "prediction", correct: null, confidence: "sure", answer: { gh: "up" } })];
  assert.deepEqual(progress.readExport(progress.writeExport(records)), records);
  const spoilt = (changes) => JSON.stringify({ format: "igf1lab-progress", version: 1, records: [{ ...record(), ...changes }] });
  for (const changes of [{ uid: "../../x" }, { time: "yesterday" }, { time: "2026-01-01T00:00:00" }, { kind: "spell" },
    { claims: "AXIS-1" }, { try_number: 99 }, { correct: "yes" }, { item: ["a"] }, { context: "x".repeat(1000) },
    { confidence: "absolutely" }, { answer: "x".repeat(20_000) }, { extra: 1 }, { time: "2026-13-41T00:00:00+00:00" }]) {
    assert.throws(() => progress.readExport(spoilt(changes)), /Record 1 .* Nothing was changed\.$/);
  }
  for (const text of ["", "[", "null", "{}", "[".repeat(100_000), '{"format": "igf1lab-progress", "version": 1}']) {
    assert.throws(() => progress.readExport(text), /not a progress file .*\.$/);
  }
  assert.throws(() => progress.readExport('{"format": "igf1lab-progress", "version": 2}'), /update the course/);
});

test("a new record is sound", () => {
  const made = progress.newRecord({ kind: "quiz", lesson: "l", item: "i", context: "c", claims: [], answer: 1 });
  assert.equal(progress.recordFault(made), "");
});

// --- review --------------------------------------------------------------------------------

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 2, 1, 12);
const answered = (day, item, changes = {}) => onDay(day, { item, lesson: item.slice(0, -2), ...changes });

test("what went wrong is due before what went right, and a sure answer waits longest", () => {
  const records = [answered(0, "01_lesson-a", { correct: false }), answered(0, "02_lesson-a", { confidence: "guess" }),
    answered(0, "03_lesson-a"), answered(0, "04_lesson-a", { confidence: "sure" })];
  assert.deepEqual(cardsOf(records, BANK, NOW).map((card) => card.idea), ["C01_lesson", "C02_lesson", "C03_lesson", "C04_lesson"]);
});

test("each success makes the wait longer", () => {
  const records = [];
  let [day, wait] = [0, 0];
  for (let round = 0; round < 4; round++) {
    records.push(answered(day, "01_lesson-a"));
    const now = NOW + day * DAY;
    const next = (cardsOf(records, BANK, now)[0].due - now) / DAY;
    assert.ok(next > wait, `${next} days after round ${round}`);
    [day, wait] = [day + Math.ceil(next), next];
  }
});

test("a review asks what is due with another item of the same idea, and says why", () => {
  const records = ["01", "02", "03", "04", "05", "06"].map((n) => answered(0, `${n}_lesson-a`, { correct: n !== "01" }));
  const plan = reviewPlan(records, BANK, NOW + 30 * DAY);
  assert.equal(plan.due, 6);
  assert.deepEqual(plan.entries.map((each) => each.item.claims[0]).sort(), ["C01", "C02", "C03", "C04", "C05", "C06"].map((c) => `${c}_lesson`));
  assert.ok(plan.entries.every((each) => each.item.id.endsWith("-b")));
  assert.match(plan.entries.find((each) => each.idea === "C01_lesson").why, /last answered 30 days ago, then wrong; due\. The chance .* \d+ %/);
});

test("a review says how it went in words that are true of the answers", () => {
  const whyOf = (...days) => reviewPlan(days, BANK, NOW + 90 * DAY).entries[0].why;
  const [a, b] = ["01_lesson-a", "01_lesson-b"];
  assert.match(whyOf(answered(0, a, { confidence: "sure" }), answered(0, b, { correct: false, confidence: "sure" })), /then right in part;/);
  assert.match(whyOf(answered(0, a, { try_number: 2, confidence: "sure" })), /then right in part;/);
  assert.match(whyOf(answered(0, a, { confidence: "guess" })), /then right by a guess;/);
  assert.match(whyOf(answered(0, a, { confidence: "guess" }), answered(1, a)), /then right;/);
});

test("at most ten are asked, fewer than five are filled up, and none twice", () => {
  const all = BANK.filter((item) => item.id.endsWith("a")).map((item) => answered(0, item.id));
  assert.equal(reviewPlan(all, BANK, NOW + 300 * DAY).entries.length, 10);
  const soon = reviewPlan(all, BANK, NOW + DAY);
  assert.deepEqual([soon.due, soon.entries.length], [0, 5]);
  assert.equal(new Set(soon.entries.map((each) => each.item.id)).size, 5);
  assert.match(soon.next, /^(tomorrow|in \d+ days)$/);
});

test("what was answered today is not asked again today, and nothing known is nothing due", () => {
  assert.deepEqual(reviewPlan([answered(0, "01_lesson-a")], BANK, NOW + 3_600_000).entries, []);
  assert.deepEqual(reviewPlan([], BANK, NOW), { due: 0, next: "", entries: [] });
  assert.deepEqual(reviewPlan([answered(0, "01_lesson-a", { context: "pre_test" })], BANK, NOW + 90 * DAY).entries, []);
});

test("a clock that was ahead stops no review, and what a file brings in later keeps its dates", () => {
  const ahead = answered(0, "01_lesson-a", { time: "2031-01-01T00:00:00.000+00:00" });
  const [today, earlier] = [answered(40, "02_lesson-a"), answered(0, "03_lesson-a")];
  const now = NOW + 40 * DAY;
  const since = (records) => Object.fromEntries(cardsOf(records, BANK, now).map((card) => [card.idea.slice(1, 3), card.since]));
  assert.deepEqual(since([ahead, today]), { "01": 0, "02": 0 });
  assert.deepEqual(since([ahead, earlier]), { "01": 40, "03": 40 });
  assert.deepEqual(since([today, earlier]), { "02": 0, "03": 40 });
  assert.ok(cardsOf([ahead], BANK, now).every((card) => card.due - now < 400 * DAY && Number.isFinite(card.known)));
});
