package cli

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/spf13/cobra"
)

// importRow is what `p4p contacts import` prints.
type importRow struct {
	Added   int       `json:"added"`
	Changed int       `json:"changed"`
	Skipped []skipped `json:"skipped"`
}

type skipped struct {
	Card   int    `json:"card"`
	Reason string `json:"reason"`
}

func importCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "import FILE.vcf",
		Short: "Add the people of an exported phone book; nothing leaves this machine",
		Long: "Import reads vCard 2.1, 3.0 and 4.0 as telephones, mail programs and address books\n" +
			"export them. Names and nicknames are kept, and nothing else. Importing a file again\n" +
			"brings the phone book up to date; names that you gave stay as they are.",
		Example: "p4p contacts import contacts.vcf",
		Args:    cobra.ExactArgs(1),
		RunE:    a.run(func(ctx context.Context, args []string) error { return a.importContacts(ctx, args[0]) }),
	}
}

func (a *app) importContacts(ctx context.Context, file string) error {
	c, err := a.open(ctx, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	report, err := c.ImportContacts(ctx, file)
	for _, note := range report.Notes {
		a.say("p4p: warning: %s", safeLine(note))
	}
	if err != nil {
		return err
	}
	row := importRow{Added: report.Added, Changed: report.Changed, Skipped: []skipped{}}
	for _, s := range report.Skipped {
		row.Skipped = append(row.Skipped, skipped(s))
	}
	if a.json {
		return a.writeJSON(a.Out, row)
	}
	if _, err := fmt.Fprintf(a.Out, "Added %d, changed %d, skipped %d.\n", row.Added, row.Changed, len(row.Skipped)); err != nil {
		return err
	}
	for _, s := range row.Skipped {
		if _, err := fmt.Fprintf(a.Out, "card %d\t%s\n", s.Card, safeLine(s.Reason)); err != nil {
			return err
		}
	}
	return nil
}
