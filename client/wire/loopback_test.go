package wire

import (
	"testing"

	"p4p/protocol"
)

func TestWithoutEncryptionNothingLeavesThisMachine(t *testing.T) {
	c := clientOf(t, "http://localhost:80", nil)
	c.base = "http://192.0.2.1:80" // as if a resolver had said so of localhost
	_, err := c.Info(t.Context())
	wantCode(t, err, protocol.CodeInsecureLink)
	_, err = c.Stream(t.Context(), protocol.Cursor{}, nil)
	wantCode(t, err, protocol.CodeInsecureLink)
	if clientOf(t, "https://p4p.example", nil).dial.net.Control != nil {
		t.Error("with encryption the address is restricted as well")
	}
}

func TestOnlyLoopbackAddressesAreOfThisMachine(t *testing.T) {
	for address, want := range map[string]bool{
		"127.0.0.1:80": true, "127.9.9.9:80": true, "[::1]:80": true, "[::ffff:127.0.0.1]:80": true,
		"192.0.2.1:80": false, "0.0.0.0:80": false, "[::]:80": false, "[fe80::1%eth0]:80": false, "[::ffff:192.0.2.1]:80": false,
		"localhost:80": false, "": false,
	} {
		if got := onlyLoopback("tcp", address, nil) == nil; got != want {
			t.Errorf("%q: %v, want %v", address, got, want)
		}
	}
}
