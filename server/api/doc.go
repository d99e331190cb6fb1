// Package api speaks a server's HTTP and websocket calls; docs/protocol.md
// lists them.
//
// Its rules:
//
//   - Sizes are checked before anything is decoded, and decoding is strict.
//   - Records are verified here, on all cores, before the one writer sees them.
//   - Every refusal has the one JSON shape of [protocol.ErrorBody], also for
//     paths and methods that do not exist.
//   - A peer's address is used to limit it, in memory, and goes nowhere else: not
//     into the log, not into the metrics, not into the store. Neither do queries,
//     tokens, or paths; a call is logged by its route's pattern.
//   - A name that is not the server's own is refused in Host and Origin, so that a
//     page elsewhere cannot use a visitor's browser to reach a server at home.
package api
