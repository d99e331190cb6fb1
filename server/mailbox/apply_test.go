package mailbox

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"p4p/protocol"
)

var (
	t0 = time.Date(2026, 3, 1, 10, 20, 0, 0, time.UTC)

	link, anna, bob, carl = token(1), token(2), token(3), token(4)
	exchange              = protocol.Key32{9}
)

func token(b byte) *protocol.Token { return &protocol.Token{b} }

func hash(t *protocol.Token) *protocol.Key32 {
	h := t.Hash()
	return &h
}

func slot(b byte) protocol.Bytes { return bytes.Repeat([]byte{b}, protocol.SlotSize) }

func open() Call {
	return Call{Method: Post, Post: &protocol.MailboxPost{
		LinkHash: *hash(link), OwnerHash: *hash(anna), ExpiresIn: 7200, N: 1, Slot: slot('a'),
	}}
}

func get(t *protocol.Token) Call { return Call{Method: Get, Token: t} }

func take(t, owner *protocol.Token) Call {
	return Call{Method: Put, Token: t, Put: &protocol.MailboxPut{OwnerHash: hash(owner), E: &exchange, N: 1, Slot: slot('b')}}
}

func put(t *protocol.Token, n uint64, s protocol.Bytes) Call {
	return Call{Method: Put, Token: t, Put: &protocol.MailboxPut{N: n, Slot: s}}
}

func revoke(t *protocol.Token) Call {
	return Call{Method: Delete, Token: t, Delete: &protocol.MailboxDelete{}}
}

func end1(t *protocol.Token, n uint64) Call {
	return Call{Method: Delete, Token: t, Delete: &protocol.MailboxDelete{N: n, Slot: slot('x')}}
}

// row is what the calls lead to; each must succeed.
func row(t *testing.T, calls ...Call) *Row {
	t.Helper()
	var r *Row
	for i, c := range calls {
		res, err := Apply(r, c, t0)
		if err != nil {
			t.Fatalf("call %d: %v", i, err)
		}
		r = res.Row
	}
	return r
}

