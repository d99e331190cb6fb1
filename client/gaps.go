package client

import (
	"context"
	"sync"
	"time"

	"p4p/client/cache"
	"p4p/client/wire"
	"p4p/protocol"
)

const (
	// A look at the past reads at most so many pages before it answers with what
	// there is; whoever looks again reads on.
	pagesPerLook     = 10
	pagesPerWideLook = 2 // where only some records are wanted, of which there may be none
	// After a page could not be read, the past is not asked for again at once.
	fillPause = 5 * time.Second
)

// filler reads what the cache jumped over, a page at a time.
type filler struct {
	one chan struct{} // held by who reads a page

	mu    sync.Mutex
	pause time.Time // not before
}

func (f *filler) init() { f.one = make(chan struct{}, 1) }

// page is a verified page of the log's past: all that is live in low to high.
type page struct {
	entries   []cache.Entry
	low, high uint64
}

// readPage reads the newest page with seqs below before (0: the newest of all)
// and verifies it. high is before-1, or for the newest page the log's end known.
func (c *Client) readPage(ctx context.Context, s *server, h cache.History, q wire.Page) (page, error) {
	q.Limit = protocol.MaxPage
	a, err := s.Records(ctx, q)
	if err != nil {
		return page{}, err
	}
	if a.Epoch != h.Epoch {
		c.link.drop(s)
		return page{}, protocol.Errorf(protocol.CodeCursorUnknown, "The server at %s has another history than before: the feed starts over.", s.URL())
	}
	p := page{low: 1, high: s.Info.Seq}
	if q.Before > 0 {
		p.high = q.Before - 1
	}
	if len(a.Events) > 0 && q.Before == 0 {
		p.high = max(p.high, a.Events[0].Seq)
	}
	if a.Before != nil {
		p.low = *a.Before
	}
	p.entries, err = c.verify(a.Events, s.Info.Server)
	return p, err
}

// jump takes a cache that is far behind to the log's end, with the newest page
// only. What was jumped over is a gap.
func (c *Client) jump(ctx context.Context, s *server, at cache.Place) (cache.Place, error) {
	p, err := c.readPage(ctx, s, at.History, wire.Page{})
	if err != nil {
		return at, c.startOver(ctx, at, err)
	}
	a, err := c.cache.Jump(ctx, at.History, p.low, p.high, p.entries)
	if err != nil {
		return at, err
	}
	c.log.Info("far behind: read the newest page first", "records", p.high-at.Seq)
	c.notify(FeedChanged)
	return a.Place, nil
}

// look answers a query from the cache, after reading what the cache jumped over
// of what the answer spans, as far as the server is reached and within bounds.
func (c *Client) look(ctx context.Context, q cache.Query) ([]cache.Row, error) {
	most := pagesPerLook
	if q.Authors != nil || q.Words != "" {
		most = pagesPerWideLook
	}
	for n := 0; ; n++ {
		rows, err := c.cache.Find(ctx, q)
		if err != nil {
			return nil, err
		}
		before, err := c.nextPage(ctx, q, rows)
		if err != nil {
			return nil, err
		}
		if before == 0 || n == most || !c.fill(ctx, before) {
			return rows, nil
		}
	}
}

// nextPage tells below which seq to read, for the answer to have no gap in it; 0
// if it has none.
func (c *Client) nextPage(ctx context.Context, q cache.Query, rows []cache.Row) (before uint64, err error) {
	gaps, err := c.cache.Gaps(ctx)
	if err != nil || len(gaps) == 0 || q.Limit <= 0 {
		return 0, err
	}
	// The answer spans everything above low and below high.
	low, high := q.After, q.Before
	if high == 0 {
		high = gaps[0].High + 1
	}
	if len(rows) >= q.Limit {
		if last := rows[len(rows)-1].Seq; q.Oldest {
			high = min(high, last)
		} else {
			low = max(low, last)
		}
	}
	for _, g := range gaps { // newest first
		if g.High <= low || g.Low >= high {
			continue
		}
		if before = min(g.High+1, high); q.Oldest {
			// The page that begins where the gap does: each place holds one record at most.
			before = min(before, max(g.Low, low+1)+protocol.MaxPage)
			continue // and of the lowest gap
		}
		return before, nil
	}
	return before, nil
}

