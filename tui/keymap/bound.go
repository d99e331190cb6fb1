package keymap

import (
	"fmt"
	"slices"
	"unicode/utf8"
)

// Override gives an intent other keys than it comes with.
type Override struct {
	Place  string // where; "" for every place that has the intent
	Intent Intent
	Keys   []string // at least one, as [Key] returns them
	Line   int      // of the settings file, from 1
}

// Bound is the key maps with a person's overrides. The zero value has none.
type Bound struct{ places map[string]place }

// place is a map and, for each of its bindings, the line that set it; 0 for none.
type place struct {
	Map
	lines []int
}

// Map is a map with its overrides.
func (b Bound) Map(m Map) Map {
	if p, ok := b.places[m.Name]; ok {
		return p.Map
	}
	return m
}

// Conflict is why overrides were left out: a whole sentence without the end.
type Conflict struct {
	Line int
	Text string
}

// Bind applies overrides; one for a place wins over one for every place. Those through
// which a key would mean two things in one place, or a letter would be no text where
// one types, are left out and told.
func Bind(overrides []Override) (Bound, []Conflict) {
	overrides = slices.Clone(overrides)
	var told []Conflict
	for {
		b := apply(overrides)
		c, lines := b.conflict()
		if len(lines) == 0 {
			return b, told
		}
		told = append(told, c)
		overrides = slices.DeleteFunc(overrides, func(o Override) bool { return slices.Contains(lines, o.Line) })
	}
}

func apply(overrides []Override) Bound {
	b := Bound{map[string]place{}}
	for _, m := range Places() {
		p := place{m, make([]int, len(m.Bindings))}
		p.Bindings = slices.Clone(m.Bindings)
		for _, scoped := range []bool{false, true} {
			for _, o := range overrides {
				if scoped == (o.Place != "") && (!scoped || o.Place == m.Place()) {
					p.set(o)
				}
			}
		}
		b.places[m.Name] = p
	}
	return b
}

// set gives a binding the keys of an override. Letters that are meant for every place
// stay text where one types.
func (p place) set(o Override) {
	keys := slices.Clone(o.Keys)
	if o.Place == "" && p.isTyped() {
		keys = slices.DeleteFunc(keys, isText)
	}
	for i := range p.Bindings {
		if p.Bindings[i].Intent == o.Intent && len(keys) > 0 {
			p.Bindings[i].Keys, p.Bindings[i].Label, p.lines[i] = keys, label(keys), o.Line
		}
	}
}

// isTyped tells that letters are text in a place: it comes with none as keys.
func (m Map) isTyped() bool {
	for _, b := range m.Bindings {
		if slices.ContainsFunc(b.Keys, func(k string) bool { return utf8.RuneCountInString(k) == 1 }) {
			return false
		}
	}
	return true
}

// conflict finds a key with two meanings, of which an override is to blame for one, and
// the lines of these overrides.
func (b Bound) conflict() (Conflict, []int) {
	for _, m := range Places() {
		p := b.places[m.Name]
		for i, line := range p.lines {
			if k := slices.IndexFunc(p.Bindings[i].Keys, isText); line > 0 && k >= 0 && m.isTyped() {
				return Conflict{line, fmt.Sprintf("%q is text where one types, so it cannot mean %s in %s; take a key with ctrl or alt",
					p.Bindings[i].Keys[k], p.Bindings[i].Intent, m.Place())}, []int{line}
			}
		}
		if c, lines := p.clash(b.around(m)); len(lines) > 0 {
			return c, lines
		}
	}
	return Conflict{}, nil
}

// around is what holds in a place beside its own keys.
func (b Bound) around(m Map) place {
	switch {
	case m.Name == Global.Name || m.Name == Typing.Name:
		return place{}
	case m.isTyped():
		return b.places[Typing.Name]
	}
	return b.places[Global.Name]
}

// clash finds a key with two meanings in a place and what holds around it.
func (p place) clash(around place) (Conflict, []int) {
	all := slices.Concat(p.Bindings, around.Bindings)
	lines := slices.Concat(p.lines, around.lines)
	for i, a := range all {
		for j, b := range all {
			if lines[i] == 0 || lines[j] > lines[i] || i == j || a.Intent == b.Intent {
				continue // a is the override, or the later one
			}
			for _, k := range a.Keys {
				if slices.Contains(b.Keys, k) && !isMeant(p.Name, around.Name, k, a.Intent, b.Intent) {
					return explain(p.Map, k, a.Intent, b.Intent, lines[i], lines[j])
				}
			}
		}
	}
	return Conflict{}, nil
}

func explain(m Map, key string, a, b Intent, line, other int) (Conflict, []int) {
	c := Conflict{line, fmt.Sprintf("%q would mean both %s and %s in %s", key, a, b, m.Place())}
	if other > 0 {
		c.Text += fmt.Sprintf(" (line %d); give one of them another key", other)
		return c, []int{line, other}
	}
	c.Text += fmt.Sprintf("; take another key, or give %s another one too", b)
	return c, []int{line}
}

// isMeant tells that a key comes with both meanings: the app knows which holds when.
func isMeant(place, around, key string, a, b Intent) bool {
	has := func(i Intent) bool {
		for _, m := range Places() {
			if m.Name != place && m.Name != around {
				continue
			}
			if bound, ok := m.Binding(i); ok && slices.Contains(bound.Keys, key) {
				return true
			}
		}
		return false
	}
	return has(a) && has(b)
}
