package e2e

import (
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"p4p/client"
	"p4p/protocol"
	"p4p/server"
)

// strangers is a crowd that posts "number 0", "number 1", …
type strangers struct {
	*crowd
	n   int
	ids []protocol.UUID // of all posts
}

func newStrangers(t *testing.T, s *server.Server) *strangers {
	t.Helper()
	return &strangers{crowd: newCrowd(t, s)}
}

// posts gives the UUIDs of n new posts, the newest last.
func (c *strangers) posts(n int) []protocol.UUID {
	c.t.Helper()
	records, ids := make([]protocol.Record, n), make([]protocol.UUID, n)
	for i := range n {
		records[i] = c.sign(protocol.KindPost, protocol.Payload{Text: "number " + strconv.Itoa(c.n)})
		ids[i] = records[i].ID
		c.n++
	}
	c.send(records...)
	c.ids = append(c.ids, ids...)
	return ids
}

func (c *strangers) comments(target protocol.UUID, text string) {
	c.t.Helper()
	c.send(c.sign(protocol.KindComment, protocol.Payload{Target: target, Text: text}))
}

func deletionOf(target protocol.UUID) protocol.Payload { return protocol.Payload{Target: target} }

// befriends has the phone and a peer recognise each other: to the phone the peer is
// name.
func (p *phone) befriends(c *peer, name string) protocol.UUID {
	p.t.Helper()
	invite := c.invites("the phone")
	p.open(invite.Link.URL())
	p.becomesFriend(c, invite.Friendship, name)
	return invite.Friendship
}

// becomesFriend accepts the invite that is open, and has the peer confirm it.
func (p *phone) becomesFriend(c *peer, friendship protocol.UUID, name string) {
	p.t.Helper()
	p.types("Who did the invite come from?", name)
	p.press("Accept")
	p.sees("Safety number")
	c.becomes(friendship, client.StateAccepted)
	if _, err := c.Confirm(c.t.Context(), friendship); err != nil {
		p.t.Fatal(err)
	}
	p.sees("You are friends")
}

// with lends the phone to a subtest.
func (p *phone) with(name string, f func(p *phone)) {
	p.t.Run(name, func(t *testing.T) { f(&phone{t, p.ctx}) })
}

func TestAStartNeverSaysThatThereIsNothingBeforeItLooked(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	s := webServer(t)
	newStrangers(t, s).posts(3)
	p.before(`
		window.shifts = 0;
		new PerformanceObserver((l) => { for (const e of l.getEntries()) window.shifts += e.value; }).observe({ type: "layout-shift", buffered: true });
		window.answer = new Promise((resolve) => (window.letGo = resolve));
		const ask = window.fetch;
		window.fetch = async (...a) => {
			if (String(a[0]).startsWith("/v1/records?")) await window.answer;
			return ask(...a);
		};
		new MutationObserver(() => {
			if ([...document.querySelectorAll(".empty h2")].some((e) => e.checkVisibility())) window.saidEmpty = true;
		}).observe(document, { subtree: true, childList: true, attributes: true });`)
	p.open(s.URL())
	p.until(`document.querySelector("main")?.innerText.includes("One moment …")`)
	eval[bool](p, `(window.letGo(), true)`)
	p.sees("number 2")
	if eval[bool](p, `window.saidEmpty === true || document.querySelector("main").innerText.includes("One moment")`) {
		t.Error("the page said that there is nothing, or that it looks")
	}
	if n := eval[float64](p, `new Promise((r) => requestAnimationFrame(() => setTimeout(() => r(window.shifts))))`); n > 0.02 {
		t.Errorf("the start moves what is on the screen: layout shift %v", n)
	}
}

