package e2e

import (
	"context"
	"crypto/rand"
	"fmt"
	mrand "math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"p4p/client/wire"
	"p4p/protocol"
)

// served is the first line of `p4p serve --json`.
type served struct {
	URL    string        `json:"url"`
	Server protocol.UUID `json:"server"`
	Epoch  protocol.UUID `json:"epoch"`
}

// shown is what a test reads of a line of `p4p feed --json`.
type shown struct {
	Cursor protocol.Cursor `json:"cursor"`
	ID     protocol.UUID   `json:"id"`
	Name   *string         `json:"name"`
	Text   string          `json:"text"`
}

// poster is a device that posts without end, each record until it is taken.
type poster struct {
	key   protocol.DeviceKey
	sid   protocol.UUID
	acked map[protocol.UUID]uint64
}

func (p *poster) post(ctx context.Context, w *wire.Client, n int, taken *atomic.Int64) error {
	nonce, err := protocol.NewNonce(rand.Reader)
	if err != nil {
		return err
	}
	r, err := protocol.Sign(p.key, protocol.KindPost, protocol.Payload{Server: p.sid, Nonce: nonce, CreatedAt: protocol.Cut(time.Now()), Text: fmt.Sprintf("post %d", n)})
	if err != nil {
		return err
	}
	for {
		results, err := w.PostRecords(ctx, []string{r.JWS})
		switch {
		case err == nil && results[0].Error == nil:
			p.acked[r.ID] = results[0].Seq
			taken.Add(1)
			return nil
		case err == nil && results[0].Error.Code != protocol.CodeRateLimited && results[0].Error.Code != protocol.CodeUnavailable:
			return results[0].Error
		case ctx.Err() != nil:
			return ctx.Err()
		}
		select { // the server is dead: it will be back
		case <-time.After(5 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// The server is killed with requests in flight, again and again. Every post that
// it acknowledged is there once, at the place that it said; who was following saw
// each exactly once and in order.
func TestAKilledServerLosesNothingThatItAcknowledged(t *testing.T) {
	const posters = 8
	kills := 20
	if testing.Short() {
		kills = 5
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	dice := mrand.New(mrand.NewPCG(seed, 0))
	data, home := t.TempDir(), t.TempDir()

	server := start(t, home, "serve", "--json", "--listen", "127.0.0.1:0", "--data", data)
	at := decode[served](t, server.next())
	listen := strings.TrimPrefix(at.URL, "http://")
	follower := start(t, home, "--server", at.URL, "--json", "feed", "--follow")

	// The follower is there before the others begin.
	run(t, t.TempDir(), "--server", at.URL, "--json", "post", "the first")
	first := decode[shown](t, follower.next())

	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	w, err := wire.New(at.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	var taken atomic.Int64
	var stop atomic.Bool
	var group sync.WaitGroup
	all := make([]*poster, posters)
	for i := range all {
		root, err := protocol.NewRoot(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		p := &poster{key: root.DeviceKey(0), sid: at.Server, acked: map[protocol.UUID]uint64{}}
		all[i] = p
		group.Go(func() {
			for n := 0; !stop.Load(); n++ {
				if err := p.post(ctx, w, n, &taken); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for range kills {
		enough := taken.Load() + 1 + dice.Int64N(60)
		eventually(t, "posting", func() bool { return taken.Load() >= enough || t.Failed() })
		server.kill()
		server = start(t, home, "serve", "--json", "--listen", listen, "--data", data)
		if again := decode[served](t, server.next()); again.Server != at.Server || again.Epoch != at.Epoch {
			t.Fatalf("the server came back as another: %+v, was %+v", again, at)
		}
	}
	stop.Store(true)
	group.Wait()

	acked := map[protocol.UUID]uint64{first.ID: first.Cursor.Seq}
	for _, p := range all {
		for id, seq := range p.acked {
			acked[id] = seq
		}
	}
	t.Logf("%d posts acknowledged around %d kills", len(acked), kills)
	stored := readLog(t, w)
	for id, seq := range acked {
		if stored[id] != seq {
			t.Errorf("the post %s was acknowledged at %d and is at %d", id, seq, stored[id])
		}
	}
	// Posts that were committed, but whose acknowledgement was killed, were sent
	// again and acknowledged then: there is nothing else in the log.
	if len(stored) != len(acked) {
		t.Errorf("the log holds %d posts, %d were acknowledged", len(stored), len(acked))
	}
	last := first.Cursor.Seq
	for range len(acked) - 1 {
		e := decode[shown](t, follower.next())
		if e.Cursor.Seq != last+1 || acked[e.ID] != e.Cursor.Seq {
			t.Fatalf("the follower saw %s at %d after %d; it was acknowledged at %d", e.ID, e.Cursor.Seq, last, acked[e.ID])
		}
		last = e.Cursor.Seq
	}
}

// readLog reads the whole log through pages: each record's place.
func readLog(t *testing.T, w *wire.Client) map[protocol.UUID]uint64 {
	t.Helper()
	stored := map[protocol.UUID]uint64{}
	var before uint64
	for {
		page, err := w.Records(context.Background(), wire.Page{Before: before, Limit: protocol.MaxPage})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page.Events {
			r, err := protocol.ParseRecord(e.JWS)
			if err != nil {
				t.Fatal(err)
			}
			if at, twice := stored[r.ID]; twice {
				t.Fatalf("%s is in the log at %d and at %d", r.ID, at, e.Seq)
			}
			stored[r.ID] = e.Seq
		}
		if page.Before == nil {
			return stored
		}
		before = *page.Before
	}
}

// A client that is killed in the middle of posting has each post in its outbox or
// on the server, and sends none twice.
func TestAKilledClientLosesNoPostAndSendsNoneTwice(t *testing.T) {
	const rounds = 10
	data, home := t.TempDir(), t.TempDir()
	server := start(t, home, "serve", "--json", "--listen", "127.0.0.1:0", "--data", data)
	at := decode[served](t, server.next())
	run(t, home, "--server", at.URL, "--json", "post", "the first")
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	dice := mrand.New(mrand.NewPCG(seed, 0))
	done := map[string]bool{}
	for i := range rounds {
		text := fmt.Sprintf("round %d", i)
		p := start(t, home, "--json", "post", text)
		select {
		case _, printed := <-p.lines:
			done[text] = printed
		case <-time.After(time.Duration(dice.IntN(150)) * time.Millisecond):
		}
		p.kill()
	}
	run(t, home, "--json", "post", "the last")
	seen := map[string]int{}
	for _, line := range strings.Split(run(t, home, "--json", "feed"), "\n") {
		seen[decode[shown](t, line).Text]++
	}
	for i := range rounds {
		text := fmt.Sprintf("round %d", i)
		if seen[text] > 1 || done[text] && seen[text] != 1 {
			t.Errorf("%q is in the feed %d times (the command said it was done: %v)", text, seen[text], done[text])
		}
	}
	if seen["the first"] != 1 || seen["the last"] != 1 {
		t.Errorf("the feed lacks posts: %v", seen)
	}
}

// The server inside the app dies with the app; another p4p of the same home takes
// over, and nothing is lost.
func TestAnotherProgramOfTheHomeTakesTheServerOver(t *testing.T) {
	home := t.TempDir()
	first := start(t, home, "--json", "feed", "--follow")
	eventually(t, "the first program's server", func() bool { return servedAt(home) != "" })
	second := start(t, home, "--profile", "bob", "--json", "feed", "--follow")
	run(t, home, "--profile", "bob", "--json", "post", "before the crash")
	first.nextWith("before the crash")
	second.nextWith("before the crash")

	first.kill()
	eventually(t, "the take-over", func() bool { return healthy(servedAt(home)) }) // elsewhere if somebody took the port meanwhile
	run(t, home, "--json", "post", "after the crash")
	if line := second.next(); !strings.Contains(line, "after the crash") {
		t.Errorf("the follower saw %s after the take-over", line)
	}
	out := run(t, home, "--json", "feed")
	if strings.Count(out, "\n") != 1 {
		t.Errorf("the feed after the take-over: %s", out)
	}
}
