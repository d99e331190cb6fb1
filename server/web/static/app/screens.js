// The screens of the app, but for the one that accepts an invite.

import { from32 } from "../p4p/bytes.js";
import { isLoopback, linkQR, linkURL } from "../p4p/link.js";
import { limits, normalize } from "../p4p/record.js";
import { codeOf } from "../p4p/error.js";
import * as api from "./api.js";
import { app, base, go, listen } from "./app.js";
import { offer } from "./copy.js";
import { ask, button, copy, el, field, say } from "./dom.js";
import { nameOf, isLive, waitsForMe } from "./friends.js";
import { prepare } from "./picture.js";
import { counter, pendingItems, postNode, signature, sync } from "./post.js";
import * as qr from "./qr.js";
import * as slot from "../p4p/friendship.js";
import { canScan, openLink } from "./scan.js";
import { line } from "./text.js";

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
  const notices = el("div", { class: "notices" });
  const idea = el("p", { class: "lead", text: "A feed in which nobody signs up, and only your friends know who you are." });
  let shown = page;
  const more = button("Older posts", async () => {
    shown += page;
    if (shown > app.feed.posts().length) await app.feed.older();
    draw();
  });
  function draw() {
    const posts = [...pendingItems("post").reverse(), ...app.feed.posts()];
    sync(list, posts.slice(0, shown), postNode);
    empty.hidden = posts.length > 0;
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
  return el("section", {}, el("h1", { class: "offscreen", tabindex: "-1", text: "Feed" }), idea, notices, offer(), empty, list, more);
}

