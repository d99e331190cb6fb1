package cli

import (
	"context"
	"log/slog"
	"net"
	"net/netip"
	"time"

	"github.com/spf13/cobra"

	"p4p/protocol"
	"p4p/server"
	"p4p/server/embed"
	"p4p/server/lan"
)

// serveFlags are the flags that say how others reach the server.
type serveFlags struct {
	listen string // as typed; "" for the default
	tls    string
	lan    bool
}

func serveCommand(a *app) *cobra.Command {
	var c server.Config
	var f serveFlags
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run a server for yourself and your friends",
		Long: "Serve keeps posts, pictures, comments and sealed friendships in one folder, under\n" +
			"device UUIDs and nothing else. With --lan, whoever is in your network reaches it,\n" +
			"phones included. For friends elsewhere put a reverse proxy with a certificate before\n" +
			"it and say its address with --public-url.",
		Example: "p4p serve\np4p serve --lan\np4p serve --data /var/lib/p4p --public-url https://p4p.example",
		Args:    cobra.NoArgs,
		RunE: a.run(func(ctx context.Context, _ []string) error {
			if err := f.apply(&c); err != nil {
				return err
			}
			return a.serve(ctx, c)
		}),
	}
	fl := cmd.Flags()
	fl.StringVar(&f.listen, "listen", "", "address to listen on; port 0 picks a free one (default "+embed.DefaultListen+", with --lan this computer's address in its network)")
	fl.StringVar(&c.Data, "data", "", "folder for the server's data (default: the folder \"server\" in P4P's home)")
	fl.StringVar(&c.PublicURL, "public-url", "", "address under which others reach this server; it goes into links")
	fl.BoolVar(&f.lan, "lan", false, "listen on this computer's address in its network, with --tls self-signed")
	fl.StringVar(&f.tls, "tls", "", "encryption: off, or self-signed (with a key of its own, which links carry the fingerprint of) (default off)")
	fl.StringVar(&c.MetricsListen, "metrics", "", "address of this machine to serve /metrics on, such as 127.0.0.1:4748; needed with --public-url")
	fl.BoolVar(&c.NewEpoch, "new-epoch", false, "begin a new history: after restoring a backup of the data folder")
	return cmd
}

// apply turns the flags into what the server listens on.
func (f serveFlags) apply(c *server.Config) error {
	mode := f.tls
	if mode == "" && f.lan {
		mode = "self-signed"
	}
	switch {
	case mode == "" || mode == "off":
		if f.lan {
			return protocol.Errorf(protocol.CodeUsage, "--lan needs encryption, because browsers give a page the cryptography it needs only with it: leave --tls out.")
		}
		c.Listen = f.listen
		return nil
	case mode != "self-signed":
		return protocol.Errorf(protocol.CodeUsage, "--tls is off or self-signed, not %q.", mode)
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

func (a *app) serve(ctx context.Context, c server.Config) error {
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
	if c.Door != nil {
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
