package e2e

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"p4p/client"
	"p4p/server"
)

// Of the post that is read, window.read, in a browser that does not itself hold still
// what is read (Safari).
const (
	unanchored = `document.documentElement.style.overflowAnchor = document.body.style.overflowAnchor = "none"`
	readTop    = `Math.round(window.read.getBoundingClientRect().top)`
)

// reads scrolls to the nth post of the feed and gives how high on the screen it is.
func (p *phone) reads(n int) int {
	p.t.Helper()
	return eval[int](p, `(async () => {
		`+unanchored+`;
		window.read = document.querySelectorAll(".feed .post")[`+strconv.Itoa(n)+`];
		window.scrollTo(0, window.scrollY + window.read.getBoundingClientRect().top - 100);
		await new Promise((r) => requestAnimationFrame(() => setTimeout(r)));
		return `+readTop+`;
	})()`)
}

// post is the post on the screen that says a text.
func post(text string) string {
	return `[...document.querySelectorAll(".feed .post")].find((e) => e.querySelector(".text")?.textContent === ` + quote(text) + `)`
}

func TestWhoReadsIsNotDisturbedAndComesBackToTheSamePost(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	s := webServer(t)
	crowd := newStrangers(t, s)
	ids := crowd.posts(150)
	p.open(s.URL())
	p.until(`document.querySelectorAll(".post").length === 60`)
	p.with("at the top new posts appear by themselves", func(p *phone) {
		crowd.posts(1)
		p.until(`document.querySelector(".feed .post .text").textContent === "number 150"`)
	})
	p.with("further down they wait, and what is read stays where it is", func(p *phone) {
		p.reads(30) // "number 120"
		crowd.posts(40)
		p.press("40 new posts")
		p.until(`window.scrollY === 0 && document.querySelector(".feed .post .text").textContent === "number 190"`)
		if !eval[bool](p, `document.activeElement.tagName === "H1"`) {
			p.t.Errorf("the focus is on %s", eval[string](p, `document.activeElement.outerHTML`))
		}
		at := p.reads(30) // "number 160"
		crowd.posts(70)
		p.sees("70 new posts")
		if got := eval[int](p, readTop); !eval[bool](p, `window.read.isConnected`) || max(got-at, at-got) > 1 {
			p.t.Errorf("the post that is read is at %d and was at %d", got, at)
		}
	})
	p.with("what happens to the posts that are there is seen at once", func(p *phone) {
		crowd.comments(ids[140], "a word on this")
		p.until(post("number 140") + `.innerText.includes("1 comment")`)
		crowd.send(crowd.sign("deletion", deletionOf(ids[149])))
		at := eval[int](p, readTop)
		crowd.send(crowd.sign("deletion", deletionOf(crowd.ids[171])))
		p.until(post("number 171") + ` === undefined`)
		p.sees("70 new posts")
		if got := eval[int](p, readTop); max(got-at, at-got) > 1 {
			p.t.Errorf("a post above went: the one that is read is at %d and was at %d", got, at)
		}
	})
	p.with("back from a post one is where one was", func(p *phone) {
		p.press("Older posts")
		p.until(`document.querySelectorAll(".feed .post").length === 120`)
		for _, way := range []string{"back", "← Feed", "Friends", "reload"} {
			at := p.reads(100)
			text := eval[string](p, `window.read.querySelector(".text").textContent`)
			if way != "reload" && way != "Friends" {
				eval[bool](p, `((a) => (a.focus(), a.click(), true))(window.read.querySelector("a"))`)
				p.until(`document.querySelector("form") !== null`)
			}
			entries := eval[int](p, `history.length`)
			switch way {
			case "back":
				p.do(chromedp.NavigateBack())
			case "reload":
				eval[bool](p, `new Promise((r) => { const look = () => (history.state?.place?.top === window.read.getBoundingClientRect().top ? r(true) : requestAnimationFrame(look)); look(); })`)
				p.do(chromedp.Reload())
			case "Friends":
				p.press("Friends")
				p.sees("No friends yet.")
				p.press("Feed")
			default:
				p.press(way)
			}
			p.until(post(text) + ` !== undefined`)
			p.until(`Math.abs(` + post(text) + `.getBoundingClientRect().top - ` + strconv.Itoa(at) + `) < 3`)
			if n := eval[int](p, `document.querySelectorAll(".feed .post").length`); n < 120 && way != "reload" {
				p.t.Errorf("%s: of 120 posts there are %d", way, n)
			}
			if way == "back" || way == "← Feed" {
				if !eval[bool](p, post(text)+`.parentElement === document.activeElement`) {
					p.t.Errorf("%s: the focus is on %s", way, eval[string](p, `document.activeElement.outerHTML.slice(0, 100)`))
				}
				if n := eval[int](p, `history.length`); n != entries {
					p.t.Errorf("%s: the history went from %d to %d entries", way, entries, n)
				}
			}
			p.sees("70 new posts")
		}
	})
	p.with("a tap on the tab that is open leads to the top, and nowhere else", func(p *phone) {
		entries := eval[int](p, `(window.list = document.querySelector("ol.feed"), history.length)`)
		p.press("Feed")
		p.press("Feed")
		p.until(`window.scrollY === 0 && document.querySelector(".feed .post .text").textContent === "number 260"`)
		if n := eval[int](p, `history.length`); n != entries || !eval[bool](p, `window.list.isConnected`) {
			p.t.Errorf("the history went from %d to %d entries, or the feed was made anew", entries, n)
		}
	})
}

