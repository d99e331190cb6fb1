package client

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"p4p/localmap"
	"p4p/protocol"
	"p4p/server/mailbox"
)

// row is a friendship as it is stored.
func (p *person) row(f protocol.UUID) localmap.Friendship {
	p.t.Helper()
	r, err := p.local.Friendship(p.t.Context(), f)
	if err != nil {
		p.t.Fatal(err)
	}
	return r
}

// forges lets the server show something else than what the friends wrote.
func (o *office) forges(f protocol.UUID, change func(*mailbox.Row)) {
	o.set(func() {
		r := *o.rows[f]
		change(&r)
		o.rows[f] = &r
	})
}

func n(v uint64) *uint64 { return &v }

// rewrites has a side of a friendship write its slot anew, with changes of key,
// as rotating a device does.
func (o *office) rewrites(p *person, f protocol.UUID, version uint64, steps ...protocol.Step) {
	p.t.Helper()
	r := p.row(f)
	seal := protocol.SealConfirm
	if r.Role == protocol.RoleInvitee {
		seal = protocol.SealAccept
	}
	slot, err := seal(rand.Reader, *r.Keys, p.local.Root().DeviceKey(0), r.Parties, version, steps)
	if err != nil {
		p.t.Fatal(err)
	}
	o.forges(f, func(m *mailbox.Row) { m.N[r.Role], m.Slots[r.Role] = n(version), slot })
}

// rotation is the nth change of a person's key in a friendship.
func (p *person) rotation(f protocol.UUID, i int, cut uint64) protocol.Step {
	r, root := p.row(f), p.local.Root()
	return protocol.NewStep(r.Parties, r.Role, i, root.DeviceKey(uint32(i)), root.DeviceKey(uint32(i+1)), protocol.UUID{9}, cut)
}

// A mailbox that lies changes nothing that is stored.
func TestWhatAMailboxCannotProveChangesNothing(t *testing.T) {
	t.Parallel()
	random := bytes.Repeat([]byte{7}, protocol.SlotSize)
	for _, tt := range []struct {
		name  string
		forge func(o *office, anna *person, f protocol.UUID)
		want  protocol.Code
	}{
		{"an older slot", func(o *office, _ *person, f protocol.UUID) {
			o.forges(f, func(m *mailbox.Row) { m.N[0] = n(1) })
		}, protocol.CodeRollback},
		{"other bytes under the same number", func(o *office, _ *person, f protocol.UUID) {
			o.forges(f, func(m *mailbox.Row) { m.Slots[0] = random })
		}, protocol.CodeRollback},
		{"a slot that nobody sealed", func(o *office, _ *person, f protocol.UUID) {
			o.forges(f, func(m *mailbox.Row) { m.N[0], m.Slots[0] = n(4), random })
		}, protocol.CodeSlotUnopenable},
		{"a history of keys that lost its end", func(o *office, anna *person, f protocol.UUID) {
			o.rewrites(anna, f, 4)
		}, protocol.CodeBrokenSuccession},
		{"another history of keys", func(o *office, anna *person, f protocol.UUID) {
			o.rewrites(anna, f, 4, anna.rotation(f, 0, 8))
		}, protocol.CodeBrokenSuccession},
		{"an end that nobody sealed", func(o *office, _ *person, f protocol.UUID) {
			o.forges(f, func(m *mailbox.Row) {
				m.State, m.N[0], m.Slots = protocol.MailboxEnded, n(4), [2][]byte{random, nil}
			})
		}, protocol.CodeSlotUnopenable},
		{"an end that is none", func(o *office, anna *person, f protocol.UUID) {
			o.rewrites(anna, f, 4, anna.rotation(f, 0, 7))
			o.forges(f, func(m *mailbox.Row) { m.State, m.Slots[1] = protocol.MailboxEnded, nil })
		}, protocol.CodeSlotUnopenable},
		{"an end without a slot", func(o *office, _ *person, f protocol.UUID) {
			o.forges(f, func(m *mailbox.Row) { m.State, m.Slots = protocol.MailboxEnded, [2][]byte{} })
		}, protocol.CodeSlotUnopenable},
		{"no slot at all", func(o *office, _ *person, f protocol.UUID) {
			o.forges(f, func(m *mailbox.Row) { m.Slots[0] = nil })
		}, protocol.CodeSlotUnopenable},
		{"the state before the acceptance", func(o *office, _ *person, f protocol.UUID) {
			o.forges(f, func(m *mailbox.Row) {
				m.State, m.Expires, m.N[1], m.Slots[1], m.E = protocol.MailboxOpen, o.now.Add(time.Hour), nil, nil, nil
			})
		}, ""},
		{"nothing: the mailbox is missing", func(o *office, _ *person, f protocol.UUID) {
			o.set(func() { delete(o.rows, f) })
		}, ""},
		{"an invite that was revoked", func(o *office, _ *person, f protocol.UUID) {
			o.forges(f, func(m *mailbox.Row) {
				m.State, m.Slots, m.Expires = protocol.MailboxRevoked, [2][]byte{}, o.now.Add(time.Hour)
			})
		}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := newOffice(t)
			anna, bob := o.enters("anna"), o.enters("bob")
			f := o.friends(anna, "Bob", bob, "Anna")
			o.rewrites(anna, f, 3, anna.rotation(f, 0, 7)) // so that there is a history
			bob.catchesUp()
			before := bob.row(f)
			if len(before.Seen.Steps) != 1 || before.Seen.N != 3 {
				t.Fatalf("seen: %+v", before.Seen)
			}
			tt.forge(o, anna, f)
			wantCode(t, bob.catchUp(t.Context(), f), tt.want)
			bob.mailboxChanged(t.Context(), protocol.MailboxNotice{Friendship: f, State: o.state(f), N: &[2]uint64{9, 9}})
			if tt.want == protocol.CodeBrokenSuccession {
				before.Refusal = tt.want // the one thing that is noted: its owner must know
			}
			if diff := cmp.Diff(before, bob.row(f), cmp.AllowUnexported(protocol.Step{})); diff != "" {
				t.Error(diff)
			}
			wantName(t, bob, anna, "Anna")
		})
	}
}

