package client

import (
	"context"
	"slices"

	"p4p/client/cache"
	"p4p/protocol"
)

// Unread is what of a view its reader has not seen.
type Unread struct {
	Place uint64 // the seq up to which it was read
	Count int    // of others' posts behind it that this client has; for Replies, comments
}

// Unread tells how much of a view is unread, counting up to most. The place is
// kept with the profile. A view that was never read, or of another history, is
// read up to where the feed stands once it has caught up.
func (c *Client) Unread(ctx context.Context, v View, most int) (Unread, error) {
	at, known, err := c.cache.Place(ctx)
	if err != nil || !known || v == Mine {
		return Unread{Place: at.Seq}, err
	}
	place, ok, err := c.readPlace(ctx, v, at.Epoch)
	if err != nil {
		return Unread{}, err
	}
	if !ok {
		if c.Status().Connection == Online {
			err = c.local.SetSetting(ctx, readSetting(v), at.Cursor().String())
		}
		return Unread{Place: at.Seq}, err
	}
	unheard, err := c.unheard(ctx)
	if err != nil {
		return Unread{}, err
	}
	q := cache.Query{PostsOnly: true, After: place, Limit: most, Except: unheard}
	var rows []cache.Row
	if v == Replies {
		rows, err = c.replyRows(ctx, q)
	} else if q.Authors, err = c.authors(ctx, v, nil, at.Epoch); err == nil {
		rows, err = c.cache.Find(ctx, q)
	}
	if err != nil {
		return Unread{}, err
	}
	rows = slices.DeleteFunc(rows, func(r cache.Row) bool { return c.local.Own(r.Author) })
	return Unread{place, len(rows)}, nil
}

// MarkRead keeps that a view was read up to a place. It never goes back.
func (c *Client) MarkRead(ctx context.Context, v View, seq uint64) error {
	at, known, err := c.cache.Place(ctx)
	if err != nil || !known {
		return err
	}
	if place, ok, err := c.readPlace(ctx, v, at.Epoch); err != nil || ok && place >= seq {
		return err
	}
	return c.local.SetSetting(ctx, readSetting(v), protocol.Cursor{Epoch: at.Epoch, Seq: min(seq, at.Seq)}.String())
}

const readPrefix = "read:"

func readSetting(v View) string {
	return readPrefix + viewNames[v]
}

func (c *Client) readPlace(ctx context.Context, v View, epoch protocol.UUID) (seq uint64, ok bool, err error) {
	s, err := c.local.Setting(ctx, readSetting(v))
	if err != nil || s == "" {
		return 0, false, err
	}
	at, err := protocol.ParseCursor(s)
	if err != nil || at.Epoch != epoch {
		return 0, false, nil //nolint:nilerr // a place that means nothing is none
	}
	return at.Seq, true, nil
}

// replies is a page of the view Replies, like [Client.Timeline].
func (c *Client) replies(ctx context.Context, q Query) ([]Item, error) {
	unheard, err := c.unheard(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := c.replyRows(ctx, cache.Query{Except: unheard, Before: q.Before, After: q.After, Limit: q.Limit, Oldest: q.After > 0})
	if err != nil {
		return nil, err
	}
	if q.After > 0 {
		slices.Reverse(rows)
	}
	waiting, err := c.waiting(ctx)
	if err != nil {
		return nil, err
	}
	return c.items(waiting.without(rows)), nil
}

func (c *Client) replyRows(ctx context.Context, q cache.Query) ([]cache.Row, error) {
	var own []cache.Author
	for _, k := range c.ownKeys() {
		own = append(own, cache.Author{Key: k, Upto: cache.All})
	}
	return c.cache.Replies(ctx, own, q)
}
