package client

import (
	"testing"

	"p4p/protocol"
)

func TestABookmarkSurvivesARestartAndGoesWithItsPost(t *testing.T) {
	w := newTown(t)
	anna := reads(t, w.URL())
	var ids []protocol.UUID
	for _, text := range []string{"one", "two", "three"} {
		sent, err := anna.Post(t.Context(), text, nil)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, sent.ID)
	}
	anna.syncs()
	for _, n := range []int{2, 0} {
		if err := anna.Bookmark(t.Context(), ids[n], true); err != nil {
			t.Fatal(err)
		}
	}
	anna.close()
	anna.open()
	anna.syncs()
	texts := func() (all string) {
		items, err := anna.Bookmarks(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range items {
			if !i.Bookmarked {
				t.Errorf("%q does not say that it is bookmarked", i.Text)
			}
			all += i.Text + " "
		}
		return all
	}
	if got := texts(); got != "one three " && got != "three one " {
		t.Errorf("the bookmarks are %q", got)
	}
	items, err := anna.Timeline(t.Context(), Query{Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range items {
		if i.Bookmarked != (i.Text != "two") {
			t.Errorf("%q: bookmarked %v", i.Text, i.Bookmarked)
		}
	}
	if _, err := anna.Delete(t.Context(), ids[0]); err != nil {
		t.Fatal(err)
	}
	anna.syncs()
	if got := texts(); got != "three " {
		t.Errorf("after one was deleted: %q", got)
	}
	if err := anna.Bookmark(t.Context(), ids[2], false); err != nil || texts() != "" {
		t.Errorf("%v, %q", err, texts())
	}
	if err := anna.Bookmark(t.Context(), protocol.MustParseUUID("01837f64-4057-8650-972f-eae1b4479ad4"), true); protocol.CodeOf(err) != protocol.CodeUnknownRecord {
		t.Errorf("what is not there: %v", err)
	}
}

func TestAFriendsPostsAreThoseOfAllTheirKeys(t *testing.T) {
	w := newTown(t)
	anna, bob := reads(t, w.URL()), reads(t, w.URL())
	i, err := anna.Invite(t.Context(), "Bob", 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := bob.Accept(t.Context(), i.Link, "Anna", false); err != nil {
		t.Fatal(err)
	}
	anna.syncs()
	if _, err := anna.Confirm(t.Context(), i.Friendship); err != nil {
		t.Fatal(err)
	}
	say := func(r *reader, text string) {
		if _, err := r.Post(t.Context(), text, nil); err != nil {
			t.Fatal(err)
		}
	}
	say(bob, "with the old key")
	say(anna, "somebody else")
	if _, err := bob.Rotate(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	say(bob, "with the new key")
	anna.syncs()
	items, err := anna.Timeline(t.Context(), Query{Name: "Bob", Limit: 10})
	if err != nil || len(items) != 2 || items[0].Text != "with the new key" || items[1].Text != "with the old key" {
		t.Errorf("%+v, %v", items, err)
	}
	if items, err = anna.Timeline(t.Context(), Query{Name: "Nobody", Limit: 10}); err != nil || len(items) != 0 {
		t.Errorf("%+v, %v", items, err)
	}
}
