package mailbox

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
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
		for range rapid.IntRange(1, 40).Draw(t, "calls") {
			now = now.Add(time.Duration(rapid.SampledFrom([]int{0, 0, 0, 1, 30}).Draw(t, "hours")) * time.Hour)
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
				if !cmp.Equal(settled, res.Row) {
					t.Fatalf("the link changed a mailbox after the acceptance: %s", cmp.Diff(settled, res.Row))
				}
				if !isRetry && (err == nil || !cmp.Equal(res.View, protocol.MailboxView{})) {
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
		if *after.N[i] == *n && after.Slots[i] != nil && !cmp.Equal(before.Slots[i], after.Slots[i]) {
			t.Fatalf("slot %d changed under its number", i)
		}
	}
}

func anyCall(t *rapid.T) Call {
	owners := []*protocol.Token{link, anna, bob, carl}
	who := rapid.SampledFrom(owners).Draw(t, "who")
	n := rapid.Uint64Range(1, 4).Draw(t, "n")
	s := slot(rapid.SampledFrom([]byte("abAB")).Draw(t, "slot"))
	switch rapid.SampledFrom([]string{"open", "get", "take", "take", "put", "revoke", "end"}).Draw(t, "call") {
	case "open":
		return open()
	case "take":
		return take(who, rapid.SampledFrom(owners).Draw(t, "as"))
	case "put":
		return put(who, n, s)
	case "revoke":
		return revoke(who)
	case "end":
		return end1(who, n)
	}
	return get(who)
}
