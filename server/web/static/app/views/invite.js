// Inviting somebody: the name, then the link and its QR code. The code is computed
// here, since the secret in it is nobody else's.

import { from32 } from "../../p4p/bytes.js";
import { isLoopback, linkQR, linkURL } from "../../p4p/link.js";
import * as api from "../api.js";
import { app, base, go, listen } from "../app.js";
import { keepDraft } from "../compose.js";
import { button, copy, el, field, nameInput, say } from "../dom.js";
import { onSubmit } from "../form.js";
import { nameOf } from "../names.js";
import { line } from "../text.js";
import { friendCard } from "./card.js";
import { code, loadCodes } from "./code.js";
import { named } from "./consent.js";

export function invite(signal, id) {
  if (id) return showInvite(signal, id);
  loadCodes().catch(() => {}); // while the name is typed
  const input = nameInput();
  const make = el("button", { class: "primary", text: "Make the invite" });
  const form = el("form", { class: "card", novalidate: true }, field("Who is it for?", input, "The name stays on this phone; the server never hears it."), make);
  const draft = keepDraft(form, input, "invite", signal, { offerDiscard: false });
  onSubmit(form, input, async () => {
    const name = nameOf(input.value);
    let row;
    try {
      if (!(await named(name, undefined, "Make another invite", async (yes) => (row = await app.friends.invite(name, yes))))) return;
      await draft.discard();
      if (!signal.aborted) go(`/#invite/${row.id}`, { replace: true });
    } catch (err) {
      if (!api.isTemporary(err)) throw err;
      await draft.discard();
      say("The server cannot be reached. The invite is kept and made as soon as it can be.");
      if (!signal.aborted) go("/#friends", { replace: true });
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
    const now = r ? JSON.stringify([r.state, Boolean(r.pending), r.name, r.verified]) : "gone";
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
    code(linkQR(l), `QR code of the invite for ${name}`, "The link cannot be shown as a QR code: send it instead."),
    el(
      "div",
      { class: "row" },
      navigator.share ? button("Share the link", () => navigator.share({ url }).catch(() => {}), { class: "primary" }) : null,
      button("Copy the link", () => copy(url, "Link"), { class: navigator.share ? "" : "primary" }),
    ),
    el("details", {}, el("summary", { text: "The link as text" }), el("p", { class: "link", text: url })),
    local ? el("p", { class: "warning", text: "This address works on this machine only: other devices cannot reach it." }) : null,
    el("p", { class: "quiet", text: "It works for one person and one time. You are asked to confirm before the name sticks." }),
    el("p", {}, el("a", { class: "button quietly", href: "/#friends", text: "Done" })),
  ].filter(Boolean);
}
