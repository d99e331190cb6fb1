// Friendships. Every step that the server must learn of has one shape: the row with
// its new state and the owed call is stored, the call is made with the stored
// values, and what came of it is stored. Whatever dies in between, the next start
// repeats the call, and the server answers a repeated call like the first.
//
// A row: { id, server, role, name, state, verified, since, expires, secret, parties,
// keys, ownN, seen, pending }. Its states: invited, accepted, friend, ended,
// refused, revoked, expired, removed. pending is { call, body } with call one of
// create, accept, confirm, end, revoke.

import { equal, from64, random, to64, uuidText } from "../p4p/bytes.js";
import { sha256 } from "../p4p/crypto.js";
import { codeOf, P4PError } from "../p4p/error.js";
import * as slot from "../p4p/friendship.js";
import { exchangeKey, ownerToken } from "../p4p/key.js";
import * as api from "./api.js";
import { lookAlike, looksLikeLabel } from "./looks.js";
import { sameLetters } from "./names.js";
import { all, get, put, remove, tell } from "./store.js";

const { INVITER, INVITEE } = slot;

export const isLive = (row) => ["invited", "accepted", "friend"].includes(row.state);

// waitsForMe tells whether somebody accepted an invite and is to be confirmed.
export const waitsForMe = (row) => row.state === "accepted" && row.role === INVITER;

// isNews tells whether a mailbox, as a notice of the server's tells it, holds something
// else than the row of its friendship does.
export function isNews(row, { state, n, error }) {
  if (row.pending || error || state !== (row.state === "invited" ? "open" : "accepted")) return true;
  return n?.[1 - row.role] !== (row.seen?.n ?? 0);
}

const weekInSeconds = 7 * 24 * 3600;

const answers = [
  "bad_request", "unknown_friendship", "exists", "not_accepted", "already_accepted", "version_conflict",
  "ended", "revoked", "expired",
];

const sentences = {
  already_accepted: "This invite was already used; if it was not you, tell your friend.",
  expired: "This invite has expired; ask your friend for a new one.",
  revoked: "This invite was withdrawn; ask your friend for a new one.",
  unknown_friendship: "The server does not know this invite: it is long over, or the link was changed on the way; ask your friend for a new one.",
};

const explain = (err) => (sentences[codeOf(err)] ? new P4PError(err.code, sentences[err.code]) : err);

const incomplete = () =>
  new P4PError("slot_unopenable", "The server's answer about this friendship is incomplete; nothing was changed.");

const slotOf = (view, role) => {
  const [n, text] = [view.n?.[role], view.slots?.[role]];
  const bytes = typeof text === "string" ? from64(text) : null;
  return Number.isSafeInteger(n) && bytes ? { n, bytes } : null;
};

export class Friends {
  // changed is called whenever the list may look different.
  constructor(profile, changed) {
    this.profile = profile;
    this.changed = changed;
    this.all = []; // with those that are only kept until the server is told
    this.rows = [];
    this.labels = new Map();
  }

  // load reads the rows and makes the labels. A label leaves only by its owner's act.
  async load() {
    const rows = (await all("friendships")).filter((r) => r.server === this.profile.server);
    rows.sort((a, b) => a.name.localeCompare(b.name) || b.since - a.since);
    const labels = new Map();
    for (const r of rows.toSorted((a, b) => (a.state === "ended" ? 0 : 1) - (b.state === "ended" ? 0 : 1) || a.since - b.since)) {
      if (!this.shows(r)) continue;
      let key = this.other(r);
      const label = { name: r.name, verified: r.verified, ended: r.state === "ended" };
      for (const s of r.seen?.steps ?? []) {
        labels.set(to64(key), { ...label, epoch: uuidText(s.epoch), cut: s.cut });
        key = s.key;
      }
      labels.set(to64(key), label);
    }
    this.all = rows;
    this.rows = rows.filter((r) => r.state !== "removed");
    this.labels = labels;
  }

