package cli

import (
	"context"
	"log/slog"
	"net"
	"net/netip"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/crypto/acme/autocert"

	"p4p/protocol"
	"p4p/server"
	"p4p/server/embed"
	"p4p/server/lan"
	"p4p/server/tlsconf"
)

// serveFlags are the flags that say how others reach the server.
type serveFlags struct {
	listen string // as typed; "" for the default
	tls    string
	lan    bool

	directory, ca string // of the authority, with --tls acme
	manager       *autocert.Manager
}

func serveCommand(a *app) *cobra.Command {
	var c server.Config
	var f serveFlags
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run a server for yourself and your friends",
		Long: "Serve keeps posts, pictures, comments and sealed friendships in one folder, under\n" +
			"device UUIDs and nothing else. With --lan, whoever is in your network reaches it,\n" +
			"phones included. For friends elsewhere say by which name they reach it with\n" +
			"--public-url, and either put a reverse proxy with a certificate before it, or have it\n" +
			"get a certificate itself with --tls acme.",
		Example: "p4p serve\np4p serve --lan\np4p serve --data /var/lib/p4p --public-url https://p4p.example\np4p serve --tls acme --public-url https://p4p.example",
		Args:    cobra.NoArgs,
		RunE: a.run(func(ctx context.Context, _ []string) error {
			if err := f.apply(a, &c); err != nil {
				return err
			}
			return a.serve(ctx, c, f.manager)
		}),
	}
	fl := cmd.Flags()
	fl.StringVar(&f.listen, "listen", "", "address to listen on; port 0 picks a free one (default "+embed.DefaultListen+", with --lan this computer's address in its network)")
	fl.StringVar(&c.Data, "data", "", "folder for the server's data (default: the folder \"server\" in P4P's home)")
	fl.StringVar(&c.PublicURL, "public-url", "", "address under which others reach this server; it goes into links")
	fl.BoolVar(&f.lan, "lan", false, "listen on this computer's address in its network, with --tls self-signed")
	fl.StringVar(&f.tls, "tls", "", "encryption: off, self-signed (with a key of its own, which links carry the fingerprint of), or acme (a certificate for the name in --public-url, from Let's Encrypt unless told otherwise) (default off)")
	fl.StringVar(&f.directory, "acme-directory", "", "with --tls acme: the directory of another authority than Let's Encrypt")
	fl.StringVar(&f.ca, "acme-ca", "", "with --tls acme: file of certificates (PEM) by which that directory is checked")
	fl.StringVar(&c.MetricsListen, "metrics", "", "address of this machine to serve /metrics on, such as 127.0.0.1:4748; needed with --public-url")
	fl.BoolVar(&c.NewEpoch, "new-epoch", false, "begin a new history: after restoring a backup of the data folder")
	return cmd
}

// apply turns the flags into what the server listens on.
func (f *serveFlags) apply(a *app, c *server.Config) error {
	mode := f.tls
	if mode == "" && f.lan {
		mode = "self-signed"
	}
	if mode != "acme" && (f.directory != "" || f.ca != "") {
		return protocol.Errorf(protocol.CodeUsage, "--acme-directory and --acme-ca are for --tls acme.")
	}
	switch {
	case mode == "acme":
		return f.applyACME(a, c)
	case mode == "" || mode == "off":
		if f.lan {
			return protocol.Errorf(protocol.CodeUsage, "--lan needs encryption, because browsers give a page the cryptography it needs only with it: leave --tls out.")
		}
		c.Listen = f.listen
		return nil
	case mode != "self-signed":
		return protocol.Errorf(protocol.CodeUsage, "--tls is off, self-signed or acme, not %q.", mode)
	}
	listen := f.listen
	if listen == "" {
		listen = embed.DefaultListen
		if f.lan {
			own, err := lan.Address()
			if err != nil {
				return err
			}
			_, port, _ := net.SplitHostPort(embed.DefaultListen)
			listen = net.JoinHostPort(own.String(), port)
		}
	}
	c.Door = &server.Door{Listen: listen}
	c.Listen = besides(listen)
	return nil
}

