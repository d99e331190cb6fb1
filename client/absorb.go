package client

import (
	"crypto/sha256"
	"time"

	"p4p/localmap"
	"p4p/protocol"
)

// absorb stores in a row what a mailbox proves. An error leaves the row as it is.
func (c *Client) absorb(r *localmap.Friendship, view protocol.MailboxView) error {
	switch {
	case view.State == protocol.MailboxEnded:
		return c.absorbEnd(r, view)
	case view.State != protocol.MailboxAccepted:
		return errUnchanged
	case r.State == localmap.StateInvited:
		return c.absorbFirst(r, view)
	}
	return c.absorbNext(r, view)
}

// absorbFirst takes the invitee's first slot. One that cannot be opened is refused.
func (c *Client) absorbFirst(r *localmap.Friendship, view protocol.MailboxView) error {
	n, slot, ok := slotOf(view, protocol.RoleInvitee)
	ownN, _, own := slotOf(view, protocol.RoleInviter)
	if !ok || !own || view.E == nil || r.Secret == nil {
		return incomplete()
	}
	parties, keys, err := c.pair(*r, view)
	var got protocol.Slot
	if err == nil {
		got, err = protocol.OpenFirstAccept(keys, parties, n, slot, c.local.Own)
	}
	if err != nil {
		c.become(r, localmap.StateRefused)
		if err := c.sealEnd(r, ownN+1); err != nil {
			return err
		}
		r.Refusal = protocol.CodeSlotUnopenable
		return nil
	}
	parties.Invitee.Key = got.Side.Key
	c.become(r, localmap.StateAccepted)
	r.Parties, r.Keys, r.Seen, r.Secret = parties, &keys, seenOf(got), nil
	return nil
}

// absorbNext takes the other side's rewritten slot: a confirmation, or a change
// of key.
func (c *Client) absorbNext(r *localmap.Friendship, view protocol.MailboxView) error {
	other := otherRole(r.Role)
	n, slot, ok := slotOf(view, other)
	if !ok || r.Keys == nil {
		return incomplete()
	}
	if n == r.Seen.N && sha256.Sum256(slot) == r.Seen.Hash {
		return errUnchanged
	}
	got, err := protocol.OpenSlot(*r.Keys, r.Parties, other, n, slot, r.Seen)
	switch {
	case err != nil:
		return err
	case got.Kind == protocol.SlotEnd:
		c.end(r, got)
		return nil
	case got.Kind == protocol.SlotConfirm && r.State == localmap.StateAccepted:
		c.become(r, localmap.StateFriend)
	}
	r.Seen, r.Refusal = seenOf(got), "" // whatever troubled it is over
	return nil
}

// absorbEnd takes an end slot, which must prove itself like any other. It is the
// other side's, or this side's own from before its files were restored.
func (c *Client) absorbEnd(r *localmap.Friendship, view protocol.MailboxView) error {
	role, seen := otherRole(r.Role), r.Seen
	n, slot, ok := slotOf(view, role)
	if !ok {
		role, seen = r.Role, protocol.Seen{}
		n, slot, ok = slotOf(view, role)
	}
	if !ok {
		return incomplete()
	}
	parties, keys, err := r.Parties, r.Keys, error(nil)
	if keys == nil { // accepted and ended before this side looked
		if r.Secret == nil || view.E == nil {
			return incomplete()
		}
		var pair protocol.PairKeys
		parties, pair, err = c.pair(*r, view)
		keys = &pair
	}
	var got protocol.Slot
	if err == nil {
		got, err = protocol.OpenSlot(*keys, parties, role, n, slot, seen)
	}
	switch {
	case err != nil:
		return err
	case got.Kind != protocol.SlotEnd:
		return protocol.Errorf(protocol.CodeSlotUnopenable, "The server says that this friendship was ended, and nobody did.")
	}
	c.end(r, got)
	return nil
}

func (c *Client) end(r *localmap.Friendship, last protocol.Slot) {
	c.become(r, localmap.StateEnded)
	r.Seen.N, r.Seen.Hash = last.N, last.Hash // the steps stay: they tell which keys the name stands for
	paid(r)
}

// pair computes what an acceptance tells the inviter before it opens the slot.
func (c *Client) pair(r localmap.Friendship, view protocol.MailboxView) (protocol.Parties, protocol.PairKeys, error) {
	if view.E == nil || r.Secret == nil {
		return r.Parties, protocol.PairKeys{}, incomplete()
	}
	p := r.Parties
	p.Invitee.E = *view.E
	keys, err := protocol.DerivePair(c.local.Root(), protocol.RoleInviter, p, *r.Secret)
	return p, keys, err
}

// slotOf is one side's slot of a view, if it is there.
func slotOf(view protocol.MailboxView, role protocol.Role) (n uint64, slot []byte, ok bool) {
	if view.N[role] == nil || view.Slots[role] == nil {
		return 0, nil, false
	}
	return *view.N[role], *view.Slots[role], true
}

func otherRole(r protocol.Role) protocol.Role { return 1 - r }

func seenOf(s protocol.Slot) protocol.Seen {
	return protocol.Seen{N: s.N, Hash: s.Hash, Steps: s.Steps}
}

// expiry is the hour at which an open mailbox ends by itself.
func expiry(view protocol.MailboxView) (time.Time, bool) {
	if view.ExpiresAt == nil {
		return time.Time{}, false
	}
	at, err := time.Parse(time.RFC3339, *view.ExpiresAt)
	return at, err == nil
}

func incomplete() error {
	return protocol.Errorf(protocol.CodeSlotUnopenable, "The server's answer about this friendship is incomplete; nothing was changed.")
}
