package tui

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"p4p/client"
	"p4p/protocol"
)

func (f *fake) kindIn(v client.View) protocol.Kind {
	if v == client.Replies {
		return protocol.KindComment
	}
	return protocol.KindPost
}

func (f *fake) isMine(post protocol.UUID) bool {
	return slices.ContainsFunc(f.log, func(it client.Item) bool { return it.ID == post && it.Author == me })
}

// Unread counts as a client does; a view that has no place is read.
func (f *fake) Unread(ctx context.Context, v client.View, most int) (client.Unread, error) {
	f.mu.Lock()
	place, ok := f.read[v]
	if !ok {
		place = uint64(len(f.log))
		f.read[v] = place
	}
	f.mu.Unlock()
	if v == client.Mine {
		return client.Unread{}, nil
	}
	u := client.Unread{Place: place}
	items, err := f.Timeline(ctx, client.Query{View: v, After: max(place, 1), Limit: most})
	for _, it := range items {
		if it.Seq > place && it.Label.Kind != client.You {
			u.Count++
		}
	}
	return u, err
}

func (f *fake) MarkRead(_ context.Context, v client.View, seq uint64) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.read[v] = max(f.read[v], seq)
	return nil
}

// behind is a feed of which the person read the first post only.
func behind(n int) *fake {
	f := newFake()
	for i := range n {
		f.says(key(i+10), time.Hour, fmt.Sprint("post ", i, "."))
	}
	for v := range views {
		f.read[client.View(v)] = 1
	}
	return f
}

func TestWhatIsUnreadIsMarkedAndCounted(t *testing.T) {
	p := sit(t, behind(4), 80, 24)
	p.sees("everyone 3", "•▐▌ anonymous", "post 3.", "•▐▌", "post 2.", "•▐▌", "post 1.", "post 0.", "u unread")
}

func TestTheFirstUnreadPostIsOneKeyAway(t *testing.T) {
	p := sit(t, behind(200), 80, 24)
	p.sees("everyone 99+", "post 199.").press("u").sees("•", "┃▐▌", "post 1.", "post 0.")
	for i := 1; i < 200; i++ {
		it, ok := p.app.layers[0].screen.(*feed).selected()
		if !ok || it.Text != fmt.Sprint("post ", i, ".") {
			t.Fatalf("%q is selected instead of post %d:\n%s", it.Text, i, p.text())
		}
		p.press("k")
	}
	p.doesNotSee("•", "everyone 1")
	p.press("u").sees("Nothing is unread here.")
}

func TestWhatWasReadIsStillReadAfterARestart(t *testing.T) {
	f := behind(60)
	p := sit(t, f, 80, 24)
	p.press("u", "k", "k").sees("everyone 56").press("ctrl+c")
	p = sit(t, f, 80, 24)
	p.sees("everyone 56", "┃▐▌", "post 3.").press("u").sees("┃▐▌", "post 4.")
}

func TestWhatStandsOnTheScreenForAWhileIsRead(t *testing.T) {
	f := behind(4)
	p := sit(t, f, 80, 24)
	p.sees("everyone 3").wait().sees("everyone").doesNotSee("•", "everyone 3").wait()
	if f.read[client.Everyone] != 4 {
		t.Errorf("kept is %d", f.read[client.Everyone])
	}
	f.says(key(9), 0, "news")
	p.hears(client.FeedChanged).sees("everyone 1", "•", "news").wait().doesNotSee("•")
}

func TestWhatDoesNotFitOnTheScreenStaysUnread(t *testing.T) {
	p := sit(t, behind(60), 80, 24)
	p.wait().sees("everyone 59").press("j", "j", "j").sees("everyone 59").press("G").sees("everyone 59", "post 0.")
}

func TestEverythingIsMarkedAsReadAtOnce(t *testing.T) {
	f := behind(300)
	p := sit(t, f, 80, 24)
	p.press("m").doesNotSee("•", "99+").press("m").sees("Nothing is unread here.").wait()
	if f.read[client.Everyone] != 300 || f.read[client.Friends] != 1 {
		t.Errorf("kept is %v", f.read)
	}
}

func TestCommentsOnOnesOwnPostsAreCountedAndGathered(t *testing.T) {
	f := lively()
	p := sit(t, f, 80, 24)
	p.doesNotSee("replies 1")
	f.comments(id(4), key(8), 0, "to you")
	f.comments(id(5), key(8), 0, "to somebody else")
	f.comments(id(4), me, 0, "your own")
	p.hears(client.FeedChanged).sees("replies 1")
	p.press("shift+tab").sees("•", "to you", "in the city", "by the lake").doesNotSee("somebody else", "your own")
	p.press("j", "enter").sees("Who else is out there", "┃", "to you").press("esc").sees("replies").doesNotSee("•", "replies 1")
}

func TestAnAnswerIsWrittenFromAmongTheReplies(t *testing.T) {
	p := sit(t, lively(), 80, 24)
	p.press("shift+tab", "j", "c").types("Thanks").press("ctrl+s").did("make Thanks").sees("Who else", "Thanks")
}

func TestBesideAReplyStandsItsPost(t *testing.T) {
	p := sit(t, lively(), 120, 40)
	p.press("shift+tab", "j").seesBeside("┃▐▌ anonymous 9573 · 2m", "Who else is out there").press("j").seesBeside("┃★ Alice · 4m", "│★ Alice")
}

func TestAViewThatNobodyReadKeepsItsPlace(t *testing.T) {
	f := behind(60)
	sit(t, f, 80, 24).press("u", "k", "ctrl+c")
	if f.read[client.Friends] != 1 || f.read[client.Everyone] < 2 {
		t.Errorf("kept is %v", f.read)
	}
	f = behind(60)
	delete(f.read, client.Everyone) // as a client that has not caught up tells no place
	p := sit(t, f, 80, 24)
	delete(f.read, client.Everyone)
	p.press("ctrl+c")
	if place, kept := f.read[client.Everyone]; kept {
		t.Errorf("a place was kept that nobody came to: %d", place)
	}
}
