package client

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"p4p/protocol"
)

func (r *reader) posts(text string) Sent {
	r.t.Helper()
	s, err := r.Post(r.t.Context(), text, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	return s
}

func (r *reader) outbox() []Item {
	r.t.Helper()
	items, err := r.Outbox(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	return items
}

func TestAPostIsSentAtOnceAndBindsTheProfile(t *testing.T) {
	w := newTown(t)
	r := reads(t, w.URL())
	s := r.posts("  hello\r\nwo\u0301rld ")
	if s.Seq == nil || *s.Seq != 1 || s.ID.IsZero() {
		t.Fatalf("sent %+v", s)
	}
	if st := r.Status(); !st.Bound || st.ServerID != w.Info().Server || st.Outbox != 0 {
		t.Errorf("status %+v", st)
	}
	// Before the stream brings it, it is shown all the same, and not as waiting.
	if got := r.shows(); len(got) != 1 || got[0].Text != "hello\nwórld" || got[0].Pending != nil || got[0].Seq != 1 || got[0].Label.Kind != You {
		t.Errorf("shown %+v", got)
	}
	r.syncs()
	got := r.shows()
	if len(got) != 1 || got[0].ID != s.ID || got[0].Cursor() != (protocol.Cursor{Epoch: w.Info().Epoch, Seq: 1}) {
		t.Errorf("shown %+v", got)
	}
}

func TestWhatCannotBeSaidIsRefusedBeforeAnythingIsStored(t *testing.T) {
	w := newTown(t)
	for name, url := range map[string]string{"online": w.URL(), "offline": "http://127.0.0.1:1"} {
		t.Run(name, func(t *testing.T) {
			r := reads(t, url)
			for _, tt := range []struct {
				text string
				p    *Picture
				want protocol.Code
			}{
				{"", nil, protocol.CodeEmptyText},
				{" \n\t ", nil, protocol.CodeEmptyText},
				{strings.Repeat("x", protocol.MaxText+1), nil, protocol.CodeTooLarge},
				{"a\xffb", nil, protocol.CodeBadText},
				{"look", &Picture{Bytes: []byte("no picture")}, protocol.CodeBadPicture},
				{"look", &Picture{}, protocol.CodeBadPicture},
				{"look", &Picture{Bytes: tinyPNG, Alt: strings.Repeat("x", protocol.MaxAlt+1)}, protocol.CodeTooLarge},
			} {
				_, err := r.Post(t.Context(), tt.text, tt.p)
				wantCode(t, err, tt.want)
			}
			_, err := r.Comment(t.Context(), protocol.UUID{1}, "")
			wantCode(t, err, protocol.CodeEmptyText)
			_, err = r.Report(t.Context(), protocol.UUID{1}, strings.Repeat("x", protocol.MaxReason+1))
			wantCode(t, err, protocol.CodeTooLarge)
			if got := r.outbox(); len(got) != 0 || r.Status().Bound {
				t.Errorf("left behind: %+v, bound %v", got, r.Status().Bound)
			}
		})
	}
}

func TestWithoutAServerEverMetADraftStaysADraft(t *testing.T) {
	r := reads(t, "http://127.0.0.1:1")
	if err := r.SaveDraft(t.Context(), "post", "hello"); err != nil {
		t.Fatal(err)
	}
	_, err := r.Post(t.Context(), "hello", nil)
	wantCode(t, err, protocol.CodeNoServer)
	if got, err := r.Draft(t.Context(), "post"); err != nil || got != "hello" {
		t.Errorf("draft %q, %v", got, err)
	}
	if len(r.outbox()) != 0 {
		t.Error("a record was signed for a server that nobody knows")
	}
}

func TestWhatIsSaidOfflineIsSentWhenTheServerIsBack(t *testing.T) {
	w := newTown(t)
	p := newLine(t, w.addr)
	r := reads(t, p.url()).runs()
	r.waitsOnline()
	r.posts("online")
	r.waits("it is in the cache", func() bool { return r.place() == 1 })
	w.stop()
	p.cutAll()
	r.waits("it is offline", func() bool { return r.Status().Connection == Offline })
	first, second := r.posts("first"), r.posts("second")
	if first.Seq != nil || second.Seq != nil || r.Status().Outbox != 2 {
		t.Fatalf("sent %+v and %+v without a server, status %+v", first, second, r.Status())
	}
	got := r.shows()
	if want := []string{"second", "first", "online"}; !slices.Equal(texts(got), want) || got[0].Pending == nil || got[2].Pending != nil {
		t.Errorf("shown %+v, want %v", got, want)
	}
	// A restart keeps it.
	r.close()
	r.open()
	if got := texts(r.outbox()); !slices.Equal(got, []string{"first", "second"}) {
		t.Errorf("outbox after a restart %v", got)
	}
	r.runs()
	w.start(false)
	r.waits("all is sent and read", func() bool { return r.place() == 3 && r.Status().Outbox == 0 })
	if diff := cmp.Diff([]string{"1 post online", "2 post first", "3 post second"}, r.log()); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
}

func TestALostAnswerMakesNoSecondPost(t *testing.T) {
	l := newLiar(t)
	r := l.reads()
	l.set(func() {
		l.take = func(jws []string) (int, any) {
			l.takeAll(jws) // the server has it, and its answer is lost
			l.set(func() { l.take = nil })
			return 0, nil
		}
	})
	s := r.posts("once")
	if s.Seq != nil || r.Status().Outbox != 1 {
		t.Fatalf("sent %+v, status %+v", s, r.Status())
	}
	// The stream may bring it before the outbox knows: it is shown once.
	if _, err := r.cache.Use(t.Context(), l.sid, l.epoch); err != nil {
		t.Fatal(err)
	}
	if err := r.readUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := r.shows(); len(got) != 1 || got[0].Seq != 1 {
		t.Errorf("shown %+v, want the post once", got)
	}
	r.syncs()
	if len(l.posted) != 2 || !slices.Equal(l.posted[0], l.posted[1]) {
		t.Errorf("posted %d times; want twice the same bytes", len(l.posted))
	}
	if diff := cmp.Diff([]string{"1 post once"}, r.log()); diff != "" || r.Status().Outbox != 0 {
		t.Errorf("log (-want +got):\n%s%+v", diff, r.Status())
	}
}

// answers has the next calls of POST /v1/records answered so, for each record;
// then the server takes everything.
func (l *liar) answers(codes ...protocol.Code) {
	l.set(func() {
		l.take = func(jws []string) (int, any) {
			l.mu.Lock()
			if len(codes) == 0 {
				l.mu.Unlock()
				return l.takeAll(jws)
			}
			code := codes[0]
			codes = codes[1:]
			l.mu.Unlock()
			var a protocol.PostedRecords
			for _, j := range jws {
				a.Results = append(a.Results, protocol.RecordResult{ID: protocol.RecordUUID(j), Error: protocol.Errorf(code, "Because of %s.", code)})
			}
			return http.StatusOK, a
		}
	})
}

func TestARefusalWithSomebodyThereIsToldAndLeavesNothing(t *testing.T) {
	l := newLiar(t)
	r := l.reads()
	for _, code := range []protocol.Code{protocol.CodeClockAhead, protocol.CodeUnknownTarget, protocol.CodeRecordConflict, "of_tomorrow"} {
		l.answers(code)
		_, err := r.Comment(t.Context(), protocol.UUID{5}, "said")
		wantCode(t, err, code)
		if !strings.Contains(err.Error(), "Because of") || len(r.outbox()) != 0 {
			t.Errorf("%v, outbox %v", err, r.outbox())
		}
	}
}

func TestARefusalLaterWaitsForItsOwner(t *testing.T) {
	l := newLiar(t)
	r := l.reads()
	l.answers(protocol.CodeUnavailable, protocol.CodeClockAhead)
	s := r.posts("from the future")
	if s.Seq != nil {
		t.Fatalf("sent %+v", s)
	}
	r.syncs()
	got := r.outbox()
	if len(got) != 1 || got[0].Pending == nil || got[0].Pending.Refused == nil || got[0].Pending.Refused.Code != protocol.CodeClockAhead {
		t.Fatalf("outbox %+v", got)
	}
	if st := r.Status(); st.Outbox != 0 || st.Refused != 1 {
		t.Errorf("status %+v", st)
	}
	posted := len(l.posted)
	r.syncs()
	if len(l.posted) != posted {
		t.Error("a refused record was sent again by itself")
	}
	if err := r.Retry(t.Context(), s.ID); err != nil {
		t.Fatal(err)
	}
	r.syncs()
	if got := r.log(); !slices.Equal(got, []string{"1 post from the future"}) || r.Status().Refused != 0 {
		t.Errorf("log %v, status %+v", got, r.Status())
	}
}

func TestWhatIsRefusedCanBeDiscarded(t *testing.T) {
	l := newLiar(t)
	r := l.reads()
	l.answers(protocol.CodeUnavailable, protocol.CodeRecordConflict)
	s := r.posts("unlucky")
	r.syncs()
	if _, err := r.Delete(t.Context(), s.ID); err != nil { // nobody else has it: deleting discards
		t.Fatal(err)
	}
	if len(r.outbox()) != 0 || len(r.shows()) != 0 {
		t.Errorf("outbox %v, shown %v", r.outbox(), r.shows())
	}
	wantCode(t, r.Discard(t.Context(), s.ID), protocol.CodeUnknownRecord)
	wantCode(t, r.Retry(t.Context(), s.ID), protocol.CodeUnknownRecord)
}

func TestABusyServerGetsTheOutboxLater(t *testing.T) {
	l := newLiar(t)
	r := l.reads().runs()
	r.waitsOnline()
	l.answers(protocol.CodeRateLimited, protocol.CodeUnavailable, protocol.CodeInternal, protocol.CodeRateLimited)
	s := r.posts("patiently")
	r.waits("it is sent", func() bool { return r.Status().Outbox == 0 && r.place() == 1 })
	if got := r.shows(); len(got) != 1 || got[0].ID != s.ID || got[0].Pending != nil {
		t.Errorf("shown %+v", got)
	}
}

func TestOneBadRecordDoesNotHoldUpTheOthers(t *testing.T) {
	l := newLiar(t)
	r := l.reads()
	l.answers(protocol.CodeUnavailable, protocol.CodeUnavailable, protocol.CodeUnavailable)
	for _, text := range []string{"one", "bad", "three"} {
		r.posts(text)
	}
	// A whole call may be refused for one record in it.
	l.set(func() {
		l.take = func(jws []string) (int, any) {
			if slices.ContainsFunc(jws, func(j string) bool {
				p, err := protocol.ParseRecord(j)
				return err == nil && p.Text == "bad"
			}) {
				return http.StatusBadRequest, protocol.ErrorBody{Error: protocol.Errorf(protocol.CodeBadRequest, "No.")}
			}
			return l.takeAll(jws)
		}
	})
	r.syncs()
	if got := r.log(); !slices.Equal(got, []string{"1 post one", "2 post three"}) {
		t.Errorf("log %v", got)
	}
	if got := r.outbox(); len(got) != 1 || got[0].Text != "bad" || got[0].Pending.Refused == nil {
		t.Errorf("outbox %+v", got)
	}
}

func TestAWholeOutboxGoesInBatchesAndInOrder(t *testing.T) {
	t.Parallel()
	l := newLiar(t)
	r := l.reads()
	r.syncs()
	l.set(func() { l.take = func([]string) (int, any) { return 0, nil } })
	var want []string
	for n := 1; n <= 230; n++ {
		rec := sign(t, r.local.Key(), protocol.KindPost, protocol.Payload{Server: l.sid, Text: text(n)})
		if err := r.local.Enqueue(t.Context(), rec, nil); err != nil {
			t.Fatal(err)
		}
		want = append(want, text(n))
	}
	l.set(func() { l.take, l.posted = nil, nil })
	r.syncs()
	var got []string
	for _, i := range must(r.Events(t.Context(), EventQuery{Limit: 1000})) {
		got = append(got, i.Text)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
	if len(l.posted) != 3 {
		t.Errorf("%d calls, want 3", len(l.posted))
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestDeletingIsForOnesOwn(t *testing.T) {
	w := newTown(t)
	a := w.author()
	theirs := a.says("theirs")[0]
	r := reads(t, w.URL())
	mine := r.posts("mine")
	comment, err := r.Comment(t.Context(), theirs.ID, "my comment")
	if err != nil {
		t.Fatal(err)
	}
	r.syncs()
	_, err = r.Delete(t.Context(), theirs.ID)
	wantCode(t, err, protocol.CodeNotAuthor)
	_, err = r.Delete(t.Context(), protocol.UUID{7})
	wantCode(t, err, protocol.CodeUnknownRecord)
	gone, err := r.Delete(t.Context(), mine.ID)
	if err != nil || gone.Seq == nil {
		t.Fatal(gone, err)
	}
	// It is off the screen before the stream says so.
	if got := texts(r.shows()); !slices.Equal(got, []string{"theirs"}) {
		t.Errorf("shown %v", got)
	}
	if _, err := r.Delete(t.Context(), comment.ID); err != nil {
		t.Fatal(err)
	}
	r.syncs()
	_, err = r.Delete(t.Context(), mine.ID)
	wantCode(t, err, protocol.CodeDeleted)
	_, err = r.Delete(t.Context(), gone.ID)
	wantCode(t, err, protocol.CodeBadTarget)
	_, err = r.Comment(t.Context(), mine.ID, "too late")
	wantCode(t, err, protocol.CodeDeleted)
	_, err = r.Comment(t.Context(), gone.ID, "about a deletion")
	wantCode(t, err, protocol.CodeBadTarget)
	_, _, err = r.Thread(t.Context(), mine.ID)
	wantCode(t, err, protocol.CodeDeleted)
	want := []string{"1 post theirs", "4 deletion ", "5 deletion "}
	if diff := cmp.Diff(want, r.log()); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
}

func TestAPostThatTheServerLostAndDeletedIsNotSentForever(t *testing.T) {
	l := newLiar(t)
	r := l.reads()
	l.answers(protocol.CodeUnavailable, protocol.CodeDeleted)
	r.posts("taken, deleted by another process, and still in this outbox")
	r.syncs()
	if got := r.outbox(); len(got) != 0 {
		t.Errorf("outbox %+v", got)
	}
}

func TestAReportReachesTheServerAndNobodyElse(t *testing.T) {
	w := newTown(t)
	bad := w.author().says("bad")[0]
	r := reads(t, w.URL())
	s, err := r.Report(t.Context(), bad.ID, "it is bad")
	if err != nil || s.Seq == nil || *s.Seq != 2 {
		t.Fatal(s, err)
	}
	r.syncs()
	if got := r.log(); !slices.Equal(got, []string{"1 post bad"}) || r.place() != 2 {
		t.Errorf("log %v, place %d", got, r.place())
	}
}

func TestACommentWaitsInItsThread(t *testing.T) {
	l := newLiar(t)
	post := l.post1(newKey(t), "a post")
	l.tells(eventOf(post))
	r := l.reads()
	r.syncs()
	l.answers(protocol.CodeUnavailable)
	if _, err := r.Comment(t.Context(), post.ID, "mine, waiting"); err != nil {
		t.Fatal(err)
	}
	l.tells(eventOf(l.comment(newKey(t), post.ID, "theirs")))
	if err := r.readUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, comments, err := r.Thread(t.Context(), post.ID)
	if err != nil || !slices.Equal(texts(comments), []string{"theirs", "mine, waiting"}) || comments[1].Pending == nil {
		t.Errorf("comments %+v, %v", comments, err)
	}
}

func TestTwoProcessesOfOneProfileKeepEachOtherPosted(t *testing.T) {
	w := newTown(t)
	tui := reads(t, w.URL()).runs()
	tui.waitsOnline()
	command := opens(t, tui.opt)
	s := command.posts("from the command line")
	if s.Seq == nil {
		t.Fatal("the command does not know that its post was sent")
	}
	tui.waits("the TUI shows it as its own", func() bool {
		got := tui.shows()
		return len(got) == 1 && got[0].Label.Kind == You && got[0].Pending == nil && tui.Status().Bound
	})
	// What a command leaves in the outbox the TUI sends.
	rec := sign(t, command.local.Key(), protocol.KindPost, protocol.Payload{Server: w.Info().Server, Text: "left behind"})
	if err := command.local.Enqueue(t.Context(), rec, nil); err != nil {
		t.Fatal(err)
	}
	tui.waits("the TUI sent it", func() bool { return tui.sees("left behind") })
	// And the command reads what the TUI has stored already.
	command.syncs()
	if got := command.log(); !slices.Equal(got, []string{"1 post from the command line", "2 post left behind"}) {
		t.Errorf("log %v", got)
	}
	if err := command.AddContact(t.Context(), "Bob"); err != nil {
		t.Fatal(err)
	}
	changes := tui.Changes()
	tui.waits("the TUI knows the contact", func() bool {
		_, err := changes.Next(t.Context())
		book, err2 := tui.Contacts(t.Context())
		return errors.Join(err, err2) == nil && len(book) == 1
	})
}

func TestWhileAnotherProcessSendsOneWaitsForIt(t *testing.T) {
	w := newTown(t)
	r := reads(t, w.URL())
	r.syncs()
	other := opens(t, r.opt)
	unlock, ok, err := other.local.LockOutbox()
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	// The other process sends just what it finds, this post included.
	paused := 0
	r.Client.opt.after = func(d time.Duration) (<-chan time.Time, func()) {
		if paused++; paused == 3 {
			unlock()
			if _, err := other.send(t.Context()); err != nil {
				t.Error(err)
			}
		}
		return quick(d)
	}
	if s := r.posts("hello"); s.Seq == nil || *s.Seq != 1 {
		t.Errorf("sent %+v, want the seq that the other process was told", s)
	}
}
