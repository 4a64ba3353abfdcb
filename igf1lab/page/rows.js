// Rows for an explorer without a kernel. Each comes from the nearest place that has it: the sweep
// file (every slider, from the start and from every scenario), then the same Python model in a
// worker, which is started only when a setting is asked for that no file holds.
//
//   const source = rowSource({ spec, sweeps, python, tell });
//   const { message, buffers } = await source.answer(wish);
//
// spec    the explorer's trait of that name
// sweeps  address of its sweep file (igf1lab/web/sweeps.py makes it); null: there is none
// python  address of the folder with pyodide.mjs, pyodide-lock.json and the wheels it names, among
//         them igf1lab's; null: this copy was built without live code
// tell    tell(message) is called while an answer is under way: { id, waiting: a sentence }
// wish    what explorer.js sends, { id, rows: [state, …] }. One without rows is a hint that wishes
//         are near: the file is fetched. A newer wish takes the place of one that waits for Python.
// answer  what a kernel would send: { id, rows: [{ at, sentence, numbers }, …], and, if a setting
//         has no row, problem: a sentence, at: the setting, passing: true where asking again may
//         help }, and the rows' curves as [DataView] of 32-bit floats. It never fails.
//
// The host gives such a part prefetch: false, so that it asks for no more than it shows.

const STEPS = 4000; // of an axis; sweeps.py has the same
const COMPUTING = "Computing this setting …"; // said where it takes longer than a moment
const MOMENT_MS = 400;
const NO_PYTHON = "This setting needs live code, which this copy was built without; each slider still moves from the start and from every scenario.";

// --- sweep files ---------------------------------------------------------------------------

