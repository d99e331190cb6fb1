// Package tlsconf gives a server its certificates.
//
// Its rules:
//
//   - A self-signed server is known by its key, so the key is made once and stays
//     in the data folder, for its owner's eyes only. The certificate around it is
//     written anew when it nears its end or the addresses change; the pin stays.
//   - Keys are ECDSA P-256: browsers take no Ed25519 in certificates.
//   - A certificate names addresses and nothing about the machine or its owner.
//   - HTTP/1.1 only: a websocket needs it.
package tlsconf
