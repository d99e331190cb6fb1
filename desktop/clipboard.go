package desktop

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// clipPatience is how long a clipboard's program is given to take a text: one that hangs
// holds up nobody for longer.
const clipPatience = 3 * time.Second

// ErrNoClipboard is the answer where no clipboard is in reach, or none that would be the
// person's own.
var ErrNoClipboard = errors.New("no clipboard here")

// Copy puts text on the system's clipboard, and tells which program took it: clip or
// PowerShell on Windows and in WSL, pbcopy on macOS, wl-copy under Wayland, xclip or xsel
// under X11. The text goes to the program's standard input and never among its arguments,
// which every user of the machine can read. Over SSH it does nothing: the clipboard of
// that machine is not where the person sits.
//
// The error is ErrNoClipboard, or tells which programs failed; it never holds the text.
func Copy(ctx context.Context, text string) (program string, err error) {
	return system{os: runtime.GOOS, getenv: os.Getenv, lookPath: exec.LookPath, feed: feed}.copy(ctx, text)
}

func (s system) copy(ctx context.Context, text string) (string, error) {
	var failed error
	for _, c := range s.clipboards(text) {
		path, err := s.lookPath(c[0])
		if err != nil {
			continue
		}
		name := strings.TrimSuffix(c[0], ".exe")
		if err := s.feed(ctx, text, path, c[1:]...); err != nil {
			failed = errors.Join(failed, fmt.Errorf("%s: %w", name, err))
			continue
		}
		return name, nil
	}
	if failed == nil {
		failed = ErrNoClipboard
	}
	return "", failed
}

// clipboards are the programs that may have the person's clipboard, with their arguments,
// best first.
func (s system) clipboards(text string) (all [][]string) {
	has := func(names ...string) bool {
		for _, n := range names {
			if s.getenv(n) != "" {
				return true
			}
		}
		return false
	}
	if has("SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY") {
		return nil
	}
	if s.os == "windows" || has("WSL_DISTRO_NAME", "WSL_INTEROP") {
		if isASCII(text) { // what else there is depends on a code page
			all = append(all, []string{"clip.exe"})
		}
		all = append(all, []string{
			"powershell.exe", "-NoProfile", "-NonInteractive", "-Command",
			"[Console]::InputEncoding = New-Object Text.UTF8Encoding $false; Set-Clipboard -Value ([Console]::In.ReadToEnd())",
		})
	}
	if s.os == "darwin" {
		all = append(all, []string{"pbcopy"})
	}
	if has("WAYLAND_DISPLAY") {
		all = append(all, []string{"wl-copy", "--type", "text/plain"}) // else it guesses what kind of text it is
	}
	if has("DISPLAY") {
		all = append(all, []string{"xclip", "-selection", "clipboard", "-in"}, []string{"xsel", "--clipboard", "--input"})
	}
	return all
}

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r > '~' }) < 0
}

// feed runs a program with a text as its input. wl-copy, xclip and xsel leave a process
// behind that holds the text until another is copied: it is not waited for, and so the
// program's output is nobody's.
func feed(ctx context.Context, text, name string, args ...string) error {
	ctx, cancel := context.WithTimeout(ctx, clipPatience)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...) //nolint:gosec // one of the names above; the text is no argument
	cmd.Stdin = strings.NewReader(text)
	cmd.WaitDelay = clipPatience / 10 // one that is killed may have left its input to another
	err := cmd.Run()
	if ctx.Err() != nil {
		return errors.New("it did not end in time")
	}
	return err
}
