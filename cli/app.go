package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/adrg/xdg"
	"github.com/charmbracelet/x/term"

	"p4p/client"
	"p4p/desktop"
	"p4p/plain"
	"p4p/protocol"
	"p4p/server/embed"
)

// app is one run of the program: its flags and what a command opened.
type app struct {
	Streams
	home, profile, serverURL string
	json, plain              bool
	images                   string // how the app shows them; as the settings say when ""
	err                      error
	quiet                    bool // about what the profile's owner should know

	client  *client.Client
	signals signals
	fail    context.CancelCauseFunc // ends the program with an error
	fault   bool                    // the embedded server panicked
	// panicked is its panic, for where fail comes too late.
	panicked atomic.Pointer[client.Panic]

	mu   sync.Mutex
	next string // the profile that the app is to go on with
	// arrival is whom it is to become; said and failed are what came of that.
	arrival *client.Arrival
	carried *protocol.Link // what the app is to begin with then
	said    string
	failed  error
	keeper  *embed.Keeper
}

// homeDir is where all files are: --home, P4P_HOME or the XDG data folder.
func (a *app) homeDir() string {
	if a.home != "" {
		return a.home
	}
	return filepath.Join(xdg.DataHome, "p4p")
}

// open opens the profile. It touches no network; which server it talks to is
// decided when something is asked of it.
func (a *app) open(ctx context.Context, log *slog.Logger) (*client.Client, error) {
	o := client.Options{Home: a.homeDir(), Profile: a.profile, ServerURL: a.embedded(log), Log: log, Passphrase: a.lockPassphrase, Keyring: desktop.Keyring{}}
	if a.serverURL != "" {
		var err error
		if o.Server, o.Pin, err = protocol.ParseServer(a.serverURL); err != nil {
			return nil, err
		}
	}
	c, err := client.Open(ctx, o)
	a.client = c
	if err == nil {
		a.warnings(ctx, c)
	}
	return c, err
}

// embedded starts this home's own server when it is first needed.
func (a *app) embedded(log *slog.Logger) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		a.mu.Lock()
		defer a.mu.Unlock()
		if a.keeper == nil {
			k, err := embed.Keep(ctx, embed.Config{Home: a.homeDir(), Log: log, Guard: a.guard, LAN: os.Getenv("P4P_LAN")})
			if err != nil {
				return "", err
			}
			a.keeper = k
		}
		return a.keeper.URL(ctx)
	}
}

// guard runs a goroutine of the embedded server. A panic in it ends the program as one of
// the client does: whoever has a terminal to restore and texts to put away gets to it.
func (a *app) guard(f func()) {
	defer func() {
		if v := recover(); v != nil {
			p := &client.Panic{Value: v, Stack: debug.Stack()}
			a.panicked.CompareAndSwap(nil, p) // told also where the command is ending already
			a.fail(p)
		}
	}()
	f()
}

// note is what the embedded server has to say to the person, or "".
func (a *app) note() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.keeper == nil {
		return ""
	}
	if at := a.keeper.Opened(); at != "" {
		return "Your own server is open to this network at " + at + ": L beside an invite closes it."
	}
	if a.keeper.Unsure() {
		return "You opened your own server to a network, and P4P cannot tell whether it is this one. So it is shut here: L beside an invite opens it to this one."
	}
	if a.keeper.Away() {
		return "You opened your own server to another network than this one. Here it is shut: L beside an invite opens it to this one."
	}
	return a.keeper.Note()
}

// close ends what a command opened. Its own error is the command's, if the
// command had none. A server that panicked ends with the process instead: it may hold
// what it would wait for.
func (a *app) close() {
	var err error
	if a.client != nil {
		err = a.client.Close()
		a.client = nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.keeper != nil && !a.fault {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if kerr := a.keeper.Close(ctx); err == nil {
			err = kerr
		}
		a.keeper = nil
	}
	if a.err == nil {
		a.err = err
	}
}

// print writes v as JSON or, without --json, text.
func (a *app) print(v any, text string, args ...any) error {
	if a.json {
		return a.writeJSON(a.Out, v)
	}
	_, err := fmt.Fprintf(a.Out, text+"\n", args...)
	return err
}

// writeJSON writes v as one line. Characters that could drive a terminal are
// escaped, which changes the line but not the value: encoding/json does so for
// those below U+0020 only.
func (a *app) writeJSON(w io.Writer, v any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return err
	}
	line := make([]byte, 0, b.Len())
	for _, r := range strings.TrimSuffix(b.String(), "\n") {
		if r < 0x7f || r > 0x9f && !unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) {
			line = utf8.AppendRune(line, r)
			continue
		}
		for _, u := range utf16.Encode([]rune{r}) {
			line = fmt.Appendf(line, `\u%04x`, u)
		}
	}
	_, err := w.Write(append(line, '\n'))
	return err
}

// say tells the person something that is not a result.
func (a *app) say(format string, args ...any) {
	_, _ = fmt.Fprintf(a.Err, format+"\n", args...)
}

// terminal is the size of the terminal behind standard output, if it is one.
func (a *app) terminal() (cols, rows int, ok bool) {
	f, isFile := a.Out.(*os.File)
	if !isFile || !term.IsTerminal(f.Fd()) {
		return 0, 0, false
	}
	cols, rows, err := term.GetSize(f.Fd())
	return cols, rows, err == nil
}

func (a *app) interactive() bool {
	f, ok := a.In.(*os.File)
	return ok && term.IsTerminal(f.Fd())
}

// unsent tells the person that the server has not heard of a step yet.
func (a *app) unsent(unsent bool, what string) {
	if unsent {
		a.say("p4p: warning: the server has not been told yet: %s The next command or the open app tells it.", what)
	}
}

// warnRefused names what the server refused of what waited in the outbox, which
// nobody was there to read.
func (a *app) warnRefused(ctx context.Context, c *client.Client) {
	if c.Status().Refused == 0 {
		return
	}
	waiting, err := c.Outbox(ctx)
	if err != nil {
		return
	}
	for _, i := range waiting {
		if i.Pending != nil && i.Pending.Refused != nil {
			a.say("p4p: warning: the server refused your %s “%s”: %s (%s) It stays in the outbox; take it out with p4p delete %s.",
				i.Kind, plain.Line(i.Text).Truncate(40), safeLine(i.Pending.Refused.Message), safeLine(string(i.Pending.Refused.Code)), i.ID)
		}
	}
}

// safeLine makes foreign text one harmless line.
func safeLine(s string) string { return plain.Line(s).String() }

// stamp is how times are told in JSON.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// online tells whether an error only means that there is no server now.
func offline(err error) bool {
	switch protocol.CodeOf(err) {
	case protocol.CodeNoServer, protocol.CodeUnavailable, protocol.CodeRateLimited:
		return true
	default:
		return false
	}
}
