package desktop

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
)

// SMS has the system's program for messages begin one to number, with text in it: the
// person reads it there and sends it. number is digits behind an optional +, or "" for
// one that is chosen in that program. It waits two seconds at most.
//
// What is opened is an sms: link (RFC 5724) that is made here and nowhere else. macOS gets
// it as input. Elsewhere openers take links only as arguments, which the machine's other
// users can list while that program runs: say so before.
//
// The error is a sentence for a person, without the text: there is no desktop, or no
// program for messages, or it failed.
func SMS(ctx context.Context, number, text string) error {
	return system{os: runtime.GOOS, getenv: os.Getenv, lookPath: exec.LookPath, run: run, feed: feed, output: output}.sms(ctx, number, text)
}

var dialled = regexp.MustCompile(`^(\+?[0-9]{3,32})?$`)

// smsLink is the link that begins a message.
func smsLink(number, text string) string {
	return "sms:" + number + "?body=" + strings.ReplaceAll(url.QueryEscape(text), "+", "%20")
}

func (s system) sms(ctx context.Context, number, text string) error {
	if !dialled.MatchString(number) {
		return fmt.Errorf("%q is no number to send a message to", number)
	}
	link := smsLink(number, text)
	if s.os == "darwin" {
		path, err := s.lookPath("osascript")
		if err == nil {
			err = s.feed(ctx, `open location "`+link+`"`, path, "-")
		}
		if err != nil {
			return fmt.Errorf("The message could not be opened (osascript: %w)", err)
		}
		return nil
	}
	name, args := s.opener(link)
	if name == "xdg-open" {
		if err := s.hasMessenger(ctx); err != nil {
			return err
		}
	}
	path, err := s.lookPath(name)
	if err != nil {
		return fmt.Errorf("There is no %s here to open a message with", name)
	}
	if err := s.run(ctx, path, args...); err != nil {
		return fmt.Errorf("The message could not be opened (%s: %w)", name, err)
	}
	return nil
}

// hasMessenger asks first whether there is a program for sms: links. Without one xdg-open
// hands the link to a browser, which keeps it in its history.
func (s system) hasMessenger(ctx context.Context) error {
	if s.getenv("DISPLAY") == "" && s.getenv("WAYLAND_DISPLAY") == "" {
		return errors.New("There is no desktop here that could open a message")
	}
	path, err := s.lookPath("xdg-mime")
	if err != nil {
		return errors.New("There is no xdg-mime here to find a program for messages with")
	}
	found, err := s.output(ctx, path, "query", "default", "x-scheme-handler/sms")
	if err != nil || strings.TrimSpace(found) == "" {
		return errors.New("There is no program for SMS on this desktop (KDE Connect and GSConnect are such)")
	}
	return nil
}

// output runs a program to its end and gives what it writes.
func output(ctx context.Context, name string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.WaitDelay = patience / 10
	out, err := cmd.Output()
	return string(out), err
}
