package api

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// takesGzip tells whether a client takes an answer in gzip (RFC 9110, 12.5.3).
func takesGzip(r *http.Request) bool {
	any := false
	for part := range strings.SplitSeq(strings.Join(r.Header.Values("Accept-Encoding"), ","), ",") {
		name, params, _ := strings.Cut(part, ";")
		q := 1.0
		if v, ok := strings.CutPrefix(strings.ToLower(strings.TrimSpace(params)), "q="); ok {
			var err error
			if q, err = strconv.ParseFloat(v, 64); err != nil {
				q = 0
			}
		}
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "gzip", "x-gzip":
			return q > 0
		case "*":
			any = q > 0
		}
	}
	return any
}

// maxPacked is the largest answer that is compressed, in bytes: a larger one would
// cost more of the processor than one call is worth.
const maxPacked = 256 << 10

var packers = sync.Pool{New: func() any {
	w, err := gzip.NewWriterLevel(nil, gzip.BestSpeed)
	if err != nil {
		panic(err) // the level is one
	}
	return w
}}

// pack compresses an answer for r, if r takes that and it is worth it. It is for what
// is public and the same for all: where a secret stands beside what others choose,
// the length of a compressed answer tells of it (BREACH).
func pack(h http.Header, r *http.Request, b []byte) []byte {
	h.Add("Vary", "Accept-Encoding")
	if len(b) < 1<<10 || len(b) > maxPacked || !takesGzip(r) {
		return b
	}
	var out bytes.Buffer
	w := packers.Get().(*gzip.Writer)
	defer packers.Put(w)
	w.Reset(&out)
	_, _ = w.Write(b) // a buffer takes everything
	_ = w.Close()
	h.Set("Content-Encoding", "gzip")
	return out.Bytes()
}
