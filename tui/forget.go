package tui

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"p4p/client"
	"p4p/protocol"
)

type forgetClient interface {
	ForgetAll(ctx context.Context) (client.Forgotten, error)
}

// forgetWord is what has to be typed, so that no key pressed by mistake deletes
// everything.
const forgetWord = "forget"

// askForgetAll deletes all that one ever posted.
func askForgetAll(u *ui) *sheet {
	f := newField(forgetWord)
	return &sheet{
		ui: u, subject: "Delete everything that you ever posted? Type " + forgetWord + ".", field: &f,
		body: []string{
			"All posts and comments of this profile go, for everybody, those of before a change of key too; that cannot be undone. What others have read or kept stays with them.",
			"Your names and friendships stay.",
		},
		onYes: func(typed string) work {
			return func(ctx context.Context) (func() tea.Cmd, error) {
				if typed != forgetWord {
					return nil, protocol.Errorf(protocol.CodeUsage, "Type the word %s to delete everything, or press esc: nothing was deleted.", forgetWord)
				}
				done, err := u.client.ForgetAll(ctx)
				if err != nil {
					return nil, unfinished(done, err)
				}
				return func() tea.Cmd { return u.say(good, forgotten(done)) }, nil
			}
		},
	}
}

// unfinished tells how far it came, beside what stopped it.
func unfinished(done client.Forgotten, err error) error {
	if done == (client.Forgotten{}) {
		return err
	}
	return protocol.Errorf(protocol.CodeOf(err), "%s So far %s deleted; the same once more goes on.",
		sentence(err), count(done.Deleted+done.Waiting, "post or comment was", "posts and comments were")).Because(err)
}

func forgotten(done client.Forgotten) string {
	n := done.Deleted + done.Waiting
	switch {
	case n == 0:
		return "There was nothing of yours to delete."
	case done.Waiting == 0:
		return count(n, "post or comment of yours is deleted.", "posts and comments of yours are deleted.")
	}
	return count(n, "post or comment of yours is deleted", "posts and comments of yours are deleted") + "; " +
		count(done.Waiting, "deletion waits", "deletions wait") + " for the server."
}
