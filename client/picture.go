package client

import (
	"context"
	"errors"
	"sync"

	"p4p/protocol"
)

// maxFlights bounds the pictures that are loaded at once.
const maxFlights = 4

// flights are the pictures being loaded, each once however many ask for it.
type flights struct {
	mu   sync.Mutex
	all  map[protocol.BlobID]*flight
	room chan struct{}
}

type flight struct {
	done  chan struct{}
	bytes []byte
	err   error
}

// Picture gives a picture's bytes: from the outbox, the cache or the server. They
// are a JPEG or PNG with no more in it than pixels (protocol.CheckPicture), of the
// size that the record says. Codes: unknown_blob, bad_picture, server_unreachable.
func (c *Client) Picture(ctx context.Context, i protocol.Image) ([]byte, error) {
	b, err := c.cache.Picture(ctx, i.Blob, c.now())
	if err == nil && b == nil {
		b, err = c.loadPicture(ctx, i)
	}
	if err != nil {
		return nil, err
	}
	return b, fits(b, i)
}

// fits checks a picture against the record that names it.
func fits(b []byte, i protocol.Image) error {
	info, err := protocol.CheckPicture(b)
	if err != nil {
		return err
	}
	if protocol.BlobOf(b) != i.Blob || info.Width != i.Width || info.Height != i.Height {
		return protocol.Errorf(protocol.CodeBadPicture, "The picture is not the one that its post names: %d x %d pixels instead of %d x %d.",
			info.Width, info.Height, i.Width, i.Height)
	}
	return nil
}

// loadPicture loads a picture, or waits for whoever loads it already.
func (c *Client) loadPicture(ctx context.Context, i protocol.Image) ([]byte, error) {
	for {
		f, mine := c.pictures.join(i.Blob)
		if mine {
			c.fly(ctx, i, f)
			return f.bytes, f.err
		}
		select {
		case <-f.done:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		if f.err == nil || protocol.CodeOf(f.err) != protocol.CodeInternal { // else the other one was cancelled
			return f.bytes, f.err
		}
	}
}

// fly loads a picture for all who wait for it. After a panic they try it themselves.
func (c *Client) fly(ctx context.Context, i protocol.Image, f *flight) {
	defer c.pictures.land(i.Blob, f)
	f.err = errors.New("loading the picture panicked") // unless it ends
	f.bytes, f.err = c.fetchPicture(ctx, i)
}

func (p *flights) join(id protocol.BlobID) (f *flight, mine bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if f := p.all[id]; f != nil {
		return f, false
	}
	if p.all == nil {
		p.all, p.room = map[protocol.BlobID]*flight{}, make(chan struct{}, maxFlights)
	}
	f = &flight{done: make(chan struct{})}
	p.all[id] = f
	return f, true
}

func (p *flights) land(id protocol.BlobID, f *flight) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.all, id)
	close(f.done)
}

func (c *Client) fetchPicture(ctx context.Context, i protocol.Image) ([]byte, error) {
	// Another flight may have landed since the caller looked.
	if b, err := c.cache.Picture(ctx, i.Blob, c.now()); err != nil || b != nil {
		return b, err
	}
	if b, err := c.waitingPicture(ctx, i.Blob); err != nil || b != nil {
		return b, err
	}
	select {
	case c.pictures.room <- struct{}{}:
		defer func() { <-c.pictures.room }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	s, err := c.reach(ctx)
	if err != nil {
		return nil, err
	}
	b, err := s.GetBlob(ctx, i.Blob)
	if err != nil {
		return nil, err
	}
	if err := fits(b, i); err != nil {
		return nil, err
	}
	c.warn(ctx, "a picture cannot be kept", c.cache.KeepPicture(ctx, b, c.now()))
	return b, nil
}

// waitingPicture gives a picture that waits in the outbox, nil if none does.
func (c *Client) waitingPicture(ctx context.Context, id protocol.BlobID) ([]byte, error) {
	w, err := c.waiting(ctx)
	if err != nil {
		return nil, err
	}
	for _, i := range w.items {
		if i.Pending != nil && i.Image != nil && i.Image.Blob == id {
			return c.local.OutboxPicture(ctx, i.ID)
		}
	}
	return nil, nil
}
