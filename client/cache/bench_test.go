package cache

import (
	"fmt"
	"testing"
	"time"

	"p4p/protocol"
)

// BenchmarkPages fills a cache with a million posts and times what a
// screen asks of it.
func BenchmarkPages(b *testing.B) {
	c, p := fresh(b)
	const posts = 1_000_000
	start := time.Now()
	var batch []Entry
	for n := uint64(1); n <= posts; n++ {
		batch = append(batch, made(n, byte(n%251), fmt.Sprintf("the quick brown fox number %d jumps over the lazy dog and says word%d to everybody", n, n%1000)))
		if len(batch) == 500 {
			if _, err := c.Append(b.Context(), p.History, batch); err != nil {
				b.Fatal(err)
			}
			batch = batch[:0]
		}
	}
	b.Logf("%.1f µs a post", float64(time.Since(start).Microseconds())/posts)
	friends := []Author{}
	for i := range 200 {
		friends = append(friends, Author{keyOf(byte(i)), All})
	}
	for name, q := range map[string]Query{
		"newest":         {PostsOnly: true, Limit: 50},
		"middle":         {PostsOnly: true, Limit: 50, Before: posts / 2},
		"oldest first":   {Limit: 50, After: posts / 3, Oldest: true},
		"200 friends":    {PostsOnly: true, Authors: friends, Limit: 50},
		"one friend":     {PostsOnly: true, Authors: friends[:1], Limit: 50, Before: posts / 2},
		"common word":    {PostsOnly: true, Words: "fox", Limit: 50},
		"common middle":  {PostsOnly: true, Words: "fox", Limit: 50, Before: posts / 2},
		"rare word":      {PostsOnly: true, Words: "word77", Limit: 50},
		"one post":       {PostsOnly: true, Words: "777777", Limit: 50},
		"words, friends": {PostsOnly: true, Words: "fox word77", Authors: friends[:2], Limit: 50},
		"fox of 1":       {PostsOnly: true, Words: "fox", Authors: friends[:1], Limit: 50},
		"phrase oldest":  {Words: "lazy-dog", Limit: 50, After: posts / 2, Oldest: true},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := c.Find(b.Context(), q); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	for name, after := range map[string]uint64{"all unread": 0, "all read": posts} {
		b.Run("lately, 200 friends, "+name, func(b *testing.B) {
			groups := make([]Group, len(friends))
			for i := range friends {
				groups[i] = Group{friends[i : i+1], after}
			}
			for b.Loop() {
				if _, err := c.Lately(b.Context(), groups, 100, Except{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	start = time.Now()
	if _, err := c.Append(b.Context(), p.History, []Entry{{Seq: posts + 1, Kind: protocol.EventTakedown, Target: made(5, 0, "").Record.ID}}); err != nil {
		b.Fatal(err)
	}
	if err := c.Tidy(b.Context(), All); err != nil {
		b.Fatal(err)
	}
	b.Logf("tidied in %v", time.Since(start))
	start = time.Now()
	if _, err := c.StartOver(b.Context(), p.History); err != nil {
		b.Fatal(err)
	}
	b.Logf("started over in %v", time.Since(start))
}
