// Friendships: who is behind which key, and what a person does about it. row.js says
// what is kept of one, owed.js how the server learns of a step, mailbox.js how its
// answers are read.
//
// Nothing is decided by what a tab saw a while ago: every change reads the row anew, in
// the transaction that writes it, and fits what stands there then.

import { random, to64, uuidText } from "../p4p/bytes.js";
import { sha256 } from "../p4p/crypto.js";
import { codeOf, P4PError } from "../p4p/error.js";
import * as slot from "../p4p/friendship.js";
import { exchangeKey, ownerToken } from "../p4p/key.js";
import * as api from "./api.js";
import { absorb, incomplete, look, slotOf, tokenOf } from "./mailbox.js";
import { looksLikeLabel, lookAlikeNow } from "./looks.js";
import { sameLetters } from "./names.js";
import { explain, Owed, owing, revoking } from "./owed.js";
import { cameTooLate, INVITEE, INVITER, isAlike, isLive, isThere, other, refusalOf, shows, waitsForMe } from "./row.js";
import { all, get, tell, updateAmong } from "./store.js";

export { cameTooLate, isLive, refusalOf, waitsForMe } from "./row.js";

// isNews tells whether a mailbox, as a notice of the server's tells it, holds something
// else than the row of its friendship does.
export function isNews(row, { state, n, error }) {
  if (row.pending || error || state !== (row.state === "invited" ? "open" : "accepted")) return true;
  return n?.[1 - row.role] !== (row.seen?.n ?? 0);
}

const weekInSeconds = 7 * 24 * 3600;

const overtaken = () =>
  new P4PError("wrong_state", "This changed meanwhile, perhaps in another tab: look at it again. Nothing was done.");

// refuseKnown refuses an invite that this phone has made, or whose friendship is over.
function refuseKnown(row) {
  if (row?.role === INVITER) {
    throw new P4PError("own_invite", `This is your own invite for ${row.name}: send the link to your friend instead of opening it yourself.`);
  }
  if (row && cameTooLate(row)) throw new P4PError(row.refusal, refusalOf(row));
  if (row && !isLive(row)) {
    throw new P4PError("ended", "You accepted this invite before, and that friendship is over: ask your friend for a new invite.");
  }
}

// Doubt is thrown where a name would be given that is somebody else's, or could be
// mistaken for it, and nobody said yes to that: about is { name, alike } of the other one.
export class Doubt extends Error {
  constructor(about) {
    super(`You know somebody called ${about.name} already: say that this name is meant, or give another one.`);
    this.about = about;
  }
}

// doubtAmong is the doubt about a name that is to be given to the friendship id, or null.
function doubtAmong(rows, name, id) {
  const others = rows.filter((r) => r.id !== id && (isLive(r) || shows(r))).map((r) => r.name);
  others.sort(); // so that one and the same is asked about
  const same = others.find((n) => sameLetters(n, name));
  if (same !== undefined) return { name: same, alike: false };
  const alike = lookAlikeNow(name, others);
  return alike === undefined ? null : { name: alike, alike: true };
}

export class Friends {
  // changed is called whenever the list may look different.
  constructor(profile, changed) {
    this.profile = profile;
    this.changed = changed;
    this.all = []; // with those that are only kept until the server is told
    this.rows = [];
    this.labels = new Map();
    this.owed = new Owed(profile, (id, f) => this.change(id, f));
  }

