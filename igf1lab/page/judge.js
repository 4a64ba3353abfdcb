// The one judge of quiz items and predictions, for JupyterLab and for pages. It draws nothing and
// stores nothing: an item or a prediction and an answer go in, a verdict with sentences comes out.
// Whatever the answer is, judging never fails: a learner typed it.

import { numberText, readNumber, significant } from "./numbers.js";

export const TRIES = 2;
export const CONFIDENCES = ["guess", "think so", "sure"];
export const DIRECTIONS = { up: "goes up", same: "stays the same", down: "goes down" };

const percent = (share) => `${Math.round(share * 100)}%`;

// A tolerance of 0, or an answer of 0, still forgives the rounding of decimal fractions.
const near = (number, target, tolerance) => Math.abs(number - target) <=
  Math.max(Math.max(tolerance, 1e-9) * Math.max(Math.abs(number), Math.abs(target)), 1e-12);

// --- quiz items ----------------------------------------------------------------------------

const nothing = (feedback) =>
  ({ correct: false, counts: false, feedback, misconceptions: [], options: [], soFar: "" });
const beliefs = (names) => [...new Set(names.filter(Boolean))];
const mapping = (answer) => answer !== null && typeof answer === "object" && !Array.isArray(answer);

function judgeOptions(item, answer) {
  const single = item.kind === "choice";
  const given = Array.isArray(answer) ? answer : [answer];
  const keys = new Set(item.options.map((option) => option.key));
  if (!given.length || !given.every((key) => keys.has(key)) || (single && given.length > 1)) {
    return nothing(single ? "Choose one of the answers." : "Tick at least one answer.");
  }
  const chosen = new Set(given);
  const right = item.options.filter((option) => option.correct);
  const picked = item.options.filter((option) => chosen.has(option.key));
  const found = picked.filter((option) => option.correct).length;
  const wrong = picked.filter((option) => !option.correct);
  const missing = found < right.length ? "something is missing." : "nothing is missing.";
  return {
    correct: found === right.length && !wrong.length,
    counts: true,
    feedback: picked.map((option) => option.why).join(" "),
    misconceptions: beliefs(wrong.map((option) => option.misconception)),
    options: item.options.map((option) => ({
      text: option.text, correct: option.correct, chosen: chosen.has(option.key), why: option.why,
    })),
    soFar: single ? "" : `Of what you ticked, ${found} right, ${wrong.length} not right; ${missing}`,
  };
}

function judgeNumber(item, answer) {
  const { value, problem } = readNumber(answer, item.unit);
  if (problem) return nothing(problem);
  const correct = near(value, item.answer, item.tolerance);
  const usual = item.wrong.filter((each) => near(value, each.value, Math.max(item.tolerance, 0.01)));
  const met = correct || !usual.length ? null : usual.reduce((best, each) =>
    Math.abs(each.value - value) < Math.abs(best.value - value) ? each : best);
  return {
    correct,
    counts: true,
    feedback: correct ? item.why : met ? met.why : item.otherwise,
    misconceptions: beliefs([met?.misconception]),
    options: [
      { text: numberText(item.answer, item.unit), correct: true, chosen: correct, why: item.why },
      ...item.wrong.map((each) => ({
        text: numberText(each.value, item.unit), correct: false, chosen: each === met, why: each.why,
      })),
    ],
    soFar: correct ? "" : `You typed ${numberText(value, item.unit)}.`,
  };
}

function judgeOrder(item, answer) {
  const names = Array.isArray(answer) && answer.every((key) => typeof key === "string");
  if (!names) return nothing("Put all steps in order.");
  if ([...answer].sort().join() !== [...item.right].sort().join()) {
    return nothing("Put all steps in order, each once.");
  }
  const placed = item.right.map((key, i) => answer[i] === key);
  const good = placed.filter(Boolean).length;
  const correct = good === placed.length;
  return {
    correct,
    counts: true,
    feedback: correct ? "All steps are in order." : "The right order is written below.",
    misconceptions: correct ? [] : beliefs([item.misconception]),
    options: item.right.map((key, i) => {
      const step = item.options.find((option) => option.key === key);
      return { text: `${i + 1}. ${step.text}`, correct: true, chosen: placed[i], why: step.why };
    }),
    soFar: `${good} of ${placed.length} steps are in their place.`,
  };
}

