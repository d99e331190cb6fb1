package tui

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	tea "charm.land/bubbletea/v2"

	"p4p/client"
	"p4p/plain"
	"p4p/protocol"
	"p4p/qr"
	"p4p/tui/keymap"
)

// friendMark stands before a friend's name wherever that is shown.
func friendMark(verified bool) string {
	if verified {
		return "✓ "
	}
	return "★ "
}

// safety is a friend's safety number, to be compared: aloud, by typing or pasting the
// friend's, or by a picture of the code that the friend shows.
type safety struct {
	*ui
	f    client.Friendship
	code qr.Code
	err  error // why there is no code
	gen  int
}

// markedMsg tells whether a friend is marked as verified now.
type markedMsg struct {
	gen  int
	f    client.Friendship
	mood mood
	said string
	err  error
}

func newSafety(u *ui, f client.Friendship) *safety {
	s := &safety{ui: u, f: f, gen: u.next()}
	s.code, s.err = qr.Encode(protocol.SafetyQR(f.SafetyNumber))
	return s
}

func (s *safety) init() tea.Cmd { return nil }

// update: see screen.
func (s *safety) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		return s.key(s.keys().Intent(msg.String()))
	case tea.PasteMsg:
		return s.pasted(msg.Content)
	case markedMsg:
		switch {
		case msg.gen != s.gen:
			return nil
		case msg.err != nil:
			return s.fail(msg.err)
		}
		return tea.Batch(s.close(s), s.say(msg.mood, msg.said))
	}
	return nil
}

func (s *safety) key(i keymap.Intent) tea.Cmd {
	switch i {
	case keymap.Back:
		return s.close(s)
	case keymap.Yes:
		return s.verify(s.f.SafetyNumber)
	case keymap.No:
		return s.unmark()
	case keymap.TypeNumber:
		return s.open(s.askNumber(""))
	case keymap.ReadPicture:
		return s.open(s.askPicture())
	case keymap.Copy:
		return s.copy(copying{text: s.f.SafetyNumber, what: "your number", instead: s.keyOf(keymap.Global, keymap.Mouse) + " lets you select it with the mouse"})
	case keymap.SavePNG:
		return s.savePNG()
	}
	return nil
}

// takesLinks: what is pasted here is compared.
func (s *safety) takesLinks() bool { return true }

// aSafetyNumber is a safety number among other words: a messenger's, or those of its own code.
var aSafetyNumber = regexp.MustCompile(`\b(?:[0-9]{5}[ .-]?){5}[0-9]{5}\b`)

func (s *safety) pasted(text string) tea.Cmd {
	if protocol.LooksLikeLink(text) {
		return s.open(newAccept(s.ui, text))
	}
	if found := aSafetyNumber.FindAllString(text, 2); len(found) == 1 {
		text = found[0]
	}
	return s.open(s.askNumber(text))
}

func (s *safety) verify(number string) tea.Cmd {
	c, gen, id := s.client, s.gen, s.f.Friendship
	return s.do(func(ctx context.Context) tea.Msg {
		f, err := c.Verify(ctx, id, number)
		return markedMsg{gen, f, good, line(f.Name, 40) + " is verified.", err}
	})
}

func (s *safety) unmark() tea.Cmd {
	c, gen, id, was := s.client, s.gen, s.f.Friendship, s.f.Verified
	return s.do(func(ctx context.Context) tea.Msg {
		f, err := c.Unverify(ctx, id)
		name := line(f.Name, 40)
		said := name + " is not verified: somebody may sit between you. Compare again; if the numbers still differ, remove the friendship and make a new invite another way."
		if was {
			said = name + " is no longer marked as verified. If the numbers differ now, somebody may sit between you: remove the friendship and make a new invite another way."
		}
		return markedMsg{gen, f, bad, said, err}
	})
}

// askNumber takes the number that the friend reads out or sends.
func (s *safety) askNumber(typed string) *sheet {
	f := newField("30 digits; blanks make no difference")
	f.set(typed)
	return &sheet{
		ui: s.ui, subject: "The number at " + line(s.f.Name, 40) + "'s side", field: &f,
		body: []string{"Type it as it is read out to you, or paste it. It is compared with yours."},
		onYes: func(typed string) work {
			return func(ctx context.Context) (func() tea.Cmd, error) {
				return s.marked(s.client.Verify(ctx, s.f.Friendship, typed))
			}
		},
	}
}

// askPicture takes a picture of the code that the friend shows.
func (s *safety) askPicture() *sheet {
	f := newField("path of a photo or screenshot")
	return &sheet{
		ui: s.ui, subject: "A picture of the code at " + line(s.f.Name, 40) + "'s side", field: &f, prepare: listPaths,
		body: []string{"Only a picture that you took of their screen yourself, or of one that you know is theirs, proves anything."},
		onYes: func(typed string) work {
			return func(ctx context.Context) (func() tea.Cmd, error) {
				number, err := safetyFrom(expandHome(strings.Trim(typed, `'"`)))
				if err != nil {
					return nil, err
				}
				return s.marked(s.client.Verify(ctx, s.f.Friendship, number))
			}
		},
	}
}

