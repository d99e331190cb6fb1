package server

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"p4p/server/api"
)

// visitor is a connection on which calls can be made by hand.
type visitor struct {
	net.Conn
	r *bufio.Reader
}

func visit(t *testing.T, r *running) *visitor {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(r.URL(), "http://"))
	if errors.Is(err, syscall.ECONNRESET) {
		c, _ = net.Pipe() // turned away before the system said that it is connected
		_ = c.Close()
	} else if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return &visitor{c, bufio.NewReader(c)}
}

// served tells whether a call is answered on the connection, which stays open.
func (v *visitor) served(t *testing.T) bool {
	t.Helper()
	if _, err := io.WriteString(v, "GET /v1/info HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
		return false
	}
	res, err := http.ReadResponse(v.r, nil)
	if err != nil {
		return false
	}
	defer res.Body.Close()
	_, err = io.Copy(io.Discard, res.Body)
	return err == nil && res.StatusCode == http.StatusOK
}

func TestOneAddressCannotTakeAllConnections(t *testing.T) {
	log := &logged{}
	limits := api.DefaultLimits()
	limits.BlockConns, limits.Loopback = 3, true
	r := start(t, Config{Limits: &limits, Log: log.logger()})
	var in []*visitor
	for range 3 {
		in = append(in, visit(t, r))
		if !in[len(in)-1].served(t) {
			t.Fatal("one of three is turned away")
		}
	}
	for range 5 {
		if visit(t, r).served(t) {
			t.Error("one more than three is served")
		}
	}
	for _, v := range in {
		if !v.served(t) {
			t.Error("one who was in is thrown out")
		}
	}
	in[0].Close()
	waitUntil(t, func() bool { return r.guests.open() < 3 })
	if !visit(t, r).served(t) {
		t.Error("a place that came free is not given away")
	}
	if n := strings.Count(log.String(), "turned away"); n != 1 {
		t.Errorf("the log tells of it %d times:\n%s", n, log)
	}
}

// A stream's connection is taken over from net/http; it is counted all the same.
func TestAStreamHasAPlaceUntilItEnds(t *testing.T) {
	r := start(t, Config{})
	f := r.follow(0)
	if n := r.guests.open(); n != 1 {
		t.Errorf("%d connections are counted, with one stream", n)
	}
	f.ws.Close()
	waitUntil(t, func() bool { return r.guests.open() == 0 })
}

func TestACrowdLeavesPlacesToThisMachine(t *testing.T) {
	g := &guests{limits: api.Limits{BlockConns: 2}, files: 40, by: map[netip.Prefix]int{}}
	enter := func(a string) bool {
		_, why := g.enter(netip.MustParseAddr(a))
		return why == ""
	}
	for _, c := range []struct {
		what, addr string
		times      int
	}{
		{"an IPv4 address", "192.0.2.1", 2},
		{"another", "192.0.2.2", 2},
		{"an IPv6 /64", "2001:db8::1", 2},
		{"a neighbour in it", "2001:db8::2", 0},
		{"the next /64 of the /48", "2001:db8:0:1::1", 2},
	} {
		n := 0
		for enter(c.addr) {
			n++
		}
		if n != c.times {
			t.Errorf("%s gets %d places, want %d", c.what, n, c.times)
		}
	}
	site := 4
	for i := range 20 { // each /64 has two, but the /48 no more than a quarter of the thirty
		for enter(netip.AddrFrom16([16]byte{0x20, 0x01, 0x0d, 0xb8, 7: byte(0x10 + i), 15: 1}).String()) {
			site++
		}
	}
	if site != 30/4 {
		t.Errorf("a /48 gets %d places, want %d", site, 30/4)
	}
	for i := 0; g.open() < 30; i++ {
		if !enter(netip.AddrFrom4([4]byte{198, 51, byte(i), 1}).String()) {
			t.Fatalf("turned away with %d of 30 places taken", g.open())
		}
	}
	if enter("203.0.113.1") {
		t.Error("somebody from elsewhere gets a place that is kept for this machine")
	}
	own := 0
	for enter("127.0.0.1") {
		own++
	}
	if own != 10 {
		t.Errorf("this machine gets %d places, want 10", own)
	}
}

func TestProgramsOfThisMachineTakeNoPlaceFromOthers(t *testing.T) {
	g := newGuests(Config{Limits: &api.Limits{Conns: 5}}, func() {})
	for range 5 {
		if _, why := g.enter(netip.MustParseAddr("127.0.0.1")); why != "" {
			t.Fatal(why)
		}
	}
	keys, why := g.enter(netip.MustParseAddr("192.0.2.1"))
	if why != "" {
		t.Fatal(why)
	}
	g.leave(false, keys)
	if g.open() != 5 || g.others != 0 {
		t.Errorf("%d connections, %d of others", g.open(), g.others)
	}
}

func TestPlacesLeaveFilesForTheDatabase(t *testing.T) {
	for files, want := range map[int]int{256: 224, 1024: 960, 20000: 18750} {
		if got := places(files); got != want {
			t.Errorf("of %d files %d are for connections, want %d", files, got, want)
		}
	}
}

func TestAnIdleConnectionFromElsewhereEndsSoon(t *testing.T) {
	g := &guests{idle: time.Millisecond, turned: func() {}, by: map[netip.Prefix]int{}}
	near, far := net.Pipe()
	defer far.Close()
	k := &known{Conn: near, of: g.listen(nil)}
	connState(k, http.StateIdle)
	if err := k.SetReadDeadline(time.Now().Add(localIdle)); err != nil { // as net/http does then
		t.Fatal(err)
	}
	if _, err := k.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("it goes on waiting: %v", err)
	}
	if err := k.SetReadDeadline(time.Time{}); err != nil || k.idle.Load() {
		t.Errorf("a call begins, and it is still taken for idle: %v", err)
	}
	connState(k, http.StateActive)
	k.local = true
	connState(k, http.StateIdle)
	if k.idle.Load() {
		t.Error("a proxy's connection is ended as soon")
	}
}

// waitUntil asks until something that the server does has come about.
func waitUntil(t *testing.T, done func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-tick.C:
		case <-t.Context().Done():
			t.Fatal("it did not come about")
		}
	}
}
