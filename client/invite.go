package client

import (
	"context"
	"errors"
	"net"
	"strings"
	"time"

	"p4p/client/wire"
	"p4p/localmap"
	"p4p/protocol"
)

// Invite makes an invite for somebody in the phone book, or who is put into it,
// and opens its mailbox on the server. expires is from now, in whole seconds
// between [protocol.MinExpiry] and [protocol.MaxExpiry]; 0 stands for
// [protocol.DefaultExpiry].
//
// If the server cannot be reached or refuses, nothing is left here. If it may
// have heard of the invite although its answer was lost, the invite is Unsent: it
// is made sure of as soon as the server answers.
//
// Codes: name_taken (posts show the name already) without [SamePerson], looks_like
// without [LookAlike], bad_name, bad_request, server_unreachable, other_server,
// rate_limited.
func (c *Client) Invite(ctx context.Context, name string, expires time.Duration, consent ...Consent) (Invite, error) {
	if expires == 0 {
		expires = protocol.DefaultExpiry
	}
	if expires < protocol.MinExpiry || expires > protocol.MaxExpiry {
		return Invite{}, protocol.Errorf(protocol.CodeBadRequest,
			"An invite is open for at least a minute and at most %d days.", protocol.MaxExpiry/(24*time.Hour))
	}
	name, err := localmap.CheckName(name)
	if err != nil {
		return Invite{}, err
	}
	if err := c.local.CheckLooks(ctx, name, consent...); err != nil {
		return Invite{}, err
	}
	s, err := c.reach(ctx)
	if err != nil {
		return Invite{}, err
	}
	info, err := c.freshInfo(ctx, s)
	if err != nil {
		return Invite{}, err
	}
	row, q, err := c.newInvite(s, info, c.local.Key(), expires)
	if err != nil {
		return Invite{}, err
	}
	row, err = c.begin(ctx, row, localmap.CallCreate, q, name, false, consent)
	if err != nil {
		return Invite{}, err
	}
	return inviteOf(row), nil
}

// freshInfo asks a server again who it is: where others reach it and how far its
// log goes may have changed since the first contact.
func (c *Client) freshInfo(ctx context.Context, s *server) (protocol.Info, error) {
	info, err := s.Client.Info(ctx)
	if err != nil {
		return info, c.heard(s, err)
	}
	if info.Server != s.Info.Server {
		c.link.drop(s)
		return info, protocol.Errorf(protocol.CodeOtherServer, "Another server answers at %s than a moment ago: nothing was changed, try again.", s.URL())
	}
	return info, nil
}

// newInvite draws an invite of this profile's key, and what the server is to know
// of it.
func (c *Client) newInvite(s *server, info protocol.Info, key protocol.DeviceKey, expires time.Duration) (localmap.Friendship, request, error) {
	root := c.local.Root()
	secret, err := protocol.NewSecret(c.opt.Random)
	if err != nil {
		return localmap.Friendship{}, request{}, err
	}
	f, slot, err := protocol.SealInvite(c.opt.Random, root, key, s.Info.Server, secret)
	if err != nil {
		return localmap.Friendship{}, request{}, err
	}
	host, pin := c.linkHost(s, info)
	row := localmap.Friendship{
		ID: f, Server: s.Info.Server, ServerURL: host, Pin: pinString(pin),
		Role:  protocol.RoleInviter,
		State: localmap.StateInvited, Since: c.now(), Expires: c.now().Add(expires),
		Secret: &secret,
		Parties: protocol.Parties{
			Server: s.Info.Server, Friendship: f,
			Inviter: protocol.Side{Key: key.Public, E: root.ExchangePublic(f)},
		},
		OwnN: 1, OwnSlot: slot,
	}
	return row, request{Post: &protocol.MailboxPost{
		LinkHash: secret.LinkToken(f).Hash(), OwnerHash: root.OwnerToken(f).Hash(),
		ExpiresIn: int64(expires / time.Second), N: 1, Slot: slot,
	}}, nil
}

// linkHost is the server's address for links, with the pin by which others know
// it: the public one if the server knows it, else what this client was told, else
// the one it uses itself.
func (c *Client) linkHost(s *server, info protocol.Info) (host string, pin *protocol.Pin) {
	host, pin = s.URL(), s.Pin
	urls := []string{info.PublicURL}
	if c.opt.PublicURL != nil {
		urls = append(urls, c.opt.PublicURL())
	}
	for _, u := range urls {
		if base, err := protocol.ParseServerURL(u); err == nil {
			host, pin = base, nil
			break
		}
	}
	if told, err := parsePin(info.Pin); err == nil && told != nil {
		pin = told
	}
	if strings.HasPrefix(host, "http://") {
		pin = nil // no certificate, nothing to pin
	}
	return host, pin
}

// begin stores a new friendship together with its first call, and makes that
// call. What certainly did not reach the server, or was refused, leaves nothing
// behind; without an answer the friendship stays, owing the call.
func (c *Client) begin(ctx context.Context, row localmap.Friendship, call localmap.Call, q request, name string, samePerson bool, consent []Consent) (localmap.Friendship, error) {
	_, err := c.local.ContactByName(ctx, name)
	q.NewContact = protocol.CodeOf(err) == protocol.CodeUnknownName
	if err := owe(&row, call, q); err != nil {
		return row, err
	}
	// First, so that an address that may move is not remembered with the friendship.
	if err := c.bind(ctx, row.Server); err != nil {
		return row, err
	}
	row, err = c.local.CreateFriendship(ctx, row, name, samePerson, consent...)
	if err != nil {
		return row, err
	}
	c.notify(friendshipChanged | StatusChanged)
	row, err = c.complete(ctx, row.ID)
	switch {
	case err == nil, row.Pending == localmap.CallNone:
		return row, err
	case notHeard(err):
		return c.takeBack(ctx, row, err)
	}
	return row, nil
}