func TestALabelFollowsTheFriendsChangesOfKey(t *testing.T) {
	o := newOffice(t)
	anna, bob := o.enters("anna"), o.enters("bob")
	f := o.friends(anna, "Bob", bob, "Anna")
	steps := []protocol.Step{anna.rotation(f, 0, 7), anna.rotation(f, 1, 70)}
	o.rewrites(anna, f, 3, steps[0])
	bob.catchesUp()
	o.rewrites(anna, f, 4, steps...)
	bob.catchesUp()
	for i := range 3 {
		l, ok := bob.local.Label(anna.local.Root().DeviceKey(uint32(i)).Public)
		if !ok || l.Name != "Anna" || l.Retired != (i < 2) {
			t.Errorf("key %d: %+v, %v", i, l, ok)
		}
	}
	if got, err := bob.Find(t.Context(), "Anna"); err != nil || *got.UUID != anna.local.Root().DeviceKey(2).Public.UUID() {
		t.Errorf("the row shows %v, %v", got.UUID, err)
	}
	o.rewrites(bob, f, 2, bob.rotation(f, 0, 9))
	anna.catchesUp()
	if l, ok := anna.local.Label(bob.local.Root().DeviceKey(1).Public); !ok || l.Name != "Bob" {
		t.Errorf("the inviter's label: %+v, %v", l, ok)
	}
	wantState(t, anna, f, StateFriend)
	wantState(t, bob, f, StateFriend)

	anna.does(anna.Remove, f)
	bob.catchesUp()
	wantState(t, bob, f, StateEnded)
	for i := range 3 { // what ended keeps its names, on every key
		if l, _ := bob.local.Label(anna.local.Root().DeviceKey(uint32(i)).Public); l.Name != "Anna" || !l.Ended {
			t.Errorf("key %d after the end: %+v", i, l)
		}
	}
}

func TestAnInviteThatWaitsForItsConfirmationMustStayAsItWas(t *testing.T) {
	o := newOffice(t)
	anna, bob := o.enters("anna"), o.enters("bob")
	i := anna.invites("Bob")
	bob.accepts(i, "Anna")
	before := bob.row(i.Friendship)
	wantCode(t, bob.catchUp(t.Context(), i.Friendship), "")
	o.forges(i.Friendship, func(m *mailbox.Row) { m.Slots[0] = m.Slots[1] })
	wantCode(t, bob.catchUp(t.Context(), i.Friendship), protocol.CodeRollback)
	if diff := cmp.Diff(before, bob.row(i.Friendship)); diff != "" {
		t.Error(diff)
	}
}

