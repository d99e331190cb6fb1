package client

import (
	"cmp"
	"context"
	"slices"

	"p4p/client/cache"
	"p4p/protocol"
)

// commentsShown is how many comments a thread shows, the newest.
const commentsShown = 1000

// Label is what is shown for an author. It answers from memory.
func (c *Client) Label(author protocol.PublicKey) Label {
	if c.local.Own(author) {
		return Label{Kind: You}
	}
	l, ok := c.local.Label(author)
	if !ok {
		return Label{}
	}
	return Label{Kind: Friend, Name: l.Name, Verified: l.Verified, Ended: l.Ended}
}

// label is the label of a record's author: what a retired key signed behind its
// cut gets no name, deletions excepted.
func (c *Client) label(author protocol.PublicKey, kind protocol.Kind, at protocol.Cursor) Label {
	if kind != protocol.KindDeletion && at.Seq > c.upto(author, at.Epoch) {
		return Label{}
	}
	return c.Label(author)
}

// upto is the last place in a history whose record by that author gets a name.
func (c *Client) upto(author protocol.PublicKey, epoch protocol.UUID) uint64 {
	l, ok := c.local.Label(author)
	switch {
	case !ok || !l.Retired || c.local.Own(author):
		return cache.All
	case l.Epoch == epoch:
		return l.Cut
	}
	return 0 // a cut in another history says nothing about this one
}

