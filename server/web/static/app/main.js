// The beginning: what the browser can do, the frame around the screens, the routes.

import { capable } from "../p4p/crypto.js";
import { codeOf } from "../p4p/error.js";
import { serverAddress } from "../p4p/link.js";
import { info } from "./api.js";
import { app, bus, follow, go, listen, route, start } from "./app.js";
import { button, el } from "./dom.js";
import { waitsForMe } from "./friends.js";
import { lastPlace } from "./reading.js";
import { when } from "./text.js";
import { programURL } from "./trusted.js";
import { accept, otherWays, readFragment } from "./views/accept.js";
import { copy } from "./views/copy.js";
import { feed } from "./views/feed.js";
import { friends } from "./views/friends.js";
import { invite } from "./views/invite.js";
import { linkField, scan } from "./views/scan.js";
import { thread } from "./views/thread.js";
import { write } from "./views/write.js";

const here = route();
// Taken out of the address bar before anything else happens.
const fragment = takeFragment(here);

// takeFragment leaves in the address bar what belongs there. What stands behind the #
// of a link that was cut off in front of it is a secret all the same.
function takeFragment({ screen, id }) {
  if (screen === "accept") return readFragment(id);
  const belongs = location.pathname === "/" && screen !== "feed";
  if (location.hash !== "" && !belongs) history.replaceState(history.state, "", location.pathname);
  return "";
}

const main = el("main", { id: "main" });
const state = el("p", { id: "state" });
const spoken = el("p", { id: "spoken", class: "offscreen", role: "status" });
const badge = el("span", { class: "badge", hidden: true });

function frame() {
  const link = (href, name, text) => el("a", { href, "data-screen": name }, text);
  const friends = link("/#friends", "friends", "Friends");
  friends.append(badge);
  document.getElementById("app").replaceChildren(
    el("a", { class: "offscreen skip", href: "#main", text: "Skip to the content", onclick: (e) => (e.preventDefault(), main.querySelector("h1")?.focus()) }),
    el("header", { class: "top" }, el("a", { href: "/", class: "brand", "aria-label": "P4P, to the feed" }, el("span", { text: "P4P" })), state),
    spoken,
    el("nav", { "aria-label": "Main" }, link("/", "feed", "Feed"), link("/#write", "write", "Write"), friends),
    main,
    el("div", { id: "toast", role: "status", "aria-live": "polite", hidden: true }),
  );
}

// cutInvite tells whether the address is the beginning of an invite's.
const cutInvite = () => /^\/f(\/|$)/i.test(location.pathname);

let gone = new AbortController();

function draw(first = false) {
  gone.abort();
  gone = new AbortController();
  const { screen, id } = route();
  takeFragment({ screen, id });
  const views = {
    feed: () => feed(gone.signal),
    thread: () => thread(gone.signal, id),
    write: () => write(gone.signal),
    friends: () => friends(gone.signal),
    scan: () => scan(gone.signal),
    copy: () => copy(),
    invite: () => invite(gone.signal, id),
    accept: () => accept(gone.signal, id),
    nowhere: () => message("There is nothing at this address", "The link may have been cut off on the way: ask for it again.", cutInvite() ? linkField("The whole link") : null, el("p", {}, el("a", { class: "button", href: "/", text: "Read the feed" }))),
  };
  document.body.dataset.screen = screen;
  const view = views[screen]();
  main.replaceChildren(view);
  document.title = [titles[screen], "P4P"].filter(Boolean).join(" · ");
  for (const a of document.querySelectorAll("nav a")) {
    if (a.dataset.screen === screen) a.setAttribute("aria-current", "page");
    else a.removeAttribute("aria-current");
  }
  const ownPlace = !view.dispatchEvent(new Event("arrive", { cancelable: true }));
  if (first || ownPlace) return;
  window.scrollTo(0, 0);
  main.querySelector("h1")?.focus({ preventScroll: true });
}

// What a tab is called; it ends in the browser's history, and so names nobody.
const titles = { thread: "Post", write: "Write", friends: "Friends", scan: "Scan a code", copy: "A copy of yourself", invite: "Invite", accept: "A friend invite", nowhere: "No such address" };

const states = { connecting: "connecting …", online: "live", polling: "live, checking every 5 s", offline: "offline", stopped: "reload the page: this version is too old" };

// tellState shows the connection's state at once, and tells it to a screen reader when
// it has lasted: each attempt to connect is no news.
function tellState() {
  state.textContent = states[app.state] ?? "";
  state.dataset.state = app.state;
  const news = { online: "live", polling: "live", stopped: "stopped" }[app.state] ?? "away";
  if (news === heard.next) return;
  heard.next = news;
  clearTimeout(heard.timer);
  heard.timer = setTimeout(() => {
    if (news === heard.last) return;
    heard.last = news;
    spoken.textContent = { live: "P4P is live again.", away: "The server is not reached. What you write waits on this phone.", stopped: "Reload the page: this version of P4P is too old." }[news];
  }, lasting);
}

