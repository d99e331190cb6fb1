package protocol

// Event is one place of the log as the server tells it. Kind decides which
// members there are:
//
//	post, comment, deletion   jws
//	erased                    id: of the record that stood here
//	hidden                    nothing: a report, which is the operator's to read
//	takedown                  target: the record that the operator erased
type Event struct {
	Seq    uint64    `json:"seq"`
	Kind   EventKind `json:"kind"`
	JWS    string    `json:"jws,omitempty"`
	ID     *UUID     `json:"id,omitempty"`
	Target *UUID     `json:"target,omitempty"`
}

// EventKind is what stands at a place of the log.
type EventKind string

// The kinds of event.
const (
	EventPost     EventKind = "post"
	EventComment  EventKind = "comment"
	EventDeletion EventKind = "deletion"
	EventErased   EventKind = "erased"
	EventHidden   EventKind = "hidden"
	EventTakedown EventKind = "takedown"
)

// Hello opens every stream: the server's identity and the last seq of its log
// at that moment.
type Hello struct {
	Server UUID   `json:"server"`
	Epoch  UUID   `json:"epoch"`
	Seq    uint64 `json:"seq"`
}

// ServerFrame is a websocket message from the server; one member is set.
type ServerFrame struct {
	Hello   *Hello         `json:"hello,omitempty"`
	Events  []Event        `json:"events,omitempty"`
	Mailbox *MailboxNotice `json:"mailbox,omitempty"`
	Error   *Error         `json:"error,omitempty"`
}

// MailboxNotice says that a watched mailbox is in this state now: at once when
// the watch begins, and at each change. Error is set instead of the rest where
// the mailbox cannot be watched; then there is no watch.
type MailboxNotice struct {
	Friendship UUID         `json:"friendship"`
	State      MailboxState `json:"state,omitempty"`
	N          *[2]uint64   `json:"n,omitempty"`
	Error      *Error       `json:"error,omitempty"`
}

// ClientFrame is a websocket message from a client.
type ClientFrame struct {
	Watch   []Watch `json:"watch,omitempty"`
	Unwatch []UUID  `json:"unwatch,omitempty"`
}

// Watch asks for a mailbox's changes, with the token that opens it.
type Watch struct {
	Friendship UUID  `json:"friendship"`
	Token      Token `json:"token"`
}

// Websocket close codes. The range says what to do: 4000–4099 reconnect and
// resume; 4100–4199 start the feed over; 4200–4299 do not come back like this.
const (
	CloseShutdown      = 4000 // the server ends
	CloseSlow          = 4001 // a write met its deadline
	CloseCursorUnknown = 4100
	CloseBadFrame      = 4200
	CloseRateLimited   = 4002
)

// Info is the answer of GET /v1/info.
type Info struct {
	Server    UUID   `json:"server"`
	Epoch     UUID   `json:"epoch"`
	Seq       uint64 `json:"seq"`
	PublicURL string `json:"public_url"` // without a trailing slash; "" when the server does not know it
	Pin       string `json:"pin"`        // of a self-signed certificate, else ""
	Limits    Limits `json:"limits"`
	Version   string `json:"version"`
}

// PostRecords is the body of POST /v1/records.
type PostRecords struct {
	Records []string `json:"records"`
}

// RecordResult is the fate of one posted record: Seq, or Error.
type RecordResult struct {
	ID    UUID   `json:"id"` // zero where the record could not be parsed
	Seq   uint64 `json:"seq,omitempty"`
	Error *Error `json:"error,omitempty"`
}

// PostedRecords is the answer of POST /v1/records, in the order of the request.
type PostedRecords struct {
	Results []RecordResult `json:"results"`
}

// RecordsPage is the answer of GET /v1/records, newest first. Before is what
// the next page asks for; it is absent on the last.
type RecordsPage struct {
	Epoch  UUID    `json:"epoch"`
	Events []Event `json:"events"`
	Before *uint64 `json:"before,omitempty"`
}

// RecordView is the answer of GET /v1/records/{id}.
type RecordView struct {
	Epoch    UUID  `json:"epoch"`
	Event    Event `json:"event"`
	Comments int   `json:"comments"`
}

// ErrorBody is the body of every refused call.
type ErrorBody struct {
	Error *Error `json:"error"`
}

// MailboxState is where a friendship's mailbox stands.
type MailboxState string

// The states of a mailbox.
const (
	MailboxOpen     MailboxState = "open"
	MailboxAccepted MailboxState = "accepted"
	MailboxEnded    MailboxState = "ended"
	MailboxRevoked  MailboxState = "revoked"
	MailboxExpired  MailboxState = "expired"
)

// MailboxPost is the body of POST /v1/friendships/{uuid}: the inviter opens it.
type MailboxPost struct {
	LinkHash  Key32  `json:"link_hash"`  // SHA-256 of the link token
	OwnerHash Key32  `json:"owner_hash"` // SHA-256 of the inviter's owner token
	ExpiresIn int64  `json:"expires_in"` // seconds
	N         uint64 `json:"n"`          // 1
	Slot      Bytes  `json:"slot"`
}

// MailboxPut is the body of PUT /v1/friendships/{uuid}: with the link token
// owner_hash and e are set (the invitee accepts), with an owner token not.
type MailboxPut struct {
	OwnerHash *Key32 `json:"owner_hash,omitempty"`
	E         *Key32 `json:"e,omitempty"`
	N         uint64 `json:"n"`
	Slot      Bytes  `json:"slot"`
}

// MailboxDelete is the body of DELETE /v1/friendships/{uuid}: the end slot and
// its n, or nothing while the mailbox is open.
type MailboxDelete struct {
	N    uint64 `json:"n,omitempty"`
	Slot Bytes  `json:"slot,omitempty"`
}

// MailboxView is the answer of every mailbox call that succeeds. Index 0 is the
// inviter's, 1 the invitee's; absent values are null.
type MailboxView struct {
	State     MailboxState `json:"state"`
	ExpiresAt *string      `json:"expires_at"` // RFC 3339, whole hours; null once accepted
	N         [2]*uint64   `json:"n"`
	Slots     [2]*Bytes    `json:"slots"`
	E         *Key32       `json:"e"`
}
