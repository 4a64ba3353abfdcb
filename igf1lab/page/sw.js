// Makes pages usable without a network. Files of a page are named by their content, so whatever is
// kept under an address is right for ever; only pages themselves change, and a page names its files.
// So no mixture of two releases can be served.

const RELEASE = "not built";
const SHELL = []; // code and styles: kept at once
const FILES = []; // the whole site without live code: kept on request
const CACHE = `igf1-pages-${RELEASE}`;
const ALL_WANTED = "igf1-pages-all-wanted"; // its being there says that a reader asked for all
const PATIENCE_MS = 4000; // a page that takes longer is served from the cache

const at = (name) => new URL(name, self.registration.scope).href;
const isPage = (request) => request.mode === "navigate";
const isLasting = (url) => url.startsWith(at("media/")) || url.startsWith(at("code-"));

self.addEventListener("install", (event) => {
  event.waitUntil((async () => {
    const cache = await caches.open(CACHE);
    await cache.addAll([...SHELL, "index.html"].map(at)); // all or nothing
    await self.skipWaiting(); // safe: open pages find the files they name, here or in the older cache
  })());
});

self.addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    await self.clients.claim();
    const names = (await caches.keys()).filter((name) => name.startsWith("igf1-pages-") && name !== ALL_WANTED);
    const older = names.filter((name) => name !== CACHE);
    for (const name of older.slice(0, -1)) await caches.delete(name); // the last one serves open pages
    if (await caches.has(ALL_WANTED)) await keepAll(null);
  })());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = request.url.split("#")[0];
  if (request.method !== "GET" || !url.startsWith(self.registration.scope)) return;
  if (url.startsWith(at("lite/"))) return; // JupyterLite has a worker and a store of its own
  if (isLasting(url)) event.respondWith(lasting(url));
  else if (isPage(request)) event.respondWith(page(request));
});

async function lasting(url) {
  const kept = await caches.match(url);
  if (kept) return kept;
  const answer = await fetch(url);
  if (answer.ok) await (await caches.open(CACHE)).put(url, answer.clone());
  return answer;
}

async function page(request) {
  const url = plainAddress(request.url);
  const cache = await caches.open(CACHE);
  const kept = (await cache.match(url)) ?? (await caches.match(url));
  const asked = fetch(request).then(async (answer) => {
    if (answer.ok && !answer.redirected) await cache.put(url, answer.clone());
    return answer;
  });
  if (!kept) return asked.catch(() => new Response(ABSENT, { status: 503, headers: { "Content-Type": "text/html; charset=utf-8" } }));
  asked.catch(() => {}); // the kept page is the answer
  const late = new Promise((done) => setTimeout(done, PATIENCE_MS, kept));
  return Promise.race([asked.catch(() => kept), late]);
}

// The folder is its index page, and a page is the same whatever it was asked.
function plainAddress(address) {
  const url = new URL(address);
  url.search = url.hash = "";
  return url.pathname.endsWith("/") ? `${url.href}index.html` : url.href;
}

const ABSENT = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Not kept</title><body style="font:1.1rem/1.5 system-ui;max-width:36rem;margin:3rem auto;padding:0 1rem">
<h1>There is no network, and this page was not kept.</h1><p>Pages that you have opened before still open. With a network, the start
page can keep all lessons in this browser.</p><p><a href="./">Start page</a></p></body></html>`;

self.addEventListener("message", (event) => {
  const { keep, keepAll: all } = event.data ?? {};
  if (keep) event.waitUntil(keepThese(keep));
  if (all) event.waitUntil(caches.open(ALL_WANTED).then(() => keepAll(event.source)));
});

async function keepThese(urls, tell = () => {}) {
  const cache = await caches.open(CACHE);
  let kept = 0;
  const one = async (address) => {
    const url = isLasting(address) ? address : plainAddress(address);
    const older = isLasting(url) ? await caches.match(url) : null;
    if (older) await cache.put(url, older);
    else {
      const answer = await fetch(url);
      if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
      await cache.put(url, answer);
    }
    tell((kept += 1));
  };
  for (let i = 0; i < urls.length; i += 8) await Promise.all(urls.slice(i, i + 8).map(one));
}

async function keepAll(client) {
  const tell = (kept, fault) => client?.postMessage({ kept, of: FILES.length, fault });
  try {
    await keepThese(FILES.map(at), tell);
  } catch {
    tell(1, "Not everything could be kept: the network or this browser's store gave out. Try again.");
  }
}
