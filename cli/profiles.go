package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"p4p/client"
	"p4p/protocol"
)

// profileRow is one of a home's profiles; uuid is null where it cannot be read.
type profileRow struct {
	Name   string         `json:"name"`
	UUID   *protocol.UUID `json:"uuid"`
	Server string         `json:"server"`
}

func profilesCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "profiles",
		Short: "List your profiles: each is a self of its own, and no server can link them",
		Args:  cobra.NoArgs,
		RunE: a.run(func(ctx context.Context, _ []string) error {
			list, err := client.Profiles(ctx, a.homeDir())
			if err != nil {
				return err
			}
			rows := make([]profileRow, 0, len(list))
			locked := map[string]bool{}
			for _, p := range list {
				if p.Err != nil && protocol.CodeOf(p.Err) != protocol.CodeLocked {
					a.say("p4p: warning: the profile %s cannot be read: %s (%s)", p.Name, safeLine(p.Err.Error()), protocol.CodeOf(p.Err))
				}
				locked[p.Name] = protocol.CodeOf(p.Err) == protocol.CodeLocked
				rows = append(rows, profileRow{p.Name, p.UUID, p.Server})
			}
			if a.json {
				return a.writeJSON(a.Out, rows)
			}
			if len(rows) == 0 {
				a.say("There is no profile yet: p4p makes the first.")
			}
			for _, r := range rows {
				id, server := "cannot be read", r.Server
				if r.UUID != nil {
					id = r.UUID.String()
				}
				if locked[r.Name] {
					id, server = "locked", "not known while it is locked"
				}
				if server == "" {
					server = "this home's own server"
				}
				if _, err := fmt.Fprintf(a.Out, "%s\t%s\t%s\n", r.Name, id, safeLine(server)); err != nil {
					return err
				}
			}
			return nil
		}),
	}
}
