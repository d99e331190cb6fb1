package lines

import (
	"bytes"
	"cmp"
	"context"
	"strings"

	"p4p/client"
	"p4p/protocol"
)

// compose asks for lines until one is a dot, and gives the text with its picture: what
// was attached to it now, or else the one kept with the draft. What was typed is kept as
// a draft with each line, and the picture with the dot: nothing is lost when the program
// ends before it is sent.
func (r *reader) compose(ctx context.Context, where string, attached *client.Picture) (string, *client.Picture, bool) {
	text, p, ok := r.resume(ctx, where)
	if !ok {
		return "", nil, false
	}
	if p != nil && attached != nil {
		r.say("It goes with the picture that you attached now.")
	}
	p = cmp.Or(attached, p)
	if text != "" {
		text += "\n"
	}
	r.say("Type the text. A line that is only a dot sends it; a line that is only cancel keeps it for later.")
	for {
		r.prompt()
		select {
		case <-ctx.Done():
			return "", nil, false
		case line, ok := <-r.lines:
			r.prompted = false
			switch word := strings.TrimSpace(line); {
			case ok && word == ".":
				if draft, _ := r.draft(ctx, where); attached != nil && strings.TrimSpace(draft) == strings.TrimSpace(text) { // or it is another window's
					if err := r.Client.SaveDraftPicture(ctx, where, attached, ""); err != nil {
						r.fail(err)
						return "", nil, false
					}
				}
				return strings.TrimSpace(text), p, true
			case !ok || word == "cancel":
				r.say("The draft is kept.")
				return "", nil, false
			}
			text += line + "\n"
			r.keep(ctx, where, text)
		}
	}
}

// resume asks about the draft of a place, if there is one, and gives what of it is gone
// on with. Only a no throws it away; it is false where the draft is to wait.
func (r *reader) resume(ctx context.Context, where string) (string, *client.Picture, bool) {
	draft, p := r.draft(ctx, where)
	switch {
	case draft == "" && p == nil:
		return "", nil, true
	case p == nil:
		r.say("A draft was kept: " + draft)
	default:
		r.say("A draft was kept, with a picture: " + cmp.Or(draft, "no text yet."))
	}
	for range 3 {
		answer, ok := r.ask(ctx, "Go on with it? Type yes, no to throw it away, or cancel to keep it for later.")
		if !ok {
			break
		}
		switch strings.ToLower(answer) {
		case "yes", "y":
			return draft, p, true
		case "no", "n":
			if err := cmp.Or(r.Client.SaveDraft(ctx, where, ""), r.Client.SaveDraftPicture(ctx, where, nil, "")); err != nil {
				r.fail(err)
				return "", nil, false
			}
			r.say("The draft was thrown away.")
			return "", nil, true
		case "cancel":
			r.say("The draft is kept.")
			return "", nil, false
		}
	}
	r.say("The draft is kept.")
	return "", nil, false
}

// draft is what was kept for a place, "" and nil for nothing.
func (r *reader) draft(ctx context.Context, where string) (string, *client.Picture) {
	text, err := r.Client.Draft(ctx, where)
	if err != nil || strings.TrimSpace(text) == "" {
		text = ""
	}
	p, _, err := r.Client.DraftPicture(ctx, where)
	if err != nil {
		p = nil
	}
	return strings.TrimRight(text, "\n"), p
}

// spot is where something is written.
type spot struct {
	where  string // the place of its draft
	again  string // typed to go on with that
	listed string // typed to read what of it waits in the outbox
}

// unsent tells why a text was not sent, and where it is now: in the outbox, or the draft.
// That it may be already; where another is kept, it goes behind that.
func (r *reader) unsent(ctx context.Context, at spot, text string, s client.Sent, err error) {
	r.fail(err)
	if !s.ID.IsZero() {
		r.say("It is in the outbox: type " + at.listed + " for its number, then retry or discard and that number.")
		return
	}
	kept := "It is kept as a draft"
	draft, _ := r.draft(ctx, at.where)
	if n := protocol.NormalizeText; text != "" && !strings.HasSuffix("\n"+n(draft), "\n"+n(text)) { // what comes back is normalized
		if draft != "" {
			text = draft + "\n\n" + text
			kept = "It is kept behind the draft that was there"
		}
		if !r.keep(ctx, at.where, text) {
			return
		}
	}
	r.say(kept + ": type " + at.again + " to go on with it.")
}

// keep keeps a draft.
func (r *reader) keep(ctx context.Context, where, text string) bool {
	err := r.Client.SaveDraft(ctx, where, text)
	if err != nil {
		r.fail(err)
	}
	return err == nil
}

// leave leaves the attached picture with the draft of a place, unless that has another:
// then the next post takes it along.
func (r *reader) leave(ctx context.Context, where string) {
	if r.attach == nil {
		return
	}
	_, kept := r.draft(ctx, where)
	if kept == nil {
		if err := r.Client.SaveDraftPicture(ctx, where, r.attach, ""); err != nil {
			r.fail(err)
			return
		}
	}
	if kept == nil || bytes.Equal(kept.Bytes, r.attach.Bytes) {
		r.attach = nil
	}
}
