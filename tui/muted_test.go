package tui

import (
	"context"
	"slices"
	"testing"
	"time"

	"p4p/client"
	"p4p/protocol"
)

func (f *fake) setMuted(m map[string]bool, call, name string, on bool) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.note(call + " " + name)
	if f.err != nil {
		return f.err
	}
	m[name] = on
	return nil
}

func (f *fake) Mute(_ context.Context, k protocol.PublicKey) error {
	return f.setMuted(f.muted, "mute", k.UUID().String(), true)
}

func (f *fake) Unmute(_ context.Context, k protocol.PublicKey) error {
	return f.setMuted(f.muted, "unmute", k.UUID().String(), false)
}

func (f *fake) Hide(_ context.Context, id protocol.UUID) error {
	return f.setMuted(f.muted, "hide", id.String(), true)
}

func (f *fake) Unhide(_ context.Context, id protocol.UUID) error {
	return f.setMuted(f.muted, "unhide", id.String(), false)
}

func (f *fake) unheard(it client.Item) bool {
	return f.muted[it.Author.UUID().String()] || f.muted[it.ID.String()]
}

func (f *fake) Muted(context.Context) (client.Muted, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var m client.Muted
	for _, it := range f.log {
		if f.muted[it.Author.UUID().String()] && !slices.ContainsFunc(m.Authors, func(a client.MutedAuthor) bool { return a.Author == it.Author }) {
			m.Authors = append(m.Authors, client.MutedAuthor{Author: it.Author, Label: f.label(it).Label, Since: t0.Add(-3 * time.Hour)})
		}
		if f.muted[it.ID.String()] {
			item := f.label(it)
			m.Records = append(m.Records, client.HiddenRecord{ID: it.ID, Item: &item, Since: t0})
		}
	}
	if f.muted[id(999).String()] {
		m.Records = append(m.Records, client.HiddenRecord{ID: id(999), Since: t0.Add(-50 * 24 * time.Hour)})
	}
	return m, nil
}

func TestAMutedAuthorLeavesTheFeedUntilItIsUndone(t *testing.T) {
	p := sit(t, lively(), 80, 24)
	p.press("j", "z").sees("Mute anonymous 9573?", "nobody is told").press("y").sees("anonymous 9573 is muted")
	p.hears(client.FeedChanged).did("mute " + key(6).UUID().String()).doesNotSee("me!").sees("日")
	p.press("Z").sees("Muted and hidden", "anonymous 9573 · muted 3h ago").press("enter").sees("is heard again")
	p.hears(client.FeedChanged).sees("Nobody is muted").press("esc", "k").sees("┃▐▌ anonymous 9573", "me!")
}

func TestAHiddenPostIsGoneAtOnceAndCanBeShownAgain(t *testing.T) {
	p := sit(t, lively(), 80, 24)
	p.press("j", "-").sees("Hidden, on this machine only").hears(client.FeedChanged).doesNotSee("me!")
	p.press("Z").sees("- anonymous 9573 · hidden just now", "“me!”").press("u").hears(client.FeedChanged).press("esc", "k").sees("me!")
	p.did("hide "+id(6).String(), "unhide "+id(6).String())
}

func TestACommentIsHiddenInItsThread(t *testing.T) {
	p := sit(t, lively(), 80, 24)
	p.press("j", "j", "j", "enter", "j", "-").hears(client.FeedChanged).doesNotSee("by the lake").sees("1 comment", "in the city")
	p.press("z").sees("Mute anonymous 9573?").press("n").doesNotSee("Mute ")
}

func TestOnesOwnIsNeitherMutedNorHidden(t *testing.T) {
	p := sit(t, lively(), 80, 24)
	p.press("j", "j", "j", "z").sees("This is your own").press("-").sees("This is your own").did()
}

func TestAFailureToMuteIsTold(t *testing.T) {
	p := sit(t, lively(), 80, 24)
	p.fake.err = protocol.Errorf(protocol.CodeHomeUnwritable, "The disk is full.")
	p.press("j", "z", "y").sees("The disk is full.").press("esc", "-").sees("The disk is full.")
}
