package api

import (
	"net/http"

	"p4p/protocol"
	"p4p/server/mailbox"
)

// maxMailboxBody is enough for two hashes and a sealed slot.
const maxMailboxBody = 16 << 10

// callMailbox carries out the four mailbox calls.
func (a *API) callMailbox(w http.ResponseWriter, r *http.Request) error {
	f, err := protocol.ParseUUID(r.PathValue("uuid"))
	if err != nil {
		return err
	}
	if _, err := params(r); err != nil {
		return err
	}
	p := a.guard.peer(r)
	if err := a.guard.mailboxes.take(p, 1, a.Now()); err != nil {
		return err
	}
	if r.Method == http.MethodPost {
		if err := a.guard.invites.take(p, 1, a.Now()); err != nil {
			return err
		}
	}
	mem, err := a.room.hold(r.Context(), p, bodyLength(r, maxMailboxBody))
	if err != nil {
		return err
	}
	defer mem.end()
	call, err := a.readCall(w, r)
	if err != nil {
		return err
	}
	result, err := a.Store.Mailbox(r.Context(), f, call)
	if result.Changed { // also beside an error: the call may have met its expiry
		a.watches.Notify(f)
	}
	if err != nil {
		return err
	}
	status := http.StatusOK
	if result.Created {
		status = http.StatusCreated
	}
	return writeJSON(w, status, result.View)
}

// readCall decodes a mailbox call; what it says is the mailbox's to judge.
func (a *API) readCall(w http.ResponseWriter, r *http.Request) (mailbox.Call, error) {
	c := mailbox.Call{Method: mailbox.Method(r.Method)}
	if r.Method == http.MethodHead {
		c.Method = mailbox.Get
	}
	if auth := r.Header.Values("Authorization"); len(auth) > 0 || c.Method != mailbox.Post {
		if len(auth) != 1 {
			auth = []string{""}
		}
		t, err := protocol.ParseAuthorization(auth[0])
		if err != nil {
			return c, err
		}
		c.Token = &t
	}
	switch c.Method {
	case mailbox.Post:
		c.Post = new(protocol.MailboxPost)
		return c, a.readJSON(w, r, maxMailboxBody, c.Post)
	case mailbox.Put:
		c.Put = new(protocol.MailboxPut)
		return c, a.readJSON(w, r, maxMailboxBody, c.Put)
	case mailbox.Delete:
		c.Delete = new(protocol.MailboxDelete)
		b, err := a.readBody(w, r, maxMailboxBody)
		if err != nil || len(b) == 0 { // an open mailbox is revoked without a word
			return c, err
		}
		return c, protocol.DecodeStrict(b, c.Delete)
	}
	return c, nil
}
