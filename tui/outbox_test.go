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

// Outbox, Known and Reopen: as the client does.
func (f *fake) Outbox(context.Context) ([]client.Item, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.outbox), nil
}

func (f *fake) Known(_ context.Context, ids []protocol.UUID) (map[protocol.UUID]client.Item, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	found := map[protocol.UUID]client.Item{}
	for _, it := range append(slices.Clone(f.log), f.outbox...) {
		if slices.Contains(ids, it.ID) {
			found[it.ID] = it
		}
	}
	return found, nil
}

func (f *fake) Reopen(_ context.Context, id protocol.UUID, where string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.note("reopen " + where)
	i := slices.IndexFunc(f.outbox, func(it client.Item) bool { return it.ID == id })
	switch {
	case f.err != nil:
		return f.err
	case i < 0:
		return protocol.Errorf(protocol.CodeUnknownRecord, "It waits no more.")
	case f.drafts[where] != "" || f.draftPicture != nil:
		return protocol.Errorf(protocol.CodeWrongState, "You are writing something else there: send that first, or empty it.")
	}
	f.drafts[where] = f.outbox[i].Text
	if img := f.outbox[i].Image; img != nil {
		f.draftPicture = &client.Picture{Bytes: f.pictures[img.Blob], Width: img.Width, Height: img.Height, Alt: img.Alt}
	}
	f.outbox = slices.Delete(f.outbox, i, i+1)
	return nil
}

// waits adds to the outbox.
func (f *fake) waits(kind protocol.Kind, target protocol.UUID, text string) *client.Item {
	n := len(f.outbox)
	f.outbox = append(f.outbox, client.Item{
		ID: id(900 + n), Kind: kind, Target: target, Author: me, Text: text, Label: client.Label{Kind: client.You},
		CreatedAt: t0.Add(-time.Duration(9-n) * time.Minute), Pending: &client.Pending{},
	})
	f.status.Outbox++
	return &f.outbox[n]
}

var clockAhead = protocol.Errorf(protocol.CodeClockAhead, "Your clock is 9 minutes ahead of the server's: set it right, then send again.")

// pending is an outbox with something in each state.
func pending() *fake {
	f := lively()
	f.waits(protocol.KindPost, protocol.UUID{}, "Too early, and with a text that is long enough to be cut off somewhere before its end, wherever it stands.").Pending.Refused = clockAhead
	f.waits(protocol.KindPost, protocol.UUID{}, "Waiting for the train, and for the server.").Pending.Sending = true
	f.waits(protocol.KindComment, id(3), "What a sunset!")
	f.waits(protocol.KindDeletion, id(4), "")
	f.waits(protocol.KindDeletion, id(777), "").Pending.Due = t0.Add(5 * time.Second)
	f.paint(f.waits(protocol.KindPost, protocol.UUID{}, "With a picture"), 64, 32, "A train")
	f.status = client.Status{Connection: client.Offline, Server: "https://p4p.example", Outbox: 4, Refused: 1, RetryAt: t0.Add(12 * time.Second)}
	return f
}

// pendingHostile is an outbox of texts that drive terminals, and a server's reason that does.
func pendingHostile() *fake {
	f := newFake()
	for _, s := range hostileTexts {
		f.waits(protocol.KindPost, protocol.UUID{}, s).Pending.Refused = protocol.Errorf("evil", "\x1b[2J\u202e%s\x1b]0;own\a\n\n★ Alice", s)
	}
	return f
}

func TestTheOutboxShowsEachEntrysStateAndTheReasonOfARefusal(t *testing.T) {
	p := sit(t, pending(), 80, 30)
	p.sees("O outbox").press("O").sees("Outbox", "4 waiting, 1 refused")
	p.sees("post · refused · 9m", "Too early", "post · sending", "comment · waiting for the server", "What a sunset!", "deletion", "of the post “Who else is out there today?”",
		"deletion · can be undone", "of something that is not here any more")
	p.sees("1 of 6", "! Refused: Your clock is 9 minutes ahead", "wherever it stands.")
	p.press("j").sees("2 of 6", "It is being sent.").press("j").sees("It waits for the server", "On the post “Sunset at the lake”", "What a sunset!")
	p.press("G").sees("With a picture", "6 of 6", "▣ A train").press("g").sees("1 of 6")
}

func TestTheOutboxFollowsWhatIsSent(t *testing.T) {
	f := pending()
	p := sit(t, f, 80, 30)
	p.press("O", "j", "j").sees("3 of 6", "On the post")
	f.outbox = slices.Delete(f.outbox, 0, 2) // they are sent
	p.hears(client.FeedChanged).sees("1 of 4", "On the post")
	f.outbox = slices.Delete(f.outbox, 0, 1) // and so is the selected one: its neighbour is
	p.hears(client.FeedChanged).sees("1 of 3").doesNotSee("What a sunset")
	f.outbox = nil
	p.hears(client.FeedChanged).sees("Nothing waits.").press("enter", "x", "e", "r", "j", "G").sees("Nothing waits.").did()
	p.press("esc").sees("everyone")
}

