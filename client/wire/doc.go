// Package wire makes a client's calls to one server: HTTP, and the stream.
//
// Its rules:
//
//   - The server is not trusted with more than its job: every answer is bounded
//     in bytes and time before it is decoded, no redirect is followed, no cookie
//     is kept, and its sentences are cleaned before anybody sees them.
//   - Nothing that is sent tells who sends it: the User-Agent is the same for all.
//   - Without encryption nothing leaves this machine, whatever a resolver says:
//     insecure_link.
//   - A pinned server is known by its key alone, any other by its certificate.
//   - What a record or a slot says is not judged here; package client does.
//
// Every error is a [*protocol.Error]: the server's own code where it answered
// with one, server_unreachable where nothing answered, pin_mismatch where another
// server did, untrusted_certificate where nobody vouches for one, foreign_server where the answer is not one of P4P, unavailable for
// a failure without a code. Only the end of the caller's context is returned as
// it is.
package wire
