package e2e

import (
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/binary"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"

	"p4p/client/cache"
	"p4p/client/wire"
	"p4p/protocol"
	"p4p/server"
	"p4p/server/api"
)

// These benchmarks measure whole programs on a pseudo-terminal; docs/performance.md
// says how they are run and what came out.

const millionPosts = 1_000_000

// programs are p4p and a bare Bubble Tea program, as a person would build them.
func programs(b *testing.B) (p4p, bare string) {
	b.Helper()
	dir := b.TempDir()
	p4p, bare = filepath.Join(dir, "p4p"), filepath.Join(dir, "bare")
	for out, pkg := range map[string]string{p4p: "p4p", bare: "p4p/e2e/testdata/bare"} {
		if said, err := exec.Command("go", "build", "-o", out, pkg).CombinedOutput(); err != nil {
			b.Fatalf("%v: %s", err, said)
		}
	}
	return p4p, bare
}

// million is a home whose profile has a million posts in its cache, by 250 authors,
// and whose server stands at the same place of the log. Making it takes minutes:
// P4P_BENCH_HOME names a folder that is made once and used again.
func million(b *testing.B, p4p string) (home string) {
	b.Helper()
	if testing.Short() {
		b.Skip("a cache of a million posts takes minutes to make")
	}
	if home = os.Getenv("P4P_BENCH_HOME"); home == "" {
		home = filepath.Join(b.TempDir(), "home")
	} else if _, err := os.Stat(home); err == nil {
		return home
	}
	making := home + ".making"
	if err := os.RemoveAll(making); err != nil {
		b.Fatal(err)
	}
	cmd := exec.Command(p4p, "feed")
	cmd.Env = append(os.Environ(), "P4P_HOME="+making, "P4P_SERVER=")
	if said, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, said)
	}
	last := fill(b, filepath.Join(making, "default", "cache.db"))
	db, err := sql.Open("sqlite3", filepath.Join(making, "server", "server.db"))
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	author := last.Author.UUID()
	for _, insert := range []struct {
		sql  string
		args []any
	}{
		{"INSERT INTO records (seq, id, kind, author) VALUES (?, ?, 'post', ?)", []any{millionPosts, last.ID[:], author[:]}},
		{"INSERT INTO bodies (seq, jws) VALUES (?, zeroblob(600))", []any{millionPosts}},
	} {
		if _, err := db.ExecContext(b.Context(), insert.sql, insert.args...); err != nil {
			b.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		b.Fatal(err)
	}
	if err := os.Rename(making, home); err != nil {
		b.Fatal(err)
	}
	return home
}

// fill puts a million posts into a cache and gives the last.
func fill(b *testing.B, file string) protocol.Record {
	b.Helper()
	c, err := cache.Open(b.Context(), file, slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	place, ok, err := c.Place(b.Context())
	if err != nil || !ok {
		b.Fatal("the profile has no feed yet", err)
	}
	begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var last protocol.Record
	batch := make([]cache.Entry, 0, 20_000)
	for n := uint64(1); n <= millionPosts; n++ {
		r := protocol.Record{Kind: protocol.KindPost, Author: protocol.PublicKey{byte(n % 250), 1}}
		binary.BigEndian.PutUint64(r.ID[:8], n*0x9e3779b97f4a7c15)
		binary.BigEndian.PutUint64(r.ID[8:], n)
		r.Text = fmt.Sprintf("Cached post %d: the quick brown fox jumps over the lazy dog, says word%d and goes on for more than one line of eighty columns.", n, n%1000)
		r.CreatedAt = begin.Add(time.Duration(n) * 10 * time.Second)
		batch, last = append(batch, cache.Entry{Seq: n, Kind: protocol.EventPost, Record: r}), r
		if len(batch) == cap(batch) {
			if _, err := c.Append(b.Context(), place.History, batch); err != nil {
				b.Fatal(err)
			}
			batch = batch[:0]
		}
	}
	return last
}

// glass is a program on a pseudo-terminal of 120x40 that answers no question; what it
// prints is kept with the time at which it came.
type glass struct {
	b     *testing.B
	cmd   *exec.Cmd
	pty   *os.File
	began time.Time

	mu    sync.Mutex
	out   []byte
	at    time.Time     // when the last of it came
	more  chan struct{} // something came
	ended chan struct{}
}

func openGlass(b *testing.B, home, program string, env ...string) *glass {
	b.Helper()
	g := &glass{b: b, cmd: exec.Command(program), more: make(chan struct{}, 1), ended: make(chan struct{}), began: time.Now()}
	g.cmd.Env = append(os.Environ(), "P4P_HOME="+home, "P4P_SERVER=", "TERM=xterm-256color", "NO_COLOR=")
	g.cmd.Env = append(g.cmd.Env, env...)
	var err error
	if g.pty, err = pty.StartWithSize(g.cmd, &pty.Winsize{Rows: 40, Cols: 120}); err != nil {
		b.Fatal(err)
	}
	go func() {
		defer close(g.ended)
		buf := make([]byte, 64<<10)
		for {
			n, err := g.pty.Read(buf)
			g.mu.Lock()
			g.out, g.at = append(g.out, buf[:n]...), time.Now()
			g.mu.Unlock()
			select {
			case g.more <- struct{}{}:
			default:
			}
			if err != nil {
				return
			}
		}
	}()
	return g
}

// sees waits until the program has printed the text since mark, and tells when.
func (g *glass) sees(mark int, text string) time.Time {
	g.b.Helper()
	late := time.After(patience)
	for {
		g.mu.Lock()
		found, at := bytes.Contains(g.out[mark:], []byte(text)), g.at
		g.mu.Unlock()
		if found {
			return at
		}
		select {
		case <-g.more:
		case <-g.ended:
			g.b.Fatalf("%s ended: %q", g.cmd.Path, g.out)
		case <-late:
			g.b.Fatalf("no %q within %v in %q", text, patience, g.out[mark:])
		}
	}
}

// settles waits until nothing is printed for d.
func (g *glass) settles(d time.Duration) {
	for {
		select {
		case <-g.more:
		case <-time.After(d):
			return
		}
	}
}

func (g *glass) mark() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.out)
}