  // label is what is known of a record's author: { you } or { name, … } or null.
  label(item, epoch) {
    if (this.profile.owns(item.author)) return { you: true };
    const l = this.labels.get(to64(item.author));
    // What a key signs after it was handed over gets no name, deletions excepted.
    if (l?.cut !== undefined && item.kind !== "deletion" && (l.epoch !== epoch || BigInt(item.seq) > l.cut)) return null;
    return l ?? null;
  }

  // owes tells whether the server is still to be told of a step.
  owes() {
    return this.all.some((r) => r.pending);
  }

  // other is the other side's base key, if it is known.
  other(row) {
    return row.role === INVITER ? row.parties.invitee?.key : row.parties.inviter?.key;
  }

  row(id) {
    return this.rows.find((r) => r.id === id);
  }

  async safetyNumber(row) {
    return this.other(row) ? slot.safetyNumber(row.parties) : null;
  }

  token(row) {
    return ownerToken(this.profile.root, row.id);
  }

  // watches is what the stream is to tell about.
  async watches() {
    const rows = this.rows.filter((r) => isLive(r) && !["create", "accept"].includes(r.pending?.call)).slice(0, 1000);
    return Promise.all(rows.map(async (r) => ({ friendship: r.id, token: to64(await this.token(r)) })));
  }

  async write(row) {
    await put("friendships", row);
    await this.refresh();
  }

  async drop(row) {
    await remove("friendships", row.id);
    await this.refresh();
  }

  async refresh() {
    await this.load();
    tell("friends");
    this.changed();
  }

  // shows tells whether somebody's posts show a row's name: an ended friendship's do
  // until it is removed from the list.
  shows(row) {
    const named = ["friend", "ended"].includes(row.state) || (row.state === "accepted" && row.role === INVITEE);
    return named && Boolean(this.other(row));
  }

  // sameName finds somebody else who goes by a name already.
  sameName(name, exceptID) {
    return this.rows.find((r) => r.id !== exceptID && (isLive(r) || this.shows(r)) && sameLetters(r.name, name));
  }

  // mistaken finds somebody else's name that this one could be mistaken for. Codes:
  // bad_name, where it could be for a label of the page's own.
  async mistaken(name, exceptID) {
    if (await looksLikeLabel(name)) throw new P4PError("bad_name", "That would look like one of this page's own labels: choose another name.");
    const others = this.rows.filter((r) => r.id !== exceptID && (isLive(r) || this.shows(r)) && !sameLetters(r.name, name));
    return lookAlike(name, others.map((r) => r.name));
  }

  // namedDevice finds a device whose posts show a name already, other than that of a
  // friendship.
  namedDevice(name, exceptID) {
    return this.rows.find((r) => r.id !== exceptID && this.shows(r) && sameLetters(r.name, name));
  }

  // read opens the invite that a link leads to. It consumes nothing. Codes: those of
  // openInvite, already_accepted, expired, revoked, unknown_friendship, wrong_state.
  async read(id, secret) {
    const mine = await get("friendships", id);
    if (mine?.role === INVITER) {
      throw new P4PError("own_invite", `This is your own invite for ${mine.name}: send the link to your friend instead of opening it yourself.`);
    }
    if (mine && !isLive(mine)) {
      throw new P4PError("ended", "You accepted this invite before, and that friendship is over: ask your friend for a new invite.");
    }
    if (mine) return { mine };
    let view;
    try {
      view = await api.mailbox("GET", id, await slot.linkToken(secret, id));
    } catch (err) {
      throw explain(err);
    }
    const first = slotOf(view, INVITER);
    if (view.state !== "open" || first?.n !== 1) throw incomplete();
    const invite = await slot.openInvite(this.profile.server, id, secret, first.bytes, this.profile.owns);
    const known = this.labels.get(to64(invite.side.key));
    if (known && !known.ended) {
      throw new P4PError("wrong_state", `This invite is from ${known.name}, who is your friend already: nothing was changed.`);
    }
    return { invite, expires: view.expires_at ? new Date(view.expires_at) : null };
  }

