// Package settings reads the file in which a person says how the app should look and
// which keys mean what.
//
// Its rules:
//
//   - A line that is wrong is left out and told with its number; the others hold. No file
//     keeps the app from starting.
//   - Everything has a default, and what the app prints as its settings can be read again.
//   - The file is the person's own. Still, what it says goes to a screen only through plain.
package settings

import (
	"fmt"
	"slices"
	"strings"

	"p4p/tui/keymap"
)

// Settings are how the app looks and behaves. The zero value is not usable: see [Default].
type Settings struct {
	Theme         string // one of Themes
	Images        string // one of ImageModes
	Motion        string // MotionFull or MotionReduced
	Notifications string // On, Bell or Off
	Keys          keymap.Bound
}

// What the settings can be; the first is the default.
var (
	Themes     = []string{"auto", "dark", "light", HighContrast, HighContrast + "-dark", HighContrast + "-light"}
	ImageModes = []string{"auto", "kitty", "sixel", "iterm", "blocks", "off"}
	motions    = []string{MotionFull, MotionReduced}
	notifies   = []string{On, Bell, Off}
)

// Values of settings.
const (
	HighContrast  = "high-contrast"
	MotionFull    = "full"
	MotionReduced = "reduced"
	On            = "on"
	Bell          = "bell"
	Off           = "off"
)

// option is a setting that is one of several words.
type option struct {
	name  string
	words string // for the printed file
	may   []string
	of    func(*Settings) *string
}

var options = []option{
	{"theme", "The colours; auto, and high-contrast as such, ask the terminal for its background.", Themes, func(s *Settings) *string { return &s.Theme }},
	{"images", "How pictures are drawn; auto asks the terminal what it can.", ImageModes, func(s *Settings) *string { return &s.Images }},
	{"motion", "Whether the screen changes by itself more than it must.", motions, func(s *Settings) *string { return &s.Motion }},
	{"notifications", "Whether the terminal tells, in words or by its bell alone, of friends' posts, of comments on yours and of accepted invites.", notifies, func(s *Settings) *string { return &s.Notifications }},
}

// Default is what holds without a file.
func Default() Settings {
	var s Settings
	for _, o := range options {
		*o.of(&s) = o.may[0]
	}
	return s
}

// Set sets what the command line calls by the same name.
func (s *Settings) Set(name, value string) error {
	i := slices.IndexFunc(options, func(o option) bool { return o.name == name })
	if i < 0 {
		return fmt.Errorf("there is no setting %q%s", name, nearest(name, optionNames()))
	}
	o := options[i]
	if !slices.Contains(o.may, value) {
		return fmt.Errorf("%s cannot be %q%s: it is %s", name, value, nearest(value, o.may), either(o.may))
	}
	*o.of(s) = value
	return nil
}

// Values are the settings that are words, by their names.
func (s Settings) Values() map[string]string {
	out := map[string]string{}
	for _, o := range options {
		out[o.name] = *o.of(&s)
	}
	return out
}

func optionNames() []string {
	var out []string
	for _, o := range options {
		out = append(out, o.name)
	}
	return out
}

// either joins words as a person would.
func either(words []string) string {
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}
