// What this phone keeps, in IndexedDB: the secret (as a key that cannot be read
// back), names, friendships, what waits to be sent, and a copy of the newest posts.

const stores = {
  profiles: "server", // { server, root }
  friendships: "id", // see friends.js
  outbox: "id", // { id, server, jws, picture }
  cache: "id", // { id, server, seq, jws }
  settings: "name", // { name, value }
};

let opened;

function open() {
  opened ??= new Promise((resolve, reject) => {
    const r = indexedDB.open("p4p", 1);
    r.onupgradeneeded = () => {
      for (const [name, keyPath] of Object.entries(stores)) r.result.createObjectStore(name, { keyPath });
    };
    r.onsuccess = () => resolve(r.result);
    r.onerror = () => reject(r.error);
  });
  return opened;
}

// within runs one transaction on a store, or several, and gives what the request of
// work answers, once all is on the disk, or with relaxed durability in the system's
// hands.
async function within(store, mode, work, durability = "strict") {
  const db = await open();
  return new Promise((resolve, reject) => {
    const t = db.transaction(store, mode, { durability });
    const request = work(...[store].flat().map((s) => t.objectStore(s)));
    t.oncomplete = () => resolve(request?.result);
    t.onerror = t.onabort = () => reject(t.error ?? new Error("The browser's storage is full."));
  });
}

export const get = (store, key) => within(store, "readonly", (s) => s.get(key));
export const all = (store) => within(store, "readonly", (s) => s.getAll());
export const put = (store, value) => within(store, "readwrite", (s) => s.put(value));
export const remove = (store, key) => within(store, "readwrite", (s) => s.delete(key));

// change puts and removes in one transaction that a loss of power may undo: for what
// the server has as well.
export const change = (store, values, keys) =>
  within(
    store,
    "readwrite",
    (s) => {
      for (const k of keys) s.delete(k);
      for (const v of values) s.put(v);
    },
    "relaxed",
  );

// together changes several stores in one transaction: all of it happens, or nothing.
export const together = (stores, work) => within(stores, "readwrite", work);

export const setting = async (name) => (await get("settings", name))?.value;
export const setSetting = (name, value) => put("settings", { name, value });

// Other tabs of this browser hear what was written.
const channel = new BroadcastChannel("p4p");
export const tell = (what) => channel.postMessage(what);
export const onTold = (f) => channel.addEventListener("message", (e) => f(e.data));