  // accept takes the invitee's place, deliberately. While the server is not reached
  // the friendship is owed. Codes: those of read.
  async accept(id, secret, invite, name) {
    await this.profile.use();
    const { root, device, server } = this.profile;
    const parties = {
      server,
      friendship: id,
      inviter: invite.side,
      invitee: { key: device.public, e: (await exchangeKey(root, id)).public },
    };
    const keys = await slot.derivePair(root, INVITEE, parties, secret);
    const sealed = await slot.sealAccept(keys, device, parties, 1);
    const owner = await sha256(await ownerToken(root, id));
    await this.write({
      id, server, role: INVITEE, name, state: "accepted", verified: false, since: Date.now(), expires: null,
      secret, parties, keys, ownN: 1, seen: { n: 1, hash: invite.hash, steps: [] },
      pending: { call: "accept", body: { owner_hash: to64(owner), e: to64(parties.invitee.e), n: 1, slot: to64(sealed) } },
    });
    return this.complete(id);
  }

  // invite makes an invite for somebody: the row holds the secret until it is used.
  async invite(name) {
    await this.profile.use();
    const { root, device, server } = this.profile;
    const secret = random(16);
    const { friendship: id, slot: sealed, side } = await slot.sealInvite(root, device, server, secret);
    const [link, owner] = [await slot.linkToken(secret, id), await ownerToken(root, id)];
    await this.write({
      id, server, role: INVITER, name, state: "invited", verified: false, since: Date.now(),
      expires: Date.now() + weekInSeconds * 1000, secret, parties: { server, friendship: id, inviter: side },
      keys: null, ownN: 1, seen: null,
      pending: {
        call: "create",
        body: { link_hash: to64(await sha256(link)), owner_hash: to64(await sha256(owner)), expires_in: weekInSeconds, n: 1, slot: to64(sealed) },
      },
    });
    await this.complete(id);
    return this.row(id);
  }

  // confirm makes the name stick to the key that accepted.
  async confirm(id) {
    const row = await get("friendships", id);
    if (!row || !waitsForMe(row)) return;
    await this.owe({ ...row, state: "friend", since: Date.now() }, "confirm", row.ownN + 1);
    await this.complete(id);
  }

  // refuse ends what somebody accepted.
  async refuse(id) {
    const row = await get("friendships", id);
    if (!row || !waitsForMe(row)) return;
    await this.owe({ ...row, state: "refused" }, "end", row.ownN + 1);
    await this.complete(id);
  }

  // take an open invite back.
  async revoke(id) {
    const row = (await this.complete(id)) ?? null;
    if (row?.state !== "invited") return;
    await this.write({ ...row, state: "revoked", pending: { call: "revoke", body: {} } });
    await this.complete(id);
  }

  // forget forgets a name: its posts become anonymous, and the other side sees that
  // the friendship ended.
  async forget(id) {
    let row = await get("friendships", id);
    if (["create", "accept"].includes(row?.pending?.call)) row = await this.complete(id);
    if (!row) return;
    if (row.state === "invited") {
      await this.write({ ...row, state: "removed", pending: { call: "revoke", body: {} } });
    } else if (isLive(row)) {
      await this.owe({ ...row, state: "removed" }, "end", row.ownN + 1);
    } else {
      return this.drop(row);
    }
    await this.complete(id).catch((err) => {
      if (!api.isTemporary(err)) throw err; // it stays owed
    });
  }

  async rename(id, name) {
    await this.write({ ...(await get("friendships", id)), name });
  }

  async setVerified(id, verified) {
    await this.write({ ...(await get("friendships", id)), verified });
  }

