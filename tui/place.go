package tui

import (
	"context"
	"maps"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"p4p/client"
)

type placeClient interface {
	Position(ctx context.Context) client.Position
	KeepPosition(ctx context.Context, p client.Position) error
}

// keepPlaceAfter is how long a place in the feed waits to be kept while one reads on:
// so much is forgotten of it if the program is killed.
const keepPlaceAfter = 10 * time.Second

// keepPlaceMsg tells that it is time to keep the place.
type keepPlaceMsg struct{}

// place is where the person is in each view. A view where one is at the top, with
// nothing selected, has no spot.
type place struct {
	at      client.Position
	back    bool // the page that is being loaded is the one around the view's spot
	waiting bool // the place is kept in a moment
}

// spot is where the person is in this view; ok is false at its top. That is also who has
// selected the newest post, and reads nothing in it: what comes later is wanted.
func (f *feed) spot() (s client.Spot, ok bool) {
	it, ok := f.selected()
	_, open := f.below().screen.(*thread)
	newest := f.sel == 0 && f.row >= 0 && !f.cutTop && f.newer == 0
	if !ok || newest && !open {
		return s, false
	}
	return client.Spot{Post: it.ID, Epoch: it.Epoch, Seq: it.Seq, Shown: f.shown, Row: f.row}, true
}

// notePlace notes where the person is, and tells whether that is news. While the view
// is on its way to its spot, that is where one is.
func (f *feed) notePlace() bool {
	if f.place.back || !f.loaded || len(f.items) == 0 {
		return false
	}
	s, ok := f.spot()
	was, had := f.place.at.Spots[f.view_]
	if had == ok && was == s {
		return false
	}
	spots := maps.Clone(f.place.at.Spots) // what is being kept stays as it is
	if spots == nil {
		spots = map[client.View]client.Spot{}
	}
	if spots[f.view_] = s; !ok {
		delete(spots, f.view_)
	}
	f.place.at.Spots = spots
	return true
}

// watchPlace has a changed place kept in a while, once for all changes until then.
func (f *feed) watchPlace() tea.Cmd {
	if !f.notePlace() || f.place.waiting {
		return nil
	}
	f.place.waiting = true
	return f.after(keepPlaceAfter, keepPlaceMsg{})
}

// keepPlace keeps the place. An error is no reason to disturb anybody.
func (f *feed) keepPlace() func(ctx context.Context) {
	f.place.waiting = false
	f.notePlace()
	c, at := f.client, f.place.at
	return func(ctx context.Context) { _ = c.KeepPosition(ctx, at) }
}

// goBack has the next page be the one around the view's spot, if it has one.
func (f *feed) goBack() {
	s, ok := f.place.at.Spots[f.view_]
	f.place.back = ok
	f.shown = s.Shown
}

// readBack reads the window around a spot: the posts beside it that were shown, and how
// many came since. Where there is nothing to come back to, it is the newest page.
func (w window) readBack(ctx context.Context, c feedClient, s client.Spot) (msg feedLoadedMsg) {
	top, err := c.Timeline(ctx, client.Query{View: w.view, Limit: countLimit})
	msg = feedLoadedMsg{items: top[:min(len(top), page)], follows: true, at: -1, err: err}
	if err != nil || len(top) == 0 {
		return msg
	}
	epoch := func(it client.Item) bool { return it.Seq > 0 && it.Epoch != s.Epoch }
	if s.Seq == 0 { // it waited: if it was not sent, it still stands before all others
		msg.at = slices.IndexFunc(msg.items, func(it client.Item) bool { return it.ID == s.Post })
		return msg
	}
	newer := 0
	for _, it := range top {
		if it.Seq > s.Shown {
			newer++
		}
	}
	if slices.ContainsFunc(top, epoch) {
		return msg
	}
	above, err := c.Timeline(ctx, client.Query{View: w.view, After: s.Seq, Limit: page})
	if err != nil {
		msg.err = err
		return msg
	}
	cut := len(above) == page
	above = slices.DeleteFunc(above, func(it client.Item) bool { return it.Seq > s.Shown })
	cut = cut && len(above) == page
	below, err := c.Timeline(ctx, client.Query{View: w.view, Before: s.Seq + 1, Limit: page})
	msg.err = err
	if err != nil || len(above)+len(below) == 0 {
		return msg
	}
	var outbox []client.Item
	for _, it := range top {
		if it.Seq == 0 && !cut {
			outbox = append(outbox, it)
		}
	}
	msg.items = slices.Concat(outbox, above, below)
	msg.follows, msg.newer, msg.cut = false, newer, cut
	msg.at = nearest(msg.items, s)
	msg.ended = len(below) < page
	return msg
}

// nearest is the spot's post, or where that is gone the one that stood below it, or above.
func nearest(items []client.Item, s client.Spot) int {
	if i := slices.IndexFunc(items, func(it client.Item) bool { return it.ID == s.Post }); i >= 0 {
		return i
	}
	if i := slices.IndexFunc(items, func(it client.Item) bool { return it.Seq > 0 && it.Seq < s.Seq }); i >= 0 {
		return i
	}
	return len(items) - 1
}

// cameBack takes the window around the spot.
func (f *feed) cameBack(msg feedLoadedMsg) {
	f.items, f.sel, f.row = msg.items, msg.at, 0
	f.newer, f.cutTop, f.ended = msg.newer, msg.cut, msg.ended
	if msg.follows {
		f.ended = len(msg.items) < page
		f.shown = 0
	}
	if msg.at >= 0 {
		f.row = f.place.at.Spots[f.view_].Row
	}
	f.place.back = false
	f.noteShown()
}
