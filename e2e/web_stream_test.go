package e2e

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"p4p/client"
	"p4p/protocol"
)

const (
	isLive  = `document.querySelector("#state")?.innerText === "live"`
	withApp = `import("/static/app/app.js").then(({ app }) => `
)

func stateIs(text string) string {
	return `document.querySelector("#state")?.innerText === ` + quote(text)
}

func showsPost(text string) string {
	return `[...document.querySelectorAll(".post")].some((e) => e.innerText.includes(` + quote(text) + `))`
}

// countSockets has the page count the websockets that it opens, in window.sockets.
const countSockets = `window.sockets = []; const Socket = window.WebSocket;
	window.WebSocket = class extends Socket { constructor(...a) { super(...a); window.sockets.push(this); } };`

func TestWhereThePageBreaksItSaysSoAndOffersAWayOut(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	s := webServer(t)
	for what, script := range map[string]string{
		"at the start": `navigator.locks.request = () => Promise.reject(new TypeError("broken"));`,
		"on the way":   `window.setInterval = () => { throw new TypeError("broken"); };`,
	} {
		t.Run(what, func(t *testing.T) {
			p := p.tab()
			p.t = t
			p.before(script)
			p.open(s.URL())
			p.sees("Something went wrong")
			p.sees("Try again")
			if n := eval[int](p, `document.querySelectorAll("main > *").length`); n != 1 {
				t.Errorf("%d things are on the screen", n)
			}
		})
	}
}

func TestWhereNothingMoreCanBeKeptThePageStillShowsWhatIsNew(t *testing.T) {
	t.Parallel()
	for _, when := range []string{"from the start", "later"} {
		t.Run(when, func(t *testing.T) {
			p := newPhone(t)
			c := newCrowd(t, webServer(t))
			c.posts("before", 2)
			p.before(countSockets + `const put = IDBObjectStore.prototype.put; window.full = ` + fmt.Sprint(when == "from the start") + `;
				IDBObjectStore.prototype.put = function (...a) { const r = put.apply(this, a); if (window.full && this.name === "cache") this.transaction.abort(); return r; };`)
			p.open(c.s.URL())
			p.until(isLive)
			p.until(showsPost("before 1."))
			eval[bool](p, `(window.full = true)`)
			for i := range 3 {
				text := fmt.Sprintf("news %d", i)
				c.posts(text, 1)
				p.until(showsPost(text))
			}
			if n := eval[int](p, `window.sockets.length`); n != 1 {
				t.Errorf("the page opened %d sockets", n)
			}
		})
	}
}

func TestTheInstalledPageStartsAtOnceWhateverTheNetworkDoes(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	c := newCrowd(t, webServer(t))
	g := newGate(t, c.s)
	c.posts("kept", 3)
	p.before(`window.firstPost = 0; window.said = "";
		const look = () => {
			window.firstPost ||= document.querySelector(".post") ? performance.now() : 0;
			if ([...document.querySelectorAll(".boot, .boot *")].some((e) => e.innerText.includes("too old") && e.checkVisibility({ visibilityProperty: true }))) window.said = document.body.innerText;
			requestAnimationFrame(look); // before each picture that the screen gets
		};
		look();`)
	p.open(g.URL)
	p.until(isLive)
	eval[bool](p, `navigator.serviceWorker.ready.then(() => true)`)
	p.do(chromedp.Reload()) // by the worker from now on
	p.until(isLive)
	for _, tt := range []struct {
		way    way
		within float64 // ms
	}{{down, 4000}, {swallows, 8000}} {
		t.Run(string(tt.way), func(t *testing.T) {
			p := &phone{t, p.ctx}
			g.turn(tt.way)
			p.open(g.URL)
			p.until(showsPost("kept 2."))
			if ms := eval[float64](p, `window.firstPost`); ms > tt.within {
				t.Errorf("the first post was there after %.0f ms", ms)
			}
			if said := eval[string](p, `window.said`); said != "" {
				t.Errorf("the page said %q", said)
			}
			g.turn(through)
			eval[bool](p, `window.dispatchEvent(new Event("online"))`)
			p.until(isLive)
		})
	}
}

