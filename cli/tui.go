package cli

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"slices"

	"p4p/client"
	"p4p/desktop"
	"p4p/protocol"
	"p4p/tui"
	"p4p/tui/graphics"
	"p4p/tui/settings"
)

// openApp is p4p without a command.
func (a *app) openApp(ctx context.Context, _ []string) error { return a.runTUI(ctx, nil) }

// runTUI shows the app, with a link to begin with if there is one. The client
// works in the background until the app ends.
func (a *app) runTUI(ctx context.Context, link *protocol.Link) error {
	for {
		err := a.runProfile(ctx, link)
		if err != nil || a.next == "" || ctx.Err() != nil {
			return err
		}
		// The other profile has a server of its own; the home's keeps running.
		err = a.client.Close()
		// Who arrives stays on the server that was named: a move may bring no address.
		if a.arrival == nil && a.exists(ctx, a.next) {
			a.serverURL = "" // it remembers its own
		}
		if a.carried != nil {
			a.serverURL = "" // the link names one
		}
		a.client, a.profile, a.next, link, a.carried = nil, a.next, "", a.carried, nil
		if err != nil {
			return err
		}
		a.settle(ctx)
	}
}

// settle makes the profile the one that arrived, now that nobody has it open. The app
// tells what came of it.
func (a *app) settle(ctx context.Context) {
	arrival := a.arrival
	a.arrival, a.said, a.failed = nil, "", nil
	if arrival == nil {
		return
	}
	me, err := arrival.Settle(ctx, client.Options{Home: a.homeDir(), Profile: a.profile, Passphrase: a.lockPassphrase, Keyring: desktop.Keyring{}})
	if err != nil {
		a.failed = err
		return
	}
	a.said = "You are yourself again. Go on as " + me.UUID.String()[:8] + " in one place only."
}

// runProfile shows the app until it is quit, or another profile is asked for.
func (a *app) runProfile(ctx context.Context, link *protocol.Link) error {
	if os.Getenv("TERM") == "dumb" {
		a.plain = true // nothing else can be drawn there
	}
	if _, _, ok := a.terminal(); !a.plain && (!ok || !a.interactive()) {
		return protocol.Errorf(protocol.CodeUsage,
			"The app needs a terminal, and there is none on standard input and output: p4p --plain works without one, p4p feed prints the feed, and p4p --help lists the commands for scripts.")
	}
	c, err := a.open(ctx, slog.New(slog.DiscardHandler)) // a log on the terminal would be drawn over the app
	if err != nil {
		return err
	}
	folder, err := os.Getwd()
	if err != nil {
		folder = a.homeDir()
	}
	set, problems := settings.Read(a.settingsFile())
	if a.images == "" {
		a.images = set.Images
	}
	images, err := graphics.Parse(a.images)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancelCause(ctx)
	changes := c.Changes()
	ran := make(chan struct{})
	go func() {
		defer close(ran)
		if err := c.Run(ctx); err != nil && ctx.Err() == nil {
			stop(err)
		}
	}()
	if a.plain {
		err = a.runLines(ctx, c, changes, link, problems)
	} else {
		err = tui.Run(ctx, tui.Options{
			Client: c, Changes: changes, Link: link, SaveDir: folder, Note: a.note, Reach: reach{a}, Selves: selves{a},
			Said: a.said, Failed: a.failed,
			Settings: &set, Problems: problems, Images: images,
			In: a.In, Out: a.Out, Hold: a.signals.hold,
		})
	}
	stop(errAppEnded)
	<-ran
	return err
}

var errAppEnded = errors.New("the app was closed")

// exists tells whether there is a profile of that name.
func (a *app) exists(ctx context.Context, name string) bool {
	all, err := client.Profiles(ctx, a.homeDir())
	return err == nil && slices.ContainsFunc(all, func(p client.Profile) bool { return p.Name == name })
}

// selves are this home's profiles, for the app.
type selves struct{ a *app }

func (s selves) List(ctx context.Context) ([]client.Profile, error) {
	return client.Profiles(ctx, s.a.homeDir())
}

func (s selves) Check(name string) error {
	_, err := client.ProfileDir(s.a.homeDir(), name)
	return err
}

func (s selves) Switch(name string) { s.a.next = name }

func (s selves) Carry(link protocol.Link) { s.a.carried = &link }

func (s selves) Arrive(arrival client.Arrival) {
	if s.a.next = s.a.profile; s.a.next == "" {
		s.a.next = client.DefaultProfile
	}
	s.a.arrival = &arrival
}
