package lan

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"p4p/protocol"
)

func addrs(list ...string) []netip.Addr {
	out := make([]netip.Addr, len(list))
	for i, s := range list {
		out[i] = netip.MustParseAddr(s)
	}
	return out
}

func TestTheAddressIsThePrivateOneThatAPhoneReaches(t *testing.T) {
	wifi := card{index: 3, name: "wlan0", addrs: addrs("fe80::1", "192.168.1.5")}
	cable := card{index: 2, name: "eth0", addrs: addrs("10.0.0.9", "10.0.0.7", "2001:db8::7")}
	docker := card{index: 1, name: "docker0", made: true, addrs: addrs("172.17.0.1")}
	public := card{index: 4, name: "eth1", addrs: addrs("203.0.113.7")}
	for name, tt := range map[string]struct {
		cards []card
		route string // "" for none
		want  string // "" for none
	}{
		"of the default route":              {[]card{docker, cable, wifi}, "192.168.1.5", "192.168.1.5"},
		"of the default route, one of two":  {[]card{cable, wifi}, "10.0.0.9", "10.0.0.9"},
		"without a route the first":         {[]card{wifi, docker, cable}, "", "10.0.0.7"},
		"whose route is a tunnel's":         {[]card{wifi, docker}, "172.17.0.1", "192.168.1.5"},
		"whose route is public":             {[]card{public, wifi}, "203.0.113.7", "192.168.1.5"},
		"never a public one":                {[]card{public}, "203.0.113.7", ""},
		"never one that programs made":      {[]card{docker}, "172.17.0.1", ""},
		"never one without an IPv4 address": {[]card{{index: 2, addrs: addrs("fd00::2", "fe80::1")}}, "", ""},
		"nothing is up":                     {nil, "", ""},
	} {
		var route netip.Addr
		if tt.route != "" {
			route = netip.MustParseAddr(tt.route)
		}
		for range 2 {
			got, ok := choose(tt.cards, route)
			if ok != (tt.want != "") || ok && got.String() != tt.want {
				t.Errorf("%s: %v, %v", name, got, ok)
			}
			slices.Reverse(tt.cards) // the order in which the system tells them says nothing
		}
	}
}

func TestContainersAndVirtualMachinesAreKnownByTheirBridges(t *testing.T) {
	for name, want := range map[string]bool{
		"docker0": true, "br-1a2b3c": true, "virbr0": true, "veth12": true, "tun0": true, "wg0": true,
		"eth0": false, "enp3s0": false, "wlan0": false, "wlp2s0": false, "en0": false, "br0": false, "Ethernet": false,
	} {
		if madeByPrograms(name) != want {
			t.Errorf("%s: %v", name, !want)
		}
	}
}

// What this machine says of itself cannot be known here, but it fits together.
func TestTheAddressIsOneOfThisMachines(t *testing.T) {
	a, err := Address()
	if err == nil && (!a.IsPrivate() || !slices.Contains(All(), a.String())) {
		t.Errorf("%v is not among %v", a, All())
	}
}

func TestAnAddressThatAPersonNamesIsOneOfThisComputers(t *testing.T) {
	own := []string{"192.0.2.2", "100.101.102.103", "2001:db8::7"}
	for _, s := range append([]string{"::ffff:192.0.2.2"}, own...) {
		if a, err := named(s, own); err != nil || a.String() != strings.TrimPrefix(s, "::ffff:") {
			t.Errorf("%s: %v, %v", s, a, err)
		}
	}
	for _, s := range []string{"", "laptop", "0.0.0.0", "::", "224.0.0.1", "192.0.2.2:4747", "192.0.2.3", "127.0.0.1", "::1"} {
		a, err := named(s, own)
		if protocol.CodeOf(err) != protocol.CodeUsage || !strings.Contains(err.Error(), "P4P_LAN") || !strings.Contains(err.Error(), "192.0.2.2") {
			t.Errorf("%q: %v, %v", s, a, err)
		}
	}
	if _, err := named("192.0.2.2", nil); protocol.CodeOf(err) != protocol.CodeUsage || !strings.Contains(err.Error(), "no network") {
		t.Errorf("without a network: %v", err)
	}
	for _, s := range []string{"127.0.0.1", "::1"} {
		if a, err := Named(s); protocol.CodeOf(err) != protocol.CodeUsage {
			t.Errorf("%s, which nobody else reaches: %v, %v", s, a, err)
		}
	}
}
