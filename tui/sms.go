package tui

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"p4p/client"
	"p4p/client/vcard"
	"p4p/plain"
	"p4p/protocol"
	"p4p/tui/keymap"
)

// sms asks to which number the invite goes, where it can work at the other end.
func (i *invite) sms() tea.Cmd {
	if i.inv.Link.Loopback() {
		text := "This link works on this machine only: an SMS with it brings nobody here."
		if opens, _ := i.reachable(); opens {
			text += " " + i.keyOf(i.keys(), keymap.Reach) + " opens this computer to your network first."
		}
		return i.say(note, text)
	}
	return i.open(askSMS(i.ui, i.inv, i.number))
}

// askSMS asks for the number, with the one in the phone book filled in, and hands the
// message to the system's program. Where that cannot be, the message is copied.
func askSMS(u *ui, inv client.Invite, number string) *sheet {
	f := newField("a phone number, or nothing to choose it there")
	f.set(number)
	return &sheet{
		ui: u, subject: "Send the invite for " + line(inv.Name, 40) + " by SMS", field: &f, optional: true,
		body: []string{
			"Your desktop's program for messages opens with it, and you send it there.",
			"Whoever else uses this machine can see the link and the number in its list of programs while that one runs.",
		},
		onYes: func(typed string) work {
			return func(ctx context.Context) (func() tea.Cmd, error) {
				to := vcard.Dialled(typed)
				if to == "" && typed != "" {
					return nil, protocol.Errorf(protocol.CodeUsage, "That is no phone number: type it with digits, and + before the country.")
				}
				err := u.sendSMS(ctx, to, inv.Message())
				return func() tea.Cmd {
					if err == nil {
						return u.say(good, "Your program for messages has the invite: send it there.")
					}
					return u.copy(copying{
						text: inv.Message(), what: "the message instead", lead: plain.Line(err.Error()).String() + ".",
						instead: u.keyOf(keymap.InviteShown, keymap.ShowLink) + " shows the link",
					})
				}, nil
			}
		},
	}
}
