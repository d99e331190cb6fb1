package lines

import (
	"context"
	"strconv"
	"strings"

	"p4p/client"
	"p4p/protocol"
)

// keeper is what is kept on this machine alone: what one does not hear, and what one
// comes back to.
type keeper interface {
	Muted(ctx context.Context) (client.Muted, error)
	Unmute(ctx context.Context, author protocol.PublicKey) error
	Unhide(ctx context.Context, record protocol.UUID) error
	Bookmark(ctx context.Context, post protocol.UUID, on bool) error
	Bookmarks(ctx context.Context) ([]client.Item, error)
}

// muted lists whom one does not hear and what one does not see, each with a number.
func (r *reader) muted(ctx context.Context) {
	all, err := r.Client.Muted(ctx)
	if err != nil {
		r.fail(err)
		return
	}
	r.unheard = all
	if len(all.Authors)+len(all.Records) == 0 {
		r.say("Nobody is muted and nothing is hidden.")
		return
	}
	for i, a := range all.Authors {
		r.say("Muted " + strconv.Itoa(i+1) + ": " + who(client.Item{Label: a.Label, Author: a.Author}) + ", " + ago(a.Since, r.now()) + ".")
	}
	for i, h := range all.Records {
		text := "Hidden " + strconv.Itoa(i+1) + ": "
		if h.Item == nil {
			text += "something that is not here any more"
		} else {
			text += "by " + who(*h.Item) + ": " + clip(h.Item.Text)
		}
		r.say(text)
	}
	r.say("Type unmute or unhide and the number to undo it.")
}

// undo hears an author again, or shows a record again: unmute 1, unhide 2.
func (r *reader) undo(ctx context.Context, word, number string) {
	all := r.unheard // the numbers are those that were read
	n, err := strconv.Atoi(strings.TrimSuffix(number, "."))
	switch i := n - 1; {
	case err != nil || i < 0 || word == "unmute" && i >= len(all.Authors) || word == "unhide" && i >= len(all.Records):
		r.say("Which one? Type muted for the list with its numbers, then for example " + word + " 1.")
	case word == "unmute":
		a := all.Authors[i]
		r.done(r.Client.Unmute(ctx, a.Author), "You hear "+who(client.Item{Label: a.Label, Author: a.Author})+" again.")
	default:
		r.done(r.Client.Unhide(ctx, all.Records[i].ID), "It is read again.")
	}
}

// bookmark keeps a post to come back to, or lets it go.
func (r *reader) bookmark(ctx context.Context, word string) {
	at, ok := r.ref(word)
	if !ok {
		return
	}
	kept, err := r.Client.Bookmarks(ctx)
	if err != nil {
		r.fail(err)
		return
	}
	on, done := true, "Bookmarked, on this machine: type bookmarks to read what you kept."
	for _, it := range kept {
		if it.ID == at.post() {
			on, done = false, "The bookmark is gone."
		}
	}
	r.done(r.Client.Bookmark(ctx, at.post(), on), done)
}

// bookmarks reads what was kept, the newest last.
func (r *reader) bookmarks(ctx context.Context) {
	kept, err := r.Client.Bookmarks(ctx)
	if err != nil {
		r.fail(err)
		return
	}
	if len(kept) == 0 {
		r.say("No bookmarks yet. Type bookmark and the number of a post to keep it.")
	}
	for i := len(kept) - 1; i >= 0; i-- {
		r.item("", kept[i])
	}
}

// by reads what a friend posted, by name, or the author of a number: by Alice, by 3.
func (r *reader) by(ctx context.Context, whose string) {
	if whose == "" {
		r.say("Whose posts? Type by and a friend's name, or by and the number of a post.")
		return
	}
	q := client.Query{Limit: page}
	if _, err := strconv.Atoi(whose); err != nil {
		list, err := r.Client.Friendships(ctx)
		if err != nil {
			r.fail(err)
			return
		}
		for _, f := range list {
			if strings.EqualFold(f.Name, whose) {
				q.Name = f.Name
			}
		}
		if q.Name == "" {
			r.say("No friend is called " + clip(whose) + ". Type friends for the list.")
			return
		}
	} else {
		at, ok := r.ref(whose)
		if !ok {
			return
		}
		id := at.author.UUID()
		q.Author = &id
	}
	r.from(ctx, q)
}

// elsewhere are what is done with other commands of p4p, in a shell.
var elsewhere = []struct{ words, does string }{
	{"p4p backup FILE", "keep a copy of your keys, names and friendships"},
	{"p4p contacts import FILE", "take your phone book over from a vCard file"},
	{"p4p rotate", "change this device's key: a stranger to everybody but your friends"},
	{"p4p profiles", "your other profiles"},
	{"p4p --help", "all the others"},
}
