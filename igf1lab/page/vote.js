// What learner, board and desk share of a vote: the form, the wire, and pictures of both rounds.
// Nothing that a learner sends is ever shown as text: an answer is shown by the words of its option.

import { el, numberInput, radios, unique, control } from "./dom.js";
import { DIRECTIONS, comparePrediction, judgeItem } from "./judge.js";
import { numberText, readNumber } from "./numbers.js";

const RETRY_MS = [500, 1000, 2000, 4000, 8000];

// --- the form ------------------------------------------------------------------------------

const directionOptions = Object.entries(DIRECTIONS).map(([key, text]) => ({ key, text }));

function tickForm(question) {
  const inputs = question.options.map((option) => control("input", { type: "checkbox", value: option.key, name: unique("ig-vote") }));
  return {
    node: el("fieldset", {}, el("legend", {}, question.stem), el("p", { class: "ig-task" }, "Tick all that are right."),
      ...question.options.map((option, i) => el("label", { class: "ig-option" }, inputs[i], el("span", {}, option.text)))),
    read: () => ({ value: inputs.filter((input) => input.checked).map((input) => input.value) }),
    write: (answer) => inputs.forEach((input) => { input.checked = answer.includes(input.value); }),
  };
}

function numberForm(question) {
  const id = unique("ig-vote");
  const input = numberInput(id);
  return {
    node: el("fieldset", {}, el("legend", {}, question.stem),
      el("div", { class: "ig-row" }, el("label", { for: id }, "Your number"), input, el("span", {}, question.unit))),
    read: () => readNumber(input.value, question.unit),
    write: (answer) => { input.value = numberText(answer); },
  };
}

function directionForm(question) {
  const rows = question.options.map((curve) => ({ key: curve.key, part: radios(curve.text, directionOptions, "ig-inline") }));
  return {
    node: el("fieldset", {}, el("legend", {}, question.stem), ...rows.map(({ part }) => part.node)),
    read: () => ({ value: Object.fromEntries(rows.map(({ key, part }) => [key, part.read()])) }),
    write: (answer) => rows.forEach(({ key, part }) => part.write(answer[key])),
  };
}

function choiceForm(question) {
  const part = radios(question.stem, question.options);
  return { node: part.node, read: () => ({ value: part.read() }), write: part.write };
}

const FORMS = { choice: choiceForm, choices: tickForm, number: numberForm, direction: directionForm };

// The form of a question: { node, read(): { value } or { problem }, write(answer) }.
export const voteForm = (question) => FORMS[question.kind](question);

// --- the wire ------------------------------------------------------------------------------

// Listens to the class and calls act(state) with each new state. It comes back by itself after the
// network was away and calls lost() when it is. Returns a function that ends it. `token` is the desk's.
export function listen(audience, { voter = "", token = "", act, lost, refused = () => {} }) {
  let [ended, tries, abort] = [false, 0, null];
  async function run() {
    while (!ended) {
      abort = new AbortController();
      let heard = null;
      try {
        const answer = await fetch(`/class/wire/${audience}?voter=${voter}`, {
          headers: token ? { authorization: `Bearer ${token}` } : {}, cache: "no-store", signal: abort.signal,
        });
        if (answer.status === 401) { refused(); return; }
        if (!answer.ok) throw new Error(`status ${answer.status}`);
        await readStates(answer.body.getReader(), (state) => {
          tries = 0;
          try { act(state); } catch (fault) { heard = fault; throw fault; }
        });
      } catch { /* the network is away; said by lost() and tried again */ }
      if (ended) return;
      if (heard) throw heard; // a fault of ours is no fault of the network
      lost();
      await new Promise((done) => { setTimeout(done, RETRY_MS[Math.min(tries++, RETRY_MS.length - 1)] * (0.75 + Math.random() / 2)); });
    }
  }
  run();
  return () => { ended = true; abort?.abort(); };
}

async function readStates(reader, act) {
  const decoder = new TextDecoder();
  let text = "";
  const patience = 40_000; // twice the server's heartbeat and more: then the wire is dead
  for (;;) {
    let timer;
    const silent = new Promise((_, fail) => { timer = setTimeout(() => fail(new Error("silent")), patience); });
    const { done, value } = await Promise.race([reader.read(), silent]).finally(() => clearTimeout(timer));
    if (done) return;
    text += decoder.decode(value, { stream: true });
    const events = text.split("\n\n");
    text = events.pop();
    const states = events.filter((each) => each.startsWith("data: "));
    if (states.length) act(JSON.parse(states.at(-1).slice(6))); // only the newest counts
  }
}

