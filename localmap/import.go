package localmap

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

// ImportCard is what a phone book says of one person. Of it the name and the
// nickname are kept, and the one number to send a message to if that was agreed to.
// Of the UID a hash is kept, and of each telephone number 16 bits: enough to tell
// two people of one name apart at the next import, too little to give a number back.
type ImportCard struct {
	N        int // the card's number in its file
	UID      string
	Name     string
	Nickname string
	Numbers  []string // digits only
	Phone    string   // the one to send a message to, as it is dialled
	Marks    []string // what tells this person from another of the same name, best first
}

// Fate is what became of a card.
type Fate uint8

// The fates.
const (
	Unchanged Fate = iota // the phone book has all that the card says
	Added
	Changed // another name, nickname or number than the phone book had
	Skipped
)

// Imported is the answer for one card.
type Imported struct {
	N    int
	Fate Fate
	Name string // in the phone book; the card's where it was skipped
	What string // what is another now, of a changed one: a clause
	// Number is what is kept of an added one, "" for none.
	Number string
	Why    string // of a skipped card: a sentence
	Note   string // what its owner should know, "" for nothing: a sentence
}

// Import is one import of a phone book.
type Import struct {
	m *Map
	// numbers tells that telephone numbers are to be kept.
	numbers bool
	// touched are the people whom this import has seen, by the card.
	touched map[int64]int
	// uids are the UIDs of this import: a program that gives one to all people
	// must not make them one.
	uids map[[16]byte]int
	// names are the phone book's, as the transaction under way sees them.
	names *gallery
}

// NewImport begins an import, which is for one goroutine. With numbers one telephone
// number of each person is kept; without, those that are there stay as they are.
func (m *Map) NewImport(numbers bool) *Import {
	return &Import{m: m, numbers: numbers, touched: map[int64]int{}, uids: map[[16]byte]int{}, names: newGallery()}
}

// Add takes some cards, all or none, and answers for each in order.
//
// Who a card is about is decided by its UID, else by name and telephone number:
// a card of a known name is about that person unless its UID or all of its numbers
// speak against it. A name that somebody else has, or that looks like somebody
// else's, gets a mark or a counter behind it. A person who was renamed by hand
// keeps that name; so does one with a friendship, whose name changes by its
// owner's act alone. Importing a file twice changes nothing.
func (i *Import) Add(ctx context.Context, cards []ImportCard) ([]Imported, error) {
	var done []Imported
	err := i.m.write(ctx, func(t *tx) (err error) {
		t.relabel = true
		done, err = i.addAll(ctx, t, cards)
		return err
	})
	return done, err
}

// errRehearsed takes a transaction back.
var errRehearsed = errors.New("rehearsed")

// Rehearse answers what [Import.Add] would, and changes nothing: it does the same and
// takes it back. What it is given is a whole file, for the answers depend on the cards
// before. The import is of no use afterwards.
func (i *Import) Rehearse(ctx context.Context, cards []ImportCard) (done []Imported, err error) {
	if err := i.m.acquire(ctx); err != nil {
		return nil, err
	}
	defer i.m.release()
	// What is taken back must not have come near the disk: it may never be agreed to.
	// SQLite hears that only between transactions.
	if _, err := i.m.conn.ExecContext(ctx, "PRAGMA cache_spill = OFF"); err != nil {
		return nil, i.m.explain(ctx, err)
	}
	defer i.m.conn.ExecContext(context.WithoutCancel(ctx), "PRAGMA cache_spill = ON") //nolint:errcheck // costs memory at most
	err = i.m.writeInTurn(ctx, func(t *tx) (err error) {
		if done, err = i.addAll(ctx, t, cards); err != nil {
			return err
		}
		return errRehearsed
	})
	if errors.Is(err, errRehearsed) {
		err = nil
	}
	return done, i.m.explain(ctx, err)
}

