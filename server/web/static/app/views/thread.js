// One post with its comments.

import { codeOf } from "../../p4p/error.js";
import { limits, normalize } from "../../p4p/record.js";
import * as api from "../api.js";
import { app, go, listen } from "../app.js";
import { keepDraft, publish } from "../compose.js";
import { button, el, field } from "../dom.js";
import { counter, fits, onSubmit } from "../form.js";
import { keep } from "../list.js";
import { isSending, pendingItems, postNode, signature, sync } from "../post.js";

const retry = 5000; // ms

export function thread(signal, id) {
  const place = el("div", {});
  const list = el("ol", { class: "feed comments", "aria-label": "Comments" });
  const back = el("p", {}, el("a", { href: "/", class: "button quietly", "data-back": "feed", text: "← Feed" }));
  const area = el("textarea", { rows: "3", dir: "auto" });
  const send = el("button", { class: "primary", text: "Comment" });
  const form = el("form", { class: "card" }, field("Your comment", area), counter(area, limits.text), send);
  const draft = keepDraft(form, area, `thread ${id}`, signal);
  const words = { sent: "Your comment is there.", waits: "It is sent once the server is reached.", refused: "Your comment was not sent." };
  onSubmit(form, area, () =>
    draft.leaves(async () => {
      fits(area, "A comment", limits.text);
      await publish(draft, area, "comment", { target: id, text: normalize(area.value) }, null, words);
    }),
  );
  const note = el("p", { class: "warning", hidden: true, text: "The post is gone, so nobody could read your comment. Copy it if you need it." });
  form.prepend(note);

  // The thread keeps what it shows: the feed forgets what is old, or starts over.
  let post = null;
  const comments = new Map(); // UUID -> item
  let gone = false;
  let missing = "";
  let before;
  const earlier = button("Earlier comments", () => loadComments(before));

  function gather() {
    post = app.feed.items.get(id) ?? post;
    for (const c of app.feed.commentsOn(id)) comments.set(c.id, c);
    for (const c of comments.values()) if (app.feed.isGone(c.id, c.author)) comments.delete(c.id);
    gone ||= app.feed.isGone(id, post?.author);
  }

  function draw() {
    if (signal.aborted) return;
    gather();
    const shown = gone ? null : post;
    const text = gone ? "This post was deleted." : missing || "One moment …";
    if (shown) {
      keep(place, [shown], { id: (i) => i.id, look: signature, make: (i) => postNode(i, { alone: true }) });
    } else if (place.textContent !== text) {
      const focused = place.contains(document.activeElement);
      place.replaceChildren(el("p", { class: "card", role: "status", tabindex: "-1", text }));
      if (focused) place.firstChild.focus();
    }
    showForm();
    earlier.hidden = before === undefined || gone;
    const waiting = pendingItems("comment").filter((c) => c.payload.target === id);
    sync(list, [...(gone ? [] : [...comments.values()].sort((a, b) => a.seq - b.seq)), ...waiting], postNode);
  }

  function showForm() {
    form.hidden = (gone || !post) && area.value === ""; // never what somebody is writing
    note.hidden = !gone;
    send.hidden = gone;
  }

  async function loadComments(from) {
    const p = await api.records({ target: id, kind: "comment", limit: 200, before: from });
    await app.feed.take(p.events);
    before = p.before;
    draw();
  }

  let state = "none"; // of what the server was asked for: none, asked, there

  async function load() {
    if (state !== "none" || signal.aborted) return;
    state = "asked";
    try {
      const view = await api.record(id);
      await app.feed.take([view.event]);
      if (signal.aborted) return;
      const item = app.feed.items.get(id);
      if (item?.kind === "comment") return go(`/p/${item.payload.target}`, { replace: true });
      missing = "This post does not verify, so it is not shown.";
      await loadComments();
      state = "there";
    } catch (err) {
      state = "none";
      gone ||= codeOf(err) === "deleted";
      missing = codeOf(err) === "unknown_record" ? "There is no such post on this server." : err.message;
      if (api.isTemporary(err)) {
        missing += " It is shown as soon as that is possible.";
        if (isSending()) setTimeout(load, retry); // else when it is online again
      }
    }
    draw();
  }

  listen("feed", draw, signal);
  listen("state", () => {
    if (app.state === "offline") state = state === "there" ? "none" : state;
    else if (isSending()) load();
  }, signal);
  area.addEventListener("input", showForm);
  draw();
  load();
  return el("section", {}, el("h1", { class: "offscreen", tabindex: "-1", text: "Post" }), back, place, el("h2", { class: "offscreen", text: "Comments" }), earlier, list, form);
}
