package lines

import (
	"context"
	"strings"

	"p4p/client"
	"p4p/plain"
	"p4p/protocol"
)

// commands are what can be typed, in the order of the help.
var commands = []struct{ words, does string }{
	{"read", "the newest posts, the newest last; read friends, read mine, read replies, read 20"},
	{"more", "older ones"},
	{"unread", "what you have not read, the oldest first"},
	{"open NUMBER", "a post with its comments"},
	{"search WORDS", "posts with these words"},
	{"post TEXT", "post it; post alone asks for several lines"},
	{"picture FILE", "take a picture along with the next post"},
	{"comment NUMBER TEXT", "comment on a post"},
	{"delete NUMBER", "delete what is yours; undo brings it back for a while"},
	{"report NUMBER, mute NUMBER, hide NUMBER", "tell the operator, hear an author no more, see a post no more"},
	{"muted", "whom you muted and what you hid; unmute NUMBER and unhide NUMBER undo it"},
	{"by NAME, by NUMBER", "all that a friend, or the author of a post, posted"},
	{"bookmark NUMBER", "keep a post to come back to, or let it go; bookmarks reads what you kept"},
	{"retry NUMBER, discard NUMBER", "send again, or throw away, what the server refused"},
	{"friends", "your friends and invites"},
	{"invite NAME", "make an invite and print its link; invite alone prints the open ones"},
	{"sms NAME", "send an open invite with your desktop's program for messages"},
	{"revoke NAME, reissue NAME", "have an invite's link open nothing, or make a new link in its place"},
	{"accept LINK", "accept an invite; the link alone does, too"},
	{"confirm NAME, refuse NAME", "answer whoever accepted your invite"},
	{"verify NAME", "compare safety numbers"},
	{"rename NAME, remove NAME", "give a friend another name, or end the friendship"},
	{"server ADDRESS", "use a server; server alone says which"},
	{"quit", "end; what waits is sent the next time"},
}

// command does what was typed.
func (r *reader) command(ctx context.Context, line string) error {
	word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
	rest = strings.TrimSpace(rest)
	switch lower := strings.ToLower(word); lower {
	case "":
	case "quit", "exit", "q":
		return errQuit
	case "help", "?", "h":
		r.help()
	case "read", "r":
		r.read(ctx, strings.Fields(rest))
	case "more":
		r.more(ctx)
	case "unread", "u":
		r.unread(ctx)
	case "search":
		r.search(ctx, rest)
	case "open", "o":
		r.open(ctx, rest)
	case "post":
		r.post(ctx, rest)
	case "picture":
		r.picture(ctx, rest)
	case "comment":
		r.comment(ctx, rest)
	case "undo":
		r.undelete(ctx)
	case "delete", "report", "mute", "hide", "retry", "discard":
		r.act(ctx, lower, rest)
	case "muted":
		r.muted(ctx)
	case "unmute", "unhide":
		r.undo(ctx, lower, rest)
	case "bookmark":
		r.bookmark(ctx, rest)
	case "bookmarks":
		r.bookmarks(ctx)
	case "by":
		r.by(ctx, rest)
	case "friends":
		r.friends(ctx)
	case "invite", "invites":
		r.invite(ctx, rest)
	case "accept":
		r.accept(ctx, rest)
	case "confirm", "refuse":
		r.answer(ctx, lower, rest)
	case "revoke":
		r.revoke(ctx, rest)
	case "reissue":
		r.reissue(ctx, rest)
	case "sms":
		r.sms(ctx, rest)
	case "remove", "verify", "rename":
		r.change(ctx, lower, rest)
	case "server", "status":
		r.server(ctx, rest)
	default:
		r.unknown(ctx, word, line)
	}
	return nil
}

func (r *reader) unknown(ctx context.Context, word, line string) {
	if protocol.LooksLikeLink(findLink(line)) {
		r.accept(ctx, line)
		return
	}
	r.say("There is no command " + plain.Line(word).Truncate(30).String() + ". Type help for the list; to post it, type post before it.")
}

func (r *reader) help() {
	for _, c := range commands {
		r.say(c.words + ": " + c.does + ".")
	}
	r.say("What is not done here is done in a shell:")
	for _, c := range elsewhere {
		r.say(c.words + ": " + c.does + ".")
	}
}

// server uses a server, or says which is used and how the connection is.
func (r *reader) server(ctx context.Context, address string) {
	if address != "" {
		url, err := protocol.ParseServerURL(address)
		if err == nil {
			err = r.Client.UseServer(ctx, url)
		}
		r.done(err, "You are on "+address+" now.")
		return
	}
	st := r.Client.Status()
	text := "You use the server that runs inside this app."
	if st.Server != "" {
		text = "You use " + st.Server + "."
	}
	switch st.Connection {
	case client.Online:
		text += " You are online."
	case client.Offline:
		text += " You are offline."
		if st.Err != nil {
			text += " " + st.Err.Error()
		}
	default:
		text += " It is being connected to."
	}
	if st.Outbox > 0 {
		text += " " + count(st.Outbox, "thing waits", "things wait") + " to be sent."
	}
	if st.Refused > 0 {
		text += " The server refused " + count(st.Refused, "thing", "things") + "."
	}
	r.say(text)
}