func (g *glass) press(keys string) time.Time {
	g.b.Helper()
	at := time.Now()
	if _, err := g.pty.WriteString(keys); err != nil {
		g.b.Fatal(err)
	}
	return at
}

func (g *glass) end(keys string) {
	g.press(keys)
	select {
	case <-g.ended:
	case <-time.After(patience):
		_ = g.cmd.Process.Kill()
		g.b.Error("the program did not end")
	}
	_ = g.cmd.Wait()
	_ = g.pty.Close()
}

func (g *glass) proc(file string) string {
	g.b.Helper()
	s, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", g.cmd.Process.Pid, file))
	if err != nil {
		g.b.Skip("there is no /proc to measure with")
	}
	return string(s)
}

// cpu is the processor time that the program has used.
func (g *glass) cpu() time.Duration {
	_, after, _ := strings.Cut(g.proc("stat"), ") ")
	f := strings.Fields(after)
	user, _ := strconv.Atoi(f[11])
	system, _ := strconv.Atoi(f[12])
	return time.Duration(user+system) * (time.Second / 100) // USER_HZ, 100 on every Linux that Go runs on
}

// memory is a line of /proc/PID/status, in MB.
func (g *glass) memory(name string) float64 {
	_, after, _ := strings.Cut(g.proc("status"), name+":")
	kB, _ := strconv.ParseFloat(strings.Fields(after)[0], 64)
	return kB * 1024 / 1e6
}

func report(b *testing.B, took []time.Duration, as string) {
	slices.Sort(took)
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	b.ReportMetric(ms(took[len(took)/2]), as+"median-ms")
	b.ReportMetric(ms(took[len(took)*99/100]), as+"p99-ms")
	b.ReportMetric(ms(took[len(took)-1]), as+"worst-ms")
}

// From the start of the process to the frame that shows the newest post.
func BenchmarkFirstFrame(b *testing.B) {
	p4p, bare := programs(b)
	full := million(b, p4p)
	for _, c := range []struct{ name, program, home, text, quit string }{
		{"a bare program", bare, b.TempDir(), "This is bare.", "q"},
		{"a million posts", p4p, full, "post 1000000:", "q"},
	} {
		b.Run(c.name, func(b *testing.B) {
			var took []time.Duration
			for b.Loop() {
				g := openGlass(b, c.home, c.program)
				took = append(took, g.sees(0, c.text).Sub(g.began))
				b.StopTimer()
				g.settles(200 * time.Millisecond)
				g.end(c.quit)
				b.StartTimer()
			}
			report(b, took, "")
		})
	}
}

// A program that nobody touches: what it prints and computes in ten seconds.
func BenchmarkIdle(b *testing.B) {
	p4p, bare := programs(b)
	full := million(b, p4p)
	for _, c := range []struct{ name, program, home, text string }{
		{"a bare program", bare, b.TempDir(), "This is bare."},
		{"a million posts", p4p, full, "post 1000000:"},
	} {
		b.Run(c.name, func(b *testing.B) {
			g := openGlass(b, c.home, c.program)
			g.sees(0, c.text)
			g.settles(5 * time.Second)
			var used time.Duration
			printed := 0
			for b.Loop() {
				mark, before := g.mark(), g.cpu()
				<-time.After(10 * time.Second)
				used, printed = used+g.cpu()-before, printed+g.mark()-mark
			}
			b.ReportMetric(float64(printed)/float64(b.N), "bytes-in-10s")
			b.ReportMetric(float64(used.Milliseconds())/float64(b.N), "cpu-ms-in-10s")
			g.end("q")
		})
	}
}

