package tui

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"p4p/client"
	"p4p/protocol"
	"p4p/tui/keymap"
)

// tellEnded says once who ended a friendship; a banner says it until it was seen.
func (u *ui) tellEnded() tea.Cmd {
	var cmd tea.Cmd
	for _, w := range u.warnings {
		fresh := slices.ContainsFunc(w.Friendships, func(f protocol.UUID) bool { return !u.ended[f] })
		if w.Kind != client.FriendshipEnded || !fresh {
			continue
		}
		if u.ended == nil {
			u.ended = map[protocol.UUID]bool{}
		}
		for _, f := range w.Friendships {
			u.ended[f] = true
		}
		who, _, _ := strings.Cut(w.Text, ": ")
		cmd = u.say(note, line(who, 120)+"; the name stays until you remove it ("+u.keyOf(u.bound(keymap.Feed), keymap.Friends)+").")
	}
	return cmd
}

// removing is what a removal means for a friendship in its state.
func removing(f client.Friendship) []string {
	name := line(f.Name, 40)
	forget := "You forget the name of this device: its posts become anonymous to you. "
	knows := name + " still knows which posts are yours, as before; after this you can change that. The name stays in your phone book."
	switch f.State {
	case client.StateRefused, client.StateRevoked, client.StateExpired:
		return []string{"It only leaves this list."}
	case client.StateEnded:
		return []string{forget + "The other side has ended the friendship already; nobody is told of this.", knows}
	case client.StateAccepted:
		return []string{forget + "You take back that you accepted: if " + name + " has not confirmed yet, there is no friendship, and " + name + " sees that it ended.", knows}
	}
	return []string{forget + "The mailbox on the server goes, and " + name + " sees that it ended.", knows}
}
