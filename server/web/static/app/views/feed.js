// The feed, newest first.

import { app, listen } from "../app.js";
import { button, el } from "../dom.js";
import { waitsForMe } from "../friends.js";
import { pendingItems, postNode, sync } from "../post.js";
import { line } from "../text.js";
import { offer } from "./copy.js";

const page = 60; // posts at a time

export function feed(signal) {
  const list = el("ol", { class: "feed", "aria-label": "Posts" });
  const empty = el(
    "div",
    { class: "empty" },
    el("h2", { text: "Nothing here yet" }),
    el("p", { text: "Write the first post, or invite somebody whose posts you want to recognise." }),
    el("p", { class: "row" }, el("a", { class: "button", href: "/#write", text: "Write" }), el("a", { class: "button", href: "/#invite", text: "Invite somebody" })),
  );
  const wait = el("p", { class: "quiet", role: "status", text: "One moment …" });
  const notices = el("div", { class: "notices" });
  const idea = el("p", { class: "lead", translate: "yes", text: "A feed in which nobody signs up, and only your friends know who you are." });
  let shown = page;
  const more = button("Older posts", async () => {
    shown += page;
    if (shown > app.feed.posts().length) await app.feed.older();
    draw();
  });
  function draw() {
    const posts = [...pendingItems("post").reverse(), ...app.feed.posts()];
    sync(list, posts.slice(0, shown), postNode);
    wait.hidden = posts.length > 0 || app.feed.loaded;
    empty.hidden = posts.length > 0 || !app.feed.loaded;
    list.hidden = posts.length === 0;
    more.hidden = posts.length <= shown && app.feed.before === undefined;
    idea.hidden = app.friends.rows.length > 0;
    const waiting = app.friends.rows.filter(waitsForMe);
    notices.replaceChildren(
      ...waiting.map((r) =>
        el("p", { class: "notice" }, `Somebody accepted the invite that you made for ${line(r.name)}. `, el("a", { href: "/#friends", text: "Is it really them?" })),
      ),
    );
  }
  listen("feed", draw, signal);
  listen("friends", draw, signal);
  draw();
  return el("section", {}, el("h1", { class: "offscreen", tabindex: "-1", text: "Feed" }), idea, notices, offer(), wait, empty, list, more);
}
