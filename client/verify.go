package client

import (
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"p4p/client/cache"
	"p4p/protocol"
)

// entryOf verifies one event of a server's log. What it says of itself must be
// what its author signed, for this server. An error leaves nothing to show, but
// the event's place was seen.
func entryOf(e protocol.Event, server protocol.UUID) (cache.Entry, error) {
	entry := cache.Entry{Seq: e.Seq}
	switch e.Kind {
	case protocol.EventPost, protocol.EventComment, protocol.EventDeletion:
		r, err := protocol.ParseRecord(e.JWS)
		switch {
		case err != nil:
			return entry, err
		case string(r.Kind) != string(e.Kind):
			return entry, protocol.Errorf(protocol.CodeBadRecord, "A record is a %s and is told to be a %s.", r.Kind, e.Kind)
		}
		if err := r.CheckFor(server, time.Time{}); err != nil {
			return entry, err
		}
		entry.Kind, entry.Record = e.Kind, r
	case protocol.EventErased:
		if e.ID == nil {
			return entry, errNameless
		}
		entry.Kind, entry.ID = e.Kind, *e.ID
	case protocol.EventTakedown:
		if e.Target == nil {
			return entry, errNameless
		}
		entry.Kind, entry.Target = e.Kind, *e.Target
	}
	return entry, nil // hidden, or of a kind that a later version knows
}

var errNameless = errors.New("an event does not say which record it is about")

// verify verifies events on all cores. What does not verify becomes an entry that
// stands for its place only; its number goes to the log.
func (c *Client) verify(events []protocol.Event, server protocol.UUID) []cache.Entry {
	entries := make([]cache.Entry, len(events))
	var next, bad atomic.Int64
	var why atomic.Value
	work := func() {
		for i := next.Add(1) - 1; i < int64(len(events)); i = next.Add(1) - 1 {
			var err error
			if entries[i], err = entryOf(events[i], server); err != nil {
				bad.Add(1)
				why.Store(protocol.CodeOf(err))
			}
		}
	}
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(events)) - 1 {
		c.beside(&wg, work)
	}
	work()
	wg.Wait()
	if n := bad.Load(); n > 0 {
		c.log.Warn("the server sent records that do not verify; they are not shown", "count", n, "last", why.Load())
	}
	return entries
}

// inOrder checks that events continue the log behind seq.
func inOrder(events []protocol.Event, seq uint64) bool {
	for _, e := range events {
		seq++
		if e.Seq != seq {
			return false
		}
	}
	return true
}
