package api

import (
	"net/http"
	"net/netip"
	"strings"
)

// peer is whom a call is counted for.
type peer struct {
	block netip.Prefix // a household: one IPv4 address or one IPv6 /64; zero: all whose address nobody tells
	site  netip.Prefix // the IPv6 /48 around it, of which anybody can have a whole one; zero for others
	free  bool         // counted for nothing: a program on this machine
}

// PerSite is how many households' worth one IPv6 /48 gets.
const PerSite = 8

// Blocks are what an address is counted under: its block, and the site around that
// if it has one.
func Blocks(a netip.Addr) []netip.Prefix {
	p := peerAt(a)
	if p.site.IsValid() {
		return []netip.Prefix{p.block, p.site}
	}
	return []netip.Prefix{p.block}
}

// peer is whom r is counted for.
func (g *guard) peer(r *http.Request) peer {
	var addr netip.Addr
	if ap, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		addr = ap.Addr().Unmap()
	}
	if !addr.IsLoopback() {
		return peerAt(addr)
	}
	if !g.proxied {
		p := peerAt(addr)
		p.free = !g.limits.Loopback
		return p
	}
	f := r.Header.Values("X-Forwarded-For")
	if len(f) == 0 {
		// A proxy that names nobody looks like a program on this machine.
		g.nameless()
		return peer{}
	}
	// Only the last entry is the proxy's own word; an unreadable one is limited
	// together with all others like it.
	last := f[len(f)-1]
	last = strings.TrimSpace(last[strings.LastIndexByte(last, ',')+1:])
	forwarded, err := netip.ParseAddr(hostname(last))
	if err != nil {
		return peer{}
	}
	return peerAt(forwarded.Unmap())
}

func peerAt(a netip.Addr) peer {
	a = a.WithZone("")
	if a.Is6() {
		return peer{block: netip.PrefixFrom(a, 64).Masked(), site: netip.PrefixFrom(a, 48).Masked()}
	}
	return peer{block: netip.PrefixFrom(a, a.BitLen())}
}
