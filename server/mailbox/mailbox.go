// Package mailbox is the life of a friendship's mailbox as a pure function: a
// row of the store and a call go in, the row as it is afterwards and the answer
// come out. It does no I/O and reads no clock; the store gives it both inside
// one transaction.
//
// Its promises, whatever the order of calls:
//
//   - At most one invitee is ever accepted.
//   - From then on the link token reads and changes nothing; only the accepted
//     invitee's own retry succeeds, and it proves itself by its owner hash.
//   - A slot's number never falls, so an old slot cannot be put back.
//   - What is closed holds no slot but the one that says so.
package mailbox

import (
	"time"

	"p4p/protocol"
)

// Row is a mailbox as it is stored. Index 0 is the inviter's, 1 the invitee's.
// Nothing in it tells when the mailbox was made, by whom, or where it stands
// among others.
type Row struct {
	State protocol.MailboxState
	// Expires is the hour (rounded up, UTC) at which the state ends by itself:
	// an open mailbox expires, a closed one is forgotten. An accepted one does
	// neither: zero.
	Expires   time.Time
	LinkHash  protocol.Key32
	OwnerHash [2]protocol.Key32 // the invitee's is zero until accepted
	E         *protocol.Key32   // the invitee's X25519 key
	N         [2]*uint64
	Slots     [2][]byte // nil: none yet, or erased
}

// Method is what a call asks for.
type Method string

// The four calls.
const (
	Get    Method = "GET"
	Post   Method = "POST"
	Put    Method = "PUT"
	Delete Method = "DELETE"
)

// Call is a request for one mailbox. The member named like the method holds its
// body; every method but POST carries a token.
type Call struct {
	Method Method
	Token  *protocol.Token
	Post   *protocol.MailboxPost
	Put    *protocol.MailboxPut
	Delete *protocol.MailboxDelete
}

// Result is what [Apply] answers.
type Result struct {
	Row     *Row // nil: there is none
	View    protocol.MailboxView
	Changed bool // Row is to be stored (or, when nil, removed), also beside an error
	Created bool // the answer is 201, else 200
}

// Role is who a token speaks for. The owners' roles index [Row]'s arrays.
type Role int

// The three roles.
const (
	Inviter Role = iota
	Invitee
	Link // whoever holds the link
)
