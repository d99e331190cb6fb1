package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"p4p/protocol"
	"p4p/server/mailbox"
)

// couple is a friendship's tokens and calls, as two clients hold them.
type couple struct {
	r        *running
	f        protocol.UUID
	a, b     protocol.Token // owners: the inviter, the invitee
	link     protocol.Token
	slot     protocol.Bytes
	exchange protocol.Key32
}

func newCouple(r *running, n byte) *couple {
	return &couple{
		r: r, f: protocol.RecordUUID(fmt.Sprint("friendship ", n)),
		a: protocol.Token{n, 1}, b: protocol.Token{n, 2}, link: protocol.Token{n, 3},
		slot: make(protocol.Bytes, 4124), exchange: protocol.Key32{9},
	}
}

func (c *couple) call(method string, token *protocol.Token, body any) answer {
	c.r.t.Helper()
	s := ""
	if body != nil {
		s = toJSON(c.r.t, body)
	}
	return c.r.call(method, "/v1/friendships/"+c.f.String(), s, func(q *http.Request) {
		if token != nil {
			q.Header.Set("Authorization", token.Authorization())
		}
	})
}

func (c *couple) invite(expires time.Duration) answer {
	c.r.t.Helper()
	return c.call("POST", nil, protocol.MailboxPost{
		LinkHash: c.link.Hash(), OwnerHash: c.a.Hash(), ExpiresIn: int64(expires / time.Second), N: 1, Slot: c.slot,
	})
}

func (c *couple) accept() answer {
	c.r.t.Helper()
	h := c.b.Hash()
	return c.call("PUT", &c.link, protocol.MailboxPut{OwnerHash: &h, E: &c.exchange, N: 1, Slot: c.slot})
}

func (c *couple) confirm(n uint64) answer {
	c.r.t.Helper()
	return c.call("PUT", &c.a, protocol.MailboxPut{N: n, Slot: c.slot})
}

func (c *client) watch(f protocol.UUID, t protocol.Token) {
	c.t.Helper()
	c.send(protocol.ClientFrame{Watch: []protocol.Watch{{Friendship: f, Token: t}}})
}

func (c *client) notice(f protocol.UUID) protocol.MailboxNotice {
	c.t.Helper()
	got := c.next()
	if got.Mailbox == nil || got.Mailbox.Friendship != f {
		c.t.Fatalf("want a notice of %s, got %s", f, toJSON(c.t, got))
	}
	return *got.Mailbox
}

func (c *client) state(f protocol.UUID, state protocol.MailboxState, a, b uint64) {
	c.t.Helper()
	n := c.notice(f)
	if n.Error != nil || n.State != state || n.N == nil || *n.N != [2]uint64{a, b} {
		c.t.Fatalf("want %s %d %d, got %s", state, a, b, toJSON(c.t, n))
	}
}

func (c *client) refused(f protocol.UUID, code protocol.Code) {
	c.t.Helper()
	n := c.notice(f)
	if n.Error == nil || n.Error.Code != code || n.State != "" || n.N != nil {
		c.t.Fatalf("want %s, got %s", code, toJSON(c.t, n))
	}
}

func ok(t *testing.T, a answer, status int) protocol.MailboxView {
	t.Helper()
	var v protocol.MailboxView
	if a.status != status || json.Unmarshal([]byte(a.body), &v) != nil {
		t.Fatalf("got %d %s, want %d", a.status, a.body, status)
	}
	return v
}

func TestAWatchedFriendshipIsToldFromInviteToEnd(t *testing.T) {
	r := start(t, setup{})
	f := newCouple(r, 1)
	ok(t, f.invite(time.Hour), 201)
	inviter, invitee := r.stream(""), r.stream("")
	inviter.hello()
	invitee.hello()

	inviter.watch(f.f, f.a)
	inviter.state(f.f, protocol.MailboxOpen, 1, 0)
	ok(t, f.accept(), 200)
	inviter.state(f.f, protocol.MailboxAccepted, 1, 1)

	invitee.watch(f.f, f.b)
	invitee.state(f.f, protocol.MailboxAccepted, 1, 1)
	ok(t, f.confirm(2), 200)
	inviter.state(f.f, protocol.MailboxAccepted, 2, 1)
	invitee.state(f.f, protocol.MailboxAccepted, 2, 1)

	ok(t, f.confirm(2), 200) // a retry changes nothing, so nobody hears of it
	ok(t, f.call("DELETE", &f.b, protocol.MailboxDelete{N: 2, Slot: f.slot}), 200)
	inviter.state(f.f, protocol.MailboxEnded, 2, 2)
	invitee.state(f.f, protocol.MailboxEnded, 2, 2)
}

func TestWhoWatchesByTheLinkLearnsOnlyThatItWasUsed(t *testing.T) {
	r := start(t, setup{})
	f := newCouple(r, 1)
	ok(t, f.invite(time.Hour), 201)
	c := r.stream("")
	c.hello()
	c.watch(f.f, f.link)
	c.state(f.f, protocol.MailboxOpen, 1, 0)
	ok(t, f.accept(), 200)
	c.refused(f.f, protocol.CodeAlreadyAccepted)

	// The watch is over: what the friends do now is not told.
	ok(t, f.confirm(2), 200)
	g := newCouple(r, 2)
	ok(t, g.invite(time.Hour), 201)
	c.watch(g.f, g.a)
	c.state(g.f, protocol.MailboxOpen, 1, 0)

	c.watch(f.f, f.link)
	c.refused(f.f, protocol.CodeAlreadyAccepted)
}

