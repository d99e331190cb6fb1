// The websocket: resumes where it was cut, comes back by itself.

import { cursorText } from "../p4p/bytes.js";

const firstWait = 500; // ms; doubled at each failure
const longestWait = 30_000;
const mostBehind = 5000; // records; then the newest page is loaded instead
const silence = 40_000; // without a word from the socket after coming back to the page

export class Stream {
  // on: { events(events) -> last id, mailbox(notice), state(name), reset() -> cursor,
  // watches() }. States: connecting, online, offline, stopped.
  constructor(cursor, on) {
    this.cursor = cursor;
    this.on = on;
    this.wait = firstWait;
    this.work = Promise.resolve();
    this.watched = new Set();
    window.addEventListener("online", () => this.hurry());
    window.addEventListener("offline", () => this.socket?.close());
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden && Date.now() - this.heard > silence) this.hurry();
    });
    this.connect();
  }

  // hurry connects now, where a timer would wait.
  hurry() {
    if (this.stopped) return;
    clearTimeout(this.timer);
    if (this.socket && this.socket.readyState <= WebSocket.OPEN && this.live && Date.now() - this.heard < silence) return;
    this.drop();
    this.connect();
  }

  drop() {
    const old = this.socket;
    this.socket = null;
    this.live = false;
    if (old) {
      old.onmessage = old.onclose = null;
      old.close();
    }
  }

  connect() {
    const q = new URLSearchParams({ after: cursorText(this.cursor) });
    if (this.cursor.id && this.cursor.seq > 0) q.set("id", this.cursor.id);
    const socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}/v1/stream?${q}`);
    this.socket = socket;
    this.heard = Date.now();
    this.on.state("connecting");
    socket.onmessage = (e) => {
      this.heard = Date.now();
      this.work = this.work
        .then(() => (socket === this.socket ? this.take(JSON.parse(e.data)) : null))
        .catch((err) => {
          console.warn("the stream:", err);
          socket.close();
        });
    };
    socket.onclose = (e) => this.closed(e.code);
  }

  async take(m) {
    if (m.hello) {
      if (m.hello.seq - this.cursor.seq > mostBehind) return this.closed(4100);
      this.live = true;
      this.wait = firstWait;
      this.watched.clear();
      this.on.state("online");
      await this.watch();
    } else if (m.events) {
      if (m.events.some((e, i) => e.seq !== this.cursor.seq + 1 + i)) throw new Error("the log has a gap");
      const last = await this.on.events(m.events);
      this.cursor = { epoch: this.cursor.epoch, seq: this.cursor.seq + m.events.length, id: last };
    } else if (m.mailbox) {
      if (m.mailbox.error) this.watched.delete(m.mailbox.friendship);
      this.on.mailbox(m.mailbox);
    }
  }

  // watch tells the server of mailboxes that it does not watch yet.
  async watch() {
    if (!this.live) return;
    const list = (await this.on.watches()).filter((w) => !this.watched.has(w.friendship));
    if (list.length === 0 || !this.live) return;
    for (const w of list) this.watched.add(w.friendship);
    this.socket.send(JSON.stringify({ watch: list }));
  }

  closed(code) {
    this.drop();
    if (code >= 4200 && code < 4300) {
      this.stopped = true;
      this.on.state("stopped");
      return;
    }
    this.on.state("offline");
    const again = () => {
      return code >= 4100 && code < 4200 ? this.restart() : this.connect();
    };
    this.timer = setTimeout(again, this.wait * (0.5 + Math.random() / 2));
    this.wait = Math.min(longestWait, this.wait * 2);
  }

  // restart starts the feed over.
  async restart() {
    try {
      this.cursor = await this.on.reset();
      this.connect();
    } catch {
      this.closed(4100);
    }
  }
}
