package tui

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"p4p/client"
	"p4p/protocol"
	"p4p/tui/keymap"
)

type rotateClient interface {
	Rotate(ctx context.Context, spread time.Duration) (client.Rotated, error)
	FriendsToTell(ctx context.Context) (int, error)
	TellFriends(ctx context.Context) error
	RefuseAndReissue(ctx context.Context, f protocol.UUID) (client.Friendship, client.Invite, error)
}

// askRotate offers to become a stranger to everybody but the remaining friends; ex is
// who was removed just now, "" for nobody.
func askRotate(u *ui, ex string) *sheet {
	subject := "Change your key, and become a stranger to everybody but your friends?"
	first := "Your friends follow by themselves, over the next hours; in between they may see a stranger in your new posts. Open invites get new links."
	if ex != "" {
		subject = ex + " is removed. Become a stranger to " + ex + " as well?"
		first = ex + " still knows which device is yours. With another key your next posts are a stranger's to " + ex + "; your friends follow by themselves, over the next hours, and open invites get new links."
	}
	return &sheet{
		ui: u, subject: subject, yes: "change the key", no: "not now",
		body: []string{
			first,
			"It hides neither how you write nor when, nor your old posts: delete those that you no longer want to be seen, one by one or all at once (" +
				u.keyOf(u.bound(keymap.Feed), keymap.Self) + " " + u.keyOf(u.bound(keymap.SelfShown), keymap.Forget) + ").",
		},
		onYes: func(string) work {
			return func(ctx context.Context) (func() tea.Cmd, error) {
				r, err := u.client.Rotate(ctx, client.DefaultSpread)
				return func() tea.Cmd { return u.rotated(r) }, err
			}
		},
	}
}

func (u *ui) rotated(r client.Rotated) tea.Cmd {
	text := "You have a new key."
	if r.ToTell > 0 {
		text += " " + count(r.ToTell, "friend", "friends") + " will be told over the next hours."
	}
	n := len(r.Invites)
	if n == 0 {
		return u.say(good, text)
	}
	u.resend = map[protocol.UUID]bool{}
	for _, i := range r.Invites {
		u.resend[i.Friendship] = true
	}
	text += " " + count(n, "invite has a new link", "invites have new links") + ", and the old ones open nothing: " +
		u.keyOf(keymap.FriendList, keymap.Open) + " shows each, to be sent again."
	return tea.Batch(u.showFriend(r.Invites[0].Friendship), u.say(good, text))
}

// showFriend goes to a friendship on the friends screen.
func (u *ui) showFriend(id protocol.UUID) tea.Cmd {
	for _, l := range u.layers {
		if f, ok := l.screen.(*friends); ok {
			f.wanted = id
			var closed tea.Cmd
			for u.top().screen != f {
				closed = tea.Batch(closed, u.close(u.top().screen))
			}
			return tea.Batch(closed, f.load())
		}
	}
	f := newFriends(u)
	f.wanted = id
	return u.open(f)
}

type untoldCountedMsg struct {
	gen  int
	left int
	err  error
}

// countUntold looks anew whom to tell: just after a change of key the screen may
// still show the number from before.
func (f *friends) countUntold() tea.Cmd {
	c, gen := f.client, f.gen
	return f.do(func(ctx context.Context) tea.Msg {
		left, err := c.FriendsToTell(ctx)
		return untoldCountedMsg{gen, left, err}
	})
}

func (f *friends) counted(msg untoldCountedMsg) tea.Cmd {
	if msg.err != nil {
		return f.fail(msg.err)
	}
	if f.left = msg.left; f.left == 0 {
		return f.say(note, "All your friends know your key.")
	}
	return f.open(askTell(f.ui, f.left))
}

// askTell tells the friends at once.
func askTell(u *ui, n int) *sheet {
	return &sheet{
		ui: u, subject: "Tell " + count(n, "friend", "friends") + " of your new key now?", yes: "tell now", no: "over hours",
		body: []string{"The server then sees these mailboxes change together, and that they belong to one device."},
		onYes: func(string) work {
			return func(ctx context.Context) (func() tea.Cmd, error) {
				return func() tea.Cmd { return u.say(good, "Your friends know your new key.") }, u.client.TellFriends(ctx)
			}
		},
	}
}

// askRefuse asks once more, for a refusal cannot be taken back.
func askRefuse(u *ui, f client.Friendship) *sheet {
	name := line(f.Name, 40)
	return &sheet{
		ui: u, subject: "Refuse whoever accepted the invite for " + name + "?", yes: "refuse and make a new invite", no: "only refuse", waits: true,
		body: []string{"No name is given to anybody, and the old link is burnt. Send the new one to " + name + " by another way: somebody read the old one."},
		onYes: func(string) work {
			return func(ctx context.Context) (func() tea.Cmd, error) {
				_, made, err := u.client.RefuseAndReissue(ctx, f.Friendship)
				return func() tea.Cmd { return u.showInvite(made) }, err
			}
		},
		onNo: func() work {
			return func(ctx context.Context) (func() tea.Cmd, error) {
				refused, err := u.client.Refuse(ctx, f.Friendship)
				return func() tea.Cmd { return u.settled(refused, "Refused. Nobody got the name "+name+".") }, err
			}
		},
	}
}

// refusal is why a step of a friendship came to nothing, "" if it did not.
func refusal(f client.Friendship) string {
	switch f.Refusal {
	case "":
		return ""
	case protocol.CodeBrokenSuccession:
		return "ANOTHER KEY TOOK THIS FRIEND'S PLACE, and the one that you know did not sign for it. Ask your friend by another way than P4P."
	case protocol.CodeSlotUnopenable:
		return "What took this invite was no acceptance, and was refused."
	}
	return "The server refused the last step for good (" + string(f.Refusal) + ")."
}

// toTell is the line about friends who do not know a new key yet.
func (f *friends) toTell(w int) []string {
	if f.left == 0 {
		return nil
	}
	key := f.keyOf(f.keys(), keymap.Tell)
	return []string{f.theme.Dim.Render(keyed(" "+count(f.left, "friend is", "friends are")+" told of your new key over the next hours", "; "+key+" tells them now", w)), ""}
}
