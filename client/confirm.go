package client

import (
	"context"

	"p4p/localmap"
	"p4p/protocol"
)

// Confirm answers a notice with yes: from now on the name stands for the key that
// accepted, on every post, the past included. While the server is not reached the
// friendship is Unsent and confirmed later.
//
// Codes: name_taken when another device's posts show the name already, which
// [Client.ConfirmDevice] and [Client.ConfirmAs] decide; unknown_friendship,
// wrong_state, ended.
func (c *Client) Confirm(ctx context.Context, f protocol.UUID) (Friendship, error) {
	return c.confirm(ctx, f, localmap.Naming{})
}

// ConfirmDevice is [Client.Confirm] for one more device of a person who may have some
// already.
func (c *Client) ConfirmDevice(ctx context.Context, f protocol.UUID) (Friendship, error) {
	return c.confirm(ctx, f, localmap.Naming{Consent: SamePerson})
}

// ConfirmAs is [Client.Confirm] for one who turned out to be somebody else than the
// person of the invite's name: they get a name of their own. Codes: those of Confirm,
// bad_name, name_taken for a name that is not free, and looks_like without
// [LookAlike].
func (c *Client) ConfirmAs(ctx context.Context, f protocol.UUID, name string, consent ...Consent) (Friendship, error) {
	name, err := localmap.CheckName(name)
	if err != nil {
		return Friendship{}, err
	}
	as := localmap.Naming{Name: name}
	for _, to := range consent {
		as.Consent |= to
	}
	return c.confirm(ctx, f, as)
}

func (c *Client) confirm(ctx context.Context, f protocol.UUID, as localmap.Naming) (Friendship, error) {
	if err := c.oneName(ctx, f); err != nil {
		return Friendship{}, err
	}
	row, err := c.local.ConfirmFriendship(ctx, f, as, func(r *localmap.Friendship) error {
		switch {
		case r.Role == protocol.RoleInviter && r.State == localmap.StateFriend && as.Name == "":
			return errUnchanged // done before, perhaps by another process
		case r.Role != protocol.RoleInviter || r.State != localmap.StateAccepted:
			return wrongState(*r, "can be confirmed once somebody accepted your invite")
		}
		c.become(r, localmap.StateFriend)
		return c.sealOwn(r, c.local.OwnKeys(), r.OwnN+1)
	})
	row, err = c.updated(ctx, f, row, err)
	return c.stepped(ctx, row, err)
}

// oneName refuses to give a second name to a key that carries another contact's.
func (c *Client) oneName(ctx context.Context, f protocol.UUID) error {
	r, err := c.local.Friendship(ctx, f)
	if err != nil {
		return err
	}
	if l, ok := c.local.Label(otherKey(r)); ok && l.Contact != r.Contact && r.State == localmap.StateAccepted {
		return protocol.Errorf(protocol.CodeWrongState,
			"The device that accepted the invite for %s is known to you as %s already: refuse it, or remove %s first.", r.Name, l.Name, l.Name)
	}
	return nil
}
