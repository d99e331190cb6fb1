package tui

import (
	"strings"
	"unicode"

	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"p4p/plain"
	"p4p/tui/theme"
)

// field is one line that a person types.
type field struct {
	input    textinput.Model
	complete func(typed string) []string // nil for none
}

func newField(placeholder string) field {
	in := textinput.New()
	in.Prompt = "› "
	in.Placeholder = placeholder
	in.SetVirtualCursor(false)
	in.KeyMap.Paste.SetEnabled(false) // it would come in uncleaned; the terminal's own paste is cleaned
	in.CharLimit = 2000
	in.Focus()
	return field{input: in}
}

func (f *field) value() string { return strings.TrimSpace(f.input.Value()) }

func (f *field) set(s string) {
	f.input.SetValue(plain.Line(s).String())
	f.input.CursorEnd()
}

// update takes a key or a paste. What is pasted is cleaned, and becomes one line.
func (f *field) update(msg tea.Msg) tea.Cmd {
	if p, ok := msg.(tea.PasteMsg); ok {
		msg = tea.PasteMsg{Content: plain.Line(p.Content).String()}
	}
	if k, ok := msg.(tea.KeyPressMsg); ok {
		msg = cleanKey(k)
	}
	var cmd tea.Cmd
	f.input, cmd = f.input.Update(msg)
	return cmd
}

// cleanKey takes out of typed letters what turns or hides the others: where a
// terminal does not tell a paste from typing, a stranger's text comes as keys.
func cleanKey(k tea.KeyPressMsg) tea.KeyPressMsg {
	k.Text = strings.Map(func(r rune) rune {
		const zwnj, zwj = '\u200c', '\u200d'
		if unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Cf, r) && r != zwnj && r != zwj {
			return -1
		}
		return r
	}, k.Text)
	return k
}

// candidates are completions of what is typed so far.
func (f *field) candidates() []string {
	if f.complete == nil {
		return nil
	}
	return f.complete(f.input.Value())
}

// tab completes as far as all candidates agree; with one it is taken whole.
func (f *field) tab() {
	if c := f.candidates(); len(c) > 0 {
		common := c[0]
		for _, s := range c[1:] {
			for !hasPrefixFold(s, common) {
				common = common[:len(common)-1]
			}
		}
		if common = strings.ToValidUTF8(common, ""); len(common) >= len(f.input.Value()) {
			f.set(common)
		}
	}
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

// view draws the field in one line, and tells where the cursor is.
func (f *field) view(t theme.Theme, w int) (string, *tea.Cursor) {
	f.input.SetWidth(max(w-4, 1))
	st := f.input.Styles()
	for _, s := range []*textinput.StyleState{&st.Focused, &st.Blurred} {
		s.Text, s.Placeholder, s.Prompt, s.Suggestion = t.Text, t.Dim, t.Key, t.Dim
	}
	st.Cursor.Color = nil
	f.input.SetStyles(st)
	c := f.input.Cursor()
	if c != nil {
		before := []rune(f.input.Value())
		before = before[:min(f.input.Position(), len(before))]
		c.X = min(cells(string(before)), max(w-4, 1)) + 2
	}
	return cut(f.input.View(), w), c
}

// withPrefix keeps what begins with what was typed, in either case.
func withPrefix(all []string, typed string) []string {
	var out []string
	for _, s := range all {
		if typed != "" && hasPrefixFold(s, typed) && s != typed {
			out = append(out, s)
		}
	}
	return out
}