// Timeline is a page of posts, newest first; with After the oldest behind it.
// What waits in the outbox comes before the first page and does not count against
// its limit. Where the cache jumped over a part, it is read from the server if
// there is one; the answer may still have a gap, and FeedChanged tells when there
// is more.
func (c *Client) Timeline(ctx context.Context, q Query) ([]Item, error) {
	if q.View == Replies {
		return c.replies(ctx, q)
	}
	at, _, err := c.cache.Place(ctx)
	if err != nil {
		return nil, err
	}
	authors, err := c.authors(ctx, q.View, q.Author, at.Epoch)
	if q.Name != "" {
		authors, err = c.devicesOf(ctx, q.Name, at.Epoch)
	}
	if err != nil {
		return nil, err
	}
	unheard, err := c.unheard(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := c.look(ctx, cache.Query{
		PostsOnly: true, Authors: authors, Words: q.Search, Except: unheard,
		Before: q.Before, After: q.After, Limit: q.Limit, Oldest: q.After > 0,
	})
	if err != nil {
		return nil, err
	}
	waiting, err := c.waiting(ctx)
	if err != nil {
		return nil, err
	}
	if q.After > 0 { // Oldest only chose which ones
		slices.Reverse(rows)
	}
	items, err := c.marked(ctx, c.items(waiting.without(rows)))
	if err != nil {
		return nil, err
	}
	if q.Before > 0 || q.After > 0 || q.Name != "" || q.Author != nil && *q.Author != c.local.Key().Public.UUID() {
		return items, nil
	}
	var first []Item
	for _, i := range waiting.items {
		if i.Kind == protocol.KindPost && (q.Search == "" || cache.Contains(searched(i), q.Search)) {
			first = append(first, i)
		}
	}
	slices.Reverse(first) // newest first
	return append(first, items...), nil
}

func searched(i Item) string {
	if i.Image == nil {
		return i.Text
	}
	return i.Text + "\n" + i.Image.Alt
}

// Thread is a post with its newest comments, at most a thousand, oldest first;
// one's own that wait come last. Codes: unknown_record, deleted.
func (c *Client) Thread(ctx context.Context, post protocol.UUID) (Item, []Item, error) {
	waiting, err := c.waiting(ctx)
	if err != nil {
		return Item{}, nil, err
	}
	head, own := waiting.get(post)
	if !own {
		row, err := c.record(ctx, post)
		if err != nil {
			return Item{}, nil, err
		}
		head = c.item(row)
	}
	if head.Kind != protocol.KindPost {
		return Item{}, nil, protocol.Errorf(protocol.CodeUnknownRecord, "%s is not a post.", post)
	}
	c.fetchComments(ctx, head)
	rows, err := c.cache.Comments(ctx, post, commentsShown)
	if err != nil {
		return Item{}, nil, err
	}
	unheard, err := c.unheard(ctx)
	if err != nil {
		return Item{}, nil, err
	}
	if rows = unheard.Without(rows); !unheard.Empty() && head.Comments <= commentsShown {
		head.Comments = len(rows)
	}
	comments := c.items(waiting.without(rows))
	for _, i := range waiting.items {
		if i.Kind == protocol.KindComment && i.Target == post {
			comments = append(comments, i)
		}
	}
	return head, comments, nil
}

// Events are records in log order, as `p4p feed` prints them: the last Limit, or
// with After the first Limit behind it. A cursor of another history, or beyond
// the log of a server that is reached, is cursor_unknown.
func (c *Client) Events(ctx context.Context, q EventQuery) ([]Item, error) {
	at, known, err := c.cache.Place(ctx)
	if err != nil {
		return nil, err
	}
	cq := cache.Query{Words: q.Search, Limit: q.Limit}
	if a := q.After; a != nil {
		beginning := *a == protocol.Cursor{}
		beyond := a.Seq > at.Seq && c.caughtUp(ctx)
		if known && !beginning && (a.Epoch != at.Epoch || beyond) {
			return nil, protocol.Errorf(protocol.CodeCursorUnknown,
				"The feed has no place %s: the server has another history than when that was printed. Start over without it.", a)
		}
		cq.After, cq.Oldest = a.Seq, true
	}
	if cq.Authors, err = c.authors(ctx, q.View, q.Author, at.Epoch); err != nil {
		return nil, err
	}
	if cq.Except, err = c.unheard(ctx); err != nil {
		return nil, err
	}
	rows, err := c.look(ctx, cq)
	if err != nil {
		return nil, err
	}
	if !cq.Oldest {
		slices.Reverse(rows)
	}
	return c.items(rows), nil
}

// caughtUp tells whether the cache holds the server's log up to its end, as far as
// this client can know.
func (c *Client) caughtUp(ctx context.Context) bool {
	_, runs := c.streams.isOnline()
	return c.reachable(ctx) != nil && (!runs || c.Status().Connection == Online)
}

// devicesOf are all keys that carry a contact's name, the retired ones up to their
// cuts.
func (c *Client) devicesOf(ctx context.Context, name string, epoch protocol.UUID) ([]cache.Author, error) {
	authors := []cache.Author{}
	keys, err := c.cache.Keys(ctx, c.local.LabelledUUIDs())
	for _, k := range keys {
		if l, ok := c.local.Label(k); ok && l.Name == name {
			authors = append(authors, cache.Author{Key: k, Upto: c.upto(k, epoch)})
		}
	}
	return authors, err
}

// authors is whose records a view holds; nil for everybody's.
func (c *Client) authors(ctx context.Context, v View, device *protocol.UUID, epoch protocol.UUID) ([]cache.Author, error) {
	authors := []cache.Author{}
	switch {
	case device != nil:
		keys, err := c.cache.Keys(ctx, []protocol.UUID{*device})
		for _, k := range keys {
			authors = append(authors, cache.Author{Key: k, Upto: cache.All})
		}
		return authors, err
	case v == Everyone:
		return nil, nil
	case v == Friends:
		keys, err := c.cache.Keys(ctx, c.local.LabelledUUIDs())
		if err != nil {
			return nil, err
		}
		for _, k := range keys {
			if _, ok := c.local.Label(k); ok { // the whole key, not only its UUID
				authors = append(authors, cache.Author{Key: k, Upto: c.upto(k, epoch)})
			}
		}
	}
	for _, k := range c.ownKeys() {
		authors = append(authors, cache.Author{Key: k, Upto: cache.All})
	}
	return authors, nil
}

// ownKeys are this profile's keys, the retired ones included.
func (c *Client) ownKeys() []protocol.PublicKey {
	root, n := c.local.Root(), c.local.Rotations()
	c.own.Lock()
	defer c.own.Unlock()
	if c.own.root != root {
		c.own.root, c.own.keys = root, nil
	}
	for i := len(c.own.keys); i <= int(n); i++ {
		c.own.keys = append(c.own.keys, root.DeviceKey(uint32(i)).Public)
	}
	return slices.Clone(c.own.keys)
}

func (c *Client) items(rows []cache.Row) []Item {
	items := make([]Item, len(rows))
	for i, r := range rows {
		items[i] = c.item(r)
	}
	return items
}

func (c *Client) item(r cache.Row) Item {
	return Item{
		Seq: r.Seq, Epoch: r.Epoch, ID: r.ID, Kind: r.Kind, Author: r.Author,
		Label: c.label(r.Author, r.Kind, protocol.Cursor{Epoch: r.Epoch, Seq: r.Seq}),
		Text:  r.Text, Image: r.Image, Target: r.Target, CreatedAt: r.CreatedAt, Comments: r.Comments,
	}
}

// waiting is what this profile said and the cache does not hold yet: what waits
// in the outbox, oldest first, and what the server took a moment ago.
type waiting struct {
	items   []Item
	deleted map[protocol.UUID]bool // targets of deletions among it
}

func (c *Client) waiting(ctx context.Context) (waiting, error) {
	list, err := c.local.OutboxList(ctx)
	if err != nil {
		return waiting{}, err
	}
	at, _, err := c.cache.Place(ctx)
	if err != nil {
		return waiting{}, err
	}
	w := waiting{deleted: map[protocol.UUID]bool{}}
	for _, i := range c.outgoing.justSent(at) {
		w.add(i)
	}
	sent := map[protocol.UUID]bool{}
	for _, i := range w.items {
		sent[i.ID] = true
	}
	for _, waits := range c.outgoing.parse(list, func(err error) { c.warn(ctx, "a record in the outbox is damaged", err) }) {
		if sent[waits.ID] {
			continue
		}
		i := c.itemOf(waits.Record)
		i.Pending = &Pending{Sending: c.outgoing.isSending(i.ID), Refused: waits.Refused, Tried: waits.Tried, Due: waits.Due}
		w.add(i)
	}
	return w, nil
}

func (c *Client) itemOf(r protocol.Record) Item {
	return Item{
		ID: r.ID, Kind: r.Kind, Author: r.Author, Label: c.Label(r.Author),
		Text: r.Text, Image: r.Image, Target: r.Target, CreatedAt: r.CreatedAt,
	}
}

func (w *waiting) add(i Item) {
	if i.Kind == protocol.KindDeletion && (i.Pending == nil || i.Pending.Refused == nil) {
		w.deleted[i.Target] = true
	}
	w.items = append(w.items, i)
}

func (w waiting) get(id protocol.UUID) (Item, bool) {
	for _, i := range w.items {
		if i.ID == id {
			return i, true
		}
	}
	return Item{}, false
}

// without leaves out what a deletion that waits is about, and what the cache has
// received while the outbox still held it.
func (w *waiting) without(rows []cache.Row) []cache.Row {
	w.items = slices.DeleteFunc(w.items, func(i Item) bool {
		return w.deleted[i.ID] || slices.ContainsFunc(rows, func(r cache.Row) bool { return r.ID == i.ID })
	})
	return slices.DeleteFunc(rows, func(r cache.Row) bool { return w.deleted[r.ID] })
}

// record finds a record in the cache, or among what the cache jumped over at the
// server. Codes: unknown_record, deleted.
func (c *Client) record(ctx context.Context, id protocol.UUID) (cache.Row, error) {
	row, ok, erased, err := c.cache.Get(ctx, id)
	if err != nil || ok {
		return row, err
	}
	if erased {
		return row, protocol.Errorf(protocol.CodeDeleted, "The record %s was deleted.", id)
	}
	s := c.reachable(ctx)
	if s == nil {
		return row, unknownRecord(id)
	}
	v, err := s.Record(ctx, id)
	if err != nil {
		return row, err
	}
	e, err := entryOf(v.Event, s.Info.Server)
	if err != nil || e.Kind == "" || e.Record.ID != id {
		c.warn(ctx, "the server sent another record than the one asked for", cmp.Or(err, error(unknownRecord(id))))
		return row, unknownRecord(id)
	}
	if at, known, err := c.cache.Place(ctx); err == nil && known && at.Server == s.Info.Server && at.Epoch == v.Epoch {
		_, err := c.cache.FillSome(ctx, at.History, []cache.Entry{e})
		c.warn(ctx, "a record cannot be kept", err)
	}
	r := e.Record
	return cache.Row{
		Epoch: v.Epoch, Seq: e.Seq, ID: r.ID, Kind: r.Kind, Author: r.Author, Target: r.Target,
		Text: r.Text, Image: r.Image, CreatedAt: r.CreatedAt, Comments: v.Comments,
	}, nil
}

func unknownRecord(id protocol.UUID) *protocol.Error {
	return protocol.Errorf(protocol.CodeUnknownRecord, "There is no record %s here: check it, or connect to the server.", id)
}
