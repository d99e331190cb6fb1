package localmap

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"p4p/protocol"
)

// newcomer writes a person into the phone book whom no earlier card was about.
func (i *Import) newcomer(ctx context.Context, t *tx, c ImportCard, uid []byte) (Imported, error) {
	done := Imported{Fate: Added, Name: c.Name, Number: c.Phone}
	there, err := findContact(ctx, t, c.Name)
	if err != nil {
		return done, err
	}
	if there != nil {
		imported := 0
		if err := t.QueryRowContext(ctx, "SELECT count(*) FROM cards WHERE contact = ?", there.ID).Scan(&imported); err != nil {
			return done, err
		}
		if imported == 0 { // typed by hand before, under the same name
			i.touched[there.ID] = c.N
			return t.adopt(ctx, c, uid, *there)
		}
	}
	if done.Name, done.Note, err = i.apart(ctx, t, c, there, 0); err != nil {
		return done, err
	}
	made, err := t.insertContact(ctx, done.Name)
	if err != nil {
		return done, err
	}
	i.touched[made.ID] = c.N
	i.names.hang(made.ID, made.Name)
	if _, err := t.ExecContext(ctx, "UPDATE contacts SET nickname = ?, number = ? WHERE id = ?", c.Nickname, c.Phone, made.ID); err != nil {
		return done, err
	}
	return done, t.insertCard(ctx, c, uid, made.ID, done.Name)
}

// adopt remembers that a card is about a person who was in the phone book before.
func (t *tx) adopt(ctx context.Context, c ImportCard, uid []byte, there Contact) (Imported, error) {
	done := Imported{Name: there.Name}
	if err := t.bringUpToDate(ctx, c, there, &done); err != nil {
		return done, err
	}
	return done, t.insertCard(ctx, c, uid, there.ID, there.Name)
}

// bringUpToDate writes what a card says of a person beside the name.
func (t *tx) bringUpToDate(ctx context.Context, c ImportCard, now Contact, done *Imported) error {
	set := func(column, value, was, what string) error {
		if value == "" || value == was {
			return nil
		}
		t.erase = t.erase || was != ""
		if done.Fate = Changed; done.What != "" {
			done.What += ", "
		}
		done.What += what
		_, err := t.ExecContext(ctx, "UPDATE contacts SET "+column+" = ? WHERE id = ?", value, now.ID)
		return err
	}
	if err := set("nickname", c.Nickname, now.Nickname, fmt.Sprintf("with the nickname %q", c.Nickname)); err != nil {
		return err
	}
	return set("number", c.Phone, now.Number, "with the number "+c.Phone)
}

func (t *tx) insertCard(ctx context.Context, c ImportCard, uid []byte, contact int64, given string) error {
	_, err := t.ExecContext(ctx, "INSERT INTO cards (contact, uid, name, folded, given, numbers) VALUES (?, ?, ?, ?, ?, ?)",
		contact, uid, c.Name, folded(c.Name), given, fingerprints(c.Numbers))
	return err
}

// again brings a person of an earlier import up to date.
func (i *Import) again(ctx context.Context, t *tx, c ImportCard, uid []byte, k card) (Imported, error) {
	var now Contact
	err := t.QueryRowContext(ctx, "SELECT id, name, nickname, number FROM contacts WHERE id = ?", k.contact).Scan(&now.ID, &now.Name, &now.Nickname, &now.Number)
	if err != nil {
		return Imported{}, err
	}
	done := Imported{Name: now.Name}
	if c.Name != k.name && now.Name == k.given {
		renamed, err := i.renameImported(ctx, t, c, now)
		if err != nil || renamed.Fate == Skipped {
			return renamed, err
		}
		done, k.given = renamed, renamed.Name
	}
	if err := t.bringUpToDate(ctx, c, now, &done); err != nil {
		return done, err
	}
	if k.uid == nil {
		k.uid = uid
	}
	numbers := k.numbers
	if len(c.Numbers) > 0 {
		numbers = fingerprints(c.Numbers)
	}
	_, err = t.ExecContext(ctx, "UPDATE cards SET uid = ?, name = ?, folded = ?, given = ?, numbers = ? WHERE id = ?",
		k.uid, c.Name, folded(c.Name), k.given, numbers, k.id)
	return done, err
}

// renameImported follows a phone book in which a person is called otherwise now.
func (i *Import) renameImported(ctx context.Context, t *tx, c ImportCard, now Contact) (Imported, error) {
	var friendships int
	if err := t.QueryRowContext(ctx, "SELECT count(*) FROM friendships WHERE contact = ?", now.ID).Scan(&friendships); err != nil {
		return Imported{}, err
	}
	if friendships > 0 {
		return Imported{Fate: Skipped, Name: c.Name, Why: fmt.Sprintf(
			"%q is called %q in this file now, but has a friendship or an invite, and a friend's name changes by you alone: p4p friends rename does it.", now.Name, c.Name)}, nil
	}
	other, err := findContact(ctx, t, c.Name)
	if err != nil {
		return Imported{}, err
	}
	if other != nil && other.ID == now.ID {
		other = nil
	}
	done := Imported{Fate: Changed, What: fmt.Sprintf("called %q before", now.Name)}
	if done.Name, done.Note, err = i.apart(ctx, t, c, other, now.ID); err != nil {
		return Imported{}, err
	}
	t.erase = true
	i.names.hang(now.ID, done.Name)
	_, err = t.ExecContext(ctx, "UPDATE contacts SET name = ?, folded = ? WHERE id = ?", done.Name, folded(done.Name), now.ID)
	return done, err
}

// apart is the name that a card's person gets: its own, or one with a mark behind it
// where taken has that name or somebody's could be mistaken for it. Then note says so.
// of is the person if there is one already.
func (i *Import) apart(ctx context.Context, t *tx, c ImportCard, taken *Contact, of int64) (name, note string, err error) {
	like := i.names.like(c.Name, of)
	if taken == nil && like == "" {
		return c.Name, "", nil
	}
	if name, err = i.freeName(ctx, t, c); err != nil {
		return "", "", err
	}
	if taken != nil {
		return name, fmt.Sprintf("There is a %q already: the one of card %d is called %q.", taken.Name, c.N, name), nil
	}
	return name, fmt.Sprintf("Card %d has the name %q, which could be mistaken for %q: it is called %q. Make sure that it is who you think.", c.N, c.Name, like, name), nil
}

// freeName is a card's name with the first mark, else the first number, that
// makes it nobody else's, in looks too.
func (i *Import) freeName(ctx context.Context, t *tx, c ImportCard) (string, error) {
	marks := slices.Clone(c.Marks)
	for n := 2; ; n++ {
		for _, mark := range append(marks, fmt.Sprint(n)) {
			if utf8.RuneCountInString(mark) > MaxName/2 || strings.TrimSpace(mark) == "" {
				continue
			}
			name, err := CheckName(cutName(c.Name, " ("+mark+")"))
			if err != nil {
				continue
			}
			taken, err := findContact(ctx, t, name)
			if err != nil {
				return "", err
			}
			if taken == nil && i.names.like(name, 0) == "" {
				return name, nil
			}
		}
		marks = nil
		if n > 1<<16 { // no phone book has as many people of one name
			return "", protocol.Errorf(protocol.CodeNameTaken, "The phone book has too many people called %q: rename some.", c.Name)
		}
	}
}

// cutName is a name with an ending, cut so that both fit.
func cutName(name, ending string) string {
	room := MaxName - utf8.RuneCountInString(ending)
	if r := []rune(name); len(r) > room {
		name = strings.TrimSpace(string(r[:room]))
	}
	return name + ending
}
