// Drafts: what somebody began to write, one for each place where something can be
// written. A draft belongs to this phone and never leaves it. It goes as what was
// written is put into the outbox, in one transaction. Tabs that have one place open
// show one draft; of what is written in two of them at once both texts stay.

import { equal } from "../p4p/bytes.js";
import { app } from "./app.js";
import { all, together } from "./store.js";

const pause = 300; // ms from a key until what is there is kept
const longest = 100_000; // characters of a text that are kept
const most = 50; // drafts

// now is later than all drafts that are known here, and no other tab's now.
let last = 0;
const now = () => (last = Math.max(Date.now(), Math.floor(last) + 1) + Math.random());

const nameOf = (place) => `draft ${app.info.server} ${place}`;
const photoOf = (name) => `${name} photo`; // apart: it is large, and does not change with each key

// draftKeys are the settings that hold a place's draft.
export const draftKeys = (place) => IDBKeyRange.bound(nameOf(place), photoOf(nameOf(place)));

// All drafts, as they are kept: setting's name -> { text, alt, at }, or the photo.
const kept = new Map();
let heard = new Set(); // what other tabs wrote while all was read, and is newer

export const loaded = all("settings", IDBKeyRange.bound("draft ", "draft!")).then(
  (rows) => {
    for (const r of rows) if (!heard.has(r.name)) know([r.name, r.value]);
    heard = null;
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
    const at = kept.get(name)?.at ?? 0;
    if (value?.at > at) write([[name, value, at]]).catch((err) => console.warn("a draft is not kept:", err));
  } catch {
    // as above
  }
}
window.addEventListener("pageshow", (e) => e.persisted && sessionStorage.removeItem(lastKey)); // the page did not end

function know([name, value]) {
  if (value) kept.set(name, value);
  else kept.delete(name);
  last = Math.max(last, value?.at ?? 0);
}

// Other tabs write as well.
const tabs = new BroadcastChannel("p4p drafts");
tabs.onmessage = ({ data }) => {
  data.forEach(know);
  for (const [name] of data) heard?.add(name);
  for (const d of open) {
    const change = data.find(([name]) => name === d.name);
    if (change) d.hear(change[2]);
  }
};

// A page that was put away may have missed what they wrote.
async function lookAgain() {
  await writing;
  for (const d of open) {
    const { at } = d.base;
    const rows = new Map((await all("settings", draftKeys(d.place))).map((r) => [r.name, r.value]));
    const news = rows.get(d.name)?.at ?? at; // what is not there may be posted, or lost with all that was kept
    if (!open.has(d) || d.base.at !== at || news <= at) continue; // what is older was heard, and its writer could not keep it
    for (const name of [d.name, photoOf(d.name)]) know([name, rows.get(name)]);
    d.hear(at);
  }
}
const look = () => lookAgain().catch((err) => console.warn("drafts:", err));
document.addEventListener("visibilitychange", () => document.hidden || look());
window.addEventListener("pageshow", (e) => e.persisted && look());

// write changes settings, a list of [name, value, from]; without a value one goes. from
// is the moment of the draft that its writer knew there, 0 for none.
function write(changes) {
  changes.forEach(know);
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

const nothing = { text: "", alt: "", picture: null, at: 0 };

// both is what two tabs made of one text, or of two where base is undefined; the last
// one stands at the end.
function both(base, mine, theirs, mineIsLast, between) {
  if (mine === base || theirs.includes(mine)) return theirs;
  if (theirs === base || mine.includes(theirs)) return mine;
  return (mineIsLast ? [theirs, mine] : [mine, theirs]).join(between);
}

// eitherOf is the photo that stays, since there is place for one.
function eitherOf(base, mine, theirs, mineIsLast) {
  if (mine === base || (mine && theirs && !mineIsLast)) return theirs;
  return theirs === base ? mine : (mine ?? theirs);
}

const isSame = (a, b) => a === b || Boolean(a && b && equal(a.bytes, b.bytes));

export class Draft {
  // read gives { text, alt, picture } as they are now; between stands between two texts
  // that are joined.
  constructor(place, signal, read, between = "\n\n") {
    this.place = place;
    this.name = nameOf(place);
    this.read = read;
    this.between = between;
    this.base = nothing; // what is kept, as far as this view knows
    open.add(this);
    document.addEventListener("visibilitychange", () => document.hidden && this.flush(), { signal });
    window.addEventListener("pagehide", () => this.flush() && putLast(this.name), { signal });
    signal.addEventListener("abort", () => {
      this.flush();
      open.delete(this);
    });
  }

  // restore calls back with what was begun, or null; nothing is kept before. adopt is
  // called with what is to stand there once another tab wrote: { text, alt, picture,
  // joined }.
  restore(begin, adopt = () => {}) {
    const wait = async () => {
      await loaded;
      await leaving.get(this.place);
      this.adopt = adopt;
      this.base = this.there();
      begin(this.base.at || this.base.picture ? this.base : null);
      this.ready = true;
    };
    this.restored = wait();
  }

  // there is what is kept.
  there() {
    return { ...nothing, ...kept.get(this.name), picture: kept.get(photoOf(this.name)) ?? null };
  }

  // hear takes what another tab wrote. What was changed only there comes here; of what
  // was changed on both sides both stay, and one photo. from tells what it knew.
  hear(from) {
    if (!this.ready) return;
    const photo = photoOf(this.name);
    const { text, alt = "", picture = null } = this.read();
    if (isSame(picture, kept.get(photo) ?? null)) know([photo, picture]);
    const there = this.there();
    const base = from === this.base.at ? this.base : {}; // else they wrote at once
    const mineIsLast = this.due || this.base.at > there.at;
    const end = {
      text: both(base.text, text, there.text, mineIsLast, this.between),
      alt: both(base.alt, alt, there.alt, mineIsLast, " "),
      picture: eitherOf(base.picture, picture, there.picture, mineIsLast),
    };
    const differs = (from) => end.text !== from.text || end.alt !== from.alt || end.picture !== from.picture;
    if (differs({ text, alt, picture })) this.adopt({ ...end, joined: end.text !== text && end.text !== there.text });
    this.base = { ...there, at: there.at && Math.max(there.at, this.base.at) };
    this.calm();
    if (differs(there)) this.changed();
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
    const value = text || picture ? { text: text.slice(0, longest), alt, at: now() } : null;
    const before = this.base;
    const mine = (this.base = { text, alt, picture, at: value?.at ?? 0 });
    const changes = [[this.name, value, before.at]];
    if (picture !== (kept.get(photo) ?? null)) changes.push([photo, picture]);
    const old = [...kept].filter(([name, { at }]) => at && name !== this.name).sort(([, a], [, b]) => b.at - a.at);
    for (const [name] of old.slice(most - 1)) changes.push([name, null], [photoOf(name), null]);
    writing = write(changes).catch((err) => {
      console.warn("a draft is not kept:", err);
      if (this.base === mine) this.base = before;
    });
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
    const { at } = this.base;
    this.base = nothing;
    return (writing = write([[this.name, null, at], [photoOf(this.name), null]]).catch((err) => console.warn("a draft stays:", err)));
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
      changes.push([name, { text, alt: payload.image?.alt ?? begun?.alt ?? "", at: now() }, begun?.at ?? 0]);
      if (picture) changes.push([photo, { bytes: picture, width: payload.image.width, height: payload.image.height }]);
      for (const [n, value] of changes) settings.put({ name: n, value });
      outbox.delete(id);
    };
  });
  changes.forEach(know);
  tabs.postMessage(changes);
  await app.outbox.refresh();
}
