// The desk: the lecturer's own screen. It opens with the PIN, steers the room, and shows how the
// votes fall while the room cannot see it.

import { answerForm, button, control, el, sayAgain, unique } from "./dom.js";
import { bars, countdown, flowPicture, listen, post, reasons, roundTotal, shareRight } from "./vote.js";

const TOKEN = "igf1-class-desk";
const FEW = 0.3;
const MOST = 0.7;
const main = document.querySelector("main");
const said = el("p", { class: "ig-problem", role: "status" });
let [token, state, timer, list, lesson, end, drawn] = ["", null, 0, [], "", null, ""];
try { token = sessionStorage.getItem(TOKEN) ?? ""; } catch { /* a private window: the PIN is asked at each load */ }

// --- the door ------------------------------------------------------------------------------

function door() {
  end?.();
  drawn = ""; // what the class shows next is drawn, even if nothing has changed meanwhile
  const id = unique("cl-pin");
  const pin = control("input", { id, inputmode: "numeric", autocomplete: "off", size: 8 });
  const enter = async () => {
    const answer = await post("/class/enter", { pin: pin.value });
    if (!answer.token) { sayAgain(said, answer.problem); pin.select(); return; }
    token = answer.token;
    try { sessionStorage.setItem(TOKEN, token); } catch { /* as above */ }
    sayAgain(said, "");
    open();
  };
  main.replaceChildren(el("h1", {}, "The desk"), answerForm(enter,
    el("div", { class: "ig-row" }, el("label", { for: id }, "PIN"), pin, button("Enter", null, "ig-button"))), said);
  pin.focus();
}

async function open() {
  const answer = await fetch("/class/questions", { headers: { authorization: `Bearer ${token}` } }).catch(() => null);
  if (!answer) { sayAgain(said, "The class cannot be reached. Reload this window once it runs."); return; }
  if (!answer.ok) { door(); return; }
  list = await answer.json();
  lesson ||= list[0]?.lesson ?? "";
  end = listen("desk", {
    token, refused: door, act: (now) => { state = now; draw(); },
    lost: () => sayAgain(said, "The class cannot be reached. This window tries again by itself."),
  });
}

// --- steering ------------------------------------------------------------------------------

const DO = { c: "close", a: "argue", n: "again", r: "reveal", x: "clear" };
const WORDS = {
  close: "Close the round", argue: "Argue", again: "Open round 2", reveal: "Reveal", clear: "Put away",
};
const POSSIBLE = {
  waiting: [], voting: ["close"], closed: ["argue", "again", "reveal"], arguing: ["again", "reveal"], revealed: ["clear"],
};
const possible = () => POSSIBLE[state.phase].filter((command) => state.round === 1 || !["argue", "again"].includes(command));

async function act(command, more = {}) {
  const answer = await post("/class/do", { command, ...more }, token);
  if (answer.status === 401) { door(); return; }
  sayAgain(said, answer.problem ?? "");
}

const secondsToArgue = () => Number(document.querySelector("#cl-seconds")?.value) || 120;
const steer = (command) => act(command, command === "argue" ? { seconds: secondsToArgue() } : {});

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea")) return;
  const command = DO[event.key.toLowerCase()];
  if (state && command && (possible().includes(command) || command === "clear" && state.question)) steer(command);
});

// --- what is seen --------------------------------------------------------------------------

function advice() {
  const right = shareRight(state, state.round);
  if (right === null || !roundTotal(state.tally, state.round)) return "";
  const percent = Math.round(100 * right);
  const [what, key] = right > MOST ? ["Most are right: explain in a sentence and go on.", "right"]
    : right >= FEW ? ["The room is divided: let them argue, then vote again.", "split"] : ["Few are right: teach it first, then ask again.", "few"];
  return el("div", { class: "cl-advice" }, el("p", {}, el("strong", {}, `${percent} % right. `), what), state.plan?.[key] ? el("p", {}, state.plan[key]) : "");
}

function picker() {
  const lessons = [...new Set(list.map((each) => each.lesson))];
  const id = unique("cl-lesson");
  const menu = control("select", { id, onchange: () => { lesson = menu.value; draw(true); } },
    ...lessons.map((name) => el("option", { value: name, selected: name === lesson }, list.find((each) => each.lesson === name).title)));
  return el("section", {}, el("h2", {}, "Ask"), el("div", { class: "ig-row" }, el("label", { for: id }, "Lesson"), menu),
    el("ul", { class: "cl-questions" }, ...list.filter((each) => each.lesson === lesson).map((each) =>
      el("li", {}, button("Open", () => act("open", { question: each.id }), "ig-button ig-quiet"),
        el("span", {}, el("strong", {}, `${each.planned ? "★ " : ""}${each.source}: `), each.stem)))),
    el("p", { class: "cl-aside" }, "★ divides a room: asked first in the plan of this lesson."));
}

function current() {
  const { phase, question, round, count, joined } = state;
  if (!question) return el("section", {}, el("h1", {}, "The desk"), el("p", {}, `${joined} in the room. Learners join at `, el("a", { href: state.join }, state.join), "."));
  const clock = el("span", { class: "cl-clock" });
  if (phase === "arguing") timer = countdown(clock, state.argue_until, state.now * 1000 - Date.now());
  const keys = Object.fromEntries(Object.entries(DO).map(([key, command]) => [command, key.toUpperCase()]));
  const steps = [...possible(), ...(phase === "revealed" ? [] : ["clear"])];
  return el("section", {}, el("h1", {}, question.stem),
    el("p", { class: "cl-phase" }, `${phase === "voting" ? `Round ${round} is open` : phase === "revealed" ? "Revealed" : phase === "arguing" ? "They argue " : `Round ${round} is closed`}: ${count} of ${joined} have voted. `, clock),
    el("div", { class: "ig-row" }, ...steps.map((command) => button(`${WORDS[command]} (${keys[command]})`, () => steer(command), command === steps[0] ? "ig-button" : "ig-button ig-quiet")),
      steps.includes("argue") ? el("label", {}, "for ", control("input", { id: "cl-seconds", type: "number", min: 10, max: 900, step: 10, value: 120 }), " s") : ""),
    advice(), bars(state, { marked: true }), flowPicture(state) ?? "",
    el("details", {}, el("summary", {}, "Reasons, and the model's answer"), ...reasons(state)));
}

function draw(force = false) {
  if (!state) return;
  const { now, ...rest } = state;
  const text = JSON.stringify(rest);
  if (text === drawn && !force) return;
  drawn = text;
  clearInterval(timer);
  const seconds = document.querySelector("#cl-seconds")?.value;
  const focused = document.activeElement?.textContent;
  main.replaceChildren(current(), said, picker());
  if (seconds && document.querySelector("#cl-seconds")) document.querySelector("#cl-seconds").value = seconds;
  if (focused) [...main.querySelectorAll("button")].find((each) => each.textContent === focused)?.focus();
}

if (token) open(); else door();
