// The prediction form: asks, sends, and shows what the kernel then says. The reveal itself is
// another widget below this one; the kernel puts it there once a prediction is recorded.

import { button, control, el, kernelLine, numberInput, unique } from "./dom.js";

function radios(legend, options, css = "") {
  const name = unique("ig-predict");
  const inputs = options.map((option) => control("input", { type: "radio", name, value: option.key }));
  const node = el("fieldset", { class: css }, el("legend", {}, legend),
    ...options.map((option, i) => el("label", { class: "ig-option" }, inputs[i], el("span", {}, option.text))));
  return {
    node,
    read: () => inputs.find((input) => input.checked)?.value ?? null,
    clear: () => inputs.forEach((input) => (input.checked = false)),
  };
}

function numberField(spec) {
  const id = unique("ig-predict");
  const input = numberInput(id);
  const node = el("fieldset", {}, el("legend", {}, spec.question), el("div", { class: "ig-row" },
    el("label", { for: id }, "Your number"), input, el("span", {}, `${spec.unit} (${spec.range})`)));
  return { node, read: () => input.value, clear: () => (input.value = "") };
}

function directions(spec) {
  const rows = spec.options.map((curve) => radios(curve.text, spec.directions, "ig-inline"));
  return {
    node: el("fieldset", {}, el("legend", {}, spec.question), ...rows.map((row) => row.node)),
    read: () => Object.fromEntries(spec.options.map((curve, i) => [curve.key, rows[i].read()])),
    clear: () => rows.forEach((row) => row.clear()),
  };
}

const PREDICTION_KINDS = {
  choice: (spec) => radios(spec.question, spec.options),
  number: numberField,
  direction: directions,
};

function renderPrediction({ model, el: host }) {
  const spec = model.get("spec");
  const verdict = spec.judge !== "the model";
  const question = PREDICTION_KINDS[spec.kind](spec);
  const sure = radios("How sure are you?", spec.confidences.map((word) => ({ key: word, text: word })), "ig-inline");
  const problem = el("p", { class: "ig-problem", role: "status" });
  const kernel = kernelLine(model, (text) => (problem.textContent = text));
  const form = el("form", {
    novalidate: "",
    onsubmit: (event) => {
      event.preventDefault();
      kernel.send({ type: "predict", answer: question.read(), confidence: sure.read() });
    },
  }, question.node, sure.node,
  button(verdict ? "Record my verdict" : "Record my prediction", null, "ig-button"));
  const result = control("div", { class: "ig-feedback", "aria-live": "polite", tabindex: "-1" });
  const again = button(verdict ? "Decide again" : "Predict again", () => kernel.send({ type: "again" }));
  const asked = el("p", { class: "ig-asked" }, spec.question);
  let status = null;

  function draw() {
    kernel.heard();
    const state = model.get("state");
    const done = state.status === "done";
    const moved = status !== null && status !== state.status;
    form.hidden = done;
    asked.hidden = again.hidden = !done;
    problem.textContent = [state.problem, model.get("message")].filter(Boolean).join(" ");
    const told = (name, text) => (text ? el("p", {}, el("strong", {}, `${name}: `), text) : null);
    result.replaceChildren(...(done ? [
      told(verdict ? "You said" : "You predicted", state.said),
      told(spec.judge[0].toUpperCase() + spec.judge.slice(1), state.model),
      state.head ? el("p", { class: state.head.startsWith("✓") ? "ig-right" : "ig-wrong" },
        el("strong", {}, `${state.head}. `), state.difference) : null,
      state.model ? told("What this teaches", state.meaning) : null,
    ] : []).filter(Boolean));
    if (moved && done) result.focus();
    if (moved && !done) { question.clear(); sure.clear(); form.querySelector("input").focus(); }
    status = state.status;
  }

  host.classList.add("ig-widget");
  host.append(el("section", { class: "ig-card" }, el("p", { class: "ig-title" }, verdict ? "Your verdict" : "Predict first"),
    asked, form, problem, result, again));
  model.on("change:state change:message", draw);
  draw();
  return () => model.off("change:state change:message", draw);
}

export default { render: renderPrediction };
