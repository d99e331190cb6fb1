package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strings"

	"p4p/client/vcard"
	"p4p/localmap"
	"p4p/protocol"
)

const (
	importBatch = 200    // cards in one transaction
	importNotes = 50     // more are only counted
	importList  = 20_000 // people who are listed; more are only counted
)

// ImportOptions of a phone book.
type ImportOptions struct {
	// Numbers tells that its owner agrees to keep a telephone number of each person.
	Numbers bool
	// DryRun tells what an import would do, and does nothing.
	DryRun bool
}

// ImportReport is what became of a phone book.
type ImportReport struct {
	Added, Changed, Unchanged int
	Skipped                   []SkippedCard
	// People are those who were added or changed, in the file's order.
	People []ImportedPerson
	// Notes are sentences about what its owner should look at: lines that could not
	// be read, names that were told apart, names that could be mistaken.
	Notes []string
}

// ImportedPerson is somebody who is in the phone book now, or has changed there.
type ImportedPerson struct {
	Name   string
	New    bool
	What   string // what is another now, of one who is not new: a clause
	Number string // of a new one, if it is kept
}

// SkippedCard is a card that is not in the phone book now.
type SkippedCard struct {
	Card   int // its number in the file, from 1
	Reason string
}

// ImportContacts adds the people of a vCard file of any version to the phone
// book. It can be repeated: who is known already is brought up to date. Of a card
// the name and the nickname are kept, with o.Numbers also the telephone number that
// suits a message best, and nothing goes to a server.
//
// The cards before a failure have been imported. Code: bad_phone_book.
func (c *Client) ImportContacts(ctx context.Context, file string, o ImportOptions) (ImportReport, error) {
	f, err := os.Open(file)
	if err != nil {
		return ImportReport{}, protocol.Errorf(protocol.CodeBadPhoneBook,
			"Cannot open the phone book %q: %v.", file, errors.Unwrap(err)).Because(err)
	}
	defer f.Close()
	var report ImportReport
	err = c.importCards(ctx, f, o, &report)
	if report.Added+report.Changed > 0 && !o.DryRun {
		c.notify(FriendsChanged | LabelsChanged)
	}
	var known *protocol.Error
	switch {
	case err == nil, errors.As(err, &known), ctx.Err() != nil:
		return report, err
	case errors.Is(err, vcard.ErrEmpty):
		return report, protocol.Errorf(protocol.CodeBadPhoneBook, "The phone book %q is empty: export it again.", file)
	case errors.Is(err, vcard.ErrNoCards):
		return report, protocol.Errorf(protocol.CodeBadPhoneBook,
			"%q is no phone book: it has no line BEGIN:VCARD. Export your contacts as vCard (a file that ends in .vcf).", file)
	default:
		return report, protocol.Errorf(protocol.CodeBadPhoneBook, "Cannot read the phone book %q: %v.", file, err).Because(err)
	}
}

// read is a card that was read, and why it is nobody, if it is not.
type read struct {
	vcard.Card
	nobody string
}

func (c *Client) importCards(ctx context.Context, r io.Reader, o ImportOptions, report *ImportReport) error {
	cards, into := vcard.NewReader(r), c.local.NewImport(o.Numbers)
	add, full := into.Add, importBatch
	if o.DryRun { // in one piece, to be taken back as one
		add, full = into.Rehearse, math.MaxInt
	}
	var batch []read
	flush := func() error {
		done, err := add(ctx, people(batch))
		if err == nil {
			report.take(batch, done)
		}
		batch = batch[:0]
		return err
	}
	for {
		card, err := cards.Next()
		if errors.Is(err, io.EOF) {
			err := flush()
			report.problems(cards.Stray())
			return err
		}
		if err != nil {
			return errors.Join(flush(), err)
		}
		one := read{Card: card}
		switch {
		case card.Group:
			one.nobody = fmt.Sprintf("%q is a list of people, not a person.", card.Name)
		case card.Name == "":
			one.nobody = fmt.Sprintf("The card in line %d has no name, nickname, organisation or e-mail address.", card.Line)
		}
		if batch = append(batch, one); len(batch) == full {
			if err := flush(); err != nil {
				return err
			}
		}
	}
}

func people(batch []read) []localmap.ImportCard {
	var all []localmap.ImportCard
	for _, card := range batch {
		if card.nobody == "" {
			all = append(all, localmap.ImportCard{
				N: card.N, UID: card.UID, Name: card.Name, Nickname: card.Nickname, Numbers: card.Numbers, Phone: card.Phone, Marks: marks(card.Card),
			})
		}
	}
	return all
}

// take tells of some cards, in the file's order; done are the answers for the people
// among them.
func (r *ImportReport) take(batch []read, done []localmap.Imported) {
	for _, card := range batch {
		r.problems(card.Problems)
		if card.nobody != "" {
			r.skip(card.N, card.nobody)
			continue
		}
		r.count(done[0])
		done = done[1:]
	}
}

// marks tell a person from another of the same name, as one would oneself: where
// they work, what they are called, how their number ends.
func marks(card vcard.Card) []string {
	var all []string
	for _, m := range []string{card.Org, card.Nickname} {
		if m != "" && !strings.EqualFold(m, card.Name) {
			all = append(all, m)
		}
	}
	for _, n := range card.Numbers {
		all = append(all, "…"+n[max(0, len(n)-4):])
	}
	return all
}

func (r *ImportReport) count(one localmap.Imported) {
	switch one.Fate {
	case localmap.Added:
		r.Added++
		r.list(ImportedPerson{Name: one.Name, New: true, Number: one.Number})
	case localmap.Changed:
		r.Changed++
		r.list(ImportedPerson{Name: one.Name, What: one.What})
	case localmap.Skipped:
		r.skip(one.N, one.Why)
	case localmap.Unchanged:
		r.Unchanged++
	}
	if one.Note != "" {
		r.note(one.Note)
	}
}

func (r *ImportReport) list(p ImportedPerson) {
	if len(r.People) < importList {
		r.People = append(r.People, p)
	}
}

func (r *ImportReport) skip(card int, reason string) {
	r.Skipped = append(r.Skipped, SkippedCard{card, reason})
}

func (r *ImportReport) problems(all []vcard.Problem) {
	for _, p := range all {
		r.note(p.String())
	}
}

func (r *ImportReport) note(sentence string) {
	switch n := len(r.Notes); {
	case n < importNotes:
		r.Notes = append(r.Notes, sentence)
	case n == importNotes:
		r.Notes = append(r.Notes, "There is more of this kind, which is not told.")
	}
}
