// Package embed runs a home's own server inside the programs of that home.
//
// Its rules:
//
//   - One server a home, whatever the profile: the data folder's lock decides
//     whose process runs it. The lock is the kernel's, so a killed process
//     leaves it behind at once.
//   - The others learn the address from the file "address" in the data folder,
//     and take over when the lock comes free.
//   - The port stays: whoever takes over tries the last address first, so that
//     links made yesterday work today.
//   - What listens on the usual port but is not this home's is never used.
package embed

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"p4p/protocol"
	"p4p/server"
)

// DefaultListen is where a P4P server listens unless told otherwise.
const DefaultListen = "127.0.0.1:4747"

// addressFile holds the URL of the process that serves a data folder.
const addressFile = "address"

// Config says which home's server to keep.
type Config struct {
	Home   string // the server's data is in Home/server
	Listen string // the address to try first; DefaultListen when empty
	Log    *slog.Logger
	Guard  func(f func()) // as server.Config has it, of the standing by as well

	// Every is how often a process that does not serve tries to take over; half a
	// second when zero.
	Every time.Duration
	// TookOver is called, when not nil, each time this process begins to serve.
	TookOver func(url string)

	// LAN is the address of this machine at which [Keeper.Open] opens the server, where
	// it is not to choose one itself.
	LAN string

	// wait is for how long the process that serves may take to open or shut; five seconds
	// when zero.
	wait time.Duration
	// lan tells where this machine is in its network; for tests.
	lan func() (place, error)
}

// Keeper keeps a home's server running: in this process, or in another of the
// same home for as long as that lives.
type Keeper struct {
	config Config
	dir    string
	cancel context.CancelFunc
	done   chan struct{}

	mu     sync.Mutex
	own    *server.Server
	note   string
	failed error  // of the last try to serve, unless another process serves
	opened string // the address in the network, see [Keeper.Open]
	away   wish   // what is asked for, and not for this network
	unsure bool   // whether away may be for this one
	shutBy error  // why it is not open although it should be

	adjusting sync.Mutex // held while the encrypted port is opened or shut, and for the next
	patience  patience

	marks marks
}

// Data is the folder of a home's embedded server.
func Data(home string) string { return filepath.Join(home, "server") }

// Keep starts the server of a home or finds the process that runs it, and then
// stands by. Codes: home_unwritable, data_damaged, no_cgo.
func Keep(ctx context.Context, c Config) (*Keeper, error) {
	if c.Listen == "" {
		c.Listen = DefaultListen
	}
	if c.Every == 0 {
		c.Every = 500 * time.Millisecond
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Guard == nil {
		c.Guard = func(f func()) { f() }
	}
	if c.wait == 0 {
		c.wait = 5 * time.Second
	}
	if c.lan == nil {
		c.lan = c.where
	}
	// The server outlives the call that started it, but not Close.
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	k := &Keeper{config: c, dir: Data(c.Home), cancel: cancel, done: make(chan struct{})}
	k.patience.start(k.wanted().network)
	if err := k.try(ctx); err != nil {
		cancel()
		return nil, err
	}
	go c.Guard(func() { k.standBy(ctx) })
	return k, nil
}

// URL is where the home's server is now. Where that is another process, it may
// just have died: the caller tries again, and this process will have taken over.
func (k *Keeper) URL(context.Context) (string, error) {
	k.mu.Lock()
	own, failed := k.own, k.failed
	k.mu.Unlock()
	if own != nil {
		return own.URL(), nil
	}
	if failed != nil {
		return "", failed
	}
	u := address(k.dir)
	if u == "" {
		return "", protocol.Errorf(protocol.CodeNoServer, "This home's server is just starting: try again.")
	}
	return u, nil
}

// Serving tells whether this process runs the server.
func (k *Keeper) Serving() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.own != nil
}

// Note is a sentence for the person when the usual port was taken by somebody
// else, else "".
func (k *Keeper) Note() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.note
}

// Close ends the server, if this process runs it, and the standing by.
func (k *Keeper) Close(ctx context.Context) error {
	k.cancel()
	<-k.done
	k.mu.Lock()
	own := k.own
	k.own, k.opened = nil, ""
	k.mu.Unlock()
	if own == nil {
		return nil
	}
	return own.Shutdown(ctx)
}

func (k *Keeper) standBy(ctx context.Context) {
	defer close(k.done)
	tick := time.NewTicker(k.config.Every)
	defer tick.Stop()
	for looks := 0; ; looks++ {
		if k.Serving() || looks%lookEvery == 0 {
			k.adjust(ctx, looks%lookEvery == 0)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if k.Serving() {
			continue
		}
		if err := k.try(ctx); err != nil {
			k.config.Log.Warn("cannot take over this home's server", "code", protocol.CodeOf(err))
		}
	}
}

// try begins to serve unless another process does.
func (k *Keeper) try(ctx context.Context) error {
	own, note, err := k.start(ctx)
	if protocol.CodeOf(err) == protocol.CodeDataLocked {
		err = nil
	}
	k.mu.Lock()
	k.own, k.failed = own, err
	if note != "" {
		k.note = note
	}
	k.mu.Unlock()
	if own != nil && k.config.TookOver != nil {
		k.config.TookOver(own.URL())
	}
	return err
}

// start serves on the last address, else on the usual one, else on any.
func (k *Keeper) start(ctx context.Context) (own *server.Server, note string, err error) {
	listen := k.config.Listen
	if last := lastListen(k.dir); last != "" {
		if own, err = k.startOn(ctx, last); !portTaken(err) {
			return own, "", err
		}
	}
	if own, err = k.startOn(ctx, listen); !portTaken(err) {
		return own, "", err
	}
	own, err = k.startOn(ctx, "127.0.0.1:0")
	if err == nil {
		note = "Something else uses " + listen + ", so your own server listens on " + strings.TrimPrefix(own.URL(), "http://") + "."
	}
	return own, note, err
}

func (k *Keeper) startOn(ctx context.Context, listen string) (*server.Server, error) {
	s, err := server.Start(ctx, server.Config{Data: k.dir, Listen: listen, Log: k.config.Log, Guard: k.config.Guard})
	if err != nil {
		return nil, err
	}
	if err := Announce(k.dir, s.URL()); err != nil {
		return nil, errors.Join(err, s.Shutdown(ctx))
	}
	return s, nil
}

func portTaken(err error) bool {
	return protocol.CodeOf(err) == protocol.CodePortTaken || errors.Is(err, syscall.EADDRINUSE)
}

// Announce tells the other processes of the machine where a data folder is
// served.
func Announce(dir, url string) error {
	tmp := filepath.Join(dir, addressFile+".new")
	if err := os.WriteFile(tmp, []byte(url+"\n"), 0o600); err != nil {
		return protocol.Errorf(protocol.CodeHomeUnwritable, "Cannot write to the folder %s: check its permissions and the free space.", dir).Because(err)
	}
	return os.Rename(tmp, filepath.Join(dir, addressFile))
}

// address is where a data folder was served last, or "".
func address(dir string) string {
	b, err := os.ReadFile(filepath.Join(dir, addressFile))
	if err != nil {
		return ""
	}
	u, err := protocol.ParseServerURL(string(b))
	if err != nil {
		return ""
	}
	return u
}

// lastListen is the loopback address of the last time, or "".
func lastListen(dir string) string {
	u, err := url.Parse(address(dir))
	if err != nil {
		return ""
	}
	host, port, err := net.SplitHostPort(u.Host)
	if err != nil || u.Scheme != "http" {
		return ""
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return ""
	}
	return net.JoinHostPort(host, port)
}
