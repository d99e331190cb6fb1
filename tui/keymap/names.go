package keymap

import "strings"

// names are what the settings file calls the intents.
var names = [...]string{
	Quit: "quit", Help: "help", Eye: "eye", Whole: "whole-row", Back: "back", Answer: "answer",
	Palette: "palette", Mouse: "mouse", OpenLink: "open-link", Log: "log", Suspend: "suspend", Undelete: "undelete",

	Up: "up", Down: "down", PageUp: "page-up", PageDown: "page-down", Top: "top", Bottom: "bottom",
	Unread: "unread", MarkAll: "mark-all", NextView: "next-view", PreviousView: "previous-view", Open: "open",

	NewPost: "new-post", Comment: "comment", Invite: "invite", Accept: "accept", Friends: "friends", Server: "server",

	Delete: "delete", Report: "report", Mute: "mute", Hide: "hide", Muted: "muted", Undo: "undo",
	Search: "search", Mark: "bookmark", Marks: "bookmarks", Whose: "author", Remote: "search-server",
	Retry: "retry", Discard: "discard", Outbox: "outbox", EditAgain: "edit-again", OpenAddress: "open-address", ViewPicture: "picture", CopyText: "copy-text", Number: "number",

	Send: "send", Attach: "attach", Detach: "detach", FolderUp: "folder-up", Editor: "editor",

	Copy: "copy", SavePNG: "save-png", ShowLink: "show-link", SMS: "sms", Reissue: "reissue", Reach: "reach", Self: "you", Backup: "backup", Import: "import", Move: "move", Restore: "restore", Receive: "receive", Forget: "forget", Rotate: "change-key", Tell: "tell-friends", Warnings: "warnings",

	Rename: "rename", Remove: "remove", Add: "add", Revoke: "revoke", Verify: "verify", TypeNumber: "type-number", ReadPicture: "read-picture",

	Submit: "submit", Complete: "complete", Yes: "yes", No: "no",
}

// String is the name of an intent in the settings file.
func (i Intent) String() string {
	if int(i) < len(names) && names[i] != "" {
		return names[i]
	}
	return "none"
}

// Named is the intent with a name, None if there is none.
func Named(name string) Intent {
	for i, n := range names {
		if n == name && name != "" {
			return Intent(i)
		}
	}
	return None
}

// Place is what the settings file calls a map: its name in small letters, with
// hyphens between the words.
func (m Map) Place() string {
	return strings.NewReplacer("'", "", ":", "", " ", "-").Replace(strings.ToLower(m.Name))
}

// InPlace is the map that the settings file calls so.
func InPlace(name string) (Map, bool) {
	for _, m := range Places() {
		if m.Place() == name {
			return m, true
		}
	}
	return Map{}, false
}
