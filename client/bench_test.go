package client

import (
	"testing"
	"time"

	"p4p/protocol"
)

// BenchmarkCatchingUp reads, verifies and stores ten thousand posts, as whoever
// comes back after a while does.
func BenchmarkCatchingUp(b *testing.B) {
	l := newLiar(b)
	key := newKey(b)
	for n := range farBehind - 1 {
		e := eventOf(l.post1(key, text(n)))
		e.Seq = uint64(n + 1)
		l.log = append(l.log, e)
	}
	for b.Loop() {
		r := opens(b, Options{Home: b.TempDir(), Server: l.URL, after: quick, far: farBehind})
		r.syncs()
		r.close()
	}
	b.ReportMetric(float64(b.N)*(farBehind-1)/b.Elapsed().Seconds(), "records/s")
}

// What a screen asks for whenever something changes, with a long time offline behind it.
func BenchmarkAnOutboxOfTenThousandIsRead(b *testing.B) {
	r := reads(b, "http://127.0.0.1:1")
	for n := range 10_000 {
		rec, err := protocol.Sign(r.local.Key(), protocol.KindPost, protocol.Payload{Server: protocol.UUID{1}, CreatedAt: protocol.Cut(time.Now()), Text: text(n)})
		if err != nil {
			b.Fatal(err)
		}
		if err := r.local.Enqueue(b.Context(), rec, nil); err != nil {
			b.Fatal(err)
		}
	}
	r.outbox() // verified once
	for b.Loop() {
		r.outbox()
	}
}
