package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/adrg/xdg"
	"github.com/charmbracelet/x/term"

	"p4p/client"
	"p4p/plain"
	"p4p/protocol"
	"p4p/server/embed"
)

// app is one run of the program: its flags and what a command opened.
type app struct {
	Streams
	home, profile, serverURL string
	json                     bool
	err                      error

	client *client.Client

	mu     sync.Mutex
	keeper *embed.Keeper
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
	o := client.Options{Home: a.homeDir(), Profile: a.profile, ServerURL: a.embedded(log), Log: log}
	if a.serverURL != "" {
		var err error
		if o.Server, err = protocol.ParseServerURL(a.serverURL); err != nil {
			return nil, err
		}
	}
	c, err := client.Open(ctx, o)
	a.client = c
	return c, err
}

// embedded starts this home's own server when it is first needed.
func (a *app) embedded(log *slog.Logger) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		a.mu.Lock()
		defer a.mu.Unlock()
		if a.keeper == nil {
			k, err := embed.Keep(ctx, embed.Config{Home: a.homeDir(), Log: log})
			if err != nil {
				return "", err
			}
			a.keeper = k
		}
		return a.keeper.URL(ctx)
	}
}

// note is what the embedded server has to say to the person, or "".
func (a *app) note() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.keeper == nil {
		return ""
	}
	return a.keeper.Note()
}

// close ends what a command opened. Its own error is the command's, if the
// command had none.
func (a *app) close() {
	var err error
	if a.client != nil {
		err = a.client.Close()
		a.client = nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.keeper != nil {
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

func (a *app) writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(v)
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
