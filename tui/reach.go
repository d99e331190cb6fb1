package tui

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"p4p/client"
	"p4p/tui/keymap"
)

// Reach opens this computer's own server to the network that it is in, and shuts
// it again; see server/embed.
type Reach interface {
	Open(ctx context.Context) (address string, err error)
	Shut(ctx context.Context) error
	// Opened is the address in the network, "" for shut; Own whether the profile
	// uses this computer's own server at all.
	Opened() string
	Own() bool
	// Away tells whether it was opened to another network, and so is shut in this one.
	Away() bool
	// Unsure tells that it may be this one all the same.
	Unsure() bool
}

// relinker has the links of open invites lead to where the server is reached now.
type relinker interface {
	Relink(ctx context.Context) error
	Invites(ctx context.Context) ([]client.Invite, error)
}

// reachedMsg tells how an invite's server was opened or shut.
type reachedMsg struct {
	gen     int
	address string // "" for shut
	inv     *client.Invite
	err     error
}

// reachable tells what the key for opening would do: open or shut, if anything.
func (i *invite) reachable() (opens, shuts bool) {
	if i.reach == nil || !i.reach.Own() || !i.isOpen() {
		return false, false
	}
	at := i.reach.Opened()
	return at == "", at != "" && at == i.inv.Link.Server
}

// toggleReach opens the server to the network, or shuts it, and has the link follow.
func (i *invite) toggleReach() tea.Cmd {
	opens, shuts := i.reachable()
	if !opens && !shuts {
		return i.say(note, "This invite is for a server that others reach already.")
	}
	if i.reaching {
		return nil
	}
	i.reaching = true
	reach, c, gen, id := i.reach, i.client, i.gen, i.inv.Friendship
	return i.do(func(ctx context.Context) tea.Msg {
		msg := reachedMsg{gen: gen}
		if opens {
			msg.address, msg.err = reach.Open(ctx)
		} else {
			msg.err = reach.Shut(ctx)
		}
		if msg.err == nil {
			msg.err = c.Relink(ctx)
		}
		list, err := c.Invites(ctx)
		if msg.err == nil {
			msg.err = err
		}
		for _, inv := range list {
			if inv.Friendship == id {
				msg.inv = &inv
			}
		}
		return msg
	})
}

func (i *invite) reached(msg reachedMsg) tea.Cmd {
	i.reaching = false
	if msg.inv != nil {
		i.show(*msg.inv)
	}
	switch {
	case msg.err != nil:
		return i.fail(msg.err)
	case msg.address == "":
		return i.say(good, "Your server is closed to the network again: the link works on this machine only.")
	}
	text := "Your server is open to this network at " + msg.address
	if pin := i.inv.Link.Pin; pin != nil {
		text += " (fingerprint " + pin.Base32() + ")"
	}
	return i.say(good, text+", and stays so in this network until you press "+i.keyOf(i.keys(), keymap.Reach)+" here again.")
}

// reachWords are what the screen says about it, "" for nothing.
func (i *invite) reachWords() (text string, warn bool) {
	key := i.keyOf(i.keys(), keymap.Reach)
	switch opens, shuts := i.reachable(); {
	case i.reaching:
		return "Opening …", false
	case opens && i.reach.Unsure():
		return "! P4P cannot tell whether this is the network that you opened this computer to. So it is shut, and this link leads nowhere: press " + key + " to open it to this network.", true
	case opens && i.reach.Away():
		return "! You opened this computer to another network than the one that it is in now. Here it is shut, and this link leads nowhere: press " + key + " to open it to this network.", true
	case opens && !i.inv.Link.Loopback():
		return "! Your server is not open to the network at the moment, and this link leads nowhere: press " + key + " to open it.", true
	case opens:
		return "! This link works on this machine only. Your phone cannot reach this computer yet: press " + key + " to open it to your network.", true
	case shuts:
		return "Open to your network (" + key + " closes it). The phone's browser will warn that it does not know this computer: go on. If it gets no answer, a firewall here may be in the way.", false
	case i.inv.Link.Loopback():
		return "! This link works on this machine only. For a friend elsewhere, both of you start p4p with --profile NAME --server ADDRESS. See “A server for friends” in the README.", true
	}
	return "", false
}