func TestWhereWebsocketsAreBlockedThePageAsksEveryFewSeconds(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	s := webServer(t)
	g := newGate(t, s)
	g.turn(noSockets)
	alice := newPeer(t, s.URL())
	alice.posts("from before")
	p.before(fastTimers)
	p.open(g.URL + "/#invite")
	p.until(stateIs("live, checking every 5 s"))
	p.types("Who is it for?", "Alice")
	p.press("Make the invite")
	p.until(`document.querySelector(".link") !== null`)
	link, err := protocol.ParseLink(strings.Replace(eval[string](p, `document.querySelector(".link").textContent`), g.URL, s.URL(), 1))
	if err != nil {
		t.Fatal(err)
	}
	f, err := alice.Accept(t.Context(), link, "Phone", false)
	if err != nil {
		t.Fatal(err)
	}
	p.sees("Somebody accepted the invite that you made for Alice.")
	p.press("It is Alice")
	alice.becomes(f.Friendship, client.StateFriend)
	old := alice.posts("soon deleted")
	alice.posts("after the acceptance")
	p.press("Write")
	p.types("What do you want to say?", "sent without a socket")
	p.press("Post")
	p.until(showsPost("after the acceptance"))
	p.until(showsPost("sent without a socket"))
	p.until(`document.querySelectorAll(".post").length === 4`)
	if _, err := alice.Delete(t.Context(), old); err != nil {
		t.Fatal(err)
	}
	p.until(`!` + showsPost("soon deleted"))
	p.shot("polling")

	g.turn(through) // a socket is tried now and then, and where the network may be another one
	eval[bool](p, `window.dispatchEvent(new Event("online"))`)
	p.until(isLive)
	alice.posts("by the socket")
	p.until(showsPost("by the socket"))
}

func TestWhereWebsocketsAreNeverAnsweredThePageAsksAsWell(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	c := newCrowd(t, webServer(t))
	g := newGate(t, c.s)
	g.turn(noAnswers)
	p.before(fastTimers)
	p.open(g.URL)
	p.until(stateIs("live, checking every 5 s"))
	c.posts("seen all the same", 1)
	p.until(showsPost("seen all the same"))
}

func TestASocketThatIsSilentIsNotTakenForALiveOne(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	c := newCrowd(t, webServer(t))
	g := newGate(t, c.s)
	c.posts("before", 1)
	// The page's clock can be put forward, and its timers run ten times as fast. What
	// the tests wait for themselves has its time.
	p.before(fastTimers + countSockets + `window.skew = 0; const now = Date.now; Date.now = () => now() + window.skew;
		const { set } = Object.getOwnPropertyDescriptor(WebSocket.prototype, "onmessage") ?? Object.getOwnPropertyDescriptor(Socket.prototype, "onmessage");
		Object.defineProperty(Socket.prototype, "onmessage", { set(f) { set.call(this, f && ((e) => this.dead || f(e))); } });
		window.kill = () => { for (const s of window.sockets) s.dead = true; };`)
	p.open(g.URL)
	p.until(isLive)
	t.Run("one that lives is kept", func(t *testing.T) {
		p := &phone{t, p.ctx}
		eval[bool](p, `(window.heard = 0, window.sockets[0].addEventListener("message", () => window.heard++), window.skew += 3600_000, true)`)
		p.settlesOn(`window.heard > 0`)
		c.posts("to a living socket", 1)
		p.until(showsPost("to a living socket"))
		if n := eval[int](p, `window.sockets.length`); n != 1 {
			t.Errorf("%d sockets were opened", n)
		}
	})
	t.Run("a dead one is replaced", func(t *testing.T) {
		p := &phone{t, p.ctx}
		eval[bool](p, `(window.kill(), true)`)
		c.posts("while nothing was heard", 1)
		eval[bool](p, `(window.skew += 3600_000, true)`)
		p.until(showsPost("while nothing was heard"))
		p.until(isLive)
	})
	t.Run("without the server the page says so", func(t *testing.T) {
		p := &phone{t, p.ctx}
		eval[bool](p, `(window.kill(), true)`)
		g.turn(down)
		eval[bool](p, `(window.skew += 3600_000, true)`)
		p.until(stateIs("offline"))
	})
	t.Run("waking up hurries", func(t *testing.T) {
		p := &phone{t, p.ctx}
		g.turn(down)
		eval[bool](p, withApp+`(app.stream.connect(), app.stream.wait = 600_000, app.stream.closed(1006), true))`)
		p.until(stateIs("offline"))
		g.turn(through)
		eval[bool](p, `(window.skew += 10_000, document.dispatchEvent(new Event("visibilitychange")), true)`)
		p.until(isLive)
	})
}

