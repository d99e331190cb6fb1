// What this phone keeps, in IndexedDB: the secret (as a key that cannot be read
// back), names, friendships, what waits to be sent, and a copy of the newest posts.
//
// Every call is one transaction: all of it is on the disk, or nothing is. An error
// carries one of our codes: home_unwritable where the browser forbids to keep
// anything or has no room, map_newer, map_damaged where it lost what it kept.

import { P4PError } from "../p4p/error.js";

const version = 1;

const stores = {
  profiles: "server", // see profile.js
  friendships: "id", // see friends.js
  outbox: "id", // { id, server, jws, picture }
  cache: "id", // of a server: { id, epoch, records }, see cache.js
  settings: "name", // { name, value }
};

let opened; // the promise of the connection, while there is one

const closed = (was) => {
  if (opened === was) opened = undefined;
};

function connect() {
  const connection = new Promise((resolve, reject) => {
    const r = indexedDB.open("p4p", version);
    r.onupgradeneeded = () => {
      for (const [name, keyPath] of Object.entries(stores)) r.result.createObjectStore(name, { keyPath });
    };
    r.onsuccess = () => {
      const db = r.result;
      db.onclose = () => closed(connection); // phones do so to a page in the background
      db.onversionchange = () => {
        db.close(); // a tab with another version of this page waits for it
        closed(connection);
      };
      resolve(db);
    };
    r.onerror = () => reject(r.error);
  });
  connection.catch(() => closed(connection)); // the next call tries again
  return connection;
}

const forbidden = "The browser forbids this page to keep anything. Are you in a private window? Open the link in an ordinary one.";
const full = "This browser's storage is full: nothing was kept. Make room on this device, or clear the data of other pages, and try again.";
const newer = "A newer version of this page is open in another tab: reload this one.";
const lost = "The browser lost its hold on what this page keeps: nothing was changed. Reload the page, and try again.";

// told makes the browser's error one of ours.
function told(err) {
  if (!(err instanceof DOMException)) return err;
  switch (err.name) {
    case "QuotaExceededError":
      return new P4PError("home_unwritable", full);
    case "SecurityError":
      return new P4PError("home_unwritable", forbidden);
    case "VersionError":
      return new P4PError("map_newer", newer);
    default:
      return new P4PError("map_damaged", lost);
  }
}

// isForbidden tells the ways in which browsers say that a page has no storage.
const isForbidden = (err) => !(err instanceof DOMException) || ["InvalidStateError", "NotAllowedError"].includes(err.name);

async function attempt(stores, mode, durability, work) {
  opened ??= connect();
  const mine = opened;
  const db = await mine.catch((err) => {
    throw isForbidden(err) ? new DOMException(err.message, "SecurityError") : err;
  });
  try {
    return await new Promise((resolve, reject) => {
      const t = db.transaction(stores, mode, { durability });
      let answer;
      const fail = (err) => {
        reject(err);
        t.abort();
      };
      t.oncomplete = () => resolve(answer());
      t.onabort = () => reject(t.error ?? new DOMException("", "QuotaExceededError"));
      try {
        answer = work(...[stores].flat().map((s) => t.objectStore(s)), fail);
      } catch (err) {
        fail(err);
      }
    });
  } catch (err) {
    if (isLost(err)) {
      db.close();
      closed(mine);
    }
    throw err;
  }
}

// isLost tells whether the connection is gone, and with it the whole transaction.
const isLost = (err) => err instanceof DOMException && ["InvalidStateError", "UnknownError"].includes(err.name);

// within runs one transaction on a store, or several, and gives what work's answer
// tells, once all is on the disk, or with relaxed durability in the system's hands. A
// connection that the browser closed is opened again, once.
async function within(stores, mode, work, durability = "strict") {
  try {
    return await attempt(stores, mode, durability, work).catch((err) => {
      if (!isLost(err)) throw err;
      return attempt(stores, mode, durability, work);
    });
  } catch (err) {
    throw told(err);
  }
}

const asking = (ask) => (s) => {
  const request = ask(s);
  return () => request.result;
};

const doing = (work) => (...stores) => {
  work(...stores);
  return () => undefined;
};

export const get = (store, key) => within(store, "readonly", asking((s) => s.get(key)));
export const all = (store, keys) => within(store, "readonly", asking((s) => s.getAll(keys)));
export const put = (store, value) => within(store, "readwrite", asking((s) => s.put(value)));
export const remove = (store, key) => within(store, "readwrite", asking((s) => s.delete(key)));

// change puts and removes in one transaction that a loss of power may undo: for what
// the server has as well.
export const change = (store, values, keys) => {
  const work = doing((s) => {
    for (const k of keys) s.delete(k);
    for (const v of values) s.put(v);
  });
  return within(store, "readwrite", work, "relaxed");
};

// together changes several stores in one transaction: all of it happens, or nothing.
export const together = (stores, work) => within(stores, "readwrite", doing(work));

// update reads a row and writes what f makes of it, in one transaction: nobody writes
// in between. f gets undefined for no row; it gives the new row, null to remove it, or
// undefined to leave all as it is, and does not wait. update gives { row, changed }:
// the row as it stands afterwards.
export const update = (store, key, f) => amend(store, key, (s) => s.get(key), (row) => [row, f(row)]);

// updateAmong is update for a row that has to fit all others: f gets them as well.
export const updateAmong = (store, key, f) =>
  amend(store, key, (s) => s.getAll(), (rows) => {
    const row = rows.find((r) => r[stores[store]] === key);
    return [row, f(row, rows)];
  });

const amend = (store, key, ask, f) =>
  within(store, "readwrite", (s, fail) => {
    const end = { row: undefined, changed: false };
    const request = ask(s);
    request.onsuccess = () => {
      try {
        const [row, next] = f(request.result);
        end.row = row;
        if (next === undefined) return;
        end.changed = true;
        end.row = next ?? undefined;
        if (next) s.put(next);
        else s.delete(key);
      } catch (err) {
        fail(err);
      }
    };
    return () => end;
  });

export const setting = async (name) => (await get("settings", name))?.value;
export const setSetting = (name, value) => put("settings", { name, value });

// Other tabs of this browser hear what was written.
const channel = new BroadcastChannel("p4p");
export const tell = (what) => channel.postMessage(what);
export const onTold = (f) => channel.addEventListener("message", (e) => f(e.data));
