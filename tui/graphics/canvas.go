package graphics

import (
	"image"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/term"
)

// Picture is one that is ready for a terminal, made by [Prepare].
type Picture struct {
	Cols, Rows int

	mode  Mode
	cell  image.Point
	whole string          // all of it
	dots  *image.Paletted // of sixel, to cut from
	full  *image.RGBA     // of iTerm2, to cut from
	id    int
}

// Size is how much memory it takes, in bytes.
func (p *Picture) Size() int {
	n := len(p.whole)
	if p.dots != nil {
		n += len(p.dots.Pix)
	}
	if p.full != nil {
		n += len(p.full.Pix)
	}
	return n
}

// Prepare makes of opaque pixels, in the size that [Fit] tells, what a terminal is
// sent. It takes some tens of milliseconds: do it aside.
func (c *Canvas) Prepare(m *image.RGBA, id, cols, rows int, cell image.Point) (*Picture, error) {
	p := &Picture{Cols: cols, Rows: rows, mode: c.Mode(), cell: cell, id: id}
	var err error
	switch p.mode {
	case Kitty:
		p.whole, err = transmitKitty(m, kittyID(id, c.Family), cols, rows)
	case Sixel:
		p.dots = quantize(m, c.registers())
		p.whole = encodeSixel(p.dots, p.dots.Rect)
	case ITerm:
		p.full = m
		p.whole, err = encodeITerm(m, cols, rows)
	}
	return p, err
}

// part is what paints a part of it; whole pictures are ready, others are encoded now,
// which takes milliseconds.
func (p *Picture) part(at Placement) string {
	if at.Col == 0 && at.Row == 0 && at.Cols == p.Cols && at.Rows == p.Rows {
		return p.whole
	}
	r := image.Rect(at.Col*p.cell.X, at.Row*p.cell.Y, (at.Col+at.Cols)*p.cell.X, (at.Row+at.Rows)*p.cell.Y)
	switch p.mode {
	case Sixel:
		if r = r.Intersect(p.dots.Rect); !r.Empty() {
			return encodeSixel(p.dots, r)
		}
	case ITerm:
		if r = r.Intersect(p.full.Rect); !r.Empty() {
			s, err := encodeITerm(p.full.SubImage(r), at.Cols, at.Rows)
			if err == nil {
				return s
			}
		}
	}
	return ""
}

// Canvas stands between a program and its terminal. Frames pass through; pictures are
// added to those that they belong to. It is safe for use by several goroutines.
type Canvas struct {
	// Family is a number from 0 to 255 that tells this program's pictures from those of
	// others in the same terminal.
	Family int
	// Tmux tells that commands must pass through tmux.
	Tmux bool

	mu     sync.Mutex
	out    io.Writer
	mode   Mode
	colour int // registers of sixel; 0 unknown
	have   map[int]*Picture
	inside bool // the alternate screen is on

	sent  map[int]bool // what kitty holds
	stale []int        // what it holds and need not

	rows   []string    // of the view that is to come, or came
	want   []Placement // in it
	fresh  bool        // it is to come
	was    []string    // the rows that are on the screen
	shown  []Placement // the pictures that are
	turned map[int]bool
}

// NewCanvas makes a canvas that passes everything to out, and shows nothing until a
// mode is set.
func NewCanvas(out io.Writer) *Canvas {
	return &Canvas{out: out, have: map[int]*Picture{}, sent: map[int]bool{}, turned: map[int]bool{}}
}

// File is the canvas as the terminal that it writes to, if that is one: a program asks
// it for its size.
func (c *Canvas) File() io.Writer {
	if f, ok := c.out.(term.File); ok {
		return file{c, f}
	}
	return c
}

// file writes on the canvas, and is the terminal in all else.
type file struct {
	canvas *Canvas
	term.File
}

func (f file) Write(b []byte) (int, error) { return f.canvas.Write(b) }

// Mode is how pictures are shown.
func (c *Canvas) Mode() Mode {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.mode
}

// SetMode sets how pictures are shown, and how many colours a sixel may have, 0 if
// that is not known. What was kept is dropped.
func (c *Canvas) SetMode(m Mode, registers int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for id := range c.have {
		c.drop(id)
	}
	c.mode, c.colour = m, registers
}

// registers are the colours of a sixel: all that its palette can have, unless the
// terminal has fewer.
func (c *Canvas) registers() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.colour > 0 {
		return min(c.colour, 256)
	}
	return 256
}

// Keep has a picture shown wherever its id stands in a view.
func (c *Canvas) Keep(p *Picture) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if p.mode != c.mode {
		return // made before the mode was known
	}
	c.drop(p.id)
	c.have[p.id] = p
	c.turned[p.id] = true
}

// Drop forgets a picture, and has the terminal do so.
func (c *Canvas) Drop(id int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drop(id)
}

func (c *Canvas) drop(id int) {
	delete(c.have, id)
	delete(c.turned, id)
	if c.sent[id] {
		delete(c.sent, id)
		c.stale = append(c.stale, id)
	}
}

// Show tells the view that the next frame is of, and what [Take] took out of it.
func (c *Canvas) Show(rows []string, at []Placement) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rows, c.want, c.fresh = rows, at, true
}

// Marks in what a program writes.
const (
	enter     = "\x1b[?1049h"
	leave     = "\x1b[?1049l"
	syncBegin = "\x1b[?2026h"
	syncEnd   = "\x1b[?2026l"
)

