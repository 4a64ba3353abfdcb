// The trust map: one mark on every claim of the article, before the course and after it.
//
// Marks lie on a fixed scale from "holds in people" to "points the other way"; "I don't know" is
// always there. What is chosen stays on the page until it is recorded as a whole. The marks made
// before are the first ones recorded, so that nobody can better them later.

import { button, el, radios, sayAgain } from "./dom.js";
import { joinKeeper } from "./keeper.js";
import { newRecord } from "./progress.js";
import { storeNote } from "./store_note.js";
import { marksOf, trustContext } from "./trust_score.js";

const REST = "Mark the rest: I don't know";

function renderTrust({ model, el: host }) {
  const { keeper, leave } = joinKeeper(model);
  const [claims, steps, when] = ["claims", "steps", "when"].map((name) => model.get(name));
  const rows = claims.map((claim) => ({ claim, part: radios(claim.says, steps, "ig-trust-row") }));
  const count = el("p", { class: "ig-summary", role: "status" });
  const problem = el("p", { class: "ig-problem", role: "status" });
  const note = storeNote(keeper);
  const record = button("Record my marks", null, "ig-button");
  const rest = button(REST, () => {
    for (const { part } of rows) if (!part.read()) part.write("unknown");
    tell();
  });
  const lanes = [...new Set(claims.map((claim) => claim.lane))];
  const form = el("form", {
    novalidate: true,
    onchange: tell,
    onsubmit: (event) => { event.preventDefault(); keep(); },
  }, ...lanes.flatMap((lane) => [
    el("p", { class: "ig-lane-name" }, lane),
    ...rows.filter(({ claim }) => claim.lane === lane).map(({ part }) => part.node),
  ]), count, el("div", { class: "ig-row" }, record, rest));
  let recorded = false;

  function tell() {
    sayAgain(problem, "");
    const open = rows.filter(({ part }) => !part.read()).length;
    count.textContent = recorded
      ? `Recorded: ${claims.length} marks. ${when === "before" ? "Lesson 11 asks the same again and shows what moved." : "The picture below shows what moved."}`
      : `${claims.length - open} of ${claims.length} marked.`;
    rest.hidden = record.hidden = recorded;
    rest.disabled = !open;
  }

  function keep() {
    const open = rows.find(({ part }) => !part.read());
    if (open) {
      open.part.node.after(problem); // where the focus goes, so that both are seen
      sayAgain(problem, `This claim has no mark yet. Choose one, or press “${REST}” at the end.`);
      open.part.node.querySelector("input").focus();
      return;
    }
    keeper.add(rows.map(({ claim, part }) => newRecord({
      kind: "trust", lesson: claim.lesson, item: claim.id, context: trustContext(when), claims: [claim.id], answer: part.read(),
    })));
  }

  function draw() {
    const marks = marksOf(keeper.records(), when);
    recorded = claims.every((claim) => marks.has(claim.id));
    for (const { claim, part } of rows) {
      if (marks.has(claim.id)) part.write(marks.get(claim.id));
      part.node.disabled = recorded;
    }
    note.tell();
    tell();
  }

  host.classList.add("ig-widget");
  host.append(el("section", { class: "ig-card ig-trust" },
    el("p", { class: "ig-title" }, when === "before" ? "Your trust map today" : "Your trust map after the course"),
    form, problem, note.node));
  const end = keeper.subscribe(draw);
  draw();
  return () => { end(); leave(); };
}

export default { render: renderTrust };
