package localmap

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"p4p/protocol"
)

func TestTheOutboxKeepsOrderBytesAndPictures(t *testing.T) {
	c := &clock{noon}
	m, err := Open(t.TempDir(), Options{Now: c.now})
	ok(t, err)
	picture := []byte("a picture")
	first := post(t, m, "first", nil)
	second := post(t, m, "second", &protocol.Image{Blob: protocol.BlobOf(picture), Width: 1, Height: 1})
	third := post(t, m, "third", nil)
	ok(t, m.Enqueue(ctx, first, nil))
	c.t = noon.Add(-time.Hour) // a clock set back does not change the order
	ok(t, m.Enqueue(ctx, second, picture))
	ok(t, m.Enqueue(ctx, third, nil))
	ok(t, m.Enqueue(ctx, first, nil)) // again: changes nothing
	want := []Outgoing{
		{ID: first.ID, Kind: protocol.KindPost, JWS: first.JWS, QueuedAt: noon},
		{ID: second.ID, Kind: protocol.KindPost, JWS: second.JWS, Picture: picture, QueuedAt: c.t},
		{ID: third.ID, Kind: protocol.KindPost, JWS: third.JWS, QueuedAt: c.t},
	}
	ok(t, m.Close())
	m = reopened(t, m.dir)
	if d := cmp.Diff(want, must[[]Outgoing](t)(m.Outbox(ctx))); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	want[1].Picture = nil
	if d := cmp.Diff(want, must[[]Outgoing](t)(m.OutboxList(ctx))); d != "" {
		t.Errorf("without pictures (-want +got):\n%s", d)
	}
	ok(t, m.Dequeue(ctx, second.ID))
	ok(t, m.Dequeue(ctx, second.ID)) // another process was faster
	if d := cmp.Diff([]Outgoing{want[0], want[2]}, must[[]Outgoing](t)(m.Outbox(ctx))); d != "" {
		t.Errorf("after one was sent (-want +got):\n%s", d)
	}
}

func TestARefusedRecordWaitsWithItsReasonUntilItIsTriedAgain(t *testing.T) {
	m := fresh(t)
	r := post(t, m, "hello", nil)
	ok(t, m.Enqueue(ctx, r, nil))
	why := protocol.Errorf(protocol.CodeClockAhead, "The clock is ahead.")
	ok(t, m.MarkRefused(ctx, r.ID, why))
	ok(t, m.Enqueue(ctx, r, nil)) // does not bring it back
	if got := must[[]Outgoing](t)(m.Outbox(ctx)); len(got) != 1 || cmp.Diff(why, got[0].Refused) != "" {
		t.Errorf("the outbox has %+v", got)
	}
	ok(t, m.Retry(ctx, r.ID))
	if got := must[[]Outgoing](t)(m.Outbox(ctx)); len(got) != 1 || got[0].Refused != nil {
		t.Errorf("the outbox has %+v", got)
	}
	wantCode(t, m.MarkRefused(ctx, other, why), protocol.CodeUnknownRecord)
	wantCode(t, m.Retry(ctx, other), protocol.CodeUnknownRecord)
}

func TestTheFirstRecordBindsTheProfile(t *testing.T) {
	m := fresh(t)
	ok(t, m.Enqueue(ctx, post(t, m, "hello", nil), nil))
	if id, _, _ := m.Server(); id == nil || *id != server {
		t.Errorf("bound to %v", id)
	}
	wantCode(t, m.Enqueue(ctx, foreign(t, m), nil), protocol.CodeOtherServer)
	if n := len(must[[]Outgoing](t)(m.Outbox(ctx))); n != 1 {
		t.Errorf("%d records wait", n)
	}
}

func TestARetiredKeyOnlyDeletes(t *testing.T) {
	m := fresh(t)
	old := post(t, m, "hello", nil)
	deletion, err := protocol.Sign(m.Key(), protocol.KindDeletion, protocol.Payload{
		Server: server, CreatedAt: protocol.Cut(noon), Target: old.ID,
	})
	ok(t, err)
	rotateAside(t, m.dir, 2)
	must[bool](t)(m.Refresh(ctx))
	wantCode(t, m.Enqueue(ctx, old, nil), protocol.CodeWrongState)
	ok(t, m.Enqueue(ctx, deletion, nil))
}

