package client

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"p4p/protocol"
	"p4p/server/mailbox"
)

// village is a few people who do with their friendships what they like, over a
// post that loses calls and answers, and what they decided.
type village struct {
	*office
	t      *rapid.T
	people []*person
	links  []protocol.Link

	maker     map[protocol.UUID]int      // of each invite
	confirmed map[protocol.UUID]bool     // by its maker
	given     []map[protocol.UUID]string // by person: names that confirming or accepting gave
}

// TestBothSidesAgreeWhateverHappens holds the promise of the whole flow: after any
// order of steps, with calls and answers lost, both maps agree with each other and
// with the server, a name stands exactly where its owner gave it, and only for a
// key that proved itself.
func TestBothSidesAgreeWhateverHappens(t *testing.T) {
	fewer(t)
	rapid.Check(t, func(rt *rapid.T) {
		v := &village{office: newOffice(t), t: rt, maker: map[protocol.UUID]int{}, confirmed: map[protocol.UUID]bool{}}
		for i := range 3 {
			v.people = append(v.people, v.enters(fmt.Sprint("person", i)))
			v.given = append(v.given, map[protocol.UUID]string{})
		}
		defer func() { // not with the whole test: there are many villages
			for _, p := range v.people {
				_ = p.Close()
			}
			v.Close()
		}()
		for range rapid.IntRange(1, 25).Draw(rt, "acts") {
			v.disturb()
			v.act(rapid.IntRange(0, len(v.people)-1).Draw(rt, "who"))
		}
		v.set(func() { v.lose = nil })
		for range 3 {
			for _, p := range v.people {
				if err := p.TellFriends(t.Context()); err != nil {
					rt.Fatal(err)
				}
				if err := p.resumeFriendships(t.Context()); err != nil {
					rt.Fatal(err)
				}
			}
		}
		v.check()
	})
}

// disturb decides what becomes of the next calls.
func (v *village) disturb() {
	fates := rapid.SliceOfN(rapid.SampledFrom([]loss{nothing, nothing, nothing, theRequest, theReply}), 0, 4).Draw(v.t, "lost")
	v.loseNext(fates...)
}

// act lets one person do something, and notes what it decided.
func (v *village) act(who int) {
	p, ctx := v.people[who], v.office.t.Context()
	rows, err := p.Friendships(ctx)
	if err != nil {
		v.t.Fatal(err)
	}
	someRow := func() (protocol.UUID, bool) {
		if len(rows) == 0 {
			return protocol.UUID{}, false
		}
		return rows[rapid.IntRange(0, len(rows)-1).Draw(v.t, "row")].Friendship, true
	}
	name := rapid.SampledFrom([]string{"Kim", "Lou", "Max"}).Draw(v.t, "name")
	switch what := rapid.SampledFrom([]string{"invite", "accept", "accept", "read", "read", "confirm", "confirm", "refuse", "reissue", "revoke", "remove", "rotate", "pass", "restart"}).Draw(v.t, "what"); what {
	case "invite":
		var i Invite
		if i, err = p.Invite(ctx, name, 0); err == nil {
			v.made(who, i)
		}
	case "accept":
		if len(v.links) == 0 {
			return
		}
		l := v.links[rapid.IntRange(0, len(v.links)-1).Draw(v.t, "link")]
		var f Friendship
		if f, err = p.Accept(ctx, l, name, rapid.Bool().Draw(v.t, "same person")); err == nil {
			v.given[who][l.Friendship] = f.Name
		}
	case "read":
		err = p.resumeFriendships(ctx)
	case "rotate":
		var r Rotated
		if r, err = p.Rotate(ctx, rapid.SampledFrom([]time.Duration{0, time.Hour}).Draw(v.t, "spread")); err == nil {
			v.made(who, r.Invites...)
		}
	case "pass":
		v.passes(time.Hour)
	case "restart":
		if err := p.Close(); err != nil {
			v.t.Fatal(err)
		}
		p.start()
	default:
		f, ok := someRow()
		if !ok {
			return
		}
		switch what {
		case "confirm":
			var got Friendship
			if got, err = p.Confirm(ctx, f); err == nil {
				v.given[who][f] = got.Name
				v.confirmed[f] = true
			}
		case "refuse":
			_, err = p.Refuse(ctx, f)
		case "reissue":
			var made Invite
			if _, made, err = p.RefuseAndReissue(ctx, f); err == nil {
				v.made(who, made)
			}
		case "revoke":
			_, err = p.Revoke(ctx, f)
		case "remove":
			var got Friendship
			if got, err = p.Remove(ctx, f); err == nil && p.sees(f) == "" {
				delete(v.given[who], got.Friendship)
			}
		}
	}
	switch code := protocol.CodeOf(err); code {
	case "", protocol.CodeNoServer, protocol.CodeWrongState, protocol.CodeNameTaken, protocol.CodeOwnInvite, protocol.CodeAlreadyAccepted,
		protocol.CodeRevoked, protocol.CodeEnded, protocol.CodeUnknownFriendship:
	default:
		v.t.Fatalf("an unexpected error, %s: %v", code, err)
	}
}

