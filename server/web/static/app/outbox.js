// What this phone says. A record is signed once and stored before it is sent; a
// retry sends the same bytes, and the server knows a record by its content, so that
// nothing is ever posted twice.

import { codeOf } from "../p4p/error.js";
import { blobID, signRecord } from "../p4p/record.js";
import * as api from "./api.js";
import { all, get, put, remove, tell, together } from "./store.js";

export class Outbox {
  // accepted is given what the server has now, as an event of its log.
  constructor(profile, changed, accepted) {
    this.profile = profile;
    this.changed = changed;
    this.accepted = accepted;
    this.rows = [];
  }

  async load() {
    this.rows = (await all("outbox")).filter((r) => r.server === this.profile.server).sort((a, b) => a.at - b.at);
  }

  // say signs and stores a record, then tries to send it: its row, with seq once
  // the server has it. The draft with that name goes as the record is stored, and
  // stored is called then. Codes: those of signRecord.
  async say(kind, said, picture, { draft, stored } = {}) {
    const { device, server } = this.profile;
    if (picture) {
      const { bytes, width, height, alt } = picture;
      said = { ...said, image: { blob: await blobID(bytes), width, height, alt } };
    }
    const r = await signRecord(device, kind, server, said);
    await this.profile.use();
    const row = { id: r.id, server, kind, jws: r.jws, payload: r.payload, picture: picture?.bytes ?? null, at: Date.now(), refused: null };
    await together(["outbox", "settings"], (outbox, settings) => {
      outbox.put(row);
      if (draft) settings.delete(draft);
    });
    await this.refresh();
    stored?.(row);
    return (await this.send(row.id)) ?? row;
  }

  // send sends all that waits, in order, and gives the row of id.
  send(id) {
    return navigator.locks.request("p4p outbox", async () => {
      let wanted;
      for (const { id: each } of this.rows.toSorted((a, b) => a.at - b.at)) {
        const row = await get("outbox", each);
        if (!row || row.refused) continue;
        const after = await this.sendOne(row);
        if (after.id === id) wanted = after;
        if (!after.seq && !after.refused) break; // the server is not reached
      }
      await this.refresh();
      return wanted;
    });
  }

  async sendOne(row) {
    let seq;
    try {
      if (row.picture) await api.putPicture(row.payload.image.blob, row.picture);
      seq = await api.postRecord(row.jws);
    } catch (err) {
      if (api.isTemporary(err) || !codeOf(err)) return row;
      // What is deleted already needs no second deletion.
      const done = row.kind === "deletion" && ["deleted", "unknown_target"].includes(err.code);
      const after = { ...row, refused: { code: err.code, message: err.message } };
      if (done) await remove("outbox", row.id);
      else await put("outbox", after);
      return after;
    }
    // It is seen among the others before it goes from here, however long the stream takes.
    if (row.kind !== "report") await this.accepted({ seq, kind: row.kind, jws: row.jws });
    // A row that cannot be removed is sent again, which the server knows.
    await remove("outbox", row.id).catch((err) => console.warn("what was sent stays in the outbox:", err));
    return { ...row, seq };
  }

  // discard takes back what was not sent; what is on its way to the server goes there first.
  async discard(id) {
    const drop = () => remove("outbox", id);
    await (this.rows.find((r) => r.id === id)?.refused ? drop() : navigator.locks.request("p4p outbox", drop));
    await this.refresh();
  }

  async refresh() {
    await this.load();
    tell("outbox");
    this.changed();
  }
}
