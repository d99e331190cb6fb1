package client

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestAPanicAnywhereEndsRunWithAnError(t *testing.T) {
	w := newTown(t)
	for name, of := range map[string]time.Duration{"while it looks for what others wrote": pollEvery, "while it waits for the server": stallAfter} {
		t.Run(name, func(t *testing.T) {
			r := opens(t, Options{Home: t.TempDir(), Server: w.URL(), after: func(d time.Duration) (<-chan time.Time, func()) {
				if d == of {
					panic("a fault in here")
				}
				return quick(d)
			}})
			err := r.Run(t.Context())
			p, ok := errors.AsType[*Panic](err)
			if !ok || p.Value != "a fault in here" || !strings.Contains(err.Error(), "a fault in here") || !strings.Contains(string(p.Stack), "panic_test.go") {
				t.Errorf("it ended with %v", err)
			}
			if st := r.Status(); st.Connection != Offline {
				t.Errorf("it is still %v", st.Connection)
			}
		})
	}
}

func TestAPanicOutsideOfRunIsToldToWhoCalled(t *testing.T) {
	r := opens(t, Options{Home: t.TempDir()})
	defer func() {
		if v := recover(); v != "oh" {
			t.Errorf("it recovered %v", v)
		}
	}()
	r.guard(func() { panic("oh") })
	t.Error("it went on")
}
