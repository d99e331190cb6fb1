package tui

import (
	"context"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"p4p/client"
	"p4p/plain"
	"p4p/protocol"
	"p4p/tui/keymap"
	"p4p/tui/settings"
	"p4p/tui/theme"
)

// A screen is one thing that a person does at a time. Its methods run in the
// program's one update goroutine and never wait: what takes time is a command
// that has captured what it needs.
type screen interface {
	// init begins the screen's work when it is opened.
	init() tea.Cmd
	// update takes a key, a paste or the answer of a command. Answers go to all
	// screens; one that a screen did not ask for is not its own.
	update(msg tea.Msg) tea.Cmd
	// view draws at most h lines of at most w cells.
	view(w, h int) frame
	// title stands in the header.
	title() string
	// keys are what keys mean here now, and hints which of them the footer tells.
	keys() keymap.Map
	hints() []keymap.Intent
	// typing tells that letters are text now, not keys.
	typing() bool
}

// What a screen may also be.
type (
	// A covering screen wants the whole window: header and footer are its own.
	covering interface{ covers(w, h int) bool }
	// A keeper has something to put away before the program ends.
	keeper interface{ keep() tea.Cmd }
	// A needer asks for what its view of w x h lacks.
	needer interface{ need(w, h int) tea.Cmd }
	// A linkTaker takes a pasted link itself.
	linkTaker interface{ takesLinks() bool }
)

// frame is what a screen drew.
type frame struct {
	lines  []string
	cursor *tea.Cursor // relative to the first line; nil for none
}

// layer is an open screen and what changed while it was covered.
type layer struct {
	screen
	missed client.Change
}

// ui is what all screens share. Only the update goroutine touches it.
type ui struct {
	ctx         context.Context // ends with the program; commands run under it
	client      Client
	theme       theme.Theme
	set         settings.Settings
	profile     colorprofile.Profile // for pictures
	now         func() time.Time
	after       func(time.Duration, tea.Msg) tea.Cmd
	openPage    func(ctx context.Context, address string) error // in the browser
	toClipboard func(ctx context.Context, text string) (program string, err error)
	sendSMS     func(ctx context.Context, number, text string) error
	selves      Selves // nil where there is no home of profiles
	profileName string
	reach       Reach  // nil where there is no server of one's own
	saveDir     string // where pictures of codes are saved
	pictureDir  string // where one begins to look for a picture
	pictures    *pictures
	drafts      *draftBox
	terminal    tty
	env         []string

	width, height int
	graphemes     bool // the terminal counts grapheme clusters, and so does the renderer
	layers        []*layer
	toast         toast
	log           []said // what the toasts said, oldest first
	eye           eye
	hits          hits
	noMouse       bool // the terminal has the mouse, to select text with
	status        client.Status
	warnings      []client.Warning
	notices       []client.Friendship
	ended         map[protocol.UUID]bool // friendships whose end was told
	deletions     []deletion             // that can be undone, the last one last
	attached      attachment
	pasted        string                 // a link that was pasted where one types
	resend        map[protocol.UUID]bool // invites that have a new link since a change of key, until they are looked at
	gen           int
}

// heading is what a screen's title begins with.
func (u *ui) heading(s string) string { return u.theme.Pill.Render(" " + s + " ") }

// next is a number that no other request has: answers carry it.
func (u *ui) next() int {
	u.gen++
	return u.gen
}

func (u *ui) top() *layer { return u.layers[len(u.layers)-1] }

// open puts a screen above the others.
func (u *ui) open(s screen) tea.Cmd {
	if _, ok := s.(eyed); !ok {
		u.eye = eye{} // what it shows is for its owner
	}
	u.layers = append(u.layers, &layer{screen: s})
	return s.init()
}

// close ends a screen and all above it. What changed meanwhile is told to the
// one that appears.
func (u *ui) close(s screen) tea.Cmd {
	for i, l := range u.layers {
		if l.screen != s || i == 0 {
			continue
		}
		u.layers = u.layers[:i]
		t := u.top()
		if l, ok := t.screen.(splitter); ok {
			l.parts().side, _ = s.(*thread) // goes on standing beside it
		}
		missed := t.missed
		t.missed = 0
		if missed == 0 {
			return nil
		}
		return t.update(changedMsg{missed})
	}
	return nil
}

// closeAbove ends all screens above one.
func (u *ui) closeAbove(s screen) tea.Cmd {
	for i, l := range u.layers[:len(u.layers)-1] {
		if l.screen == s {
			return u.close(u.layers[i+1].screen)
		}
	}
	return nil
}

// below is the topmost screen that is no sheet.
func (u *ui) below() *layer {
	for i := len(u.layers) - 1; i > 0; i-- {
		if _, isSheet := u.layers[i].screen.(*sheet); !isSheet {
			return u.layers[i]
		}
	}
	return u.layers[0]
}

// do makes a command of work that answers with a message.
func (u *ui) do(work func(ctx context.Context) tea.Msg) tea.Cmd {
	ctx := u.ctx
	return func() tea.Msg { return work(ctx) }
}

// sentence is what an error says to a person. It may come from a server.
func sentence(err error) string {
	var text string
	if e, ok := asError(err); ok {
		text = plain.Line(e.Message).String()
	}
	if text == "" {
		text = "That did not work: " + plain.Line(err.Error()).String() + "."
	}
	return text
}

func asError(err error) (*protocol.Error, bool) {
	for err != nil {
		if e, ok := err.(*protocol.Error); ok { //nolint:errorlint // unwrapped by hand, below
			return e, true
		}
		u, ok := err.(interface{ Unwrap() error })
		if !ok {
			return nil, false
		}
		err = u.Unwrap()
	}
	return nil, false
}

// draftBox orders the writes of drafts: commands run side by side, and an older
// text must not come after a newer one.
type draftBox struct {
	mu   sync.Mutex
	last map[string]int // the newest that is written, by place
	next map[string]int // the newest that is to be written
}

func newDraftBox() *draftBox {
	return &draftBox{last: map[string]int{}, next: map[string]int{}}
}

// begin announces a write.
func (d *draftBox) begin(where string, gen int) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.next[where] = gen
	return gen
}

// settled tells that all is written that was announced for a place.
func (d *draftBox) settled(where string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.last[where] >= d.next[where]
}

// save writes text unless something newer was written for that place.
func (d *draftBox) save(ctx context.Context, c drafter, where, text string, gen int) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if gen < d.last[where] {
		return nil
	}
	err := c.SaveDraft(ctx, where, text)
	if err == nil {
		d.last[where] = gen
	}
	return err
}
