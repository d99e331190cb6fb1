package localmap

import (
	"bytes"
	"context"
	"slices"

	"p4p/protocol"
)

// state is one consistent reading of the file, never changed once it is
// published.
type state struct {
	identity
	key    protocol.DeviceKey
	keys   []OwnKey // key is the last one's
	own    map[protocol.PublicKey]struct{}
	labels map[protocol.PublicKey]Label
	uuids  []protocol.UUID // of the labels' keys, sorted
}

// load reads all that is answered from memory. The keys of last, if it is not
// nil, are taken over where they are still right.
func load(ctx context.Context, q querier, last *state) (*state, error) {
	s := &state{}
	var err error
	if s.identity, err = readIdentity(ctx, q); err != nil {
		return nil, err
	}
	if last != nil && last.root == s.root && last.rotations == s.rotations {
		s.key, s.keys, s.own = last.key, last.keys, last.own
	} else if err := s.deriveKeys(ctx, q); err != nil {
		return nil, err
	}
	if s.labels, err = loadLabels(ctx, q); err != nil {
		return nil, err
	}
	s.uuids = make([]protocol.UUID, 0, len(s.labels))
	for k := range s.labels {
		s.uuids = append(s.uuids, k.UUID())
	}
	slices.SortFunc(s.uuids, compareUUIDs)
	return s, nil
}

// deriveKeys makes the profile's keys of all rotations so far, and holds the
// root against the public key that was stored with it.
func (s *state) deriveKeys(ctx context.Context, q querier) error {
	var base protocol.PublicKey
	if err := q.QueryRowContext(ctx, "SELECT base_key FROM profile").Scan(fixed(base[:])); err != nil {
		return err
	}
	keys, err := ownKeys(ctx, q)
	if err != nil {
		return err
	}
	s.keys, s.own = keys, make(map[protocol.PublicKey]struct{}, len(keys))
	for _, k := range keys {
		s.key = k.DeviceKey
		s.own[k.Public] = struct{}{}
	}
	if _, ok := s.own[base]; !ok {
		return shapeError("this profile's secret does not fit its key")
	}
	return nil
}

func compareUUIDs(a, b protocol.UUID) int { return bytes.Compare(a[:], b[:]) }
