package localmap

import (
	"cmp"
	"context"
	"slices"
	"time"

	"p4p/protocol"
)

// Label is what the map knows of an author's key.
type Label struct {
	Contact  int64
	Name     string // as its owner typed it
	Verified bool   // the safety numbers were compared
	Ended    bool   // the other side ended the friendship
	// Retired tells that the device signs with another key now. Of this key's
	// records those behind Cut in Epoch get no name, deletions excepted.
	Retired bool
	Epoch   protocol.UUID
	Cut     uint64
}

// Label is the label of a key, compared whole. It answers from memory, waits for
// nobody, and costs some tens of nanoseconds.
//
// A key has a label when it is the other side's, the base key or a successor,
// of a friendship that is Named and in one of the states accepted (at the
// invitee), friend and ended. One's own keys have none: see [Map.Own].
func (m *Map) Label(k protocol.PublicKey) (Label, bool) {
	l, ok := m.state.Load().labels[k]
	return l, ok
}

// LabelledUUIDs are the device UUIDs of all keys that have a label, sorted.
func (m *Map) LabelledUUIDs() []protocol.UUID { return slices.Clone(m.state.Load().uuids) }

// named is what of a friendship decides about labels.
type named struct {
	id       protocol.UUID
	contact  int64
	name     string
	role     protocol.Role
	state    State
	named    bool
	verified bool
	since    time.Time
	base     protocol.PublicKey // the other side's
	steps    []protocol.Step
}

func loadLabels(ctx context.Context, q querier) (map[protocol.PublicKey]Label, error) {
	rows, err := q.QueryContext(ctx, `
		SELECT f.id, f.contact, c.name, f.role, f.state, f.named, f.verified, f.since,
		       CASE f.role WHEN 0 THEN f.invitee_key ELSE f.inviter_key END, f.seen_steps
		FROM friendships f JOIN contacts c ON c.id = f.contact`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []named
	for rows.Next() {
		var n named
		if err := rows.Scan(fixed(n.id[:]), &n.contact, &n.name, &n.role, &n.state, &n.named, &n.verified,
			(*millis)(&n.since), fixed(n.base[:]), (*steps)(&n.steps)); err != nil {
			return nil, err
		}
		all = append(all, n)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	return makeLabels(all), nil
}

// makeLabels is the one place where it is decided which key has which label.
// Should a device have got two names, the one given last to a friendship that
// is alive stands, and it is the same one wherever the map is read.
func makeLabels(all []named) map[protocol.PublicKey]Label {
	slices.SortFunc(all, func(a, b named) int {
		return cmp.Or(
			cmp.Compare(rank(a), rank(b)),
			a.since.Compare(b.since),
			compareUUIDs(a.id, b.id),
		)
	})
	labels := make(map[protocol.PublicKey]Label, len(all))
	for _, n := range all { // the last one wins
		if !n.labelled() {
			continue
		}
		l := Label{Contact: n.contact, Name: n.name, Verified: n.verified, Ended: n.state == StateEnded}
		k := n.base
		for _, s := range n.steps {
			retired := l
			retired.Retired, retired.Epoch, retired.Cut = true, s.Epoch, s.Cut
			labels[k] = retired
			k = s.Key
		}
		if was := labels[k]; was.Retired { // another friendship with the same device knows more
			l.Retired, l.Epoch, l.Cut = true, was.Epoch, was.Cut
		}
		labels[k] = l
	}
	return labels
}

func rank(n named) int {
	if n.state == StateEnded {
		return 0
	}
	return 1
}

func (n named) labelled() bool {
	switch n.state {
	case StateFriend, StateEnded:
		return n.named && !n.base.IsZero()
	case StateAccepted:
		return n.named && !n.base.IsZero() && n.role == protocol.RoleInvitee
	default:
		return false
	}
}
