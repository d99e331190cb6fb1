package e2e

import (
	"image/color"
	"testing"

	"github.com/chromedp/chromedp"

	"p4p/client"
	"p4p/protocol"
)

// slowTabs has what one tab says to the others about drafts wait (window.held is a list)
// or get lost (window.deaf), as with a page that the phone put away.
const slowTabs = `
	const post = BroadcastChannel.prototype.postMessage;
	BroadcastChannel.prototype.postMessage = function (m) {
		if (window.held && this.name === "p4p drafts") held.push(() => post.call(this, m));
		else post.call(this, m);
	};
	const { set } = Object.getOwnPropertyDescriptor(BroadcastChannel.prototype, "onmessage");
	Object.defineProperty(BroadcastChannel.prototype, "onmessage", { set(f) { set.call(this, (e) => window.deaf || f(e)); } });
	window.release = () => { const all = held; held = null; all.forEach((f) => f()); return true; };
`

// adds types more into what stands in the form.
func (p *phone) adds(text string) {
	p.t.Helper()
	eval[bool](p, `((a) => { a.focus(); a.setRangeText(`+quote(text)+`, a.value.length, a.value.length, "end"); a.dispatchEvent(new Event("input", { bubbles: true })); return true; })(document.querySelector("main form textarea"))`)
}

func TestWhatTwoTabsWriteAtOnePlaceIsOneDraftAndNothingOfItIsLost(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	s := webServer(t)
	bob := newPeer(t, s.URL())
	q := p.tab()
	for _, tab := range []*phone{p, q} {
		tab.before(slowTabs)
		tab.open(s.URL() + "/#write")
		tab.settles()
	}
	sub := func(name string, f func(p, q *phone)) {
		t.Run(name, func(t *testing.T) { f(&phone{t, p.ctx}, &phone{t, q.ctx}) })
	}
	sub("one sees what the other writes, and goes on with it", func(p, q *phone) {
		p.adds("one")
		q.holds(says, "one")
		q.sees("Begun before.")
		q.adds(", two")
		p.holds(says, "one, two")
		// Who stands in the middle of the text stays there.
		eval[bool](q, `(document.activeElement.setSelectionRange(1, 2), true)`)
		p.adds(", three")
		q.holds(says, "one, two, three")
		if at := eval[string](q, `((a) => a.selectionStart + "-" + a.selectionEnd)(document.activeElement)`); at != "1-2" {
			q.t.Errorf("the selection is %s now", at)
		}
	})
	sub("a photo comes with it, and goes", func(p, q *phone) {
		p.upload("#photo", plainPhoto(p.t, 240, 120, color.White))
		q.until(`document.querySelector(".preview img")?.naturalWidth === 240`)
		q.types(describes, "a wall")
		p.holds(describes, "a wall")
		q.press("Remove the photo")
		p.until(`!document.querySelector(".preview").checkVisibility()`)
		p.holds(says, "one, two, three")
	})
	both := "one, two, three P\n\none, two, three Q"
	sub("of what both write at once both stays", func(p, q *phone) {
		for _, tab := range []*phone{p, q} {
			eval[bool](tab, `(window.held = [], true)`)
		}
		p.adds(" P")
		p.settles()
		q.adds(" Q")
		q.settles()
		eval[bool](p, `release()`)
		eval[bool](q, `release()`)
		p.holds(says, both)
		q.holds(says, both)
		q.until(`document.querySelector("#toast").textContent.includes("Something was written here in another tab as well")`)
		p.settles()
		q.settles()
		p.keeps(both)
	})
	sub("a tab that heard nothing for a while looks when it is shown again", func(p, q *phone) {
		eval[bool](q, `(window.deaf = true)`)
		both += " and on"
		p.adds(" and on")
		p.keeps(both)
		eval[bool](q, `(window.deaf = false, window.dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true })), true)`)
		q.holds(says, both)
	})
	sub("what one posts goes from the other, but for what that one wrote meanwhile", func(p, q *phone) {
		eval[bool](q, `(window.held = [], true)`)
		q.adds(" and more")
		q.settles()
		p.press("Post")
		bob.sees(func(i client.Item) bool { return i.Text == both })
		p.sees("Posted.")
		eval[bool](q, `release()`)
		q.holds(says, both+" and more")
		q.settles()
		q.do(chromedp.Reload())
		q.holds(says, both+" and more")
		p.press("Write")
		p.holds(says, both+" and more")
		q.press("Post")
		bob.sees(func(i client.Item) bool { return i.Text == both+" and more" })
		p.holds(says, "")
	})
}

// slowCrypto has what the page computes wait while window.shut is a promise, between what
// it asked and what it writes.
const slowCrypto = `for (const name of ["digest", "sign", "encrypt", "deriveBits", "importKey"]) {
	const done = SubtleCrypto.prototype[name];
	SubtleCrypto.prototype[name] = async function (...a) {
		if (window.shut) { document.body.dataset.held = "yes"; await window.shut; }
		return done.apply(this, a);
	};
}
window.halt = () => { delete document.body.dataset.held; window.shut = new Promise((open) => (window.goOn = () => { window.shut = null; open(); return true; })); return true; };`

func TestTwoTabsDoNotGiveOneNameToTwoPeopleUnasked(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	s := webServer(t)
	q := p.tab()
	for _, tab := range []*phone{p, q} {
		tab.before(slowCrypto)
		tab.open(s.URL() + "/#invite")
		tab.until(isLive)
	}
	count := func(p *phone) int { return eval[int](p, withApp+`app.friends.rows.length)`) }

	p.types("Who is it for?", "Carol")
	p.settles()
	eval[bool](p, `halt()`)
	p.press("Make the invite")
	p.until(`document.body.dataset.held === "yes"`)
	q.types("Who is it for?", "Carol")
	q.press("Make the invite")
	q.until(`document.querySelector(".link") !== null`)
	eval[bool](p, `goOn()`)
	p.sees("Carol is there already")
	if n := count(p); n != 1 {
		t.Errorf("there are %d invites before the answer", n)
	}
	p.press("It is the same person")
	p.until(`document.querySelector(".link") !== null`)

	// Both are used, and each tab confirms one of them.
	for i, tab := range []*phone{p, q} {
		link, err := protocol.ParseLink(eval[string](tab, `document.querySelector(".link").textContent`))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := newPeer(t, s.URL()).Accept(t.Context(), link, "Phone", false); err != nil {
			t.Fatal(err)
		}
		tab.sees("Somebody accepted the invite that you made for Carol.")
		if i == 0 {
			eval[bool](tab, `halt()`)
			tab.press("It is Carol")
			tab.until(`document.body.dataset.held === "yes"`)
		}
	}
	q.press("It is Carol")
	q.sees("Friend.")
	eval[bool](p, `goOn()`)
	p.sees("Carol has a device already")
	p.press("Leave it")
	if n := eval[int](p, withApp+`app.friends.rows.filter((r) => r.state === "friend").length)`); n != 1 {
		t.Errorf("%d devices are Carol's without a yes", n)
	}

	// A name that is given to who is there already goes the same way.
	if got := eval[string](p, inApp+`{
		const { id } = await app.friends.invite("Dora");
		return app.friends.rename(id, "carol").then(() => "given", (err) => err.about?.name);
	})`); got != "Carol" {
		t.Errorf("a name that another tab gave meanwhile is %s", got)
	}
}
