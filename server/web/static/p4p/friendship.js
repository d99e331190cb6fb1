// Friendships: what both sides derive, and the sealed slots of a mailbox.

import { cat, equal, isZero, random, readU64, to64, u8, u64, uuidBytes } from "./bytes.js";
import { exchange, gcmOpen, gcmSeal, kdf, kdfKey, sealKey, sha256, uuid8 } from "./crypto.js";
import { fail, P4PError } from "./error.js";
import { checkPublicKey, exchangeKey, sign, thumbprint, verify } from "./key.js";

export const INVITER = 0;
export const INVITEE = 1;

// What a slot says.
export const INVITE = 1;
export const ACCEPT = 2;
export const CONFIRM = 3;
export const END = 4;

const plainSize = 4096;
const nonceSize = 12;
export const slotSize = nonceSize + plainSize + 16;
const stepSize = 184;
const maxSteps = 21;

const unopenable = (why) => new P4PError("slot_unopenable", `The sealed friendship record cannot be opened: ${why}.`);

// friendshipUUID commits to the server, the inviter and the link secret.
export async function friendshipUUID(server, inviter, secret) {
  return uuid8(await sha256(cat("p4p/1 friendship", uuidBytes(server), await thumbprint(inviter), secret)));
}

export const linkToken = async (secret, f) => kdf(await kdfKey(secret), uuidBytes(f), "p4p/1 link token");

const inviteKey = async (secret, f) => sealKey(await kdf(await kdfKey(secret), uuidBytes(f), "p4p/1 invite slot"));

// A side is { key, e }; parties are { server, friendship, inviter, invitee }, the
// protocol's C.
const partiesBytes = (c) =>
  cat(uuidBytes(c.server), uuidBytes(c.friendship), c.inviter.key, c.inviter.e, c.invitee.key, c.invitee.e);

// safetyQR is a safety number as a QR code carries it; see docs/protocol.md.
export const safetyQR = (number) => `P4P SAFETY ${number}`;

// parseSafetyQR gives the number that a QR code's text holds, or null.
export const parseSafetyQR = (text) => /^P4P SAFETY (\d{5}( \d{5}){5})$/.exec(text)?.[1] ?? null;

// safetyNumber is six groups of five digits; equal numbers on both sides mean that
// nobody sits between.
export async function safetyNumber(c) {
  const h = await sha256(cat("p4p/1 safety", partiesBytes(c)));
  const groups = [];
  for (let i = 0; i < 6; i++) {
    let n = 0;
    for (const b of h.slice(5 * i, 5 * i + 5)) n = n * 256 + b;
    groups.push(String(n % 100_000).padStart(5, "0"));
  }
  return groups.join(" ");
}

// pairBytes computes the pair keys from one side's R, the other's e and S. The
// invitee's signing key need not be known. An all-zero shared secret is
// slot_unopenable.
export async function pairBytes(root, role, c, secret) {
  const own = await exchangeKey(root, c.friendship);
  const dh = await exchange(own.key, role === INVITEE ? c.inviter.e : c.invitee.e);
  if (dh === null) throw unopenable("the other side's exchange key has small order");
  const salt = await sha256(
    cat("p4p/1 pair", uuidBytes(c.server), uuidBytes(c.friendship), c.inviter.key, c.inviter.e, c.invitee.e),
  );
  const both = cat(dh, secret);
  const ikm = await kdfKey(both);
  for (const b of [dh, both]) b.fill(0);
  return { inviter: await kdf(ikm, salt, "p4p/1 inviter slot"), invitee: await kdf(ikm, salt, "p4p/1 invitee slot") };
}

// derivePair gives the pair keys as keys that cannot be read back.
export async function derivePair(root, role, c, secret) {
  const raw = await pairBytes(root, role, c, secret);
  const keys = { inviter: await sealKey(raw.inviter), invitee: await sealKey(raw.invitee) };
  for (const r of Object.values(raw)) r.fill(0);
  return keys;
}

