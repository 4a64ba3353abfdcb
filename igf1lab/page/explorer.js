// Explorer: the page keeps rows (the curves of one slider setting) and draws from them at once.
// It asks the kernel only for rows it lacks: the setting under the hand first, then sweeps. Where
// no kernel is (prefetch: false), a host answers, and no more is asked for than is shown.

import { button, control, el } from "./dom.js";
import { gated } from "./gate.js";
import { numberBox } from "./number_box.js";

const BATCH = 64; // rows wished for in one message; the kernel answers as many as fit its budget
const SILENCE_MS = 4000; // no answer for so long: say that the kernel is not there
const NO_HOST = "This setting cannot be computed in this page.";
const OFFLINE = "The kernel is not answering, so this setting cannot be computed. Settings that this page holds still move. To get all of them, run the Setup cell at the top, then this cell again.";
const NARROW_PX = 400; // a narrower figure gets the drawing with larger words
const SETTLE_MS = 120; // wait for the hand to rest before the sweeps are recomputed

const single = (v) => Number(v.toPrecision(7)); // what a float32 knows
const digits = (v) => (v === 0 ? "0" : Number(v.toPrecision(4)).toLocaleString("en", { maximumSignificantDigits: 4 }));

// Where the sliders stand, kept while the tab is open: a page is often loaded again. An explorer
// that was run anew has another `born`, and starts anew.
function memory({ name, sliders }, born) {
  const key = `igf1-explorer ${name} ${born ?? ""}`;
  const isState = (at) => Array.isArray(at) && at.length === sliders.length
    && at.every((i, k) => sliders[k].values[i] !== undefined);
  return {
    recall() {
      let at = null;
      try { at = JSON.parse(sessionStorage.getItem(key)); } catch { /* a refused store, or not ours */ }
      return isState(at) ? at : null;
    },
    keep(at) {
      try { sessionStorage.setItem(key, JSON.stringify(at)); } catch { /* a full or refused store */ }
    },
  };
}

// One row of bytes -> Float32Array (copied: the buffer may start at any byte).
const floats = (view, offset, bytes) =>
  new Float32Array(view.buffer.slice(view.byteOffset + offset, view.byteOffset + offset + bytes));

// Whether two rows show the same.
function alike(a, b) {
  for (let i = 0; i < a.numbers.length; i++) if (a.numbers[i] !== b.numbers[i]) return false;
  for (let i = 0; i < a.data.length; i++) if (a.data[i] !== b.data[i]) return false;
  return true;
}

// What of a curve's SVG group is moved: its line and its markers.
const movable = (group) => ({
  path: group.querySelector("path:not(defs path)"),
  marks: [...group.querySelectorAll("use")],
});

function pathData(curve, row) {
  const { n, at, px, py } = curve;
  let out = "";
  for (let i = 0; i < n; i++) {
    let x = curve.x ? curve.x[i] : row[at + i];
    let y = row[at + (curve.x ? 0 : n) + i];
    x = px.scale * (px.log ? Math.log10(x) : x) + px.shift;
    y = py.scale * (py.log ? Math.log10(y) : y) + py.shift;
    out += (i ? "L" : "M") + Math.round(x * 100) / 100 + " " + Math.round(y * 100) / 100;
  }
  return curve.closed ? out + "Z" : out;
}

