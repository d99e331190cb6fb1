package hub

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"p4p/protocol"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestWhatWaitsIsCommittedTogetherAndGoesOutAsOneFrame(t *testing.T) {
	l := &fakeLog{hold: make(chan struct{})}
	synctest.Test(t, func(t *testing.T) {
		l.hold = make(chan struct{})
		h := New(l, Options{})
		r := h.Reader(0)
		var wg sync.WaitGroup
		for i := range 50 {
			wg.Go(func() {
				if _, err := h.Submit(context.Background(), []protocol.Record{post(fmt.Sprint("text ", i))}); err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait() // one is in the commit, all others wait
		l.hold <- struct{}{}
		l.hold <- struct{}{}
		wg.Wait()
		if l.commits != 2 || h.Head() != 50 {
			t.Errorf("%d commits up to seq %d, want 2 up to 50", l.commits, h.Head())
		}
		frames, _, err := r.Next(context.Background())
		if err != nil || len(frames) != 2 {
			t.Errorf("%d frames, %v; want one for each commit", len(frames), err)
		}
		if err := h.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
}

func TestManyReadersSeeEveryEventOnceAndInOrderWhateverTheRingHolds(t *testing.T) {
	for _, ringBytes := range []int{1, 3000, 1 << 20} {
		t.Run(fmt.Sprint(ringBytes), func(t *testing.T) {
			h := newHub(t, &fakeLog{}, Options{RingBytes: ringBytes})
			const posters, each = 8, 200
			var wg sync.WaitGroup
			for range 20 {
				r := h.Reader(0)
				wg.Go(func() {
					if _, err := follow(t.Context(), r, posters*each); err != nil {
						t.Error(err)
					}
				})
			}
			for p := range posters {
				wg.Go(func() {
					for i := range each {
						if _, err := h.Submit(t.Context(), []protocol.Record{post(fmt.Sprintf("%d of %d %s", i, p, strings.Repeat("x", i)))}); err != nil {
							t.Error(err)
						}
					}
				})
			}
			wg.Wait()
		})
	}
}

func TestResumingAtAnyPlaceNeitherSkipsNorRepeats(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := &fakeLog{}
		h := New(l, Options{RingBytes: rapid.IntRange(1, 4000).Draw(t, "ring")})
		defer h.Close(context.Background())
		total := 0
		for _, n := range rapid.SliceOfN(rapid.IntRange(1, 30), 1, 20).Draw(t, "batches") {
			recs := make([]protocol.Record, n)
			for i := range recs {
				recs[i] = post(fmt.Sprint("text ", total+i))
			}
			if _, err := h.Submit(context.Background(), recs); err != nil {
				t.Fatal(err)
			}
			total += n
		}
		after := rapid.IntRange(0, total).Draw(t, "after")
		got, err := follow(context.Background(), h.Reader(uint64(after)), uint64(total))
		if err != nil || len(got) != total-after {
			t.Fatalf("after %d of %d: %d events, %v", after, total, len(got), err)
		}
		for i, e := range got {
			if e.JWS != fmt.Sprint("text ", after+i) {
				t.Fatalf("seq %d says %q", e.Seq, e.JWS)
			}
		}
	})
}

func TestAReaderInTheRingDoesNotTouchTheStore(t *testing.T) {
	l := &fakeLog{}
	h := newHub(t, l, Options{})
	for i := range 100 {
		submit(t, h, post(fmt.Sprint(i)))
	}
	if _, err := follow(t.Context(), h.Reader(40), 100); err != nil {
		t.Fatal(err)
	}
	if l.reads != 0 {
		t.Errorf("%d reads of the store", l.reads)
	}
}

func TestEventsAreEncodedAsJSONSpellsThem(t *testing.T) {
	id := protocol.RecordUUID("x")
	events := []protocol.Event{
		{Seq: 1, Kind: protocol.EventPost, JWS: "aZ09-_.b.c"},
		{Seq: 2, Kind: protocol.EventComment, JWS: "a\"<&>\u2028\x00"},
		{Seq: 1<<53 - 1, Kind: protocol.EventDeletion, JWS: "a"},
		{Seq: 3, Kind: protocol.EventHidden},
		{Seq: 4, Kind: protocol.EventErased, ID: &id},
		{Seq: 5, Kind: protocol.EventTakedown, Target: &id},
	}
	for _, e := range events {
		want, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		if got := appendEvent(nil, e); string(got) != string(want) {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestAFrameStaysBelowItsLimit(t *testing.T) {
	h := newHub(t, &fakeLog{}, Options{})
	recs := make([]protocol.Record, 100)
	for i := range recs {
		recs[i] = post(strings.Repeat(string(rune('a'+i%26)), protocol.MaxRecord))
	}
	submit(t, h, recs...)
	got, err := follow(t.Context(), h.Reader(0), 100) // decode checks the limit
	if err != nil {
		t.Fatal(err)
	}
	for i, e := range got {
		if e.JWS != recs[i].JWS {
			t.Fatalf("event %d is another", i)
		}
	}
}

func TestTheRingForgetsWhatWasDeleted(t *testing.T) {
	l := &fakeLog{}
	h := newHub(t, l, Options{})
	secret := post("something that I regret")
	submit(t, h, post("before"), secret, post("after"))
	submit(t, h, deletion(secret))
	checkErased(t, h, secret, 4)
}

func TestWhatIsDeletedInTheVeryCommitThatBroughtItIsNeverTold(t *testing.T) {
	h := newHub(t, &fakeLog{}, Options{})
	secret := post("something that I regret at once")
	submit(t, h, post("before"), secret, post("after"), deletion(secret))
	checkErased(t, h, secret, 4)
}

func TestTheRingForgetsWhatTheOperatorTookDown(t *testing.T) {
	h := newHub(t, &fakeLog{}, Options{})
	secret := post("something unlawful")
	submit(t, h, post("before"), secret, post("after"))
	if err := h.Takedown(t.Context(), secret.ID); err != nil {
		t.Fatal(err)
	}
	got := checkErased(t, h, secret, 4)
	if e := got[3]; e.Kind != protocol.EventTakedown || *e.Target != secret.ID {
		t.Errorf("the takedown is told as %+v", e)
	}
}

func checkErased(t *testing.T, h *Hub, secret protocol.Record, last uint64) []protocol.Event {
	t.Helper()
	got, err := follow(t.Context(), h.Reader(0), last)
	if err != nil {
		t.Fatal(err)
	}
	if e := got[1]; e.Kind != protocol.EventErased || e.JWS != "" || *e.ID != secret.ID {
		t.Errorf("seq 2 is told as %+v", e)
	}
	if got[0].JWS != "before" || got[2].JWS != "after" {
		t.Errorf("its neighbours changed: %+v", got)
	}
	for _, f := range h.ring.frames {
		if strings.Contains(string(f.wire), secret.JWS) {
			t.Error("the ring still holds the text")
		}
	}
	return got
}

func TestAFailedCommitIsToldToAllWhoWaitedForIt(t *testing.T) {
	l := &fakeLog{fail: errors.New("disk full")}
	h := newHub(t, l, Options{})
	if _, err := h.Submit(t.Context(), []protocol.Record{post("lost")}); !errors.Is(err, l.fail) {
		t.Fatalf("got %v", err)
	}
	l.mu.Lock()
	l.fail = nil
	l.mu.Unlock()
	submit(t, h, post("kept"))
	if got, err := follow(t.Context(), h.Reader(0), 1); err != nil || got[0].JWS != "kept" {
		t.Fatalf("%+v, %v", got, err)
	}
}

func TestACommitThatReachedTheDiskDespiteItsErrorIsStillTold(t *testing.T) {
	l := &fakeLog{}
	h := newHub(t, l, Options{})
	submit(t, h, post("first"))
	l.mu.Lock()
	l.log, l.ids = append(l.log, protocol.Event{Seq: 2, Kind: protocol.EventPost, JWS: "there all the same"}), append(l.ids, protocol.UUID{})
	l.mu.Unlock()
	submit(t, h, post("third"))
	got, err := follow(t.Context(), h.Reader(0), 3)
	if err != nil || got[1].JWS != "there all the same" {
		t.Fatalf("%+v, %v", got, err)
	}
}

func TestAFullQueueHoldsItsCallersBackUntilTheyGiveUp(t *testing.T) {
	l := &fakeLog{hold: make(chan struct{}), events: make(chan struct{}, 10)}
	h := New(l, Options{QueueBytes: 10})
	filled := make(chan error, 1)
	go func() {
		_, err := h.Submit(context.Background(), []protocol.Record{post("0123456789")})
		filled <- err
	}()
	<-l.events // it is in the commit and fills the queue until it is done
	ctx, cancel := context.WithCancel(t.Context())
	failed := make(chan error)
	go func() {
		_, err := h.Submit(ctx, []protocol.Record{post("one more")})
		failed <- err
	}()
	cancel()
	if err := <-failed; protocol.CodeOf(err) != protocol.CodeUnavailable {
		t.Errorf("got %v", err)
	}
	close(l.hold)
	if err := <-filled; err != nil {
		t.Error(err)
	}
	if err := h.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestClosingCommitsWhatWaitsAndRefusesWhatComes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &fakeLog{hold: make(chan struct{})}
		h := New(l, Options{})
		var wg sync.WaitGroup
		for i := range 10 {
			wg.Go(func() {
				if _, err := h.Submit(context.Background(), []protocol.Record{post(fmt.Sprint(i))}); err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		wg.Go(func() {
			if err := h.Close(context.Background()); err != nil {
				t.Error(err)
			}
		})
		synctest.Wait()
		_, err := h.Submit(context.Background(), []protocol.Record{post("too late")})
		if protocol.CodeOf(err) != protocol.CodeUnavailable {
			t.Errorf("after closing: %v", err)
		}
		close(l.hold)
		wg.Wait()
		if l.Head() != 10 {
			t.Errorf("%d records are in the log, want 10", l.Head())
		}
	})
}

func TestClosingDoesNotWaitForAStuckStoreForever(t *testing.T) {
	l := &fakeLog{hold: make(chan struct{}), events: make(chan struct{}, 1)}
	h := New(l, Options{})
	failed := make(chan error, 1)
	go func() {
		_, err := h.Submit(context.Background(), []protocol.Record{post("stuck")})
		failed <- err
	}()
	<-l.events
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := h.Close(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("closing: %v", err)
	}
	if err := <-failed; err == nil {
		t.Error("the stuck record was acknowledged")
	}
}

func TestWatchersHearOfTheirMailboxesOnly(t *testing.T) {
	w := NewWatches()
	a, b := w.Watcher(), w.Watcher()
	f, g := protocol.RecordUUID("f"), protocol.RecordUUID("g")
	a.Add(f)
	b.Add(g)
	w.Notify(f)
	w.Notify(f)
	<-a.Wake()
	if c := a.Changed(); len(c) != 1 || c[0] != f {
		t.Errorf("a heard of %v, want of f once", c)
	}
	select {
	case <-b.Wake():
		t.Error("b heard of a mailbox that it does not watch")
	default:
	}
	a.Remove(f)
	w.Notify(f)
	if c := a.Changed(); len(c) != 0 {
		t.Errorf("a heard of %v after its watch ended", c)
	}
	b.Close()
	if len(w.watchers) != 0 {
		t.Errorf("watches are left behind: %v", w.watchers)
	}
}

func TestNobodyWaitsForAWriterThatPanicked(t *testing.T) {
	fault := make(chan any, 1)
	h := New(&fakeLog{}, Options{
		Committed: func(int, time.Duration) { panic("oh, in the writer") },
		Guard: func(f func()) {
			defer func() { fault <- recover() }()
			f()
		},
	})
	_, err := h.Submit(t.Context(), []protocol.Record{post("a")})
	if protocol.CodeOf(err) != protocol.CodeUnavailable {
		t.Errorf("the first is answered with %v", err)
	}
	if v := <-fault; v != "oh, in the writer" {
		t.Errorf("the fault is %v", v)
	}
	if err := h.Takedown(t.Context(), protocol.UUID{1}); protocol.CodeOf(err) != protocol.CodeUnavailable {
		t.Errorf("a takedown is answered with %v", err)
	}
	if err := h.Close(t.Context()); err != nil {
		t.Error(err)
	}
}