// What the program, its server included, has in memory after five hundred pages of a
// million posts, from both ends.
func BenchmarkMemory(b *testing.B) {
	p4p, _ := programs(b)
	g := openGlass(b, million(b, p4p), p4p)
	g.sees(0, "post 1000000:")
	for b.Loop() {
		for range 250 {
			g.press("\x06") // a page down
			g.settles(20 * time.Millisecond)
		}
		g.press("G")
		g.settles(time.Second)
		for range 250 {
			g.press("\x02") // a page up
			g.settles(20 * time.Millisecond)
		}
		g.press("g")
		g.settles(time.Second)
	}
	b.ReportMetric(g.memory("VmRSS"), "rss-MB")
	b.ReportMetric(g.memory("VmHWM"), "most-MB")
	g.end("q")
}

// A key every 50 ms, and the time until the terminal has what it opens or closes: alone,
// while a thousand posts arrive each second, and while ten thousand come as fast as the
// server takes them. Between key and frame is Bubble Tea's clock of 60 frames a second.
func BenchmarkKeyToFrame(b *testing.B) {
	p4p, _ := programs(b)
	for _, c := range []struct {
		name  string
		at    int           // once
		every time.Duration // 0 for as fast as the server takes them
		total int
	}{{"nothing arrives", 0, 0, 0}, {"1,000 a second", 50, 50 * time.Millisecond, 10_000}, {"10,000 at once", 100, 0, 10_000}} {
		b.Run(c.name, func(b *testing.B) {
			to := unhurried(b)
			g := openGlass(b, b.TempDir(), p4p, "P4P_SERVER="+to.URL())
			g.sees(0, "everyone")
			g.settles(time.Second)
			var took []time.Duration
			var rate float64
			for b.Loop() {
				b.StopTimer()
				batches := signed(b, to, c.at, c.total)
				b.StartTimer()
				done := make(chan error, 1)
				begin := time.Now()
				go func() {
					for _, records := range batches {
						next := time.After(c.every)
						if _, err := to.PostRecords(b.Context(), records); err != nil {
							done <- err
							return
						}
						<-next
					}
					rate = float64(c.total) / time.Since(begin).Seconds()
					done <- nil
				}()
				beat := time.NewTicker(50 * time.Millisecond)
				for n, arriving := 0, true; arriving || n < 100 || n%2 == 1; n++ { // it ends with the help closed
					<-beat.C
					mark := g.mark()
					key, text := "?", "Help"
					if n%2 == 1 {
						key, text = "?", "P4P"
					}
					pressed := g.press(key)
					took = append(took, g.sees(mark, text).Sub(pressed))
					select {
					case err := <-done:
						if err != nil {
							b.Fatal(err)
						}
						arriving = false
					default:
					}
				}
				beat.Stop()
			}
			report(b, took, "")
			b.ReportMetric(rate, "posts/s")
			g.end("q")
		})
	}
}

// unhurried calls a server of its own that takes from one device what it gets.
func unhurried(b *testing.B) *wire.Client {
	b.Helper()
	limits := api.DefaultLimits()
	most := api.Rate{PerSecond: 1e9, Burst: 1e9}
	limits.Calls, limits.Records, limits.AddressAdds = most, most, most
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	s, err := server.Start(context.Background(), server.Config{Data: b.TempDir(), Listener: l, Limits: &limits})
	if err != nil {
		b.Fatal(err)
	}
	c, err := wire.New(s.URL(), nil)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		c.Close()
		if err := s.Shutdown(context.Background()); err != nil {
			b.Error(err)
		}
	})
	return c
}

// signed are new posts of one author, as many in a batch as are sent at once.
func signed(b *testing.B, to *wire.Client, atOnce, total int) (batches [][]string) {
	b.Helper()
	info, err := to.Info(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	root, err := protocol.NewRoot(rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	for n := range total {
		p := protocol.Payload{Server: info.Server, Text: fmt.Sprintf("Arriving post %d, with a text of usual length that says nothing of interest to anybody.", n), CreatedAt: protocol.Cut(time.Now())}
		if p.Nonce, err = protocol.NewNonce(rand.Reader); err != nil {
			b.Fatal(err)
		}
		r, err := protocol.Sign(root.DeviceKey(0), protocol.KindPost, p)
		if err != nil {
			b.Fatal(err)
		}
		if n%atOnce == 0 {
			batches = append(batches, nil)
		}
		batches[len(batches)-1] = append(batches[len(batches)-1], r.JWS)
	}
	return batches
}
