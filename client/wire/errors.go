package wire

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"p4p/plain"
	"p4p/protocol"
)

// A server may ask for patience, but not for more than this.
const maxRetryAfter = 10 * time.Minute

// patient is an error that says when to try again.
type patient struct {
	err   *protocol.Error
	after time.Duration
}

func (p *patient) Error() string { return p.err.Message }
func (p *patient) Unwrap() error { return p.err }

// RetryAfter is how long the server asked to wait before the call that failed
// with err is made again: at most ten minutes, 0 if it did not ask.
func RetryAfter(err error) time.Duration {
	var p *patient
	if errors.As(err, &p) {
		return p.after
	}
	return 0
}

// Temporary tells whether the same call may succeed later without any change:
// nobody answered, or the server was busy, ending or at fault.
func Temporary(err error) bool {
	switch protocol.CodeOf(err) {
	case protocol.CodeNoServer, protocol.CodeForeignServer, protocol.CodeRateLimited, protocol.CodeUnavailable, protocol.CodeInternal:
		return true
	}
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// unreachable is the error for a call that got no whole answer.
func (c *Client) unreachable(ctx context.Context, cause error) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(cause, errPin):
		return protocol.Errorf(protocol.CodePinMismatch,
			"The server at %s has another key than the one that your link or your profile names. Somebody may be in between, or the server was set up anew: ask whoever runs it.", c.base).Because(cause)
	case errors.As(cause, new(*tls.CertificateVerificationError)):
		return protocol.Errorf(protocol.CodeUntrusted,
			"Nobody whom this machine trusts vouches for the server at %s. If it is a friend's own server, open a whole link of it, or give its address with the fingerprint that it prints when it starts, as in --server %s#FINGERPRINT; else check the address and this machine's clock.", c.base, c.base).Because(cause)
	case errors.Is(cause, errAbroad):
		return protocol.Errorf(protocol.CodeInsecureLink,
			"%s leads to another machine, which would be reached without encryption: use https://, or mend this machine's hosts file.", c.base).Because(cause)
	}
	return protocol.Errorf(protocol.CodeNoServer,
		"The server at %s cannot be reached: check the connection and whether the server runs.", c.base).Because(cause)
}

// foreign is the error for an answer that no P4P server gives.
func (c *Client) foreign(cause error) error {
	return protocol.Errorf(protocol.CodeForeignServer,
		"What answers at %s is not a P4P server: check the address.", c.base).Because(cause)
}

// refusal is the error for an answer with another status than 2xx.
func (c *Client) refusal(status int, h http.Header, body []byte) error {
	var b protocol.ErrorBody
	e := (*protocol.Error)(nil)
	if json.Unmarshal(body, &b) == nil {
		e = Clean(b.Error)
	}
	switch {
	case e != nil:
	case status == http.StatusTooManyRequests:
		e = protocol.Errorf(protocol.CodeRateLimited, "The server at %s asks for a pause: try again later.", c.base)
	case status >= 500: // a proxy before the server answers such without a code
		e = protocol.Errorf(protocol.CodeUnavailable, "The server at %s does not work at the moment (status %d): try again later.", c.base, status)
	default:
		return c.foreign(errors.New("status " + strconv.Itoa(status)))
	}
	if s, err := strconv.ParseUint(h.Get("Retry-After"), 10, 31); err == nil && s > 0 {
		return &patient{e, min(time.Duration(s)*time.Second, maxRetryAfter)}
	}
	return e
}

// Clean makes a server's error fit to be shown: one line without anything that a
// terminal acts upon, and a code that looks like one. It is nil for none.
func Clean(e *protocol.Error) *protocol.Error {
	const longest = 500
	if e == nil || e.Code == "" {
		return nil
	}
	code := e.Code
	if len(code) > 40 || strings.Trim(string(code), "abcdefghijklmnopqrstuvwxyz_") != "" {
		code = protocol.CodeInternal
	}
	m := plain.Line(e.Message).Truncate(longest)
	if m.IsEmpty() {
		return protocol.Errorf(code, "The server refused this without saying why (%s).", code)
	}
	return &protocol.Error{Code: code, Message: m.String()}
}