func TestARecordWithOtherBytesOrAnotherPictureIsNotQueued(t *testing.T) {
	m := fresh(t)
	r := post(t, m, "hello", nil)
	r.JWS = strings.Replace(r.JWS, ".", ".A", 1)
	if err := m.Enqueue(ctx, r, nil); err == nil {
		t.Error("a record with other bytes was queued")
	}
	r = post(t, m, "hello", &protocol.Image{Blob: protocol.BlobOf([]byte("a")), Width: 1, Height: 1})
	if err := m.Enqueue(ctx, r, []byte("b")); err == nil {
		t.Error("another picture was queued")
	}
	if err := m.Enqueue(ctx, post(t, m, "no picture", nil), []byte("b")); err == nil {
		t.Error("a picture without a name was queued")
	}
	if n := len(must[[]Outgoing](t)(m.Outbox(ctx))); n != 0 {
		t.Errorf("%d records wait", n)
	}
}

func TestOneAtATimeSendsTheOutbox(t *testing.T) {
	m := fresh(t)
	second := reopened(t, m.dir)
	unlock, got, err := m.LockOutbox()
	ok(t, err)
	if !got {
		t.Fatal("a free outbox was not locked")
	}
	for _, h := range []*Map{m, second} {
		if _, got, err := h.LockOutbox(); err != nil || got {
			t.Errorf("a locked outbox was locked again: %v, %v", got, err)
		}
	}
	unlock()
	unlock, got, err = second.LockOutbox()
	ok(t, err)
	if !got {
		t.Fatal("an unlocked outbox was not locked")
	}
	unlock()
}

func TestDraftsAndSettingsAreKeptUntilTheyAreEmptied(t *testing.T) {
	m := fresh(t)
	for name, pair := range map[string]struct {
		get func(string) (string, error)
		set func(string, string) error
	}{
		"draft": {
			func(k string) (string, error) { return m.Draft(ctx, k) },
			func(k, v string) error { return m.SaveDraft(ctx, k, v) },
		},
		"setting": {
			func(k string) (string, error) { return m.Setting(ctx, k) },
			func(k, v string) error { return m.SetSetting(ctx, k, v) },
		},
	} {
		for _, v := range []string{"", "one", "two\n\x00 'lines'", ""} {
			ok(t, pair.set("post", v))
			ok(t, pair.set("comment", "something else"))
			if got := must[string](t)(pair.get("post")); got != v {
				t.Errorf("%s: %q became %q", name, v, got)
			}
		}
	}
	ok(t, m.SaveDraft(ctx, "post", "kept"))
	ok(t, m.Close())
	if got := must[string](t)(reopened(t, m.dir).Draft(ctx, "post")); got != "kept" {
		t.Errorf("reopened: %q", got)
	}
}

func TestWhatIsNotDueIsUndoneAndWhatIsReleasedIsNot(t *testing.T) {
	c := &clock{noon}
	m, err := Open(t.TempDir(), Options{Now: c.now})
	ok(t, err)
	defer func() { ok(t, m.Close()) }()
	first, second := post(t, m, "first", nil), post(t, m, "second", nil)
	ok(t, m.EnqueueLater(ctx, first, noon.Add(6*time.Second)))
	ok(t, m.EnqueueLater(ctx, second, noon.Add(6*time.Second)))
	ok(t, m.Undo(ctx, first.ID))
	wantCode(t, m.Undo(ctx, first.ID), protocol.CodeUnknownRecord)
	other := post(t, m, "of another program", nil)
	ok(t, m.EnqueueLater(ctx, other, noon.Add(6*time.Second)))
	ids := []protocol.UUID{first.ID, second.ID}
	if !must[bool](t)(m.Release(ctx, ids)) || must[bool](t)(m.Release(ctx, ids)) || must[bool](t)(m.Release(ctx, nil)) {
		t.Error("it was not released once")
	}
	ok(t, m.Undo(ctx, other.ID))
	wantCode(t, m.Undo(ctx, second.ID), protocol.CodeUnknownRecord)
	if got := must[[]Outgoing](t)(m.Outbox(ctx)); len(got) != 1 || got[0].ID != second.ID || !got[0].Due.IsZero() {
		t.Errorf("the outbox has %+v", got)
	}
}

