-- The cache is thrown away rather than migrated: whoever changes this file
-- raises schemaVersion in cache.go.

-- Which log of which server this is a copy of, and how far it goes.
CREATE TABLE history (
	one        INTEGER PRIMARY KEY CHECK (one = 1),
	generation INTEGER NOT NULL,  -- another each time the copy is started over
	server     BLOB,
	epoch      BLOB,
	seq        INTEGER NOT NULL,  -- the last place seen
	id         BLOB,              -- the record seen there, where it is known
	dirty      INTEGER NOT NULL   -- erased words may still be in the index's pages
);
INSERT INTO history VALUES (1, abs(random() % 1000000000000), NULL, NULL, 0, NULL, 0);

-- Places low to high were never read, but for single records.
CREATE TABLE gaps (
	low   INTEGER PRIMARY KEY,
	high  INTEGER NOT NULL,
	swept INTEGER NOT NULL        -- the deletions among them were read
);

CREATE TABLE authors (
	n    INTEGER PRIMARY KEY,
	key  BLOB NOT NULL UNIQUE,
	uuid BLOB NOT NULL
);
CREATE INDEX authors_by_uuid ON authors (uuid);

CREATE TABLE events (
	seq      INTEGER PRIMARY KEY,
	kind     INTEGER NOT NULL,    -- 0 erased, 1 post, 2 comment, 3 deletion, 4 takedown
	id       BLOB,                -- of the record; a takedown has none
	author   INTEGER,
	target   BLOB,
	minutes  INTEGER,             -- created_at, since 1970
	text     TEXT,
	blob     BLOB,
	width    INTEGER,
	height   INTEGER,
	alt      TEXT,
	comments INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX events_by_id ON events (id) WHERE id IS NOT NULL;
CREATE INDEX events_by_kind ON events (kind, seq);
CREATE INDEX events_by_author ON events (author, kind, seq) WHERE author IS NOT NULL;
CREATE INDEX events_by_target ON events (target, kind, seq) WHERE target IS NOT NULL;
CREATE INDEX events_by_blob ON events (blob) WHERE blob IS NOT NULL;

-- Words of posts and comments, as words.go spaces them; docid is seq.
CREATE VIRTUAL TABLE words USING fts4(body, tokenize=unicode61 "remove_diacritics=2", order=desc);

CREATE TABLE pictures (
	blob  BLOB PRIMARY KEY,
	bytes BLOB NOT NULL,
	size  INTEGER NOT NULL,
	used  INTEGER NOT NULL        -- minutes since 1970
);
CREATE INDEX pictures_by_use ON pictures (used);