// fill reads one page of what the cache jumped over. It tells whether the cache
// may hold more now.
func (c *Client) fill(ctx context.Context, before uint64) bool {
	s := c.reachable(ctx)
	if s == nil {
		return false
	}
	select {
	case c.gaps.one <- struct{}{}:
		defer func() { <-c.gaps.one }()
	case <-ctx.Done():
		return false
	}
	if c.gaps.paused(c.now()) {
		return false
	}
	at, ok, err := c.cache.Place(ctx)
	if err != nil || !ok || at.Server != s.Info.Server {
		return false
	}
	p, err := c.readPage(ctx, s, at.History, wire.Page{Before: before})
	var a cache.Appended
	if err == nil {
		a, err = c.cache.Fill(ctx, at.History, p.low, p.high, p.entries)
	}
	if err != nil {
		c.warn(ctx, "the feed's past cannot be read now", err)
		c.gaps.setPause(c.now().Add(max(fillPause, wire.RetryAfter(err))))
		return false
	}
	if a.Visible {
		c.notify(FeedChanged)
	}
	return true
}

func (f *filler) paused(now time.Time) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return now.Before(f.pause)
}

func (f *filler) setPause(until time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.pause = until
}

// reachable is the server if this client is connected, else nil: looking at the
// feed does not wait for a connection.
func (c *Client) reachable(ctx context.Context) *server {
	if s := c.link.get(); s != nil {
		return s
	}
	if online, _ := c.streams.isOnline(); online {
		if s, err := c.reach(ctx); err == nil {
			return s
		}
	}
	return nil
}

// maxCommentPages bounds how many pages of one post's comments are read at once.
const maxCommentPages = commentsShown / protocol.MaxPage

// fetchComments reads the newest comments on a post from the server, where some
// may stand among what the cache jumped over.
func (c *Client) fetchComments(ctx context.Context, post Item) {
	gaps, err := c.cache.Gaps(ctx)
	s := c.reachable(ctx)
	if err != nil || s == nil || len(gaps) == 0 || gaps[0].High < post.Seq || c.gaps.paused(c.now()) {
		return
	}
	at, _, err := c.cache.Place(ctx)
	for n, before := 0, gaps[0].High+1; err == nil && n < maxCommentPages && before > post.Seq; n++ {
		var p page
		p, err = c.readPage(ctx, s, at.History, wire.Page{Before: before, Kind: protocol.KindComment, Target: &post.ID})
		if err == nil {
			_, err = c.cache.FillSome(ctx, at.History, p.entries)
		}
		before = p.low
	}
	if err != nil {
		c.warn(ctx, "a post's older comments cannot be read now", err)
		c.gaps.setPause(c.now().Add(max(fillPause, wire.RetryAfter(err))))
	}
}

const (
	unswept = "deletions among what was not read cannot be read now"
	// Between one sweep and the next one, a client that stays connected pauses.
	sweepPause = time.Second
)

// keepSweeping sweeps until nothing is left, or something keeps it from going on.
func (c *Client) keepSweeping(ctx context.Context, s *server, h cache.History) {
	for more := true; more && ctx.Err() == nil; {
		var err error
		if more, err = c.sweep(ctx, s, h); err != nil {
			c.warn(ctx, unswept, err)
			return
		}
		if more {
			c.pause(ctx, sweepPause, nil)
		}
	}
}

// sweepOnce sweeps as much as a command has time for.
func (c *Client) sweepOnce(ctx context.Context, ss *session) {
	limited, cancel := context.WithTimeout(ctx, stallAfter)
	defer cancel()
	_, err := c.sweep(limited, ss.server, ss.place.History)
	c.warn(ctx, unswept, err)
}

// sweep reads the deletions among what the cache jumped over, so that nothing
// older stays on the screen that its author took back meanwhile: the newest
// pagesPerLook pages of them. more tells that there are others, which the next
// sweep reads. What the operator took down meanwhile is told on the stream only,
// which was jumped over: such a record stays in this cache until the feed starts
// over.
func (c *Client) sweep(ctx context.Context, s *server, h cache.History) (more bool, err error) {
	gaps, err := c.cache.Unswept(ctx)
	if err != nil {
		return false, err
	}
	pages := 0
	for _, g := range gaps {
		for before := g.High + 1; before > g.Low; pages++ {
			if pages == pagesPerLook {
				return true, nil
			}
			p, err := c.readPage(ctx, s, h, wire.Page{Before: before, Kind: protocol.KindDeletion})
			if err != nil {
				return false, err
			}
			a, err := c.cache.FillSome(ctx, h, p.entries)
			if err != nil {
				return false, err
			}
			if a.Visible {
				c.notify(FeedChanged)
			}
			low := max(p.low, g.Low)
			if err := c.cache.Swept(ctx, h, cache.Gap{Low: low, High: before - 1}); err != nil {
				return false, err
			}
			before = low
		}
	}
	return false, nil
}
