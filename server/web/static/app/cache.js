// The newest records, kept for a start without the server. Nothing depends on them:
// where they cannot be read or written, a warning is all that comes of it.

import { all, change } from "./store.js";

const kept = 300; // records
const calm = 3000; // ms between two writes
const rest = 60_000; // ms until the next one, where the browser took none

export class Cache {
  constructor(server) {
    this.server = server;
    this.records = new Map(); // by UUID: { id, seq, kind, jws }
    this.next = 0; // when it may be written, ms
    document.addEventListener("visibilitychange", () => document.hidden && this.timer && this.write());
  }

  // read gives what is kept: { epoch, events }, newest first.
  async read() {
    try {
      const rows = await all("cache");
      const row = rows.find((r) => r.id === this.server);
      const others = rows.filter((r) => r !== row);
      if (others.length > 0) await change("cache", [], others.map((r) => r.id));
      this.epoch = row?.epoch;
      this.records = new Map(row?.records.map((r) => [r.id, r]));
    } catch (err) {
      console.warn("what was kept cannot be read:", err);
    }
    return { epoch: this.epoch, events: [...this.records.values()] };
  }

  add(epoch, items) {
    this.epoch = epoch;
    for (const { id, seq, kind, jws } of items) this.records.set(id, { id, seq, kind, jws });
    if (this.records.size > 10 * kept) this.shrink();
    if (items.length > 0) this.later();
  }

  remove(id) {
    if (this.records.delete(id)) this.later();
  }

  // cut removes what stands before a place of the log.
  cut(seq) {
    for (const r of this.records.values()) if (r.seq < seq) this.remove(r.id);
  }

  shrink() {
    const records = [...this.records.values()].sort((a, b) => b.seq - a.seq).slice(0, kept);
    this.records = new Map(records.map((r) => [r.id, r]));
  }

  later() {
    this.timer ??= setTimeout(() => this.write(), this.next - Date.now());
  }

  // write puts all into one row, which costs a phone less than one for each.
  async write() {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.next = Date.now() + calm;
    this.shrink();
    try {
      await change("cache", [{ id: this.server, epoch: this.epoch, records: [...this.records.values()] }], []);
    } catch (err) {
      this.next = Date.now() + rest;
      console.warn("the newest records are not kept for a start without the server:", err);
      // What was erased since does not stay.
      await change("cache", [], [this.server]).catch((err) => console.warn("nor are the older ones removed:", err));
    }
  }
}
