package tui

import (
	"context"
	"strings"

	tea "charm.land/bubbletea/v2"

	"p4p/client"
	"p4p/tui/keymap"
)

type warningClient interface {
	Warnings(ctx context.Context) ([]client.Warning, error)
	Dismiss(ctx context.Context, w client.Warning) error
}

type warningsMsg struct {
	list []client.Warning
	err  error
}

func (a *app) readWarnings() tea.Cmd {
	ctx, c := a.ctx, a.client
	return func() tea.Msg {
		list, err := c.Warnings(ctx)
		return warningsMsg{list, err}
	}
}

// askWarning shows the gravest warning whole, until its owner has seen it.
func askWarning(u *ui) *sheet {
	w := u.warnings[0]
	subject := "A reminder"
	if w.Loud {
		subject = "A warning"
	}
	var backup func() tea.Cmd
	seen := "seen, say no more"
	if w.Kind == client.BackupDue {
		seen = "seen" // there is one answer more
		backup = func() tea.Cmd { return u.open(askBackupPath(u)) }
	}
	return &sheet{
		ui: u, subject: subject, body: []string{w.Text}, yes: seen, no: "keep it", backup: backup, waits: true,
		onYes: func(string) work {
			return func(ctx context.Context) (func() tea.Cmd, error) { return nil, u.client.Dismiss(ctx, w) }
		},
	}
}

// warningBanner is a line about what the owner should know, or where a loud one would
// lose the name in it, two; none for nothing.
func (u *ui) warningBanner() []string {
	if len(u.warnings) == 0 || u.eye.open || u.top().typing() {
		return nil
	}
	if _, asks := u.top().screen.(*sheet); asks {
		return nil
	}
	w, key := u.warnings[0], u.keyOf(u.bound(keymap.Global), keymap.Warnings)
	first, _, _ := strings.Cut(w.Text, ". ")
	first, _, _ = strings.Cut(first, ": ")
	if w.Loud {
		rows := wrapOwn("! Press "+key+": "+strings.TrimSuffix(first, "."), u.width-2)
		if len(rows) > 2 {
			rows = []string{rows[0], strings.Join(rows[1:], " ")}
		}
		for i, r := range rows {
			rows[i] = u.theme.Banner.Render(pad(cut(" "+r, u.width), u.width))
		}
		return rows
	}
	return []string{u.theme.Dim.Render(keyed(" ○ "+strings.TrimSuffix(first, "."), " ("+key+")", u.width-1))}
}
