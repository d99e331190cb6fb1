package client

import (
	"cmp"
	"context"
	"errors"
	"sync"

	"p4p/client/cache"
	"p4p/client/wire"
	"p4p/protocol"
)

const (
	// farBehind is how many records a client reads in order when it comes back;
	// beyond that it reads the newest page and leaves a gap.
	farBehind = 10_000
	// While one transaction is written, so many frames are read ahead, of at most
	// protocol.MaxFrame bytes each.
	framesAhead = 4
	// So many events go into one transaction, if that many have come.
	maxBatch = 4_000
)

// streams is what the rest of the client tells the stream of Run.
type streams struct {
	kicked  chan struct{} // try to connect now
	changed chan struct{} // the mailboxes to watch are others

	mu     sync.Mutex
	runs   bool               // Run is at work
	online bool               // a stream is open
	cut    context.CancelFunc // ends the stream that is open or being opened
}

func (s *streams) init() {
	s.kicked, s.changed = make(chan struct{}, 1), make(chan struct{}, 1)
}

func (s *streams) kick()    { poke(s.kicked) }
func (s *streams) rewatch() { poke(s.changed) }

// reconnect ends the stream that there is and opens one to the profile's server
// of now.
func (s *streams) reconnect() {
	s.set(func(s *streams) {
		if s.cut != nil {
			s.cut()
		}
	})
	s.kick()
}

func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

func (s *streams) set(f func(*streams)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(s)
}

// isOnline tells whether Run has a stream open; runs whether there is a Run.
func (s *streams) isOnline() (online, runs bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.online, s.runs
}

// session is one connection, from the place that the cache has reached.
type session struct {
	c      *Client
	server *server
	stream *wire.Stream
	place  cache.Place // how far the cache goes
	seen   uint64      // the last seq read from the stream
	head   uint64      // the log's end, as far as it is known
	moved  bool        // something was read

	notices notices
}

// connect reaches the server anew, brings the cache near the log's end and opens
// the stream there. The caller closes the session.
func (c *Client) connect(ctx context.Context) (*session, error) {
	c.link.drop(nil)
	s, err := c.reach(ctx)
	if err != nil {
		return nil, err
	}
	place, err := c.cache.Use(ctx, s.Info.Server, s.Info.Epoch)
	if err != nil {
		return nil, err
	}
	if s.Info.Seq > place.Seq+c.opt.far {
		if place, err = c.jump(ctx, s, place); err != nil {
			return nil, err
		}
	}
	id := place.ID
	if place.Seq == 0 {
		id = nil
	}
	stream, err := s.Stream(ctx, place.Cursor(), id)
	if protocol.CodeOf(err) == protocol.CodeBadRequest && place.Seq > 0 {
		// All that this call says is the cursor, and this server does not take it for
		// one: it is from another server's lies.
		err = protocol.Errorf(protocol.CodeCursorUnknown, "The server at %s does not understand where the feed was left: it starts over.", s.URL()).Because(err)
	}
	if err != nil {
		return nil, c.startOver(ctx, place, err)
	}
	ss := &session{c: c, server: s, stream: stream, place: place, seen: place.Seq}
	ss.notices.init()
	if err := ss.inTime(ss.hello); err != nil {
		ss.close()
		return nil, err
	}
	return ss, nil
}

// startOver empties the cache if err says that the server does not know where it
// left off, and passes the error on.
func (c *Client) startOver(ctx context.Context, at cache.Place, err error) error {
	if protocol.CodeOf(err) != protocol.CodeCursorUnknown {
		return err
	}
	c.log.Info("the server has another history than the cache; the feed starts over")
	if _, err := c.cache.StartOver(ctx, at.History); err != nil {
		return err
	}
	c.notify(FeedChanged)
	return err
}

func (ss *session) close() { ss.stream.Close() }

// hello reads the frame that opens each stream.
func (ss *session) hello() error {
	f, err := ss.stream.Read()
	switch {
	case err != nil:
		return err
	case f.Error != nil:
		return f.Error
	case f.Hello == nil:
		return protocol.Errorf(protocol.CodeForeignServer, "The server at %s opens its stream in an unknown way: update p4p.", ss.server.URL())
	case f.Hello.Server != ss.server.Info.Server || f.Hello.Epoch != ss.place.Epoch:
		return protocol.Errorf(protocol.CodeUnavailable, "The server at %s changed while it was reached: connecting again.", ss.server.URL())
	}
	ss.head = max(f.Hello.Seq, ss.place.Seq)
	ss.progress()
	return nil
}

