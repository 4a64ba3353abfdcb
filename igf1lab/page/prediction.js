// A prediction: the learner commits to an answer before the outcome is shown. What is shown follows
// from the record of the prediction, so that it stays open when the lesson is opened again.

import { CONFIDENCES, DIRECTIONS, comparePrediction, predictionSaid, readPrediction } from "./judge.js";
import { answerForm, button, control, el, numberInput, radios, sayAgain, unique } from "./dom.js";
import { joinKeeper } from "./keeper.js";
import { numberText } from "./numbers.js";
import { lastAnswers, newRecord } from "./progress.js";
import { storeNote } from "./store_note.js";

const asOptions = (words) => words.map((word) => ({ key: word, text: word }));

function numberField(spec) {
  const id = unique("ig-predict");
  const input = numberInput(id);
  const range = `from ${numberText(spec.low)} to ${numberText(spec.high, spec.unit)}`;
  const node = el("fieldset", {}, el("legend", {}, spec.question), el("div", { class: "ig-row" },
    el("label", { for: id }, "Your number"), input, el("span", {}, `${spec.unit} (${range})`)));
  return { node, read: () => input.value, clear: () => (input.value = "") };
}

function directionRows(spec) {
  const ways = Object.entries(DIRECTIONS).map(([key, text]) => ({ key, text }));
  const rows = spec.options.map((curve) => radios(curve.text, ways, "ig-inline"));
  return {
    node: el("fieldset", {}, el("legend", {}, spec.question), ...rows.map((row) => row.node)),
    read: () => Object.fromEntries(spec.options.map((curve, i) => [curve.key, rows[i].read()])),
    clear: () => rows.forEach((row) => row.clear()),
  };
}

const PREDICTION_KINDS = {
  choice: (spec) => radios(spec.question, spec.options),
  number: numberField,
  direction: directionRows,
};

const toldAs = (name, text) => (text ? el("p", {}, el("strong", {}, `${name}: `), text) : null);

function outcomeLines(spec, outcome, record, value, verdict) {
  const said = `${predictionSaid(spec, value)} (${record.confidence})`;
  const judge = spec.judge[0].toUpperCase() + spec.judge.slice(1);
  const you = toldAs(verdict ? "You said" : "You predicted", said);
  if (outcome.problem) return [you, el("p", { class: "ig-problem" }, outcome.problem)];
  const { good, head, difference } = comparePrediction(spec, value, outcome.answer);
  const look = good === null ? "ig-neutral" : good ? "ig-right" : "ig-wrong";
  return [
    you,
    toldAs(judge, outcome.text),
    head || difference ? el("p", { class: look }, head ? el("strong", {}, `${head}. `) : null, difference) : null,
    toldAs("What this teaches", spec.meaning),
  ];
}

function renderPrediction({ model, el: host }) {
  const { keeper, leave } = joinKeeper(model);
  const [spec, outcome] = [model.get("spec"), model.get("outcome")];
  const verdict = spec.judge !== "the model";
  const question = PREDICTION_KINDS[spec.kind](spec);
  const sure = radios("How sure are you?", asOptions(CONFIDENCES), "ig-inline");
  const problem = el("p", { class: "ig-problem", role: "status" });
  const note = storeNote(keeper);
  const form = answerForm(record, question.node, sure.node,
    button(verdict ? "Record my verdict" : "Record my prediction", null, "ig-button"));
  const result = control("div", { class: "ig-feedback", "aria-live": "polite", tabindex: "-1" });
  const again = button(verdict ? "Decide again" : "Predict again", () => { left = given()?.uid; draw(); });
  const asked = el("p", { class: "ig-asked" }, spec.question);
  const reveal = el("div", { class: "ig-reveal" });
  let left = null; // the record that "Predict again" has left behind
  let shown = null;
  let used = false; // what is wrong with the store is told where the learner answers

  function given() { // a question reworded since then does not understand its old answer: it is asked again
    const last = lastAnswers(keeper.records(), "prediction").get(spec.id);
    return last && last.uid !== left && !readPrediction(spec, last.answer).problem ? last : null;
  }

  function record() {
    const { value, problem: words } = readPrediction(spec, question.read());
    const confidence = sure.read();
    sayAgain(problem, words ?? (confidence ? "" : "Say how sure you are."));
    if (words || !confidence) return;
    used = true;
    keeper.add([newRecord({
      kind: "prediction", lesson: spec.lesson, item: spec.id, context: "prediction",
      claims: spec.claims, answer: value, confidence,
    })]);
  }

  function draw() {
    note.tell(used);
    const last = given();
    if (shown !== null && shown === (last?.uid ?? "")) return;
    const [first, hadFocus] = [shown === null, host.contains(document.activeElement)];
    shown = last?.uid ?? "";
    sayAgain(problem, "");
    form.hidden = Boolean(last);
    asked.hidden = again.hidden = reveal.hidden = !last;
    const value = last && readPrediction(spec, last.answer).value;
    result.replaceChildren(...(last ? outcomeLines(spec, outcome, last, value, verdict).filter(Boolean) : []));
    if (last && !reveal.firstChild) reveal.innerHTML = model.get("reveal");
    if (first || !hadFocus) return;
    if (last) result.focus();
    else { question.clear(); sure.clear(); form.querySelector("input").focus(); }
  }

  host.classList.add("ig-widget");
  host.append(el("section", { class: "ig-card" },
    el("p", { class: "ig-title" }, verdict ? "Your verdict" : "Predict first"),
    asked, form, problem, result, again, note.node), reveal);
  const end = keeper.subscribe(draw);
  draw();
  return () => { end(); leave(); };
}

export default { render: renderPrediction };
