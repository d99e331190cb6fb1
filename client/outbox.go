package client

import (
	"context"
	"slices"
	"sync"
	"time"

	"p4p/client/cache"
	"p4p/client/wire"
	"p4p/localmap"
	"p4p/protocol"
)

const (
	// maxSent bounds the bytes of records in one call, below protocol.MaxBody.
	maxSent = protocol.MaxBody - 64<<10
	// Another process that sends the outbox is waited for this long at a time.
	busyPause = 50 * time.Millisecond
)

// outgoing sends the outbox, one call at a time in this process.
type outgoing struct {
	one  chan struct{} // held by who sends
	wake chan struct{} // something waits

	mu      sync.Mutex
	held    time.Time                         // when the first that may still be undone is to be sent; zero for none
	parsed  map[protocol.UUID]protocol.Record // what waited when it was last asked for
	sending map[protocol.UUID]bool
	early   map[protocol.UUID]early
	sent    []Item // taken by the server and not yet in the cache
}

func (o *outgoing) init() {
	o.one, o.wake = make(chan struct{}, 1), make(chan struct{}, 1)
	o.sending, o.early = map[protocol.UUID]bool{}, map[protocol.UUID]early{}
}

func (o *outgoing) isSending(id protocol.UUID) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.sending[id]
}

// setSending notes what is on its way at the moment.
func (o *outgoing) setSending(list []localmap.Outgoing) {
	o.mu.Lock()
	defer o.mu.Unlock()
	clear(o.sending)
	for _, out := range list {
		o.sending[out.ID] = true
	}
}

// justSent is what the server took behind the place that the cache has reached.
func (o *outgoing) justSent(at cache.Place) []Item {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.sent = slices.DeleteFunc(o.sent, func(i Item) bool { return i.Epoch == at.Epoch && i.Seq <= at.Seq })
	return slices.Clone(o.sent)
}

// maxJustSent bounds the memory of a client that sends and never reads its feed.
const maxJustSent = 100

func (o *outgoing) addSent(i Item) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.sent = append(o.sent, i); len(o.sent) > maxJustSent {
		o.sent = slices.Delete(o.sent, 0, 1)
	}
}

// fate is what became of a record that was sent: it has a seq or was refused.
type fate struct {
	seq     uint64
	refused *protocol.Error
}

var errBusy = protocol.Errorf(protocol.CodeUnavailable, "Another p4p of this profile sends the outbox at the moment.")

// send sends what waits, oldest first, until something keeps it from going on:
// then the error is not nil and the rest waits. What the server refused for good
// is marked so; what it will take later waits, and keeps nothing else waiting. It tells the fates of what was settled.
func (c *Client) send(ctx context.Context) (map[protocol.UUID]fate, error) {
	settled := map[protocol.UUID]fate{}
	select {
	case c.outgoing.one <- struct{}{}:
		defer func() { <-c.outgoing.one }()
	case <-ctx.Done():
		return settled, ctx.Err()
	}
	unlock, ok, err := c.local.LockOutbox()
	switch {
	case err != nil:
		return settled, err
	case !ok:
		return settled, errBusy
	}
	defer unlock()
	list, err := c.local.OutboxList(ctx)
	if err != nil {
		return settled, err
	}
	list = c.outgoing.due(list, c.now())
	if len(list) == 0 {
		return settled, nil
	}
	s, err := c.reach(ctx)
	if err != nil {
		return settled, err
	}
	m := mail{c: c, s: s, settled: settled}
	for len(list) > 0 && err == nil {
		n := batch(list)
		err = m.deliver(ctx, list[:n])
		list = list[n:]
	}
	if len(settled) > 0 {
		c.warn(ctx, "the outbox cannot be read", c.countOutbox(ctx))
		c.notify(FeedChanged | StatusChanged)
	}
	if protocol.CodeOf(err) == protocol.CodeNoServer {
		c.link.drop(s)
	}
	return settled, err
}

// batch is how many records go into the next call.
func batch(list []localmap.Outgoing) int {
	bytes := 0
	for n, o := range list {
		bytes += len(o.JWS) + 3
		if n == protocol.MaxBatch || n > 0 && bytes > maxSent {
			return n
		}
	}
	return len(list)
}

// mail is one walk through the outbox.
type mail struct {
	c       *Client
	s       *server
	settled map[protocol.UUID]fate
}

// deliver sends one batch: pictures first, then the records.
func (m *mail) deliver(ctx context.Context, list []localmap.Outgoing) error {
	var ready []localmap.Outgoing
	if err := m.c.local.MarkTried(ctx, untried(list)); err != nil {
		return err
	}
	m.c.outgoing.setSending(list)
	m.c.notify(FeedChanged)
	defer func() {
		m.c.outgoing.setSending(nil)
		m.c.notify(FeedChanged)
	}()
	for _, o := range list {
		switch err := m.putPicture(ctx, o); {
		case err == nil:
			ready = append(ready, o)
		case unheard(err):
			// What is older goes first; what is newer waits with this one.
			if sent := m.records(ctx, ready, true); sent != nil {
				return sent
			}
			return err
		default:
			if err := m.settle(ctx, o, fate{refused: refusalOf(err)}); err != nil {
				return err
			}
		}
	}
	return m.records(ctx, ready, true)
}

func untried(list []localmap.Outgoing) []protocol.UUID {
	var ids []protocol.UUID
	for _, o := range list {
		if !o.Tried {
			ids = append(ids, o.ID)
		}
	}
	return ids
}

// putPicture sends the picture that a record names, if it has one.
func (m *mail) putPicture(ctx context.Context, o localmap.Outgoing) error {
	if o.Kind != protocol.KindPost {
		return nil
	}
	picture, err := m.c.local.OutboxPicture(ctx, o.ID)
	if err != nil || picture == nil {
		return err
	}
	return m.s.PutBlob(ctx, picture)
}

