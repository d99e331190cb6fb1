package client

import (
	"time"

	"p4p/localmap"
	"p4p/protocol"
)

// Consent is what a person agreed to about a name.
type Consent = localmap.Consent

// LookAlike takes a name that could be mistaken for another of the phone book.
const LookAlike = localmap.LookAlike

// SamePerson gives a name that a device has to one more device of the same person.
const SamePerson = localmap.SamePerson

// LabelKind is what the client knows of an author.
type LabelKind uint8

// The kinds of label.
const (
	Anonymous LabelKind = iota
	You
	Friend
)

// Label is what is shown for an author. It comes from the local map alone.
type Label struct {
	Kind     LabelKind
	Name     string // of a Friend, as its owner typed it: pass it through plain before drawing
	Verified bool   // the safety numbers were compared
	Ended    bool   // the other side ended the friendship; the label stays until its owner removes it
}

// Item is one record as a person sees it.
type Item struct {
	Seq       uint64 // 0 while it waits in the outbox
	Epoch     protocol.UUID
	ID        protocol.UUID
	Kind      protocol.Kind // post, comment or deletion
	Author    protocol.PublicKey
	Label     Label
	Text      string // as signed: pass it through plain before drawing
	Image     *protocol.Image
	Target    protocol.UUID // of a comment or deletion
	CreatedAt time.Time     // whole minutes
	Comments  int           // live comments on a post that this client knows
	Pending   *Pending      // nil once the server has it

	Bookmarked bool // for Timeline and Bookmarks
}

// Cursor is the item's place in the log.
func (i Item) Cursor() protocol.Cursor { return protocol.Cursor{Epoch: i.Epoch, Seq: i.Seq} }

// Pending is the fate so far of a record in the outbox.
type Pending struct {
	Sending bool
	Refused *protocol.Error // the server will not take it; discard it or change it
	Tried   bool            // it was on its way, so that the server may have it
	Due     time.Time       // until then it can be undone, and is not sent; zero for at once
}

// View chooses what a timeline holds.
type View uint8

// The views.
const (
	Everyone View = iota
	Friends       // friends' posts and one's own
	Mine
	Replies // comments of others on one's own posts; for Timeline and Unread
)

// Query asks for a part of a timeline. Posts only, newest first, by seq;
// the outbox's posts come before all others.
type Query struct {
	View   View
	Author *protocol.UUID // of one device, whatever the view
	Name   string         // of one contact with all devices, whatever the view; "" for anybody
	Search string         // words that text or description must contain; "" for all
	Before uint64         // posts with a seq below it; 0 for the newest
	After  uint64         // posts with a seq above it, the lowest of them; 0 for no such bound
	Limit  int
}

// EventQuery asks for records in log order, as `p4p feed` prints them.
type EventQuery struct {
	After  *protocol.Cursor // the first Limit behind it, the zero Cursor being the beginning of any history; nil for the last Limit
	View   View
	Author *protocol.UUID
	Search string
	Limit  int
}

// Sent is the fate of a record that a person made. Seq is nil while it waits in
// the outbox, from where it is sent when the server is reached.
type Sent struct {
	ID  protocol.UUID `json:"id"`
	Seq *uint64       `json:"seq"`
}

// Picture is a picture to post: prepared bytes (see client/picture) and what
// they show, in words.
type Picture struct {
	Bytes         []byte
	Width, Height int
	Alt           string
}

// Connection is whether the server is reached.
type Connection uint8

// The states of the connection.
const (
	Connecting Connection = iota
	Online                // streaming, caught up
	CatchingUp            // streaming what was missed
	Offline               // waiting to try again
)

// Status is what a status line shows.
type Status struct {
	Connection Connection
	Server     string        // its address, "" before one is known
	ServerID   protocol.UUID // zero before the first contact
	Bound      bool          // this profile belongs to that server
	Err        error         // why it is Offline, else nil
	RetryAt    time.Time     // of the next try while Offline
	Outbox     int           // records that wait
	Refused    int           // records in the outbox that the server refused
	Behind     uint64        // records still to come while CatchingUp
}

// Change says what may look different now. It carries no data: whoever draws
// asks again for what is visible, so that a thousand posts a second cost one
// redraw a frame.
type Change uint16

// What can change.
const (
	FeedChanged    Change = 1 << iota // posts, comments, deletions, the outbox
	LabelsChanged                     // names: everything on the screen relabels
	FriendsChanged                    // friendships, invites, contacts
	NoticesChanged                    // acceptances that wait for an answer
	StatusChanged                     // connection, counts
)

// FriendState is where a friendship stands for its owner.
type FriendState string

// The states of a friendship. The invitee's side shows the name from accepted on.
const (
	StateInvited  FriendState = "invited"
	StateAccepted FriendState = "accepted"
	StateFriend   FriendState = "friend"
	StateEnded    FriendState = "ended"
	StateRefused  FriendState = "refused"
	StateRevoked  FriendState = "revoked"
	StateExpired  FriendState = "expired"
)

// Friendship is one row of the friends screen: one device of one contact.
type Friendship struct {
	Name       string
	UUID       *protocol.UUID // the other device; nil until it is known
	Friendship protocol.UUID
	State      FriendState
	Inviter    bool // this side made the invite
	Verified   bool
	Since      time.Time // of the last change of state, at this side
	ExpiresAt  *time.Time
	// SafetyNumber is set once both keys are known.
	SafetyNumber string
	// Unsent tells that the last step still waits for the server.
	Unsent bool
	// Refusal is why the server, or this side for an acceptance that cannot be
	// opened, refused the last step for good; "" if it did not.
	Refusal protocol.Code
}

// Invite is an open invite.
type Invite struct {
	Name       string
	Friendship protocol.UUID
	Link       protocol.Link
	State      FriendState
	ExpiresAt  time.Time
	Unsent     bool // the server does not know it yet: the link does not work yet
}

// Message is the words in which the link goes to the friend, by SMS or otherwise.
func (i Invite) Message() string {
	return "My invite to P4P, for you alone. It works once: " + i.Link.URL()
}

// Preview is what an invite's link turns out to be, before anything is accepted.
type Preview struct {
	Link      protocol.Link
	Inviter   protocol.UUID
	ExpiresAt *time.Time
}

// Contact is a person in the phone book. One contact can own several devices.
type Contact struct {
	Name     string
	Nickname string // as an imported phone book has it, "" if unknown
	Number   string // from there too, "" unless its keeping was agreed to
	UUIDs    []protocol.UUID
}

// Identity is what `p4p whoami` prints.
type Identity struct {
	UUID    protocol.UUID
	Profile string
	Server  string
}
