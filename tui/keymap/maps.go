package keymap

import "slices"

// Keys that mean the same in several places.
var (
	up       = bind(Up, "k ↑", "up", "up", "k", "up")
	down     = bind(Down, "j ↓", "down", "down", "j", "down")
	pageUp   = bind(PageUp, "ctrl+u pgup", "page up", "a page up", "pgup", "ctrl+u", "ctrl+b")
	pageDown = bind(PageDown, "ctrl+d pgdn", "page down", "a page down", "pgdown", "ctrl+d", "ctrl+f", "space")
	// the same without the space bar, which shows the whole row there
	eyePageDown = bind(PageDown, "ctrl+d pgdn", "page down", "a page down", "pgdown", "ctrl+d", "ctrl+f")
	top         = bind(Top, "g home", "top", "to the top", "g", "home")
	bottom      = bind(Bottom, "G end", "end", "to the end", "G", "end")
	back        = bind(Back, "esc", "back", "back", "esc", "q", "left", "h")
	backText    = bind(Back, "esc", "back", "back", "esc")
	eye         = bind(Eye, "v", "server's eye", "this screen as the server sees it: no names, sealed bytes", "v")
	seeNames    = bind(Eye, "v", "close the eye", "this screen with its names again", "v")
	openAddress = bind(OpenAddress, "o", "open page", "open the web address in what is selected, in your browser", "o")
	copyText    = bind(CopyText, "y Y", "copy", "copy its web address, or its text (Y while y answers)", "Y", "y")
	mark        = bind(Mark, "b", "bookmark", "keep the post to come back to; again to let it go", "b")
	whose       = bind(Whose, "w", "author", "all that this author posted", "w")
	viewPicture = bind(ViewPicture, "p", "picture", "the picture, on the whole window", "p")
	restore     = bind(Restore, "R", "restore", "be who you were: restore a backup into an empty profile", "R")
	receive     = bind(Receive, "V", "move in", "be who you are on another machine of yours, which shows a move", "V")
	submit      = bind(Submit, "enter", "go on", "go on", "enter")
)

// Global holds everywhere: on a screen where one types, only its ctrl keys do.
var Global = Map{"Everywhere", []Binding{
	bind(Help, "?", "help", "this help", "?", "f1"),
	bind(Palette, "ctrl+k :", "commands", "find a command by its words", "ctrl+k", ":"),
	bind(Answer, "y ctrl+y", "answer", "answer an acceptance that waits", "y", "ctrl+y"),
	bind(Mouse, "M", "mouse", "give the mouse to the terminal, to select text, and back", "M"),
	bind(Warnings, "W", "warning", "read the warning or reminder that stands above", "W"),
	bind(Undelete, "U", "undo", "bring back what you deleted a moment ago", "U"),
	bind(Log, "L", "log", "what the app said, in full", "L"),
	bind(Suspend, "ctrl+z", "suspend", "back to the shell for a while; fg returns", "ctrl+z"),
	bind(Quit, "ctrl+c", "quit", "quit; what you were writing is kept", "ctrl+c"),
}}

// Typing is what holds of Global where letters are text.
var Typing = Map{"Where you type", []Binding{
	bind(Help, "f1", "help", "this help", "f1"),
	bind(Answer, "ctrl+y", "answer", "answer an acceptance that waits", "ctrl+y"),
	bind(OpenLink, "ctrl+l", "open link", "open the invite whose link you pasted into a text", "ctrl+l"),
	bind(Suspend, "ctrl+z", "suspend", "back to the shell for a while; fg returns", "ctrl+z"),
	bind(Quit, "ctrl+c", "quit", "quit; what you were writing is kept", "ctrl+c"),
}}

// Feed is the keys of the feed.
var Feed = Map{"Feed", []Binding{
	down, up,
	bind(Open, "enter", "open", "open the post with its comments", "enter", "right", "l"),
	bind(NewPost, "n", "post", "write a post", "n"),
	bind(Comment, "c", "comment", "comment on the post", "c"),
	bind(Invite, "i", "invite", "invite a friend", "i"),
	bind(Accept, "a", "accept", "accept an invite (or paste its link anywhere)", "a"),
	bind(Friends, "f", "friends", "friends, invites and phone book", "f"),
	bind(NextView, "tab", "view", "next view: everyone, friends, mine, replies to you", "tab"),
	bind(PreviousView, "shift+tab", "view", "previous view", "shift+tab"),
	bind(Top, "g home .", "newest", "to the newest; new posts flow in there", "g", "home", "."),
	bottom, pageDown, pageUp,
	openAddress, copyText, viewPicture, mark, whose,
	bind(Search, "/", "search", "search the posts", "/"),
	bind(Marks, "B", "bookmarks", "the posts that you kept", "B"),
	bind(Unread, "u", "unread", "to the first post that you have not read; • marks these", "u"),
	bind(MarkAll, "m", "all read", "have everything in this view count as read", "m"),
	bind(Delete, "d", "delete", "delete a post of yours; U undoes it for some seconds", "d"),
	bind(Report, "!", "report", "report the post to the server's operator", "!"),
	bind(Mute, "z", "mute", "mute the author, on this machine only", "z"),
	bind(Hide, "-", "hide", "hide the post, on this machine only", "-"),
	bind(Muted, "Z", "muted", "whom you muted and what you hid, to undo it", "Z"),
	bind(Retry, "r", "retry", "send again what the server refused", "r"),
	bind(Discard, "x", "discard", "discard what waits or was refused", "x"),
	bind(Outbox, "O", "outbox", "what waits for the server, and what it refused", "O"),
	bind(Self, "P", "you", "who you are: back up, import, move, other profiles", "P"),
	bind(Server, "s", "server", "enter a server's address", "s"),
	restore, receive,
	eye,
	bind(Back, "esc", "top", "let go of the selected post", "esc"),
	bind(Quit, "q", "quit", "quit", "q"),
}}