const slotAAD = (server, f, role, n) => cat("p4p/1 slot", uuidBytes(server), uuidBytes(f), u8(role), u64(n));

async function seal(key, aad, said, nonce = random(nonceSize)) {
  const plain = new Uint8Array(plainSize);
  plain.set(said);
  return cat(nonce, await gcmSeal(key, nonce, aad, plain));
}

async function open(key, aad, slot) {
  if (slot.length !== slotSize) throw unopenable("it has the wrong length");
  const plain = await gcmOpen(key, slot.slice(0, nonceSize), aad, slot.slice(nonceSize));
  if (plain === null) throw unopenable("the key does not fit");
  return plain;
}

const inviteMessage = (server, f, side) => cat("p4p/1 invite", uuidBytes(server), uuidBytes(f), side.key, side.e);

// sealInvite makes A's slot of a new mailbox: { friendship, slot, side }.
export async function sealInvite(root, device, server, secret, nonce) {
  const friendship = await friendshipUUID(server, device.public, secret);
  const side = { key: device.public, e: (await exchangeKey(root, friendship)).public };
  const sig = await sign(device, inviteMessage(server, friendship, side));
  const said = cat(u8(INVITE), side.key, side.e, sig, u8(0));
  const slot = await seal(await inviteKey(secret, friendship), slotAAD(server, friendship, INVITER, 1), said, nonce);
  return { friendship, slot, side };
}

async function sealSide(kind, keys, device, c, n, nonce) {
  const [role, key, side, label] =
    kind === ACCEPT
      ? [INVITEE, keys.invitee, c.invitee, "p4p/1 accept"]
      : [INVITER, keys.inviter, c.inviter, "p4p/1 confirm"];
  const sig = await sign(device, cat(label, partiesBytes(c)));
  return seal(key, slotAAD(c.server, c.friendship, role, n), cat(u8(kind), side.key, side.e, sig, u8(0)), nonce);
}

export const sealAccept = (keys, device, c, n, nonce) => sealSide(ACCEPT, keys, device, c, n, nonce);
export const sealConfirm = (keys, device, c, n, nonce) => sealSide(CONFIRM, keys, device, c, n, nonce);

// sealEnd makes the slot with which a side ends the friendship.
export const sealEnd = (keys, role, c, n, nonce) =>
  seal(role === INVITER ? keys.inviter : keys.invitee, slotAAD(c.server, c.friendship, role, n), u8(END), nonce);

function parseStep(b) {
  const step = { key: b.slice(0, 32), epoch: b.slice(32, 48), cut: readU64(b.slice(48, 56)), bytes: b.slice() };
  try {
    checkPublicKey(step.key);
  } catch {
    throw unopenable("a step's key is no key");
  }
  return step;
}

// parseSide reads what the kinds invite, accept and confirm have in common.
function parseSide(plain, want) {
  if (plain[0] !== want) throw unopenable("it is of another kind than it should be");
  const side = { key: plain.slice(1, 33), e: plain.slice(33, 65) };
  try {
    checkPublicKey(side.key);
  } catch {
    throw unopenable("its device key is no key");
  }
  const m = plain[129];
  if (m > maxSteps) fail("chain_full", "A friendship record carries at most 21 changes of key.");
  const steps = [];
  let at = 130;
  for (let i = 0; i < m; i++, at += stepSize) steps.push(parseStep(plain.slice(at, at + stepSize)));
  if (!isZero(plain.slice(at))) throw unopenable("its padding is not empty");
  return { side, sig: plain.slice(65, 129), steps };
}

