package client

import (
	"bytes"
	"context"
	"fmt"
	mrand "math/rand/v2"
	"slices"
	"time"

	"pgregory.net/rapid"

	"p4p/localmap"
	"p4p/protocol"
	"p4p/server/mailbox"
)

// village is a few people who do with their friendships what they like, over a post
// that loses calls and answers, with programs that die, and what they decided.
type village struct {
	*office
	t      *rapid.T
	people []*person
	links  []protocol.Link

	dieIn   int  // crash points until somebody's program dies; -1 for never
	hostile bool // the server lies: then only what may never happen is held

	maker map[protocol.UUID]int           // of each invite
	sides map[protocol.UUID]map[int]*side // of each invite, who made it or ever tried to accept it
	past  map[protocol.UUID][]mailbox.Row // what each mailbox was, for a server that lies
	seen  []map[protocol.PublicKey]string // by person: the labels after the last act
}

// side is what one person decided about one invite.
type side struct {
	given     string // the name, "" before it was given and after it was taken back
	confirmed bool
	first     int // this person's first key that the friendship can tell of
	last      int // and the last, once it is over: -1 while it lives
}

func newVillage(o *office, rt *rapid.T) *village {
	v := &village{
		office: o, t: rt, dieIn: -1,
		maker: map[protocol.UUID]int{}, sides: map[protocol.UUID]map[int]*side{}, past: map[protocol.UUID][]mailbox.Row{},
	}
	for i := range 3 {
		// The same randomness each time, so that a failure can be repeated and reduced.
		p := &person{t: o.t, opt: Options{
			Home: folder(o.t, fmt.Sprint("person", i)), Server: o.URL, Now: o.clock,
			Random: mrand.NewChaCha8([32]byte{byte(i)}), fault: v.counts,
		}}
		p.start()
		v.people = append(v.people, p)
		v.seen = append(v.seen, map[protocol.PublicKey]string{})
	}
	return v
}

// settles makes some of them friends to begin with.
func (v *village) settles() {
	for a, name := range []string{"Kim", "Lou", "Max"} {
		b := (a + 1) % 3
		if !rapid.Bool().Draw(v.t, "friends") {
			continue
		}
		i := v.people[a].invites(name)
		v.learn(a)
		v.people[b].accepts(i, name)
		v.of(i.Friendship, b).given = name
		v.people[a].catchesUp()
		v.people[a].does(v.people[a].Confirm, i.Friendship)
		v.of(i.Friendship, a).given = name
		v.people[b].catchesUp()
		v.learn(a)
	}
	v.checkNames("the beginning")
}

// leaves ends it all: there are many villages in one test.
func (v *village) leaves() {
	for _, p := range v.people {
		_ = p.Close()
	}
	v.Close()
}

// counts is called where a death makes a difference.
func (v *village) counts(crashPoint) {
	if v.dieIn--; v.dieIn == -1 {
		panic(death{})
	}
}

// of is a person's side of an invite.
func (v *village) of(f protocol.UUID, who int) *side {
	if v.sides[f] == nil {
		v.sides[f] = map[int]*side{}
	}
	if v.sides[f][who] == nil {
		v.sides[f][who] = &side{first: int(v.people[who].local.Rotations()), last: -1}
	}
	return v.sides[f][who]
}

// row is somebody's friendship; ok is false if there is none.
func (v *village) row(who int, f protocol.UUID) (r localmap.Friendship, ok bool) {
	r, err := v.people[who].local.Friendship(v.office.t.Context(), f)
	if err != nil && protocol.CodeOf(err) != protocol.CodeUnknownFriendship {
		v.t.Fatal(err)
	}
	return r, err == nil
}

// rowsOf are somebody's friendships of a kind, in the order in which they were made.
func (v *village) rowsOf(who int, kind func(localmap.Friendship) bool) (out []protocol.UUID) {
	for _, l := range v.links {
		if r, ok := v.row(who, l.Friendship); ok && kind(r) {
			out = append(out, l.Friendship)
		}
	}
	return out
}

func asked(r localmap.Friendship) bool {
	return r.Role == protocol.RoleInviter && r.State == localmap.StateAccepted
}

func open(r localmap.Friendship) bool { return r.State == localmap.StateInvited }

func anyRow(localmap.Friendship) bool { return true }

// moves are what people do, the more often the more useful it is to have happened.
var moves = []string{
	"invite", "invite", "accept", "accept", "accept", "accept", "read", "read", "read", "confirm", "confirm", "confirm", "confirm",
	"refuse", "reissue", "revoke", "remove", "rotate", "rotate", "rotate", "tell", "pass", "days", "restart",
}