// notHeard tells of a first call's error whether the mailbox certainly did not
// change by it.
func notHeard(err error) bool {
	switch protocol.CodeOf(err) {
	case protocol.CodeRateLimited, protocol.CodeUnknownFriendship, protocol.CodePinMismatch, protocol.CodeUntrusted, protocol.CodeOtherServer:
		return true
	}
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}

func inviteOf(r localmap.Friendship) Invite {
	i := Invite{
		Name: r.Name, Friendship: r.ID, State: FriendState(r.State), ExpiresAt: r.Expires,
		Unsent: r.Pending != localmap.CallNone,
		Link:   protocol.Link{Server: r.ServerURL, Friendship: r.ID},
	}
	if r.Secret != nil {
		i.Link.Secret = *r.Secret
	}
	i.Link.Pin, _ = parsePin(r.Pin) // written by pinString
	return i
}

// Invites are the open invites, and those whose revocation still waits for the
// server.
func (c *Client) Invites(ctx context.Context) ([]Invite, error) {
	rows, err := c.local.Friendships(ctx)
	if err != nil {
		return nil, err
	}
	var list []Invite
	for _, r := range rows {
		if r.State == localmap.StateInvited || r.State == localmap.StateRevoked && r.Pending != localmap.CallNone {
			list = append(list, inviteOf(r))
		}
	}
	return list, nil
}

// Revoke takes an open invite back: from then on its link opens nothing. If
// somebody accepted it a moment before, that is refused. While the server is not
// reached the answer is Unsent, and the link still works. Codes:
// unknown_friendship, wrong_state.
func (c *Client) Revoke(ctx context.Context, f protocol.UUID) (Invite, error) {
	var before localmap.Friendship
	row, err := c.step(ctx, f, func(r *localmap.Friendship) error {
		before = *r
		switch {
		case r.Role == protocol.RoleInviter && r.State == localmap.StateRevoked:
			return errUnchanged
		case r.State != localmap.StateInvited:
			return wrongState(*r, "is not an open invite, and is removed or refused instead")
		}
		return c.revoke(r)
	})
	if err != nil {
		return Invite{}, err
	}
	i := inviteOf(before)
	i.State, i.Unsent = row.State, row.Unsent
	return i, nil
}

// waitEvery is how often WaitAccepted asks the server itself.
const waitEvery = 2 * time.Second

// WaitAccepted waits until somebody accepted an invite, whether Run runs or not,
// and through a server that is away. An invite that is over ends it with expired,
// revoked, ended, slot_unopenable (what came could not be opened and was refused)
// or wrong_state.
func (c *Client) WaitAccepted(ctx context.Context, f protocol.UUID) (Friendship, error) {
	changes := c.Changes()
	for {
		if err := c.catchUp(ctx, f); err != nil && !wire.Temporary(err) {
			c.log.Warn("an invite's mailbox cannot be read", "code", protocol.CodeOf(err))
		}
		r, err := c.local.Friendship(ctx, f)
		if err != nil || r.State != localmap.StateInvited {
			return waited(r, err)
		}
		tick, stop := c.opt.after(waitEvery)
		for changed := true; changed && r.State == localmap.StateInvited && err == nil; {
			if changed, err = changes.before(ctx, tick, FriendsChanged); changed {
				r, err = c.local.Friendship(ctx, f)
			}
		}
		stop()
		if err != nil || r.State != localmap.StateInvited {
			return waited(r, err)
		}
	}
}

// before waits for one of the changes or for tick, and tells whether it was the
// former.
func (s *Changes) before(ctx context.Context, tick <-chan time.Time, wanted Change) (bool, error) {
	sub, cancel := context.WithCancel(ctx)
	defer cancel()
	ticked := make(chan struct{})
	go func() {
		select {
		case <-tick:
			close(ticked)
			cancel()
		case <-sub.Done():
		}
	}()
	for {
		what, err := s.Next(sub)
		switch {
		case ctx.Err() != nil:
			return false, ctx.Err()
		case err == nil && what&wanted != 0:
			return true, nil
		case err == nil:
			continue
		}
		select {
		case <-ticked:
			return false, nil
		default:
			return false, err // the client is closed
		}
	}
}

// waited is the end of waiting for r.
func waited(r localmap.Friendship, err error) (Friendship, error) {
	if err != nil {
		return Friendship{}, err
	}
	switch r.State {
	case localmap.StateAccepted, localmap.StateFriend:
		return friendshipOf(r), nil
	case localmap.StateExpired:
		return Friendship{}, protocol.Errorf(protocol.CodeExpired, "The invite for %s has expired; make a new one.", r.Name)
	case localmap.StateRevoked:
		return Friendship{}, protocol.Errorf(protocol.CodeRevoked, "The invite for %s was revoked.", r.Name)
	case localmap.StateEnded:
		return Friendship{}, protocol.Errorf(protocol.CodeEnded, "Somebody accepted the invite for %s and ended the friendship again; make a new invite.", r.Name)
	}
	if r.Refusal == protocol.CodeSlotUnopenable {
		return Friendship{}, protocol.Errorf(protocol.CodeSlotUnopenable,
			"Something that is no acceptance took the invite for %s and was refused; make a new invite.", r.Name)
	}
	return Friendship{}, wrongState(r, "is not waited for any more")
}
