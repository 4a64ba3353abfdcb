// Puts life into a page: it brings each interactive part its module and its state when the reader
// comes near, and stands where JupyterLab and a kernel would: get, set, on, off, save_changes, send.

const root = () => new URL(document.body.dataset.root, document.baseURI); // of the site
const NEAR = "800px 0px"; // parts this near to the window come alive
export const FAILED = "This part could not be loaded. Check the connection, then reload the page.";

// --- the model of one part ---------------------------------------------------------------

export class PageModel {
  // `answer(model, content, buffers)` is what a kernel would do with a message of the part.
  constructor(state, answer = null) {
    this.state = state;
    this.answer = answer;
    this.listeners = new Map(); // event -> set of functions
  }

  get(name) { return this.state[name]; }

  set(name, value) {
    const changes = typeof name === "string" ? { [name]: value } : name;
    const changed = Object.keys(changes).filter((key) => this.state[key] !== changes[key]);
    Object.assign(this.state, changes);
    for (const key of changed) this.emit(`change:${key}`);
    if (changed.length) this.emit("change");
  }

  save_changes() {} // there is no second copy of the state to bring up to date

  on(events, act) {
    for (const event of events.split(/\s+/)) {
      if (!this.listeners.has(event)) this.listeners.set(event, new Set());
      this.listeners.get(event).add(act);
    }
  }

  off(events, act) {
    if (!events) { this.listeners.clear(); return; }
    for (const event of events.split(/\s+/)) {
      if (act) this.listeners.get(event)?.delete(act);
      else this.listeners.delete(event);
    }
  }

  emit(event, ...data) {
    for (const act of [...this.listeners.get(event) ?? []]) act(...data);
  }

  send(content, _callbacks, buffers) {
    if (!this.answer) throw new Error("this page has no kernel");
    this.answer(this, content, buffers);
  }
}

// What nbclient stored of a widget -> its traits; bytes come as DataView, as anywidget gives them.
export function readState({ state, buffers }) {
  const traits = { ...state };
  for (const [name, text] of Object.entries(buffers)) {
    const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    traits[name] = new DataView(bytes.buffer);
  }
  return traits;
}

// --- parts -------------------------------------------------------------------------------

// What answers an explorer in place of a kernel: its sweep file, then Python in a worker.
async function explorerAnswer(place, spec) {
  const { rowSource } = await import("./rows.js");
  const { rows } = place.dataset;
  const { python } = document.body.dataset;
  let model = null;
  const source = rowSource({
    spec,
    sweeps: rows ? new URL(rows, document.baseURI).href : null,
    python: python ? new URL(python, root()).href : null,
    tell: (message) => model.emit("msg:custom", message, []),
  });
  return async (asking, content) => {
    model = asking;
    const { message, buffers } = await source.answer(content);
    model.emit("msg:custom", message, buffers);
  };
}

const ANSWERS = { explorer: explorerAnswer };

async function waken(place) {
  if (place.dataset.alive) return;
  place.dataset.alive = "loading";
  try {
    const { part } = place.dataset;
    const [module, stored] = await Promise.all([
      import(new URL(`./${part}.js`, import.meta.url)),
      fetch(new URL(place.dataset.state, document.baseURI)).then((answer) => {
        if (!answer.ok) throw new Error(`${answer.url}: ${answer.status}`);
        return answer.json();
      }),
    ]);
    const state = { ...readState(stored), prefetch: false }; // a page asks for what it shows, no more
    const model = new PageModel(state, await ANSWERS[part]?.(place, state.spec));
    const view = document.createElement("div");
    view.className = "view";
    place.append(view);
    await module.default.render({ model, el: view });
    place.dataset.alive = "yes";
  } catch (fault) {
    console.error(fault);
    place.dataset.alive = "no"; // its still twin is shown instead
    place.querySelector(".view")?.remove();
    const said = document.createElement("p");
    said.setAttribute("role", "status");
    said.textContent = FAILED;
    place.prepend(said);
  }
}

function watchParts() {
  const near = new IntersectionObserver((seen) => {
    for (const each of seen) {
      if (!each.isIntersecting) continue;
      near.unobserve(each.target);
      waken(each.target);
    }
  }, { rootMargin: NEAR });
  document.querySelectorAll("[data-part]").forEach((place) => near.observe(place));
}

