package tui

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"p4p/client"
	"p4p/protocol"
)

// naming does something with a name that a person typed.
type naming func(ctx context.Context, name string, consent ...client.Consent) (func() tea.Cmd, error)

// meant does it, and asks first where the name could be mistaken for another one. Who
// did not mean it is back at the sheet, with what was typed.
func meant(u *ui, back func(typed string) *sheet, do naming) func(string) work {
	return func(name string) work {
		return func(ctx context.Context) (func() tea.Cmd, error) {
			then, err := do(ctx, name)
			if protocol.CodeOf(err) != protocol.CodeLooksLike {
				return then, err
			}
			return func() tea.Cmd { return u.open(askMeant(u, name, err, back, do)) }, nil
		}
	}
}

func askMeant(u *ui, name string, why error, back func(typed string) *sheet, do naming) *sheet {
	return &sheet{
		ui: u, subject: "Keep the name " + line(name, 40) + " all the same?", yes: "keep it", no: "another name",
		body: []string{sentence(why), "If somebody asked you for this very name, it may be to be taken for the other."},
		onYes: func(string) work {
			return func(ctx context.Context) (func() tea.Cmd, error) { return do(ctx, name, client.LookAlike) }
		},
		onNo: func() work {
			return func(context.Context) (func() tea.Cmd, error) {
				return func() tea.Cmd { return u.open(back(name)) }, nil
			}
		},
	}
}
