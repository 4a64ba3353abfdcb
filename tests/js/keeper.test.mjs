import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { onDay, record } from "./sample.mjs";

const kept = new Map();
globalThis.sessionStorage = {
  getItem: (name) => kept.get(name) ?? null, setItem: (name, text) => kept.set(name, text), removeItem: (name) => kept.delete(name),
};
const { KernelKeeper, joinKeeper } = await import("../../igf1lab/page/keeper.js");
const { agreedTimes } = await import("../../igf1lab/page/order.js");
const { restoreFile } = await import("../../igf1lab/page/claim_map.js");
const { lastAnswers, readExport, writeExport } = await import("../../igf1lab/page/progress.js");

// A kernel with its store, and the channel of one part to it.
class Kernel {
  rows = [];
  alive = true;
  asked = 0;
  message = "";

  answer({ wish, after, records }) {
    this.asked += 1;
    for (const each of records) {
      if (!this.rows.some(([, known]) => known.uid === each.uid)) this.rows.push([this.rows.length + 1, each]);
    }
    const fresh = this.rows.length < after;
    return { type: "records", wish, fresh, message: this.message, place: "/here",
      rows: this.rows.filter(([number]) => fresh || number > after) };
  }

  channel(keeper = { where: "kernel", name: "k" }) {
    const acts = new Set();
    return {
      get: () => keeper, on: (_, act) => acts.add(act), off: (_, act) => acts.delete(act),
      send: (content) => {
        if (!this.alive) return; // a dead kernel is silent; a closed connection does not throw
        const reply = structuredClone(this.answer(structuredClone(content)));
        setTimeout(() => acts.forEach((act) => act(reply)), 5);
      },
    };
  }
}

beforeEach(() => { kept.clear(); delete globalThis.igf1labKeepers; mock.timers.reset(); mock.timers.enable({ apis: ["setTimeout", "Date"], now: Date.UTC(2026, 10, 1) }); });
const wait = (ms) => mock.timers.tick(ms);

test("an answer shows at once, is stored, and is not sent twice", () => {
  const [kernel, keeper] = [new Kernel(), new KernelKeeper("k")];
  keeper.attach(kernel.channel());
  let changes = 0;
  keeper.subscribe(() => { changes += 1; });
  const mine = record();
  keeper.add([mine]);
  assert.deepEqual(keeper.records(), [mine]);
  wait(10);
  assert.deepEqual(kernel.rows, [[1, mine]]);
  assert.deepEqual([keeper.records(), keeper.loose.size, keeper.message], [[mine], 0, ""]);
  assert.ok(changes >= 2);
});

test("answers given before the list has come follow those stored earlier", () => {
  const [kernel, keeper] = [new Kernel(), new KernelKeeper("k")];
  const earlier = record();
  kernel.rows.push([1, earlier]);
  keeper.attach(kernel.channel());
  const mine = record();
  keeper.add([mine]);
  wait(10);
  assert.deepEqual(keeper.records(), [earlier, mine]);
});

test("a silent kernel is told once, and the Setup cell makes it good", () => {
  const [old, keeper] = [new Kernel(), new KernelKeeper("k")];
  old.alive = false;
  keeper.attach(old.channel());
  const mine = record();
  keeper.add([mine]);
  wait(7000);
  assert.equal(keeper.message, "");
  wait(1500);
  assert.match(keeper.message, /kept in this page and will be stored .* run the Setup cell/);
  assert.deepEqual(keeper.records(), [mine]);
  const restarted = new Kernel();
  keeper.attach(restarted.channel()); // what the Setup cell does
  wait(10);
  assert.deepEqual([restarted.rows, keeper.message], [[[1, mine]], ""]);
});

test("a kernel that comes while an answer is on its way gets it", () => {
  for (const moment of [100, 1000, 4000, 7900]) {
    const [dead, kernel, keeper] = [new Kernel(), new Kernel(), new KernelKeeper(`k${moment}`)];
    dead.alive = false;
    keeper.attach(dead.channel());
    keeper.add([record()]);
    wait(moment);
    keeper.attach(kernel.channel());
    wait(3000);
    wait(10); // what was sent in that time is answered
    assert.deepEqual([kernel.rows.length, keeper.loose.size, keeper.message], [1, 0, ""]);
  }
});

test("a living part is found behind a dead one", () => {
  const [kernel, dead, keeper] = [new Kernel(), new Kernel(), new KernelKeeper("k")];
  dead.alive = false;
  keeper.attach(kernel.channel());
  keeper.attach(dead.channel());
  keeper.add([record()]);
  wait(3000);
  assert.deepEqual([kernel.rows.length, keeper.message], [1, ""]);
});

test("many parts that appear at once ask for the list once", () => {
  const [kernel, keeper] = [new Kernel(), new KernelKeeper("k")];
  kernel.rows.push([1, record()]);
  for (let part = 0; part < 12; part++) keeper.attach(kernel.channel());
  wait(10);
  assert.deepEqual([kernel.asked, keeper.records().length], [1, 1]);
});

