package protocol

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Kind is what a record states.
type Kind string

// The four kinds of record.
const (
	KindPost     Kind = "post"
	KindComment  Kind = "comment"
	KindDeletion Kind = "deletion"
	KindReport   Kind = "report"
)

// Nonce makes two equal statements two records.
type Nonce [16]byte

// NewNonce draws a Nonce from random, which is crypto/rand.Reader outside of tests.
func NewNonce(random io.Reader) (Nonce, error) {
	var n Nonce
	_, err := io.ReadFull(random, n[:])
	return n, err
}

// BlobID is the SHA-256 of a picture's bytes; its text form is base64url.
type BlobID [sha256.Size]byte

// BlobOf is the address of a picture.
func BlobOf(b []byte) BlobID { return sha256.Sum256(b) }

// ParseBlobID reads the text form.
func ParseBlobID(s string) (BlobID, error) {
	var id BlobID
	if err := decode64n(id[:], s); err != nil {
		return id, Errorf(CodeBadRequest, "%q is not a picture's address: 43 characters of base64url.", clip(s))
	}
	return id, nil
}

func (id BlobID) String() string { return b64.EncodeToString(id[:]) }

// MarshalText writes base64url.
func (id BlobID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText reads canonical base64url.
func (id *BlobID) UnmarshalText(t []byte) error {
	v, err := ParseBlobID(string(t))
	*id = v
	return err
}

// Image is a picture named by a post. Alt, its description, may be empty.
type Image struct {
	Blob   BlobID `json:"blob"`
	Width  int    `json:"width"`  // pixels
	Height int    `json:"height"` // pixels
	Alt    string `json:"alt"`
}

// Payload is what a record says. Which members a kind has:
//
//	post      text (may be empty beside a picture), image or nil
//	comment   target (a post), text
//	deletion  target (the author's own post or comment)
//	report    target (a post or comment), text (the reason, may be empty)
type Payload struct {
	Server    UUID
	Nonce     Nonce
	CreatedAt time.Time // UTC, whole minutes
	Target    UUID
	Text      string
	Image     *Image
}

// Record is a signed statement, parsed and verified.
type Record struct {
	ID     UUID
	Kind   Kind
	Author PublicKey
	Payload
	JWS string // the signed bytes; stored and sent as they are
}

// Cut takes a clock's reading to the whole minute that a record may tell.
func Cut(t time.Time) time.Time { return t.UTC().Truncate(time.Minute) }

// NormalizeText makes a person's text what the protocol takes: Unicode NFC, LF
// line ends, no space at either end. It does not repair invalid UTF-8.
func NormalizeText(s string) string {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return norm.NFC.String(strings.TrimSpace(s))
}

// RecordUUID is the UUID that commits to a compact JWS.
func RecordUUID(jws string) UUID { return uuid8(sha256.Sum256([]byte(jws))) }

// Sign makes a record. The payload must be one that [ParseRecord] takes: errors
// are those of its checks.
func Sign(key DeviceKey, kind Kind, p Payload) (Record, error) {
	if err := p.check(kind); err != nil {
		return Record{}, err
	}
	input := b64.EncodeToString([]byte(recordHeader(kind, key.Public))) + "." + b64.EncodeToString(p.encode(kind))
	jws := input + "." + b64.EncodeToString(key.sign([]byte(input)))
	return Record{ID: RecordUUID(jws), Kind: kind, Author: key.Public, Payload: p, JWS: jws}, nil
}

// ParseRecord parses and verifies a compact JWS (RFC 7515, section 7.1). All of
// it is held to one spelling: the header is compared with the only one there
// can be for its key and kind, and the payload must re-encode to its very
// bytes. Codes: too_large, bad_record, unknown_kind, bad_key, bad_signature,
// bad_text, empty_text.
//
// What needs more than the record itself is not checked here: the server
// ([Record.CheckFor]), the target, the blob.
func ParseRecord(jws string) (Record, error) {
	if len(jws) > MaxRecord {
		return Record{}, Errorf(CodeTooLarge, "A record holds at most %d bytes; this one has %d.", MaxRecord, len(jws))
	}
	parts := strings.Split(jws, ".")
	if len(parts) != 3 {
		return Record{}, Errorf(CodeBadRecord, "A record is a compact JWS of three parts; this one has %d.", len(parts))
	}
	var raw [3][]byte
	for i, p := range parts {
		b, err := decode64(p)
		if err != nil {
			return Record{}, Errorf(CodeBadRecord, "Part %d of a record is not canonical base64url.", i+1)
		}
		raw[i] = b
	}
	kind, author, err := parseRecordHeader(raw[0])
	if err != nil {
		return Record{}, err
	}
	if !author.verify([]byte(parts[0]+"."+parts[1]), raw[2]) {
		return Record{}, Errorf(CodeBadSignature, "A record's signature is not its author's.")
	}
	p, err := parsePayload(kind, raw[1])
	if err != nil {
		return Record{}, err
	}
	return Record{ID: RecordUUID(jws), Kind: kind, Author: author, Payload: p, JWS: jws}, nil
}

// CheckFor holds a record against the server it reaches and that server's clock:
// wrong_server, clock_ahead. A client passes the zero time: only acceptance
// depends on the clock.
func (r Record) CheckFor(server UUID, now time.Time) error {
	if r.Server != server {
		return Errorf(CodeWrongServer, "This record was signed for another server (%s).", r.Server)
	}
	if !now.IsZero() && r.CreatedAt.After(now.Add(MaxClockAhead)) {
		return Errorf(CodeClockAhead, "The device's clock is %s ahead of the server's: set it right, then send this again.", roughly(r.CreatedAt.Sub(now)))
	}
	return nil
}

// roughly is how long something is, for people, whatever time zone they are in.
func roughly(d time.Duration) string {
	switch {
	case d < 2*time.Hour:
		return fmt.Sprintf("%.0f minutes", d.Minutes())
	case d < 48*time.Hour:
		return fmt.Sprintf("%.0f hours", d.Hours())
	default:
		return fmt.Sprintf("%.0f days", d.Hours()/24)
	}
}

const (
	headerPrefix = `{"alg":"EdDSA","jwk":{"kty":"OKP","crv":"Ed25519","x":"`
	headerMiddle = `"},"typ":"p4p-`
	headerSuffix = `+jws"}`
)

func recordHeader(kind Kind, k PublicKey) string {
	return headerPrefix + b64.EncodeToString(k[:]) + headerMiddle + string(kind) + headerSuffix
}

func parseRecordHeader(b []byte) (Kind, PublicKey, error) {
	malformed := Errorf(CodeBadRecord, "A record's header is not the one that P4P records have.")
	rest, ok1 := strings.CutPrefix(string(b), headerPrefix)
	x, rest, ok2 := strings.Cut(rest, headerMiddle)
	kind, ok3 := strings.CutSuffix(rest, headerSuffix)
	if !ok1 || !ok2 || !ok3 {
		return "", PublicKey{}, malformed
	}
	switch Kind(kind) {
	case KindPost, KindComment, KindDeletion, KindReport:
	default:
		return "", PublicKey{}, Errorf(CodeUnknownKind, "%q is not a kind of record that this version knows.", clip(kind))
	}
	var raw [32]byte
	if decode64n(raw[:], x) != nil {
		return "", PublicKey{}, malformed
	}
	k, err := ParsePublicKey(raw[:])
	return Kind(kind), k, err
}

// minuteLayout is how created_at is written: RFC 3339 in UTC, seconds always 00.
const minuteLayout = "2006-01-02T15:04:00Z"

// encode writes the payload in its one form: no white space, members in the
// order of docs/protocol.md, strings as JSON.stringify spells them.
func (p Payload) encode(kind Kind) []byte {
	b := append([]byte(`{"srv":"`), p.Server.String()...)
	b = append(b, `","nonce":"`...)
	b = b64.AppendEncode(b, p.Nonce[:])
	b = append(b, `","created_at":"`...)
	b = p.CreatedAt.UTC().AppendFormat(b, minuteLayout)
	b = append(b, '"')
	if kind != KindPost {
		b = append(b, `,"target":"`...)
		b = append(b, p.Target.String()...)
		b = append(b, '"')
	}
	if kind != KindDeletion {
		b = append(b, `,"text":`...)
		b = appendJSONString(b, p.Text)
	}
	if i := p.Image; i != nil {
		b = append(b, `,"image":{"blob":"`...)
		b = append(b, i.Blob.String()...)
		b = append(b, `","width":`...)
		b = strconv.AppendInt(b, int64(i.Width), 10)
		b = append(b, `,"height":`...)
		b = strconv.AppendInt(b, int64(i.Height), 10)
		b = append(b, `,"alt":`...)
		b = appendJSONString(b, i.Alt)
		b = append(b, '}')
	}
	return append(b, '}')
}

func parsePayload(kind Kind, raw []byte) (Payload, error) {
	malformed := Errorf(CodeBadRecord, "A record's payload is not in the one form that a %s has.", kind)
	if !utf8.Valid(raw) {
		return Payload{}, Errorf(CodeBadText, "A record's text is not valid UTF-8.")
	}
	var w struct {
		Server    UUID   `json:"srv"`
		Nonce     Bytes  `json:"nonce"`
		CreatedAt string `json:"created_at"`
		Target    UUID   `json:"target"`
		Text      string `json:"text"`
		Image     *Image `json:"image"`
	}
	if json.Unmarshal(raw, &w) != nil || len(w.Nonce) != len(Nonce{}) {
		return Payload{}, malformed
	}
	at, err := time.Parse(minuteLayout, w.CreatedAt)
	if err != nil {
		return Payload{}, malformed
	}
	p := Payload{w.Server, Nonce(w.Nonce), at, w.Target, w.Text, w.Image}
	if string(p.encode(kind)) != string(raw) {
		return Payload{}, malformed
	}
	return p, p.check(kind)
}

// check holds what a payload says against the limits and its kind.
func (p Payload) check(kind Kind) error {
	malformed := Errorf(CodeBadRecord, "A record's payload is not in the one form that a %s has.", kind)
	if y := p.CreatedAt.UTC().Year(); !p.CreatedAt.Equal(Cut(p.CreatedAt)) || y < 1970 || y > 9999 {
		return Errorf(CodeBadRecord, "A record's time is not a whole minute.")
	}
	if (kind == KindPost) != p.Target.IsZero() || p.Image != nil && kind != KindPost {
		return malformed
	}
	limit, empty := MaxText, false
	switch kind {
	case KindPost:
		empty = p.Image != nil
	case KindComment:
	case KindDeletion:
		limit, empty = 0, true
	case KindReport:
		limit, empty = MaxReason, true
	default:
		return Errorf(CodeUnknownKind, "%q is not a kind of record that this version knows.", clip(string(kind)))
	}
	if err := checkText("A "+string(kind), p.Text, limit); err != nil {
		return err
	}
	if !empty && strings.TrimSpace(p.Text) == "" {
		return Errorf(CodeEmptyText, "A %s needs some text.", kind)
	}
	if i := p.Image; i != nil {
		if i.Width < 1 || i.Height < 1 || i.Width > MaxPictureSide || i.Height > MaxPictureSide || i.Width*i.Height > MaxPicturePixels {
			return Errorf(CodeBadRecord, "A picture cannot measure %d by %d pixels.", i.Width, i.Height)
		}
		return checkText("A picture's description", i.Alt, MaxAlt)
	}
	return nil
}

func checkText(what, s string, limit int) error {
	switch {
	case len(s) > limit:
		return Errorf(CodeTooLarge, "%s holds at most %s bytes; this one has %s.", what, thousands(limit), thousands(len(s)))
	case !utf8.ValidString(s):
		return Errorf(CodeBadText, "%s is text in UTF-8; this one has bytes that are not.", what)
	case !norm.NFC.IsNormalString(s):
		return Errorf(CodeBadText, "%s is text in Unicode form NFC; this one is not normalised.", what)
	}
	return nil
}

func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
