package client

import (
	"bytes"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"p4p/protocol"
)

// watch is a clock that a test moves.
type watch struct{ ahead atomic.Int64 }

func (w *watch) now() time.Time { return time.Now().Add(time.Duration(w.ahead.Load())) }

func (w *watch) passes(d time.Duration) { w.ahead.Add(int64(d)) }

const undoTime = 6 * time.Second

func TestADeletionIsUndoneAsIfItHadNeverBeen(t *testing.T) {
	w := newTown(t)
	r := reads(t, w.URL())
	mine := r.posts("mine")
	r.syncs()
	deletion := must(r.DeleteLater(t.Context(), mine.ID, undoTime))
	if got := r.shows(); len(got) != 0 || r.Status().Outbox != 0 {
		t.Errorf("shown %v, status %+v", got, r.Status())
	}
	if got := r.outbox(); len(got) != 1 || got[0].Pending.Due.IsZero() || got[0].Target != mine.ID {
		t.Errorf("outbox %+v", got)
	}
	r.syncs() // nothing of it is sent
	if err := r.Undo(t.Context(), deletion); err != nil {
		t.Fatal(err)
	}
	r.syncs()
	if got := r.log(); !slices.Equal(got, []string{"1 post mine"}) || len(r.shows()) != 1 || len(r.outbox()) != 0 {
		t.Errorf("log %v, shown %v, outbox %v", got, r.shows(), r.outbox())
	}
	wantCode(t, r.Undo(t.Context(), deletion), protocol.CodeUnknownRecord)
}

func TestADeletionIsSentWhenItsTimeIsOver(t *testing.T) {
	var clock watch
	w := newTown(t)
	r := opens(t, Options{Home: t.TempDir(), Server: w.URL(), Now: clock.now, after: quick})
	one, two := r.posts("one"), r.posts("two")
	r.syncs()
	first := must(r.DeleteLater(t.Context(), one.ID, undoTime))
	clock.passes(4 * time.Second)
	second := must(r.DeleteLater(t.Context(), two.ID, undoTime))
	clock.passes(3 * time.Second) // the first is due
	wantCode(t, r.Undo(t.Context(), first), protocol.CodeUnknownRecord)
	r.syncs()
	if err := r.Undo(t.Context(), second); err != nil {
		t.Error(err)
	}
	if got := texts(r.shows()); !slices.Equal(got, []string{"two"}) {
		t.Errorf("shown %v", got)
	}
	if got := r.log(); !slices.Equal(got, []string{"2 post two", "3 deletion "}) {
		t.Errorf("log %v", got)
	}
}

func TestARunningClientSendsADeletionByItself(t *testing.T) {
	var clock watch
	w := newTown(t)
	r := opens(t, Options{Home: t.TempDir(), Server: w.URL(), Now: clock.now, after: quick}).runs()
	r.waitsOnline()
	mine := r.posts("mine")
	r.waits("it is in the cache", func() bool { return r.place() == 1 })
	must(r.DeleteLater(t.Context(), mine.ID, 0))
	r.waits("it is deleted", func() bool { return r.place() == 2 && len(r.outbox()) == 0 })
	must(r.DeleteLater(t.Context(), r.posts("another").ID, 50*time.Millisecond))
	r.waits("it is deleted too", func() bool { clock.passes(time.Second); return r.place() == 4 && len(r.outbox()) == 0 })
}

func TestWhatWasDeletedStaysDeletedWhenTheProgramIsKilled(t *testing.T) {
	var clock watch
	w := newTown(t)
	r := opens(t, Options{Home: t.TempDir(), Server: w.URL(), Now: clock.now, after: quick})
	mine := r.posts("mine")
	r.syncs()
	must(r.DeleteLater(t.Context(), mine.ID, undoTime))
	again := opens(t, r.opt) // as whatever comes after one that was killed
	if got := again.shows(); len(got) != 0 {
		t.Errorf("shown %v", got)
	}
	again.syncs()
	if got := again.outbox(); len(got) != 1 {
		t.Errorf("the next program sent it before its time: %v", got)
	}
	clock.passes(undoTime)
	again.syncs()
	if got := again.log(); !slices.Equal(got, []string{"2 deletion "}) {
		t.Errorf("log %v", got)
	}
}

