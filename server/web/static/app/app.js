// What all screens share: who this phone is, its friends, the feed, the stream.

import { isUUID } from "../p4p/bytes.js";
import { P4PError } from "../p4p/error.js";
import { serverAddress } from "../p4p/link.js";
import * as api from "./api.js";
import { Feed } from "./feed.js";
import { Friends, isLive, isNews } from "./friends.js";
import { Outbox } from "./outbox.js";
import { openProfile } from "./profile.js";
import { onTold, setSetting, setting } from "./store.js";
import { Stream } from "./stream.js";

export const app = { info: null, profile: null, friends: null, feed: null, outbox: null, stream: null, state: "connecting" };

// bus carries the names of what may look different: feed, friends, state; route for
// another address; and trouble, with an error, where the program cannot go on.
export const bus = new EventTarget();

const calm = 250; // ms between two drawings of the feed
const timers = new Map(); // by name
let drawn = 0;

// changed tells the screens, once for many changes in a row.
function changed(what) {
  if (timers.has(what)) return;
  const tell = () => {
    timers.delete(what);
    if (what === "feed") drawn = performance.now();
    bus.dispatchEvent(new Event(what));
  };
  timers.set(what, setTimeout(tell, what === "feed" && drawn ? drawn + calm - performance.now() : 0));
}

export function listen(what, f, signal) {
  bus.addEventListener(what, f, { signal });
}

// start makes the shared parts, without the server if this browser saw it before.
// Else it throws server_unreachable where the server cannot be reached.
export async function start() {
  app.info = await setting("info");
  if (!app.info) await learn();
  app.profile = await openProfile(app.info.server);
  app.friends = new Friends(app.profile, () => {
    changed("friends");
    changed("feed");
    watch();
  });
  app.outbox = new Outbox(app.profile, () => changed("feed"), (event) => app.feed.take([event]));
  app.feed = new Feed(app.info.server, () => changed("feed"));
  await Promise.all([app.friends.load(), app.outbox.load()]);
  onTold(async (what) => {
    await (what === "friends" ? app.friends : app.outbox).load();
    changed(what === "friends" ? "friends" : "feed");
    changed("feed");
    watch();
  });
}

const watch = () => app.stream?.watch().catch((err) => console.warn("watching:", err));

// follow shows what was there last, loads the feed once the server is there, and
// follows it from then on. Code: other_server.
export async function follow() {
  await app.feed.fromCache().catch((err) => console.warn("what was kept cannot be shown:", err));
  app.stream = new Stream(await begin(), {
    events: (events) => app.feed.live(events),
    mailbox: hear,
    watches: () => app.friends.watches(),
    polled: lookAround,
    ask: learn,
    newest,
    reset: async (over) => {
      const info = await learn();
      if (over) app.feed.startOver();
      return newest(info);
    },
    state: (s) => {
      tellState(s);
      if (s === "online" || s === "polling") pay();
    },
  });
  setInterval(() => {
    if (reached()) pay();
  }, payEvery);
}

function tellState(s) {
  app.state = s;
  changed("state");
}

// begin waits until the server answers and the feed's newest page is there, and gives
// the cursor to follow it from.
async function begin() {
  for (let wait = 1000; ; wait = Math.min(30_000, wait * 2)) {
    try {
      return await newest(await learn(10_000));
    } catch (err) {
      if (err.code === "other_server") throw err;
      if (!api.isTemporary(err)) console.warn("the beginning:", err);
      tellState("offline");
    }
    await moment(wait * (0.5 + Math.random() / 2));
  }
}

// moment waits some ms, or until somebody looks at the page again or is online again.
function moment(ms) {
  const { promise, resolve } = Promise.withResolvers();
  const done = new AbortController();
  const seen = () => document.hidden || resolve();
  setTimeout(resolve, ms);
  window.addEventListener("online", resolve, done);
  window.addEventListener("pageshow", resolve, done);
  document.addEventListener("visibilitychange", seen, done);
  return promise.finally(() => done.abort());
}

// newest loads the feed's end and gives the cursor to follow it from: that of before
// the page, so that nothing falls between the two.
async function newest({ epoch, seq }) {
  await app.feed.newest({ epoch, seq });
  return { epoch, seq };
}

