package store

import (
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"p4p/protocol"
)

// The full-text index is a row of FTS4 tables, search_0, search_1, …, each for
// partSize places of the log. FTS4 keeps the words of what is deleted from it
// until the whole table is written again, and even then SQLite can leave copies
// behind; so a table that holds words of an erased record is dropped and filled
// anew. Stretches bound how long that keeps the writer.
//
// The tables hold the index only, no second copy of the texts.
const partSize = 1 << 13

// thaiMarks are the vowels and tones that unicode61 would take for spaces.
const thaiMarks = "\u0e31\u0e34\u0e35\u0e36\u0e37\u0e38\u0e39\u0e3a\u0e47\u0e48\u0e49\u0e4a\u0e4b\u0e4c\u0e4d\u0e4e"

func searchTable(part uint64) string { return "search_" + strconv.FormatUint(part, 10) }

func makeSearch(ctx context.Context, tx *sql.Tx, part uint64) error {
	_, err := tx.ExecContext(ctx, "CREATE VIRTUAL TABLE "+searchTable(part)+
		` USING fts4 (content="", text, alt, order=desc, matchinfo=fts3, tokenize=unicode61 "remove_diacritics=2" "tokenchars=`+thaiMarks+`")`)
	return err
}

// index makes a post or comment findable.
func (l *logTx) index(seq uint64, r protocol.Record) error {
	text, alt := searchable(r)
	if text == "" && alt == "" {
		return nil
	}
	return l.exec("INSERT INTO "+searchTable(seq/l.part)+" (docid, text, alt) VALUES (?, ?, ?)", seq, text, alt)
}

// searchable is what of a record the index holds.
func searchable(r protocol.Record) (text, alt string) {
	if r.Kind != protocol.KindPost && r.Kind != protocol.KindComment {
		return "", ""
	}
	if r.Image != nil {
		alt = segment(r.Image.Alt)
	}
	return segment(r.Text), alt
}

// searchableOf is searchable for a post or comment that was verified when it was
// stored: doing that again would take most of a refill's time.
func searchableOf(jws string) (text, alt string, err error) {
	parts := strings.Split(jws, ".")
	if len(parts) != 3 {
		return "", "", errors.New("a stored record is no JWS")
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return "", "", err
	}
	var p struct {
		Text  string
		Image *struct{ Alt string }
	}
	if err := json.Unmarshal(payload, &p); err != nil {
		return "", "", err
	}
	if p.Image != nil {
		alt = segment(p.Image.Alt)
	}
	return segment(p.Text), alt, nil
}

// spaceless are the scripts that put no space between words. Their characters
// are indexed one by one, so that a word inside a sentence is found as a phrase.
var spaceless = []*unicode.RangeTable{unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Thai}

// segment leaves of s its words, apart by single spaces: letters, digits and the
// marks on them. So nothing in it is query syntax.
func segment(s string) string {
	var b strings.Builder
	gap := false // a space is due before the next character
	for _, r := range s {
		if !unicode.In(r, unicode.L, unicode.N, unicode.M, unicode.Co) {
			gap = true
			continue
		}
		single := unicode.In(r, spaceless...)
		if (gap || single) && b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
		gap = single
	}
	return b.String()
}

// match is the query that finds texts with all of the words, each quoted as a
// phrase; "" when there is nothing to look for.
func match(words string) string {
	var phrases []string
	for _, w := range strings.Fields(protocol.NormalizeText(words)) {
		if w = segment(w); strings.ContainsFunc(w, unicode.IsLetter) || strings.ContainsFunc(w, unicode.IsNumber) {
			phrases = append(phrases, `"`+w+`"`)
		}
	}
	return strings.Join(phrases, " ")
}

// search goes through the tables from the newest down until it has enough. In
// each, the index leads and the other conditions follow (CROSS JOIN keeps that
// order), newest first.
func (s *Store) search(ctx context.Context, tx *sql.Tx, q Query, limit int) ([]protocol.Event, error) {
	words := match(q.Words)
	head, err := readHead(ctx, tx)
	if err != nil || words == "" || head == 0 || q.Before == 1 {
		return nil, err
	}
	last := head
	if q.Before > 0 {
		last = min(head, q.Before-1)
	}
	where, args := q.where()
	var found []protocol.Event
	for part := last / s.part; ; part-- {
		table := searchTable(part)
		query := eventColumns + table + " CROSS JOIN records r ON r.seq = " + table + ".docid" + withBody +
			table + " MATCH ? AND " + table + ".docid <= ? AND " + where + " ORDER BY " + table + ".docid DESC LIMIT ?"
		args := slices.Concat([]any{words, last}, args, []any{limit - len(found)})
		more, err := page(ctx, tx, query, args)
		if err != nil {
			return nil, err
		}
		if found = append(found, more...); len(found) >= limit || part == 0 {
			return found, nil
		}
	}
}

// refill makes a search table anew from the records that live.
func (s *Store) refill(ctx context.Context, tx *sql.Tx, part uint64) error {
	if _, err := tx.ExecContext(ctx, "DROP TABLE "+searchTable(part)); err != nil {
		return err
	}
	if err := makeSearch(ctx, tx, part); err != nil {
		return err
	}
	texts, err := s.liveTexts(ctx, tx, part)
	if err != nil {
		return err
	}
	insert, err := tx.PrepareContext(ctx, "INSERT INTO "+searchTable(part)+" (docid, text, alt) VALUES (?, ?, ?)")
	if err != nil {
		return err
	}
	defer insert.Close()
	for _, e := range texts {
		text, alt, err := searchableOf(e.jws)
		if err != nil {
			return stored(err)
		}
		if _, err := insert.ExecContext(ctx, e.seq, text, alt); err != nil {
			return err
		}
	}
	_, err = tx.ExecContext(ctx, "DELETE FROM search_stale WHERE part = ?", part)
	return err
}

func (s *Store) liveTexts(ctx context.Context, tx *sql.Tx, part uint64) ([]entry, error) {
	rows, err := tx.QueryContext(ctx, `SELECT r.seq, b.jws FROM records r JOIN bodies b ON b.seq = r.seq
		WHERE r.seq >= ? AND r.seq < ? AND +r.kind IN ('post', 'comment') ORDER BY r.seq`, part*s.part, (part+1)*s.part)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var texts []entry
	for rows.Next() {
		var e entry
		if err := rows.Scan(&e.seq, &e.jws); err != nil {
			return nil, err
		}
		texts = append(texts, e)
	}
	return texts, rows.Err()
}
