package hub

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"p4p/protocol"
)

func BenchmarkEncode(b *testing.B) {
	jws := strings.Repeat("x", 600)
	for _, n := range []int{1, 100} {
		events := make([]protocol.Event, n)
		for i := range events {
			events[i] = protocol.Event{Seq: uint64(i + 1), Kind: protocol.EventPost, JWS: jws}
		}
		b.Run(fmt.Sprint(n, " events"), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				encodeFrames(events)
			}
		})
	}
}

func BenchmarkNextFromTheRing(b *testing.B) {
	h := New(&fakeLog{}, Options{})
	defer h.Close(context.Background())
	for i := range 1000 {
		if _, err := h.Submit(context.Background(), []protocol.Record{post(fmt.Sprint(i))}); err != nil {
			b.Fatal(err)
		}
	}
	r := h.Reader(0)
	b.ReportAllocs()
	for b.Loop() {
		r.cursor = 990
		if frames, _, err := r.Next(context.Background()); err != nil || len(frames) != 10 {
			b.Fatal(len(frames), err)
		}
	}
}
