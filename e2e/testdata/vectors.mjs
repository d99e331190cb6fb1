// Holds the page's protocol modules against the fixed vectors. It answers with the
// list of what differs; an empty list is what the test wants.
import * as bytes from "/static/p4p/bytes.js";
import { kdfKey, sha256 } from "/static/p4p/crypto.js";
import { codeOf } from "/static/p4p/error.js";
import * as friendship from "/static/p4p/friendship.js";
import * as key from "/static/p4p/key.js";
import * as link from "/static/p4p/link.js";
import * as record from "/static/p4p/record.js";

const hex = bytes.toHex;
const unhex = bytes.fromHex;

export async function run() {
  const v = await (await fetch("/vectors.json")).json();
  const wrong = [];
  let checks = 0;
  const same = (what, got, want) => {
    checks++;
    if (got !== want) wrong.push(`${what}: got ${String(got).slice(0, 200)}, want ${String(want).slice(0, 200)}`);
  };
  const rootOf = (h) => kdfKey(unhex(h));

  for (const k of v.keys) {
    const d = await key.deviceKey(await rootOf(k.root), k.rotations);
    same("x", bytes.to64(d.public), k.x_base64url);
    same("thumbprint", bytes.to64(await key.thumbprint(d.public)), k.thumbprint_base64url);
    same("device", await key.deviceUUID(d.public), k.device);
    same("the private key can be read", d.key.extractable, false);
  }

  for (const r of v.records) {
    const parsed = await record.parseRecord(r.jws);
    same("kind", parsed.kind, r.kind);
    same("record UUID", parsed.id, r.id);
    same("author", await key.deviceUUID(parsed.author), r.device);
    same("payload", record.payloadText(r.kind, parsed.payload), r.payload);
    const d = await key.deviceKey(await rootOf(r.root), 0);
    const { srv, nonce, created_at, ...said } = parsed.payload;
    const made = await record.signRecord(d, r.kind, srv, said, new Date(created_at), bytes.from64(nonce, 16));
    same("signing input", made.jws.slice(0, made.jws.lastIndexOf(".")), r.jws.slice(0, r.jws.lastIndexOf(".")));
    same("header", bytes.looseText(bytes.from64(r.jws.split(".")[0])), r.header);
    same("own signature verifies", (await record.parseRecord(made.jws)).id, made.id);
  }
  same("blob", await record.blobID(unhex(v.blob.bytes)), v.blob.id);
  same("cursor", bytes.cursorText(bytes.parseCursor(v.cursor.text)), v.cursor.text);
  same("cursor's seq", bytes.parseCursor(v.cursor.text).seq, v.cursor.seq);

  const f = v.friendship;
  const server = bytes.uuidText(unhex(f.server));
  const secret = unhex(f.secret);
  const [rootA, rootB] = [await rootOf(f.root_a), await rootOf(f.root_b)];
  const [a, b] = [await key.deviceKey(rootA, 0), await key.deviceKey(rootB, 0)];
  const id = await friendship.friendshipUUID(server, a.public, secret);
  const [ea, eb] = [await key.exchangeKey(rootA, id), await key.exchangeKey(rootB, id)];
  const c = {
    server, friendship: id,
    inviter: { key: a.public, e: ea.public }, invitee: { key: b.public, e: eb.public },
  };
  same("secret in base32", bytes.to32(secret), f.secret_base32);
  same("secret from base32", hex(bytes.from32(f.secret_base32, 16)), f.secret);
  same("key_a", hex(a.public), f.key_a);
  same("key_b", hex(b.public), f.key_b);
  same("e_a", hex(ea.public), f.e_a);
  same("e_b", hex(eb.public), f.e_b);
  same("friendship", id, f.friendship);
  same("link token", hex(await friendship.linkToken(secret, id)), f.link_token);
  same("link hash", hex(await sha256(await friendship.linkToken(secret, id))), f.link_hash);
  same("owner token a", hex(await key.ownerToken(rootA, id)), f.owner_token_a);
  same("owner token b", hex(await key.ownerToken(rootB, id)), f.owner_token_b);
  same("safety number", await friendship.safetyNumber(c), f.safety_number);
  for (const [root, role] of [[rootA, friendship.INVITER], [rootB, friendship.INVITEE]]) {
    const pair = await friendship.pairBytes(root, role, c, secret);
    same("inviter key", hex(pair.inviter), f.inviter_key);
    same("invitee key", hex(pair.invitee), f.invitee_key);
  }
  const keys = await friendship.derivePair(rootB, friendship.INVITEE, c, secret);
  same("the pair keys can be read", keys.inviter.extractable || keys.invitee.extractable, false);

  const slots = Object.fromEntries(f.slots.map((s) => [s.what, s]));
  const nobody = () => false;
  const openInvite = (slot, own = nobody) => friendship.openInvite(server, id, secret, unhex(slot), own);
  same("the invite's key", hex((await openInvite(slots.invite.slot)).side.key), f.key_a);
  const accept = await friendship.openFirstAccept(keys, { ...c, invitee: { e: eb.public } }, 1, unhex(slots.accept.slot), nobody);
  same("the acceptance's key", hex(accept.side.key), f.key_b);
  const confirm = await friendship.openSlot(keys, c, friendship.INVITER, 2, unhex(slots.confirm.slot), null);
  same("the confirmation", confirm.kind, friendship.CONFIRM);
  const rotated = slots["confirm after one rotation"];
  const chain = await friendship.openSlot(keys, c, friendship.INVITER, 3, unhex(rotated.slot), confirm);
  same("steps", chain.steps.length, 1);
  same("the step's key", hex(chain.steps[0].key), hex((await key.deviceKey(rootA, 1)).public));
  same("the step's cut", chain.steps[0].cut, 777n);
  const end = await friendship.openSlot(keys, c, friendship.INVITEE, 2, unhex(slots.end.slot), accept);
  same("the end", end.kind, friendship.END);

  // Sealing: Ed25519 of this browser may be randomised, so what was sealed is opened
  // again; the end slot holds no signature and must be the very bytes.
  same("end slot", hex(await friendship.sealEnd(keys, friendship.INVITEE, c, 2, unhex(slots.end.nonce))), slots.end.slot);
  const invite = await friendship.sealInvite(rootA, a, server, secret, unhex(slots.invite.nonce));
  same("a sealed invite's UUID", invite.friendship, id);
  same("a sealed invite", hex((await openInvite(hex(invite.slot))).side.e), f.e_a);
  const sealed = await friendship.sealAccept(keys, b, c, 1, unhex(slots.accept.nonce));
  same("a sealed acceptance", (await friendship.openSlot(keys, c, friendship.INVITEE, 1, sealed, null)).kind, friendship.ACCEPT);
  const confirmed = await friendship.sealConfirm(keys, a, c, 2, unhex(slots.confirm.nonce));
  same("a sealed confirmation", (await friendship.openSlot(keys, c, friendship.INVITER, 2, confirmed, null)).kind, friendship.CONFIRM);
  const sized = f.slots.every((s) => s.slot.length === 2 * friendship.slotSize);
  same("the slots have one size", sized, true);

  const refused = async (what, want, call) => {
    let got = "nothing was refused";
    try {
      await call();
    } catch (err) {
      got = codeOf(err) || `${err}`;
    }
    same(what, got, want);
  };
  const accepted = slots.accept;
  await refused("a lower n", "rollback", () =>
    friendship.openSlot(keys, c, friendship.INVITER, 2, unhex(slots.confirm.slot), { ...chain, steps: [] }));
  await refused("the same n with other bytes", "rollback", () =>
    friendship.openSlot(keys, c, friendship.INVITEE, 1, sealed, { n: 1, hash: new Uint8Array(32), steps: [] }));
  await refused("a chain without its beginning", "broken_succession", () =>
    friendship.openSlot(keys, c, friendship.INVITER, 3, unhex(rotated.slot), { n: 2, hash: new Uint8Array(32), steps: [chain.steps[0], chain.steps[0]] }));
  await refused("another base key", "broken_succession", () =>
    friendship.openSlot(keys, { ...c, invitee: { key: a.public, e: eb.public } }, friendship.INVITEE, 1, unhex(accepted.slot), null));
  await refused("another n", "slot_unopenable", () =>
    friendship.openSlot(keys, c, friendship.INVITEE, 2, unhex(accepted.slot), null));
  await refused("one's own key in the acceptance", "slot_unopenable", () =>
    friendship.openFirstAccept(keys, { ...c, invitee: { e: eb.public } }, 1, unhex(accepted.slot), () => true));
  await refused("an exchange key of small order", "slot_unopenable", () =>
    friendship.derivePair(rootB, friendship.INVITEE, { ...c, inviter: { key: a.public, e: new Uint8Array(32) } }, secret));

  for (const l of v.links) {
    const got = link.parseLink(l.text);
    same("link's server", got.server, l.server);
    same("link's friendship", got.friendship, l.friendship);
    same("link's secret", hex(got.secret), l.secret);
    same("link's pin", got.pin ? hex(got.pin) : undefined, l.pin);
    same("link", link.linkURL(got), l.url);
    same("link for QR", link.linkQR(got), l.qr);
    same("link for the app", link.linkApp(got), l.app);
  }

  const parsers = {
    record: (r) => record.parseRecord(r.input),
    link: (r) => link.parseLink(r.input),
    cursor: (r) => bytes.parseCursor(r.input),
    uuid: (r) => bytes.uuidBytes(r.input),
    "invite-slot": (r) => openInvite(r.input, (k) => r.code === "own_invite" && hex(k) === f.key_a),
  };
  for (const r of v.refused) {
    await refused(`${r.what}, ${r.why}`, r.code, () => (parsers[r.what] ?? (() => {}))(r));
  }
  return { wrong, checks };
}
