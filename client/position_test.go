package client

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"p4p/protocol"
)

func TestThePositionInTheFeedSurvivesARestart(t *testing.T) {
	w := newTown(t)
	a := reads(t, w.URL())
	if p := a.Position(t.Context()); p.View != Everyone || p.Spots != nil {
		t.Errorf("at first it is %+v", p)
	}
	want := Position{View: Replies, Spots: map[View]Spot{
		Friends: {Post: protocol.UUID{1}, Epoch: protocol.UUID{2}, Seq: 7, Shown: 9, Row: -3},
		Replies: {Post: protocol.UUID{3}, Shown: 4},
	}}
	if err := a.KeepPosition(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	a.close()
	a.open()
	if diff := cmp.Diff(want, a.Position(t.Context())); diff != "" {
		t.Error(diff)
	}
	for _, damaged := range []string{"{", `{"view":"nowhere"}`, `{"view":"mine","spots":{"mine":{"post":"x"}}}`} {
		if err := a.local.SetSetting(t.Context(), settingPosition, damaged); err != nil {
			t.Fatal(err)
		}
		if p := a.Position(t.Context()); p.View != Everyone || p.Spots != nil {
			t.Errorf("%s gives %+v", damaged, p)
		}
	}
}

func BenchmarkPosition(b *testing.B) {
	c, err := Open(b.Context(), Options{Home: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = c.Close() })
	if err := c.KeepPosition(b.Context(), Position{Spots: map[View]Spot{Everyone: {Seq: 1}, Friends: {Seq: 2}}}); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		c.Position(b.Context())
	}
}
