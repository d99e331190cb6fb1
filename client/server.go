package client

import (
	"context"
	"sync"

	"p4p/client/wire"
	"p4p/protocol"
)

// server is a server that answered: its calls, and who it is.
type server struct {
	*wire.Client
	Info protocol.Info // as of the first contact
	Pin  *protocol.Pin // by which it is known, or nil
	// named tells that a user or a link named the address: it may be remembered.
	named bool
}

// link is the connection to the profile's server, shared by all calls.
type link struct {
	one chan struct{} // held by whoever reaches for the server

	mu      sync.Mutex
	current *server
	// entered is the address that UseServer or an invite led to in this run.
	entered string
	pin     *protocol.Pin
}

func (l *link) init() { l.one = make(chan struct{}, 1) }

// drop forgets s, or whatever server there is when s is nil: the next call
// reaches out again.
func (l *link) drop(s *server) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.current != nil && (s == nil || s == l.current) {
		l.current.Close()
		l.current = nil
	}
}

func (l *link) get() *server {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.current
}

func (l *link) set(s *server) {
	l.drop(nil)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.current = s
}

// reach gives the profile's server, connecting to it at the first call. Before
// it returns the server's identity was held against the profile's binding; it
// binds nothing. Codes: server_unreachable, foreign_server, pin_mismatch,
// untrusted_certificate, other_server.
func (c *Client) reach(ctx context.Context) (*server, error) {
	if s := c.link.get(); s != nil {
		return s, nil
	}
	select {
	case c.link.one <- struct{}{}:
		defer func() { <-c.link.one }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if s := c.link.get(); s != nil {
		return s, nil
	}
	address, pin, named, err := c.address(ctx)
	if err != nil {
		return nil, err
	}
	s, err := c.visit(ctx, address, pin)
	if protocol.CodeOf(err) == protocol.CodeUntrusted && pin == nil {
		s, err = c.visitKnown(ctx, address, err)
	}
	if err != nil {
		return nil, err
	}
	s.named = named
	if err := c.settle(ctx, s); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// address is where the profile's server is now, and whether a user named it.
func (c *Client) address(ctx context.Context) (url string, pin *protocol.Pin, named bool, err error) {
	c.link.mu.Lock()
	entered, enteredPin := c.link.entered, c.link.pin
	c.link.mu.Unlock()
	_, remembered, rememberedPin := c.local.Server()
	switch {
	case entered != "":
		return entered, enteredPin, true, nil
	case c.opt.Server != "" && (c.opt.Server != remembered || c.opt.Pin != nil):
		return c.opt.Server, c.opt.Pin, true, nil
	case remembered != "":
		pin, err := parsePin(rememberedPin)
		return remembered, pin, true, err
	case c.opt.ServerURL != nil:
		url, err := c.opt.ServerURL(ctx)
		if err != nil && protocol.CodeOf(err) == protocol.CodeInternal {
			err = protocol.Errorf(protocol.CodeNoServer, "No server can be reached now: %s", err).Because(err)
		}
		return url, nil, false, err
	}
	return "", nil, false, protocol.Errorf(protocol.CodeNoServer,
		"This profile has no server yet: name one with --server, or open a friend's invite.")
}

// visitKnown visits a new address, for which nobody vouches, of a server whose key
// the profile knows: what has that key is that server. refusal is the error where
// it knows none.
func (c *Client) visitKnown(ctx context.Context, address string, refusal error) (*server, error) {
	_, _, remembered := c.local.Server()
	pin, err := parsePin(remembered)
	if err != nil || pin == nil {
		return nil, refusal
	}
	return c.visit(ctx, address, pin)
}

func parsePin(s string) (*protocol.Pin, error) {
	if s == "" {
		return nil, nil
	}
	p, err := protocol.ParsePin(s)
	return &p, err
}

// visit asks a server who it is, without making it the profile's. The caller
// closes it, or hands it to adopt.
func (c *Client) visit(ctx context.Context, url string, pin *protocol.Pin) (*server, error) {
	w, err := wire.New(url, pin)
	if err != nil {
		return nil, err
	}
	info, err := w.Info(ctx)
	if err != nil {
		w.Close()
		return nil, err
	}
	return &server{Client: w, Info: info, Pin: pin, named: true}, nil
}

// adopt makes a visited server the profile's: the one that a user entered or an
// invite names. An unbound profile gets a fresh key where it knew another server
// before; a bound one refuses any other with other_server. On success s belongs
// to the client, on failure to the caller.
func (c *Client) adopt(ctx context.Context, s *server) error {
	select {
	case c.link.one <- struct{}{}:
		defer func() { <-c.link.one }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if c.foundAnyhow(ctx, s) {
		// The embedded server by its address of today, which is found without.
		s.named = false
	}
	before := c.link.get()
	if err := c.settle(ctx, s); err != nil {
		return err
	}
	if s.named {
		c.link.mu.Lock()
		c.link.entered, c.link.pin = s.URL(), s.Pin
		c.link.mu.Unlock()
	}
	if before == nil || before.URL() != s.URL() || before.Info.Server != s.Info.Server {
		c.streams.reconnect()
	}
	return nil
}

// foundAnyhow tells whether s is the server that ServerURL leads to.
func (c *Client) foundAnyhow(ctx context.Context, s *server) bool {
	if now := c.link.get(); now != nil && now.Info.Server == s.Info.Server {
		return !now.named
	}
	url, _, named, err := c.address(ctx)
	return err == nil && !named && url == s.URL()
}

// settingServer keeps the UUID of the server that an unbound profile knows.
const settingServer = "server.uuid"

// settle holds a server against the profile's binding and makes it the current one.
func (c *Client) settle(ctx context.Context, s *server) error {
	bound, remembered, pin := c.local.Server()
	if bound != nil && *bound != s.Info.Server {
		return protocol.Errorf(protocol.CodeOtherServer,
			"This profile belongs to another server than the one at %s: use another profile for it, as in p4p --profile NAME --server %s.", s.URL(), s.URL())
	}
	if bound == nil {
		known, err := c.local.Setting(ctx, settingServer)
		if err != nil {
			return err
		}
		if id := s.Info.Server.String(); known != id {
			// A key that one server may have been shown is not used on another.
			if known != "" {
				if err := c.local.Rebind(ctx); err != nil {
					return err
				}
			}
			if err := c.local.SetSetting(ctx, settingServer, id); err != nil {
				return err
			}
		}
	}
	if sp := pinString(s.Pin); s.named && (s.URL() != remembered || sp != pin) {
		if err := c.local.SetServerURL(ctx, s.URL(), sp); err != nil {
			return err
		}
	}
	c.link.set(s)
	c.met(s, bound != nil)
	return nil
}

func pinString(p *protocol.Pin) string {
	if p == nil {
		return ""
	}
	return p.Base32()
}

// bind makes the profile belong to the server: before its first record is signed
// or its first friendship made. Idempotent.
func (c *Client) bind(ctx context.Context, id protocol.UUID) error {
	_, url, pin := c.local.Server()
	if err := c.local.Bind(ctx, id, url, pin); err != nil {
		return err
	}
	c.boundTo(id)
	return nil
}

// serverID is the server that this profile's records name: the one it belongs
// to, or for an unbound profile the one it knows. Where there is neither, the
// server is asked; server_unreachable when it does not answer.
func (c *Client) serverID(ctx context.Context) (protocol.UUID, error) {
	if bound, _, _ := c.local.Server(); bound != nil {
		return *bound, nil
	}
	known, err := c.local.Setting(ctx, settingServer)
	if err == nil && known != "" {
		return protocol.ParseUUID(known)
	}
	if err != nil {
		return protocol.UUID{}, err
	}
	s, err := c.reach(ctx)
	if err != nil {
		return protocol.UUID{}, err
	}
	return s.Info.Server, nil
}

// Connect reaches the server and holds it against the profile's binding, without
// reading the feed. Codes: server_unreachable, foreign_server, pin_mismatch,
// other_server.
func (c *Client) Connect(ctx context.Context) error {
	_, err := c.reach(ctx)
	return err
}

// UseServer makes the server at an address that a person typed this profile's.
// An unbound profile that knew another server gets a fresh key; a bound one
// refuses any other server with other_server. The address may have a pin, as
// [protocol.ParseServer] reads it. Codes: bad_link, insecure_link,
// server_unreachable, foreign_server, pin_mismatch, untrusted_certificate,
// other_server.
func (c *Client) UseServer(ctx context.Context, address string) error {
	url, pin, err := protocol.ParseServer(address)
	if err != nil {
		return err
	}
	s, err := c.visit(ctx, url, pin)
	if protocol.CodeOf(err) == protocol.CodeUntrusted && pin == nil {
		s, err = c.visitKnown(ctx, url, err)
	}
	if err != nil {
		return err
	}
	if err := c.adopt(ctx, s); err != nil {
		s.Close()
		return err
	}
	return nil
}