// Also while the acceptance waits for an answer the invitee may change its key.
func TestAnAcceptanceThatChangesItsKeyIsConfirmedUnderTheNewOne(t *testing.T) {
	o := newOffice(t)
	anna, bob := o.enters("anna"), o.enters("bob")
	i := anna.invites("Bob")
	bob.accepts(i, "Anna")
	anna.catchesUp()
	o.rewrites(bob, i.Friendship, 2, bob.rotation(i.Friendship, 0, 3))
	anna.catchesUp()
	next := bob.local.Root().DeviceKey(1).Public
	if _, ok := anna.local.Label(next); ok {
		t.Error("the name sticks before the confirmation")
	}
	anna.does(anna.Confirm, i.Friendship)
	if l, ok := anna.local.Label(next); !ok || l.Name != "Bob" {
		t.Errorf("%+v, %v", l, ok)
	}
}

func TestAnAcceptanceThatCannotBeOpenedIsRefused(t *testing.T) {
	for name, forge := range map[string]func(*mailbox.Row){
		"a slot that nobody sealed":         func(m *mailbox.Row) { m.Slots[1] = bytes.Repeat([]byte{7}, protocol.SlotSize) },
		"another exchange key":              func(m *mailbox.Row) { m.E[0] ^= 1 },
		"an exchange key of small order":    func(m *mailbox.Row) { m.E = &protocol.Key32{} },
		"the inviter's slot sent back":      func(m *mailbox.Row) { m.Slots[1] = m.Slots[0] },
		"another number than it was sealed": func(m *mailbox.Row) { m.N[1] = n(2) },
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t)
			anna, bob := o.enters("anna"), o.enters("bob")
			i := anna.invites("Bob")
			bob.accepts(i, "Anna")
			o.forges(i.Friendship, forge)
			anna.catchesUp()
			wantState(t, anna, i.Friendship, StateRefused)
			if r := anna.row(i.Friendship); r.Refusal != protocol.CodeSlotUnopenable || r.Pending != localmap.CallNone || r.Secret != nil {
				t.Errorf("refusal %q, owes %q, secret %v", r.Refusal, r.Pending, r.Secret != nil)
			}
			if notices, _ := anna.Notices(t.Context()); len(notices) != 0 {
				t.Errorf("asked to confirm %+v", notices)
			}
			wantName(t, anna, bob, "")
			if got := o.state(i.Friendship); got != protocol.MailboxEnded {
				t.Errorf("the mailbox is %q", got)
			}
			bob.catchesUp() // the random end proves nothing: Bob keeps what he has
			wantState(t, bob, i.Friendship, StateAccepted)
		})
	}
}

// An answer without what it must have is the server's mistake and no acceptance.
func TestAnIncompleteAcceptanceIsNotRefused(t *testing.T) {
	o := newOffice(t)
	anna, bob := o.enters("anna"), o.enters("bob")
	i := anna.invites("Bob")
	bob.accepts(i, "Anna")
	slot := o.row(i.Friendship).Slots[1]
	o.forges(i.Friendship, func(m *mailbox.Row) { m.Slots[1] = nil })
	wantCode(t, anna.catchUp(t.Context(), i.Friendship), protocol.CodeSlotUnopenable)
	wantState(t, anna, i.Friendship, StateInvited)
	o.forges(i.Friendship, func(m *mailbox.Row) { m.Slots[1] = slot })
	anna.catchesUp()
	wantState(t, anna, i.Friendship, StateAccepted)
}

