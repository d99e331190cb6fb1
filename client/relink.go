package client

import (
	"context"

	"p4p/localmap"
	"p4p/protocol"
)

// Relink makes the links of the open invites lead to where others reach the server
// now, as it says itself. The secrets stay, so that whoever has an old link and
// reaches the server by it can use that as well. It is for whoever changed how the
// server is reached; where the server tells a public address, every connection does
// it. Codes: those of [Client.Connect].
func (c *Client) Relink(ctx context.Context) error {
	s, err := c.reach(ctx)
	if err != nil {
		return err
	}
	info, err := s.Client.Info(ctx)
	if err != nil {
		return c.heard(s, err)
	}
	return c.relink(ctx, s, info)
}

func (c *Client) relink(ctx context.Context, s *server, info protocol.Info) error {
	host, p := c.linkHost(s, info)
	pin := pinString(p)
	rows, err := c.local.Friendships(ctx)
	if err != nil {
		return err
	}
	stale := func(r localmap.Friendship) bool {
		return r.Role == protocol.RoleInviter && r.State == localmap.StateInvited &&
			r.Server == info.Server && (r.ServerURL != host || r.Pin != pin)
	}
	for _, r := range rows {
		if !stale(r) {
			continue
		}
		_, err := c.update(ctx, r.ID, func(r *localmap.Friendship) error {
			if !stale(*r) {
				return errUnchanged
			}
			r.ServerURL, r.Pin = host, pin
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
