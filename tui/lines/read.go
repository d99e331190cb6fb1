package lines

import (
	"context"
	"encoding/hex"
	"strconv"
	"strings"
	"time"

	"p4p/client"
	"p4p/plain"
	"p4p/protocol"
)

const (
	page    = 10     // posts read at a time
	many    = 5      // more news than this is told as a count
	maxRefs = 10_000 // numbers that are known at a time
)

// ref is what a number stands for.
type ref struct {
	id     protocol.UUID
	target protocol.UUID // of a comment
	kind   protocol.Kind
	author protocol.PublicKey
	mine   bool
}

// post is the post that the number is or is on.
func (r ref) post() protocol.UUID {
	if r.kind == protocol.KindComment {
		return r.target
	}
	return r.id
}

// number is the number of an item, which it keeps while it is known.
func (r *reader) number(it client.Item) int {
	for i := len(r.refs) - 1; i >= max(0, len(r.refs)-200); i-- {
		if r.refs[i].id == it.ID {
			return r.gone + i + 1
		}
	}
	if len(r.refs) >= maxRefs {
		n := maxRefs / 2
		r.refs, r.gone = append(r.refs[:0], r.refs[n:]...), r.gone+n
	}
	r.refs = append(r.refs, ref{it.ID, it.Target, it.Kind, it.Author, it.Label.Kind == client.You})
	return r.gone + len(r.refs)
}

// ref is what a typed number stands for.
func (r *reader) ref(word string) (ref, bool) {
	n, err := strconv.Atoi(strings.TrimSuffix(word, "."))
	if i := n - r.gone - 1; err == nil && i >= 0 && i < len(r.refs) {
		return r.refs[i], true
	}
	r.say("Which one? Each post and comment is read with its number before it: type read, then for example open " + strconv.Itoa(r.gone+max(1, len(r.refs))) + ".")
	return ref{}, false
}

// who is the author in words.
func who(it client.Item) string {
	switch l := it.Label; l.Kind {
	case client.You:
		return "you"
	case client.Friend:
		name := plain.Line(l.Name).Truncate(40).String()
		if l.Verified {
			name += " (verified)"
		}
		if l.Ended {
			name += " (friendship ended)"
		}
		return name
	}
	u := it.Author.UUID()
	return "anonymous " + hex.EncodeToString(u[:2])
}

// item tells a post or a comment: number, author, age, text, picture, comments.
func (r *reader) item(lead string, it client.Item) {
	text := lead + strconv.Itoa(r.number(it)) + " " + who(it) + ", " + ago(it.CreatedAt, r.now())
	switch {
	case it.Pending != nil && it.Pending.Refused != nil:
		text += ", refused by the server (" + it.Pending.Refused.Message + " Type retry or discard with the number)"
	case it.Pending != nil:
		text += ", not sent yet"
	}
	text += ": " + plain.Line(it.Text).String()
	if it.Image != nil {
		text += " [picture: " + alt(it.Image.Alt) + "]"
	}
	if it.Comments > 0 {
		text += " [" + count(it.Comments, "comment", "comments") + "]"
	}
	r.say(text)
}

func alt(s string) string {
	if t := plain.Line(s); !t.IsEmpty() {
		return t.String()
	}
	return "not described"
}

// ago tells how long ago something was, in words.
func ago(at, now time.Time) string {
	d := now.Sub(at)
	switch {
	case d < time.Minute:
		return "now"
	case d < time.Hour:
		return count(int(d/time.Minute), "minute", "minutes") + " ago"
	case d < 24*time.Hour:
		return count(int(d/time.Hour), "hour", "hours") + " ago"
	case d < 30*24*time.Hour:
		return count(int(d/(24*time.Hour)), "day", "days") + " ago"
	}
	return "on " + at.Local().Format("2 January 2006")
}

func count(n int, one, several string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + several
}

// place is where reading goes on.
type place struct {
	q     client.Query
	first uint64 // the oldest seq that was read; 0 for none
}

var viewNames = map[string]client.View{"everyone": client.Everyone, "friends": client.Friends, "mine": client.Mine, "replies": client.Replies}

// read reads the newest posts of a view, the newest last: read [VIEW] [COUNT].
func (r *reader) read(ctx context.Context, words []string) {
	q := client.Query{Limit: page}
	for _, w := range words {
		if v, ok := viewNames[strings.ToLower(w)]; ok {
			q.View = v
		} else if n, err := strconv.Atoi(w); err == nil && n > 0 {
			q.Limit = min(n, 200)
		} else {
			r.say("Type read, read friends, read mine or read replies, with a number for how many: read friends 20.")
			return
		}
	}
	r.from(ctx, q)
}

func (r *reader) search(ctx context.Context, words string) {
	if words == "" {
		r.say("Type search and the words that a post must have.")
		return
	}
	r.from(ctx, client.Query{Search: words, Limit: page})
}

// more reads older posts of what was read last.
func (r *reader) more(ctx context.Context) {
	if r.place.first <= 1 {
		r.say("There is nothing older. Type read for the newest.")
		return
	}
	q := r.place.q
	q.Before = r.place.first
	r.from(ctx, q)
}

func (r *reader) from(ctx context.Context, q client.Query) {
	items, err := r.Client.Timeline(ctx, q)
	if err != nil {
		r.fail(err)
		return
	}
	r.place = place{q: q}
	if len(items) == 0 {
		r.say("There is nothing here yet. Type post to write something, or invite and a name for a friend.")
		return
	}
	for i := len(items) - 1; i >= 0; i-- {
		r.item("", items[i])
	}
	if newest := newest(items); newest > 0 && q.Search == "" && q.Name == "" && q.Author == nil && q.View != client.Mine {
		_ = r.Client.MarkRead(ctx, q.View, newest)
	}
	r.place.first = items[len(items)-1].Seq
	if len(items) == q.Limit {
		r.say("Type more for older ones.")
	}
}

// newest is the highest seq.
func newest(items []client.Item) (seq uint64) {
	for _, it := range items {
		seq = max(seq, it.Seq)
	}
	return seq
}

// unread reads what was not read yet, the oldest first.
func (r *reader) unread(ctx context.Context) {
	u, err := r.Client.Unread(ctx, client.Everyone, 100)
	if err != nil {
		r.fail(err)
		return
	}
	if u.Count == 0 {
		r.say("Nothing is unread.")
		return
	}
	items, err := r.Client.Timeline(ctx, client.Query{After: max(u.Place, 1), Limit: page})
	if err != nil {
		r.fail(err)
		return
	}
	for i := len(items) - 1; i >= 0; i-- {
		r.item("", items[i])
	}
	_ = r.Client.MarkRead(ctx, client.Everyone, newest(items))
	if left := u.Count - len(items); left > 0 {
		r.say(count(left, "more is unread", "more are unread") + ": type unread again.")
	}
}

// open reads a post with its comments, paragraph by paragraph.
func (r *reader) open(ctx context.Context, word string) {
	at, ok := r.ref(word)
	if !ok {
		return
	}
	post, comments, err := r.Client.Thread(ctx, at.post())
	if err != nil {
		r.fail(err)
		return
	}
	r.item("", post)
	for _, c := range comments {
		r.item("Comment ", c)
	}
	if len(comments) == 0 {
		r.say("No comments yet.")
	}
	r.say("To comment type comment " + strconv.Itoa(r.number(post)) + " and your words.")
}
