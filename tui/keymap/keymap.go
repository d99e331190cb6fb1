// Package keymap says which key means what. A key becomes an intent before a
// screen sees it; the same table feeds the handling, the footer and the help, so
// that they cannot tell different stories.
package keymap

import "slices"

// Intent is what a person wants when a key is pressed. None is a key without a
// meaning in that place.
type Intent uint8

// The intents.
const (
	None Intent = iota
	Quit
	Help
	Eye   // the server's
	Whole // row of the server's
	Back
	Answer // the acceptance that waits
	Palette
	Mouse    // ours or the terminal's
	OpenLink // the link that was pasted into a text
	Log      // of what the app said
	Suspend  // the program
	Undelete // what was deleted last

	Up
	Down
	PageUp
	PageDown
	Top
	Bottom
	Unread  // the first of them
	MarkAll // as read
	NextView
	PreviousView
	Open

	NewPost
	Comment
	Invite
	Accept
	Friends
	Server

	Delete
	Report
	Mute
	Hide
	Muted // what is muted and hidden
	Undo
	Retry
	Discard
	Outbox
	EditAgain // what waits in it
	Search
	Mark        // a bookmark
	Marks       // all of them
	Whose       // the other posts of an author
	Remote      // the server's search
	OpenAddress // the web address in it
	ViewPicture // on the whole window
	CopyText    // that address, or the text
	Number      // of a row

	Send
	Attach
	Detach
	FolderUp
	Editor // of the person's own

	Copy
	SavePNG
	ShowLink
	SMS     // the link
	Reissue // an invite, with another link
	Self    // what is one's own
	Backup
	Import
	Move    // to another machine
	Restore // a backup
	Receive // a move
	Forget  // all that one posted
	Rotate  // this device's key
	Tell    // the friends of it
	Warnings
	Reach // this computer's own server, from the network

	Rename
	Remove
	Add
	Revoke
	Verify
	TypeNumber  // the safety number of the other side
	ReadPicture // of its code

	Submit
	Complete
	Yes
	No
)

// Binding is a key, or several, with its intent and its words.
type Binding struct {
	Intent Intent
	Keys   []string // as Bubble Tea names them
	Label  string   // as a person reads them
	Words  string   // what it does, for the help
	Short  string   // the same in a word or two, for the footer
}

// Map is the keys of one place in the app.
type Map struct {
	Name     string
	Bindings []Binding
}

// Intent is what a key means here.
func (m Map) Intent(key string) Intent {
	for _, b := range m.Bindings {
		if slices.Contains(b.Keys, key) {
			return b.Intent
		}
	}
	return None
}

// Binding is the binding of an intent here, if it has one.
func (m Map) Binding(i Intent) (Binding, bool) {
	for _, b := range m.Bindings {
		if b.Intent == i {
			return b, true
		}
	}
	return Binding{}, false
}

// bind makes a binding whose footer word is short.
func bind(i Intent, label, short, words string, keys ...string) Binding {
	return Binding{Intent: i, Keys: keys, Label: label, Short: short, Words: words}
}
