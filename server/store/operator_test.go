package store

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"p4p/protocol"
)

func (w *world) operator() *Operator {
	w.Helper()
	o, err := OpenOperator(w.dir)
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { o.Close() })
	return o
}

func TestTheOperatorReadsReportsWhileTheServerRuns(t *testing.T) {
	w := newWorld(t)
	o := w.operator()
	if reports, err := o.Reports(t.Context()); err != nil || reports != nil {
		t.Errorf("before any: %v, %v", reports, err)
	}
	anna, bob, carl := device(1), device(2), device(3)
	_, img := w.upload(1, 20)
	img.Alt = "alt"
	quiet := w.taken(w.post(anna, "nobody minds"))
	post := w.taken(w.sign(anna, protocol.KindPost, protocol.Payload{Text: "rude", Image: &img}))
	comment := w.taken(w.about(bob, protocol.KindComment, quiet.ID, "ruder"))
	gone := w.taken(w.post(anna, "deleted since"))
	w.taken(w.about(carl, protocol.KindReport, comment.ID, "a comment"))
	w.taken(w.about(bob, protocol.KindReport, post.ID, "first"))
	w.taken(w.about(bob, protocol.KindReport, gone.ID, "too late"))
	w.taken(w.about(carl, protocol.KindReport, post.ID, ""))
	w.taken(w.about(carl, protocol.KindReport, post.ID, "third"))
	w.taken(w.about(anna, protocol.KindDeletion, gone.ID, ""))

	if err := o.QueueTakedown(t.Context(), comment.ID); err != nil {
		t.Fatal(err)
	}
	got, err := o.Reports(t.Context())
	want := []Report{
		{ID: post.ID, Kind: protocol.KindPost, Text: "rude", Image: &img, Reasons: []string{"first", "third"}, Count: 3},
		{ID: comment.ID, Kind: protocol.KindComment, Text: "ruder", Reasons: []string{"a comment"}, Count: 1, Queued: true},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

func TestATakedownErasesAndIsTold(t *testing.T) {
	w := newWorld(t)
	const text = "zanzibarregretsnothing"
	post := w.taken(w.post(device(1), text))
	w.taken(w.about(device(2), protocol.KindReport, post.ID, "rude"))
	o := w.operator()
	for range 2 { // asking twice is asking once
		if err := o.QueueTakedown(t.Context(), post.ID); err != nil {
			t.Fatal(err)
		}
	}
	w.reopen() // the queue is in the folder
	ids, err := w.PendingTakedowns(t.Context())
	if diff := cmp.Diff([]protocol.UUID{post.ID}, ids); diff != "" || err != nil {
		t.Fatal(diff, err)
	}
	e, err := w.Takedown(t.Context(), post.ID)
	want := protocol.Event{Seq: 3, Kind: protocol.EventTakedown, Target: &post.ID}
	if err != nil || !cmp.Equal(want, *e) || w.Head() != 3 {
		t.Fatalf("%+v, %v, head %d", e, err, w.Head())
	}
	if got := w.kinds(); got != "erased hidden takedown " {
		t.Errorf("log: %s", got)
	}
	if diff := cmp.Diff(want, w.log()[2]); diff != "" {
		t.Error(diff)
	}
	if id, ok, err := w.At(t.Context(), 3); !id.IsZero() || !ok || err != nil {
		t.Errorf("At(3) = %v, %v, %v", id, ok, err)
	}
	if ids, err := w.PendingTakedowns(t.Context()); ids != nil || err != nil {
		t.Errorf("still pending: %v, %v", ids, err)
	}
	w.refused(post, protocol.CodeDeleted)
	w.sweep()
	if found := traces(files(t, w.dir), text); found != nil {
		t.Errorf("still there: %s", found)
	}
	if reports, err := o.Reports(t.Context()); err != nil || reports != nil {
		t.Errorf("still reported: %v, %v", reports, err)
	}
	w.taken(w.post(device(1), "the log goes on"))
	if w.Head() != 4 {
		t.Errorf("head %d", w.Head())
	}
}

func TestOnlyLivePostsAndCommentsAreTakenDown(t *testing.T) {
	w := newWorld(t)
	o := w.operator()
	gone := w.taken(w.post(device(1), "gone"))
	raced := w.taken(w.post(device(1), "deleted before the server looks"))
	deletion := w.taken(w.about(device(1), protocol.KindDeletion, gone.ID, ""))
	for id, want := range map[protocol.UUID]protocol.Code{
		gone.ID: protocol.CodeDeleted, deletion.ID: protocol.CodeBadTarget, {9}: protocol.CodeUnknownRecord,
	} {
		wantCode(t, o.QueueTakedown(t.Context(), id), want)
		e, err := w.Takedown(t.Context(), id)
		wantCode(t, err, want)
		if e != nil {
			t.Errorf("%+v", e)
		}
	}
	if err := o.QueueTakedown(t.Context(), raced.ID); err != nil {
		t.Fatal(err)
	}
	w.taken(w.about(device(1), protocol.KindDeletion, raced.ID, ""))
	_, err := w.Takedown(t.Context(), raced.ID)
	wantCode(t, err, protocol.CodeDeleted)
	if ids, err := w.PendingTakedowns(t.Context()); ids != nil || err != nil {
		t.Errorf("still pending: %v, %v", ids, err)
	}
	if w.Head() != 4 {
		t.Errorf("head %d", w.Head())
	}
}

func TestAFolderWithoutAServerHasNoOperator(t *testing.T) {
	_, err := OpenOperator(t.TempDir())
	wantCode(t, err, protocol.CodeNotFound)
}