func TestWhoReadsFarDownIsNotDisturbedByWhatThePageForgets(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	s := webServer(t)
	crowd := newStrangers(t, s)
	crowd.posts(2200)
	p.open(s.URL())
	p.until(isLive)
	eval[bool](p, withApp+`(async () => { while (app.feed.before !== undefined) await app.feed.older(); return true; })())`)
	eval[bool](p, `(async () => {
		const more = [...document.querySelectorAll("button")].find((b) => b.innerText === "Older posts");
		while (document.querySelectorAll(".feed .post").length < 1380) await new Promise((r) => { more.click(); setTimeout(r); });
		return true;
	})()`)
	at := p.reads(1250)
	text := eval[string](p, `window.read.querySelector(".text").textContent`)
	// tells has the page hear of comments on posts that it does not know.
	const tells = `(async () => {
		const { app, bus } = await import("/static/app/app.js");
		const { deviceKey, newRoot } = await import("/static/p4p/key.js");
		const { signRecord } = await import("/static/p4p/record.js");
		const device = await deviceKey((await newRoot()).root, 0);
		let seq = app.feed.top;
		for (let n = 0; n < 2000; n += 200) {
			const signed = await Promise.all(Array.from({ length: 200 }, () => signRecord(device, "comment", app.info.server, { target: crypto.randomUUID(), text: "x" })));
			await app.feed.live(signed.map(({ jws }) => ({ seq: ++seq, kind: "comment", jws })));
		}
		await new Promise((drawn) => bus.addEventListener("feed", drawn, { once: true }));
		return app.feed.items.size;
	})()`
	eval[int](p, tells)
	p.until(post(text) + ` === window.read`)
	if got := eval[int](p, readTop); max(got-at, at-got) > 1 {
		t.Errorf("the post that is read is at %d and was at %d", got, at)
	}
	for n := 1260; n < 1300; n += 10 { // what comes next is there as well
		if eval[string](p, post("number "+strconv.Itoa(2199-n))+`?.tagName`) != "ARTICLE" {
			t.Errorf("the post %d places further down is gone", n-1250)
		}
	}
	p.press("Feed") // to the top
	p.until(`window.scrollY === 0`)
	if n := eval[int](p, tells); n > 4000 {
		t.Errorf("nobody reads far down any more, and the page holds %d records", n)
	}
}

