package tui

import (
	"context"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"p4p/client"
)

type activityClient interface {
	Activity(ctx context.Context, name string, most int) (map[string]client.Activity, error)
	MarkReadOf(ctx context.Context, name string, seq uint64) error
}

// activityEvery is how often at most the friends are read anew because posts came.
const activityEvery = time.Second

// activityDueMsg tells that they may be read again.
type activityDueMsg struct{ gen int }

// pace reads the friends anew at once, or soon where that was just done.
func (f *friends) pace() tea.Cmd {
	if f.resting {
		f.again = true
		return nil
	}
	f.resting, f.again = true, false
	return tea.Batch(f.load(), f.after(activityEvery, activityDueMsg{f.gen}))
}

func (f *friends) rested() tea.Cmd {
	f.resting = false
	if f.again {
		return f.pace()
	}
	return nil
}

// lately is what a friend posted, in words; new is the count of what is unread.
func (f *friends) lately(r friendRow) (unread, words string) {
	if !r.posts || refusal(*r.f) != "" { // that comes first
		return "", ""
	}
	a := f.activity[r.name]
	switch {
	case a.Muted:
		return "", "muted"
	case a.Last.IsZero():
		return "", "posted nothing yet"
	}
	if a.Unread > 0 {
		unread = upTo(a.Unread) + " new"
	}
	return unread, "posted " + ago(age(a.Last, f.now()))
}

// readSoFar is how far a friend's posts were read while they are listed.
type readSoFar struct {
	name     string // whose; "" where the list is not a friend's
	known    bool   // place is
	place    uint64 // up to which they were read
	top, low uint64 // what has been on the screen since, without a gap
	watching bool
}

// postsSeenMsg tells that some time has passed since unread posts were shown.
type postsSeenMsg struct{ gen int }

func (p *posts) isUnread(it client.Item) bool {
	return p.readSoFar.known && it.Seq > p.readSoFar.place && it.Label.Kind != client.You
}

// tookPlace takes how far the friend's posts were read.
func (p *posts) tookPlace(a *client.Activity) tea.Cmd {
	r := &p.readSoFar
	if r.name == "" || a == nil {
		return nil
	}
	r.place, r.known = max(r.place, a.Place), true
	if r.watching || len(p.items) == 0 || !p.isUnread(p.items[0]) {
		return nil
	}
	r.watching = true
	return p.after(seenAfter, postsSeenMsg{p.gen})
}

// read counts a friend's posts as read once all the unread ones have been on the screen.
func (p *posts) read() tea.Cmd {
	r := &p.readSoFar
	if !r.known || len(p.items) == 0 || p.list.h == 0 || p.below().screen != screen(p) && p.top().screen != screen(p) {
		return nil
	}
	first, row := p.span()
	last := first
	for i := first; i < len(p.items) && row < p.list.h; i++ {
		row += p.list.height(i)
		last = i
	}
	top, low := p.items[first].Seq, p.items[last].Seq
	switch {
	case r.top == 0:
		r.top, r.low = top, low
	case first > 0 && p.items[first-1].Seq < r.low || last+1 < len(p.items) && p.items[last+1].Seq > r.top:
		return nil // something unread lies between
	default:
		r.top, r.low = max(r.top, top), min(r.low, low)
	}
	rest := slices.IndexFunc(p.items, func(it client.Item) bool { return it.Seq < r.low })
	if rest < 0 && !p.ended || rest >= 0 && p.items[rest].Seq > r.place || r.top <= r.place {
		return nil
	}
	r.place = r.top
	c, name, seq := p.client, r.name, r.place
	return p.do(func(ctx context.Context) tea.Msg {
		if err := c.MarkReadOf(ctx, name, seq); err != nil {
			return attemptedMsg{err: err}
		}
		return nil
	})
}