func TestWhatIsWrittenAgainIsADraftOrWaitsNeverBoth(t *testing.T) {
	m := fresh(t)
	r := post(t, m, "hello", nil)
	ok(t, m.Enqueue(ctx, r, nil))
	ok(t, m.SaveDraft(ctx, "post", "another"))
	wantCode(t, m.Reopen(ctx, r.ID, "post", "hello", ""), protocol.CodeWrongState)
	ok(t, m.SaveDraft(ctx, "post", ""))
	ok(t, m.Reopen(ctx, r.ID, "post", "hello", ""))
	wantCode(t, m.Reopen(ctx, r.ID, "post", "hello", ""), protocol.CodeUnknownRecord)
	if n := len(must[[]Outgoing](t)(m.Outbox(ctx))); n != 0 || must[string](t)(m.Draft(ctx, "post")) != "hello" {
		t.Errorf("%d wait", n)
	}
}

func TestWhatWasOnItsWayIsKnownEverAfter(t *testing.T) {
	m := fresh(t)
	r := post(t, m, "hello", nil)
	ok(t, m.Enqueue(ctx, r, nil))
	if must[[]Outgoing](t)(m.Outbox(ctx))[0].Tried {
		t.Error("it was on its way before it was sent")
	}
	ok(t, m.MarkTried(ctx, []protocol.UUID{r.ID, other}))
	if !must[[]Outgoing](t)(m.Outbox(ctx))[0].Tried {
		t.Error("it is forgotten")
	}
}

func TestWhatWasOnItsWayIsNotUndoneWhateverTheClockSays(t *testing.T) {
	now := noon
	m := must[*Map](t)(Open(t.TempDir(), Options{Now: func() time.Time { return now }}))
	defer func() { ok(t, m.Close()) }()
	r := post(t, m, "hello", nil)
	ok(t, m.EnqueueLater(ctx, r, noon.Add(6*time.Second)))
	now = noon.Add(7 * time.Second)
	ok(t, m.MarkTried(ctx, []protocol.UUID{r.ID}))
	now = noon // the clock was set back
	wantCode(t, m.Undo(ctx, r.ID), protocol.CodeUnknownRecord)
}

func TestWhatARestoredOutboxHoldsMayHaveBeenSentSince(t *testing.T) {
	m := fresh(t)
	waits, undoable := post(t, m, "waits", nil), post(t, m, "could be undone", nil)
	ok(t, m.Enqueue(ctx, waits, nil))
	ok(t, m.EnqueueLater(ctx, undoable, m.now().Add(6*time.Second)))
	b := must[*Backup](t)(ReadBackup(ctx, bytes.NewReader(backupOf(t, m))))
	again := fresh(t)
	ok(t, again.Restore(ctx, b, nothingPasses))
	got := must[[]Outgoing](t)(again.Outbox(ctx))
	if len(got) != 1 || got[0].ID != waits.ID || !got[0].Tried {
		t.Errorf("the outbox has %+v", got)
	}
}

