package api

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
)

func TestAPanicOnAnotherCoreIsThatOfTheCall(t *testing.T) {
	defer func() {
		if p, ok := recover().(string); !ok || !strings.Contains(p, "oh, in the third") || !strings.Contains(p, "panic_test.go") {
			t.Errorf("the call panicked with %v", p)
		}
	}()
	each(100, func(i int) {
		if i == 3 {
			panic("oh, in the third")
		}
	})
	t.Error("the call goes on")
}

func TestAPanicWhileAStreamIsReadEndsThatStreamAndIsLogged(t *testing.T) {
	var log bytes.Buffer
	s := &stream{api: &API{Config: Config{Log: slog.New(slog.NewTextHandler(&log, nil))}}, in: make(chan incoming)}
	s.read() // there is no connection
	if _, open := <-s.in; open || !strings.Contains(log.String(), "a stream panicked") {
		t.Errorf("open: %v; the log says %q", open, &log)
	}
}
