// Where somebody reads in the feed. Who has scrolled down is not disturbed: what is
// new waits. The place is kept in the history's entry, so that the way back, and a
// reload, lead to the same post.

const atTop = 8; // px; who is higher up than that wants to see what is new
const ahead = 60; // posts below the screen that are read as well, before long
const rest = 400; // ms without scrolling until the place is kept: Safari takes 100 in half a minute

const onScreen = (node) => {
  const { top, bottom } = node.getBoundingClientRect();
  return bottom > 0 && top < window.innerHeight;
};

let last = null; // the place for who comes back by the tab

export const lastPlace = () => last;

export class Reading {
  // list holds the posts, each node with its item's data-id within; changed is called
  // when what waits is to be shown. The place is { id, top, seq, shown }: the post that
  // is read, how high on the screen it is, the newest post that was shown, how many
  // posts were.
  constructor(list, signal, changed) {
    this.list = list;
    this.signal = signal;
    this.changed = changed;
    this.goal = history.state?.place ?? null;
    this.shown = this.goal?.shown;
    this.hold = this.goal && { seq: this.goal.seq, ids: new Set() };
    this.drawn = [];
    const give = { signal, passive: true };
    window.addEventListener("scroll", () => this.scrolled(), give);
    window.addEventListener("pagehide", () => this.note(), give);
    for (const own of ["wheel", "touchmove", "keydown"]) window.addEventListener(own, () => (this.goal = null), give);
  }

  scrolled() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.note(), rest);
    if (window.scrollY > atTop) this.hold ??= this.drawn.length > 0 ? { seq: Math.max(0, ...this.drawn.map((i) => i.seq ?? 0)), ids: new Set(this.drawn.map((i) => i.id)) } : null;
    else if (this.hold && !this.goal) this.release();
  }

  // release shows what waits.
  release() {
    this.hold = this.goal = null;
    this.changed();
  }

  // seen are the items that do not wait. What was seen once stays, as one's own post
  // does that gets its place in the log.
  seen(items) {
    if (!this.hold) return items;
    const { seq, ids } = this.hold;
    const now = items.filter((i) => ids.has(i.id) || i.seq <= seq);
    if (now.length > 0 || items.length === 0) return now;
    this.hold = null; // what was read is gone, with the history that it was part of
    return items;
  }

  // steady makes a change above what is read, which stays where it is on the screen.
  // Some browsers see to that themselves (scroll anchoring).
  steady(change) {
    const anchored = getComputedStyle(document.documentElement).overflowAnchor === "auto";
    const there = this.hold && !this.goal && !anchored ? [...this.list.children].filter(onScreen).map((n) => [n, n.getBoundingClientRect().top]) : [];
    change();
    const [node, top] = there.find(([n]) => n.isConnected) ?? [];
    if (node) window.scrollBy(0, node.getBoundingClientRect().top - top);
  }

  // note keeps the place.
  note(shown = this.shown) {
    if (this.signal.aborted || this.goal) return;
    last = window.scrollY > atTop ? this.place(shown) : null;
    try {
      history.replaceState({ ...history.state, place: last }, "");
    } catch (err) {
      console.warn("the place is not kept:", err); // the next one is
    }
  }

  place(shown) {
    const nodes = [...this.list.children];
    const node = nodes.find((n) => n.contains(document.activeElement) && onScreen(n)) ?? nodes.find(onScreen);
    if (!node || !this.hold) return null;
    const { id } = node.querySelector("[data-id]").dataset;
    return { id, top: node.getBoundingClientRect().top, seq: this.hold.seq, at: this.drawn.find((i) => i.id === id)?.seq, shown };
  }

  // low is the place of the log from which on the feed is read: some posts further down
  // than the screen reaches, or those that one comes back to; Infinity at the top.
  low() {
    if (this.goal) return this.goal.at ?? Infinity;
    if (!this.hold) return Infinity;
    const last = [...this.list.children].findLastIndex(onScreen);
    return this.drawn.slice(0, last + 1 + ahead).findLast((i) => i.seq)?.seq ?? Infinity;
  }

  // find scrolls to the place that the history's entry tells, if its post is there.
  find() {
    const node = this.goal && this.list.querySelector(`[data-id="${CSS.escape(this.goal.id)}"]`)?.closest(".feed > *");
    if (!node) return null;
    window.scrollBy(0, node.getBoundingClientRect().top - this.goal.top);
    this.goal = null;
    return node;
  }
}
