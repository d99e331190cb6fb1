// Package protocol is what a P4P client and a P4P server must agree on, and
// nothing else: it does no I/O, keeps no state and reads no clock.
//
// Its rules:
//
//   - One statement, one spelling. Whatever is parsed here is encoded again and
//     compared; input that does not re-encode to the same bytes is refused. So
//     a record has one record UUID, a link one form, a number one digit string.
//   - Every use of a key has a label of its own ("p4p/1 …"), so that a signature
//     or a derived key made for one purpose never serves another.
//   - Randomness and time are arguments.
//   - Every refusal is an [*Error]: a stable code for machines, a sentence for
//     people that says what to do.
//
// The whole protocol is described for writers of other clients in
// docs/protocol.md; testdata/vectors.json fixes its values.
package protocol
