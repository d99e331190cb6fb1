package cli

import (
	"context"
	"io"
	"log/slog"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"p4p/protocol"
	"p4p/qr"
)

func acceptCommand(a *app) *cobra.Command {
	var name, image string
	var samePerson, alike bool
	cmd := &cobra.Command{
		Use:   "accept LINK",
		Short: "Accept a friend's invite and give the friend a name",
		Long: "Accept takes the place that the invite offers. NAME is what you call the friend; it\n" +
			"stays on this machine. LINK can be - to read it from standard input, so that it\n" +
			"stays out of the shell's history.",
		Example: "p4p accept --name Alice -- LINK\npbpaste | p4p accept - --name Alice\np4p accept --image qr.png --name Alice",
		Args:    cobra.MaximumNArgs(1),
		RunE: a.run(func(ctx context.Context, args []string) error {
			text, err := a.linkText(args, image)
			if err != nil {
				return err
			}
			link, err := protocol.ParseLink(text)
			if err != nil {
				return err
			}
			if name == "" {
				if name, err = a.askName(link); err != nil {
					return err
				}
			}
			c, err := a.open(ctx, slog.New(slog.DiscardHandler))
			if err != nil {
				return err
			}
			f, err := c.Accept(ctx, link, name, samePerson, consent(alike)...)
			if err != nil {
				return meant(err)
			}
			a.remind(ctx, c)
			a.unsent(f.Unsent, "somebody else may still take the invite before you.")
			return a.print(acceptance{f.Friendship, f.UUID, f.Name, f.SafetyNumber},
				"You see %s's posts by name now; %[1]s sees yours after confirming.\nSafety number: %s", safeLine(f.Name), f.SafetyNumber)
		}),
	}
	cmd.Flags().StringVar(&name, "name", "", "what you call the friend who sent it")
	cmd.Flags().StringVar(&image, "image", "", "read the link from a picture of its QR code")
	cmd.Flags().BoolVar(&samePerson, "same-person", false, "NAME is in your phone book already, and this is another device of theirs")
	lookAlike(cmd, &alike)
	return cmd
}

func openCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "open LINK",
		Short: "Open an invite in the app; nothing happens before you press a key",
		Args:  cobra.ExactArgs(1),
		RunE: a.run(func(ctx context.Context, args []string) error {
			link, err := protocol.ParseLink(args[0])
			if err != nil {
				return err
			}
			return a.runTUI(ctx, &link)
		}),
	}
}

// linkText is the link as the person gave it: an argument, "-" or a picture.
func (a *app) linkText(args []string, image string) (string, error) {
	switch {
	case image != "" && len(args) == 1:
		return "", protocol.Errorf(protocol.CodeUsage, "Give LINK or --image, not both.")
	case image != "":
		f, err := os.Open(image)
		if err != nil {
			return "", protocol.Errorf(protocol.CodeBadPicture, "Cannot open the picture %q: %s.", image, cause(err))
		}
		defer f.Close()
		text, err := qr.Decode(f)
		if err != nil {
			return "", protocol.Errorf(protocol.CodeBadPicture, "%s: %s.", image, strings.TrimSuffix(sentence(err.Error()), "."))
		}
		return text, nil
	case len(args) == 0:
		return "", protocol.Errorf(protocol.CodeUsage, "Give the LINK that your friend sent, or - to read it from standard input.")
	case args[0] == "-":
		b, err := io.ReadAll(io.LimitReader(a.In, 10_000))
		return string(b), err
	default:
		return args[0], nil
	}
}

// askName asks who the invite came from, where there is somebody to ask.
func (a *app) askName(link protocol.Link) (string, error) {
	if !a.interactive() {
		return "", protocol.Errorf(protocol.CodeUsage, "Who sent you this invite? Say it with --name NAME; it stays on this machine.")
	}
	a.say("This is a friend invite on %s. Who sent it to you? (The name stays on this machine.)", safeLine(link.Server))
	return a.readLine("Name: ")
}