// Thread is the keys of a post with its comments.
var Thread = Map{"Post and comments", []Binding{
	down, up,
	bind(Comment, "c", "comment", "write a comment", "c", "enter"),
	openAddress, copyText, viewPicture, mark, whose,
	top, bottom, pageDown, pageUp,
	bind(Delete, "d", "delete", "delete what is selected, if it is yours; U undoes it", "d"),
	bind(Report, "!", "report", "report what is selected to the server's operator", "!"),
	bind(Mute, "z", "mute", "mute the author of what is selected, on this machine only", "z"),
	bind(Hide, "-", "hide", "hide what is selected, on this machine only", "-"),
	bind(Retry, "r", "retry", "send again what the server refused", "r"),
	bind(Discard, "x", "discard", "discard what waits or was refused", "x"),
	eye, back,
}}

// Posts is the keys of a list of posts: somebody's, those found, those kept.
var Posts = Map{"Some posts", []Binding{
	down, up,
	bind(Open, "enter", "open", "open the post with its comments", "enter", "right", "l"),
	bind(Comment, "c", "comment", "comment on the post", "c"),
	bind(Search, "/", "search", "other words to search for", "/"),
	openAddress, copyText, viewPicture, mark, whose,
	top, bottom, pageDown, pageUp,
	bind(Delete, "d", "delete", "delete a post of yours; U undoes it for some seconds", "d"),
	bind(Report, "!", "report", "report the post to the server's operator", "!"),
	bind(Mute, "z", "mute", "mute the author, on this machine only", "z"),
	bind(Hide, "-", "hide", "hide the post, on this machine only", "-"),
	bind(Retry, "r", "retry", "send again what the server refused", "r"),
	bind(Discard, "x", "discard", "discard what waits or was refused", "x"),
	eye, back,
}}

// PictureShown is the keys of a picture on the whole window.
var PictureShown = Map{"A picture", []Binding{
	bind(Down, "j ↓", "next", "the next picture", "down", "j", "right", "l", "space"),
	bind(Up, "k ↑", "previous", "the one before", "up", "k", "left", "h"),
	bind(Back, "esc", "back", "back", "esc", "q", "p", "enter"),
}}

// Addresses is the keys beside several web addresses of one post.
var Addresses = Map{"Several web addresses", []Binding{
	bind(Submit, "enter", "this one", "open or copy the selected address, as was asked", "enter", "right", "l"),
	bind(Number, "1 2 3", "number", "open or copy the one with that number", "1", "2", "3", "4", "5", "6", "7", "8", "9"),
	bind(OpenAddress, "o", "open page", "open the selected address in your browser", "o"),
	bind(CopyText, "y Y", "copy", "copy the selected address (Y while y answers)", "Y", "y"),
	down, up, back,
}}

// Find is the keys of the words that are searched for.
var Find = Map{"Searching", []Binding{
	bind(Submit, "enter ↓", "results", "to what was found", "enter", "down"),
	bind(Remote, "ctrl+s", "ask server", "ask the server, which learns the words; names are never sent", "ctrl+s"),
	backText,
}}

// EyeFeed is the keys of the feed as the server sees it.
var EyeFeed = Map{"The server's eye", []Binding{
	seeNames,
	bind(Whole, "r", "whole row", "the selected row in full, with its signature", "r", "space"),
	bind(Open, "enter", "open", "the post's rows with those of its comments", "enter", "right", "l"),
	bind(Friends, "f", "friendships", "friendships as the server sees them", "f"),
	down, up, top, bottom, eyePageDown, pageUp,
	bind(Back, "esc", "top", "let go of the selected row", "esc"),
	bind(Quit, "q", "quit", "quit", "q"),
}}

