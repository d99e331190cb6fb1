package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"p4p/protocol"
	"p4p/server/embed"
	"p4p/server/store"
)

// reportRow is one reported post or comment.
type reportRow struct {
	Record  protocol.UUID `json:"record"`
	Kind    protocol.Kind `json:"kind"`
	Text    string        `json:"text"`
	Reports int           `json:"reports"`
	Reasons []string      `json:"reasons"`
}

func reportsCommand(a *app) *cobra.Command {
	return a.operatorCommand("reports", "List what people reported (for the server's operator, on the data folder)", cobra.NoArgs,
		func(ctx context.Context, o *store.Operator, _ []string) error {
			list, err := o.Reports(ctx)
			if err != nil {
				return err
			}
			rows := make([]reportRow, 0, len(list))
			for _, r := range list {
				rows = append(rows, reportRow{r.ID, r.Kind, r.Text, r.Count, r.Reasons})
			}
			if a.json {
				return a.writeJSON(a.Out, rows)
			}
			if len(rows) == 0 {
				a.say("Nothing is reported.")
			}
			for _, r := range rows {
				if _, err := fmt.Fprintf(a.Out, "%s\t%s\t%d reports\t%s\n", r.Record, r.Kind, r.Reports, safeLine(r.Text)); err != nil {
					return err
				}
				for _, reason := range r.Reasons {
					if _, err := fmt.Fprintf(a.Out, "\treason: %s\n", safeLine(reason)); err != nil {
						return err
					}
				}
			}
			return nil
		})
}

func takedownCommand(a *app) *cobra.Command {
	return a.operatorCommand("takedown RECORD", "Erase a post or comment (for the server's operator, on the data folder)", cobra.ExactArgs(1),
		func(ctx context.Context, o *store.Operator, args []string) error {
			id, err := recordID(args[0])
			if err != nil {
				return err
			}
			if err := o.QueueTakedown(ctx, id); err != nil {
				return err
			}
			return a.print(struct {
				ID protocol.UUID `json:"id"`
			}{id}, "%s is erased within a minute by the running server, else when it starts next.", id)
		})
}

func (a *app) operatorCommand(use, short string, args cobra.PositionalArgs, f func(context.Context, *store.Operator, []string) error) *cobra.Command {
	var data string
	cmd := &cobra.Command{
		Use: use, Short: short, Args: args,
		RunE: a.run(func(ctx context.Context, args []string) error {
			if data == "" {
				data = embed.Data(a.homeDir())
			}
			o, err := store.OpenOperator(data)
			if err != nil {
				return err
			}
			defer o.Close()
			return f(ctx, o, args)
		}),
	}
	cmd.Flags().StringVar(&data, "data", "", "the server's data folder (default: the folder \"server\" in P4P's home)")
	return cmd
}
