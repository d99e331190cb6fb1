// Package store is a server's data folder: the log, the pictures and the
// mailboxes, in one SQLite database.
//
// Its rules:
//
//   - What was acknowledged is committed and synced, whatever kills the process.
//   - One connection writes, in transactions that take the write lock at once;
//     others only read, and briefly, so that they hold up no checkpoint.
//   - Deleting erases: what [Store.Append] and [Store.Takedown] erase is out of
//     reach at once and in no file of the folder after the next [Store.Sweep].
//     migrations/00001_start.sql says how the tables keep this promise.
//   - A damaged database is reported and never written over. A new one appears
//     in the folder whole or not at all, so an empty file is a damaged one.
//   - There are no timers here: the caller decides when to sweep.
//
// Errors that a client caused are [*protocol.Error]; so are those about the
// folder that the operator can do something about.
package store
