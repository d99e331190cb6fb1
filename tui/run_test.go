package tui

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/vt"

	"p4p/client"
	"p4p/desktop"
	"p4p/tui/graphics"
)

// terminal is where a whole program draws: an emulator that wakes who waits for
// a text to be on its screen.
type terminal struct {
	mu          sync.Mutex
	cond        *sync.Cond
	e           *vt.Emulator
	on          map[ansi.Mode]bool
	alt, hidden bool
	bytes       bytes.Buffer // all that was sent
	titles      map[string]bool
	answered    chan struct{}
}

func newTerminal(t *testing.T) *terminal {
	term := &terminal{e: vt.NewEmulator(80, 24), on: map[ansi.Mode]bool{}, titles: map[string]bool{}, answered: make(chan struct{})}
	term.cond = sync.NewCond(&term.mu)
	term.e.SetCallbacks(vt.Callbacks{
		Title: func(s string) { term.titles[s] = true }, IconName: func(s string) { term.titles["icon "+s] = true },
		AltScreen: func(b bool) { term.alt = b }, CursorVisibility: func(b bool) { term.hidden = !b },
		EnableMode: func(m ansi.Mode) { term.on[m] = true }, DisableMode: func(m ansi.Mode) { term.on[m] = false },
	})
	replies := term.e.InputPipe().(io.Closer)
	go func() {
		defer close(term.answered)
		_, _ = io.Copy(io.Discard, term.e) // its replies to queries
	}()
	t.Cleanup(func() {
		_ = replies.Close()
		<-term.answered
	})
	return term
}

func (t *terminal) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.cond.Broadcast()
	t.bytes.Write(b)
	_, err := t.e.Write(bytes.ReplaceAll(b, []byte("\n"), []byte("\r\n"))) // as a line discipline does
	return len(b), err
}

func (t *terminal) await(text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for !strings.Contains(t.e.String(), text) {
		t.cond.Wait()
	}
}

// restored fails unless everything that the program did to the terminal is undone.
func (t *terminal) restored(tb testing.TB) {
	tb.Helper()
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.alt || t.hidden {
		tb.Errorf("alternate screen %v, cursor hidden %v", t.alt, t.hidden)
	}
	for _, m := range []ansi.Mode{ansi.ModeBracketedPaste, ansi.ModeMouseButtonEvent, ansi.ModeFocusEvent} {
		if t.on[m] {
			tb.Errorf("mode %v is still on", m)
		}
	}
}

// still is a client whose changes never come.
type still struct{ *fake }

func (still) Next(ctx context.Context) (client.Change, error) {
	<-ctx.Done()
	return 0, ctx.Err()
}

var env = []string{"TERM=xterm-256color", "NO_COLOR=1"}

func TestTheWholeProgramQuitsAndLeavesTheTerminalAsItWas(t *testing.T) {
	out := newTerminal(t)
	in, keys := io.Pipe()
	go func() {
		out.await("Who else is out there")
		_, _ = keys.Write([]byte("q"))
	}()
	f := lively()
	err := runIn(t, Options{Client: f, Changes: still{f}, In: in, Out: out, Env: env})
	if err != nil {
		t.Fatal(err)
	}
	out.restored(t)
}

func TestTheEndOfTheContextEndsTheProgram(t *testing.T) {
	out := newTerminal(t)
	in, _ := io.Pipe()
	why := errors.New("the server inside was taken away")
	ctx, stop := context.WithCancelCause(t.Context())
	go func() {
		out.await("Who else is out there")
		stop(why)
	}()
	f := lively()
	if err := Run(ctx, withSize(Options{Client: f, Changes: still{f}, In: in, Out: out, Env: env})); !errors.Is(err, why) {
		t.Errorf("it ended with %v", err)
	}
	out.restored(t)
}

func TestADraftSurvivesASignal(t *testing.T) {
	out := newTerminal(t)
	in, keys := io.Pipe()
	ctx, stop := context.WithCancel(t.Context())
	go func() {
		out.await("Who else is out there")
		_, _ = keys.Write([]byte("n"))
		out.await("What do you want to say")
		_, _ = keys.Write([]byte("unsaved"))
		out.await("7 / 4,000 bytes")
		stop()
	}()
	f := lively()
	if err := Run(ctx, withSize(Options{Client: f, Changes: still{f}, In: in, Out: out, Env: env})); !errors.Is(err, context.Canceled) {
		t.Errorf("it ended with %v", err)
	}
	if f.drafts["post"] != "unsaved" {
		t.Errorf("the draft is %q", f.drafts["post"])
	}
}

