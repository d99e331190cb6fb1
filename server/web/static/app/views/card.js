// One friendship, and what can be done with it.

import { app } from "../app.js";
import { ask, button, el, field, nameInput, say } from "../dom.js";
import { Doubt, isLive, refusalOf, waitsForMe } from "../friends.js";
import { nameOf } from "../names.js";
import { line } from "../text.js";
import { named } from "./consent.js";
import { codeLabel, safety, safetyCode } from "./safety.js";

const stateSentence = (r) => {
  const name = line(r.name);
  if (r.pending && r.state !== "invited") return `${name}: the server is told as soon as it is reached.`;
  if (r.refusal) return refusalOf(r);
  return {
    invited: r.pending ? "The invite is not on the server yet; it is sent as soon as it is reached." : `Waits for ${name} to accept, until ${new Date(r.expires).toLocaleDateString("en-GB", { day: "numeric", month: "long" })}.`,
    accepted: waitsForMe(r) ? `Somebody accepted the invite that you made for ${name}. Compare the safety number with ${name} (call, or meet) and confirm only if it is the same.` : `Waits for ${name} to confirm. Your posts get your name over there from then on.`,
    friend: r.verified ? "Friend; you compared the safety numbers." : "Friend.",
    ended: `${name} ended the friendship. Old posts still show the name.`,
    refused: "You refused whoever accepted this invite.",
    revoked: "You took this invite back.",
    expired: "This invite expired unused.",
  }[r.state];
};

// friendCard shows a friendship. opened holds the friendships whose safety number is
// open, with the number and its code, which stay as they are when a card is made anew:
// what is below does not move. done is called after a new name was typed or left.
export function friendCard(r, { opened = new Map(), done = () => {} } = {}) {
  const name = line(r.name);
  const card = el("article", { class: "card friend-card", "data-id": r.id, "aria-label": name }, el("h2", {}, el("bdi", { text: name })), el("p", { text: stateSentence(r) }));
  const row = el("div", { class: "row" });
  if (waitsForMe(r)) {
    card.append(safety(r));
    row.append(
      button(`It is ${name}`, () => confirm(r), { class: "primary" }),
      button("Refuse", async () => {
        if (await ask("Refuse?", `Whoever accepted the invite for ${name} does not become your friend, and the link opens nothing any more.`, "Refuse")) await app.friends.refuse(r.id);
      }),
    );
  } else if (r.state === "invited") {
    row.append(
      ...(r.pending ? [] : [el("a", { class: "button primary", href: `/#invite/${r.id}`, text: "Show the invite" })]),
      button("Take it back", async () => {
        if (await ask("Take the invite back?", "The link stops working.", "Take it back")) await app.friends.revoke(r.id);
      }),
    );
  } else if (isLive(r)) {
    const shown = opened.get(r.id) ?? el("div", {}); // made when somebody looks
    shown.querySelector("canvas")?.setAttribute("aria-label", codeLabel(name));
    const details = el(
      "details",
      { open: opened.has(r.id) },
      el("summary", { text: "Safety number" }),
      el("p", { text: `If ${name}'s screen shows the same number, nobody sits between you. Compare it aloud, or let ${name} take a picture of the code.` }),
      shown,
      r.state === "friend" ? button(r.verified ? "It is not the same after all" : "We compared: it is the same", () => app.friends.setVerified(r.id, !r.verified)) : null,
    );
    details.addEventListener("toggle", () => {
      if (!details.open) return opened.delete(r.id);
      opened.set(r.id, shown);
      if (!shown.hasChildNodes()) shown.append(safety(r), safetyCode(r, name));
    });
    card.append(details);
    const again = el("button", { type: "button", text: "Rename", onclick: () => rename(card, r, again, done) });
    row.append(again, button("Remove", () => removeFriend(r)));
  } else {
    row.append(button("Remove from the list", () => app.friends.forget(r.id)));
  }
  card.append(row);
  return card;
}

async function confirm(r) {
  try {
    await app.friends.confirm(r.id);
  } catch (err) {
    if (!(err instanceof Doubt)) throw err;
    const yes = await ask(`${line(err.about.name)} has a device already`, "Say yes only if this is another device of the same person: both show the same name. Somebody else needs an invite with a name of their own, so refuse this one.", "It is the same person");
    if (yes) await app.friends.confirm(r.id, true);
  }
}

async function removeFriend(r) {
  const name = line(r.name);
  const text = `You forget the name: ${name}'s posts become anonymous to you, and ${name} sees that the friendship ended.`;
  if (await ask(`Remove ${name}?`, text, "Remove")) await app.friends.forget(r.id);
}

function rename(card, r, opener, done) {
  const open = card.querySelector("form input");
  if (open) return open.focus();
  const input = nameInput({ value: r.name });
  const leave = () => {
    opener.focus();
    form.remove();
    done();
  };
  const form = el(
    "form",
    {},
    field("New name", input),
    el("div", { class: "row" }, el("button", { class: "primary", text: "Rename" }), el("button", { type: "button", text: "Keep it", onclick: leave })),
  );
  form.addEventListener("submit", async (e) => {
    e.preventDefault();
    try {
      const name = nameOf(input.value);
      if (await named(name, r.id, "Take this name", (yes) => app.friends.rename(r.id, name, yes))) leave();
    } catch (err) {
      say(err.message);
    }
  });
  card.append(form);
  input.focus();
  input.select();
}
