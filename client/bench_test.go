package client

import "testing"

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