// Who presses Accept at the bottom of a small screen looks at the beginning of what follows.
func TestWhatFollowsAnAcceptanceIsReadFromItsBeginning(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	s := webServer(t)
	invite := newPeer(t, s.URL()).invites("Bob")
	p.do(chromedp.EmulateViewport(320, 400, chromedp.EmulateMobile, chromedp.EmulateTouch))
	p.open(invite.Link.URL())
	p.types("Who did the invite come from?", "Alice")
	eval[bool](p, `(window.scrollTo(0, 300), true)`)
	p.press("Accept")
	p.sees("posts by the device that made the invite show the name Alice")
	if y := eval[float64](p, `scrollY`); y != 0 {
		t.Errorf("the screen is scrolled to %v", y)
	}
}

func TestASlowServersAnswerToAnAcceptanceIsWaitedForInWords(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	s := webServer(t)
	p.before(`window.answer = new Promise((resolve) => (window.letGo = resolve));
		const ask = window.fetch;
		window.fetch = async (...a) => {
			if (a[1]?.method === "PUT") await window.answer;
			return ask(...a);
		};`)
	p.open(newPeer(t, s.URL()).invites("Bob").Link.URL())
	p.types("Who did the invite come from?", "Alice")
	p.press("Accept")
	p.sees("Accepting …")
	eval[bool](p, `(window.letGo(), true)`)
	p.sees("Safety number")
}

func TestWhereThePageMayNotCopyTheTextCanBeCopiedByHand(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	s := webServer(t)
	p.before(`navigator.clipboard.writeText = () => Promise.reject(new Error("forbidden")); document.execCommand = () => false;`)
	link := newPeer(t, s.URL()).invites("Bob").Link
	p.open(link.URL())
	p.press("Other ways to accept")
	eval[bool](p, `([...document.querySelectorAll("button")].find((b) => b.innerText === "Copy the link").focus(), true)`)
	p.press("Copy the link")
	p.sees("This browser does not let the page copy.")
	if got := eval[string](p, `((a) => a.value.slice(a.selectionStart, a.selectionEnd))(document.activeElement)`); got != link.URL() {
		t.Errorf("%q is marked", got)
	}
	p.shot("copy by hand")
	p.press("Done")
	if got := eval[string](p, `document.activeElement.innerText`); got != "Copy the link" {
		t.Errorf("the focus is on %q", got)
	}
	eval[bool](p, `(document.execCommand = () => true, true)`) // the older way: it marks the text elsewhere
	p.press("Copy the link")
	p.sees("Link copied.")
	if got := eval[string](p, `document.activeElement.innerText`); got != "Copy the link" {
		t.Errorf("after copying the focus is on %q", got)
	}
}

// addresses notes every address that the page writes into the browser's history.
const addresses = `window.addresses = [];
	for (const f of ["pushState", "replaceState"]) {
		const all = history[f];
		history[f] = function (...a) { window.addresses.push(String(a[2])); return all.apply(this, a); };
	}`

