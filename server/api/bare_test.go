package api

import (
	"bytes"
	"context"
	"net/http/httptest"
	"testing"

	"p4p/protocol"
	"p4p/server/hub"
)

// newBare is the calls without a socket, for fuzzing.
func newBare(f *testing.F) (*fakeStore, *API) {
	f.Helper()
	st := newFakeStore()
	h := hub.New(st, hub.Options{})
	f.Cleanup(func() { h.Close(context.Background()) })
	return st, New(Config{Store: st, Hub: h, Metrics: NewMetrics(), Hosts: NewHosts(&fakeAddr{}, "", ""), Now: st.now})
}

type fakeAddr struct{}

func (*fakeAddr) Network() string { return "tcp" }
func (*fakeAddr) String() string  { return "127.0.0.1:4747" }

func serveBare(a *API, method, path string, body []byte) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "http://localhost"+path, bytes.NewReader(body))
	r.Header.Set("Authorization", protocol.Token{1}.Authorization())
	w := httptest.NewRecorder()
	a.ServeHTTP(w, r)
	return w
}

func checkAnswer(t *testing.T, w *httptest.ResponseRecorder, st *fakeStore) {
	t.Helper()
	if w.Code >= 500 {
		t.Fatalf("the server failed: %d %s", w.Code, w.Body)
	}
	if w.Code >= 400 {
		var e protocol.ErrorBody
		if err := protocol.DecodeStrict(w.Body.Bytes(), &e); err != nil || e.Error == nil || e.Error.Code.Status() != w.Code {
			t.Fatalf("%d with %s: %v", w.Code, w.Body, err)
		}
	}
	st.set(func(s *fakeStore) { s.log, s.recs = s.log[:0], s.recs[:0] })
}
