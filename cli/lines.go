package cli

import (
	"context"

	"p4p/client"
	"p4p/desktop"
	"p4p/protocol"
	"p4p/tui/lines"
	"p4p/tui/settings"
)

// runLines is the app in plain lines.
func (a *app) runLines(ctx context.Context, c *client.Client, changes *client.Changes, link *protocol.Link, problems []settings.Problem) error {
	var first []string
	for _, p := range problems {
		first = append(first, p.String())
	}
	return lines.Run(ctx, lines.Options{
		Client: c, Changes: changes, Link: link, Note: a.note, First: first, In: a.In, Out: a.Out, SMS: desktop.SMS,
		Width: func() int {
			if cols, _, ok := a.terminal(); ok && cols > 0 {
				return cols
			}
			return 80
		},
	})
}
