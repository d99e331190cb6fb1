// Package vcard reads phone books as people really have them: vCard 2.1, 3.0 and
// 4.0 as telephones, mail programs and web addresses export them.
//
// github.com/emersion/go-vcard reads a clean card and silently loses what is not
// one. This package stands in front of it. Its rules:
//
//   - Cards are told apart first, and each is read by itself: a fault in one never
//     costs its neighbour.
//   - What cannot be read is reported with its line, and never stops the rest.
//   - The file may have any size: one card is in memory at a time, and of a line
//     64 KiB; a picture of megabytes passes by.
//   - Only what tells people apart is taken: name, nickname, organisation, e-mail
//     address, telephone numbers and UID. Everything else is not even decoded.
package vcard

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	govcard "github.com/emersion/go-vcard"
)

// Limits. What is beyond them is left out and reported.
const (
	maxLine     = 64 << 10 // bytes of one unfolded line
	maxCard     = 1 << 20  // bytes of one card's properties that are taken
	maxNumbers  = 16       // telephone numbers of a card
	maxProblems = 20       // reports of one card; what follows is not told
)

// Card is one person of a phone book, in no form but UTF-8.
type Card struct {
	N        int    // counts the cards of a file from 1
	Line     int    // of BEGIN:VCARD, from 1
	UID      string // without urn:uuid:, in small letters; "" if there is none
	Name     string // FN, else N, NICKNAME, ORG, EMAIL; "" if there is none of them
	Nickname string
	Org      string
	Numbers  []string // digits only, in the file's order
	Phone    string   // the one number to send a message to, as it is dialled: a mobile one, else the preferred, else the first; "" for none
	Group    bool     // a list of people, not a person
	Problems []Problem
}

// Problem is what could not be read.
type Problem struct {
	Line int
	What string // a clause: "is not a vCard property"
}

func (p Problem) String() string { return fmt.Sprintf("Line %d %s.", p.Line, p.What) }

// ErrNoCards is what [Reader.Next] answers when a file that is not empty ends
// without having had any card: it is something else.
var ErrNoCards = errors.New("this is not a vCard file: it has no line BEGIN:VCARD")

// ErrEmpty is a file with nothing in it.
var ErrEmpty = errors.New("the file is empty")

// Reader reads one card after the other.
type Reader struct {
	lines *lines
	cards int
	// stray are problems outside of any card: they are told with the next one.
	stray []Problem
	begun *line // the BEGIN:VCARD that ended a card which had no END
}

// NewReader reads a file of any encoding that its first bytes can tell.
func NewReader(r io.Reader) *Reader { return &Reader{lines: newLines(r)} }

// Next is the next card, and io.EOF behind the last. A card that has no name is a
// card. Errors other than io.EOF, ErrNoCards and ErrEmpty come from the file.
func (r *Reader) Next() (Card, error) {
	begin, err := r.begin()
	if err != nil {
		return Card{}, err
	}
	r.cards++
	c := Card{N: r.cards, Line: begin.n, Problems: r.stray}
	r.stray = nil
	text, err := r.body(&c)
	if err != nil {
		return Card{}, err
	}
	parsed, err := govcard.NewDecoder(text).Decode()
	if err != nil { // only what package go-vcard understands was given to it
		c.problem(begin.n, "begins a card that cannot be read: "+err.Error())
		return c, nil //nolint:nilerr // the card says it
	}
	c.take(parsed)
	return c, nil
}

// Stray are the problems behind the last card, once Next has answered io.EOF.
func (r *Reader) Stray() []Problem { return r.stray }

func (r *Reader) begin() (line, error) {
	if l := r.begun; l != nil {
		r.begun = nil
		return *l, nil
	}
	content := false
	for {
		l, err := r.lines.next()
		switch {
		case errors.Is(err, io.EOF) && r.cards == 0 && content:
			return l, ErrNoCards
		case errors.Is(err, io.EOF) && r.cards == 0:
			return l, ErrEmpty
		case err != nil:
			return l, err
		case l.is("BEGIN"):
			return l, nil
		case len(bytes.TrimSpace(l.text)) == 0:
			continue
		}
		content = true
		if len(r.stray) < maxProblems {
			r.stray = append(r.stray, Problem{l.n, "stands outside of any card"})
		}
	}
}

// body reads up to the card's end and gives back what is taken of it, as a clean
// card of version 3.0.
func (r *Reader) body(c *Card) (io.Reader, error) {
	var out strings.Builder
	out.WriteString("BEGIN:VCARD\r\nVERSION:3.0\r\n")
	agent, depth := false, 0
	r.lines.spaced = false
	for {
		l, err := r.lines.next()
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		switch {
		case err != nil:
			c.problem(r.lines.n, "ends the file in the middle of a card")
		case l.is("END") && depth > 0:
			depth--
			continue
		case l.is("BEGIN") && agent: // version 2.1 puts a whole card into another
			depth++
			agent = false
			continue
		case l.is("BEGIN"):
			c.problem(l.n, "begins a card before the last one ended")
			r.begun = &l
		case l.is("END"):
		case len(bytes.TrimSpace(l.text)) == 0:
			continue
		default:
			agent = r.property(c, &out, l, depth > 0)
			continue
		}
		break
	}
	out.WriteString("END:VCARD\r\n")
	return strings.NewReader(out.String()), nil
}

// property takes one line of a card. It tells whether a card may follow inside
// of this one.
func (r *Reader) property(c *Card, out *strings.Builder, l line, inside bool) (agent bool) {
	p, ok := parseProperty(l.text)
	if !ok {
		c.problem(l.n, "is not a vCard property")
		return false
	}
	switch {
	case p.name == "AGENT" && len(bytes.TrimSpace(p.value)) == 0:
		return true
	case inside:
		return false
	case p.name == "VERSION":
		// In 2.1 the space of a folded line belongs to the text.
		r.lines.spaced = string(bytes.TrimSpace(p.value)) == "2.1"
		return false
	case !wanted[p.name]:
		return false
	case l.cut:
		c.problem(l.n, fmt.Sprintf("is longer than %d KiB and was left out", maxLine>>10))
		return false
	}
	text, err := p.decode()
	if err != nil {
		c.problem(l.n, err.Error())
	}
	if out.Len()+len(text) > maxCard {
		c.problem(l.n, "and what follows in this card are too much for one card and were left out")
		return false
	}
	p.write(out, text)
	return false
}

func (c *Card) problem(n int, what string) {
	if len(c.Problems) < maxProblems {
		c.Problems = append(c.Problems, Problem{n, what})
	}
}
