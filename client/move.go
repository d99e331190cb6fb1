package client

import (
	"context"
	"math"

	"p4p/localmap"
	"p4p/protocol"
)

// MoveOffer is a profile, sealed for another machine of the same person. Whoever
// has both parts is that person.
type MoveOffer struct {
	Text string // of the QR code
	Code string // to be typed by hand; it is in no picture
	// NoServer tells that the new machine has to be told the server's address: the
	// profile's server has none that works from elsewhere, as far as is known here.
	NoServer bool
}

// Move seals this profile for another machine. That it was shown is noted before
// anything is, and told until its owner has seen it ([Client.Warnings]). Nothing
// is asked of a server.
func (c *Client) Move(ctx context.Context) (MoveOffer, error) {
	rotations := c.local.Rotations()
	if rotations > math.MaxUint16 {
		return MoveOffer{}, protocol.Errorf(protocol.CodeChainFull, "This profile has changed its key too often to be moved.")
	}
	m := protocol.Move{Root: c.local.Root(), Rotations: uint16(rotations)}
	bound, address, pin := c.local.Server()
	if bound != nil {
		m.Server = *bound
	}
	var err error
	if m.Pin, err = parsePin(pin); err != nil {
		return MoveOffer{}, err
	}
	if m.URL = address; m.URL == "" || isOwnMachine(m.URL) {
		m.URL, m.Pin = "", nil
		if s := c.link.get(); s != nil { // it may know a better one
			if m.URL, m.Pin = c.linkHost(s, s.Info); isOwnMachine(m.URL) {
				m.URL, m.Pin = "", nil
			}
		}
	}
	o := MoveOffer{NoServer: m.URL == ""}
	if o.Code, err = protocol.NewMoveCode(c.opt.Random); err != nil {
		return MoveOffer{}, err
	}
	if o.Text, err = protocol.SealMove(c.opt.Random, m, o.Code); err != nil {
		return MoveOffer{}, err
	}
	if _, err := c.local.Watch(ctx); err != nil { // from now on there may be another machine
		return MoveOffer{}, err
	}
	return o, c.warnOf(ctx, MoveShown, c.now())
}

func isOwnMachine(url string) bool { return protocol.Link{Server: url}.Loopback() }

// ReceiveMove makes an empty or new profile the one that another machine shows.
// It has the identity then: old posts are one's own and can be deleted. Names and
// friendships come with the old machine's backup, which [Restore] puts into it.
// Codes: bad_move, wrong_code, profile_in_use, and those of [Open].
func ReceiveMove(ctx context.Context, o Options, text, code string) (Identity, error) {
	if _, err := ProfileDir(o.Home, o.Profile); err != nil {
		return Identity{}, err
	}
	a, err := OpenMove(text, code)
	if err != nil {
		return Identity{}, err
	}
	return a.Settle(ctx, o)
}

// OpenMove opens what another machine shows for [Arrival.Settle], and changes nothing.
// Codes: bad_move, wrong_code.
func OpenMove(text, code string) (Arrival, error) {
	m, err := protocol.OpenMove(text, code)
	if err != nil {
		return Arrival{}, err
	}
	return Arrival{func(ctx context.Context, into *localmap.Map) error {
		return into.Adopt(ctx, m, passingSetting)
	}}, nil
}