func TestTheFocusStaysWhereItIsInTheFeed(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	s := webServer(t)
	crowd := newStrangers(t, s)
	ids := crowd.posts(130)
	p.open(s.URL())
	p.until(`document.querySelectorAll(".post").length === 60`)
	active := func(p *phone, what, want string) {
		p.t.Helper()
		if got := eval[string](p, `document.activeElement.tagName + " " + document.activeElement.innerText`); got != want {
			p.t.Errorf("%s: the focus is on %q", what, got)
		}
	}
	p.with("while another post changes", func(p *phone) {
		eval[bool](p, `(`+post("number 124")+`.querySelector("button").focus(), true)`)
		crowd.comments(ids[129], "hey")
		p.sees("1 comment")
		active(p, "another post", "BUTTON Share")
	})
	p.with("while this one does", func(p *phone) {
		eval[bool](p, `(`+post("number 124")+`.querySelector("a").focus(), true)`)
		crowd.comments(ids[124], "you too")
		p.until(post("number 124") + `.innerText.includes("1 comment")`)
		active(p, "this post", "A 1 comment")
	})
	p.with("a question says what it is about, starts on the safe answer and gives the focus back", func(p *phone) {
		p.do(chromedp.Evaluate[chromedp.Void](post("number 123")+`.querySelector("footer .quiet").focus()`), chromedp.KeyEvent("\r"))
		p.until(`document.querySelector("dialog") !== null`)
		if said := eval[string](p, `document.querySelector("dialog blockquote").innerText`); said != "number 123" {
			p.t.Errorf("it is about %q", said)
		}
		active(p, "the question", "BUTTON Leave it")
		p.do(chromedp.KeyEvent("\r"))
		p.until(`document.querySelector("dialog") === null`)
		p.until(`document.activeElement.innerText === "Report" && ` + post("number 123") + `.contains(document.activeElement)`)
	})
	p.with("a post that goes hands it to the next one", func(p *phone) {
		eval[bool](p, `(`+post("number 122")+`.querySelector("button").focus(), true)`)
		crowd.send(crowd.sign("deletion", deletionOf(ids[122])))
		p.until(post("number 122") + ` === undefined`)
		if !eval[bool](p, post("number 121")+`.parentElement === document.activeElement`) {
			active(p, "the neighbour", "")
		}
	})
	p.with("on the button that loads older posts", func(p *phone) {
		p.do(chromedp.Evaluate[chromedp.Void](`[...document.querySelectorAll("button")].find((b) => b.innerText === "Older posts").focus()`), chromedp.KeyEvent("\r"))
		p.until(`document.querySelectorAll(".post").length > 60`)
		active(p, "older posts", "BUTTON Older posts")
	})
	p.with("at the keyboard, never under the bar", func(p *phone) {
		p.press("Feed")
		p.until(`window.scrollY === 0`)
		eval[bool](p, `(document.querySelector("main h1").focus(), true)`)
		for range 24 {
			p.do(chromedp.KeyEvent("\t"))
			if at := eval[string](p, `(() => { const a = document.activeElement, r = a.getBoundingClientRect(); return r.bottom > document.querySelector("nav").getBoundingClientRect().top ? a.innerText + " at " + r.top : ""; })()`); at != "" {
				p.t.Fatalf("the focus is on %s, under the bar", at)
			}
		}
	})
	p.with("on a post by itself, while comments come", func(p *phone) {
		eval[bool](p, `(`+post("number 121")+`.querySelector("a").click(), true)`)
		p.until(`document.querySelector("form textarea") !== null`)
		eval[bool](p, `([...document.querySelectorAll("main button")].find((b) => b.innerText === "Share").focus(), true)`)
		crowd.comments(ids[121], "first")
		p.sees("first")
		active(p, "the post", "BUTTON Share")
	})
	p.with("on the button that sends a comment", func(p *phone) {
		p.types("Your comment", "second")
		p.do(chromedp.Evaluate[chromedp.Void](`document.querySelector("form .primary").focus()`), chromedp.KeyEvent("\r"))
		p.sees("Your comment is there.")
		active(p, "the comment", "BUTTON Comment")
		p.do(chromedp.NavigateBack())
		p.until(`document.querySelector(".feed .post") !== null`)
	})
	p.with("a post is named by its author and its time", func(p *phone) {
		name := eval[string](p, `document.getElementById(`+post("number 121")+`.getAttribute("aria-labelledby")).innerText.replace(/\s+/g, " ")`)
		if len(name) < len("anonymous 1234 now") || name[:len("anonymous ")] != "anonymous " {
			p.t.Errorf("it is called %q", name)
		}
	})
}

