package client

import (
	"testing"

	"p4p/protocol"
)

// of is the activity of a contact, which has to be there.
func (r *reader) of(name string) Activity {
	r.t.Helper()
	all, err := r.Activity(r.t.Context(), "", 100)
	if err != nil {
		r.t.Fatal(err)
	}
	one, err := r.Activity(r.t.Context(), name, 100)
	if err != nil || one[name] != all[name] || len(one) > 1 {
		r.t.Fatalf("%v; alone %+v, among all %+v", err, one, all)
	}
	return all[name]
}

func (r *reader) writes(texts ...string) (ids []protocol.UUID) {
	r.t.Helper()
	for _, text := range texts {
		sent, err := r.Post(r.t.Context(), text, nil)
		if err != nil {
			r.t.Fatal(err)
		}
		ids = append(ids, sent.ID)
	}
	return ids
}

func TestAFriendsActivityIsThatOfAllTheirKeysAndNothingElse(t *testing.T) {
	w := newTown(t)
	anna, bob, carol := reads(t, w.URL()), reads(t, w.URL()), reads(t, w.URL())
	for name, other := range map[string]*reader{"Bob": bob, "Carol": carol} {
		i, err := anna.Invite(t.Context(), name, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := other.Accept(t.Context(), i.Link, "Anna", false); err != nil {
			t.Fatal(err)
		}
		anna.syncs()
		if _, err := anna.Confirm(t.Context(), i.Friendship); err != nil {
			t.Fatal(err)
		}
	}
	if a := anna.of("Bob"); a != (Activity{}) && (a.Unread != 0 || !a.Last.IsZero()) {
		t.Errorf("before any post it is %+v", a)
	}
	carol.writes("hello") // and Anna reads everything there is
	anna.syncs()
	if err := anna.MarkRead(t.Context(), Everyone, 1); err != nil {
		t.Fatal(err)
	}
	if a := anna.of("Carol"); a.Unread != 0 || a.Last.IsZero() {
		t.Errorf("what was read with everyone's posts: %+v", a)
	}
	ids := bob.writes("one", "two")
	if _, err := bob.Rotate(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	bob.syncs()
	ids = append(ids, bob.writes("three, with another key")...)
	anna.syncs()
	anna.syncs()
	if a := anna.of("Bob"); a.Unread != 3 || a.Last.IsZero() || a.Muted {
		t.Errorf("with two keys it is %+v", a)
	}
	if err := anna.Hide(t.Context(), ids[1]); err != nil {
		t.Fatal(err)
	}
	if a := anna.of("Bob"); a.Unread != 2 {
		t.Errorf("without a hidden post it is %+v", a)
	}
	mine, err := anna.Timeline(t.Context(), Query{Name: "Bob", Limit: 10})
	if err != nil || len(mine) != 2 {
		t.Fatalf("%v, %v", mine, err)
	}
	if err := anna.MarkReadOf(t.Context(), "Bob", mine[1].Seq); err != nil {
		t.Fatal(err)
	}
	if a := anna.of("Bob"); a.Unread != 1 || a.Place != mine[1].Seq {
		t.Errorf("after the first was read it is %+v", a)
	}
	if err := anna.MarkReadOf(t.Context(), "Bob", 1); err != nil {
		t.Fatal(err)
	}
	anna.close()
	anna.open()
	if a := anna.of("Bob"); a.Unread != 1 {
		t.Errorf("a place went back: %+v", a)
	}
	if u := anna.unread(Everyone); u.Place != 1 {
		t.Errorf("reading one friend read everyone's up to %d", u.Place)
	}
	if err := anna.Mute(t.Context(), mine[0].Author); err != nil {
		t.Fatal(err)
	}
	if a := anna.of("Bob"); a.Unread != 0 || !a.Last.IsZero() || !a.Muted {
		t.Errorf("muted he is %+v", a)
	}
	if a := anna.of("Carol"); a.Muted {
		t.Errorf("Carol is %+v", a)
	}
	if err := anna.MarkReadOf(t.Context(), "Nobody", 1); protocol.CodeOf(err) != protocol.CodeUnknownName {
		t.Errorf("of nobody: %v", err)
	}
}
