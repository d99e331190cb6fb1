package api

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"p4p/protocol"
)

func TestWhoAsksForTooMuchIsToldWhenToTryAgain(t *testing.T) {
	once := Rate{PerSecond: 0.1, Burst: 1}
	pic := string(picture(t))
	for name, c := range map[string]struct {
		limits Limits
		call   func(r *running, i int) answer
	}{
		"calls": {Limits{Calls: once}, func(r *running, _ int) answer { return r.call("GET", "/v1/info", "") }},
		"mailbox calls": {Limits{MailboxCalls: once}, func(r *running, i int) answer {
			return newCouple(r, byte(i)).invite(time.Hour)
		}},
		"invites": {Limits{Invites: once}, func(r *running, i int) answer {
			return newCouple(r, byte(i)).invite(time.Hour)
		}},
		"uploads": {Limits{UploadBytes: Rate{PerSecond: 1, Burst: len(pic)}}, func(r *running, _ int) answer {
			return r.call("PUT", "/v1/blobs/"+protocol.BlobOf([]byte(pic)).String(), pic)
		}},
		"pictures read": {Limits{ReadBytes: Rate{PerSecond: 1, Burst: len(pic)}}, func(r *running, _ int) answer {
			id := protocol.BlobOf([]byte(pic))
			r.store.set(func(s *fakeStore) { s.blobs[id] = []byte(pic) })
			return r.call("GET", "/v1/blobs/"+id.String(), "")
		}},
		"records of one address": {Limits{AddressAdds: once}, func(r *running, i int) answer {
			return r.call("POST", "/v1/records", toJSON(r.t, protocol.PostRecords{Records: []string{signed(r.t, byte(i+1), "text").JWS}}))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			c.limits.Loopback = true
			r := start(t, setup{config: func(conf *Config) { conf.Limits = c.limits }})
			if a := c.call(r, 0); a.status >= 300 {
				t.Fatalf("the first: %d %s", a.status, a.body)
			}
			a := c.call(r, 1)
			if a.code() != protocol.CodeRateLimited || a.status != 429 {
				t.Fatalf("the second: %d %s", a.status, a.body)
			}
			var seconds int
			if _, err := fmt.Sscan(a.header.Get("Retry-After"), &seconds); err != nil || seconds < 1 {
				t.Fatalf("Retry-After: %q", a.header.Get("Retry-After"))
			}
			r.store.later(time.Duration(seconds) * time.Second)
			if a := c.call(r, 2); a.status >= 300 {
				t.Errorf("after Retry-After: %d %s", a.status, a.body)
			}
		})
	}
}

func TestStreamOpensAreLimited(t *testing.T) {
	r := start(t, setup{config: func(c *Config) { c.Limits = Limits{StreamOpens: Rate{0.1, 1}, Loopback: true} }})
	r.stream("").hello()
	a := r.call("GET", "/v1/stream", "", func(q *http.Request) {
		for k, v := range map[string]string{"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="} {
			q.Header.Set(k, v)
		}
	})
	if a.code() != protocol.CodeRateLimited {
		t.Errorf("got %d %s", a.status, a.body)
	}
}

func TestARecordThatTakesMuchPlaceCountsAsSeveral(t *testing.T) {
	r := start(t, setup{config: func(c *Config) { c.Limits = Limits{AddressAdds: Rate{0.001, 5}, Loopback: true} }})
	for i, c := range []struct {
		text string
		want int
	}{
		{strings.Repeat("\x01", protocol.MaxText), 200}, // each of six bytes: 32 KB as a record, four of five
		{strings.Repeat("\x01", protocol.MaxText), 429},
		{strings.Repeat("a", protocol.MaxText), 200},
		{"a", 429},
	} {
		body := toJSON(t, protocol.PostRecords{Records: []string{signed(t, byte(i+1), c.text).JWS}})
		if a := r.call("POST", "/v1/records", body); a.status != c.want {
			t.Errorf("record %d: %d, want %d", i, a.status, c.want)
		}
	}
}

