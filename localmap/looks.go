package localmap

import (
	"context"
	"strings"
	"unicode"

	"go.mau.fi/util/confusable"
	"golang.org/x/text/unicode/norm"

	"p4p/protocol"
)

// Consent is what a person agreed to about a name.
type Consent uint8

// LookAlike says that a name is meant although it could be mistaken for another
// name of the phone book.
const LookAlike Consent = 1

// SamePerson says that a name that a device has is given to one more device of the
// same person.
const SamePerson Consent = 2

func agreed(all []Consent, to Consent) bool {
	for _, c := range all {
		if c&to != 0 {
			return true
		}
	}
	return false
}

// looks are what a name could be read as. Two names look alike when one of the
// three is the same for both.
//
// Each is a skeleton as Unicode's UTS 39 has it. As written: В and b are read as b,
// so the case of what is read makes no difference. But I and l are one drawing, and L
// is another: Mila is not Miia. In capitals and in small letters: the case in which
// a name was typed is not remembered, and some letters look alike in one case only.
type looks [3]string

func looksOf(name string) looks {
	return looks{
		strings.Map(func(r rune) rune {
			if r == 'L' {
				return r
			}
			return unicode.ToLower(r)
		}, skeleton(name)),
		skeleton(strings.ToUpper(name)),
		skeleton(strings.ToLower(name)),
	}
}

func (l looks) like(other looks) bool {
	for i := range l {
		if l[i] == other[i] {
			return true
		}
	}
	return false
}

// skeleton is UTS 39's: one spelling for all that is drawn alike. It is for comparing
// alone. Letters of another width or style that the table does not have follow by NFKC.
func skeleton(s string) string {
	s = strings.Map(func(r rune) rune {
		if ignorable(r) {
			return -1
		}
		return r
	}, norm.NFD.String(s))
	return confusable.Skeleton(norm.NFKC.String(confusable.Skeleton(s)))
}

// ignorable tells Unicode's Default_Ignorable_Code_Point, which is drawn as nothing.
func ignorable(r rune) bool {
	return unicode.In(r, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector) &&
		!unicode.In(r, unicode.White_Space, unicode.Prepended_Concatenation_Mark) &&
		(r < 0xfff9 || r > 0xfffb) && (r < 0x13430 || r > 0x13440)
}

// look is one of a name's looks.
type look struct {
	kind int
	as   string
}

// A gallery is the names of a phone book by what they look like.
type gallery struct {
	names map[int64]string
	by    map[look][]int64
}

func newGallery() *gallery {
	return &gallery{names: map[int64]string{}, by: map[look][]int64{}}
}

// fill brings the gallery to what the phone book is now.
func (g *gallery) fill(ctx context.Context, q querier) error {
	rows, err := q.QueryContext(ctx, "SELECT id, name FROM contacts ORDER BY id")
	if err != nil {
		return err
	}
	defer rows.Close()
	before := g.names
	g.names = make(map[int64]string, len(before))
	for rows.Next() {
		var id int64
		var name string
		if err := rows.Scan(&id, &name); err != nil {
			return err
		}
		if g.names[id] = name; before[id] != name {
			g.hang(id, name)
		}
	}
	return rows.Err()
}

// hang puts a person's name in, in the place of an earlier one.
func (g *gallery) hang(id int64, name string) {
	g.names[id] = name
	for kind, as := range looksOf(name) {
		key := look{kind, as}
		g.by[key] = append(g.by[key], id)
	}
}

// like is a name that this one could be mistaken for and that is not a's, "" if there is none.
func (g *gallery) like(name string, not int64) string {
	for _, n := range g.all(name, not) {
		return n
	}
	return ""
}

// all are the names that this one could be mistaken for, but those of one person.
func (g *gallery) all(name string, not int64) []string {
	var found []string
	seen := map[int64]bool{not: true}
	mine := looksOf(name)
	for kind, as := range mine {
		for _, id := range g.by[look{kind, as}] {
			// Who was renamed, or left, hangs under the earlier looks as well.
			if now, there := g.names[id]; there && !seen[id] && looksOf(now).like(mine) {
				found = append(found, now)
			}
			seen[id] = true
		}
	}
	return found
}

// CheckLooks refuses a name that nobody has and that could be mistaken for
// somebody's, as an error: looks_like, unless consent has [LookAlike].
func (m *Map) CheckLooks(ctx context.Context, name string, consent ...Consent) error {
	return m.read(ctx, func(q querier) error {
		if found, err := findContact(ctx, q, name); found != nil || err != nil {
			return err
		}
		return mustNotLook(ctx, q, name, 0, consent)
	})
}

// mustNotLook refuses a new name for a person (0: a new one) that could be mistaken
// for somebody else's, unless that was agreed to.
func mustNotLook(ctx context.Context, q querier, name string, of int64, consent []Consent) error {
	if agreed(consent, LookAlike) {
		return nil
	}
	g := newGallery()
	if err := g.fill(ctx, q); err != nil {
		return err
	}
	if by := g.like(name, of); by != "" {
		return errLooksLike(name, by)
	}
	return nil
}

func errLooksLike(name, by string) *protocol.Error {
	return protocol.Errorf(protocol.CodeLooksLike,
		"%q looks like %q, which is in your phone book: one could be mistaken for the other.", name, by)
}
