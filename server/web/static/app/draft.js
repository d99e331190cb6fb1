// Drafts: what somebody began to write, one for each place where something can be
// written. A draft belongs to this phone and never leaves it. It goes as what was
// written is put into the outbox, in one transaction.

import { app } from "./app.js";
import { all, together } from "./store.js";

const pause = 300; // ms from a key until what is there is kept
const longest = 100_000; // characters of a text that are kept
const most = 50; // drafts

let last = 0;
const now = () => (last = Math.max(Date.now(), last + 1)); // so that drafts have an order

const nameOf = (place) => `draft ${app.info.server} ${place}`;
const photoOf = (name) => `${name} photo`; // apart: it is large, and does not change with each key

// draftKeys are the settings that hold a place's draft.
export const draftKeys = (place) => IDBKeyRange.bound(nameOf(place), photoOf(nameOf(place)));

// All drafts, as they are kept: setting's name -> { text, alt, at }, or the photo.
const kept = new Map();

export const loaded = all("settings", IDBKeyRange.bound("draft ", "draft!")).then(
  (rows) => {
    for (const r of rows) kept.set(r.name, r.value);
    takeLast();
  },
  (err) => console.warn("drafts:", err),
);

// A browser may end a page before its last write is through; what is put into the tab's
// own storage stays.
const lastKey = "p4p draft";

function putLast(name) {
  try {
    sessionStorage.setItem(lastKey, JSON.stringify([name, kept.get(name)]));
  } catch {
    // forbidden, or too long: the write has to do
  }
}

function takeLast() {
  try {
    const [name, value] = JSON.parse(sessionStorage.getItem(lastKey)) ?? [];
    sessionStorage.removeItem(lastKey);
    if (value?.at > (kept.get(name)?.at ?? 0)) write([[name, value]]).catch((err) => console.warn("a draft is not kept:", err));
  } catch {
    // as above
  }
}
window.addEventListener("pageshow", (e) => e.persisted && sessionStorage.removeItem(lastKey)); // the page did not end

// Other tabs write as well.
const tabs = new BroadcastChannel("p4p drafts");
tabs.onmessage = ({ data }) => data.forEach(([name, value]) => (value ? kept.set(name, value) : kept.delete(name)));

// write changes settings, a list of [name, value]; without a value one goes.
function write(changes) {
  for (const [name, value] of changes) value ? kept.set(name, value) : kept.delete(name);
  tabs.postMessage(changes);
  return together(["settings"], (settings) => {
    for (const [name, value] of changes) value ? settings.put({ name, value }) : settings.delete(name);
    settings.transaction.commit(); // the page may be about to end
  });
}

const open = new Set();
let writing = loaded;

// settled waits until all that was typed is kept.
export async function settled() {
  await Promise.all([...open].map((d) => d.restored));
  for (const d of open) d.flush();
  await writing;
}

// While what was written at a place is on its way into the outbox, who opens that place
// again waits for it.
const leaving = new Map(); // place -> promise

export class Draft {
  // read gives { text, alt, picture } as they are now.
  constructor(place, signal, read) {
    this.place = place;
    this.name = nameOf(place);
    this.read = read;
    open.add(this);
    document.addEventListener("visibilitychange", () => document.hidden && this.flush(), { signal });
    window.addEventListener("pagehide", () => this.flush() && putLast(this.name), { signal });
    signal.addEventListener("abort", () => {
      this.flush();
      open.delete(this);
    });
  }

  // restore calls back with what was begun, or null; nothing is kept before.
  restore(begin) {
    const wait = async () => {
      await loaded;
      await leaving.get(this.place);
      const [text, picture] = [kept.get(this.name), kept.get(photoOf(this.name))];
      begin(text || picture ? { text: "", alt: "", ...text, picture: picture ?? null } : null);
      this.ready = true;
    };
    this.restored = wait();
  }

  changed() {
    if (!this.due) this.timer = setTimeout(() => this.flush(), pause);
    this.due = true;
  }

  // flush keeps what is there now, if that is not kept yet, and tells whether it did.
  flush() {
    if (!this.due || !this.ready) return false;
    this.calm();
    const { text, alt = "", picture = null } = this.read();
    const photo = photoOf(this.name);
    const changes = [[this.name, text || picture ? { text: text.slice(0, longest), alt, at: now() } : null]];
    if (picture !== (kept.get(photo) ?? null)) changes.push([photo, picture]);
    const old = [...kept].filter(([name, { at }]) => at && name !== this.name).sort(([, a], [, b]) => b.at - a.at);
    for (const [name] of old.slice(most - 1)) changes.push([name, null], [photoOf(name), null]);
    writing = write(changes).catch((err) => console.warn("a draft is not kept:", err));
    return true;
  }

  calm() {
    clearTimeout(this.timer);
    this.due = false;
  }

  // leaves is called with the work that puts the draft into the outbox.
  async leaves(work) {
    const done = work();
    const over = done.catch(() => {});
    leaving.set(this.place, over);
    try {
      return await done;
    } finally {
      if (leaving.get(this.place) === over) leaving.delete(this.place);
    }
  }

  // discard forgets what was begun; it is called as well where it is in the outbox.
  discard() {
    this.calm();
    return (writing = write([[this.name, null], [photoOf(this.name), null]]).catch((err) => console.warn("a draft stays:", err)));
  }
}

// bringBack makes a record that was refused a draft again, in one transaction. What was
// begun at that place meanwhile follows behind it.
export async function bringBack(id, place) {
  await settled();
  const name = nameOf(place);
  const photo = photoOf(name);
  if (kept.has(photo) && app.outbox.rows.some((r) => r.id === id && r.picture)) {
    throw new Error("You began another post with a photo. Post or discard that one first.");
  }
  const changes = [];
  await together(["outbox", "settings"], (outbox, settings) => {
    const row = outbox.get(id);
    row.onsuccess = () => {
      if (!row.result) return; // another tab was faster
      const { payload, picture } = row.result;
      const begun = kept.get(name);
      const text = [payload.text, begun?.text].filter(Boolean).join("\n\n");
      changes.push([name, { text, alt: payload.image?.alt ?? begun?.alt ?? "", at: now() }]);
      if (picture) changes.push([photo, { bytes: picture, width: payload.image.width, height: payload.image.height }]);
      for (const [n, value] of changes) settings.put({ name: n, value });
      outbox.delete(id);
    };
  });
  for (const [n, value] of changes) kept.set(n, value);
  tabs.postMessage(changes);
  await app.outbox.refresh();
}
