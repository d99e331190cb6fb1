package client

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"sync"
	"time"

	"p4p/client/cache"
	"p4p/client/wire"
	"p4p/protocol"
)

const (
	backoffFirst = 500 * time.Millisecond
	backoffMost  = 30 * time.Second
	// A stream that lasted so long was a good one: when it drops, the next try comes
	// at once.
	goodStream = 10 * time.Second
	// So does the first try after a shorter one that brought something. The next
	// ones wait as after so many failures at most: a line that drops and drops is
	// made use of, but no server has its clients come back without a pause.
	mostAfterBrief = 3

	pollEvery = 500 * time.Millisecond // for other processes' writes
	tidyFirst = time.Minute            // what erasing left in the cache's index
	tidyEvery = 10 * time.Minute
)

// Run connects and stays connected until ctx ends, which is no error: it reads the
// stream into the cache, sends the outbox, completes interrupted friendship calls,
// watches mailboxes, and notices what other processes write to the profile. There
// is one Run at a time. A panic in it ends it with a [Panic].
func (c *Client) Run(ctx context.Context) error {
	c.streams.set(func(s *streams) { s.runs = true })
	defer c.streams.set(func(s *streams) { s.runs, s.online = false, false })
	defer c.disconnected(nil, time.Time{})
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	c.panics.watch(end)
	defer c.panics.watch(nil)
	var wg sync.WaitGroup
	c.beside(&wg, func() { c.poll(ctx) })
	c.beside(&wg, func() { c.keepSending(ctx) })
	c.beside(&wg, func() {
		c.pause(ctx, tidyFirst, nil)
		c.tidy(ctx)
		c.every(ctx, tidyEvery, func() { c.tidy(ctx) })
	})
	_ = c.guard(func() { c.stayConnected(ctx) })
	wg.Wait()
	return panicOf(ctx)
}

// stayConnected opens one session after the other.
func (c *Client) stayConnected(ctx context.Context) {
	attempt, brief := 0, 0
	for ctx.Err() == nil {
		c.setStatus(func(s *Status) { s.Connection, s.RetryAt = Connecting, time.Time{} })
		was, err := c.stream(ctx)
		if ctx.Err() != nil {
			return
		}
		if errors.Is(err, context.Canceled) { // for another server's sake
			was, err = goodOne, nil
		}
		tries := 0
		switch was {
		case goodOne:
			attempt, brief = 0, 0
		case briefOne:
			attempt, tries = 0, brief
			brief = min(brief+1, mostAfterBrief)
		case failure:
			attempt++
			tries = attempt
		}
		wait := max(c.backoff(tries), wire.RetryAfter(err))
		c.log.Info("the stream ended", "code", protocol.CodeOf(err), "wait", wait)
		c.disconnected(err, c.now().Add(wait))
		c.pause(ctx, wait, c.streams.kicked)
	}
}

// quality is what a session was worth.
type quality uint8

const (
	failure  quality = iota // it brought nothing
	briefOne                // it brought something, and did not last
	goodOne                 // it lasted
)

// stream opens a session and stays in it until it fails.
func (c *Client) stream(ctx context.Context) (was quality, err error) {
	ctx, cut := context.WithCancel(ctx)
	defer cut()
	c.streams.set(func(s *streams) { s.cut = cut })
	ss, err := c.connect(ctx)
	if err != nil {
		return failure, err
	}
	began, history := c.now(), ss.place.History
	var wg sync.WaitGroup
	beside, stop := context.WithCancel(ctx)
	c.streams.set(func(s *streams) { s.online = true })
	c.beside(&wg, func() { ss.watch(beside) })
	c.beside(&wg, func() { ss.tellMailboxes(beside) })
	c.beside(&wg, func() { c.keepFriendships(beside) })
	c.beside(&wg, func() {
		c.keepSweeping(beside, ss.server, history)
	})
	poke(c.outgoing.wake)
	err = ss.follow(ctx, false)
	c.streams.set(func(s *streams) { s.online = false })
	stop()
	wg.Wait()
	c.link.drop(ss.server)
	switch {
	case c.now().Sub(began) >= goodStream:
		return goodOne, err
	case ss.moved:
		return briefOne, err
	}
	return failure, err
}