function judgeMatch(item, answer) {
  const rights = new Set(item.pairs.map((pair) => pair.right_key));
  const whole = mapping(answer) && Object.keys(answer).length === item.pairs.length &&
    item.pairs.every((pair) => Object.hasOwn(answer, pair.key) && rights.has(answer[pair.key]));
  if (!whole) return nothing("Choose a partner in every row.");
  const good = item.pairs.map((pair) => answer[pair.key] === pair.right_key);
  const count = good.filter(Boolean).length;
  const correct = count === good.length;
  return {
    correct,
    counts: true,
    feedback: correct ? "All pairs are right." : "The right pairs are written below.",
    misconceptions: correct ? [] : beliefs([item.misconception]),
    options: item.pairs.map((pair, i) =>
      ({ text: `${pair.left} – ${pair.right}`, correct: true, chosen: good[i], why: pair.why })),
    soFar: `${count} of ${good.length} pairs are right.`,
  };
}

function judgeArrow(item, answer) {
  const says = new Map(item.arrows.map((arrow) => [arrow.id, arrow.says]));
  if (!says.has(answer)) return nothing("Choose one arrow of the map.");
  const correct = answer === item.answer;
  const met = correct ? null : Object.hasOwn(item.wrong, answer) ? item.wrong[answer] : item.otherwise;
  const told = { [item.answer]: item.why };
  for (const [name, each] of Object.entries(item.wrong)) told[name] = each.why;
  if (met) told[answer] = met.why;
  return {
    correct,
    counts: true,
    feedback: told[answer],
    misconceptions: beliefs([met?.misconception]),
    options: Object.entries(told).map(([name, why]) => ({
      text: `${name}: ${says.get(name)}`, correct: name === item.answer, chosen: name === answer, why,
    })),
    soFar: `You chose ${answer}.`,
  };
}

// An answer that every item of a test understands: it ends the item and shows no belief.
export const DONT_KNOW = "dont-know";

const leftOpen = (item) => ({
  ...nothing(""), counts: true,
  options: item.options.map(({ text, correct, why }) => ({ text, correct, chosen: false, why })),
});

const JUDGES = {
  choice: judgeOptions, choices: judgeOptions, number: judgeNumber,
  order: judgeOrder, match: judgeMatch, arrow: judgeArrow,
};

// choice: an option key; choices: a list of them; number: what was typed; order: the keys in the
// learner's order; match: left key to right key; arrow: a claim id.
export const judgeItem = (item, answer) => (answer === DONT_KNOW ? leftOpen(item) : JUDGES[item.kind](item, answer));

// --- the course of one item ----------------------------------------------------------------

const OPEN_STATE = { status: "open", tries: 0 };

const sameAnswer = (a, b) => canonical(a) === canonical(b);
const canonical = (answer) => JSON.stringify(mapping(answer)
  ? Object.entries(answer).sort(([a], [b]) => (a < b ? -1 : 1)) : answer);

// What the page may show after so many tries, the last one judged. Nothing unearned is in it.
function earned(item, verdict, answer, tries, feedback) {
  const state = { tries, answer };
  if (!feedback) return { ...state, status: "recorded", head: "Recorded." };
  if (!verdict.correct && tries < TRIES) {
    const say = [verdict.soFar, "One more try."].filter(Boolean).join(" ");
    return { ...state, status: "retry", correct: false, head: "✗ Not yet.", say, hint: item.hint };
  }
  const head = answer === DONT_KNOW ? "You left this open." : !verdict.correct ? "✗ Not right." : tries === 1 ? "✓ Right." : "✓ Right, at the second try.";
  const say = ["number", "order", "match"].includes(item.kind) ? verdict.feedback : "";
  return {
    ...state, status: "done", correct: verdict.correct, head, say,
    options: verdict.options, sources: item.sources,
  };
}

// The state that the recorded tries of a round have earned. An item that was reworded since then
// does not understand its old answer: it is asked again.
export function stateAfter(item, tries, feedback = true) {
  const last = tries.at(-1);
  if (!last) return OPEN_STATE;
  const verdict = judgeItem(item, last.answer);
  return verdict.counts ? earned(item, verdict, last.answer, last.try_number, feedback) : OPEN_STATE;
}

