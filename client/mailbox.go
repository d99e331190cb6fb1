package client

import (
	"context"
	"errors"
	"time"

	"p4p/client/wire"
	"p4p/localmap"
	"p4p/protocol"
)

// mailboxes gives the server that holds a friendship's mailbox.
func (c *Client) mailboxes(ctx context.Context, r localmap.Friendship) (*server, error) {
	s, err := c.reach(ctx)
	if err != nil {
		return nil, err
	}
	if s.Info.Server != r.Server {
		return nil, protocol.Errorf(protocol.CodeOtherServer,
			"The friendship with %s lives on another server than the one at %s.", r.Name, s.URL())
	}
	return s, nil
}

// heard passes a call's error on; a server that did not answer is looked for
// anew at the next call.
func (c *Client) heard(s *server, err error) error {
	if protocol.CodeOf(err) == protocol.CodeNoServer {
		c.link.drop(s)
	}
	return err
}

// get reads a mailbox with this side's token.
func (c *Client) get(ctx context.Context, r localmap.Friendship) (protocol.MailboxView, error) {
	s, err := c.mailboxes(ctx, r)
	if err != nil {
		return protocol.MailboxView{}, err
	}
	view, err := s.MailboxGet(ctx, r.ID, c.local.Root().OwnerToken(r.ID))
	return view, c.heard(s, err)
}

// resumeFriendships repeats all owed calls and reads all mailboxes that can have
// changed, as every start does. One friendship's trouble keeps no other waiting;
// without a server it ends at once.
func (c *Client) resumeFriendships(ctx context.Context) error {
	if s := c.link.get(); s != nil && s.Info.PublicURL != "" {
		c.warn(ctx, "the links of open invites cannot be renewed", c.relink(ctx, s, s.Info))
	}
	rows, err := c.local.Friendships(ctx)
	if err != nil {
		return err
	}
	for _, r := range rows {
		err := c.catchUp(ctx, r.ID)
		switch code := protocol.CodeOf(err); {
		case wire.Temporary(err), code == protocol.CodeOtherServer, code == protocol.CodePinMismatch, code == protocol.CodeUntrusted, code == protocol.CodeInsecureLink:
			return err
		case err != nil:
			c.log.Warn("a friendship cannot be brought up to date", "code", code)
		}
	}
	return c.tellFriends(ctx, false)
}

// payEvery is how often a connected client makes owed calls again.
const payEvery = 30 * time.Second

// keepFriendships brings all friendships up to date and then makes the calls that
// stay owed, this process's and others', again from time to time, until ctx ends.
func (c *Client) keepFriendships(ctx context.Context) {
	c.warn(ctx, "friendships cannot be brought up to date", c.resumeFriendships(ctx))
	c.every(ctx, payEvery, func() {
		rows, err := c.local.Friendships(ctx)
		for _, r := range rows {
			if r.Pending != localmap.CallNone && err == nil {
				err = c.catchUp(ctx, r.ID)
			}
		}
		if err == nil {
			err = c.tellFriends(ctx, false)
		}
		c.warn(ctx, "a friendship's step cannot be sent", err)
	})
}

// catchUp completes what a friendship owes and reads its mailbox.
func (c *Client) catchUp(ctx context.Context, f protocol.UUID) error {
	row, err := c.complete(ctx, f)
	switch {
	case protocol.CodeOf(err) == protocol.CodeUnknownFriendship && row.ID.IsZero():
		return nil // removed meanwhile
	case err != nil, row.Pending != localmap.CallNone, !isLive(row.State):
		return err
	}
	_, err = c.read(ctx, row)
	return err
}

// read reads a live friendship's mailbox and stores what it proves.
func (c *Client) read(ctx context.Context, before localmap.Friendship) (localmap.Friendship, error) {
	view, err := c.get(ctx, before)
	c.passing(reading, answered)
	if err != nil {
		return c.closed(ctx, before, err)
	}
	row, err := c.update(ctx, before.ID, func(r *localmap.Friendship) error {
		if r.State != before.State || r.Seen.N != before.Seen.N || r.Pending != localmap.CallNone {
			return errUnchanged // somebody read or decided while this view was on its way
		}
		return c.absorb(r, view)
	})
	if err != nil {
		c.distrust(ctx, before.ID, err)
	}
	c.passing(reading, stored)
	if err == nil && row.Pending != localmap.CallNone {
		return c.complete(ctx, row.ID) // what cannot be opened is refused
	}
	return row, err
}