func TestTheEndOfTheProgramSendsDeletionsAtOnce(t *testing.T) {
	w := newTown(t)
	r := reads(t, w.URL())
	mine := r.posts("mine")
	r.syncs()
	d := must(r.DeleteLater(t.Context(), mine.ID, undoTime))
	if err := r.FinishDeletions(t.Context(), []protocol.UUID{d}); err != nil || len(r.outbox()) != 0 {
		t.Errorf("outbox %v, %v", r.outbox(), err)
	}
	two := r.posts("two")
	w.stop()
	d = must(r.DeleteLater(t.Context(), two.ID, undoTime))
	_ = r.FinishDeletions(t.Context(), []protocol.UUID{d}) // there is no server: it waits, as anything else
	if got := r.outbox(); len(got) != 1 || r.Status().Outbox != 1 || !got[0].Pending.Due.IsZero() {
		t.Errorf("outbox %+v, status %+v", got, r.Status())
	}
}

func TestTheEndOfOneProgramLeavesTheDeletionsOfAnotherTheirTime(t *testing.T) {
	w := newTown(t)
	r := reads(t, w.URL())
	one, two := r.posts("one"), r.posts("two")
	r.syncs()
	other := opens(t, r.opt)
	mine, theirs := must(r.DeleteLater(t.Context(), one.ID, undoTime)), must(other.DeleteLater(t.Context(), two.ID, undoTime))
	if err := r.FinishDeletions(t.Context(), []protocol.UUID{mine}); err != nil {
		t.Fatal(err)
	}
	if err := other.Undo(t.Context(), theirs); err != nil {
		t.Error(err)
	}
	other.syncs()
	if got := texts(other.shows()); !slices.Equal(got, []string{"two"}) {
		t.Errorf("shown %v", got)
	}
}

func TestWhatWaitsIsDiscardedNotDeleted(t *testing.T) {
	l := newLiar(t)
	r := l.reads()
	l.answers(protocol.CodeUnavailable)
	_, err := r.DeleteLater(t.Context(), r.posts("waits").ID, undoTime)
	wantCode(t, err, protocol.CodeWrongState)
}

func TestWhatWaitsIsWrittenAgain(t *testing.T) {
	w := newTown(t)
	r := reads(t, w.URL())
	post := r.posts("a post")
	w.stop()
	r.link.drop(nil) // it knows that it is offline
	s := r.posts("not quite")
	c, err := r.Comment(t.Context(), post.ID, "a comment")
	if err != nil {
		t.Fatal(err)
	}
	where := "comment:" + post.ID.String()
	for id, place := range map[protocol.UUID]string{s.ID: "post", c.ID: where} {
		if err := r.Reopen(t.Context(), id, place); err != nil {
			t.Fatal(err)
		}
		wantCode(t, r.Reopen(t.Context(), id, place), protocol.CodeUnknownRecord)
	}
	if a, b := must(r.Draft(t.Context(), "post")), must(r.Draft(t.Context(), where)); a != "not quite" || b != "a comment" || len(r.outbox()) != 0 {
		t.Errorf("drafts %q and %q, outbox %v", a, b, r.outbox())
	}
}

func TestWritingAgainOverwritesNoOtherDraft(t *testing.T) {
	w := newTown(t)
	r := reads(t, w.URL())
	r.syncs()
	w.stop()
	r.link.drop(nil)
	s := r.posts("waits")
	if err := r.SaveDraft(t.Context(), "post", "another"); err != nil {
		t.Fatal(err)
	}
	wantCode(t, r.Reopen(t.Context(), s.ID, "post"), protocol.CodeWrongState)
	if got := must(r.Draft(t.Context(), "post")); got != "another" || len(r.outbox()) != 1 {
		t.Errorf("draft %q, outbox %v", got, r.outbox())
	}
}

func TestWhatTheServerMayHaveIsAskedForBeforeItIsWrittenAgain(t *testing.T) {
	l := newLiar(t)
	r := l.reads()
	r.syncs()
	var got []string
	l.set(func() {
		l.take = func(jws []string) (int, any) { // it takes the first, and every answer is lost
			if got = append(got, jws...); len(got) == 1 {
				l.takeAll(jws)
			}
			return 0, nil
		}
	})
	taken, lost := r.posts("taken"), r.posts("lost")
	wantCode(t, r.Reopen(t.Context(), taken.ID, "post"), protocol.CodeWrongState)
	if n := len(r.outbox()); n != 2 {
		t.Fatalf("%d wait", n)
	}
	if err := r.Reopen(t.Context(), lost.ID, "post"); err != nil {
		t.Error(err)
	}
	l.set(func() { l.take = nil })
	r.syncs()
	if log := r.log(); !slices.Equal(log, []string{"1 post taken"}) || must(r.Draft(t.Context(), "post")) != "lost" {
		t.Errorf("log %v", log)
	}
}

