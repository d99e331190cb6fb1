package wire

import (
	"crypto/sha256"
	"crypto/tls"
	"errors"

	"p4p/protocol"
)

var errPin = errors.New("the certificate's key is not the pinned one")

// tlsFor is the configuration for a server that proves itself by its pin, or
// without one by a certificate that this machine trusts.
func tlsFor(pin *protocol.Pin) *tls.Config {
	c := &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}}
	if pin == nil {
		return c
	}
	want := *pin
	// The pin names the key itself: names, dates and issuers say nothing beyond it.
	// TLS proves that the server holds the key of the first certificate.
	c.InsecureSkipVerify = true // replaced by the stricter check below
	c.VerifyConnection = func(s tls.ConnectionState) error {
		if len(s.PeerCertificates) == 0 || PinOf(s.PeerCertificates[0].RawSubjectPublicKeyInfo) != want {
			return errPin
		}
		return nil
	}
	return c
}

// PinOf is the pin of a key, given as the DER of its SubjectPublicKeyInfo.
func PinOf(spki []byte) protocol.Pin {
	h := sha256.Sum256(spki)
	return protocol.Pin(h[:16])
}
