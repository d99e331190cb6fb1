// Package localmap is a profile's private memory: its secret root, the phone
// book, the friendships and which name belongs to which device key. Nothing in
// it ever leaves the machine.
//
// Where its signatures differ from what was sketched, and why:
//
//   - Bind takes the pin as well: an address without its pin, or with another
//     address's, would be a server that cannot be checked.
//   - Enqueue and CreateFriendship bind an unbound profile themselves, in the
//     same transaction, and refuse (other_server) what belongs to another
//     server or to a root that is no longer this profile's. Bind may still be
//     called first; it is idempotent.
//   - Friendship.Named, kept by this package: somebody who takes an invite and
//     ends it before the inviter has confirmed must not get the name.
package localmap
