// The progress panel: the claim map coloured by mastery, the same as a list, what is still held
// wrongly, how sure and how right, the gain, a review; and the progress file to carry in and out.

import { button, control, el } from "./dom.js";
import { joinKeeper } from "./keeper.js";
import {
  EXPORT_NAME, LOOKS_OF_MASTERY, MASTERY_RULE, MAX_EXPORT_BYTES, NO_EXPORT, calibrationOf, masteryOf, misconceptionsHeld,
  readExport,
} from "./progress.js";
import { drawReview } from "./review.js";
import { downloadProgress } from "./store_note.js";

// In JupyterLab the lessons lie in notebooks/; where that is can only be told from the address. A
// page of the web edition says where the site begins.
function lessonLink(lesson) {
  const file = `${lesson}.ipynb`;
  const { root } = document.body.dataset;
  if (root !== undefined) {
    const href = new URL(`lessons/${lesson}.html`, new URL(root, document.baseURI)).href;
    return control("a", { href }, `lesson ${Number(lesson.slice(0, 2))}`);
  }
  const here = location.pathname.match(/^(.*\/notebooks\/)[^/]+\.ipynb$/);
  return here ? control("a", { href: here[1] + file, target: "_blank", rel: "noopener" }, file) : `notebooks/${file}`;
}

function about(claim, mastery) {
  const items = `${mastery.items} ${mastery.items === 1 ? "item" : "items"}`;
  return [
    el("p", {}, `The article: ${claim.says}`),
    el("p", {}, `${LOOKS_OF_MASTERY[mastery.word].symbol} ${mastery.word}, ${items} answered. Lesson: `, lessonLink(claim.lesson)),
  ];
}

// Restores a downloaded file into a keeper and returns a sentence.
export async function restoreFile(file, keeper) {
  if (file.size > MAX_EXPORT_BYTES) return `${NO_EXPORT} (it is too large).`;
  let records;
  try { records = readExport(await file.text()); } catch (fault) { return fault.message; }
  await keeper.ready;
  const known = new Set(keeper.records().map((each) => each.uid));
  const fresh = records.filter((each) => !known.has(each.uid));
  if (!fresh.length) return "Nothing new was in that file.";
  keeper.restore(fresh);
  return fresh.length === 1 ? "1 new answer was added." : `${fresh.length} new answers were added.`;
}

function carry(keeper, said) {
  const download = () => {
    downloadProgress(keeper);
    said.textContent = `${EXPORT_NAME} was sent to your downloads.`;
  };
  const file = control("input", {
    type: "file", accept: ".json,application/json",
    onchange: async () => {
      if (!file.files.length) return;
      said.textContent = await restoreFile(file.files[0], keeper);
      file.value = "";
    },
  });
  return el("div", { class: "ig-row ig-carry" },
    button("Download my progress", download, "ig-button"), el("label", {}, "Restore from a file ", file));
}

function section(title, lines, none) {
  if (!lines.length && !none) return [];
  return [
    el("p", { class: "ig-lane-name" }, title),
    lines.length ? el("ul", {}, ...lines.map((line) => el("li", {}, line))) : el("p", {}, none),
  ];
}

function summary(records, beliefs) {
  const held = misconceptionsHeld(records).filter(([id]) => beliefs[id]) // a file may name one long gone
    .map(([id]) => `${beliefs[id].claim}: “${beliefs[id].belief}” But: ${beliefs[id].why_wrong}`);
  const sure = calibrationOf(records).map((each) => `${each.word}: right ${each.right} of ${each.of}`);
  return [
    el("p", { class: "ig-sources" }, MASTERY_RULE),
    ...section("Misconceptions still held", held, "None shown by your last answers."),
    ...section("How sure, and how often right at the first try", sure, ""),
  ];
}