// TestEveryRowOfTheTable goes through the design's table of mailbox states.
func TestEveryRowOfTheTable(t *testing.T) {
	opened := []Call{open()}
	accepted := []Call{open(), take(link, bob)}
	ended := append(accepted[:2:2], end1(anna, 2))
	revoked := append(opened[:1:1], revoke(anna))
	late := t0.Add(3 * time.Hour) // past the expiry of open()

	type want struct {
		code    protocol.Code
		state   protocol.MailboxState
		changed bool
	}
	const (
		isOpen     = protocol.MailboxOpen
		isAccepted = protocol.MailboxAccepted
		isEnded    = protocol.MailboxEnded
		isRevoked  = protocol.MailboxRevoked
		isExpired  = protocol.MailboxExpired
	)
	otherPost := open()
	otherPost.Post = &protocol.MailboxPost{LinkHash: *hash(link), OwnerHash: *hash(carl), ExpiresIn: 7200, N: 1, Slot: slot('a')}

	for _, tt := range []struct {
		name  string
		given []Call
		call  Call
		at    time.Time
		want  want
	}{
		{"none, GET", nil, get(link), t0, want{code: protocol.CodeUnknownFriendship}},
		{"none, PUT", nil, take(link, bob), t0, want{code: protocol.CodeUnknownFriendship}},
		{"none, DELETE", nil, revoke(anna), t0, want{code: protocol.CodeUnknownFriendship}},
		{"none, POST", nil, open(), t0, want{state: isOpen, changed: true}},

		{"open, wrong token", opened, get(carl), t0, want{code: protocol.CodeUnknownFriendship}},
		{"open, no token", opened, get(nil), t0, want{code: protocol.CodeUnknownFriendship}},
		{"open, DELETE link", opened, revoke(link), t0, want{code: protocol.CodeUnknownFriendship}},
		{"open, the same POST", opened, open(), t0, want{state: isOpen}},
		{"open, another POST", opened, otherPost, t0, want{code: protocol.CodeExists}},
		{"open, GET link", opened, get(link), t0, want{state: isOpen}},
		{"open, GET owner", opened, get(anna), t0, want{state: isOpen}},
		{"open, PUT link", opened, take(link, bob), t0, want{state: isAccepted, changed: true}},
		{"open, PUT link with the inviter's own hash", opened, take(link, anna), t0, want{code: protocol.CodeBadRequest}},
		{"open, PUT link with the link's hash", opened, take(link, link), t0, want{code: protocol.CodeBadRequest}},
		{"open, PUT link without a hash", opened, put(link, 1, slot('b')), t0, want{code: protocol.CodeBadRequest}},
		{"open, PUT owner", opened, put(anna, 2, slot('A')), t0, want{code: protocol.CodeNotAccepted}},
		{"open, PUT owner with a hash", opened, take(anna, bob), t0, want{code: protocol.CodeBadRequest}},
		{"open, DELETE owner", opened, revoke(anna), t0, want{state: isRevoked, changed: true}},
		{"open, DELETE owner who believes it accepted", opened, end1(anna, 2), t0, want{state: isRevoked, changed: true}},

		{"past expiry, GET link", opened, get(link), late, want{code: protocol.CodeExpired, changed: true}},
		{"past expiry, PUT link", opened, take(link, bob), late, want{code: protocol.CodeExpired, changed: true}},
		{"past expiry, GET owner", opened, get(anna), late, want{code: protocol.CodeExpired, changed: true}},
		{"past expiry, PUT owner", opened, put(anna, 2, slot('A')), late, want{code: protocol.CodeExpired, changed: true}},
		{"past expiry, DELETE owner", opened, revoke(anna), late, want{state: isExpired, changed: true}},
		{"past expiry, DELETE link", opened, revoke(link), late, want{code: protocol.CodeUnknownFriendship, changed: true}},
		{"past expiry, the same POST", opened, open(), late, want{state: isExpired, changed: true}},
		{"past expiry, another POST", opened, otherPost, late, want{code: protocol.CodeExists, changed: true}},

		{"accepted, PUT link by the same invitee", accepted, take(link, bob), late, want{state: isAccepted}},
		{"accepted, PUT link by another", accepted, take(link, carl), t0, want{code: protocol.CodeAlreadyAccepted}},
		{"accepted, GET link", accepted, get(link), t0, want{code: protocol.CodeAlreadyAccepted}},
		{"accepted, DELETE link", accepted, end1(link, 2), t0, want{code: protocol.CodeUnknownFriendship}},
		{"accepted, GET inviter", accepted, get(anna), late, want{state: isAccepted}},
		{"accepted, GET invitee", accepted, get(bob), late, want{state: isAccepted}},
		{"accepted, the same POST", accepted, open(), t0, want{state: isAccepted}},
		{"accepted, another POST", accepted, otherPost, t0, want{code: protocol.CodeExists}},
		{"accepted, PUT n+1", accepted, put(anna, 2, slot('A')), t0, want{state: isAccepted, changed: true}},
		{"accepted, PUT n+1 by the invitee", accepted, put(bob, 2, slot('B')), t0, want{state: isAccepted, changed: true}},
		{"accepted, PUT again", accepted, put(anna, 1, slot('a')), t0, want{state: isAccepted}},
		{"accepted, PUT the same n with other bytes", accepted, put(anna, 1, slot('A')), t0, want{code: protocol.CodeVersionConflict}},
		{"accepted, PUT n+2", accepted, put(anna, 3, slot('A')), t0, want{code: protocol.CodeVersionConflict}},
		{"accepted, PUT owner with a hash", accepted, take(bob, carl), t0, want{code: protocol.CodeBadRequest}},
		{"accepted, DELETE n+1", accepted, end1(bob, 2), t0, want{state: isEnded, changed: true}},
		{"accepted, DELETE n+2", accepted, end1(bob, 3), t0, want{code: protocol.CodeVersionConflict}},
		{"accepted, DELETE as if open", accepted, revoke(anna), t0, want{code: protocol.CodeVersionConflict}},

		{"ended, GET the one who ended", ended, get(anna), t0, want{state: isEnded}},
		{"ended, GET the other", ended, get(bob), t0, want{state: isEnded}},
		{"ended, DELETE again", ended, end1(anna, 2), t0, want{state: isEnded}},
		{"ended, DELETE by the other", ended, end1(bob, 2), t0, want{state: isEnded}},
		{"ended, PUT owner", ended, put(bob, 2, slot('B')), t0, want{code: protocol.CodeEnded}},
		{"ended, GET link", ended, get(link), t0, want{code: protocol.CodeAlreadyAccepted}},
		{"ended, PUT link by the invitee", ended, take(link, bob), t0, want{code: protocol.CodeAlreadyAccepted}},
		{"ended, the same POST", ended, open(), t0, want{state: isEnded}},
		{"ended for 399 days", ended, get(bob), t0.Add(399 * 24 * time.Hour), want{state: isEnded}},
		{"ended for 401 days", ended, get(bob), t0.Add(401 * 24 * time.Hour), want{code: protocol.CodeUnknownFriendship, changed: true}},

		{"revoked, DELETE owner", revoked, revoke(anna), t0, want{state: isRevoked}},
		{"revoked, GET owner", revoked, get(anna), t0, want{code: protocol.CodeRevoked}},
		{"revoked, GET link", revoked, get(link), t0, want{code: protocol.CodeRevoked}},
		{"revoked, PUT link", revoked, take(link, bob), t0, want{code: protocol.CodeRevoked}},
		{"revoked, PUT owner", revoked, put(anna, 2, slot('A')), t0, want{code: protocol.CodeRevoked}},
		{"revoked for 29 days", revoked, get(anna), t0.Add(29 * 24 * time.Hour), want{code: protocol.CodeRevoked}},
		{"revoked for 31 days", revoked, get(anna), t0.Add(31 * 24 * time.Hour), want{code: protocol.CodeUnknownFriendship, changed: true}},
		{"expired for 31 days, POST", opened, open(), t0.Add(31 * 24 * time.Hour), want{state: isOpen, changed: true}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := row(t, tt.given...)
			var kept Row
			if before != nil {
				kept = *before
			}
			res, err := Apply(before, tt.call, tt.at)
			got := want{protocol.CodeOf(err), res.View.State, res.Changed}
			if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(want{})); diff != "" {
				t.Error(diff)
			}
			if before != nil && !cmp.Equal(kept, *before) {
				t.Error("the row that went in was changed")
			}
			if !res.Changed && res.Row != before {
				t.Error("an unchanged answer comes with another row")
			}
		})
	}
}

