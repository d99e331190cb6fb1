// The service worker: without the server, the program starts from what was kept at
// its installation. With the server, a page begins with the server's version. A page
// goes on with the version that it began with, whichever worker is there by then: its
// files are kept until it is closed. It keeps nothing that belongs to a person.

const version = "{{version}}";
const files = ["/", {{files}}];
const patience = 3000; // ms for a page; the kept one is there at once
const away = [502, 503, 504]; // what proxies say of a server that is not there

const cacheOf = (v) => `p4p ${v}`;
const versionOf = (r) => r.headers.get("P4P-Version");

self.addEventListener("install", (e) => {
  const keep = async () => {
    const cache = await caches.open(cacheOf(version));
    const one = async (f) => {
      const r = await fetch(f, { cache: "no-cache" });
      // A server may change its version right now.
      if (!r.ok || (versionOf(r) ?? version) !== version) throw new Error(`${f} is not there, or of another version`);
      await cache.put(f, r);
    };
    await Promise.all(files.map(one));
    await self.skipWaiting();
  };
  e.waitUntil(keep());
});

self.addEventListener("activate", (e) => e.waitUntil(tidy().then(() => self.clients.claim())));

// A page tells its version when it began, also to a worker that came after it.
self.addEventListener("message", (e) => e.waitUntil(note(e.source.id, e.data.version).then(tidy)));

self.addEventListener("fetch", (e) => {
  const { pathname, origin } = new URL(e.request.url);
  if (e.request.method !== "GET" || origin !== self.location.origin) return;
  if (e.request.mode === "navigate") e.respondWith(page(e));
  else if (pathname.startsWith("/static/")) e.respondWith(file(e, pathname));
});

async function page(e) {
  const kept = await caches.match("/", { cacheName: cacheOf(version) });
  const late = new Promise((resolve) => {
    if (kept) setTimeout(resolve, patience);
  });
  const r = await ask(e, kept, late);
  await note(e.resultingClientId, r === kept ? version : versionOf(r));
  return r;
}

async function file(e, pathname) {
  const began = await noted(e.clientId);
  if (began) await note(e.resultingClientId, began); // a worker of that page
  const kept = await caches.match(pathname, { cacheName: cacheOf(began ?? version) });
  return began && kept ? kept : ask(e, kept);
}

// ask gives the server's answer, or what is kept where there is none, or none before
// late is.
async function ask(e, kept, late) {
  try {
    const r = await Promise.race([fetch(e.request), late].filter(Boolean));
    return r && !(kept && away.includes(r.status)) ? r : kept;
  } catch (err) {
    if (!kept) throw err;
    return kept;
  }
}

// With which version a page or a worker began: a worker of this kind may be ended at any
// time, and another one come in its place, so that a cache holds it, by the client's id.
const pages = "p4p pages";

async function note(id, v) {
  if (!id || !v) return;
  try {
    await (await caches.open(pages)).put(`/${id}`, new Response(v));
  } catch (err) {
    console.warn("a page's version is not kept:", err); // it asks the server, as far as that is there
  }
}

async function noted(id) {
  const r = id && (await caches.match(`/${id}`, { cacheName: pages }));
  return r ? r.text() : undefined;
}

// tidy removes the versions of which no page is open any more.
async function tidy() {
  const used = new Set([pages, cacheOf(version)]);
  const cache = await caches.open(pages);
  for (const request of await cache.keys()) {
    const id = new URL(request.url).pathname.slice(1);
    if (await self.clients.get(id)) used.add(cacheOf(await noted(id)));
    else await cache.delete(request);
  }
  const { installing, waiting } = self.registration;
  if (installing || waiting) return; // the next version is being kept
  for (const name of await caches.keys()) if (!used.has(name)) await caches.delete(name);
}