// EyeThread is the keys of a post, of some posts, or of the friends, as the server sees
// them.
var EyeThread = Map{"The server's eye: inside", []Binding{
	seeNames,
	bind(Whole, "r enter", "whole row", "the selected row in full", "r", "enter", "space", "right", "l"),
	down, up, top, bottom, eyePageDown, pageUp,
	back,
}}

// Write is the keys of a text that is being written.
var Write = Map{"Writing", []Binding{
	bind(Send, "ctrl+s", "send", "send it", "ctrl+s"),
	bind(Attach, "ctrl+o", "picture", "attach a picture, or describe the attached one (posts only)", "ctrl+o"),
	bind(Detach, "ctrl+x", "no picture", "take the picture off", "ctrl+x"),
	bind(Editor, "ctrl+e", "editor", "write in the editor that $VISUAL or $EDITOR names", "ctrl+e"),
	bind(Back, "esc", "close", "close; the draft is kept", "esc"),
}}

// Pick is the keys of the folders from which a picture is chosen.
var Pick = Map{"Choosing a picture", []Binding{
	bind(Submit, "enter", "choose", "open the folder, or take the picture", "enter"),
	bind(FolderUp, "ctrl+o", "folder up", "to the folder above", "ctrl+o"),
	bind(Complete, "tab", "complete", "complete the name or the path", "tab"),
	bind(Down, "↓", "down", "down", "down", "ctrl+n"), bind(Up, "↑", "up", "up", "up", "ctrl+p"),
	bind(PageDown, "pgdn", "page down", "a page down", "pgdown"), bind(PageUp, "pgup", "page up", "a page up", "pgup"),
	backText,
}}

// Field is the keys of a question with one line to type.
var Field = Map{"A question", []Binding{
	submit,
	bind(Complete, "tab", "complete", "complete the name or the path", "tab"),
	backText,
}}

// InviteShown is the keys beside an invite.
var InviteShown = Map{"An invite", []Binding{
	bind(Copy, "c", "copy", "copy the link", "c"),
	bind(SavePNG, "p", "save PNG", "save the code as a picture", "p"),
	bind(ShowLink, "l", "link", "the link in full, to select by hand", "l"),
	bind(SMS, "m", "SMS", "send the link by SMS, with your desktop's program for messages", "m"),
	bind(Reissue, "n", "new link", "a new link in place of this one, which opens nothing any more", "n"),
	bind(Reach, "L", "network", "open your own server to your network, for a phone; and close it again", "L"),
	bind(Verify, "s", "safety number", "once it made a friend: compare safety numbers", "s"),
	bind(Whose, "w", "posts", "once it made a friend: all that this friend posted", "w"),
	bind(Back, "esc", "close", "close; the invite stays open", "esc", "q"),
}}

// AcceptShown is the keys beside a link that was recognised.
var AcceptShown = Map{"A link that you got", []Binding{submit, back}}

// FriendList is the keys of the friends screen.
var FriendList = Map{"Friends", []Binding{
	down, up,
	bind(Open, "enter", "open", "answer an acceptance, show an invite, or the details", "enter", "right", "l"),
	bind(Invite, "i", "invite", "invite a friend", "i"),
	bind(Accept, "a", "accept", "accept an invite", "a"),
	bind(Whose, "w", "posts", "all that this friend posted", "w"),
	bind(Rename, "r", "rename", "rename", "r"),
	bind(Remove, "d", "remove", "remove a friend or a name", "d"),
	bind(Revoke, "x", "revoke", "revoke an open invite", "x"),
	bind(Reissue, "n", "new invite", "make an invite anew that is open, expired, revoked or was refused", "n"),
	bind(Verify, "s", "safety number", "compare safety numbers; take the mark off a verified friend", "s"),
	bind(Rotate, "K", "change key", "change this device's key: a stranger to everybody but your friends", "K"),
	bind(Tell, "T", "tell now", "tell all friends of your new key at once", "T"),
	bind(Add, "+", "add name", "add a name to the phone book", "+"),
	top, bottom, pageDown, pageUp,
	eye, back,
}}

// Safety is the keys beside a safety number.
var Safety = Map{"A safety number", []Binding{
	bind(Yes, "y", "the same", "the same number stands at your friend's side: verified", "y", "Y"),
	bind(No, "n", "it differs", "it differs: not verified", "n", "N"),
	bind(TypeNumber, "enter", "type it", "type or paste the number of your friend's side", "enter", "t"),
	bind(ReadPicture, "i", "picture", "read a picture of the code at your friend's side", "i"),
	bind(Copy, "c", "copy", "copy the number", "c"),
	bind(SavePNG, "p", "save PNG", "save the code as a picture", "p"),
	back,
}}

