package tui

import (
	"context"
	"testing"

	"p4p/client"
	"p4p/protocol"
)

func TestADeletedPostIsGoneAtOnceAndUComesInTime(t *testing.T) {
	p := sit(t, lively(), 80, 24)
	p.press("j", "j", "j", "d").hears(client.FeedChanged).doesNotSee("Who else").sees("Deleted: U undoes it, for the next 6 seconds.")
	p.press("k", "j").sees("U undoes it") // one can go on meanwhile
	p.press("U").hears(client.FeedChanged).sees("Who else", "Your post is back.")
	p.did("delete "+id(4).String(), "undo")
	p.wait().sees("Who else").did("delete "+id(4).String(), "undo")
}

func TestAfterSomeSecondsItIsTooLate(t *testing.T) {
	p := sit(t, lively(), 80, 24)
	p.press("j", "j", "j", "d").hears(client.FeedChanged).sees("U undoes it")
	p.wait().doesNotSee("undoes").press("U").sees("There is nothing to undo")
	p.did("delete " + id(4).String())
}

func TestSeveralDeletionsAreUndoneOneByOne(t *testing.T) {
	f := lively()
	f.says(me, 0, "the newest of mine")
	f.says(me, 0, "and one more")
	p := sit(t, f, 80, 24)
	p.press("j", "d").hears(client.FeedChanged).press("d").hears(client.FeedChanged).doesNotSee("the newest of mine", "and one more")
	p.sees("Deleted, 2 by now: U undoes one after the other, the last first.")
	p.press("U").hears(client.FeedChanged).sees("the newest of mine").doesNotSee("and one more")
	p.sees("U brings back the one before too").press("U").hears(client.FeedChanged).sees("and one more", "the newest of mine", "Your post is back.")
	p.press("U").sees("There is nothing to undo")
}

func TestACommentIsDeletedAndBroughtBack(t *testing.T) {
	f := lively()
	f.comments(id(4), me, 0, "I am here too.")
	p := sit(t, f, 80, 24)
	p.press("j", "j", "j", "enter", "G", "d").hears(client.FeedChanged).doesNotSee("I am here too").sees("And I am in the city", "U undoes it")
	p.press("U").hears(client.FeedChanged).sees("I am here too", "Your comment is back.")
}

func TestTheThreadOfADeletedPostClosesAndTheUndoIsInTheFeed(t *testing.T) {
	for _, w := range []int{80, 120} {
		p := sit(t, lively(), w, 24)
		p.press("j", "j", "j", "enter", "d").hears(client.FeedChanged).doesNotSee("Who else").sees("everyone", "U undoes it")
		p.press("U").hears(client.FeedChanged).sees("Who else")
	}
}

func TestQuittingSendsWhatCouldStillBeUndone(t *testing.T) {
	p := sit(t, lively(), 80, 24)
	p.press("j", "j", "j", "d", "ctrl+c").did("delete "+id(4).String(), "finish 1")
	if !p.quit {
		t.Error("it did not quit")
	}
	p.app.putAway(context.Background())
	p.did("delete "+id(4).String(), "finish 1") // once
	p = sit(t, lively(), 80, 24)
	p.press("j", "j", "j", "d")
	p.app.putAway(context.Background()) // as after a signal, or a panic
	p.did("delete "+id(4).String(), "finish 1")
	p = sit(t, lively(), 80, 24)
	p.press("ctrl+c").did()
}

func TestAFailureToDeleteOrToUndoIsTold(t *testing.T) {
	f := lively()
	p := sit(t, f, 80, 24)
	f.err = protocol.Errorf(protocol.CodeHomeUnwritable, "The disk is full.")
	p.press("j", "j", "j", "d").hears(client.FeedChanged).sees("Who else", "The disk is full.")
	f.err = nil
	p.press("d").hears(client.FeedChanged).doesNotSee("Who else")
	f.deleted = nil // another program of the profile sent it
	p.press("U").sees("It is too late to undo this")
}