func TestBackOnlineWhileTheFeedIsLoadedAnewOpensOneSocket(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	c := newCrowd(t, webServer(t))
	c.posts("before", 1)
	p.before(countSockets + `const ask = window.fetch; window.fetch = async (...a) => { await window.hold; return ask(...a); };`)
	p.open(c.s.URL())
	p.until(isLive)
	eval[bool](p, `(window.hold = new Promise((go) => (window.go = go)), true)`)
	eval[bool](p, withApp+`(app.stream.restart(), true))`)
	for _, event := range []string{"online", "pageshow", "online"} {
		eval[bool](p, `window.dispatchEvent(new Event(`+quote(event)+`))`)
	}
	eval[bool](p, `(window.go(), true)`)
	p.until(isLive)
	c.posts("after", 1)
	p.until(showsPost("after"))
	if n := eval[int](p, `window.sockets.filter((s) => s.readyState <= WebSocket.OPEN).length`); n != 1 {
		t.Errorf("%d sockets are open", n)
	}
}

func TestOneMailboxInTroubleHoldsUpNothingAndAReconnectAsksForNoneInVain(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	s := webServer(t)
	alice := newPeer(t, s.URL())
	invite := alice.invites("Bob")
	p.before(countSockets + `window.mailboxes = 0; const ask = window.fetch;
		window.fetch = async (...a) => {
			const mailbox = String(a[0]).includes("/v1/friendships/");
			if (mailbox) window.mailboxes++;
			if (window.away) throw new TypeError("no route");
			if (mailbox && window.broken) return new Response('{"error":{"code":"internal","message":"no"}}', { status: 500 });
			return ask(...a);
		};
		window.again = () => { window.mailboxes = 0; window.sockets.at(-1).close(); };`)
	p.open(invite.Link.URL())
	p.becomesFriend(alice, invite.Friendship, "Alice")
	eval[bool](p, `(window.again(), true)`)
	p.until(`window.sockets.length === 2 && ` + isLive)
	alice.posts("after the second hello, and its notices")
	p.press("Go on to the feed")
	p.until(showsPost("after the second hello"))
	if n := eval[int](p, `window.mailboxes`); n != 0 {
		t.Errorf("a reconnect with one friend and no news asked %d mailboxes", n)
	}

	// A friend is renamed and removed while away, and so a call is owed; a post waits as well.
	p.press("Write")
	eval[bool](p, `(window.away = true)`)
	p.types("What do you want to say?", "waiting behind a mailbox")
	p.press("Post")
	p.sees("It is posted once the server is reached.")
	p.press("Friends")
	p.press("Remove")
	p.until(`document.querySelector("dialog") !== null`)
	eval[bool](p, `(document.querySelector("dialog .danger").click(), true)`)
	p.sees("No friends yet.")
	eval[bool](p, `(window.away = false, window.broken = true, window.again(), true)`)
	alice.sees(func(i client.Item) bool { return i.Text == "waiting behind a mailbox" })
	p.settlesOn(`window.mailboxes > 0`)
	eval[bool](p, `(window.broken = false, true)`)
	alice.becomes(invite.Friendship, client.StateEnded)
}

func TestPostsAreFoundBehindAFloodOfComments(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	c := newCrowd(t, webServer(t))
	posts := c.posts("a post", 30)
	c.says(protocol.KindComment, posts[0], "a comment", 250)
	p.open(c.s.URL())
	p.until(`document.querySelectorAll(".post").length === 30`)
	p.until(showsPost("a post 0.") + ` && document.body.innerText.includes("250 comments")`)
	if !eval[bool](p, withApp+`app.feed.loaded)`) {
		t.Error("the feed does not know that it was loaded")
	}

	// More than the page looks through: posts alone are asked for.
	c.says(protocol.KindComment, posts[1], "another comment", 1000)
	p.open("about:blank")
	p.open(c.s.URL())
	p.until(`document.querySelectorAll(".post").length === 30`)
}