// errReached ends a session that has read up to where it was to.
var errReached = errors.New("the log's end is reached")

// follow reads the stream into the cache until it fails, or until the log's end
// of when it was opened is reached if once is set: then the error is nil. The
// error cursor_unknown has started the cache over. With once set, a server that
// says there is more and does not bring it is unavailable.
func (ss *session) follow(ctx context.Context, once bool) error {
	if once && ss.seen >= ss.head {
		return ss.c.startOver(ctx, ss.place, ss.inTime(ss.stream.Confirm))
	}
	reading, stop := context.WithCancel(ctx)
	frames := make(chan []protocol.Event, framesAhead)
	var wg sync.WaitGroup
	var ended error
	wg.Go(func() {
		defer close(frames)
		fault := ss.c.guard(func() { ended = ss.read(reading, frames, once) })
		ended = cmp.Or(fault, ended)
	})
	var err error
	fault := ss.c.guard(func() { err = ss.store(ctx, frames, once) })
	err = cmp.Or(fault, err)
	stop()
	ss.close()
	for range frames { // until the reader has ended
	}
	wg.Wait()
	switch {
	case errors.Is(err, errReached):
		return nil
	case err == nil:
		err = ended
	}
	return ss.c.startOver(ctx, ss.place, err)
}

// read hands on the frames of events, in order. With hurry set each must come in
// time.
func (ss *session) read(ctx context.Context, frames chan<- []protocol.Event, hurry bool) error {
	for {
		var events []protocol.Event
		next := func() (err error) {
			events, err = ss.next()
			return err
		}
		var err error
		if hurry {
			err = ss.inTime(next)
		} else {
			err = next()
		}
		if err != nil {
			return err
		}
		select {
		case frames <- events:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// next waits for the next frame of events, and takes the other frames itself.
func (ss *session) next() ([]protocol.Event, error) {
	for {
		f, err := ss.stream.Read()
		switch {
		case err != nil:
			return nil, err
		case f.Error != nil:
			return nil, f.Error
		case f.Mailbox != nil:
			ss.notices.add(*f.Mailbox)
		case len(f.Events) == 0:
		case !inOrder(f.Events, ss.seen):
			ss.c.log.Warn("the server sent its log out of order; the stream is opened again", "at", ss.seen)
			return nil, protocol.Errorf(protocol.CodeUnavailable, "The server at %s sent its log out of order: connecting again.", ss.server.URL())
		default:
			ss.seen = f.Events[len(f.Events)-1].Seq
			return f.Events, nil
		}
	}
}

// store verifies what comes and writes it to the cache, as much as has come with
// one transaction.
func (ss *session) store(ctx context.Context, frames <-chan []protocol.Event, once bool) error {
	for events := range frames {
		events = more(events, frames)
		entries, err := ss.c.verify(events, ss.server.Info.Server)
		if err != nil {
			return err
		}
		a, err := ss.c.cache.Append(ctx, ss.place.History, entries)
		if err != nil {
			return err
		}
		if a.Rejected > 0 {
			ss.c.log.Warn("the server sent records that contradict earlier ones; they are not shown", "count", a.Rejected)
		}
		ss.place, ss.moved = a.Place, true
		ss.head = max(ss.head, events[len(events)-1].Seq)
		ss.c.lookForTwin(ctx, entries)
		if a.Visible {
			ss.c.notify(FeedChanged)
		}
		ss.progress()
		if once && ss.place.Seq >= ss.head {
			return errReached
		}
	}
	return nil
}

// more adds the frames that wait already.
func more(events []protocol.Event, frames <-chan []protocol.Event) []protocol.Event {
	for len(events) < maxBatch {
		select {
		case f, ok := <-frames:
			if !ok {
				return events
			}
			events = append(events[:len(events):len(events)], f...)
		default:
			return events
		}
	}
	return events
}

// progress shows how far the stream is behind.
func (ss *session) progress() {
	behind := ss.head - min(ss.head, ss.place.Seq)
	ss.c.setStatus(func(s *Status) {
		s.Connection, s.Err, s.Behind = Online, nil, behind
		if behind > 0 {
			s.Connection = CatchingUp
		}
	})
}
