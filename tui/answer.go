package tui

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"p4p/client"
	"p4p/protocol"
)

type answerClient interface {
	Notices(ctx context.Context) ([]client.Friendship, error)
	Confirm(ctx context.Context, f protocol.UUID) (client.Friendship, error)
	Refuse(ctx context.Context, f protocol.UUID) (client.Friendship, error)
}

// newAnswer asks whether the one who accepted is the one whom the invite was for.
func newAnswer(u *ui, f client.Friendship) *sheet {
	name := line(f.Name, 40)
	return &sheet{
		ui: u, subject: "Someone accepted the invite you made for " + name,
		body: []string{
			"Safety number " + f.SafetyNumber,
			"Is this " + name + "? Only if you say yes does the name stick.",
			"Ask " + name + ", by voice or side by side: if the same number stands there, nobody sits between you.",
		},
		answer: true, waits: true,
		yes: "confirm", no: "refuse",
		onYes: func(string) work {
			return func(ctx context.Context) (func() tea.Cmd, error) {
				made, err := u.client.Confirm(ctx, f.Friendship)
				if err != nil {
					made = f
				}
				return u.confirmed(made, err)
			}
		},
		onNo: func() work {
			return func(context.Context) (func() tea.Cmd, error) {
				return func() tea.Cmd { return u.open(askRefuse(u, f)) }, nil
			}
		},
	}
}
