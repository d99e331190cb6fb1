// One post or comment as it is seen.

import { to64 } from "../p4p/bytes.js";
import { deviceUUID } from "../p4p/key.js";
import { app, base, bus, go } from "./app.js";
import { forgetPictures, loadAgain, pictureOf } from "./blobs.js";
import { ask, button, copy, el, say } from "./dom.js";
import { bringBack } from "./draft.js";
import { keep } from "./list.js";
import { block, excerpt, line, when } from "./text.js";

const tags = new Map(); // base64url of a key -> UUID

// labelOf is the author's label. Names are this phone's own; nothing of a stranger's
// text stands in it.
export function labelOf(item) {
  const known = item.pending ? { you: true } : app.friends.label(item, app.feed.epoch);
  if (known?.you) return el("span", { class: "who you", text: "You" });
  if (known) {
    const name = el("bdi", { text: line(known.name) });
    const mark = known.verified
      ? el("span", { class: "mark", title: "You compared the safety numbers", role: "img", "aria-label": "safety number compared", text: "✓✓" })
      : el("span", { class: "mark", title: "Your friend", role: "img", "aria-label": "friend", text: "✓" });
    return el("span", { class: "who friend" }, name, mark, known.ended ? el("span", { class: "quiet", text: " ended" }) : null);
  }
  const tag = el("span", { class: "tag", "aria-hidden": "true" });
  const who = el("span", { class: "who anonymous" }, tag, el("span", { class: "anonymous-name", text: "anonymous" }));
  const fill = (uuid) => {
    who.lastChild.textContent = `anonymous ${uuid.slice(0, 4)}`;
    const [a, b] = [parseInt(uuid.slice(0, 2), 16), parseInt(uuid.slice(2, 4), 16)];
    tag.style.setProperty("--a", `hsl(${Math.round((a / 256) * 360)} 65% 50%)`);
    tag.style.setProperty("--b", `hsl(${Math.round((b / 256) * 360)} 65% 50%)`);
  };
  const key = to64(item.author);
  if (tags.has(key)) fill(tags.get(key));
  else deviceUUID(item.author).then((uuid) => (tags.set(key, uuid), fill(uuid)));
  return who;
}

// A picture goes with its post, and with what its author took back.
bus.addEventListener("feed", () =>
  forgetPictures((item) => (item.pending ? !app.feed.items.has(item.id) && !app.outbox.rows.some((r) => r.id === item.id) : app.feed.isGone(item.id, item.author))),
);

// share hands a post's address on.
async function share(id) {
  const url = `${base()}/p/${id}`;
  if (navigator.share) {
    await navigator.share({ url }).catch(() => {});
    return;
  }
  await copy(url, "The post's address is");
}

async function erase(item) {
  const what = item.kind === "post" ? "post" : "comment";
  if (!(await ask(`Delete this ${what}?`, "Its text and picture are erased on the server within a minute. Whoever copied it before still has the copy.", "Delete it", excerpt(item.payload)))) return;
  if (deletionOf(item)) return; // asked twice
  const row = await app.outbox.say("deletion", { target: item.id });
  if (row.refused) return; // its card says so
  if (row.seq) erased.add(item.id);
  say(row.seq ? "Deleted." : "It is deleted once the server is reached.");
}

const erased = new Set(); // UUIDs of what the server was told to erase, until the feed hears of it

// deletionOf is what waits in the outbox to delete an item, or true where the server
// has it already.
const deletionOf = (item) => app.outbox.rows.find((r) => r.kind === "deletion" && r.payload.target === item.id) ?? erased.has(item.id);

// deletionParts tell how the deletion of an item stands.
function deletionParts(row) {
  if (row.refused) return [el("p", { class: "warning", role: "alert", text: `Not deleted: ${row.refused.message}` }), button("Keep it", () => app.outbox.discard(row.id))];
  if (row === true || isSending()) return [el("p", { class: "quiet", text: "Deleting …" })];
  return [el("p", { class: "quiet", text: "It is deleted once the server is reached." }), button("Keep it", () => app.outbox.discard(row.id))];
}

async function report(item) {
  if (!(await ask("Report this to the operator?", "The operator of this server reads the report and may take it down. Nobody else sees that you reported it; the operator sees it from your device's number, without a name.", "Report it", excerpt(item.payload)))) return;
  const row = await app.outbox.say("report", { target: item.id, text: "" });
  if (row.refused) {
    await app.outbox.discard(row.id);
    throw new Error(row.refused.message);
  }
  say(row.seq ? "Reported." : "It is reported once the server is reached.");
}

