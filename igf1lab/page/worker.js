// The course's models in a worker of the page: Pyodide with numpy, scipy and pyyaml, and the
// course's own wheel, without matplotlib and widgets. rows.js starts it and speaks to it.
//
// in   { python: address of the folder with Pyodide }, then { id, part, key, rows: [state, …] }
// out  { stage: a sentence, "" when ready }, { id, message, block }, or { failed: a sentence }

const NEEDED = ["numpy", "scipy", "pyyaml"];
const SERVE = `
import json
from functools import cache
from igf1lab.lesson.rows import exploration

exploration = cache(exploration)

def serve(part, key, rows):
    message, block = exploration(part, key).answer({"rows": json.loads(rows)})
    return json.dumps(message), block

serve
`;

let ready = null; // the promise of the Python function

async function startUp(python) {
  const folder = python.endsWith("/") ? python : `${python}/`;
  const { loadPyodide } = await import(`${folder}pyodide.mjs`);
  const pyodide = await loadPyodide({ indexURL: folder });
  postMessage({ stage: "Python has started; now its packages …" });
  const answer = await fetch(`${folder}pyodide-lock.json`);
  const { packages } = await answer.json();
  await pyodide.loadPackage(NEEDED, { messageCallback: () => {} });
  // Its wheel alone: what it depends on beyond these is for notebooks.
  const wheel = await fetch(new URL(packages.igf1lab.file_name, folder));
  if (!wheel.ok) throw new Error(`${wheel.status} at ${wheel.url}`);
  pyodide.unpackArchive(await wheel.arrayBuffer(), "wheel");
  const serve = await pyodide.runPythonAsync(SERVE);
  postMessage({ stage: "" });
  return serve;
}

self.onmessage = async ({ data }) => {
  if (data.python) {
    ready = startUp(data.python);
    ready.catch((fault) => {
      console.error(fault);
      postMessage({ failed: "Python could not be loaded into this page. Check the connection, then move the slider again." });
    });
    return;
  }
  let serve;
  try { serve = await ready; } catch { return; } // told above
  try {
    const answer = serve(data.part, data.key, JSON.stringify(data.rows));
    const [message, block] = answer.toJs();
    answer.destroy();
    postMessage({ id: data.id, message: JSON.parse(message), block });
  } catch (fault) {
    console.error(fault);
    const problem = "The model stopped at this setting.";
    postMessage({ id: data.id, message: { rows: [], problem, at: data.rows[0] }, block: null });
  }
};
