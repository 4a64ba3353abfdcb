// The items and predictions of tests/data/sample_quiz.yaml, as the widgets give them to the page,
// and what the tests here answer and record.
import { readFileSync } from "node:fs";

const read = JSON.parse(readFileSync(process.env.IGF1LAB_SAMPLE));
export const items = Object.fromEntries(read.items.map((item) => [item.kind, item]));
export const [choicePrediction, numberPrediction, directionPrediction] = read.predictions;

const keysThat = (item, right) => item.options.filter((option) => option.correct === right).map((option) => option.key);

export const rightAnswer = (item) => ({
  choice: () => keysThat(item, true)[0],
  choices: () => keysThat(item, true),
  number: () => String(item.answer),
  order: () => item.right,
  match: () => Object.fromEntries(item.pairs.map((pair) => [pair.key, pair.right_key])),
  arrow: () => item.answer,
})[item.kind]();

export const wrongAnswer = (item) => ({
  choice: () => keysThat(item, false)[0],
  choices: () => item.options.map((option) => option.key),
  number: () => "1170",
  order: () => [...item.right].reverse(),
  match: () => Object.fromEntries(item.pairs.map((pair) => [pair.key, item.pairs[0].right_key])),
  arrow: () => "GHSYN-2",
})[item.kind]();

let serial = 0;
export const record = (changes = {}) => ({
  uid: String(serial++).padStart(32, "0"), time: "2026-03-01T12:00:00.000+00:00", kind: "quiz",
  lesson: "01_gh_igf1_axis", item: "a", context: "01_gh_igf1_axis", claims: ["AXIS-1"], answer: "x", try_number: 1,
  correct: true, misconceptions: [], confidence: null, ...changes,
});
export const onDay = (day, changes) =>
  record({ time: new Date(Date.UTC(2026, 2, 1 + day, 12)).toISOString().replace("Z", "+00:00"), ...changes });