// What this side ended itself, in a later state than its files remember.
func TestAFriendshipThatARestoredProfileEndedShowsAsEnded(t *testing.T) {
	o := newOffice(t)
	anna, bob := o.enters("anna"), o.enters("bob")
	f := o.friends(anna, "Bob", bob, "Anna")
	r := anna.row(f)
	end, err := protocol.SealEnd(rand.Reader, *r.Keys, r.Role, r.Server, f, 3)
	if err != nil {
		t.Fatal(err)
	}
	o.forges(f, func(m *mailbox.Row) { m.State, m.N[0], m.Slots = protocol.MailboxEnded, n(3), [2][]byte{end, nil} })
	anna.catchesUp()
	wantState(t, anna, f, StateEnded)
	wantName(t, anna, bob, "Bob")
}

// The server holds a later slot of this side than its files remember.
func TestAConflictIsSolvedByTheNextNumber(t *testing.T) {
	o := newOffice(t)
	anna, bob := o.enters("anna"), o.enters("bob")
	i := anna.invites("Bob")
	bob.accepts(i, "Anna")
	anna.catchesUp()
	o.rewrites(anna, i.Friendship, 6)
	if f := anna.does(anna.Confirm, i.Friendship); f.Unsent {
		t.Errorf("%+v", f)
	}
	if r := anna.row(i.Friendship); r.OwnN != 7 {
		t.Errorf("the confirmation has number %d", r.OwnN)
	}
	bob.catchesUp()
	wantState(t, bob, i.Friendship, StateFriend)

	o.rewrites(anna, i.Friendship, 12)
	if f := anna.does(anna.Remove, i.Friendship); f.Unsent {
		t.Errorf("%+v", f)
	}
	if _, err := anna.local.Friendship(t.Context(), i.Friendship); protocol.CodeOf(err) != protocol.CodeUnknownFriendship {
		t.Errorf("the removed row is still there: %v", err)
	}
	bob.catchesUp()
	wantState(t, bob, i.Friendship, StateEnded)
}

// A server whose every answer is a conflict does not hold anybody up.
func TestAServerThatContradictsItselfIsLeftAlone(t *testing.T) {
	o := newOffice(t)
	anna, bob := o.enters("anna"), o.enters("bob")
	i := anna.invites("Bob")
	bob.accepts(i, "Anna")
	anna.catchesUp()
	o.set(func() {
		o.answer = func(method string) *protocol.Error {
			if method == "PUT" {
				return protocol.Errorf(protocol.CodeVersionConflict, "Again.")
			}
			return nil
		}
	})
	calls := o.made()
	if f := anna.does(anna.Confirm, i.Friendship); !f.Unsent || f.State != StateFriend {
		t.Errorf("%+v", f)
	}
	if made := o.made() - calls; made > 2*maxTries {
		t.Errorf("%d calls", made)
	}
}

func TestAConfirmationThatTheServerRefusesForGoodIsSaidAndStands(t *testing.T) {
	o := newOffice(t)
	anna, bob := o.enters("anna"), o.enters("bob")
	i := anna.invites("Bob")
	bob.accepts(i, "Anna")
	anna.catchesUp()
	o.set(func() {
		o.answer = func(string) *protocol.Error { return protocol.Errorf(protocol.CodeExpired, "Over.") }
	})
	_, err := anna.Confirm(t.Context(), i.Friendship)
	wantCode(t, err, protocol.CodeExpired)
	if r := anna.row(i.Friendship); r.State != localmap.StateFriend || r.Pending != localmap.CallNone || r.Refusal != protocol.CodeExpired {
		t.Errorf("%s, owes %q, refusal %q", r.State, r.Pending, r.Refusal)
	}
	wantName(t, anna, bob, "Bob")
}

func TestARetryCarriesTheSameBytes(t *testing.T) {
	o := newOffice(t)
	anna, bob := o.enters("anna"), o.enters("bob")
	i := anna.invites("Bob")
	bob.accepts(i, "Anna")
	anna.catchesUp()
	o.loseNext(theReply)
	anna.does(anna.Confirm, i.Friendship)
	want := sha256.Sum256(o.row(i.Friendship).Slots[0])
	anna.restarts() // another number or other bytes would be a conflict and a third version
	if r := o.row(i.Friendship); *r.N[0] != 2 || sha256.Sum256(r.Slots[0]) != want {
		t.Errorf("version %d was sealed anew", *r.N[0])
	}
}

