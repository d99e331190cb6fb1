package cli

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"github.com/spf13/cobra"

	"p4p/client"
	"p4p/protocol"
	"p4p/qr"
)

const moveWarning = "Move this profile only to a machine of your own, which you have in front of you.\n" +
	"Whoever sees the picture and the code is you from then on. Nobody who asks you to\n" +
	"show, scan or send them is your friend.\n"

func moveCommand(a *app) *cobra.Command {
	var receive, yes, seen bool
	var image, code, png string
	cmd := &cobra.Command{
		Use:   "move [TEXT]",
		Short: "Take this profile to another machine of your own, by a QR code and a code typed by hand",
		Long: "On the old machine p4p move shows a QR code and beside it a code of 12 characters. Take a\n" +
			"picture of the first, or copy its text, and write the second down. On the new machine\n" +
			"p4p move --receive reads the picture (--image) or the TEXT (or - for standard input), and\n" +
			"you type the code. Nothing of it passes the server.\n\n" +
			"The new machine has your identity then: your posts are yours and can be deleted. Names\n" +
			"and friendships come by a backup: p4p backup FILE on the old machine, p4p restore FILE on\n" +
			"the new one. (Where you have a backup, restore alone does both.) Then retire the old\n" +
			"machine: two that go on with one profile contradict each other.",
		Example: "p4p move\np4p move --png move.png\np4p move --receive --image move.png\np4p move --seen",
		Args:    cobra.MaximumNArgs(1),
		RunE: a.run(func(ctx context.Context, args []string) error {
			switch {
			case receive:
				return a.receiveMove(ctx, args, image, code)
			case len(args) > 0 || image != "" || code != "":
				return protocol.Errorf(protocol.CodeUsage, "A move is read with p4p move --receive, on the new machine only.")
			case seen:
				return a.moveSeen(ctx)
			}
			return a.showMove(ctx, yes, png)
		}),
	}
	f := cmd.Flags()
	f.BoolVar(&receive, "receive", false, "read a move that your old machine shows, into a new or empty profile")
	f.StringVar(&image, "image", "", "with --receive: read the QR code from a picture or screenshot")
	f.StringVar(&code, "code", "", "with --receive: the code beside the QR code; asked for without this")
	f.StringVar(&png, "png", "", "save the QR code as a picture in this file instead of showing it")
	f.BoolVar(&yes, "yes", false, "show it without asking")
	f.BoolVar(&seen, "seen", false, "you have read the warnings about moves: they end")
	return cmd
}

func (a *app) showMove(ctx context.Context, yes bool, file string) error {
	a.say("%s", moveWarning)
	if !yes {
		if !a.interactive() {
			return protocol.Errorf(protocol.CodeUsage, "Nobody is there to agree to the move: run it in a terminal, or add --yes.")
		}
		ok, err := a.ask("Show it? [y/N] ")
		if err != nil {
			return err
		}
		if !ok {
			return protocol.Errorf(protocol.CodeInterrupted, "Nothing was shown.")
		}
	}
	c, err := a.open(ctx, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	if err := c.Connect(ctx); err != nil && !offline(err) {
		return err
	}
	o, err := c.Move(ctx)
	if err != nil {
		return err
	}
	if o.NoServer {
		a.say("p4p: warning: this profile's server has no address that works from another machine: there, name one with --server ADDRESS.")
	}
	image, err := qr.Encode(o.Text)
	if err != nil {
		return err
	}
	if file != "" {
		if err := a.saveCode(file, image); err != nil {
			return err
		}
		a.say("The QR code is in %s. Delete that file when the new machine has read it.", safeLine(file))
	}
	if a.json {
		return a.writeJSON(a.Out, struct {
			Move string `json:"move"`
			Code string `json:"code"`
		}{o.Text, o.Code})
	}
	if cols, rows, ok := a.terminal(); ok && file == "" {
		if w, h := image.Size(); w > cols || h > rows {
			a.say("The window is too small for the QR code (%d columns and %d rows): enlarge it, or save a picture with --png FILE. Its text:", w, h)
		} else if _, err := fmt.Fprintln(a.Out, image.Terminal()); err != nil {
			return err
		}
	}
	if file == "" {
		if _, err := fmt.Fprintln(a.Out, o.Text); err != nil {
			return err
		}
	}
	// Not with the text: who pipes or photographs that must not have both.
	a.say("Code, to be typed on the new machine: %s", o.Code)
	a.say("There: p4p move --receive --image PICTURE (or the text), then p4p restore FILE for names and friendships.")
	return nil
}

func (a *app) saveCode(name string, code qr.Code) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return protocol.Errorf(protocol.CodeUsage, "Cannot write the picture %q: %s.", name, cause(err))
	}
	if err := code.PNG(f, 8); err != nil {
		_ = f.Close()
		return err
	}
	return f.Close()
}

func (a *app) receiveMove(ctx context.Context, args []string, image, code string) error {
	text, err := a.linkText(args, image)
	if err != nil {
		return err
	}
	o := client.Options{Home: a.homeDir(), Profile: a.profile}
	if err := client.CanRestore(ctx, o); err != nil {
		return err
	}
	if code == "" {
		if !a.interactive() {
			return protocol.Errorf(protocol.CodeUsage, "Give the code that stands beside the QR code with --code CODE.")
		}
		if code, err = a.readLine("Code beside the QR code: "); err != nil {
			return err
		}
	}
	me, err := client.ReceiveMove(ctx, o, text, code)
	if err != nil {
		return err
	}
	return a.print(struct {
		UUID    protocol.UUID `json:"uuid"`
		Profile string        `json:"profile"`
		Server  string        `json:"server"`
	}{me.UUID, me.Profile, me.Server},
		"The profile %s is %s now, without names and friendships: p4p backup FILE on the old machine and p4p restore FILE here bring them. Then retire the old one.", me.Profile, me.UUID)
}

// moveSeen ends the warnings about other machines.
func (a *app) moveSeen(ctx context.Context) error {
	a.quiet = true
	c, err := a.open(ctx, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	all, err := c.Warnings(ctx)
	if err != nil {
		return err
	}
	for _, w := range all {
		switch w.Kind {
		case client.MoveShown, client.AnotherMachine, client.NamesMissing:
			if err := c.Dismiss(ctx, w); err != nil {
				return err
			}
		}
	}
	return a.print(struct{}{}, "The warnings about moves end here, until there is another.")
}

// warnings are what the profile's owner is told by every command: that somebody
// else may be this profile.
func (a *app) warnings(ctx context.Context, c *client.Client) {
	all, err := c.Warnings(ctx)
	if err != nil || a.quiet {
		return
	}
	for _, w := range all {
		switch {
		case w.Loud:
			a.say("p4p: WARNING: %s (p4p move --seen ends this.)", safeLine(w.Text))
		case w.Kind == client.NamesMissing:
			a.say("p4p: warning: %s", safeLine(w.Text))
		}
	}
}

// remind tells of friends without a backup, after a step that made one.
func (a *app) remind(ctx context.Context, c *client.Client) {
	all, err := c.Warnings(ctx)
	if err != nil {
		return
	}
	for _, w := range all {
		if w.Kind == client.BackupDue {
			a.say("p4p: note: %s", safeLine(w.Text))
		}
	}
}
