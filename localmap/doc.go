// Package localmap is a profile's private memory: its secret root, the phone
// book, the friendships, which name belongs to which device key, and what waits
// to be sent. Nothing in it ever leaves the machine by this package's doing.
//
// Its rules:
//
//   - What a method has answered with nil is on the disk (SQLite, WAL,
//     synchronous=FULL) and survives a kill at any moment.
//   - Several processes share one file. Every write is one immediate transaction
//     that reads what it builds on; memory is only for answering, and follows:
//     own writes at once, those of others with [Map.Refresh].
//   - Labels are answered from memory, by the whole key, without waiting.
//   - A name sticks to a key by its owner's act alone, and never moves to another
//     key by itself.
//   - What is forgotten (a link secret, the keys of a friendship, a root) is gone
//     from the files, not just from the tables: see [Map.UpdateFriendship].
//   - A file that is damaged or from a newer version is left as it is, byte for
//     byte; it is never made anew. What is noticed is a broken structure, a secret
//     that does not fit its key and a value that cannot be; not a changed letter
//     inside a text.
//
// Where the methods differ from what was first sketched, and why:
//
//   - Bind takes the pin as well: an address without its pin would be a
//     self-signed server that cannot be checked.
//   - Enqueue and CreateFriendship bind an unbound profile themselves, in the
//     same transaction, and refuse what belongs to another server or was made
//     with a key that is no longer this profile's. Bind may still come first.
//   - Friendship.Named, kept by this package: somebody who takes an invite and
//     ends it before the inviter has confirmed must not get the name.
//   - OutboxList is the outbox without its pictures, for screens and counting.
//   - RemoveContact takes along friendships that are over for good.
package localmap
