package client

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"p4p/protocol"
)

func TestAPanicAnywhereEndsRunWithAnError(t *testing.T) {
	w := newTown(t)
	for name, of := range map[string]time.Duration{"while it looks for what others wrote": pollEvery, "while it waits for the server": stallAfter} {
		t.Run(name, func(t *testing.T) {
			r := opens(t, Options{Home: t.TempDir(), Server: w.URL(), after: func(d time.Duration) (<-chan time.Time, func()) {
				if d == of {
					panic("a fault in here")
				}
				return quick(d)
			}})
			err := r.Run(t.Context())
			p, ok := errors.AsType[*Panic](err)
			if !ok || p.Value != "a fault in here" || !strings.Contains(err.Error(), "a fault in here") || !strings.Contains(string(p.Stack), "panic_test.go") {
				t.Errorf("it ended with %v", err)
			}
			if st := r.Status(); st.Connection != Offline {
				t.Errorf("it is still %v", st.Connection)
			}
		})
	}
}

// faulty panics where a test says so, and ends as Run would: with nobody to hear it.
func faulty(t *testing.T, l *liar) *reader {
	r := opens(t, Options{Home: t.TempDir(), Server: l.URL, Log: slog.New(shaky{slog.DiscardHandler})})
	r.panics.watch(func(error) {})
	return r
}

// shaky panics when it is to log.
type shaky struct{ slog.Handler }

func (shaky) Enabled(context.Context, slog.Level) bool  { return true }
func (shaky) Handle(context.Context, slog.Record) error { panic("a fault in here") }

func wantPanic(t *testing.T, err error) {
	t.Helper()
	if _, ok := errors.AsType[*Panic](err); !ok {
		t.Errorf("it ended with %v", err)
	}
}

func TestAFeedWhoseReadingPanickedIsNotReadUp(t *testing.T) {
	l := newLiar(t)
	l.tells(protocol.Event{Kind: protocol.EventPost, JWS: "garbage"}) // which is logged
	wantPanic(t, faulty(t, l).readUp(t.Context()))
}

func TestAStreamThatIsOutOfOrderAndWhoseReaderPanickedIsNoEmptyOne(t *testing.T) {
	l := newLiar(t)
	l.tells(protocol.Event{Seq: 7, Kind: protocol.EventHidden})
	wantPanic(t, faulty(t, l).readUp(t.Context()))
}

func TestWorkOnAllCoresIsNotDoneIfAPartOfItPanicked(t *testing.T) {
	r := opens(t, Options{Home: t.TempDir()})
	r.panics.watch(func(error) {})
	wantPanic(t, r.onAllCores(100, func(i int) {
		if i == 50 {
			panic("oh")
		}
	}))
	done := make([]bool, 100)
	if err := r.onAllCores(len(done), func(i int) { done[i] = true }); err != nil || slices.Contains(done, false) {
		t.Errorf("done %v, %v", done, err)
	}
}

func TestAPanicOutsideOfRunIsToldToWhoCalled(t *testing.T) {
	r := opens(t, Options{Home: t.TempDir()})
	defer func() {
		if v := recover(); v != "oh" {
			t.Errorf("it recovered %v", v)
		}
	}()
	_ = r.guard(func() { panic("oh") })
	t.Error("it went on")
}

func TestAPictureWhoseLoadingPanickedIsLoadedByWhoeverAsksNext(t *testing.T) {
	l := newLiar(t)
	i := protocol.Image{Blob: protocol.BlobOf(tinyPNG), Width: 3, Height: 2}
	l.set(func() { l.blobs[i.Blob.String()] = tinyPNG })
	asked, begun, goOn := 0, make(chan struct{}), make(chan struct{})
	r := opens(t, Options{Home: t.TempDir(), ServerURL: func(context.Context) (string, error) {
		if asked++; asked == 1 {
			close(begun)
			<-goOn
			panic("a fault in here")
		}
		return l.URL, nil
	}})
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	first, second := make(chan any), make(chan error)
	go func() {
		defer func() { first <- recover() }()
		_, _ = r.Picture(ctx, i)
	}()
	<-begun
	go func() {
		_, err := r.Picture(ctx, i)
		second <- err
	}()
	close(goOn)
	if v := <-first; v != "a fault in here" {
		t.Errorf("the first got %v", v)
	}
	if err := <-second; err != nil {
		t.Errorf("the second got %v", err)
	}
}
