package tui

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"p4p/client"
	"p4p/protocol"
)

// A name whose posts come from a device already is given to another only by a word
// of its own: two people under one name cannot be told apart.

type sameClient interface {
	ConfirmDevice(ctx context.Context, f protocol.UUID) (client.Friendship, error)
	ConfirmAs(ctx context.Context, f protocol.UUID, name string, consent ...client.Consent) (client.Friendship, error)
}

// invited shows the invite that was made, or asks what a taken name means.
func (u *ui) invited(name string, inv client.Invite, err error) (func() tea.Cmd, error) {
	if protocol.CodeOf(err) == protocol.CodeNameTaken {
		return func() tea.Cmd { return u.open(askInviteDevice(u, name)) }, nil
	}
	return func() tea.Cmd { return u.open(newInvite(u, inv)) }, err
}

// askInviteDevice asks whether an invite for a name that a device has is for the same
// person.
func askInviteDevice(u *ui, name string) *sheet {
	n := line(name, 40)
	return &sheet{
		ui: u, subject: n + " has a device already: an invite for one more?",
		body: []string{"If it is the same person, the posts of both will show the name. Two people need two names, or you cannot tell them apart."},
		yes:  "the same person", no: "somebody else",
		onYes: func(string) work {
			return func(ctx context.Context) (func() tea.Cmd, error) {
				inv, err := u.client.Invite(ctx, name, protocol.DefaultExpiry, client.SamePerson)
				return func() tea.Cmd { return u.open(newInvite(u, inv)) }, err
			}
		},
		onNo: func() work {
			return func(context.Context) (func() tea.Cmd, error) {
				return func() tea.Cmd {
					s := askInviteFor(u, name)
					s.body = []string{"Give this friend a name that tells them apart from " + n + ". It stays on this machine."}
					return u.open(s)
				}, nil
			}
		},
	}
}

// confirmed says that the name sticks, or asks what a taken name means.
func (u *ui) confirmed(f client.Friendship, err error) (func() tea.Cmd, error) {
	if protocol.CodeOf(err) == protocol.CodeNameTaken {
		return func() tea.Cmd { return u.open(askConfirmDevice(u, f)) }, nil
	}
	return func() tea.Cmd {
		return u.settled(f, line(f.Name, 40)+" is a friend now: all their posts show the name, the earlier ones too.")
	}, err
}

// askConfirmDevice asks whether the one who accepted is the person whose device has
// the name.
func askConfirmDevice(u *ui, f client.Friendship) *sheet {
	name := line(f.Name, 40)
	return &sheet{
		ui: u, subject: name + " has a device already: is this one more?",
		body: []string{
			"Safety number " + f.SafetyNumber,
			"If it is the same person, this becomes one more device of " + name + "'s, and the posts of both show the name. Two people need two names. If you do not know who accepted, leave this and refuse.",
		},
		answer: true, waits: true,
		yes: "the same person", no: "somebody else",
		onYes: func(string) work {
			return func(ctx context.Context) (func() tea.Cmd, error) {
				made, err := u.client.ConfirmDevice(ctx, f.Friendship)
				return func() tea.Cmd {
					return u.settled(made, "This is a device of "+name+"'s now: its posts show the name, the earlier ones too.")
				}, err
			}
		},
		onNo: func() work {
			return func(context.Context) (func() tea.Cmd, error) {
				return func() tea.Cmd { return u.open(askConfirmAs(u, f)) }, nil
			}
		},
	}
}

// askConfirmAs asks for the name of one who accepted another's invite.
func askConfirmAs(u *ui, f client.Friendship) *sheet {
	field := newField("a name that you know your friend by")
	again := func(typed string) *sheet {
		s := askConfirmAs(u, f)
		s.field.set(typed)
		return s
	}
	return &sheet{
		ui: u, subject: "Who accepted the invite for " + line(f.Name, 40) + "?", field: &field, answer: true,
		body: []string{"With this name they are confirmed as your friend. It stays on this machine."},
		onYes: meant(u, again, func(ctx context.Context, name string, consent ...client.Consent) (func() tea.Cmd, error) {
			if name == "" {
				return nil, protocol.Errorf(protocol.CodeBadName, "Type a name first; only you will see it.")
			}
			made, err := u.client.ConfirmAs(ctx, f.Friendship, name, consent...)
			if protocol.CodeOf(err) == protocol.CodeNameTaken {
				return nil, protocol.Errorf(protocol.CodeNameTaken, "You call somebody %s already: two people need two names.", line(name, 40)).Because(err)
			}
			return u.confirmed(made, err)
		}),
	}
}
