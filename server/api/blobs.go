package api

import (
	"net/http"
	"strconv"

	"p4p/protocol"
)

// putBlob keeps a picture. The answer is the same whether it was there before,
// so that nobody learns what others uploaded.
func (a *API) putBlob(w http.ResponseWriter, r *http.Request) error {
	id, err := protocol.ParseBlobID(r.PathValue("sha256"))
	if err != nil {
		return err
	}
	if r.ContentLength > protocol.MaxPicture {
		return protocol.Errorf(protocol.CodeTooLarge, "A picture holds at most %d bytes; this one has %d.", protocol.MaxPicture, r.ContentLength)
	}
	end, err := a.admitUpload(r)
	if err != nil {
		return err
	}
	defer end()
	b, err := a.readBody(w, r, protocol.MaxPicture)
	if err != nil {
		return err
	}
	if protocol.BlobOf(b) != id {
		return badRequest("The picture's bytes are not those of its address; send them again.")
	}
	info, err := protocol.CheckPicture(b)
	if err != nil {
		return err
	}
	if err := a.Store.PutBlob(r.Context(), b, info); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// admitUpload waits for a picture's turn; end gives it to the next.
func (a *API) admitUpload(r *http.Request) (end func(), err error) {
	p, n := a.guard.peer(r), bodyLength(r, protocol.MaxPicture)
	ctx, cancel := waitFor(r.Context(), a.Limits.Wait)
	defer cancel()
	turn, ok := a.uploads.lease(p, 1, inTime(ctx))
	if !ok {
		return nil, full("Too many pictures are being sent from your network")
	}
	mem, err := a.room.hold(r.Context(), p, n)
	if err == nil {
		if err = a.guard.uploads.take(p, n, a.Now()); err == nil {
			return func() { mem.end(); turn.end() }, nil
		}
		mem.end()
	}
	turn.end()
	return nil, err
}

// getBlob serves a picture that a live record names. Whatever it is, a browser
// shows it as that picture and runs nothing in it.
func (a *API) getBlob(w http.ResponseWriter, r *http.Request) error {
	id, err := protocol.ParseBlobID(r.PathValue("sha256"))
	if err != nil {
		return err
	}
	if _, err := params(r); err != nil {
		return err
	}
	p := a.guard.peer(r)
	if err := a.guard.reads.take(p, 1, a.Now()); err != nil {
		return err
	}
	mem, err := a.room.hold(r.Context(), p, protocol.MaxPicture)
	if err != nil {
		return err
	}
	defer mem.end()
	b, contentType, err := a.Store.Blob(r.Context(), id)
	if err != nil {
		return err
	}
	a.guard.reads.charge(p, len(b), a.Now())
	mem.shrink(int64(max(len(b), leastHeld)))
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Length", strconv.Itoa(len(b)))
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	// No-store, as everything: a browser's copy would outlive the post's deletion.
	a.writeSlowly(w, b)
	return nil
}
