package lines

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"p4p/client"
	"p4p/protocol"
)

// shelf is a server whose client keeps things.
type shelf struct {
	*server
	all    client.Muted
	kept   []client.Item
	asked  []client.Query
	marked int
}

func (s *shelf) Mute(_ context.Context, a protocol.PublicKey) error {
	s.all.Authors = append([]client.MutedAuthor{{Author: a, Since: t0.Add(-time.Hour)}}, s.all.Authors...)
	return nil
}

func (s *shelf) Hide(_ context.Context, id protocol.UUID) error {
	s.all.Records = append(s.all.Records, client.HiddenRecord{ID: id, Since: t0})
	return nil
}

func (s *shelf) Unmute(_ context.Context, a protocol.PublicKey) error {
	s.all.Authors = slices.DeleteFunc(slices.Clone(s.all.Authors), func(m client.MutedAuthor) bool { return m.Author == a })
	return nil
}

func (s *shelf) Unhide(_ context.Context, id protocol.UUID) error {
	s.all.Records = slices.DeleteFunc(slices.Clone(s.all.Records), func(h client.HiddenRecord) bool { return h.ID == id })
	return nil
}
func (s *shelf) Muted(context.Context) (client.Muted, error) { return s.all, nil }

func (s *shelf) Bookmark(_ context.Context, post protocol.UUID, on bool) error {
	s.kept = slices.DeleteFunc(s.kept, func(it client.Item) bool { return it.ID == post })
	if on {
		i := slices.IndexFunc(s.log, func(it client.Item) bool { return it.ID == post })
		s.kept = append(s.kept, s.log[i])
	}
	return nil
}
func (s *shelf) Bookmarks(context.Context) ([]client.Item, error) { return s.kept, nil }

func (s *shelf) Timeline(ctx context.Context, q client.Query) ([]client.Item, error) {
	s.asked = append(s.asked, q)
	return s.server.Timeline(ctx, q)
}

func (s *shelf) MarkRead(context.Context, client.View, uint64) error { s.marked++; return nil }

func (s *shelf) hear(t *testing.T, typed string) string {
	t.Helper()
	var out strings.Builder
	err := Run(t.Context(), Options{Client: s, Changes: s, In: strings.NewReader(typed), Out: &out, now: func() time.Time { return t0 }})
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestMutingAndHidingAreUndoneByTheirNumbers(t *testing.T) {
	s := &shelf{server: newServer()}
	for _, text := range []string{"one", "two", "three"} {
		s.says("", text)
	}
	out := s.hear(t, "muted\nread\nmute 1\nmute 2\nhide 3\nmuted\nunmute 1\nunmute 2\nunhide 1\nunhide 7\nmuted\n")
	wants(t, out, "Nobody is muted", "Type muted to undo it", "Muted 1: anonymous", "1 hour ago", "Muted 2: anonymous", "Hidden 1:",
		"You hear anonymous", "You hear anonymous", "It is read again", "Which one? Type muted", "Nobody is muted")
	if len(s.all.Authors)+len(s.all.Records) != 0 {
		t.Errorf("left is %+v", s.all)
	}
}

func TestAPostIsKeptAndLetGoByItsNumber(t *testing.T) {
	s := &shelf{server: newServer()}
	s.says("Bob", "worth keeping")
	wants(t, s.hear(t, "bookmarks\nread\nbookmark 1\nbookmarks\nbookmark 1\nbookmarks\nbookmark 9\n"),
		"No bookmarks yet", "Bookmarked", "1 Bob, 3 minutes ago: worth keeping", "The bookmark is gone", "No bookmarks yet", "Which one?")
}

func TestThePostsOfOneAuthorAreReadByNameOrNumber(t *testing.T) {
	s := &shelf{server: newServer()}
	it := s.says("Bob", "The tram was late")
	s.notices = []client.Friendship{{Name: "Bob", State: client.StateFriend}}
	wants(t, s.hear(t, "by\nby Carol\nby bob\nby 1\nby 9\n"), "Whose posts?", "No friend is called Carol", "The tram was late", "The tram was late", "Which one?")
	if n := len(s.asked); n < 2 || s.asked[n-2].Name != "Bob" || *s.asked[n-1].Author != it.Author.UUID() {
		t.Errorf("asked for %+v", s.asked)
	}
	if s.marked != 0 {
		t.Error("reading one author's posts had everybody's count as read")
	}
}

func TestTheHelpNamesWhatIsDoneInAShell(t *testing.T) {
	wants(t, hear(t, newServer(), "help\n"), "muted: whom you muted", "by NAME", "bookmark NUMBER", "in a shell:", "p4p backup FILE: ")
}
