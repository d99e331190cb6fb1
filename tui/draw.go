package tui

import (
	"strconv"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"p4p/plain"
)

// The smallest window that the app draws itself in.
const (
	minWidth  = 40
	minHeight = 12
)

// cells is how wide a line is for a terminal that knows grapheme clusters or one
// that does not, whichever is more: until a terminal says which it is, the
// renderer counts like the second, and most terminals are.
func cells(s string) int { return max(ansi.StringWidth(s), ansi.StringWidthWc(s)) }

// wrap breaks a text into lines that are at most w cells wide in both counts.
func wrap(t plain.Text, w int) []string {
	var out []string
	for _, line := range t.Wrap(max(w, 1)) {
		if cells(line.String()) <= w {
			out = append(out, line.String())
		} else {
			out = rewrap(out, line, w)
		}
	}
	return out
}

// rewrap breaks a line that fits in one count only: it takes the most from its
// beginning that fits in both, again and again.
func rewrap(out []string, line plain.Text, w int) []string {
	for {
		s := line.String()
		if cells(s) <= w {
			return append(out, s)
		}
		first := ""
		for tried := w; tried > 0; tried-- {
			if first = line.Wrap(tried)[0].String(); cells(first) <= w {
				break
			}
		}
		_, rest, found := strings.Cut(s, first)
		if cells(first) > w || first == "" || !found {
			return append(out, cut(s, w)) // one character that has no room
		}
		out = append(out, first)
		line = plain.Block(strings.TrimLeft(rest, " "))
		if line.IsEmpty() {
			return out
		}
	}
}

// line is a foreign text in one line of at most w cells in both counts.
func line(s string, w int) string {
	t := plain.Line(s)
	for tried := w; ; tried-- {
		c := t.Truncate(tried).String()
		if tried <= 0 || cells(c) <= w {
			return c
		}
	}
}

// cut cuts a line, styled or not, to at most w cells in both counts.
func cut(s string, w int) string {
	if w <= 0 {
		return ""
	}
	for tried := w; cells(s) > w && tried > 0; tried-- {
		s = ansi.Truncate(s, tried, "…")
		if ansi.StringWidthWc(s) > w {
			s = ansi.TruncateWc(s, tried, "…")
		}
	}
	return s
}

// keyed is words and, behind them, a key with what it does, in at most w cells: the key
// is the last thing to go.
func keyed(words, key string, w int) string {
	if room := w - cells(key); cells(words) > room {
		words = cut(words, room)
	}
	return cut(words+key, w)
}

// pad fills a line up to w cells. It is for text of our own and for the end of a line.
func pad(s string, w int) string {
	if n := cells(s); n < w {
		return s + strings.Repeat(" ", w-n)
	}
	return s
}

// fit makes exactly h lines.
func fit(lines []string, h int) []string {
	h = max(h, 0)
	if len(lines) > h {
		return lines[:h]
	}
	for len(lines) < h {
		lines = append(lines, "")
	}
	return lines
}

// thousands writes a number for people.
func thousands[N int | uint64](n N) string {
	s := strconv.FormatInt(int64(n), 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// count is "1 comment", "2 comments".
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return thousands(n) + " " + many
}

// age tells how long ago something was, shortly.
func age(at, now time.Time) string {
	d := now.Sub(at)
	switch {
	case d < time.Minute:
		return "now"
	case d < time.Hour:
		return strconv.Itoa(int(d/time.Minute)) + "m"
	case d < 24*time.Hour:
		return strconv.Itoa(int(d/time.Hour)) + "h"
	case d < 30*24*time.Hour:
		return strconv.Itoa(int(d/(24*time.Hour))) + "d"
	case at.Year() == now.Year():
		return at.Local().Format("2 Jan")
	default:
		return at.Local().Format("2 Jan 2006")
	}
}

// left tells how long something still lasts, in words.
func left(until, now time.Time) string {
	d := until.Sub(now)
	switch {
	case d <= 0:
		return "expired"
	case d < time.Hour:
		return "for " + count(int(d/time.Minute)+1, "more minute", "more minutes")
	case d < 48*time.Hour:
		return "for " + count(int(d/time.Hour), "more hour", "more hours")
	default:
		return "for " + count(int(d/(24*time.Hour)), "more day", "more days")
	}
}

func splitLines(s string) []string { return strings.Split(s, "\n") }