function renderExplorer({ model, el: root }) {
  const spec = model.get("spec");
  const ahead = model.get("prefetch") !== false; // whether sweeps are fetched before they are wished
  const remembered = memory(spec, model.get("born"));
  const curves = spec.curves.map((c) => ({ ...c }));
  let offset = 0;
  for (const c of curves) {
    c.at = offset;
    offset += c.x ? c.n : 2 * c.n;
  }
  const rowBytes = offset * 4;
  const uid = `${spec.name}-${Math.random().toString(36).slice(2, 8)}`;

  // --- rows held ---------------------------------------------------------------------
  const rows = new Map();
  const keep = (texts, view) => {
    texts.forEach((t, i) => {
      rows.delete(t.at.join());
      rows.set(t.at.join(), { ...t, data: floats(view, i * rowBytes, rowBytes) });
    });
    while (rows.size * rowBytes > spec.held_bytes) rows.delete(rows.keys().next().value);
  };
  keep(model.get("start").rows, model.get("start_rows"));
  if (model.get("held").rows) keep(model.get("held").rows, model.get("held_rows"));

  // --- state -------------------------------------------------------------------------
  const home = [...model.get("start").rows[0].at];
  let state = remembered.recall() ?? [...home];
  let note = ""; // what became of a number that was typed
  let drawn = null;
  let ghost = null;
  let hand = 0; // the slider under the hand
  let moved = null; // the slider moved last; null after Reset and scenarios
  const broken = new Map(); // settings the model could not compute -> what it says of them
  let passing = null; // { at, problem } of a setting that may be had when it is asked for again

  // --- page --------------------------------------------------------------------------
  const picture = el("div", { class: "ig-picture" });
  const sentence = el("p", { class: "ig-sentence", id: `${uid}-s`, "aria-live": "polite" });
  let svg = null;
  let mounted = null; // "wide" or "narrow"

  function mount(width) { // the same figure is drawn for wide and for narrow pages
    const wanted = width && width < NARROW_PX ? "narrow" : "wide";
    if (wanted === mounted) return;
    mounted = wanted;
    picture.innerHTML = spec[wanted].svg;
    svg = picture.querySelector("svg");
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-labelledby", `${uid}-s`);
    svg.removeAttribute("width");
    svg.removeAttribute("height");
    for (const c of curves) {
      const group = svg.querySelector(`[id="${spec.name}-${c.key}"]`);
      group.setAttribute("data-curve", c.key);
      group.removeAttribute("id");
      Object.assign(c, { group }, movable(group));
      Object.assign(c, spec[wanted].axes[c.key]);
    }
    if (drawn) paint(drawn);
    if (ghost) paintGhost();
  }

  const status = el("p", { class: "ig-status", role: "status" });
  const controls = el("div", { class: "ig-controls" });
  const inputs = spec.sliders.map((s, k) => {
    const id = `${uid}-${k}`;
    const label = el("label", { for: id }, s.unit ? `${s.label} (${s.unit})` : s.label);
    const touch = () => { if (hand !== k) { hand = k; plan(); } };
    if (s.choice) {
      const menu = control("select", { id, "data-name": s.name }, ...s.values.map((v, i) => el("option", { value: i }, v)));
      menu.addEventListener("change", () => { move(k, +menu.value); settle(); });
      menu.addEventListener("focus", touch);
      controls.append(el("div", { class: "ig-control" }, label, menu));
      return { set: (i) => { menu.value = i; } };
    }
    const range = control("input", { type: "range", id, min: 0, max: s.values.length - 1, step: 1, "data-name": s.name });
    const box = numberBox(s, (i, said) => {
      move(k, i ?? state[k], said);
      settle();
    });
    range.addEventListener("input", () => move(k, +range.value));
    range.addEventListener("change", settle);
    range.addEventListener("pointerenter", touch);
    range.addEventListener("focus", touch);
    controls.append(el("div", { class: "ig-control" }, label, range, box.node));
    return {
      set: (i) => {
        range.value = i;
        range.setAttribute("aria-valuetext", `${s.values[i]} ${s.unit}`.trim());
        box.set(i);
      },
    };
  });

  const plain = (text, act) => button(text, act, null); // explorer.css styles buttons without a class
  const go = (at) => { state = [...at]; moved = null; note = ""; show(); settle(); };
  const scenarios = el("div", { class: "ig-buttons", role: "group", "aria-label": "Scenarios" });
  spec.scenarios.forEach((s) => scenarios.append(plain(s.label, () => go(s.at))));
  const keepButton = plain("Keep this curve", () => {
    ghost = ghost ? null : drawn;
    paintGhost();
  });
  const actions = el("div", { class: "ig-buttons" }, plain("Reset", () => go(home)), keepButton);

  const table = el("table", { class: "ig-table" });
  const details = el("details", {}, control("summary", {}, "Table"), table, plain("Download CSV", download));
  details.addEventListener("toggle", () => fillTable());

  const figure = el("div", { class: "ig-stage" }, sentence, picture, status);
  const side = el("div", { class: "ig-side" }, controls, scenarios, actions, details);
  const heading = el("p", { class: "ig-title", id: `${uid}-t` }, spec.title);
  const body = el("div", { class: "ig-body" }, figure, side);
  const box = el("div", { class: "ig-explorer", dir: "ltr", role: "group", "aria-labelledby": `${uid}-t`, "data-name": spec.name }, heading, body);
  root.append(box);

  // --- drawing -----------------------------------------------------------------------
  function place(curve, row, { path, marks }) { // put the line and the markers where the row says
    const d = pathData(curve, row.data);
    path?.setAttribute("d", d);
    if (!marks.length) return;
    d.slice(1).split("L").forEach((point, i) => {
      const [x, y] = point.split(" ");
      marks[i]?.setAttribute("x", x);
      marks[i]?.setAttribute("y", y);
    });
  }

  function paint(row) {
    for (const c of curves) place(c, row, c);
    sentence.textContent = row.sentence;
    drawn = row;
    if (details.open) fillTable();
  }

  function paintGhost() {
    svg.querySelectorAll(".ig-ghost").forEach((node) => node.remove());
    keepButton.textContent = ghost ? "Drop the kept curve" : "Keep this curve";
    if (ghost) {
      for (const c of curves) {
        const twin = c.group.cloneNode(true);
        twin.removeAttribute("data-curve");
        twin.classList.add("ig-ghost");
        twin.querySelectorAll("defs").forEach((node) => node.remove()); // an id stands once in a page
        place(c, ghost, movable(twin));
        twin.classList.toggle("ig-outline", c.closed);
        if (c.closed) c.group.after(twin); // a taller bar would hide it
        else c.group.before(twin);
      }
    }
    fillTable();
  }

  const where = (at) => spec.sliders.map((s, k) => `${s.label} ${s.values[at[k]]} ${s.unit}`.trim()).join(", ");

  function fillTable() {
    if (!drawn) return;
    const head = el("tr", {}, el("th", { scope: "col" }, "Quantity"), el("th", { scope: "col" }, "Now"));
    if (ghost) head.append(el("th", { scope: "col" }, "Kept"));
    const body = spec.numbers.map((q, i) => {
      const tr = el("tr", {}, el("th", { scope: "row" }, q.unit ? `${q.label} (${q.unit})` : q.label), el("td", {}, digits(drawn.numbers[i])));
      if (ghost) tr.append(el("td", {}, digits(ghost.numbers[i])));
      return tr;
    });
    const caption = el("caption", {}, `Now: ${where(drawn.at)}.${ghost ? ` Kept: ${where(ghost.at)}.` : ""}`);
    table.replaceChildren(caption, el("thead", {}, head), el("tbody", {}, ...body));
  }

  function download() { // one value a line: settings, numbers, curves; each as shown, then as kept
    const shown = [["now", drawn], ...(ghost ? [["kept", ghost]] : [])];
    const lines = [["part", "shown", "name", "x", "x_unit", "value", "unit"]];
    for (const [which, row] of shown) {
      spec.sliders.forEach((s, k) => lines.push(["setting", which, s.label, "", "", s.values[row.at[k]], s.unit]));
    }
    for (const [which, row] of shown) {
      spec.numbers.forEach((q, i) => lines.push(["number", which, q.label, "", "", row.numbers[i], q.unit]));
    }
    for (const [which, row] of shown) {
      for (const c of curves) {
        const name = c.label.startsWith("_") ? c.key : c.label;
        for (let i = 0; i < c.n; i++) {
          const x = c.x ? c.x[i] : single(row.data[c.at + i]);
          lines.push(["curve", which, name, x, c.x_unit, single(row.data[c.at + (c.x ? 0 : c.n) + i]), c.y_unit]);
        }
      }
    }
    if (shown.some(([, row]) => row.coarse)) lines.push(["note", "", "curve values are rounded to 1/4000 of their axis", "", "", "", ""]);
    const quote = (v) => (/[",\n]/.test(v) ? `"${String(v).replaceAll('"', '""')}"` : v);
    const text = lines.map((line) => line.map(quote).join()).join("\n");
    const link = el("a", { download: `${spec.name}.csv`, href: URL.createObjectURL(new Blob([text], { type: "text/csv" })) });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  function show() {
    state.forEach((i, k) => inputs[k].set(i));
    const row = rows.get(state.join());
    if (row) paint(row);
    else ask();
    report();
  }

  function move(k, i, said = "") {
    hand = moved = k;
    state[k] = i;
    note = said;
    show();
  }

  function idle() { // whether the slider moved last shows the same wherever it stands
    return moved !== null && spec.sliders[moved].values.every((_, i) => {
      const row = rows.get(state.map((j, k) => (k === moved ? i : j)).join());
      return row && alike(row, drawn);
    });
  }

  function report() { // the status line says why the picture is not the one asked for, or does not move
    const at = state.join();
    const problem = broken.get(at) ?? (passing?.at === at ? passing.problem : "");
    const waits = !rows.has(at);
    if (problem) say(note, problem, "The figure still shows the setting before.");
    else if (waits && offline) say(note, ahead ? OFFLINE : NO_HOST);
    else if (waits && waiting) say(note, waiting);
    else say(note, idle() ? `${spec.sliders[moved].label} changes nothing at these settings.` : "");
  }

  // --- asking the kernel ---------------------------------------------------------------
  let wishes = []; // sweep rows still to be fetched, in order
  let urgent = null; // id of the one request for the setting under the hand
  const flying = new Map(); // id -> timer
  let nextId = 1;
  let offline = false;
  let waiting = ""; // what a host says while it cannot answer yet
  let settling = null;

  const say = (...sentences) => {
    const text = sentences.filter(Boolean).join(" ");
    if (status.textContent !== text) status.textContent = text;
  };

  function send(list) {
    const id = `${uid}:${nextId++}`; // another view of the same widget hears our answers too
    const timer = ahead && setTimeout(() => { offline = true; flying.delete(id); if (urgent === id) urgent = null; report(); }, SILENCE_MS);
    flying.set(id, timer);
    try {
      model.send({ id, rows: list });
    } catch {
      clearTimeout(timer);
      flying.delete(id);
      offline = true;
      report();
      return null;
    }
    return id;
  }

  function ask() { // a kernel gets at most one such request; when it comes back the newest wish is asked
    if ((urgent === null || !ahead) && !broken.has(state.join())) urgent = send([[...state]]);
  }

  function freshen(key) { // make a row that is needed here the last to be forgotten; whether it is held
    const row = rows.get(key);
    rows.delete(key);
    if (row) rows.set(key, row);
    return row !== undefined;
  }

  function plan() { // sweeps of every slider around the present state, the one under the hand first, nearest first
    const order = [...spec.sliders.keys()].sort((a, b) => (b === hand) - (a === hand));
    wishes = [];
    if (!ahead) { fetchNext(); return; }
    for (const k of order) {
      const near = [...spec.sliders[k].values.keys()].sort((a, b) => Math.abs(a - state[k]) - Math.abs(b - state[k]));
      for (const i of near) {
        const at = [...state];
        at[k] = i;
        if (!freshen(at.join()) && !broken.has(at.join())) wishes.push(at);
      }
    }
    spec.scenarios.forEach((s) => { if (!freshen(s.at.join())) wishes.push(s.at); });
    fetchNext();
  }

  function fetchNext() {
    wishes = wishes.filter((at) => !rows.has(at.join()) && !broken.has(at.join()));
    box.dataset.first = !wishes.some((at) => at[hand] !== state[hand]);
    box.dataset.ready = wishes.length === 0;
    box.dataset.bytes = rows.size * rowBytes;
    if (!wishes.length) {
      if (flying.size === 0 && ahead) hold();
      return;
    }
    if (flying.size === 0) send(wishes.slice(0, BATCH));
  }

  function settle() {
    clearTimeout(settling);
    settling = setTimeout(() => { remembered.keep(state); plan(); }, SETTLE_MS);
  }

  function hold() { // what a saved notebook will still be able to show; not sent to the kernel
    const near = (r) => r.at.filter((i, k) => i !== state[k]).length < 2;
    const list = [...rows.values()].filter(near);
    const bytes = new Uint8Array(list.length * rowBytes);
    list.forEach((r, i) => bytes.set(new Uint8Array(r.data.buffer), i * rowBytes));
    model.set("held", { rows: list.map(({ data, ...text }) => text) });
    model.set("held_rows", new DataView(bytes.buffer));
  }

  const onMessage = (message, buffers) => {
    if (message.type) return; // it is for the keeper
    if (message.waiting !== undefined) { // it is heard, and needs longer
      if (!flying.has(message.id)) return;
      waiting = message.waiting;
      report();
      return;
    }
    clearTimeout(flying.get(message.id));
    flying.delete(message.id);
    offline = false;
    waiting = "";
    if (message.rows.length) keep(message.rows, buffers[0]);
    passing = null;
    if (message.passing) passing = { at: message.at.join(), problem: message.problem };
    else if (message.problem) broken.set(message.at.join(), message.problem);
    if (message.id === urgent) urgent = null;
    const row = rows.get(state.join());
    if (row && row !== drawn) paint(row);
    if (!row && urgent === null && !passing) ask();
    report();
    fetchNext();
  };
  model.on("msg:custom", onMessage);

  mount();
  const watch = new ResizeObserver((entries) => mount(entries[0].contentRect.width));
  watch.observe(picture);
  if (!ahead) box.addEventListener("pointerenter", () => send([]), { once: true }); // wishes are near
  if (!rows.has(state.join())) paint(rows.get(home.join()));
  show();
  plan();
  return () => {
    watch.disconnect();
    model.off("msg:custom", onMessage);
    clearTimeout(settling);
    flying.forEach((timer) => clearTimeout(timer));
  };
}

export default { render: (part) => gated(part, renderExplorer) };
