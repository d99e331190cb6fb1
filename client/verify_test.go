package client

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"p4p/protocol"
)

func TestWhatDoesNotVerifyIsNeverShown(t *testing.T) {
	l := newLiar(t)
	anna, bob := newKey(t), newKey(t)
	one, other := l.post1(anna, "one"), l.post1(bob, "other")
	parts, swapped := strings.Split(one.JWS, "."), strings.Split(other.JWS, ".")
	elsewhere := sign(t, anna, protocol.KindPost, protocol.Payload{Server: protocol.UUID{9}, Text: "elsewhere"})
	comment := l.comment(bob, one.ID, "a comment")
	report := sign(t, bob, protocol.KindReport, protocol.Payload{Server: l.sid, Target: one.ID, Text: "a report"})
	lies := []protocol.Event{
		{Kind: protocol.EventPost, JWS: parts[0] + "." + swapped[1] + "." + parts[2]}, // another's words under Anna's signature
		{Kind: protocol.EventPost, JWS: one.JWS + "\n"},
		{Kind: protocol.EventPost, JWS: "garbage"},
		{Kind: protocol.EventPost},
		eventOf(elsewhere),
		{Kind: protocol.EventPost, JWS: comment.JWS},
		{Kind: protocol.EventDeletion, JWS: one.JWS},
		{Kind: "report", JWS: report.JWS},
		{Kind: "poll", JWS: "of a later version"},
		{Kind: protocol.EventErased},
		{Kind: protocol.EventTakedown},
		{Kind: protocol.EventHidden},
		eventOf(one),                        // a second time
		eventOf(l.deletion(bob, one.ID)),    // by somebody else
		eventOf(l.deletion(anna, other.ID)), // of what was never told
	}
	l.tells(eventOf(one))
	l.tells(lies...)
	l.tells(eventOf(l.post1(bob, "last")))
	r := l.reads().runs()
	r.waits("the last is there", func() bool { return r.sees("last") })
	want := []string{"1 post one", fmt.Sprintf("%d deletion ", len(lies)+1), fmt.Sprintf("%d post last", len(lies)+2)}
	if diff := cmp.Diff(want, r.log()); diff != "" {
		t.Errorf("shown (-want +got):\n%s", diff)
	}
	if r.place() != uint64(len(lies)+2) || l.streams != 1 {
		t.Errorf("place %d after %d streams; want every place seen at the first go", r.place(), l.streams)
	}
}

func TestPagesAreVerifiedLikeTheStream(t *testing.T) {
	t.Parallel()
	l, keys := longLog(t)
	forged := l.post1(keys[0], "forged")
	forged.JWS = forged.JWS[:len(forged.JWS)-8] + "AAAAAAAA"
	l.set(func() { l.log[len(l.log)-2].JWS = forged.JWS })
	r := l.reads().runs()
	r.waitsOnline()
	items, err := r.Timeline(t.Context(), Query{Limit: 3})
	if err != nil {
		t.Fatal(err)
	}
	n := len(l.log)
	if want := []string{text(n), text(n - 2), text(n - 3)}; !slices.Equal(texts(items), want) {
		t.Errorf("shown %v, want %v", texts(items), want)
	}
}

func TestAPageThatMakesNoSenseIsNotBelieved(t *testing.T) {
	t.Parallel()
	for name, bend := range map[string]func(*protocol.RecordsPage){
		"ascending":      func(p *protocol.RecordsPage) { slices.Reverse(p.Events) },
		"twice":          func(p *protocol.RecordsPage) { p.Events = append(p.Events, p.Events[0]) },
		"another epoch":  func(p *protocol.RecordsPage) { p.Epoch = protocol.UUID{7} },
		"before nothing": func(p *protocol.RecordsPage) { p.Before = ptr(uint64(0)) },
		"before itself":  func(p *protocol.RecordsPage) { p.Events, p.Before = nil, ptr(uint64(1)<<52) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, _ := longLog(t)
			l.set(func() { l.bend = bend })
			r := l.reads().runs()
			r.waits("the page was refused", func() bool { return r.Status().Err != nil })
			if r.place() != 0 || len(r.shows()) != 0 {
				t.Errorf("place %d, %d posts", r.place(), len(r.shows()))
			}
			l.set(func() { l.bend = nil })
			r.waitsOnline()
			if got := r.place(); got != uint64(len(l.log)) {
				t.Errorf("place %d after the server came to its senses", got)
			}
		})
	}
}

