package protocol

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// Pin is the first 16 bytes of SHA-256(SPKI) of a self-signed server.
type Pin [16]byte

// Base32 is the pin as links carry it.
func (p Pin) Base32() string { return b32.EncodeToString(p[:]) }

// ParsePin reads the base32 form, in either case.
func ParsePin(s string) (Pin, error) {
	var p Pin
	if !decode32(p[:], strings.ToUpper(s)) {
		return p, Errorf(CodeBadLink, "The server's fingerprint in the link is damaged; ask for the link again.")
	}
	return p, nil
}

// Link is a friend invite. It is a secret until the invite is used.
type Link struct {
	Server     string // "https://HOST[:PORT]" or, on a loopback address only, "http://HOST[:PORT]"
	Friendship UUID
	Secret     Secret
	Pin        *Pin // of a self-signed server, else nil
}

// URL is the deep link as it is sent in a message.
func (l Link) URL() string {
	s := l.Server + "/f/" + l.Friendship.String() + "#" + l.Secret.Base32()
	if l.Pin != nil {
		s += "." + l.Pin.Base32()
	}
	return s
}

// QR is the deep link as a QR code carries it: in upper case, so that most of it
// fits the code's alphanumeric mode (ISO/IEC 18004).
func (l Link) QR() string { return strings.ToUpper(l.URL()) }

// App is the deep link for an installed program. It can be written for https, and
// for loopback http without a pin.
func (l Link) App() string {
	_, rest, _ := strings.Cut(l.URL(), "://")
	return "p4p://" + rest
}

// Loopback tells whether the link works on this machine only.
func (l Link) Loopback() bool {
	u, err := url.Parse(l.Server)
	return err == nil && isLoopback(u.Hostname())
}

// String keeps the secret out of logs: it is the link without it.
func (l Link) String() string { return l.Server + "/f/" + l.Friendship.String() + "#…" }

// GoString keeps the secret out of %#v.
func (l Link) GoString() string { return l.String() }

// LooksLikeLink tells whether a person who typed or pasted s meant a P4P link,
// however damaged: [ParseLink] then says what is wrong with it.
func LooksLikeLink(s string) bool {
	s = strings.ToLower(strings.TrimSpace(s))
	if strings.ContainsAny(s, " \t\n") {
		return false
	}
	if strings.HasPrefix(s, "p4p://") {
		return true
	}
	rest, ok := strings.CutPrefix(s, "https://")
	if !ok {
		rest, ok = strings.CutPrefix(s, "http://")
	}
	_, path, found := strings.Cut(rest, "/")
	return ok && found && strings.HasPrefix(path, "f/")
}

const maxLink = 600

// ParseLink reads a friend invite, in either case and with any of the schemes
// https, http (loopback only) and p4p. Codes: bad_link, not_an_invite,
// link_incomplete, insecure_link; each sentence says what is wrong with this
// link and what to do.
func ParseLink(s string) (Link, error) {
	s = strings.TrimSpace(s)
	bad := func(format string, args ...any) (Link, error) { return Link{}, Errorf(CodeBadLink, format, args...) }
	switch {
	case s == "":
		return bad("There is no link: paste the whole link that your friend sent.")
	case LooksLikeMove(s):
		return Link{}, ErrMove()
	case len(s) > maxLink:
		return bad("This is too long for a P4P link: paste the link alone.")
	}
	for _, c := range []byte(s) {
		if c <= 0x20 || c >= 0x7f {
			return bad("The link contains a space or a character that no P4P link has: paste the link alone.")
		}
	}
	// Folded before it is parsed: a QR code carries upper case.
	before, fragment, hasFragment := strings.Cut(strings.ToLower(s), "#")
	scheme, rest, ok := strings.Cut(before, "://")
	if !ok {
		return bad("This is not a link: a P4P invite begins with https:// or p4p://.")
	}
	switch scheme {
	case "https", "http", "p4p":
	default:
		return bad("A P4P invite begins with https:// or p4p://, not with %s://.", clip(scheme))
	}
	if strings.Contains(rest, "%") {
		return bad("The link contains %% signs, which no P4P link has: it was changed on the way, ask for it again.")
	}
	host, path, _ := strings.Cut(rest, "/")
	if strings.Contains(host, "@") {
		return bad("The link contains a user name before its host: a trick to hide where it leads. Do not use it.")
	}
	name, err := checkHost(host)
	if err != nil {
		return Link{}, err
	}
	f, err := parseLinkPath("/" + path)
	if err != nil {
		return Link{}, err
	}
	if !hasFragment || fragment == "" {
		return Link{}, Errorf(CodeLinkIncomplete, "The part behind # is missing: the messenger may have cut the link; ask for it again.")
	}
	l := Link{Friendship: f}
	secret, pin, hasPin := strings.Cut(fragment, ".")
	if !decode32(l.Secret[:], strings.ToUpper(secret)) {
		if len(secret) < 26 {
			return Link{}, Errorf(CodeLinkIncomplete, "The part behind # is cut off: the messenger may have cut the link; ask for it again.")
		}
		return bad("The part behind # is damaged: ask for the link again.")
	}
	if hasPin {
		p, err := ParsePin(pin)
		if err != nil {
			return Link{}, err
		}
		l.Pin = &p
	}
	if scheme == "p4p" {
		scheme = "https"
		if isLoopback(name) && l.Pin == nil {
			scheme = "http"
		}
	}
	if scheme == "http" {
		if !isLoopback(name) {
			return Link{}, Errorf(CodeInsecureLink, "The link begins with http://, which anybody on the way can read and change: ask for one with https://.")
		}
		if l.Pin != nil {
			return bad("The link has a fingerprint but no encryption to hold it against: ask for it again.")
		}
	}
	l.Server = scheme + "://" + host
	return l, nil
}