func TestWhatCannotBeWatchedIsToldAndWatchedNoMore(t *testing.T) {
	r := start(t, setup{})
	f := newCouple(r, 1)
	c := r.stream("")
	c.hello()
	c.watch(f.f, f.a)
	c.refused(f.f, protocol.CodeUnknownFriendship)
	ok(t, f.invite(time.Hour), 201)
	c.watch(f.f, protocol.Token{77})
	c.refused(f.f, protocol.CodeUnknownFriendship)
	c.watch(f.f, f.a)
	c.state(f.f, protocol.MailboxOpen, 1, 0)
	ok(t, f.call("DELETE", &f.a, nil), 200)
	c.refused(f.f, protocol.CodeRevoked)
}

func TestAWatchThatWasTakenBackIsSilent(t *testing.T) {
	r := start(t, setup{})
	f, g := newCouple(r, 1), newCouple(r, 2)
	ok(t, f.invite(time.Hour), 201)
	ok(t, g.invite(time.Hour), 201)
	c := r.stream("")
	c.hello()
	c.send(protocol.ClientFrame{Watch: []protocol.Watch{{Friendship: f.f, Token: f.a}, {Friendship: g.f, Token: g.a}}})
	c.state(f.f, protocol.MailboxOpen, 1, 0)
	c.state(g.f, protocol.MailboxOpen, 1, 0)
	c.send(protocol.ClientFrame{Unwatch: []protocol.UUID{f.f}, Watch: []protocol.Watch{{Friendship: g.f, Token: g.a}}})
	c.state(g.f, protocol.MailboxOpen, 1, 0) // a watch asked for anew is answered anew
	ok(t, f.accept(), 200)
	ok(t, g.accept(), 200)
	c.state(g.f, protocol.MailboxAccepted, 1, 1)
}

func TestAnInviteThatExpiresIsToldWhileItIsWatched(t *testing.T) {
	r := start(t, setup{config: func(c *Config) { c.Stream.Ping = 20 * time.Millisecond }})
	f := newCouple(r, 1)
	ok(t, f.invite(time.Hour), 201)
	c := r.stream("")
	c.hello()
	c.watch(f.f, f.a)
	c.state(f.f, protocol.MailboxOpen, 1, 0)
	r.store.later(3 * time.Hour)
	c.refused(f.f, protocol.CodeExpired)
}

func TestWhoWatchesTooMuchIsSentAwayAndMayComeBack(t *testing.T) {
	r := start(t, setup{config: func(c *Config) { c.Limits = Limits{Watches: Rate{1, 3}, Loopback: true} }})
	unknown := func(n int) (f protocol.ClientFrame) {
		for i := range n {
			f.Watch = append(f.Watch, protocol.Watch{Friendship: protocol.RecordUUID(fmt.Sprint(i))})
		}
		return f
	}
	one, other := r.stream(""), r.stream("")
	one.hello()
	one.send(unknown(2))
	for range 2 {
		if m := one.next().Mailbox; m == nil || m.Error.Code != protocol.CodeUnknownFriendship {
			t.Fatalf("got %+v", m)
		}
	}
	looked := r.store.timesAsked()
	other.hello()
	other.send(unknown(2)) // the address has one left, whatever its stream
	if f := other.closedWith(protocol.CloseRateLimited); len(f) != 1 || f[0].Error.Code != protocol.CodeRateLimited {
		t.Errorf("got %s", toJSON(t, f))
	}
	if n := r.store.timesAsked() - looked; n != 0 {
		t.Errorf("%d mailboxes were looked into nevertheless", n)
	}
	r.store.later(time.Second)
	again := r.stream("")
	again.hello()
	again.send(unknown(2))
	if m := again.next().Mailbox; m == nil || m.Error.Code != protocol.CodeUnknownFriendship {
		t.Errorf("later: %+v", m)
	}
}

func TestAStreamWatchesOnlySoManyMailboxes(t *testing.T) {
	r := start(t, setup{})
	owner := protocol.Token{1}
	n := uint64(1)
	watches := make([]protocol.Watch, protocol.MaxWatches+1)
	r.store.set(func(s *fakeStore) {
		for i := range watches {
			id := protocol.RecordUUID(fmt.Sprint("mailbox ", i))
			watches[i] = protocol.Watch{Friendship: id, Token: owner}
			s.mailboxes[id] = &mailbox.Row{
				State: protocol.MailboxOpen, Expires: noon.Add(time.Hour),
				OwnerHash: [2]protocol.Key32{owner.Hash()}, N: [2]*uint64{&n}, Slots: [2][]byte{make([]byte, 4124)},
			}
		}
	})
	c := r.stream("")
	c.hello()
	for len(watches) > 0 {
		n := min(len(watches), 500)
		c.send(protocol.ClientFrame{Watch: watches[:n]})
		watches = watches[n:]
	}
	open := 0
	for range protocol.MaxWatches + 1 {
		switch m := c.next().Mailbox; {
		case m == nil:
			t.Fatal("not a notice")
		case m.Error == nil:
			open++
		case m.Error.Code != protocol.CodeTooLarge:
			t.Fatal(m.Error)
		}
	}
	if open != protocol.MaxWatches {
		t.Errorf("%d are watched", open)
	}
}
