// The socket by which the server tells what is new. It resumes where it was cut and
// comes back by itself; it is doubted when it is silent; and where sockets do not get
// through (some proxies, and Safari with a certificate that was taken by hand), the
// server is asked every few seconds instead.

import { cursorText, random, to64 } from "../p4p/bytes.js";

const firstWait = 500; // ms; doubled at each failure
const longestWait = 30_000;
const patience = 10_000; // ms for a hello, and for an answer to a question
const lasting = 10_000; // ms after which a connection was a good one
const silence = 30_000; // ms without a word, after which the server is asked for one
const answer = 5000; // ms that it has
const beat = 5000; // ms between two looks, while somebody looks at the page
const mostMissed = 1000; // records; the newest page is loaded instead of more
const batch = 100; // events to take at once
const measured = 2000; // ms between two questions how far behind we are, while much comes
const mostBytes = 4 << 20; // of a message

export class Stream {
  // on: { events(events) -> last id, mailbox(notice), state(name), watches(), polled(),
  // ask(ms) -> info, newest(info) -> cursor, reset(over) -> cursor }. reset with over
  // forgets the history that was followed. States: connecting, online, polling,
  // offline, stopped.
  constructor(cursor, on) {
    this.cursor = cursor;
    this.on = on;
    this.wait = firstWait;
    this.failures = 0; // attempts in a row without a hello
    this.waiting = []; // events
    this.watched = new Set();
    window.addEventListener("online", () => this.hurry());
    window.addEventListener("pageshow", () => this.hurry());
    window.addEventListener("offline", () => this.socket && this.closed(1006));
    document.addEventListener("visibilitychange", () => document.hidden || this.hurry());
    setInterval(() => document.hidden || this.look(silence), beat);
    this.say("connecting");
    this.connect();
  }

  say(state) {
    if (state === this.state) return;
    this.state = state;
    this.on.state(state);
  }

  // hurry does now what a timer would do, and asks whether a live socket lives.
  hurry() {
    const young = this.socket && Date.now() - this.began < 2000;
    if (this.stopped || this.restarting || young) return;
    if (this.live || this.polling) this.look(beat);
    if (!this.live) (this.next ?? (() => this.connect()))();
  }

  // later does something once the wait is over.
  later(f) {
    clearTimeout(this.timer);
    this.next = f;
    this.timer = setTimeout(f, this.wait * (0.5 + Math.random() / 2));
    this.wait = Math.min(longestWait, this.wait * 2);
  }

  drop() {
    clearTimeout(this.timer);
    this.next = null;
    const old = this.socket;
    this.socket = null;
    this.live = false;
    this.waiting = [];
    if (old) {
      old.onmessage = old.onclose = null;
      old.close();
    }
  }

