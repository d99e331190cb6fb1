package qr

import "strings"

// Both colours of every cell are set, so that neither the terminal's theme nor NO_COLOR
// decides what a phone sees. They are taken from the fixed part of the 256 colours:
// 231 is #ffffff in the colour cube, 232 is #080808, the first grey. Palette colours 0
// to 15 are the theme's; 16, the cube's black, is one that base16 themes redefine; and
// 24-bit colours are misread by terminals, multiplexers and consoles that lack them.
const (
	blackOnWhite = "\x1b[38;5;232;48;5;231m"
	whiteOnBlack = "\x1b[38;5;231;48;5;232m"
	reset        = "\x1b[0m"
)

// Size returns the terminal cells that the code takes: a module is one cell wide and
// half a cell high.
func (c Code) Size() (cols, rows int) { return c.size, c.rows() }

// Fit returns the code enlarged by the largest whole factor with which it takes at most
// cols x rows terminal cells; as it is where there is no such factor.
func (c Code) Fit(cols, rows int) Code {
	if c.size == 0 {
		return c
	}
	return c.enlarged(min(cols, 2*rows) / c.size)
}

// enlarged has n x n modules for each.
func (c Code) enlarged(n int) Code {
	if n <= 1 {
		return c
	}
	large := Code{size: n * c.size, dark: make([]bool, 0, n*n*len(c.dark))}
	for y := range large.size {
		for x := range large.size {
			large.dark = append(large.dark, c.at(x/n, y/n))
		}
	}
	return large
}

// Terminal returns the code for a terminal: [Code.Lines] joined by line breaks, without
// one at the end.
func (c Code) Terminal() string { return strings.Join(c.Lines(), "\n") }

// Lines returns the rows of the code for a terminal, to print as they are or to set
// beside other text. Each sets its colours and resets them at its end. Bubble Tea takes
// all colours out of a view under NO_COLOR, unless it is told a profile of 256 colours or
// more (WithColorProfile); without colours these lines are no code.
//
// A cell whose halves differ is an upper half block; one whose halves are alike is a
// blank, drawn by the background alone: block characters leave seams in some fonts, and
// terminals that enforce a contrast would change a foreground that equals it.
func (c Code) Lines() []string {
	lines := make([]string, 0, c.rows())
	for y := 0; y < c.size; y += 2 {
		lines = append(lines, c.line(y))
	}
	return lines
}

func (c Code) line(y int) string {
	var b strings.Builder
	current := ""
	for x := range c.size {
		upper, lower := c.at(x, y), c.at(x, y+1)
		colours, glyph := blackOnWhite, " "
		if lower {
			colours = whiteOnBlack
		}
		if upper != lower {
			glyph = "▀"
		}
		if colours != current {
			b.WriteString(colours)
			current = colours
		}
		b.WriteString(glyph)
	}
	b.WriteString(reset)
	return b.String()
}
