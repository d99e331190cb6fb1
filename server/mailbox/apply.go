package mailbox

import (
	"bytes"
	"time"

	"p4p/protocol"
)

// RoleOf tells who t speaks for; ok is false for a token that opens nothing
// here. The comparison takes the same time for every wrong token.
func (r *Row) RoleOf(t protocol.Token) (role Role, ok bool) {
	h := t.Hash()
	inviter, invitee, link := h.Equal(r.OwnerHash[Inviter]), h.Equal(r.OwnerHash[Invitee]), h.Equal(r.LinkHash)
	switch {
	case inviter:
		return Inviter, true
	case invitee && r.OwnerHash[Invitee] != protocol.Key32{}:
		return Invitee, true
	case link:
		return Link, true
	}
	return 0, false
}

// Apply carries out one call on row, which is nil where there is no mailbox. It
// never changes *row: a changed row is a new one.
//
// The error is a [*protocol.Error] with one of the codes bad_request,
// unknown_friendship, exists, not_accepted, already_accepted, version_conflict,
// ended, revoked, expired. The rows of the design's table are checked in their
// order; the comments below quote them.
func Apply(row *Row, c Call, now time.Time) (Result, error) {
	if err := c.check(); err != nil { // any | malformed
		return Result{Row: row}, err
	}
	row, settled := Settle(row, now)
	res, err := apply(row, c, now)
	res.Changed = res.Changed || settled
	return res, err
}

func apply(row *Row, c Call, now time.Time) (Result, error) {
	if c.Method == Post {
		return post(row, c.Post, now)
	}
	if row == nil || c.Token == nil {
		return Result{Row: row}, unknown()
	}
	role, ok := row.RoleOf(*c.Token)
	switch {
	case !ok, role == Link && c.Method == Delete:
		return Result{Row: row}, unknown()
	case c.Method == Put && (role == Link) != (c.Put.E != nil):
		return Result{Row: row}, malformed("owner_hash and e are sent with the link's token, and only with it")
	case role == Link:
		return byLink(row, c)
	}
	return byOwner(row, role, c, now)
}

// post is the inviter opening the mailbox, or asking again whether it did.
func post(row *Row, p *protocol.MailboxPost, now time.Time) (Result, error) {
	if row == nil { // none | POST
		n := p.N
		return changed(&Row{
			State:     protocol.MailboxOpen,
			Expires:   hourUp(now.Add(time.Duration(p.ExpiresIn) * time.Second)),
			LinkHash:  p.LinkHash,
			OwnerHash: [2]protocol.Key32{Inviter: p.OwnerHash},
			N:         [2]*uint64{Inviter: &n},
			Slots:     [2][]byte{Inviter: p.Slot},
		}, true), nil
	}
	if !row.LinkHash.Equal(p.LinkHash) || !row.OwnerHash[Inviter].Equal(p.OwnerHash) {
		return Result{Row: row}, protocol.Errorf(protocol.CodeExists, "A friendship with this UUID exists already; make a new invite.")
	}
	res := unchanged(row)
	if row.State != protocol.MailboxOpen {
		// The hashes prove nothing: a stolen copy of the database holds them.
		// So they tell the state, and not what the friends write afterwards.
		res.View = protocol.MailboxView{State: row.State}
	}
	return res, nil
}

// byLink is a call with the link token. Once somebody was accepted it opens
// nothing, except that the accepted invitee may repeat its own call.
func byLink(row *Row, c Call) (Result, error) {
	switch row.State {
	case protocol.MailboxOpen:
		if c.Method == Get { // open | GET
			return unchanged(row), nil
		}
		return accept(row, c.Put) // open | PUT link
	case protocol.MailboxAccepted:
		if c.Method == Put && row.OwnerHash[Invitee].Equal(*c.Put.OwnerHash) { // accepted | PUT link with B's owner_hash
			return unchanged(row), nil
		}
	case protocol.MailboxRevoked, protocol.MailboxExpired:
		return Result{Row: row}, closed(row.State)
	}
	return Result{Row: row}, protocol.Errorf(protocol.CodeAlreadyAccepted, // accepted, ended | other call with the link token
		"This invite was already used; if it was not you, tell your friend.")
}