func TestOneAddressFillsNoMoreOfTheDiskInADayThanIsSaid(t *testing.T) {
	l := DefaultLimits()
	day := func(r Rate) float64 { return float64(r.Burst) + r.PerSecond*24*60*60 }
	for what, c := range map[string]struct{ got, most float64 }{
		"bytes of pictures": {day(l.UploadBytes), 200e6},
		"records":           {day(l.AddressAdds), 43_500},
		"invites":           {day(l.Invites), 4_500},
	} {
		if c.got > c.most {
			t.Errorf("%s: %.0f a day, want at most %.0f", what, c.got, c.most)
		}
	}
}

func TestASearchCountsAsManyCalls(t *testing.T) {
	r := start(t, setup{config: func(c *Config) { c.Limits = Limits{Calls: Rate{0.001, 2 * searchCost}, Loopback: true} }})
	for i, want := range []int{200, 200, 429} {
		if a := r.call("GET", "/v1/records?q=word", ""); a.status != want {
			t.Errorf("search %d: %d, want %d", i, a.status, want)
		}
	}
}

func TestASearchThatTakesTooLongIsGivenUp(t *testing.T) {
	r := start(t, setup{config: func(c *Config) { c.Limits = Limits{Search: 50 * time.Millisecond} }})
	r.store.slow = make(chan struct{}, 1)
	a := r.call("GET", "/v1/records?q=word", "")
	if a.code() != protocol.CodeUnavailable || a.header.Get("Retry-After") == "" || !strings.Contains(a.body, "search") {
		t.Errorf("got %d %s", a.status, a.body)
	}
}

func TestSearchesLeaveTheStoreToOtherCalls(t *testing.T) {
	r := start(t, setup{config: func(c *Config) { c.Limits = Limits{Search: 50 * time.Millisecond} }})
	for range maxSearches {
		r.searches <- struct{}{} // as many as may run are under way
	}
	if a := r.call("GET", "/v1/records?q=word", ""); a.code() != protocol.CodeUnavailable {
		t.Errorf("one search more: %d %s", a.status, a.body)
	}
	if n := r.store.timesAsked(); n != 0 {
		t.Errorf("the store was asked %d times", n)
	}
	if a := r.call("GET", "/v1/records", ""); a.status != 200 {
		t.Errorf("a page meanwhile: %d", a.status)
	}
	<-r.searches
	if a := r.call("GET", "/v1/records?q=word", ""); a.status != 200 {
		t.Errorf("when one has ended: %d %s", a.status, a.body)
	}
}

func TestALongBodyCountsAsManyCalls(t *testing.T) {
	for length, calls := range map[int]int{0: 1, 1: 2, 64 << 10: 2, 64<<10 + 1: 3, 1 << 20: 17} {
		r := start(t, setup{config: func(c *Config) { c.Limits = Limits{Calls: Rate{0.001, calls + 1}, Loopback: true} }})
		body := `{"records":[` + strings.Repeat(" ", max(length-14, 0)) + `]}`
		r.call("POST", "/v1/records", body[:length])
		for i, want := range []int{200, 429} {
			if a := r.call("GET", "/v1/info", ""); a.status != want {
				t.Errorf("%d bytes, then call %d: %d, want %d", length, i, a.status, want)
			}
		}
	}
}

