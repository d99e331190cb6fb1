-- The first shape of a server's data.
--
-- Deleting erases, and SQLite alone does not: secure_delete zeroes what is freed,
-- but when a B-tree page is rearranged, copies of its rows can stay behind in the
-- page's unused middle. So no text, picture or slot lies in a page that is ever
-- rearranged:
--
--   bodies      grows at its end only; a body is erased by overwriting it in
--               place with as many zeros, and no row is ever removed.
--   pictures,   a block of zeros before the content pushes all of it into
--   mailboxes   overflow pages, which are never rearranged and are zeroed when
--               they are freed. It is longer than the part of a row that a page
--               of 4096 bytes keeps (4061 bytes; 1002 WITHOUT ROWID).
--   search_…    are dropped and made again without what was erased. They are
--               made by the program, one for each stretch of the log: search.go.

-- +goose Up
CREATE TABLE meta (
	name  TEXT PRIMARY KEY,
	value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Pictures, by the SHA-256 of their bytes.
CREATE TABLE blobs (
	n             INTEGER PRIMARY KEY,
	id            BLOB NOT NULL UNIQUE,
	type          TEXT NOT NULL,
	width         INTEGER NOT NULL,
	height        INTEGER NOT NULL,
	unnamed_since INTEGER -- Unix seconds, whole minutes; NULL once a record names it
) STRICT;

CREATE INDEX blobs_unnamed ON blobs (unnamed_since) WHERE unnamed_since IS NOT NULL;

CREATE TABLE pictures (
	n     INTEGER PRIMARY KEY REFERENCES blobs (n) ON DELETE CASCADE,
	zeros BLOB NOT NULL DEFAULT (zeroblob(4096)),
	bytes BLOB NOT NULL
) STRICT;

-- The log. kind is post, comment, deletion, report, takedown, or erased: then
-- everything but seq and id is NULL.
CREATE TABLE records (
	seq    INTEGER PRIMARY KEY, -- from 1, without gaps
	id     BLOB UNIQUE,         -- the record UUID; NULL for a takedown
	kind   TEXT NOT NULL,
	author BLOB,                -- the device UUID
	target BLOB REFERENCES records (id),
	blob   BLOB REFERENCES blobs (id)
) STRICT;

CREATE INDEX records_kind ON records (kind, seq);
CREATE INDEX records_author ON records (author, seq) WHERE author IS NOT NULL;
CREATE INDEX records_target ON records (target, seq) WHERE target IS NOT NULL;
CREATE INDEX records_blob ON records (blob) WHERE blob IS NOT NULL;

CREATE TABLE bodies (
	seq INTEGER PRIMARY KEY REFERENCES records (seq),
	jws BLOB NOT NULL -- the signed bytes, or zeros where they were erased
) STRICT;

-- Search tables that still hold words of what was erased.
CREATE TABLE search_stale (part INTEGER PRIMARY KEY) STRICT;

-- Friendships. WITHOUT ROWID, so that no number tells their order; nothing in a
-- row tells who or when. a is the inviter's, b the invitee's.
CREATE TABLE mailboxes (
	f         BLOB PRIMARY KEY, -- the friendship UUID
	state     TEXT NOT NULL,
	expires   INTEGER,          -- Unix seconds, whole hours; NULL while accepted
	link_hash BLOB NOT NULL,
	owner_a   BLOB NOT NULL,
	owner_b   BLOB,
	e         BLOB,
	n_a       INTEGER,
	n_b       INTEGER,
	zeros     BLOB NOT NULL DEFAULT (zeroblob(1024)),
	slot_a    BLOB,
	slot_b    BLOB
) STRICT, WITHOUT ROWID;

CREATE INDEX mailboxes_expires ON mailboxes (expires) WHERE expires IS NOT NULL;

-- What the operator's command asks of the running server.
CREATE TABLE takedowns (id BLOB PRIMARY KEY) STRICT, WITHOUT ROWID;
