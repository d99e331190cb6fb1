package e2e

import (
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/storage"
	"github.com/chromedp/chromedp"

	"p4p/client"
)

// badStorage has the browser do to its storage what browsers do: window.db is the
// page's connection, window.full names a store that has no room, window.shut what
// opening it fails with.
const badStorage = `
	const open = IDBFactory.prototype.open, put = IDBObjectStore.prototype.put;
	IDBFactory.prototype.open = function (...a) {
		if (window.shut) throw new DOMException("", window.shut);
		const r = open.apply(this, a);
		r.addEventListener("success", () => (window.db = r.result));
		return r;
	};
	IDBObjectStore.prototype.put = function (...a) {
		if (window.full === this.name) throw new DOMException("", "QuotaExceededError");
		return put.apply(this, a);
	};
`

func TestWhatTheBrowserDoesToItsStorageLosesNothingAndIsSaid(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	p.before(badStorage)
	s := webServer(t)
	alice := newPeer(t, s.URL())
	p.open(s.URL() + "/#write")
	p.until(isLive)
	posts := func(p *phone, text string) {
		p.press("Write")
		p.types("What do you want to say?", text)
		p.press("Post")
	}
	const whatIsTyped = `document.querySelector("textarea").value`

	t.Run("a connection that was closed in the background is opened again", func(t *testing.T) {
		p := &phone{t, p.ctx}
		eval[bool](p, `(db.close(), true)`)
		posts(p, "after a long sleep")
		alice.sees(func(i client.Item) bool { return i.Text == "after a long sleep" })
		p.until(isLive)
	})
	t.Run("full", func(t *testing.T) {
		p := &phone{t, p.ctx}
		eval[bool](p, `(window.full = "outbox", true)`)
		posts(p, "no room for this")
		p.sees("This browser's storage is full: nothing was kept. Make room on this device")
		if got := eval[string](p, whatIsTyped); got != "no room for this" {
			t.Errorf("the text is %q now", got)
		}
		eval[bool](p, `(window.full = "", true)`)
		p.press("Post")
		alice.sees(func(i client.Item) bool { return i.Text == "no room for this" })
	})
	t.Run("full when an invite is accepted", func(t *testing.T) {
		p := &phone{t, p.ctx}
		invite := alice.invites("Bob")
		p.open(invite.Link.URL())
		p.sees("Who did the invite come from?")
		eval[bool](p, `(window.full = "friendships", true)`)
		p.types("Who did the invite come from?", "Alice")
		p.press("Accept")
		p.sees("This browser's storage is full")
		if f, err := alice.Find(t.Context(), invite.Friendship.String()); err != nil || f.State != client.StateInvited {
			t.Errorf("the invite is %s: %v", f.State, err)
		}
		eval[bool](p, `(window.full = "", true)`)
		p.press("Try again")
		p.types("Who did the invite come from?", "Alice")
		p.press("Accept")
		p.sees("Safety number")
		alice.becomes(invite.Friendship, client.StateAccepted)
	})
	t.Run("one that cannot be opened for a while", func(t *testing.T) {
		p := &phone{t, p.ctx}
		p.open(s.URL() + "/#write")
		p.until(isLive)
		eval[bool](p, `(window.shut = "UnknownError", db.close(), true)`)
		posts(p, "patience")
		p.sees("The browser lost its hold on what this page keeps: nothing was changed.")
		eval[bool](p, `(window.shut = "", true)`)
		p.press("Post")
		alice.sees(func(i client.Item) bool { return i.Text == "patience" })
	})
	t.Run("a newer page in another tab does not wait for this one", func(t *testing.T) {
		p := &phone{t, p.ctx}
		if got := eval[string](p, `new Promise((resolve) => {
			const r = indexedDB.open("p4p", 2);
			r.onblocked = () => resolve("blocked");
			r.onsuccess = () => (r.result.close(), resolve("open"));
		})`); got != "open" {
			t.Errorf("the newer page's store is %s", got)
		}
		posts(p, "from an old page")
		p.sees("A newer version of this page is open in another tab: reload this one.")
	})
	t.Run("without the locks that keep two tabs apart", func(t *testing.T) {
		p := newPhone(t)
		p.before(`delete Navigator.prototype.locks;`)
		p.open(s.URL())
		p.sees("This browser is too old for P4P")
	})
	t.Run("full from the beginning", func(t *testing.T) {
		p := newPhone(t)
		p.before(badStorage + `window.full = "profiles";`)
		p.open(s.URL())
		p.sees("This browser does not let P4P keep anything")
		p.sees("This browser's storage is full")
	})
}

func TestAPageWhoseDataWasClearedSignsNothingAsSomebodyWhoIsGone(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	s := webServer(t)
	alice := newPeer(t, s.URL())
	invite := alice.invites("Bob")
	p.open(invite.Link.URL())
	p.sees("Who did the invite come from?")
	gone := storage.ClearDataForOriginParams{Origin: s.URL(), StorageTypes: "indexeddb"}
	if _, err := chromedp.Call(p.ctx, storage.ClearDataForOrigin, gone); err != nil {
		t.Fatal(err)
	}
	const says = "This browser does not know any more who you are here: its data was cleared while this page was open, or another tab began anew. Nothing was sent. Reload the page."
	p.types("Who did the invite come from?", "Alice")
	p.press("Accept")
	p.sees(says)
	if f, err := alice.Find(t.Context(), invite.Friendship.String()); err != nil || f.State != client.StateInvited {
		t.Errorf("the invite is %s: %v", f.State, err)
	}

	// Another tab began anew, as it would beside a page that a phone had put to sleep.
	p.open(s.URL())
	p.until(isLive)
	eval[bool](p, fmt.Sprintf(inApp+`{
		const { put } = await import("/static/app/store.js");
		const { newRoot } = await import("/static/p4p/key.js");
		const { root } = await newRoot();
		await put("profiles", { server: app.info.server, root, uuid: %s, fresh: true });
		return true;
	})`, quote(invite.Friendship.String())))
	p.press("Write")
	p.types("What do you want to say?", "who am I?")
	p.press("Post")
	p.sees(says)
	if got := eval[string](p, `document.querySelector("textarea").value`); got != "who am I?" {
		t.Errorf("the text is %q now", got)
	}
}
