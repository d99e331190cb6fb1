package client

import (
	"context"
	"database/sql"
	"net/http"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"p4p/localmap"
	"p4p/protocol"
)

// slow is a liar whose clock a test sets, and which keeps to the rule about it.
type slow struct {
	*liar
	mu  sync.Mutex
	now time.Time
}

func newSlow(t *testing.T, now time.Time) *slow {
	l := &slow{liar: newLiar(t), now: now}
	inner := l.Config.Handler
	l.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", l.clock().UTC().Format(http.TimeFormat))
		inner.ServeHTTP(w, r)
	})
	l.take = func(jws []string) (int, any) {
		var a protocol.PostedRecords
		for _, j := range jws {
			r, err := protocol.ParseRecord(j)
			if err != nil {
				t.Error(err)
			}
			result := protocol.RecordResult{ID: r.ID}
			if result.Error = asError(r.CheckFor(l.sid, l.clock())); result.Error == nil {
				result.Seq = l.takeOne(j)
			}
			a.Results = append(a.Results, result)
		}
		return http.StatusOK, a
	}
	return l
}

func asError(err error) *protocol.Error {
	if err == nil {
		return nil
	}
	return protocol.Errorf(protocol.CodeOf(err), "%s", err)
}

func (l *slow) clock() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.now
}

func (l *slow) sets(now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.now = now
}

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// saidAhead is a client that said something offline, its clock ahead by so much.
func (l *slow) saidAhead(ahead time.Duration, after func(time.Duration) (<-chan time.Time, func())) *reader {
	l.t.Helper()
	r := opens(l.t, Options{Home: l.t.TempDir(), Server: l.URL, Now: func() time.Time { return l.clock().Add(ahead) }, after: after})
	if err := r.Connect(l.t.Context()); err != nil {
		l.t.Fatal(err)
	}
	r.says("from later")
	return r
}

