package cli

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/spf13/cobra"

	"p4p/client"
	"p4p/protocol"
)

type contactRow struct {
	Name   string          `json:"name"`
	UUIDs  []protocol.UUID `json:"uuids"`
	Number *string         `json:"number,omitempty"` // only where it was asked for
}

func jsonContact(c client.Contact) contactRow {
	if c.UUIDs == nil {
		c.UUIDs = []protocol.UUID{}
	}
	return contactRow{Name: c.Name, UUIDs: c.UUIDs}
}

func contactsCommand(a *app) *cobra.Command {
	var numbers bool
	cmd := &cobra.Command{
		Use:   "contacts",
		Short: "List your phone book, which stays on this machine",
		Args:  cobra.NoArgs,
		RunE: a.run(func(ctx context.Context, _ []string) error {
			c, err := a.open(ctx, slog.New(slog.DiscardHandler))
			if err != nil {
				return err
			}
			list, err := c.Contacts(ctx)
			if err != nil {
				return err
			}
			rows := make([]contactRow, 0, len(list))
			for _, contact := range list {
				row := jsonContact(contact)
				if numbers {
					row.Number = &contact.Number
				}
				rows = append(rows, row)
			}
			if a.json {
				return a.writeJSON(a.Out, rows)
			}
			if len(rows) == 0 {
				a.say("Your phone book is empty. Add a name with p4p contacts add NAME, import a vCard file with p4p contacts import FILE, or invite somebody.")
			}
			for _, r := range list {
				more := ""
				if r.Nickname != "" {
					more = "\t" + safeLine(r.Nickname)
				}
				if numbers && r.Number != "" {
					more += "\t" + safeLine(r.Number)
				}
				if _, err := fmt.Fprintf(a.Out, "%s\t%d devices%s\n", safeLine(r.Name), len(r.UUIDs), more); err != nil {
					return err
				}
			}
			return nil
		}),
	}
	var alike bool
	change := func(use, short, done string, f func(context.Context, *client.Client, string) error) *cobra.Command {
		one := &cobra.Command{
			Use: use + " NAME", Short: short, Args: cobra.ExactArgs(1),
			RunE: a.run(func(ctx context.Context, args []string) error {
				c, err := a.open(ctx, slog.New(slog.DiscardHandler))
				if err != nil {
					return err
				}
				if err := f(ctx, c, args[0]); err != nil {
					return err
				}
				return a.print(jsonContact(client.Contact{Name: args[0]}), done, safeLine(args[0]))
			}),
		}
		cmd.AddCommand(one)
		return one
	}
	lookAlike(change("add", "Add a name", "%s is in your phone book.",
		func(ctx context.Context, c *client.Client, name string) error {
			return meant(c.AddContact(ctx, name, consent(alike)...))
		}), &alike)
	change("remove", "Remove a name that has no friendship", "%s is no longer in your phone book.",
		func(ctx context.Context, c *client.Client, name string) error { return c.RemoveContact(ctx, name) })
	cmd.Flags().BoolVar(&numbers, "with-numbers", false, "also list the telephone numbers, where they were kept")
	cmd.AddCommand(importCommand(a), forgetNumbersCommand(a))
	return cmd
}

func forgetNumbersCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use: "forget-numbers", Short: "Take all telephone numbers out of your phone book", Args: cobra.NoArgs,
		RunE: a.run(func(ctx context.Context, _ []string) error {
			c, err := a.open(ctx, slog.New(slog.DiscardHandler))
			if err != nil {
				return err
			}
			n, err := c.ForgetNumbers(ctx)
			if err != nil {
				return err
			}
			return a.print(struct {
				Forgotten int `json:"forgotten"`
			}{n}, "%d telephone numbers are no longer in your phone book.", n)
		}),
	}
}
