package localmap

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"p4p/protocol"
)

func TestAGlimpseOfAProfileChangesNothing(t *testing.T) {
	m := fresh(t)
	befriend(t, m, "Bob", somebody("Bob"))
	key := m.Key().Public
	look := func() Glimpse {
		t.Helper()
		g, there, err := Peek(ctx, m.dir)
		if err != nil || !there {
			t.Fatalf("there %v, %v", there, err)
		}
		return g
	}
	// While it is open, and its last writes wait in the journal.
	if g := look(); g.Key != key || g.Server == nil || *g.Server != server || g.URL != "https://feed.example" {
		t.Errorf("%+v", g)
	}
	ok(t, m.Close())
	before := contents(t, m.dir)
	if g := look(); g.Key != key {
		t.Errorf("%+v", g)
	}
	if d := cmp.Diff(before, contents(t, m.dir)); d != "" {
		t.Errorf("looking left something behind: %s", d)
	}
	none := filepath.Join(t.TempDir(), "nobody")
	if _, there, err := Peek(ctx, none); there || err != nil {
		t.Errorf("there %v, %v", there, err)
	}
	if made, err := exists(none); made || err != nil {
		t.Errorf("a folder was made: %v", err)
	}
}

func TestAGlimpseOfAnUnboundOrDamagedProfile(t *testing.T) {
	m := fresh(t)
	if g, there, err := Peek(ctx, m.dir); err != nil || !there || g.Server != nil || g.Key != m.Key().Public {
		t.Errorf("%+v, %v, %v", g, there, err)
	}
	ok(t, m.Close())
	edit(t, m.dir, func(b []byte) []byte { return b[:100] })
	_, there, err := Peek(ctx, m.dir)
	if !there {
		t.Error("it is there")
	}
	wantCode(t, err, protocol.CodeMapDamaged)
}