func TestWhatWasOnItsWayIsNotWrittenAgainWithoutTheServer(t *testing.T) {
	w := newTown(t)
	r := reads(t, w.URL())
	r.syncs()
	w.stop()
	s := r.posts("waits")
	if err := r.local.MarkTried(t.Context(), []protocol.UUID{s.ID}); err != nil {
		t.Fatal(err)
	}
	wantCode(t, r.Reopen(t.Context(), s.ID, "post"), protocol.CodeNoServer)
	if len(r.outbox()) != 1 {
		t.Error("it is gone")
	}
}

func TestAPictureIsWrittenAgainWithItsPost(t *testing.T) {
	w := newTown(t)
	r := reads(t, w.URL())
	r.syncs()
	w.stop()
	r.link.drop(nil) // it knows that it is offline
	first, err := r.Post(t.Context(), "look", &Picture{Bytes: tinyPNG, Alt: "three pixels"})
	if err != nil {
		t.Fatal(err)
	}
	second, err := r.Post(t.Context(), "", &Picture{Bytes: tinyPNG})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Reopen(t.Context(), first.ID, "post"); err != nil {
		t.Fatal(err)
	}
	text, err := r.Draft(t.Context(), "post")
	p, _, err2 := r.DraftPicture(t.Context(), "post")
	if err != nil || err2 != nil || text != "look" || p == nil || !bytes.Equal(p.Bytes, tinyPNG) || p.Alt != "three pixels" {
		t.Fatalf("the draft is %q with %+v; %v, %v", text, p, err, err2)
	}
	// The place is taken: neither text nor picture is written over.
	wantCode(t, r.Reopen(t.Context(), second.ID, "post"), protocol.CodeWrongState)
	if err := r.SaveDraft(t.Context(), "post", ""); err != nil {
		t.Fatal(err)
	}
	wantCode(t, r.Reopen(t.Context(), second.ID, "post"), protocol.CodeWrongState)
	if err := r.SaveDraftPicture(t.Context(), "post", nil, ""); err != nil {
		t.Fatal(err)
	}
	if err := r.Reopen(t.Context(), second.ID, "post"); err != nil || len(r.outbox()) != 0 {
		t.Fatalf("%v; %d wait", err, len(r.outbox()))
	}
	if p, _, err = r.DraftPicture(t.Context(), "post"); err != nil || p == nil {
		t.Errorf("the draft's picture is %+v, %v", p, err)
	}
}

func TestDeletionsAreNotWrittenAgain(t *testing.T) {
	w := newTown(t)
	r := reads(t, w.URL())
	mine := r.posts("mine")
	r.syncs()
	w.stop()
	d, err := r.Delete(t.Context(), mine.ID)
	if err != nil {
		t.Fatal(err)
	}
	wantCode(t, r.Reopen(t.Context(), d.ID, "post"), protocol.CodeBadTarget)
	if n := len(r.outbox()); n != 1 {
		t.Errorf("%d wait", n)
	}
}

func TestOneRecordIsDeletedOnceAndUndoneWhole(t *testing.T) {
	w := newTown(t)
	r := reads(t, w.URL())
	mine := r.posts("mine")
	r.syncs()
	results := make(chan error)
	ids := make(chan protocol.UUID, 2)
	for range 2 { // a key that was pressed twice
		go func() {
			id, err := r.DeleteLater(t.Context(), mine.ID, undoTime)
			if err == nil {
				ids <- id
			}
			results <- err
		}()
	}
	first, second := <-results, <-results
	if (first == nil) == (second == nil) {
		t.Fatalf("the deletions ended with %v and %v", first, second)
	}
	if first == nil {
		first = second
	}
	wantCode(t, first, protocol.CodeDeleted)
	_, err := r.Delete(t.Context(), mine.ID)
	wantCode(t, err, protocol.CodeDeleted)
	if err := r.Undo(t.Context(), <-ids); err != nil {
		t.Fatal(err)
	}
	if got := texts(r.shows()); !slices.Equal(got, []string{"mine"}) || len(r.outbox()) != 0 {
		t.Errorf("shown %v, outbox %v", got, r.outbox())
	}
}

func TestDeletingEverythingTakesAlongWhatCouldStillBeUndone(t *testing.T) {
	w := newTown(t)
	r := reads(t, w.URL())
	one, two := r.posts("one"), r.posts("two")
	r.syncs()
	deletion := must(r.DeleteLater(t.Context(), one.ID, undoTime))
	if _, err := r.ForgetAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantCode(t, r.Undo(t.Context(), deletion), protocol.CodeUnknownRecord)
	r.syncs()
	if got := r.shows(); len(got) != 0 || len(r.outbox()) != 0 {
		t.Errorf("shown %v, outbox %v; %v", got, r.outbox(), two)
	}
}
