package e2e

import (
	"testing"

	"github.com/chromedp/chromedp"
)

// slowReads has what a tab read of what is kept wait while window.gate is a promise; the
// tab counts what it read, and what it heard of drafts.
const slowReads = `window.reads = window.heard = 0;
	window.gate = new Promise((open) => (window.openGate = () => (open(), (window.gate = null), true)));
	const done = Object.getOwnPropertyDescriptor(IDBTransaction.prototype, "oncomplete").set;
	Object.defineProperty(IDBTransaction.prototype, "oncomplete", { set(f) { done.call(this, async (e) => { window.reads++; await window.gate; f(e); }); } });
	const { set } = Object.getOwnPropertyDescriptor(BroadcastChannel.prototype, "onmessage");
	Object.defineProperty(BroadcastChannel.prototype, "onmessage", { set(f) { set.call(this, (e) => { f(e); window.heard++; }); } });`

// writesOver puts a text into the form in place of what stands there.
func (p *phone) writesOver(text string) {
	p.t.Helper()
	eval[bool](p, `((a) => { a.value = `+quote(text)+`; a.dispatchEvent(new Event("input", { bubbles: true })); return true; })(document.querySelector("main form textarea"))`)
	p.settles()
}

func TestWhatATabHearsWhileItStartsIsNewerThanWhatItReads(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	s := webServer(t)
	p.open(s.URL() + "/#write")
	p.settles()
	starts := func(meanwhile func()) *phone {
		q := p.tab()
		q.before(slowReads)
		q.do(chromedp.Navigate(s.URL() + "/#write"))
		q.until(`window.reads > 0`)
		meanwhile()
		q.until(`window.heard > 0`)
		eval[bool](q, `openGate()`)
		q.settles()
		return q
	}
	p.writesOver("one big mistake")
	q := starts(func() { p.writesOver("one right thing") })
	q.holds(says, "one right thing")
	p.writesOver("one thing, and on")
	q.holds(says, "one thing, and on")
	q = starts(func() {
		p.press("Post")
		p.sees("Posted.")
	})
	q.holds(says, "")
}

func TestTwoTabsShareADraftOfAClockThatWasAhead(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	s := webServer(t)
	p.open(s.URL() + "/#write")
	p.settles()
	eval[bool](p, `((now) => { Date.now = () => now() + 3600_000; return true; })(Date.now)`)
	p.writesOver("one")
	p.do(chromedp.Reload())
	p.settles()
	q := p.tab()
	q.open(s.URL() + "/#write")
	q.settles()
	for _, text := range []string{"one right thing", "one good"} {
		p.writesOver(text)
		q.holds(says, text)
	}
}

func TestATabKeepsWhatAnotherOneToldAndCouldNotKeep(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	s := webServer(t)
	q := p.tab()
	q.before(slowReads + `openGate();`)
	for _, tab := range []*phone{p, q} {
		tab.open(s.URL() + "/#write")
		tab.settles()
	}
	p.writesOver("one")
	q.holds(says, "one")
	eval[bool](p, `((put) => { IDBObjectStore.prototype.put = function (v) { if (v.name?.startsWith("draft ")) throw new DOMException("full", "QuotaExceededError"); return put.call(this, v); }; return true; })(IDBObjectStore.prototype.put)`)
	p.writesOver("one two")
	q.holds(says, "one two")
	eval[bool](q, `new Promise((looked) => {
		let reads = 0;
		Object.defineProperty(window, "reads", { get: () => reads, set(n) { reads = n; setTimeout(looked, 0, true); } });
		window.dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }));
	})`)
	q.settles()
	q.holds(says, "one two")
}
