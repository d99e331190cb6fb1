package keymap

import "slices"

// Room is a place that a key of the feed opens, with those of its commands that need
// nothing selected there.
type Room struct {
	Door  Intent // in the feed; None for the feed itself
	Map   Map
	Alone []Intent
}

// Rooms are what the command palette reaches from everywhere.
var Rooms = []Room{
	{None, Feed, []Intent{NewPost, Invite, Accept, Friends, Search, Marks, Muted, Self, Server}},
	{Friends, FriendList, []Intent{Rotate, Tell, Add}},
	{Self, SelfShown, []Intent{Backup, Import, Rotate, Move, Forget, Add}},
	{Muted, MutedList, nil},
}

// Commands are the bindings of a room that are told elsewhere: not those that only
// move, open or close something in it.
func (r Room) Commands() []Binding {
	var out []Binding
	for _, b := range r.Map.Bindings {
		switch b.Intent {
		case Up, Down, PageUp, PageDown, Top, Bottom, Open, Back, Eye, Quit:
			continue
		}
		if r.Door != None || slices.Contains(r.Alone, b.Intent) {
			out = append(out, b)
		}
	}
	return out
}
