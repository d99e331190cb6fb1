// Reading a friendship's mailbox. What is read gives a patch of the row, or null for
// nothing new. It throws where a mailbox does not prove itself; the row stays as it is
// then.

import { equal, from64, random, to64 } from "../p4p/bytes.js";
import { sha256 } from "../p4p/crypto.js";
import { codeOf, P4PError } from "../p4p/error.js";
import * as slot from "../p4p/friendship.js";
import { ownerToken } from "../p4p/key.js";
import * as api from "./api.js";
import { INVITEE, INVITER } from "./row.js";

export const incomplete = () =>
  new P4PError("slot_unopenable", "The server's answer about this friendship is incomplete; nothing was changed.");

// tokenOf opens this phone's side of a mailbox.
export const tokenOf = (profile, row) => ownerToken(profile.root, row.id);

export const look = async (profile, row) => api.mailbox("GET", row.id, await tokenOf(profile, row));

// slotOf is one side's slot as the server tells it: { n, bytes }, or null.
export function slotOf(view, role) {
  const [n, text] = [view.n?.[role], view.slots?.[role]];
  const bytes = typeof text === "string" ? from64(text) : null;
  return Number.isSafeInteger(n) && bytes ? { n, bytes } : null;
}

// pair derives the inviter's keys from what the invitee put: { parties, keys }.
export async function pair(profile, row, view) {
  const e = typeof view.e === "string" ? from64(view.e, 32) : null;
  if (!e || !row.secret) throw incomplete();
  const parties = { ...row.parties, invitee: { e } };
  return { parties, keys: await slot.derivePair(profile.root, INVITER, parties, row.secret) };
}

export async function absorb(profile, row, view) {
  if (view.state === "ended") return absorbEnd(profile, row, view);
  if (view.state !== "accepted") return null;
  return row.state === "invited" ? absorbFirst(profile, row, view) : absorbNext(row, view);
}

// absorbFirst takes the invitee's first slot. One that cannot be opened is refused.
async function absorbFirst(profile, row, view) {
  const [theirs, own] = [slotOf(view, INVITEE), slotOf(view, INVITER)];
  if (!theirs || !own || !view.e || !row.secret) throw incomplete();
  try {
    const { parties, keys } = await pair(profile, row, view);
    const got = await slot.openFirstAccept(keys, parties, theirs.n, theirs.bytes, profile.owns);
    return {
      state: "accepted", since: Date.now(), keys, secret: null, seen: seenOf(got), refusal: null,
      parties: { ...parties, invitee: got.side },
    };
  } catch (err) {
    if (!codeOf(err)) throw err;
    const n = own.n + 1;
    return {
      state: "refused", ownN: n, refusal: codeOf(err),
      pending: { call: "end", body: { n, slot: to64(random(slot.slotSize)) } },
    };
  }
}

// absorbNext takes the other side's rewritten slot: a confirmation, a change of key,
// or the end.
async function absorbNext(row, view) {
  const role = 1 - row.role;
  const theirs = slotOf(view, role);
  if (!theirs || !row.keys) throw incomplete();
  if (theirs.n === row.seen.n && equal(await sha256(theirs.bytes), row.seen.hash)) return null;
  const got = await slot.openSlot(row.keys, row.parties, role, theirs.n, theirs.bytes, row.seen);
  if (got.kind === slot.END) return ended(row, got);
  const state = got.kind === slot.CONFIRM && row.state === "accepted" ? "friend" : row.state;
  return { state, since: state === row.state ? row.since : Date.now(), seen: seenOf(got), refusal: null };
}

// absorbEnd takes an end slot, which must prove itself like any other.
async function absorbEnd(profile, row, view) {
  let role = 1 - row.role;
  let last = slotOf(view, role);
  let seen = row.seen;
  if (!last) {
    role = row.role;
    last = slotOf(view, role);
    seen = null;
  }
  if (!last) throw incomplete();
  const { parties, keys } = row.keys ? row : await pair(profile, row, view);
  const got = await slot.openSlot(keys, parties, role, last.n, last.bytes, seen);
  if (got.kind !== slot.END) {
    throw new P4PError("slot_unopenable", "The server says that this friendship was ended, and nobody did.");
  }
  return ended(row, got);
}

const seenOf = (got) => ({ n: got.n, hash: got.hash, steps: got.steps });

// The steps stay: they tell which keys the name stands for.
const ended = (row, last) => ({
  state: "ended", secret: null, keys: null, pending: null, refusal: null,
  seen: { n: last.n, hash: last.hash, steps: row.seen?.steps ?? [] },
});
