package cli

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/spf13/cobra"

	"p4p/client"
	"p4p/protocol"
)

// friendRow is one device of one friend.
type friendRow struct {
	Name       string             `json:"name"`
	UUID       *protocol.UUID     `json:"uuid"`
	Friendship protocol.UUID      `json:"friendship"`
	State      client.FriendState `json:"state"`
	Verified   bool               `json:"verified"`
	Since      string             `json:"since"`
}

func jsonFriend(f client.Friendship) friendRow {
	return friendRow{f.Name, f.UUID, f.Friendship, f.State, f.Verified, stamp(f.Since)}
}

// mark stands before a friend's name, where no stranger's text can stand.
func mark(verified bool) string {
	if verified {
		return "✓ "
	}
	return "★ "
}

func friendsCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "friends",
		Short: "List your friends and what waits for an answer",
		Args:  cobra.NoArgs,
		RunE: a.run(func(ctx context.Context, _ []string) error {
			c, err := a.openSynced(ctx)
			if err != nil {
				return err
			}
			list, err := c.Friendships(ctx)
			if err != nil {
				return err
			}
			return a.printFriends(list)
		}),
	}
	one := func(use, short, done string, f func(context.Context, *client.Client, protocol.UUID) (client.Friendship, error)) *cobra.Command {
		sub := &cobra.Command{
			Use: use + " NAME", Short: short, Args: cobra.ExactArgs(1),
			RunE: a.run(func(ctx context.Context, args []string) error {
				c, err := a.openSynced(ctx)
				if err != nil {
					return err
				}
				found, err := c.Find(ctx, args[0])
				if err != nil {
					return err
				}
				changed, err := f(ctx, c, found.Friendship)
				if err != nil {
					return err
				}
				a.unsent(changed.Unsent, "your friend does not know of it.")
				return a.print(jsonFriend(changed), done, safeLine(changed.Name))
			}),
		}
		cmd.AddCommand(sub)
		return sub
	}
	var same, alikeAs bool
	var name string
	confirm := one("confirm", "Confirm that it was this friend who accepted your invite", "%s is a friend now: their posts show the name.",
		func(ctx context.Context, c *client.Client, f protocol.UUID) (made client.Friendship, err error) {
			switch {
			case name != "":
				made, err = c.ConfirmAs(ctx, f, name, consent(alikeAs)...)
			case same:
				made, err = c.ConfirmDevice(ctx, f)
			default:
				made, err = c.Confirm(ctx, f)
			}
			if err == nil {
				a.remind(ctx, c)
			}
			return made, meant(err)
		})
	confirm.Flags().BoolVar(&same, "same-person", false, "NAME has a device already, and this is another of theirs")
	confirm.Flags().StringVar(&name, "name", "", "it is somebody else than NAME, whom you call this")
	confirm.MarkFlagsMutuallyExclusive("same-person", "name")
	lookAlike(confirm, &alikeAs)
	one("remove", "End a friendship: the name leaves this device, and the friend is told", "%s is no longer a friend here. What they know of you so far, they keep.",
		func(ctx context.Context, c *client.Client, f protocol.UUID) (client.Friendship, error) {
			return c.Remove(ctx, f)
		})
	cmd.AddCommand(verifyCommand(a), refuseCommand(a), tellCommand(a))
	var alike bool
	rename := &cobra.Command{
		Use: "rename OLD NEW", Short: "Call a friend by another name; nobody else learns of it", Args: cobra.ExactArgs(2),
		RunE: a.run(func(ctx context.Context, args []string) error {
			c, err := a.open(ctx, slog.New(slog.DiscardHandler))
			if err != nil {
				return err
			}
			changed, err := c.Rename(ctx, args[0], args[1], consent(alike)...)
			if err != nil {
				return meant(err)
			}
			return a.printFriends(changed)
		}),
	}
	lookAlike(rename, &alike)
	cmd.AddCommand(rename)
	return cmd
}

// openSynced opens the profile and brings it up to date, or says that it could
// not.
func (a *app) openSynced(ctx context.Context) (*client.Client, error) {
	c, err := a.open(ctx, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	if err := c.Sync(ctx); offline(err) {
		a.say("p4p: warning: the server is not reached; this is what the machine knows so far (%s)", protocol.CodeOf(err))
	} else if err != nil {
		return nil, err
	}
	a.warnRefused(ctx, c)
	return c, nil
}

func (a *app) printFriends(list []client.Friendship) error {
	if a.json {
		rows := make([]friendRow, 0, len(list))
		for _, f := range list {
			rows = append(rows, jsonFriend(f))
		}
		return a.writeJSON(a.Out, rows)
	}
	if len(list) == 0 {
		a.say("No friends yet. Make an invite with p4p invite NAME, or accept one with p4p accept LINK.")
	}
	for _, f := range list {
		device := "device not known yet"
		if f.UUID != nil {
			device = f.UUID.String()
		}
		state, hint := string(f.State), ""
		if f.Verified {
			state += ", verified"
		}
		if f.Refusal != "" {
			hint = "\t" + refusalHint(f)
		}
		if f.State == client.StateEnded {
			hint += "\tby the other side; p4p friends remove takes the name off"
		}
		if f.Inviter && f.State == client.StateAccepted {
			hint = "\tconfirm or refuse: safety number " + f.SafetyNumber
		}
		if _, err := fmt.Fprintf(a.Out, "%s\t%s\t%s%s\n", safeLine(f.Name), state, device, hint); err != nil {
			return err
		}
	}
	return nil
}

// refusalHint says why a step of a friendship came to nothing.
func refusalHint(f client.Friendship) string {
	switch f.Refusal {
	case protocol.CodeBrokenSuccession:
		return "ANOTHER KEY TOOK THIS FRIEND'S PLACE without the old key's word; it is not shown by the name. Ask your friend by another way"
	case protocol.CodeSlotUnopenable:
		return "what took this invite was no acceptance, and was refused"
	}
	return "the server refused the last step (" + string(f.Refusal) + ")"
}

func (a *app) readLine(prompt string) (string, error) {
	_, _ = fmt.Fprint(a.Err, prompt)
	line, err := bufio.NewReader(io.LimitReader(a.In, 1000)).ReadString('\n')
	if err != nil && line == "" {
		return "", protocol.Errorf(protocol.CodeUsage, "Nobody answered.")
	}
	return strings.TrimSpace(line), nil
}
