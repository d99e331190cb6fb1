package client

import "testing"

func TestAPlaceThatTheServerCannotReadStartsTheFeedOver(t *testing.T) {
	w := newTown(t)
	w.author().says("hello")
	r := reads(t, w.URL())
	info := w.Info()
	at, err := r.cache.Use(t.Context(), info.Server, info.Epoch)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.cache.Jump(t.Context(), at.History, 1, 1<<53+5, nil); err != nil {
		t.Fatal(err)
	}
	r.syncs()
	if !r.sees("hello") || r.place() != 1 {
		t.Errorf("place %d", r.place())
	}
}