func accept(row *Row, p *protocol.MailboxPut) (Result, error) {
	if p.OwnerHash.Equal(row.OwnerHash[Inviter]) || p.OwnerHash.Equal(row.LinkHash) {
		return Result{Row: row}, malformed("the invitee's owner_hash must be a new one")
	}
	next, n, e := *row, p.N, *p.E
	next.State, next.Expires = protocol.MailboxAccepted, time.Time{}
	next.OwnerHash[Invitee], next.E = *p.OwnerHash, &e
	next.N[Invitee], next.Slots[Invitee] = &n, p.Slot
	return changed(&next, false), nil
}

// byOwner is a call with the inviter's or the accepted invitee's token.
func byOwner(row *Row, role Role, c Call, now time.Time) (Result, error) {
	switch row.State {
	case protocol.MailboxOpen:
		switch c.Method {
		case Get: // open | GET
			return unchanged(row), nil
		case Put: // open | PUT owner
			return Result{Row: row}, protocol.Errorf(protocol.CodeNotAccepted, "Nobody has accepted this invite yet.")
		}
		return changed(closeRow(row, protocol.MailboxRevoked, now), false), nil // open | DELETE owner
	case protocol.MailboxAccepted:
		switch c.Method {
		case Get: // accepted | GET owner
			return unchanged(row), nil
		case Put: // accepted | PUT owner
			return rewrite(row, role, c.Put)
		}
		return end(row, role, c.Delete, now) // accepted | DELETE owner
	case protocol.MailboxEnded:
		if c.Method == Put { // ended | PUT owner
			return Result{Row: row}, closed(row.State)
		}
		return unchanged(row), nil // ended | GET, DELETE owner
	}
	if c.Method == Delete { // revoked, expired | DELETE owner
		return unchanged(row), nil
	}
	return Result{Row: row}, closed(row.State)
}

// rewrite replaces the caller's own slot by the next one.
func rewrite(row *Row, role Role, p *protocol.MailboxPut) (Result, error) {
	stored := *row.N[role]
	switch {
	case p.N == stored+1:
	case p.N == stored && bytes.Equal(p.Slot, row.Slots[role]):
		return unchanged(row), nil // the answer to the first try was lost
	default:
		return Result{Row: row}, conflict(stored)
	}
	next, n := *row, p.N
	next.N[role], next.Slots[role] = &n, p.Slot
	return changed(&next, false), nil
}

// end leaves the caller's end slot as the only one.
func end(row *Row, role Role, d *protocol.MailboxDelete, now time.Time) (Result, error) {
	stored := *row.N[role]
	if d == nil || d.N != stored+1 {
		return Result{Row: row}, conflict(stored)
	}
	next, n := closeRow(row, protocol.MailboxEnded, now), d.N
	next.N[role], next.Slots[role] = &n, d.Slot
	return changed(next, false), nil
}

func unchanged(row *Row) Result { return Result{Row: row, View: row.view()} }

func changed(row *Row, created bool) Result {
	return Result{Row: row, View: row.view(), Changed: true, Created: created}
}

func (r *Row) view() protocol.MailboxView {
	v := protocol.MailboxView{State: r.State, N: r.N, E: r.E}
	if r.State == protocol.MailboxOpen {
		at := r.Expires.Format(time.RFC3339)
		v.ExpiresAt = &at
	}
	for i, s := range r.Slots {
		if s != nil {
			b := protocol.Bytes(s)
			v.Slots[i] = &b
		}
	}
	return v
}

func unknown() error {
	return protocol.Errorf(protocol.CodeUnknownFriendship, "There is no friendship here that this token opens.")
}

func conflict(stored uint64) error {
	return protocol.Errorf(protocol.CodeVersionConflict, "This side's slot is at number %d: read the mailbox and try again with the next one.", stored)
}

func closed(s protocol.MailboxState) error {
	switch s {
	case protocol.MailboxRevoked:
		return protocol.Errorf(protocol.CodeRevoked, "This invite was withdrawn; ask your friend for a new one.")
	case protocol.MailboxExpired:
		return protocol.Errorf(protocol.CodeExpired, "This invite has expired; ask your friend for a new one.")
	}
	return protocol.Errorf(protocol.CodeEnded, "This friendship was ended.")
}
