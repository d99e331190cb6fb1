// Package hub stands between the log and everybody who follows it.
//
// Its rules:
//
//   - One commit, one frame. A single writer gathers whatever record batches
//     wait, commits them in one transaction, and encodes what is new once; those
//     very bytes go to every subscriber. The batch grows with the load by itself.
//   - Commit, then publish, then acknowledge. Who was acknowledged is on disk.
//   - One log, many cursors. A subscriber is a [Reader]: a number, not a queue.
//     Recent frames sit in one ring bounded in bytes; who has fallen behind it
//     is fed from the store, in order, until caught up. Nobody blocks the writer,
//     and a slow reader holds no memory but what it is writing at the moment.
//   - The ring tells nothing that the log has erased.
package hub
