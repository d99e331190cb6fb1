package protocol

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"fmt"
	"io"
	"strings"

	"golang.org/x/crypto/scrypt"
)

// Move is what another machine of one's own needs to be the same device.
type Move struct {
	Root      Root
	Rotations uint16
	Server    UUID   // that the profile is bound to; zero for none
	URL       string // its address in the form of [Link].Server, "" if none can be told
	Pin       *Pin   // of a self-signed server, else nil
}

const (
	movePrefix  = "P4P://MOVE/"
	moveVersion = 1
	moveSalt    = 8 // bytes, RFC 8018's least: the code is random and used once
	// moveWork is scrypt's N (RFC 7914), with r = 8 and p = 1: 128 MiB and about
	// half a second a try.
	moveWork = 1 << 17
	// MoveCodeLength is the length of a move's code, in characters of 5 random bits.
	MoveCodeLength = 12
	maxMove        = 1 + moveSalt + 32 + 2 + 1 + 16 + 16 + 260 + 16 // bytes
)

// The parts of a move that are there or not.
const (
	moveBound byte = 1 << iota
	movePinned
	moveHTTP
)

// moveLetters is Crockford's base32, which has no letter that looks like a digit.
const moveLetters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// NewMoveCode draws the code under which a move is sealed: three groups of four
// characters, 60 bits.
func NewMoveCode(random io.Reader) (string, error) {
	var b [MoveCodeLength]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return "", err
	}
	for i := range b {
		b[i] = moveLetters[b[i]%32] // 256 is a multiple of 32: each is as likely
	}
	return string(b[:4]) + "-" + string(b[4:8]) + "-" + string(b[8:]), nil
}

// parseMoveCode reads a code as a person types it: in either case, with any
// spaces and hyphens, and O for 0, I and L for 1.
func parseMoveCode(typed string) ([]byte, error) {
	code := strings.NewReplacer("-", "", " ", "", "O", "0", "I", "1", "L", "1").Replace(strings.ToUpper(strings.TrimSpace(typed)))
	if len(code) != MoveCodeLength || strings.Trim(code, moveLetters) != "" {
		return nil, Errorf(CodeWrongCode,
			"The code has %d letters and digits, as it stands beside the QR code on your old machine; this is none. Nothing was changed.", MoveCodeLength)
	}
	return []byte(code), nil
}

// SealMove makes the text of a move's QR code, in upper case throughout so that
// the code is small. Whoever has it and the code is the device. The server is
// left out where its address is one of this machine alone.
func SealMove(random io.Reader, m Move, code string) (string, error) {
	typed, err := parseMoveCode(code)
	if err != nil {
		return "", err
	}
	salt := make([]byte, moveSalt)
	if _, err := io.ReadFull(random, salt); err != nil {
		return "", err
	}
	box, err := moveBox(typed, salt)
	if err != nil {
		return "", err
	}
	plain, err := m.bytes()
	if err != nil {
		return "", err
	}
	head := append([]byte{moveVersion}, salt...)
	sealed := box.Seal(head, make([]byte, box.NonceSize()), plain, moveLabel(head)) //nolint:gosec // zero, as moveBox says
	return movePrefix + b32.EncodeToString(sealed), nil
}