func TestALinksSecretStaysNowhere(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	s := webServer(t)
	alice := newPeer(t, s.URL())
	p.before(addresses)
	kept := func(p *phone, secret string) bool {
		return strings.Contains(strings.ToUpper(eval[string](p, `JSON.stringify([{ ...sessionStorage }, { ...localStorage }, window.addresses.slice(window.from ?? 0), history.state, location.href])`)), secret)
	}
	p.with("a pasted link is not written into the history", func(p *phone) {
		invite := alice.invites("Bob")
		p.open(s.URL() + "/#friends")
		p.types("Got an invite link?", invite.Link.URL())
		p.press("Open it")
		p.sees("Who did the invite come from?")
		if got := strings.ToUpper(eval[string](p, `window.addresses.join(" ") + location.href`)); strings.Contains(got, invite.Link.Secret.Base32()) {
			p.t.Errorf("the history was given %s", got)
		}
		p.do(chromedp.Reload()) // the tab knows it still
		p.sees("Who did the invite come from?")
	})
	p.with("of a link that leads nowhere the address bar shows no secret", func(p *phone) {
		link := alice.invites("Carol").Link
		url, secret := link.URL(), link.Secret.Base32()
		for _, at := range []string{url[:len(s.URL())+20] + "#" + secret, s.URL() + "/#" + secret, s.URL() + "/p/" + link.Friendship.String() + "#" + secret} {
			p.open("about:blank")
			p.open(at)
			p.until(`document.querySelector("nav") !== null && document.querySelector("main h1") !== null`)
			if kept(p, secret) {
				p.t.Errorf("%s: the secret is at %s", at, eval[string](p, `location.href`))
			}
		}
	})
	p.with("of an invite that somebody else accepted nothing is kept", func(p *phone) {
		link := alice.invites("Dave").Link
		if _, err := newPeer(t, s.URL()).Accept(t.Context(), link, "Alice", false); err != nil {
			t.Fatal(err)
		}
		p.open("about:blank")
		p.open(link.URL())
		p.sees("This invite was already used")
		if kept(p, link.Secret.Base32()) {
			p.t.Error("the tab keeps the secret")
		}
		p.do(chromedp.Reload())
		p.sees("This invite was already used")
	})
	p.with("of one's own invite nothing is kept", func(p *phone) {
		p.open(s.URL() + "/#invite")
		p.types("Who is it for?", "Erin")
		p.press("Make the invite")
		p.until(`document.querySelector(".link") !== null`)
		link, err := protocol.ParseLink(eval[string](p, `document.querySelector(".link").textContent`))
		if err != nil {
			t.Fatal(err)
		}
		p.open("about:blank")
		p.open(link.URL())
		p.sees("This is your own invite")
		if kept(p, link.Secret.Base32()) {
			p.t.Error("the tab keeps the secret")
		}
	})
}

// named are the places of a view that show a name to a translation service.
const named = `(name) => {
	const found = [], walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	while (walk.nextNode()) {
		const at = walk.currentNode.parentElement;
		if (walk.currentNode.data.includes(name) && at.translate) found.push(at.outerHTML);
	}
	return found;
}`

func TestABrowsersOwnServicesAreNotGivenNames(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	s := webServer(t)
	const name = "Alicia Quackenbush"
	check := func(p *phone, view string) {
		p.t.Helper()
		if found := eval[[]string](p, `(`+named+`)(`+quote(name)+`)`); len(found) > 0 {
			p.t.Errorf("%s: a translation service is given %s", view, strings.Join(found, "\n"))
		}
		if open := eval[[]string](p, `[...document.querySelectorAll("input[type=text], input[type=password]")].filter((e) => e.checkVisibility() &&
			(e.spellcheck || e.translate || e.autocomplete !== "off" || e.getAttribute("autocorrect") !== "off" || e.autocapitalize !== (e.type === "text" && e.inputMode === "" ? "words" : "none"))).map((e) => e.outerHTML)`); len(open) > 0 {
			p.t.Errorf("%s: what is typed may leave: %s", view, strings.Join(open, "\n"))
		}
	}
	p.open(s.URL() + "/#copy")
	p.sees("The passphrase once more")
	check(p, "the passphrase")
	alice := newPeer(t, s.URL())
	alice.posts("un mot pour tous")
	invite := alice.invites("Bob")
	p.open(invite.Link.URL())
	p.sees("Who did the invite come from?")
	check(p, "an invite")
	p.types("Who did the invite come from?", name)
	p.press("Accept")
	p.sees("Safety number")
	check(p, "accepted")
	p.press("Go on to the feed")
	p.sees(name)
	check(p, "the feed")
	if !eval[bool](p, `document.querySelector(".post .text").translate`) {
		t.Error("what strangers wrote cannot be translated")
	}
	p.press("Friends")
	p.sees(name)
	p.press("Rename")
	check(p, "renaming")
	p.press("Remove")
	p.sees("Remove " + name + "?")
	check(p, "a question")
	p.press("Leave it")
	p.press("Invite somebody")
	p.sees("Who is it for?")
	check(p, "inviting")
}

