package client

import (
	"context"
	"encoding/binary"
	"io"
	"time"

	"p4p/localmap"
	"p4p/protocol"
)

// A change of key happens in one transaction of the local map: from then on this
// profile signs with the next key, the invites that showed the old one are
// withdrawn and made anew, and each remaining friend's mailbox is due to be
// rewritten with the succession. What the server is to hear of it is owed like any
// other step, so that it survives wherever this process dies. The rewriting is
// spread over time, because mailboxes that change together belong together.

const (
	// DefaultSpread is over how long friends are told of a change of key.
	DefaultSpread = 6 * time.Hour
	// respread keeps those apart whose time came while no program ran.
	respread = 10 * time.Minute
	// drainFor is how long a change of key waits for the outbox to be sent.
	drainFor = 30 * time.Second
)

// Rotated is what a change of key did.
type Rotated struct {
	Old, New protocol.UUID
	Told     int      // friends whose mailbox tells of it already
	ToTell   int      // friends who are told later, while this profile is in use
	Invites  []Invite // made anew: their links are to be sent again, the old ones open nothing
}

// Rotate gives this profile a new key. The remaining friends follow, with the name
// they gave; to everybody else, those who were removed included, the new device
// UUID is a stranger. What was written before stays one's own and can be deleted.
// Friends are told at random moments within spread, 0 for at once.
//
// Nothing is changed when it fails. Codes: server_unreachable; other_server;
// wrong_state when nothing was ever done with this key, when something waits in
// the outbox, or when another process was faster; chain_full when a friendship
// has followed as many changes as it can.
func (c *Client) Rotate(ctx context.Context, spread time.Duration) (Rotated, error) {
	if _, err := c.local.Refresh(ctx); err != nil {
		return Rotated{}, err
	}
	if bound, _, _ := c.local.Server(); bound == nil {
		return Rotated{}, protocol.Errorf(protocol.CodeWrongState,
			"This device has not said anything and has no friends yet: nobody could recognise it, so there is nothing to change.")
	}
	// What was accepted meanwhile waits for its answer: it is not withdrawn.
	if err := c.resumeFriendships(ctx); err != nil {
		return Rotated{}, err
	}
	free, err := c.drain(ctx)
	if err != nil {
		return Rotated{}, err
	}
	defer free()
	s, err := c.reach(ctx)
	if err != nil {
		return Rotated{}, err
	}
	info, err := c.freshInfo(ctx, s)
	if err != nil {
		return Rotated{}, err
	}
	keys := c.local.OwnKeys()
	before := keys[len(keys)-1]
	c.passing(rotating, owed)
	var plan localmap.Succession
	err = c.local.Rotate(ctx, localmap.Rotation{From: uint32(len(keys) - 1), Epoch: info.Epoch, Cut: info.Seq},
		func(keys []localmap.OwnKey, rows []localmap.Friendship) (localmap.Succession, error) {
			plan, err = c.succession(s, info, keys, rows, spread)
			return plan, err
		})
	if err != nil {
		return Rotated{}, err
	}
	c.passing(rotating, stored)
	c.notify(friendshipChanged | FeedChanged | StatusChanged)
	result := Rotated{Old: before.Public.UUID(), New: c.local.Key().Public.UUID()}
	for _, r := range append(plan.Changed, plan.Made...) {
		_, err := c.complete(ctx, r.ID)
		c.warn(ctx, "an invite cannot be replaced now", err)
	}
	for _, r := range plan.Made {
		if row, err := c.local.Friendship(ctx, r.ID); err == nil {
			result.Invites = append(result.Invites, inviteOf(row))
		}
	}
	if spread <= 0 {
		c.warn(ctx, "not every friend could be told", c.tellFriends(ctx, true))
	}
	left, err := c.toTell(ctx)
	result.ToTell, result.Told = left, len(plan.Due)-left
	return result, err
}

// drain sends the outbox until nothing waits, and keeps everybody from sending
// until free is called: nothing may go out between the cut and the change.
func (c *Client) drain(ctx context.Context) (free func(), err error) {
	limited, cancel := context.WithTimeout(ctx, drainFor)
	defer cancel()
	for {
		_, err := c.send(limited)
		if err != nil && err != errBusy { //nolint:errorlint // this very value
			return nil, err
		}
		if err == nil {
			if free, err = c.holdOutbox(limited); err != nil || free != nil {
				return free, err
			}
		}
		if limited.Err() != nil {
			return nil, protocol.Errorf(protocol.CodeWrongState, "Another p4p of this profile is sending at the moment: try again.").Because(err)
		}
		c.pause(limited, busyPause, nil)
	}
}