// SelfShown is the keys of the screen about oneself.
var SelfShown = Map{"You", []Binding{
	bind(Backup, "b", "back up", "back up your keys, names and friendships", "b"),
	bind(Import, "i", "import", "take over a phone book from a vCard file", "i"),
	bind(Rotate, "K", "change key", "change this device's key: a stranger to everybody but your friends", "K"),
	bind(Move, "m", "move", "move to another machine of yours", "m"),
	restore, receive,
	bind(Forget, "X", "delete all", "delete everything that you ever posted", "X"),
	bind(Open, "enter", "switch", "go on as the selected profile", "enter", "l", "right"),
	bind(Add, "+", "new profile", "make another profile", "+"),
	down, up, eye, back,
}}

// Commands is the keys of the command palette.
var Commands = Map{"The command palette", []Binding{
	bind(Submit, "enter", "do it", "do the selected", "enter"),
	bind(Down, "↓ ctrl+n", "down", "down", "down", "ctrl+n"),
	bind(Up, "↑ ctrl+p", "up", "up", "up", "ctrl+p"),
	backText,
}}

// MutedList is the keys of what is muted and hidden.
var MutedList = Map{"Muted and hidden", []Binding{
	bind(Undo, "enter u", "undo", "hear the author, or see the post, again", "enter", "u", "d"),
	down, up, top, bottom, pageDown, pageUp,
	eye, back,
}}

// OutboxList is the keys of what waits to be sent.
var OutboxList = Map{"Outbox", []Binding{
	bind(Retry, "r", "retry", "send again what the server refused", "r"),
	bind(EditAgain, "e", "edit", "take it out and edit it again", "e"),
	bind(Discard, "x", "discard", "discard it, or take a deletion back", "x", "d"),
	bind(Open, "enter", "open", "open the post, or the one that it is about", "enter", "right", "l"),
	copyText,
	down, up, top, bottom, pageDown, pageUp,
	back,
}}

// Ask is the keys of a question that is answered with yes or no.
var Ask = Map{"Yes or no", []Binding{
	bind(Yes, "y", "yes", "yes", "y", "Y"),
	bind(No, "n", "no", "no", "n", "N"),
	down, up,
	bind(Back, "esc", "close", "close; nothing is done", "esc", "q"),
}}

// Wait is the same where the question stays and can be answered later.
var Wait = Map{"Yes, no or later", []Binding{
	bind(Yes, "y", "yes", "yes", "y", "Y"),
	bind(No, "n", "no", "no", "n", "N"),
	down, up,
	bind(Back, "esc", "later", "neither, for now", "esc", "q"),
}}

// Reminder is the keys of a question about a backup that is due.
var Reminder = Map{"A reminder", []Binding{
	bind(Yes, "y", "seen", "seen: say no more", "y", "Y"),
	bind(No, "n", "keep", "keep it", "n", "N"),
	bind(Backup, "b", "back up", "back up your keys, names and friendships now", "b"),
	down, up,
	bind(Back, "esc", "later", "neither, for now", "esc", "q"),
}}

// ImportShown is the keys beside what an import would do.
var ImportShown = Map{"What an import would do", []Binding{
	bind(Yes, "y", "take it over", "do it", "y", "Y"),
	bind(No, "n", "leave all", "leave all as it is", "n", "N"),
	down, up, top, bottom, pageDown, pageUp,
	bind(Back, "esc", "leave all", "leave all as it is", "esc", "q"),
}}

// Pages is the keys of a text to read.
var Pages = Map{"Reading", []Binding{down, up, top, bottom, pageDown, pageUp, back}}

// MoveShown is the keys beside what another machine of one's own takes.
var MoveShown = Map{"A move", []Binding{
	bind(Copy, "c", "copy", "copy the text; the code is typed by hand", "c"),
	down, up, top, bottom, pageDown, pageUp, back,
}}

// HelpPages is the keys of the help.
var HelpPages = Map{"Help", []Binding{down, up, top, bottom, pageDown, pageUp, bind(Back, "esc", "back", "back", "esc", "q", "?", "f1", "left", "h")}}

// Places are all maps: those of the help, and those of the small questions.
func Places() []Map {
	return append(slices.Clone(All), Typing, Field, AcceptShown, Addresses, Ask, Wait, Reminder, Pick, ImportShown, Pages, HelpPages, MoveShown, Commands, Messages)
}

// Messages is the keys of the log.
var Messages = Map{"Log", []Binding{
	bind(Copy, "c", "copy", "copy all of it", "c", "y"),
	down, up, top, bottom, pageDown, pageUp, bind(Back, "esc", "back", "back", "esc", "q", "L", "left", "h"),
}}

// All are the maps in the order of the help.
var All = []Map{Feed, Thread, Posts, PictureShown, Find, Write, InviteShown, FriendList, Safety, SelfShown, OutboxList, MutedList, EyeFeed, EyeThread, Global}
