package cli

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"

	"github.com/spf13/cobra"

	"p4p/client"
	"p4p/client/picture"
	"p4p/protocol"
)

func postCommand(a *app) *cobra.Command {
	var image, alt string
	cmd := &cobra.Command{
		Use:   "post [TEXT]",
		Short: "Post a text, a picture or both; without TEXT it is read from standard input",
		Long: "A picture is made anew before it leaves this machine: no place, no time, no camera\n" +
			"goes with it. Without a connection the post waits in the outbox.",
		Example: "p4p post \"Hello, whoever you are\"\np4p post --image lake.jpg --alt \"A lake at dawn\"\ndate | p4p post",
		Args:    cobra.MaximumNArgs(1),
		RunE: a.run(func(ctx context.Context, args []string) error {
			if alt != "" && image == "" {
				return protocol.Errorf(protocol.CodeUsage, "--alt describes a picture: name it with --image.")
			}
			pic, err := preparePicture(image, alt)
			if err != nil {
				return err
			}
			text := ""
			if len(args) == 1 {
				text = args[0]
			} else if pic == nil || !a.interactive() {
				if text, err = a.readText(); err != nil {
					return err
				}
			}
			return a.send(ctx, "Posted", func(c *client.Client) (client.Sent, error) { return c.Post(ctx, text, pic) })
		}),
	}
	cmd.Flags().StringVar(&image, "image", "", "a picture to post: JPEG, PNG, GIF or WebP")
	cmd.Flags().StringVar(&alt, "alt", "", "what the picture shows, for who cannot see it")
	return cmd
}

func commentCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "comment POST TEXT",
		Short: "Comment on a post",
		Args:  cobra.ExactArgs(2),
		RunE: a.run(func(ctx context.Context, args []string) error {
			id, err := recordID(args[0])
			if err != nil {
				return err
			}
			return a.sendAbout(ctx, "Commented", func(c *client.Client) (client.Sent, error) { return c.Comment(ctx, id, args[1]) })
		}),
	}
}

func deleteCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "delete RECORD",
		Short: "Delete a post or comment of your own, on the server and everywhere it is followed",
		Args:  cobra.ExactArgs(1),
		RunE: a.run(func(ctx context.Context, args []string) error {
			id, err := recordID(args[0])
			if err != nil {
				return err
			}
			return a.sendAbout(ctx, "Deleted", func(c *client.Client) (client.Sent, error) { return c.Delete(ctx, id) })
		}),
	}
}

func reportCommand(a *app) *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use:   "report RECORD",
		Short: "Report a post or comment to the server's operator",
		Args:  cobra.ExactArgs(1),
		RunE: a.run(func(ctx context.Context, args []string) error {
			id, err := recordID(args[0])
			if err != nil {
				return err
			}
			return a.sendAbout(ctx, "Reported", func(c *client.Client) (client.Sent, error) { return c.Report(ctx, id, reason) })
		}),
	}
	cmd.Flags().StringVar(&reason, "reason", "", "why; only the operator reads it")
	return cmd
}

// send opens the profile and makes one record. It is in the outbox before any
// server is asked, so that a server that stalls costs nobody a text.
func (a *app) send(ctx context.Context, done string, f func(*client.Client) (client.Sent, error)) error {
	c, err := a.open(ctx, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	sent, err := f(c)
	if err != nil {
		return err
	}
	a.warnRefused(ctx, c)
	if sent.Seq == nil && !a.json {
		a.say("The server is not reached now: this waits in the outbox and is sent with the next command or the open app.")
	}
	return a.print(sent, "%s: %s", done, sent.ID)
}

// sendAbout is send for a record that names another one, which this machine may
// have to ask the server for.
func (a *app) sendAbout(ctx context.Context, done string, f func(*client.Client) (client.Sent, error)) error {
	return a.send(ctx, done, func(c *client.Client) (client.Sent, error) {
		if err := c.Connect(ctx); err != nil && !offline(err) {
			return client.Sent{}, err
		}
		return f(c)
	})
}

func (a *app) readText() (string, error) {
	if a.interactive() {
		a.say("Write your post, then press ctrl+d on a line of its own.")
	}
	// One byte more than fits, so that too much is refused and not cut.
	b, err := io.ReadAll(io.LimitReader(a.In, 4*protocol.MaxText))
	return string(b), err
}

func preparePicture(file, alt string) (*client.Picture, error) {
	if file == "" {
		return nil, nil //nolint:nilnil // no picture is not an error
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, protocol.Errorf(protocol.CodeBadPicture, "Cannot open the picture %q: %s.", file, cause(err))
	}
	defer f.Close()
	p, err := picture.Prepare(f)
	if err != nil {
		return nil, err
	}
	return &client.Picture{Bytes: p.Bytes, Width: p.Width, Height: p.Height, Alt: alt}, nil
}

// cause is an operating system's error without the path that is already said.
func cause(err error) string {
	var p *os.PathError
	if errors.As(err, &p) {
		return p.Err.Error()
	}
	return err.Error()
}

func recordID(s string) (protocol.UUID, error) {
	id, err := protocol.ParseUUID(s)
	if err != nil {
		return id, protocol.Errorf(protocol.CodeUsage, "%q is not a post's id; p4p feed --json prints them.", s)
	}
	return id, nil
}