// says puts a post into the outbox without trying to send it.
func (r *reader) says(text string) {
	r.t.Helper()
	id, err := r.serverID(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	p := protocol.Payload{Server: id, Text: text, CreatedAt: protocol.Cut(r.now())}
	if err := r.local.Enqueue(r.t.Context(), sign(r.t, r.local.Key(), protocol.KindPost, p), nil); err != nil {
		r.t.Fatal(err)
	}
	if err := r.changedOutbox(r.t.Context(), nil); err != nil {
		r.t.Fatal(err)
	}
}

func TestWhatWasSaidWithTheClockAheadIsSentWhenItsTimeHasCome(t *testing.T) {
	l := newSlow(t, noon)
	r := l.saidAhead(time.Hour, quick)
	r.syncs()
	if st := r.Status(); st.Outbox != 1 || st.Refused != 0 || len(l.posted) != 1 {
		t.Fatalf("status %+v after %d calls; want it to wait", st, len(l.posted))
	}
	r.syncs()
	if len(l.posted) != 1 {
		t.Errorf("sent again too early")
	}
	l.sets(noon.Add(55*time.Minute + time.Second))
	r.syncs()
	if st := r.Status(); st.Outbox != 0 || !r.sees("from later") {
		t.Errorf("status %+v", st)
	}
}

func TestARunningClientSendsWhatWasTooEarlyByItself(t *testing.T) {
	l := newSlow(t, noon)
	due := make(chan chan time.Time, 10)
	r := l.saidAhead(time.Hour, func(d time.Duration) (<-chan time.Time, func()) {
		if d > 50*time.Minute && d <= 55*time.Minute {
			ring := make(chan time.Time)
			due <- ring
			return ring, func() {}
		}
		return quick(d)
	}).runs()
	ring := <-due
	l.sets(noon.Add(56 * time.Minute))
	ring <- noon
	r.waits("it was sent", func() bool { return r.sees("from later") && r.Status().Outbox == 0 })
}

// A clock that is a month ahead is for its owner to set; a server whose own clock
// does not agree with its refusal would have a record wait for ever.
func TestWhatIsFarTooEarlyWaitsForItsOwner(t *testing.T) {
	l := newSlow(t, noon)
	r := l.saidAhead(30*24*time.Hour, quick)
	r.syncs()
	got := r.outbox()
	if len(got) != 1 || got[0].Pending.Refused == nil || got[0].Pending.Refused.Code != protocol.CodeClockAhead {
		t.Errorf("outbox %+v", got)
	}
}

func TestWhatIsTooEarlyKeepsNothingElseWaiting(t *testing.T) {
	l := newSlow(t, noon)
	ahead := time.Hour
	r := opens(t, Options{Home: t.TempDir(), Server: l.URL, Now: func() time.Time { return l.clock().Add(ahead) }, after: quick})
	for range protocol.MaxBatch + 1 {
		r.says("early")
	}
	ahead = 0
	r.says("in time")
	r.syncs()
	if !slices.Equal(texts(r.shows()[protocol.MaxBatch+1:]), []string{"in time"}) || r.Status().Outbox != protocol.MaxBatch+1 {
		t.Errorf("shown %v, status %+v", texts(r.shows()), r.Status())
	}
}

func TestWhoIsThereIsToldThatTheClockIsAhead(t *testing.T) {
	l := newSlow(t, noon)
	r := l.saidAhead(time.Hour, quick)
	r.syncs()
	_, err := r.Post(t.Context(), "now", nil)
	wantCode(t, err, protocol.CodeClockAhead)
	if got := texts(r.outbox()); !slices.Equal(got, []string{"from later"}) {
		t.Errorf("outbox %v", got)
	}
}

// There is nobody to send it to: a timer that has fired must not fire again and again.
func TestWithoutAConnectionATimeThatHasComeWakesTheOutboxOnce(t *testing.T) {
	l := newSlow(t, noon)
	due := make(chan chan time.Time, 10)
	r := l.saidAhead(time.Hour, func(d time.Duration) (<-chan time.Time, func()) {
		if d > 0 {
			return quick(d)
		}
		ring := make(chan time.Time)
		due <- ring
		return ring, func() {}
	})
	r.syncs()
	l.sets(noon.Add(56 * time.Minute))
	ctx, end := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		r.keepSending(ctx)
	}()
	(<-due) <- noon
	r.outgoing.wake <- struct{}{}
	r.outgoing.wake <- struct{}{} // the first was taken, so the timers were looked at again
	if len(due) > 0 {
		t.Error("it fires again")
	}
	end()
	<-ended
	r.syncs()
	if st := r.Status(); st.Outbox != 0 || !r.sees("from later") {
		t.Errorf("status %+v", st)
	}
}

func TestAnOutboxThatCannotBeReadIsTriedAgainAfterAWhileAndNotAtOnce(t *testing.T) {
	var clock watch
	w := newTown(t)
	r := opens(t, Options{Home: t.TempDir(), Server: w.URL(), Now: clock.now, after: quick})
	mine := r.posts("mine")
	r.syncs()
	w.stop()
	must(r.DeleteLater(t.Context(), mine.ID, undoTime))
	clock.passes(undoTime)
	db, err := sql.Open("sqlite3", filepath.Join(r.dir, localmap.FileName))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	renames := func(from, to string) {
		if _, err := db.ExecContext(t.Context(), "ALTER TABLE "+from+" RENAME TO "+to); err != nil {
			t.Fatal(err)
		}
	}
	renames("outbox", "elsewhere")
	<-r.outgoing.wake // by the deletion
	asked, ring := make(chan time.Duration), make(chan time.Time)
	r.Client.opt.after = func(d time.Duration) (<-chan time.Time, func()) {
		asked <- d
		return ring, func() {}
	}
	ctx, end := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		r.keepSending(ctx)
	}()
	if d := <-asked; d != 0 {
		t.Errorf("what is due already waits for %v", d)
	}
	for range 3 {
		ring <- clock.now()
		if d := <-asked; d < busyPause {
			t.Fatalf("it is tried again after %v", d)
		}
	}
	renames("elsewhere", "outbox")
	ring <- clock.now()
	r.waits("what was held waits for the server", func() bool { return r.Status().Outbox == 1 })
	end()
	<-ended
}
