package client

import (
	"bytes"
	"net/http"
	"slices"
	"testing"

	"p4p/protocol"
)

func (r *reader) drafts(where, text string, p *Picture) {
	r.t.Helper()
	if err := r.SaveDraft(r.t.Context(), where, text); err != nil {
		r.t.Fatal(err)
	}
	if err := r.SaveDraftPicture(r.t.Context(), where, p, "sunset.png"); err != nil {
		r.t.Fatal(err)
	}
}

// drafted is what is kept for a place.
func (r *reader) drafted(where string) (string, *Picture) {
	r.t.Helper()
	text, err := r.Draft(r.t.Context(), where)
	if err != nil {
		r.t.Fatal(err)
	}
	p, _, err := r.DraftPicture(r.t.Context(), where)
	if err != nil {
		r.t.Fatal(err)
	}
	return text, p
}

// What another program finds while a post is on its way is what there is after a kill.
func TestWhileAPostIsSentItIsInTheOutboxAndNoDraft(t *testing.T) {
	l := newLiar(t)
	r := l.reads()
	p := &Picture{Bytes: tinyPNG, Alt: "three pixels"}
	r.drafts("post", "look", p)
	r.drafts("comment:x", "another place", nil)
	sending, goOn := make(chan struct{}), make(chan struct{})
	l.set(func() {
		l.take = func(jws []string) (int, any) {
			close(sending)
			<-goOn
			return l.takeAll(jws)
		}
	})
	var s Sent
	done := make(chan error)
	go func() {
		var err error
		s, err = r.PostDraft(t.Context(), "post", "look", p)
		done <- err
	}()
	<-sending
	found := opens(t, r.opt)
	if text, kept := found.drafted("post"); text != "" || kept != nil || !slices.Equal(texts(found.outbox()), []string{"look"}) {
		t.Errorf("the draft is %q with %v, the outbox has %v", text, kept, texts(found.outbox()))
	}
	if text, _ := found.drafted("comment:x"); text != "another place" {
		t.Errorf("the other draft is %q", text)
	}
	close(goOn)
	if err := <-done; err != nil || s.Seq == nil {
		t.Errorf("sent %+v, %v", s, err)
	}
	if text, kept := r.drafted("post"); text != "" || kept != nil || len(r.outbox()) != 0 {
		t.Errorf("the draft is %q with %v, the outbox has %v", text, kept, texts(r.outbox()))
	}
}

func TestARefusalAtOnceMakesItTheDraftAgain(t *testing.T) {
	l := newLiar(t)
	r := l.reads()
	p := &Picture{Bytes: tinyPNG, Alt: "three pixels"}
	for _, code := range []protocol.Code{protocol.CodeClockAhead, protocol.CodeRecordConflict, "of_tomorrow"} {
		r.drafts("post", "look", p)
		l.answers(code)
		s, err := r.PostDraft(t.Context(), "post", "look", p)
		wantCode(t, err, code)
		if !s.ID.IsZero() {
			t.Errorf("%s: %v is said to wait", code, s.ID)
		}
		if text, kept := r.drafted("post"); text != "look" || kept == nil || !bytes.Equal(kept.Bytes, tinyPNG) || kept.Alt != p.Alt || len(r.outbox()) != 0 {
			t.Errorf("%s: the draft is %q with %v, the outbox has %v", code, text, kept, texts(r.outbox()))
		}
		l.answers(code)
		r.drafts("comment:x", "said", nil)
		_, err = r.CommentDraft(t.Context(), "comment:x", protocol.UUID{5}, "said")
		wantCode(t, err, code)
		if text, _ := r.drafted("comment:x"); text != "said" || len(r.outbox()) != 0 {
			t.Errorf("%s: the comment's draft is %q, the outbox has %v", code, text, texts(r.outbox()))
		}
	}
}

func TestWhatIsRefusedWhenAnotherDraftIsInItsPlaceWaitsInTheOutbox(t *testing.T) {
	l := newLiar(t)
	r := l.reads()
	r.drafts("post", "first", nil)
	l.set(func() {
		l.take = func(jws []string) (int, any) {
			r.drafts("post", "second", nil) // by another program, meanwhile
			return http.StatusOK, protocol.PostedRecords{Results: []protocol.RecordResult{{
				ID: protocol.RecordUUID(jws[0]), Error: protocol.Errorf(protocol.CodeClockAhead, "Because of the clock."),
			}}}
		}
	})
	s, err := r.PostDraft(t.Context(), "post", "first", nil)
	wantCode(t, err, protocol.CodeClockAhead)
	out := r.outbox()
	if text, _ := r.drafted("post"); text != "second" || len(out) != 1 || s.ID != out[0].ID || out[0].Text != "first" || out[0].Pending.Refused == nil {
		t.Errorf("the draft is %q, the outbox has %+v", text, out)
	}
}

// Nothing but its own draft goes with what is sent, and nothing but the outbox has room for
// it when it is refused.
func TestSendingLeavesAnotherDraftInThatPlaceAlone(t *testing.T) {
	l := newLiar(t)
	r := l.reads()
	p := &Picture{Bytes: tinyPNG, Alt: "three pixels"}
	r.drafts("post", "of another window", p)
	if s, err := r.PostDraft(t.Context(), "post", "taken", nil); err != nil || s.Seq == nil {
		t.Errorf("sent %+v, %v", s, err)
	}
	l.answers(protocol.CodeClockAhead)
	s, err := r.PostDraft(t.Context(), "post", "refused", nil)
	wantCode(t, err, protocol.CodeClockAhead)
	if out := r.outbox(); len(out) != 1 || out[0].ID != s.ID || out[0].Text != "refused" || out[0].Pending.Refused == nil {
		t.Errorf("%v waits, the outbox has %+v", s.ID, out)
	}
	if text, kept := r.drafted("post"); text != "of another window" || kept == nil || kept.Alt != p.Alt {
		t.Errorf("the draft is %q with %v", text, kept)
	}
}

func TestWhatCannotBeSentAtAllStaysTheDraft(t *testing.T) {
	r := reads(t, "http://127.0.0.1:1")
	p := &Picture{Bytes: tinyPNG}
	r.drafts("post", "hello", p)
	_, err := r.PostDraft(t.Context(), "post", "hello", p)
	wantCode(t, err, protocol.CodeNoServer) // this profile has met none
	if text, kept := r.drafted("post"); text != "hello" || kept == nil || len(r.outbox()) != 0 {
		t.Errorf("the draft is %q with %v", text, kept)
	}
}