// applyACME has the server get its certificates from an authority.
func (f *serveFlags) applyACME(a *app, c *server.Config) error {
	if f.lan {
		return protocol.Errorf(protocol.CodeUsage, "--lan is for a network of one's own, where no authority gives out certificates: leave --tls out.")
	}
	if c.Data == "" {
		c.Data = embed.Data(a.homeDir())
	}
	var err error
	f.manager, err = tlsconf.ACME{PublicURL: c.PublicURL, Directory: f.directory, CA: f.ca, Data: c.Data}.Manager()
	if err != nil {
		return err
	}
	listen := f.listen
	if listen == "" {
		listen = ":443"
	}
	c.Door = &server.Door{Listen: listen, TLS: tlsconf.ForManager(f.manager)}
	c.Listen = besides(listen)
	return nil
}

// besides is where a server with an encrypted port listens for the programs of its
// own machine: on the same port if that is free on loopback, else on any.
func besides(listen string) string {
	const any = "127.0.0.1:0"
	ap, err := netip.ParseAddrPort(listen)
	if err != nil || ap.Addr().IsUnspecified() || ap.Addr().Unmap().IsLoopback() {
		return any
	}
	same := netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), ap.Port()).String()
	l, err := net.Listen("tcp", same) //nolint:noctx // it does not wait
	if err != nil {
		return any
	}
	l.Close()
	return same
}

func (a *app) serve(ctx context.Context, c server.Config, certs *autocert.Manager) error {
	if c.Data == "" {
		c.Data = embed.Data(a.homeDir())
	}
	if c.PublicURL != "" {
		u, err := protocol.ParseServerURL(c.PublicURL)
		if err != nil {
			return err
		}
		c.PublicURL = u
	}
	c.Log = slog.New(slog.NewTextHandler(a.Err, nil))
	s, err := server.Start(ctx, c)
	if err != nil {
		return err
	}
	if err := embed.Announce(c.Data, s.URL()); err != nil {
		return err
	}
	switch {
	case certs != nil:
		a.say("Others reach it at %s. Its certificate is asked for now, unless it is in the data folder.", s.Info().PublicURL)
		if l, err := new(net.ListenConfig).Listen(ctx, "tcp", httpPort(c.Door.Listen)); err == nil {
			tlsconf.Answer(ctx, certs, s.Limit(l), s.Info().PublicURL)
		} else {
			c.Log.Info("port 80 cannot be had; the authority has to reach the encrypted port")
		}
		go func() {
			if err := tlsconf.Fetch(certs, s.Info().PublicURL); err != nil {
				c.Log.Error("no certificate yet; it is tried again when somebody connects", "error", server.Scrub(err.Error()))
			}
		}()
	case c.Door != nil:
		a.sayDoor(s.Info())
	}
	if err := a.printServed(s, c.Data); err != nil {
		return err
	}
	failed := make(chan error, 1)
	go func() { failed <- s.Wait() }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	return s.Shutdown(end)
}

// httpPort is where the http-01 proofs are asked for, beside the encrypted port.
func httpPort(listen string) string {
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		host = ""
	}
	return net.JoinHostPort(host, "80")
}

// printServed prints the line that says that connections are accepted.
func (a *app) printServed(s *server.Server, data string) error {
	info := s.Info()
	return a.print(struct {
		URL       string        `json:"url"`
		Server    protocol.UUID `json:"server"`
		Epoch     protocol.UUID `json:"epoch"`
		PublicURL string        `json:"public_url,omitempty"`
		Pin       string        `json:"pin,omitempty"`
		Metrics   string        `json:"metrics,omitempty"`
	}{s.URL(), info.Server, info.Epoch, info.PublicURL, info.Pin, s.MetricsURL()},
		"P4P serves %s on %s. Press ctrl+c to end it.", safeLine(data), s.URL())
}

// sayDoor tells how others reach a server that proves itself by its key.
func (a *app) sayDoor(i protocol.Info) {
	a.say("Others reach it at %s, and invites carry that address.", i.PublicURL)
	if loopback(i.PublicURL) {
		a.say("That is an address of this machine only: nobody else reaches it.")
	}
	a.say("Its key has the fingerprint %s, by which p4p knows it: p4p --server %s#%s", i.Pin, i.PublicURL, i.Pin)
	a.say("A browser cannot check that and warns of the certificate at the first visit.")
	a.say("If a phone in the same network does not reach it, a firewall on this computer may be in the way.")
}

func loopback(url string) bool { return protocol.Link{Server: url}.Loopback() }