// --- the page around them ----------------------------------------------------------------

function store(name, value) { // private windows may refuse; then the choice lasts for this page
  try { localStorage.setItem(name, value); } catch { /* nothing to keep it in */ }
}

function stored(name) {
  try { return localStorage.getItem(name); } catch { return null; }
}

function switchTheme() {
  const button = document.querySelector("button.theme");
  const html = document.documentElement;
  const light = () => html.dataset.jpThemeLight === "true";
  const label = () => { button.textContent = light() ? "Dark" : "Light"; };
  button.hidden = false;
  label();
  button.addEventListener("click", () => {
    html.dataset.jpThemeLight = String(!light());
    store("igf1-theme", light() ? "light" : "dark");
    label();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", (event) => {
    if (stored("igf1-theme")) return;
    html.dataset.jpThemeLight = String(!event.matches);
    label();
  });
}

// A box that scrolls must be reached by keyboard; one that does not would only be in the way.
function watchScrollBoxes() {
  const sizes = new ResizeObserver((seen) => {
    for (const { target } of seen) {
      if (target.scrollWidth > target.clientWidth + 1) {
        target.tabIndex = 0;
        target.setAttribute("role", "group"); // a region would have to have a name of its own
      } else {
        target.removeAttribute("tabindex");
        target.removeAttribute("role");
      }
    }
  });
  document.querySelectorAll(".ig-scroll").forEach((box) => sizes.observe(box));
}

function foldContents() { // open where it stands beside the text, folded where it stands above
  const contents = document.querySelector(".contents details");
  if (!contents) return;
  const beside = matchMedia("(min-width: 64rem)");
  const turn = () => { contents.open = beside.matches; };
  beside.addEventListener("change", turn);
  turn();
  contents.dataset.folded = "yes"; // until then page.css keeps the list out of the way of a phone
  const links = new Map([...contents.querySelectorAll("a")].map((a) => [a.hash.slice(1), a]));
  const seen = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      const link = links.get(target.id);
      if (isIntersecting) {
        links.forEach((each) => each.removeAttribute("aria-current"));
        link?.setAttribute("aria-current", "location");
      }
    }
  }, { rootMargin: "-10% 0px -75% 0px" });
  document.querySelectorAll("main section[id]").forEach((section) => seen.observe(section));
}

function rememberLesson() {
  const here = document.body.dataset.lesson;
  if (here) store("igf1-lesson", here);
  const go = document.querySelector("[data-continue]");
  const last = stored("igf1-lesson");
  const card = last && document.querySelector(`[data-lesson="${CSS.escape(last)}"]`);
  if (!go || !card) return;
  go.href = card.href;
  go.textContent = `Go on with lesson ${card.querySelector(".number").textContent}: ${card.querySelector("strong").textContent}`;
}

// --- without a network -------------------------------------------------------------------

async function keepOffline() {
  if (!("serviceWorker" in navigator)) return;
  const registration = await navigator.serviceWorker.register(new URL("sw.js", root()));
  await navigator.serviceWorker.ready;
  const worker = registration.active;
  const files = (document.body.dataset.files ?? "").split(" ").filter(Boolean);
  const here = [location.href.split("#")[0], ...files.map((name) => new URL(`media/${name}`, root()).href)];
  worker.postMessage({ keep: here });
  const button = document.querySelector("[data-offline]");
  if (!button) return;
  const said = document.querySelector("[data-offline-said]");
  button.hidden = false;
  button.addEventListener("click", () => {
    button.disabled = true;
    worker.postMessage({ keepAll: true });
  });
  navigator.serviceWorker.addEventListener("message", ({ data }) => {
    if (!data.kept) return;
    said.textContent = data.fault ?? (data.kept < data.of
      ? `${data.kept} of ${data.of} files kept …`
      : "All lessons are kept in this browser. They open without a network.");
    if (data.fault) button.disabled = false;
  });
}

function main() {
  if (location.protocol === "file:") return; // modules do not even load from there; see page.css
  switchTheme();
  watchParts();
  watchScrollBoxes();
  foldContents();
  rememberLesson();
  const rest = globalThis.requestIdleCallback ?? ((act) => setTimeout(act, 500));
  addEventListener("load", () => rest(() => keepOffline().catch(console.warn)));
}

if (typeof document !== "undefined") main();
