package mailbox

import (
	"time"

	"p4p/protocol"
)

// RoleOf tells who t speaks for.
func (r *Row) RoleOf(t protocol.Token) (role Role, ok bool) {
	h := t.Hash()
	switch {
	case h.Equal(r.OwnerHash[Inviter]):
		return Inviter, true
	case r.State != protocol.MailboxOpen && h.Equal(r.OwnerHash[Invitee]):
		return Invitee, true
	case h.Equal(r.LinkHash):
		return Link, true
	}
	return 0, false
}

// Apply carries out a call.
func Apply(row *Row, c Call, now time.Time) (Result, error) {
	return Result{Row: row}, protocol.Errorf(protocol.CodeUnavailable, "The mailbox is not there yet.")
}
