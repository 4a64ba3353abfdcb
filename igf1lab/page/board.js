// The board: what the whole room sees. Before the reveal that is the question and how many have voted.

import { el } from "./dom.js";
import { bars, countdown, flowPicture, listen, reasons } from "./vote.js";

const main = document.querySelector("main");
const away = el("p", { class: "ig-problem", role: "status" });
let [timer, shown] = [0, ""];

const welcome = (state) => [
  el("h1", {}, "Join the class"),
  el("p", { class: "cl-join" }, el("a", { href: state.join }, state.join)),
  el("img", { class: "cl-code", src: "/class/join.svg", alt: `QR code of ${state.join}` }),
  el("p", {}, "Open the address, or point a phone's camera at the code, and press Join. No name is asked for."),
  state.joined ? "" : el("p", { class: "cl-aside" }, el("a", { href: "/class/check" }, "Nobody can join? What to look for")),
];

const options = (question) => (question.options.length
  ? el("ol", { class: "cl-options" }, ...question.options.map(({ text }) => el("li", {}, text)))
  : el("p", {}, `Your number, in ${question.unit || "figures"}.`));

function body(state) {
  const { phase, question, round } = state;
  if (!question) return welcome(state);
  if (phase === "revealed") {
    return [el("h1", { class: "cl-small" }, question.stem), bars(state, { marked: true }), flowPicture(state) ?? "", ...reasons(state)];
  }
  const clock = el("p", { class: "cl-clock" });
  if (phase === "arguing") timer = countdown(clock, state.argue_until, state.now * 1000 - Date.now());
  return [
    el("p", { class: "cl-phase" }, { voting: `Round ${round}: vote`, closed: `Round ${round} is closed`, arguing: "Argue with a neighbour who voted otherwise" }[phase]),
    el("h1", {}, question.stem), options(question), phase === "arguing" ? clock : "",
  ];
}

function draw(state) {
  away.textContent = "";
  document.querySelector(".cl-count").textContent = state.question
    ? `${state.count} ${state.count === 1 ? "vote" : "votes"} of ${state.joined} in the room` : `${state.joined} in the room`;
  const { now, count, joined, ...rest } = state;
  const text = JSON.stringify({ ...rest, nobody: !joined });
  if (text === shown) return;
  shown = text;
  clearInterval(timer);
  main.replaceChildren(...body(state).filter(Boolean), away);
}

listen("board", { act: draw, lost: () => { away.textContent = "The class cannot be reached. This window tries again by itself."; } });
