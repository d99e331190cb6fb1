// A friendship as this phone keeps it: { id, server, role, name, state, verified, since,
// expires, secret, parties, keys, ownN, seen, pending, refusal }.
//
// States: invited, accepted, friend, ended, refused, revoked, expired, removed; a
// removed one is only kept until the server knows. pending is { call, body }, a call
// that the server is owed: create, accept, confirm, end or revoke. refusal is the code
// with which a step failed for good.

import * as slot from "../p4p/friendship.js";

export const { INVITER, INVITEE } = slot;

// isLive tells whether what the other side does can still change it.
export const isLive = (row) => ["invited", "accepted", "friend"].includes(row.state);

// waitsForMe tells whether somebody accepted an invite and is to be confirmed.
export const waitsForMe = (row) => row.state === "accepted" && row.role === INVITER;

// isThere tells whether a row is one that its owner still sees.
export const isThere = (row) => row !== undefined && row.state !== "removed";

// other is the other side's base key, if it is known.
export const other = (row) => (row.role === INVITER ? row.parties.invitee?.key : row.parties.inviter?.key);

// shows tells whether somebody's posts show a row's name: an ended friendship's do
// until it is removed from the list.
export const shows = (row) =>
  (["friend", "ended"].includes(row.state) || (row.state === "accepted" && row.role === INVITEE)) && Boolean(other(row));

// owesAlike tells whether two rows owe the very same call, or neither owes one.
export const owesAlike = (a, b) => JSON.stringify(a?.pending ?? null) === JSON.stringify(b?.pending ?? null);

// isAlike tells whether a row is where it was: what was made of the one fits the other.
export const isAlike = (a, b) =>
  a !== undefined && a.state === b.state && a.ownN === b.ownN && a.seen?.n === b.seen?.n && owesAlike(a, b);

// sentences are what an answer means to who wants to accept an invite, by its code.
export const sentences = {
  already_accepted: "This invite was already used; if it was not you, tell your friend.",
  expired: "This invite has expired; ask your friend for a new one.",
  revoked: "This invite was withdrawn; ask your friend for a new one.",
  unknown_friendship: "The server does not know this invite: it is long over, or the link was changed on the way; ask your friend for a new one.",
};

// cameTooLate tells an acceptance that waited on this phone, and that the server did not
// take when it was reached.
export const cameTooLate = ({ role, state, refusal }) => role === INVITEE && state === "refused" && Boolean(refusal);

// refusalOf says what a step that failed for good means, "" for none.
export function refusalOf(row) {
  const { refusal, role, state } = row;
  if (!refusal) return "";
  if (cameTooLate(row)) return `Your acceptance came too late. ${sentences[refusal] ?? `The server refuses it (${refusal}); ask your friend for a new invite.`}`;
  if (state === "refused") return "What took this invite was no acceptance, and was refused.";
  return role === INVITER
    ? `The server refuses for good to pass on that you confirmed (${refusal}): remove this friendship, and make a new invite.`
    : `The server refuses this step for good (${refusal}).`;
}
