package cli

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/spf13/cobra"

	"p4p/client"
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
	var o client.ImportOptions
	cmd := &cobra.Command{
		Use:   "import FILE.vcf",
		Short: "Add the people of an exported phone book; nothing leaves this machine",
		Long: "Import reads vCard 2.1, 3.0 and 4.0 as telephones, mail programs and address books\n" +
			"export them. Names and nicknames are kept, and nothing else. Importing a file again\n" +
			"brings the phone book up to date; names that you gave stay as they are.\n\n" +
			"With --with-numbers one telephone number of each person is kept too, for sending an\n" +
			"invite by SMS: the mobile one, else the preferred, else the first. It stays on this\n" +
			"machine; p4p contacts forget-numbers takes all of them out again.",
		Example: "p4p contacts import contacts.vcf --dry-run\np4p contacts import contacts.vcf --with-numbers",
		Args:    cobra.ExactArgs(1),
		RunE:    a.run(func(ctx context.Context, args []string) error { return a.importContacts(ctx, args[0], o) }),
	}
	cmd.Flags().BoolVar(&o.Numbers, "with-numbers", false, "also keep a telephone number of each person, on this machine")
	cmd.Flags().BoolVar(&o.DryRun, "dry-run", false, "tell what would be done, and do nothing")
	return cmd
}

func (a *app) importContacts(ctx context.Context, file string, o client.ImportOptions) error {
	c, err := a.open(ctx, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	report, err := c.ImportContacts(ctx, file, o)
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
	counts := "Added %d, changed %d, skipped %d.\n"
	if o.DryRun {
		counts = "Nothing was changed. It would be: added %d, changed %d, skipped %d.\n"
	}
	if _, err := fmt.Fprintf(a.Out, counts, row.Added, row.Changed, len(row.Skipped)); err != nil {
		return err
	}
	if o.DryRun {
		if err := a.printPeople(report.People); err != nil {
			return err
		}
	}
	for _, s := range row.Skipped {
		if _, err := fmt.Fprintf(a.Out, "card %d\t%s\n", s.Card, safeLine(s.Reason)); err != nil {
			return err
		}
	}
	return nil
}

// printPeople lists who would be added or changed.
func (a *app) printPeople(people []client.ImportedPerson) error {
	for _, p := range people {
		what, more := "changed", p.What
		if p.New {
			what, more = "added", p.Number
		}
		if more != "" {
			more = "\t" + safeLine(more)
		}
		if _, err := fmt.Fprintf(a.Out, "%s\t%s%s\n", what, safeLine(p.Name), more); err != nil {
			return err
		}
	}
	return nil
}
