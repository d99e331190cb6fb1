package lines

import (
	"context"
	"os"
	"strings"
	"time"

	"p4p/client"
	"p4p/client/picture"
	"p4p/protocol"
)

// writer is what writing asks of a client.
type writer interface {
	PostDraft(ctx context.Context, where, text string, p *client.Picture) (client.Sent, error)
	CommentDraft(ctx context.Context, where string, post protocol.UUID, text string) (client.Sent, error)
	DeleteLater(ctx context.Context, record protocol.UUID, d time.Duration) (protocol.UUID, error)
	Undo(ctx context.Context, deletion protocol.UUID) error
	FinishDeletions(ctx context.Context, deletions []protocol.UUID) error
	Report(ctx context.Context, record protocol.UUID, reason string) (client.Sent, error)
	Mute(ctx context.Context, author protocol.PublicKey) error
	Hide(ctx context.Context, record protocol.UUID) error
	Retry(ctx context.Context, record protocol.UUID) error
	Discard(ctx context.Context, record protocol.UUID) error
	Draft(ctx context.Context, where string) (string, error)
	SaveDraft(ctx context.Context, where, text string) error
	DraftPicture(ctx context.Context, where string) (p *client.Picture, file string, err error)
	SaveDraftPicture(ctx context.Context, where string, p *client.Picture, file string) error
}

// post posts the words behind the command, or asks for several lines.
func (r *reader) post(ctx context.Context, text string) {
	at, p := spot{"post", "post", "read mine"}, r.attach
	if text == "" {
		var ok bool
		if text, p, ok = r.compose(ctx, at.where, r.attach); !ok {
			return
		}
	}
	if text == "" && p == nil {
		r.say("Nothing was written, so nothing was posted.")
		return
	}
	sent, err := r.Client.PostDraft(ctx, at.where, text, p)
	if err == nil {
		r.attach = nil
		r.sent(sent, "Posted.")
		return
	}
	r.say("The post was not made.")
	r.unsent(ctx, at, text, sent, err)
	if sent.ID.IsZero() {
		r.leave(ctx, at.where)
	} else {
		r.attach = nil // it waits with the text
	}
}

func (r *reader) sent(s client.Sent, done string) {
	if s.Seq == nil {
		done = "Kept; it is sent when the server is reached."
	}
	r.say(done)
}

func (r *reader) comment(ctx context.Context, rest string) {
	word, text, _ := strings.Cut(rest, " ")
	at, ok := r.ref(word)
	if !ok {
		return
	}
	to := spot{"comment:" + at.post().String(), "comment " + word, "open " + word}
	if text = strings.TrimSpace(text); text == "" {
		if text, _, ok = r.compose(ctx, to.where, nil); !ok {
			return
		}
	}
	if text == "" {
		r.say("Nothing was written, so nothing was sent.")
		return
	}
	sent, err := r.Client.CommentDraft(ctx, to.where, at.post(), text)
	if err != nil {
		r.say("The comment was not made.")
		r.unsent(ctx, to, text, sent, err)
		return
	}
	r.sent(sent, "Commented.")
}

// picture attaches a file to the next post.
func (r *reader) picture(ctx context.Context, path string) {
	path = strings.Trim(path, `'"`)
	if path == "" {
		if r.attach == nil {
			r.say("Type picture and the path of a JPEG, PNG, GIF or WebP file; the next post takes it along.")
			return
		}
		r.attach = nil
		r.say("The picture was taken off.")
		return
	}
	f, err := os.Open(path)
	if err != nil {
		r.say("Cannot open " + path + ": is the path right?")
		return
	}
	defer f.Close()
	p, err := picture.Prepare(f)
	if err != nil {
		r.fail(err)
		return
	}
	words, ok := r.ask(ctx, "What does it show? Type a description for those who cannot see it, or nothing.")
	if !ok {
		return
	}
	r.attach = &client.Picture{Bytes: p.Bytes, Width: p.Width, Height: p.Height, Alt: words}
	r.say("The next post takes the picture along. Only its pixels leave this machine. Type picture alone to take it off.")
}

// act does something with a numbered post or comment.
func (r *reader) act(ctx context.Context, word, rest string) {
	n, reason, _ := strings.Cut(rest, " ")
	at, ok := r.ref(n)
	if !ok {
		return
	}
	var err error
	done := "Done."
	switch word {
	case "delete":
		r.delete(ctx, n, at)
		return
	case "report":
		_, err = r.Client.Report(ctx, at.id, strings.TrimSpace(reason))
		done = "Reported to the server's operator."
	case "mute":
		err = r.Client.Mute(ctx, at.author)
		done = "Muted: nothing of this author is read any more, on this machine. Type muted to undo it."
	case "hide":
		err = r.Client.Hide(ctx, at.id)
		done = "Hidden, on this machine. Type muted to undo it."
	case "retry":
		err = r.Client.Retry(ctx, at.id)
		done = "It is sent again."
	case "discard":
		err = r.Client.Discard(ctx, at.id)
		done = "Discarded."
	}
	if err != nil {
		r.fail(err)
		return
	}
	r.say(done)
}