function renderPanel({ model, el: host }) {
  const { keeper, leave } = joinKeeper(model);
  const [claims, beliefs] = [model.get("claims"), model.get("beliefs")];
  const map = el("div", { class: "ig-map-box" });
  const drawing = el("div", {});
  const list = el("div", { class: "ig-claim-list", hidden: "" });
  const detail = el("div", { class: "ig-detail", role: "status", hidden: "" });
  const legend = el("p", { class: "ig-legend" },
    Object.entries(LOOKS_OF_MASTERY).map(([word, { symbol }]) => `${symbol}\u00a0${word.replace(" ", "\u00a0")}`).join("   "));
  const panel = el("div", { class: "ig-panel-parts" });
  const review = el("div", { class: "ig-review" }, el("p", { class: "ig-lane-name" }, "Review"));
  const message = el("p", { class: "ig-problem", role: "status" });
  const said = el("p", { class: "ig-said", role: "status" });
  let mastery = new Map();
  let chosen = null;
  let asList = false;

  drawing.innerHTML = model.get("svg");
  map.append(drawing, detail);
  const arrows = [...drawing.querySelectorAll("[data-claim]")];
  const named = new Map(arrows.map((node) => [node.dataset.claim, { node, label: node.getAttribute("aria-label"),
    text: node.querySelector(".ig-arrow-name").textContent }]));
  const toggle = button("", () => { asList = !asList; show(); });

  function show() {
    const narrow = host.clientWidth > 0 && host.clientWidth < 600;
    map.hidden = asList || narrow;
    list.hidden = !map.hidden;
    toggle.hidden = narrow;
    toggle.textContent = asList ? "Show as a map" : "Show as a list";
  }

  function colour() {
    for (const [id, { node, label, text }] of named) {
      const { word } = mastery.get(id);
      const { look, symbol } = LOOKS_OF_MASTERY[word];
      for (const each of Object.values(LOOKS_OF_MASTERY)) node.classList.toggle(`ig-${each.look}`, each.look === look);
      node.setAttribute("aria-label", `${label} ${word}`);
      node.querySelector(".ig-arrow-name").textContent = `${symbol} ${text}`;
      node.querySelector(".ig-arrow-word").textContent = word;
    }
  }

  function choose(id) { // its text opens right below the arrow, where the eye is
    const last = named.get(chosen)?.node;
    chosen = id;
    const claim = claims.find((each) => each.id === id);
    for (const [name, { node }] of named) {
      node.classList.toggle("ig-chosen", name === id);
      node.setAttribute("aria-pressed", name === id);
    }
    detail.hidden = !claim;
    if (!claim) { detail.replaceChildren(); last?.focus(); return; }
    const close = button("Close", () => choose(null), "ig-button ig-quiet");
    detail.replaceChildren(el("p", {}, el("strong", {}, `${id}: ${claim.short}`)), ...about(claim, mastery.get(id)), close);
    const [box, arrow] = [map.getBoundingClientRect(), named.get(id).node.getBoundingClientRect()];
    detail.style.top = `${arrow.bottom - box.top + 4}px`;
    detail.scrollIntoView({ block: "nearest" });
  }

  map.addEventListener("click", (event) => {
    const node = event.target.closest("[data-claim]");
    if (node) choose(node.dataset.claim === chosen ? null : node.dataset.claim);
  });
  map.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && chosen) { choose(null); event.preventDefault(); return; }
    const node = event.target.closest("[data-claim]");
    if (!node) return;
    const by = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    if (event.key === "Enter" || event.key === " ") choose(node.dataset.claim);
    else if (by) arrows[(arrows.indexOf(node) + by + arrows.length) % arrows.length].focus();
    else return;
    event.preventDefault();
  });

  function drawList() {
    const open = new Set([...list.querySelectorAll("details[open]")].map((each) => each.dataset.claim));
    const lanes = [...new Set(claims.map((claim) => claim.lane))];
    list.replaceChildren(...lanes.flatMap((lane) => [
      el("p", { class: "ig-lane-name" }, lane),
      el("ul", {}, ...claims.filter((claim) => claim.lane === lane).map((claim) => {
        const { word } = mastery.get(claim.id);
        return el("li", {}, el("details", { "data-claim": claim.id, open: open.has(claim.id) },
          control("summary", {}, `${LOOKS_OF_MASTERY[word].symbol} ${claim.id} ${claim.short}: ${word}`),
          ...about(claim, mastery.get(claim.id))));
      })),
    ]));
  }

  function draw() {
    const records = keeper.records();
    mastery = masteryOf(records, claims);
    colour();
    drawList();
    panel.replaceChildren(...summary(records, beliefs));
    const place = keeper.place ? `Your answers are kept in ${keeper.place}.` : "";
    message.textContent = keeper.message;
    kept.textContent = keeper.message ? "" : place;
  }

  const kept = el("p", { class: "ig-sources" });
  host.classList.add("ig-widget");
  host.append(el("section", { class: "ig-card" }, el("p", { class: "ig-title" }, "The map of the claims"),
    el("div", { class: "ig-row" }, toggle), legend, map, list, panel, review, carry(keeper, said), said, kept, message));
  const end = drawReview(review, keeper, { items: model.get("items"), claims, svg: model.get("map_svg") });
  const unsubscribe = keeper.subscribe(draw);
  const watcher = new ResizeObserver(show);
  watcher.observe(host);
  draw();
  show();
  return () => {
    watcher.disconnect();
    unsubscribe();
    end();
    leave();
  };
}

export default { render: renderPanel };
