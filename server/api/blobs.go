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
	b, err := a.upload(w, r)
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

// maxUploads are read into memory at a time.
const maxUploads = 64

// upload reads a picture's bytes, few at a time in memory: whoever waits for
// its turn has sent nothing but a header.
func (a *API) upload(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if r.ContentLength > protocol.MaxPicture {
		return nil, protocol.Errorf(protocol.CodeTooLarge, "A picture holds at most %d bytes; this one has %d.", protocol.MaxPicture, r.ContentLength)
	}
	// A length that is not told is counted as the longest.
	n := int(r.ContentLength)
	if n < 0 {
		n = protocol.MaxPicture
	}
	if err := a.guard.uploads.take(a.guard.peer(r), n, a.Now()); err != nil {
		return nil, err
	}
	select {
	case a.uploads <- struct{}{}:
		defer func() { <-a.uploads }()
	case <-r.Context().Done():
		return nil, badRequest("The body of this call broke off.")
	}
	return readBody(w, r, protocol.MaxPicture)
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
	b, contentType, err := a.Store.Blob(r.Context(), id)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Length", strconv.Itoa(len(b)))
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cache-Control", "private, max-age=31536000, immutable")
	_, _ = w.Write(b) // an error means that the client is gone
	return nil
}
