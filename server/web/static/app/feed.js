// The feed: a stretch of the log from its end backwards, every record verified
// before it is in here. The server is trusted with order and storage, with nothing
// else.

import { equal } from "../p4p/bytes.js";
import { codeOf } from "../p4p/error.js";
import { parseRecord } from "../p4p/record.js";
import * as api from "./api.js";
import { all, putAll, removeAll } from "./store.js";

const pageSize = 200;
const kept = 300; // records for a start without the server
const most = 4000; // records in memory; what is older is loaded again when asked for

export class Feed {
  constructor(server, changed) {
    this.server = server;
    this.changed = changed;
    this.clear();
  }

  clear() {
    this.items = new Map(); // record UUID -> item
    this.comments = new Map(); // post's UUID -> Set of comments' UUIDs
    this.deletions = new Map(); // target's UUID -> authors who deleted it
    this.low = Infinity; // what is listed begins here
    this.before = undefined; // what the next page asks for
    this.epoch = undefined;
  }

  // first loads the newest page; what was there is forgotten.
  async first() {
    const page = await api.records({ limit: pageSize });
    const old = [...this.items.values()];
    this.clear();
    await this.page(page);
    const seen = new Set(this.items.keys());
    await removeAll("cache", [...old.map((i) => i.id), ...(await all("cache")).map((c) => c.id)].filter((id) => !seen.has(id)));
    await this.keep([...this.items.values()]);
    this.changed();
  }

  async older() {
    if (this.before === undefined) return;
    await this.page(await api.records({ limit: pageSize, before: this.before }));
    this.changed();
  }

  async page(p) {
    this.epoch = p.epoch;
    await this.take(p.events);
    this.before = p.before;
    this.low = p.before ?? 0;
  }

  // fromCache shows what was there last, for a start without the server.
  async fromCache() {
    const rows = (await all("cache")).filter((c) => c.server === this.server);
    this.epoch = rows[0]?.epoch;
    await this.take(rows.map((c) => ({ seq: c.seq, kind: c.kind, jws: c.jws })));
    this.low = 0;
    this.changed();
  }

  async keep(items) {
    const rows = items.filter((i) => i.seq).map((i) => ({ id: i.id, server: this.server, epoch: this.epoch, seq: i.seq, kind: i.kind, jws: i.jws }));
    await putAll("cache", rows.slice(0, kept));
    const there = await all("cache");
    if (there.length > 2 * kept) {
      there.sort((a, b) => b.seq - a.seq);
      await removeAll("cache", there.slice(kept).map((c) => c.id));
    }
  }

  // live takes what the stream tells and gives the last record's UUID, if it has one.
  async live(events) {
    const last = await this.take(events);
    const ids = new Set(events.map((e) => e.seq));
    await this.keep([...this.items.values()].filter((i) => ids.has(i.seq)));
    if (this.items.size > most) this.trim();
    this.changed();
    return last;
  }

  // trim forgets the older half.
  trim() {
    const all = [...this.items.values()].sort((a, b) => b.seq - a.seq);
    for (const i of all.slice(most / 2)) this.drop(i.id);
    this.low = this.before = all[most / 2 - 1].seq;
  }

  async take(events) {
    let last;
    const parsed = await Promise.all(events.map((e) => (e.jws ? this.parse(e) : null)));
    const gone = [];
    for (const [i, e] of events.entries()) {
      const item = parsed[i];
      last = item?.id ?? e.id;
      if (item) gone.push(...this.add(item));
      if (e.kind === "erased") gone.push(e.id);
      if (e.kind === "takedown") gone.push(e.target);
    }
    for (const id of gone) this.drop(id);
    if (gone.length) await removeAll("cache", gone);
    return last;
  }

  async parse(e) {
    try {
      const item = await parseRecord(e.jws, this.server);
      if (item.kind === e.kind) return { ...item, seq: e.seq };
      console.warn("the server tells a record as another kind");
    } catch (err) {
      console.warn("a record does not verify:", codeOf(err) || err);
    }
    return null;
  }

  // add gives the UUIDs of what is not to be seen any more.
  add(item) {
    const deleted = (target) => {
      const there = this.items.get(target);
      return there && (this.deletions.get(target) ?? []).some((author) => equal(author, there.author)) ? [target] : [];
    };
    if (item.kind === "deletion") {
      const target = item.payload.target;
      this.deletions.set(target, [...(this.deletions.get(target) ?? []), item.author]);
      return deleted(target);
    }
    this.items.set(item.id, item);
    if (item.kind === "comment") {
      const target = item.payload.target;
      this.comments.set(target, (this.comments.get(target) ?? new Set()).add(item.id));
    }
    return deleted(item.id);
  }

  drop(id) {
    const item = this.items.get(id);
    if (!item) return;
    this.items.delete(id);
    if (item.kind === "comment") this.comments.get(item.payload.target)?.delete(id);
  }

  // posts are the listed posts, newest first.
  posts() {
    return [...this.items.values()].filter((i) => i.kind === "post" && i.seq >= this.low).sort((a, b) => b.seq - a.seq);
  }

  // commentsOn are a post's comments that are loaded, oldest first.
  commentsOn(id) {
    return [...(this.comments.get(id) ?? [])].map((c) => this.items.get(c)).sort((a, b) => a.seq - b.seq);
  }
}
