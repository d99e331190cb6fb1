package client

import (
	"context"
	"time"

	"p4p/client/cache"
)

// lookForTwin notes the first record among some of the log that is this profile's
// and was not made here. It asks the files only about one's own records.
func (c *Client) lookForTwin(ctx context.Context, entries []cache.Entry) {
	for _, e := range entries {
		r := e.Record
		if !c.local.Own(r.Author) || !r.CreatedAt.After(c.now().Add(-twinAge)) {
			continue
		}
		since, err := c.local.Watch(ctx)
		if err != nil || r.CreatedAt.Before(since) {
			c.warn(ctx, "own records cannot be told from others'", err)
			continue
		}
		made, err := c.local.Made(ctx, r.ID)
		if err != nil || made {
			c.warn(ctx, "own records cannot be told from others'", err)
			continue
		}
		c.warn(ctx, "a warning cannot be stored", c.warnOf(ctx, AnotherMachine, r.CreatedAt))
		return
	}
}

// twinAge bounds how old a record may be that tells of another machine: older
// ones come when a feed is loaded anew.
const twinAge = 60 * 24 * time.Hour
