package store

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"image"
	"image/png"
	mathrand "math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"p4p/protocol"
)

var t0 = time.Date(2026, 3, 1, 10, 20, 30, 0, time.UTC)

// clock is a time that tests move.
type clock struct{ seconds atomic.Int64 }

func (c *clock) now() time.Time             { return t0.Add(time.Duration(c.seconds.Load()) * time.Second) }
func (c *clock) pass(d time.Duration)       { c.seconds.Add(int64(d / time.Second)) }
func options(c *clock, part uint64) Options { return Options{Now: c.now, part: part} }

// world is a store under test and what a test needs around it.
type world struct {
	testing.TB
	*Store
	dir   string
	clock *clock
}

func newWorld(t testing.TB) *world { return newWorldWith(t, 8) }

// newWorldWith makes a store whose search tables hold part places of the log.
func newWorldWith(t testing.TB, part uint64) *world {
	t.Helper()
	w := &world{TB: t, dir: t.TempDir(), clock: &clock{}}
	w.open(options(w.clock, part))
	return w
}

func (w *world) open(o Options) {
	w.Helper()
	s, err := Open(w.dir, o)
	if err != nil {
		w.Fatal(err)
	}
	w.Store = s
	w.Cleanup(func() { s.Close() })
}

// reopen ends the store and opens its folder again.
func (w *world) reopen() {
	w.Helper()
	o := w.Options
	if err := w.Close(); err != nil {
		w.Fatal(err)
	}
	w.open(o)
}

func device(b byte) protocol.DeviceKey { return protocol.Root{b}.DeviceKey(0) }

func (w *world) sign(key protocol.DeviceKey, kind protocol.Kind, p protocol.Payload) protocol.Record {
	w.Helper()
	nonce, err := protocol.NewNonce(rand.Reader)
	if err != nil {
		w.Fatal(err)
	}
	p.Server, p.Nonce, p.CreatedAt = w.Server(), nonce, protocol.Cut(t0)
	r, err := protocol.Sign(key, kind, p)
	if err != nil {
		w.Fatal(err)
	}
	return r
}

func (w *world) post(key protocol.DeviceKey, text string) protocol.Record {
	w.Helper()
	return w.sign(key, protocol.KindPost, protocol.Payload{Text: text})
}

func (w *world) about(key protocol.DeviceKey, kind protocol.Kind, target protocol.UUID, text string) protocol.Record {
	w.Helper()
	return w.sign(key, kind, protocol.Payload{Target: target, Text: text})
}

// append hands the records over in one batch.
func (w *world) append(recs ...protocol.Record) []Appended {
	w.Helper()
	out, err := w.Append(w.Context(), recs)
	if err != nil {
		w.Fatal(err)
	}
	return out
}

// taken appends one record, which must be taken.
func (w *world) taken(r protocol.Record) protocol.Record {
	w.Helper()
	if a := w.append(r)[0]; a.Err != nil {
		w.Fatal(a.Err)
	}
	return r
}

func (w *world) refused(r protocol.Record, code protocol.Code) {
	w.Helper()
	a := w.append(r)[0]
	if a.Err == nil || a.Err.Code != code || a.Event != nil || a.Seq != 0 {
		w.Errorf("got %+v, want refusal %s", a, code)
	}
}

func (w *world) log() []protocol.Event {
	w.Helper()
	events, err := w.Range(w.Context(), 0, 1<<20, 1<<30)
	if err != nil {
		w.Fatal(err)
	}
	return events
}

func (w *world) kinds() string {
	w.Helper()
	s := ""
	for i, e := range w.log() {
		if e.Seq != uint64(i+1) {
			w.Fatalf("seq %d at place %d", e.Seq, i+1)
		}
		s += string(e.Kind) + " "
	}
	return s
}

// words are the texts that a search finds, newest first.
func (w *world) words(query string) []string {
	w.Helper()
	events, _, err := w.Page(w.Context(), Query{Words: query, Limit: protocol.MaxPage})
	if err != nil {
		w.Fatalf("search for %q: %v", query, err)
	}
	var texts []string
	for _, e := range events {
		r, err := protocol.ParseRecord(e.JWS)
		if err != nil {
			w.Fatal(err)
		}
		texts = append(texts, r.Text)
	}
	return texts
}

func (w *world) picture(seed, size int) ([]byte, protocol.PictureInfo) {
	w.Helper()
	img := image.NewGray(image.Rect(0, 0, size, size))
	noise := mathrand.NewChaCha8([32]byte(protocol.BlobOf(fmt.Append(nil, seed))))
	if _, err := noise.Read(img.Pix); err != nil {
		w.Fatal(err)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		w.Fatal(err)
	}
	info, err := protocol.CheckPicture(b.Bytes())
	if err != nil {
		w.Fatal(err)
	}
	return b.Bytes(), info
}

func (w *world) upload(seed, size int) ([]byte, protocol.Image) {
	w.Helper()
	b, info := w.picture(seed, size)
	if err := w.PutBlob(w.Context(), b, info); err != nil {
		w.Fatal(err)
	}
	return b, protocol.Image{Blob: protocol.BlobOf(b), Width: info.Width, Height: info.Height}
}

func wantCode(t testing.TB, err error, code protocol.Code) {
	t.Helper()
	var e *protocol.Error
	if !errors.As(err, &e) || e.Code != code {
		t.Errorf("got error %v (%s), want %s", err, protocol.CodeOf(err), code)
	}
}

func (w *world) sweep() {
	w.Helper()
	if err := w.Sweep(context.Background()); err != nil {
		w.Fatal(err)
	}
}

func numbered(prefix string, n int) []string {
	var s []string
	for i := range n {
		s = append(s, fmt.Sprintf("%s%d", prefix, i))
	}
	return s
}
