package api

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"p4p/protocol"
	"p4p/server/hub"
	"p4p/server/mailbox"
	"p4p/server/store"
	"p4p/server/web"
)

// Log is what the calls read of the log.
type Log interface {
	Server() protocol.UUID
	Epoch() protocol.UUID
	Head() uint64
	At(ctx context.Context, seq uint64) (id protocol.UUID, ok bool, err error)
	Page(ctx context.Context, q store.Query) (events []protocol.Event, more bool, err error)
	Record(ctx context.Context, id protocol.UUID) (e protocol.Event, comments int, err error)
}

// Blobs keeps pictures.
type Blobs interface {
	PutBlob(ctx context.Context, b []byte, info protocol.PictureInfo) error
	Blob(ctx context.Context, id protocol.BlobID) (b []byte, contentType string, err error)
}

// Mailboxes keeps friendships.
type Mailboxes interface {
	Mailbox(ctx context.Context, f protocol.UUID, c mailbox.Call) (mailbox.Result, error)
	MailboxRole(ctx context.Context, f protocol.UUID, t protocol.Token) (mailbox.Role, protocol.MailboxView, error)
}

// Store is what the calls need of the store; [store.Store] is one. What changes
// the log goes through the hub instead.
type Store interface {
	Log
	Blobs
	Mailboxes
}

// Config says what the calls serve. Store, Hub, Hosts and Metrics must be set.
type Config struct {
	Store     Store
	Hub       *hub.Hub
	Metrics   *Metrics
	Hosts     Hosts
	PublicURL string // without a trailing slash; "" when unknown
	// Proxied says that what comes from this machine comes from a proxy, for whoever
	// X-Forwarded-For names.
	Proxied bool
	// NoMetrics keeps /metrics off these calls; [API.MetricsHandler] serves them
	// elsewhere. They are off as well where there is a public URL: a proxy that
	// does not say that it is one would make them public.
	NoMetrics bool
	Version   string
	Limits    Limits
	Stream    StreamOptions
	Now       func() time.Time // time.Now when nil
	Log       *slog.Logger     // discarded when nil
}

// API is a server's [http.Handler].
type API struct {
	Config
	mux      *http.ServeMux
	reach    atomic.Pointer[Reach] // nil: nobody but PublicURL's
	guard    *guard
	watches  *hub.Watches
	room     *room
	uploads  *shares       // pictures being sent
	viewers  *shares       // streams open
	searches chan struct{} // under way

	quit    context.Context // done: streams end
	endAll  context.CancelFunc
	streams sync.WaitGroup

	mu     sync.Mutex
	ending bool
	open   int // streams
}

// New makes the calls. End them with [API.CloseStreams].
func New(c Config) *API {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	c.Stream = c.Stream.withDefaults()
	a := &API{
		Config: c, mux: http.NewServeMux(), guard: newGuard(c.Limits, c.Proxied, c.Log),
		watches: hub.NewWatches(), room: newRoom(c.Limits), uploads: newShares(int64(c.Limits.Uploads), 4*int64(c.Limits.Uploads)),
		viewers:  newShares(int64(c.Limits.BlockStreams), PerSite*int64(c.Limits.BlockStreams)),
		searches: make(chan struct{}, maxSearches),
	}
	a.quit, a.endAll = context.WithCancel(context.Background())
	c.Metrics.observe(a)
	a.routes()
	return a
}

// routes is the design's table of calls.
func (a *API) routes() {
	a.route("/v1/info", methods{"GET": a.getInfo})
	a.route("/v1/records", methods{"GET": a.getRecords, "POST": a.postRecords})
	a.route("/v1/records/{id}", methods{"GET": a.getRecord})
	a.route("/v1/stream", methods{"GET": a.getStream})
	a.route("/v1/blobs/{sha256}", methods{"GET": a.getBlob, "PUT": a.putBlob})
	a.route("/v1/friendships/{uuid}", methods{
		"GET": a.callMailbox, "POST": a.callMailbox, "PUT": a.callMailbox, "DELETE": a.callMailbox,
	})
	a.route("/f/{uuid}", methods{"GET": page(web.Invite)})
	a.route("/p/{record}", methods{"GET": page(web.Post)})
	a.route("/{$}", methods{"GET": page(web.Home)})
	a.route("/sw.js", methods{"GET": page(web.Worker)})
	a.route("/static/{file...}", methods{"GET": asset})
	a.route("/healthz", methods{"GET": a.getHealth})
	a.route("/metrics", methods{"GET": a.getMetrics})
	a.route("/", nil)
}

// Sweep forgets the addresses that need no limiting any more. The server calls
// it now and then, so that a peer's address does not outlive its visit for long.
func (a *API) Sweep() { a.guard.sweep(a.Now()) }

// Reach is how others reach the server without a proxy.
type Reach struct {
	URL string // for links
	Pin string // of a self-signed certificate, else ""
	// Strict has browsers come by https only, for a name with a certificate that
	// everybody trusts. With one that a browser warns of, nobody could get past the
	// warning any more.
	Strict bool
}

// SetReach tells how others reach the server from now on; nil: not at all.
func (a *API) SetReach(r *Reach) { a.reach.Store(r) }

// Info is what GET /v1/info answers.
func (a *API) Info() protocol.Info {
	i := protocol.Info{
		Server: a.Store.Server(), Epoch: a.Store.Epoch(), Seq: a.Store.Head(),
		PublicURL: a.PublicURL, Limits: protocol.CurrentLimits(), Version: a.Version,
	}
	if r := a.reach.Load(); r != nil {
		i.PublicURL, i.Pin = r.URL, r.Pin
	}
	return i
}

func (a *API) getInfo(w http.ResponseWriter, _ *http.Request) error {
	return writeJSON(w, http.StatusOK, a.Info())
}

func (a *API) getHealth(w http.ResponseWriter, _ *http.Request) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.ending {
		return protocol.Errorf(protocol.CodeUnavailable, "The server is shutting down.")
	}
	return writeText(w, "ok\n")
}

// End has /healthz say that the server is going away, and takes no new streams.
func (a *API) End() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ending = true
}

// CloseStreams takes no new streams, tells the open ones to reconnect
// elsewhere or later, and waits until they are gone or ctx ends.
func (a *API) CloseStreams(ctx context.Context) error {
	a.End()
	a.endAll()
	gone := make(chan struct{})
	go func() {
		a.streams.Wait()
		close(gone)
	}()
	select {
	case <-gone:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
