package tui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"
	"time"

	"p4p/client"
)

// numbered is a feed of n posts by anybody, all of them read.
func numbered(n int) *fake {
	f := newFake()
	f.labels[alice] = client.Label{Kind: client.Friend, Name: "Alice"}
	for i := range n {
		who := key(10)
		if i%10 == 0 {
			who = alice
		}
		f.says(who, time.Hour, fmt.Sprint("post ", i, "."))
	}
	return f
}

func (p *person) downTo(text string) *person {
	p.t.Helper()
	for range 500 {
		if p.selectedText() == text {
			return p
		}
		p.press("j")
	}
	p.t.Fatalf("%q is not there:\n%s", text, p.text())
	return p
}

// selectedText is the text of the selected post of the feed, "" for none.
func (p *person) selectedText() string {
	it, _ := p.app.layers[0].screen.(*feed).selected()
	return it.Text
}

func (p *person) selected(text string) *person {
	p.t.Helper()
	if got := p.selectedText(); got != text {
		p.t.Fatalf("%q is selected, not %q:\n%s", got, text, p.text())
	}
	return p
}

func TestTheAppOpensAgainWhereOneWas(t *testing.T) {
	f := numbered(300)
	p := sit(t, f, 80, 24).downTo("post 120.").press("k", "k")
	before := p.text()
	p.press("q")
	for i := range 12 {
		f.says(key(20+i), 0, fmt.Sprint("meanwhile ", i))
	}
	p = sit(t, f, 80, 24).selected("post 122.").sees("↑ 12 new", "┃", "post 122.").doesNotSee("meanwhile")
	for i := 123; i < 300; i++ { // what was above is still there
		p.press("k").selected(fmt.Sprint("post ", i, "."))
	}
	p.press("g").sees("meanwhile 11").doesNotSee("new g")
	f = numbered(300) // where nothing came, the screen is the same one
	sit(t, f, 80, 24).downTo("post 120.").press("k", "k", "q")
	if after := sit(t, f, 80, 24).text(); after != before {
		t.Errorf("before:\n%s\nafter:\n%s", before, after)
	}
}

func TestWhoWasAtTheTopComesBackToTheNewest(t *testing.T) {
	for name, keys := range map[string][]string{"with nothing selected": {"q"}, "at the newest": {"j", "q"}} {
		t.Run(name, func(t *testing.T) {
			f := numbered(100)
			sit(t, f, 80, 24).press(keys...)
			f.says(key(9), 0, "the newest of all")
			sit(t, f, 80, 24).selected("").sees("the newest of all", "post 99.").doesNotSee("new g")
		})
	}
	f := numbered(100) // and so it is while the app catches up with what came meanwhile
	sit(t, f, 80, 24).press("j", "q")
	p := sit(t, f, 80, 24)
	f.says(key(9), 0, "a moment later")
	p.hears(client.FeedChanged).selected("").sees("a moment later", "post 99.")
}

func TestEachViewKeepsItsPlace(t *testing.T) {
	f := numbered(300)
	p := sit(t, f, 80, 24).downTo("post 200.").press("tab").selected("").downTo("post 150.")
	p.press("tab", "shift+tab").selected("post 150.").press("shift+tab").selected("post 200.").press("tab", "q")
	p = sit(t, f, 80, 24).selected("post 150.").sees("★ Alice", "post 160.", "┃★ Alice", "post 150.")
	p.press("shift+tab").selected("post 200.").press("esc", "tab", "shift+tab").selected("").sees("post 299.")
}

func TestADeletedPostLeavesThePlaceToItsNeighbour(t *testing.T) {
	f := numbered(100)
	sit(t, f, 80, 24).downTo("post 50.").press("q")
	f.log = slices.DeleteFunc(f.log, func(it client.Item) bool { return it.Text == "post 50." || it.Text == "post 49." })
	sit(t, f, 80, 24).selected("post 48.").sees("post 51.", "┃", "post 48.")
	f = numbered(50)
	sit(t, f, 80, 24).press("G", "q")
	f.log = f.log[10:] // the oldest went
	sit(t, f, 80, 24).selected("post 10.")
	f = numbered(3)
	sit(t, f, 80, 24).press("j", "j", "q")
	f.log = nil // all went
	sit(t, f, 80, 24).selected("").press("j", "k", "tab", "shift+tab")
}

func TestWhoLeavesFromAPostComesBackToItInTheFeed(t *testing.T) {
	f := numbered(100)
	sit(t, f, 80, 24).press("j", "enter").sees("Post").press("ctrl+c")
	f.says(key(9), 0, "came later")
	sit(t, f, 80, 24).selected("post 99.").sees("↑ 1 new", "┃", "post 99.")
}

func TestAPostThatWaitedInTheOutboxIsComeBackTo(t *testing.T) {
	f := numbered(100)
	f.outbox = []client.Item{{ID: id(901), Kind: "post", Author: me, Text: "waits", CreatedAt: t0, Pending: &client.Pending{}}}
	sit(t, f, 80, 24).press("j", "enter", "ctrl+c")
	sit(t, f, 80, 24).selected("waits")
	f.connects()
	sit(t, f, 80, 24).selected("waits")
	f.log = f.log[:100]
	sit(t, f, 80, 24).selected("").sees("post 99.")
}

func TestAPlaceOfAnotherHistoryIsNone(t *testing.T) {
	f := numbered(100)
	sit(t, f, 80, 24).downTo("post 50.").press("q")
	for i := range f.log {
		f.log[i].Epoch = id(77)
	}
	sit(t, f, 80, 24).selected("").sees("post 99.").doesNotSee("new g")
}

func TestThePlaceIsKeptNowAndThenNotAtEachKey(t *testing.T) {
	f := numbered(300)
	p := sit(t, f, 80, 24)
	for range 100 {
		p.press("j")
	}
	if f.kept != 0 {
		t.Errorf("it was kept %d times", f.kept)
	}
	p.wait() // and now it is killed
	if f.kept != 1 {
		t.Errorf("it was kept %d times", f.kept)
	}
	sit(t, f, 80, 24).selected("post 200.")
	before := f.kept
	for range 5 {
		p.wait()
	}
	if f.kept != before {
		t.Errorf("it was kept %d times while nothing moved", f.kept-before)
	}
}

func TestASignalKeepsThePlace(t *testing.T) {
	out := newTerminal(t)
	in, keys := io.Pipe()
	ctx, stop := context.WithCancel(t.Context())
	go func() {
		out.await("post 99.")
		_, _ = keys.Write([]byte("\t"))
		out.await("post 80.")
		_, _ = keys.Write([]byte("G"))
		out.await("post 0.")
		stop()
	}()
	f := numbered(100)
	if err := Run(ctx, withSize(Options{Client: f, Changes: still{f}, In: in, Out: out, Env: env})); !errors.Is(err, context.Canceled) {
		t.Errorf("it ended with %v", err)
	}
	if s := f.position.Spots[client.Friends]; f.position.View != client.Friends || s.Post != id(1) {
		t.Errorf("kept is %+v", f.position)
	}
}

func TestTheTopIsOneKeyAwayWhileThePlaceIsLoading(t *testing.T) {
	f := numbered(100)
	p := sit(t, f, 80, 24).downTo("post 50.")
	feed := p.app.layers[0].screen.(*feed)
	feed.show(client.Friends)
	load := feed.show(client.Everyone) // under way
	p.press("g")
	p.run(load)
	p.selected("").sees("post 99.")
}
