package client

import (
	"context"
	"slices"
	"time"

	"p4p/protocol"
)

// markSetting, and a post's UUID, keeps since when it is bookmarked: in the local map,
// so that it is in a backup and told to nobody.
const markSetting = "bookmark:"

// Bookmark keeps a post to come back to, or with on false no longer. Codes:
// unknown_record for what waits in the outbox.
func (c *Client) Bookmark(ctx context.Context, post protocol.UUID, on bool) error {
	since := ""
	if on {
		if _, err := c.record(ctx, post); err != nil {
			return err
		}
		since = c.now().UTC().Format(time.RFC3339Nano)
	}
	if err := c.local.SetSetting(ctx, markSetting+post.String(), since); err != nil {
		return err
	}
	c.notify(FeedChanged)
	return nil
}

// bookmarked are all bookmarked posts, with the time of each.
func (c *Client) bookmarked(ctx context.Context) (map[protocol.UUID]string, error) {
	stored, err := c.local.Settings(ctx, markSetting)
	if err != nil || len(stored) == 0 {
		return nil, err
	}
	marks := make(map[protocol.UUID]string, len(stored))
	for name, since := range stored {
		if id, err := protocol.ParseUUID(name); err == nil {
			marks[id] = since
		}
	}
	return marks, nil
}

// Bookmarks are the bookmarked posts, the one marked last first. What was deleted
// meanwhile is forgotten; what cannot be read now is left out.
func (c *Client) Bookmarks(ctx context.Context) ([]Item, error) {
	marks, err := c.bookmarked(ctx)
	if err != nil {
		return nil, err
	}
	unheard, err := c.unheard(ctx)
	if err != nil {
		return nil, err
	}
	var items []Item
	for id := range marks {
		row, err := c.record(ctx, id)
		switch code := protocol.CodeOf(err); {
		case code == protocol.CodeDeleted:
			c.warn(ctx, "a bookmark cannot be forgotten", c.local.SetSetting(ctx, markSetting+id.String(), ""))
			continue
		case err != nil:
			continue
		}
		if unheard.Authors[row.Author] || unheard.Records[row.ID] {
			continue
		}
		i := c.item(row)
		i.Bookmarked = true
		items = append(items, i)
	}
	slices.SortFunc(items, func(a, b Item) int {
		if marks[a.ID] != marks[b.ID] {
			if marks[a.ID] > marks[b.ID] {
				return -1
			}
			return 1
		}
		return slices.Compare(a.ID[:], b.ID[:])
	})
	return items, nil
}

// marked notes which of the items are bookmarked.
func (c *Client) marked(ctx context.Context, items []Item) ([]Item, error) {
	marks, err := c.bookmarked(ctx)
	for n, i := range items {
		if _, ok := marks[i.ID]; ok {
			items[n].Bookmarked = true
		}
	}
	return items, err
}
