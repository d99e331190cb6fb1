package client

import (
	"context"
	"strings"

	"p4p/localmap"
	"p4p/plain"
)

// ended tells, in one warning, of the friendships that the other side ended and whose
// names are still there, but for those that their owner has seen.
func (c *Client) ended(ctx context.Context, seen string) ([]Warning, error) {
	over, err := c.endedNow(ctx)
	if err != nil {
		return nil, err
	}
	w := Warning{Kind: FriendshipEnded}
	var names, ids []string
	for _, f := range over {
		id := f.Friendship.String()
		ids = append(ids, id)
		if strings.Contains(seen, id) {
			continue
		}
		names = append(names, plain.Line(f.Name).String())
		w.Friendships = append(w.Friendships, f.Friendship)
	}
	if len(names) == 0 {
		return nil, nil
	}
	w.seen = strings.Join(ids, " ")
	w.Text = strings.Join(names, ", ") + " ended the friendship: the name stays on those posts until you remove it from your friends. They still know which posts are yours."
	return []Warning{w}, nil
}

// endedNow are the friendships that the other side ended and that carry a name.
func (c *Client) endedNow(ctx context.Context) ([]Friendship, error) {
	return c.friendships(ctx, func(r localmap.Friendship) bool { return r.State == localmap.StateEnded && r.Named })
}