// brittle is a client that panics.
type brittle struct{ *fake }

func (brittle) Timeline(context.Context, client.Query) ([]client.Item, error) { panic("oh") }

func TestAPanicLeavesTheTerminalAsItWas(t *testing.T) {
	out := newTerminal(t)
	in, _ := io.Pipe()
	f := lively()
	if err := runIn(t, Options{Client: brittle{f}, Changes: still{f}, In: in, Out: out, Env: env}); !errors.Is(err, tea.ErrProgramPanic) {
		t.Errorf("it ended with %v", err)
	}
	out.restored(t)
}

// broken is a screen that panics where it is told to.
type broken struct {
	*pager
	inView, inUpdate bool
}

func (b broken) view(w, h int) frame {
	if b.inView {
		panic("oh, in View")
	}
	return b.pager.view(w, h)
}

func (b broken) update(tea.Msg) tea.Cmd {
	if b.inUpdate {
		panic("oh, in Update")
	}
	return nil
}

func TestAPanicAnywhereRestoresTheTerminalAndKeepsTheDraft(t *testing.T) {
	for name, b := range map[string]broken{"in View": {inView: true}, "in Update": {inUpdate: true}} {
		t.Run(name, func(t *testing.T) {
			out := newTerminal(t)
			in, keys := io.Pipe()
			f := lively()
			o := withSize(Options{Client: f, Changes: still{f}, In: in, Out: out, Env: env})
			o.program = append(o.program, tea.WithFilter(func(m tea.Model, msg tea.Msg) tea.Msg {
				if k, ok := msg.(tea.KeyPressMsg); ok && k.String() == "f9" {
					a := m.(*app)
					b.pager = newPager(a.ui, "Broken", func(int) []string { return []string{"about to break"} })
					a.open(b)
				}
				return msg
			}))
			go func() {
				out.await("Who else is out there")
				_, _ = keys.Write([]byte("n"))
				out.await("What do you want to say")
				_, _ = keys.Write([]byte("unsaved"))
				out.await("7 / 4,000 bytes")
				_, _ = keys.Write([]byte("\x1b[20~")) // f9
				if !b.inView {
					out.await("about to break")
					_, _ = keys.Write([]byte("x"))
				}
			}()
			if err := Run(t.Context(), o); !errors.Is(err, tea.ErrProgramPanic) {
				t.Errorf("it ended with %v", err)
			}
			out.restored(t)
			if f.drafts["post"] != "unsaved" {
				t.Errorf("the draft is %q", f.drafts["post"])
			}
		})
	}
}

func runIn(t *testing.T, o Options) error { return Run(t.Context(), withSize(o)) }

// withSize gives the program a window, which a buffer has not, and keeps it off the
// clipboard of whoever runs the tests.
func withSize(o Options) Options {
	o.Copy = func(context.Context, string) (string, error) { return "", desktop.ErrNoClipboard }
	o.SMS = func(context.Context, string, string) error { return errors.New("No SMS from tests") }
	o.program = append(o.program, tea.WithWindowSize(80, 24))
	return o
}

func TestTheFirstFrameShowsWhatWasReadBeforeTheStart(t *testing.T) {
	f := lively()
	a := newApp(t.Context(), Options{Client: f, Changes: f, SaveDir: t.TempDir()}, colorprofile.TrueColor, true, graphics.NewCanvas(io.Discard))
	a.now = func() time.Time { return t0 }
	a.readFirst()
	f.log = nil // whoever asks again is told of nothing
	p := &person{t: t, fake: f, app: a}
	p.send(tea.WindowSizeMsg{Width: 80, Height: 24})
	a.handle(a.firstScreen()())
	p.sees("me!")
	p.run(a.firstScreen()) // only once: from then on, each time is asked anew
	if strings.Contains(p.text(), "me!") {
		t.Error("what was read before the start is shown for ever")
	}
}