func TestMalformedCallsAreRefusedInEveryState(t *testing.T) {
	short := slot('s')[1:]
	posted := func(change func(*protocol.MailboxPost)) Call {
		c := open()
		change(c.Post)
		return c
	}
	accepting := func(change func(*protocol.MailboxPut)) Call {
		c := take(link, bob)
		change(c.Put)
		return c
	}
	calls := map[string]Call{
		"unknown method":         {Method: "PATCH", Token: anna},
		"POST without body":      {Method: Post},
		"POST without link hash": posted(func(p *protocol.MailboxPost) { p.LinkHash = protocol.Key32{} }),
		"POST without owner":     posted(func(p *protocol.MailboxPost) { p.OwnerHash = protocol.Key32{} }),
		"POST with one hash":     posted(func(p *protocol.MailboxPost) { p.OwnerHash = p.LinkHash }),
		"POST for a moment":      posted(func(p *protocol.MailboxPost) { p.ExpiresIn = 59 }),
		"POST for ever":          posted(func(p *protocol.MailboxPost) { p.ExpiresIn = 90*24*3600 + 1 }),
		"POST for less than 0":   posted(func(p *protocol.MailboxPost) { p.ExpiresIn = -1 << 62 }),
		"POST with n 2":          posted(func(p *protocol.MailboxPost) { p.N = 2 }),
		"POST with short slot":   posted(func(p *protocol.MailboxPost) { p.Slot = short }),
		"PUT without body":       {Method: Put, Token: anna},
		"PUT without e":          accepting(func(p *protocol.MailboxPut) { p.E = nil }),
		"PUT without owner hash": accepting(func(p *protocol.MailboxPut) { p.OwnerHash = nil }),
		"PUT with a zero hash":   accepting(func(p *protocol.MailboxPut) { p.OwnerHash = &protocol.Key32{} }),
		"PUT link with n 2":      accepting(func(p *protocol.MailboxPut) { p.N = 2 }),
		"PUT with n 0":           put(anna, 0, slot('A')),
		"PUT with n 2^53":        put(anna, 1<<53, slot('A')),
		"PUT with long slot":     put(anna, 2, append(slot('A'), 0)),
		"PUT without slot":       put(anna, 2, nil),
		"DELETE without n":       {Method: Delete, Token: anna, Delete: &protocol.MailboxDelete{Slot: slot('x')}},
		"DELETE without slot":    {Method: Delete, Token: anna, Delete: &protocol.MailboxDelete{N: 2}},
		"DELETE with n 2^53":     end1(anna, 1<<53),
		"DELETE with short slot": {Method: Delete, Token: anna, Delete: &protocol.MailboxDelete{N: 2, Slot: short}},
	}
	states := map[string]*Row{
		"none": nil, "open": row(t, open()), "accepted": row(t, open(), take(link, bob)),
		"ended": row(t, open(), take(link, bob), end1(bob, 2)), "revoked": row(t, open(), revoke(anna)),
	}
	for name, c := range calls {
		for state, r := range states {
			res, err := Apply(r, c, t0)
			if protocol.CodeOf(err) != protocol.CodeBadRequest || res.Changed || res.Row != r {
				t.Errorf("%s, %s: %v, changed %v", state, name, err, res.Changed)
			}
		}
	}
}

