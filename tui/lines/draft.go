package lines

import (
	"cmp"
	"context"
	"strings"

	"p4p/client"
)

// compose asks for lines until one is a dot, and gives the text with its picture: what
// was attached to it now, or else the one kept with the draft. What was typed is kept as
// a draft with each line: nothing is lost when the program ends before the dot.
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

// free is the place of a text that was typed behind its command: "" where another draft
// is kept in it, which is not to go.
func (r *reader) free(ctx context.Context, where, text string) string {
	if draft, p := r.draft(ctx, where); p != nil || draft != "" && draft != text {
		return ""
	}
	return where
}

// keep keeps a draft. Without a place another is there.
func (r *reader) keep(ctx context.Context, where, text string) {
	if where == "" {
		r.say("Another draft is kept in its place, so that this text is not: it stands above.")
		return
	}
	if err := r.Client.SaveDraft(ctx, where, text); err != nil {
		r.fail(err)
	}
}
