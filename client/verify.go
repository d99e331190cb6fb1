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
// stands for its place only; its number goes to the log. An error is a [Panic]: then
// the entries are none.
func (c *Client) verify(events []protocol.Event, server protocol.UUID) ([]cache.Entry, error) {
	entries := make([]cache.Entry, len(events))
	var bad atomic.Int64
	var why atomic.Value
	err := c.onAllCores(len(events), func(i int) {
		var err error
		if entries[i], err = entryOf(events[i], server); err != nil {
			bad.Add(1)
			why.Store(protocol.CodeOf(err))
		}
	})
	if err != nil {
		return nil, err
	}
	if n := bad.Load(); n > 0 {
		c.log.Warn("the server sent records that do not verify; they are not shown", "count", n, "last", why.Load())
	}
	return entries, nil
}

// onAllCores calls f with 0 to n-1, under guard.
func (c *Client) onAllCores(n int, f func(i int)) error {
	var next atomic.Int64
	work := func() {
		for i := next.Add(1) - 1; i < int64(n); i = next.Add(1) - 1 {
			f(int(i))
		}
	}
	faults := make([]error, max(1, min(runtime.GOMAXPROCS(0), n)))
	var wg sync.WaitGroup
	for i := range faults[1:] {
		wg.Go(func() { faults[i+1] = c.guard(work) })
	}
	faults[0] = c.guard(work)
	wg.Wait()
	return errors.Join(faults...)
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
