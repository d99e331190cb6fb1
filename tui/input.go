package tui

import (
	"bytes"
	"io"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/term"
)

// The marks between which a terminal sends a paste.
const (
	pasteBegins = "\x1b[200~"
	pasteEnds   = "\x1b[201~"
)

// pasteReader takes control characters out of pastes, but line breaks and tabs. Not
// every terminal does, and Bubble Tea reads sequences in a paste as such: one that never
// ends would swallow the paste's end and every key after it, ctrl+c included.
type pasteReader struct {
	io.Reader
	inside bool
	seen   int    // bytes of the mark of the beginning that came last
	held   []byte // bytes that may be the mark of the end
	char   []byte // the beginning of a character
}

// Read returns nothing without an error when all that was read was taken out. It needs
// room for the longest mark.
func (r *pasteReader) Read(p []byte) (int, error) {
	if len(p) < 2*len(pasteEnds) {
		return 0, io.ErrShortBuffer
	}
	n, err := r.Reader.Read(p[:len(p)-len(r.held)-len(r.char)])
	out := make([]byte, 0, len(p))
	for _, b := range p[:n] {
		out = r.take(out, b)
	}
	return copy(p, out), err
}

func (r *pasteReader) take(out []byte, b byte) []byte {
	if !r.inside {
		r.seen = matched(pasteBegins, r.seen, b)
		if r.seen == len(pasteBegins) {
			r.inside, r.seen = true, 0
		}
		return append(out, b)
	}
	r.held = append(r.held, b)
	if bytes.HasPrefix([]byte(pasteEnds), r.held) {
		if len(r.held) == len(pasteEnds) {
			out, r.held, r.inside, r.char = append(out, r.held...), nil, false, nil
		}
		return out
	}
	held := r.held
	r.held = nil
	for _, h := range held[:len(held)-1] {
		out = r.harmless(out, h)
	}
	if b == pasteEnds[0] {
		r.held = append(r.held, b) // the mark may begin here
		return out
	}
	return r.harmless(out, b)
}

// matched is how many bytes of a mark, in which its first byte stands only once, have come
// with one more.
func matched(mark string, seen int, b byte) int {
	switch b {
	case mark[seen]:
		return seen + 1
	case mark[0]:
		return 1
	}
	return 0
}

// harmless lets whole characters pass that are no controls, C1 among them.
func (r *pasteReader) harmless(out []byte, b byte) []byte {
	if r.char = append(r.char, b); !utf8.FullRune(r.char) {
		return out
	}
	c, n := utf8.DecodeRune(r.char)
	rest := r.char[n:]
	if c == '\n' || c == '\r' || c == '\t' || !unicode.IsControl(c) && (c != utf8.RuneError || n > 1) {
		out = append(out, r.char[:n]...)
	}
	r.char = nil
	for _, b := range rest { // behind a byte that is no beginning of a character
		out = r.harmless(out, b)
	}
	return out
}

// pasteFile is a pasteReader on a terminal, which stays one to those who ask.
type pasteFile struct {
	term.File
	clean *pasteReader
}

func (f pasteFile) Read(p []byte) (int, error) { return f.clean.Read(p) }

// Name is what tells a file from a mere reader.
func (f pasteFile) Name() string {
	if n, ok := f.File.(interface{ Name() string }); ok {
		return n.Name()
	}
	return "terminal"
}

// cleanPastes reads from a terminal, or whatever stands for one.
func cleanPastes(in io.Reader) io.Reader {
	clean := &pasteReader{Reader: in}
	if f, ok := in.(term.File); ok {
		return pasteFile{f, clean}
	}
	return clean
}
