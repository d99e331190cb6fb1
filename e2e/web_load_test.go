package e2e

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"strings"
	"testing"

	"p4p/client"
	"p4p/protocol"
)

// What a phone pays for the first visit, on a line that may be slow and metered.
func TestThePagesFirstVisitIsSmallAndLoadsOnlyWhatItNeeds(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	s := webServer(t)
	p.open(s.URL() + "/")
	p.sees("live")
	type loaded struct {
		Name             string
		Transfer, Packed int
		Body             int
	}
	all := eval[[]loaded](p, `[...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
		.map((e) => ({ Name: new URL(e.name).pathname, Transfer: e.transferSize, Packed: e.encodedBodySize, Body: e.decodedBodySize }))`)
	files, transfer, body := 0, 0, 0
	for _, l := range all {
		for _, later := range []string{"age.js", "scrypt.js", "chacha.js", "copyworker.js", "qr.js"} {
			if strings.HasSuffix(l.Name, later) {
				t.Errorf("%s is loaded before anybody needs it", l.Name)
			}
		}
		if l.Name == "/" || strings.HasPrefix(l.Name, "/static/") {
			files, transfer, body = files+1, transfer+l.Transfer, body+l.Body
		}
	}
	t.Logf("%d files, %d bytes on the line, %d in use", files, transfer, body)
	if files < 20 || transfer > body*6/10 {
		t.Errorf("%d files come with %d bytes for %d", files, transfer, body)
	}
}

func TestABrowserKeepsNoCopyOfAPicture(t *testing.T) {
	t.Parallel()
	p := newPhone(t)
	s := webServer(t)
	bob := newPeer(t, s.URL())
	var dot bytes.Buffer
	if err := jpeg.Encode(&dot, image.NewGray(image.Rect(0, 0, 8, 8)), nil); err != nil {
		t.Fatal(err)
	}
	if _, err := bob.Post(t.Context(), "with a picture", &client.Picture{Bytes: dot.Bytes(), Alt: "a dot"}); err != nil {
		t.Fatal(err)
	}
	p.open(s.URL() + "/")
	p.until(`document.querySelector(".post img")?.naturalWidth > 0`)
	ask := func(cache string) string {
		return eval[string](p, fmt.Sprintf(`fetch("/v1/blobs/%s", {cache: %q, mode: "same-origin"}).then((r) => r.ok ? "there" : "gone", () => "gone")`, protocol.BlobOf(dot.Bytes()), cache))
	}
	if got := ask("default"); got != "there" {
		t.Fatalf("the picture is %s on the server", got)
	}
	if got := ask("only-if-cached"); got != "gone" {
		t.Errorf("the picture is %s in the browser's cache, where no deletion reaches it", got)
	}
}
