package wire

import (
	"net/http"
	"testing"
	"time"
)

func TestAnAnswerTellsTheServersTime(t *testing.T) {
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	c := client(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Date", noon.Format(http.TimeFormat))
		w.WriteHeader(http.StatusServiceUnavailable) // a refusal tells it as well
	}))
	if at, ok := c.Now(); ok {
		t.Errorf("before any answer it is %v", at)
	}
	before := time.Now()
	if _, err := c.Info(t.Context()); err == nil {
		t.Fatal("no refusal")
	}
	at, ok := c.Now()
	if off := at.Sub(noon); !ok || off < 0 || off > time.Since(before) {
		t.Errorf("it is %v, %v", at, ok)
	}
}
