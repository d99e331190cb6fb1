// The people whose posts show a name.

import { addressWarning } from "../advice.js";
import { app, listen } from "../app.js";
import { el } from "../dom.js";
import { isLive, waitsForMe } from "../friends.js";
import { keep } from "../list.js";
import { friendCard } from "./card.js";
import { canScan, linkField } from "./scan.js";

// forgetful tells whether this is Safari on a phone, which clears what a page stored
// after seven days without a visit. (On the home screen a page begins anew, with
// another identity, so that is no advice to give.)
const forgetful = () => /iPhone|iPad|iPod/.test(navigator.userAgent) && !navigator.standalone;

export function friends(signal) {
  const list = el("div", { class: "stack" });
  const none = el("p", { class: "card", text: "No friends yet. A friend is somebody whose posts show the name that you gave; everybody else stays anonymous." });
  const opened = new Map(); // friendship whose safety number is open -> where it is shown
  const looks = new Map();
  function draw() {
    const renamed = list.querySelector("form")?.closest("[data-id]").dataset.id; // somebody types there
    const rank = (r) => (waitsForMe(r) ? 0 : r.state === "friend" ? 1 : isLive(r) ? 2 : 3);
    const rows = app.friends.rows.toSorted((a, b) => rank(a) - rank(b));
    for (const r of rows) if (r.id !== renamed) looks.set(r.id, JSON.stringify([r.name, r.role, r.state, r.verified, r.expires, r.pending?.call]));
    keep(list, rows, { id: (r) => r.id, look: (r) => looks.get(r.id), make: (r) => friendCard(r, { opened, done: draw }) });
    none.hidden = rows.length > 0;
  }
  listen("friends", draw, signal);
  draw();
  const scan = el("a", { class: "button", href: "/#scan", text: "Scan a code", hidden: true });
  canScan().then((can) => (scan.hidden = !can));
  return el(
    "section",
    {},
    el("h1", { tabindex: "-1", text: "Friends" }),
    el("p", { class: "quiet", text: "Names stay on this phone. The server knows none of them." }),
    el("p", { class: "row" }, el("a", { class: "button primary", href: "/#invite", text: "Invite somebody" }), scan),
    none,
    list,
    linkField("Got an invite link?"),
    el("p", { class: "quiet", text: "Who you are here lives in this browser alone. If its data is cleared, your friends' names and your identity are gone for good." }),
    addressWarning(),
    app.profile.copy ? el("p", {}, el("a", { class: "button", href: "/#copy", text: "Keep a copy of yourself" })) : null,
    forgetful() ? el("p", { class: "warning", text: "Safari forgets a page that was not opened for a week: come back now and then." }) : null,
  );
}
