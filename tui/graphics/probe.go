package graphics

import (
	"image"
	"slices"
	"strconv"
	"strings"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
)

// Answers are what a terminal told about itself, as far as it did.
type Answers struct {
	Kitty     bool   // it took a picture by kitty's protocol
	Version   string // XTVERSION, such as "kitty(0.42.1)", "XTerm(379)" or "tmux 3.5a"
	Sixel     bool   // attribute 4 of its primary device attributes
	Registers int    // colours that a sixel may have; 0 unknown
	Cell      image.Point
	Fence     bool // it answered the last question
}

// Where is what the environment tells about a terminal.
type Where struct {
	Tmux    bool // or screen: its own terminal, behind which is another
	Term    string
	Program string
	iterm   bool
}

// Locate reads the environment, "NAME=value" each.
func Locate(env []string) Where {
	get := func(name string) (value string) {
		for _, v := range env {
			if k, s, _ := strings.Cut(v, "="); k == name {
				value = s
			}
		}
		return value
	}
	w := Where{Term: get("TERM"), Program: get("TERM_PROGRAM")}
	w.Tmux = get("TMUX") != "" || get("STY") != "" || strings.HasPrefix(w.Term, "tmux") || strings.HasPrefix(w.Term, "screen")
	w.iterm = w.Program == "iTerm.app" || w.Program == "WezTerm" || get("LC_TERMINAL") == "iTerm2"
	return w
}

// Mute tells of a terminal that would print some of the questions instead of
// answering them.
func (w Where) Mute() bool {
	return w.Term == "" || w.Term == "dumb" || w.Term == "linux" || strings.HasPrefix(w.Term, "vt") || w.Program == "Apple_Terminal"
}

// askRegisters asks how many colours a sixel may have, then for 256: an xterm that
// plays a VT340 begins with 16. The answer to the second tells how many there are.
const askRegisters = "\x1b[?1;1;0S\x1b[?1;3;256S"

// Questions are what a terminal is asked. The last is one that nearly every terminal
// answers: with its answer all others are there or will never come. Behind tmux only
// tmux is asked: an answer from outside would come as keys, to whichever pane has them.
func (w Where) Questions() string {
	const (
		cell  = "\x1b[16t"
		kitty = "\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\"
	)
	switch {
	case w.Mute():
		return ""
	case w.Tmux:
		return cell + ansi.RequestPrimaryDeviceAttributes
	default:
		return kitty + ansi.RequestNameVersion + cell + askRegisters + ansi.RequestPrimaryDeviceAttributes
	}
}

// AskCell asks for the size of a cell, which changes with the font's.
func (w Where) AskCell() string {
	if w.Mute() {
		return ""
	}
	return "\x1b[16t"
}

// Choose is the best that a terminal is known to show. Kitty's protocol alone is not
// enough for it: several terminals have it without the placeholders.
func Choose(w Where, a Answers, p colorprofile.Profile) Mode {
	name, version := splitVersion(a.Version)
	switch {
	case w.Mute():
		return Blocks
	case a.Kitty && !w.Tmux && p >= colorprofile.ANSI256 && (name == "ghostty" || name == "kitty" && atLeast(version, 0, 28)):
		return Kitty
	case !w.Tmux && (w.iterm || name == "iterm2" || name == "wezterm"):
		return ITerm
	case a.Sixel:
		return Sixel
	}
	return Blocks
}

// splitVersion reads "kitty(0.42.1)" and "ghostty 1.2.0".
func splitVersion(s string) (name, version string) {
	i := strings.IndexAny(s, "( ")
	if i < 0 {
		return strings.ToLower(s), ""
	}
	return strings.ToLower(s[:i]), strings.Trim(s[i:], "() ")
}

func atLeast(version string, major, minor int) bool {
	parts := strings.SplitN(version, ".", 3)
	if len(parts) < 2 {
		return false
	}
	a, errA := strconv.Atoi(parts[0])
	b, errB := strconv.Atoi(parts[1])
	return errA == nil && errB == nil && (a > major || a == major && b >= minor)
}

// HasSixel reads primary device attributes.
func HasSixel(attributes []int) bool { return slices.Contains(attributes, 4) }

// ReadRegisters reads an answer about colour registers, "\x1b[?1;0;256S".
func ReadRegisters(s string) (int, bool) {
	rest, ok := strings.CutPrefix(s, "\x1b[?1;0;")
	number, tail, found := strings.Cut(rest, "S")
	n, err := strconv.Atoi(number)
	return n, ok && found && tail == "" && err == nil && n > 0
}
