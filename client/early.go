package client

import (
	"maps"
	"time"

	"p4p/localmap"
	"p4p/protocol"
)

// mostEarly is how far ahead of the server's time a record may lie to be sent by
// itself once that time has come. One that lies further ahead waits for its owner,
// who must set the clock.
const mostEarly = 24 * time.Hour

// early is a record that the server will take later: it was signed while this
// machine's clock was ahead.
type early struct {
	until time.Time
	why   *protocol.Error
}

// tooEarly notes that a record was refused with clock_ahead and when to send it
// again, unless that is too far off, or the server contradicts its own clock.
func (c *Client) tooEarly(s *server, o localmap.Outgoing, why *protocol.Error) bool {
	r, err := protocol.ParseRecord(o.JWS)
	if why.Code != protocol.CodeClockAhead || err != nil {
		return false
	}
	now, ok := s.Now()
	if !ok {
		now = c.now()
	}
	wait := r.CreatedAt.Add(-protocol.MaxClockAhead).Sub(now)
	if wait <= 0 || wait > mostEarly {
		return false
	}
	c.outgoing.mu.Lock()
	defer c.outgoing.mu.Unlock()
	c.outgoing.early[o.ID] = early{c.now().Add(wait), why}
	return true
}

// due is what of the outbox can be sent now: nothing that was refused, nothing that
// is too early, and nothing that may still be undone.
func (o *outgoing) due(list []localmap.Outgoing, now time.Time) []localmap.Outgoing {
	o.mu.Lock()
	defer o.mu.Unlock()
	still := map[protocol.UUID]early{}
	var due []localmap.Outgoing
	for _, out := range list {
		e, ok := o.early[out.ID]
		switch {
		case out.Refused != nil, now.Before(out.Due):
		case ok && now.Before(e.until):
			still[out.ID] = e
		default:
			due = append(due, out)
		}
	}
	o.early = still
	return due
}

// lapse forgets what is too early no more. Without a connection nothing else does, and
// the timer of nextDue would fire again and again.
func (o *outgoing) lapse(now time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	maps.DeleteFunc(o.early, func(_ protocol.UUID, e early) bool { return !now.Before(e.until) })
}

// earlyFate tells why a record is not sent yet.
func (o *outgoing) earlyFate(id protocol.UUID) (fate, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	e, ok := o.early[id]
	return fate{refused: e.why}, ok
}

// nextDue is a timer until the first record that is too early, or may still be
// undone, can be sent; it never fires where there is none.
func (c *Client) nextDue() (timer <-chan time.Time, stop func()) {
	c.outgoing.mu.Lock()
	defer c.outgoing.mu.Unlock()
	first := c.outgoing.held
	for _, e := range c.outgoing.early {
		if first.IsZero() || e.until.Before(first) {
			first = e.until
		}
	}
	if first.IsZero() {
		return nil, func() {}
	}
	return c.opt.after(max(first.Sub(c.now()), 0))
}