// Write passes what a program writes to the terminal, with pictures where it is a
// frame. It tells only of the program's own bytes.
func (c *Canvas) Write(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	frame := string(b)
	if i := strings.LastIndex(frame, leave); i >= 0 {
		frame = frame[:i] + c.clean() + frame[i:]
		c.inside = false
	}
	head := ""
	if i := strings.Index(frame, enter); i >= 0 && !strings.Contains(frame, leave) {
		head, frame = frame[:i+len(enter)], frame[i+len(enter):]
		c.inside = true
		c.shown, c.was = nil, nil
		clear(c.sent)
		c.stale = nil
	}
	if c.inside {
		before, after := c.around(frame)
		frame = add(before, frame, after)
	}
	n, err := io.WriteString(c.out, head+frame)
	if err != nil {
		return min(n, len(b)), err
	}
	return len(b), nil
}

// add puts pictures around a frame, within its synchronised update if it is one.
func add(before, frame, after string) string {
	if before == "" && after == "" {
		return frame
	}
	var head, tail string
	if i := strings.Index(frame, syncBegin); i >= 0 {
		head, frame = frame[:i+len(syncBegin)], frame[i+len(syncBegin):]
	}
	if i := strings.LastIndex(frame, syncEnd); i >= 0 {
		frame, tail = frame[:i], frame[i:]
	}
	return head + before + frame + after + tail
}

// around is what goes before a frame and after it.
func (c *Canvas) around(frame string) (before, after string) {
	if c.mode == Kitty {
		return c.transmissions(), ""
	}
	if len(c.want) == 0 && len(c.shown) == 0 {
		c.was, c.fresh = c.rows, false
		return "", ""
	}
	moved := c.moves(frame)
	// A frame without a view of its own is of another view than the one that was told
	// last: what it wrote over is not known.
	all := moved || !c.fresh || erases(frame)
	var pre, post strings.Builder
	for _, p := range c.shown {
		if moved || !slices.Contains(c.want, p) {
			erase(&pre, p)
		}
	}
	for _, p := range c.want {
		pic := c.have[p.ID]
		if pic == nil || !all && slices.Contains(c.shown, p) && !c.turned[p.ID] && !c.touched(p) {
			continue
		}
		if s := pic.part(p); s != "" {
			post.WriteString(ansi.SaveCursor + ansi.CursorPosition(p.X+1, p.Y+1) + s + ansi.RestoreCursor)
		}
	}
	clear(c.turned)
	c.was, c.fresh = c.rows, false
	c.shown = slices.Clone(c.want)
	return pre.String(), post.String()
}

// erase writes spaces where a picture was, as the program believes that there are.
func erase(b *strings.Builder, p Placement) {
	b.WriteString(ansi.SaveCursor + ansi.ResetStyle)
	for y := range p.Rows {
		b.WriteString(ansi.CursorPosition(p.X+1, p.Y+y+1) + strings.Repeat(" ", p.Cols))
	}
	b.WriteString(ansi.RestoreCursor)
}

func (c *Canvas) row(rows []string, y int) string {
	if y < 0 || y >= len(rows) {
		return ""
	}
	return rows[y]
}

// touched tells that the frame may have written into a row of a picture: a row that
// changed is cleared to its end now and then, which takes the picture away.
func (c *Canvas) touched(p Placement) bool {
	for y := p.Y; y < p.Y+p.Rows; y++ {
		if c.row(c.rows, y) != c.row(c.was, y) {
			return true
		}
	}
	return false
}

// moves tells that a frame may scroll what is on the screen, and pictures with it. A
// line feed or a reverse index does so at the end of the screen only: then all rows
// have moved by one.
func (c *Canvas) moves(frame string) bool {
	if hasFinal(frame, "rSTLM") {
		return true
	}
	last := len(c.rows) - 1
	if last < 1 || len(c.was) != len(c.rows) {
		return false
	}
	return strings.Contains(frame, "\n") && c.rows[0] == c.was[1] && c.rows[last-1] == c.was[last] ||
		strings.Contains(frame, "\x1bM") && c.rows[1] == c.was[0] && c.rows[last] == c.was[last-1]
}

// erases tells that a frame clears the screen, or a part of it below a line.
func erases(frame string) bool { return hasFinal(frame, "J") }

// hasFinal tells that a frame has a control sequence with one of these final bytes.
func hasFinal(frame, finals string) bool {
	for rest := frame; ; {
		_, after, ok := strings.Cut(rest, "\x1b[")
		if !ok {
			return false
		}
		end := strings.IndexFunc(after, func(r rune) bool { return r >= 0x40 && r <= 0x7e })
		if end >= 0 && strings.IndexByte(finals, after[end]) >= 0 {
			return true
		}
		rest = after
	}
}

// transmissions hand kitty what it lacks and take back what is stale.
func (c *Canvas) transmissions() string {
	var b strings.Builder
	for _, id := range c.stale {
		b.WriteString(deleteKitty(kittyID(id, c.Family)))
	}
	c.stale = nil
	for _, id := range c.ids() {
		if !c.sent[id] {
			c.sent[id] = true
			b.WriteString(c.have[id].whole)
		}
	}
	return c.pass(b.String())
}

func (c *Canvas) pass(s string) string {
	if c.Tmux {
		return throughTmux(s)
	}
	return s
}

func (c *Canvas) ids() []int {
	ids := make([]int, 0, len(c.have))
	for id := range c.have {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// clean takes everything out of the terminal, before the alternate screen is left.
func (c *Canvas) clean() string {
	var b strings.Builder
	for id := range c.sent {
		c.stale = append(c.stale, id)
	}
	slices.Sort(c.stale)
	for _, id := range c.stale {
		b.WriteString(deleteKitty(kittyID(id, c.Family)))
	}
	clear(c.sent)
	c.stale = nil
	out := c.pass(b.String())
	b.Reset()
	for _, p := range c.shown {
		erase(&b, p)
	}
	c.shown, c.was = nil, nil
	return out + b.String()
}

var _ io.Writer = (*Canvas)(nil)