export function thread(signal, id) {
  const place = el("div", {});
  const list = el("ol", { class: "feed comments", "aria-label": "Comments" });
  const back = el("p", {}, el("a", { href: "/", class: "button quietly", text: "← Feed" }));
  const area = el("textarea", { rows: "3", dir: "auto" });
  const room = counter(area, limits.text);
  const form = el("form", { class: "card" }, field("Your comment", area), room, el("button", { class: "primary", text: "Comment" }));
  form.addEventListener("submit", async (e) => {
    e.preventDefault();
    const send = form.querySelector("button");
    if (send.disabled) return;
    send.disabled = true;
    try {
      const row = await app.outbox.say("comment", { target: id, text: normalize(area.value) });
      if (row.refused) {
        await app.outbox.discard(row.id);
        throw new Error(row.refused.message);
      }
      area.value = "";
      say(row.seq ? "Your comment is there." : "It is sent once the server is reached.");
    } catch (err) {
      say(err.message);
    } finally {
      send.disabled = false;
    }
  });
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

export function write(signal) {
  const area = el("textarea", { rows: "6", dir: "auto" });
  const room = counter(area, limits.text);
  const file = el("input", { type: "file", accept: "image/*", class: "offscreen", id: "photo" });
  const choose = el("label", { for: "photo", class: "button", text: "Add a photo" });
  const preview = el("div", { class: "preview", hidden: true });
  const alt = el("input", { type: "text", dir: "auto", autocomplete: "off" });
  let picture = null;
  file.addEventListener("change", async () => {
    if (!file.files[0]) return;
    choose.textContent = "Preparing …";
    try {
      picture = await prepare(file.files[0]);
      const img = el("img", { alt: "The photo as it will be posted", width: picture.width, height: picture.height });
      img.src = URL.createObjectURL(new Blob([picture.bytes], { type: "image/jpeg" }));
      preview.replaceChildren(
        el("figure", {}, img),
        el("p", { class: "hint", text: "Place, time and camera were removed from the file. What can be seen on the photo stays." }),
        field("Describe it for those who cannot see it", alt),
        button("Remove the photo", () => {
          picture = null;
          file.value = "";
          preview.hidden = true;
        }),
      );
      preview.hidden = false;
    } catch (err) {
      say(err.message);
    } finally {
      choose.textContent = "Add a photo";
    }
  });
  const send = el("button", { class: "primary", text: "Post" });
  const form = el(
    "form",
    { class: "card" },
    field("What do you want to say?", area, "Everybody on this server can read it. Only your friends see that it is from you."),
    room,
    preview,
    el("div", { class: "row" }, choose, file, send),
  );
  form.addEventListener("submit", async (e) => {
    e.preventDefault();
    if (send.disabled) return;
    send.disabled = true;
    try {
      const row = await app.outbox.say("post", { text: normalize(area.value) }, picture && { ...picture, alt: normalize(alt.value) });
      if (row.refused) {
        await app.outbox.discard(row.id);
        throw new Error(row.refused.message);
      }
      say(row.seq ? "Posted." : "It is posted once the server is reached.");
      if (!signal.aborted) go("/"); // else the person went on already
    } catch (err) {
      say(err.message);
    } finally {
      send.disabled = false;
    }
  });
  return el("section", {}, el("h1", { tabindex: "-1", text: "Write" }), form);
}

// safety shows a safety number.
export function safety(row) {
  const number = el("p", { class: "number", "aria-label": "Safety number", text: "…" });
  app.friends.safetyNumber(row).then((n) => (number.textContent = n ?? ""));
  return number;
}

// safetyCode is the same for a camera.
function safetyCode(row, name) {
  const place = el("div", {});
  app.friends.safetyNumber(row).then((n) => n && place.append(qr.draw(slot.safetyQR(n), `QR code of the safety number with ${name}`)));
  return place;
}

const stateSentence = (r) => {
  const name = line(r.name);
  if (r.pending && r.state !== "invited") return `${name}: the server is told as soon as it is reached.`;
  return {
    invited: r.pending ? "The invite is not on the server yet; it is sent as soon as it is reached." : `Waits for ${name} to accept, until ${new Date(r.expires).toLocaleDateString("en-GB", { day: "numeric", month: "long" })}.`,
    accepted: waitsForMe(r) ? `Somebody accepted the invite that you made for ${name}. Compare the safety number with ${name} (call, or meet) and confirm only if it is the same.` : `Waits for ${name} to confirm. You recognise each other's posts from then on.`,
    friend: r.verified ? "Friend; you compared the safety numbers." : "Friend.",
    ended: `${name} ended the friendship. Old posts still show the name.`,
    refused: "You refused whoever accepted this invite.",
    revoked: "You took this invite back.",
    expired: "This invite expired unused.",
  }[r.state];
};

function friendCard(r) {
  const name = line(r.name);
  const card = el("article", { class: "card friend-card", "data-id": r.id, "aria-label": name }, el("h2", {}, el("bdi", { text: name })), el("p", { text: stateSentence(r) }));
  const row = el("div", { class: "row" });
  if (waitsForMe(r)) {
    card.append(safety(r));
    row.append(
      button(`It is ${name}`, async () => {
        const taken = app.friends.namedDevice(r.name, r.id);
        if (taken && !(await ask(`${line(taken.name)} has a device already`, "Say yes only if this is another device of the same person: both show the same name. Somebody else needs an invite with a name of their own, so refuse this one.", "It is the same person"))) return;
        await app.friends.confirm(r.id);
      }, { class: "primary" }),
      button("Refuse", async () => {
        if (await ask("Refuse?", `Whoever accepted the invite for ${name} does not become your friend, and the link opens nothing any more.`, "Refuse")) await app.friends.refuse(r.id);
      }),
    );
  } else if (r.state === "invited") {
    row.append(
      el("a", { class: "button primary", href: `/#invite/${r.id}`, text: "Show the invite" }),
      button("Take it back", async () => {
        if (await ask("Take the invite back?", "The link stops working.", "Take it back")) await app.friends.revoke(r.id);
      }),
    );
  } else if (isLive(r)) {
    card.append(
      el(
        "details",
        {},
        el("summary", { text: "Safety number" }),
        el("p", { text: `If ${name}'s screen shows the same number, nobody sits between you. Compare it aloud, or let ${name} take a picture of the code.` }),
        safety(r),
        safetyCode(r, name),
        r.state === "friend" ? button(r.verified ? "It is not the same after all" : "We compared: it is the same", () => app.friends.setVerified(r.id, !r.verified)) : null,
      ),
    );
    row.append(button("Rename", () => rename(card, r)), button("Remove", () => removeFriend(r)));
  } else {
    row.append(button("Remove from the list", () => app.friends.forget(r.id)));
  }
  card.append(row);
  return card;
}

async function removeFriend(r) {
  const name = line(r.name);
  const text = `You forget the name: ${name}'s posts become anonymous to you, and ${name} sees that the friendship ended.`;
  if (await ask(`Remove ${name}?`, text, "Remove")) await app.friends.forget(r.id);
}

function rename(card, r) {
  const input = el("input", { type: "text", value: r.name, autocomplete: "off", maxlength: "100" });
  const form = el("form", {}, field("New name", input), el("button", { class: "primary", text: "Rename" }));
  form.addEventListener("submit", async (e) => {
    e.preventDefault();
    try {
      const name = nameOf(input.value);
      form.remove();
      await app.friends.rename(r.id, name);
    } catch (err) {
      say(err.message);
    }
  });
  card.append(form);
  input.focus();
  input.select();
}

// forgetful tells whether this is Safari on a phone, which clears what a page stored
// after seven days without a visit. (On the home screen a page begins anew, with
// another identity, so that is no advice to give.)
const forgetful = () => /iPhone|iPad|iPod/.test(navigator.userAgent) && !navigator.standalone;

export function friends(signal) {
  const list = el("div", { class: "stack" });
  function draw() {
    if (list.querySelector("form:focus-within")) return; // somebody types a new name
    const rank = (r) => (waitsForMe(r) ? 0 : r.state === "friend" ? 1 : isLive(r) ? 2 : 3);
    const rows = app.friends.rows.toSorted((a, b) => rank(a) - rank(b));
    list.replaceChildren(
      ...rows.map(friendCard),
      rows.length === 0 ? el("p", { class: "card", text: "No friends yet. A friend is somebody whose posts show the name that you gave; everybody else stays anonymous." }) : "",
    );
  }
  listen("friends", draw, signal);
  draw();
  const scan = el("a", { class: "button", href: "/#scan", text: "Scan a code", hidden: true });
  canScan().then((can) => (scan.hidden = !can));
  const paste = el("input", { type: "url", autocomplete: "off", inputmode: "url" });
  const open = el("form", { class: "card" }, field("Got an invite link?", paste), el("button", { text: "Open it" }));
  open.addEventListener("submit", (e) => {
    e.preventDefault();
    try {
      openLink(paste.value);
    } catch (err) {
      say(err.message);
    }
  });
  return el(
    "section",
    {},
    el("h1", { tabindex: "-1", text: "Friends" }),
    el("p", { class: "quiet", text: "Names stay on this phone. The server knows none of them." }),
    el("p", { class: "row" }, el("a", { class: "button primary", href: "/#invite", text: "Invite somebody" }), scan),
    list,
    open,
    el("p", { class: "quiet", text: "Who you are here lives in this browser alone. If its data is cleared, your friends' names and your identity are gone for good." }),
    app.profile.copy ? el("p", {}, el("a", { class: "button", href: "/#copy", text: "Keep a copy of yourself" })) : null,
    forgetful() ? el("p", { class: "warning", text: "Safari forgets a page that was not opened for a week: come back now and then." }) : null,
  );
}

export function invite(signal, id) {
  if (id) return showInvite(signal, id);
  const input = el("input", { type: "text", autocomplete: "off", maxlength: "100", dir: "auto" });
  const make = el("button", { class: "primary", text: "Make the invite" });
  const form = el("form", { class: "card" }, field("Who is it for?", input, "The name stays on this phone; the server never hears it."), make);
  form.addEventListener("submit", async (e) => {
    e.preventDefault();
    if (make.disabled) return;
    make.disabled = true;
    try {
      const name = nameOf(input.value);
      const taken = app.friends.sameName(name);
      if (taken && !(await ask(`${line(taken.name)} is there already`, "Make another invite only if it is the same person with another device. Two people need two names.", "It is the same person"))) return;
      const row = await app.friends.invite(name);
      if (!signal.aborted) go(`/#invite/${row.id}`, { replace: true });
    } catch (err) {
      say(api.isTemporary(err) ? "The server cannot be reached. The invite is kept and made as soon as it can be." : err.message);
      if (api.isTemporary(err) && !signal.aborted) go("/#friends");
    } finally {
      make.disabled = false;
    }
  });
  return el(
    "section",
    {},
    el("h1", { tabindex: "-1", text: "Invite somebody" }),
    el("p", { text: "You get a link and a QR code for one person. Whoever opens it is told what it is and becomes your friend by pressing a button." }),
    form,
  );
}

function showInvite(signal, id) {
  const place = el("div", {});
  let shown = "";
  function draw() {
    const r = app.friends.row(id);
    const now = r ? `${r.state} ${Boolean(r.pending)}` : "gone";
    if (now === shown) return;
    shown = now;
    if (r?.state === "invited" && r.secret && !r.pending) place.replaceChildren(...inviteParts(r));
    else place.replaceChildren(r ? friendCard(r) : el("p", { class: "card", text: "This invite is not there any more." }), el("p", {}, el("a", { class: "button", href: "/#friends", text: "To the friends" })));
  }
  listen("friends", draw, signal);
  draw();
  return el("section", {}, el("h1", { tabindex: "-1", text: "The invite" }), place);
}

function inviteParts(r) {
  const name = line(r.name);
  const l = { server: base(), friendship: r.id, secret: r.secret, pin: app.info.pin ? from32(app.info.pin.toUpperCase(), 16) : undefined };
  const url = linkURL(l);
  const local = isLoopback(new URL(l.server).hostname.replace(/^\[|\]$/g, ""));
  return [
    el("p", {}, "Let ", el("bdi", { text: name }), " scan this with the phone's camera, or send the link by a messenger that you both trust."),
    qr.draw(linkQR(l), `QR code of the invite for ${name}`) ?? el("p", { text: "The link is too long for a QR code: send it instead." }),
    el(
      "div",
      { class: "row" },
      navigator.share ? button("Share the link", () => navigator.share({ url }).catch(() => {}), { class: "primary" }) : null,
      button("Copy the link", () => copy(url, "Link"), { class: navigator.share ? "" : "primary" }),
    ),
    el("details", {}, el("summary", { text: "The link in words" }), el("p", { class: "link", text: url })),
    local ? el("p", { class: "warning", text: "This address works on this machine only: other devices cannot reach it." }) : null,
    el("p", { class: "quiet", text: "It works for one person and one time. You are asked to confirm before the name sticks." }),
    el("p", {}, el("a", { class: "button quietly", href: "/#friends", text: "Done" })),
  ].filter(Boolean);
}
