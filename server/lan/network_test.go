package lan

import (
	"net/netip"
	"testing"
)

// As Linux writes them on a machine of little-endian numbers, which those of the
// tests are.
const (
	routes = `Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT
wlan0	00000000	FE01A8C0	0003	0	0	600	00000000	0	0	0
wlan0	00000000	0101A8C0	0003	0	0	100	00000000	0	0	0
eth0	00000000	0100000A	0003	0	0	50	00000000	0	0	0
wlan0	0001A8C0	00000000	0001	0	0	600	00FFFFFF	0	0	0
`
	neighbours = `IP address       HW type     Flags       HW address            Mask     Device
192.168.1.1      0x1         0x2         02:00:00:00:00:05     *        wlan0
192.168.1.1      0x1         0x2         02:00:00:00:00:07     *        eth0
10.0.0.1         0x1         0x0         00:00:00:00:00:00     *        eth0
`
)

func TestTheGatewayIsThatOfTheCardAndOfTheBestRoute(t *testing.T) {
	for card, want := range map[string]string{"wlan0": "192.168.1.1", "eth0": "10.0.0.1", "wlan1": "invalid IP"} {
		if got := gateway(routes, card).String(); got != want {
			t.Errorf("%s: %s, want %s", card, got, want)
		}
	}
	for _, broken := range []string{"", "wlan0", "wlan0 00000000 xyz 0003 0 0 0 0\n", "wlan0 00000000 0101A8C0 0003 0 0 much 0\n"} {
		if got := gateway(broken, "wlan0"); got.IsValid() {
			t.Errorf("%q: %s", broken, got)
		}
	}
}

func TestANeighbourIsKnownOnceItHasAnswered(t *testing.T) {
	if got := hardware(neighbours, netip.MustParseAddr("192.168.1.1"), "wlan0"); got != "02:00:00:00:00:05" {
		t.Errorf("%q", got)
	}
	if got := hardware(neighbours, netip.MustParseAddr("10.0.0.1"), "eth0"); got != "" {
		t.Errorf("one that has not: %q", got)
	}
	if got := hardware("garbage\n", netip.MustParseAddr("10.0.0.1"), "eth0"); got != "" {
		t.Errorf("garbage: %q", got)
	}
}

func TestTheNetworkOfAnAddressIsTheSameEachTime(t *testing.T) {
	a, err := Address()
	if err != nil {
		a = netip.MustParseAddr("127.0.0.1")
	}
	first := NetworkOf(a)
	if again := NetworkOf(a); first.Subnet == "" || again.Subnet != first.Subnet {
		t.Errorf("%+v, then %+v", first, again)
	}
	if got := NetworkOf(netip.MustParseAddr("203.0.113.7")); got != (Network{}) {
		t.Errorf("of an address that is not here: %+v", got)
	}
}
