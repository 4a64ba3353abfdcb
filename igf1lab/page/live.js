// Opens JupyterLite at the notebook and the cell that were asked for, if this site has it (what is
// done at the cell: web/templates/at_cell.js). Notebooks that were
// saved under an earlier release are brought along, because JupyterLite would show them for ever.

const LITE = new URL("../lite/", import.meta.url);
const PREFIX = "igf1lab notebooks "; // the store's name ends in the release of the notebooks

const open = (name) => new Promise((done, failed) => {
  const request = indexedDB.open(name);
  request.onsuccess = () => done(request.result);
  request.onerror = () => failed(request.error);
});

const settled = (request) => new Promise((done, failed) => {
  request.onsuccess = () => done(request.result);
  request.onerror = () => failed(request.error);
});

const later = (path, release) => `earlier/${release}/${path}`;

// The records of an older store -> what the new one gets: the same files in a folder of their own.
export function moved(records, release) {
  const folders = new Set(["earlier", `earlier/${release}`]);
  const files = records.filter((each) => each.type !== "directory" && !each.path.startsWith("earlier/"))
    .map((each) => ({ ...each, path: later(each.path, release) }));
  for (const { path } of files) {
    const steps = path.split("/").slice(0, -1);
    steps.forEach((_, i) => folders.add(steps.slice(0, i + 1).join("/")));
  }
  const now = new Date().toISOString();
  const directory = (path) => ({
    name: path.split("/").at(-1), path, type: "directory", created: now, last_modified: now,
    format: "json", mimetype: "", content: null, size: 0, writable: true,
  });
  return files.length ? [...[...folders].sort().map(directory), ...files] : [];
}

async function bringAlong(storage) {
  const all = await indexedDB.databases?.() ?? [];
  const older = all.map((each) => each.name).filter((name) => name?.startsWith(PREFIX) && name !== storage);
  let brought = 0;
  for (const name of older) {
    const from = await open(name);
    const records = from.objectStoreNames.contains("files")
      ? await settled(from.transaction("files").objectStore("files").getAll()) : [];
    from.close();
    const files = moved(records, name.slice(PREFIX.length));
    if (files.length) {
      const to = await openFiles(storage);
      const store = to.transaction("files", "readwrite").objectStore("files");
      for (const file of files) if (!await settled(store.getKey(file.path))) store.put(file, file.path);
      to.close();
      brought += files.filter((file) => file.type !== "directory").length;
    }
  }
  return brought;
}

function openFiles(name) { // as localforage makes it, if JupyterLite has not been there yet
  return new Promise((done, failed) => {
    const request = indexedDB.open(name);
    request.onupgradeneeded = () => {
      for (const store of ["local-forage-detect-blob-support", "files", "counters", "checkpoints"]) {
        if (!request.result.objectStoreNames.contains(store)) request.result.createObjectStore(store);
      }
    };
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error);
  });
}

async function main() {
  const said = document.querySelector("[data-live]");
  const go = document.querySelector("[data-live-go]");
  if (!go) return; // this copy has its pages only, and the page says so
  const asked = new URLSearchParams(location.search);
  const [wanted, cell] = [asked.get("open"), asked.get("cell")];
  const target = new URL(wanted ? "notebooks/index.html" : "lab/index.html", LITE);
  if (wanted) target.searchParams.set("path", wanted);
  if (wanted && cell) target.hash = `cell-id=${cell}`; // as JupyterLab names a cell
  go.querySelector("a").href = target;
  go.hidden = false;
  said.textContent = "Python starts in this browser. The first time it fetches about 45 MB.";
  const brought = await bringAlong(go.dataset.liveGo).catch((fault) => { console.warn(fault); return 0; });
  if (brought) document.querySelector("[data-live-earlier]").hidden = false; // to be read before going on
  else if (wanted) location.replace(target);
}

if (typeof document !== "undefined") main();
