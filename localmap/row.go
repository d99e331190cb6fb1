package localmap

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"p4p/protocol"
)

// columns are those of a friendship, in the order of [Friendship.values] and of
// scanFriendship. The long ones stand last: SQLite reads a row from its front.
var columns = strings.Fields(`id contact server server_url server_pin role state since expires named verified
	secret inviter_key inviter_e invitee_key invitee_e pair_inviter pair_invitee
	own_n seen_n seen_hash seen_steps pending refusal own_slot pending_body`)

var (
	selectFriendships = "SELECT c.name, f." + strings.Join(columns, ", f.") +
		" FROM friendships f JOIN contacts c ON c.id = f.contact"
	insertFriendship = "INSERT INTO friendships (" + strings.Join(columns, ", ") +
		") VALUES (?" + strings.Repeat(", ?", len(columns)-1) + ")"
	updateFriendship = "UPDATE friendships SET " + strings.Join(columns, " = ?, ") + " = ? WHERE id = ?"
)

func (f Friendship) values() []any {
	var secret, pairA, pairB []byte
	if f.Secret != nil {
		secret = f.Secret[:]
	}
	if f.Keys != nil {
		pairA, pairB = f.Keys.Inviter[:], f.Keys.Invitee[:]
	}
	var expires any
	if !f.Expires.IsZero() {
		expires = f.Expires.UnixMilli()
	}
	a, b := f.Parties.Inviter, f.Parties.Invitee
	return []any{
		f.ID[:], f.Contact, f.Server[:], f.ServerURL, f.Pin, f.Role, f.State, f.Since.UnixMilli(), expires, f.Named, f.Verified,
		secret, orNull(a.Key[:]), orNull(a.E[:]), orNull(b.Key[:]), orNull(b.E[:]), pairA, pairB,
		f.OwnN, f.Seen.N, orNull(f.Seen.Hash[:]), encodeSteps(f.Seen.Steps), f.Pending, f.Refusal, f.OwnSlot, f.PendingBody,
	}
}

func scanFriendship(row interface{ Scan(...any) error }) (Friendship, error) {
	var f Friendship
	var secret, pairA, pairB []byte
	a, b := &f.Parties.Inviter, &f.Parties.Invitee
	err := row.Scan(&f.Name,
		fixed(f.ID[:]), &f.Contact, fixed(f.Server[:]), &f.ServerURL, &f.Pin, &f.Role, &f.State, (*millis)(&f.Since), (*millis)(&f.Expires), &f.Named, &f.Verified,
		&secret, fixed(a.Key[:]), fixed(a.E[:]), fixed(b.Key[:]), fixed(b.E[:]), &pairA, &pairB,
		&f.OwnN, &f.Seen.N, fixed(f.Seen.Hash[:]), (*steps)(&f.Seen.Steps), &f.Pending, &f.Refusal, &f.OwnSlot, &f.PendingBody)
	if err != nil {
		return Friendship{}, err
	}
	if secret != nil {
		f.Secret = new(protocol.Secret)
		if err := fixed(f.Secret[:]).Scan(secret); err != nil {
			return Friendship{}, err
		}
	}
	if pairA != nil || pairB != nil {
		f.Keys = new(protocol.PairKeys)
		if err := fixed(f.Keys.Inviter[:]).Scan(pairA); err != nil {
			return Friendship{}, err
		}
		if err := fixed(f.Keys.Invitee[:]).Scan(pairB); err != nil {
			return Friendship{}, err
		}
	}
	f.Parties.Server, f.Parties.Friendship = f.Server, f.ID
	return f, nil
}

// settle fills in what follows from the rest and refuses what cannot be: mistakes
// of a program, not of a person.
func (f *Friendship) settle() error {
	for _, p := range []struct {
		is   *protocol.UUID
		must protocol.UUID
	}{{&f.Parties.Server, f.Server}, {&f.Parties.Friendship, f.ID}} {
		if p.is.IsZero() {
			*p.is = p.must
		}
		if *p.is != p.must {
			return fmt.Errorf("local map: friendship %s has the parties of another", f.ID)
		}
	}
	own, _ := f.sides()
	switch {
	case f.ID.IsZero(), f.Server.IsZero(), own.Key.IsZero():
		return fmt.Errorf("local map: a friendship needs its UUID, its server and this side's key")
	case !slices.Contains(states, f.State):
		return fmt.Errorf("local map: %q is no state of a friendship", f.State)
	case !slices.Contains(calls, f.Pending):
		return fmt.Errorf("local map: %q is no call", f.Pending)
	case len(f.OwnSlot) != 0 && len(f.OwnSlot) != protocol.SlotSize:
		return fmt.Errorf("local map: a sealed slot has %d bytes, not %d", protocol.SlotSize, len(f.OwnSlot))
	case f.OwnN >= 1<<53 || f.Seen.N >= 1<<53:
		return fmt.Errorf("local map: a slot's version is below 2^53")
	case f.sticks() && f.otherKey().IsZero():
		return fmt.Errorf("local map: friendship %s would name a key that is not known", f.ID)
	}
	f.Named = f.Named || f.sticks()
	f.Since, f.Expires = cut(f.Since), cut(f.Expires)
	if len(f.OwnSlot) == 0 {
		f.OwnSlot = nil
	}
	if len(f.PendingBody) == 0 {
		f.PendingBody = nil
	}
	if len(f.Seen.Steps) == 0 {
		f.Seen.Steps = nil
	}
	return nil
}

// sticks tells whether this state is the owner's word that the name belongs to
// the other side's key.
func (f Friendship) sticks() bool {
	return f.State == StateFriend || f.State == StateAccepted && f.Role == protocol.RoleInvitee
}

// sides are this side and the other one.
func (f Friendship) sides() (own, other protocol.Side) {
	if f.Role == protocol.RoleInvitee {
		return f.Parties.Invitee, f.Parties.Inviter
	}
	return f.Parties.Inviter, f.Parties.Invitee
}

func (f Friendship) otherKey() protocol.PublicKey {
	_, other := f.sides()
	return other.Key
}

func (f Friendship) clone() Friendship {
	if f.Secret != nil {
		s := *f.Secret
		f.Secret = &s
	}
	if f.Keys != nil {
		k := *f.Keys
		f.Keys = &k
	}
	f.OwnSlot, f.PendingBody = slices.Clone(f.OwnSlot), slices.Clone(f.PendingBody)
	f.Seen.Steps = slices.Clone(f.Seen.Steps)
	return f
}

// cut makes a time what the file can hold.
func cut(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return time.UnixMilli(t.UnixMilli()).UTC()
}
