package cli

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/spf13/cobra"

	"p4p/client"
	"p4p/plain"
	"p4p/protocol"
)

// event is one line of `p4p feed --json`.
type event struct {
	Cursor    protocol.Cursor `json:"cursor"`
	ID        protocol.UUID   `json:"id"`
	Kind      protocol.Kind   `json:"kind"`
	Author    protocol.UUID   `json:"author"`
	Name      *string         `json:"name"`
	You       bool            `json:"you"`
	Text      string          `json:"text"`
	Image     *protocol.Image `json:"image"`
	Target    *protocol.UUID  `json:"target"`
	CreatedAt string          `json:"created_at"`
}

type feedFlags struct {
	limit           int
	after           string
	follow, friends bool
	author, search  string
	remote          bool
}

func feedCommand(a *app) *cobra.Command {
	var f feedFlags
	cmd := &cobra.Command{
		Use:   "feed",
		Short: "Print the feed in log order, like tail",
		Long: "Feed prints the last events and, with --follow, whatever comes. Names come from\n" +
			"your own phone book; everybody else is anonymous. Without a connection it prints\n" +
			"what this machine has seen.",
		Example: "p4p feed --limit 10\np4p feed --follow --json\np4p feed --search \"lake dawn\"",
		Args:    cobra.NoArgs,
		RunE:    a.run(func(ctx context.Context, _ []string) error { return a.feed(ctx, f) }),
	}
	fl := cmd.Flags()
	fl.IntVar(&f.limit, "limit", 50, "how many events")
	fl.StringVar(&f.after, "after", "", "begin behind this cursor, as --json prints it")
	fl.BoolVar(&f.follow, "follow", false, "go on printing what comes")
	fl.BoolVar(&f.friends, "friends", false, "only friends and yourself")
	fl.StringVar(&f.author, "author", "", "only the device with this UUID")
	fl.StringVar(&f.search, "search", "", "only what contains these words")
	fl.BoolVar(&f.remote, "remote", false, "search on the server, beyond what this machine has seen")
	return cmd
}

func (f feedFlags) query() (client.EventQuery, error) {
	q := client.EventQuery{Search: f.search, Limit: f.limit}
	if f.limit < 1 {
		return q, protocol.Errorf(protocol.CodeUsage, "--limit is at least 1.")
	}
	if f.friends {
		q.View = client.Friends
	}
	if f.author != "" {
		u, err := protocol.ParseUUID(f.author)
		if err != nil {
			return q, protocol.Errorf(protocol.CodeUsage, "--author takes a device UUID; %q is none.", f.author)
		}
		q.Author = &u
	}
	if f.after != "" {
		c, err := protocol.ParseCursor(f.after)
		if err != nil {
			return q, err
		}
		q.After = &c
	}
	if f.remote && (f.search == "" || f.follow || f.friends || f.after != "" || f.author != "") {
		return q, protocol.Errorf(protocol.CodeUsage, "--remote goes with --search, and with none of the other choices.")
	}
	return q, nil
}

func (a *app) feed(ctx context.Context, f feedFlags) error {
	q, err := f.query()
	if err != nil {
		return err
	}
	c, err := a.open(ctx, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	if f.remote {
		items, err := c.RemoteSearch(ctx, f.search, f.limit)
		if err != nil {
			return err
		}
		return a.printItems(items)
	}
	if err := c.Sync(ctx); offline(err) {
		a.say("p4p: warning: the server is not reached; this is what the machine has seen so far (%s)", protocol.CodeOf(err))
	} else if err != nil {
		return err
	}
	a.warnRefused(ctx, c)
	items, err := c.Events(ctx, q)
	if err != nil {
		return err
	}
	if err := a.printItems(items); err != nil || !f.follow {
		return err
	}
	if len(items) > 0 {
		last := items[len(items)-1].Cursor()
		q.After = &last
	}
	return a.followFeed(ctx, c, q)
}

// followFeed prints what comes behind q.After until the person ends it.
func (a *app) followFeed(ctx context.Context, c *client.Client, q client.EventQuery) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	changes := c.Changes()
	ran := make(chan error, 1)
	go func() {
		ran <- c.Run(ctx)
		cancel()
	}()
	q.Limit = 500
	if q.After == nil {
		// The feed was empty: begin at its beginning.
		q.After = &protocol.Cursor{}
	}
	for {
		items, err := c.Events(ctx, q)
		if err != nil && ctx.Err() == nil {
			return err
		}
		if err := a.printItems(items); err != nil {
			return err
		}
		if n := len(items); n > 0 {
			last := items[n-1].Cursor()
			q.After = &last
			continue
		}
		if _, err := changes.Next(ctx); err != nil {
			cancel()
			return <-ran // nil unless it panicked
		}
	}
}

func (a *app) printItems(items []client.Item) error {
	for _, i := range items {
		if a.json {
			if err := a.writeJSON(a.Out, jsonEvent(i)); err != nil {
				return err
			}
			continue
		}
		if _, err := fmt.Fprintln(a.Out, textEvent(i)); err != nil {
			return err
		}
	}
	return nil
}

func jsonEvent(i client.Item) event {
	e := event{
		Cursor: i.Cursor(), ID: i.ID, Kind: i.Kind, Author: i.Author.UUID(), You: i.Label.Kind == client.You,
		Text: i.Text, Image: i.Image, CreatedAt: stamp(i.CreatedAt),
	}
	if i.Label.Kind == client.Friend {
		e.Name = &i.Label.Name
	}
	if i.Kind != protocol.KindPost {
		e.Target = &i.Target
	}
	return e
}

// textEvent is one line: the label comes first, where no stranger's text can
// stand.
func textEvent(i client.Item) string {
	who := "anonymous " + i.Author.UUID().String()[:4]
	switch i.Label.Kind {
	case client.You:
		who = "you"
	case client.Friend:
		who = mark(i.Label.Verified) + plain.Line(i.Label.Name).Truncate(16).String()
	case client.Anonymous:
	}
	said := plain.Line(i.Text).String()
	if i.Image != nil {
		alt := plain.Line(i.Image.Alt).String()
		if alt == "" {
			alt = "no description"
		}
		said = fmt.Sprintf("[picture: %s] %s", alt, said)
	}
	switch i.Kind {
	case protocol.KindComment:
		said = "↳ on " + i.Target.String()[:8] + ": " + said
	case protocol.KindDeletion:
		said = "(deleted " + i.Target.String()[:8] + ")"
	case protocol.KindPost, protocol.KindReport:
	}
	pad := 18 - plain.Line(who).Width()
	return fmt.Sprintf("%s  %s%*s  %s", i.CreatedAt.Local().Format("2006-01-02 15:04"), who, max(pad, 0), "", said)
}
