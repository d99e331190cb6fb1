package client

import (
	"flag"
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"p4p/localmap"
	"p4p/protocol"
	"p4p/server/mailbox"
)

// TestBothSidesAgreeWhateverHappens holds the promise of the whole flow: after any
// order of steps, with calls and answers lost, both maps agree with each other and
// with the server, a name stands exactly where its owner gave it, and at no time for
// a key that did not prove itself.
func TestBothSidesAgreeWhateverHappens(t *testing.T) {
	villages(t, 20)
	rapid.Check(t, func(rt *rapid.T) {
		v := newVillage(newOffice(t), rt)
		defer v.leaves()
		v.settles()
		for range rapid.IntRange(1, 40).Draw(rt, "acts") {
			v.disturb()
			v.act(rapid.IntRange(0, len(v.people)-1).Draw(rt, "who"))
		}
		v.set(func() { v.lose = nil })
		for range 3 {
			for _, p := range v.people {
				if err := p.TellFriends(t.Context()); err != nil {
					rt.Fatal(err)
				}
			}
			v.allRead()
		}
		v.checkNames("the end")
		v.checkEnd()
	})
}

// TestNoNameSitsOnAKeyThatDidNotProveItselfWhateverTheServerSays is for a server that
// shows what it likes: older mailboxes, others' slots, states that nobody brought about.
func TestNoNameSitsOnAKeyThatDidNotProveItselfWhateverTheServerSays(t *testing.T) {
	villages(t, 12)
	rapid.Check(t, func(rt *rapid.T) {
		v := newVillage(newOffice(t), rt)
		defer v.leaves()
		v.settles()
		v.hostile = true
		for range rapid.IntRange(1, 40).Draw(rt, "acts") {
			v.disturb()
			v.meddle()
			v.act(rapid.IntRange(0, len(v.people)-1).Draw(rt, "who"))
			v.checkStates()
		}
	})
}

// villages bounds how many are tried, unless the command line says how many.
func villages(t *testing.T, n int) {
	t.Helper()
	f := flag.Lookup("rapid.checks")
	if f.Value.String() != f.DefValue {
		return
	}
	if testing.Short() {
		n = 4
	}
	if err := f.Value.Set(strconv.Itoa(n)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Value.Set(f.DefValue); err != nil {
			t.Error(err)
		}
	})
}

// checkStates holds that nobody is taken for a friend who was not confirmed, and no
// friendship for ended that nobody ended.
func (v *village) checkStates() {
	for f, maker := range v.maker {
		for who, s := range v.sides[f] {
			r, ok := v.row(who, f)
			if !ok {
				continue
			}
			other := slices.IndexFunc(v.people, func(p *person) bool { return p.local.Own(otherKey(r)) })
			switch {
			case r.State == localmap.StateFriend && who != maker && !v.sides[f][maker].confirmed:
				v.t.Fatalf("person %d takes person %d for a friend, who did not confirm it", who, maker)
			case r.State == localmap.StateEnded && s.last >= 0 && other >= 0 && (v.sides[f][other] == nil || v.sides[f][other].last < 0):
				v.t.Fatalf("person %d takes the friendship with person %d for ended, who did not end it", who, other)
			}
		}
	}
}

// invitee is whom the server took for a mailbox, -1 for nobody.
func (v *village) invitee(f protocol.UUID) int {
	v.mu.Lock()
	m := v.rows[f]
	v.mu.Unlock()
	return slices.IndexFunc(v.people, func(p *person) bool {
		return m != nil && m.OwnerHash[1] == p.local.Root().OwnerToken(f).Hash()
	})
}

// may tells whether somebody's map may have a name on somebody's nth key: there is an
// invite of the one that the other took, the name was given for it, and the key was in
// use while the other wanted the friendship.
func (v *village) may(who, other, n int, name string) bool {
	for f, sides := range v.sides {
		a, b := sides[who], sides[other]
		if a == nil || b == nil || a.given != name || n < b.first || b.last >= 0 && n > b.last {
			continue
		}
		switch maker := v.maker[f]; {
		case maker == other:
			return true
		case maker == who && (v.hostile || v.invitee(f) == other):
			return true
		}
	}
	return false
}

// checkNames holds each name on each key against what was decided.
func (v *village) checkNames(after string) {
	keys := map[protocol.UUID]bool{}
	for who, p := range v.people {
		now := map[protocol.PublicKey]string{}
		for other, o := range v.people {
			for n, k := range o.local.OwnKeys() {
				keys[k.Public.UUID()] = true
				l, ok := p.local.Label(k.Public)
				was := v.seen[who][k.Public]
				switch {
				case ok && who == other:
					v.t.Fatalf("after %s, person %d calls an own key %q", after, who, l.Name)
				case ok && !v.may(who, other, n, l.Name):
					v.t.Fatalf("after %s, person %d calls key %d of person %d %q, which was not given to it", after, who, n, other, l.Name)
				case !ok && was != "" && v.may(who, other, n, was):
					v.t.Fatalf("after %s, person %d no longer calls key %d of person %d %q, which was not taken back", after, who, n, other, was)
				case ok:
					now[k.Public] = l.Name
				}
			}
		}
		v.seen[who] = now
	}
	for who := range v.people {
		v.checkOneName(who, after)
	}
	for who, p := range v.people {
		for _, u := range p.local.LabelledUUIDs() {
			if !keys[u] {
				v.t.Fatalf("after %s, person %d has a name for %s, who is nobody here", after, who, u)
			}
		}
	}
}

