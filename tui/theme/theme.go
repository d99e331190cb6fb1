// Package theme turns a palette into the styles that the screens use. A screen is
// handed a Theme and never names a colour. Colour is never the only carrier of a
// meaning: beside each stands a mark or a word.
package theme

import (
	"image/color"

	"charm.land/lipgloss/v2"
)

// palette is the colours of one kind of background.
type palette struct {
	dim, faint, accent, friend, you, warn, bad, good, bar, barText color.Color
	tags                                                           []color.Color
}

// Two palettes: their colours have a contrast of at least 4.5 to 1 against a
// usual background of their kind, but faint, which carries no words.
var (
	dark = palette{
		dim: hex("#9a968e"), faint: hex("#4d4a45"),
		accent: hex("#7cc7ff"), friend: hex("#ffc46b"), you: hex("#8fe3a5"),
		warn: hex("#ffd166"), bad: hex("#ff8a80"), good: hex("#8fe3a5"),
		bar: hex("#2b2a33"), barText: hex("#e6e3dd"),
		tags: hexes("#ff8a80", "#ffb86b", "#ffe08a", "#a5e88f", "#6fe0d0", "#7cc7ff", "#b3a1ff", "#ff9ee0"),
	}
	light = palette{
		dim: hex("#66625b"), faint: hex("#c9c4ba"),
		accent: hex("#0b62a8"), friend: hex("#9a5200"), you: hex("#1d7036"),
		warn: hex("#8a5a00"), bad: hex("#b3261e"), good: hex("#1d7036"),
		bar: hex("#e7e3da"), barText: hex("#24221f"),
		tags: hexes("#b3261e", "#a34f00", "#7d6200", "#33701c", "#00695f", "#0b62a8", "#5b3fc4", "#a3257f"),
	}
)

// Two more for those who need more contrast: at least 7 to 1, faint included.
var (
	darkHigh = palette{
		dim: hex("#e4e4e4"), faint: hex("#b8b8b8"),
		accent: hex("#8fd8ff"), friend: hex("#ffd75f"), you: hex("#a6ffb8"),
		warn: hex("#ffe97a"), bad: hex("#ffb3ac"), good: hex("#a6ffb8"),
		bar: hex("#000000"), barText: hex("#ffffff"),
		tags: hexes("#ffb3ac", "#ffcf9e", "#fff0a8", "#b8ff9e", "#8ff5e6", "#8fd8ff", "#d2c6ff", "#ffc2ee"),
	}
	lightHigh = palette{
		dim: hex("#2b2b2b"), faint: hex("#474747"),
		accent: hex("#003f75"), friend: hex("#5c3000"), you: hex("#00430f"),
		warn: hex("#523600"), bad: hex("#7d0010"), good: hex("#00430f"),
		bar: hex("#ffffff"), barText: hex("#000000"),
		tags: hexes("#7d0010", "#632f00", "#4b3a00", "#174300", "#00423b", "#003f75", "#38208f", "#6b0052"),
	}
)

func hex(s string) color.Color { return lipgloss.Color(s) }

func hexes(s ...string) []color.Color {
	out := make([]color.Color, len(s))
	for i, c := range s {
		out[i] = hex(c)
	}
	return out
}

// Theme is the styles of the app. The zero value is not usable: see [New].
type Theme struct {
	Dark   bool
	Colour bool // false under NO_COLOR: only bold, faint, underline and reverse

	Text, Dim, Faint, Strong  lipgloss.Style
	Friend, You, Anonymous    lipgloss.Style
	Warn, Bad, Good           lipgloss.Style
	Key, Title, Tab, TabOn    lipgloss.Style
	Select, Pill, Bar, Banner lipgloss.Style
	Address                   lipgloss.Style // on the web, within a text

	tags []lipgloss.Style
}

// New makes the theme for a dark or light background, with or without colours.
func New(isDark, colour bool) Theme {
	p := light
	if isDark {
		p = dark
	}
	return styles(p, isDark, colour)
}

// HighContrast makes the theme for those who need more contrast. What is selected or
// pressing is reversed, in whatever colours the terminal has.
func HighContrast(isDark, colour bool) Theme {
	p := lightHigh
	if isDark {
		p = darkHigh
	}
	t := styles(p, isDark, colour)
	if colour {
		strong := lipgloss.NewStyle().Bold(true).Reverse(true)
		t.Pill, t.Bar, t.Banner = strong, strong, strong
		t.Select, t.Key, t.Bad = t.Select.Bold(true), t.Key.Bold(true), t.Bad.Bold(true)
	}
	return t
}

func styles(p palette, isDark, colour bool) Theme {
	plain := lipgloss.NewStyle()
	if !colour {
		return Theme{
			Dark: isDark,
			Text: plain, Dim: plain, Faint: plain, Strong: plain.Bold(true),
			Friend: plain.Bold(true), You: plain.Bold(true), Anonymous: plain,
			Warn: plain.Bold(true), Bad: plain.Bold(true), Good: plain.Bold(true),
			Key: plain.Bold(true), Title: plain.Bold(true), Tab: plain, TabOn: plain.Bold(true).Underline(true),
			Select: plain.Bold(true), Pill: plain.Reverse(true), Bar: plain.Reverse(true), Banner: plain.Reverse(true),
			Address: plain.Underline(true),
			tags:    []lipgloss.Style{plain},
		}
	}
	fg := plain.Foreground
	t := Theme{
		Dark: isDark, Colour: true,
		Text: plain, Dim: fg(p.dim), Faint: fg(p.faint), Strong: plain.Bold(true),
		Friend: fg(p.friend).Bold(true), You: fg(p.you).Bold(true), Anonymous: fg(p.dim),
		Warn: fg(p.warn), Bad: fg(p.bad), Good: fg(p.good),
		Key: fg(p.accent), Title: fg(p.accent).Bold(true), Tab: fg(p.dim), TabOn: fg(p.accent).Bold(true).Underline(true),
		Select: fg(p.accent), Pill: plain.Background(p.accent).Foreground(pick(isDark, hex("#10202c"), hex("#ffffff"))).Bold(true),
		Address: plain.Underline(true),
		Bar:     plain.Background(p.bar).Foreground(p.barText),
		Banner:  plain.Background(p.friend).Foreground(pick(isDark, hex("#2a1a00"), hex("#ffffff"))).Bold(true),
	}
	for _, c := range p.tags {
		t.tags = append(t.tags, fg(c))
	}
	return t
}

func pick(isDark bool, d, l color.Color) color.Color {
	if isDark {
		return d
	}
	return l
}

// Tag is the style of one half of a stranger's colour tag, chosen by a byte of
// the stranger's UUID.
func (t Theme) Tag(b byte) lipgloss.Style { return t.tags[int(b)%len(t.tags)] }