// Two programs on one profile, the TUI and a command.
func TestTwoProgramsOnOneProfileDoNotDisturbEachOther(t *testing.T) {
	o := newOffice(t)
	anna, bob := o.enters("anna"), o.enters("bob")
	i := anna.invites("Bob")
	bob.accepts(i, "Anna")
	anna.catchesUp()
	second := &person{t: t, opt: anna.opt}
	second.start()
	t.Cleanup(func() { _ = second.Close() })

	anna.does(anna.Confirm, i.Friendship)
	if f := second.does(second.Confirm, i.Friendship); f.State != StateFriend {
		t.Errorf("%+v", f)
	}
	_, err := second.Refuse(t.Context(), i.Friendship)
	wantCode(t, err, protocol.CodeWrongState)
	if r := o.row(i.Friendship); *r.N[0] != 2 {
		t.Errorf("confirmed %d times", *r.N[0]-1)
	}
	anna.does(anna.Remove, i.Friendship)
	_, err = second.Remove(t.Context(), i.Friendship)
	wantCode(t, err, protocol.CodeUnknownFriendship)
	if err := second.catchUp(t.Context(), i.Friendship); err != nil {
		t.Errorf("the row that the other one removed: %v", err)
	}
}

// Between the server's answer to one program and its being stored, the other one
// takes the next step.
func TestTheAnswerToAStepDoesNotPayForTheNextOne(t *testing.T) {
	o := newOffice(t)
	anna, bob := o.enters("anna"), o.enters("bob")
	i := anna.invites("Bob")
	bob.accepts(i, "Anna")
	anna.catchesUp()
	second := &person{t: t, opt: anna.opt}
	second.start()
	t.Cleanup(func() { _ = second.Close() })
	anna.Client.opt.fault = func(at crashPoint) {
		if at == (crashPoint{localmap.CallConfirm, answered}) {
			o.loseNext(theRequest)
			if f := second.does(second.Remove, i.Friendship); !f.Unsent {
				t.Errorf("%+v", f)
			}
		}
	}
	anna.does(anna.Confirm, i.Friendship)
	wantState(t, anna, i.Friendship, "")
	second.catchesUp()
	if got := o.state(i.Friendship); got != protocol.MailboxEnded {
		t.Errorf("the mailbox is %s: nobody told the server", got)
	}
}

func TestARemovalThatAnotherProgramFinishesIsDone(t *testing.T) {
	for _, at := range []moment{owed, answered} {
		o := newOffice(t)
		anna, bob := o.enters("anna"), o.enters("bob")
		f := o.friends(anna, "Bob", bob, "Anna")
		second := &person{t: t, opt: anna.opt}
		second.start()
		t.Cleanup(func() { _ = second.Close() })
		anna.Client.opt.fault = func(p crashPoint) {
			if p == (crashPoint{localmap.CallEnd, at}) {
				second.catchesUp()
			}
		}
		if got := anna.does(anna.Remove, f); got.State != StateEnded || got.Unsent {
			t.Errorf("%+v", got)
		}
		wantState(t, anna, f, "")
	}
}

func TestAMissingMailboxEndsNoInvite(t *testing.T) {
	o := newOffice(t)
	anna := o.enters("anna")
	i := anna.invites("Bob")
	o.set(func() { delete(o.rows, i.Friendship) })
	anna.catchesUp()
	wantState(t, anna, i.Friendship, StateInvited)
}

// A view that was read before another reader stored a newer one is old, not a lie.
func TestAViewThatWasOvertakenIsDropped(t *testing.T) {
	o := newOffice(t)
	anna, bob := o.enters("anna"), o.enters("bob")
	i := anna.invites("Bob")
	bob.accepts(i, "Anna")
	overtaken := false
	bob.Client.opt.fault = func(at crashPoint) {
		if at == (crashPoint{reading, answered}) && !overtaken {
			overtaken = true
			anna.catchesUp()
			anna.does(anna.Confirm, i.Friendship)
			bob.catchesUp()
			wantState(t, bob, i.Friendship, StateFriend)
		}
	}
	wantCode(t, bob.catchUp(t.Context(), i.Friendship), "")
	wantState(t, bob, i.Friendship, StateFriend)
	if !overtaken {
		t.Fatal("nothing was overtaken")
	}
}

