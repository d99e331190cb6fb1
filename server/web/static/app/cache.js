// The newest records, kept for a start without the server. Nothing depends on them:
// where they cannot be read or written, a warning is all that comes of it.

import { all, change } from "./store.js";

const kept = 300; // records
const calm = 1000; // ms between two writes
const rest = 60_000; // ms without new records after the browser took none

export class Cache {
  constructor(server) {
    this.server = server;
    this.seqs = new Map(); // UUIDs of what is kept or is about to be -> its seq
    this.adding = new Map(); // rows by their UUID
    this.removing = new Set(); // UUIDs
    this.written = 0; // when, ms
    this.full = 0; // when the browser took none, ms
    document.addEventListener("visibilitychange", () => document.hidden && this.write());
  }

  // read gives what is kept: { epoch, events }.
  async read() {
    try {
      const rows = await all("cache");
      const newest = rows.filter((r) => r.server === this.server).sort((a, b) => b.seq - a.seq);
      const epoch = newest[0]?.epoch;
      const mine = newest.filter((r) => r.epoch === epoch);
      for (const r of rows) this.seqs.set(r.id, r.seq);
      this.remove(rows.filter((r) => !mine.includes(r)).map((r) => r.id));
      return { epoch, events: mine.map(({ seq, kind, jws }) => ({ seq, kind, jws })) };
    } catch (err) {
      console.warn("what was kept cannot be read:", err);
      return { events: [] };
    }
  }

  add(epoch, items) {
    for (const { id, seq, kind, jws } of items) {
      if (this.seqs.get(id) === seq) continue;
      this.seqs.set(id, seq);
      this.removing.delete(id);
      this.adding.set(id, { id, server: this.server, epoch, seq, kind, jws });
    }
    this.later();
  }

  remove(ids) {
    for (const id of ids) {
      if (this.seqs.delete(id)) this.removing.add(id);
      this.adding.delete(id);
    }
    this.later();
  }

  // cut removes what stands before a place of the log, Infinity for everything.
  cut(seq) {
    this.remove([...this.seqs].filter(([, s]) => s < seq).map(([id]) => id));
  }

  later() {
    if (this.timer || this.adding.size + this.removing.size === 0) return;
    this.timer = setTimeout(() => this.write(), this.written + calm - Date.now());
  }

  async write() {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.written = Date.now();
    if (this.seqs.size > kept) {
      const old = [...this.seqs].sort(([, a], [, b]) => b - a).slice(kept);
      for (const [id] of old) {
        this.seqs.delete(id);
        if (!this.adding.delete(id)) this.removing.add(id);
      }
    }
    const added = Date.now() - this.full > rest ? [...this.adding.values()] : [];
    const removed = [...this.removing];
    this.adding.clear();
    this.removing.clear();
    try {
      // What is to go goes also where nothing more can be kept.
      if (removed.length > 0) await change("cache", [], removed);
      removed.length = 0;
      if (added.length > 0) await change("cache", added, []);
    } catch (err) {
      this.full = Date.now();
      for (const r of added) this.seqs.delete(r.id);
      for (const id of removed) this.removing.add(id);
      console.warn("the newest records are not kept for a start without the server:", err);
    }
  }
}