func TestOneNetworkCannotTakeAllStreams(t *testing.T) {
	r := start(t, setup{config: func(c *Config) {
		c.PublicURL, c.Proxied = "https://p4p.example", true
		c.Limits = Limits{Streams: 100, BlockStreams: 2}
	}})
	open := func(from string) (*client, answer) {
		ws, res, err := websocket.DefaultDialer.Dial("ws://"+r.host+"/v1/stream", http.Header{"X-Forwarded-For": {from}})
		defer res.Body.Close()
		if err != nil {
			b, _ := io.ReadAll(res.Body)
			return nil, answer{res.StatusCode, res.Header, string(b)}
		}
		t.Cleanup(func() { ws.Close() })
		return &client{t, ws}, answer{status: res.StatusCode}
	}
	var one *client
	for range 2 {
		one, _ = open("192.0.2.1")
	}
	if _, a := open("192.0.2.1"); a.code() != protocol.CodeRateLimited || a.header.Get("Retry-After") == "" {
		t.Errorf("the third stream of one address: %d %s", a.status, a.body)
	}
	for i := range 2*PerSite + 1 {
		want := 101
		if i == 2*PerSite {
			want = 429
		}
		if _, a := open(fmt.Sprintf("2001:db8:1:%x::1", i)); a.status != want {
			t.Errorf("stream %d of one site: %d, want %d", i, a.status, want)
		}
	}
	if _, a := open("198.51.100.7"); a.status != 101 {
		t.Errorf("somebody else's stream: %d", a.status)
	}
	one.ws.Close()
	<-r.log.ended
	if _, a := open("192.0.2.1"); a.status != 101 {
		t.Errorf("after one has ended: %d %s", a.status, a.body)
	}
}

func TestOneDeviceMayNotPostForAll(t *testing.T) {
	r := start(t, setup{config: func(c *Config) { c.Limits = Limits{Records: Rate{0.1, 2}, Loopback: true} }})
	results := r.post(signed(t, 1, "a"), signed(t, 2, "b"), signed(t, 1, "c"), signed(t, 1, "d"), signed(t, 2, "e"))
	limited := 0
	for i, res := range results {
		switch {
		case res.Error == nil:
		case res.Error.Code == protocol.CodeRateLimited && i != 1 && i != 4:
			limited++
		default:
			t.Errorf("record %d: %v", i, res.Error)
		}
	}
	if limited != 1 {
		t.Errorf("%d of the device's three records were refused, want 1", limited)
	}
}

func TestWhoRepeatsAStrangersRecordsSilencesOnlyItself(t *testing.T) {
	r := start(t, setup{config: func(c *Config) {
		c.PublicURL, c.Proxied = "https://p4p.example", true
		c.Limits = Limits{Records: Rate{0.001, 2}}
	}})
	post := func(from string, rec protocol.Record) protocol.Code {
		a := r.call("POST", "/v1/records", toJSON(t, protocol.PostRecords{Records: []string{rec.JWS}}), header("X-Forwarded-For", from))
		var out protocol.PostedRecords
		if err := json.Unmarshal([]byte(a.body), &out); err != nil || len(out.Results) != 1 {
			t.Fatalf("%d %s", a.status, a.body)
		}
		if e := out.Results[0].Error; e != nil {
			return e.Code
		}
		return ""
	}
	first := signed(t, 1, "first")
	if c := post("192.0.2.1", first); c != "" {
		t.Fatal(c)
	}
	for i, want := range []protocol.Code{"", "", protocol.CodeRateLimited} {
		if c := post("203.0.113.9", first); c != want {
			t.Errorf("repeat %d: %q, want %q", i, c, want)
		}
	}
	if c := post("192.0.2.1", signed(t, 1, "second")); c != "" {
		t.Errorf("the author's second post: %s", c)
	}
}

func TestAWholeIPv6SiteGetsMoreThanAHouseholdButNotAnyAmount(t *testing.T) {
	r := start(t, setup{config: func(c *Config) {
		c.PublicURL, c.Proxied = "https://p4p.example", true
		c.Limits = Limits{Calls: Rate{0.001, 1}}
	}})
	ask := func(from string) int { return r.call("GET", "/v1/info", "", header("X-Forwarded-For", from)).status }
	for i := range PerSite + 1 {
		want := 200
		if i == PerSite {
			want = 429
		}
		if got := ask(fmt.Sprintf("2001:db8:1:%x::1", i)); got != want {
			t.Errorf("network %d of the site: %d, want %d", i, got, want)
		}
	}
	if got := ask("2001:db8:2::1"); got != 200 {
		t.Errorf("another site: %d", got)
	}
}