// records sends records whose pictures were put. again allows to put a picture
// once more that the server has swept meanwhile.
func (m *mail) records(ctx context.Context, list []localmap.Outgoing, again bool) error {
	if len(list) == 0 {
		return nil
	}
	var jws []string
	for _, o := range list {
		jws = append(jws, o.JWS)
	}
	results, err := m.s.PostRecords(ctx, jws)
	switch {
	case err == nil:
	case unheard(err):
		return err
	case len(list) == 1:
		return m.settle(ctx, list[0], fate{refused: refusalOf(err)})
	default: // the call was refused, not a record: which one is it?
		for i := range list {
			if err := m.records(ctx, list[i:i+1], again); err != nil {
				return err
			}
		}
		return nil
	}
	var late error
	for i, r := range results {
		o := list[i]
		switch {
		case r.Error == nil:
			err = m.settle(ctx, o, fate{seq: r.Seq})
		case r.Error.Code == protocol.CodeBlobMissing && again:
			if err = m.putPicture(ctx, o); err == nil {
				err = m.records(ctx, list[i:i+1], false)
			}
		case r.Error.Code == protocol.CodeBlobMissing, wire.Temporary(r.Error):
			late = r.Error
			continue
		case m.c.tooEarly(m.s, o, r.Error):
			continue
		default:
			err = m.settle(ctx, o, fate{refused: r.Error})
		}
		if err != nil {
			return err
		}
	}
	return late
}

// unheard tells whether the profile's server has not judged what a call carried:
// it did not answer, or what answered is not that server.
func unheard(err error) bool {
	code := protocol.CodeOf(err)
	return wire.Temporary(err) || code == protocol.CodePinMismatch || code == protocol.CodeUntrusted || code == protocol.CodeInsecureLink
}

// settle stores what became of a record.
func (m *mail) settle(ctx context.Context, o localmap.Outgoing, f fate) error {
	m.settled[o.ID] = f
	switch {
	case f.refused == nil:
		m.remember(o, f.seq)
		return m.c.local.Dequeue(ctx, o.ID)
	case f.refused.Code == protocol.CodeDeleted && o.Kind != protocol.KindComment:
		// A post that the server had, and that was deleted meanwhile; or a deletion of
		// what is gone already. There is nothing left to say.
		return m.c.local.Dequeue(ctx, o.ID)
	}
	err := m.c.local.MarkRefused(ctx, o.ID, f.refused)
	if protocol.CodeOf(err) == protocol.CodeUnknownRecord {
		return nil // discarded meanwhile
	}
	return err
}

// remember shows a record until the stream brings it.
func (m *mail) remember(o localmap.Outgoing, seq uint64) {
	if r, err := protocol.ParseRecord(o.JWS); err == nil && o.Kind != protocol.KindReport {
		i := m.c.itemOf(r)
		i.Seq, i.Epoch = seq, m.s.Info.Epoch
		m.c.outgoing.addSent(i)
	}
}

// refusalOf is an error as the outbox keeps it.
func refusalOf(err error) *protocol.Error {
	return protocol.Errorf(protocol.CodeOf(err), "%s", err)
}

// keepSending sends the outbox whenever there is a stream and something waits.
func (c *Client) keepSending(ctx context.Context) {
	rang := false
	for attempt := 0; ctx.Err() == nil; {
		var err error
		if rang {
			c.outgoing.lapse(c.now())
			err = c.countOutbox(ctx) // what was held waits from now on
			c.warn(ctx, "the outbox cannot be read", err)
			rang = err != nil // else the timer would fire again and again
		}
		if online, _ := c.streams.isOnline(); online && err == nil {
			_, err = c.send(ctx)
		}
		if err != nil && ctx.Err() == nil {
			attempt++
			c.log.Info("the outbox waits", "code", protocol.CodeOf(err))
			c.pause(ctx, max(c.backoff(attempt), wire.RetryAfter(err), busyPause), c.outgoing.wake)
			continue
		}
		attempt = 0
		timer, stop := c.nextDue()
		select {
		case <-timer:
			rang = true
		case <-c.outgoing.wake:
		case <-ctx.Done():
		}
		stop()
	}
}

// Outbox is what waits to be sent, oldest first, refused records included.
func (c *Client) Outbox(ctx context.Context) ([]Item, error) {
	w, err := c.waiting(ctx)
	return slices.DeleteFunc(w.items, func(i Item) bool { return i.Pending == nil }), err
}

// Discard takes a record out of the outbox for good. If it was on its way, the
// server may have it all the same. Code: unknown_record.
func (c *Client) Discard(ctx context.Context, id protocol.UUID) error {
	list, err := c.local.OutboxList(ctx)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(list, func(o localmap.Outgoing) bool { return o.ID == id }) {
		return protocol.Errorf(protocol.CodeUnknownRecord, "Nothing with the UUID %s waits to be sent.", id)
	}
	return c.changedOutbox(ctx, c.local.Dequeue(ctx, id))
}

// Retry sends a refused record again, as it is. Code: unknown_record.
func (c *Client) Retry(ctx context.Context, id protocol.UUID) error {
	err := c.changedOutbox(ctx, c.local.Retry(ctx, id))
	poke(c.outgoing.wake)
	return err
}

// changedOutbox tells what a change of the outbox changed, unless it failed.
func (c *Client) changedOutbox(ctx context.Context, err error) error {
	if err != nil {
		return err
	}
	c.notify(FeedChanged | StatusChanged)
	return c.countOutbox(ctx)
}
