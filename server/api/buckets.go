package api

import (
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Rate is so much a second in the long run, and Burst at once. The zero value
// limits nothing.
type Rate struct {
	PerSecond float64
	Burst     int
}

// counter limits a rate by peer: each block, and each site beyond what its
// blocks may take.
type counter struct{ blocks, sites *buckets[netip.Prefix] }

func newCounter(r Rate) counter {
	return counter{newBuckets[netip.Prefix](r), newBuckets[netip.Prefix](Rate{r.PerSecond * PerSite, r.Burst * PerSite})}
}

// take counts n for p, or refuses.
func (c counter) take(p peer, n int, now time.Time) error {
	if p.free {
		return nil
	}
	wait := c.blocks.take(p.block, n, now)
	if wait <= 0 && p.site.IsValid() {
		wait = c.sites.take(p.site, n, now)
	}
	return limited(wait)
}

// charge counts n for p, whether there is so much or not: p owes the rest.
func (c counter) charge(p peer, n int, now time.Time) {
	if p.free {
		return
	}
	c.blocks.charge(p.block, n, now)
	if p.site.IsValid() {
		c.sites.charge(p.site, n, now)
	}
}

func (c counter) sweep(now time.Time) {
	c.blocks.sweep(now)
	c.sites.sweep(now)
}

// maxBuckets bounds the memory that peers can make the server spend on them: a
// few megabytes for each kind of limit.
const maxBuckets = 1 << 16

// buckets hold one token bucket a key. A full bucket is as good as none, so it
// is forgotten.
type buckets[K comparable] struct {
	rate Rate

	mu    sync.Mutex
	m     map[K]*rate.Limiter
	swept time.Time
}

func newBuckets[K comparable](r Rate) *buckets[K] {
	return &buckets[K]{rate: r, m: map[K]*rate.Limiter{}}
}

// take takes n tokens of k, or none and says how long to wait for them. More
// than the whole bucket costs the whole bucket.
func (b *buckets[K]) take(k K, n int, now time.Time) (wait time.Duration) {
	if b.rate.PerSecond == 0 {
		return 0
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	r := b.of(k, now).ReserveN(now, min(n, b.rate.Burst))
	if wait = r.DelayFrom(now); wait > 0 {
		r.CancelAt(now)
	}
	return wait
}

// charge takes n tokens of k, also those that are not there yet.
func (b *buckets[K]) charge(k K, n int, now time.Time) {
	if b.rate.PerSecond == 0 {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.of(k, now).ReserveN(now, min(n, b.rate.Burst))
}

func (b *buckets[K]) of(k K, now time.Time) *rate.Limiter {
	l := b.m[k]
	if l == nil {
		if len(b.m) >= maxBuckets {
			b.makeRoom(now)
		}
		l = rate.NewLimiter(rate.Limit(b.rate.PerSecond), b.rate.Burst)
		b.m[k] = l
	}
	return l
}

// makeRoom forgets full buckets, but does not look through all of them more than
// once a second; failing that, any one bucket goes.
func (b *buckets[K]) makeRoom(now time.Time) {
	if now.Sub(b.swept) >= time.Second {
		b.forgetFull(now)
	}
	if len(b.m) < maxBuckets {
		return
	}
	for k := range b.m {
		delete(b.m, k)
		return
	}
}

func (b *buckets[K]) sweep(now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.forgetFull(now)
}

func (b *buckets[K]) forgetFull(now time.Time) {
	b.swept = now
	for k, l := range b.m {
		if l.TokensAt(now) >= float64(b.rate.Burst) {
			delete(b.m, k)
		}
	}
}
