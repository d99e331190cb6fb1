package client

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"p4p/protocol"
)

// long is a log that is longer than a client reads in order. Signing it takes a
// moment, and all tests can have the same.
var long struct {
	sync.Once
	keys [3]protocol.DeviceKey
	log  []protocol.Event
}

// farForTests is what is far behind for these tests' clients: with records that are
// signed and verified one by one, farBehind itself would take half a minute.
const farForTests = 2000

const longLength = farForTests + 345

// longLog is a server with a log of posts by three authors.
func longLog(t *testing.T) (*liar, [3]protocol.DeviceKey) {
	l := newLiar(t)
	long.Do(func() {
		for i := range long.keys {
			long.keys[i] = newKey(t)
		}
		for n := 1; n <= longLength; n++ {
			e := eventOf(l.post1(long.keys[n%3], text(n)))
			e.Seq = uint64(n)
			long.log = append(long.log, e)
		}
	})
	l.log = slices.Clone(long.log)
	return l, long.keys
}

func gapsOf(t *testing.T, r *reader) int {
	t.Helper()
	gaps, err := r.cache.Gaps(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return len(gaps)
}

func TestWhoIsFarBehindSeesTheNewestFirstAndTheRestByScrolling(t *testing.T) {
	t.Parallel()
	l, _ := longLog(t)
	r := l.reads().runs()
	r.waitsOnline()
	if got := r.place(); got != longLength {
		t.Fatalf("place %d, want the log's end", got)
	}
	if len(l.asked) != 1 || gapsOf(t, r) != 1 {
		t.Errorf("%d pages and %d gaps to get there; want one page and one gap", len(l.asked), gapsOf(t, r))
	}
	next := longLength
	for before := uint64(0); ; {
		items, err := r.Timeline(t.Context(), Query{Before: before, Limit: 150})
		if err != nil {
			t.Fatal(err)
		}
		if len(items) == 0 {
			break
		}
		for _, i := range items {
			if i.Seq != uint64(next) || i.Text != text(next) {
				t.Fatalf("scrolling shows %d %q, want %d", i.Seq, i.Text, next)
			}
			next--
		}
		before = items[len(items)-1].Seq
	}
	if next != 0 || gapsOf(t, r) != 0 {
		t.Errorf("scrolled down to %d with %d gaps left", next, gapsOf(t, r))
	}
	if want := longLength/protocol.MaxPage + 2; len(l.asked) > want {
		t.Errorf("%d pages asked for, want at most %d", len(l.asked), want)
	}
}

func TestFollowingFromACursorInsideAGapMissesNothing(t *testing.T) {
	t.Parallel()
	l, _ := longLog(t)
	r := l.reads()
	r.syncs()
	after := protocol.Cursor{Epoch: l.epoch, Seq: 1000}
	for n := 1001; n <= 1700; {
		items, err := r.Events(t.Context(), EventQuery{After: &after, Limit: 90})
		if err != nil || len(items) == 0 {
			t.Fatalf("%d items, %v", len(items), err)
		}
		for _, i := range items {
			if i.Seq != uint64(n) {
				t.Fatalf("got %d, want %d", i.Seq, n)
			}
			n++
		}
		after = items[len(items)-1].Cursor()
	}
	if got := gapsOf(t, r); got != 2 {
		t.Errorf("%d gaps, want one on either side", got)
	}
}

func TestOfflineAGapIsSteppedOver(t *testing.T) {
	t.Parallel()
	l, keys := longLog(t)
	l.log = l.log[:5]
	r := l.reads()
	r.syncs()
	l.log = slices.Clone(long.log)
	r.syncs()
	r.close()
	l.CloseClientConnections()
	r.opt.Server = "http://127.0.0.1:1"
	r.open()
	items, err := r.Timeline(t.Context(), Query{Before: longLength - protocol.MaxPage + 3, Limit: 10})
	want := []string{text(longLength - 198), text(longLength - 199), text(5), text(4), text(3), text(2), text(1)}
	if err != nil || !slices.Equal(texts(items), want) {
		t.Errorf("shown %v, %v; want %v", texts(items), err, want)
	}
	_ = keys
}

func TestWhatWasDeletedMeanwhileGoesAlthoughItStandsInAGap(t *testing.T) {
	t.Parallel()
	l, keys := longLog(t)
	l.log = l.log[:5]
	r := l.reads()
	r.syncs()
	target, err := protocol.ParseRecord(long.log[1].JWS) // post 2, by keys[2]
	if err != nil {
		t.Fatal(err)
	}
	other, err := protocol.ParseRecord(long.log[2].JWS)
	if err != nil {
		t.Fatal(err)
	}
	l.log = slices.Clone(long.log)
	for at, e := range map[int]protocol.Event{
		1000: eventOf(l.deletion(keys[2], target.ID)),
		2000: eventOf(l.deletion(keys[1], other.ID)), // not its author
	} {
		e.Seq = uint64(at)
		l.log[at-1] = e
	}
	r.syncs()
	if r.place() != longLength || r.hasCached(target.ID) {
		t.Errorf("place %d, and the deleted post is still there", r.place())
	}
	if !r.hasCached(other.ID) {
		t.Error("somebody else's deletion was believed")
	}
	pages := len(l.asked)
	r.syncs()
	for _, q := range l.asked[pages:] {
		if strings.Contains(q, "kind=deletion") {
			t.Errorf("the deletions of a gap are read twice: %s", q)
		}
	}
}

func (r *reader) hasCached(id protocol.UUID) bool {
	r.t.Helper()
	_, ok, _, err := r.cache.Get(r.t.Context(), id)
	if err != nil {
		r.t.Fatal(err)
	}
	return ok
}

func TestAThreadShowsCommentsThatStandInAGap(t *testing.T) {
	t.Parallel()
	l, keys := longLog(t)
	post, err := protocol.ParseRecord(l.log[99].JWS)
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []int{300, 1500, longLength - 1} {
		e := eventOf(l.comment(keys[0], post.ID, fmt.Sprint("at ", at)))
		e.Seq = uint64(at)
		l.log[at-1] = e
	}
	r := l.reads()
	r.syncs()
	head, comments, err := r.Thread(t.Context(), post.ID)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"at 300", "at 1500", fmt.Sprint("at ", longLength-1)}
	if head.Text != text(100) || head.Seq != 100 || !slices.Equal(texts(comments), want) {
		t.Errorf("thread %q with %v, want %v", head.Text, texts(comments), want)
	}
	_, _, err = r.Thread(t.Context(), protocol.UUID{5})
	wantCode(t, err, protocol.CodeUnknownRecord)
}

