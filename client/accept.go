package client

import (
	"context"
	"time"

	"p4p/localmap"
	"p4p/protocol"
)

// opened is an invite that was read and proved itself.
type opened struct {
	server  *server
	visited bool // server is not the profile's, or not yet: to be adopted or closed
	slot    protocol.Slot
	expires *time.Time
}

func (o opened) close() {
	if o.visited {
		o.server.Close()
	}
}

// ReadInvite reads the invite behind a link and checks that it is what its link
// says; it accepts nothing and changes nothing. An invite that this profile
// accepted before is told without asking the server.
//
// Codes: server_unreachable, foreign_server, pin_mismatch, other_server,
// already_accepted, expired, revoked, unknown_friendship, own_invite,
// forged_invite, slot_unopenable, ended.
func (c *Client) ReadInvite(ctx context.Context, l protocol.Link) (Preview, error) {
	row, known, err := c.acceptedBefore(ctx, l)
	if err != nil {
		return Preview{}, err
	}
	if known {
		return Preview{Link: l, Inviter: row.Parties.Inviter.Key.UUID()}, nil
	}
	o, err := c.open(ctx, l)
	if err != nil {
		return Preview{}, err
	}
	o.close()
	return Preview{Link: l, Inviter: o.slot.Side.Key.UUID(), ExpiresAt: o.expires}, nil
}

// Accept takes the place that an invite offers and gives its inviter a name. From
// then on the name stands for the inviter's key, unverified. A name that the phone
// book has needs samePerson, for a person's further device. To accept an invite
// again is harmless, the answer is the friendship that there is.
//
// If somebody else was faster, nothing is left here. If the server's answer was
// lost, the friendship is Unsent and made sure of later. Codes: those of
// [Client.ReadInvite], and bad_name, name_taken, looks_like without [LookAlike],
// wrong_state (the inviter is a friend already).
func (c *Client) Accept(ctx context.Context, l protocol.Link, name string, samePerson bool, consent ...Consent) (Friendship, error) {
	row, known, err := c.acceptedBefore(ctx, l)
	if err != nil {
		return Friendship{}, err
	}
	if known {
		row, err = c.complete(ctx, row.ID)
		if err != nil && row.Pending == localmap.CallNone {
			return Friendship{}, explain(err)
		}
		return friendshipOf(row), nil
	}
	if name, err = localmap.CheckName(name); err != nil {
		return Friendship{}, err
	}
	if err := c.local.CheckLooks(ctx, name, consent...); err != nil {
		return Friendship{}, err
	}
	o, err := c.open(ctx, l)
	if err != nil {
		return Friendship{}, err
	}
	if err := c.notYetNamed(ctx, o.slot.Side.Key, name); err != nil {
		o.close()
		return Friendship{}, err
	}
	if o.visited {
		if err := c.enter(ctx, o); err != nil {
			return Friendship{}, err
		}
	}
	row, q, err := c.newAcceptance(l, o)
	if err != nil {
		return Friendship{}, err
	}
	row, err = c.begin(ctx, row, localmap.CallAccept, q, name, samePerson, consent)
	if err != nil {
		return Friendship{}, explain(err)
	}
	return friendshipOf(row), nil
}

// acceptedBefore gives the friendship that this profile made of a link before.
func (c *Client) acceptedBefore(ctx context.Context, l protocol.Link) (localmap.Friendship, bool, error) {
	r, err := c.local.Friendship(ctx, l.Friendship)
	switch {
	case protocol.CodeOf(err) == protocol.CodeUnknownFriendship:
		return r, false, nil
	case err != nil:
		return r, false, err
	case r.Role == protocol.RoleInviter:
		return r, false, protocol.Errorf(protocol.CodeOwnInvite,
			"This is your own invite for %s: send the link to your friend instead of opening it yourself.", r.Name)
	case protocol.FriendshipUUID(r.Server, r.Parties.Inviter.Key, l.Secret) != l.Friendship:
		return r, false, protocol.Errorf(protocol.CodeForgedInvite,
			"You accepted this invite before, by a link with another secret: this link is damaged or forged.")
	case !isLive(r.State):
		return r, false, protocol.Errorf(protocol.CodeEnded,
			"You accepted this invite before, and that friendship is over: ask your friend for a new invite.")
	}
	return r, true, nil
}

// open reads an invite and checks that the link, the mailbox and the server fit
// each other.
func (c *Client) open(ctx context.Context, l protocol.Link) (opened, error) {
	o, err := c.linked(ctx, l)
	if err != nil {
		return o, explainLink(l, err)
	}
	view, err := o.server.MailboxGet(ctx, l.Friendship, l.Secret.LinkToken(l.Friendship))
	if err == nil {
		if n, slot, ok := slotOf(view, protocol.RoleInviter); ok && n == 1 && view.State == protocol.MailboxOpen {
			o.slot, err = protocol.OpenInvite(o.server.Info.Server, l.Friendship, l.Secret, slot, c.local.Own)
		} else {
			err = incomplete()
		}
	}
	if err != nil {
		o.close()
		return o, explainLink(l, err)
	}
	if at, ok := expiry(view); ok {
		o.expires = &at
	}
	return o, nil
}

