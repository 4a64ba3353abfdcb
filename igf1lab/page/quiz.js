// The quiz page: draws items, sends answers, shows what the kernel sends back.
// It knows no answers; see quiz.py for what a state may hold.

import { button, control, el, kernelLine, numberInput, unique } from "./dom.js";

// Each kind: build(item, ...) returns { nodes, read(): answer, write(answer) }.

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

function order(item, group) {
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

function match(item) {
  const selects = item.lefts.map(() => chooser(item.options));
  return {
    nodes: item.lefts.map((left, i) =>
      el("label", { class: "ig-row ig-pair" }, el("span", {}, left.text), selects[i])),
    read: () => Object.fromEntries(item.lefts.map((left, i) => [left.key, selects[i].value])),
    write: (answer) => item.lefts.forEach((left, i) => (selects[i].value = answer?.[left.key] ?? "")),
  };
}

function arrow(item, group, svg) {
  const select = chooser(item.options);
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
  number: numberLine, order, match, arrow,
};

const TASKS = {
  choices: "Tick all that are right.",
  order: "Put the steps in order with the arrow buttons or the arrow keys.",
  match: "Choose the partner of each.",
  arrow: "Choose one arrow of the map.",
};

const LOOKS = { true: "ig-right", false: "ig-wrong", undefined: "ig-neutral" };

function explained(option) {
  const mark = option.correct ? "✓" : "✗";
  const words = `${option.correct ? "Right" : "Not right"}${option.chosen ? ", your answer" : ""}:`;
  return el("li", { class: option.correct ? "ig-right" : "ig-wrong" },
    el("strong", {}, `${mark} ${words} `), `${option.text} `, el("span", { class: "ig-why" }, option.why));
}

function explainedPart(option) { // a step or a pair as it should be; chosen says if it was so
  const mark = option.chosen ? "✓ You had this right:" : "✗ You had this otherwise:";
  return el("li", { class: option.chosen ? "ig-right" : "ig-wrong" },
    el("strong", {}, `${mark} `), `${option.text} `, el("span", { class: "ig-why" }, option.why));
}

function card(model, item, number, total) {
  const group = unique(`ig-${item.id}`);
  const kernel = kernelLine(model, (text) => (waiting.textContent = text));
  const send = (content) => kernel.send({ item: item.id, ...content });
  const part = ITEM_KINDS[item.kind](item, group, model.get("map_svg"));
  const check = button("Check", null, "ig-button");
  const again = button("Try this item again", () => send({ type: "again" }));
  const fieldset = el("fieldset", {},
    el("legend", {}, el("span", { class: "ig-count" }, `Question ${number} of ${total}`), item.stem),
    TASKS[item.kind] ? el("p", { class: "ig-task" }, TASKS[item.kind]) : null, ...part.nodes);
  const feedback = control("div", { class: "ig-feedback", "aria-live": "polite", tabindex: "-1" });
  const waiting = el("p", { class: "ig-problem", role: "status" });
  const form = el("form", {
    novalidate: true,
    onsubmit: (event) => { event.preventDefault(); send({ type: "answer", answer: part.read() }); },
  }, fieldset, el("div", { class: "ig-row" }, check, again));
  let shown = null;

  function draw(state) {
    const now = JSON.stringify(state);
    if (now === shown) return;
    const first = shown === null;
    const hadFocus = form.contains(document.activeElement);
    shown = now;
    kernel.heard();
    waiting.textContent = "";
    const over = state.status === "done" || state.status === "recorded";
    fieldset.disabled = over;
    check.hidden = over;
    again.hidden = state.status !== "done";
    if (first || over || state.status === "open" && !state.problem) part.write(state.answer);
    const lines = [
      state.problem ? el("p", { class: "ig-problem" }, state.problem) : null,
      state.head ? el("p", { class: LOOKS[String(state.correct)] }, el("strong", {}, state.head), ` ${state.say ?? ""}`) : null,
      state.hint ? el("p", {}, el("strong", {}, "Hint: "), state.hint) : null,
    ];
    if (state.options) {
      const each = item.kind === "order" || item.kind === "match" ? explainedPart : explained;
      lines.push(el("ul", { class: "ig-explanations" }, ...state.options.map(each)),
        el("p", { class: "ig-sources" }, `Sources: ${state.sources.join(", ")}.`));
    }
    feedback.replaceChildren(...lines.filter(Boolean));
    if (hadFocus && over) feedback.focus();
    else if (hadFocus && state.status === "open" && !state.problem) fieldset.querySelector("input, select, button").focus();
  }

  const node = el("section", { class: "ig-card", "data-item": item.id }, form, waiting, feedback);
  return { node, draw };
}

function renderQuiz({ model, el: host }) {
  const items = model.get("items");
  const cards = items.map((item, i) => card(model, item, i + 1, items.length));
  const summary = el("p", { class: "ig-summary", role: "status" });
  const message = el("p", { class: "ig-problem", role: "status" });
  host.classList.add("ig-widget");
  host.append(el("p", { class: "ig-title" }, model.get("title")), ...cards.map((each) => each.node), summary, message);
  const draw = () => {
    const states = model.get("states");
    items.forEach((item, i) => cards[i].draw(states[item.id]));
    summary.textContent = model.get("summary");
    message.textContent = model.get("message");
  };
  const watched = "change:states change:summary change:message";
  model.on(watched, draw);
  draw();
  return () => model.off(watched, draw);
}

export default { render: renderQuiz };