// checkOneName holds that nobody has two names for one key, if its owner never had
// another: of that, a second invite may be the first to tell.
func (v *village) checkOneName(who int, after string) {
	named := map[protocol.PublicKey]string{}
	for _, l := range v.links {
		r, ok := v.row(who, l.Friendship)
		k := otherKey(r)
		other := slices.IndexFunc(v.people, func(p *person) bool { return p.local.Own(k) })
		stands := isLive(r.State) || r.State == localmap.StateEnded
		if !ok || !r.Named || !stands || other < 0 || v.people[other].local.Rotations() > 0 {
			continue
		}
		if before := named[k]; before != "" && before != r.Name {
			v.t.Fatalf("after %s, person %d calls person %d both %q and %q", after, who, other, before, r.Name)
		}
		named[k] = r.Name
	}
}

// checkEnd holds what everybody ended up with against the server and each other.
func (v *village) checkEnd() {
	for f, maker := range v.maker {
		taken := v.invitee(f)
		v.mu.Lock()
		m := v.rows[f]
		v.mu.Unlock()
		v.checkMailbox(f, m, maker, taken)
		if m == nil || m.State != protocol.MailboxAccepted {
			continue
		}
		v.checkLabels(f, taken, maker, v.sides[f][maker].confirmed)
		if v.sides[f][maker].confirmed {
			v.checkLabels(f, maker, taken, true)
		}
	}
}

// checkLabels holds what a living friendship shows of the other side: a name on the key
// that it began with, and once it is complete on all that followed.
func (v *village) checkLabels(f protocol.UUID, who, other int, complete bool) {
	p, o := v.people[who], v.people[other]
	r := p.row(f)
	base := r.Parties.Inviter.Key
	if r.Role == protocol.RoleInviter {
		base = r.Parties.Invitee.Key
	}
	keys := o.local.OwnKeys()
	first := slices.IndexFunc(keys, func(k localmap.OwnKey) bool { return k.Public == base })
	if first < 0 || first < v.sides[f][other].first {
		v.t.Fatalf("person %d has key %d of person %d for the first, and that was %d", who, first, other, v.sides[f][other].first)
	}
	last := first
	if complete {
		last = len(keys) - 1
	}
	for n := first; n <= last; n++ {
		l, ok := p.local.Label(keys[n].Public)
		if !ok || complete && l.Retired != (n < last) {
			v.t.Fatalf("person %d has for key %d of person %d, of %d from %d on, the label %+v (%v)", who, n, other, last, first, l, ok)
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
		row, ok := v.row(who, f)
		if !ok {
			if who == maker && state == protocol.MailboxOpen || (who == maker || who == taken) && state == protocol.MailboxAccepted {
				v.t.Fatalf("the mailbox is %s and person %d has forgotten it", state, who)
			}
			continue
		}
		if row.Pending != "" {
			v.t.Fatalf("person %d owes %q", who, row.Pending)
		}
		if who != maker && who != taken {
			v.t.Fatalf("person %d has a friendship that is not theirs: %s", who, row.State)
		}
		var may []FriendState
		confirmed := v.sides[f][maker].confirmed
		switch {
		case state == protocol.MailboxAccepted && confirmed:
			may = []FriendState{StateFriend}
		case state == protocol.MailboxAccepted:
			may = []FriendState{StateAccepted}
		case state == protocol.MailboxOpen:
			may = []FriendState{StateInvited}
			if row.Parties.Inviter.Key != p.local.Key().Public {
				v.t.Fatalf("the invite of person %d shows a key of before", who)
			}
		case state == protocol.MailboxEnded && who == maker: // revoked: ended before she knew, and revoked unread
			may = []FriendState{StateEnded, StateRefused, StateRevoked}
		case state == protocol.MailboxEnded:
			may = []FriendState{StateEnded}
		default: // revoked, or revoked before it was made, or open for too long
			may = []FriendState{StateRevoked, StateExpired}
		}
		if !slices.Contains(may, FriendState(row.State)) {
			v.t.Fatalf("the mailbox is %s, confirmed %v, and person %d (maker %d) shows %s", state, confirmed, who, maker, row.State)
		}
		if state == protocol.MailboxAccepted && row.Parties != v.people[maker].row(f).Parties {
			v.t.Fatal("the two sides disagree about who they are")
		}
	}
}