func TestBehindAProxyThatNamesNobodyAllShareOneLimit(t *testing.T) {
	r := start(t, setup{config: func(c *Config) {
		c.PublicURL, c.Proxied = "https://p4p.example", true
		c.Limits = Limits{Calls: Rate{0.001, 2}}
	}})
	for i, want := range []int{200, 200, 429} {
		if a := r.call("GET", "/v1/info", ""); a.status != want {
			t.Errorf("call %d: %d, want %d", i, a.status, want)
		}
	}
	if n := strings.Count(r.log.String(), "X-Forwarded-For"); n != 1 {
		t.Errorf("the operator is told %d times, want once", n)
	}
}

func TestAProgramOnThisMachineIsNotLimited(t *testing.T) {
	r := start(t, setup{config: func(c *Config) { c.Limits = Limits{Calls: Rate{0.001, 1}, Records: Rate{0.001, 1}} }})
	for i := range 20 {
		r.postAll(signed(t, 1, fmt.Sprint(i)))
	}
}

func TestWhoAsksForTheServersHealthWithoutEndIsLimitedAndTheMonitorIsNot(t *testing.T) {
	r := start(t, setup{config: func(c *Config) {
		c.PublicURL, c.Proxied = "https://p4p.example", true
		c.Limits = Limits{Calls: Rate{0.001, 2}}
	}})
	for i, want := range []int{200, 200, 429} {
		if a := r.call("GET", "/healthz", "", header("X-Forwarded-For", "192.0.2.1")); a.status != want {
			t.Errorf("call %d of a stranger: %d, want %d", i, a.status, want)
		}
		if a := r.call("GET", "/healthz", "", asHost("balancer.internal")); a.status != 200 {
			t.Errorf("call %d of a monitor on this machine: %d", i, a.status)
		}
	}
}

func TestBehindAProxyEachClientIsLimitedByItself(t *testing.T) {
	r := start(t, setup{config: func(c *Config) {
		c.PublicURL, c.Proxied = "https://p4p.example", true
		c.Limits = Limits{Calls: Rate{0.001, 1}}
	}})
	for _, c := range []struct {
		forwarded string
		status    int
	}{
		{"192.0.2.1", 200},
		{"192.0.2.1", 429},
		{"192.0.2.2", 200},
		{"192.0.2.9, 192.0.2.2", 429}, // what the client claims itself does not count
		{"192.0.2.2, 192.0.2.3", 200},
		{"2001:db8::1", 200},
		{"[2001:db8::2]:1234", 429}, // the same /64
		{"2001:db8:0:1::1", 200},
		{"unknown", 200},
		{"garbage", 429}, // the unreadable ones share one
	} {
		if a := r.call("GET", "/v1/info", "", header("X-Forwarded-For", c.forwarded)); a.status != c.status {
			t.Errorf("%s: %d, want %d", c.forwarded, a.status, c.status)
		}
	}
}

func TestForwardedForCountsForNothingWithoutAPublicURL(t *testing.T) {
	g := newGuard(Limits{}, false, slog.New(slog.DiscardHandler))
	r := &http.Request{RemoteAddr: "192.0.2.7:1", Header: http.Header{"X-Forwarded-For": {"192.0.2.1"}}}
	if p := g.peer(r); p != peerAt(netip.MustParseAddr("192.0.2.7")) {
		t.Errorf("the peer is %v", p)
	}
	r.RemoteAddr = "127.0.0.1:1"
	if !g.peer(r).free {
		t.Error("a program on this machine is limited")
	}
}

