package tui

import (
	"context"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"p4p/client"
	"p4p/protocol"
	"p4p/tui/keymap"
)

type unreadClient interface {
	Unread(ctx context.Context, v client.View, most int) (client.Unread, error)
	MarkRead(ctx context.Context, v client.View, seq uint64) error
}

const (
	// seenAfter is how long what is new must have stood on the screen to count as read
	// when nobody presses a key.
	seenAfter = 3 * time.Second
	// keepReadAfter is how long the place that was read waits to be kept.
	keepReadAfter = time.Second
)

// views are the feed's, in the order of the tabs.
var views = []string{client.Everyone: "everyone", client.Friends: "friends", client.Mine: "mine", client.Replies: "replies"}

type (
	// seenMsg tells that some time has passed since something new was shown.
	seenMsg struct{ gen int }
	// keepReadMsg tells that it is time to keep what was read.
	keepReadMsg struct{}
	// unreadFoundMsg is the timeline around the first unread post.
	unreadFoundMsg struct {
		gen          int
		newer, older []client.Item
		err          error
	}
)

// isUnread tells whether an item gets the mark of what was not read.
func (f *feed) isUnread(it client.Item) bool {
	u := f.unread[f.view_]
	return f.counted && f.view_ != client.Mine && it.Seq > u.Place && it.Label.Kind != client.You
}

// readUnread asks how much of each view is unread.
func readUnread(ctx context.Context, c unreadClient) (all [4]client.Unread, ok bool) {
	for v := range all {
		u, err := c.Unread(ctx, client.View(v), countLimit)
		if err != nil {
			return all, false
		}
		all[v] = u
	}
	return all, true
}

// tookUnread takes the counts. What was read here meanwhile stays read.
func (f *feed) tookUnread(all [4]client.Unread) tea.Cmd {
	for v, u := range all {
		if u.Place < f.unread[v].Place && f.counted {
			u = f.unread[v]
		}
		f.unread[v] = u
	}
	f.counted = true
	if f.unread[f.view_].Count == 0 || f.sel >= 0 || f.watching {
		return nil
	}
	f.watching = true
	return f.after(seenAfter, seenMsg{f.gen})
}

// read counts as read what a person has come to: the items from the selected one,
// or from the first, down to the place of before, if all of them are on the screen.
func (f *feed) read() tea.Cmd {
	place := f.unread[f.view_].Place
	from := max(f.sel, 0)
	if !f.counted || from >= len(f.items) || f.top() != f.layers[0] {
		return nil
	}
	first, row := f.span()
	last := first
	for i := first; i < len(f.items) && row < f.list.h; i++ {
		row += f.list.height(i)
		last = i
	}
	if rest := f.items[min(last+1, len(f.items)-1):]; last+1 < len(f.items) && f.isUnread(rest[0]) || last+1 == len(f.items) && !f.ended && f.items[last].Seq > place+1 {
		return nil // something unread lies between
	}
	return f.readUpTo(f.items[from].Seq)
}

// readUpTo moves the place of the view.
func (f *feed) readUpTo(seq uint64) tea.Cmd {
	u := &f.unread[f.view_]
	if seq <= u.Place || f.view_ == client.Mine {
		return nil
	}
	for _, it := range f.items {
		if f.isUnread(it) && it.Seq <= seq {
			u.Count = max(0, u.Count-1)
		}
	}
	u.Place, f.moved[f.view_] = seq, true
	if f.keeping {
		return nil
	}
	f.keeping = true
	return f.after(keepReadAfter, keepReadMsg{})
}

// keep keeps the places that were read, and the one where the person is.
func (f *feed) keep() tea.Cmd {
	f.keeping = false
	keepPlace := f.keepPlace()
	c, all, moved := f.client, f.unread, f.moved
	return f.do(func(ctx context.Context) tea.Msg {
		keepPlace(ctx)
		for v, u := range all {
			if !moved[v] {
				continue
			}
			if err := c.MarkRead(ctx, client.View(v), u.Place); err != nil {
				return attemptedMsg{err: err}
			}
		}
		return nil
	})
}

// markAll has everything in the view count as read.
func (f *feed) markAll() tea.Cmd {
	if f.unread[f.view_].Count == 0 {
		return f.say(note, "Nothing is unread here.")
	}
	newest := f.shown
	for _, it := range f.items {
		newest = max(newest, it.Seq)
	}
	cmd := f.readUpTo(newest)
	f.unread[f.view_].Count = 0
	return tea.Batch(cmd, f.load())
}

// firstUnread goes to the oldest post that was not read.
func (f *feed) firstUnread() tea.Cmd {
	u := f.unread[f.view_]
	if u.Count == 0 {
		return f.say(note, "Nothing is unread here.")
	}
	c, gen, view := f.client, f.gen, f.view_
	return f.do(func(ctx context.Context) tea.Msg {
		newer, err := c.Timeline(ctx, client.Query{View: view, After: u.Place, Limit: page})
		if err != nil {
			return unreadFoundMsg{gen: gen, err: err}
		}
		older, err := c.Timeline(ctx, client.Query{View: view, Before: u.Place + 1, Limit: page / 2})
		return unreadFoundMsg{gen, newer, older, err}
	})
}

func (f *feed) tookFirstUnread(msg unreadFoundMsg) tea.Cmd {
	if msg.err != nil {
		return f.fail(msg.err)
	}
	at := -1
	for i, it := range msg.newer { // newest first
		if f.isUnread(it) {
			at = i
		}
	}
	if at < 0 {
		return f.say(note, "Nothing is unread here.")
	}
	f.gen = f.next() // pages of the old window are late
	f.loading, f.more = false, false
	f.items = slices.Concat(msg.newer, msg.older)
	f.sel, f.row = at, f.list.h
	f.cutTop, f.ended = true, false
	f.settle()
	f.noteShown()
	return tea.Batch(f.read(), f.load())
}

// openReply opens the post that a comment is on, at the comment.
func (f *feed) openReply(it client.Item, write bool) tea.Cmd {
	if t := f.side; t != nil && t.post.ID == it.Target {
		return f.openThread(t.post, write)
	}
	return f.ui.open(newThreadAt(f.ui, it, write))
}

// postOf is the post that an item is or is on.
func postOf(it client.Item) protocol.UUID {
	if it.Kind == protocol.KindComment {
		return it.Target
	}
	return it.ID
}

// newThreadAt is the thread of a comment's post, at the comment.
func newThreadAt(u *ui, comment client.Item, write bool) *thread {
	t := newThread(u, client.Item{ID: comment.Target, Kind: protocol.KindPost}, write)
	t.items, t.sel, t.focus = nil, -1, comment.ID
	return t
}

// focusOn selects the comment that the thread was opened for, once it is there.
func (t *thread) focusOn() {
	for i, it := range t.items {
		if it.ID == t.focus {
			t.sel, t.focus = i, protocol.UUID{}
			t.row = t.list.h
			t.settle()
			return
		}
	}
	if t.sel < 0 && len(t.items) > 0 {
		t.move(keymap.Down)
	}
}
