package store

import (
	"fmt"
	"testing"

	"p4p/protocol"
)

// BenchmarkAppend1 commits one post at a time, BenchmarkAppend100 a full batch;
// both report the time of one post.
func BenchmarkAppend1(b *testing.B)   { benchmarkAppend(b, 1) }
func BenchmarkAppend100(b *testing.B) { benchmarkAppend(b, 100) }

func benchmarkAppend(b *testing.B, batch int) {
	w := newWorldWith(b, partSize)
	key := device(1)
	recs := make([]protocol.Record, b.N)
	for i := range recs {
		recs[i] = w.post(key, fmt.Sprintf("post number %d, with some words such as people write them", i))
	}
	b.ResetTimer()
	for from := 0; from < len(recs); from += batch {
		w.append(recs[from:min(from+batch, len(recs))]...)
	}
}

// BenchmarkErase is what a deletion costs the writer at the next sweep, with a
// full search table to make anew.
func BenchmarkErase(b *testing.B) {
	w := newWorldWith(b, partSize)
	for from := range partSize / 128 {
		var recs []protocol.Record
		for i := range 128 {
			recs = append(recs, w.post(device(1), fmt.Sprintf("post number %d, with some words such as people write them", from*128+i)))
		}
		w.append(recs...)
	}
	for b.Loop() {
		if _, err := w.writer.ExecContext(b.Context(), "INSERT INTO search_stale (part) VALUES (0)"); err != nil {
			b.Fatal(err)
		}
		w.sweep()
	}
}
