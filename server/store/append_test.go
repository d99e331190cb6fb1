package store

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"p4p/protocol"
)

func TestALogCountsFromOneWithoutGaps(t *testing.T) {
	w := newWorld(t)
	if w.Head() != 0 {
		t.Fatalf("an empty log has head %d", w.Head())
	}
	post := w.post(device(1), "hello")
	comment := w.about(device(2), protocol.KindComment, post.ID, "hello yourself")
	out := w.append(post, comment, w.about(device(2), protocol.KindComment, protocol.UUID{8}, "into the void"))
	out = append(out, w.append(w.about(device(3), protocol.KindReport, post.ID, "rude"))...)

	if out[2].Err == nil || out[2].Err.Code != protocol.CodeUnknownTarget {
		t.Errorf("the comment on nothing: %+v", out[2])
	}
	if out[0].Seq != 1 || out[1].Seq != 2 || out[3].Seq != 3 || w.Head() != 3 {
		t.Errorf("seqs %d %d %d, head %d", out[0].Seq, out[1].Seq, out[3].Seq, w.Head())
	}
	want := []protocol.Event{
		{Seq: 1, Kind: protocol.EventPost, JWS: post.JWS},
		{Seq: 2, Kind: protocol.EventComment, JWS: comment.JWS},
		{Seq: 3, Kind: protocol.EventHidden},
	}
	if diff := cmp.Diff(want, w.log()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(want[2], *out[3].Event); diff != "" {
		t.Errorf("the event that is published is not the one that is read: %s", diff)
	}
	w.reopen()
	if diff := cmp.Diff(want, w.log()); diff != "" || w.Head() != 3 {
		t.Errorf("after opening again: %s, head %d", diff, w.Head())
	}
}

func TestTheSameRecordIsTakenOnce(t *testing.T) {
	w := newWorld(t)
	post := w.post(device(1), "once")
	out := w.append(post, post)
	if out[0].Event == nil || out[1].Event != nil || out[1].Seq != 1 || out[1].Err != nil {
		t.Errorf("in one batch: %+v", out)
	}
	if out := w.append(post); out[0].Event != nil || out[0].Seq != 1 {
		t.Errorf("later: %+v", out)
	}
	forged := post
	forged.JWS += "x"
	w.refused(forged, protocol.CodeRecordConflict)
	if got := w.kinds(); got != "post " {
		t.Errorf("log: %s", got)
	}
}

func TestTargetsDecideWhatIsTaken(t *testing.T) {
	w := newWorld(t)
	anna, bob := device(1), device(2)
	post := w.taken(w.post(anna, "post"))
	gone := w.taken(w.post(anna, "gone"))
	comment := w.taken(w.about(bob, protocol.KindComment, post.ID, "comment"))
	report := w.taken(w.about(bob, protocol.KindReport, post.ID, ""))
	deletion := w.taken(w.about(anna, protocol.KindDeletion, gone.ID, ""))

	const comments, deletions, reports = protocol.KindComment, protocol.KindDeletion, protocol.KindReport
	for _, tt := range []struct {
		kind   protocol.Kind
		target protocol.Record
		want   protocol.Code
	}{
		{comments, comment, protocol.CodeBadTarget},
		{comments, report, protocol.CodeBadTarget},
		{comments, deletion, protocol.CodeBadTarget},
		{comments, gone, protocol.CodeDeleted},
		{comments, protocol.Record{ID: protocol.UUID{9}}, protocol.CodeUnknownTarget},
		{deletions, report, protocol.CodeBadTarget},
		{deletions, deletion, protocol.CodeBadTarget},
		{deletions, gone, protocol.CodeDeleted},
		{deletions, comment, protocol.CodeNotAuthor},
		{deletions, protocol.Record{ID: protocol.UUID{9}}, protocol.CodeUnknownTarget},
		{reports, report, protocol.CodeBadTarget},
		{reports, deletion, protocol.CodeBadTarget},
		{reports, gone, protocol.CodeDeleted},
		{reports, protocol.Record{ID: protocol.UUID{9}}, protocol.CodeUnknownTarget},
	} {
		text := ""
		if tt.kind == comments {
			text = "words"
		}
		w.refused(w.about(anna, tt.kind, tt.target.ID, text), tt.want)
	}
	// A refusal is read by who wrote the comment, and knows of no records.
	if said := w.append(w.about(anna, comments, gone.ID, "too late"))[0].Err.Message; said != "What this comment is about was deleted." {
		t.Errorf("the refusal says %q", said)
	}
	w.taken(w.about(anna, reports, comment.ID, "also comments can be reported"))
	w.taken(w.about(bob, deletions, comment.ID, ""))
}

func TestADeletionLeavesATombstoneAndCannotBeUndone(t *testing.T) {
	w := newWorld(t)
	anna, bob := device(1), device(2)
	post := w.post(anna, "regrettable")
	comment := w.about(bob, protocol.KindComment, post.ID, "indeed")
	deletion := w.about(anna, protocol.KindDeletion, post.ID, "")
	w.append(post, comment, deletion)

	id := post.ID
	want := []protocol.Event{
		{Seq: 1, Kind: protocol.EventErased, ID: &id},
		{Seq: 2, Kind: protocol.EventComment, JWS: comment.JWS},
		{Seq: 3, Kind: protocol.EventDeletion, JWS: deletion.JWS},
	}
	if diff := cmp.Diff(want, w.log()); diff != "" {
		t.Error(diff)
	}
	w.refused(post, protocol.CodeDeleted)
	if out := w.append(deletion); out[0].Seq != 3 || out[0].Err != nil {
		t.Errorf("the deletion again: %+v", out[0])
	}
	w.refused(w.about(anna, protocol.KindDeletion, post.ID, ""), protocol.CodeDeleted)
	if _, _, err := w.Record(t.Context(), post.ID); protocol.CodeOf(err) != protocol.CodeDeleted {
		t.Errorf("reading it: %v", err)
	}
	if at, ok, err := w.At(t.Context(), 1); at != post.ID || !ok || err != nil {
		t.Errorf("At(1) = %v, %v, %v", at, ok, err)
	}
	if got := w.words("regrettable"); got != nil {
		t.Errorf("the search finds %q", got)
	}
}

func TestRecordsOfOneBatchDependOnOneAnother(t *testing.T) {
	w := newWorld(t)
	anna := device(1)
	post := w.post(anna, "short-lived")
	out := w.append(
		w.about(anna, protocol.KindComment, post.ID, "too early"),
		post,
		w.about(anna, protocol.KindComment, post.ID, "in time"),
		w.about(anna, protocol.KindDeletion, post.ID, ""),
		w.about(anna, protocol.KindComment, post.ID, "too late"),
		post,
	)
	var got []protocol.Code
	for _, a := range out {
		if a.Err != nil {
			got = append(got, a.Err.Code)
		} else {
			got = append(got, "")
		}
	}
	want := []protocol.Code{protocol.CodeUnknownTarget, "", "", "", protocol.CodeDeleted, protocol.CodeDeleted}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got := w.kinds(); got != "erased comment deletion " {
		t.Errorf("log: %s", got)
	}
}

func TestACancelledAppendCommitsNothing(t *testing.T) {
	w := newWorld(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := w.Append(ctx, []protocol.Record{w.post(device(1), "never")}); err == nil {
		t.Error("no error")
	}
	if w.Head() != 0 || len(w.log()) != 0 {
		t.Error("something was committed")
	}
}

func TestRangesAreBoundedInNumberAndBytes(t *testing.T) {
	w := newWorld(t)
	for _, text := range numbered("post ", 10) {
		w.taken(w.post(device(1), text))
	}
	for _, tt := range []struct {
		after      uint64
		n, bytes   int
		first, len int
	}{
		{0, 100, 1 << 20, 1, 10},
		{4, 3, 1 << 20, 5, 3},
		{8, 3, 1 << 20, 9, 2},
		{10, 3, 1 << 20, 0, 0},
		{99, 3, 1 << 20, 0, 0},
		{2, 9, 1, 3, 1},
		{2, 9, 2 * (len(w.log()[0].JWS) + eventOverhead + 8), 3, 2},
	} {
		events, err := w.Range(t.Context(), tt.after, tt.n, tt.bytes)
		if err != nil || len(events) != tt.len || tt.len > 0 && events[0].Seq != uint64(tt.first) {
			t.Errorf("%+v: %d events, %v", tt, len(events), err)
		}
	}
	if _, ok, err := w.At(t.Context(), 11); ok || err != nil {
		t.Errorf("beyond the log: %v, %v", ok, err)
	}
}
