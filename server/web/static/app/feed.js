// The feed: a stretch of the log from its end backwards, every record verified
// before it is in here. The server is trusted with order and storage, with nothing
// else.

import { from64, looseText, to64 } from "../p4p/bytes.js";
import { codeOf } from "../p4p/error.js";
import { parseRecord } from "../p4p/record.js";
import * as api from "./api.js";
import { Cache } from "./cache.js";

const pageSize = 200; // records
const wholePages = 5; // are asked for until there are posts; then posts alone
const enough = 20; // posts
const most = 4000; // records in memory; what is older is loaded again when asked for
const atMost = 4 * most; // while somebody reads what is old
const slice = 20; // records verified before the browser gets to do something else

export class Feed {
  constructor(server, changed) {
    this.server = server;
    this.changed = changed;
    this.cache = new Cache(server);
    this.gone = new Set(); // UUIDs of records that are known to be erased
    this.read = () => Infinity; // gives the place of the log from which on somebody reads
    this.clear();
  }

  clear() {
    this.items = new Map(); // record UUID -> item
    this.comments = new Map(); // post's UUID -> Set of comments' UUIDs
    this.deletions = new Set(); // "target author": who said that a record is deleted
    this.low = Infinity; // what is listed begins here
    this.top = undefined; // and is complete up to here
    this.before = undefined; // what the next page asks for
    this.epoch = undefined;
    this.loaded = false; // whether the server told what there is: only then no posts means none
    this.sorted = null;
  }

  // isGone tells whether a record is known to be deleted by its author, erased, or
  // taken down by the operator. That it is not among the items says nothing.
  isGone(id, author) {
    return this.gone.has(id) || (author && this.deletions.size > 0 && this.deletions.has(`${id} ${to64(author)}`));
  }

  // fromCache shows what was there last, until the server is reached.
  async fromCache() {
    const { epoch, events } = await this.cache.read();
    await this.take(events);
    this.epoch = epoch;
    this.list(0);
  }

  // startOver forgets a history that the server does not have any more.
  startOver() {
    this.clear();
    this.cache.cut(Infinity);
    this.changed();
  }

  // newest loads the log's end up to a cursor: down to what is here already or, where
  // that lies far back, until there are posts.
  async newest({ epoch, seq }) {
    if ((this.epoch !== undefined && this.epoch !== epoch) || seq < this.top) this.startOver();
    this.epoch = epoch;
    const { low, top, before } = this;
    const empty = this.posts().length === 0;
    const p = await this.pages(undefined, seq, (low) => empty && this.list(low), (p) => p.before <= top);
    this.top = seq;
    this.loaded = true;
    if (p.before <= top && low <= p.before) {
      this.before = before; // nothing lies between
      this.list(low);
    } else {
      this.before = p.before;
      this.list(p.before ?? 0);
      this.cache.cut(this.low);
    }
    this.trim();
  }

  // older loads what lies before.
  async older() {
    const from = this.before;
    if (from === undefined) return;
    const list = (low) => this.before === from && this.list(low); // else another stretch is shown by now
    const p = await this.pages(from, from - 1, list, () => false);
    list(p.before ?? 0);
    if (this.before === from) this.before = p.before;
  }

  // pages loads pages until they held enough posts, nothing lies before, or done says
  // so, and gives the last. high is the place of the log up to which the first one
  // is complete; show is told how far back the records are here.
  async pages(before, high, show, done) {
    for (let n = 1, posts = 0; ; n++) {
      const kind = n > wholePages ? "post" : undefined;
      const page = await api.records({ limit: pageSize, before, kind });
      if (page.epoch !== this.epoch) throw api.unreachable(); // a restored server: ask it again
      if (page.before >= (before ?? Infinity)) throw api.foreign();
      const ids = await this.take(page.events, (e) => show(e.seq));
      const items = ids.map((id) => this.items.get(id)).filter(Boolean);
      this.settle(items, page.before ?? 0, high, kind);
      this.cache.add(this.epoch, items);
      posts += items.filter((i) => i.kind === "post").length;
      if (page.before === undefined || posts >= enough || kind || done(page)) return page;
      before = page.before;
      high = before - 1;
    }
  }

  // settle erases what is here and the server does not have any more, as a page tells
  // that is complete from low to high.
  settle(items, low, high, kind) {
    const there = new Set(items);
    for (const i of this.items.values()) {
      if (i.seq >= low && i.seq <= high && !there.has(i) && (!kind || i.kind === kind)) this.erase(i.id);
    }
  }