// distrust notes beside a friendship that a key took the friend's place without
// the old key's signature, for its owner to see: whoever sealed it holds the pair's
// key, which the server does not, and the comparison of safety numbers no longer
// counts. Nothing of what the mailbox says is stored, here or for any other fault.
func (c *Client) distrust(ctx context.Context, f protocol.UUID, why error) {
	if protocol.CodeOf(why) != protocol.CodeBrokenSuccession {
		return
	}
	news := false
	_, err := c.update(ctx, f, func(r *localmap.Friendship) error {
		if r.Refusal == protocol.CodeBrokenSuccession || !isLive(r.State) {
			return errUnchanged
		}
		r.Refusal, r.Verified = protocol.CodeBrokenSuccession, false
		news = true
		return nil
	})
	if news && err == nil { // said again, even if it was dismissed for these people before
		err = c.local.SetSetting(ctx, warnPrefix+string(KeyChanged), "")
	}
	c.warn(ctx, "a friendship's trouble cannot be noted", err)
}

// closed stores that an invite is over, as the server's refusal says. A mailbox
// that is merely missing ends nothing.
func (c *Client) closed(ctx context.Context, before localmap.Friendship, refusal error) (localmap.Friendship, error) {
	state := localmap.StateRevoked
	switch protocol.CodeOf(refusal) {
	case protocol.CodeUnknownFriendship:
		return before, nil
	case protocol.CodeExpired:
		state = localmap.StateExpired
	case protocol.CodeRevoked:
	default:
		return before, refusal
	}
	return c.update(ctx, before.ID, func(r *localmap.Friendship) error {
		if r.State != localmap.StateInvited || r.Pending != localmap.CallNone {
			return errUnchanged
		}
		c.become(r, state)
		paid(r)
		return nil
	})
}

// watches are the mailboxes that a stream to the profile's server watches, those
// that wait for somebody first.
func (c *Client) watches(ctx context.Context) []protocol.Watch {
	rows, err := c.local.Friendships(ctx)
	bound, _, _ := c.local.Server()
	if err != nil || bound == nil {
		if err != nil && !errors.Is(err, context.Canceled) {
			c.log.Warn("the friendships to watch cannot be read", "code", protocol.CodeOf(err))
		}
		return nil
	}
	root := c.local.Root()
	var list []protocol.Watch
	for _, state := range []localmap.State{localmap.StateInvited, localmap.StateAccepted, localmap.StateFriend} {
		for _, r := range rows {
			unborn := r.Pending == localmap.CallCreate || r.Pending == localmap.CallAccept
			if r.State == state && r.Server == *bound && !unborn && len(list) < protocol.MaxWatches {
				list = append(list, protocol.Watch{Friendship: r.ID, Token: root.OwnerToken(r.ID)})
			}
		}
	}
	return list
}

// mailboxChanged follows a notice of the stream. A notice that tells nothing new
// costs no call.
func (c *Client) mailboxChanged(ctx context.Context, notice protocol.MailboxNotice) {
	r, err := c.local.Friendship(ctx, notice.Friendship)
	if err != nil || !isLive(r.State) || isKnown(r, notice) {
		return
	}
	for wait := waitEvery; ; wait *= 2 { // nobody tells it again on this stream
		err := c.catchUp(ctx, r.ID)
		if !wire.Temporary(err) || ctx.Err() != nil || wait > time.Minute {
			c.warn(ctx, "a friendship's mailbox changed and cannot be read", err)
			return
		}
		c.pause(ctx, max(wait, wire.RetryAfter(err)), nil)
	}
}

// isKnown tells whether a row holds all that a notice tells already.
func isKnown(r localmap.Friendship, notice protocol.MailboxNotice) bool {
	switch {
	case notice.Error != nil:
		return notice.Error.Code != protocol.CodeExpired && notice.Error.Code != protocol.CodeRevoked
	case r.State == localmap.StateInvited:
		return notice.State == protocol.MailboxOpen
	case notice.State != protocol.MailboxAccepted || notice.N == nil:
		return false
	}
	return notice.N[otherRole(r.Role)] == r.Seen.N
}
