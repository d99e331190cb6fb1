package tui

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"p4p/client"
	"p4p/protocol"
	"p4p/tui/keymap"
)

// askInviteFor asks for the name with one filled in.
func askInviteFor(u *ui, name string) *sheet { return askInvite(u).filled(name) }

func askContact(u *ui) *sheet {
	f := newField("a name")
	return &sheet{
		ui: u, subject: "Add a name to your phone book", field: &f,
		body: []string{"It stays on this machine, and is offered when you invite or accept."},
		onYes: meant(u, func(typed string) *sheet { return askContact(u).filled(typed) },
			func(ctx context.Context, name string, consent ...client.Consent) (func() tea.Cmd, error) {
				err := u.client.AddContact(ctx, name, consent...)
				return func() tea.Cmd { return u.say(good, line(name, 40)+" is in your phone book.") }, err
			}),
	}
}

func askRename(u *ui, old string) *sheet {
	f := newField("the new name")
	f.set(old)
	return &sheet{
		ui: u, subject: "Rename " + line(old, 40), field: &f,
		body: []string{"Only you see it: nobody else learns the name."},
		onYes: meant(u, func(typed string) *sheet { return askRename(u, old).filled(typed) },
			func(ctx context.Context, name string, consent ...client.Consent) (func() tea.Cmd, error) {
				_, err := u.client.Rename(ctx, old, name, consent...)
				return func() tea.Cmd { return u.say(good, line(old, 30)+" is "+line(name, 30)+" now.") }, err
			}),
	}
}

func askRevoke(u *ui, i client.Invite) *sheet {
	name := line(i.Name, 40)
	return &sheet{
		ui: u, subject: "Revoke the invite for " + name + "?", yes: "revoke", no: "keep",
		body: []string{"Its link opens nothing any more, wherever it was sent."},
		onYes: func(string) work {
			return func(ctx context.Context) (func() tea.Cmd, error) {
				_, err := u.client.Revoke(ctx, i.Friendship)
				return func() tea.Cmd { return u.say(good, "Revoked.") }, err
			}
		},
	}
}

func askRemove(u *ui, f client.Friendship) *sheet {
	name := line(f.Name, 40)
	return &sheet{
		ui: u, subject: "Remove " + name + "?", yes: "remove", no: "keep", body: removing(f),
		onYes: func(string) work {
			return func(ctx context.Context) (func() tea.Cmd, error) {
				removed, err := u.client.Remove(ctx, f.Friendship)
				return func() tea.Cmd {
					if removed.Unsent {
						return u.say(note, "Removed here; the server is told when it is reached. Then "+u.keyOf(u.bound(keymap.FriendList), keymap.Rotate)+" makes you a stranger to "+name+".")
					}
					if f.UUID != nil && f.State != client.StateRefused {
						return u.open(askRotate(u, name))
					}
					return u.say(good, name+" is removed. The name stays in your phone book.")
				}, err
			}
		},
	}
}

func askForget(u *ui, name string) *sheet {
	return &sheet{
		ui: u, subject: "Take " + line(name, 40) + " out of your phone book?", yes: "take out", no: "keep",
		onYes: func(string) work {
			return func(ctx context.Context) (func() tea.Cmd, error) {
				err := u.client.RemoveContact(ctx, name)
				if err == nil || protocol.CodeOf(err) == protocol.CodeUnknownName {
					return func() tea.Cmd { return u.say(good, "Taken out.") }, nil
				}
				return nil, err
			}
		},
	}
}
