//go:build unix

package tui

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"p4p/protocol"
)

// writes sits down with a script as the editor; $1 is the file, and SEEN a file beside.
func writes(t *testing.T, f *fake, script string) (p *person, seen string) {
	t.Helper()
	f.scratch, seen = t.TempDir(), filepath.Join(t.TempDir(), "seen")
	editor := filepath.Join(t.TempDir(), "my editor")
	if err := os.WriteFile(editor, []byte("#!/bin/sh\nset -e\n"+script+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	env := []string{"PATH=" + os.Getenv("PATH"), "SEEN=" + seen, "EDITOR=never-asked", "VISUAL='" + editor + "' --wait"}
	return sitWith(t, f, 80, 24, Options{Env: env, Out: io.Discard}, true), seen
}

// leavesNothing fails unless the folder for the text is as empty as before.
func (f *fake) leavesNothing(t *testing.T) {
	t.Helper()
	err := filepath.WalkDir(f.scratch, func(path string, _ fs.DirEntry, err error) error {
		if path != f.scratch {
			t.Errorf("%s was left", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestAPostIsWrittenInOnesOwnEditor(t *testing.T) {
	f := lively()
	p, seen := writes(t, f, `[ "$1" = --wait ]; stat -c %a "$2" "${2%/*}" >"$SEEN"; cat "$2" >>"$SEEN"; echo backup >"$2~"; printf 'And more.\r\n\033[31mRed\n\n' >>"$2"`)
	p.press("n").types("Begun here.").press("ctrl+e").sees("Begun here. And more. Red", "25 / 4,000 bytes")
	got, err := os.ReadFile(seen)
	if err != nil || string(got) != "600\n700\nBegun here.\n" {
		t.Errorf("the editor saw %q, %v", got, err)
	}
	if f.drafts["post"] != "Begun here.\nAnd more.\nRed" {
		t.Errorf("the draft is %q", f.drafts["post"])
	}
	f.leavesNothing(t)
	p.press("ctrl+s").sees("Posted.").did("make Begun here.\nAnd more.\nRed")
}

// nvim has its swap file, its registers and its undo files there.
func TestWhatAnEditorKeepsAsItsStateGoesWithTheFile(t *testing.T) {
	f := lively()
	home := t.TempDir()
	p, seen := writes(t, f, `mkdir -p "$XDG_STATE_HOME/nvim/swap"; cp "$2" "$XDG_STATE_HOME/nvim/swap/a.swp"; echo "$XDG_STATE_HOME" >"$SEEN"; echo Hello >"$2"`)
	p.app.env = append(p.app.env, "XDG_STATE_HOME="+home)
	p.press("n").types("a secret").press("ctrl+e").sees("Hello")
	got, err := os.ReadFile(seen)
	if err != nil || !strings.HasPrefix(string(got), f.scratch+"/") {
		t.Errorf("its state was in %q, %v", got, err)
	}
	f.leavesNothing(t)
	if left, err := os.ReadDir(home); err != nil || len(left) > 0 {
		t.Errorf("left are %v, %v", left, err)
	}
}

func TestACommentIsWrittenInOnesOwnEditor(t *testing.T) {
	f := lively()
	p, _ := writes(t, f, `echo Hello >"$2"`)
	p.press("j", "j", "j", "c", "ctrl+e").sees("── comment ── 5 / 4,000 bytes", "Hello").press("ctrl+s").sees("Sent.").did("make Hello")
	f.leavesNothing(t)
}

func TestTheDraftIsKeptBeforeTheEditorOpens(t *testing.T) {
	f := lively()
	p, _ := writes(t, f, `exit 0`)
	f.scratchErr = errors.New("the disk is gone")
	p.press("n").types("safe").press("ctrl+e").sees("safe", "the disk is gone")
	if f.drafts["post"] != "safe" {
		t.Errorf("the draft is %q", f.drafts["post"])
	}
}

func TestAnEditorThatGoesWrongLosesNothing(t *testing.T) {
	for name, tt := range map[string]struct{ script, sees string }{
		"it fails":                   {`exit 1`, "ended with an error"},
		"it is killed":               {`kill -9 $$`, "ended with an error"},
		"it empties the file":        {`: >"$2"`, "The editor left the file empty: your text is as it was."},
		"it removes the file":        {`rm "$2"`, "The editor left the file empty: your text is as it was."},
		"it empties it and fails":    {`: >"$2"; exit 3`, "ended with an error"},
		"it leaves a folder instead": {`rm "$2"; mkdir "$2"`, "cannot be given to an editor"},
		"it cannot be started":       {`exit 127`, "cannot be started; your text is as it was. Set another, with a line such as export EDITOR=nano"},
	} {
		t.Run(name, func(t *testing.T) {
			f := lively()
			p, _ := writes(t, f, tt.script)
			p.press("n").types("Mine, all mine.").press("ctrl+e").sees("Mine, all mine.", tt.sees)
			f.leavesNothing(t)
			if f.drafts["post"] != "Mine, all mine." {
				t.Errorf("the draft is %q", f.drafts["post"])
			}
			p.types(" Still.").sees("Mine, all mine. Still.")
		})
	}
}

func TestWhatAFailingEditorSavedIsKept(t *testing.T) {
	p, _ := writes(t, lively(), `echo saved >"$2"; exit 1`)
	p.press("n").types("old").press("ctrl+e").sees("saved", "What it saved is here")
}

func TestAnEditorThatIsNotThereTellsHowToSetOne(t *testing.T) {
	f := lively()
	p, _ := writes(t, f, ``)
	p.app.env = []string{"PATH=" + os.Getenv("PATH"), "EDITOR=no-such-editor-anywhere -x"}
	p.press("n").types("text").press("ctrl+e").sees("text", `The editor "no-such-editor-anywhere -x" cannot be started`, "export EDITOR=nano")
	p.app.env = nil
	p.press("ctrl+e").sees("text", "No editor is set.", "export EDITOR=nano")
	f.leavesNothing(t)
}

func TestWhatAnEditorBringsIsBounded(t *testing.T) {
	f := lively()
	p, _ := writes(t, f, `yes 'ünd so weiter' | head -c 500000 >"$2"`)
	p.press("n", "ctrl+e").sees("What the editor saved is too long: the first 40,000 bytes of it are here")
	if n := len(f.drafts["post"]); n > maxPaste || n < maxPaste-10 || strings.Contains(f.drafts["post"], "\ufffd") {
		t.Errorf("the draft has %d bytes", n)
	}
}

func TestALockedProfilesTextIsNotGivenToTheDisk(t *testing.T) {
	f := lively()
	p, seen := writes(t, f, `touch "$SEEN"`)
	f.scratchErr = protocol.Errorf(protocol.CodeLocked, "This profile is locked: write it here.")
	p.press("n").types("secret").press("ctrl+e").sees("secret", "This profile is locked: write it here.")
	if _, err := os.Stat(seen); err == nil {
		t.Error("the editor ran")
	}
}

func TestTheTerminalIsTheEditorsAndThenTheAppsAgain(t *testing.T) {
	out := newTerminal(t)
	in, keys := io.Pipe()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	f := lively()
	f.scratch = t.TempDir()
	var during, after, ended [2]bool // the alternate screen, the mouse
	look := func(at *[2]bool) {
		out.mu.Lock()
		defer out.mu.Unlock()
		*at = [2]bool{out.alt, out.on[ansi.ModeMouseButtonEvent]}
	}
	gate := filepath.Join(t.TempDir(), "gate")
	if err := syscall.Mkfifo(gate, 0o600); err != nil {
		t.Fatal(err)
	}
	go func() {
		out.await("Who else is out there")
		_, _ = keys.Write([]byte("n"))
		out.await("What do you want to say")
		_, _ = keys.Write([]byte{5}) // ctrl+e
		out.await("the editor is here")
		look(&during)
		_ = os.WriteFile(gate, []byte("Written outside.\n"), 0o600)
		out.await("16 / 4,000 bytes")
		look(&after)
		stop() // a pipe, unlike a terminal, is not read by one alone after an editor
	}()
	env := append([]string{"PATH=" + os.Getenv("PATH"), `EDITOR=edit() { echo the editor is here; cat ` + gate + ` >"$1"; }; edit`}, env...)
	if err := Run(ctx, withSize(Options{Client: f, Changes: still{f}, In: in, Out: out, Env: env})); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	look(&ended)
	if during != [2]bool{} || ended != during || after != [2]bool{true, true} {
		t.Errorf("alternate screen and mouse: %v with the editor, %v afterwards, %v at the end", during, after, ended)
	}
	f.leavesNothing(t)
}

func TestWhatIsUndoneBehindTheEditorIsSentAndNoDraftStays(t *testing.T) {
	f := lively()
	p, _ := writes(t, f, `printf 'AB' >"$2"`)
	p.press("n").types("A").wait()
	p.press("ctrl+e").sees("AB")
	p.press("backspace", "ctrl+s").sees("Posted.").wait().did("make A")
	if d, ok := f.drafts["post"]; ok {
		t.Errorf("posted, and the draft is %q", d)
	}
}
