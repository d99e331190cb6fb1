package mailbox

import (
	"bytes"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"p4p/protocol"
)

// TestOneInviteeIsAcceptedWhateverTheOrder lets the inviter, the invitee and a
// third holder of the link call in any order, with time passing.
func TestOneInviteeIsAcceptedWhateverTheOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var r *Row
		var accepted *protocol.Key32 // whoever was taken, as long as this row lives
		now := t0
		for range rapid.IntRange(1, 60).Draw(t, "calls") {
			now = now.Add(time.Duration(rarely(t, rapid.SampledFrom([]int{1, 30, 31 * 24}))) * time.Hour)
			c := anyCall(t)
			res, err := Apply(r, c, now)

			if err == nil && res.Row == nil {
				t.Fatal("a call succeeded and left nothing")
			}
			settled, _ := Settle(r, now)
			if settled == nil {
				accepted = nil
			} else if res.Row == nil {
				t.Fatal("a call removed a mailbox")
			}
			checkNumbers(t, settled, res.Row)

			isRetry := accepted != nil && c.Method == Put && c.Put.OwnerHash != nil && *c.Put.OwnerHash == *accepted
			if accepted != nil && c.Token != nil && *c.Token == *link {
				if !reflect.DeepEqual(settled, res.Row) {
					t.Fatal("the link changed a mailbox after the acceptance")
				}
				if !isRetry && (err == nil || res.View != (protocol.MailboxView{})) {
					t.Fatalf("the link reads after the acceptance: %v %+v", err, res.View)
				}
			}
			if res.Row != nil && res.Row.OwnerHash[Invitee] != (protocol.Key32{}) {
				if accepted != nil && *accepted != res.Row.OwnerHash[Invitee] {
					t.Fatal("a second invitee was accepted")
				}
				h := res.Row.OwnerHash[Invitee]
				accepted = &h
			}
			r = res.Row
		}
	})
}

// checkNumbers holds that no slot's number falls and none changes its bytes
// under the same number.
func checkNumbers(t *rapid.T, before, after *Row) {
	if before == nil {
		return
	}
	for i, n := range before.N {
		if n == nil {
			continue
		}
		if after.N[i] == nil || *after.N[i] < *n {
			t.Fatalf("the number of slot %d fell", i)
		}
		if *after.N[i] == *n && after.Slots[i] != nil && !bytes.Equal(before.Slots[i], after.Slots[i]) {
			t.Fatalf("slot %d changed under its number", i)
		}
	}
}

// rarely is a drawn number once in twenty times, else 0.
func rarely(t *rapid.T, g *rapid.Generator[int]) int {
	if rapid.IntRange(0, 19).Draw(t, "dice") > 0 {
		return 0
	}
	return g.Draw(t, "hours")
}

var slots = map[byte]protocol.Bytes{'a': slot('a'), 'A': slot('A')}

// anyCall leans towards what moves a mailbox on, so that all states are reached.
func anyCall(t *rapid.T) Call {
	everybody := []*protocol.Token{link, anna, bob, carl}
	who := rapid.SampledFrom(everybody).Draw(t, "who")
	n := rapid.Uint64Range(1, 3).Draw(t, "n")
	s := slots[rapid.SampledFrom([]byte("aA")).Draw(t, "slot")]
	switch rapid.IntRange(0, 13).Draw(t, "call") {
	case 0, 1, 2:
		return open()
	case 3:
		return take(link, bob)
	case 4:
		return take(who, rapid.SampledFrom(everybody).Draw(t, "as"))
	case 5, 6:
		return put(anna, n, s)
	case 7, 8:
		return put(who, n, s)
	case 9:
		return end1(who, n)
	case 10:
		if rapid.Bool().Draw(t, "really") {
			return revoke(who)
		}
	}
	return get(who)
}