// made notes invites.
func (v *village) made(who int, invites ...Invite) {
	for _, i := range invites {
		v.links = append(v.links, i.Link)
		v.maker[i.Friendship] = who
	}
}

// invitee is whom the server took for a mailbox, -1 for nobody.
func (v *village) invitee(f protocol.UUID, m *mailbox.Row) int {
	return slices.IndexFunc(v.people, func(p *person) bool {
		return m != nil && m.OwnerHash[1] == p.local.Root().OwnerToken(f).Hash()
	})
}

func (v *village) check() {
	v.mu.Lock()
	rows := v.rows
	v.mu.Unlock()
	// person, other person: the names given, and those of them that follow the other's
	// changes of key, because the friendship is complete
	named, stays := make([]map[int][]string, len(v.people)), make([]map[int]bool, len(v.people))
	for i := range named {
		named[i], stays[i] = map[int][]string{}, map[int]bool{}
	}
	for f, maker := range v.maker {
		m := rows[f]
		taken := v.invitee(f, m)
		v.checkMailbox(f, m, maker, taken)
		for who, given := range v.given {
			name, ok := given[f]
			other := taken
			if who == taken {
				other = maker
			}
			if !ok || taken < 0 || who != maker && who != taken {
				continue
			}
			named[who][other] = append(named[who][other], name)
			if m.State == protocol.MailboxAccepted && v.confirmed[f] || v.people[other].local.Rotations() == 0 {
				stays[who][other] = true
			}
		}
	}
	for i, p := range v.people {
		for j, other := range v.people {
			got, want := p.calls(other), named[i][j]
			if got == "" && stays[i][j] || got != "" && !slices.Contains(want, got) {
				v.t.Fatalf("person %d calls person %d %q; the names given and not taken back are %q", i, j, got, want)
			}
		}
	}
}

// checkMailbox holds what both sides show of a friendship against the server.
func (v *village) checkMailbox(f protocol.UUID, m *mailbox.Row, maker, taken int) {
	var state protocol.MailboxState
	if m != nil {
		state = m.State
	}
	for who, p := range v.people {
		row, err := p.local.Friendship(v.office.t.Context(), f)
		if protocol.CodeOf(err) == protocol.CodeUnknownFriendship {
			if who == maker && state == protocol.MailboxOpen || (who == maker || who == taken) && state == protocol.MailboxAccepted {
				v.t.Fatalf("the mailbox is %s and person %d has forgotten it", state, who)
			}
			continue
		}
		if err != nil || row.Pending != "" {
			v.t.Fatalf("person %d owes %q, %v", who, row.Pending, err)
		}
		if who != maker && who != taken {
			v.t.Fatalf("person %d has a friendship that is not theirs: %s", who, row.State)
		}
		var may []FriendState
		confirmed := v.confirmed[f]
		switch {
		case state == protocol.MailboxAccepted && confirmed:
			may = []FriendState{StateFriend}
		case state == protocol.MailboxAccepted:
			may = []FriendState{StateAccepted}
		case state == protocol.MailboxOpen:
			may = []FriendState{StateInvited}
		case state == protocol.MailboxEnded && who == maker: // revoked: ended before she knew, and revoked unread
			may = []FriendState{StateEnded, StateRefused, StateRevoked}
		case state == protocol.MailboxEnded:
			may = []FriendState{StateEnded}
		default: // revoked, or revoked before it was made
			may = []FriendState{StateRevoked}
		}
		if !slices.Contains(may, FriendState(row.State)) {
			v.t.Fatalf("the mailbox is %s, confirmed %v, and person %d (maker %d) shows %s", state, confirmed, who, maker, row.State)
		}
		if state == protocol.MailboxAccepted && row.Parties != v.people[maker].row(f).Parties {
			v.t.Fatal("the two sides disagree about who they are")
		}
	}
}
