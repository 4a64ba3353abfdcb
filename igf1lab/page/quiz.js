// A quiz: draws items, takes answers, and shows what the judge says of them. What a learner sees
// follows from the records alone, so that two views of one quiz, or two tabs, show the same.

import { CONFIDENCES, DONT_KNOW, attemptFor, roundSummary, stateAfter } from "./judge.js";
import { answerForm, button, control, el, numberInput, radios, sayAgain, unique } from "./dom.js";
import { joinKeeper } from "./keeper.js";
import { newRecord, roundsOf } from "./progress.js";
import { storeNote } from "./store_note.js";

// Each kind of item: build(item, ...) returns { nodes, read(): answer, write(answer) }.

function ticks(item, group, type) {
  const inputs = item.options.map((option) => control("input", { type, name: group, value: option.key }));
  const nodes = item.options.map((option, i) =>
    el("label", { class: "ig-option" }, inputs[i], el("span", {}, option.text)));
  const chosen = () => inputs.filter((input) => input.checked).map((input) => input.value);
  return {
    nodes,
    read: () => (type === "radio" ? chosen()[0] ?? null : chosen()),
    write: (answer) => inputs.forEach((input) => (input.checked = [answer].flat().includes(input.value))),
  };
}

function numberLine(item, group) {
  const input = numberInput(group);
  const label = el("label", { for: group, class: "ig-number" }, "Your number");
  return {
    nodes: [el("div", { class: "ig-row" }, label, input, el("span", {}, item.unit))],
    read: () => input.value,
    write: (answer) => (input.value = answer ?? ""),
  };
}

function stepList(item, group) {
  let steps = [...item.options];
  const list = el("ol", { class: "ig-steps" });
  const said = el("p", { class: "ig-said", "aria-live": "polite" });
  function move(from, by) {
    const to = from + by;
    if (to < 0 || to >= steps.length) return;
    [steps[from], steps[to]] = [steps[to], steps[from]];
    draw();
    list.children[to].querySelectorAll("button")[by < 0 ? 0 : 1].focus();
    said.textContent = `“${steps[to].text}” is now step ${to + 1} of ${steps.length}.`;
  }
  function draw() {
    list.replaceChildren(...steps.map((step, i) => {
      const arrow = (by, sign, word, stuck) => control("button", {
        type: "button", class: "ig-small", "aria-disabled": stuck ? "true" : null,
        "aria-label": `Move “${step.text}” ${word}`, onclick: () => move(i, by),
      }, sign);
      return el("li", {
        onkeydown: (event) => {
          const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
          if (by) { event.preventDefault(); move(i, by); }
        },
      }, el("span", { class: "ig-step" }, step.text),
      arrow(-1, "↑", "up", i === 0), arrow(1, "↓", "down", i === steps.length - 1));
    }));
  }
  draw();
  return {
    nodes: [list, said],
    read: () => steps.map((step) => step.key),
    write: (answer) => {
      const found = (answer ?? []).map((key) => item.options.find((step) => step.key === key));
      steps = found.length === item.options.length && found.every(Boolean) ? found : [...item.options];
      draw();
    },
  };
}

function chooser(options, attributes = {}) {
  return control("select", attributes, el("option", { value: "" }, "choose …"),
    ...options.map((option) => el("option", { value: option.key }, option.text)));
}

function pairList(item) {
  const selects = item.pairs.map(() => chooser(item.rights));
  return {
    nodes: item.pairs.map((pair, i) =>
      el("label", { class: "ig-row ig-pair" }, el("span", {}, pair.left), selects[i])),
    read: () => Object.fromEntries(item.pairs.map((pair, i) => [pair.key, selects[i].value])),
    write: (answer) => item.pairs.forEach((pair, i) => (selects[i].value = answer?.[pair.key] ?? "")),
  };
}

function arrowPick(item, group, svg) {
  const select = chooser(item.arrows.map((each) =>
    ({ key: each.id, text: `${each.id}: ${each.from} → ${each.to}` })));
  const map = el("div", { class: "ig-map-pick" });
  map.innerHTML = svg;
  const mark = () => map.querySelectorAll("[data-claim]").forEach((node) =>
    node.classList.toggle("ig-chosen", node.dataset.claim === select.value));
  map.addEventListener("click", (event) => {
    const node = event.target.closest("[data-claim]");
    if (!node || select.matches(":disabled")) return;
    select.value = node.dataset.claim;
    mark();
  });
  select.addEventListener("change", mark);
  return {
    nodes: [map, el("label", { class: "ig-row ig-pair" }, el("span", {}, "Your arrow"), select)],
    read: () => select.value,
    write: (answer) => { select.value = answer ?? ""; mark(); },
  };
}

const ITEM_KINDS = {
  choice: (item, group) => ticks(item, group, "radio"),
  choices: (item, group) => ticks(item, group, "checkbox"),
  number: numberLine, order: stepList, match: pairList, arrow: arrowPick,
};

const ITEM_TASKS = {
  choices: "Tick all that are right.",
  order: "Put the steps in order with the arrow buttons or the arrow keys.",
  match: "Choose the partner of each.",
  arrow: "Choose one arrow of the map.",
};

const LOOKS = { true: "ig-right", false: "ig-wrong", undefined: "ig-neutral" };

