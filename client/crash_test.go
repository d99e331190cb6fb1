package client

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"p4p/protocol"
	"p4p/server/mailbox"
)

// stage is where a story is played. Its actors' programs die at one of the points
// that they pass, and are started again.
type stage struct {
	*office
	anna, bob *person
	link      protocol.Link

	dieAt  int // of passed; -1 for never
	passed []crashPoint
}

type death struct{}

func (s *stage) enters(name string) *person {
	p := s.office.enters(name)
	p.opt.fault = func(at crashPoint) {
		s.passed = append(s.passed, at)
		if len(s.passed)-1 == s.dieAt {
			panic(death{})
		}
	}
	p.Client.opt.fault = p.opt.fault
	return p
}

// act plays a part of p's. If p's program dies in it, it is started again, and
// what was begun must come to its end by itself.
func (s *stage) act(p *person, part func() error) {
	s.t.Helper()
	err := func() (err error) {
		defer func() {
			switch r := recover().(type) {
			case nil:
			case death:
				p.restarts()
				err = nil
			default:
				panic(r)
			}
		}()
		return part()
	}()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *stage) invites() {
	s.act(s.anna, func() error {
		_, err := s.anna.Invite(s.t.Context(), "Bob", 0)
		return err
	})
	open, err := s.anna.Invites(s.t.Context())
	if err != nil || len(open) != 1 {
		s.t.Fatalf("after inviting: %+v, %v", open, err)
	}
	s.link = open[0].Link
}

func (s *stage) accepts() {
	s.act(s.bob, func() error {
		_, err := s.bob.Accept(s.t.Context(), s.link, "Anna", false)
		return err
	})
}

func (s *stage) reads(p *person) {
	s.act(p, func() error { return p.resumeFriendships(s.t.Context()) })
}

func (s *stage) confirms() {
	s.act(s.anna, func() error { _, err := s.anna.Confirm(s.t.Context(), s.link.Friendship); return err })
}

func (s *stage) refuses() {
	s.act(s.anna, func() error { _, err := s.anna.Refuse(s.t.Context(), s.link.Friendship); return err })
}

func (s *stage) revokes() {
	s.act(s.anna, func() error { _, err := s.anna.Revoke(s.t.Context(), s.link.Friendship); return err })
}

func (s *stage) removes(p *person) {
	s.act(p, func() error { _, err := p.Remove(s.t.Context(), s.link.Friendship); return err })
}

// rotates changes somebody's key; told right away, or as the time for it comes.
func (s *stage) rotates(p *person, spread time.Duration) {
	old := p.local.Rotations()
	s.act(p, func() error {
		_, err := p.Rotate(s.t.Context(), spread)
		return err
	})
	if p.local.Rotations() == old { // it died before anything was changed
		if _, err := p.Rotate(s.t.Context(), spread); err != nil {
			s.t.Fatal(err)
		}
	}
	s.passes(spread)
	s.reads(p)
}

func (s *stage) refusesAndReissues() {
	s.act(s.anna, func() error { _, _, err := s.anna.RefuseAndReissue(s.t.Context(), s.link.Friendship); return err })
}