func TestALyingServersAddressReachesNoShell(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	s := webServer(t)
	link := newPeer(t, s.URL()).invites("Bob").Link
	p.before(`const ask = window.fetch;
		window.fetch = async (...a) => {
			const r = await ask(...a);
			return String(a[0]) === "/v1/info" ? new Response(JSON.stringify({ ...(await r.json()), public_url: "https://x.example'; touch /tmp/pwned; echo '" })) : r;
		};
		navigator.clipboard.writeText = async (s) => (window.copied ??= []).push(s);`)
	p.open(link.URL())
	p.press("Other ways to accept")
	p.press("Copy the command")
	p.press("Copy the link")
	p.until(`document.querySelector("#toast").textContent === "Link copied."`)
	if got := eval[[]string](p, `window.copied`); len(got) != 2 || got[0] != "p4p accept -" || got[1] != link.URL() {
		t.Errorf("copied is %q", got)
	}
	for said, want := range map[string]string{
		"https://x.example": "https://x.example", "https://X.example:8443": "https://x.example:8443", "http://127.0.0.1:80": "http://127.0.0.1:80", "https://[2001:db8::1]": "https://[2001:db8::1]",
		"https://x.example/sub": "", "https://x.example/": "", "http://x.example": "", "javascript:alert(1)//x.example": "", "https://a@x.example": "", "https://x.example:0": "", "https://": "", "": "",
	} {
		if got := eval[string](p, `import("/static/p4p/link.js").then((m) => m.serverAddress(`+quote(said)+`) ?? "")`); got != want {
			t.Errorf("of %q a link carries %q", said, got)
		}
	}
}

func TestTheCameraIsOffWhereItCannotBeUsed(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	s := webServer(t)
	p.before(`
		navigator.mediaDevices.getUserMedia = async () => {
			const canvas = document.createElement("canvas");
			canvas.getContext("2d").fillRect(0, 0, 9, 9);
			return (window.camera = canvas.captureStream(5));
		};`)
	p.open(s.URL() + "/#scan")
	p.sees("The camera cannot be used here")
	if eval[bool](p, `window.camera !== undefined`) {
		t.Error("the camera was switched on for nothing")
	}
	// A browser that promises to read codes, and then does not.
	p.before(`window.BarcodeDetector = class {
		static getSupportedFormats() { return Promise.resolve(["qr_code"]); }
		detect() { return Promise.reject(new Error("no service")); }
	};`)
	p.do(chromedp.Reload())
	p.sees("The camera cannot be used here")
	if !eval[bool](p, `window.camera.getTracks().every((t) => t.readyState === "ended")`) {
		t.Error("the camera still runs")
	}
}

