// The feed, newest first.

import { inAppWarning } from "../advice.js";
import { app, base, bus, listen } from "../app.js";
import { button, el, say } from "../dom.js";
import { waitsForMe } from "../friends.js";
import { pendingItems, postNode, sync } from "../post.js";
import { Reading } from "../reading.js";
import { setSetting, setting } from "../store.js";
import { line } from "../text.js";
import { offer } from "./copy.js";

const page = 60; // posts at a time
const furthest = 5; // times that older posts are asked for in one go

const whose = "whose posts"; // the setting: friends, or everybody's
let friendsOnly = false;
let chosen = false; // on this visit, which counts more than what was kept
let kept; // the promise that the setting was read

export function feed(signal) {
  const list = el("ol", { class: "feed", "aria-label": "Posts" });
  const empty = el(
    "div",
    { class: "empty" },
    el("h2", { text: "Nothing here yet" }),
    el("p", { text: "Write the first post, or invite somebody whose posts you want to recognise." }),
    el("p", { class: "row" }, el("a", { class: "button", href: "/#write", text: "Write" }), el("a", { class: "button", href: "/#invite", text: "Invite somebody" })),
  );
  const wait = el("p", { class: "quiet", role: "status" });
  const notices = el("div", { class: "notices" });
  const idea = el("p", { class: "lead", translate: "yes", text: "A feed in which nobody signs up, and only your friends know who you are." });
  const title = el("h1", { class: "offscreen", tabindex: "-1", text: "Feed" });
  const reading = new Reading(list, signal, () => draw());
  reading.shown ??= page;

  // The friends' posts, and one's own.
  const posts = () => {
    const all = [...pendingItems("post").reverse(), ...app.feed.posts()];
    return friendsOnly ? all.filter((i) => i.pending || app.friends.label(i, app.feed.epoch)) : all;
  };
  const seen = () => reading.seen(posts());

  const more = button("Older posts", async () => {
    const there = reading.shown;
    for (let n = 0; app.feed.before !== undefined && n < furthest; n++) {
      const had = seen().length;
      if (had >= there + page || (n > 0 && had > there)) break;
      await app.feed.older();
    }
    if (seen().length <= there && app.feed.before !== undefined) say(`No older post${friendsOnly ? " of a friend" : ""} so far. Press again to look further back.`);
    else reading.shown = there + page;
    draw();
  });
  const fresh = button("", () => {
    reading.release();
    window.scrollTo(0, 0);
    title.focus({ preventScroll: true });
  }, { class: "primary" });
  const waiting = el("div", { class: "fresh" }, fresh);
  const choice = chooser(() => {
    reading.shown = page;
    reading.release();
  });

  const draw = () => {
    reading.steady(redraw);
    if (list.isConnected && reading.goal && !reading.find()) seekFurther();
  };
  function redraw() {
    const all = posts();
    const now = reading.seen(all);
    sync(list, (reading.drawn = now.slice(0, reading.shown)), postNode);
    const unseen = all.length - now.length;
    waiting.hidden = unseen === 0;
    fresh.textContent = unseen === 1 ? "1 new post" : `${unseen} new posts`;
    list.hidden = all.length === 0;
    more.hidden = now.length <= reading.shown && app.feed.before === undefined;
    empty.hidden = all.length > 0 || !app.feed.loaded || friendsOnly;
    wait.hidden = all.length > 0 || !empty.hidden;
    const none = app.feed.before === undefined ? "None of your friends has posted here yet." : "No friend's post is among the newest.";
    wait.textContent = app.feed.loaded ? none : app.state === "offline" ? "The posts come once the server is reached." : "One moment …";
    choice.hidden = app.friends.labels.size === 0 && !friendsOnly;
    idea.hidden = app.friends.rows.length > 0;
    notices.replaceChildren(
      ...app.friends.rows.filter(waitsForMe).map((r) =>
        el("p", { class: "notice" }, `Somebody accepted the invite that you made for ${line(r.name)}. `, el("a", { href: "/#friends", text: "Is it really them?" })),
      ),
    );
  }

  // seekFurther loads what lies before until the post is there to which one comes back.
  let tries = 0;
  async function seekFurther() {
    const { goal } = reading;
    if (!app.feed.loaded) return;
    if (goal.at === undefined || goal.at >= app.feed.low || app.feed.before === undefined || tries++ >= furthest) {
      reading.goal = null; // it is gone, or too far back
      return reading.scrolled();
    }
    await app.feed.older().catch(() => (reading.goal = null));
  }

  app.feed.read = () => reading.low();
  signal.addEventListener("abort", () => (app.feed.read = () => Infinity));
  listen("feed", draw, signal);
  listen("friends", draw, signal);
  listen("state", draw, signal);
  bus.addEventListener("leave", () => reading.note(), { signal });
  draw();
  const view = el("section", {}, title, idea, inAppWarning(`${base()}/`, "knows of the app's browser"), notices, offer(), choice, waiting, wait, empty, list, more);
  view.addEventListener("arrive", (e) => {
    const node = reading.find();
    if (!node) return;
    e.preventDefault();
    node.focus({ preventScroll: true });
  });
  return view;
}

// chooser decides whose posts are shown. It asks the server for nothing else than
// before: what is not shown is loaded all the same.
function chooser(changed) {
  const one = (text, only) => {
    const b = el("button", { type: "button", text });
    b.addEventListener("click", () => {
      if (only === friendsOnly) return;
      friendsOnly = only;
      chosen = true;
      tell();
      changed();
      setSetting(whose, only ? "friends" : "everybody").catch((err) => console.warn("the choice is not kept:", err));
    });
    return b;
  };
  const [everybody, friends] = [one("Everybody", false), one("Friends only", true)];
  const tell = () => {
    everybody.ariaPressed = String(!friendsOnly);
    friends.ariaPressed = String(friendsOnly);
  };
  tell();
  const before = friendsOnly;
  kept ??= setting(whose).then((v) => {
    if (!chosen) friendsOnly = v === "friends";
  }, () => {});
  kept.then(() => {
    if (friendsOnly === before) return;
    tell();
    changed();
  });
  return el("div", { class: "choice", role: "group", "aria-label": "Whose posts" }, everybody, friends);
}
