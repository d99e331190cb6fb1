package mailbox

import (
	"time"

	"p4p/protocol"
)

// maxN bounds a slot's number: every JSON reader holds it exactly.
const maxN = 1<<53 - 1

// check refuses, with bad_request, what no state could take.
func (c Call) check() error {
	switch c.Method {
	case Get:
		return nil
	case Post:
		return checkPost(c.Post)
	case Put:
		return checkPut(c.Put)
	case Delete:
		return checkDelete(c.Delete)
	}
	return malformed("the method is GET, POST, PUT or DELETE")
}

func checkPost(p *protocol.MailboxPost) error {
	zero := protocol.Key32{}
	switch {
	case p == nil:
		return malformed("the body is missing")
	case p.LinkHash == zero || p.OwnerHash == zero || p.LinkHash == p.OwnerHash:
		return malformed("link_hash and owner_hash are two different hashes")
	case p.ExpiresIn < seconds(protocol.MinExpiry) || p.ExpiresIn > seconds(protocol.MaxExpiry):
		return malformed("expires_in lies between %d and %d seconds", seconds(protocol.MinExpiry), seconds(protocol.MaxExpiry))
	case p.N != 1:
		return malformed("the first slot has the number 1")
	}
	return checkSlot(p.Slot)
}

func checkPut(p *protocol.MailboxPut) error {
	switch {
	case p == nil:
		return malformed("the body is missing")
	case (p.OwnerHash == nil) != (p.E == nil):
		return malformed("owner_hash and e go together")
	case p.OwnerHash != nil && *p.OwnerHash == protocol.Key32{}:
		return malformed("owner_hash is a hash")
	case p.OwnerHash != nil && p.N != 1:
		return malformed("the first slot has the number 1")
	case p.N < 1 || p.N > maxN:
		return malformed("n lies between 1 and 2^53-1")
	}
	return checkSlot(p.Slot)
}

// checkDelete takes an end slot with its number, or neither.
func checkDelete(d *protocol.MailboxDelete) error {
	switch {
	case d == nil || d.N == 0 && d.Slot == nil:
		return nil
	case d.N < 1 || d.N > maxN:
		return malformed("n lies between 1 and 2^53-1")
	}
	return checkSlot(d.Slot)
}

func checkSlot(b protocol.Bytes) error {
	if len(b) != protocol.SlotSize {
		return malformed("a slot has %d bytes, this one %d", protocol.SlotSize, len(b))
	}
	return nil
}

func malformed(format string, args ...any) error {
	e := protocol.Errorf(protocol.CodeBadRequest, format, args...)
	e.Message = "The mailbox call is malformed: " + e.Message + "."
	return e
}

func seconds(d time.Duration) int64 { return int64(d / time.Second) }