// marked closes the screen below a sheet once its friend is verified.
func (s *safety) marked(f client.Friendship, err error) (func() tea.Cmd, error) {
	return func() tea.Cmd {
		return tea.Batch(s.close(s), s.say(good, line(f.Name, 40)+" is verified: the two numbers are the same."))
	}, err
}

// safetyFrom is the number in a picture.
func safetyFrom(file string) (string, error) {
	if file == "" {
		return "", protocol.Errorf(protocol.CodeUsage, "Type the path of a picture.")
	}
	f, err := os.Open(file)
	if err != nil {
		return "", protocol.Errorf(protocol.CodeBadPicture, "Cannot open the picture %q: %v.", file, errors.Unwrap(err))
	}
	defer f.Close()
	text, err := qr.Decode(f)
	if err != nil {
		return "", protocol.Errorf(protocol.CodeBadPicture, "%s", plain.Line(err.Error()).String())
	}
	return protocol.ParseSafetyQR(text)
}

func (s *safety) savePNG() tea.Cmd {
	if s.err != nil {
		return s.fail(s.err)
	}
	code, file := s.code, filepath.Join(s.saveDir, "p4p-safety-"+s.f.Friendship.String()[:8]+".png")
	return s.do(func(context.Context) tea.Msg {
		if abs, err := filepath.Abs(file); err == nil {
			file = abs
		}
		var b bytes.Buffer
		err := code.PNG(&b, 8)
		if err == nil {
			err = os.WriteFile(file, b.Bytes(), 0o600)
		}
		if err != nil {
			err = protocol.Errorf(protocol.CodeHomeUnwritable, "The picture cannot be written to %s: start p4p in a folder of yours.", file).Because(err)
		}
		return attemptedMsg{"Saved as " + file + ".", err}
	})
}

// view: see screen. The code stands where there is more room for it.
func (s *safety) view(w, h int) frame {
	if s.err != nil {
		return frame{lines: s.text(w, false)}
	}
	cols, rows := s.code.Size()
	over := s.text(w, true)
	below, beside := s.code.Fit(w, h-len(over)), s.code.Fit(w-words-2, h)
	fitsBelow, fitsBeside := w >= cols && h >= rows+len(over), w >= cols+words+2 && h >= rows
	switch {
	case fitsBelow && (!fitsBeside || larger(below, beside)):
		return frame{lines: append(over, below.Lines()...)}
	case fitsBeside:
		cols, _ = beside.Size()
		return frame{lines: besideCode(beside, s.text(w-cols-2, true))}
	}
	return frame{lines: s.text(w, false)}
}

// text is the words: the number first, which every window has room for.
func (s *safety) text(w int, withCode bool) []string {
	name := line(s.f.Name, 24)
	var out []string
	add := func(style func(...string) string, text string) {
		for _, l := range wrapOwn(text, w-2) {
			out = append(out, " "+style(l))
		}
	}
	t := s.theme
	for _, l := range numberLines(s.f.SafetyNumber, w-2) {
		out = append(out, " "+t.Key.Render(l))
	}
	if !withCode && s.err == nil {
		cols, rows := s.code.Size()
		add(t.Dim.Render, "For its code the window needs "+thousands(cols+words+2)+" columns and "+thousands(rows+2)+" rows; "+s.keyOf(s.keys(), keymap.SavePNG)+" saves it as a picture.")
	}
	if withCode {
		out = append(out, "")
		add(t.Text.Render, "Does the same stand at "+name+"'s side? Ask by voice or side by side, or let "+name+"'s phone scan the code. Then nobody sits between you.")
		out = append(out, "")
	}
	if s.f.Verified {
		add(t.Good.Render, "✓ You compared it: "+name+" is verified.")
	}
	out = append(out, s.choices(w, keymap.Safety,
		choice{keymap.Yes, "the same"}, choice{keymap.No, "it differs"},
		choice{keymap.TypeNumber, "type or paste " + name + "'s number"},
		choice{keymap.ReadPicture, "read a picture of " + name + "'s code"})...)
	return out
}

// numberLines breaks a number only between its groups.
func numberLines(number string, w int) []string {
	if cells(number) <= w {
		return []string{number}
	}
	groups := strings.Fields(number)
	half := (len(groups) + 1) / 2
	return []string{strings.Join(groups[:half], " "), strings.Join(groups[half:], " ")}
}

func (s *safety) title() string { return s.heading("Safety number with " + line(s.f.Name, 30)) }

func (s *safety) keys() keymap.Map { return s.bound(keymap.Safety) }

func (s *safety) hints() []keymap.Intent {
	hints := []keymap.Intent{keymap.Yes, keymap.No, keymap.TypeNumber, keymap.ReadPicture, keymap.Copy}
	if s.err == nil {
		hints = append(hints, keymap.SavePNG)
	}
	return append(hints, keymap.Back)
}

func (s *safety) typing() bool { return false }