  connect() {
    this.drop();
    const q = new URLSearchParams({ after: cursorText(this.cursor) });
    if (this.cursor.id && this.cursor.seq > 0) q.set("id", this.cursor.id);
    this.told = this.cursor.seq;
    this.began = this.heard = Date.now();
    let socket;
    try {
      socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}/v1/stream?${q}`);
    } catch (err) {
      return this.trouble(err); // a browser that allows none here
    }
    this.socket = socket;
    this.timer = setTimeout(() => {
      this.failures++; // a way that swallows sockets will swallow the next
      this.closed(1006);
    }, patience);
    socket.onclose = (e) => socket === this.socket && this.closed(e.code);
    socket.onmessage = (e) => {
      if (socket !== this.socket) return;
      this.heard = Date.now();
      try {
        if (e.data.length > mostBytes) throw new Error("a message is too long");
        this.take(JSON.parse(e.data));
      } catch (err) {
        this.trouble(err);
      }
    };
  }

  trouble(err) {
    console.warn("the stream:", err);
    this.closed(1006);
  }

  take(m) {
    if (m.hello) this.hello(m.hello);
    else if (m.events) this.queue(m.events);
    else if (m.mailbox) {
      if (m.mailbox.error) this.watched.delete(m.mailbox.friendship);
      this.on.mailbox(m.mailbox);
    }
  }

  hello({ seq }) {
    if (seq - this.cursor.seq > mostMissed) {
      this.restart(false);
      return;
    }
    clearTimeout(this.timer);
    this.live = true;
    this.polling = false;
    this.failures = 0;
    this.watched.clear();
    this.say("online");
    this.watch().catch((err) => this.trouble(err));
  }

  // watch tells the server of mailboxes that it does not watch yet.
  async watch() {
    const { socket } = this;
    if (!this.live) return;
    const list = (await this.on.watches()).filter((w) => !this.watched.has(w.friendship));
    if (list.length === 0 || !this.live || socket !== this.socket) return;
    for (const w of list) this.watched.add(w.friendship);
    socket.send(JSON.stringify({ watch: list }));
  }

  queue(events) {
    if (events.some((e, i) => e.seq !== this.told + 1 + i)) throw new Error("the log has a gap");
    this.told += events.length;
    this.waiting.push(...events);
    if (!this.taking) this.takeAll();
  }

  // takeAll hands events over, one batch after the other; very many at once.
  async takeAll() {
    this.taking = true;
    try {
      while (this.waiting.length > 0) {
        const { socket } = this;
        const some = this.waiting.splice(0, this.waiting.length > mostMissed ? Infinity : batch);
        const id = await this.on.events(some);
        if (socket !== this.socket) continue; // they are told once more
        this.cursor = { epoch: this.cursor.epoch, seq: some.at(-1).seq, id };
        this.wait = firstWait;
        this.measure();
      }
    } catch (err) {
      this.trouble(err);
    } finally {
      this.taking = false;
    }
  }

  // measure finds out, while much comes, whether this phone is slower than the server:
  // what has not been read yet lies in the network.
  async measure() {
    const { socket, told } = this;
    if (Date.now() - (this.measuredAt ?? 0) < measured) return;
    const before = this.measuredFrom;
    this.measuredAt = Date.now();
    this.measuredFrom = told;
    if (!(told - before >= mostMissed / 2)) return;
    const info = await this.on.ask(patience).catch(() => null);
    if (socket === this.socket && info?.seq - this.told > mostMissed) this.restart(false);
  }

  closed(code) {
    if (this.live && Date.now() - this.began > lasting) this.wait = firstWait;
    this.failures = this.live ? 0 : this.failures + 1;
    this.drop();
    if (code >= 4200 && code < 4300) {
      this.stopped = true;
      this.say("stopped");
    } else if (code >= 4100 && code < 4200) {
      this.say("offline");
      this.later(() => this.restart(true));
    } else {
      if (this.state === "online") this.say("offline");
      this.later(() => this.connect());
      if (this.failures >= 2 && !this.polling) this.poll();
    }
  }

  // restart loads the feed anew, over if the history is another one.
  async restart(over) {
    this.drop();
    this.polling = false;
    this.restarting = true;
    this.say("connecting");
    try {
      this.cursor = await this.on.reset(over);
      this.restarting = false;
      this.connect();
    } catch (err) {
      console.warn("starting over:", err);
      this.restarting = false;
      this.say("offline");
      this.later(() => this.restart(over));
    }
  }

  // look makes sure of a socket from which nothing was heard for some ms; or asks for
  // what is new, where there is none.
  look(ms) {
    if (this.polling) this.poll();
    else if (this.live && Date.now() - this.heard >= ms) this.doubt();
  }

  // doubt finds out whether a silent socket is alive: the server answers to a mailbox
  // that there is not.
  doubt() {
    const { socket, heard } = this;
    if (this.doubted === socket) return;
    this.doubted = socket;
    socket.send(JSON.stringify({ watch: [{ friendship: crypto.randomUUID(), token: to64(random(32)) }] }));
    setTimeout(() => {
      this.doubted = null;
      if (this.live && socket === this.socket && heard === this.heard) this.connect();
    }, answer);
  }

  // poll asks for what is new, in place of a socket, which is tried again now and then.
  async poll() {
    if (this.asking) return;
    this.asking = true;
    try {
      const info = await this.on.ask(patience);
      if (this.live || this.restarting) return;
      const news = info.epoch !== this.cursor.epoch || info.seq !== this.cursor.seq;
      const cursor = news ? await this.on.newest(info) : this.cursor;
      if (this.live || this.restarting) return;
      this.cursor = cursor;
      this.polling = true;
      this.say("polling");
      this.on.polled();
    } catch (err) {
      console.warn("asking the server:", err);
      if (this.live || this.restarting) return;
      this.polling = false;
      this.say("offline");
    } finally {
      this.asking = false;
    }
  }
}
