package e2e

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"

	"p4p/client"
	"p4p/protocol"
)

// holdsMailboxes holds back what the page tells a mailbox (shut), or keeps it from the server
// (off), or answers in the server's place (says), as long as a test wants.
const holdsMailboxes = `
	window.gate = { held: 0 };
	const ask = window.fetch;
	window.fetch = async (...a) => {
		const { method } = a[1] ?? {};
		if (!String(a[0]).startsWith("/v1/friendships/") || method === "GET") return ask(...a);
		if (gate.off) throw new TypeError("no route");
		if (gate.says) return new Response(JSON.stringify({ error: { code: gate.says, message: "no" } }), { status: 410 });
		const answer = await ask(...a);
		if (!gate.shut) return answer;
		document.body.dataset.held = ++gate.held;
		await gate.shut;
		return answer;
	};
	gate.close = () => { gate.shut = new Promise((open) => { gate.open = () => { gate.shut = null; open(); }; }); return true; };
`

const inApp = `import("/static/app/app.js").then(async ({ app, base }) => `

// invites has the page make an invite.
func (p *phone) invites(name string) protocol.Link {
	p.t.Helper()
	link, err := protocol.ParseLink(eval[string](p, fmt.Sprintf(inApp+`{
		const { linkURL } = await import("/static/p4p/link.js");
		const r = await app.friends.invite(%s);
		return linkURL({ server: base(), friendship: r.id, secret: r.secret });
	})`, quote(name))))
	if err != nil {
		p.t.Fatal(err)
	}
	return link
}

// accepts has somebody take a link, and waits until the page asks about it.
func (p *phone) accepts(c *peer, link protocol.Link, name string) {
	p.t.Helper()
	if _, err := c.Accept(p.t.Context(), link, "Phone", false); err != nil {
		p.t.Fatal(err)
	}
	p.sees("Somebody accepted the invite that you made for " + name)
}

// card presses a button on one friend's card, and says yes to the question that follows.
func (p *phone) card(name, press string, yes bool) {
	p.t.Helper()
	find := fmt.Sprintf(`[...document.querySelectorAll(".friend-card")].find((c) => c.querySelector("bdi").innerText === %s)`, quote(name))
	b := fmt.Sprintf(`[...(%s?.querySelectorAll("button") ?? [])].find((b) => b.textContent === %s && !b.disabled)`, find, quote(press))
	p.until(b + ` !== undefined`)
	eval[bool](p, `(`+b+`.click(), true)`)
	if yes {
		p.yes()
	}
}

func (p *phone) yes() {
	p.t.Helper()
	p.until(`document.querySelector("dialog .danger") !== null`)
	eval[bool](p, `(document.querySelector("dialog .danger").click(), true)`)
}

// says waits until a friend's card says something.
func (p *phone) says(name, text string) {
	p.t.Helper()
	p.until(fmt.Sprintf(`[...document.querySelectorAll(".friend-card")].some((c) => c.querySelector("bdi").innerText === %s && c.innerText.includes(%s))`, quote(name), quote(text)))
}

// listed tells whether a name has a card.
func (p *phone) listed(name string) bool {
	p.t.Helper()
	return eval[bool](p, fmt.Sprintf(`[...document.querySelectorAll(".friend-card bdi")].some((b) => b.innerText === %s)`, quote(name)))
}

// idle has the page tell the server all that it owes.
func (p *phone) idle() {
	p.t.Helper()
	if !eval[bool](p, inApp+`{
		for (const r of app.friends.all) if (r.pending) await app.friends.follow(r.id);
		return app.friends.all.every((r) => !r.pending);
	})`) {
		p.t.Error("the page still owes the server a call")
	}
}

