package client

import (
	"context"
	"strings"
	"unicode"

	"p4p/localmap"
	"p4p/protocol"
)

// Verify marks a friendship as verified if number is its safety number, as the
// friend read it out: white space and separators make no difference. Nothing else
// is changed, and no server is asked. Verifying again changes nothing.
//
// The mark holds for the two base keys that the number is made of. It stays
// through a rotation, which the old key signs, and goes with any other change.
//
// Codes: safety_mismatch for any other number; unknown_friendship; wrong_state
// where the other side's key is not known, or the friendship is over.
func (c *Client) Verify(ctx context.Context, f protocol.UUID, number string) (Friendship, error) {
	return c.mark(ctx, f, true, func(r localmap.Friendship) error {
		if !isLive(r.State) || otherKey(r).IsZero() {
			return wrongState(r, "can be verified once the invite was accepted, and until the friendship ends")
		}
		if typed := safetyDigits(number); typed != safetyDigits(r.Parties.SafetyNumber()) {
			return errMismatch(r.Name, typed)
		}
		return nil
	})
}

// Unverify takes the mark off. Code: unknown_friendship.
func (c *Client) Unverify(ctx context.Context, f protocol.UUID) (Friendship, error) {
	return c.mark(ctx, f, false, func(localmap.Friendship) error { return nil })
}

func (c *Client) mark(ctx context.Context, f protocol.UUID, verified bool, may func(localmap.Friendship) error) (Friendship, error) {
	r, err := c.update(ctx, f, func(r *localmap.Friendship) error {
		if r.State == localmap.StateRemoved {
			return protocol.Errorf(protocol.CodeUnknownFriendship, "This friendship was removed.")
		}
		if err := may(*r); err != nil {
			return err
		}
		if r.Verified == verified {
			return errUnchanged
		}
		r.Verified = verified
		return nil
	})
	if err != nil {
		return Friendship{}, err
	}
	return friendshipOf(r), nil
}

// safetyDigits is what of a typed safety number counts. Letters stay, so that
// they match nothing.
func safetyDigits(number string) string {
	return strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.L, unicode.N) {
			return r
		}
		return -1
	}, number)
}

func errMismatch(name, typed string) *protocol.Error {
	if len(typed) != 30 || strings.Trim(typed, "0123456789") != "" {
		return protocol.Errorf(protocol.CodeSafetyMismatch,
			"A safety number has 30 digits, and this is none: %s was not marked as verified. Ask for the whole number once more.", name)
	}
	return protocol.Errorf(protocol.CodeSafetyMismatch,
		"The safety numbers differ: %s was not marked as verified. Compare again, with %[1]s's own voice; if they still differ, somebody may have taken the invite in between and is not %[1]s: remove the friendship and make a new invite over another way.", name)
}