func TestTheFeedCanShowFriendsOnly(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	s := webServer(t)
	p.open(s.URL())
	p.sees("Nothing here yet")
	alice, crowd := newPeer(t, s.URL()), newStrangers(t, s)
	for i := range 3 {
		alice.posts("by Alice " + strconv.Itoa(i))
	}
	alice.sees(func(i client.Item) bool { return i.Text == "by Alice 2" && i.Seq != 0 })
	crowd.posts(420)
	if eval[bool](p, `[...document.querySelectorAll("button")].some((b) => b.innerText === "Friends only" && b.checkVisibility())`) {
		t.Error("without a friend there is something to choose")
	}
	p.befriends(alice, "Alice")
	p.press("Go on to the feed")
	p.until(`document.querySelectorAll(".feed .post").length === 60`)
	only := func(text string) string {
		return `[...document.querySelectorAll(".choice button")].find((b) => b.innerText === ` + quote(text) + `)`
	}
	eval[bool](p, `(`+only("Friends only")+`.click(), true)`)
	p.sees("No friend's post is among the newest.")
	p.do(chromedp.EmulateViewport(320, 640))
	if h := eval[int](p, `document.querySelector(".choice").offsetHeight`); h > 56 || eval[bool](p, `document.documentElement.scrollWidth > innerWidth`) {
		t.Errorf("on a small phone the choice is %d pixels high, or too wide", h)
	}
	p.shot("friends only, none yet")
	p.press("Older posts")
	p.until(`[...document.querySelectorAll(".feed .post .text")].map((e) => e.textContent).join() === "by Alice 2,by Alice 1,by Alice 0"`)
	alice.posts("by Alice 3")
	crowd.posts(1)
	p.until(`document.querySelectorAll(".feed .post").length === 4`)
	p.press("Write")
	p.types("What do you want to say?", "by myself")
	p.press("Post")
	p.until(`document.querySelector(".feed .post .you") !== null && document.querySelectorAll(".feed .post").length === 5`)
	p.shot("friends only")
	p.do(chromedp.Reload()) // the phone keeps the choice
	p.until(`document.querySelectorAll(".feed .post").length > 0 && [...document.querySelectorAll(".feed .who")].every((w) => !w.classList.contains("anonymous"))`)
	eval[bool](p, `(`+only("Everybody")+`.click(), true)`)
	p.until(`document.querySelector(".feed .post .anonymous") !== null`)
}

// timers holds back what a screen reader is told after five seconds, until a test says so.
const timers = `window.later = new Map();
	const [set, clear] = [setTimeout, clearTimeout];
	window.setTimeout = (f, ms, ...a) => {
		if (ms !== 5000 || !String(f).includes("spoken")) return set(f, ms, ...a);
		window.later.set(-1 - window.later.size, f);
		return -window.later.size;
	};
	window.clearTimeout = (id) => window.later.delete(id) || clear(id);
	window.fiveSeconds = () => { const all = [...window.later.values()]; window.later.clear(); for (const f of all) f(); return true; };
	window.said = [];
	new MutationObserver((all) => {
		for (const m of all) {
			const at = m.target.parentElement?.closest("[role=status], [aria-live]") ?? m.target.closest?.("[role=status], [aria-live]");
			if (at && at.textContent !== "") window.said.push(at.textContent);
		}
	}).observe(document, { subtree: true, childList: true, characterData: true });`

