package tui

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"p4p/plain"
	"p4p/protocol"
)

// outside is a text that a program of the person's own edits, on the terminal that P4P
// leaves to it meanwhile. The file lies in a folder of its own, in memory where the
// system has that, and goes with all that the editor left there, whatever happens.
type outside struct {
	*ui
	program       string // as $VISUAL or $EDITOR has it
	where         string // the draft's place
	text          string // before
	before, after int    // numbers of the draft's two writes
	gen           int

	in       io.Reader
	out, err io.Writer
}

// tty is what another program uses meanwhile.
type tty struct {
	in  io.Reader
	out io.Writer
	// hold leaves interrupts to that program until its answer is called; nil where P4P
	// does not hear them.
	hold func() (release func())
	// run is tea.Exec.
	run func(tea.ExecCommand, tea.ExecCallback) tea.Cmd
}

// editedMsg is what came of it. The text is the one before where nothing else did.
type editedMsg struct {
	gen  int
	text string
	err  error // or an outsideNote
}

// endingTakes is how long an editor has to end when P4P must.
const endingTakes = 2 * time.Second

// openOutside opens the person's editor on the text.
func (e *editor) openOutside() tea.Cmd {
	program := e.editorName()
	if program == "" {
		return e.say(note, "No editor is set. Put a line such as export EDITOR=nano into ~/.profile, log in again, and this key opens it.")
	}
	if e.away {
		return nil
	}
	e.away, e.dirty = true, false
	o := &outside{
		ui: e.ui, program: program, where: e.where, text: e.area.Value(), gen: e.gen,
		before: e.next(), after: e.next(),
	}
	return e.terminal.run(o, func(err error) tea.Msg { return editedMsg{o.gen, o.text, err} })
}

// edited takes the text over.
func (e *editor) edited(msg editedMsg) tea.Cmd {
	e.away = false
	if msg.text != e.area.Value() {
		e.area.SetValue(msg.text)
		e.typed = true
	}
	e.kept = e.area.Value()
	if msg.err != nil { // it may not be saved
		e.kept, e.dirty = "", true
	}
	var n outsideNote
	switch {
	case errors.As(msg.err, &n):
		return e.say(note, n.Error())
	case msg.err != nil:
		return e.fail(msg.err)
	}
	return nil
}

// editorName is what the environment calls the person's editor, "" for nothing.
func (u *ui) editorName() string {
	for _, name := range []string{"VISUAL", "EDITOR"} {
		for _, v := range u.env {
			if n, value, _ := strings.Cut(v, "="); n == name && strings.TrimSpace(value) != "" {
				return value
			}
		}
	}
	return ""
}

// SetStdin and the others are told what P4P reads and writes itself. Another program
// needs the terminal as such.
func (o *outside) SetStdin(io.Reader) {
	if f, ok := o.terminal.in.(*os.File); ok {
		o.in = f
	}
}

// SetStdout is the same for what it writes.
func (o *outside) SetStdout(w io.Writer) {
	o.out = w
	if f, ok := o.terminal.out.(*os.File); ok {
		o.out = f
	}
}

// SetStderr is the same for errors.
func (o *outside) SetStderr(w io.Writer) { o.err = w }

// Run keeps the draft, edits, and keeps the draft again before the file goes. It runs
// while the program stands still.
func (o *outside) Run() (err error) {
	ctx := context.WithoutCancel(o.ctx) // what was written outlives the program
	if err := o.drafts.save(ctx, o.client, o.where, o.text, o.before); err != nil {
		return err
	}
	parent, err := o.client.Scratch()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp(parent, "p4p-edit-")
	if err != nil {
		return errScratch(parent, err)
	}
	defer func() {
		if left := os.RemoveAll(dir); left != nil && err == nil {
			err = outsideNote("Your text is still in the folder " + dir + " as well, which cannot be removed: remove it.")
		}
	}()
	place, _, _ := strings.Cut(o.where, ":")
	file := filepath.Join(dir, place+".txt")
	if err := os.WriteFile(file, []byte(o.text+"\n"), 0o600); err != nil {
		return errScratch(dir, err)
	}
	ended := o.edit(file)
	text, whole, err := readEdited(file)
	switch {
	case err != nil:
		return errScratch(dir, err)
	case text == "" && o.text != "" && ended == nil:
		return outsideNote("The editor left the file empty: your text is as it was.")
	case text == "" || text == o.text:
		return ended
	}
	o.text = text
	if err := o.drafts.save(ctx, o.client, o.where, o.text, o.after); err != nil {
		return err
	}
	if ended == nil && !whole {
		return outsideNote("What the editor saved is too long: the first " + thousands(maxPaste) + " bytes of it are here, and a post holds " + thousands(protocol.MaxText) + ".")
	}
	return ended
}

// edit runs the editor until it ends. What it makes of an interrupt is its own. What it
// keeps as its state, such as nvim's swap file and registers, lies beside the file and
// goes with it: the text would stay on the disk there, also that of a locked profile.
func (o *outside) edit(file string) error {
	if o.terminal.hold != nil {
		defer o.terminal.hold()()
	}
	cmd := editorCommand(o.ctx, o.program, file)
	cmd.Env = append(slices.Clone(o.env), "XDG_STATE_HOME="+filepath.Join(filepath.Dir(file), "state"))
	cmd.Stdin, cmd.Stdout, cmd.Stderr = o.in, o.out, o.err
	cmd.WaitDelay = endingTakes
	err := cmd.Run()
	var exit *exec.ExitError
	name := plain.Line(o.program).Truncate(40).String()
	switch {
	case err == nil:
		return nil
	case errors.Is(err, exec.ErrNotFound), errors.As(err, &exit) && (exit.ExitCode() == 127 || exit.ExitCode() == 126): // as a shell tells it
		return protocol.Errorf(protocol.CodeUnavailable,
			"The editor %q cannot be started; your text is as it was. Set another, with a line such as export EDITOR=nano in ~/.profile.", name).Because(err)
	}
	return protocol.Errorf(protocol.CodeUnavailable,
		"The editor %q ended with an error. What it saved is here; if it saved nothing, your text is as it was.", name).Because(err)
}

// outsideNote is no failure, only something to say.
type outsideNote string

func (n outsideNote) Error() string { return string(n) }

func errScratch(dir string, err error) error {
	return protocol.Errorf(protocol.CodeHomeUnwritable,
		"The text cannot be given to an editor: the folder %s is not writable, or full. It is as it was.", dir).Because(err)
}

// readEdited takes an edited text as a paste is taken: cleaned, and at most as much as
// a paste may have. A file that is gone is an empty one.
func readEdited(file string) (text string, whole bool, err error) {
	f, err := os.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		return "", true, nil
	}
	if err != nil {
		return "", false, err
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, maxPaste+1))
	if whole = len(raw) <= maxPaste; !whole {
		raw = bytes.ToValidUTF8(raw[:maxPaste], nil) // the last character may be cut
	}
	text = strings.ReplaceAll(string(raw), "\r\n", "\n")
	return plain.Block(strings.TrimRight(text, "\n")).String(), whole, err
}
