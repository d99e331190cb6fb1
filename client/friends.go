package client

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"p4p/localmap"
	"p4p/protocol"
)

// friendshipChanged is what may look different after any step of a friendship.
const friendshipChanged = FriendsChanged | NoticesChanged | LabelsChanged

// Friendships is every device of every contact, open invites included.
func (c *Client) Friendships(ctx context.Context) ([]Friendship, error) {
	return c.friendships(ctx, func(localmap.Friendship) bool { return true })
}

// Notices are the acceptances that wait for an answer: [Client.Confirm] or
// [Client.Refuse]. They wait through restarts.
func (c *Client) Notices(ctx context.Context) ([]Friendship, error) {
	return c.friendships(ctx, func(r localmap.Friendship) bool {
		return r.State == localmap.StateAccepted && r.Role == protocol.RoleInviter
	})
}

func (c *Client) friendships(ctx context.Context, wanted func(localmap.Friendship) bool) ([]Friendship, error) {
	rows, err := c.local.Friendships(ctx)
	if err != nil {
		return nil, err
	}
	var list []Friendship
	for _, r := range rows {
		if r.State != localmap.StateRemoved && wanted(r) {
			list = append(list, friendshipOf(r))
		}
	}
	return list, nil
}

// friendshipOf is a row as its owner sees it. One that was removed shows as
// ended: by this side.
func friendshipOf(r localmap.Friendship) Friendship {
	f := Friendship{
		Name:       r.Name,
		Friendship: r.ID,
		State:      FriendState(r.State),
		Inviter:    r.Role == protocol.RoleInviter,
		Verified:   r.Verified,
		Since:      r.Since,
		Unsent:     r.Pending != localmap.CallNone,
		Refusal:    r.Refusal,
	}
	if key := otherKey(r); !key.IsZero() {
		id := key.UUID()
		f.UUID, f.SafetyNumber = &id, r.Parties.SafetyNumber()
	}
	if r.State == localmap.StateInvited && !r.Expires.IsZero() {
		at := r.Expires
		f.ExpiresAt = &at
	}
	if r.State == localmap.StateRemoved {
		f.State = StateEnded
	}
	return f
}

// otherKey is the other side's present signing key, zero until it is known.
func otherKey(r localmap.Friendship) protocol.PublicKey {
	if n := len(r.Seen.Steps); n > 0 {
		return r.Seen.Steps[n-1].Key
	}
	if r.Role == protocol.RoleInviter {
		return r.Parties.Invitee.Key
	}
	return r.Parties.Inviter.Key
}

// Find is the friendship that a person means by a contact's name or by the
// friendship's UUID. Of a name's friendships those that live come before those
// that are over. Codes: unknown_name, unknown_friendship, ambiguous.
func (c *Client) Find(ctx context.Context, nameOrFriendship string) (Friendship, error) {
	if id, err := protocol.ParseUUID(strings.ToLower(nameOrFriendship)); err == nil {
		return c.find(ctx, id)
	}
	contact, err := c.local.ContactByName(ctx, nameOrFriendship)
	if err != nil {
		return Friendship{}, err
	}
	all, err := c.friendships(ctx, func(r localmap.Friendship) bool { return r.Contact == contact.ID })
	if err != nil {
		return Friendship{}, err
	}
	var live []Friendship
	for _, f := range all {
		if isLive(localmap.State(f.State)) {
			live = append(live, f)
		}
	}
	if len(live) == 0 {
		live = all
	}
	switch len(live) {
	case 0:
		return Friendship{}, protocol.Errorf(protocol.CodeUnknownName,
			"%s is in your phone book, but there is no friendship yet: make an invite first.", contact.Name)
	case 1:
		return live[0], nil
	}
	return Friendship{}, ambiguous(fmt.Sprintf("%s has %d devices", contact.Name, len(live)), live)
}

// FindInvite is the open invite that a person means by a contact's name or by the
// friendship's UUID. A name without an open one means what [Client.Find] finds. Codes:
// unknown_name, unknown_friendship, ambiguous, wrong_state.
func (c *Client) FindInvite(ctx context.Context, nameOrFriendship string) (Friendship, error) {
	f, err := c.Find(ctx, nameOrFriendship)
	if protocol.CodeOf(err) != protocol.CodeAmbiguous {
		return f, err
	}
	contact, err := c.local.ContactByName(ctx, nameOrFriendship)
	if err != nil {
		return Friendship{}, err
	}
	open, err := c.friendships(ctx, func(r localmap.Friendship) bool {
		return r.Contact == contact.ID && r.State == localmap.StateInvited
	})
	switch {
	case err != nil:
		return Friendship{}, err
	case len(open) == 0:
		return Friendship{}, protocol.Errorf(protocol.CodeWrongState, "There is no open invite for %s.", contact.Name)
	case len(open) > 1:
		return Friendship{}, ambiguous(fmt.Sprintf("There are %d open invites for %s", len(open), contact.Name), open)
	}
	return open[0], nil
}

// ambiguous names the friendships among which to choose; why is the beginning of the
// sentence.
func ambiguous(why string, among []Friendship) error {
	var ids strings.Builder
	for _, f := range among {
		fmt.Fprintf(&ids, " %s (%s)", f.Friendship, f.State)
	}
	return protocol.Errorf(protocol.CodeAmbiguous, "%s: give the friendship's UUID instead of the name, one of%s.", why, ids.String())
}

