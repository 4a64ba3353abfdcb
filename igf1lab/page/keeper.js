// A keeper stores records and hands them over in the order in which they arrived; it judges nothing.
// There is one for each store on a page, whatever the number of parts that use it:
//
//   records()          what is known now; new answers are in it at once
//   add(records)       takes new records and stores them in the background
//   restore(records)   the same for those of a file, which go among what is known by their time
//   subscribe(act)     calls act() after every change; returns a function that ends it
//   ready              a promise: the store has answered, or has been given up for now
//   message            what the learner must know about the store; empty while all is well
//   place              where the records lie, in words; empty while unknown
//
// A record that a store has not taken yet is *loose*. It is offered again until it is stored. A store
// holds a record that a file brought in with one field more, `restored`: when that was.

import { inOrder } from "./order.js";
import { recordFault } from "./progress.js";

const STORE_ANSWER_MS = 8000; // a busy kernel gets so long before the learner is told
const TOGETHER_MS = 300;
const RETRY_MS = 20_000;
const OTHER_CHANNEL_MS = 2500; // then every other part of the page is tried as the way to a kernel

function heldFault(held) {
  const { restored, ...record } = held ?? {};
  return recordFault(record) || (restored !== undefined && Number.isNaN(Date.parse(restored)));
}

export class Keeper {
  constructor() {
    this.rows = []; // [number in the store, what it holds]
    this.loose = new Map(); // uid -> what the store is to hold
    this.known = null; // the records in order, once asked for
    this.last = 0; // the highest number seen
    this.skipped = 0;
    this.fault = "";
    this.place = "";
    this.listeners = new Set();
    this.ready = new Promise((done) => { this.settle = done; });
  }

  records() {
    this.known ??= inOrder([...this.rows.map(([, held]) => held), ...this.loose.values()]);
    return this.known;
  }

  subscribe(act) {
    this.listeners.add(act);
    return () => this.listeners.delete(act);
  }

  changed() {
    for (const act of [...this.listeners]) act();
  }

  get message() {
    const skipped = this.skipped === 1
      ? "1 stored answer cannot be read; it is left out."
      : `${this.skipped} stored answers cannot be read; they are left out.`;
    return [this.fault, this.skipped ? skipped : ""].filter(Boolean).join(" ");
  }

  // Takes in rows of the store, [number, record]; a number of null means: known, but not stored.
  take(rows) {
    const stored = new Set(this.rows.map(([, each]) => each.uid));
    for (const [number, record] of rows) {
      if (number !== null) this.last = Math.max(this.last, number);
      if (heldFault(record)) { this.skipped += 1; continue; }
      if (stored.has(record.uid)) continue;
      if (number === null) { this.loose.set(record.uid, record); continue; }
      stored.add(record.uid);
      this.rows.push([number, record]);
      this.loose.delete(record.uid);
    }
    this.rows.sort(([a], [b]) => a - b);
    this.known = null;
  }

  add(records) {
    for (const record of records) this.loose.set(record.uid, record);
    this.known = null;
    this.store();
    this.changed();
  }

  restore(records) {
    const restored = new Date().toISOString();
    this.add(records.map((record) => ({ ...record, restored })));
  }

  store() {} // this keeper has only the page's memory
}

// --- the browser's own database ------------------------------------------------------------

const DATABASE = "igf1lab-progress";
const asPromise = (request) => new Promise((done, fail) => {
  request.onsuccess = () => done(request.result);
  request.onerror = () => fail(request.error);
  request.onblocked = () => fail(new Error("another tab holds it"));
});
const within = (promise, ms) => Promise.race([promise, new Promise((_, fail) =>
  setTimeout(() => fail(new Error("it does not answer")), ms))]);

async function openDatabase() {
  const request = indexedDB.open(DATABASE, 1);
  request.onupgradeneeded = () => {
    const store = request.result.createObjectStore("records", { autoIncrement: true });
    store.createIndex("uid", "uid", { unique: true });
  };
  const database = await within(asPromise(request), STORE_ANSWER_MS);
  database.onversionchange = () => database.close(); // a newer page in another tab comes first
  return database;
}

function storageFault(fault) {
  const full = fault?.name === "QuotaExceededError";
  const why = full ? "its storage is full" : `it gives no storage to this page (${fault?.message || fault?.name || "no reason given"})`;
  return `Your answers cannot be kept in this browser: ${why}. The lesson goes on, and what you answer ` +
    "stays until you close this page. Download your progress to keep it longer.";
}

export class BrowserKeeper extends Keeper {
  constructor() {
    super();
    this.place = "this browser";
    this.work = Promise.resolve(); // one thing after the other
    if (globalThis.BroadcastChannel) {
      this.others = new BroadcastChannel(DATABASE);
      this.others.onmessage = () => this.refresh();
    }
    this.refresh();
  }

  refresh() {
    this.work = this.work.then(() => this.attempt());
  }

  store() {
    this.refresh();
  }

  async attempt() {
    const records = [...this.loose.values()];
    try {
      const database = await openDatabase();
      try {
        if (records.length) await this.insert(database, records);
        await this.select(database);
      } finally {
        database.close();
      }
      this.fault = "";
      if (records.length) this.others?.postMessage("changed");
    } catch (fault) {
      this.fault = storageFault(fault);
    }
    this.settle();
    this.changed();
  }