// disturb decides what becomes of the next calls, and of whoever makes them.
func (v *village) disturb() {
	fates := rapid.SliceOfN(rapid.SampledFrom([]loss{nothing, nothing, nothing, theRequest, theReply}), 0, 4).Draw(v.t, "lost")
	v.loseNext(fates...)
	v.dieIn = rapid.SampledFrom([]int{-1, -1, -1, -1, 0, 1, 2, 3}).Draw(v.t, "die in")
}

// act lets one person do something, and notes what was decided.
func (v *village) act(who int) {
	p := v.people[who]
	move := rapid.SampledFrom(moves).Draw(v.t, "move")
	err := v.lives(p, func() error { return v.does(who, move) })
	v.dieIn = -1
	switch code := protocol.CodeOf(err); code {
	case "", protocol.CodeNoServer, protocol.CodeWrongState, protocol.CodeNameTaken, protocol.CodeOwnInvite, protocol.CodeAlreadyAccepted,
		protocol.CodeRevoked, protocol.CodeEnded, protocol.CodeExpired, protocol.CodeUnknownFriendship, protocol.CodeChainFull:
	default:
		if !v.hostile {
			v.t.Fatalf("an unexpected error, %s: %v", code, err)
		}
	}
	for i := range v.people {
		v.learn(i)
	}
	v.checkNames(move)
	if rapid.Bool().Draw(v.t, "all read") {
		v.allRead()
		v.checkNames(move + " and reading")
	}
}

// allRead has everybody do what every start does, with nothing lost.
func (v *village) allRead() {
	v.set(func() { v.lose = nil })
	for i, p := range v.people {
		if err := p.resumeFriendships(v.office.t.Context()); err != nil && !v.hostile {
			v.t.Fatal(err)
		}
		v.learn(i)
	}
}

// lives does something, and starts the program again if it dies of it.
func (v *village) lives(p *person, do func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			if r != any(death{}) {
				panic(r)
			}
			v.dieIn = -1
			err = p.Close()
			p.start()
		}
	}()
	return do()
}

func (v *village) does(who int, move string) error {
	p, ctx := v.people[who], v.office.t.Context()
	name := rapid.SampledFrom([]string{"Kim", "Lou", "Max", "Nan", "Oli"})
	one := func(of []protocol.UUID) protocol.UUID { return rapid.SampledFrom(of).Draw(v.t, "friendship") }
	on := func(kind func(localmap.Friendship) bool, do func(context.Context, protocol.UUID) (Friendship, error)) error {
		of := v.rowsOf(who, kind)
		if len(of) == 0 {
			return nil
		}
		_, err := do(ctx, one(of))
		return err
	}
	switch move {
	case "invite":
		_, err := p.Invite(ctx, name.Draw(v.t, "name"), 0, rapid.SampledFrom([]Consent{0, SamePerson}).Draw(v.t, "consent"))
		return err
	case "accept":
		return v.accepts(who, name)
	case "read":
		return p.resumeFriendships(ctx)
	case "confirm":
		return on(asked, func(ctx context.Context, f protocol.UUID) (Friendship, error) {
			s := v.of(f, who)
			s.given = p.row(f).Name
			confirm := p.Confirm
			switch rapid.IntRange(0, 3).Draw(v.t, "confirming") {
			case 0:
				confirm = p.ConfirmDevice
			case 1:
				s.given = name.Draw(v.t, "name of their own")
				confirm = func(ctx context.Context, f protocol.UUID) (Friendship, error) { return p.ConfirmAs(ctx, f, s.given) }
			}
			got, err := confirm(ctx, f)
			if code := protocol.CodeOf(err); code == protocol.CodeWrongState || code == protocol.CodeNameTaken {
				s.given = ""
			}
			return got, err
		})
	case "refuse":
		return on(asked, p.Refuse)
	case "reissue":
		return on(asked, func(ctx context.Context, f protocol.UUID) (Friendship, error) {
			got, _, err := p.RefuseAndReissue(ctx, f)
			return got, err
		})
	case "revoke":
		return on(open, func(ctx context.Context, f protocol.UUID) (Friendship, error) {
			_, err := p.Revoke(ctx, f)
			return Friendship{}, err
		})
	case "remove":
		return on(anyRow, p.Remove)
	case "rotate":
		_, err := p.Rotate(ctx, rapid.SampledFrom([]time.Duration{0, 0, time.Hour}).Draw(v.t, "spread"))
		return err
	case "tell":
		return p.TellFriends(ctx)
	case "pass":
		v.passes(time.Hour)
	case "days":
		v.passes(protocol.DefaultExpiry)
	case "restart":
		err := p.Close()
		p.start()
		return err
	}
	return nil
}

