package tui

import (
	"testing"

	"p4p/client"
	"p4p/protocol"
)

func TestWhatIsSearchedForIsFoundWhileOneTypes(t *testing.T) {
	p := sit(t, lively(), 80, 24)
	p.press("/")
	p.sees("Search what this machine has")
	p.types("sunset")
	p.sees("1 post", "Sunset at the lake")
	p.types("zz")
	p.sees("Nothing here has these words")
	p.press("backspace", "backspace", "enter", "enter")
	p.sees("Sunset at the lake")
	p.doesNotSee("1 post. Here")
	p.press("esc")
	p.sees("1 post. Here")
	p.press("esc", "esc")
	p.sees("everyone")
}

func TestTheServerIsAskedOnlyWhenOneSaysSo(t *testing.T) {
	f := lively()
	p := sit(t, f, 80, 24)
	p.press("/").types("sunset")
	for _, call := range f.calls {
		if call == "ask the server for sunset" {
			t.Fatal("the server was asked while somebody typed")
		}
	}
	p.press("ctrl+s")
	p.did("ask the server for sunset")
	p.sees("From the server")
	f.err = protocol.Errorf(protocol.CodeNamesStayLocal, "That is a name in your phone book, and names stay on this machine.")
	p.types(" x").press("ctrl+s")
	p.sees("names stay on this machine")
}

func TestAPostIsKeptAndFoundAgain(t *testing.T) {
	f := lively()
	p := sit(t, f, 80, 24)
	p.press("b")
	p.doesNotSee("⚑")
	p.press("j", "b")
	p.did("bookmark true")
	p.sees("Bookmarked")
	p.hears(client.FeedChanged)
	p.sees("⚑")
	p.press("B")
	p.sees("bookmarks", "⚑")
	p.press("b")
	p.did("bookmark true", "bookmark false")
	p.hears(client.FeedChanged)
	p.sees("No bookmarks yet")
	p.press("esc")
	p.hears(client.FeedChanged)
	p.doesNotSee("⚑")
}

func TestAnAuthorsPostsAreReadAloneFromAPostAndFromTheFriends(t *testing.T) {
	f := crowded()
	p := sit(t, f, 80, 24)
	p.press("j")
	it := p.app.layers[0].screen.(*feed).items[0]
	p.press("w")
	for _, got := range p.app.top().screen.(*posts).items {
		if got.Author != it.Author && got.Label.Name != it.Label.Name {
			t.Errorf("among %v's posts is one by %v", it.Label, got.Label)
		}
	}
	p.press("esc")
	p.sees("everyone")
	p.press("f")
	for range 20 {
		p.press("w")
		if s, ok := p.app.top().screen.(*posts); ok {
			p.sees("Posts")
			p.press("esc")
			p.sees("Friends")
			_ = s
			return
		}
		p.press("j")
	}
	t.Error("no friend's posts open")
}

// A list of posts keeps its place while a post is open above it, and while the feed
// moves on.
func TestAListOfPostsKeepsItsPlace(t *testing.T) {
	p := sit(t, lively(), 80, 24)
	p.press("/").types("e")
	p.press("enter", "j", "j")
	s := p.app.top().screen.(*posts)
	at, _ := s.selected()
	p.press("enter", "esc")
	p.hears(client.FeedChanged)
	if now, ok := s.selected(); !ok || now.ID != at.ID {
		t.Errorf("it stood at %s and is at %s", at.ID, now.ID)
	}
}