  // owe stores a row together with the call that it owes, sealed as version n.
  async owe(row, call, n) {
    const sealed =
      call === "confirm"
        ? await slot.sealConfirm(row.keys, this.profile.device, row.parties, n)
        : row.keys
          ? await slot.sealEnd(row.keys, row.role, row.parties, n)
          : random(slot.slotSize); // nothing to seal with: random bytes stand for an end
    const owing = { ...row, ownN: n, pending: { call, body: { n, slot: to64(sealed) } } };
    await this.write(owing);
    return owing;
  }

  // complete makes the call that a friendship owes, if any, and stores what came of
  // it. It gives the row as it is afterwards, undefined if it is gone. It throws
  // where the call stays owed, and where the server refused for good.
  complete(id) {
    return navigator.locks.request(`p4p friendship ${id}`, async () => {
      for (let tries = 0; tries < 4; tries++) {
        const row = await get("friendships", id);
        if (!row?.pending) return row;
        let view = null;
        let refusal = null;
        try {
          view = await this.make(row);
        } catch (err) {
          if (!answers.includes(codeOf(err))) throw err;
          refusal = err;
        }
        await this.conclude(row, view, refusal);
      }
      return get("friendships", id);
    });
  }

  async make(row) {
    const { call, body } = row.pending;
    switch (call) {
      case "create":
        return api.mailbox("POST", row.id, null, body);
      case "accept":
        return api.mailbox("PUT", row.id, await slot.linkToken(row.secret, row.id), body);
      case "confirm":
        return api.mailbox("PUT", row.id, await this.token(row), body);
      default:
        return api.mailbox("DELETE", row.id, await this.token(row), body);
    }
  }

  async conclude(row, view, refusal) {
    const call = row.pending.call;
    const code = codeOf(refusal);
    const ending = call === "end" || call === "revoke";
    if (code === "" || (ending && code !== "version_conflict")) return this.paid(row, view);
    if (code === "version_conflict" || (call === "accept" && code === "already_accepted") || (call === "confirm" && code === "ended")) {
      return this.lookAgain(row, refusal);
    }
    // A mailbox that is merely missing ends nothing.
    if (call !== "accept" && ["unknown_friendship", "not_accepted"].includes(code)) throw refusal;
    if (call === "create" || call === "accept") await this.drop(row); // it never happened
    else await this.write({ ...row, pending: null });
    throw explain(refusal);
  }

  // paid stores that the owed call is done, and forgets the secrets that nothing
  // needs any more.
  async paid(row, view) {
    if (row.state === "removed") return this.drop(row);
    const done = { ...row, pending: null };
    if (view?.expires_at) done.expires = new Date(view.expires_at).getTime();
    if (row.pending.call === "accept" || !isLive(row)) done.secret = null;
    if (!isLive(row)) done.keys = null;
    return this.write(done);
  }

  // lookAgain reads the mailbox that moved on and decides what the owed call means.
  async lookAgain(row, refusal) {
    let view;
    try {
      view = await api.mailbox("GET", row.id, await this.token(row));
    } catch (err) {
      if (codeOf(err) === "unknown_friendship" && row.pending.call === "accept") {
        await this.drop(row); // this phone's token opens nothing: somebody else was taken
        throw explain(refusal);
      }
      throw err;
    }
    if (view.state === "ended" || row.pending.call === "accept") {
      if (row.state === "removed") return this.drop(row);
      const done = { ...row, pending: null, secret: null };
      return this.write((await this.absorb(done, view).catch(() => null)) ?? done);
    }
    const own = slotOf(view, row.role);
    if (!own) throw incomplete();
    await this.owe(row, row.pending.call, own.n + 1);
  }

