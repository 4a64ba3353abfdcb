// A learner in class: one line says that the class is on; whoever joins gets the question now open.
//
// What is voted in round 1 becomes the learner's own try once the round is closed, in their own
// progress and nowhere else. The class knows a random number for this browser tab, and no name.

import { answerForm, button, el, radios, sayAgain } from "./dom.js";
import { CONFIDENCES, attemptFor, stateAfter } from "./judge.js";
import { joinKeeper } from "./keeper.js";
import { newRecord } from "./progress.js";
import { bars, countdown, listen, post, reasons, shareRight, voteForm } from "./vote.js";

const VOTER = "igf1-class-voter";
const JOINED = "igf1-class-joined";
const KEPT = "igf1-class-kept"; // turns whose vote has become a try, so that a reload adds no second one

function voterOfTab() {
  const made = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  try {
    const known = sessionStorage.getItem(VOTER);
    if (/^[0-9a-f]{32}$/.test(known ?? "")) return known;
    sessionStorage.setItem(VOTER, made);
  } catch { /* a private tab: the number lasts as long as the page */ }
  return made;
}
const remember = (joined) => { try { sessionStorage.setItem(JOINED, joined ? "yes" : ""); } catch { /* as above */ } };
const wasJoined = () => { try { return sessionStorage.getItem(JOINED) === "yes"; } catch { return false; } };
const wasKept = (turn) => { try { return (sessionStorage.getItem(KEPT) ?? "").split(" ").includes(String(turn)); } catch { return false; } };
const markKept = (turn) => { try { sessionStorage.setItem(KEPT, `${sessionStorage.getItem(KEPT) ?? ""} ${turn}`); } catch { /* as above */ } };

const voter = voterOfTab();
const bar = el("aside", { class: "cl-bar-line", "aria-label": "Class" });
const panel = el("section", { class: "cl-panel ig-widget", "aria-label": "The question in class", hidden: true });
let [end, shown, timer, waitingVote, pending] = [null, "", 0, null, null];

// Round 1 becomes the learner's own try once it can no longer be changed. What is right is known at
// the reveal only, so until then it waits.
function note({ question, turn, first, phase, round }) {
  const final = phase !== "voting" || round > 1;
  if (!question || question.source === "verdict" || !first || !final || pending?.turn === turn) return;
  pending = { question, first, turn };
}

async function keepTry({ view, question }) {
  if (!view || !pending || pending.question.id !== question.id || wasKept(pending.turn)) return;
  const { first, turn } = pending;
  markKept(turn);
  const { keeper } = joinKeeper({ get: () => ({ where: "page", name: "" }) });
  await keeper.ready;
  const answer = question.kind === "number" ? String(first.answer) : first.answer;
  const details = question.source === "quiz"
    ? { kind: "quiz", context: `class/${turn}`, ...attemptFor(view, stateAfter(view, []), answer).attempt }
    : { kind: "prediction", context: "prediction", answer: first.answer };
  keeper.add([newRecord({
    lesson: question.lesson, item: question.id, claims: view.claims,
    confidence: first.confidence ?? (question.source === "prediction" ? "guess" : null), ...details,
  })]);
}

function ballot(state, said) {
  const { question, round, turn, yours } = state;
  const form = voteForm(question);
  const sure = radios("How sure are you? (you may leave this out)", CONFIDENCES.map((word) => ({ key: word, text: word })), "ig-inline");
  if (yours) { form.write(yours.answer); sure.write(yours.confidence); }
  async function send() {
    const { value, problem } = form.read();
    if (problem) { said.className = "ig-problem"; sayAgain(said, problem); return; }
    waitingVote = { voter, question: question.id, round, turn, answer: value, confidence: sure.read() };
    await deliver(said);
  }
  return answerForm(send, form.node, sure.node, el("div", { class: "ig-row" }, button(yours ? "Change my vote" : "Vote", null, "ig-button")));
}

async function deliver(said) { // a vote that did not arrive is sent again when the class is back
  if (!waitingVote) return;
  const answer = await post("/class/vote", waitingVote);
  if (answer.status !== 0) waitingVote = null;
  said.className = answer.problem ? "ig-problem" : "ig-summary";
  sayAgain(said, answer.problem ?? answer.said);
}

function body(state, said) {
  const { phase, question, round } = state;
  if (!question) return [el("p", {}, "You are in. The next question comes here by itself.")];
  if (phase === "voting") return [el("p", { class: "ig-count" }, `Round ${round}`), ballot(state, said)];
  const stem = el("p", { class: "cl-stem" }, question.stem);
  if (phase === "closed") return [stem, el("p", {}, "The round is closed.")];
  if (phase === "arguing") {
    const clock = el("span", { class: "cl-clock" });
    timer = countdown(clock, state.argue_until, state.now * 1000 - Date.now());
    return [stem, el("p", {}, "Find a neighbour who voted otherwise, and convince each other. ", clock)];
  }
  const right = shareRight(state, state.round);
  return [stem, bars(state, { marked: true }),
    right === null ? "" : el("p", {}, `${Math.round(100 * right)} % were right at the end.`), ...reasons(state)];
}

const said = el("p", { class: "ig-problem", role: "status" });
const away = el("p", { class: "ig-problem", role: "status" });

function draw(state) {
  away.textContent = "";
  note(state);
  keepTry(state);
  if (waitingVote) deliver(said);
  const { now, ...rest } = state;
  const text = JSON.stringify({ ...rest, yours: undefined, first: undefined });
  if (text === shown) return;
  const had = shown;
  shown = text;
  clearInterval(timer);
  sayAgain(said, "");
  panel.replaceChildren(el("p", { class: "ig-title" }, "In class"), ...body(state, said).filter(Boolean), said, away);
  if (had && state.question) panel.scrollIntoView({ block: "start", behavior: "smooth" });
}

function join() {
  remember(true);
  panel.hidden = false;
  bar.replaceChildren(el("span", {}, "You follow the class."), button("Leave", leave));
  end = listen("learner", { voter, act: draw, lost: () => { away.textContent = "The class cannot be reached. This page tries again by itself; nothing is lost."; } });
}

function leave() {
  remember(false);
  end?.();
  [end, shown] = [null, ""];
  clearInterval(timer);
  panel.hidden = true;
  bar.replaceChildren(el("span", {}, "Your lecturer's class is on."), button("Join", join, "ig-button"));
}

if (!document.querySelector(".cl-panel")) {
  document.head.append(el("link", { rel: "stylesheet", href: "/class/page/class.css" }));
  document.body.prepend(bar);
  (document.querySelector("main") ?? document.body).prepend(panel);
  leave();
  if (wasJoined()) join();
}