// An option that was rightly left alone is told without alarm; red is for what went wrong.
function explained(option) {
  const [mark, look] = option.correct
    ? ["✓ Right", "ig-right"] : option.chosen ? ["✗ Not right", "ig-wrong"] : ["Not this one", "ig-other"];
  return el("li", { class: look },
    el("strong", {}, `${mark}${option.chosen ? ", your answer" : ""}: `), `${option.text} `,
    el("span", { class: "ig-why" }, option.why));
}

function explainedPart(option) { // a step or a pair as it should be; chosen says if it was so
  const mark = option.chosen ? "✓ You had this right:" : "✗ You had this otherwise:";
  return el("li", { class: option.chosen ? "ig-right" : "ig-wrong" },
    el("strong", {}, `${mark} `), `${option.text} `, el("span", { class: "ig-why" }, option.why));
}

function feedbackLines(item, state) {
  const lines = [
    state.head ? el("p", { class: LOOKS[String(state.correct)] }, el("strong", {}, state.head), ` ${state.say ?? ""}`) : null,
    state.hint ? el("p", {}, el("strong", {}, "Hint: "), state.hint) : null,
  ];
  if (state.options) {
    const each = item.kind === "order" || item.kind === "match" ? explainedPart : explained;
    lines.push(el("ul", { class: "ig-explanations" }, ...state.options.map(each)),
      el("p", { class: "ig-sources" }, `Sources: ${state.sources.join("; ")}`));
  }
  return lines.filter(Boolean);
}

function card(item, number, total, { keeper, context, feedback, unsure, svg, answered }) {
  const part = ITEM_KINDS[item.kind](item, unique(`ig-${item.id}`), svg);
  const sure = radios("How sure are you? (you may leave this out)",
    CONFIDENCES.map((word) => ({ key: word, text: word })), "ig-inline ig-sure");
  const check = button("Check", null, "ig-button");
  const open = button("I don't know", () => answer(DONT_KNOW));
  const again = button("Try this item again", () => { tries().forEach((each) => left.add(each.uid)); draw(); });
  const fieldset = el("fieldset", {},
    el("legend", {}, el("span", { class: "ig-count" }, `Question ${number} of ${total}`), item.stem),
    ITEM_TASKS[item.kind] ? el("p", { class: "ig-task" }, ITEM_TASKS[item.kind]) : null, ...part.nodes, sure.node);
  const said = control("div", { class: "ig-feedback", "aria-live": "polite", tabindex: "-1" });
  const problem = el("p", { class: "ig-problem", role: "status" });
  const form = answerForm(() => answer(part.read()), fieldset, el("div", { class: "ig-row" }, check, open, again));
  const left = new Set(); // records that "Try this item again" has left behind
  let shown = null;

  const tries = () => (roundsOf(keeper.records(), context).get(item.id) ?? []).filter((each) => !left.has(each.uid));
  const state = () => stateAfter(item, tries(), feedback);

  function answer(given) {
    const { problem: words, attempt } = attemptFor(item, state(), given);
    sayAgain(problem, words);
    if (!attempt) return;
    answered();
    keeper.add([newRecord({
      kind: "quiz", lesson: item.lesson, item: item.id, context, claims: item.claims,
      confidence: sure.read(), ...attempt,
    })]);
  }

  function draw() {
    const now = state();
    const text = JSON.stringify(now);
    if (text === shown) return;
    const [first, hadFocus] = [shown === null, form.contains(document.activeElement)];
    shown = text;
    sayAgain(problem, "");
    const over = now.status === "done" || now.status === "recorded";
    fieldset.disabled = check.hidden = over;
    open.hidden = over || !unsure;
    again.hidden = now.status !== "done";
    if (first || over || now.status === "open") part.write(now.answer);
    if (!over) sure.clear();
    said.replaceChildren(...feedbackLines(item, now));
    if (hadFocus && over) said.focus();
    else if (hadFocus && now.status === "open") fieldset.querySelector("input, select, button").focus();
  }

  return { node: el("section", { class: "ig-card", "data-item": item.id }, form, problem, said), draw, state };
}

// Draws items into a host, follows the keeper, and returns a function that ends it. Where what is
// around it tells of the store, `tells` is false.
export function drawQuiz(host, keeper, { title, items, context, feedback, unsure, svg, tells = true }) {
  let used = false; // what is wrong with the store is told where the learner answers, not in every quiz
  const answered = () => { used = true; };
  const cards = items.map((item, i) => card(item, i + 1, items.length, { keeper, context, feedback, unsure, svg, answered }));
  const summary = el("p", { class: "ig-summary", role: "status" });
  const note = storeNote(keeper);
  host.classList.add("ig-widget");
  host.append(el("p", { class: "ig-title" }, title), ...cards.map((each) => each.node), summary, note.node);
  const draw = () => {
    cards.forEach((each) => each.draw());
    summary.textContent = roundSummary(cards.map((each) => each.state()), feedback);
    note.tell(tells && used);
  };
  draw();
  return keeper.subscribe(draw);
}

function renderQuiz({ model, el: host }) {
  const { keeper, leave } = joinKeeper(model);
  const end = drawQuiz(host, keeper, {
    title: model.get("title"), items: model.get("items"), context: model.get("context"),
    feedback: model.get("feedback"), unsure: model.get("unsure"), svg: model.get("map_svg"),
  });
  return () => { end(); leave(); };
}

export default { render: renderQuiz };
