package api

import (
	"errors"
	"net"
	"net/http"
)

// quiet is what may be logged of err: a network error's text names both ends of
// the connection.
func quiet(err error) string {
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Op + ": " + quiet(op.Err)
	}
	return err.Error()
}

// knownMethod keeps what a client invents out of the log and the metrics.
func knownMethod(m string) string {
	switch m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions, http.MethodPatch:
		return m
	}
	return "other"
}