  // load reads the rows and makes the labels. A label leaves only by its owner's act.
  async load() {
    const rows = (await all("friendships")).filter((r) => r.server === this.profile.server);
    rows.sort((a, b) => a.name.localeCompare(b.name) || b.since - a.since);
    const labels = new Map();
    for (const r of rows.toSorted((a, b) => (a.state === "ended" ? 0 : 1) - (b.state === "ended" ? 0 : 1) || a.since - b.since)) {
      if (!shows(r)) continue;
      let key = other(r);
      const label = { name: r.name, verified: r.verified, ended: r.state === "ended" };
      for (const s of r.seen?.steps ?? []) {
        labels.set(to64(key), { ...label, epoch: uuidText(s.epoch), cut: s.cut });
        key = s.key;
      }
      labels.set(to64(key), label);
    }
    this.all = rows;
    this.rows = rows.filter(isThere);
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

  row(id) {
    return this.rows.find((r) => r.id === id);
  }

  async safetyNumber(row) {
    return other(row) ? slot.safetyNumber(row.parties) : null;
  }

  // watches is what the stream is to tell about.
  async watches() {
    const rows = this.rows.filter((r) => isLive(r) && !["create", "accept"].includes(r.pending?.call)).slice(0, 1000);
    return Promise.all(rows.map(async (r) => ({ friendship: r.id, token: to64(await tokenOf(this.profile, r)) })));
  }

  // change is store.js's update, and everybody sees what came of it. f gets all rows that
  // their owner sees as well.
  async change(id, f) {
    const seen = (rows) => rows.filter((r) => r.server === this.profile.server && isThere(r));
    const end = await updateAmong("friendships", id, (now, rows) => f(now, seen(rows)));
    if (end.changed) await this.refresh();
    return end;
  }

  // give is change where a name is given: no other tab gives it in between. yes is the
  // doubt about it that was put aside, or null; of any other one a Doubt is thrown.
  // Codes: those of doubt.
  async give(id, name, yes, f) {
    await this.doubt(name, id);
    return this.change(id, (now, rows) => {
      const next = f(now);
      const doubt = next && doubtAmong(rows, name, id);
      if (doubt && !(yes && yes.name === doubt.name && yes.alike === doubt.alike)) throw new Doubt(doubt);
      return next;
    });
  }

  // step changes a row by what f, which may wait, makes of it: a patch, null to remove
  // it, or undefined for nothing to do. Where somebody else was faster, f is asked anew.
  // fits throws where the row, as it is then, does not fit the others.
  async step(id, f, fits = () => {}) {
    for (;;) {
      const row = await get("friendships", id);
      if (!isThere(row)) {
        await this.refresh();
        throw overtaken();
      }
      const patch = await f(row);
      if (patch === undefined) return;
      const { changed } = await this.change(id, (now, rows) => {
        if (!isAlike(now, row)) return undefined;
        fits(now, rows);
        return patch && { ...now, ...patch };
      });
      if (changed) return;
    }
  }

  // pay makes the call that a friendship owes. Without the server it stays owed.
  async pay(id) {
    await this.owed.complete(id).catch((err) => {
      if (!api.isTemporary(err)) throw err;
    });
  }

  async refresh() {
    await this.load();
    tell("friends");
    this.changed();
  }

  // doubt is what is to be asked before a name is given: { name, alike }, where name is
  // somebody else's, the same, or one that this could be mistaken for (alike); or null.
  // Codes: bad_name, where it could be mistaken for a label of the page's own.
  async doubt(name, exceptID) {
    if (await looksLikeLabel(name)) throw new P4PError("bad_name", "That would look like one of this page's own labels: choose another name.");
    return doubtAmong(this.rows, name, exceptID);
  }

  // read opens the invite that a link leads to. It consumes nothing. Codes: those of
  // openInvite, already_accepted, expired, revoked, unknown_friendship, wrong_state.
  async read(id, secret) {
    const mine = await get("friendships", id);
    refuseKnown(mine);
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
  // the friendship is owed. One that this phone accepted before, in another tab, stays
  // as it is. yes and codes: those of give, and of read.
  async accept(id, secret, invite, name, yes = null) {
    await this.profile.settle();
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
    const mine = {
      id, server, role: INVITEE, name, state: "accepted", verified: false, since: Date.now(), expires: null,
      secret, parties, keys, ownN: 1, seen: { n: 1, hash: invite.hash, steps: [] }, refusal: null,
      pending: { call: "accept", body: { owner_hash: to64(owner), e: to64(parties.invitee.e), n: 1, slot: to64(sealed) } },
    };
    const { row } = await this.give(id, name, yes, (now) => (now ? undefined : mine));
    refuseKnown(row);
    return this.owed.complete(id, { waits: true });
  }

  // invite makes an invite for somebody: the row holds the secret until it is used. yes
  // and codes: those of give.
  async invite(name, yes = null) {
    await this.profile.settle();
    const { root, device, server } = this.profile;
    const secret = random(16);
    const { friendship: id, slot: sealed, side } = await slot.sealInvite(root, device, server, secret);
    const [link, owner] = [await slot.linkToken(secret, id), await ownerToken(root, id)];
    const mine = {
      id, server, role: INVITER, name, state: "invited", verified: false, since: Date.now(),
      expires: Date.now() + weekInSeconds * 1000, secret, parties: { server, friendship: id, inviter: side },
      keys: null, ownN: 1, seen: null, refusal: null,
      pending: {
        call: "create",
        body: { link_hash: to64(await sha256(link)), owner_hash: to64(await sha256(owner)), expires_in: weekInSeconds, n: 1, slot: to64(sealed) },
      },
    };
    await this.give(id, name, yes, (now) => (now ? undefined : mine));
    await this.owed.complete(id);
    return this.row(id);
  }

  // confirm makes the name stick to the key that accepted. Where another device's posts
  // show it already, a Doubt is thrown, unless it is the same person.
  async confirm(id, samePerson = false) {
    const patch = async (row) => {
      if (row.state === "friend") return undefined; // in another tab
      if (!waitsForMe(row)) throw overtaken();
      return { state: "friend", since: Date.now(), ...(await owing(this.profile, row, "confirm", row.ownN + 1)) };
    };
    await this.step(id, patch, (now, rows) => {
      const taken = rows.find((r) => r.id !== id && shows(r) && sameLetters(r.name, now.name));
      if (taken && !samePerson) throw new Doubt({ name: taken.name, alike: false });
    });
    await this.pay(id);
  }

  // refuse ends what somebody accepted. A no stands, whichever tab was faster with a
  // yes.
  async refuse(id) {
    await this.step(id, async (row) => {
      if (row.state === "refused") return undefined;
      if (!waitsForMe(row) && !(row.state === "friend" && row.role === INVITER)) throw overtaken();
      return { state: "refused", ...(await owing(this.profile, row, "end", row.ownN + 1)) };
    });
    await this.pay(id);
  }

  // revoke takes an open invite back.
  async revoke(id) {
    await this.step(id, (row) => {
      if (row.state === "revoked") return undefined;
      if (row.state !== "invited") throw overtaken();
      return { state: "revoked", ...revoking() };
    });
    await this.pay(id);
  }

  // forget forgets a name: its posts become anonymous, and the other side sees that
  // the friendship ended. What the server is to be told is still told.
  async forget(id) {
    await this.step(id, async (row) => {
      if (row.state === "invited") return { state: "removed", ...revoking() };
      if (isLive(row)) return { state: "removed", ...(await owing(this.profile, row, "end", row.ownN + 1)) };
      return row.pending ? { state: "removed" } : null;
    });
    await this.pay(id);
  }

  // yes and codes: those of give.
  async rename(id, name, yes = null) {
    const { changed } = await this.give(id, name, yes, (now) => (isThere(now) ? { ...now, name } : undefined));
    if (!changed) throw overtaken();
  }

  async setVerified(id, verified) {
    const { changed } = await this.change(id, (now) => (now?.state === "friend" ? { ...now, verified } : undefined));
    if (!changed) throw overtaken();
  }

  // follow brings one friendship up to date: what it owes, then its mailbox.
  async follow(id) {
    const row = await this.owed.complete(id);
    if (!row || row.pending || !isLive(row)) return;
    let patch;
    try {
      patch = await absorb(this.profile, row, await look(this.profile, row));
    } catch (err) {
      const code = codeOf(err);
      if (code === "unknown_friendship") return; // merely missing
      if (row.state !== "invited" || !["expired", "revoked"].includes(code)) throw err;
      patch = { state: code, secret: null };
    }
    if (!patch) return;
    await this.change(id, (now) => (isAlike(now, row) ? { ...now, ...patch } : undefined));
    if (patch.pending) await this.owed.complete(id);
  }
}
