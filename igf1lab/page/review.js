// Review: says what is due and why, and asks it.

import { button, el } from "./dom.js";
import { joinKeeper } from "./keeper.js";
import { drawQuiz } from "./quiz.js";
import { reviewPlan } from "./schedule.js";
import { storeNote } from "./store_note.js";

const ideas = (count) => `${count} ${count === 1 ? "idea is" : "ideas are"}`;

function planned({ due, next, entries }, claims) {
  const name = (id) => `${id} ${claims.find((claim) => claim.id === id)?.short ?? ""}`.trim();
  const when = next ? ` The next is due ${next}.` : "";
  if (!entries.length) {
    return [el("p", {}, next ? `Nothing is due.${when}` : "Nothing is due yet. Answer a lesson's quiz first.")];
  }
  const head = due ? `${ideas(due)} due.` : `Nothing is due.${when} You may look back early.`;
  return [el("p", {}, head), el("details", {}, el("summary", {}, "What and why"),
    el("ul", {}, ...entries.map((each) => el("li", {}, el("strong", {}, `${name(each.idea)}: `), each.why))))];
}

// Draws a review into a host, which tells of the store itself, and returns a function that ends it.
export function drawReview(host, keeper, { items, claims, svg }) {
  const plan = el("div", { class: "ig-plan", "aria-live": "polite" });
  const start = button("Start the review", begin, "ig-button");
  const asked = el("div", {});
  let stop = () => {};
  let running = false;

  function tell() {
    if (running) return;
    const found = reviewPlan(keeper.records(), items);
    plan.replaceChildren(...planned(found, claims));
    start.hidden = !found.entries.length;
    start.textContent = found.entries.length === 1 ? "Review 1 item" : `Review ${found.entries.length} items`;
  }

  function begin() {
    stop();
    const { entries } = reviewPlan(keeper.records(), items);
    asked.replaceChildren();
    running = true;
    stop = drawQuiz(asked, keeper, {
      title: "Review", items: entries.map((each) => each.item), feedback: true, svg, tells: false,
      context: `review/${new Date().toISOString().slice(0, 19)}`,
    });
    start.hidden = true;
    asked.append(button("End this review", () => { stop(); asked.replaceChildren(); running = false; tell(); start.focus(); }));
    asked.querySelector("input, select, button")?.focus();
  }

  host.append(plan, start, asked);
  tell();
  const end = keeper.subscribe(tell);
  return () => { end(); stop(); };
}

function renderReview({ model, el: host }) {
  const { keeper, leave } = joinKeeper(model);
  const box = el("section", { class: "ig-card" }, el("p", { class: "ig-title" }, "Review"));
  const note = storeNote(keeper);
  host.classList.add("ig-widget");
  host.append(box);
  const end = drawReview(box, keeper, { items: model.get("items"), claims: model.get("claims"), svg: model.get("map_svg") });
  box.append(note.node);
  const quiet = keeper.subscribe(() => note.tell());
  note.tell();
  return () => { quiet(); end(); leave(); };
}

export default { render: renderReview };