func TestWhatGoesIntoTheOutboxIsItsDraftNoMoreAndWhatDoesNotStaysIt(t *testing.T) {
	m := fresh(t)
	picture := []byte("a picture")
	r := post(t, m, "hello", &protocol.Image{Blob: protocol.BlobOf(picture), Width: 1, Height: 1})
	ok(t, m.Bind(ctx, server, "", ""))
	for _, where := range []string{"post", "comment:x"} {
		ok(t, m.SaveDraft(ctx, where, "hello"))
		ok(t, m.SaveDraftPicture(ctx, where, DraftPicture{Bytes: picture}))
	}
	if err := m.EnqueueDraft(ctx, "post", r, []byte("another picture")); err == nil {
		t.Fatal("it was taken with the wrong picture")
	}
	wantCode(t, m.EnqueueDraft(ctx, "post", foreign(t, m), nil), protocol.CodeOtherServer)
	if text, p := must[string](t)(m.Draft(ctx, "post")), must[DraftPicture](t)(m.DraftPicture(ctx, "post")); text != "hello" || p.Bytes == nil {
		t.Errorf("the draft is %q with %v", text, p)
	}
	ok(t, m.EnqueueDraft(ctx, "post", r, picture))
	if text, p := must[string](t)(m.Draft(ctx, "post")), must[DraftPicture](t)(m.DraftPicture(ctx, "post")); text != "" || p.Bytes != nil {
		t.Errorf("the draft is %q with %v", text, p)
	}
	if text, p := must[string](t)(m.Draft(ctx, "comment:x")), must[DraftPicture](t)(m.DraftPicture(ctx, "comment:x")); text != "hello" || p.Bytes == nil {
		t.Errorf("the other draft is %q with %v", text, p)
	}
	if n := len(must[[]Outgoing](t)(m.Outbox(ctx))); n != 1 {
		t.Errorf("%d wait", n)
	}
}

// Where SQLite fails stands for where a process dies: either way nothing of the
// transaction is left.
func TestAFailureOnTheWayIntoTheOutboxLeavesTheDraftWhole(t *testing.T) {
	m := fresh(t)
	picture := []byte("a picture")
	r := post(t, m, "hello", &protocol.Image{Blob: protocol.BlobOf(picture), Width: 1, Height: 1})
	ok(t, m.SaveDraft(ctx, "post", "hello"))
	ok(t, m.SaveDraftPicture(ctx, "post", DraftPicture{Bytes: picture}))
	for _, step := range []string{"INSERT ON outbox", "DELETE ON drafts", "DELETE ON draft_pictures"} {
		doSQL(t, m.dir, "CREATE TRIGGER fails BEFORE "+step+" BEGIN SELECT RAISE(ABORT, 'fails'); END")
		if err := m.EnqueueDraft(ctx, "post", r, picture); err == nil {
			t.Fatalf("%s does not fail", step)
		}
		doSQL(t, m.dir, "DROP TRIGGER fails")
		text, p := must[string](t)(m.Draft(ctx, "post")), must[DraftPicture](t)(m.DraftPicture(ctx, "post"))
		if n := len(must[[]Outgoing](t)(m.Outbox(ctx))); n != 0 || text != "hello" || p.Bytes == nil {
			t.Errorf("%s: the draft is %q with %v, and %d wait", step, text, p, n)
		}
	}
	ok(t, m.EnqueueDraft(ctx, "post", r, picture))
}

func TestOnlyTheDraftThatIsSentGoes(t *testing.T) {
	m := fresh(t)
	picture := []byte("a picture")
	r := post(t, m, "hell\u00f6", &protocol.Image{Blob: protocol.BlobOf(picture), Width: 1, Height: 1, Alt: "a lake"})
	for name, d := range map[string]struct {
		text, alt string
		picture   []byte
		goes      bool
	}{
		"itself":                    {"hell\u00f6", "a lake", picture, true},
		"itself as it was typed":    {" hello\u0308\r\n", "a lake ", picture, true},
		"another text":              {"hello", "a lake", picture, false},
		"another picture":           {"hell\u00f6", "a lake", []byte("another"), false},
		"a picture told in others":  {"hell\u00f6", "a sea", picture, false},
		"the text without picture":  {"hell\u00f6", "", nil, false},
		"the picture without words": {"", "a lake", picture, false},
	} {
		ok(t, m.SaveDraft(ctx, "post", d.text))
		ok(t, m.SaveDraftPicture(ctx, "post", DraftPicture{Bytes: d.picture, Alt: d.alt}))
		ok(t, m.EnqueueDraft(ctx, "post", r, picture))
		text, p := must[string](t)(m.Draft(ctx, "post")), must[DraftPicture](t)(m.DraftPicture(ctx, "post"))
		if gone := text == "" && p.Bytes == nil; gone != d.goes || !gone && (text != d.text || !bytes.Equal(p.Bytes, d.picture)) {
			t.Errorf("%s: the draft is %q with %q", name, text, p.Bytes)
		}
	}
}