func TestWhatIsPressedWhileTheServerAnswersStands(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	p.before(holdsMailboxes)
	s := webServer(t)
	p.open(s.URL() + "/#friends")
	p.until(isLive)

	// waiting is a friendship that waits for the phone's confirmation.
	waiting := func(t *testing.T, name string) (*phone, *peer, protocol.UUID) {
		t.Helper()
		p, c := &phone{t, p.ctx}, newPeer(t, s.URL())
		link := p.invites(name)
		p.accepts(c, link, name)
		return p, c, link.Friendship
	}
	// confirming is one whose confirmation reached the server, which has not answered.
	confirming := func(t *testing.T, name string) (*phone, *peer, protocol.UUID) {
		t.Helper()
		p, c, f := waiting(t, name)
		eval[bool](p, `(delete document.body.dataset.held, gate.close())`)
		p.card(name, "It is "+name, false)
		p.until(`document.body.dataset.held !== undefined`)
		return p, c, f
	}
	answers := func(p *phone) {
		eval[bool](p, `(gate.open(), true)`)
		p.idle()
	}

	t.Run("a friend who is removed stays removed", func(t *testing.T) {
		p, c, f := confirming(t, "Mallory")
		p.card("Mallory", "Remove", true)
		p.until(`!document.querySelector("main").innerText.includes("Mallory")`)
		answers(p)
		c.becomes(f, client.StateEnded)
		if p.listed("Mallory") {
			t.Error("she is a friend again")
		}
	})
	t.Run("a new name stays the name", func(t *testing.T) {
		p, c, f := confirming(t, "Karol")
		p.card("Karol", "Rename", false)
		p.types("New name", "Carol")
		eval[bool](p, `(document.querySelector(".friend-card form button").click(), true)`)
		p.sees("Carol: the server is told")
		answers(p)
		c.becomes(f, client.StateFriend)
		p.says("Carol", "Friend.")
	})
	t.Run("a comparison stays made", func(t *testing.T) {
		p, c, f := confirming(t, "Dora")
		p.card("Dora", "We compared: it is the same", false)
		answers(p)
		c.becomes(f, client.StateFriend)
		p.says("Dora", "you compared the safety numbers")
	})
	t.Run("a no in another tab stands against a yes", func(t *testing.T) {
		p, c, f := waiting(t, "Eve")
		q := p.tab()
		q.open(s.URL() + "/#friends")
		q.card("Eve", "Refuse", false)
		q.sees("Whoever accepted the invite for Eve")
		p.card("Eve", "It is Eve", false)
		c.becomes(f, client.StateFriend)
		q.says("Eve", "Friend.") // it heard of it, and its question is still there
		q.yes()
		c.becomes(f, client.StateEnded)
		p.says("Eve", "You refused whoever accepted this invite.")
		// The other way round nothing is confirmed, and the person hears why.
		if said := eval[string](p, inApp+`app.friends.confirm(`+quote(f.String())+`)).then(() => "", (err) => err.message)`); said != "This changed meanwhile, perhaps in another tab: look at it again. Nothing was done." {
			t.Errorf("it says %q", said)
		}
	})
	t.Run("an invite that was taken back without the server is closed once it is there, though its row was removed", func(t *testing.T) {
		p, c := &phone{t, p.ctx}, newPeer(t, s.URL())
		link := p.invites("Frank")
		eval[bool](p, `(gate.off = true)`)
		p.card("Frank", "Take it back", true)
		p.says("Frank", "the server is told as soon as it is reached")
		p.card("Frank", "Remove from the list", false)
		p.until(`!document.querySelector("main").innerText.includes("Frank")`)
		eval[bool](p, `(gate.off = false, true)`)
		p.idle()
		if _, err := c.Accept(t.Context(), link, "Phone", false); protocol.CodeOf(err) != protocol.CodeRevoked {
			t.Errorf("the withdrawn invite can be accepted: %v", err)
		}
	})
	t.Run("a refusal without the server is told once it is there, though its row was removed", func(t *testing.T) {
		p, c, f := waiting(t, "Grace")
		eval[bool](p, `(gate.off = true)`)
		p.card("Grace", "Refuse", true)
		p.says("Grace", "the server is told as soon as it is reached")
		p.card("Grace", "Remove from the list", false)
		p.until(`!document.querySelector("main").innerText.includes("Grace")`)
		eval[bool](p, `(gate.off = false, true)`)
		p.idle()
		c.becomes(f, client.StateEnded)
	})
	t.Run("an invite that was accepted before it was taken back is refused", func(t *testing.T) {
		p, c := &phone{t, p.ctx}, newPeer(t, s.URL())
		link := p.invites("Heidi")
		eval[bool](p, inApp+`{ app.friends.follow = async () => {}; return true; })`) // it does not hear of the acceptance
		if _, err := c.Accept(t.Context(), link, "Phone", false); err != nil {
			t.Fatal(err)
		}
		p.card("Heidi", "Take it back", true)
		c.becomes(link.Friendship, client.StateEnded)
		p.says("Heidi", "You refused whoever accepted this invite.")
		eval[bool](p, inApp+`delete app.friends.follow)`)
	})
	t.Run("a confirmation that the server refuses for good is no friendship without a flaw", func(t *testing.T) {
		p, _, _ := waiting(t, "Ivan")
		eval[bool](p, `(gate.says = "expired", true)`)
		p.card("Ivan", "It is Ivan", false)
		p.says("Ivan", "The server refuses for good to pass on that you confirmed (expired): remove this friendship, and make a new invite.")
		eval[bool](p, `(gate.says = null, true)`)
		p.do(chromedp.Reload())
		p.says("Ivan", "The server refuses for good")
	})
}

func TestAnInviteThatAnotherTabStillShowsChangesNothingOfItsFriendship(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	s := webServer(t)
	alice := newPeer(t, s.URL())
	invite := alice.invites("Bob")
	p.open(invite.Link.URL())
	p.sees("Who did the invite come from?")
	q := p.tab()
	q.open(invite.Link.URL())
	q.sees("Who did the invite come from?")
	p.becomesFriend(alice, invite.Friendship, "Alice")
	p.open(s.URL() + "/#friends")
	p.press("Safety number")
	p.press("We compared: it is the same")
	p.sees("you compared the safety numbers")
	q.types("Who did the invite come from?", "Eve")
	q.press("Accept")
	q.sees("You are friends")
	q.sees("The name Alice stays")
	p.sees("you compared the safety numbers")
	if p.listed("Eve") {
		t.Error("the friend is Eve now")
	}
}