func TestWhatWaitsForSomebodyIsWatchedFirst(t *testing.T) {
	o := newOffice(t)
	anna, bob, carl := o.enters("anna"), o.enters("bob"), o.enters("carl")
	if w := anna.watches(t.Context()); len(w) != 0 {
		t.Errorf("a new profile watches %v", w)
	}
	friend := o.friends(anna, "Bob", bob, "Anna")
	taken := anna.invites("Carl")
	carl.accepts(taken, "Anna")
	anna.catchesUp()
	open := anna.invites("Aaron")
	revoked := anna.invites("Dora")
	if _, err := anna.Revoke(t.Context(), revoked.Friendship); err != nil {
		t.Fatal(err)
	}
	o.loseNext(theReply)
	anna.invites("Emil") // nobody knows yet whether the server has it
	root := anna.local.Root()
	var want []protocol.Watch
	for _, f := range []protocol.UUID{open.Friendship, taken.Friendship, friend} {
		want = append(want, protocol.Watch{Friendship: f, Token: root.OwnerToken(f)})
	}
	if got := anna.watches(t.Context()); !cmp.Equal(got, want) {
		t.Errorf("watched: %v", cmp.Diff(want, got))
	}
}

func TestANoticeThatTellsNothingNewCostsNoCall(t *testing.T) {
	o := newOffice(t)
	anna, bob := o.enters("anna"), o.enters("bob")
	f := o.friends(anna, "Bob", bob, "Anna")
	open := anna.invites("Carl")
	calls := o.made()
	for _, m := range []protocol.MailboxNotice{
		{Friendship: f, State: protocol.MailboxAccepted, N: &[2]uint64{2, 1}},
		{Friendship: f, Error: protocol.Errorf(protocol.CodeUnknownFriendship, "Missing.")},
		{Friendship: open.Friendship, State: protocol.MailboxOpen, N: &[2]uint64{1, 0}},
		{Friendship: protocol.UUID{1}, State: protocol.MailboxEnded},
	} {
		anna.mailboxChanged(t.Context(), m)
	}
	if o.made() != calls {
		t.Errorf("%d calls", o.made()-calls)
	}
	bob.does(bob.Remove, f)
	changes := anna.Changes()
	anna.mailboxChanged(t.Context(), protocol.MailboxNotice{Friendship: f, State: protocol.MailboxEnded, N: &[2]uint64{2, 2}})
	wantState(t, anna, f, StateEnded)
	if what, err := changes.Next(t.Context()); err != nil || what&friendshipChanged != friendshipChanged {
		t.Errorf("the screen is told %b, %v", what, err)
	}
}

func TestANoticeIsFollowedAgainWhenTheServerIsBusy(t *testing.T) {
	o := newOffice(t)
	anna, bob := o.enters("anna"), o.enters("bob")
	i := anna.invites("Bob")
	bob.accepts(i, "Anna")
	o.set(func() {
		o.answer = func(string) *protocol.Error { return protocol.Errorf(protocol.CodeUnavailable, "Busy.") }
	})
	tm := anna.timer()
	done := make(chan struct{})
	go func() {
		defer close(done)
		anna.mailboxChanged(t.Context(), protocol.MailboxNotice{Friendship: i.Friendship, State: protocol.MailboxAccepted, N: &[2]uint64{1, 1}})
	}()
	<-tm.set
	o.set(func() { o.answer = nil })
	tm.ring <- testStart
	<-done
	wantState(t, anna, i.Friendship, StateAccepted)
}

func TestWhatStaysOwedIsPaidWhileConnected(t *testing.T) {
	o := newOffice(t)
	anna, bob := o.enters("anna"), o.enters("bob")
	i := anna.invites("Bob")
	bob.accepts(i, "Anna")
	tm := anna.timer()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { anna.keepFriendships(ctx); close(done) }()
	<-tm.set
	wantState(t, anna, i.Friendship, StateAccepted)
	o.loseNext(theRequest)
	if f := anna.does(anna.Confirm, i.Friendship); !f.Unsent {
		t.Fatalf("%+v", f)
	}
	tm.ring <- testStart
	<-tm.set
	if f, err := anna.Find(t.Context(), "Bob"); err != nil || f.Unsent {
		t.Errorf("%+v, %v", f, err)
	}
	cancel()
	<-done
}
