// What all screens share: who this phone is, its friends, the feed, the stream.

import { isUUID } from "../p4p/bytes.js";
import * as api from "./api.js";
import { Feed } from "./feed.js";
import { Friends } from "./friends.js";
import { Outbox } from "./outbox.js";
import { openProfile } from "./profile.js";
import { onTold, setSetting, setting } from "./store.js";
import { Stream } from "./stream.js";

export const app = { info: null, profile: null, friends: null, feed: null, outbox: null, stream: null, state: "connecting" };

// bus carries the names of what may look different: feed, friends, state.
export const bus = new EventTarget();

const pending = new Set();

// changed tells the screens, once for many changes in a row.
function changed(what) {
  if (pending.size === 0) {
    setTimeout(() => {
      const all = [...pending];
      pending.clear();
      for (const w of all) bus.dispatchEvent(new Event(w));
    });
  }
  pending.add(what);
}

export function listen(what, f, signal) {
  bus.addEventListener(what, f, { signal });
}

// start makes the shared parts. It throws server_unreachable where the server was
// never seen by this browser and cannot be reached.
export async function start() {
  try {
    app.info = await api.info();
    await setSetting("info", app.info);
  } catch (err) {
    app.info = await setting("info");
    if (!app.info) throw err;
    app.state = "offline";
  }
  app.profile = await openProfile(app.info.server);
  app.friends = new Friends(app.profile, () => {
    changed("friends");
    changed("feed");
    app.stream?.watch();
  });
  app.outbox = new Outbox(app.profile, () => changed("feed"));
  app.feed = new Feed(app.info.server, () => changed("feed"));
  await Promise.all([app.friends.load(), app.outbox.load()]);
  onTold(async (what) => {
    await (what === "friends" ? app.friends : app.outbox).load();
    changed(what === "friends" ? "friends" : "feed");
    changed("feed");
    app.stream?.watch();
  });
}

// follow loads the feed and follows it from then on. Without the server it shows
// what was there last, and begins once the server is there.
export async function follow() {
  if (app.state === "offline") {
    await app.feed.fromCache();
    changed("state");
    await infoAtLast();
  }
  let cursor;
  try {
    cursor = await fresh();
  } catch (err) {
    if (!api.isTemporary(err)) throw err;
    app.state = "offline";
    return follow();
  }
  app.stream = new Stream(cursor, {
    events: (events) => app.feed.live(events),
    mailbox: (notice) => catchUp(() => app.friends.follow(notice.friendship)),
    watches: () => app.friends.watches(),
    reset: async () => {
      await learn();
      return fresh();
    },
    state: (s) => {
      app.state = s;
      changed("state");
      if (s === "online") catchUp(pay);
    },
  });
  setInterval(() => {
    const owes = app.outbox.rows.some((r) => !r.refused) || app.friends.owes();
    if (app.state === "online" && owes) catchUp(pay, Infinity);
  }, payEvery);
}

const payEvery = 30_000; // ms

// pay completes what was interrupted and sends what waits.
async function pay() {
  await app.friends.followAll();
  await app.outbox.send();
}

// fresh loads the feed's newest page and gives the cursor to follow it from: that
// of before the page, so that nothing falls between the two.
async function fresh() {
  const cursor = { epoch: app.info.epoch, seq: app.info.seq };
  await app.feed.first();
  return cursor;
}

async function learn() {
  const info = await api.info();
  if (info.server !== app.info.server) location.reload(); // another server took over this address
  app.info = info;
  await setSetting("info", info);
}

// infoAtLast waits until the server answers.
async function infoAtLast() {
  for (let wait = 1000; ; wait = Math.min(30_000, wait * 2)) {
    await new Promise((resolve) => {
      setTimeout(resolve, wait * (0.5 + Math.random() / 2));
      window.addEventListener("online", resolve, { once: true });
    });
    try {
      return await learn();
    } catch (err) {
      if (!api.isTemporary(err)) throw err;
    }
  }
}

// catchUp does something that nobody waits for, and again while the server does not
// answer.
async function catchUp(f, wait = 1000) {
  try {
    await f();
  } catch (err) {
    if (api.isTemporary(err) && app.state === "online" && wait < 60_000) setTimeout(() => catchUp(f, wait * 2), wait);
    else console.warn("catching up:", err);
  }
}

// base is the address that links carry.
export const base = () => app.info.public_url || location.origin;

// go shows another address of this program.
export function go(path, { replace = false } = {}) {
  if (replace) history.replaceState(history.state, "", path);
  else history.pushState({ from: "here" }, "", path);
  bus.dispatchEvent(new Event("route"));
}

// cameFromHere tells whether the step back stays inside this program.
export const cameFromHere = () => history.state?.from === "here";

// route is what the address asks for.
export function route() {
  const path = location.pathname.toLowerCase();
  const [, kind, id] = path.split("/");
  if ((kind === "f" || kind === "p") && isUUID(id)) return { screen: kind === "f" ? "accept" : "thread", id };
  if (kind) return { screen: "nowhere" };
  const [screen, rest] = location.hash.slice(1).split("/");
  return { screen: ["write", "friends", "invite", "scan", "copy"].includes(screen) ? screen : "feed", id: rest };
}
