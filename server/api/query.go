package api

import (
	"net/http"
	"net/url"
	"strconv"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"p4p/protocol"
	"p4p/server/store"
)

// params reads a query of these parameters, each there at most once. What is
// misspelt is refused rather than ignored: it would change the answer's meaning.
func params(r *http.Request, names ...string) (map[string]string, error) {
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, badRequest("The query is malformed.")
	}
	out := map[string]string{}
	for _, n := range names {
		switch v := q[n]; {
		case len(v) > 1:
			return nil, badRequest("The parameter %q is there more than once.", n)
		case len(v) == 1 && v[0] == "":
			return nil, badRequest("The parameter %q is empty; leave it out.", n)
		case len(v) == 1:
			out[n] = v[0]
		}
		delete(q, n)
	}
	if len(q) > 0 {
		return nil, badRequest("The query has a parameter that this call does not know; it knows %q.", names)
	}
	return out, nil
}

func badRequest(format string, args ...any) *protocol.Error {
	return protocol.Errorf(protocol.CodeBadRequest, format, args...)
}

const defaultPage = 50 // records

// pageQuery reads the query of GET /v1/records.
func pageQuery(r *http.Request) (store.Query, error) {
	q := store.Query{Limit: defaultPage}
	p, err := params(r, "before", "limit", "kind", "author", "target", "q")
	if err != nil {
		return q, err
	}
	if s, ok := p["before"]; ok {
		if q.Before, err = protocol.ParseSeq(s); err != nil || q.Before == 0 {
			return q, badRequest("The parameter \"before\" is a seq, from 1.")
		}
	}
	if s, ok := p["limit"]; ok {
		q.Limit, err = strconv.Atoi(s)
		if err != nil || q.Limit < 1 || q.Limit > protocol.MaxPage || strconv.Itoa(q.Limit) != s {
			return q, badRequest("The parameter \"limit\" is a number from 1 to %d.", protocol.MaxPage)
		}
	}
	switch k := protocol.Kind(p["kind"]); k {
	case "", protocol.KindPost, protocol.KindComment, protocol.KindDeletion:
		q.Kind = k
	default:
		return q, badRequest("The parameter \"kind\" is post, comment or deletion.")
	}
	if q.Author, err = optionalUUID(p, "author"); err != nil {
		return q, err
	}
	if q.Target, err = optionalUUID(p, "target"); err != nil {
		return q, err
	}
	q.Words = p["q"]
	return q, checkWords(q.Words)
}

func optionalUUID(p map[string]string, name string) (*protocol.UUID, error) {
	s, ok := p[name]
	if !ok {
		return nil, nil
	}
	id, err := protocol.ParseUUID(s)
	if err != nil {
		return nil, err
	}
	return &id, nil
}

// checkWords holds a search's words to what is required of all text.
func checkWords(s string) error {
	switch {
	case len(s) > protocol.MaxQuery:
		return protocol.Errorf(protocol.CodeTooLarge, "A search holds at most %d bytes; this one has %d.", protocol.MaxQuery, len(s))
	case !utf8.ValidString(s) || !norm.NFC.IsNormalString(s):
		return protocol.Errorf(protocol.CodeBadText, "A search's words are UTF-8 in Unicode form NFC.")
	}
	return nil
}
