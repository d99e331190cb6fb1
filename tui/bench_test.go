package tui

import (
	"fmt"
	"testing"
	"time"

	"p4p/client"
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
