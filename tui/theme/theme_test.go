package theme

import (
	"fmt"
	"image/color"
	"math"
	"strings"
	"testing"
)

// luminance and contrast are those of WCAG 2.1.
func luminance(c color.Color) float64 {
	r, g, b, _ := c.RGBA()
	lin := func(v uint32) float64 {
		f := float64(v) / 0xffff
		if f <= 0.03928 {
			return f / 12.92
		}
		return math.Pow((f+0.055)/1.055, 2.4)
	}
	return 0.2126*lin(r) + 0.7152*lin(g) + 0.0722*lin(b)
}

func contrast(a, b color.Color) float64 {
	x, y := luminance(a)+0.05, luminance(b)+0.05
	return max(x, y) / min(x, y)
}

func TestWordsAreReadableOnUsualBackgrounds(t *testing.T) {
	for _, tt := range []struct {
		name        string
		p           palette
		backgrounds []string
		least       float64
	}{
		{"dark", dark, []string{"#000000", "#1e1e2e", "#282828"}, 4.5},
		{"light", light, []string{"#ffffff", "#fdf6e3", "#f5f5f5"}, 4.5},
		{"high contrast, dark", darkHigh, []string{"#000000", "#1e1e2e", "#282828"}, 7},
		{"high contrast, light", lightHigh, []string{"#ffffff", "#fdf6e3", "#f5f5f5"}, 7},
	} {
		words := map[string]color.Color{
			"dim": tt.p.dim, "accent": tt.p.accent, "friend": tt.p.friend, "you": tt.p.you, "warn": tt.p.warn, "bad": tt.p.bad, "good": tt.p.good,
		}
		if tt.least > 4.5 {
			words["faint"] = tt.p.faint
		}
		for i, c := range tt.p.tags {
			words[fmt.Sprint("tag ", i)] = c
		}
		for _, b := range tt.backgrounds {
			for word, c := range words {
				if got := contrast(c, hex(b)); got < tt.least {
					t.Errorf("%s: %s on %s has a contrast of %.1f to 1", tt.name, word, b, got)
				}
			}
		}
	}
}

func TestWithoutColoursNoStyleHasOne(t *testing.T) {
	th := New(true, false)
	for _, s := range []string{
		th.Friend.Render("x"), th.You.Render("x"), th.Bad.Render("x"), th.Pill.Render("x"), th.Banner.Render("x"), th.Key.Render("x"), th.Tag(7).Render("x"), th.Dim.Render("x"),
	} {
		for _, sgr := range []string{"38;", "48;", "[3", "[4m[", ";3"} {
			if strings.Contains(s, sgr) {
				t.Errorf("%q has a colour", s)
			}
		}
	}
}

func TestATagIsTheSameForTheSameStrangerInBothThemes(t *testing.T) {
	for _, isDark := range []bool{true, false} {
		th := New(isDark, true)
		first, again := th.Tag(3).Render("x"), New(isDark, true).Tag(3).Render("x")
		if first != again || th.Tag(3).Render("x") == th.Tag(4).Render("x") {
			t.Error("tags do not tell strangers apart")
		}
	}
}
