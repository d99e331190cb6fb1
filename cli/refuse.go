package cli

import (
	"context"

	"github.com/spf13/cobra"

	"p4p/client"
)

func refuseCommand(a *app) *cobra.Command {
	var reissue bool
	cmd := &cobra.Command{
		Use:   "refuse NAME",
		Short: "Refuse whoever accepted the invite made for this friend",
		Long: "Refuse burns an invite that somebody unexpected has used: no name was given, and the\n" +
			"other side sees the friendship ended. With --reissue a new invite for the same name\n" +
			"takes its place in the same step.",
		Args: cobra.ExactArgs(1),
		RunE: a.run(func(ctx context.Context, args []string) error {
			c, err := a.openSynced(ctx)
			if err != nil {
				return err
			}
			found, err := c.Find(ctx, args[0])
			if err != nil {
				return err
			}
			if !reissue {
				refused, err := c.Refuse(ctx, found.Friendship)
				if err != nil {
					return err
				}
				a.unsent(refused.Unsent, "your friend does not know of it.")
				return a.print(jsonFriend(refused), "Refused: no name was given, and the invite for %s is burnt.", safeLine(refused.Name))
			}
			refused, made, err := c.RefuseAndReissue(ctx, found.Friendship)
			if err != nil {
				return err
			}
			return a.printReissued(refused, made)
		}),
	}
	cmd.Flags().BoolVar(&reissue, "reissue", false, "make a new invite for the same name in the same step")
	return cmd
}

func (a *app) printReissued(refused client.Friendship, made client.Invite) error {
	a.unsent(refused.Unsent || made.Unsent, "the new link does not work yet.")
	if a.json {
		return a.writeJSON(a.Out, struct {
			friendRow
			Reissued inviteRow `json:"reissued"`
		}{jsonFriend(refused), jsonInvite(made)})
	}
	a.say("Refused, and the old invite is burnt. Send %s the new link, by another way than the last:", safeLine(made.Name))
	return a.print(nil, "%s", made.Link.URL())
}