// editAgain makes a refused post or comment a draft again, and goes where it is written.
async function editAgain(item) {
  const { target } = item.payload;
  await bringBack(item.id, item.kind === "post" ? "post" : `thread ${target}`);
  go(item.kind === "post" ? "/#write" : `/p/${target}`);
}

async function discard(item) {
  if (await ask(`Discard this ${item.kind}?`, "It was never sent, and is nowhere but here.", "Discard it", excerpt(item.payload))) await app.outbox.discard(item.id);
}

// isSending tells whether what waits is on its way.
export const isSending = () => app.state === "online" || app.state === "polling";

bus.addEventListener("state", () => {
  if (app.outbox.rows.length > 0) bus.dispatchEvent(new Event("feed"));
  if (isSending()) loadAgain();
});

// commentsOn says how many comments a post has.
function commentsOn(item) {
  const n = app.feed.commentsOn(item.id).length;
  return n === 0 ? "Comment" : n === 1 ? "1 comment" : `${n} comments`;
}

// tellComments is for a post that stays as it is while it is commented on.
function tellComments(node, item) {
  const count = node.querySelector("footer .count");
  if (count && count.textContent !== commentsOn(item)) count.textContent = commentsOn(item);
}

// postNode shows a post (in the feed or by itself) or a comment.
export function postNode(item, { alone = false } = {}) {
  const { payload } = item;
  const at = new Date(payload.created_at);
  const mine = item.pending || app.profile.owns(item.author);
  const head = el("header", { id: `by-${item.id}` }, labelOf(item), el("time", { datetime: payload.created_at, title: at.toLocaleString("en-GB"), text: when(at) }));
  const text = block(payload.text);
  const body = text === "" ? null : el("p", { class: alone || item.kind === "comment" ? "text" : "text clamp", dir: "auto", translate: "yes", text });
  const foot = el("footer", {});
  const deletion = mine && deletionOf(item);
  const long = !alone && item.kind === "post" && !item.pending && (text.length > 500 || text.split("\n").length > 12);
  if (item.refused) {
    foot.append(el("p", { class: "warning", role: "alert", text: `Not sent: ${item.refused.message}` }), button("Edit again", () => editAgain(item)), button("Discard", () => discard(item)));
    const elsewhere = item.kind === "comment" && location.pathname !== `/p/${payload.target}`;
    if (elsewhere) foot.append(el("a", { href: `/p/${payload.target}`, class: "button", text: "The post" }));
  } else if (item.pending) {
    foot.append(el("p", { class: "quiet", text: isSending() ? "Sending …" : "Waits here until the server is reached." }));
  } else {
    if (long) foot.append(el("a", { href: `/p/${item.id}`, class: "button", text: "Read all" }));
    if (item.kind === "post" && !alone) foot.append(el("a", { href: `/p/${item.id}`, class: "button count", text: commentsOn(item) }));
    if (item.kind === "post") foot.append(button("Share", () => share(item.id)));
    if (!mine) foot.append(button("Report", () => report(item), { class: "quiet" }));
    else if (deletion) foot.append(...deletionParts(deletion));
    else foot.append(button("Delete", () => erase(item)));
  }
  return el("article", { class: `post ${item.kind}${deletion ? " going" : ""}`, "data-id": item.id, "aria-labelledby": head.id }, head, body, payload.image ? pictureOf(item, block(payload.image.alt)) : null, foot);
}

// pendingItems are what waits in the outbox, as items. A comment that was refused
// stands among the posts as well, where its author finds it.
export const pendingItems = (kind) =>
  app.outbox.rows
    .filter((r) => (r.kind === kind || (r.kind === "comment" && r.refused)) && !app.feed.items.has(r.id))
    .map((r) => ({ ...r, pending: true, author: app.profile.device.public, picture: r.picture }));

// signature changes when a post's look does, but for the number of its comments.
export const signature = (item) => {
  const label = item.pending ? "you" : JSON.stringify(app.friends.label(item, app.feed.epoch) ?? null, (k, v) => (typeof v === "bigint" ? String(v) : v));
  const deletion = !item.pending && deletionOf(item);
  const fate = [item.refused?.code, Boolean(item.pending), Boolean(deletion), deletion?.refused?.code, (item.pending || deletion) && isSending()];
  return [item.id, label, ...fate].join("|");
};

// sync makes a list's children those of the items, touching only what changed.
export const sync = (list, items, make) =>
  keep(list, items, { id: (i) => i.id, look: signature, make: (i) => el("li", {}, make(i)), tell: tellComments });
