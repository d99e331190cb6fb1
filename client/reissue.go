package client

import (
	"context"

	"p4p/localmap"
	"p4p/protocol"
)

// RefuseAndReissue is [Client.Refuse] for an invite that somebody unexpected has
// used: it is burnt, and a new one for the same name takes its place in the same
// step. Codes as there, and server_unreachable.
func (c *Client) RefuseAndReissue(ctx context.Context, f protocol.UUID) (Friendship, Invite, error) {
	refused, made, err := c.replace(ctx, f, func(r *localmap.Friendship) error {
		if r.Role != protocol.RoleInviter || r.State != localmap.StateAccepted {
			return wrongState(*r, "can be refused once somebody accepted your invite, and until you confirm")
		}
		c.become(r, localmap.StateRefused)
		return c.sealEnd(r, r.OwnN+1)
	})
	if err != nil {
		return Friendship{}, Invite{}, err
	}
	return friendshipOf(refused), inviteOf(made), nil
}

// Reissue makes a new invite for the name of one that is open, expired, revoked or was
// refused. An open one is revoked in the same step: its link opens nothing any more once
// the server knows. What is over is forgotten. Codes: unknown_friendship, wrong_state,
// server_unreachable.
func (c *Client) Reissue(ctx context.Context, f protocol.UUID) (Invite, error) {
	old, made, err := c.replace(ctx, f, func(r *localmap.Friendship) error {
		switch {
		case r.Role != protocol.RoleInviter:
		case r.State == localmap.StateInvited:
			return c.revoke(r)
		case r.State == localmap.StateExpired, r.State == localmap.StateRevoked, r.State == localmap.StateRefused:
			return nil
		}
		return wrongState(*r, "is no invite that could be made anew")
	})
	if err != nil {
		return Invite{}, err
	}
	if !isLive(old.State) && old.Pending == localmap.CallNone { // else it is forgotten by hand
		c.warn(ctx, "an invite that is over cannot be forgotten now", c.forget(ctx, f))
		c.notify(friendshipChanged)
	}
	return inviteOf(made), nil
}

// replace changes a friendship and puts a new invite for the same name beside it, in one
// step, and tells the server of both.
func (c *Client) replace(ctx context.Context, f protocol.UUID, change func(*localmap.Friendship) error) (old, made localmap.Friendship, err error) {
	s, err := c.reach(ctx)
	if err != nil {
		return old, made, err
	}
	info, err := c.freshInfo(ctx, s)
	if err != nil {
		return old, made, err
	}
	old, made, err = c.local.ReplaceFriendship(ctx, f, func(r *localmap.Friendship) (localmap.Friendship, error) {
		fresh, err := c.reissue(s, info, c.local.Key(), *r)
		if err != nil {
			return fresh, err
		}
		return fresh, change(r)
	})
	if err != nil {
		return old, made, err
	}
	c.passing(refusing, stored)
	c.notify(friendshipChanged)
	for _, r := range []*localmap.Friendship{&old, &made} {
		after, err := c.complete(ctx, r.ID)
		c.warn(ctx, "an invite cannot be replaced now", err)
		if err == nil || after.Pending != localmap.CallNone {
			*r = after
		}
	}
	return old, made, nil
}