func TestExpiryIsAWholeHourNotBeforeWhatWasAskedFor(t *testing.T) {
	r := row(t, open())
	if want := time.Date(2026, 3, 1, 13, 0, 0, 0, time.UTC); !r.Expires.Equal(want) {
		t.Errorf("expires %v, want %v", r.Expires, want)
	}
	if _, err := Apply(r, get(link), r.Expires.Add(-1)); err != nil {
		t.Errorf("just before its hour: %v", err)
	}
	if _, err := Apply(r, get(link), r.Expires); protocol.CodeOf(err) != protocol.CodeExpired {
		t.Errorf("at its hour: %v", err)
	}
}

func TestTheViewTellsBothSidesAndOnlyWhileOpenAnExpiry(t *testing.T) {
	r := row(t, open())
	res, _ := Apply(r, get(link), t0)
	if at := res.View.ExpiresAt; at == nil || *at != "2026-03-01T13:00:00Z" {
		t.Errorf("open: expires_at %v", at)
	}
	if res.View.Slots[1] != nil || res.View.N[1] != nil || res.View.E != nil {
		t.Error("an open mailbox tells of an invitee")
	}
	res, _ = Apply(r, take(link, bob), t0)
	v := res.View
	if v.ExpiresAt != nil || *v.N[0] != 1 || *v.N[1] != 1 || *v.E != exchange ||
		!bytes.Equal(*v.Slots[0], slot('a')) || !bytes.Equal(*v.Slots[1], slot('b')) {
		t.Errorf("accepted: %+v", v)
	}
}

func TestClosedMailboxesHoldNoSlotButTheEndSlot(t *testing.T) {
	if r := row(t, open(), revoke(anna)); r.Slots[0] != nil {
		t.Error("a revoked mailbox keeps the invite")
	}
	res, _ := Apply(row(t, open()), get(anna), t0.Add(4*time.Hour))
	if res.Row.State != protocol.MailboxExpired || res.Row.Slots[0] != nil {
		t.Error("an expired mailbox keeps the invite")
	}
	r := row(t, open(), take(link, bob), end1(bob, 2))
	if r.Slots[0] != nil || !bytes.Equal(r.Slots[1], slot('x')) || *r.N[1] != 2 {
		t.Error("an ended mailbox keeps more or less than the end slot")
	}
}

// A stolen copy of the database holds the hashes; sent back in a POST they must
// not let the thief follow what the friends write from then on.
func TestHashesAloneDoNotReadAnAcceptedMailbox(t *testing.T) {
	res, err := Apply(row(t, open(), take(link, bob)), open(), t0)
	want := protocol.MailboxView{State: protocol.MailboxAccepted}
	if err != nil || !cmp.Equal(res.View, want) {
		t.Errorf("got %+v, %v", res.View, err)
	}
}

func TestTokensSpeakForTheirRole(t *testing.T) {
	r := row(t, open())
	if _, ok := r.RoleOf(*bob); ok {
		t.Error("bob has a role before he accepted")
	}
	r = row(t, open(), take(link, bob))
	for who, want := range map[*protocol.Token]Role{link: Link, anna: Inviter, bob: Invitee} {
		if got, ok := r.RoleOf(*who); !ok || got != want {
			t.Errorf("role %v, %v; want %v", got, ok, want)
		}
	}
	if _, ok := r.RoleOf(*carl); ok {
		t.Error("carl has a role")
	}
}