func (i *Import) addAll(ctx context.Context, t *tx, cards []ImportCard) (done []Imported, err error) {
	if err := i.names.fill(ctx, t); err != nil {
		return nil, err
	}
	for _, c := range cards {
		one, err := i.add(ctx, t, c)
		if err != nil {
			return nil, err
		}
		one.N = c.N
		done = append(done, one)
	}
	return done, nil
}

// card is a row of the table of that name.
type card struct {
	id, contact int64
	uid         []byte
	name, given string
	numbers     []byte
}

func (i *Import) add(ctx context.Context, t *tx, c ImportCard) (Imported, error) {
	name, err := CheckName(cutName(c.Name, ""))
	if err != nil {
		return Imported{Fate: Skipped, Name: c.Name, Why: err.Error()}, nil //nolint:nilerr // the answer says it
	}
	c.Name = name
	if !i.numbers {
		c.Phone = ""
	}
	if c.Nickname, err = CheckName(cutName(c.Nickname, "")); err != nil {
		c.Nickname = "" // one that cannot be a name is no loss
	}
	uid := i.uid(c)
	known, err := t.knownCard(ctx, c, uid)
	if err != nil {
		return Imported{}, err
	}
	if known == nil {
		return i.newcomer(ctx, t, c, uid)
	}
	if by, twice := i.touched[known.contact]; twice {
		return Imported{
			Fate: Skipped, Name: c.Name,
			Why: fmt.Sprintf("This is the person of card %d once more: the same UID, or the same name and nothing that tells them apart.", by),
		}, nil
	}
	i.touched[known.contact] = c.N
	return i.again(ctx, t, c, uid, *known)
}

// uid is the hash of a card's UID, nil where it has none that could be its own.
func (i *Import) uid(c ImportCard) []byte {
	if c.UID == "" {
		return nil
	}
	h := sha256.Sum256([]byte("p4p/1 card uid" + c.UID))
	key := [16]byte(h[:16])
	if _, used := i.uids[key]; used {
		return nil
	}
	i.uids[key] = c.N
	return key[:]
}

// fingerprints are 16 bits of each telephone number, sorted. The last eight digits
// count: the same number is written with and without its country.
func fingerprints(numbers []string) []byte {
	var all []uint16
	for _, n := range numbers {
		h := sha256.Sum256([]byte("p4p/1 card number" + n[max(0, len(n)-8):]))
		all = append(all, binary.BigEndian.Uint16(h[:]))
	}
	slices.Sort(all)
	b := []byte{}
	for _, n := range slices.Compact(all) {
		b = binary.BigEndian.AppendUint16(b, n)
	}
	return b
}

func shareNumber(a, b []byte) bool {
	for i := 0; i+1 < len(a); i += 2 {
		for j := 0; j+1 < len(b); j += 2 {
			if a[i] == b[j] && a[i+1] == b[j+1] {
				return true
			}
		}
	}
	return false
}

// knownCard is the stored card about the same person, nil if there is none.
func (t *tx) knownCard(ctx context.Context, c ImportCard, uid []byte) (*card, error) {
	const columns = "SELECT id, contact, uid, name, given, numbers FROM cards WHERE "
	if uid != nil {
		var k card
		err := t.QueryRowContext(ctx, columns+"uid = ?", uid).Scan(&k.id, &k.contact, &k.uid, &k.name, &k.given, &k.numbers)
		if !errors.Is(err, sql.ErrNoRows) {
			return &k, err
		}
	}
	rows, err := t.QueryContext(ctx, columns+"folded = ? ORDER BY id", folded(c.Name))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	numbers := fingerprints(c.Numbers)
	var likely *card
	for rows.Next() {
		var k card
		if err := rows.Scan(&k.id, &k.contact, &k.uid, &k.name, &k.given, &k.numbers); err != nil {
			return nil, err
		}
		switch {
		case shareNumber(k.numbers, numbers):
			return &k, rows.Err()
		case uid != nil && k.uid != nil, len(numbers) > 0 && len(k.numbers) > 0:
			continue
		case likely == nil:
			likely = &k
		}
	}
	return likely, rows.Err()
}
