package cli

import (
	"context"
	"log/slog"
	"time"

	"github.com/spf13/cobra"

	"p4p/protocol"
	"p4p/server"
	"p4p/server/embed"
)

func serveCommand(a *app) *cobra.Command {
	var c server.Config
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run a server for yourself and your friends",
		Long: "Serve keeps posts, pictures, comments and sealed friendships in one folder, under\n" +
			"device UUIDs and nothing else. For friends on other machines put a reverse proxy\n" +
			"with a certificate before it and say its address with --public-url.",
		Example: "p4p serve\np4p serve --data /var/lib/p4p --public-url https://p4p.example",
		Args:    cobra.NoArgs,
		RunE:    a.run(func(ctx context.Context, _ []string) error { return a.serve(ctx, c) }),
	}
	f := cmd.Flags()
	f.StringVar(&c.Listen, "listen", embed.DefaultListen, "address to listen on; port 0 picks a free one")
	f.StringVar(&c.Data, "data", "", "folder for the server's data (default: the folder \"server\" in P4P's home)")
	f.StringVar(&c.PublicURL, "public-url", "", "address under which others reach this server; it goes into links")
	f.StringVar(&c.MetricsListen, "metrics", "", "address of this machine to serve /metrics on, such as 127.0.0.1:4748; needed with --public-url")
	f.BoolVar(&c.NewEpoch, "new-epoch", false, "begin a new history: after restoring a backup of the data folder")
	return cmd
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
	info := s.Info()
	if err := a.print(struct {
		URL     string        `json:"url"`
		Server  protocol.UUID `json:"server"`
		Epoch   protocol.UUID `json:"epoch"`
		Metrics string        `json:"metrics,omitempty"`
	}{s.URL(), info.Server, info.Epoch, s.MetricsURL()}, "P4P serves %s on %s. Press ctrl+c to end it.", safeLine(c.Data), s.URL()); err != nil {
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
