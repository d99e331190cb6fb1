package localmap

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"p4p/protocol"
)

// identity is the profile's row.
type identity struct {
	root      protocol.Root
	rotations uint32
	server    protocol.UUID // zero until bound
	url, pin  string
}

func readIdentity(ctx context.Context, q querier) (identity, error) {
	var id identity
	err := q.QueryRowContext(ctx, "SELECT root, rotations, server, server_url, server_pin FROM profile").
		Scan(fixed(id.root[:]), &id.rotations, fixed(id.server[:]), &id.url, &id.pin)
	if errors.Is(err, sql.ErrNoRows) {
		err = shapeError("this profile's secret is missing")
	}
	return id, err
}

// Key is the key that signs now. Package protocol alone can sign with it.
func (m *Map) Key() protocol.DeviceKey { return m.state.Load().key }

// Root is the profile's secret.
func (m *Map) Root() protocol.Root { return m.state.Load().root }

// Rotations is how often the profile has changed its key.
func (m *Map) Rotations() uint32 { return m.state.Load().rotations }

// Own tells whether k is one of this profile's keys, the present one or a
// retired one.
func (m *Map) Own(k protocol.PublicKey) bool {
	_, ok := m.state.Load().own[k]
	return ok
}

// Server is the server that this profile is bound to, nil before its first
// record or friendship, and the address last remembered for it ("" for none)
// with the pin, in base32, if it is self-signed.
func (m *Map) Server() (id *protocol.UUID, url, pin string) {
	s := m.state.Load()
	if !s.server.IsZero() {
		bound := s.server
		id = &bound
	}
	return id, s.url, s.pin
}

// SetServerURL remembers a server's address and pin. It binds nothing.
func (m *Map) SetServerURL(ctx context.Context, url, pin string) error {
	return m.write(ctx, func(t *tx) error {
		return t.setServerURL(ctx, url, pin)
	})
}

func (t *tx) setServerURL(ctx context.Context, url, pin string) error {
	t.relabel = true
	_, err := t.ExecContext(ctx, "UPDATE profile SET server_url = ?, server_pin = ?", url, pin)
	return err
}

// Bind makes the profile that server's, for good, and remembers the address
// unless url is "". Repeating it changes nothing but the address. A profile
// bound to another server is left as it is: other_server.
func (m *Map) Bind(ctx context.Context, server protocol.UUID, url, pin string) error {
	return m.write(ctx, func(t *tx) error {
		if _, err := t.bind(ctx, server); err != nil || url == "" {
			return err
		}
		return t.setServerURL(ctx, url, pin)
	})
}

// bind binds an unbound profile, and refuses one of another server.
func (t *tx) bind(ctx context.Context, server protocol.UUID) (identity, error) {
	id, err := readIdentity(ctx, t)
	switch {
	case err != nil || id.server == server && !server.IsZero():
		return id, err
	case server.IsZero():
		return id, fmt.Errorf("local map: the zero UUID is no server")
	case !id.server.IsZero():
		return id, protocol.Errorf(protocol.CodeOtherServer,
			"This profile belongs to the server %s%s, not to %s. Nothing was changed: use a profile of its own for that server, with --profile NAME.",
			id.server, at(id.url), server)
	}
	t.relabel, id.server = true, server
	_, err = t.ExecContext(ctx, "UPDATE profile SET server = ?", server[:])
	return id, err
}

func at(url string) string {
	if url == "" {
		return ""
	}
	return " at " + url
}

// Rebind gives an unbound profile a fresh root, so that no two servers ever see
// the same key. On a bound profile it is wrong_state.
func (m *Map) Rebind(ctx context.Context) error {
	root, err := protocol.NewRoot(m.random)
	if err != nil {
		return fmt.Errorf("cannot draw a key: %w", err)
	}
	base := root.DeviceKey(0).Public
	return m.write(ctx, func(t *tx) error {
		id, err := readIdentity(ctx, t)
		if err != nil {
			return err
		}
		if !id.server.IsZero() {
			return protocol.Errorf(protocol.CodeWrongState,
				"This profile belongs to the server %s%s and keeps its key: use a profile of its own for another server, with --profile NAME.",
				id.server, at(id.url))
		}
		t.relabel, t.erase = true, true
		_, err = t.ExecContext(ctx, "UPDATE profile SET root = ?, base_key = ?, rotations = 0", root[:], base[:])
		return err
	})
}