  async insert(database, records) {
    const transaction = database.transaction("records", "readwrite");
    const written = new Promise((done, fail) => {
      transaction.oncomplete = done;
      transaction.onabort = transaction.onerror = () => fail(transaction.error);
    });
    const store = transaction.objectStore("records");
    for (const record of records) {
      const known = store.index("uid").getKey(record.uid);
      known.onsuccess = () => { if (known.result === undefined) store.add(record); };
    }
    await written;
  }

  async select(database) {
    const store = database.transaction("records").objectStore("records");
    const newer = IDBKeyRange.lowerBound(this.last, true);
    const [numbers, records] = await Promise.all([asPromise(store.getAllKeys(newer)), asPromise(store.getAll(newer))]);
    this.take(numbers.map((number, i) => [number, records[i]]));
  }
}

// --- the kernel ----------------------------------------------------------------------------
// Every part of a notebook is a channel to its kernel. The page sends { type: "records", wish, after,
// records }: the records it wants stored, and the number of the last it has. The kernel answers
// { type: "records", wish, rows, fresh, message, place }; fresh: the store was begun anew.

export class KernelKeeper extends Keeper {
  constructor(name) {
    super();
    this.channels = [];
    this.waiting = [];
    this.wish = 0; // number of the newest wish
    this.justAsked = null; // a timer, while parts that appear now belong together
    this.heardOnce = false;
    this.silent = false;
    this.memory = `igf1lab-loose ${name}`; // survives a reload of the page
    try {
      for (const record of JSON.parse(sessionStorage.getItem(this.memory) ?? "[]")) this.take([[null, record]]);
    } catch { /* a page without storage: what is loose lives as long as the page */ }
    this.skipped = 0;
  }

  get message() {
    const cure = "If it is not busy with cells, run the Setup cell (the first code cell).";
    const loose = `Your answers are kept in this page and will be stored as soon as the kernel answers. ${cure}`;
    const early = `What you answered before will show as soon as the kernel answers. ${cure}`;
    const silence = !this.silent ? "" : this.loose.size ? loose : this.heardOnce ? "" : early;
    return [silence, super.message].filter(Boolean).join(" ");
  }

  attach(model) {
    const hear = (content, buffers) => this.hear(content, buffers);
    model.on("msg:custom", hear);
    this.channels.push(model);
    if (!this.justAsked) this.ask(); // else the answer to another part's wish serves this one too
    return () => {
      model.off("msg:custom", hear);
      this.channels = this.channels.filter((each) => each !== model);
    };
  }

  store() {
    this.remember();
    this.ask();
  }

  refresh() {
    this.ask();
  }

  remember() {
    try {
      if (this.loose.size) sessionStorage.setItem(this.memory, JSON.stringify([...this.loose.values()]));
      else sessionStorage.removeItem(this.memory);
    } catch { /* see above */ }
  }

  ask() {
    this.wish += 1;
    clearTimeout(this.justAsked);
    this.justAsked = setTimeout(() => { this.justAsked = null; }, TOGETHER_MS);
    const content = { type: "records", wish: this.wish, after: this.last, records: [...this.loose.values()] };
    this.waiting.forEach(clearTimeout);
    this.tell(this.channels.slice(-1), content);
    this.waiting = [
      setTimeout(() => this.tell(this.channels, content), OTHER_CHANNEL_MS),
      setTimeout(() => {
        this.silent = true;
        this.settle();
        this.changed();
      }, STORE_ANSWER_MS),
    ];
  }

  tell(channels, content) {
    for (const model of channels) {
      try { model.send(content); } catch { /* its kernel is gone; the silence will be told */ }
    }
  }

  hear(content) {
    if (content?.type !== "records") return;
    if (content.wish === this.wish) this.waiting.forEach(clearTimeout); // else the newest is still out
    this.silent = false;
    this.heardOnce = true;
    if (content.fresh) { // the file is new: what it lacks is offered to it again
      for (const [, record] of this.rows) this.loose.set(record.uid, record);
      this.rows = [];
      this.last = 0;
    }
    this.take(content.rows);
    this.fault = content.message;
    this.place = content.place;
    this.remember();
    clearTimeout(this.retry);
    if (content.fresh && this.loose.size) this.ask();
    else if (this.loose.size) this.retry = setTimeout(() => this.ask(), RETRY_MS); // its file is locked or full
    this.settle();
    this.changed();
  }
}

// --- which one -----------------------------------------------------------------------------

const MAKERS = {
  page: () => new BrowserKeeper(),
  kernel: (name) => new KernelKeeper(name),
  memory: () => { const keeper = new Keeper(); keeper.settle(); return keeper; },
};

// The keeper that a part's `keeper` trait names ({ where, name }), shared by all parts of the page.
// Returns it and a function that ends the part's use of it.
export function joinKeeper(model) {
  const { where, name } = { where: "page", name: "", ...model.get("keeper") };
  const keepers = (globalThis.igf1labKeepers ??= new Map());
  const key = `${where} ${name}`;
  if (!keepers.has(key)) {
    const made = MAKERS[where](name);
    keepers.set(key, made);
    globalThis.document?.addEventListener("visibilitychange", () => document.hidden || made.refresh?.());
  }
  const keeper = keepers.get(key);
  return { keeper, leave: keeper.attach?.(model) ?? (() => {}) };
}
