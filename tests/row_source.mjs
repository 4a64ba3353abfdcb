// Drives rows.js without a browser: a sweep file from standard input, and a Worker that answers
// when it is told to. Prints what each wish got.

const { rows, file, held, off } = JSON.parse(await new Response(process.stdin).text());
const workers = [];
globalThis.document = { baseURI: "http://course.test/lessons/" };
globalThis.Worker = class {
  constructor() { this.got = []; this.ended = false; workers.push(this); }
  postMessage(message) { this.got.push(message); }
  terminate() { this.ended = true; }
};
let fetched = 0;
let broken = false;
globalThis.fetch = async () => {
  fetched += 1;
  if (broken) throw new TypeError("no network");
  return new Response(Buffer.from(file, "base64"));
};
const { rowSource } = await import(rows);
const told = [];
const soon = () => new Promise((done) => setTimeout(done, 5));
const make = (python) => rowSource({ spec: { name: "toy" }, sweeps: "toy.gz", python, tell: (m) => told.push(m) });
const say = ({ message: { rows: got, ...rest }, buffers }) => ({ states: got.map((row) => row.at), ...rest, bytes: buffers[0].byteLength });
const out = {};

// Files answer, one fetch for all; a hint asks for nothing; without Python, a sentence.
const bare = make(null);
out.hint = say(await bare.answer({ id: 1, rows: [] }));
out.held = say(await bare.answer({ id: 2, rows: held }));
out.without = say(await bare.answer({ id: 3, rows: [held[0], off[0]] }));
out.fetched = fetched;

// No network: a sentence that passes, and the next wish tries again.
broken = true;
const cut = make(null);
out.cut = say(await cut.answer({ id: 4, rows: held }));
broken = false;
out.mended = say(await cut.answer({ id: 5, rows: held }));

// Python starts at the first wish that no file answers; of those that wait, the newest is computed.
const live = make("../lite/static/pyodide/");
await live.answer({ id: 6, rows: held });
out.workersBefore = workers.length;
const answers = [7, 8, 9].map((id, i) => live.answer({ id, rows: [off[i]] }));
await soon();
const [worker] = workers;
out.started = worker.got[0];
worker.onmessage({ data: { stage: "Python has started; now its packages …" } });
const reply = () => {
  const { id, part, key, rows: asked } = worker.got.at(-1);
  const message = { rows: asked.map((at) => ({ at, sentence: `${part} ${key}`, numbers: [] })) };
  worker.onmessage({ data: { id, message, block: new Uint8Array(4) } });
};
reply();
await soon();
reply();
out.answers = (await Promise.all(answers)).map(say);
out.asked = worker.got.slice(1).map(({ rows: asked }) => asked);
out.told = told;

// Python fails: the wish gets a sentence, the worker ends, the next wish starts another.
const failing = live.answer({ id: 10, rows: [off[0]] });
await soon();
worker.onmessage({ data: { failed: "Python could not be loaded." } });
out.failed = say(await failing);
live.answer({ id: 11, rows: [off[0]] });
await soon();
out.workers = workers.map(({ ended }) => ended);
console.log(JSON.stringify(out));
process.exit(0);
