package client

import (
	"context"

	"p4p/client/wire"
	"p4p/protocol"
)

// Forgotten is what became of one's own records.
type Forgotten struct {
	Deleted int // by the server, as of now
	Waiting int // in the outbox, deleted when the server is reached
}

// ForgetAll deletes all that this profile ever posted or commented, under all its
// keys: what the server lists, and what waits in the outbox. Each deletion is in
// the outbox before the next is made, so that a call which is cut off, or the next
// one, goes on where it stopped. Codes: as [Client.Connect]; those of a deletion.
func (c *Client) ForgetAll(ctx context.Context) (Forgotten, error) {
	var done Forgotten
	s, err := c.reach(ctx)
	if err != nil {
		return done, err
	}
	held, err := c.local.OutboxList(ctx)
	if err != nil {
		return done, err
	}
	ids := make([]protocol.UUID, len(held))
	for i, o := range held {
		ids[i] = o.ID
	}
	if _, err := c.local.Release(ctx, ids); err != nil { // what could still be undone is not any more
		return done, err
	}
	waiting, err := c.Outbox(ctx)
	if err != nil {
		return done, err
	}
	going := map[protocol.UUID]bool{} // are deleted already
	for _, i := range waiting {
		switch {
		case i.Kind == protocol.KindDeletion && i.Pending.Refused == nil:
			going[i.Target] = true
		case i.Kind != protocol.KindDeletion && i.Pending.Refused != nil:
			if err := c.Discard(ctx, i.ID); err != nil && protocol.CodeOf(err) != protocol.CodeUnknownRecord {
				return done, err
			}
			done.Deleted++
		}
	}
	if _, err := c.send(ctx); err != nil && err != errBusy { //nolint:errorlint // this very value
		return done, err
	}
	for _, key := range c.ownKeys() {
		err := c.eachOf(ctx, s, key, func(id protocol.UUID) error {
			if going[id] {
				return nil
			}
			going[id] = true
			sent, err := c.Delete(ctx, id)
			switch code := protocol.CodeOf(err); {
			case code == protocol.CodeDeleted, code == protocol.CodeUnknownRecord:
				return nil
			case err != nil:
				return err
			case sent.Seq != nil:
				done.Deleted++
			default:
				done.Waiting++
			}
			return nil
		})
		if err != nil {
			return done, err
		}
	}
	return done, nil
}

// eachOf walks through the posts and comments of one key that the server holds,
// the newest first. What does not verify is not this key's.
func (c *Client) eachOf(ctx context.Context, s *server, key protocol.PublicKey, f func(id protocol.UUID) error) error {
	author := key.UUID()
	for before := uint64(0); ; {
		page, err := s.Records(ctx, wire.Page{Author: &author, Before: before, Limit: protocol.MaxPage})
		if err != nil {
			return c.heard(s, err)
		}
		entries, err := c.verify(page.Events, s.Info.Server)
		if err != nil {
			return err
		}
		for _, e := range entries {
			if e.Record.Author != key || e.Kind != protocol.EventPost && e.Kind != protocol.EventComment {
				continue
			}
			if err := f(e.Record.ID); err != nil {
				return err
			}
		}
		if page.Before == nil {
			return nil
		}
		before = *page.Before
	}
}
