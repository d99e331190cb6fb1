package tui

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"p4p/client"
	"p4p/protocol"
)

type reissuer interface {
	Reissue(ctx context.Context, f protocol.UUID) (client.Invite, error)
}

// reissuable tells whether an invite can be made anew.
func reissuable(f client.Friendship) bool {
	switch f.State {
	case client.StateInvited, client.StateExpired, client.StateRevoked, client.StateRefused:
		return f.Inviter
	}
	return false
}

// remake makes an invite anew and shows it. It asks first where a link still opens
// something; otherwise it does it at once, and asks only after a failure.
func (u *ui) remake(f client.Friendship) tea.Cmd {
	anew := func(string) work {
		return func(ctx context.Context) (func() tea.Cmd, error) {
			made, err := u.client.Reissue(ctx, f.Friendship)
			return func() tea.Cmd { return u.showInvite(made) }, err
		}
	}
	if f.State == client.StateInvited {
		return u.open(&sheet{
			ui: u, subject: "Make a new link for " + line(f.Name, 40) + "?", yes: "new link", no: "keep", onYes: anew,
			body: []string{"The one that you sent opens nothing any more."},
		})
	}
	s := &sheet{ui: u, subject: "A new invite for " + line(f.Name, 40), yes: "try again", no: "leave it", onYes: anew}
	return tea.Batch(u.open(s), s.run(anew("")))
}

// showInvite opens an invite, in place of another that is open.
func (u *ui) showInvite(inv client.Invite) tea.Cmd {
	var closed tea.Cmd
	for _, l := range u.layers {
		if i, ok := l.screen.(*invite); ok {
			closed = u.close(i)
			break
		}
	}
	return tea.Batch(closed, u.open(newInvite(u, inv)))
}
