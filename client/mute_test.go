package client

import (
	"fmt"
	"slices"
	"testing"

	"p4p/protocol"
)

func TestWhatIsMutedLeavesEveryViewAndCount(t *testing.T) {
	w := newTown(t)
	noisy, calm := w.author(), w.author()
	a := reads(t, w.URL()).runs()
	a.waitsOnline()
	mine, err := a.Post(t.Context(), "mine", nil)
	if err != nil {
		t.Fatal(err)
	}
	a.waits("it has its post", func() bool { return a.sees("mine") })
	a.unread(Everyone)
	a.unread(Replies)
	noisy.says("buy", "this", "now")
	calm.says("hello")
	noisy.comments(mine.ID, "buy here")
	calm.comments(mine.ID, "nice")
	last := calm.says("last")[0]
	a.waits("all came", func() bool { return a.sees("last") })

	look := func() string {
		t.Helper()
		all := a.shows()
		thread, comments, err := a.Thread(t.Context(), mine.ID)
		if err != nil {
			t.Fatal(err)
		}
		replies, err := a.Timeline(t.Context(), Query{View: Replies, Limit: 9})
		if err != nil {
			t.Fatal(err)
		}
		events, err := a.Events(t.Context(), EventQuery{Limit: 99})
		if err != nil {
			t.Fatal(err)
		}
		found, err := a.Timeline(t.Context(), Query{Search: "buy", Limit: 9})
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf("%v/%d %v/%d %v %d events, found %v, unread %d and %d", texts(all), all[len(all)-1].Comments, texts(comments), thread.Comments,
			texts(replies), len(events), texts(found), a.unread(Everyone).Count, a.unread(Replies).Count)
	}
	before := look()
	if want := "[last hello now this buy mine]/2 [buy here nice]/2 [nice buy here] 8 events, found [buy], unread 5 and 2"; before != want {
		t.Fatalf("before it is\n%s, not\n%s", before, want)
	}
	if err := a.Mute(t.Context(), noisy.key.Public); err != nil {
		t.Fatal(err)
	}
	if err := a.Hide(t.Context(), last.ID); err != nil {
		t.Fatal(err)
	}
	if got, want := look(), "[hello mine]/1 [nice]/1 [nice] 3 events, found [], unread 1 and 1"; got != want {
		t.Errorf("muted it is\n%s, not\n%s", got, want)
	}
	m, err := a.Muted(t.Context())
	if err != nil || len(m.Authors) != 1 || m.Authors[0].Author != noisy.key.Public || len(m.Records) != 1 || m.Records[0].Item.Text != "last" {
		t.Errorf("the list is %+v, %v", m, err)
	}
	if err := a.Unmute(t.Context(), noisy.key.Public); err != nil {
		t.Fatal(err)
	}
	if err := a.Unhide(t.Context(), last.ID); err != nil {
		t.Fatal(err)
	}
	if got := look(); got != before {
		t.Errorf("afterwards it is\n%s, not\n%s", got, before)
	}
	if err := a.Mute(t.Context(), a.local.Key().Public); protocol.CodeOf(err) != protocol.CodeWrongState {
		t.Errorf("muting oneself: %v", err)
	}
}

func TestBehindAMutedFloodThePagesAreFull(t *testing.T) {
	w := newTown(t)
	noisy, calm := w.author(), w.author()
	calm.says("first", "second")
	flood := make([]string, 500)
	for i := range flood {
		flood[i] = fmt.Sprint("buy ", i)
	}
	noisy.says(flood...)
	calm.says("third")
	a := reads(t, w.URL())
	a.syncs()
	if err := a.Mute(t.Context(), noisy.key.Public); err != nil {
		t.Fatal(err)
	}
	for _, limit := range []int{1, 2, 3, 4} {
		items, err := a.Timeline(t.Context(), Query{Limit: limit})
		want := []string{"third", "second", "first"}
		if err != nil || !slices.Equal(texts(items), want[:min(limit, 3)]) {
			t.Errorf("the newest %d are %v, %v", limit, texts(items), err)
		}
	}
	items, err := a.Timeline(t.Context(), Query{After: 1, Limit: 2})
	if err != nil || !slices.Equal(texts(items), []string{"third", "second"}) {
		t.Errorf("behind the first there is %v, %v", texts(items), err)
	}
}
