package wire

import (
	"net/http"
	"time"
)

// told is the time that an answer named, and when it came.
type told struct {
	date, at time.Time
}

func (c *Client) hear(h http.Header) {
	if d, err := http.ParseTime(h.Get("Date")); err == nil {
		c.clock.Store(&told{d, time.Now()})
	}
}

// Now is the server's time, up to a second late, going by its last answer; ok is
// false when none named one. The server may lie.
func (c *Client) Now() (now time.Time, ok bool) {
	t := c.clock.Load()
	if t == nil {
		return time.Time{}, false
	}
	return t.date.Add(time.Since(t.at)), true
}
