// What moved: the claim map once more, with a small scale in every arrow that carries three marks,
// what the learner thought before, what they think now, and the course's verdict.

import { el } from "./dom.js";
import { joinKeeper } from "./keeper.js";
import { POST_TEST, PRE_TEST } from "./progress.js";
import { UNKNOWN, marksOf, moved, pairsOf, trustScore } from "./trust_score.js";

const SVG = "http://www.w3.org/2000/svg";
const shape = (tag, attributes) => {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
};

// A scale of five stops in the lower right of an arrow.
function scaleMarks(arrow, { before, after, verdict }, scale) {
  const [step, right, y] = [16, arrow.x + arrow.width - 26, arrow.y + 33];
  const at = (key) => right - (scale.length - 1 - scale.indexOf(key)) * step;
  const group = shape("g", { class: "ig-marks", "aria-hidden": "true" });
  group.append(shape("line", { x1: at(scale[0]), x2: right, y1: y, y2: y }));
  for (const key of scale) group.append(shape("circle", { class: "ig-stop", cx: at(key), cy: y, r: 1.8 }));
  const goal = at(verdict);
  group.append(shape("path", { class: "ig-goal", d: `M${goal - 8},${y} L${goal},${y - 8} L${goal + 8},${y} L${goal},${y + 8} Z` }));
  if (before && before !== UNKNOWN) group.append(shape("circle", { class: "ig-before", cx: at(before), cy: y, r: 5.5 }));
  if (after && after !== UNKNOWN) group.append(shape("circle", { class: "ig-after", cx: at(after), cy: y, r: 3.6 }));
  return group;
}

const claimsSaid = (ids) => `${ids.length} ${ids.length === 1 ? "claim" : "claims"}`;

function scoreLine(name, score, words) {
  if (!score) return null;
  const constant = words.get(score.constant.key);
  const beside = `Anybody who answers “${constant}” to all of them lies ${score.constant.off.toFixed(1)} steps away, which is 0`;
  return el("li", {}, el("strong", {}, `${name}: ${String(score.skill).replace("-", "−")} of 100. `),
    `${score.off.toFixed(1)} steps from the course on average, ${score.unknown} of ${score.of} unknown. ${beside}.`);
}

function pairLine(name, pairs) {
  return pairs ? el("li", {}, el("strong", {}, `${name}: `), `${pairs.right} of ${pairs.of} right at the first try.`) : null;
}

function renderGain({ model, el: host }) {
  const { keeper, leave } = joinKeeper(model);
  const [claims, steps, verdicts, arrows] = ["claims", "steps", "verdicts", "arrows"].map((name) => model.get(name));
  const words = new Map(steps.map((each) => [each.key, each.text]));
  const scale = steps.map((each) => each.key).filter((key) => key !== UNKNOWN);
  const box = el("div", { class: "ig-gain", "aria-live": "polite" });
  host.classList.add("ig-widget");
  host.append(el("section", { class: "ig-card" }, el("p", { class: "ig-title" }, "What moved"), box));

  function picture(before, after) {
    const holder = el("div", { class: "ig-map-box" });
    holder.innerHTML = model.get("svg");
    const svg = holder.querySelector("svg");
    svg.setAttribute("role", "img");
    svg.removeAttribute("aria-hidden");
    svg.setAttribute("aria-label", "The claim map with your marks before and after and the course's verdict; the table below says the same.");
    for (const claim of claims) {
      const marks = { before: before.get(claim.id), after: after.get(claim.id), verdict: verdicts[claim.id] };
      svg.querySelector(`[data-claim="${claim.id}"]`).append(scaleMarks(arrows[claim.id], marks, scale));
    }
    holder.prepend(el("p", { class: "ig-legend" },
      `○ before   ● after   ◇ the course   Each scale runs from “${words.get(scale[0])}” to “${words.get(scale.at(-1))}”.`));
    return holder;
  }

  function table(before, after) {
    const cell = (key) => el("td", {}, words.get(key) ?? "–");
    const narrow = host.clientWidth > 0 && host.clientWidth < 600; // widgets.css hides the map there
    return el("details", { open: narrow }, el("summary", {}, "Claim by claim, as a table"), el("div", { class: "ig-scroll", tabindex: "0", role: "region", "aria-label": "Marks of every claim" },
      el("table", { class: "ig-table" }, el("thead", {}, el("tr", {}, ...["Claim", "Before", "After", "The course"].map((name) => el("th", { scope: "col" }, name)))),
        el("tbody", {}, ...claims.map((claim) => el("tr", {}, el("th", { scope: "row" }, `${claim.id} ${claim.short}`),
          cell(before.get(claim.id)), cell(after.get(claim.id)), cell(verdicts[claim.id])))))));
  }

  function draw() {
    const records = keeper.records();
    const [before, after] = [marksOf(records, "before"), marksOf(records, "after")];
    if (!after.size) {
      box.replaceChildren(el("p", {}, "Your picture appears here once you have recorded your marks above."));
      return;
    }
    const change = moved(before, after, verdicts, scale);
    const told = before.size
      ? `${claimsSaid(change.nearer)} moved nearer to the course's verdict, ${change.away.length} away from it, ${change.same.length} stayed.`
      : "You made no trust map before the course, so this shows where you stand now.";
    box.replaceChildren(el("p", {}, told),
      picture(before, after),
      el("ul", {}, ...[
        scoreLine("Before", trustScore(before, verdicts, scale), words), scoreLine("After", trustScore(after, verdicts, scale), words),
        pairLine("Concept questions before", pairsOf(records, PRE_TEST)), pairLine("Concept questions after", pairsOf(records, POST_TEST)),
        change.away.length ? el("li", {}, el("strong", {}, "Worth a second look: "), change.away.join(", "), ".") : null,
      ].filter(Boolean)),
      table(before, after));
  }

  const end = keeper.subscribe(draw);
  draw();
  return () => { end(); leave(); };
}

export default { render: renderGain };
