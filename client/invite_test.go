package client

import (
	"context"
	"errors"
	"testing"
	"time"

	"p4p/protocol"
)

func TestAnInviteNeedsANameAndATime(t *testing.T) {
	o := newOffice(t)
	anna := o.enters("anna")
	for _, tt := range []struct {
		name    string
		expires time.Duration
		want    protocol.Code
	}{
		{"", time.Hour, protocol.CodeBadName},
		{"a\x1b[31mb", time.Hour, protocol.CodeBadName},
		{"Bob", protocol.MinExpiry - 1, protocol.CodeBadRequest},
		{"Bob", -time.Hour, protocol.CodeBadRequest},
		{"Bob", protocol.MaxExpiry + 1, protocol.CodeBadRequest},
	} {
		_, err := anna.Invite(t.Context(), tt.name, tt.expires)
		wantCode(t, err, tt.want)
	}
	nothingLeft(t, anna)
	for _, d := range []time.Duration{protocol.MinExpiry, protocol.MaxExpiry} {
		if _, err := anna.Invite(t.Context(), "Bob", d); err != nil {
			t.Error(err)
		}
	}
}

func nothingLeft(t *testing.T, p *person) {
	t.Helper()
	list, err := p.Friendships(t.Context())
	book, err2 := p.Contacts(t.Context())
	if len(list) != 0 || len(book) != 0 || err != nil || err2 != nil {
		t.Fatalf("left behind: %+v, %+v (%v, %v)", list, book, err, err2)
	}
}

func TestAnInviteThatCannotReachTheServerLeavesNothingBehind(t *testing.T) {
	o := newOffice(t)
	anna := o.enters("anna")
	o.set(func() {
		o.answer = func(string) *protocol.Error { return protocol.Errorf(protocol.CodeRateLimited, "Wait.") }
	})
	_, err := anna.Invite(t.Context(), "Bob", 0)
	wantCode(t, err, protocol.CodeRateLimited)
	nothingLeft(t, anna)

	o.set(func() {
		o.answer = func(string) *protocol.Error { return protocol.Errorf(protocol.CodeExists, "Another.") }
	})
	_, err = anna.Invite(t.Context(), "Bob", 0)
	wantCode(t, err, protocol.CodeExists)
	nothingLeft(t, anna)

	// The server goes between the first contact and the call ...
	o.Close()
	anna.link.get().Close() // else an old connection might break with the call on its way
	_, err = anna.Invite(t.Context(), "Bob", 0)
	wantCode(t, err, protocol.CodeNoServer)
	nothingLeft(t, anna)
	// ... and is away from the beginning.
	_, err = anna.Invite(t.Context(), "Bob", 0)
	wantCode(t, err, protocol.CodeNoServer)
	nothingLeft(t, anna)
}

func TestAnInviteWhoseAnswerWasLostIsMadeSureOfLater(t *testing.T) {
	for _, lost := range []loss{theRequest, theReply} {
		o := newOffice(t)
		anna, bob := o.enters("anna"), o.enters("bob")
		o.loseNext(lost)
		i := anna.invites("Bob")
		if !i.Unsent || i.State != StateInvited {
			t.Fatalf("the invite is %+v", i)
		}
		if list, _ := anna.Invites(t.Context()); len(list) != 1 || list[0].Link != i.Link || !list[0].Unsent {
			t.Fatalf("the list shows %+v", list)
		}
		anna.restarts()
		if list, _ := anna.Invites(t.Context()); len(list) != 1 || list[0].Link != i.Link || list[0].Unsent {
			t.Fatalf("after the restart the list shows %+v", list)
		}
		bob.accepts(i, "Anna")
	}
}

// The answer to the POST was lost, the friend was faster than the retry.
func TestAnInviteIsAcceptedBeforeItsMakerKnowsThatItExists(t *testing.T) {
	o := newOffice(t)
	anna, bob := o.enters("anna"), o.enters("bob")
	o.loseNext(theReply)
	i := anna.invites("Bob")
	bob.accepts(i, "Anna")
	anna.restarts()
	wantState(t, anna, i.Friendship, StateAccepted)
}