// holdOutbox takes what a sender takes; free is nil when another process has it.
func (c *Client) holdOutbox(ctx context.Context) (free func(), err error) {
	select {
	case c.outgoing.one <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	unlock, ok, err := c.local.LockOutbox()
	if err != nil || !ok {
		<-c.outgoing.one
		return nil, err
	}
	return func() { unlock(); <-c.outgoing.one }, nil
}

// succession is what a change of key makes of the friendships.
func (c *Client) succession(s *server, info protocol.Info, keys []localmap.OwnKey, rows []localmap.Friendship, spread time.Duration) (localmap.Succession, error) {
	plan := localmap.Succession{Due: map[protocol.UUID]time.Time{}}
	for _, r := range rows {
		switch {
		case r.State == localmap.StateInvited:
			made, err := c.reissue(s, info, keys[len(keys)-1].DeviceKey, r)
			if err != nil {
				return plan, err
			}
			if err := c.revoke(&r); err != nil {
				return plan, err
			}
			plan.Changed, plan.Made = append(plan.Changed, r), append(plan.Made, made)
		case isLive(r.State) && r.Keys != nil:
			if _, steps, err := chain(r, keys); err != nil {
				return plan, err
			} else if len(steps) > protocol.MaxSteps {
				return plan, protocol.Errorf(protocol.CodeChainFull,
					"The friendship with %s has followed %d changes of key and can follow no more: remove it and make a new invite for %s first. Nothing was changed.",
					r.Name, protocol.MaxSteps, r.Name)
			}
			wait, err := c.within(spread)
			if err != nil {
				return plan, err
			}
			plan.Due[r.ID] = c.now().Add(wait)
		}
	}
	return plan, nil
}

// reissue makes the invite that takes an open one's place, open for as long as
// that one was meant to be.
func (c *Client) reissue(s *server, info protocol.Info, key protocol.DeviceKey, r localmap.Friendship) (localmap.Friendship, error) {
	expires := protocol.DefaultExpiry
	if !r.Expires.IsZero() && r.State == localmap.StateInvited {
		expires = min(max(r.Expires.Sub(r.Since).Truncate(time.Second), protocol.MinExpiry), protocol.MaxExpiry)
	}
	made, q, err := c.newInvite(s, info, key, expires)
	if err != nil {
		return made, err
	}
	made.Contact, made.Name = r.Contact, r.Name
	err = owe(&made, localmap.CallCreate, q)
	return made, err
}

// chain is the key with which this side of a friendship began, and its
// succession since.
func chain(r localmap.Friendship, keys []localmap.OwnKey) (base protocol.DeviceKey, steps []protocol.Step, err error) {
	own := r.Parties.Inviter.Key
	if r.Role == protocol.RoleInvitee {
		own = r.Parties.Invitee.Key
	}
	found := false
	for i, k := range keys {
		if found {
			last := keys[i-1]
			if last.Epoch.IsZero() {
				return base, nil, protocol.Errorf(protocol.CodeWrongState,
					"The friendship with %s is older than a change of key of which this machine knows nothing: restore the newest backup, or go on with it where that key was changed.", r.Name)
			}
			steps = append(steps, protocol.NewStep(r.Parties, r.Role, len(steps), last.DeviceKey, k.DeviceKey, last.Epoch, last.Cut))
		} else if k.Public == own {
			base, found = k.DeviceKey, true
		}
	}
	if !found {
		return base, nil, protocol.Errorf(protocol.CodeBadKey, "The friendship with %s was made with a key that this profile does not have.", r.Name)
	}
	return base, steps, nil
}

// within is a random time below d.
func (c *Client) within(d time.Duration) (time.Duration, error) {
	if d <= 0 {
		return 0, nil
	}
	var b [8]byte
	if _, err := io.ReadFull(c.opt.Random, b[:]); err != nil {
		return 0, err
	}
	return time.Duration(binary.BigEndian.Uint64(b[:]) % uint64(d)), nil
}

// toTell is how many friends are still to be told of a change of key.
func (c *Client) toTell(ctx context.Context) (int, error) {
	left, err := c.local.Reseals(ctx)
	return len(left), err
}

// FriendsToTell is how many friends do not know of the last change of key yet.
// They are told at random moments while this profile is in use.
func (c *Client) FriendsToTell(ctx context.Context) (int, error) { return c.toTell(ctx) }

// TellFriends tells all of them now. What the server sees change at once, it can
// see belongs together.
func (c *Client) TellFriends(ctx context.Context) error { return c.tellFriends(ctx, true) }

// tellFriends rewrites the mailboxes whose time has come: one of them, and the
// others a little later; or with all every one, whatever its time.
func (c *Client) tellFriends(ctx context.Context, all bool) error {
	list, err := c.local.Reseals(ctx)
	if err != nil {
		return err
	}
	told := false
	var later []localmap.Reseal
	for _, r := range list {
		switch {
		case !all && r.Due.After(c.now()):
		case !all && told:
			wait, err := c.within(respread)
			if err != nil {
				return err
			}
			later = append(later, localmap.Reseal{Friendship: r.Friendship, Due: c.now().Add(wait)})
		default:
			now, err := c.tell(ctx, r.Friendship)
			switch code := protocol.CodeOf(err); {
			case code == protocol.CodeWrongState, code == protocol.CodeBadKey, code == protocol.CodeChainFull:
				c.log.Warn("a friend cannot be told of the change of key", "code", code)
			case err != nil:
				return err
			}
			told = told || now
		}
	}
	if len(later) == 0 {
		return nil
	}
	return c.local.Postpone(ctx, later)
}

// tell rewrites one mailbox with the succession; told is false where that is not
// needed, or another step comes first.
func (c *Client) tell(ctx context.Context, f protocol.UUID) (told bool, err error) {
	_, err = c.local.Reseal(ctx, f, func(r *localmap.Friendship, keys []localmap.OwnKey) error {
		waits := r.State == localmap.StateAccepted && r.Role == protocol.RoleInviter // the confirmation tells it
		switch {
		case !isLive(r.State) || r.Keys == nil:
			return nil
		case waits || r.Pending != localmap.CallNone:
			return errUnchanged
		}
		told = true
		return c.sealOwn(r, keys, r.OwnN+1)
	})
	switch {
	case err == errUnchanged, protocol.CodeOf(err) == protocol.CodeUnknownFriendship: //nolint:errorlint // this very value
		return false, nil
	case err != nil || !told:
		return false, err
	}
	c.passing(telling, stored)
	c.notify(FriendsChanged)
	if row, err := c.complete(ctx, f); err != nil && row.Pending != localmap.CallNone {
		return true, err
	}
	return true, nil
}