// Posts to the class; returns the answer with `problem` set if it was refused or did not arrive.
export async function post(path, data, token = "") {
  const headers = { "content-type": "application/json", ...(token ? { authorization: `Bearer ${token}` } : {}) };
  try {
    const answer = await fetch(path, { method: "POST", headers, body: JSON.stringify(data) });
    return { status: answer.status, ...await answer.json() };
  } catch {
    return { status: 0, problem: "The class cannot be reached. Stay on this page: it tries again by itself." };
  }
}

// --- what votes mean -----------------------------------------------------------------------

// While the model still computes, what is right to a prediction is not known yet.
const unjudged = ({ question, view, model }) =>
  question.source === "prediction" && (model?.answer === undefined || !view.scored);

// The groups of a question, in the order shown: { key, text, right }. `right` is null where nothing is.
export function groupsOf(state) {
  const { question, view, model } = state;
  if (unjudged(state) && question.kind !== "choice") {
    const why = view.scored ? "the model is still computing what is right" : "there is no right or wrong here";
    return [{ key: "votes", text: `votes; ${why}`, right: null }];
  }
  if (question.source === "verdict") {
    return question.options.map(({ key, text }) => ({ key, text, right: key === view.verdict }));
  }
  if (question.kind === "choice") {
    const right = question.source === "quiz"
      ? view.options.find((option) => option.correct)?.key : view.scored ? model?.answer : undefined;
    return question.options.map(({ key, text }) => ({ key, text, right: right === undefined ? null : key === right }));
  }
  if (question.kind === "number") {
    return [{ key: "low", text: "too low", right: false }, { key: "close", text: "close", right: true }, { key: "high", text: "too high", right: false }];
  }
  return [{ key: "right", text: "all of it right", right: true }, { key: "other", text: "something otherwise", right: false }];
}

// The group that an answer belongs to.
export function groupOf(state, answer) {
  const { question, view, model } = state;
  if (question.kind === "choice") return answer;
  if (unjudged(state)) return "votes";
  if (question.source === "quiz") {
    if (judgeItem(view, question.kind === "number" ? String(answer) : answer).correct) return question.kind === "number" ? "close" : "right";
    return question.kind === "number" ? (answer < view.answer ? "low" : "high") : "other";
  }
  const right = comparePrediction(view, answer, model.answer).good;
  if (question.kind === "number") return right ? "close" : answer < model.answer ? "low" : "high";
  return right ? "right" : "other";
}

export const roundTotal = (tally, round) => (tally.rounds[round] ?? []).reduce((sum, each) => sum + each.n, 0);

// Counts by group of one round: Map(group key -> { n, sure }).
export function countsOf(state, round) {
  const counts = new Map(groupsOf(state).map(({ key }) => [key, { n: 0, sure: 0 }]));
  for (const { answer, confidence, n } of state.tally.rounds[round] ?? []) {
    const count = counts.get(groupOf(state, answer));
    if (!count) continue;
    count.n += n;
    if (confidence === "sure") count.sure += n;
  }
  return counts;
}

// The share right in a round, or null where nothing is right or nobody voted.
export function shareRight(state, round) {
  const total = roundTotal(state.tally, round);
  const right = groupsOf(state).filter((group) => group.right);
  if (!total || !right.length) return null;
  const counts = countsOf(state, round);
  return right.reduce((sum, group) => sum + counts.get(group.key).n, 0) / total;
}

// --- pictures ------------------------------------------------------------------------------

const share = (n, total) => (total ? `${Math.round((100 * n) / total)} %` : "–");

// Bars of one or both rounds. `marked` shows which group is right.
export function bars(state, { marked }) {
  const rounds = Object.keys(state.tally.rounds).filter((round) => roundTotal(state.tally, round));
  if (!rounds.length) return el("p", {}, "No votes yet.");
  const counts = rounds.map((round) => countsOf(state, round));
  const totals = rounds.map((round) => roundTotal(state.tally, round));
  return el("div", { class: "cl-bars" }, ...groupsOf(state).map((group) =>
    el("div", { class: marked && group.right ? "cl-group cl-right" : "cl-group" },
      el("p", { class: "cl-text" }, marked && group.right ? "✓ " : "", group.text),
      ...rounds.map((round, i) => {
        const { n, sure } = counts[i].get(group.key);
        return el("div", { class: "cl-line" }, el("span", { class: "cl-round" }, `Round ${round}`),
          el("span", { class: "cl-track" },
            el("span", { class: `cl-bar cl-bar-${round}`, style: `inline-size:${(100 * n) / totals[i]}%` },
              sure ? el("span", { class: "cl-sure", style: `inline-size:${(100 * sure) / n}%` }) : "")),
          el("span", { class: "cl-n" }, `${share(n, totals[i])} (${n}${sure ? `, ${sure} sure` : ""})`));
      }))));
}