// Whatever a stream repeats, leaves out or swaps: the client drops it, resumes,
// and in the end holds the log as it is.
func TestAStreamOutOfOrderLeavesNoTrace(t *testing.T) {
	fewer(t)
	key := newKey(t)
	rapid.Check(t, func(rt *rapid.T) {
		l := newLiar(t)
		defer l.CloseClientConnections()
		n := rapid.IntRange(1, 12).Draw(rt, "records")
		var want []string
		for i := 1; i <= n; i++ {
			l.tells(eventOf(l.post1(key, text(i))))
			want = append(want, fmt.Sprintf("%d post %s", i, text(i)))
		}
		lies := rapid.IntRange(0, 5).Draw(rt, "lies")
		kinds := rapid.SliceOfN(rapid.IntRange(0, 3), lies, lies).Draw(rt, "kinds")
		at := rapid.SliceOfN(rapid.IntRange(0, 100), lies, lies).Draw(rt, "at")
		size := rapid.IntRange(1, 4).Draw(rt, "frame size")
		l.frames = func(stream int, events []protocol.Event) [][]protocol.Event {
			if stream < lies {
				i := at[stream] % len(events)
				switch kinds[stream] {
				case 0:
					events = slices.Insert(events, i, events[i])
				case 1: // not the last: nobody could miss it before the next one comes
					if i < len(events)-1 {
						events = slices.Delete(events, i, i+1)
					}
				case 2:
					j := (i + 1) % len(events)
					events[i], events[j] = events[j], events[i]
				case 3:
					events[i].Seq += 7
				}
			}
			return slices.Collect(slices.Chunk(events, size))
		}
		r := l.reads()
		defer r.close()
		r.runs()
		last := n + 1
		l.tells(eventOf(l.post1(key, text(last))))
		want = append(want, fmt.Sprintf("%d post %s", last, text(last)))
		r.waits("all is read", func() bool { return r.place() == uint64(last) })
		if diff := cmp.Diff(want, r.log()); diff != "" {
			rt.Fatalf("log (-want +got):\n%s", diff)
		}
	})
}

func TestAServerThatForgotPartOfItsLogStartsTheFeedOver(t *testing.T) {
	l := newLiar(t)
	key := newKey(t)
	l.tells(eventOf(l.post1(key, "one")), eventOf(l.post1(key, "two")), eventOf(l.post1(key, "three")))
	r := l.reads()
	r.syncs()
	// An old backup, under the same epoch: against the rules, and noticed.
	l.set(func() { l.log = l.log[:1] })
	r.syncs()
	if diff := cmp.Diff([]string{"1 post one"}, r.log()); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
}

func TestADamagedCacheIsReadAgainWhileTheClientRuns(t *testing.T) {
	l := newLiar(t)
	key := newKey(t)
	l.tells(eventOf(l.post1(key, "one")))
	r := l.reads().runs()
	r.waits("it is read", func() bool { return r.sees("one") })
	p, _, err := r.cache.Place(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.cache.StartOver(t.Context(), p.History); err != nil { // as damage would
		t.Fatal(err)
	}
	l.tells(eventOf(l.post1(key, "two")))
	r.waits("both are read again", func() bool { return r.sees("one") && r.sees("two") })
}

func text(n int) string { return fmt.Sprintf("post %d", n) }
