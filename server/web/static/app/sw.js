// The service worker: without the server, the program starts from what was kept at
// its installation. With the server, everything is asked for anew, so that a page
// and its program are of one version. It keeps nothing that belongs to a person.

const version = "{{version}}";
const files = ["/", {{files}}];
const patience = 3000; // ms for a page; the kept one is there at once
const away = [502, 503, 504]; // what proxies say of a server that is not there

self.addEventListener("install", (e) => {
  const keep = async () => {
    const cache = await caches.open(version);
    await cache.addAll(files.map((f) => new Request(f, { cache: "no-cache" })));
    await self.skipWaiting();
  };
  e.waitUntil(keep());
});

self.addEventListener("activate", (e) => {
  const tidy = async () => {
    for (const name of await caches.keys()) if (name !== version) await caches.delete(name);
    await self.clients.claim();
  };
  e.waitUntil(tidy());
});

const started = new Set(); // pages that began from what is kept, and go on so

self.addEventListener("fetch", (e) => {
  const { pathname, origin } = new URL(e.request.url);
  if (e.request.method !== "GET" || origin !== self.location.origin) return;
  const page = e.request.mode === "navigate";
  if (page || pathname.startsWith("/static/")) e.respondWith(answer(e, page, pathname));
});

async function answer(e, page, pathname) {
  const kept = await caches.match(page ? "/" : pathname, { cacheName: version });
  if (kept && !page && started.has(e.clientId)) return kept;
  const late = new Promise((resolve) => {
    if (kept && page) setTimeout(resolve, patience);
  });
  let trouble;
  try {
    const r = await Promise.race([fetch(e.request), late]);
    if (r && !(kept && away.includes(r.status))) return r;
  } catch (err) {
    trouble = err;
  }
  if (!kept) throw trouble;
  if (page) started.add(e.resultingClientId);
  return kept;
}