const lasting = 5000; // ms
const heard = { last: "live", next: "live" };

function tellBadge() {
  const n = app.friends.rows.filter(waitsForMe).length;
  badge.hidden = n === 0;
  badge.textContent = String(n);
  badge.setAttribute("aria-label", `${n} to confirm`);
}

function message(title, text, ...more) {
  return el("section", { class: "trouble" }, el("h1", { tabindex: "-1", text: title }), el("p", { text }), ...more);
}

// stop shows why the program cannot run here, and the ways that are left.
function stop(title, text, ...more) {
  frame();
  document.querySelector("nav").remove();
  state.textContent = "";
  main.replaceChildren(message(title, text, ...more, here.screen === "accept" ? otherWays(here.id, fragment) : null));
  const details = main.querySelector("details");
  if (details) details.open = true;
}

// insecure leads to the server's secure address, if it has one.
async function insecure() {
  const why = "A browser keeps keys only for pages that come by https, or from this machine itself.";
  const secure = await info().then((i) => serverAddress(i.public_url), () => null);
  if (!secure?.startsWith("https:")) return stop("This address is not secure", `${why} Ask your friend for a link that begins with https://.`);
  const there = `${secure}${location.pathname}${fragment ? `#${fragment}` : location.hash}`;
  stop("This address is not secure", `${why} This server has such an address as well.`, el("p", {}, el("a", { class: "button primary", href: there, text: "Open it securely" })));
}

// keepProgram lets the program start without the server from now on, and this page go on
// with its own version whatever the server has by then.
async function keepProgram() {
  if (!("serviceWorker" in navigator)) return;
  const { version } = document.documentElement.dataset;
  try {
    await navigator.serviceWorker.register(programURL("service"), { updateViaCache: "none" });
    const { active } = await navigator.serviceWorker.ready;
    active.postMessage({ version });
  } catch (err) {
    console.warn("no start without the server:", err); // a self-signed address, or a private window
  }
}

// Links within this program change the screen, not the document.
function followLinks(e) {
  const a = e.target.closest?.("a[href]");
  if (!a || a.hasAttribute("download") || e.defaultPrevented || e.button !== 0 || e.metaKey || e.ctrlKey || e.shiftKey || e.altKey) return;
  const u = new URL(a.href);
  if (u.origin !== location.origin || u.pathname.startsWith("/static/")) return;
  e.preventDefault();
  const to = `${u.pathname}${u.hash}`;
  if (to === `${location.pathname}${location.hash}`) return window.scrollTo(0, 0);
  if (a.dataset.back && a.dataset.back === history.state?.from) return history.back();
  const tab = to === "/" && a.closest("nav, .top");
  go(to, tab ? { state: { place: lastPlace() } } : {});
}

// boot says what is waited for before there is anything to see.
function boot() {
  const say = (text) => document.querySelector(".boot")?.replaceChildren(text);
  say("One moment …"); // the program runs: the browser is not too old for that
  setTimeout(() => say("Waiting for the server …"), 2000);
}

const noStorage = {
  home_unwritable: "This browser does not let P4P keep anything",
  map_newer: "This page is older than what it kept",
  map_damaged: "The browser does not give back what P4P kept",
};

const again = () => button("Try again", () => location.reload(), { class: "primary" });

async function run() {
  boot();
  if (!window.isSecureContext || !crypto.subtle) return insecure();
  if (!(await capable())) {
    return stop("This browser is too old for P4P", "It lacks the cryptography that P4P needs (Ed25519 and X25519). Update it, or use another one: Chrome or Edge from 137, Firefox from 130, Safari from 18.");
  }
  try {
    await start();
  } catch (err) {
    console.warn("the start:", err);
    if (!codeOf(err)) return broken(err);
    const title = noStorage[codeOf(err)];
    if (title) return stop(title, `P4P keeps your key and the names on this device. ${err.message}`, again());
    return stop("The server cannot be reached", `${err.message} An invite stays as good as it is.`, again());
  }
  frame();
  tellState();
  tellBadge();
  history.scrollRestoration = "manual"; // the feed knows better what was read
  bus.addEventListener("route", () => draw());
  bus.addEventListener("trouble", (e) => broken(e.detail));
  window.addEventListener("popstate", () => draw());
  document.addEventListener("click", followLinks);
  listen("state", tellState);
  listen("friends", tellBadge);
  draw(true);
  keepProgram();
  setInterval(() => {
    for (const t of document.querySelectorAll("time[datetime]")) t.textContent = when(new Date(t.dateTime));
  }, 60_000);
  await follow();
}

// broken shows that the program cannot go on, and a way out.
function broken(err) {
  console.error(err);
  if (codeOf(err)) return stop("P4P cannot go on here", err.message, again());
  return stop("Something went wrong", "P4P cannot go on. What you wrote and whom you know is kept on this device.", again());
}

run().catch(broken);
