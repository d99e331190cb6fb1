package mailbox

import (
	"time"

	"p4p/protocol"
)

// Settle does to a row what time alone does: an open invite past its hour
// expires and loses its slots, a closed mailbox past its hour is forgotten
// (nil). Every call sees a settled row, so the sweep's timing changes nothing.
func Settle(row *Row, now time.Time) (_ *Row, changed bool) {
	for row != nil && !row.Expires.IsZero() && !now.Before(row.Expires) {
		if row.State == protocol.MailboxOpen {
			row = closeRow(row, protocol.MailboxExpired, row.Expires)
		} else {
			row = nil
		}
		changed = true
	}
	return row, changed
}

// closeRow is row in a closed state from now on, without slots.
func closeRow(row *Row, s protocol.MailboxState, now time.Time) *Row {
	kept := protocol.ClosedKept
	if s == protocol.MailboxEnded {
		kept = protocol.EndedKept
	}
	next := *row
	next.State, next.Expires, next.Slots = s, hourUp(now.Add(kept)), [2][]byte{}
	return &next
}

// hourUp is the whole hour at or after t, in UTC: finer times would tell when a
// mailbox was made.
func hourUp(t time.Time) time.Time {
	h := t.UTC().Truncate(time.Hour)
	if h.Before(t) {
		h = h.Add(time.Hour)
	}
	return h
}
