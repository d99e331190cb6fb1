// Package web is what a browser gets to see. For now it is three honest texts,
// the same for everybody: they hold nothing of the link that led to them, run no
// script, and asking for one changes nothing on the server.
package web

// Invite is shown at /f/UUID. What stands behind the link's # never reaches the
// server, so the page cannot repeat it.
const Invite = `P4P

This is a P4P link. Opening this page accepted nothing, and the link is
still as good as before.

To use it, take the whole link from the message it came in, including the
part behind the #, and give it to P4P in a terminal:

    p4p accept -- 'LINK'

or start p4p and paste the link there. P4P shows what the link is for and
asks before it does anything.

Only use a link that somebody you know gave to you.
`

// Post is shown at /p/RECORD.
const Post = `P4P

This is a P4P link to a post. Posts are read in a terminal for now: start
p4p there and paste the whole link.
`

// Home is shown at /.
const Home = `P4P

This is a P4P server: a feed without accounts. It knows the posts, but not
who wrote them; only the writers' friends do, and they keep that to
themselves.

To read and write here, give this server's address to P4P in a terminal:

    p4p --server ADDRESS
`
