package localmap

import (
	"context"
	"errors"
	"io"
	"time"

	"p4p/protocol"
)

var errUnwritten = errors.New("localmap: not written yet")

// Options are what comes from outside.
type Options struct {
	Now    func() time.Time // nil: time.Now
	Random io.Reader        // nil: crypto/rand.Reader
}

// Map is an open local map.
type Map struct{}

func Open(dir string, o Options) (*Map, error) { return nil, errUnwritten }
func (m *Map) Close() error                    { return errUnwritten }

func (m *Map) Key() protocol.DeviceKey                                 { return protocol.DeviceKey{} }
func (m *Map) Root() protocol.Root                                     { return protocol.Root{} }
func (m *Map) Rotations() uint32                                       { return 0 }
func (m *Map) Own(k protocol.PublicKey) bool                           { return false }
func (m *Map) Server() (id *protocol.UUID, url, pin string)            { return nil, "", "" }
func (m *Map) SetServerURL(ctx context.Context, url, pin string) error { return errUnwritten }
func (m *Map) Rebind(ctx context.Context) error                        { return errUnwritten }
func (m *Map) Bind(ctx context.Context, server protocol.UUID, url, pin string) error {
	return errUnwritten
}

type Contact struct {
	ID    int64
	Name  string
	UUIDs []protocol.UUID
}

// CheckName makes a typed name what the phone book takes, or says with bad_name
// which rule it breaks.
func CheckName(name string) (string, error) { return "", errUnwritten }

func (m *Map) AddContact(ctx context.Context, name string) (Contact, error) {
	return Contact{}, errUnwritten
}
func (m *Map) Contacts(ctx context.Context) ([]Contact, error) { return nil, errUnwritten }
func (m *Map) ContactByName(ctx context.Context, name string) (Contact, error) {
	return Contact{}, errUnwritten
}
func (m *Map) RenameContact(ctx context.Context, from, to string) (Contact, error) {
	return Contact{}, errUnwritten
}
func (m *Map) RemoveContact(ctx context.Context, name string) error { return errUnwritten }

func (m *Map) Friendships(ctx context.Context) ([]Friendship, error) { return nil, errUnwritten }
func (m *Map) Friendship(ctx context.Context, id protocol.UUID) (Friendship, error) {
	return Friendship{}, errUnwritten
}
func (m *Map) CreateFriendship(ctx context.Context, f Friendship, contactName string, samePerson bool) (Friendship, error) {
	return Friendship{}, errUnwritten
}
func (m *Map) UpdateFriendship(ctx context.Context, id protocol.UUID, change func(*Friendship) error) (Friendship, error) {
	return Friendship{}, errUnwritten
}
func (m *Map) DeleteFriendship(ctx context.Context, id protocol.UUID) error { return errUnwritten }

// Label is what the map knows of an author's key.
type Label struct {
	Contact  int64
	Name     string
	Verified bool
	Ended    bool
	Retired  bool // the device has another key now: records behind Cut get no name (deletions excepted)
	Epoch    protocol.UUID
	Cut      uint64
}

func (m *Map) Label(k protocol.PublicKey) (Label, bool)              { return Label{}, false }
func (m *Map) LabelledUUIDs() []protocol.UUID                        { return nil }
func (m *Map) Refresh(ctx context.Context) (changed bool, err error) { return false, errUnwritten }

type Outgoing struct {
	ID       protocol.UUID
	Kind     protocol.Kind
	JWS      string
	Picture  []byte
	QueuedAt time.Time
	Refused  *protocol.Error
}

func (m *Map) Enqueue(ctx context.Context, r protocol.Record, picture []byte) error {
	return errUnwritten
}
func (m *Map) Outbox(ctx context.Context) ([]Outgoing, error) { return nil, errUnwritten }
func (m *Map) MarkRefused(ctx context.Context, id protocol.UUID, why *protocol.Error) error {
	return errUnwritten
}
func (m *Map) Retry(ctx context.Context, id protocol.UUID) error   { return errUnwritten }
func (m *Map) Dequeue(ctx context.Context, id protocol.UUID) error { return errUnwritten }
func (m *Map) LockOutbox() (unlock func(), ok bool, err error)     { return nil, false, errUnwritten }

func (m *Map) Draft(ctx context.Context, where string) (string, error) { return "", errUnwritten }
func (m *Map) SaveDraft(ctx context.Context, where, text string) error { return errUnwritten }
func (m *Map) Setting(ctx context.Context, key string) (string, error) { return "", errUnwritten }
func (m *Map) SetSetting(ctx context.Context, key, value string) error { return errUnwritten }
