package server

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"p4p/protocol"
)

func TestTheLogNamesNobody(t *testing.T) {
	log := &logged{}
	r := start(t, Config{Log: log.logger()})
	f, a, link := protocol.RecordUUID("f"), protocol.Token{1}, protocol.Token{2}
	rec := r.sign(1, protocol.KindPost, protocol.UUID{}, "text")
	r.mustPost(rec)
	feed := r.follow(0)
	if err := feed.ws.WriteJSON(protocol.ClientFrame{Watch: []protocol.Watch{{Friendship: f, Token: a}}}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		method, path string
		token        *protocol.Token
		body         any
	}{
		{"POST", "/v1/friendships/" + f.String(), nil, protocol.MailboxPost{LinkHash: link.Hash(), OwnerHash: a.Hash(), ExpiresIn: 3600, N: 1, Slot: make(protocol.Bytes, 4124)}},
		{"GET", "/v1/friendships/" + f.String(), &a, nil},
		{"GET", "/v1/friendships/" + f.String() + "?token=" + a.Authorization(), &link, nil},
		{"DELETE", "/v1/friendships/" + f.String(), &link, nil},
		{"GET", "/v1/records/" + rec.ID.String(), nil, nil},
		{"GET", "/v1/records?author=" + rec.Author.UUID().String() + "&q=words", nil, nil},
		{"GET", "/f/" + f.String(), nil, nil},
		{"GET", "/v1/nothing/" + f.String(), nil, nil},
		{"PUT", "/v1/blobs/" + strings.Repeat("A", 43), nil, []byte("no picture")},
		{"POST", "/v1/records", nil, []byte("{")},
	} {
		_, _ = r.call(c.method, c.path, c.token, c.body, nil)
	}
	// What net/http complains of itself: a panic outside of a call, and garbage.
	r.http.ErrorLog.Printf("http: TLS handshake error from %s: EOF", feed.ws.LocalAddr())
	r.http.ErrorLog.Printf("http: panic serving %s: asked for https://p4p.example/f/%s#SECRET", "[2001:db8::1%eth0]:5555", f)
	abort(t, r)
	r.end()

	said := log.String()
	if !strings.Contains(said, `"route":"/v1/friendships/{uuid}"`) || !strings.Contains(said, "TLS handshake error from") {
		t.Fatalf("the calls are not in the log:\n%s", said)
	}
	secrets := map[string]string{
		"a friendship": f.String(), "a record": rec.ID.String(), "a device": rec.Author.UUID().String(),
		"a token": strings.TrimPrefix(a.Authorization(), "P4P "), "a search": "words", "a text": rec.JWS[100:150],
		"an address": "127.0.0.1", "a link": "p4p.example", "a query": "author=", "the client's port": portOf(feed.ws.LocalAddr()),
	}
	patterns := []*regexp.Regexp{
		regexp.MustCompile(`\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}`),
		regexp.MustCompile(`\[[0-9a-fA-F:]{2,}`),
		regexp.MustCompile(`[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-`),
	}
	find := func(text string) (found []string) {
		for what, s := range secrets {
			if strings.Contains(text, s) {
				found = append(found, what)
			}
		}
		for _, p := range patterns {
			if s := p.FindString(text); s != "" {
				found = append(found, s)
			}
		}
		return found
	}
	var control strings.Builder // the search finds what is planted
	for _, s := range secrets {
		fmt.Fprintln(&control, s)
	}
	if got := find(control.String() + "[::1]"); len(got) != len(secrets)+len(patterns) {
		t.Fatalf("of the planted %d the search finds %q", len(secrets)+len(patterns), got)
	}
	if got := find(said); len(got) != 0 {
		t.Errorf("in the log are %q:\n%s", got, said)
	}
}

func portOf(a net.Addr) string { return ":" + fmt.Sprint(a.(*net.TCPAddr).Port) }

// abort breaks an upload off, which gives the server a network error to deal with.
func abort(t *testing.T, r *running) {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(r.URL(), "http://"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(c, "PUT /v1/blobs/"+strings.Repeat("A", 43)+" HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nhalf"); err != nil {
		t.Fatal(err)
	}
	if err := c.(*net.TCPConn).SetLinger(0); err != nil {
		t.Fatal(err)
	}
	c.Close()
	g, err := net.Dial("tcp", strings.TrimPrefix(r.URL(), "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	if _, err := io.WriteString(g, "\x16\x03\x01garbage\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	b, _ := io.ReadAll(g)
	if !strings.Contains(string(b), fmt.Sprint(http.StatusBadRequest)) {
		t.Fatalf("garbage is answered with %q", b)
	}
}

func TestScrubbingTakesOutWhatNames(t *testing.T) {
	for in, want := range map[string]string{
		"http: TLS handshake error from 192.0.2.1:50123: EOF":                    "http: TLS handshake error from […]: EOF",
		"read tcp 127.0.0.1:4747->192.0.2.1:1: i/o timeout":                      "read tcp […]->[…]: i/o timeout",
		"panic serving [2001:db8::1]:55: x":                                      "panic serving […]: x",
		"2001:db8::7: Fetching; 2001:db8:1:2:3:4:5:6 was asked at 20:15:00: no":  "[…]: Fetching; […] was asked at 20:15:00: no",
		"dial 2001:db8::: refused; ::1, ::ffff:192.0.2.1 and fe80::1%eth0":       "dial […]: refused; […], […] and […]",
		"at 12:30:45:10:11, 3: not found":                                        "at 12:30:45:10:11, 3: not found",
		"from [fe80::1%eth0]:55":                                                 "from […]",
		"id 0189d2c3-1111-8222-8333-444455556666 and https://h/f/x#SECRET.":      "id […] and […]",
		"accept tcp: too many open files; version 1.26.8; 100 records in 1.5 ms": "accept tcp: too many open files; version 1.26.8; 100 records in 1.5 ms",
	} {
		if got := Scrub(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}
