package tui

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"p4p/client"
	"p4p/plain"
	"p4p/protocol"
	"p4p/tui/keymap"
)

// recordClient is what can be done with a post or comment, wherever it is shown.
type recordClient interface {
	DeleteLater(ctx context.Context, record protocol.UUID, d time.Duration) (protocol.UUID, error)
	Undo(ctx context.Context, deletion protocol.UUID) error
	FinishDeletions(ctx context.Context, deletions []protocol.UUID) error
	Report(ctx context.Context, record protocol.UUID, reason string) (client.Sent, error)
	Retry(ctx context.Context, record protocol.UUID) error
	Discard(ctx context.Context, record protocol.UUID) error
	Friendships(ctx context.Context) ([]client.Friendship, error)
}

// recordAct deletes, mutes, hides, reports, retries, discards, opens or copies; what cannot be done says why.
func (u *ui) recordAct(i keymap.Intent, it client.Item) tea.Cmd {
	switch i {
	case keymap.Mute, keymap.Hide:
		return u.muteAct(i, it)
	case keymap.Mark:
		return u.bookmark(it)
	case keymap.Whose:
		return u.open(postsOf(u, it))
	case keymap.OpenAddress:
		return u.openAddress(it)
	case keymap.CopyText:
		return u.copyText(it)
	case keymap.Delete:
		switch {
		case it.Pending != nil:
			return u.open(askDiscard(u, it))
		case it.Label.Kind != client.You:
			return u.say(note, "Only what you wrote yourself can be deleted; ! reports this to the server's operator.")
		default:
			return u.delete(it)
		}
	case keymap.Report:
		if it.Pending != nil || it.Label.Kind == client.You {
			return u.say(note, "This is your own; d deletes it.")
		}
		return u.open(askReport(u, it))
	case keymap.Retry:
		if it.Pending == nil || it.Pending.Refused == nil {
			return u.say(note, "There is nothing to retry: the server did not refuse this.")
		}
		return u.attempt(it.ID, "Trying again.", u.client.Retry)
	case keymap.Discard:
		if it.Pending == nil {
			return u.say(note, "Only what still waits or was refused can be discarded; d deletes a post of yours.")
		}
		return u.open(askDiscard(u, it))
	}
	return nil
}

type attemptedMsg struct {
	done string
	err  error
}

// attempt does something short and tells how it went.
func (u *ui) attempt(id protocol.UUID, done string, f func(context.Context, protocol.UUID) error) tea.Cmd {
	return u.do(func(ctx context.Context) tea.Msg { return attemptedMsg{done, f(ctx, id)} })
}

// excerpt is the beginning of a text, to ask about it.
func excerpt(it client.Item) string {
	text := plain.Line(it.Text)
	if text.IsEmpty() && it.Image != nil {
		return "(a picture)"
	}
	return "“" + text.Truncate(120).String() + "”"
}

func what(it client.Item) string {
	switch it.Kind {
	case protocol.KindComment, protocol.KindDeletion, protocol.KindReport:
		return string(it.Kind)
	}
	return "post"
}

func askDiscard(u *ui, it client.Item) *sheet {
	return &sheet{
		ui: u, subject: "Discard this " + what(it) + "?", yes: "discard", no: "keep",
		body: discardBody(it),
		onYes: func(string) work {
			return func(ctx context.Context) (func() tea.Cmd, error) {
				err := u.client.Discard(ctx, it.ID)
				return func() tea.Cmd { return u.say(good, "Discarded.") }, err
			}
		},
	}
}

// discardBody tells what is lost with what waits.
func discardBody(it client.Item) []string {
	where := "The server does not have it; afterwards nobody has."
	p := it.Pending
	switch onItsWay := p != nil && p.Refused == nil && (p.Sending || p.Tried); {
	case it.Kind == protocol.KindDeletion && onItsWay:
		return []string{"What it deletes stays, unless the server has the deletion already: it was on its way."}
	case it.Kind == protocol.KindDeletion:
		return []string{"What it deletes stays, for everybody."}
	case p != nil && p.Sending:
		where = "It is being sent at the moment: the server may have it all the same."
	case onItsWay:
		where = "It was on its way already: the server may have it all the same."
	}
	return []string{excerpt(it), where}
}

func askReport(u *ui, it client.Item) *sheet {
	f := newField("what is wrong with it?")
	return &sheet{
		ui: u, subject: "Report this " + what(it) + " to the server's operator?", field: &f, optional: true,
		body: []string{excerpt(it), "The report is signed by your device; only the operator sees it."},
		onYes: func(reason string) work {
			return func(ctx context.Context) (func() tea.Cmd, error) {
				_, err := u.client.Report(ctx, it.ID, reason)
				return func() tea.Cmd { return u.say(good, "Reported to the operator.") }, err
			}
		},
	}
}