test("what is not stored survives a reload of the page", () => {
  const first = new KernelKeeper("k");
  const mine = record();
  first.add([mine]);
  const [kernel, second] = [new Kernel(), new KernelKeeper("k")];
  assert.deepEqual(second.records(), [mine]);
  second.attach(kernel.channel());
  wait(10);
  assert.deepEqual([kernel.rows.length, kept.size], [1, 0]);
  assert.deepEqual(new KernelKeeper("another").records(), []);
});

test("a store begun anew gets everything again", () => {
  const [kernel, keeper] = [new Kernel(), new KernelKeeper("k")];
  keeper.attach(kernel.channel());
  const both = [record(), record()];
  keeper.add(both);
  wait(10);
  kernel.rows = [];
  keeper.refresh();
  wait(20);
  assert.deepEqual(kernel.rows.map(([, each]) => each), both);
  assert.deepEqual(keeper.records(), both);
});

test("a damaged record is left out, with a word", () => {
  const [kernel, keeper] = [new Kernel(), new KernelKeeper("k")];
  const sound = record();
  kernel.rows.push([1, null], [2, { uid: "x" }], [3, sound]);
  kernel.message = "The file is old.";
  keeper.attach(kernel.channel());
  wait(10);
  assert.deepEqual(keeper.records(), [sound]);
  assert.equal(keeper.message, "The file is old. 2 stored answers cannot be read; they are left out.");
});

// --- restoring -----------------------------------------------------------------------------

const days = (...days) => days.map((day) => onDay(day, { answer: `day ${day}` }));
const latest = (keeper) => lastAnswers(keeper.records(), "quiz").get("a").answer;
const AHEAD = "2031-01-01T00:00:00.000+00:00";

function keeperWith(records) {
  const [kernel, keeper] = [new Kernel(), new KernelKeeper(`k${Math.random()}`)];
  keeper.attach(kernel.channel());
  keeper.add(records);
  wait(10);
  return { kernel, keeper };
}

test("restoring an older download undoes no newer answer, and loses neither", async () => {
  const [own, file] = [days(10, 20), days(1, 15)];
  const { kernel, keeper } = keeperWith(own);
  const text = writeExport([file[0], own[0], file[1]]); // a part of it is known already
  assert.equal(await restoreFile({ size: text.length, text: async () => text }, keeper), "2 new answers were added.");
  assert.equal(latest(keeper), "day 20"); // at once, and when it is stored
  wait(10);
  assert.deepEqual(keeper.records(), [file[0], own[0], file[1], own[1]]);
  const again = new KernelKeeper("another page");
  again.attach(kernel.channel());
  wait(10);
  assert.deepEqual(again.records(), keeper.records());
  keeper.restore(days(30));
  assert.equal(latest(keeper), "day 30"); // a newer one does count
  keeper.add(days(25)); // and so does what is answered after it, whatever the clock says
  assert.equal(latest(keeper), "day 25");
});

test("each file keeps its own order, and a clock set wrong in one decides nothing", () => {
  const wrong = (time) => record({ time, answer: "wrong clock" });
  for (const time of [AHEAD, "2026-08-01T00:00:00.000+00:00", "1970-01-01T00:00:00.000+00:00"]) {
    const [own, file] = [[...days(10), wrong(time), ...days(20, 30)], [...days(1, 2), wrong(time), ...days(25, 26)]];
    const { keeper } = keeperWith(own);
    keeper.restore(file);
    assert.equal(latest(keeper), "day 30", time);
    for (const part of [own, file]) {
      assert.deepEqual(keeper.records().filter((each) => part.some(({ uid }) => uid === each.uid)), part);
    }
  }
});

test("what was decided travels in a download, and equal times leave the answer that was there", () => {
  const { keeper } = keeperWith(days(20));
  keeper.restore(days(1));
  keeper.restore([onDay(20, { answer: "of the file" })]);
  const carried = readExport(writeExport(keeper.records()));
  const { keeper: elsewhere } = keeperWith([]);
  elsewhere.restore(carried);
  wait(10);
  assert.deepEqual(elsewhere.records(), keeper.records());
  assert.deepEqual([latest(elsewhere), latest(keeper)], ["day 20", "day 20"]);
});

test("times that disagree with the order of arrival are left out, the fewest that do", () => {
  assert.deepEqual(agreedTimes([1, 2, 9, 3, 0, 3, 5], 8), [1, 2, 2, 3, 3, 3, 5]);
  assert.deepEqual(agreedTimes([9, 4, 5], 8), [4, 4, 5]);
  assert.deepEqual(agreedTimes([9, NaN], 8), [-Infinity, -Infinity]);
  assert.deepEqual(agreedTimes([], 8), []);
});

test("all parts of a page share one keeper for each store", () => {
  const kernel = new Kernel();
  const keeperOf = (keeper) => joinKeeper(kernel.channel(keeper)).keeper;
  assert.equal(keeperOf({ where: "kernel", name: "a" }), keeperOf({ where: "kernel", name: "a" }));
  assert.notEqual(keeperOf({ where: "kernel", name: "a" }), keeperOf({ where: "kernel", name: "b" }));
});
