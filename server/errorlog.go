package server

import (
	"bytes"
	"context"
	"log" //nolint:depguard // net/http takes no other
	"log/slog"
	"net/netip"
	"regexp"
	"strings"
)

// errorLog is where net/http writes its own troubles. Their text names peers,
// which this takes out.
func errorLog(l *slog.Logger) *log.Logger { return log.New(quietWriter{l}, "", 0) }

type quietWriter struct{ log *slog.Logger }

func (w quietWriter) Write(p []byte) (int, error) {
	level := slog.LevelWarn
	if bytes.HasPrefix(p, []byte("http: TLS handshake error")) {
		level = slog.LevelDebug // any visitor can cause these, and a browser that asks about the certificate does
	}
	w.log.Log(context.Background(), level, "net/http", "says", Scrub(strings.TrimSpace(string(p))))
	return len(p), nil
}

var naming = regexp.MustCompile(
	`\[[0-9A-Fa-f:.]+(%\w+)?\](:\d+)?` + // [IPv6]:port
		`|[0-9A-Fa-f]{0,4}(:[0-9A-Fa-f]{0,4}){2,}(\.\d{1,3}){0,3}(%\w+)?` + // perhaps IPv6
		`|\b\d{1,3}(\.\d{1,3}){3}(:\d+)?\b` + // IPv4:port
		`|\b[0-9A-Fa-f]{8}-([0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}\b` + // UUID
		`|\b[A-Za-z0-9+.-]+://\S+`) // a link

// Scrub takes addresses, UUIDs and links out of text that others wrote, for a log.
func Scrub(s string) string {
	return naming.ReplaceAllStringFunc(s, func(found string) string {
		if strings.ContainsAny(found, "[-/") || strings.Count(found, ":") < 2 {
			return "[…]"
		}
		for _, end := range []string{"", ":"} { // a sentence may go on with a colon
			if address, ok := strings.CutSuffix(found, end); ok {
				if _, err := netip.ParseAddr(address); err == nil {
					return "[…]" + end
				}
			}
		}
		return found // the time of day, say
	})
}