var stories = map[string]func(s *stage){
	"confirmed": func(s *stage) { s.invites(); s.accepts(); s.reads(s.anna); s.confirms(); s.reads(s.bob) },
	"ended": func(s *stage) {
		s.invites()
		s.accepts()
		s.reads(s.anna)
		s.confirms()
		s.removes(s.bob)
		s.reads(s.anna)
	},
	"refused":          func(s *stage) { s.invites(); s.accepts(); s.reads(s.anna); s.refuses(); s.reads(s.bob) },
	"revoked":          func(s *stage) { s.invites(); s.revokes() },
	"revoked too late": func(s *stage) { s.invites(); s.accepts(); s.revokes(); s.reads(s.bob) },
	"removed unread":   func(s *stage) { s.invites(); s.accepts(); s.removes(s.bob); s.reads(s.anna) },
	"confirmed too late": func(s *stage) {
		s.invites()
		s.accepts()
		s.reads(s.anna)
		s.removes(s.bob)
		s.confirms()
	},
	"a friend changes the key": func(s *stage) {
		s.invites()
		s.accepts()
		s.reads(s.anna)
		s.confirms()
		s.reads(s.bob)
		s.rotates(s.anna, time.Hour)
		s.rotates(s.bob, 0)
		s.reads(s.anna)
		s.reads(s.bob)
	},
	"the invitee changes the key before she is confirmed": func(s *stage) {
		s.invites()
		s.accepts()
		s.rotates(s.bob, 0)
		s.reads(s.anna)
		s.confirms()
		s.reads(s.bob)
	},
	"the inviter changes the key before confirming": func(s *stage) {
		s.invites()
		s.accepts()
		s.reads(s.anna)
		s.rotates(s.anna, 0)
		s.confirms()
		s.reads(s.bob)
	},
	"the inviter changes the key while the invite is open": func(s *stage) { s.invites(); s.rotates(s.anna, 0) },
	"refused and made anew":                                func(s *stage) { s.invites(); s.accepts(); s.reads(s.anna); s.refusesAndReissues(); s.reads(s.bob) },
	"not to be opened": func(s *stage) {
		s.invites()
		s.accepts()
		s.forges(s.link.Friendship, func(m *mailbox.Row) { m.Slots[1] = m.Slots[0] })
		s.reads(s.anna)
	},
	"overtaken": func(s *stage) {
		carl := s.office.enters("carl")
		s.invites()
		once := true
		s.set(func() {
			s.before = func(method string) {
				if method == "PUT" && once {
					once = false
					carl.overtakes(Invite{Link: s.link}, "Anna")
				}
			}
		})
		s.act(s.bob, func() error {
			_, err := s.bob.Accept(s.t.Context(), s.link, "Anna", false)
			if protocol.CodeOf(err) != protocol.CodeAlreadyAccepted {
				return fmt.Errorf("got %w, want already_accepted", err)
			}
			return nil
		})
		s.reads(s.anna)
	},
}

// play plays a story and tells how it ended for everybody.
func play(t *testing.T, story func(*stage), dieAt int) (ending []string, passed []crashPoint) {
	s := &stage{office: newOffice(t), dieAt: dieAt}
	s.anna, s.bob = s.enters("anna"), s.enters("bob")
	story(s)
	passed = slices.Clone(s.passed)
	s.dieAt = -1
	for range 2 {
		for _, p := range []*person{s.anna, s.bob} {
			s.passes(respread)
			if err := p.resumeFriendships(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	ending = append(ending, fmt.Sprintf("mailbox %s", s.state(s.link.Friendship)))
	for _, p := range []*person{s.anna, s.bob} {
		ending = append(ending, p.tells(s.anna, s.bob))
	}
	return ending, passed
}

// tells is all that somebody has and sees, in a line.
func (p *person) tells(others ...*person) string {
	var b strings.Builder
	list, err := p.Friendships(p.t.Context())
	book, err2 := p.Contacts(p.t.Context())
	if err != nil || err2 != nil {
		p.t.Fatal(err, err2)
	}
	var rows []string
	for _, f := range list {
		r := p.row(f.Friendship)
		rows = append(rows, fmt.Sprintf("%s %s, unsent %v, refusal %q, secret %v, keys %v, steps %d; ",
			f.Name, f.State, f.Unsent, r.Refusal, r.Secret != nil, r.Keys != nil, len(r.Seen.Steps)))
	}
	slices.Sort(rows) // those of one name stand by a random UUID
	b.WriteString(strings.Join(rows, ""))
	if left, err := p.FriendsToTell(p.t.Context()); err != nil || left > 0 {
		fmt.Fprintf(&b, "%d to tell, %v; ", left, err)
	}
	for _, c := range book {
		fmt.Fprintf(&b, "knows %s; ", c.Name)
	}
	for _, o := range others {
		fmt.Fprintf(&b, "calls %q; ", p.calls(o))
	}
	return b.String()
}

func TestADeathAtAnyPointLeadsToTheSameEnd(t *testing.T) {
	t.Parallel()
	met := map[crashPoint]bool{}
	for name, story := range stories {
		t.Run(name, func(t *testing.T) {
			want, passed := play(t, story, -1)
			t.Log(strings.Join(want, "\n"))
			for i, at := range passed {
				met[at] = true
				if testing.Short() && i%4 != 0 {
					continue // a point takes a story of its own, and all are played alike
				}
				t.Run(fmt.Sprintf("%d %s %s", i, at.call, at.at), func(t *testing.T) {
					t.Parallel()
					got, passed := play(t, story, i)
					if len(passed) <= i || passed[i] != at {
						t.Fatal("the story does not come to this point")
					}
					if diff := cmp.Diff(want, got); diff != "" {
						t.Error(diff)
					}
				})
			}
		})
	}
	for _, at := range crashPoints() {
		if !met[at] {
			t.Errorf("no story comes to the point %s %s", at.call, at.at)
		}
	}
}