async function inflate(packed) {
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

// States of the rows, in the file's order: its sweep from each anchor, each state once.
function sweepStates({ anchors, sizes }) {
  const states = new Map();
  const add = (at) => { if (!states.has(at.join())) states.set(at.join(), states.size); };
  for (const anchor of anchors) {
    add(anchor);
    sizes.forEach((size, k) => {
      for (let i = 0; i < size; i++) add(anchor.map((j, slider) => (slider === k ? i : j)));
    });
  }
  return states;
}

// A sweep file -> { part, key, find(at) }, where find gives { sentence, numbers, data } or null.
export async function readSweeps(packed) {
  const bytes = await inflate(packed);
  const length = new DataView(bytes.buffer).getUint32(0, true);
  const text = new TextDecoder();
  const header = JSON.parse(text.decode(bytes.subarray(4, 4 + length)));
  const states = sweepStates(header);
  const columns = [];
  for (const { n, x, y } of header.curves) {
    for (const axis of x ? [x, y] : [y]) for (let i = 0; i < n; i++) columns.push(axis);
  }
  const [rows, width] = [states.size, columns.length];
  let from = 4 + length;
  const steps = new Int32Array(rows * width);
  for (let i = 0; i < steps.length; i++) {
    const zigzag = bytes[from + i] | (bytes[from + steps.length + i] << 8);
    steps[i] = (zigzag >>> 1) ^ -(zigzag & 1);
    if (i % width) steps[i] += steps[i - 1];
  }
  for (let i = width; i < steps.length; i++) steps[i] += steps[i - width];
  from += 2 * steps.length;
  const many = rows * header.numbers;
  const interleaved = new Uint8Array(4 * many);
  for (let i = 0; i < many; i++) {
    for (let b = 0; b < 4; b++) interleaved[4 * i + b] = bytes[from + b * many + i];
  }
  const numbers = new DataView(interleaved.buffer);
  const sentences = text.decode(bytes.subarray(from + 4 * many)).split("\n");

  function curves(row) {
    const data = new Float32Array(width);
    for (let i = 0; i < width; i++) {
      const [low, high, log] = columns[i];
      const share = steps[row * width + i] / STEPS;
      data[i] = log ? 10 ** (Math.log10(low) + share * Math.log10(high / low)) : low + share * (high - low);
    }
    return data;
  }

  return {
    part: header.part,
    key: header.key,
    find(at) {
      const row = states.get(at.join());
      if (row === undefined) return null;
      return {
        sentence: sentences[row],
        numbers: Array.from({ length: header.numbers }, (_, k) =>
          Number(numbers.getFloat32(4 * (k * rows + row), true).toPrecision(7))),
        data: curves(row),
      };
    },
  };
}

// --- Python in a worker, one for all explorers of a page -------------------------------------

const pythons = new Map(); // address of the folder -> its worker

function startPython(address) {
  const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
  const asked = new Map(); // id -> { done, tell }
  let nextId = 1;
  let stage = "Starting Python in the page (24 MB, once) …";
  const fail = (sentence) => {
    pythons.delete(address); // the next wish tries again
    worker.terminate();
    asked.forEach(({ done }) => done({ failed: sentence }));
    asked.clear();
  };
  worker.onerror = (event) => {
    event.preventDefault();
    fail("Python could not be started in this page; reload it to try again.");
  };
  worker.onmessage = ({ data }) => {
    if (data.stage !== undefined) {
      stage = data.stage;
      asked.forEach(({ tell }) => tell(stage || COMPUTING));
    } else if (data.failed) fail(data.failed);
    else {
      asked.get(data.id).done(data);
      asked.delete(data.id);
    }
  };
  worker.postMessage({ python: String(new URL(address, document.baseURI)) });
  return {
    compute: (part, key, rows, tell) => new Promise((done) => {
      const id = nextId++;
      asked.set(id, { done, tell });
      if (stage) tell(stage);
      else setTimeout(() => { if (asked.has(id)) tell(COMPUTING); }, MOMENT_MS);
      worker.postMessage({ id, part, key, rows });
    }),
  };
}

function pythonAt(address) {
  if (!pythons.has(address)) pythons.set(address, startPython(address));
  return pythons.get(address);
}

// --- one explorer's source -------------------------------------------------------------------

async function fetchSweeps(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${answer.status} at ${address}`);
  return readSweeps(await answer.arrayBuffer());
}

export function rowSource({ spec, sweeps = null, python = null, tell = () => {} }) {
  let file = null; // the promise of the sweep file
  let running = false; // whether Python computes a row for this explorer
  let next = null; // the newest wish that waits for it

  const held = () => {
    file ??= sweeps ? fetchSweeps(sweeps).catch((fault) => { file = null; throw fault; }) : Promise.resolve(null);
    return file;
  };

  async function compute(sheet, wish, rows) {
    const asking = (waiting) => tell({ id: wish.id, waiting });
    const { failed, message, block } = await pythonAt(python).compute(sheet.part, sheet.key, rows, asking);
    return failed ? { rows: [], problem: failed, at: rows[0], passing: true } : { ...message, block };
  }

  // One row at a time is computed; what waits meanwhile is given up for what is newer.
  async function fromPython(sheet, wish, rows) {
    if (running) {
      next?.(false);
      if (!await new Promise((turn) => { next = turn; })) return { rows: [] };
    }
    running = true;
    try {
      return await compute(sheet, wish, rows);
    } finally {
      running = false;
      const turn = next;
      next = null;
      turn?.(true);
    }
  }

  async function collect(wish) {
    const texts = [];
    const blocks = [];
    let sheet = null;
    try {
      sheet = await held();
    } catch {
      const problem = "The curves of this setting could not be fetched. Check the connection, then move the slider again.";
      return { texts, blocks, more: wish.rows.length ? { problem, at: wish.rows[0], passing: true } : {} };
    }
    for (const at of wish.rows) {
      const row = sheet?.find(at);
      if (!row) break;
      texts.push({ at, sentence: row.sentence, numbers: row.numbers, coarse: true });
      blocks.push(new Uint8Array(row.data.buffer));
    }
    const rest = wish.rows.slice(texts.length);
    if (!rest.length) return { texts, blocks, more: {} };
    if (!python || !sheet) return { texts, blocks, more: { problem: NO_PYTHON, at: rest[0] } };
    const { rows, block, ...more } = await fromPython(sheet, wish, rest);
    if (block) blocks.push(block);
    return { texts: [...texts, ...rows], blocks, more };
  }

  return {
    async answer(wish) {
      const { texts, blocks, more } = await collect(wish);
      const bytes = new Uint8Array(blocks.reduce((sum, block) => sum + block.length, 0));
      let to = 0;
      for (const block of blocks) {
        bytes.set(block, to);
        to += block.length;
      }
      return { message: { ...more, id: wish.id, rows: texts }, buffers: [new DataView(bytes.buffer)] };
    },
  };
}
