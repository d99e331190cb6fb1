package tui

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"p4p/client"
)

// friendMark stands before a friend's name wherever that is shown.
func friendMark(verified bool) string {
	if verified {
		return "✓ "
	}
	return "★ "
}

// askVerify shows the safety number and asks whether the friend's is the same. A
// friend who is verified can be unmarked.
func askVerify(u *ui, f client.Friendship) *sheet {
	name := line(f.Name, 40)
	s := &sheet{
		ui: u, subject: "Safety number with " + name,
		body: []string{
			f.SafetyNumber,
			"Ask " + name + ", by voice or side by side, for the number that stands there. Is it the same? Then nobody sits between you.",
		},
		yes: "the same", no: "it differs",
		onYes: func(string) work {
			return func(ctx context.Context) (func() tea.Cmd, error) {
				_, err := u.client.Verify(ctx, f.Friendship, f.SafetyNumber)
				return func() tea.Cmd { return u.say(good, name+" is verified.") }, err
			}
		},
		onNo: func() work {
			return func(ctx context.Context) (func() tea.Cmd, error) {
				_, err := u.client.Unverify(ctx, f.Friendship)
				return func() tea.Cmd {
					return u.say(bad, name+" is not verified: somebody may sit between you. Compare again; if the numbers still differ, remove the friendship and make a new invite another way.")
				}, err
			}
		},
	}
	if f.Verified {
		s.body[1] = "You compared it: " + name + " is verified. Take the mark off?"
		s.yes, s.no, s.onNo = "take it off", "keep it", nil
		s.onYes = func(string) work {
			return func(ctx context.Context) (func() tea.Cmd, error) {
				_, err := u.client.Unverify(ctx, f.Friendship)
				return func() tea.Cmd { return u.say(note, name+" is no longer marked as verified.") }, err
			}
		}
	}
	return s
}
