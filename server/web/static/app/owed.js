// Every step of a friendship that the server must learn of has one shape: the row with
// its new state and the owed call is stored, the call is made with the stored values,
// and what came of it is stored. Whatever dies in between, the next start repeats the
// call, and the server answers a repeated call like the first.
//
// A call takes time, and its owner does other things meanwhile, in this tab or another:
// what came of it touches nothing but what it is about, and only while the row still
// owes that very call. Else the later word stands, and the call for it is made next.

import { random, to64 } from "../p4p/bytes.js";
import { codeOf, P4PError } from "../p4p/error.js";
import * as slot from "../p4p/friendship.js";
import * as api from "./api.js";
import { absorb, incomplete, look, pair, slotOf, tokenOf } from "./mailbox.js";
import { isLive, owesAlike, refusalOf, sentences } from "./row.js";
import { get } from "./store.js";

const mostTries = 4; // a mailbox that moves on and on has a server that lies

// explain says what an answer means to who wants to accept an invite.
export const explain = (err) => (sentences[codeOf(err)] ? new P4PError(err.code, sentences[err.code]) : err);

// isAnswer tells whether the mailbox itself answered; anything else may have happened
// before or behind it.
const isAnswer = (err) =>
  [
    "bad_request", "unknown_friendship", "exists", "not_accepted", "already_accepted", "version_conflict",
    "ended", "revoked", "expired",
  ].includes(codeOf(err));

const isEnding = (call) => call === "end" || call === "revoke";

// judge is what an answer means for a call: done, or nothing is left to do; kept, a
// mailbox that is merely missing ends nothing; moved, it is to be looked at; undone, the
// step never happened; denied, it never will, and what its owner decided stands.
function judge(call, code) {
  if (code === "") return "done";
  if (code === "version_conflict") return "moved";
  if (isEnding(call)) return "done";
  if (call === "accept") return code === "already_accepted" ? "moved" : "undone";
  if (code === "unknown_friendship" || code === "not_accepted") return "kept";
  if (call === "create") return "undone";
  return code === "ended" ? "moved" : "denied";
}

// owing is the patch that makes a row owe a call, sealed as version n.
export async function owing(profile, row, call, n) {
  const sealed =
    call === "confirm"
      ? await slot.sealConfirm(row.keys, profile.device, row.parties, n)
      : row.keys
        ? await slot.sealEnd(row.keys, row.role, row.parties, n)
        : random(slot.slotSize); // nothing to seal with: random bytes stand for an end
  return { ownN: n, refusal: null, pending: { call, body: { n, slot: to64(sealed) } } };
}

// revoking is the patch that makes the row of an open invite owe its end.
export const revoking = () => ({ refusal: null, pending: { call: "revoke", body: {} } });

// paid is a row without its owed call, and without the secrets that nothing needs any
// more; null for one that was only kept for that.
function paid(row, news) {
  if (row.state === "removed") return null;
  const done = { ...row, ...news, pending: null };
  if (row.pending.call === "accept" || !isLive(done)) done.secret = null;
  if (!isLive(done)) done.keys = null;
  return done;
}

export class Owed {
  // change is store.js's update for friendships.
  constructor(profile, change) {
    this.profile = profile;
    this.change = change;
  }

  // complete makes the call that a friendship owes, if any, and stores what came of
  // it. It gives the row as it is afterwards, undefined if it is gone. It throws
  // where the call stays owed, and where the server refused for good. An acceptance that
  // is refused leaves nothing while its owner waits for the answer (waits), else the
  // reason, to be read later.
  complete(id, { waits = false } = {}) {
    // One at a time: what was asked for later reaches the server later.
    return navigator.locks.request(`p4p friendship ${id}`, async () => {
      for (let tries = 0; ; tries++) {
        const made = await get("friendships", id);
        if (!made?.pending) return made;
        if (tries === mostTries) {
          throw new P4PError("version_conflict", "The server contradicts itself about this friendship; the step is tried again later.");
        }
        let view = null;
        let refusal = null;
        try {
          view = await this.make(made);
        } catch (err) {
          if (!isAnswer(err)) throw err;
          refusal = err;
        }
        await this.conclude(made, view, refusal, waits);
      }
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
        return api.mailbox("PUT", row.id, await tokenOf(this.profile, row), body);
      default:
        return api.mailbox("DELETE", row.id, await tokenOf(this.profile, row), body);
    }
  }

  // conclude stores what the answer to a made call means.
  async conclude(made, view, refusal, waits) {
    const code = codeOf(refusal);
    switch (judge(made.pending.call, code)) {
      case "kept":
        throw refusal;
      case "moved":
        return this.lookAgain(made, refusal, waits);
      case "undone":
        return this.undo(made, refusal, waits);
      case "denied":
        if (await this.after(made, (now) => paid(now, { refusal: code }))) throw new P4PError(code, refusalOf({ ...made, refusal: code }));
        return;
      default: {
        const at = view?.expires_at;
        await this.after(made, (now) => paid(now, at ? { expires: new Date(at).getTime() } : null));
      }
    }
  }

  // after changes the row that owed the made call, while it owes that one. It tells
  // whether it did.
  async after(made, f) {
    return (await this.change(made.id, (now) => (now && owesAlike(now, made) ? f(now) : undefined))).changed;
  }

  // undo removes what a first step left here, but for the reason where nobody waits.
  async undo(made, refusal, waits) {
    const late = made.pending.call === "accept" && !waits;
    const told = (now) => ({ ...now, state: "refused", refusal: codeOf(refusal), pending: null, secret: null, keys: null });
    if (await this.after(made, (now) => (late && now.state !== "removed" ? told(now) : null))) throw explain(refusal);
  }

  // lookAgain reads the mailbox that moved on and decides what the owed call means.
  async lookAgain(made, refusal, waits) {
    const { call } = made.pending;
    let view;
    try {
      view = await look(this.profile, made);
    } catch (err) {
      const code = codeOf(err);
      // This phone's token opens nothing: somebody else was taken.
      if (call === "accept" && code === "unknown_friendship") return this.undo(made, refusal, waits);
      if (!isAnswer(err) || judge(call, code) === "moved") throw err;
      return this.conclude(made, null, err, waits);
    }
    if (call !== "accept" && view.state === "accepted") {
      const patch = await this.renumber(made, view);
      await this.after(made, (now) => ({ ...now, ...patch, state: now.state === "revoked" ? "refused" : now.state }));
    } else if (call === "accept" || view.state === "ended") {
      const news = isEnding(call) ? null : await absorb(this.profile, made, view).catch(() => null);
      await this.after(made, (now) => paid(now, news));
    }
  }

  // renumber seals the owed slot again, behind what the server holds. An invite that
  // somebody accepted before it was taken back ends, which proves itself to them.
  async renumber(made, view) {
    const own = slotOf(view, made.role);
    if (!own) throw incomplete();
    const { call } = made.pending;
    const keys = made.keys ?? (await pair(this.profile, made, view).then((p) => p.keys).catch(() => null));
    return owing(this.profile, { ...made, keys }, call === "revoke" ? "end" : call, own.n + 1);
  }
}
