package tui

import (
	"context"
	"strings"

	tea "charm.land/bubbletea/v2"

	"p4p/plain"
	"p4p/tui/keymap"
)

// work is what an answer sets off: it runs as a command, and what it returns runs
// in the update goroutine once it is done. With an error the sheet stays, with
// everything that was typed.
type work func(ctx context.Context) (then func() tea.Cmd, err error)

// sheet is a question at the lower end of the window, over the screen that it is
// about. With a field it is answered by typing, else with yes or no.
type sheet struct {
	*ui
	subject  string
	body     []string // paragraphs
	field    *field
	optional bool   // an empty field is an answer as well
	yes, no  string // the words for the answers of one without a field
	onYes    func(typed string) work
	onNo     func() work    // nil: no only closes
	answer   bool           // it asks about an acceptance
	waits    bool           // what it asks can be answered later
	moves    bool           // it takes the text of a move
	backup   func() tea.Cmd // one more answer of a reminder; else nil
	busy     bool
	err      string
	gen      int
	from     int                                              // the first line of the body that is shown
	hidden   int                                              // lines below the last one that is shown
	prepare  func(ctx context.Context, typed string) []string // completions, or nil
}

type (
	sheetDoneMsg struct {
		gen  int
		then func() tea.Cmd
		err  error
	}
	completionsMsg struct {
		gen int
		all []string
	}
)

func (s *sheet) init() tea.Cmd {
	s.gen = s.next()
	return s.lookUp()
}

// lookUp asks for completions of what is typed.
func (s *sheet) lookUp() tea.Cmd {
	if s.prepare == nil || s.field == nil {
		return nil
	}
	gen, prepare, typed := s.gen, s.prepare, s.field.input.Value()
	return s.do(func(ctx context.Context) tea.Msg { return completionsMsg{gen, prepare(ctx, typed)} })
}

// filled is the sheet with something in its field already.
func (s *sheet) filled(typed string) *sheet {
	s.field.set(typed)
	return s
}

// typed passes a key or a paste to the field.
func (s *sheet) typed(msg tea.Msg) tea.Cmd {
	if s.field == nil || s.busy {
		return nil
	}
	s.err = ""
	before := s.field.input.Value()
	cmd := s.field.update(msg)
	if s.field.input.Value() != before {
		cmd = tea.Batch(cmd, s.lookUp())
	}
	return cmd
}

func (s *sheet) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		return s.key(msg)
	case tea.PasteMsg:
		return s.typed(msg)
	case completionsMsg:
		if msg.gen == s.gen && s.field != nil {
			all := msg.all
			s.field.complete = func(typed string) []string { return withPrefix(all, typed) }
		}
	case sheetDoneMsg:
		if msg.gen != s.gen || !s.busy {
			return nil
		}
		s.busy = false
		if msg.err != nil {
			s.err = sentence(msg.err)
			return nil
		}
		cmd := s.close(s)
		if msg.then != nil {
			cmd = tea.Batch(cmd, msg.then())
		}
		return cmd
	}
	return nil
}

func (s *sheet) key(msg tea.KeyPressMsg) tea.Cmd {
	switch s.keys().Intent(msg.String()) {
	case keymap.Back:
		return s.close(s) // what is under way goes on; its answer is dropped
	case keymap.Submit:
		return s.run(s.onYes(s.field.value()))
	case keymap.Complete:
		s.field.tab()
		return s.lookUp()
	case keymap.Backup:
		return tea.Batch(s.close(s), s.backup())
	case keymap.Yes:
		return s.run(s.onYes(""))
	case keymap.Down:
		if s.hidden > 0 {
			s.from++
		}
	case keymap.Up:
		s.from = max(0, s.from-1)
	case keymap.No:
		if s.onNo == nil {
			return s.close(s)
		}
		return s.run(s.onNo())
	default:
		return s.typed(msg)
	}
	return nil
}

func (s *sheet) run(w work) tea.Cmd {
	if s.busy || w == nil {
		return nil
	}
	s.busy, s.err = true, ""
	gen := s.gen
	return s.do(func(ctx context.Context) tea.Msg {
		then, err := w(ctx)
		return sheetDoneMsg{gen, then, err}
	})
}

