// The service worker: without the server, the program starts from what was kept at
// its installation. With the server, everything is asked for anew, so that a page
// and its program are of one version. It keeps nothing that belongs to a person.

const version = "{{version}}";
const files = ["/", {{files}}];

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

self.addEventListener("fetch", (e) => {
  const { pathname, origin } = new URL(e.request.url);
  if (e.request.method !== "GET" || origin !== self.location.origin) return;
  const page = e.request.mode === "navigate";
  if (!page && !pathname.startsWith("/static/")) return;
  const answer = async () => {
    try {
      return await fetch(e.request);
    } catch (err) {
      const kept = await caches.match(page ? "/" : pathname, { cacheName: version });
      if (kept) return kept;
      throw err;
    }
  };
  e.respondWith(answer());
});