func TestBucketsAreForgottenWhenTheyAreFullAndNeverTooMany(t *testing.T) {
	b := newBuckets[int](Rate{PerSecond: 1, Burst: 10})
	now := noon
	for k := range 100 {
		if b.take(k, 10, now) != 0 {
			t.Fatal("a fresh bucket is not full")
		}
	}
	b.sweep(now.Add(5 * time.Second))
	if len(b.m) != 100 {
		t.Errorf("%d buckets are left, though none is full", len(b.m))
	}
	b.sweep(now.Add(10 * time.Second))
	if len(b.m) != 0 {
		t.Errorf("%d full buckets are kept", len(b.m))
	}
	for k := range maxBuckets + 1000 {
		b.take(k, 10, now.Add(11*time.Second))
	}
	if len(b.m) > maxBuckets {
		t.Errorf("%d buckets", len(b.m))
	}
	if wait := b.take(maxBuckets+999, 1000, now.Add(11*time.Second)); wait <= 0 || wait > 10*time.Second {
		t.Errorf("more than a bucket holds waits %v, want that for a whole one", wait)
	}
}

func TestOnlyTheServersOwnNamesReachIt(t *testing.T) {
	loopback := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 4747}
	wildcard := &net.TCPAddr{IP: net.IPv4zero, Port: 4747}
	for _, c := range []struct {
		bound     net.Addr
		listen    string
		publicURL string
		host      string
		ok        bool
	}{
		{loopback, "127.0.0.1:4747", "", "127.0.0.1:4747", true},
		{loopback, "127.0.0.1:4747", "", "127.0.0.1", true},
		{loopback, "127.0.0.1:4747", "", "localhost:4747", true},
		{loopback, "127.0.0.1:4747", "", "LOCALHOST.:4747", true},
		{loopback, "127.0.0.1:4747", "", "me.localhost:4747", true},
		{loopback, "127.0.0.1:4747", "", "[::1]:4747", true},
		{loopback, "127.0.0.1:4747", "", "evil.example:4747", false},
		{loopback, "127.0.0.1:4747", "", "127.0.0.1.evil.example", false},
		{loopback, "127.0.0.1:4747", "", "localhost.evil.example", false},
		{loopback, "127.0.0.1:4747", "", "evillocalhost", false},
		{loopback, "127.0.0.1:4747", "", "192.168.1.5:4747", false},
		{loopback, "127.0.0.1:4747", "", "", false},
		{loopback, "127.0.0.1:4747", "https://p4p.example", "P4P.example", true},
		{loopback, "127.0.0.1:4747", "https://p4p.example", "www.p4p.example", false},
		{wildcard, ":4747", "", "192.168.1.5:4747", true},
		{wildcard, ":4747", "", "[fe80::1%eth0]:4747", false},
		{wildcard, ":4747", "", "[2001:db8::1]:4747", true},
		{wildcard, ":4747", "", "evil.example", false},
		{wildcard, "pi.home:4747", "", "pi.home:4747", true},
	} {
		h := NewHosts(c.bound, c.listen, c.publicURL)
		if err := h.checkHost(&http.Request{Host: c.host}, nil); (err == nil) != c.ok {
			t.Errorf("listening on %v (%q, %q), Host %q: %v", c.bound, c.listen, c.publicURL, c.host, err)
		}
	}
}

func TestAPageElsewhereMayNotMakeABrowserWrite(t *testing.T) {
	r := start(t, setup{config: func(c *Config) {
		c.Hosts = NewHosts(&fakeAddr{}, "", "https://p4p.example:8443")
	}})
	body := toJSON(t, protocol.PostRecords{Records: []string{signed(t, 1, "x").JWS}})
	for origin, status := range map[string]int{
		"http://" + r.host:             200,
		"https://p4p.example:8443":     200,
		"https://p4p.example":          403,
		"https://evil.example":         403,
		"null":                         403,
		"file://":                      403,
		strings.Repeat("x", 100) + ":": 403,
	} {
		if a := r.call("POST", "/v1/records", body, header("Origin", origin)); a.status != status {
			t.Errorf("from %s: %d, want %d", origin, a.status, status)
		}
	}
	if a := r.call("GET", "/v1/info", "", asHost("evil.example")); a.code() != protocol.CodeForbiddenOrigin || a.status != 403 {
		t.Errorf("by another name: %d %s", a.status, a.body)
	}
}