  // follow brings one friendship up to date: what it owes, then its mailbox.
  async follow(id) {
    const row = await this.complete(id);
    if (!row || row.pending || !isLive(row)) return;
    let view;
    try {
      view = await api.mailbox("GET", id, await this.token(row));
    } catch (err) {
      const code = codeOf(err);
      if (row.state === "invited" && ["expired", "revoked"].includes(code)) {
        return this.write({ ...row, state: code, secret: null });
      }
      if (code === "unknown_friendship") return; // merely missing
      throw err;
    }
    const next = await navigator.locks.request(`p4p friendship ${id}`, async () => {
      const now = await get("friendships", id);
      if (!now || now.pending || now.state !== row.state || now.seen?.n !== row.seen?.n) return null;
      const after = await this.absorb(now, view);
      if (after) await this.write(after);
      return after;
    });
    if (next?.pending) await this.complete(id);
  }

  // absorb gives the row with what a mailbox proves, null for nothing new. It throws
  // where the mailbox does not prove itself; the row is then left as it is.
  async absorb(row, view) {
    if (view.state === "ended") return this.absorbEnd(row, view);
    if (view.state !== "accepted") return null;
    return row.state === "invited" ? this.absorbFirst(row, view) : this.absorbNext(row, view);
  }

  async pair(row, view) {
    const e = typeof view.e === "string" ? from64(view.e, 32) : null;
    if (!e || !row.secret) throw incomplete();
    const parties = { ...row.parties, invitee: { e } };
    return { parties, keys: await slot.derivePair(this.profile.root, INVITER, parties, row.secret) };
  }

  // absorbFirst takes the invitee's first slot. One that cannot be opened is refused.
  async absorbFirst(row, view) {
    const [theirs, own] = [slotOf(view, INVITEE), slotOf(view, INVITER)];
    if (!theirs || !own || !view.e || !row.secret) throw incomplete();
    try {
      const { parties, keys } = await this.pair(row, view);
      const got = await slot.openFirstAccept(keys, parties, theirs.n, theirs.bytes, this.profile.owns);
      return {
        ...row, state: "accepted", since: Date.now(), keys, secret: null, seen: seenOf(got),
        parties: { ...parties, invitee: got.side },
      };
    } catch (err) {
      if (!codeOf(err)) throw err;
      const n = own.n + 1;
      return {
        ...row, state: "refused", ownN: n,
        pending: { call: "end", body: { n, slot: to64(random(slot.slotSize)) } },
      };
    }
  }

  // absorbNext takes the other side's rewritten slot: a confirmation, a change of
  // key, or the end.
  async absorbNext(row, view) {
    const role = 1 - row.role;
    const theirs = slotOf(view, role);
    if (!theirs || !row.keys) throw incomplete();
    if (theirs.n === row.seen.n && equal(await sha256(theirs.bytes), row.seen.hash)) return null;
    const got = await slot.openSlot(row.keys, row.parties, role, theirs.n, theirs.bytes, row.seen);
    if (got.kind === slot.END) return ended(row, got);
    const state = got.kind === slot.CONFIRM && row.state === "accepted" ? "friend" : row.state;
    return { ...row, state, since: state === row.state ? row.since : Date.now(), seen: seenOf(got) };
  }

  // absorbEnd takes an end slot, which must prove itself like any other.
  async absorbEnd(row, view) {
    let role = 1 - row.role;
    let last = slotOf(view, role);
    let seen = row.seen;
    if (!last) {
      role = row.role;
      last = slotOf(view, role);
      seen = null;
    }
    if (!last) throw incomplete();
    const { parties, keys } = row.keys ? row : await this.pair(row, view);
    const got = await slot.openSlot(keys, parties, role, last.n, last.bytes, seen);
    if (got.kind !== slot.END) {
      throw new P4PError("slot_unopenable", "The server says that this friendship was ended, and nobody did.");
    }
    return ended(row, got);
  }
}

const seenOf = (got) => ({ n: got.n, hash: got.hash, steps: got.steps });

// The steps stay: they tell which keys the name stands for.
const ended = (row, last) => ({
  ...row, state: "ended", secret: null, keys: null, pending: null,
  seen: { n: last.n, hash: last.hash, steps: row.seen?.steps ?? [] },
});