// learn asks the server what it is now, within patience in ms.
async function learn(patience) {
  const info = await api.info(patience);
  const old = app.info;
  if (old && info.server !== old.server) await move(info);
  app.info = info;
  const same = ["server", "epoch", "public_url", "pin", "version"].every((k) => info[k] === old?.[k]);
  if (!same) await setSetting("info", info).catch((err) => console.warn("the server's words are not kept:", err));
  return info;
}

// move begins anew where another server took over this address. What this phone has
// on the first one stays where it is. Code: other_server.
async function move(info) {
  const moved = Number(sessionStorage.getItem("moved") ?? 0);
  if (Date.now() - moved < 60_000) {
    const err = new P4PError("other_server", "Two servers answer at this address in turn, and neither knows what you have on the other. Nothing of it is lost. Tell whoever runs them.");
    bus.dispatchEvent(new CustomEvent("trouble", { detail: err }));
    throw err;
  }
  await setSetting("info", info);
  sessionStorage.setItem("moved", Date.now());
  location.reload();
  await new Promise(() => {});
}

const payEvery = 30_000; // ms

const reached = () => app.state === "online" || app.state === "polling";

// pay sends what waits, and completes the friendships that were interrupted; neither
// waits for the other.
function pay() {
  if (app.outbox.rows.some((r) => !r.refused)) catchUp("outbox", () => app.outbox.send());
  if (app.friends.owes()) catchUp("owed", () => followThose((r) => r.pending));
}

// hear follows a friendship whose mailbox holds something else than is known of it.
function hear(notice) {
  const row = app.friends.all.find((r) => r.id === notice.friendship);
  if (row && isNews(row, notice)) catchUp(row.id, () => app.friends.follow(row.id));
}

let looked = -Infinity; // when, ms

// lookAround looks into the mailboxes where no notice tells of them: into one a second
// in the long run.
async function lookAround() {
  const live = app.friends.rows.filter(isLive).length;
  if (performance.now() - looked < Math.max(5, live) * 1000) return;
  looked = Infinity;
  await followThose(isLive).catch((err) => console.warn("looking into the mailboxes:", err));
  looked = performance.now();
}

// followThose brings friendships up to date. One's trouble keeps no other waiting.
async function followThose(these) {
  let trouble;
  for (const { id } of app.friends.all.filter(these)) {
    try {
      await app.friends.follow(id);
    } catch (err) {
      if (["server_unreachable", "unavailable", "rate_limited"].includes(err.code)) throw err;
      trouble = err;
    }
  }
  if (trouble) throw trouble;
}

const doing = new Map(); // what is under way, by its name -> whether to do it once more

// catchUp does something that nobody waits for, and again while the server does not
// answer, or when it is asked for meanwhile.
async function catchUp(name, f) {
  if (doing.has(name)) return doing.set(name, true);
  let wait = 1000;
  do {
    doing.set(name, false);
    try {
      await f();
    } catch (err) {
      console.warn("catching up:", err);
      if (!api.isTemporary(err) || !reached() || wait > 60_000) break;
      await new Promise((resolve) => setTimeout(resolve, wait));
      wait *= 2;
      doing.set(name, true);
    }
  } while (doing.get(name));
  doing.delete(name);
}

// base is the address that links carry: what the server says, where links can carry
// that. It ends on clipboards and in QR codes.
export const base = () => serverAddress(app.info.public_url) ?? location.origin;

// go shows another address of this program. The history's entry tells from which
// screen one came, and what else state says.
export function go(path, { replace = false, state = {} } = {}) {
  bus.dispatchEvent(new Event("leave"));
  if (replace) history.replaceState(history.state, "", path);
  else history.pushState({ from: route().screen, ...state }, "", path);
  bus.dispatchEvent(new Event("route"));
}

// cameFromHere tells whether the step back stays inside this program.
export const cameFromHere = () => Boolean(history.state?.from);

// route is what the address asks for.
export function route() {
  const path = location.pathname.toLowerCase();
  const [, kind, id] = path.split("/");
  if ((kind === "f" || kind === "p") && isUUID(id)) return { screen: kind === "f" ? "accept" : "thread", id };
  if (kind) return { screen: "nowhere" };
  const [screen, rest] = location.hash.slice(1).split("/");
  return { screen: ["write", "friends", "invite", "scan", "copy"].includes(screen) ? screen : "feed", id: rest };
}
