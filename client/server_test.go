package client

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"p4p/protocol"
)

func TestABoundProfileTalksToItsServerOnly(t *testing.T) {
	mine, other := newLiar(t), newLiar(t)
	other.sid = protocol.UUID{0x99}
	r := mine.reads()
	r.posts("hello")
	r.close()
	r.opt.Server = other.URL
	r.open()
	for what, act := range map[string]func(context.Context) error{
		"connect": r.Connect,
		"sync":    r.Sync,
		"post": func(ctx context.Context) error {
			_, err := r.Post(ctx, "to the wrong one", nil)
			return err
		},
		"use": func(ctx context.Context) error { return r.UseServer(ctx, other.URL) },
	} {
		err := act(t.Context())
		wantCode(t, err, protocol.CodeOtherServer)
		if !strings.Contains(err.Error(), "--profile NAME") {
			t.Errorf("%s: %q does not say how", what, err)
		}
	}
	if len(other.posted) != 0 || other.streams != 0 || len(r.outbox()) != 0 {
		t.Errorf("the other server got %d calls and %d streams; outbox %v", len(other.posted), other.streams, r.outbox())
	}
	r.runs()
	r.waits("it says so", func() bool {
		st := r.Status()
		return protocol.CodeOf(st.Err) == protocol.CodeOtherServer && st.Connection == Offline && st.ServerID == mine.sid
	})
}

func TestAnUnboundProfileGoesElsewhereWithAFreshKey(t *testing.T) {
	one, two := newLiar(t), newLiar(t)
	two.sid = protocol.UUID{0x99}
	one.tells(eventOf(one.post1(newKey(t), "on the first")))
	two.tells(eventOf(two.post1(newKey(t), "on the second")))
	r := one.reads()
	r.syncs()
	first := r.Whoami(t.Context()).UUID
	r.close()
	r.open()
	r.syncs()
	if got := r.Whoami(t.Context()).UUID; got != first {
		t.Error("the key changed without another server")
	}
	if err := r.UseServer(t.Context(), strings.TrimPrefix(two.URL, "http://")); err != nil {
		t.Fatal(err)
	}
	second := r.Whoami(t.Context())
	if second.UUID == first || second.Server != two.URL || second.Profile != DefaultProfile {
		t.Errorf("after another server: %+v, before: %s", second, first)
	}
	r.syncs()
	if got := r.log(); len(got) != 1 || got[0] != "1 post on the second" {
		t.Errorf("log %v", got)
	}
	// The address stays when nothing else is said.
	r.close()
	r.opt.Server = ""
	r.open()
	r.syncs()
	if got := r.Whoami(t.Context()); got != second {
		t.Errorf("after a restart: %+v, want %+v", got, second)
	}
}

func TestAnotherServerIsEnteredWhileTheFirstOneStreams(t *testing.T) {
	one, two := newLiar(t), newLiar(t)
	two.sid = protocol.UUID{0x99}
	one.tells(eventOf(one.post1(newKey(t), "on the first")))
	r := one.reads().runs()
	r.waits("the first is read", func() bool { return r.sees("on the first") })
	two.tells(eventOf(two.post1(newKey(t), "on the second")))
	if err := r.UseServer(t.Context(), two.URL); err != nil {
		t.Fatal(err)
	}
	r.waits("the second is read", func() bool { return r.sees("on the second") && r.Status().Connection == Online })
	one.tells(eventOf(one.post1(newKey(t), "on the first, later")))
	two.tells(eventOf(two.post1(newKey(t), "on the second, later")))
	r.waits("the second goes on", func() bool { return r.sees("on the second, later") })
	if got := r.log(); len(got) != 2 || r.Status().ServerID != two.sid {
		t.Errorf("log %v, status %+v", got, r.Status())
	}
}

func TestAnotherAddressOfTheSameServerIsRemembered(t *testing.T) {
	l := newLiar(t)
	r := l.reads()
	r.posts("hello")
	p := newLine(t, strings.TrimPrefix(l.URL, "http://"))
	if err := r.UseServer(t.Context(), p.url()); err != nil {
		t.Fatal(err)
	}
	r.close()
	r.opt.Server = ""
	r.open()
	r.syncs()
	if p.count() == 0 || r.Status().Server != p.url() {
		t.Errorf("%d connections by the new address, status %+v", p.count(), r.Status())
	}
}

func TestTheEmbeddedServerMayMove(t *testing.T) {
	l := newLiar(t)
	one, two := newLine(t, strings.TrimPrefix(l.URL, "http://")), newLine(t, strings.TrimPrefix(l.URL, "http://"))
	var now atomic.Pointer[line]
	now.Store(one)
	r := opens(t, Options{Home: t.TempDir(), after: quick, ServerURL: func(context.Context) (string, error) {
		if now.Load() == nil {
			return "", protocol.Errorf(protocol.CodePortTaken, "Something else listens there.")
		}
		return now.Load().url(), nil
	}})
	r.posts("hello")
	if _, url, _ := r.local.Server(); url != "" {
		t.Errorf("the embedded server's address of today is remembered: %s", url)
	}
	// A link of the same home leads to the address that is found anyhow.
	if err := r.UseServer(t.Context(), one.url()); err != nil {
		t.Fatal(err)
	}
	if _, url, _ := r.local.Server(); url != "" {
		t.Errorf("the embedded server's address is remembered from a link: %s", url)
	}
	r.runs()
	r.waitsOnline()
	now.Store(two)
	one.Close()
	one.cutAll()
	l.tells(eventOf(l.post1(newKey(t), "after the move")))
	r.waits("it follows", func() bool { return r.sees("after the move") })
	r.stops()
	now.Store(nil)
	r.link.drop(nil)
	wantCode(t, r.Sync(t.Context()), protocol.CodePortTaken)
}

func TestWithoutAnyServerThePersonIsToldWhatToDo(t *testing.T) {
	r := opens(t, Options{Home: t.TempDir()})
	err := r.Connect(t.Context())
	wantCode(t, err, protocol.CodeNoServer)
	if !strings.Contains(err.Error(), "--server") {
		t.Errorf("%q does not say what to do", err)
	}
	wantCode(t, r.UseServer(t.Context(), "http://p4p.example"), protocol.CodeInsecureLink)
	wantCode(t, r.UseServer(t.Context(), "what?"), protocol.CodeBadLink)
}

func TestAProfileIsAFolderForItsOwnerAlone(t *testing.T) {
	home := filepath.Join(t.TempDir(), "deep", "home")
	r := opens(t, Options{Home: home, Profile: "work"})
	for _, path := range []string{home, filepath.Join(home, "work")} {
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("%s: %v, %v", path, info, err)
		}
	}
	other := opens(t, Options{Home: home})
	if r.Whoami(t.Context()).UUID == other.Whoami(t.Context()).UUID {
		t.Error("two profiles share a key")
	}
	for _, name := range []string{"server", "Server", "..", "a/b", `a\b`, ".hidden", "a b", strings.Repeat("x", 41), "é"} {
		_, err := Open(t.Context(), Options{Home: home, Profile: name})
		wantCode(t, err, protocol.CodeBadName)
	}
}

func TestAHomeThatIsNoFolderIsNamed(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Open(t.Context(), Options{Home: file})
	wantCode(t, err, protocol.CodeHomeUnwritable)
	if !strings.Contains(err.Error(), file) {
		t.Errorf("%q does not name the folder", err)
	}
}
