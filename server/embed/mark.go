package embed

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"p4p/server/lan"
)

// place is where this machine is: its address, and what is known of the network.
type place struct {
	addr    string
	network lan.Network
}

// mark knows a network again and tells nobody which one it is: where a router with a
// hardware address stands can be looked up.
type mark struct{ salt, subnet, gateway string } // gateway "": it was not known

func markOf(n lan.Network) mark {
	m := mark{salt: rand.Text()}
	m.subnet = m.hash("subnet", n.Subnet)
	if n.Gateway != "" {
		m.gateway = m.hash("gateway", n.Gateway)
	}
	return m
}

func (m mark) hash(kind, value string) string {
	h := sha256.Sum256([]byte(m.salt + " " + kind + " " + value))
	return hex.EncodeToString(h[:16])
}

// A verdict on whether a network is the marked one.
type verdict int

const (
	unsure verdict = iota // the gateway of one of both is not known
	same
	other
)

// is judges by the gateway where it was known, whatever card and numbers lead to it
// now. Card and numbers, which are alike in many places, are enough only where no
// gateway can be known.
func (m mark) is(n lan.Network) verdict {
	switch {
	case m.salt == "":
		return other
	case m.gateway == "" && m.subnet != m.hash("subnet", n.Subnet):
		return other
	case m.gateway == "" && n.Gateway == "":
		return same
	case m.gateway == "" || n.Gateway == "":
		return unsure
	case m.gateway == m.hash("gateway", n.Gateway):
		return same
	}
	return other
}

func (m mark) String() string { return strings.TrimSpace(m.salt + " " + m.subnet + " " + m.gateway) }

// parseMark reads what String wrote; anything else is no network's mark.
func parseMark(s string) mark {
	f := strings.Fields(s)
	switch len(f) {
	case 2:
		return mark{salt: f[0], subnet: f[1]}
	case 3:
		return mark{salt: f[0], subnet: f[1], gateway: f[2]}
	}
	return mark{}
}
