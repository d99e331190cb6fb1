package tui

import (
	"flag"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/vt"
	"github.com/google/go-cmp/cmp"

	"p4p/client"
	"p4p/tui/graphics"
)

var update = flag.Bool("update", false, "write the golden frames anew, to be read before they are committed")

// person sits before the app and drives it in a person's words. Commands are run
// at once, so that nothing is under way between two of them.
type person struct {
	t      testing.TB
	app    *app
	fake   *fake
	timers []tea.Msg // what would come after a while
	copied string
	raw    string // what was sent to the terminal beside the frames
	quit   bool
}

func sit(t testing.TB, f *fake, w, h int) *person {
	t.Helper()
	return sitWith(t, f, w, h, Options{}, true)
}

func sitWith(t testing.TB, f *fake, w, h int, o Options, colour bool) *person {
	t.Helper()
	o.Client, o.Changes, o.SaveDir, o.Open, o.Copy, o.SMS, o.Reach, o.Selves = f, f, t.TempDir(), f.browse, f.copy, f.sms, f, f
	p := &person{t: t, fake: f, app: newApp(t.Context(), o, colorprofile.TrueColor, colour, graphics.NewCanvas(io.Discard))}
	p.app.now = func() time.Time { return t0 }
	p.app.pictureDir = "testdata/album/"
	p.app.after = func(_ time.Duration, msg tea.Msg) tea.Cmd {
		p.timers = append(p.timers, msg)
		return nil
	}
	p.app.terminal.run = func(c tea.ExecCommand, ended tea.ExecCallback) tea.Cmd {
		return func() tea.Msg { return ended(c.Run()) }
	}
	p.send(tea.ModeReportMsg{Mode: ansi.ModeUnicodeCore, Value: ansi.ModeReset}) // the emulator counts grapheme clusters
	p.send(tea.WindowSizeMsg{Width: w, Height: h})
	p.run(p.app.Init())
	return p
}

// send gives a message to the app, and everything that follows from it.
func (p *person) send(msg tea.Msg) *person {
	_, cmd := p.app.Update(msg)
	p.run(cmd)
	return p
}

func (p *person) run(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	msg := cmd()
	switch m := msg.(type) {
	case nil:
	case tea.BatchMsg:
		for _, c := range m {
			p.run(c)
		}
	case tea.QuitMsg:
		p.quit = true
	default:
		v := reflect.ValueOf(msg)
		if raw, ok := msg.(tea.RawMsg); ok {
			p.raw += raw.Msg.(string)
		}
		switch {
		case v.Kind() == reflect.Slice && v.Type().Elem() == reflect.TypeFor[tea.Cmd](): // a sequence
			for i := range v.Len() {
				p.run(v.Index(i).Interface().(tea.Cmd))
			}
		case v.Kind() == reflect.String: // the clipboard
			p.copied = v.String()
		case strings.Contains(v.Type().String(), "tea."): // Bubble Tea's own
		default:
			p.send(msg)
		}
	}
}

// wait lets time pass: what was to come comes.
func (p *person) wait() *person {
	due := p.timers
	p.timers = nil
	for _, msg := range due {
		p.send(msg)
	}
	return p
}

var named = map[string]tea.Key{
	"enter": {Code: tea.KeyEnter}, "esc": {Code: tea.KeyEscape}, "tab": {Code: tea.KeyTab},
	"up": {Code: tea.KeyUp}, "down": {Code: tea.KeyDown}, "backspace": {Code: tea.KeyBackspace},
	"space": {Code: tea.KeySpace, Text: " "}, "pgdown": {Code: tea.KeyPgDown}, "pgup": {Code: tea.KeyPgUp}, "f1": {Code: tea.KeyF1}, "shift+tab": {Code: tea.KeyTab, Mod: tea.ModShift},
}

// press presses keys, as Bubble Tea names them.
func (p *person) press(keys ...string) *person {
	p.t.Helper()
	for _, k := range keys {
		key, ok := named[k]
		if rest, ctrl := strings.CutPrefix(k, "ctrl+"); ctrl {
			key, ok = tea.Key{Code: rune(rest[0]), Mod: tea.ModCtrl}, true
		}
		if !ok {
			key = tea.Key{Code: []rune(k)[0], Text: k}
		}
		p.send(tea.KeyPressMsg(key))
	}
	return p
}

// type_ types a text, letter by letter.
func (p *person) types(text string) *person {
	for _, r := range text {
		if r == '\n' {
			p.press("enter")
			continue
		}
		p.send(tea.KeyPressMsg(tea.Key{Code: r, Text: string(r)}))
	}
	return p
}

func (p *person) paste(text string) *person { return p.send(tea.PasteMsg{Content: text}) }

func (p *person) hears(c client.Change) *person { return p.send(changedMsg{c}) }

// selects goes down to the line with that text.
func (p *person) selects(text string) *person {
	p.t.Helper()
	for range p.app.height {
		for _, l := range strings.Split(p.text(), "\n") {
			if strings.Contains(l, "┃") && strings.Contains(l, text) {
				return p
			}
		}
		p.press("j")
	}
	p.t.Fatalf("nothing to select says %q:\n%s", text, p.text())
	return p
}

// screen draws one frame into a terminal's emulator and reads it back.
func (p *person) screen() *vt.Emulator {
	w, h := p.app.width, p.app.height
	e := vt.NewEmulator(max(w, 1), max(h, 1))
	_, _ = e.WriteString(strings.ReplaceAll(p.app.View().Content, "\n", "\r\n"))
	return e
}

func (p *person) text() string {
	e := p.screen()
	defer e.Close()
	lines := strings.Split(e.String(), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " \r")
	}
	return strings.Join(lines, "\n")
}

// sees fails unless all of the texts are on the screen, in that order.
func (p *person) sees(texts ...string) *person {
	p.t.Helper()
	rest := p.flat()
	for _, s := range texts {
		_, after, ok := strings.Cut(rest, s)
		if !ok {
			p.t.Fatalf("the screen does not show %q:\n%s", s, p.text())
		}
		rest = after
	}
	return p
}

func (p *person) doesNotSee(texts ...string) *person {
	p.t.Helper()
	for _, s := range texts {
		if strings.Contains(p.flat(), s) {
			p.t.Fatalf("the screen shows %q:\n%s", s, p.text())
		}
	}
	return p
}

// flat is the screen as words: line breaks are one space.
func (p *person) flat() string { return strings.Join(strings.Fields(p.text()), " ") }

func (p *person) did(calls ...string) *person {
	p.t.Helper()
	if diff := cmp.Diff(calls, p.fake.calls); diff != "" {
		p.t.Fatalf("calls (-want +got):\n%s\n%s", diff, p.text())
	}
	return p
}

// golden compares the screen with a file.
func (p *person) golden(name string) {
	p.t.Helper()
	p.compare(name+".txt", p.text()+"\n")
}

// styled compares the screen with its colours.
func (p *person) styled(name string) {
	p.t.Helper()
	e := p.screen()
	defer e.Close()
	p.compare(name+".ansi", strings.ReplaceAll(e.Render(), "\r\n", "\n")+"\n")
}

func (p *person) compare(name, got string) {
	p.t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			p.t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		p.t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		p.t.Errorf("%s (-want +got):\n%s", file, diff)
	}
	for i, l := range strings.Split(p.app.View().Content, "\n") {
		if n := max(ansi.StringWidth(l), ansi.StringWidthWc(l)); n > p.app.width {
			p.t.Errorf("line %d is %d cells wide in a window of %d", i, n, p.app.width)
		}
	}
}
