package client

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"sync"
	"testing"

	"p4p/protocol"
)

var tinyPNG = pngOf(3, 2)

func pngOf(w, h int) []byte {
	i := image.NewNRGBA(image.Rect(0, 0, w, h))
	for x := range w {
		i.Set(x, 0, color.NRGBA{R: uint8(x * 40), G: 7, B: 9, A: 255})
	}
	var b bytes.Buffer
	if err := png.Encode(&b, i); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func TestAPictureTravelsWithItsPost(t *testing.T) {
	w := newTown(t)
	alice, bob := reads(t, w.URL()), reads(t, w.URL())
	s, err := alice.Post(t.Context(), "", &Picture{Bytes: tinyPNG, Width: 3, Height: 2, Alt: "three pixels"})
	if err != nil || s.Seq == nil {
		t.Fatal(s, err)
	}
	bob.syncs()
	post := bob.shows()[0]
	want := protocol.Image{Blob: protocol.BlobOf(tinyPNG), Width: 3, Height: 2, Alt: "three pixels"}
	if post.Image == nil || *post.Image != want {
		t.Fatalf("image %+v, want %+v", post.Image, want)
	}
	b, err := bob.Picture(t.Context(), *post.Image)
	if err != nil || !bytes.Equal(b, tinyPNG) {
		t.Errorf("%d bytes, %v", len(b), err)
	}
	w.stop()
	if b, err = bob.Picture(t.Context(), *post.Image); err != nil || !bytes.Equal(b, tinyPNG) {
		t.Errorf("offline: %d bytes, %v", len(b), err)
	}
	other := want
	other.Blob[0] ^= 1
	_, err = bob.Picture(t.Context(), other)
	wantCode(t, err, protocol.CodeNoServer)
}

func TestAPictureThatIsNotWhatItsPostSaysIsNotShown(t *testing.T) {
	l := newLiar(t)
	r := l.reads()
	for name, tt := range map[string]struct {
		bytes []byte
		image protocol.Image
		want  protocol.Code
	}{
		"another size":   {tinyPNG, protocol.Image{Blob: protocol.BlobOf(tinyPNG), Width: 4, Height: 2}, protocol.CodeBadPicture},
		"no picture":     {[]byte("<svg onload=…>"), protocol.Image{Blob: protocol.BlobOf([]byte("<svg onload=…>")), Width: 3, Height: 2}, protocol.CodeBadPicture},
		"other bytes":    {pngOf(9, 9), protocol.Image{Blob: protocol.BlobOf(tinyPNG), Width: 3, Height: 2}, protocol.CodeForeignServer},
		"it is not here": {nil, protocol.Image{Blob: protocol.BlobID{1}, Width: 3, Height: 2}, protocol.CodeUnknownBlob},
	} {
		t.Run(name, func(t *testing.T) {
			l.set(func() { l.blobs[tt.image.Blob.String()] = tt.bytes })
			_, err := r.Picture(t.Context(), tt.image)
			wantCode(t, err, tt.want)
		})
	}
}

func TestAPictureIsLoadedOnceHoweverManyAsk(t *testing.T) {
	l := newLiar(t)
	i := protocol.Image{Blob: protocol.BlobOf(tinyPNG), Width: 3, Height: 2}
	// A post names it, so that it is kept: who asks late finds it here.
	l.tells(eventOf(sign(t, newKey(t), protocol.KindPost, protocol.Payload{Server: l.sid, Text: "look", Image: &i})))
	r := l.reads()
	r.syncs()
	asked := 0
	gate := make(chan struct{})
	inner := l.Config.Handler
	l.Config.Handler = blobGate(inner, i.Blob, gate, &asked)
	l.set(func() { l.blobs[i.Blob.String()] = tinyPNG })
	var wg sync.WaitGroup
	for range 5 {
		wg.Go(func() {
			if _, err := r.Picture(t.Context(), i); err != nil {
				t.Error(err)
			}
		})
	}
	gate <- struct{}{} // the one call that there is
	wg.Wait()
	if asked != 1 {
		t.Errorf("asked %d times", asked)
	}
}

func TestAPictureWaitsInTheOutboxAndIsPutFirst(t *testing.T) {
	l := newLiar(t)
	r := l.reads()
	r.syncs()
	refusals := []protocol.Code{protocol.CodeUnavailable}
	l.set(func() {
		l.put = func() *protocol.Error {
			if len(refusals) == 0 {
				return nil
			}
			code := refusals[0]
			refusals = refusals[1:]
			return protocol.Errorf(code, "Because of %s.", code)
		}
	})
	s, err := r.Post(t.Context(), "look", &Picture{Bytes: tinyPNG, Width: 3, Height: 2})
	if err != nil || s.Seq != nil {
		t.Fatal(s, err)
	}
	image := *r.shows()[0].Image
	if b, err := r.Picture(t.Context(), image); err != nil || !bytes.Equal(b, tinyPNG) {
		t.Errorf("while it waits: %d bytes, %v", len(b), err)
	}
	if len(l.posted) != 0 {
		t.Error("the record went without its picture")
	}
	// The server has swept the picture before the record came.
	l.answers(protocol.CodeBlobMissing)
	r.syncs()
	if len(r.outbox()) != 0 || !bytes.Equal(l.blobs[image.Blob.String()], tinyPNG) || len(l.posted) != 2 {
		t.Errorf("outbox %v, posted %d times", r.outbox(), len(l.posted))
	}
}

func TestAPictureThatTheServerRefusesIsARefusal(t *testing.T) {
	l := newLiar(t)
	r := l.reads()
	l.set(func() {
		l.put = func() *protocol.Error { return protocol.Errorf(protocol.CodeTooLarge, "Too large for me.") }
	})
	_, err := r.Post(t.Context(), "look", &Picture{Bytes: tinyPNG})
	wantCode(t, err, protocol.CodeTooLarge)
	if len(r.outbox()) != 0 {
		t.Errorf("outbox %v", r.outbox())
	}
}

func TestThePictureOfADraftIsKeptUntilItIsForgotten(t *testing.T) {
	w := newTown(t)
	p := reads(t, w.URL())
	want := &Picture{Bytes: tinyPNG, Width: 3, Height: 2, Alt: "three pixels"}
	if got, _, err := p.DraftPicture(t.Context(), "post"); got != nil || err != nil {
		t.Fatalf("%+v, %v", got, err)
	}
	if err := p.SaveDraftPicture(t.Context(), "post", want, "pixels.png"); err != nil {
		t.Fatal(err)
	}
	got, file, err := p.DraftPicture(t.Context(), "post")
	if err != nil || got == nil || !bytes.Equal(got.Bytes, tinyPNG) || got.Width != 3 || got.Height != 2 || got.Alt != want.Alt || file != "pixels.png" {
		t.Fatalf("%+v of %q, %v", got, file, err)
	}
	if err := p.SaveDraftPicture(t.Context(), "post", &Picture{Bytes: []byte("no picture")}, "x"); err != nil {
		t.Fatal(err)
	}
	if got, _, err := p.DraftPicture(t.Context(), "post"); got != nil || err != nil {
		t.Errorf("what is no picture: %+v, %v", got, err)
	}
	if err := p.SaveDraftPicture(t.Context(), "post", nil, ""); err != nil {
		t.Fatal(err)
	}
	if got, _, err := p.DraftPicture(t.Context(), "post"); got != nil || err != nil {
		t.Errorf("%+v, %v", got, err)
	}
}
