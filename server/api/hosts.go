package api

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"p4p/protocol"
)

// Hosts are the names under which a server may be called. Without the check, a
// page of evil.example that has its name resolve to 127.0.0.1 could talk to the
// server of whoever visits it (DNS rebinding).
type Hosts struct {
	names  map[string]bool
	public string // host, with its port if any
	anyIP  bool
}

// NewHosts knows the names for a server that listens on bound, was told to
// listen on listen (HOST:PORT, may be ""), and has that public URL (may be ""):
//
//   - localhost, names below it, and the loopback addresses, always;
//   - the host of the public URL, and the name to listen on if it is one;
//   - any address given as a number, unless only loopback is listened on: a
//     rebinding page cannot have a number for a name.
func NewHosts(bound net.Addr, listen, publicURL string) Hosts {
	h := Hosts{names: map[string]bool{"localhost": true}}
	if ap, err := netip.ParseAddrPort(bound.String()); err != nil || !ap.Addr().Unmap().IsLoopback() {
		h.anyIP = true
	}
	if name := hostname(listen); name != "" {
		h.names[name] = true
	}
	if u, err := url.Parse(publicURL); err == nil && u.Host != "" {
		h.names[strings.ToLower(u.Hostname())] = true
		h.public = strings.ToLower(u.Host)
	}
	return h
}

// hostname is the name in "name:port", "[::1]:port" or "name", in lower case.
func hostname(hostport string) string {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = strings.TrimSuffix(strings.TrimPrefix(hostport, "["), "]")
	}
	return strings.TrimSuffix(strings.ToLower(host), ".")
}

func (h Hosts) checkHost(r *http.Request, door *Reach) error {
	name := hostname(r.Host)
	if h.names[name] || strings.HasSuffix(name, ".localhost") || door.named(name) {
		return nil
	}
	if ip, err := netip.ParseAddr(name); err == nil && ip.Zone() == "" && (h.anyIP || ip.Unmap().IsLoopback()) {
		return nil
	}
	return protocol.Errorf(protocol.CodeForbiddenOrigin,
		"This server does not go by the name in the Host header; its operator sets that name with --public-url.")
}

// named tells whether a door goes by a name: that in its URL, or any number.
func (r *Reach) named(name string) bool {
	if r == nil {
		return false
	}
	if ip, err := netip.ParseAddr(name); err == nil {
		return ip.Zone() == ""
	}
	u, err := url.Parse(r.URL)
	return err == nil && u.Hostname() == name
}

// checkOrigin lets no page but the server's own make a browser change things here
// or listen. Programs other than browsers send no Origin.
func (h Hosts) checkOrigin(r *http.Request) error {
	origins := r.Header.Values("Origin")
	if len(origins) == 0 {
		return nil
	}
	u, err := url.Parse(origins[0])
	if len(origins) == 1 && err == nil && u.Host != "" && (strings.EqualFold(u.Host, r.Host) || strings.EqualFold(u.Host, h.public)) {
		return nil
	}
	return protocol.Errorf(protocol.CodeForbiddenOrigin, "This server takes such calls only from its own pages and from programs.")
}

// operatorCall tells whether a call comes from this machine, by a loopback name
// and not through a proxy.
func operatorCall(r *http.Request) bool {
	name := hostname(r.Host)
	ip, err := netip.ParseAddr(name)
	return onThisMachine(r) && (name == "localhost" || err == nil && ip.Unmap().IsLoopback())
}

// onThisMachine tells whether a call comes from this machine and, as far as can be
// told, not through a proxy.
func onThisMachine(r *http.Request) bool {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || !peer.Addr().Unmap().IsLoopback() {
		return false
	}
	for _, proxied := range []string{"X-Forwarded-For", "Forwarded", "X-Real-Ip", "Via", "Origin"} {
		if len(r.Header.Values(proxied)) > 0 {
			return false
		}
	}
	return true
}