func (s *sheet) view(w, h int) frame {
	lines := []string{s.theme.Select.Render(strings.Repeat("─", w))}
	for i, l := range wrap(plain.Line(s.subject), w-2) {
		if i < 2 {
			lines = append(lines, " "+s.theme.Strong.Render(l))
		}
	}
	tail, cursor := s.tail(w)
	var body []string
	for _, p := range s.body {
		for _, l := range wrap(plain.Block(p), w-2) {
			body = append(body, " "+l)
		}
	}
	lines = append(lines, s.part(body, max(h-len(lines)-len(tail), 0), w)...)
	if cursor != nil {
		cursor.Y = len(lines)
		cursor.X++
	}
	if s.field == nil && !s.busy {
		yes, no := s.answers()
		x, y := 1+cells(yes), len(lines)
		s.hitIntent(1, y, x, s.keys(), keymap.Yes)
		if s.narrow(w) {
			x, y = -2, y+1
		}
		s.hitIntent(x+3, y, x+3+cells(no), s.keys(), keymap.No)
		if s.backup != nil {
			x += 6 + cells(no)
			if s.narrow(w) {
				x, y = 1, y+1
			}
			s.hitIntent(x, y, x+len("b back up now"), s.keys(), keymap.Backup)
		}
	}
	return frame{append(lines, tail...), cursor}
}

// part is the lines of the body that there is room for, and how many are hidden: the
// movement keys turn to them, where letters are not text.
func (s *sheet) part(body []string, room, w int) []string {
	s.from, s.hidden = max(0, min(s.from, len(body)-room)), max(0, len(body)-room-s.from)
	if len(body) <= room || room == 0 {
		s.hidden = 0
		return body[:min(len(body), room)]
	}
	out := append([]string{}, body[s.from:s.from+room]...)
	mark := "… " + count(s.hidden+1, "more line", "more lines")
	if s.field == nil {
		mark += ": " + s.keyOf(s.keys(), keymap.Down) + " shows them"
	}
	if s.hidden > 0 {
		out[room-1] = s.theme.Dim.Render(cut(" "+mark, w))
	}
	return out
}

// narrow tells that the answers need a line each.
func (s *sheet) narrow(w int) bool {
	yes, no := s.answers()
	also := 0
	if s.backup != nil {
		also = 3 + len("b back up now")
	}
	return cells(yes)+cells(no)+also+4 > w
}

// answers are the keys of yes and no with their words.
func (s *sheet) answers() (yes, no string) {
	return s.theme.Key.Render(s.keyOf(s.keys(), keymap.Yes)) + " " + s.yes, s.theme.Key.Render(s.keyOf(s.keys(), keymap.No)) + " " + s.no
}

// tail is the field or the answers, and what went wrong.
func (s *sheet) tail(w int) (lines []string, cursor *tea.Cursor) {
	if s.field != nil {
		text, c := s.field.view(s.theme, w-2)
		lines, cursor = append(lines, " "+text), c
		if found := s.field.candidates(); len(found) > 0 {
			for i := range found {
				found[i] = line(found[i], 20)
			}
			lines = append(lines, s.theme.Dim.Render(cut("   "+s.keyOf(keymap.Field, keymap.Complete)+": "+strings.Join(found, ", "), w)))
		}
	} else {
		yes, no := s.answers()
		also := ""
		if s.backup != nil {
			also = s.theme.Key.Render(s.keyOf(s.keys(), keymap.Backup)) + " back up now"
		}
		switch {
		case s.narrow(w) && also != "":
			lines = append(lines, cut(" "+yes, w), cut(" "+no, w), cut(" "+also, w))
		case s.narrow(w):
			lines = append(lines, cut(" "+yes, w), cut(" "+no, w))
		case also != "":
			lines = append(lines, " "+yes+"   "+no+"   "+also)
		default:
			lines = append(lines, " "+yes+"   "+no)
		}
	}
	if s.busy {
		lines = append(lines, " "+s.theme.Dim.Render("one moment…"))
	}
	if s.err != "" {
		for i, l := range wrap(plain.Line(s.err), w-4) {
			mark := "! "
			if i > 0 {
				mark = "  "
			}
			lines = append(lines, " "+s.theme.Bad.Render(mark+l))
		}
	}
	return lines, cursor
}

func (s *sheet) title() string { return s.subject }

func (s *sheet) keys() keymap.Map {
	if s.field != nil {
		return s.bound(keymap.Field)
	}
	if s.backup != nil {
		return s.bound(keymap.Reminder)
	}
	if s.waits {
		return s.bound(keymap.Wait)
	}
	return s.bound(keymap.Ask)
}

func (s *sheet) hints() []keymap.Intent {
	if s.field != nil && s.field.value() == "" && !s.optional {
		return []keymap.Intent{keymap.Back}
	}
	if s.field != nil && len(s.field.candidates()) > 0 {
		return []keymap.Intent{keymap.Submit, keymap.Complete, keymap.Back}
	}
	return []keymap.Intent{keymap.Submit, keymap.Back}
}

func (s *sheet) typing() bool { return s.field != nil }

// takesLinks: only a question for it has a use for the text of a move.
func (s *sheet) takesLinks() bool { return s.moves }
