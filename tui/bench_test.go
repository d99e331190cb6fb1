package tui

import (
	"fmt"
	"io"
	"os"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"p4p/client"
	"p4p/tui/graphics"
)

func full(n int) *fake {
	f := lively()
	for i := range n {
		f.says(key(i), time.Minute, fmt.Sprintf("Post %d, with a text that takes more than one line in a window of usual width, as most of them do. 日本語", i))
	}
	return f
}

// One frame of a full feed, nothing changed since the last.
func BenchmarkFrame(b *testing.B) {
	p := sit(b, full(200), 120, 40)
	p.press("j")
	b.ReportAllocs()
	for b.Loop() {
		_ = p.app.View()
	}
}

// The feed of a profile whose cache holds a million posts, with all that is read from it
// between a key and its frame. P4P_BENCH_HOME is the folder that BenchmarkFirstFrame of
// e2e has made.
func BenchmarkFrameOfAMillion(b *testing.B) {
	home := os.Getenv("P4P_BENCH_HOME")
	if home == "" {
		b.Skip("P4P_BENCH_HOME names no home with a million posts")
	}
	c, err := client.Open(b.Context(), client.Options{Home: home})
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	app := newApp(b.Context(), Options{Client: c, Changes: newFake(), SaveDir: b.TempDir()}, colorprofile.TrueColor, true, graphics.NewCanvas(io.Discard))
	app.after = func(time.Duration, tea.Msg) tea.Cmd { return nil }
	p := &person{t: b, app: app}
	p.send(tea.WindowSizeMsg{Width: 120, Height: 40})
	p.run(app.Init())
	for _, how := range []struct {
		name string
		keys []string
	}{{"still", nil}, {"line by line", []string{"j"}}, {"page by page", []string{"pgdown"}}, {"to the end", []string{"G"}}, {"to the end and the top", []string{"G", "g"}}} {
		b.Run(how.name, func(b *testing.B) {
			p.press("g", "j")
			b.ReportAllocs()
			for b.Loop() {
				p.press(how.keys...)
				_ = app.View()
			}
		})
	}
}

// One key and the frame that shows it.
func BenchmarkKeyToFrame(b *testing.B) {
	p := sit(b, full(200), 120, 40)
	p.press("j")
	for b.Loop() {
		p.press("j")
		_ = p.app.View()
		p.press("k")
		_ = p.app.View()
	}
}

// Ten thousand posts arrive, a frame's worth at a time, and between any two batches a
// key is pressed: the worst time from a key to its frame is reported.
func BenchmarkKeyWhilePostsArrive(b *testing.B) {
	worst := time.Duration(0)
	for b.Loop() {
		p := sit(b, full(100), 120, 40)
		p.press("j")
		for range 300 {
			for i := range 33 {
				p.fake.says(key(i), 0, "Yet another one.")
			}
			p.hears(client.FeedChanged)
			start := time.Now()
			p.press("j")
			_ = p.app.View()
			worst = max(worst, time.Since(start))
		}
	}
	b.ReportMetric(float64(worst.Microseconds()), "worst-µs")
}
