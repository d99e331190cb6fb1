package tui

import (
	"context"
	"strings"

	tea "charm.land/bubbletea/v2"

	"p4p/client"
	"p4p/plain"
	"p4p/protocol"
	"p4p/tui/keymap"
)

// A phone book comes in by three steps: which file, whether numbers are kept, and what
// the import would do. Nothing changes before the last is answered with yes.

func askImport(u *ui) *sheet {
	f := newField("path of a .vcf file")
	return &sheet{
		ui: u, subject: "Import a phone book", field: &f, prepare: listPaths,
		body: []string{"Names and nicknames are kept, on this machine only. It can be repeated: who is known already is brought up to date. You see first what it would do."},
		onYes: func(typed string) work {
			return func(ctx context.Context) (func() tea.Cmd, error) {
				if typed == "" {
					return nil, protocol.Errorf(protocol.CodeBadPhoneBook, "Type the path of a vCard file, as your phone or mail program exports it.")
				}
				file := expandHome(strings.Trim(typed, `'"`))
				_, err := u.client.ImportContacts(ctx, file, client.ImportOptions{DryRun: true}) // can it be read at all?
				return func() tea.Cmd { return u.open(askNumbers(u, file)) }, err
			}
		},
	}
}

// askNumbers asks what is kept beside the names.
func askNumbers(u *ui, file string) *sheet {
	plan := func(numbers bool) work {
		return func(ctx context.Context) (func() tea.Cmd, error) {
			r, err := u.client.ImportContacts(ctx, file, client.ImportOptions{Numbers: numbers, DryRun: true})
			return func() tea.Cmd { return u.open(newPlan(u, file, numbers, r)) }, err
		}
	}
	return &sheet{
		ui: u, subject: "Keep a phone number of each person too?", yes: "keep numbers", no: "names only",
		body: []string{
			"It is for sending an invite by SMS, and stays on this machine and in your backups: no server and no friend gets it. Of several the mobile one is kept.",
			"p4p contacts forget-numbers takes all of them out again.",
		},
		onYes: func(string) work { return plan(true) },
		onNo:  func() work { return plan(false) },
	}
}

// plan shows what an import would do.
type plan struct {
	*ui
	file    string
	numbers bool
	report  client.ImportReport
	list    *pager
	gen     int
	busy    bool
}

type importedMsg struct {
	gen    int
	report client.ImportReport
	err    error
}

func newPlan(u *ui, file string, numbers bool, r client.ImportReport) *plan {
	return &plan{ui: u, file: file, numbers: numbers, report: r, gen: u.next(), list: newPager(u, "", u.importList(r))}
}

func (p *plan) init() tea.Cmd { return nil }

// update: see screen.
func (p *plan) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		switch p.keys().Intent(msg.String()) {
		case keymap.Yes:
			return p.run()
		case keymap.No, keymap.Back:
			return p.close(p)
		default:
			return p.list.update(msg)
		}
	case importedMsg:
		if msg.gen != p.gen {
			return nil
		}
		p.busy = false
		if msg.err != nil {
			return p.fail(msg.err)
		}
		return tea.Batch(p.close(p), p.open(importReport(p.ui, msg.report)))
	}
	return nil
}

func (p *plan) run() tea.Cmd {
	if p.busy {
		return nil
	}
	p.busy = true
	c, gen, file, o := p.client, p.gen, p.file, client.ImportOptions{Numbers: p.numbers}
	return p.do(func(ctx context.Context) tea.Msg {
		r, err := c.ImportContacts(ctx, file, o)
		return importedMsg{gen, r, err}
	})
}

// view: see screen.
func (p *plan) view(w, h int) frame {
	r := p.report
	words := "Nothing is changed yet. It would add " + count(r.Added, "person", "people") + ", change " + thousands(r.Changed) +
		", leave " + thousands(r.Unchanged) + " as they are and skip " + thousands(len(r.Skipped)) + "."
	var head []string
	for _, l := range wrapOwn(words, w-2) {
		head = append(head, " "+p.theme.Strong.Render(l))
	}
	if p.busy {
		head = append(head, " "+p.theme.Dim.Render("one moment…"))
	}
	rest := p.list.view(w, max(h-len(head), 1))
	return frame{lines: append(head, rest.lines...)}
}

func (p *plan) title() string { return p.heading("Import a phone book") }

func (p *plan) keys() keymap.Map { return p.bound(keymap.ImportShown) }

func (p *plan) hints() []keymap.Intent {
	return append([]keymap.Intent{keymap.Yes, keymap.No}, p.list.way()...)
}

func (p *plan) typing() bool { return false }

// importReport tells what became of an import.
func importReport(u *ui, r client.ImportReport) *pager {
	list := u.importList(r)
	return newPager(u, "Phone book", func(w int) []string {
		out := []string{""}
		for _, l := range wrapOwn("Added "+thousands(r.Added)+", changed "+thousands(r.Changed)+", skipped "+thousands(len(r.Skipped))+".", w-4) {
			out = append(out, "  "+u.theme.Strong.Render(l))
		}
		return append(out, list(w)...)
	})
}

// importList lists the people of an import, those first at whom its owner should look.
// A phone book has thousands: they are laid out once for each width.
func (u *ui) importList(r client.ImportReport) func(w int) []string {
	width := -1
	var out []string
	return func(w int) []string {
		if w == width {
			return out
		}
		width, out = w, nil
		add := func(style func(...string) string, mark, text string) {
			for n, l := range wrap(plain.Line(text), w-5) {
				if n > 0 {
					mark = " "
				}
				out = append(out, "  "+style(mark)+" "+l)
			}
		}
		section := func(words string, n int) {
			if n > 0 {
				out = append(out, "", " "+u.theme.Dim.Render(words))
			}
		}
		section("Look at these", len(r.Notes))
		for _, n := range r.Notes {
			add(u.theme.Warn.Render, "!", n)
		}
		section("Skipped", len(r.Skipped))
		for _, s := range r.Skipped {
			add(u.theme.Dim.Render, "-", "Card "+thousands(s.Card)+": "+s.Reason)
		}
		section("Changed", r.Changed)
		for _, p := range r.People {
			if !p.New {
				add(u.theme.Key.Render, "~", p.Name+": "+p.What)
			}
		}
		section("Added", r.Added)
		for _, p := range r.People {
			if p.New {
				add(u.theme.Good.Render, "+", strings.TrimSpace(p.Name+"  "+p.Number))
			}
		}
		if more := r.Added + r.Changed - len(r.People); more > 0 {
			out = append(out, "", "  "+u.theme.Dim.Render("and "+thousands(more)+" more"))
		}
		return out
	}
}
