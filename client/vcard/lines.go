package vcard

import (
	"bufio"
	"bytes"
	"errors"
	"io"

	"golang.org/x/text/encoding/unicode"
)

// line is one unfolded line, in the bytes of the file.
type line struct {
	n    int // of its first part, from 1
	text []byte
	cut  bool // it was longer than maxLine
}

// is tells whether the line is BEGIN:VCARD or END:VCARD, in any case.
func (l line) is(what string) bool {
	name, value, ok := bytes.Cut(l.text, []byte(":"))
	return ok && bytes.EqualFold(bytes.TrimSpace(name), []byte(what)) && bytes.EqualFold(bytes.TrimSpace(value), []byte("VCARD"))
}

// lines unfolds a file.
type lines struct {
	r *bufio.Reader
	n int // of the last line that was read
	// ahead is a line that was read and belongs to the next answer.
	ahead *line
	// spaced keeps the white space of a continued line: vCard 2.1.
	spaced bool
}

var (
	bom     = []byte("\xef\xbb\xbf")
	utf16LE = unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
	utf16BE = unicode.UTF16(unicode.BigEndian, unicode.UseBOM)
)

func newLines(r io.Reader) *lines {
	b := bufio.NewReaderSize(r, 32<<10)
	// Too short a file has no BOM; an error of the file comes again with its lines.
	first, _ := b.Peek(2)
	switch string(first) {
	case "\xff\xfe", "B\x00", "b\x00":
		b = bufio.NewReader(utf16LE.NewDecoder().Reader(b))
	case "\xfe\xff", "\x00B", "\x00b":
		b = bufio.NewReader(utf16BE.NewDecoder().Reader(b))
	}
	return &lines{r: b}
}

// next is the next line with its continuations, without a line end.
func (s *lines) next() (line, error) {
	l, err := s.physical()
	if err != nil || l.is("BEGIN") || l.is("END") {
		return l, err
	}
	for last := l.text; ; {
		more, err := s.physical()
		if errors.Is(err, io.EOF) {
			return l, nil
		}
		if err != nil {
			return l, err
		}
		soft := bytes.HasSuffix(last, []byte("=")) && encodingOf(l.text) == quotedPrintable
		last = more.text
		switch {
		case more.is("BEGIN"), more.is("END"): // whatever the line before says: cards come first
			s.ahead = &more
			return l, nil
		case soft:
			if !l.cut {
				l.text = l.text[:len(l.text)-1]
			}
			l.join(more, more.text)
		case len(more.text) > 0 && (more.text[0] == ' ' || more.text[0] == '\t'):
			rest := more.text[1:]
			if s.spaced {
				rest = more.text
			}
			l.join(more, rest)
		case isBase64(more.text) && encodingOf(l.text) == base64:
			l.join(more, more.text) // an unfolded picture, as old telephones write it
		default:
			s.ahead = &more
			return l, nil
		}
	}
}

func (l *line) join(more line, text []byte) {
	l.cut = l.cut || more.cut
	if room := maxLine - len(l.text); len(text) > room {
		text, l.cut = text[:room], true
	}
	l.text = append(l.text, text...)
}

// physical is one line of the file. It ends in CRLF, LF or CR.
func (s *lines) physical() (line, error) {
	if s.ahead != nil {
		l := *s.ahead
		s.ahead = nil
		return l, nil
	}
	s.n++
	l := line{n: s.n}
	for {
		b, err := s.r.ReadByte()
		if errors.Is(err, io.EOF) && len(l.text) > 0 {
			break
		}
		if err != nil {
			s.n--
			return l, err
		}
		if b == '\r' {
			if next, err := s.r.Peek(1); err == nil && next[0] == '\n' {
				continue
			}
			break
		}
		if b == '\n' {
			break
		}
		if len(l.text) == maxLine {
			l.cut = true
			continue
		}
		l.text = append(l.text, b)
	}
	l.text = bytes.TrimPrefix(l.text, bom) // files that were put together have them in the middle
	return l, nil
}

// encodingOf is how a line's value is written; what is no property has none.
func encodingOf(text []byte) string {
	p, _ := parseProperty(text)
	return p.encoding
}

func isBase64(text []byte) bool {
	for _, b := range text {
		switch {
		case b >= 'a' && b <= 'z', b >= 'A' && b <= 'Z', b >= '0' && b <= '9', b == '+', b == '/', b == '=':
		default:
			return false
		}
	}
	return len(text) > 0
}
