package vcard

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
)

// wanted are the properties that are taken. All others are passed over.
var wanted = map[string]bool{
	"FN": true, "N": true, "NICKNAME": true, "ORG": true, "EMAIL": true, "TEL": true, "UID": true,
	"KIND": true, "X-ADDRESSBOOKSERVER-KIND": true,
}

const (
	quotedPrintable = "QUOTED-PRINTABLE"
	base64          = "BASE64"
)

// property is one line of a card, taken apart; value is in the file's bytes.
type property struct {
	name     string // in capitals, without a group
	encoding string // quotedPrintable, base64 or ""
	charset  string // as the line names it, "" if it does not
	types    []string
	pref     string
	value    []byte
}

// parseProperty takes a line apart. What has no name or no colon is none.
func parseProperty(text []byte) (property, bool) {
	head, value, ok := cutHead(text)
	if !ok {
		return property{}, false
	}
	parts := splitHead(head)
	name := parts[0]
	if i := strings.LastIndexByte(name, '.'); i >= 0 { // item1.TEL
		name = name[i+1:]
	}
	p := property{name: strings.ToUpper(strings.TrimSpace(name)), value: value}
	if !isToken(p.name) {
		return property{}, false
	}
	for _, param := range parts[1:] {
		p.param(param)
	}
	return p, true
}

// cutHead cuts at the first colon outside of quotation marks, and where these do
// not close at the first of all.
func cutHead(text []byte) (head string, value []byte, ok bool) {
	quoted := false
	for i, b := range text {
		switch {
		case b == '"':
			quoted = !quoted
		case b == ':' && !quoted:
			return string(text[:i]), text[i+1:], true
		}
	}
	before, after, ok := bytes.Cut(text, []byte(":"))
	return string(before), after, ok
}

func splitHead(head string) []string {
	quoted := false
	return strings.FieldsFunc(head+" ", func(r rune) bool { // never empty
		if r == '"' {
			quoted = !quoted
		}
		return r == ';' && !quoted
	})
}

// param reads one parameter. Version 2.1 writes values alone: TEL;CELL, and
// NOTE;QUOTED-PRINTABLE.
func (p *property) param(s string) {
	key, value, named := strings.Cut(s, "=")
	key = strings.ToUpper(strings.TrimSpace(key))
	value = strings.Trim(strings.TrimSpace(value), `"`)
	if !named {
		key, value = "TYPE", key
		if encodings[value] != "" || value == "8BIT" || value == "7BIT" {
			key = "ENCODING"
		}
	}
	switch key {
	case "ENCODING":
		p.encoding = encodings[strings.ToUpper(value)]
	case "CHARSET":
		p.charset = value
	case "PREF":
		if isToken(value) {
			p.pref = value
		}
	case "TYPE":
		for _, t := range strings.Split(value, ",") {
			if t = strings.ToLower(strings.TrimSpace(t)); isToken(t) {
				p.types = append(p.types, t)
			}
		}
	}
}

var encodings = map[string]string{"QUOTED-PRINTABLE": quotedPrintable, "Q": quotedPrintable, "BASE64": base64, "B": base64}

func isToken(s string) bool {
	for _, r := range s {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_' {
			return false
		}
	}
	return s != ""
}

// decode makes the value UTF-8. The error is a clause about the line; what could
// be read stands beside it.
func (p property) decode() (string, error) {
	b := p.value
	var bad error
	switch p.encoding {
	case quotedPrintable:
		b = unquote(b)
	case base64:
		return "", errors.New("has a picture or key where text belongs")
	}
	text := string(b)
	switch charset := strings.ToLower(p.charset); {
	case charset == "" && utf8.ValidString(text):
	case charset == "": // from an old Windows
		text = decodeWindows(b)
	case charset == "utf-8" || charset == "utf8":
	default:
		e, err := htmlindex.Get(charset)
		if err != nil {
			bad = fmt.Errorf("has the unknown charset %q", p.charset)
			if !utf8.Valid(b) {
				text = decodeWindows(b)
			}
			break
		}
		if decoded, err := e.NewDecoder().Bytes(b); err == nil {
			text = string(decoded)
		}
	}
	if !utf8.ValidString(text) {
		text = strings.ToValidUTF8(text, "")
		bad = errors.New("has bytes that are no text in its charset; they were left out")
	}
	return text, bad
}

func decodeWindows(b []byte) string {
	decoded, err := charmap.Windows1252.NewDecoder().Bytes(b)
	if err != nil {
		return string(b)
	}
	return string(decoded)
}

// unquote decodes quoted-printable; what is none stays as it is.
func unquote(b []byte) []byte {
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); i++ {
		if b[i] == '=' && i+2 < len(b) {
			hi, lo := hex(b[i+1]), hex(b[i+2])
			if hi >= 0 && lo >= 0 {
				out = append(out, byte(hi<<4|lo))
				i += 2
				continue
			}
		}
		out = append(out, b[i])
	}
	return out
}

func hex(b byte) int {
	switch {
	case b >= '0' && b <= '9':
		return int(b - '0')
	case b >= 'a' && b <= 'f':
		return int(b-'a') + 10
	case b >= 'A' && b <= 'F':
		return int(b-'A') + 10
	}
	return -1
}

// semicolon stands for an escaped one until a value has been split.
const semicolon = "\x1f"

// write writes the property as version 3.0 has it, in one line that go-vcard
// reads back as it was meant.
func (p property) write(out *strings.Builder, text string) {
	out.WriteString(p.name)
	for _, t := range p.types {
		out.WriteString(";TYPE=" + t)
	}
	if p.pref != "" {
		out.WriteString(";PREF=" + p.pref)
	}
	out.WriteByte(':')
	escaped := false
	for _, r := range text {
		switch {
		case escaped:
			escaped = false
			switch r {
			case ';':
				out.WriteString(semicolon)
			case ':':
				out.WriteByte(':')
			case 'n', 'N':
				out.WriteString(`\n`)
			case ',', '\\':
				out.WriteString(`\` + string(r))
			default:
				out.WriteString(`\\` + string(r))
			}
		case r == '\\':
			escaped = true
		case r == '\n':
			out.WriteString(`\n`)
		case r < ' ' || r == 0x7f:
			out.WriteByte(' ')
		default:
			out.WriteRune(r)
		}
	}
	out.WriteString("\r\n")
}