// linked finds the server that a link names. A server that the profile is in
// contact with is called by the address that is known already, whatever address of
// it the link has.
func (c *Client) linked(ctx context.Context, l protocol.Link) (opened, error) {
	if _, known, _ := c.local.Server(); known == "" && l.Loopback() {
		// A link to this machine may be one to the embedded server, which is started
		// by being reached. If that fails, the link is for another.
		_, _ = c.reach(ctx)
	}
	if own := c.link.get(); own != nil && own.URL() == l.Server {
		return opened{server: own}, nil
	}
	s, err := c.visit(ctx, l.Server, l.Pin)
	if err != nil {
		return opened{}, err
	}
	if own := c.link.get(); own != nil && own.Info.Server == s.Info.Server {
		s.Close()
		return opened{server: own}, nil
	}
	bound, _, _ := c.local.Server()
	if bound == nil {
		return opened{server: s, visited: true}, nil
	}
	if *bound != s.Info.Server {
		s.Close()
		return opened{}, protocol.Errorf(protocol.CodeOtherServer,
			"This invite is for the server at %s, and this profile belongs to another one: accept it with another profile, as in p4p --profile NAME accept LINK.", l.Server)
	}
	own, err := c.reach(ctx)
	if _, _, known := c.local.Server(); err != nil && known != "" && known == pinString(s.Pin) {
		return opened{server: s, visited: true}, nil // the same key at another address: it has moved
	}
	s.Close()
	return opened{server: own}, err
}

// enter makes the invite's server this profile's.
func (c *Client) enter(ctx context.Context, o opened) error {
	if err := c.adopt(ctx, o.server); err != nil {
		o.close()
		return err
	}
	return nil
}

// notYetNamed refuses an inviter whose key carries a name already: one key has
// one name and one friendship. Only an ended friendship with the same contact can
// be followed by a new one.
func (c *Client) notYetNamed(ctx context.Context, k protocol.PublicKey, name string) error {
	l, ok := c.local.Label(k)
	if !ok {
		return nil
	}
	if !l.Ended {
		return protocol.Errorf(protocol.CodeWrongState, "This invite is from %s, who is your friend already: nothing was changed.", l.Name)
	}
	contact, err := c.local.ContactByName(ctx, name)
	if code := protocol.CodeOf(err); err != nil && code != protocol.CodeUnknownName {
		return err
	}
	if err != nil || contact.ID != l.Contact {
		return protocol.Errorf(protocol.CodeWrongState,
			"This invite is from %s, whose friendship with you ended: accept it under that name, or remove %s first.", l.Name, l.Name)
	}
	return nil
}

// newAcceptance seals what B says to A, and what the server is to know of it.
func (c *Client) newAcceptance(l protocol.Link, o opened) (localmap.Friendship, request, error) {
	root, key := c.local.Root(), c.local.Key()
	f, e := l.Friendship, root.ExchangePublic(l.Friendship)
	parties := protocol.Parties{
		Server: o.server.Info.Server, Friendship: f,
		Inviter: o.slot.Side, Invitee: protocol.Side{Key: key.Public, E: e},
	}
	keys, err := protocol.DerivePair(root, protocol.RoleInvitee, parties, l.Secret)
	if err != nil {
		return localmap.Friendship{}, request{}, err
	}
	slot, err := protocol.SealAccept(c.opt.Random, keys, key, parties, 1, nil)
	if err != nil {
		return localmap.Friendship{}, request{}, err
	}
	secret, owner := l.Secret, root.OwnerToken(f).Hash()
	row := localmap.Friendship{
		ID: f, Server: parties.Server, ServerURL: l.Server, Pin: pinString(l.Pin),
		Role:  protocol.RoleInvitee,
		State: localmap.StateAccepted, Since: c.now(),
		Secret: &secret, Parties: parties, Keys: &keys,
		OwnN: 1, OwnSlot: slot, Seen: seenOf(o.slot),
	}
	return row, request{Put: &protocol.MailboxPut{OwnerHash: &owner, E: &e, N: 1, Slot: slot}}, nil
}

// sentences are what a person is told about an invite that cannot be accepted,
// in our words and not the server's.
var sentences = map[protocol.Code]string{
	protocol.CodeAlreadyAccepted:   "This invite was already used; if it was not you, tell your friend.",
	protocol.CodeExpired:           "This invite has expired; ask your friend for a new one.",
	protocol.CodeRevoked:           "This invite was withdrawn; ask your friend for a new one.",
	protocol.CodeUnknownFriendship: "The server does not know this invite: it is long over, or the link was changed on the way; ask your friend for a new one.",
}

func explain(err error) error {
	code := protocol.CodeOf(err)
	if s, ok := sentences[code]; ok {
		return protocol.Errorf(code, "%s", s).Because(err)
	}
	return err
}

// explainLink is explain where a link is opened. One of loopback leads every computer to
// itself.
func explainLink(l protocol.Link, err error) error {
	if !l.Loopback() {
		return explain(err)
	}
	const asks = "A link at that address works only on the computer that it was made on: if it was another one, ask your friend to press L beside the invite there, and for the link that is shown then"
	switch code := protocol.CodeOf(err); code {
	case protocol.CodeUnknownFriendship:
		return protocol.Errorf(code, "The server at %s on this computer does not know this invite. %s; else ask for a new one.", l.Server, asks).Because(err)
	case protocol.CodeNoServer, protocol.CodeForeignServer:
		return protocol.Errorf(code, "No P4P server answers at %s on this computer. %s; else start p4p.", l.Server, asks).Because(err)
	}
	return explain(err)
}