// Judges an answer given in a state. Returns { problem } when it costs no try, else { attempt }:
// what is to be recorded.
export function attemptFor(item, state, answer) {
  if (state.status !== "open" && state.status !== "retry") return {};
  const verdict = judgeItem(item, answer);
  if (!verdict.counts) return { problem: verdict.feedback };
  if (state.status === "retry" && sameAnswer(answer, state.answer)) {
    // A double click or a held Enter key must not use up the second try.
    return { problem: "That is the answer you have just given; give another." };
  }
  if (item.kind === "order" && state.status === "open" && sameAnswer(answer, item.options.map((step) => step.key))) {
    return { problem: "The steps stand as they were drawn, which is not their order; move at least one." };
  }
  return {
    attempt: {
      answer, try_number: answer === DONT_KNOW ? TRIES : state.tries + 1, correct: verdict.correct,
      misconceptions: verdict.misconceptions,
    },
  };
}

export function roundSummary(states, feedback = true) {
  if (!states.length) return "There is nothing to ask here yet.";
  const over = states.filter((state) => state.status === "done" || state.status === "recorded");
  const atOnce = over.filter((state) => state.correct && state.tries === 1).length;
  return `${over.length} of ${states.length} answered${feedback ? `, ${atOnce} right at the first try` : ""}.`;
}

// --- predictions ---------------------------------------------------------------------------

// { value } in the form of an outcome's answer, or { problem: a sentence for the learner }.
export function readPrediction(spec, answer) {
  const keys = spec.options.map((option) => option.key);
  if (spec.kind === "number") {
    const { value, problem } = readNumber(answer, spec.unit);
    if (problem) return { problem };
    if (value < spec.low || value > spec.high) {
      return { problem: `Predict a number from ${numberText(spec.low)} to ${numberText(spec.high, spec.unit)}.` };
    }
    return { value };
  }
  if (spec.kind === "choice") {
    return keys.includes(answer) ? { value: answer } : { problem: "Choose one of the answers." };
  }
  if (!mapping(answer) || !keys.every((key) => Object.hasOwn(DIRECTIONS, answer[key] ?? ""))) {
    return { problem: "Choose a direction for every curve." };
  }
  return { value: Object.fromEntries(keys.map((key) => [key, answer[key]])) };
}

export function predictionSaid(spec, value) {
  if (spec.kind === "number") return numberText(value, spec.unit);
  const texts = new Map(spec.options.map((option) => [option.key, option.text]));
  if (spec.kind === "choice") return texts.get(value);
  return Object.entries(value).map(([key, way]) => `${texts.get(key)} ${DIRECTIONS[way]}`).join("; ");
}

function compareNumber(spec, value, outcome) {
  const [good, close] = spec.accept
    ? [value >= spec.accept[0] && value <= spec.accept[1],
      `Anything from ${numberText(spec.accept[0])} to ${numberText(spec.accept[1], spec.unit)} is a good estimate.`]
    : [Math.abs(value - outcome) <= spec.tolerance * Math.abs(outcome),
      `Within ${percent(spec.tolerance)} counts as close.`];
  if (good) return { good, head: spec.accept ? "✓ A good estimate" : `✓ Close to ${spec.judge}`, difference: close };
  const ratio = value / outcome;
  const size = value * outcome <= 0
    ? "One of the two is zero, or their signs differ."
    : `Your number is ${ratio > 1 ? `${significant(ratio, 2)} times too high` : `${significant(1 / ratio, 2)} times too low`}.`;
  return { good, head: `✗ Away from ${spec.judge}`, difference: spec.accept ? `${size} ${close}` : size };
}

function compareDirections(spec, value, outcome) {
  const wrong = spec.options.filter((option) => value[option.key] !== outcome[option.key]);
  if (!wrong.length) return { good: true, head: `✓ As ${spec.judge}`, difference: "Every direction agrees." };
  return {
    good: false,
    head: `✗ ${wrong.length} of ${spec.options.length} not as ${spec.judge}`,
    difference: wrong.map((option) =>
      `${option.text} ${DIRECTIONS[outcome[option.key]]}. ${option.why}`.trim()).join(" "),
  };
}

// How a prediction compares with the outcome: { good, head, difference }. Where the bank says
// `scored: false` there is no better or worse: head is empty and good is null.
export function comparePrediction(spec, value, outcome) {
  if (!spec.scored) {
    const why = spec.kind === "choice" ? spec.options.find((option) => option.key === value).why : "";
    return { good: null, head: "", difference: why };
  }
  if (spec.kind === "number") return compareNumber(spec, value, outcome);
  if (spec.kind === "direction") return compareDirections(spec, value, outcome);
  const good = value === outcome;
  const head = good ? `✓ As ${spec.judge}` : `✗ Not as ${spec.judge}`;
  return { good, head, difference: spec.options.find((option) => option.key === value).why };
}
