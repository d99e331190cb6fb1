package settings

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"p4p/tui/keymap"
)

// maxFile bounds what is read of a file, in bytes.
const maxFile = 1 << 20

// Problem is something in a file that does not hold, and why.
type Problem struct {
	File string
	Line int // from 1; 0 for the whole file
	Text string
}

// String is a sentence with the place.
func (p Problem) String() string {
	if p.Line == 0 {
		return p.File + ": " + p.Text + "."
	}
	return fmt.Sprintf("%s, line %d: %s.", p.File, p.Line, p.Text)
}

// Read reads a file. One that does not exist says nothing.
func Read(file string) (Settings, []Problem) {
	f, err := os.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		return Default(), nil
	}
	if err != nil {
		return Default(), []Problem{{File: file, Text: "it cannot be opened, so nothing in it holds: " + err.Error()}}
	}
	defer f.Close()
	return Parse(file, f)
}

// Parse reads settings: lines "name = value"; lines "[keys]" and "[keys PLACE]", after
// which a line gives an intent its keys, in every place or in that one; and, from "#" at
// a line's beginning on, words for people. The file's name is for the problems.
func Parse(name string, r io.Reader) (Settings, []Problem) {
	p := parser{file: name, s: Default(), set: map[string]int{}}
	in := bufio.NewScanner(io.LimitReader(r, maxFile))
	in.Buffer(nil, maxFile)
	for in.Scan() {
		p.line++
		p.read(strings.TrimSpace(strings.TrimPrefix(in.Text(), "\ufeff")))
	}
	if err := in.Err(); err != nil {
		p.line = 0
		p.say("it cannot be read to its end: %s", err)
	}
	var conflicts []keymap.Conflict
	p.s.Keys, conflicts = keymap.Bind(p.keys)
	for _, c := range conflicts {
		p.problems = append(p.problems, Problem{name, c.Line, c.Text})
	}
	slices.SortStableFunc(p.problems, func(a, b Problem) int { return cmp.Compare(a.Line, b.Line) })
	return p.s, p.problems
}

type parser struct {
	file     string
	line     int
	s        Settings
	section  string // "" before the first, "keys" or "keys PLACE"; "?" after one that does not exist
	set      map[string]int
	keys     []keymap.Override
	problems []Problem
}

func (p *parser) say(format string, args ...any) {
	p.problems = append(p.problems, Problem{p.file, p.line, fmt.Sprintf(format, args...)})
}

func (p *parser) read(line string) {
	switch {
	case line == "" || line[0] == '#':
	case !utf8.ValidString(line):
		p.say("it is not UTF-8")
	case line[0] == '[' && !strings.Contains(line, "="):
		p.begin(line)
	default:
		name, value, found := strings.Cut(line, "=")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		switch {
		case p.section == "?":
		case !found || name == "":
			p.say("%q is no setting; one is written as theme = dark", short(line))
		case value == "":
			p.say("%s has no value; take the line out to have what the app comes with", short(name))
		case p.again(name):
		case p.section == "":
			if err := p.s.Set(name, value); err != nil {
				p.say("%s", err)
			}
		default:
			p.bind(name, value)
		}
	}
}

// again tells of a name that was set before in the same section.
func (p *parser) again(name string) bool {
	key := p.section + "\n" + name
	if first := p.set[key]; first > 0 {
		p.say("%s was set in line %d already; that one holds", short(name), first)
		return true
	}
	p.set[key] = p.line
	return false
}

// begin begins a section.
func (p *parser) begin(line string) {
	section := strings.Join(strings.Fields(strings.Trim(line, "[]")), " ")
	kind, place, _ := strings.Cut(section, " ")
	p.section = section
	if kind != "keys" || !strings.HasSuffix(line, "]") {
		p.section = "?"
		p.say("%q is no section; there is [keys], and [keys feed] for one place", short(line))
		return
	}
	if _, ok := keymap.InPlace(place); place != "" && !ok {
		p.section = "?"
		p.say("there is no place %q%s; p4p config lists them", short(place), nearest(place, places()))
	}
}

// bind gives an intent its keys.
func (p *parser) bind(name, value string) {
	intent := keymap.Named(name)
	_, place, _ := strings.Cut(p.section, " ")
	has := intents(place)
	switch {
	case intent == keymap.None:
		p.say("nothing that keys do is called %q%s; p4p config lists it all", short(name), nearest(name, has))
		return
	case !slices.Contains(has, name):
		p.say("there is no %s in %s%s; p4p config lists what there is", name, place, nearest(name, has))
		return
	}
	o := keymap.Override{Place: place, Intent: intent, Line: p.line}
	for _, word := range strings.Fields(value) {
		key, ok := keymap.Key(word)
		if !ok {
			p.say("there is no key %q; keys are written as n, N, ctrl+s, alt+enter, f5, up, pgdown, space or esc", short(word))
			return
		}
		if !slices.Contains(o.Keys, key) {
			o.Keys = append(o.Keys, key)
		}
	}
	p.keys = append(p.keys, o)
}

func places() []string {
	var out []string
	for _, m := range keymap.Places() {
		out = append(out, m.Place())
	}
	return out
}

// intents are the names of what keys do in a place, or anywhere.
func intents(place string) []string {
	var out []string
	for _, m := range keymap.Places() {
		if place != "" && m.Place() != place {
			continue
		}
		for _, b := range m.Bindings {
			if name := b.Intent.String(); !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	}
	return out
}