func TestTheConnectionsStateIsToldOnceItLasts(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	p.before(timers)
	data := t.TempDir()
	s, err := server.Start(t.Context(), server.Config{Data: data, Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	p.open(s.URL() + "/#friends")
	is := func(state string) { p.until(`document.querySelector("#state")?.innerText === ` + quote(state)) }
	is("live")
	eval[bool](p, `window.fiveSeconds() && (window.said.length = 0, true)`)
	said := func(want ...string) {
		t.Helper()
		if got := eval[[]string](p, `window.said`); !slices.Equal(got, want) {
			t.Errorf("a screen reader says %q, want %q", got, want)
		}
	}
	back := func() {
		t.Helper()
		if s, err = server.Start(t.Context(), server.Config{Data: data, Listen: strings.TrimPrefix(s.URL(), "http://")}); err != nil {
			t.Fatal(err)
		}
		is("live")
	}
	endServer(t, s)
	is("offline")
	back() // soon
	eval[bool](p, `window.fiveSeconds()`)
	said()
	endServer(t, s)
	is("offline")
	said()
	eval[bool](p, `window.fiveSeconds()`)
	away := "The server is not reached. What you write waits on this phone."
	said(away)
	back()
	defer endServer(t, s)
	said(away)
	eval[bool](p, `window.fiveSeconds()`)
	said(away, "P4P is live again.")
}

func TestATabIsCalledByWhatItShowsAndNamesNobody(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	s := webServer(t)
	alice := newPeer(t, s.URL())
	post := alice.posts("hello")
	f := p.befriends(alice, "Alicia Quackenbush")
	for path, want := range map[string]string{
		"/": "P4P", "/#write": "Write · P4P", "/#friends": "Friends · P4P", "/#invite": "Invite · P4P", "/#scan": "Scan a code · P4P", "/#copy": "A copy of yourself · P4P",
		"/p/" + post.String(): "Post · P4P", "/f/" + f.String(): "A friend invite · P4P", "/p/x": "No such address · P4P",
	} {
		p.open("about:blank")
		p.open(s.URL() + path)
		p.until(`document.querySelector("main h1") !== null`)
		if got := eval[string](p, `document.title`); got != want {
			t.Errorf("%s is called %q, want %q", path, got, want)
		}
	}
	p.open(s.URL())
	p.press("Write")
	p.press("Friends")
	p.until(`document.title === "Friends · P4P"`)
	p.do(chromedp.NavigateBack())
	p.until(`document.title === "Write · P4P"`)
}

// What browsers say that they are.
const (
	safari    = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1"
	chromeIOS = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/137.0.7151.51 Mobile/15E148 Safari/604.1"
	foxIOS    = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) FxiOS/139.0 Mobile/15E148 Safari/604.1"
	viewIOS   = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"
	viewPad   = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)"
	chrome    = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0.0.0 Mobile Safari/537.36"
	viewDroid = "Mozilla/5.0 (Linux; Android 15; Pixel 9 Build/BP1A; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/137.0.0.0 Mobile Safari/537.36"
	instagram = safari + " Instagram 300.0"
	firefox   = "Mozilla/5.0 (Android 15; Mobile; rv:139.0) Gecko/139.0 Firefox/139.0"
)

func TestABrowserInsideAnotherAppIsWarnedOfAndNoOther(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	s := webServer(t)
	p.open(s.URL())
	p.sees("Nothing here yet")
	for agent, want := range map[string]bool{
		safari: false, chromeIOS: false, foxIOS: false, chrome: false, firefox: false, viewIOS: true, viewPad: true, viewDroid: true, instagram: true,
	} {
		if got := eval[bool](p, `import("/static/app/advice.js").then((m) => m.isInApp({ userAgent: `+quote(agent)+`, maxTouchPoints: 5 }, false))`); got != want {
			t.Errorf("%s: %v", agent, got)
		}
	}
	// An app on the home screen tells no Safari either, and a computer has no fingers.
	if eval[bool](p, `import("/static/app/advice.js").then((m) => m.isInApp({ userAgent: `+quote(viewIOS)+`, standalone: true }, false) || m.isInApp({ userAgent: `+quote(viewIOS)+` }, true) || m.isInApp({ userAgent: `+quote(viewPad)+`, maxTouchPoints: 0 }, false))`) {
		t.Error("an installed app, or a computer, is taken for a browser in another app")
	}
	app := newPhone(t)
	app.before(`Object.defineProperty(navigator, "userAgent", { value: ` + quote(viewDroid) + ` });
		navigator.clipboard.writeText = async (s) => (window.copied = s);`)
	invite := newPeer(t, s.URL()).invites("Bob")
	app.open(invite.Link.URL())
	app.sees("Another app shows you this page")
	app.sees("Open in browser")
	app.shot("invite in another app")
	app.press("Copy the link")
	app.sees("Link copied.")
	if got := eval[string](app, `window.copied`); got != invite.Link.URL() {
		t.Errorf("copied is %s", got)
	}
	app.open(s.URL())
	app.sees("Another app shows you this page")
	app.shot("feed in another app")
	app.press("I know")
	app.until(`!document.body.innerText.includes("Another app shows you this page")`)
	app.do(chromedp.Reload())
	app.sees("Nothing here yet")
	if eval[bool](app, `document.body.innerText.includes("Another app shows you this page")`) {
		t.Error("the feed warns a second time")
	}
}
