package client

import (
	"context"
	"sync"
	"time"

	"p4p/protocol"
)

// state is what Status tells.
type state struct {
	mu sync.Mutex
	s  Status
}

// change changes the status and tells whether it is another one now.
func (s *state) change(f func(*Status)) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.s
	f(&s.s)
	return before != s.s
}

// Status is what a status line shows. It asks nobody. Before Run or Sync, and
// after they end, the client is Offline without an error.
func (c *Client) Status() Status {
	c.state.mu.Lock()
	defer c.state.mu.Unlock()
	return c.state.s
}

func (c *Client) setStatus(f func(*Status)) {
	if c.state.change(f) {
		c.notify(StatusChanged)
	}
}

// loadStatus takes from the files what is known before any server is asked.
func (c *Client) loadStatus(ctx context.Context) error {
	id, url, _ := c.local.Server()
	if c.opt.Server != "" {
		url = c.opt.Server
	}
	c.state.change(func(s *Status) {
		s.Connection, s.Server, s.Bound = Offline, url, id != nil
		if id != nil {
			s.ServerID = *id
		}
	})
	return c.countOutbox(ctx)
}

// met notes which server answered.
func (c *Client) met(s *server, bound bool) {
	c.setStatus(func(st *Status) { st.Server, st.ServerID, st.Bound = s.URL(), s.Info.Server, bound })
}

// boundTo notes what this profile's first record or friendship bound it to.
func (c *Client) boundTo(id protocol.UUID) {
	c.setStatus(func(s *Status) { s.ServerID, s.Bound = id, true })
}

// countOutbox brings the counts of what waits up to date. What may still be undone
// does not wait for the server yet.
func (c *Client) countOutbox(ctx context.Context) error {
	list, err := c.local.OutboxList(ctx)
	if err != nil {
		return err
	}
	var waits, refused int
	var held time.Time
	now := c.now()
	for _, o := range list {
		switch {
		case o.Refused != nil:
			refused++
		case !now.Before(o.Due):
			waits++
		case held.IsZero() || o.Due.Before(held):
			held = o.Due
		}
	}
	c.outgoing.mu.Lock()
	c.outgoing.held = held
	c.outgoing.mu.Unlock()
	c.setStatus(func(s *Status) { s.Outbox, s.Refused = waits, refused })
	return nil
}

// disconnected notes why the server is not reached, and when it is tried again.
func (c *Client) disconnected(err error, retry time.Time) {
	c.setStatus(func(s *Status) { s.Connection, s.Err, s.RetryAt, s.Behind = Offline, err, retry, 0 })
}
