package api

import (
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"p4p/protocol"
)

// handler answers a call, or returns why it does not.
type handler func(w http.ResponseWriter, r *http.Request) error

// methods are a route's calls; HEAD comes with GET.
type methods map[string]handler

// route serves a pattern. What it lacks is told in the one error shape, where
// ServeMux alone would answer in plain text.
func (a *API) route(pattern string, m methods) {
	a.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		method := r.Method
		if method == http.MethodHead {
			method = http.MethodGet
		}
		call, ok := m[method]
		switch {
		case m == nil:
			a.refuse(w, r, notFound())
		case !ok:
			w.Header().Set("Allow", strings.Join(slices.Sorted(maps.Keys(m)), ", "))
			a.refuse(w, r, protocol.Errorf(protocol.CodeMethodNotAllowed, "This address does not take that method."))
		default:
			if err := call(w, r); err != nil {
				a.refuse(w, r, err)
			}
		}
	})
}

func notFound() *protocol.Error {
	return protocol.Errorf(protocol.CodeNotFound, "There is nothing at this address.")
}

func writeText(w http.ResponseWriter, s string) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(w, s) // an error means that the client is gone
	return nil
}

func writeJSON(w http.ResponseWriter, status int, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(append(b, '\n'))
	return nil
}

// refusal is an error with the time after which to try again.
type refusal struct {
	err   *protocol.Error
	retry time.Duration
}

func (r *refusal) Error() string { return r.err.Message }
func (r *refusal) Unwrap() error { return r.err }

// refuse answers with an error. What a client can do nothing about is logged,
// with its cause, and answered without it.
func (a *API) refuse(w http.ResponseWriter, r *http.Request, err error) {
	e := a.tell(r.Context().Err() != nil, r.Pattern, err)
	var again *refusal
	if errors.As(err, &again) {
		w.Header().Set("Retry-After", strconv.Itoa(int(max(again.retry+time.Second-1, time.Second)/time.Second)))
	}
	if !visits(r) {
		_ = writeJSON(w, e.Code.Status(), protocol.ErrorBody{Error: e})
		return
	}
	if e.Code == protocol.CodeNotFound {
		missing(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(e.Code.Status())
	_, _ = io.WriteString(w, e.Message+"\n") // an error means that the client is gone
}

// visits tells whether a person asks, with a browser: it gets sentences.
func visits(r *http.Request) bool {
	return (r.Method == http.MethodGet || r.Method == http.MethodHead) && !strings.HasPrefix(r.URL.Path, "/v1/") &&
		strings.Contains(r.Header.Get("Accept"), "text/html")
}

// tell is what a client hears of err. gone: nobody listens any more, so a call
// that broke off for that reason is nothing to log.
func (a *API) tell(gone bool, where string, err error) *protocol.Error {
	var e *protocol.Error
	if !errors.As(err, &e) {
		e = protocol.Errorf(protocol.CodeInternal, "Something went wrong inside the server; its log says more.").Because(err)
	}
	if status := e.Code.Status(); status >= 500 && e.Cause != nil && !gone {
		a.Log.Error("a call failed", "route", where, "code", e.Code, "error", quiet(e.Cause))
	}
	return &protocol.Error{Code: e.Code, Message: e.Message}
}

// writeSlowly writes a large answer, for as long as a slow line may take. The next
// call on the connection has the server's own deadline again.
func (a *API) writeSlowly(w http.ResponseWriter, b []byte) {
	if due := a.Limits.due(len(b)); !due.IsZero() {
		_ = http.NewResponseController(w).SetWriteDeadline(due) // the server's own holds otherwise
	}
	_, _ = w.Write(b) // an error means that the client is gone, or reads too slowly
}

// readBody reads a request's body of at most limit bytes, for which the caller
// holds room.
func (a *API) readBody(w http.ResponseWriter, r *http.Request, limit int) ([]byte, error) {
	tooLarge := protocol.Errorf(protocol.CodeTooLarge, "The body of this call holds at most %d bytes.", limit)
	if r.ContentLength > int64(limit) {
		return nil, tooLarge
	}
	line := http.NewResponseController(w)
	if due := a.Limits.due(bodyLength(r, limit)); !due.IsZero() {
		_ = line.SetReadDeadline(due) // the server's own holds otherwise
	}
	var b []byte
	var err error
	if r.ContentLength >= 0 {
		b = make([]byte, r.ContentLength)
		_, err = io.ReadFull(r.Body, b)
	} else {
		b, err = io.ReadAll(http.MaxBytesReader(w, r.Body, int64(limit)))
	}
	var e *http.MaxBytesError
	switch {
	case errors.As(err, &e):
		return nil, tooLarge
	case err != nil: // its text would name the peer
		return nil, protocol.Errorf(protocol.CodeBadRequest, "The body of this call broke off, or came too slowly.")
	}
	_ = line.SetReadDeadline(time.Time{}) // else net/http takes the client for gone when it passes
	return b, nil
}

// readJSON decodes a request's body, strictly.
func (a *API) readJSON(w http.ResponseWriter, r *http.Request, limit int, v any) error {
	b, err := a.readBody(w, r, limit)
	if err != nil {
		return err
	}
	return protocol.DecodeStrict(b, v)
}