func TestLinksNameTheServerByWhatOthersCanReach(t *testing.T) {
	pin := protocol.Pin{1, 2, 3}
	for _, tt := range []struct {
		name              string
		public, told, pin string
		want              string
		wantPin           bool
	}{
		{"the server knows", "https://p4p.example", "https://told.example", "", "https://p4p.example", false},
		{"the server knows, self-signed", "https://192.168.1.7:4747", "", pin.Base32(), "https://192.168.1.7:4747", true},
		{"the client was told", "", "https://told.example", "", "https://told.example", false},
		{"nobody knows", "", "", "", "", false},
		{"what the server says is no address", "javascript:alert(1)", "", "", "", false},
		{"a pin without a certificate", "", "", pin.Base32(), "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := newOffice(t)
			o.info.PublicURL, o.info.Pin = tt.public, tt.pin
			anna := o.enters("anna")
			anna.Client.opt.PublicURL = func() string { return tt.told }
			if tt.want == "" {
				tt.want = o.URL
			}
			i := anna.invites("Bob")
			if i.Link.Server != tt.want || (i.Link.Pin != nil) != tt.wantPin {
				t.Errorf("the link is for %s, pin %v", i.Link.Server, i.Link.Pin)
			}
			if again, err := protocol.ParseLink(i.Link.URL()); err != nil || again.URL() != i.Link.URL() {
				t.Errorf("the link does not parse: %v", err)
			}
			anna.restarts()
			if list, _ := anna.Invites(t.Context()); len(list) != 1 || list[0].Link.URL() != i.Link.URL() {
				t.Errorf("the list shows another link: %+v", list)
			}
		})
	}
}

func TestARevokedInviteOpensNothing(t *testing.T) {
	o := newOffice(t)
	anna, bob := o.enters("anna"), o.enters("bob")
	i := anna.invites("Bob")
	got, err := anna.Revoke(t.Context(), i.Friendship)
	if err != nil || got.State != StateRevoked || got.Unsent {
		t.Fatalf("%+v, %v", got, err)
	}
	if _, err := anna.Revoke(t.Context(), i.Friendship); err != nil {
		t.Errorf("revoking twice: %v", err)
	}
	_, err = bob.Accept(t.Context(), i.Link, "Anna", false)
	wantCode(t, err, protocol.CodeRevoked)
	nothingLeft(t, bob)
	if list, _ := anna.Invites(t.Context()); len(list) != 0 {
		t.Errorf("still among the open ones: %+v", list)
	}
	wantState(t, anna, i.Friendship, StateRevoked)
	if r, _ := anna.local.Friendship(t.Context(), i.Friendship); r.Secret != nil {
		t.Error("the secret is kept for nothing")
	}
	anna.does(anna.Remove, i.Friendship)
	wantState(t, anna, i.Friendship, "")
}

func TestRemovingAnOpenInviteRevokesIt(t *testing.T) {
	o := newOffice(t)
	anna := o.enters("anna")
	i := anna.invites("Bob")
	if f := anna.does(anna.Remove, i.Friendship); f.State != StateRevoked {
		t.Errorf("%+v", f)
	}
	if got := o.state(i.Friendship); got != protocol.MailboxRevoked {
		t.Errorf("the mailbox is %q", got)
	}
}

func TestARevocationThatComesTooLateRefuses(t *testing.T) {
	o := newOffice(t)
	anna, bob := o.enters("anna"), o.enters("bob")
	i := anna.invites("Bob")
	bob.accepts(i, "Anna")
	got, err := anna.Revoke(t.Context(), i.Friendship) // not knowing of Bob
	if err != nil || got.State != StateRefused || got.Unsent {
		t.Fatalf("%+v, %v", got, err)
	}
	bob.catchesUp()
	wantState(t, bob, i.Friendship, StateEnded)
	wantName(t, anna, bob, "")
	_, err = anna.Revoke(t.Context(), i.Friendship)
	wantCode(t, err, protocol.CodeWrongState)
}

