package lines

import (
	"context"
	"strconv"

	"p4p/client"
	"p4p/plain"
)

// begin says what this is and how to go on.
func (r *reader) begin(ctx context.Context) {
	r.say("P4P, a feed in which nobody signs up and only your friends know who you are. Type help for the commands, read for the posts, quit to end.")
	for _, text := range r.First {
		r.say(text)
	}
	r.news(ctx, client.StatusChanged|client.NoticesChanged)
	if r.Link != nil {
		r.accept(ctx, r.Link.URL())
	}
}

// news tells what a change brought.
func (r *reader) news(ctx context.Context, what client.Change) {
	if what&client.StatusChanged != 0 {
		r.connection(ctx)
	}
	if what&(client.NoticesChanged|client.FriendsChanged) != 0 {
		r.acceptances(ctx)
		r.ended(ctx)
	}
	if what&client.FeedChanged != 0 && r.online {
		r.seen = r.posts(ctx, client.Everyone, r.seen, "New: ", "new posts")
		r.heard = r.posts(ctx, client.Replies, r.heard, "New comment on a post of yours: ", "new comments on your posts")
	}
	if r.Note != nil {
		if n := r.Note(); n != r.noted {
			r.noted = n
			if n != "" {
				r.tell(n)
			}
		}
	}
}

// tell begins a line of its own: a prompt stands there.
func (r *reader) tell(text string) {
	r.write("\n")
	r.say(text)
}

// connection tells whether the server is reached, when that changes.
func (r *reader) connection(ctx context.Context) {
	st := r.Client.Status()
	var text string
	switch st.Connection {
	case client.Online:
		text = "Online."
	case client.Offline:
		if st.Err == nil && st.RetryAt.IsZero() {
			return // it has not tried yet
		}
		text = "Offline. What you write is kept and sent later; reading goes on."
	default:
		return
	}
	if text == r.told {
		return
	}
	r.told = text
	if st.Connection == client.Online && !r.online {
		r.online = true
		r.caughtUp(ctx)
		return
	}
	r.tell(text)
}

// caughtUp begins with the news: what is there already is counted, not told.
func (r *reader) caughtUp(ctx context.Context) {
	for v, seen := range map[client.View]*uint64{client.Everyone: &r.seen, client.Replies: &r.heard} {
		if items, err := r.Client.Timeline(ctx, client.Query{View: v, Limit: 20}); err == nil {
			*seen = max(newest(items), 1)
		}
	}
	text := "Online."
	if u, err := r.Client.Unread(ctx, client.Everyone, 100); err == nil && u.Count > 0 {
		text += " " + count(u.Count, "post is unread", "posts are unread") + ": type unread."
	}
	r.tell(text)
}

// posts tells what is new in a view and returns the newest seq.
func (r *reader) posts(ctx context.Context, v client.View, seen uint64, lead, several string) uint64 {
	items, err := r.Client.Timeline(ctx, client.Query{View: v, After: seen, Limit: many + 1})
	if err != nil || len(items) == 0 {
		return seen
	}
	if len(items) > many {
		if head, err := r.Client.Timeline(ctx, client.Query{View: v, Limit: 20}); err == nil {
			items = append(items, head...)
		}
		r.tell("More than " + strconv.Itoa(many) + " " + several + ": type unread, or read.")
		return max(seen, newest(items))
	}
	first := true
	for i := len(items) - 1; i >= 0; i-- {
		if items[i].Label.Kind == client.You || items[i].Seq == 0 {
			continue
		}
		if first {
			r.write("\n")
			first = false
		}
		r.item(lead, items[i])
	}
	return max(seen, newest(items))
}

// acceptances tells who waits for an answer, once each.
func (r *reader) acceptances(ctx context.Context) {
	list, err := r.Client.Notices(ctx)
	if err != nil {
		return
	}
	for _, f := range list {
		if !r.asked[f.Friendship] {
			r.asked[f.Friendship] = true
			name := plain.Line(f.Name).Truncate(40).String()
			r.tell("Someone accepted the invite you made for " + name + ". Type confirm " + name + ", or refuse " + name + ".")
		}
	}
}

// ended tells who ended a friendship, once each.
func (r *reader) ended(ctx context.Context) {
	list, err := r.Client.Warnings(ctx)
	if err != nil {
		return
	}
	for _, w := range list {
		fresh := false
		for _, f := range w.Friendships {
			fresh, r.over[f] = fresh || !r.over[f], true
		}
		if fresh {
			r.tell(plain.Line(w.Text).String() + " Type remove and the name to do so.")
		}
	}
}