func TestTheListOfFriendsKeepsWhatOneIsDoing(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	s := webServer(t)
	p.befriends(newPeer(t, s.URL()), "Alice")
	bob := newPeer(t, s.URL())
	p.befriends(bob, "Bob")
	const card = `[...document.querySelectorAll(".friend-card")].find((c) => c.querySelector("h2").innerText === `
	p.open(s.URL() + "/#friends")
	p.sees("Bob")
	p.with("numbers and codes are made when somebody looks", func(p *phone) {
		if n := eval[int](p, `document.querySelectorAll("canvas.qr").length + [...document.querySelectorAll(".number")].filter((n) => /\d/.test(n.textContent)).length`); n != 0 {
			p.t.Errorf("%d numbers and codes are made that nobody sees", n)
		}
	})
	p.with("a safety number stays open while another friend changes", func(p *phone) {
		eval[bool](p, `((c) => (c.querySelector("summary").focus(), c.querySelector("summary").click(), window.before = c, true))(`+card+`"Alice"))`)
		p.until(`window.before.querySelector("canvas.qr") !== null && /\d/.test(window.before.querySelector(".number").textContent)`)
		f, err := bob.Find(t.Context(), "the phone")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := bob.Remove(t.Context(), f.Friendship); err != nil {
			t.Fatal(err)
		}
		p.sees("Bob ended the friendship.")
		if !eval[bool](p, `window.before.isConnected && window.before.querySelector("details").open && document.activeElement === window.before.querySelector("summary")`) {
			p.t.Errorf("the card was made anew; the focus is on %s", eval[string](p, `document.activeElement.outerHTML.slice(0, 80)`))
		}
	})
	p.with("after the comparison the card stays open and the focus where it was", func(p *phone) {
		const top = `Math.round(document.activeElement.getBoundingClientRect().top)`
		before := eval[int](p, `((b) => (b.focus(), b.scrollIntoView({ block: "center" }), `+top+`))([...document.querySelectorAll("button")].find((b) => b.innerText.startsWith("We compared")))`)
		p.do(chromedp.KeyEvent("\r"))
		p.sees("you compared the safety numbers")
		if after := eval[int](p, `new Promise((r) => requestAnimationFrame(() => setTimeout(() => r(`+top+`))))`); after-before > 40 || before-after > 40 { // the sentence above has another length
			p.t.Errorf("the button was at %d and is at %d", before, after)
		}
		if got := eval[string](p, `document.activeElement.innerText`); got != "It is not the same after all" {
			p.t.Errorf("the focus is on %q", got)
		}
		if !eval[bool](p, card+`"Alice").querySelector("details").open`) {
			p.t.Error("the safety number closed")
		}
	})
	p.with("after a confirmation the focus is on what comes next", func(p *phone) {
		p.open(s.URL() + "/#invite")
		p.types("Who is it for?", "Carol")
		p.press("Make the invite")
		p.until(`document.querySelector(".link") !== null`)
		link, err := protocol.ParseLink(eval[string](p, `document.querySelector(".link").textContent`))
		if err != nil {
			t.Fatal(err)
		}
		p.open(s.URL() + "/#friends")
		if _, err := newPeer(t, s.URL()).Accept(t.Context(), link, "Phone", false); err != nil {
			t.Fatal(err)
		}
		p.sees("It is Carol")
		p.do(chromedp.Evaluate[chromedp.Void](`[...document.querySelectorAll("button")].find((b) => b.innerText === "It is Carol").focus()`), chromedp.KeyEvent("\r"))
		p.until(card + `"Carol").innerText.includes("Friend.")`)
		if !eval[bool](p, card+`"Carol").querySelector("summary") === document.activeElement`) {
			p.t.Errorf("the focus is on %s", eval[string](p, `document.activeElement.outerHTML.slice(0, 80)`))
		}
	})
	p.with("a step back leaves a question", func(p *phone) {
		p.press("Feed")
		p.press("Friends")
		p.press("Remove")
		p.until(`document.querySelector("dialog") !== null`)
		eval[bool](p, `(history.back(), true)`)
		p.until(`location.hash === "" && document.querySelector("dialog") === null`)
		p.press("Friends")
		p.until(card + `"Carol") !== undefined`)
	})
	p.with("renaming twice makes one form, which can be left", func(p *phone) {
		eval[bool](p, `((c) => { const b = [...c.querySelectorAll("button")].find((b) => b.innerText === "Rename"); b.click(); b.click(); return true; })(`+card+`"Alice"))`)
		if n := eval[int](p, `document.querySelectorAll(".friend-card form").length`); n != 1 {
			p.t.Errorf("there are %d forms", n)
		}
		eval[bool](p, `([...document.querySelectorAll(".friend-card form button")].find((b) => b.innerText === "Keep it").click(), true)`)
		p.until(`document.querySelector(".friend-card form") === null && document.activeElement.innerText === "Rename"`)
	})
	p.with("somebody else's name is asked about", func(p *phone) {
		rename := func(name string) {
			eval[bool](p, `([...(`+card+`"Alice")).querySelectorAll("button")].find((b) => b.innerText === "Rename").click(), true)`)
			p.types("New name", name)
			p.do(chromedp.KeyEvent("\r"))
		}
		rename("bob") // who ended the friendship, and whose old posts show the name
		p.sees("Bob is there already")
		p.press("Leave it")
		p.until(`document.querySelector("dialog") === null && document.activeElement.value === "bob"`)
		p.do(chromedp.KeyEvent("\r"))
		p.press("It is the same person")
		p.until(`[...document.querySelectorAll(".friend-card h2")].map((h) => h.innerText).sort().join() === "Bob,Carol,bob"`)
	})
}