// backoff is how long to wait before the nth try in a row: not at all before the
// first, then a random part ("full jitter") of half a second, doubled each time,
// so that a thousand clients do not come back to a restarted server as one.
func (c *Client) backoff(n int) time.Duration {
	if n == 0 {
		return 0
	}
	most := backoffMost
	if n < 7 {
		most = min(most, backoffFirst<<(n-1))
	}
	var b [8]byte
	if _, err := io.ReadFull(c.opt.Random, b[:]); err != nil {
		return most
	}
	const bits = 53 // of a float64's fraction
	part := float64(binary.BigEndian.Uint64(b[:])>>(64-bits)) / (1 << bits)
	return time.Duration(part * float64(most))
}

// pause waits for d, for something on wake, or for ctx to end.
func (c *Client) pause(ctx context.Context, d time.Duration, wake <-chan struct{}) {
	if d <= 0 {
		return
	}
	timer, stop := c.opt.after(d)
	defer stop()
	select {
	case <-timer:
	case <-wake:
	case <-ctx.Done():
	}
}

// every calls f at intervals.
func (c *Client) every(ctx context.Context, interval time.Duration, f func()) {
	for c.pause(ctx, interval, nil); ctx.Err() == nil; c.pause(ctx, interval, nil) {
		f()
	}
}

func (c *Client) tidy(ctx context.Context) {
	c.warn(ctx, "the cache cannot be tidied", c.cache.Tidy(ctx, cache.All))
}

// warn logs an error, unless it came from ending.
func (c *Client) warn(ctx context.Context, what string, err error) {
	if err != nil && ctx.Err() == nil {
		c.log.Warn(what, "code", protocol.CodeOf(err), "error", err)
	}
}

// poll notices what other processes of this profile write.
func (c *Client) poll(ctx context.Context) {
	c.every(ctx, pollEvery, func() {
		changed, err := c.local.Refresh(ctx)
		c.warn(ctx, "the local map cannot be read", err)
		if changed {
			c.otherWrote(ctx)
		}
		changed, err = c.cache.Changed(ctx)
		c.warn(ctx, "the cache cannot be read", err)
		if changed {
			c.notify(FeedChanged)
		}
	})
}

// otherWrote follows another process's change of the local map.
func (c *Client) otherWrote(ctx context.Context) {
	c.warn(ctx, "the outbox cannot be read", c.countOutbox(ctx))
	poke(c.outgoing.wake)
	if id, _, _ := c.local.Server(); id != nil {
		c.boundTo(*id)
		if s := c.link.get(); s != nil && s.Info.Server != *id {
			c.link.drop(s)
			c.streams.reconnect()
		}
	}
	c.notify(LabelsChanged | FriendsChanged | NoticesChanged | FeedChanged | StatusChanged)
}

// Sync does once what Run does continuously: it sends the outbox, reads the feed
// up to the log's end, completes interrupted friendship calls and reads the open
// mailboxes. It is not for a client that runs. Codes: server_unreachable, foreign_server, pin_mismatch,
// other_server, and what else keeps the stream from opening.
func (c *Client) Sync(ctx context.Context) error {
	if _, err := c.local.Refresh(ctx); err != nil {
		return err
	}
	if _, err := c.reach(ctx); err != nil {
		c.disconnected(err, time.Time{})
		return err
	}
	_, err := c.send(ctx)
	c.warn(ctx, "the outbox cannot be sent now", err)
	if err := c.readUp(ctx); err != nil {
		c.disconnected(err, time.Time{})
		return err
	}
	c.disconnected(nil, time.Time{})
	return c.resumeFriendships(ctx)
}

// readUp reads the feed up to the log's end; where the server turns out to have
// another history, from its beginning.
func (c *Client) readUp(ctx context.Context) error {
	var err error
	for range 2 {
		var ss *session
		if ss, err = c.connect(ctx); err == nil {
			if err = ss.follow(ctx, true); err == nil {
				ss.close()
				c.sweepOnce(ctx, ss)
				return ctx.Err()
			}
		}
		if protocol.CodeOf(err) != protocol.CodeCursorUnknown {
			return err
		}
	}
	return err
}