// moveBox seals one text only, for no two moves have one salt and one code: its
// nonce is zero.
func moveBox(code, salt []byte) (cipher.AEAD, error) {
	stretched, err := scrypt.Key(code, cat([]byte("p4p/1 move"), salt), moveWork, 8, 1, 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(stretched)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

func moveLabel(head []byte) []byte { return cat([]byte("p4p/1 move"), head) }

// bytes is the plain text: R ‖ u16 rotations ‖ u8 flags ‖ [sid] ‖ [pin] ‖ host.
func (m Move) bytes() ([]byte, error) {
	var flags byte
	scheme, host, _ := strings.Cut(m.URL, "://")
	if m.URL != "" {
		if u, err := ParseServerURL(m.URL); err != nil || u != m.URL {
			return nil, fmt.Errorf("a move cannot name the server %q", m.URL)
		}
	}
	if scheme == "http" {
		flags |= moveHTTP
	}
	var sid, pin []byte
	if !m.Server.IsZero() {
		flags, sid = flags|moveBound, m.Server[:]
	}
	if m.Pin != nil {
		flags, pin = flags|movePinned, m.Pin[:]
	}
	return cat(m.Root[:], binary.BigEndian.AppendUint16(nil, m.Rotations), []byte{flags}, sid, pin, []byte(host)), nil
}

// LooksLikeMove tells whether a text is, or was, one that moves an identity.
// Every place but the one that receives moves refuses it with [ErrMove].
func LooksLikeMove(s string) bool {
	s = strings.ToUpper(strings.TrimSpace(s))
	return strings.HasPrefix(s, movePrefix) || s == strings.TrimSuffix(movePrefix, "/")
}

// ErrMove is what is said of a move where none is taken: not_an_invite.
func ErrMove() *Error {
	return Errorf(CodeNotAnInvite,
		"This is no invite: it moves an identity to another machine, and is read only on the new one's own move screen (p4p move --receive). Nobody who asks you to scan, open or send such a code is your friend. Nothing was done with it.")
}

// OpenMove reads the text of a move's QR code with the code that was typed.
// Codes: bad_move for what is none, is cut or was made by a newer version;
// wrong_code.
func OpenMove(text, code string) (Move, error) {
	sealed, err := parseMove(text)
	if err != nil {
		return Move{}, err
	}
	typed, err := parseMoveCode(code)
	if err != nil {
		return Move{}, err
	}
	head := sealed[:1+moveSalt]
	box, err := moveBox(typed, head[1:])
	if err != nil {
		return Move{}, err
	}
	plain, err := box.Open(nil, make([]byte, box.NonceSize()), sealed[len(head):], moveLabel(head))
	if err != nil {
		return Move{}, Errorf(CodeWrongCode,
			"The code does not open this move: type the one that stands beside this very QR code, each showing has its own. Nothing was changed.")
	}
	return moveOf(plain)
}

// CheckMove tells before a code is asked for whether a text can be a move's: bad_move.
func CheckMove(text string) error {
	_, err := parseMove(text)
	return err
}

// parseMove takes off what is not sealed.
func parseMove(text string) ([]byte, error) {
	bad := func(format string, args ...any) ([]byte, error) { return nil, Errorf(CodeBadMove, format, args...) }
	text = strings.TrimSpace(text)
	for _, c := range []byte(text) {
		if c >= 0x80 { // before case is folded: some such letters become ASCII
			return bad("The text has letters that no move has: give the text of the QR code alone.")
		}
	}
	text = strings.ToUpper(text)
	data, ok := strings.CutPrefix(text, movePrefix)
	switch {
	case !ok && LooksLikeLink(text):
		return bad("This is a link, but none that moves a profile: a move begins with %s and is shown by p4p move on your old machine.", movePrefix)
	case !ok:
		return bad("This is not a move's code: one begins with %s and is shown by p4p move on your old machine.", movePrefix)
	case len(data) > b32.EncodedLen(maxMove):
		return bad("This is too long for a move: give the text of the QR code alone.")
	}
	sealed, err := b32.DecodeString(data)
	if err != nil || b32.EncodeToString(sealed) != data {
		return bad("The move is damaged or was cut: show it on the old machine again and take the whole code.")
	}
	if len(sealed) > 0 && sealed[0] != moveVersion {
		return bad("This move was made by another version of p4p (its format is %d, this one knows %d): update the older one.", sealed[0], moveVersion)
	}
	if len(sealed) < 1+moveSalt+len(Root{})+2+1+16 {
		return bad("The move was cut: show it on the old machine again and take the whole code.")
	}
	return sealed, nil
}

// moveOf reads the plain text, which has one form only.
func moveOf(b []byte) (Move, error) {
	var m Move
	bad := Errorf(CodeBadMove, "The move opens and makes no sense: it was made by another program, or by a newer p4p. Nothing was changed.")
	take := func(into []byte) bool {
		if len(b) < len(into) {
			return false
		}
		b = b[copy(into, b):]
		return true
	}
	var rotations [2]byte
	var flags [1]byte
	if !take(m.Root[:]) || !take(rotations[:]) || !take(flags[:]) || flags[0] > moveBound|movePinned|moveHTTP {
		return Move{}, bad
	}
	m.Rotations = binary.BigEndian.Uint16(rotations[:])
	if flags[0]&moveBound != 0 && (!take(m.Server[:]) || m.Server.IsZero()) {
		return Move{}, bad
	}
	if flags[0]&movePinned != 0 {
		m.Pin = new(Pin)
		if !take(m.Pin[:]) {
			return Move{}, bad
		}
	}
	scheme := "https://"
	if flags[0]&moveHTTP != 0 {
		scheme = "http://"
	}
	if len(b) > 0 {
		m.URL = scheme + string(b)
		if u, err := ParseServerURL(m.URL); err != nil || u != m.URL {
			return Move{}, bad
		}
	}
	if m.URL == "" && (m.Pin != nil || scheme == "http://") || m.Pin != nil && scheme == "http://" {
		return Move{}, bad
	}
	return m, nil
}

// String keeps the secret out of logs.
func (m Move) String() string { return "protocol.Move(secret)" }

// GoString keeps the secret out of %#v.
func (m Move) GoString() string { return m.String() }
