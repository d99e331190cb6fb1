package client

import (
	"context"

	"p4p/protocol"
)

// Known are those of some records that this machine has, by UUID, such as what the
// comments and deletions in the outbox are about. It asks no server.
func (c *Client) Known(ctx context.Context, ids []protocol.UUID) (map[protocol.UUID]Item, error) {
	w, err := c.waiting(ctx)
	if err != nil {
		return nil, err
	}
	found := make(map[protocol.UUID]Item, len(ids))
	for _, id := range ids {
		if i, waits := w.get(id); waits {
			found[id] = i
			continue
		}
		row, ok, _, err := c.cache.Get(ctx, id)
		if err != nil {
			return nil, err
		}
		if ok {
			found[id] = c.item(row)
		}
	}
	return found, nil
}
