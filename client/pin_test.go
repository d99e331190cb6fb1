package client

import (
	"context"
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"p4p/protocol"
	p4pserver "p4p/server"
	"p4p/server/tlsconf"
)

// opensDoor has a town reached by an encrypted port, at the address at or at any.
func (w *town) opensDoor(at string) (url string, pin protocol.Pin) {
	w.t.Helper()
	if at == "" {
		at = "127.0.0.1:0"
	}
	r, err := w.OpenDoor(w.t.Context(), p4pserver.Door{Listen: at})
	if err != nil {
		w.t.Fatal(err)
	}
	pin, err = protocol.ParsePin(r.Pin)
	if err != nil {
		w.t.Fatal(err)
	}
	return r.URL, pin
}

// between sits at an address with a key of its own and passes everything on to a
// server's plain port.
func between(t *testing.T, at, to string) {
	t.Helper()
	key, err := tlsconf.OpenSelfSigned(t.TempDir(), []string{"127.0.0.1"}, time.Now, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	l, err := tls.Listen("tcp", at, key.Config())
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	carry := func(c net.Conn) {
		defer c.Close()
		up, err := net.Dial("tcp", to)
		if err != nil {
			return
		}
		defer up.Close()
		all.Go(func() {
			_, _ = io.Copy(up, c)
			up.Close()
		})
		_, _ = io.Copy(c, up)
	}
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() { carry(c) })
		}
	})
	t.Cleanup(func() { l.Close(); all.Wait() })
}

// pair is Anna, whose server it is, and Bob, who followed her link from another
// home; both run.
type pair struct {
	town      *town
	url       string
	anna, bob *reader
	invite    Invite
}

func newPair(t *testing.T) pair {
	t.Helper()
	p := pair{town: newTown(t)}
	p.url, _ = p.town.opensDoor("")
	p.anna = reads(t, p.town.URL()).runs()
	i, err := p.anna.Invite(t.Context(), "Bob", 0)
	if err != nil {
		t.Fatal(err)
	}
	p.invite = i
	p.bob = opens(t, Options{Home: t.TempDir(), after: quick})
	return p
}

func (p pair) accepts(t *testing.T) {
	t.Helper()
	if _, err := p.bob.Accept(t.Context(), p.invite.Link, "Anna", false); err != nil {
		t.Fatal(err)
	}
}

func TestALinkWithAPinMakesAFriendshipOverAnUntrustedCertificate(t *testing.T) {
	p := newPair(t)
	link, err := protocol.ParseLink(p.invite.Link.QR()) // as a scanned code has it
	if err != nil || link.Pin == nil || link.Server != p.url {
		t.Fatalf("the link is %+v, %v", link, err)
	}
	p.invite.Link = link
	if _, err := p.bob.ReadInvite(t.Context(), link); err != nil {
		t.Fatal(err)
	}
	p.accepts(t)
	p.anna.waits("the acceptance is there", p.anna.has(p.invite.Friendship, StateAccepted))
	if _, err := p.anna.Confirm(t.Context(), p.invite.Friendship); err != nil {
		t.Fatal(err)
	}
	// Every later call of Bob's goes by the pin that was stored: in this run and the next.
	for _, text := range []string{"in the first run", "in the second run"} {
		if got := p.bob.Whoami(t.Context()).Server; got != p.url {
			t.Errorf("Bob's server is %s", got)
		}
		p.bob.runs()
		p.bob.waits("the friendship is complete", p.bob.has(p.invite.Friendship, StateFriend))
		if _, err := p.bob.Post(t.Context(), text, nil); err != nil {
			t.Fatal(err)
		}
		p.anna.waits("Bob's post is there by name", func() bool { return p.anna.names(text) == "Bob" })
		p.bob.close()
		p.bob.open()
	}
	// What Bob hands on is known by the same key.
	j, err := p.bob.Invite(t.Context(), "Carol", 0)
	if err != nil || j.Link.Server != p.url || j.Link.Pin == nil || *j.Link.Pin != *link.Pin {
		t.Errorf("Bob's own invite is %+v, %v", j.Link, err)
	}
}

func TestAServerWithAnotherKeyIsRefusedFromTheFirstCallOn(t *testing.T) {
	p := newPair(t)
	at := strings.TrimPrefix(p.url, "https://")
	p.town.CloseDoor()
	between(t, at, strings.TrimPrefix(p.town.URL(), "http://"))
	_, err := p.bob.ReadInvite(t.Context(), p.invite.Link)
	wantCode(t, err, protocol.CodePinMismatch)
	_, err = p.bob.Accept(t.Context(), p.invite.Link, "Anna", false)
	wantCode(t, err, protocol.CodePinMismatch)
	if list, _ := p.bob.Friendships(t.Context()); len(list) != 0 {
		t.Errorf("something is left: %+v", list)
	}
}

