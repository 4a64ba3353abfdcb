// Compares today's judge and arithmetic of progress with what Python gave before they moved here.
import { readFileSync } from "node:fs";
import { isDeepStrictEqual as same } from "node:util";
import { gunzipSync } from "node:zlib";
import * as judge from "../../igf1lab/page/judge.js";
import { numberText, readNumber } from "../../igf1lab/page/numbers.js";
import * as progress from "../../igf1lab/page/progress.js";

const golden = JSON.parse(gunzipSync(readFileSync(new URL("../data/judged_in_python.json.gz", import.meta.url))));
const differ = [];
let compared = 0;
function compare(what, now, before) {
  compared += 1;
  if (!same(now, before)) differ.push([what, now, before]);
}

// What was ticked is told in the order shown; Python told it in the order of the quiz file.
function forgetOrder(verdict) {
  verdict.feedback = verdict.feedback.split(" ").sort().join(" ");
  verdict.misconceptions.sort();
}

for (const { item, cases } of golden.items) {
  for (const { answer, options, so_far: soFar, ...before } of cases) {
    const now = judge.judgeItem(item, answer);
    const then = { ...before, soFar, options };
    now.options = now.options.map(Object.values);
    if (item.kind === "choices") [now, then].forEach(forgetOrder);
    compare([item.id, answer], now, then);
  }
}
for (const { spec, outcomes, cases } of golden.predictions) {
  for (const { answer, ...before } of cases) {
    const { value, problem } = judge.readPrediction(spec, answer);
    const now = problem ? { problem } : {
      read: value,
      said: judge.predictionSaid(spec, value),
      compared: outcomes.map((outcome) => {
        const { head, difference } = judge.comparePrediction(spec, value, outcome);
        return [head, difference];
      }),
    };
    compare([spec.id, answer], now, before);
  }
}
for (const { typed, unit, ...before } of golden.numbers) {
  const { value, problem } = readNumber(typed, unit);
  compare([typed, unit], problem ? { problem } : { read: value }, before);
}
for (const [value, unit, text] of golden.texts) compare([value, unit], numberText(value, unit), text);

const claims = [...new Set(golden.items.flatMap(({ item }) => item.claims))].map((id) => ({ id, lesson: "" }));
for (const { records, ...before } of golden.histories) {
  const met = [...progress.masteryOf(records, claims)].filter(([, each]) => each.items);
  compare("mastery", Object.fromEntries(met.map(([id, each]) => [id, [each.score, each.items]])), before.mastery);
  compare("held", progress.misconceptionsHeld(records), before.held);
  for (const [context, tries] of Object.entries(before.rounds)) {
    const now = [...progress.roundsOf(records, context)].map(([item, each]) => [item, each.map((try_) => try_.uid)]);
    compare(["rounds", context], Object.fromEntries(now), tries);
  }
  for (const [lesson, chosen] of Object.entries(before.warm_up)) {
    compare(["warm-up", lesson], progress.warmUpChoice(lesson, golden.bank_of_warm_up, golden.warm_up[lesson], records), chosen);
  }
  compare("export", progress.readExport(progress.writeExport(records)), records);
}
console.log(JSON.stringify({ compared, differ }));
