package client

import (
	"slices"
	"testing"

	"p4p/protocol"
)

func (r *reader) unread(v View) Unread {
	r.t.Helper()
	u, err := r.Unread(r.t.Context(), v, 100)
	if err != nil {
		r.t.Fatal(err)
	}
	return u
}

func TestWhatIsUnreadSurvivesARestart(t *testing.T) {
	w := newTown(t)
	b := w.author()
	b.says("before anybody looked")
	a := reads(t, w.URL()).runs()
	a.waitsOnline()
	a.waits("it has read", func() bool { return a.sees("before anybody looked") })
	if u := a.unread(Everyone); u.Count != 0 || u.Place != 1 {
		t.Fatalf("at the first look there is %+v", u)
	}
	b.says("one", "two", "three")
	if _, err := a.Post(t.Context(), "my own", nil); err != nil {
		t.Fatal(err)
	}
	a.waits("it has read", func() bool { return a.sees("three") && a.sees("my own") })
	if u := a.unread(Everyone); u.Count != 3 {
		t.Fatalf("there is %+v; one's own is never unread", u)
	}
	if err := a.MarkRead(t.Context(), Everyone, 2); err != nil {
		t.Fatal(err)
	}
	a.close()
	a.open()
	if u := a.unread(Everyone); u.Count != 2 || u.Place != 2 {
		t.Errorf("after a restart there is %+v", u)
	}
	if err := a.MarkRead(t.Context(), Everyone, 1); err != nil {
		t.Fatal(err)
	}
	if u := a.unread(Everyone); u.Place != 2 {
		t.Errorf("the place went back: %+v", u)
	}
}

func TestAnotherHistoryIsNotAllUnread(t *testing.T) {
	w := newTown(t)
	b := w.author()
	b.says("one", "two", "three")
	a := reads(t, w.URL()).runs()
	a.waits("it has read", func() bool { return a.sees("three") })
	a.waitsOnline()
	a.unread(Everyone)
	w.stop()
	w.start(true)
	a.waits("it follows the other history", func() bool {
		at, known, err := a.cache.Place(t.Context())
		return err == nil && known && at.Epoch == w.Info().Epoch && a.Status().Connection == Online
	})
	if u := a.unread(Everyone); u.Count != 0 {
		t.Errorf("there is %+v", u)
	}
}

func TestRepliesAreTheCommentsOfOthersOnOnesOwnPosts(t *testing.T) {
	w := newTown(t)
	b := w.author()
	theirs := b.says("theirs")[0]
	a := reads(t, w.URL()).runs()
	a.waitsOnline()
	mine, err := a.Post(t.Context(), "mine", nil)
	if err != nil {
		t.Fatal(err)
	}
	a.waits("it has its post", func() bool { return a.sees("mine") })
	a.unread(Replies)
	b.comments(theirs.ID, "on theirs")
	first := b.comments(mine.ID, "first")
	b.comments(mine.ID, "second")
	if _, err := a.Comment(t.Context(), mine.ID, "my answer"); err != nil {
		t.Fatal(err)
	}
	got := func(q Query) []string {
		q.View, q.Limit = Replies, max(q.Limit, 1)
		items, err := a.Timeline(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		return texts(items)
	}
	all := Query{Limit: 10}
	a.waits("the comments came", func() bool { return slices.Equal(got(all), []string{"second", "first"}) })
	if u := a.unread(Replies); u.Count != 2 {
		t.Errorf("there is %+v", u)
	}
	items, err := a.Timeline(t.Context(), Query{View: Replies, Limit: 10})
	if err != nil || items[1].Kind != protocol.KindComment || items[1].Target != mine.ID || items[1].ID != first.ID {
		t.Errorf("the first is %+v, %v", items[1], err)
	}
	if got := got(Query{After: items[1].Seq - 1}); !slices.Equal(got, []string{"first"}) {
		t.Errorf("the oldest is %v", got)
	}
	if got := got(Query{Before: items[0].Seq, Limit: 9}); !slices.Equal(got, []string{"first"}) {
		t.Errorf("before the second there is %v", got)
	}
	b.deletes(first.ID)
	a.waits("it is gone", func() bool { return slices.Equal(got(all), []string{"second"}) })
}