func TestWhoStepsInBetweenLaterIsRefusedByEveryCall(t *testing.T) {
	p := newPair(t)
	p.accepts(t)
	p.bob.runs().waitsOnline()
	at := strings.TrimPrefix(p.url, "https://")
	p.town.CloseDoor()
	between(t, at, strings.TrimPrefix(p.town.URL(), "http://"))
	p.bob.waits("it says so", func() bool { return protocol.CodeOf(p.bob.Status().Err) == protocol.CodePinMismatch })
	if s, err := p.bob.Post(t.Context(), "not for the one in between", nil); err != nil || s.Seq != nil {
		t.Errorf("the post was sent: %+v, %v", s, err)
	}
	p.bob.stops()
	for what, act := range map[string]func(context.Context) error{
		"connect": p.bob.Connect,
		"sync":    p.bob.Sync,
		"invite":  func(ctx context.Context) error { _, err := p.bob.Invite(ctx, "Carol", 0); return err },
		"enter":   func(ctx context.Context) error { return p.bob.UseServer(ctx, p.url) },
	} {
		p.bob.link.drop(nil)
		if err := act(t.Context()); protocol.CodeOf(err) != protocol.CodePinMismatch || !strings.Contains(err.Error(), "ask") {
			t.Errorf("%s: %v", what, err)
		}
	}
	if head := p.town.Info().Seq; head != 0 {
		t.Errorf("%d records went through", head)
	}
}

func TestAnotherCertificateOfTheSameKeyIsFine(t *testing.T) {
	p := newPair(t)
	p.accepts(t)
	at := strings.TrimPrefix(p.url, "https://")
	p.town.CloseDoor()
	if err := os.Remove(filepath.Join(p.town.data, "tls", "cert.pem")); err != nil {
		t.Fatal(err)
	}
	p.town.opensDoor(at)
	p.bob.syncs()
}

func TestWithoutAPinThePersonIsToldWhatToDo(t *testing.T) {
	p := newPair(t)
	bare := p.invite.Link
	bare.Pin = nil
	_, err := p.bob.Accept(t.Context(), bare, "Anna", false)
	wantCode(t, err, protocol.CodeUntrusted)
	err = p.bob.UseServer(t.Context(), p.url)
	wantCode(t, err, protocol.CodeUntrusted)
	for _, want := range []string{p.url, "--server", "#FINGERPRINT", "whole link"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not say %q", err, want)
		}
	}
	// And that is what works.
	if err := p.bob.UseServer(t.Context(), p.url+"#"+strings.ToLower(p.invite.Link.Pin.Base32())); err != nil {
		t.Error(err)
	}
}

// moves has the server reached at another address, and somebody else take the one
// that it had.
func (p pair) moves(t *testing.T) (url string) {
	t.Helper()
	before := strings.TrimPrefix(p.town.Info().PublicURL, "https://")
	p.town.CloseDoor()
	l, err := net.Listen("tcp", before)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			c.Close()
		}
	}()
	t.Cleanup(func() { l.Close(); <-ended })
	url, _ = p.town.opensDoor("")
	return url
}

func TestAServerThatMovedIsKnownByItsKey(t *testing.T) {
	p := newPair(t)
	p.accepts(t)
	p.bob.close()
	moved := p.moves(t)
	// By its new address, without the fingerprint being typed again.
	p.bob.opt.Server = moved
	p.bob.open()
	p.bob.syncs()
	// By a link: an open invite's link leads to the new address as soon as asked.
	p.bob.close()
	p.bob.opt.Server = ""
	again := p.moves(t)
	j, err := p.anna.Invite(t.Context(), "Bob's sister", 0)
	if err != nil || j.Link.Server != again {
		t.Fatalf("%s, want %s; %v", j.Link.Server, again, err)
	}
	p.bob.open()
	if _, err := p.bob.ReadInvite(t.Context(), j.Link); err != nil {
		t.Errorf("the server's new address is not followed: %v", err)
	}
}

func TestAnOpenInvitesLinkLeadsToWhereTheServerIsReachedNow(t *testing.T) {
	w := newTown(t)
	anna := reads(t, w.URL())
	i, err := anna.Invite(t.Context(), "Bob", 0)
	if err != nil || !i.Link.Loopback() || i.Link.Pin != nil {
		t.Fatalf("%+v, %v", i, err)
	}
	url, pin := w.opensDoor("")
	if err := anna.Relink(t.Context()); err != nil {
		t.Fatal(err)
	}
	list, err := anna.Invites(t.Context())
	if err != nil || len(list) != 1 {
		t.Fatalf("%+v, %v", list, err)
	}
	l := list[0].Link
	if l.Server != url || l.Pin == nil || *l.Pin != pin || l.Secret != i.Link.Secret || l.Friendship != i.Friendship {
		t.Errorf("the link is %+v", l)
	}
	bob := opens(t, Options{Home: t.TempDir(), after: quick})
	if _, err := bob.Accept(t.Context(), l, "Anna", false); err != nil {
		t.Error(err)
	}
	// A server that tells another address at the next start has the links follow.
	k, err := anna.Invite(t.Context(), "Carol", 0)
	if err != nil {
		t.Fatal(err)
	}
	moved, _ := w.opensDoor("127.0.0.1:0")
	anna.close()
	anna.open()
	anna.syncs()
	list, err = anna.Invites(t.Context())
	if err != nil || len(list) != 1 || list[0].Friendship != k.Friendship || list[0].Link.Server != moved {
		t.Errorf("%+v, %v", list, err)
	}
	w.CloseDoor()
	if err := anna.Relink(t.Context()); err != nil {
		t.Fatal(err)
	}
	if list, err = anna.Invites(t.Context()); err != nil || list[0].Link.Server != w.URL() || list[0].Link.Pin != nil {
		t.Errorf("with the door shut: %+v, %v", list, err)
	}
}
