package client

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"p4p/protocol"
)

func TestPostsArriveWhileTheyAreMade(t *testing.T) {
	w := newTown(t)
	a := w.author()
	a.says("before")
	r := reads(t, w.URL()).runs()
	r.waits("the earlier post is there", func() bool { return r.sees("before") })
	post := a.says("hello")[0]
	r.waits("the new post is there", func() bool { return r.sees("hello") })
	a.comments(post.ID, "well said")
	r.waits("the comment is counted", func() bool { return r.shows()[0].Comments == 1 })
	a.deletes(post.ID)
	r.waits("the deleted post is gone", func() bool { return !r.sees("hello") })
	want := Item{
		Seq: 1, Epoch: w.Info().Epoch, Kind: protocol.KindPost, Author: a.key.Public, Text: "before",
		ID: r.shows()[0].ID, CreatedAt: r.shows()[0].CreatedAt,
	}
	if diff := cmp.Diff([]Item{want}, r.shows()); diff != "" {
		t.Errorf("timeline (-want +got):\n%s", diff)
	}
	if s := r.Status(); s.Connection != Online || s.Err != nil || s.ServerID != w.Info().Server || s.Server != w.URL() || s.Bound {
		t.Errorf("status %+v", s)
	}
}

// Wherever the line is cut, a follower that resumes by cursor sees each record of
// the log exactly once, in order, and so does whoever asks the cache afterwards.
func TestNoGapAndNoRepeatWhereverTheLineIsCut(t *testing.T) {
	fewer(t)
	w := newTown(t)
	a := w.author()
	p := newLine(t, w.addr)
	var want []string
	rapid.Check(t, func(rt *rapid.T) {
		r := reads(t, p.url())
		defer r.close()
		n := rapid.IntRange(1, 5).Draw(rt, "posts before")
		for range n {
			text := fmt.Sprintf("post %d", len(want)+1)
			a.says(text)
			want = append(want, fmt.Sprintf("%d post %s", len(want)+1, text))
		}
		p.cutNext(rapid.SliceOfN(rapid.Int64Range(0, 6000), 0, 8).Draw(rt, "cuts")...)
		r.runs()
		var got []string
		after := protocol.Cursor{Epoch: w.Info().Epoch}
		read := func(upto int) {
			r.waits("the log is read", func() bool {
				for {
					items, err := r.Events(t.Context(), EventQuery{After: &after, Limit: 40})
					if err != nil {
						rt.Fatal(err)
					}
					for _, i := range items {
						got = append(got, fmt.Sprintf("%d %s %s", i.Seq, i.Kind, i.Text))
						after = i.Cursor()
					}
					if len(items) == 0 {
						return len(got) >= upto
					}
				}
			})
		}
		read(len(want))
		p.cutAll()
		text := fmt.Sprintf("post %d", len(want)+1)
		a.says(text)
		want = append(want, fmt.Sprintf("%d post %s", len(want)+1, text))
		read(len(want))
		if diff := cmp.Diff(want, got); diff != "" {
			rt.Fatalf("followed (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(want, r.log()); diff != "" {
			rt.Fatalf("cached (-want +got):\n%s", diff)
		}
	})
}

func TestAClientThatStopsResumesWhereItWas(t *testing.T) {
	w := newTown(t)
	a := w.author()
	r := reads(t, w.URL())
	for n := range 5 {
		a.says(fmt.Sprint(n))
		if n%2 == 0 {
			r.syncs()
		}
		r.close()
		r.open()
	}
	want := []string{"1 post 0", "2 post 1", "3 post 2", "4 post 3", "5 post 4"}
	if diff := cmp.Diff(want, r.log()); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
	if s := r.Status(); s.Connection != Offline || s.Err != nil {
		t.Errorf("status after Sync and a restart: %+v", s)
	}
}

func TestAnotherEpochStartsTheFeedOverAndKeepsTheFriends(t *testing.T) {
	w := newTown(t)
	a := w.author()
	a.says("one", "two")
	r := reads(t, w.URL()).runs()
	r.waits("all is read", func() bool { return r.sees("two") })
	if _, err := r.Invite(t.Context(), "Bob", time.Hour); err != nil {
		t.Fatal(err)
	}
	old, err := r.Events(t.Context(), EventQuery{Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	w.stop()
	r.waits("it is offline", func() bool { return r.Status().Connection == Offline && r.Status().Err != nil })
	if !r.sees("two") {
		t.Error("offline, the feed is gone")
	}
	w.start(true)
	w.author().says("three")
	r.waits("the new history is read", func() bool { return r.sees("three") })
	if diff := cmp.Diff([]string{"1 post one", "2 post two", "3 post three"}, r.log()); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
	if invites, err := r.Invites(t.Context()); err != nil || len(invites) != 1 || invites[0].State != StateInvited {
		t.Errorf("invites %+v, %v", invites, err)
	}
	_, err = r.Events(t.Context(), EventQuery{After: ptr(old[0].Cursor()), Limit: 1})
	wantCode(t, err, protocol.CodeCursorUnknown)
}

func ptr[T any](v T) *T { return &v }

func TestAServerThatGoesAndComesBackIsFound(t *testing.T) {
	w := newTown(t)
	a := w.author()
	r := reads(t, w.URL()).runs()
	r.waitsOnline()
	for n := range 3 {
		w.stop()
		r.waits("it is offline, and says why and until when", func() bool {
			s := r.Status()
			return s.Connection == Offline && protocol.CodeOf(s.Err) == protocol.CodeNoServer && !s.RetryAt.IsZero()
		})
		w.start(false)
		text := fmt.Sprint("back ", n)
		a.says(text)
		r.waits("it is back", func() bool { return r.sees(text) && r.Status().Connection == Online })
	}
}

func TestTheFirstRetryComesAtOnceAndThenLaterAndLater(t *testing.T) {
	w := newTown(t)
	waits := make(chan time.Duration, 1000)
	o := Options{Home: t.TempDir(), Server: w.URL()}
	o.after = func(d time.Duration) (<-chan time.Time, func()) {
		if d == pollEvery || d == tidyFirst || d == tidyEvery || d == payEvery || d == stallAfter {
			return nil, func() {}
		}
		waits <- d
		return quick(0)
	}
	// The clock stands still, so that it is what was read that makes a stream good.
	at := time.Now()
	o.Now = func() time.Time { return at }
	o.Random = highest{}
	a := w.author()
	r := opens(t, o).runs()
	a.says("a good stream")
	r.waits("the post is there", func() bool { return r.sees("a good stream") })
	w.stop()
	var got []time.Duration
	for range 9 {
		got = append(got, <-waits)
	}
	r.stops()
	// The drop itself made no wait, or it would be the first of these.
	for i, seconds := range []float64{0.5, 1, 2, 4, 8, 16, 30, 30, 30} {
		want := time.Duration(seconds * float64(time.Second))
		if off := (want - got[i]).Abs(); off > time.Millisecond {
			t.Errorf("wait %d is %v, want %v", i, got[i], want)
		}
	}
}

// highest is a source of "random" bytes that are all ones.
type highest struct{}

func (highest) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = 0xff
	}
	return len(b), nil
}

func TestBackoffSpreadsOverTheWholeInterval(t *testing.T) {
	r := reads(t, "http://127.0.0.1:1")
	if d := r.backoff(0); d != 0 {
		t.Errorf("the first retry waits %v", d)
	}
	for n, most := range map[int]time.Duration{1: backoffFirst, 3: 4 * backoffFirst, 7: backoffMost, 1000: backoffMost} {
		low, high := most, time.Duration(0)
		for range 200 {
			d := r.backoff(n)
			if d < 0 || d > most {
				t.Fatalf("retry %d waits %v, want at most %v", n, d, most)
			}
			low, high = min(low, d), max(high, d)
		}
		if low > most/5 || high < most*4/5 {
			t.Errorf("retry %d waits between %v and %v: that is not the whole of %v", n, low, high, most)
		}
	}
}

func TestRunEndsWithItsContextWhateverItIsDoing(t *testing.T) {
	w := newTown(t)
	for name, url := range map[string]string{"online": w.URL(), "offline": "http://127.0.0.1:1"} {
		t.Run(name, func(t *testing.T) {
			r := reads(t, url).runs()
			r.waits("it has tried", func() bool {
				c := r.Status().Connection
				return c == Online || c == Offline && r.Status().Err != nil
			})
			r.stops()
			if s := r.Status(); s.Connection != Offline || s.Err != nil {
				t.Errorf("status after Run: %+v", s)
			}
		})
	}
}

func TestChangesAreToldTogetherAndOnce(t *testing.T) {
	r := reads(t, "http://127.0.0.1:1")
	r.notify(LabelsChanged) // before the subscription
	changes, other := r.Changes(), r.Changes()
	r.notify(FeedChanged)
	r.notify(StatusChanged | FeedChanged)
	for _, c := range []*Changes{changes, other} {
		if got, err := c.Next(t.Context()); err != nil || got != FeedChanged|StatusChanged {
			t.Errorf("told %b, %v", got, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got, err := changes.Next(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("told %b, %v after everything was told", got, err)
	}
	waiting := make(chan Change)
	go func() {
		got, _ := changes.Next(t.Context())
		waiting <- got
	}()
	r.notify(NoticesChanged)
	if got := <-waiting; got != NoticesChanged {
		t.Errorf("told %b while waiting", got)
	}
	r.close()
	if _, err := other.Next(t.Context()); !errors.Is(err, errClosed) {
		t.Errorf("a closed client tells %v", err)
	}
}