func parseLinkPath(path string) (UUID, error) {
	if strings.Contains(path, "?") {
		return UUID{}, Errorf(CodeBadLink, "The link contains a ?, which no P4P invite has: it was changed on the way, ask for it again.")
	}
	if id, ok := strings.CutPrefix(path, "/p/"); ok {
		if _, err := ParseUUID(id); err == nil {
			return UUID{}, Errorf(CodeNotAnInvite, "This is a link to a post, not an invite.")
		}
	}
	if strings.HasPrefix(path, "/move/") {
		return UUID{}, Errorf(CodeNotAnInvite, "This moves an identity to another machine; it is not an invite.")
	}
	id, ok := strings.CutPrefix(path, "/f/")
	if !ok {
		return UUID{}, Errorf(CodeNotAnInvite, "This address is not a friend invite: one continues with /f/ behind the host.")
	}
	f, err := ParseUUID(id)
	if err != nil {
		if len(id) < 36 {
			return UUID{}, Errorf(CodeLinkIncomplete, "The link is cut off: the messenger may have shortened it; ask for it again.")
		}
		return UUID{}, Errorf(CodeBadLink, "What follows /f/ is not a friendship's UUID: ask for the link again.")
	}
	return f, nil
}

// checkHost takes HOST or HOST:PORT in its one form and returns HOST.
func checkHost(s string) (string, error) {
	bad := Errorf(CodeBadLink, "The link's host %q is not a valid one.", clip(s))
	name, port := s, ""
	if i := strings.LastIndexByte(s, ':'); i >= 0 && !strings.HasSuffix(s, "]") {
		name, port = s[:i], s[i+1:]
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil || n == 0 || strconv.FormatUint(n, 10) != port {
			return "", bad
		}
	}
	if inner, ok := strings.CutPrefix(name, "["); ok {
		inner, ok = strings.CutSuffix(inner, "]")
		a, err := netip.ParseAddr(inner)
		if !ok || err != nil || !a.Is6() || a.Zone() != "" || a.String() != inner {
			return "", bad
		}
		return inner, nil
	}
	if name == "" || len(name) > 253 {
		return "", bad
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			return "", bad
		}
	}
	return name, nil
}

// isLoopback tells whether a host names this machine: "localhost", 127.0.0.0/8 or
// ::1. Names below localhost are left to resolvers, which may lead anywhere.
func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.IsLoopback()
}

// ParseServerURL reads a server's address as a person types it: "HOST",
// "HOST:PORT" or a URL without a path. Without a scheme it is https, on a
// loopback host http. The result has the form of [Link].Server.
func ParseServerURL(s string) (string, error) {
	t := strings.ToLower(strings.TrimSpace(s))
	scheme, rest, ok := strings.Cut(t, "://")
	if !ok {
		scheme, rest = "", t
	}
	rest = strings.TrimSuffix(rest, "/")
	name, err := checkHost(rest)
	if err != nil || scheme != "" && scheme != "http" && scheme != "https" {
		return "", Errorf(CodeBadLink, "%q is not a server's address: one looks like https://p4p.example or 127.0.0.1:4747.", clip(s))
	}
	if scheme == "" {
		scheme = "https"
		if isLoopback(name) {
			scheme = "http"
		}
	}
	if scheme == "http" && !isLoopback(name) {
		return "", Errorf(CodeInsecureLink, "%s would be reached without encryption: use https://, or http:// on this machine only.", rest)
	}
	return scheme + "://" + rest, nil
}

// ParseServer reads a server's address with or without its pin, as people pass it
// on and `p4p serve` prints it: what [ParseServerURL] reads, and #PIN. With a pin
// it is https on a loopback host as well. Codes: bad_link, insecure_link.
func ParseServer(s string) (url string, pin *Pin, err error) {
	address, fragment, hasPin := strings.Cut(strings.TrimSpace(s), "#")
	if !hasPin {
		url, err = ParseServerURL(address)
		return url, nil, err
	}
	p, err := ParsePin(fragment)
	if err != nil {
		return "", nil, Errorf(CodeBadLink, "What follows the # of the address is not a server's fingerprint, which has 26 letters and digits: copy the address again.")
	}
	if !strings.Contains(address, "://") {
		address = "https://" + address
	}
	if url, err = ParseServerURL(address); err != nil {
		return "", nil, err
	}
	if strings.HasPrefix(url, "http://") {
		return "", nil, Errorf(CodeBadLink, "The address has a fingerprint but no encryption to hold it against: write https://.")
	}
	return url, &p, nil
}