const SVG = "http://www.w3.org/2000/svg";
const svgNode = (tag, attributes, text = "") => {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.textContent = text;
  return node;
};

// The flow between the rounds of those who voted in both: ribbons from group to group.
export function flowPicture(state) {
  const groups = groupsOf(state);
  const place = new Map(groups.map(({ key }, i) => [key, i]));
  const cells = groups.map(() => groups.map(() => 0));
  let total = 0;
  for (const { from, to, n } of state.tally.flow) {
    const [a, b] = [place.get(groupOf(state, from)), place.get(groupOf(state, to))];
    if (a === undefined || b === undefined) continue;
    cells[a][b] += n;
    total += n;
  }
  if (!total) return null;
  const [width, height, gap, bar] = [640, 300, 10, 14];
  const scale = (height - gap * (groups.length - 1)) / total;
  const sums = { left: cells.map((row) => row.reduce((x, y) => x + y, 0)), right: groups.map((_, j) => cells.reduce((x, row) => x + row[j], 0)) };
  const tops = {};
  for (const side of ["left", "right"]) {
    let y = 0;
    tops[side] = sums[side].map((n) => { const top = y; y += n * scale + (n ? gap : 0); return top; });
  }
  const stayed = groups.reduce((sum, _, i) => sum + cells[i][i], 0);
  const changed = total - stayed;
  const toRight = groups.reduce((sum, group, j) => sum + (group.right ? cells.reduce((x, row, i) => x + (groups[i].right ? 0 : row[j]), 0) : 0), 0);
  const said = `${total} voted in both rounds: ${stayed} stayed, ${changed} changed, ${toRight} of them to the right answer.`;
  const svg = svgNode("svg", { class: "cl-flow", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": said });
  const used = { left: [...tops.left], right: [...tops.right] };
  groups.forEach((group, i) => groups.forEach((other, j) => {
    const thick = cells[i][j] * scale;
    if (!thick) return;
    const [y1, y2] = [used.left[i], used.right[j]];
    used.left[i] += thick;
    used.right[j] += thick;
    const [x1, x2, half] = [bar, width - bar, width / 2];
    svg.append(svgNode("path", { class: other.right ? "cl-ribbon cl-good" : "cl-ribbon",
      d: `M${x1},${y1} C${half},${y1} ${half},${y2} ${x2},${y2} V${y2 + thick} C${half},${y2 + thick} ${half},${y1 + thick} ${x1},${y1 + thick} Z` }));
  }));
  for (const [side, x, anchor, dx] of [["left", 0, "start", bar + 6], ["right", width - bar, "end", -6]]) {
    groups.forEach((group, i) => {
      const n = sums[side][i];
      if (!n) return;
      svg.append(svgNode("rect", { class: group.right ? "cl-end cl-good" : "cl-end", x, y: tops[side][i], width: bar, height: Math.max(n * scale, 1) }));
      const short = group.text.length > 34 ? `${group.text.slice(0, 33)}…` : group.text;
      svg.append(svgNode("text", { x: x + dx, y: tops[side][i] + Math.max((n * scale) / 2, 6) + 4, "text-anchor": anchor }, `${group.right ? "✓ " : ""}${short} (${n})`));
    });
  }
  return el("figure", { class: "cl-figure" }, el("div", {}, svg), el("figcaption", {}, `Left: round 1, right: round 2. ${said}`));
}

// The reasons for each option, and the model's answer.
export function reasons(state) {
  const { question, view, model } = state;
  const lines = (view.options ?? []).filter((option) => option.why).map((option) =>
    el("li", {}, el("strong", {}, `${option.correct ? "✓ " : ""}${option.text}: `), option.why));
  return [
    model?.text ? el("p", {}, el("strong", {}, "The model: "), model.text) : "",
    view.says ? el("p", {}, el("strong", {}, "The course: "), view.says) : "",
    view.meaning ? el("p", {}, view.meaning) : "",
    view.why ? el("p", {}, view.why) : "",
    lines.length ? el("ul", {}, ...lines) : "",
    el("p", {}, el("a", { href: `/lessons/${question.lesson}.html#explore`, target: "_blank" }, "Open the lesson's explorer")),
  ].filter(Boolean);
}

// Keeps a countdown to `until` (the server's clock, `ahead` ms before ours) on a node.
export function countdown(node, until, ahead) {
  const tick = () => {
    const left = Math.max(0, Math.round(until - (Date.now() + ahead) / 1000));
    node.textContent = left ? `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}` : "Time is up.";
  };
  tick();
  return setInterval(tick, 500);
}
