// Package client is P4P without a screen: everything a person can do, for the
// TUI, the command line, or a bot.
//
// Its rules:
//
//   - The server is trusted with order and storage, with nothing else. Each record
//     is verified before it is kept, and what does not verify is never shown.
//   - Names stay here. A label is looked up in the local map when somebody looks,
//     and stored with no post.
//   - What a person wrote is in a file before the server is asked, and leaves that
//     file only when the server has it or its owner says so.
//   - The feed's place is stored in the transaction that stores the feed, so that
//     nothing is shown twice or skipped, wherever either side is killed.
//   - Reading works offline, from the cache; the cache can be thrown away.
//
// A [Client] is one profile. Several processes may have one open each on the same
// profile: they notice each other's writes within a second.
package client

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"p4p/client/cache"
	"p4p/localmap"
	"p4p/protocol"
)

// Options of a client. Home is needed; the rest has defaults.
type Options struct {
	Home    string // the folder of all profiles; made if missing
	Profile string // "default" when empty

	// Server is the address that the user named for this run, "" for none. It is
	// remembered once it led to the profile's server.
	Server string
	// Pin is the key of Server, where the user named that as well. Without it, a
	// server that nobody vouches for is held against the pin that is remembered.
	Pin *protocol.Pin
	// ServerURL gives the server's base address at each attempt to connect, where
	// the user named none and the profile remembers none: the embedded server's,
	// which may move. Such an address is not remembered.
	ServerURL func(ctx context.Context) (string, error)
	// PublicURL is the address to put into links when the server does not know its
	// public one; "" or nil for the address that this client uses.
	PublicURL func() string

	// Passphrase tells that of a locked profile, asking whoever has to; nil where nobody
	// can be asked. Keyring keeps the key of one that has it there; nil for none.
	Passphrase func() (string, error)
	Keyring    localmap.Keyring

	Now    func() time.Time // time.Now when nil
	Random io.Reader        // crypto/rand.Reader when nil
	Log    *slog.Logger     // discarded when nil

	// after is a timer, for tests: it sends once d has passed, unless stopped.
	after func(d time.Duration) (c <-chan time.Time, stop func())
	// scryptWork is how hard a backup's passphrase is to try, as a power of two: age's
	// own choice when 0, less for tests.
	scryptWork int
	// far is farBehind when 0, else less, for tests.
	far uint64
	// fault is called at each crash point of a friendship's steps, for tests: crash.go.
	fault func(crashPoint)
}

// local are the options of the profile's local map.
func (o Options) local() localmap.Options {
	return localmap.Options{Now: o.Now, Random: o.Random, Passphrase: o.Passphrase, Keyring: o.Keyring}
}

// DefaultProfile is the profile that is used when none is named.
const DefaultProfile = "default"

// Client is an open profile. It is safe for concurrent use.
type Client struct {
	opt   Options
	dir   string
	local *localmap.Map
	cache *cache.Cache
	log   *slog.Logger
	news  news

	link     link     // to the server: server.go
	state    state    // what Status tells: status.go
	outgoing outgoing // the outbox's sender: outbox.go
	streams  streams  // of Run: stream.go
	gaps     filler   // of the feed's past: gaps.go
	pictures flights  // pictures being loaded: picture.go
	panics   panics   // of Run: panic.go
	deleting sync.Mutex

	own struct { // own keys, retired ones included
		sync.Mutex
		root protocol.Root
		keys []protocol.PublicKey
	}
}

// ProfileDir is the folder of a profile: bad_name for a name that cannot be one.
func ProfileDir(home, profile string) (string, error) {
	if profile == "" {
		profile = DefaultProfile
	}
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."
	if len(profile) > 40 || profile[0] == '.' || strings.Trim(profile, letters) != "" || strings.EqualFold(profile, "server") || strings.EqualFold(profile, "config") {
		return "", protocol.Errorf(protocol.CodeBadName,
			"%q cannot be a profile's name: use up to 40 letters, digits, hyphens and underscores (\"server\" and \"config\" are taken).", profile)
	}
	return filepath.Join(home, profile), nil
}

// Open opens a profile's files, which are made if missing; it asks no server.
// Codes: bad_name, home_unwritable, map_damaged, map_newer, no_cgo.
func Open(ctx context.Context, o Options) (*Client, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Random == nil {
		o.Random = rand.Reader
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.after == nil {
		o.after = realTimer
	}
	if o.far == 0 {
		o.far = farBehind
	}
	if o.fault == nil {
		o.fault = faultOf(ctx)
	}
	if o.Profile == "" {
		o.Profile = DefaultProfile
	}
	dir, err := ProfileDir(o.Home, o.Profile)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, protocol.Errorf(protocol.CodeHomeUnwritable,
			"The folder %s cannot be made: choose another with --home or P4P_HOME, or make it writable.", dir).Because(err)
	}
	local, err := localmap.Open(dir, o.local())
	if err != nil {
		return nil, err
	}
	feed, err := cache.Open(ctx, filepath.Join(dir, "cache.db"), o.Log)
	if err != nil {
		_ = local.Close()
		return nil, protocol.Errorf(protocol.CodeHomeUnwritable,
			"The feed's cache in %s cannot be opened: make the folder writable, or free some space.", dir).Because(err)
	}
	c := &Client{opt: o, dir: dir, local: local, cache: feed, log: o.Log}
	c.news.init()
	c.link.init()
	c.outgoing.init()
	c.streams.init()
	c.gaps.init()
	if err := c.loadStatus(ctx); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// tidyAtClose is how large a cache, in places, is tidied before a client ends:
// nobody would notice.
const tidyAtClose = 30_000

// Close ends the client. Run and every other call must have returned.
func (c *Client) Close() error {
	c.warn(context.Background(), "the cache cannot be tidied", c.cache.Tidy(context.Background(), tidyAtClose))
	c.news.close()
	c.link.drop(nil)
	return errors.Join(c.cache.Close(), c.local.Close())
}

func realTimer(d time.Duration) (<-chan time.Time, func()) {
	t := time.NewTimer(d)
	return t.C, func() { t.Stop() }
}

// now is the time that a record may tell.
func (c *Client) now() time.Time { return c.opt.Now() }

// notify tells all subscribers what may look different now. A change of
// friendships also changes what the stream watches.
func (c *Client) notify(what Change) {
	if what&FriendsChanged != 0 {
		c.streams.rewatch()
	}
	c.news.tell(what)
}

// Whoami is who this profile is.
func (c *Client) Whoami(context.Context) Identity {
	return Identity{UUID: c.local.Key().Public.UUID(), Profile: c.opt.Profile, Server: c.Status().Server}
}

// Draft is the unsent text kept for a place: "post" or "comment:<uuid>".
func (c *Client) Draft(ctx context.Context, where string) (string, error) {
	return c.local.Draft(ctx, where)
}

// SaveDraft keeps unsent text for a place; "" forgets it.
func (c *Client) SaveDraft(ctx context.Context, where, text string) error {
	return c.local.SaveDraft(ctx, where, text)
}
