package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"p4p/client/vcard"
	"p4p/localmap"
	"p4p/protocol"
)

const (
	importBatch = 200 // cards in one transaction
	importNotes = 50  // more are only counted
)

// ImportReport is what became of a phone book.
type ImportReport struct {
	Added, Changed int
	Skipped        []SkippedCard
	// Notes are sentences about what its owner should look at: lines that could not
	// be read, names that were told apart, names that could be mistaken.
	Notes []string
}

// SkippedCard is a card that is not in the phone book now.
type SkippedCard struct {
	Card   int // its number in the file, from 1
	Reason string
}

// ImportContacts adds the people of a vCard file of any version to the phone
// book. It can be repeated: who is known already is brought up to date. Of a card
// the name and the nickname are kept, and nothing goes to a server.
//
// The cards before a failure have been imported. Code: bad_phone_book.
func (c *Client) ImportContacts(ctx context.Context, file string) (ImportReport, error) {
	f, err := os.Open(file)
	if err != nil {
		return ImportReport{}, protocol.Errorf(protocol.CodeBadPhoneBook,
			"Cannot open the phone book %q: %v.", file, errors.Unwrap(err)).Because(err)
	}
	defer f.Close()
	var report ImportReport
	err = c.importCards(ctx, f, &report)
	if report.Added+report.Changed > 0 {
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

func (c *Client) importCards(ctx context.Context, r io.Reader, report *ImportReport) error {
	cards, into := vcard.NewReader(r), c.local.NewImport()
	var batch []localmap.ImportCard
	flush := func() error {
		done, err := into.Add(ctx, batch)
		batch = batch[:0]
		for _, one := range done {
			report.count(one)
		}
		return err
	}
	for {
		card, err := cards.Next()
		if errors.Is(err, io.EOF) {
			report.problems(cards.Stray())
			return flush()
		}
		if err != nil {
			return errors.Join(flush(), err)
		}
		report.problems(card.Problems)
		switch {
		case card.Group:
			report.skip(card.N, fmt.Sprintf("%q is a list of people, not a person.", card.Name))
		case card.Name == "":
			report.skip(card.N, fmt.Sprintf("The card in line %d has no name, nickname, organisation or e-mail address.", card.Line))
		default:
			batch = append(batch, localmap.ImportCard{
				N: card.N, UID: card.UID, Name: card.Name, Nickname: card.Nickname, Numbers: card.Numbers, Marks: marks(card),
			})
		}
		if len(batch) == importBatch {
			if err := flush(); err != nil {
				return err
			}
		}
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
	case localmap.Changed:
		r.Changed++
	case localmap.Skipped:
		r.skip(one.N, one.Why)
	case localmap.Unchanged:
	}
	if one.Note != "" {
		r.note(one.Note)
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