func TestWhatWasRefusedIsTriedAgainOrDiscarded(t *testing.T) {
	f := pending()
	p := sit(t, f, 80, 24)
	p.press("O", "r").sees("Trying again.").press("j", "r").sees("the server did not refuse this").did("retry " + id(900).String())
	p.press("k", "x").sees("Discard this post?", "Too early", "afterwards nobody has").press("n").doesNotSee("Discard this post")
	p.press("x", "y").hears(client.FeedChanged).sees("Discarded.").doesNotSee("Too early")
	p.press("x").sees("It is being sent at the moment: the server may have it all the same.").press("n")
	p.press("j", "j", "x").sees("Discard this deletion?", "What it deletes stays, for everybody.").press("y").did("retry "+id(900).String(), "discard "+id(900).String(), "discard "+id(903).String())
}

func TestWhatWaitsIsEditedAgain(t *testing.T) {
	f := pending()
	p := sit(t, f, 80, 24)
	p.press("O", "e").sees("New post", "Too early", "It is out of the outbox, and a draft again").did("reopen post")
	p.types("!").press("esc").sees("Outbox", "What a sunset", "1 of 5").doesNotSee("Too early").sees("The draft is kept: in the feed n goes on with it")
	if f.drafts["post"] != "Too early, and with a text that is long enough to be cut off somewhere before its end, wherever it stands.!" {
		t.Errorf("the draft is %q", f.drafts["post"])
	}
	p.press("j", "e").sees("Sunset at the lake", "── comment ──", "What a sunset!").press("ctrl+s").sees("Sent.")
	p.did("reopen post", "reopen comment:"+id(3).String(), "make What a sunset!")
	p.press("esc").sees("Outbox", "2 of 4").doesNotSee("What a sunset")
}

func TestEditingAgainThatCannotBeSaysWhyAndLosesNothing(t *testing.T) {
	f := pending()
	f.drafts["post"] = "something else"
	p := sit(t, f, 80, 24)
	p.press("O", "e").sees("You are writing something else there").press("j", "e").sees("It is being sent at the moment")
	p.press("j", "j", "e").sees("Only posts and comments are edited again; x takes this deletion back.")
	p.press("G", "e").sees("You are writing something else there")
	f.outbox[2].Target = id(999)
	p.hears(client.FeedChanged).press("g", "j", "j", "e").sees("This post is not here.").did("reopen post", "reopen post")
	if len(f.outbox) != 6 || f.drafts["post"] != "something else" {
		t.Errorf("%d wait, the draft is %q", len(f.outbox), f.drafts["post"])
	}
	f.err = protocol.Errorf(protocol.CodeNoServer, "Only the server can tell whether it has it.")
	f.outbox[2].Target = id(3)
	p.hears(client.FeedChanged).press("e").sees("What a sunset!", "Only the server can tell whether it has it.")
}

func TestAPostIsEditedAgainWithItsPicture(t *testing.T) {
	p := sit(t, pending(), 80, 24)
	p.press("O", "G", "e").sees("New post", "With a picture", "▀", "▣ a picture, 64×32").doesNotSee("no picture:").press("ctrl+o").sees("A train").press("esc")
	p.press("ctrl+s").did("reopen post", "make With a picture")
	if p.fake.draftPicture != nil {
		t.Error("the picture is still kept with a draft")
	}
}

func TestWhatAnEntryIsAboutIsOpened(t *testing.T) {
	p := sit(t, pending(), 80, 24)
	p.press("O", "enter").sees("Post", "Too early").press("esc").sees("Outbox")
	p.press("j", "j", "enter").sees("Post", "Sunset at the lake").press("esc").sees("3 of 6")
	p.press("j", "enter").sees("Who else is out there today?", "Here, by the lake.").press("esc").press("j", "enter").sees("This post is not here.")
}

func TestTheMouseSelectsInTheOutbox(t *testing.T) {
	p := sit(t, pending(), 80, 30)
	p.press("O").clicks("comment · waiting").sees("3 of 6").clicks("comment · waiting").sees("Post", "Sunset at the lake")
}

func TestAnOutboxOfTensOfThousandsIsDrawnAsQuicklyAsASmallOne(t *testing.T) {
	f := newFake()
	for n := range 30_000 {
		f.waits(protocol.KindPost, protocol.UUID{}, fmt.Sprintf("waiting %d", n))
	}
	p := sit(t, f, 80, 24)
	p.press("O").sees("30,000 waiting", "waiting 0").press("G").sees("waiting 29999", "30,000 of 30,000").press("k", "pgup").sees("29,")
	if n := testing.AllocsPerRun(5, func() { p.app.View() }); n > 20_000 {
		t.Errorf("a frame makes %.0f allocations", n)
	}
}

func TestWhatWaitsIsNotCommentedOn(t *testing.T) {
	f := lively()
	f.waits(protocol.KindPost, protocol.UUID{}, "Waiting for the train.")
	p := sit(t, f, 80, 24)
	p.press("j").sees("┃◆ you", "Waiting for the train.", "enter open x discard").doesNotSee("c comment", "d delete")
	p.press("c").sees("The post itself still waits for the server; comment once it is there.").doesNotSee("── comment ──")
	p.press("enter").sees("The post itself still waits for the server").doesNotSee("c writes the first", "c comment").press("x").sees("Discard this post?")
}
