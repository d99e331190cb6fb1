// Package graphics puts real pictures on terminals: kitty's graphics protocol
// through Unicode placeholders, sixel, and iTerm2's inline images.
//
// Its rules:
//
//   - A picture stands in the view as placeholder cells ([Cells]), characters of
//     width one that say which picture, row and column they are. Whatever lays out,
//     scrolls, cuts or covers text does the same to the picture.
//   - Kitty draws these cells itself. For the others they become spaces ([Take]), and
//     a [Canvas] paints the pictures over them once the frame is on the screen.
//   - Only pixels that were decoded and encoded anew are sent; no byte of a stranger's
//     file, name or description ever is.
//   - What was put into the terminal is taken out again: when it is no longer needed,
//     and before the alternate screen is left.
package graphics

import (
	"image"
	"math"
	"strconv"
	"strings"

	"github.com/charmbracelet/x/ansi/kitty"

	"p4p/protocol"
)

// Mode is how pictures are shown.
type Mode uint8

// The modes. Blocks is drawn by another package, with characters.
const (
	Blocks Mode = iota
	Off
	Kitty
	Sixel
	ITerm
	Auto // whatever the terminal can: see [Choose]
)

var modes = [...]string{"blocks", "off", "kitty", "sixel", "iterm", "auto"}

// Words are what [Parse] takes, for a help text.
const Words = "auto, kitty, sixel, iterm, blocks or off"

func (m Mode) String() string { return modes[m] }

// Parse reads a mode as people write it. The error's code is usage.
func Parse(s string) (Mode, error) {
	for i, name := range modes {
		if s == name {
			return Mode(i), nil
		}
	}
	return Auto, protocol.Errorf(protocol.CodeUsage, "Pictures cannot be shown as %q: choose %s.", s, Words)
}

// Real tells that a mode shows pixels, not characters.
func (m Mode) Real() bool { return m == Kitty || m == Sixel || m == ITerm }

// The ids of pictures: as a colour of 256 they are never degraded nor redefined.
const (
	FirstID = 16
	LastID  = 255
)

// DefaultCell is the size of a cell, in pixels, of a terminal that does not tell:
// that of the VT340, and of about the shape of all others.
var DefaultCell = image.Pt(10, 20)

// Limits on what is painted: more cells have no diacritics, more pixels take too
// long to encode.
const (
	maxCells  = 297
	maxPixels = 2 << 20
	enlarge   = 2 // times at most that a small picture grows
)

// Fit is how large a picture of w x h pixels is shown in maxCols x maxRows cells of
// the given size: in its own shape, at most twice as large as it is. It tells the
// cells that it takes, the last of which may be partly empty, and its pixels; zero
// if there is no picture or no room.
func Fit(w, h, maxCols, maxRows int, cell image.Point) (cols, rows int, pixels image.Point) {
	maxCols, maxRows = min(maxCols, maxCells), min(maxRows, maxCells)
	if w < 1 || h < 1 || maxCols < 1 || maxRows < 1 || cell.X < 1 || cell.Y < 1 {
		return 0, 0, image.Point{}
	}
	fw, fh := float64(w), float64(h)
	scale := min(enlarge, float64(maxCols*cell.X)/fw, float64(maxRows*cell.Y)/fh, math.Sqrt(maxPixels/(fw*fh)))
	pixels = image.Pt(max(1, int(fw*scale)), max(1, int(fh*scale)))
	return (pixels.X + cell.X - 1) / cell.X, (pixels.Y + cell.Y - 1) / cell.Y, pixels
}

// Cells are the lines of a picture in a view. family tells the pictures of programs
// apart that share a terminal; [Canvas.Family] gives it.
func Cells(id, family, cols, rows int) []string {
	lines := make([]string, rows)
	var b strings.Builder
	for row := range lines {
		b.Reset()
		b.WriteString("\x1b[38;5;" + strconv.Itoa(id) + "m")
		for col := range cols {
			b.WriteRune(kitty.Placeholder)
			b.WriteRune(kitty.Diacritic(row))
			b.WriteRune(kitty.Diacritic(col))
			b.WriteRune(kitty.Diacritic(family))
		}
		b.WriteString("\x1b[m")
		lines[row] = b.String()
	}
	return lines
}

// numbers are the diacritics' meanings.
var numbers = func() map[rune]int {
	m := make(map[rune]int, maxCells)
	for i := range maxCells {
		m[kitty.Diacritic(i)] = i
	}
	return m
}()

// Placement is a part of a picture on the screen: from its cell Col, Row on, Cols x
// Rows cells, at X, Y.
type Placement struct {
	ID         int
	Col, Row   int
	Cols, Rows int
	X, Y       int
}

// Take takes the placeholders out of a view's lines: spaces stand in their place, and
// what was taken is told. width is how wide the renderer takes a text to be.
func Take(lines []string, width func(string) int) ([]string, []Placement) {
	var out []Placement
	copied := false
	for y, line := range lines {
		if !strings.ContainsRune(line, kitty.Placeholder) {
			continue
		}
		if !copied { // the lines are somebody's cache
			lines, copied = append([]string(nil), lines...), true
		}
		var runs []Placement
		lines[y], runs = takeLine(line, y, width)
		for _, r := range runs {
			if i := above(out, r); i >= 0 {
				out[i].Rows++
			} else {
				out = append(out, r)
			}
		}
	}
	return lines, out
}

// above finds the placement that a run goes on with.
func above(out []Placement, r Placement) int {
	for i, p := range out {
		if p.ID == r.ID && p.X == r.X && p.Cols == r.Cols && p.Col == r.Col && p.Y+p.Rows == r.Y && p.Row+p.Rows == r.Row {
			return i
		}
	}
	return -1
}

func takeLine(line string, y int, width func(string) int) (string, []Placement) {
	var runs []Placement
	var b strings.Builder
	rest := line
	for {
		i := strings.IndexRune(rest, kitty.Placeholder)
		if i < 0 {
			b.WriteString(rest)
			return b.String(), runs
		}
		id := lastColour(rest[:i])
		b.WriteString(rest[:i])
		x := width(b.String())
		n, row, col, left := run(rest[i:])
		b.WriteString(strings.Repeat(" ", n))
		if id >= FirstID && id <= LastID {
			runs = append(runs, Placement{ID: id, Col: col, Row: row, Cols: n, Rows: 1, X: x, Y: y})
		}
		rest = left
	}
}

// run reads placeholders of one row, one column after the other.
func run(s string) (n, row, col int, rest string) {
	const parts = 4
	at := -1
	for s != "" {
		var values [parts]int
		length, seen := 0, 0
		for i, r := range s {
			if seen == parts {
				break
			}
			v, ok := numbers[r]
			if seen == 0 && r != kitty.Placeholder || seen > 0 && !ok {
				break
			}
			values[seen] = v
			length, seen = i+len(string(r)), seen+1
		}
		switch {
		case seen == 0:
			return n, row, col, s
		case n == 0:
			row, col = values[1], values[2]
		case seen < parts || values[1] != row || values[2] != at+1:
			return n, row, col, s
		}
		at = values[2]
		s = s[length:]
		n++
	}
	return n, row, col, s
}

// lastColour is the id in the colour that [Cells] begins with, -1 for another.
func lastColour(s string) int {
	_, sgr, ok := cutLast(s, "\x1b[38;5;")
	if !ok {
		return -1
	}
	number, after, ok := strings.Cut(sgr, "m")
	n, err := strconv.Atoi(number)
	if !ok || err != nil || after != "" {
		return -1
	}
	return n
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}
