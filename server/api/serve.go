package api

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path"
	"runtime/debug"
	"strings"
	"time"

	"p4p/protocol"
)

// ServeHTTP implements [http.Handler].
func (a *API) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	w := &recorder{ResponseWriter: rw}
	start := time.Now()
	r = foldLinks(r)
	defer func() {
		if p := recover(); p != nil {
			a.panicked(w, r, p)
		}
		took := time.Since(start)
		a.Metrics.request(r.Pattern, r.Method, w.status(), took)
		a.Log.Debug("call", "method", knownMethod(r.Method), "route", r.Pattern, "status", w.status(), "took", took)
	}()
	secure(w.Header())
	if d := a.reach.Load(); r.TLS != nil && d != nil && d.Strict {
		w.Header().Set("Strict-Transport-Security", "max-age=31536000")
	}
	if err := a.admit(r); err != nil {
		a.refuse(w, r, err)
		return
	}
	a.mux.ServeHTTP(w, r)
}

// admit is what every call must pass.
func (a *API) admit(r *http.Request) error {
	// ServeMux would answer with a redirect, in HTML, to the cleaned path.
	if p := r.URL.Path; p == "" || p[0] != '/' || path.Clean(p) != p {
		return notFound()
	}
	switch r.URL.Path {
	case "/healthz": // a load balancer calls it by any name
		if onThisMachine(r) {
			return nil
		}
		// By itself: who looks after the server from elsewhere is not to miss it because
		// others behind the same address make many calls.
		return a.guard.health.take(a.guard.peer(r), 1, a.Now())
	case "/metrics":
		if a.NoMetrics || a.PublicURL != "" || !operatorCall(r) {
			return notFound()
		}
		return nil
	}
	if err := a.Hosts.checkHost(r, a.reach.Load()); err != nil {
		return err
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		if err := a.Hosts.checkOrigin(r); err != nil {
			return err
		}
	}
	return a.guard.calls.take(a.guard.peer(r), worth(r), a.Now())
}

// worth is how many calls r counts as: a body costs work before anything in it is
// known to be of use.
func worth(r *http.Request) int {
	const unit = 64 << 10
	return 1 + (bodyLength(r, protocol.MaxPicture)+unit-1)/unit
}

// foldLinks makes one of all spellings of a link's path: a QR code holds upper
// case only. Nothing is redirected, and nothing is consumed by being asked for.
func foldLinks(r *http.Request) *http.Request {
	p := r.URL.Path
	if len(p) < 3 || p[0] != '/' || p[2] != '/' || !strings.ContainsRune("fFpP", rune(p[1])) {
		return r
	}
	u := *r.URL
	u.Path, u.RawPath = strings.ToLower(p), ""
	folded := *r
	folded.URL = &u
	return &folded
}

// secure sets what every answer carries. Single calls may loosen it.
func secure(h http.Header) {
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
}

// panicked keeps one broken call from ending the others.
func (a *API) panicked(w *recorder, r *http.Request, p any) {
	if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(p) // net/http breaks the connection off
	}
	a.Log.Error("a call panicked", "route", r.Pattern, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
	if w.code != 0 {
		panic(http.ErrAbortHandler) // half an answer is out: let the client see that it is half
	}
	a.refuse(w, r, protocol.Errorf(protocol.CodeInternal, "Something went wrong inside the server; its log says more."))
}

// recorder notes the status of an answer.
type recorder struct {
	http.ResponseWriter
	code int
}

func (w *recorder) WriteHeader(code int) {
	if w.code == 0 {
		w.code = code
	}
	w.ResponseWriter.WriteHeader(code)
}

func (w *recorder) Write(b []byte) (int, error) {
	if w.code == 0 {
		w.code = http.StatusOK
	}
	return w.ResponseWriter.Write(b)
}

// Hijack lets a stream take the connection over.
func (w *recorder) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	w.code = http.StatusSwitchingProtocols
	return http.NewResponseController(w.ResponseWriter).Hijack()
}

// Unwrap lets [http.ResponseController] through.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *recorder) status() int {
	if w.code == 0 {
		return http.StatusOK
	}
	return w.code
}