  // live takes what the stream tells and gives the last record's UUID, if it has one.
  // Of more than can be looked at it takes the end: the rest is loaded when asked for.
  async live(events) {
    const at = events.length > 2 * pageSize ? events.length - pageSize : 0;
    if (at > 0) {
      await this.take(events.slice(0, at).filter((e) => this.takesAway(e)));
      this.before = events[at].seq;
      this.low = this.before;
      this.cache.cut(this.low);
    }
    const rest = events.slice(at);
    const ids = await this.take(rest);
    this.top = rest.at(-1).seq;
    this.cache.add(this.epoch, ids.map((id) => this.items.get(id)).filter(Boolean));
    this.trim();
    this.list(this.low);
    return ids.at(-1) ?? rest.at(-1).id;
  }

  // takesAway tells whether an event may take something away that is here.
  takesAway(e) {
    if (e.kind !== "deletion") return e.kind === "erased" || e.kind === "takedown";
    try {
      return this.items.has(JSON.parse(looseText(from64(e.jws.split(".")[1]))).target);
    } catch {
      return false; // and so it would not verify
    }
  }

  // trim forgets the older half of the posts, or of the comments, or of both, but
  // nothing that somebody reads, nor what stands above that.
  trim() {
    if (this.items.size <= most) return;
    const read = this.items.size > atMost ? Infinity : this.read();
    for (const kind of ["post", "comment"]) {
      const newest = [...this.items.values()].filter((i) => i.kind === kind).sort((a, b) => b.seq - a.seq);
      if (newest.length <= most / 2) continue;
      const stays = Math.max(most / 4, newest.findLastIndex((i) => i.seq >= read) + 1);
      for (const i of newest.slice(stays)) this.drop(i.id);
      const low = newest[stays - 1].seq;
      if (kind === "post" && low > this.low) this.low = this.before = low;
    }
  }

  // take verifies events and puts them in their place. It gives the UUID of each, or
  // undefined where it has none or does not verify, and tells how far it is.
  async take(events, reached = () => {}) {
    const ids = [];
    for (let at = 0; at < events.length; at += slice) {
      const some = events.slice(at, at + slice);
      const parsed = await Promise.all(some.map((e) => (e.jws ? this.parse(e) : null)));
      for (const [i, e] of some.entries()) {
        if (parsed[i]) this.add(parsed[i]);
        if (e.kind === "erased") this.erase(e.id);
        if (e.kind === "takedown") this.erase(e.target);
        ids.push(parsed[i]?.id);
      }
      reached(some.at(-1));
    }
    return ids;
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

  add(item) {
    if (item.kind === "deletion") {
      const { target } = item.payload;
      remember(this.deletions, `${target} ${to64(item.author)}`);
      const there = this.items.get(target);
      if (there && this.isGone(target, there.author)) this.erase(target);
      return;
    }
    if (this.isGone(item.id, item.author)) return;
    this.items.set(item.id, item);
    if (item.kind === "comment") {
      const { target } = item.payload;
      this.comments.set(target, (this.comments.get(target) ?? new Set()).add(item.id));
    }
    this.sorted = null;
  }

  // erase takes away what nobody is to see any more.
  erase(id) {
    remember(this.gone, id);
    this.drop(id);
    this.cache.remove(id);
  }

  // drop forgets an item, which may be loaded again.
  drop(id) {
    const item = this.items.get(id);
    if (!item) return;
    this.items.delete(id);
    this.sorted = null;
    if (item.kind !== "comment") return;
    const { target } = item.payload;
    const others = this.comments.get(target);
    others?.delete(id);
    if (others?.size === 0) this.comments.delete(target);
  }

  // list lists what stands at low or behind it.
  list(low) {
    this.low = low;
    this.sorted = null;
    this.changed();
  }

  // posts are the listed posts, newest first.
  posts() {
    this.sorted ??= [...this.items.values()].filter((i) => i.kind === "post" && i.seq >= this.low).sort((a, b) => b.seq - a.seq);
    return this.sorted;
  }

  // commentsOn are a post's comments that are loaded, oldest first.
  commentsOn(id) {
    return [...(this.comments.get(id) ?? [])].map((c) => this.items.get(c)).sort((a, b) => a.seq - b.seq);
  }
}

// remember adds to a set that keeps no more than the last of many.
function remember(set, what) {
  set.add(what);
  if (set.size > most) set.delete(set.values().next().value);
}
