package cli

import (
	"context"
	"log/slog"

	"github.com/spf13/cobra"

	"p4p/protocol"
)

func whoamiCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "whoami",
		Short: "Show this device's UUID, profile and server",
		Args:  cobra.NoArgs,
		RunE: a.run(func(ctx context.Context, _ []string) error {
			c, err := a.open(ctx, slog.New(slog.DiscardHandler))
			if err != nil {
				return err
			}
			me := c.Whoami(ctx)
			where := me.Server
			if where == "" {
				where = "this home's own server"
			}
			return a.print(struct {
				UUID    protocol.UUID `json:"uuid"`
				Profile string        `json:"profile"`
				Server  string        `json:"server"`
			}{me.UUID, me.Profile, me.Server}, "%s\nprofile %s, server %s", me.UUID, me.Profile, where)
		}),
	}
}