func TestOfVeryMuchThePageShowsTheEndAndTheRestForTheAsking(t *testing.T) {
	t.Parallel()
	const drop = withApp + `(app.stream.drop(), true))`
	for name, way := range map[string]struct{ before, after string }{
		"after a flood that the phone could not look at": {
			before: withApp + `{ window.flood = []; const { stream } = app; const queue = stream.queue;
				stream.queue = (events) => { window.flood.push(...events); if (window.flood.length >= 1103) { stream.queue = queue; stream.queue(window.flood); } }; return true; })`,
			after: `true`,
		},
		"after an absence": {before: drop, after: withApp + `(app.stream.connect(), true))`},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPhone(t)
			c := newCrowd(t, webServer(t))
			old := c.posts("old", 3)
			p.open(c.s.URL())
			p.until(isLive)
			p.until(showsPost("old 0."))
			eval[bool](p, `import("/static/app/app.js").then(({ bus }) => { window.drawn = 0; bus.addEventListener("feed", () => window.drawn++); window.since = performance.now(); return true; })`)
			eval[bool](p, way.before)
			c.posts("flood", 1100)
			c.says(protocol.KindDeletion, old[0], "", 1)
			c.posts("last", 2)
			eval[bool](p, way.after)
			p.until(showsPost("last 1."))
			if got := eval[float64](p, `window.drawn / (1 + (performance.now() - window.since) / 1000)`); got > 5 {
				t.Errorf("the feed was drawn %.1f times a second", got)
			}
			for _, wanted := range []string{"flood 1000.", "flood 800.", "flood 100.", "old 2."} {
				p.until(`(` + showsPost(wanted) + ` || [...document.querySelectorAll("button")].find((b) => b.innerText === "Older posts" && b.checkVisibility() && !b.ariaDisabled)?.click(), ` + showsPost(wanted) + `)`)
			}
			missing := eval[[]string](p, withApp+`{ const seqs = new Set(app.feed.posts().map((i) => i.seq)); return Array.from({ length: 1106 }, (_, i) => i + 1).filter((n) => !seqs.has(n)).map(String); })`)
			if got := strings.Join(missing, " "); got != "1 1104" { // the deleted one, and its deletion
				t.Errorf("these places of the log are not listed: %s", got)
			}
			if !eval[bool](p, withApp+`app.feed.isGone(`+quote(old[0].String())+`) && !app.feed.isGone(`+quote(old[1].String())+`))`) {
				t.Error("the feed does not know what was deleted")
			}
		})
	}
}

func TestWhatTheOperatorTookDownMeanwhileIsGoneAfterAnAbsence(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	c := newCrowd(t, webServer(t))
	ids := c.posts("a post", 3)
	p.before(`const ask = window.fetch; window.fetch = async (...a) => {
		const r = await ask(...a);
		if (!window.down || !String(a[0]).startsWith("/v1/records?")) return r;
		const page = await r.json();
		return Response.json({ ...page, events: page.events.filter((e) => e.seq !== window.down) });
	};`)
	p.open(c.s.URL())
	p.until(isLive)
	p.until(showsPost("a post 1."))
	eval[bool](p, withApp+`(app.stream.drop(), window.down = 2, app.stream.restart(false), true))`)
	p.until(`!` + showsPost("a post 1."))
	p.until(showsPost("a post 0.") + ` && ` + showsPost("a post 2."))
	if !eval[bool](p, withApp+`app.feed.isGone(`+quote(ids[1].String())+`))`) {
		t.Error("the feed does not know that it is gone")
	}
}

