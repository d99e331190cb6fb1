package lan

import (
	"encoding/binary"
	"encoding/hex"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"time"
)

// Network is what a program without privileges can tell of the network that an
// address is in. Everybody's numbers are 192.168.1.0/24, so what tells one from
// another is the hardware address of its gateway; only Linux says it.
type Network struct {
	Subnet  string // the card and the numbers, as in "wlan0 192.168.1.0/24"
	Gateway string // its hardware address, "" where it is not known
}

// NetworkOf is the network of one of this machine's addresses. Where the system has
// not yet spoken to the gateway it is made to, by one datagram of one byte.
func NetworkOf(a netip.Addr) Network {
	card, subnet := cardOf(a)
	if card == "" {
		return Network{}
	}
	n := Network{Subnet: card + " " + subnet.String()}
	ip := gateway(read("/proc/net/route"), card)
	if !ip.IsValid() {
		return n
	}
	const tries, pause = 10, 30 * time.Millisecond
	for i := range tries {
		if n.Gateway = hardware(read("/proc/net/arp"), ip, card); n.Gateway != "" {
			break
		}
		if i == 0 {
			speakTo(ip)
		}
		<-time.After(pause)
	}
	return n
}

func read(file string) string {
	b, err := os.ReadFile(file)
	if err != nil {
		return "" // another system than Linux
	}
	return string(b)
}

// cardOf finds the card that has an address, "" for none, and its subnet.
func cardOf(a netip.Addr) (name string, subnet netip.Prefix) {
	all, err := net.Interfaces()
	if err != nil {
		return "", netip.Prefix{}
	}
	for _, i := range all {
		addrs, err := i.Addrs()
		if err != nil {
			continue
		}
		for _, x := range addrs {
			if p, err := netip.ParsePrefix(x.String()); err == nil && p.Addr().Unmap() == a.Unmap() {
				return i.Name, p.Masked()
			}
		}
	}
	return "", netip.Prefix{}
}

// gateway reads a card's default gateway from Linux's /proc/net/route: the one of the
// lowest metric; zero if there is none.
func gateway(routes, card string) (best netip.Addr) {
	const name, destination, via, metric = 0, 1, 2, 6 // columns
	least := -1
	for line := range strings.Lines(routes) {
		f := strings.Fields(line)
		if len(f) <= metric || f[name] != card || f[destination] != "00000000" || f[via] == "00000000" {
			continue
		}
		m, err := strconv.Atoi(f[metric])
		b, bad := hex.DecodeString(f[via])
		if err != nil || bad != nil || len(b) != 4 || least >= 0 && m >= least {
			continue
		}
		var a [4]byte
		binary.NativeEndian.PutUint32(a[:], binary.BigEndian.Uint32(b)) // the number as the machine has it
		best, least = netip.AddrFrom4(a), m
	}
	return best
}

// hardware reads a neighbour's hardware address from Linux's /proc/net/arp, "" where
// it has not answered.
func hardware(neighbours string, ip netip.Addr, card string) string {
	const addr, flags, mac, device = 0, 2, 3, 5 // columns
	for line := range strings.Lines(neighbours) {
		f := strings.Fields(line)
		if len(f) <= device || f[addr] != ip.String() || f[device] != card {
			continue
		}
		if bits, err := strconv.ParseUint(f[flags], 0, 32); err == nil && bits&2 != 0 { // complete
			return f[mac]
		}
	}
	return ""
}

// speakTo sends one byte to the port that throws everything away (RFC 863).
func speakTo(ip netip.Addr) {
	c, err := net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(ip, 9)))
	if err != nil {
		return
	}
	defer c.Close()
	_, _ = c.Write([]byte{0}) // what comes of it is in the table, or not
}
