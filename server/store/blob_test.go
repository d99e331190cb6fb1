package store

import (
	"bytes"
	"testing"
	"time"

	"p4p/protocol"
)

func (w *world) wantBlob(b []byte) {
	w.Helper()
	got, contentType, err := w.Blob(w.Context(), protocol.BlobOf(b))
	if err != nil || !bytes.Equal(got, b) || contentType != "image/png" {
		w.Errorf("picture: %d bytes, %q, %v", len(got), contentType, err)
	}
}

func (w *world) noBlob(b []byte) {
	w.Helper()
	_, _, err := w.Blob(w.Context(), protocol.BlobOf(b))
	wantCode(w, err, protocol.CodeUnknownBlob)
}

func (w *world) imagePost(b byte, img protocol.Image) protocol.Record {
	w.Helper()
	return w.sign(device(b), protocol.KindPost, protocol.Payload{Image: &img})
}

func TestAPictureIsServedWhileALivePostNamesIt(t *testing.T) {
	w := newWorld(t)
	b, info := w.picture(1, 40)
	img := protocol.Image{Blob: protocol.BlobOf(b), Width: 40, Height: 40}
	w.refused(w.imagePost(1, img), protocol.CodeBlobMissing)
	if err := w.PutBlob(t.Context(), b, info); err != nil {
		t.Fatal(err)
	}
	w.noBlob(b)
	wrong := img
	wrong.Width++
	w.refused(w.imagePost(1, wrong), protocol.CodeBadPicture)
	w.noBlob(b)

	one, two := w.taken(w.imagePost(1, img)), w.taken(w.imagePost(2, img))
	w.wantBlob(b)
	w.taken(w.about(device(1), protocol.KindDeletion, one.ID, ""))
	w.wantBlob(b) // the second post names it still
	if _, err := w.Takedown(t.Context(), two.ID); err != nil {
		t.Fatal(err)
	}
	w.noBlob(b)
	w.refused(w.imagePost(1, img), protocol.CodeBlobMissing)
}

func TestAPictureThatNobodyNamesIsSweptAfterItsGrace(t *testing.T) {
	w := newWorld(t)
	named, img := w.upload(1, 40)
	w.taken(w.imagePost(1, img))
	unnamed, later := w.upload(2, 40)
	for seed := range 20 { // more than one transaction of the sweep
		w.upload(100+seed, 10)
	}
	w.clock.pass(protocol.BlobGrace)
	w.sweep()
	again, laterAgain := w.upload(3, 40)
	w.taken(w.imagePost(1, later)) // still there at the end of its grace
	w.clock.pass(2 * time.Minute)
	w.sweep()
	w.wantBlob(named)
	w.wantBlob(unnamed)
	if n := w.count("blobs"); n != 3 {
		t.Errorf("%d pictures are left", n)
	}

	w.clock.pass(protocol.BlobGrace - 5*time.Minute)
	w.upload(3, 40) // the same bytes again: the grace begins anew
	w.clock.pass(30 * time.Minute)
	w.sweep()
	w.taken(w.imagePost(2, laterAgain))
	w.wantBlob(again)
}

func (w *world) count(table string) int {
	w.Helper()
	var n int
	if err := w.writer.QueryRowContext(w.Context(), "SELECT count(*) FROM "+table).Scan(&n); err != nil {
		w.Fatal(err)
	}
	return n
}
