package api

import (
	"fmt"
	"log/slog"
	"sync"
	"time"

	"p4p/protocol"
)

// Limits say how much one peer may ask for. A block is one IPv4 address or one
// IPv6 /64; many people may share one. What is said by block holds for an IPv6
// /48 as well, with [PerSite] times as much.
type Limits struct {
	Calls        Rate // by block; a body counts as one more for each started 64 KiB
	Records      Rate // by device, of each block: a key costs nothing, and everybody can send everybody's records
	AddressAdds  Rate // records by block, whatever their devices; one counts as one for each started 8 KiB
	UploadBytes  Rate // of pictures, by block
	ReadBytes    Rate // of pictures, by block; charged when it is known how large one is
	StreamOpens  Rate // by block
	MailboxCalls Rate // by block
	Invites      Rate // mailboxes to open, by block
	Watches      Rate // by block: each is a look into a mailbox

	// Memory bounds, in bytes, the bodies being read and the large answers being
	// written; BlockMemory those of one block, and twice that those of one site.
	Memory, BlockMemory int64
	// Uploads is how many pictures one block, and four times that one site, may
	// send at the same time.
	Uploads int
	// Search is how long one search may take; 0: any time.
	Search time.Duration
	// Wait is how long a call waits for its turn; 0: as long as the client does.
	Wait time.Duration
	// A body, and a large answer, has Grace and as much time as Slowest, in bytes a
	// second, takes for it. Slowest 0: any time.
	Grace   time.Duration
	Slowest int

	// Streams is how many may be open at a time, by all, and BlockStreams by one
	// block; 0: no limit.
	Streams, BlockStreams int
	// Conns is how many connections from elsewhere may be open, never more than the
	// system's limit of open files leaves room for, and BlockConns those of one block;
	// 0: no limit of its own. The server's listeners hold them.
	Conns, BlockConns int
	// Loopback has programs on this machine limited as well. Without it they are
	// not, unless the server has a public URL: then what comes from this machine
	// comes from a proxy.
	Loopback bool
}

// DefaultLimits let a household behind one address do what people do, and an
// outbox or a move of many friendships through in one go. In a day they let one
// block fill about 600 MB of the disk: 200 MB of pictures, 43,500 records of 8 KiB,
// 4,500 invites. docs/protocol.md says them.
func DefaultLimits() Limits {
	return Limits{
		Calls:        Rate{50, 500},
		Records:      Rate{0.25, 150},
		AddressAdds:  Rate{0.5, 300},
		UploadBytes:  Rate{1536, 64 << 20},
		StreamOpens:  Rate{1, 60},
		ReadBytes:    Rate{1 << 20, 256 << 20},
		MailboxCalls: Rate{10, 500},
		Invites:      Rate{0.05, 100},
		Watches:      Rate{20, 4000},
		Memory:       128 << 20,
		BlockMemory:  16 << 20,
		Uploads:      4,
		Search:       2 * time.Second,
		Wait:         10 * time.Second,
		Grace:        10 * time.Second,
		Slowest:      20 << 10,
		Streams:      10_000,
		BlockStreams: 100,
		Conns:        12_000,
		BlockConns:   200,
	}
}

// guard counts what peers do.
type guard struct {
	limits  Limits
	proxied bool // a proxy may stand before the server
	log     *slog.Logger
	told    sync.Once

	calls, health, adds, uploads, reads, opens, mailboxes, invites, watches counter
	records                                                                 *buckets[deviceAt]
}

// deviceAt is a device as one block uses it: what others send in a device's name
// takes nothing from it.
type deviceAt struct {
	peer   peer
	device protocol.PublicKey
}

func newGuard(l Limits, proxied bool, log *slog.Logger) *guard {
	return &guard{
		limits: l, proxied: proxied, log: log,
		calls: newCounter(l.Calls), health: newCounter(l.Calls), adds: newCounter(l.AddressAdds), uploads: newCounter(l.UploadBytes), reads: newCounter(l.ReadBytes),
		opens: newCounter(l.StreamOpens), mailboxes: newCounter(l.MailboxCalls), invites: newCounter(l.Invites), watches: newCounter(l.Watches),
		records: newBuckets[deviceAt](l.Records),
	}
}

// nameless says once that the limits do not tell people apart.
func (g *guard) nameless() {
	g.told.Do(func() {
		g.log.Warn("a call came from this machine without X-Forwarded-For: if a proxy passed it on, all who come that way share one limit until the proxy sets that header")
	})
}

// record counts one record of a device.
func (g *guard) record(p peer, device protocol.PublicKey, now time.Time) error {
	if p.free {
		return nil
	}
	return limited(g.records.take(deviceAt{p, device}, 1, now))
}

func (g *guard) sweep(now time.Time) {
	for _, c := range []counter{g.calls, g.health, g.adds, g.uploads, g.reads, g.opens, g.mailboxes, g.invites, g.watches} {
		c.sweep(now)
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
