package embed

import (
	"crypto/rand"
	"encoding/hex"
	"strings"
	"sync"

	"golang.org/x/crypto/scrypt"

	"p4p/server/lan"
)

// place is where this machine is: its address, and what is known of the network.
type place struct {
	addr    string
	network lan.Network
}

// mark knows a network again, and does not name it: where a router with a hardware
// address stands can be looked up. Of a slow hash it keeps so little that one address
// in 65,536 fits, 256 of each maker's. Who suspects a router learns whether it fits.
type mark struct{ salt, of, tag string }

// What a mark is of.
const (
	gateway = "gateway" // its hardware address
	numbers = "numbers" // and the card, where the gateway was not known
)

// weak tells that the mark fits many places.
func (m mark) weak() bool { return m.of == numbers }

// marks makes marks and judges by them. It remembers what it has hashed, for it is
// asked every few seconds.
type marks struct {
	hash func(salt, value string) string // slowly when nil; for tests

	mu    sync.Mutex
	known map[[2]string]string
}

func (s *marks) of(n lan.Network) mark {
	m := mark{salt: rand.Text(), of: gateway}
	if n.Gateway == "" {
		m.of = numbers
	}
	m.tag = s.tag(m, n)
	return m
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
func (s *marks) is(m mark, n lan.Network) verdict {
	switch {
	case m == mark{}:
		return other
	case !m.weak() && n.Gateway == "":
		return unsure
	case m.tag != s.tag(m, n):
		return other
	case m.weak() && n.Gateway != "":
		return unsure
	}
	return same
}

// tag is what a mark of that salt and kind would have of a network.
func (s *marks) tag(m mark, n lan.Network) string {
	value := m.of + " " + n.Gateway
	if m.weak() {
		value = m.of + " " + n.Subnet
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	tag, ok := s.known[[2]string{m.salt, value}]
	if ok {
		return tag
	}
	if s.hash == nil {
		s.hash = slowly
	}
	if s.known == nil {
		s.known = map[[2]string]string{}
	}
	tag = s.hash(m.salt, value)
	s.known[[2]string{m.salt, value}] = tag
	return tag
}

// slowly takes some 10 ms: not much once a network, and days for one maker's 2^24
// addresses.
func slowly(salt, value string) string {
	h, _ := scrypt.Key([]byte(value), []byte("p4p/1 network "+salt), 1<<12, 8, 1, tagBytes) // it fails by its parameters only
	return hex.EncodeToString(h)
}

// tagBytes is how much is kept of a hash.
const tagBytes = 2

func (m mark) String() string { return strings.TrimSpace(m.salt + " " + m.of + " " + m.tag) }

// parseMark reads what String wrote; anything else is no network's mark.
func parseMark(s string) mark {
	f := strings.Fields(s)
	if len(f) != 3 || f[1] != gateway && f[1] != numbers || len(f[2]) != hex.EncodedLen(tagBytes) {
		return mark{}
	}
	return mark{f[0], f[1], f[2]}
}
