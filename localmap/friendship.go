package localmap

import (
	"time"

	"p4p/protocol"
)

// State is where a friendship stands for its owner.
type State string

// The states of a friendship.
const (
	StateInvited  State = "invited"  // inviter: the mailbox is open
	StateAccepted State = "accepted" // somebody took the invite; the inviter has not answered
	StateFriend   State = "friend"
	StateEnded    State = "ended"   // the other side ended it; the label stays
	StateRefused  State = "refused" // the inviter said no
	StateRevoked  State = "revoked"
	StateExpired  State = "expired"
	StateRemoved  State = "removed" // its owner removed it; the row waits for the server's DELETE
)

var states = []State{
	StateInvited, StateAccepted, StateFriend, StateEnded, StateRefused, StateRevoked, StateExpired, StateRemoved,
}

// Call is a call to the server that is still owed.
type Call string

// The calls; "" is none.
const (
	CallNone    Call = ""
	CallCreate  Call = "create"
	CallAccept  Call = "accept"
	CallConfirm Call = "confirm" // this side's slot rewritten: to confirm, or to tell of a change of key
	CallEnd     Call = "end"
	CallRevoke  Call = "revoke"
)

var calls = []Call{CallNone, CallCreate, CallAccept, CallConfirm, CallEnd, CallRevoke}

// Friendship is one mailbox with one device of one contact.
type Friendship struct {
	ID        protocol.UUID
	Server    protocol.UUID
	ServerURL string
	Pin       string // base32, of a self-signed server, else ""
	Role      protocol.Role
	Contact   int64
	Name      string // the contact's; read only, see [Map.RenameContact]

	State   State
	Since   time.Time // of the last change of state, in whole milliseconds
	Expires time.Time // of the invite; zero when unknown

	// Named tells that its owner has let the name stick to the other side's key:
	// the inviter by confirming, the invitee by accepting. It is kept by this
	// package; without it an ended friendship has no label.
	Named    bool
	Verified bool // the safety numbers were compared

	Secret  *protocol.Secret // nil once forgotten
	Parties protocol.Parties // the zero key stands for one not known yet
	Keys    *protocol.PairKeys

	OwnN    uint64
	OwnSlot []byte // the last sealed bytes, for identical retries
	Seen    protocol.Seen

	Pending     Call
	PendingBody []byte
	Refusal     protocol.Code // why the server refused a pending call for good, else ""
}
