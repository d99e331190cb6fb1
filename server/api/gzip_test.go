package api

import (
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"p4p/server/web"
)

// unpacked is an answer's body as its coding has it.
func unpacked(t *testing.T, a answer) string {
	t.Helper()
	if a.header.Get("Content-Encoding") == "" {
		return a.body
	}
	r, err := gzip.NewReader(strings.NewReader(a.body))
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

var takes = header("Accept-Encoding", "gzip, deflate, br, zstd") // as browsers say it

func TestAPageAndItsProgramComeCompressedToWhomTakesThat(t *testing.T) {
	r := start(t, setup{})
	main, _ := web.Asset("static/app/main.js")
	for path, f := range map[string]web.File{"/static/app/main.js": main, "/": web.Home, "/sw.js": web.Worker} {
		plain := r.call("GET", path, "", header("Accept-Encoding", "identity"))
		packed := r.call("GET", path, "", takes)
		if plain.body != string(f.Body) || unpacked(t, packed) != string(f.Body) {
			t.Fatalf("%s comes changed", path)
		}
		if packed.header.Get("Content-Encoding") != "gzip" || len(packed.body) > len(f.Body)*7/10 || packed.header.Get("Content-Length") != strconv.Itoa(len(packed.body)) {
			t.Errorf("%s has %d bytes of %d, %v", path, len(packed.body), len(f.Body), packed.header)
		}
		for _, a := range []answer{plain, packed} {
			if a.header.Get("Vary") != "Accept-Encoding" {
				t.Errorf("%s: a cache is not told that there are two: %v", path, a.header)
			}
		}
		if plain.header.Get("ETag") == packed.header.Get("ETag") || plain.header.Get("Content-Encoding") != "" {
			t.Errorf("%s: both are one to a cache: %v, %v", path, plain.header, packed.header)
		}
		known := r.call("GET", path, "", takes, header("If-None-Match", packed.header.Get("ETag")))
		if known.status != http.StatusNotModified || known.body != "" || known.header.Get("ETag") != packed.header.Get("ETag") {
			t.Errorf("%s, known already: %d %v", path, known.status, known.header)
		}
		if other := r.call("GET", path, "", takes, header("If-None-Match", plain.header.Get("ETag"))); other.status != 200 {
			t.Errorf("%s, known in the other coding: %d", path, other.status)
		}
		head := r.call("HEAD", path, "", takes)
		if head.status != 200 || head.body != "" || head.header.Get("Content-Length") != packed.header.Get("Content-Length") {
			t.Errorf("HEAD %s: %d %v", path, head.status, head.header)
		}
		part := r.call("GET", path, "", takes, header("Range", "bytes=10-19"))
		if part.status != http.StatusPartialContent || part.body != string(f.Body[10:20]) || part.header.Get("Content-Encoding") != "" {
			t.Errorf("a part of %s: %d %q %v", path, part.status, part.body, part.header)
		}
		if a := r.call("GET", path, "", takes, header("If-Match", `"other"`)); a.status != http.StatusPreconditionFailed || a.body != "" {
			t.Errorf("%s, if it were another: %d", path, a.status)
		}
	}
	if icon := r.call("GET", "/static/app/icon-192.png", "", takes); icon.header.Get("Content-Encoding") != "" || icon.status != 200 {
		t.Errorf("a picture, which is compressed already: %d %v", icon.status, icon.header)
	}
}

func TestWhoTakesGzipIsReadAsTheStandardHasIt(t *testing.T) {
	for accept, want := range map[string]bool{
		"": false, "gzip": true, "GZIP": true, "br, gzip;q=0.5": true, "gzip;q=0": false, "gzip; q=0.0": false, "*": true, "*;q=0": false,
		"*, gzip;q=0": false, "identity": false, "gzip;q=nonsense": false, "x-gzip": true, "deflate": false,
	} {
		r := &http.Request{Header: http.Header{"Accept-Encoding": {accept}}}
		if got := takesGzip(r); got != want {
			t.Errorf("%q: %t", accept, got)
		}
	}
}

func TestAPageOfTheFeedComesCompressedAndWhatIsSomebodysOwnDoesNot(t *testing.T) {
	r := start(t, setup{})
	for i := range 20 {
		r.postAll(signed(t, 1, fmt.Sprintf("Post number %d, of usual length, about the weather of these days.", i)))
	}
	plain := r.call("GET", "/v1/records", "", header("Accept-Encoding", "identity"))
	packed := r.call("GET", "/v1/records", "", takes)
	if unpacked(t, packed) != plain.body || len(packed.body) >= len(plain.body)*9/10 {
		t.Errorf("%d bytes became %d", len(plain.body), len(packed.body))
	}
	t.Logf("%d bytes became %d", len(plain.body), len(packed.body))
	for _, a := range []answer{plain, packed} {
		if a.header.Get("Vary") != "Accept-Encoding" {
			t.Errorf("%v", a.header)
		}
	}
	for _, path := range []string{"/v1/records?q=weather", "/v1/friendships/" + r.store.server.String(), "/v1/records/" + r.store.server.String(), "/v1/info"} {
		if a := r.call("GET", path, "", takes); a.header.Get("Content-Encoding") != "" {
			t.Errorf("%s comes compressed", path)
		}
	}
}
