// Package desktop is what the app asks of the desktop around the terminal: to open a web
// address, to copy a text, to keep a secret, and to be the program for p4p:// links.
//
// No shell is asked. What a stranger wrote can at most open a page in the browser: no
// other kind of address passes.
package desktop

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// patience is how long an opener is given to fail; some run as long as the browser.
const patience = 2 * time.Second

// system is what an opener is chosen and started by.
type system struct {
	os       string // as runtime.GOOS names it
	getenv   func(string) string
	lookPath func(string) (string, error)
	run      func(ctx context.Context, name string, args ...string) error
	feed     func(ctx context.Context, text, name string, args ...string) error
	output   func(ctx context.Context, name string, args ...string) (string, error)
}

// Open opens an http or https address with the system's opener: open on macOS,
// rundll32 on Windows, xdg-open elsewhere. It waits until the opener ends, two seconds
// at most, and not at all for the page. The error is a sentence for a person: the
// address is none, there is no opener or no desktop, or the opener failed.
func Open(ctx context.Context, address string) error {
	return system{os: runtime.GOOS, getenv: os.Getenv, lookPath: exec.LookPath, run: run}.open(ctx, address)
}

func (s system) open(ctx context.Context, address string) error {
	if !isWeb(address) {
		return errors.New("Only web addresses, which begin with http:// or https://, can be opened")
	}
	name, args := s.opener(address)
	if name == "xdg-open" && s.getenv("DISPLAY") == "" && s.getenv("WAYLAND_DISPLAY") == "" {
		// It would start a browser for terminals, over our own screen.
		return errors.New("There is no desktop here that could open a page; copy the address instead")
	}
	path, err := s.lookPath(name)
	if err != nil {
		return fmt.Errorf("There is no %s here to open a page with; copy the address instead", name)
	}
	if err := s.run(ctx, path, args...); err != nil {
		return fmt.Errorf("The page could not be opened (%s: %w); copy the address instead", name, err)
	}
	return nil
}

// isWeb holds an address against everything that an opener could take for something
// else: an option, a file, another scheme.
func isWeb(address string) bool {
	if strings.IndexFunc(address, func(r rune) bool { return r <= ' ' || r > '~' }) >= 0 {
		return false
	}
	u, err := url.Parse(address)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.User == nil
}

// opener is the program of a system and its arguments.
func (s system) opener(address string) (string, []string) {
	switch s.os {
	case "darwin":
		return "open", []string{address}
	case "windows":
		return "rundll32", []string{"url.dll,FileProtocolHandler", address}
	default:
		return "xdg-open", []string{address}
	}
}

// run starts a program without our terminal, and tells how it ended if it ends soon.
// The program outlives ctx: the page stays when the app is quit.
func run(ctx context.Context, name string, args ...string) error {
	cmd := exec.Command(name, args...) //nolint:gosec,noctx // one of three names; see above
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case err := <-ended:
		return err
	case <-timer.C:
	case <-ctx.Done():
	}
	return nil
}