// accepts accepts a link that is not one's own, now and then while somebody else does.
func (v *village) accepts(who int, name *rapid.Generator[string]) error {
	links := slices.DeleteFunc(slices.Clone(v.links), func(l protocol.Link) bool { return v.maker[l.Friendship] == who })
	if len(links) == 0 {
		return nil
	}
	l := rapid.SampledFrom(links[max(0, len(links)-4):]).Draw(v.t, "link")
	called, same := name.Draw(v.t, "called"), rapid.Bool().Draw(v.t, "same person")
	take := func(who int) error {
		s := v.of(l.Friendship, who)
		if s.given == "" { // else it was accepted before
			s.given = called
		}
		_, err := v.people[who].Accept(v.office.t.Context(), l, called, same)
		s.given = ""
		if r, ok := v.row(who, l.Friendship); ok && r.State != localmap.StateRemoved {
			s.given = r.Name
		}
		return err
	}
	if rapid.IntRange(0, 4).Draw(v.t, "race") > 0 {
		return take(who)
	}
	// Both have read it when the other is faster.
	other, first := 3-who-v.maker[l.Friendship], true
	v.dieIn = -1 // who dies there would die on the server's stack
	v.set(func() {
		v.before = func(method string) {
			if method == "PUT" && first {
				first = false
				_ = take(other)
			}
		}
	})
	defer v.set(func() { v.before = nil })
	return take(who)
}

// learn notes what invites there are, and which friendships are over for somebody.
func (v *village) learn(who int) {
	p := v.people[who]
	list, err := p.local.Friendships(v.office.t.Context())
	if err != nil {
		v.t.Fatal(err)
	}
	var made []protocol.Link
	for _, r := range list {
		if _, known := v.maker[r.ID]; known || r.Role != protocol.RoleInviter {
			continue
		}
		v.maker[r.ID] = who
		v.of(r.ID, who)
		made = append(made, inviteOf(r).Link)
	}
	slices.SortFunc(made, func(a, b protocol.Link) int { return slices.Compare(a.Friendship[:], b.Friendship[:]) })
	v.links = append(v.links, made...)
	for f, sides := range v.sides {
		s := sides[who]
		if s == nil {
			continue
		}
		r, ok := v.row(who, f)
		if s.last < 0 && (ok && !isLive(r.State) || !ok && (who == v.maker[f] || s.given != "")) {
			s.last = int(p.local.Rotations())
		}
		s.confirmed = s.confirmed || r.Role == protocol.RoleInviter && r.State == localmap.StateFriend
		if !ok || r.State == localmap.StateRemoved {
			s.given = ""
		}
	}
}

// meddle has the server show something else of a mailbox than what it was given.
func (v *village) meddle() {
	v.office.mu.Lock()
	defer v.office.mu.Unlock()
	var there []protocol.UUID
	for _, l := range v.links {
		if m := v.office.rows[l.Friendship]; m != nil {
			there = append(there, l.Friendship)
			v.past[l.Friendship] = append(v.past[l.Friendship], *m)
		}
	}
	if len(there) == 0 || rapid.Bool().Draw(v.t, "honest") {
		return
	}
	f := rapid.SampledFrom(there).Draw(v.t, "mailbox")
	m, side := *v.office.rows[f], rapid.IntRange(0, 1).Draw(v.t, "slot")
	switch how := rapid.SampledFrom([]string{"older", "swapped", "another's", "state", "number", "noise", "key"}).Draw(v.t, "lie"); how {
	case "older":
		m = rapid.SampledFrom(v.past[f]).Draw(v.t, "row")
	case "swapped":
		m.N[0], m.N[1], m.Slots[0], m.Slots[1] = m.N[1], m.N[0], m.Slots[1], m.Slots[0]
	case "another's", "key":
		other := *v.office.rows[rapid.SampledFrom(there).Draw(v.t, "another")]
		if how == "key" {
			m.E = other.E
			break
		}
		m.N[side], m.Slots[side] = other.N[side], other.Slots[side]
		if side == 1 {
			m.E = other.E
		}
	case "state":
		m.State = rapid.SampledFrom([]protocol.MailboxState{
			protocol.MailboxOpen, protocol.MailboxAccepted, protocol.MailboxEnded, protocol.MailboxRevoked,
		}).Draw(v.t, "state")
	case "number":
		m.N[side] = n(rapid.Uint64Range(0, 9).Draw(v.t, "number"))
	case "noise":
		m.Slots[side] = bytes.Repeat([]byte{rapid.Byte().Draw(v.t, "noise")}, protocol.SlotSize)
	}
	v.office.rows[f] = &m
}
