// One post with its comments.

import { codeOf } from "../../p4p/error.js";
import { limits, normalize } from "../../p4p/record.js";
import * as api from "../api.js";
import { app, go, listen } from "../app.js";
import { keepDraft, publish } from "../compose.js";
import { button, el, field } from "../dom.js";
import { counter, fits, onSubmit } from "../form.js";
import { pendingItems, postNode, signature, sync } from "../post.js";

export function thread(signal, id) {
  const place = el("div", {});
  const list = el("ol", { class: "feed comments", "aria-label": "Comments" });
  const back = el("p", {}, el("a", { href: "/", class: "button quietly", text: "← Feed" }));
  const area = el("textarea", { rows: "3", dir: "auto" });
  const form = el("form", { class: "card" }, field("Your comment", area), counter(area, limits.text), el("button", { class: "primary", text: "Comment" }));
  const draft = keepDraft(form, area, `thread ${id}`, signal);
  const words = { sent: "Your comment is there.", waits: "It is sent once the server is reached.", refused: "Your comment was not sent." };
  onSubmit(form, area, () =>
    draft.leaves(async () => {
      fits(area, "A comment", limits.text);
      await publish(draft, area, "comment", { target: id, text: normalize(area.value) }, null, words);
    }),
  );
  let missing = "";
  let there = false; // the post was seen
  let shownKey = "";
  let before;
  const earlier = button("Earlier comments", loadComments);
  async function loadComments() {
    const p = await api.records({ target: id, kind: "comment", limit: 200, before });
    await app.feed.take(p.events);
    before = p.before;
    draw();
  }
  function draw() {
    const item = app.feed.items.get(id);
    const key = item ? signature(item) : missing;
    if (key !== shownKey) {
      shownKey = key;
      there ||= Boolean(item);
      place.replaceChildren(item ? postNode(item, { alone: true }) : el("p", { class: "card", role: "status", text: missing || "One moment …" }));
    }
    form.hidden = !item;
    earlier.hidden = before === undefined;
    const waiting = pendingItems("comment").filter((c) => c.payload.target === id);
    sync(list, [...app.feed.commentsOn(id), ...waiting], postNode);
  }
  async function load() {
    try {
      const view = await api.record(id);
      await app.feed.take([view.event]);
      const item = app.feed.items.get(id);
      if (item?.kind === "comment") return go(`/p/${item.payload.target}`, { replace: true });
      if (!item) missing = "This post does not verify, so it is not shown.";
      await loadComments();
    } catch (err) {
      if (!app.feed.items.has(id)) {
        missing =
          codeOf(err) === "deleted" ? "This post was deleted by its author."
          : codeOf(err) === "unknown_record" ? "There is no such post on this server."
          : err.message;
      }
    }
    draw();
  }
  listen("feed", () => {
    if (there && !app.feed.items.has(id)) missing = "This post was deleted.";
    draw();
  }, signal);
  draw();
  load();
  return el("section", {}, el("h1", { class: "offscreen", tabindex: "-1", text: "Post" }), back, place, el("h2", { class: "offscreen", text: "Comments" }), earlier, list, form);
}