// openInvite opens A's slot with the link secret. own tells whether a key is one of
// the reader's own. Codes: slot_unopenable, forged_invite, own_invite.
export async function openInvite(server, f, secret, slot, own) {
  const plain = await open(await inviteKey(secret, f), slotAAD(server, f, INVITER, 1), slot);
  const { side, sig, steps } = parseSide(plain, INVITE);
  if (steps.length > 0) throw unopenable("an invite carries no rotation");
  if ((await friendshipUUID(server, side.key, secret)) !== f) {
    fail("forged_invite", "This invite is forged: its link does not belong to the device that it names. Do not accept it, and tell your friend.");
  }
  if (own(side.key)) {
    fail("own_invite", "This is your own invite: send the link to your friend instead of opening it yourself.");
  }
  if (!(await verify(side.key, inviteMessage(server, f, side), sig))) throw unopenable("its signature is not the inviter's");
  return { kind: INVITE, side, steps, n: 1, hash: await sha256(slot) };
}

// openFirstAccept opens B's slot at A, who does not know B's key yet: c has no
// invitee.key. own tells A's own keys.
export async function openFirstAccept(keys, c, n, slot, own) {
  const plain = await open(keys.invitee, slotAAD(c.server, c.friendship, INVITEE, n), slot);
  const { side } = parseSide(plain, ACCEPT);
  if (own(side.key)) throw unopenable("it carries this device's own key");
  const full = { ...c, invitee: { ...c.invitee, key: side.key } };
  return openSlot(keys, full, INVITEE, n, slot, null);
}

async function checkSteps(c, role, base, steps, stored) {
  if (stored.length > steps.length || !stored.every((s, j) => equal(s.bytes, steps[j].bytes))) {
    fail("broken_succession", "This friendship's history of device keys was changed; nothing was taken over.");
  }
  let old = base;
  for (const [j, s] of steps.entries()) {
    const said = [uuidBytes(c.server), uuidBytes(c.friendship), u8(role), u8(j), old, s.bytes.slice(0, 56)];
    const message = cat("p4p/1 succeed", said[0], said[1], said[2], said[3], said[4], said[5]);
    const both =
      (await verify(old, message, s.bytes.slice(56, 120))) && (await verify(s.key, message, s.bytes.slice(120, 184)));
    if (!both) throw unopenable("a change of key is not signed by both keys");
    old = s.key;
  }
}

// openSlot opens the slot of the side role, whose base key and e stand in c, and
// holds it against what was seen of it before ({ n, hash, steps }, or null). Codes:
// slot_unopenable, rollback, broken_succession. An error leaves nothing to store.
export async function openSlot(keys, c, role, n, slot, seen) {
  const hash = await sha256(slot);
  if (seen && (n < seen.n || (n === seen.n && !equal(hash, seen.hash)))) {
    fail("rollback", "The server shows an older state of this friendship than it did before; nothing was changed.");
  }
  const [key, kind, label, known] =
    role === INVITEE
      ? [keys.invitee, ACCEPT, "p4p/1 accept", c.invitee]
      : [keys.inviter, CONFIRM, "p4p/1 confirm", c.inviter];
  const plain = await open(key, slotAAD(c.server, c.friendship, role, n), slot);
  if (plain[0] === END) {
    if (!isZero(plain.slice(1))) throw unopenable("an end says nothing more");
    return { kind: END, steps: seen?.steps ?? [], n, hash };
  }
  if (role === INVITER && n < 2) throw unopenable("a confirmation is never the first version");
  const { side, sig, steps } = parseSide(plain, kind);
  if (!equal(side.key, known.key)) {
    fail("broken_succession", "This friendship suddenly names another device; nothing was changed.");
  }
  if (!equal(side.e, known.e)) throw unopenable("its exchange key is not the known one");
  if (!(await verify(side.key, cat(label, partiesBytes(c)), sig))) throw unopenable("its signature is not its owner's");
  await checkSteps(c, role, side.key, steps, seen?.steps ?? []);
  return { kind, side, steps, n, hash };
}

// authorization is the header's value that carries a token.
export const authorization = (token) => `P4P ${to64(token)}`;