func (c *Client) find(ctx context.Context, f protocol.UUID) (Friendship, error) {
	r, err := c.local.Friendship(ctx, f)
	switch {
	case err != nil:
		return Friendship{}, err
	case r.State == localmap.StateRemoved:
		return Friendship{}, protocol.Errorf(protocol.CodeUnknownFriendship, "This friendship was removed.")
	}
	return friendshipOf(r), nil
}

// isLive tells whether a friendship in this state can still change by what the
// other side does.
func isLive(s localmap.State) bool {
	return s == localmap.StateInvited || s == localmap.StateAccepted || s == localmap.StateFriend
}

// Refuse answers a notice with no: the name never stands for that key, and the
// other side sees the friendship ended. Codes: unknown_friendship, wrong_state.
func (c *Client) Refuse(ctx context.Context, f protocol.UUID) (Friendship, error) {
	return c.step(ctx, f, func(r *localmap.Friendship) error {
		switch {
		case r.State == localmap.StateRefused:
			return errUnchanged
		case r.Role != protocol.RoleInviter || r.State != localmap.StateAccepted:
			return wrongState(*r, "can be refused once somebody accepted your invite, and until you confirm")
		}
		c.become(r, localmap.StateRefused)
		return c.sealEnd(r, r.OwnN+1)
	})
}

// Remove takes a friendship away, and its name off that device's posts, at once;
// the other side sees it ended. An open invite is revoked instead; what is over
// is only forgotten. The contact stays in the phone book. The answer is the
// friendship as it was last: ended, or the state that it was over by.
func (c *Client) Remove(ctx context.Context, f protocol.UUID) (Friendship, error) {
	forget := false
	removed, err := c.step(ctx, f, func(r *localmap.Friendship) error {
		switch {
		case r.State == localmap.StateInvited:
			return c.revoke(r)
		case r.State == localmap.StateRemoved:
			return errUnchanged
		case !isLive(r.State) && r.Pending == localmap.CallNone:
			forget = true
			return errUnchanged
		case !isLive(r.State): // over, but the server is still to be told
			c.become(r, localmap.StateRemoved)
			return nil
		}
		c.become(r, localmap.StateRemoved)
		return c.sealEnd(r, r.OwnN+1)
	})
	if err != nil || !forget {
		return removed, err
	}
	if err := c.forget(ctx, f); err != nil {
		return Friendship{}, err
	}
	c.notify(friendshipChanged)
	return removed, nil
}

// forget deletes a row, which another process may have deleted before.
func (c *Client) forget(ctx context.Context, f protocol.UUID) error {
	err := c.local.DeleteFriendship(ctx, f)
	if protocol.CodeOf(err) == protocol.CodeUnknownFriendship {
		return nil
	}
	return err
}

// step changes a friendship, which may make the server owed a call, and makes
// that call. It is not an error if the server is not reached: the call stays owed
// then and the answer is Unsent.
func (c *Client) step(ctx context.Context, f protocol.UUID, change func(*localmap.Friendship) error) (Friendship, error) {
	row, err := c.update(ctx, f, change)
	return c.stepped(ctx, row, err)
}

// stepped makes the call that a changed friendship owes.
func (c *Client) stepped(ctx context.Context, row localmap.Friendship, err error) (Friendship, error) {
	if err != nil {
		return Friendship{}, err
	}
	if row.Pending == localmap.CallNone {
		return friendshipOf(row), nil
	}
	paidFor, err := c.complete(ctx, row.ID)
	switch {
	case err == nil, paidFor.Pending != localmap.CallNone:
		return friendshipOf(paidFor), nil
	case row.State == localmap.StateRemoved && protocol.CodeOf(err) == protocol.CodeUnknownFriendship:
		paid(&row) // by another process, which buried it
		return friendshipOf(row), nil
	}
	return Friendship{}, err
}

// errUnchanged ends a change that finds nothing to do.
var errUnchanged = errors.New("nothing to change")

// update changes a row in one transaction and tells the subscribers. change sees
// the row as it is inside the transaction; with errUnchanged it leaves it so.
func (c *Client) update(ctx context.Context, f protocol.UUID, change func(*localmap.Friendship) error) (localmap.Friendship, error) {
	row, err := c.local.UpdateFriendship(ctx, f, change)
	return c.updated(ctx, f, row, err)
}

// updated reads the row that a change left as it was, and tells the subscribers of
// another.
func (c *Client) updated(ctx context.Context, f protocol.UUID, row localmap.Friendship, err error) (localmap.Friendship, error) {
	switch {
	case errors.Is(err, errUnchanged):
		return c.local.Friendship(ctx, f)
	case err == nil:
		c.notify(friendshipChanged)
	}
	return row, err
}

// become gives a row another state.
func (c *Client) become(r *localmap.Friendship, s localmap.State) {
	r.State, r.Since = s, c.now()
}

func wrongState(r localmap.Friendship, when string) error {
	return protocol.Errorf(protocol.CodeWrongState, "The friendship with %s is %s: it %s.", r.Name, friendshipOf(r).State, when)
}
