// Package lan finds the address under which others in the same network reach
// this machine, and which network that is.
package lan

import (
	"cmp"
	"net"
	"net/netip"
	"slices"
	"strings"

	"p4p/protocol"
)

// Address is this machine's private IPv4 address in its network: the one that
// its default route leaves from, else the first of a card that is no bridge or
// tunnel of programs. A public address is never chosen, for the whole internet
// may reach that. The error, where there is none, has the code usage.
func Address() (netip.Addr, error) {
	cards, err := cards()
	if err != nil {
		return netip.Addr{}, none().Because(err)
	}
	a, ok := choose(cards, routed())
	if !ok {
		return netip.Addr{}, none()
	}
	return a, nil
}

func none() *protocol.Error {
	return protocol.Errorf(protocol.CodeUsage,
		"This computer has no address in a private network: connect it to the network that the phone is in, or name the address yourself, as in P4P_LAN=203.0.113.7 p4p, or in p4p serve --lan --listen 203.0.113.7:4747.")
}

// Named is an address of this machine that a person chose in the place of
// [Address]: that of a tunnel, say, or one in a network that is not private. Codes:
// usage.
func Named(s string) (netip.Addr, error) { return named(s, All()) }

func named(s string, own []string) (netip.Addr, error) {
	a, err := netip.ParseAddr(s)
	if a = a.Unmap(); err == nil && slices.Contains(own, a.String()) {
		return a, nil
	}
	if len(own) == 0 {
		return netip.Addr{}, protocol.Errorf(protocol.CodeUsage, "P4P_LAN is %q, but this computer is in no network now: connect it first.", s)
	}
	return netip.Addr{}, protocol.Errorf(protocol.CodeUsage, "P4P_LAN is to be one of this computer's addresses (%s), not %q.", strings.Join(own, ", "), s)
}

// All are the addresses of this machine that others may reach it by, IPv6
// included, for a certificate.
func All() []string {
	cards, err := cards()
	if err != nil {
		return nil
	}
	var out []string
	for _, c := range cards {
		for _, a := range c.addrs {
			if a.IsGlobalUnicast() {
				out = append(out, a.String())
			}
		}
	}
	return out
}

// card is a network interface that is up.
type card struct {
	index int
	name  string
	made  bool // by a program, or a tunnel: no phone is behind it
	addrs []netip.Addr
}

// choose is the rule of [Address]; route is the default route's own address, or
// zero where it is not known.
func choose(cards []card, route netip.Addr) (netip.Addr, bool) {
	cards = slices.Clone(cards)
	slices.SortFunc(cards, func(a, b card) int { return cmp.Compare(a.index, b.index) })
	var first netip.Addr
	for _, c := range cards {
		addrs := slices.Clone(c.addrs)
		slices.SortFunc(addrs, netip.Addr.Compare)
		for _, a := range addrs {
			switch {
			case !a.Is4() || !a.IsPrivate() || c.made:
			case a == route:
				return a, true
			case !first.IsValid():
				first = a
			}
		}
	}
	return first, first.IsValid()
}

// cards are the interfaces that are up, but for loopback.
func cards() ([]card, error) {
	all, err := net.Interfaces()
	if err != nil {
		return nil, err
	}
	var out []card
	for _, i := range all {
		if i.Flags&net.FlagUp == 0 || i.Flags&net.FlagLoopback != 0 {
			continue
		}
		addrs, err := i.Addrs()
		if err != nil {
			continue // it has just gone
		}
		c := card{index: i.Index, name: i.Name, made: i.Flags&net.FlagPointToPoint != 0 || madeByPrograms(i.Name)}
		for _, a := range addrs {
			if p, err := netip.ParsePrefix(a.String()); err == nil {
				c.addrs = append(c.addrs, p.Addr().Unmap())
			}
		}
		out = append(out, c)
	}
	return out, nil
}

// madeByPrograms knows bridges of containers and virtual machines by the names
// that these give them.
func madeByPrograms(name string) bool {
	for _, prefix := range []string{"docker", "br-", "virbr", "veth", "vboxnet", "vmnet", "podman", "cni", "lxc", "lxdbr", "tun", "tap", "wg", "tailscale", "zt", "utun"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// routed is the address from which the default route leaves, zero if there is
// none. "Connecting" a datagram socket asks the system's routing table and sends
// nothing; 192.0.2.1 is nobody's (RFC 5737).
func routed() netip.Addr {
	c, err := net.Dial("udp4", "192.0.2.1:9") //nolint:noctx // it does not wait
	if err != nil {
		return netip.Addr{}
	}
	defer c.Close()
	ap, err := netip.ParseAddrPort(c.LocalAddr().String())
	if err != nil {
		return netip.Addr{}
	}
	return ap.Addr().Unmap()
}