func TestAnInviteExpires(t *testing.T) {
	o := newOffice(t)
	anna, bob := o.enters("anna"), o.enters("bob")
	i, err := anna.Invite(t.Context(), "Bob", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	o.passes(3 * time.Hour)
	_, err = bob.Accept(t.Context(), i.Link, "Anna", false)
	wantCode(t, err, protocol.CodeExpired)
	nothingLeft(t, bob)
	anna.mailboxChanged(t.Context(), protocol.MailboxNotice{
		Friendship: i.Friendship, Error: protocol.Errorf(protocol.CodeExpired, "Over."),
	})
	wantState(t, anna, i.Friendship, StateExpired)
	_, err = anna.WaitAccepted(t.Context(), i.Friendship)
	wantCode(t, err, protocol.CodeExpired)
}

// timer is a clock's hand that a test moves.
type timer struct {
	set  chan time.Duration // somebody waits
	ring chan time.Time
}

func (p *person) timer() *timer {
	tm := &timer{make(chan time.Duration), make(chan time.Time)}
	p.Client.opt.after = func(d time.Duration) (<-chan time.Time, func()) {
		tm.set <- d
		return tm.ring, func() {}
	}
	return tm
}

type waitResult struct {
	f   Friendship
	err error
}

func (p *person) waitsFor(ctx context.Context, f protocol.UUID) <-chan waitResult {
	done := make(chan waitResult, 1)
	go func() {
		got, err := p.WaitAccepted(ctx, f)
		done <- waitResult{got, err}
	}()
	return done
}

func TestWaitingForAFriendEndsWithTheAcceptance(t *testing.T) {
	o := newOffice(t)
	anna, bob := o.enters("anna"), o.enters("bob")
	i := anna.invites("Bob")
	tm := anna.timer()
	done := anna.waitsFor(t.Context(), i.Friendship)
	<-tm.set
	o.set(func() { o.lose = func(string) loss { return theRequest } })
	tm.ring <- testStart // the server is away: patience
	<-tm.set
	o.set(func() { o.lose = nil })
	bob.accepts(i, "Anna")
	tm.ring <- testStart
	if got := <-done; got.err != nil || got.f.State != StateAccepted || got.f.SafetyNumber == "" {
		t.Errorf("%+v", got)
	}
}

func TestWaitingEndsAtOnceWhenAnythingNoticesTheAcceptance(t *testing.T) {
	o := newOffice(t)
	anna, bob := o.enters("anna"), o.enters("bob")
	i := anna.invites("Bob")
	tm := anna.timer()
	done := anna.waitsFor(t.Context(), i.Friendship)
	<-tm.set
	anna.notify(FeedChanged) // not what is waited for
	bob.accepts(i, "Anna")
	anna.catchesUp() // as Run does, by the stream's notice; the timer never rings
	if got := <-done; got.err != nil || got.f.State != StateAccepted {
		t.Errorf("%+v", got)
	}
}

func TestWaitingEndsWithWhatEndsTheInvite(t *testing.T) {
	for _, tt := range []struct {
		name string
		do   func(o *office, anna, bob *person, i Invite)
		want protocol.Code
	}{
		{"revoked", func(_ *office, anna, _ *person, i Invite) { _, _ = anna.Revoke(t.Context(), i.Friendship) }, protocol.CodeRevoked},
		{"removed", func(_ *office, anna, bob *person, i Invite) {
			bob.accepts(i, "Anna")
			anna.catchesUp()
			anna.does(anna.Refuse, i.Friendship)
		}, protocol.CodeWrongState},
		{"accepted and ended", func(_ *office, anna, bob *person, i Invite) {
			bob.accepts(i, "Anna")
			bob.does(bob.Remove, i.Friendship)
			anna.catchesUp()
		}, protocol.CodeEnded},
		{"something that is no acceptance", func(o *office, anna, bob *person, i Invite) {
			bob.accepts(i, "Anna")
			o.set(func() { o.rows[i.Friendship].Slots[1][100] ^= 1 })
			anna.catchesUp()
		}, protocol.CodeSlotUnopenable},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := newOffice(t)
			anna, bob := o.enters("anna"), o.enters("bob")
			i := anna.invites("Bob")
			tt.do(o, anna, bob, i)
			_, err := anna.WaitAccepted(t.Context(), i.Friendship)
			wantCode(t, err, tt.want)
		})
	}
	o := newOffice(t)
	anna := o.enters("anna")
	i := anna.invites("Bob")
	tm := anna.timer()
	ctx, cancel := context.WithCancel(t.Context())
	done := anna.waitsFor(ctx, i.Friendship)
	<-tm.set
	cancel()
	if got := <-done; !errors.Is(got.err, context.Canceled) {
		t.Errorf("given up: %+v", got)
	}
	_, err := anna.WaitAccepted(t.Context(), protocol.UUID{1})
	wantCode(t, err, protocol.CodeUnknownFriendship)
}