func TestAFriendsViewReadsTheGapBitByBit(t *testing.T) {
	t.Parallel()
	l, keys := longLog(t)
	r := l.reads()
	r.syncs()
	id := keys[1].Public.UUID()
	got := 0
	for look := range 4 {
		items, err := r.Timeline(t.Context(), Query{Author: &id, Limit: longLength})
		if err != nil || len(items) <= got {
			t.Fatalf("look %d shows %d posts after %d, %v", look, len(items), got, err)
		}
		got = len(items)
	}
	for _, q := range l.asked {
		if strings.Contains(q, "author") || strings.Contains(q, "q=") {
			t.Errorf("the server was told whose posts are looked at: %s", q)
		}
	}
}

func TestABusyServerIsNotAskedForThePastAgainAtOnce(t *testing.T) {
	t.Parallel()
	l, _ := longLog(t)
	r := l.reads()
	r.syncs()
	l.set(func() { l.bend = func(p *protocol.RecordsPage) { p.Epoch = protocol.UUID{9} } })
	asked := len(l.asked)
	for range 5 {
		if _, err := r.Timeline(t.Context(), Query{Before: 1500, Limit: 10}); err != nil {
			t.Fatal(err)
		}
	}
	if got := len(l.asked) - asked; got != 1 {
		t.Errorf("%d calls, want one and then a pause", got)
	}
}