func TestThePageRemembersOnlySoMuchOfWhatItIsTold(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	c := newCrowd(t, webServer(t))
	c.posts("a post", 3)
	p.open(c.s.URL())
	p.until(isLive)
	type sizes struct{ Items, Comments, Deletions, Gone, Posts int }
	got := eval[sizes](p, `(async () => {
		const { app } = await import("/static/app/app.js");
		const { deviceKey, newRoot } = await import("/static/p4p/key.js");
		const { signRecord } = await import("/static/p4p/record.js");
		const device = await deviceKey((await newRoot()).root, 0);
		let seq = app.feed.top;
		for (const kind of ["deletion", "comment"]) {
			for (let n = 0; n < 4400; n += 200) {
				const signed = await Promise.all(Array.from({ length: 200 }, () => signRecord(device, kind, app.info.server, { target: crypto.randomUUID(), ...(kind === "comment" && { text: "x" }) })));
				await app.feed.live(signed.map(({ jws }) => ({ seq: ++seq, kind, jws })));
			}
		}
		const { items, comments, deletions, gone } = app.feed;
		return { items: items.size, comments: comments.size, deletions: deletions.size, gone: gone.size, posts: app.feed.posts().length };
	})()`)
	if got.Items > 4000 || got.Comments > 4000 || got.Deletions > 4000 || got.Gone > 4000 {
		t.Errorf("the page holds %+v", got)
	}
	if got.Posts != 3 {
		t.Errorf("comments on other posts pushed out the posts: %d are left", got.Posts)
	}
}

func TestWhatAServerAnswersIsReadUpToALimitAndItsSentencesAreOneLine(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	c := newCrowd(t, webServer(t))
	p.before(`const ask = window.fetch; window.fetch = async (...a) => window.answer?.(a) ?? ask(...a);`)
	p.open(c.s.URL())
	p.until(isLive)
	const endless = `new Response(new ReadableStream({ pull(c) { window.given += 1; c.enqueue(new Uint8Array(1 << 20).fill(32)); } }))`
	for call, most := range map[string]int{"info()": 3, `record("x")`: 3, "records({})": 14, `picture("x")`: 7} {
		got := eval[string](p, `(window.given = 0, window.answer = () => `+endless+`, import("/static/app/api.js").then((api) => api.`+call+`).then(() => "nothing", (e) => e.code))`)
		if n := eval[int](p, `window.given`); got != "foreign_server" || n > most {
			t.Errorf("%s read %d MiB of an endless answer and says %q", call, n, got)
		}
	}
	eval[bool](p, `(window.answer = ([, o]) => o.method === "POST" && Response.json({ results: [{ error: { code: "bad_text", message: "No\u202e.\n\u0007\nReally" + " no".repeat(2000) } }] }), true)`)
	p.press("Write")
	p.types("What do you want to say?", "anything")
	p.press("Post")
	p.sees("No. Really no")
	if text := eval[string](p, `document.body.innerText`); len(text) > 2000 || strings.ContainsAny(text, "\u202e\u0007") {
		t.Errorf("the page says %.3000q", text)
	}
}

// settlesOn waits until a condition holds while the page may begin anew.
func (p *phone) settlesOn(condition string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	look := fmt.Sprintf(`new Promise((done) => { const look = () => (%s) ? done(true) : setTimeout(look, 50); look(); })`, condition)
	for {
		if _, err := chromedp.Run(ctx, chromedp.Evaluate[bool](look, chromedp.EvalAwaitPromise)); err == nil {
			return
		} else if ctx.Err() != nil {
			p.fail(err)
		}
	}
}

func TestWhenAnotherServerTakesOverAnAddressThePageBeginsAnewOnce(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	first, second := newCrowd(t, webServer(t)), newCrowd(t, webServer(t))
	first.posts("on the first", 1)
	second.posts("on the second", 1)
	g := newGate(t, first.s)
	p.open(g.URL)
	p.until(isLive)
	p.until(showsPost("on the first"))
	g.leads(second.s)
	p.open("about:blank")
	p.open(g.URL)
	p.settlesOn(isLive + ` && ` + showsPost("on the second") + ` && !` + showsPost("on the first"))
	g.leads(first.s)
	p.open("about:blank")
	p.open(g.URL)
	p.settlesOn(`document.body?.innerText.includes("Two servers answer at this address in turn")`)
	p.sees("Try again")
	p.shot("two servers")
}
