package api

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"p4p/protocol"
)

// Rate is so much a second in the long run, and Burst at once. The zero value
// limits nothing.
type Rate struct {
	PerSecond float64
	Burst     int
}

// Limits say how much one peer may ask for. An address is one IPv4 address or
// one IPv6 /64; many people may share one.
type Limits struct {
	Calls        Rate // by address
	Records      Rate // by device
	AddressAdds  Rate // records by address, whatever their devices
	UploadBytes  Rate // of pictures, by address
	StreamOpens  Rate // by address
	MailboxCalls Rate // by address

	// Streams is how many may be open at a time, by all; 0: no limit.
	Streams int
	// Loopback has programs on this machine limited as well. Without it they are
	// not, unless a proxy on this machine says for whom it asks.
	Loopback bool
}

// DefaultLimits let a household behind one address do what people do, and an
// outbox or a move of many friendships through in one go.
func DefaultLimits() Limits {
	return Limits{
		Calls:        Rate{50, 500},
		Records:      Rate{2, 300},
		AddressAdds:  Rate{20, 1000},
		UploadBytes:  Rate{512 << 10, 64 << 20},
		StreamOpens:  Rate{1, 60},
		MailboxCalls: Rate{10, 500},
		Streams:      10_000,
	}
}

// guard counts what peers do.
type guard struct {
	limits  Limits
	proxied bool // a proxy may stand before the server

	calls, adds, uploads, opens, mailboxes *buckets[netip.Addr]
	records                                *buckets[protocol.PublicKey]
}

func newGuard(l Limits, proxied bool) *guard {
	return &guard{
		limits: l, proxied: proxied,
		calls: newBuckets[netip.Addr](l.Calls), adds: newBuckets[netip.Addr](l.AddressAdds),
		uploads: newBuckets[netip.Addr](l.UploadBytes), opens: newBuckets[netip.Addr](l.StreamOpens),
		mailboxes: newBuckets[netip.Addr](l.MailboxCalls), records: newBuckets[protocol.PublicKey](l.Records),
	}
}

// peer is the address to limit; ok is false for a peer that is not limited.
func (g *guard) peer(r *http.Request) (addr netip.Addr, ok bool) {
	if ap, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		addr = ap.Addr().Unmap()
	}
	if !addr.IsLoopback() {
		return block(addr), true
	}
	if f := r.Header.Values("X-Forwarded-For"); g.proxied && len(f) > 0 {
		// Only the last entry is the proxy's own word; an unreadable one is limited
		// together with all others like it.
		last := f[len(f)-1]
		last = strings.TrimSpace(last[strings.LastIndexByte(last, ',')+1:])
		forwarded, err := netip.ParseAddr(hostname(last))
		if err != nil {
			return netip.Addr{}, true
		}
		return block(forwarded.Unmap()), true
	}
	return addr, g.limits.Loopback
}

// block is what one household gets: an IPv4 address or an IPv6 /64.
func block(a netip.Addr) netip.Addr {
	if a.Is6() {
		if p, err := a.WithZone("").Prefix(64); err == nil {
			return p.Addr()
		}
	}
	return a
}

func (g *guard) address(b *buckets[netip.Addr], r *http.Request, n int, now time.Time) error {
	if addr, ok := g.peer(r); ok {
		return limited(b.take(addr, n, now))
	}
	return nil
}

func (g *guard) request(r *http.Request, now time.Time) error { return g.address(g.calls, r, 1, now) }

func (g *guard) upload(r *http.Request, n int, now time.Time) error {
	return g.address(g.uploads, r, n, now)
}

func (g *guard) stream(r *http.Request, now time.Time) error { return g.address(g.opens, r, 1, now) }

func (g *guard) mailbox(r *http.Request, now time.Time) error {
	return g.address(g.mailboxes, r, 1, now)
}

func (g *guard) add(r *http.Request, n int, now time.Time) error {
	return g.address(g.adds, r, n, now)
}

// record counts one record of a device.
func (g *guard) record(r *http.Request, device protocol.PublicKey, now time.Time) error {
	if _, ok := g.peer(r); ok {
		return limited(g.records.take(device, 1, now))
	}
	return nil
}

func (g *guard) sweep(now time.Time) {
	for _, b := range []*buckets[netip.Addr]{g.calls, g.adds, g.uploads, g.opens, g.mailboxes} {
		b.sweep(now)
	}
	g.records.sweep(now)
}

func limited(wait time.Duration) error {
	if wait <= 0 {
		return nil
	}
	seconds := int((wait + time.Second - 1) / time.Second)
	return &refusal{protocol.Errorf(protocol.CodeRateLimited, "That was too much at once; try again in %s.", plural(seconds, "second")), wait}
}

func plural(n int, unit string) string {
	if n != 1 {
		unit += "s"
	}
	return fmt.Sprint(n, " ", unit)
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
	l := b.m[k]
	if l == nil {
		if len(b.m) >= maxBuckets {
			b.makeRoom(now)
		}
		l = rate.NewLimiter(rate.Limit(b.rate.PerSecond), b.rate.Burst)
		b.m[k] = l
	}
	r := l.ReserveN(now, min(n, b.rate.Burst))
	if wait = r.DelayFrom(now); wait > 0 {
		r.CancelAt(now)
	}
	return wait
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
