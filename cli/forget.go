package cli

import (
	"context"
	"log/slog"

	"github.com/spf13/cobra"

	"p4p/protocol"
)

// forgetWord is what has to be typed, so that no key pressed by mistake deletes
// everything.
const forgetWord = "forget"

func forgetCommand(a *app) *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:   "forget",
		Short: "Delete everything that you ever posted or commented, for everybody",
		Long: "Forget deletes all posts and comments of this profile, those of before a change of key\n" +
			"included. The server erases them; what others have read, kept or photographed stays with\n" +
			"them. Your names and friendships are not touched.",
		Args: cobra.NoArgs,
		RunE: a.run(func(ctx context.Context, _ []string) error {
			if !yes {
				if !a.interactive() {
					return protocol.Errorf(protocol.CodeUsage, "Nobody is there to agree: run it in a terminal, or add --yes.")
				}
				typed, err := a.readLine("This deletes everything you ever posted, for everybody, and cannot be undone.\nType the word " + forgetWord + " to go on: ")
				if err != nil {
					return err
				}
				if typed != forgetWord {
					return protocol.Errorf(protocol.CodeInterrupted, "Nothing was deleted.")
				}
			}
			c, err := a.open(ctx, slog.New(slog.DiscardHandler))
			if err != nil {
				return err
			}
			done, err := c.ForgetAll(ctx)
			if err != nil {
				a.say("p4p: %d were deleted and %d wait to be; the same command goes on.", done.Deleted, done.Waiting)
				return err
			}
			if done.Waiting > 0 {
				a.say("p4p: warning: %d deletions wait for the server; the next command or the open app sends them.", done.Waiting)
			}
			return a.print(struct {
				Deleted int `json:"deleted"`
			}{done.Deleted}, "Deleted: %d.", done.Deleted)
		}),
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "delete without asking")
	return cmd
}
