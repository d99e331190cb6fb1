-- +goose Up

-- "P4Pm": a database without it is not a local map.
PRAGMA application_id = 1345605741;

CREATE TABLE profile (
    id         INTEGER PRIMARY KEY CHECK (id = 1),
    root       BLOB    NOT NULL CHECK (length(root) = 32),
    -- The public half of the root's first key: a root that no longer yields it is damaged.
    base_key   BLOB    NOT NULL CHECK (length(base_key) = 32),
    rotations  INTEGER NOT NULL DEFAULT 0 CHECK (rotations BETWEEN 0 AND 65535),
    server     BLOB    CHECK (length(server) = 16), -- NULL until bound
    server_url TEXT    NOT NULL DEFAULT '',
    server_pin TEXT    NOT NULL DEFAULT '',
    -- Counts what was forgotten and may still lie in freed pages or in the journal.
    erase_due  INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE contacts (
    id       INTEGER PRIMARY KEY AUTOINCREMENT, -- never used twice
    name     TEXT    NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    skeleton TEXT    NOT NULL UNIQUE
) STRICT;

CREATE TABLE friendships (
    id           BLOB    PRIMARY KEY NOT NULL CHECK (length(id) = 16),
    contact      INTEGER NOT NULL REFERENCES contacts (id),
    server       BLOB    NOT NULL CHECK (length(server) = 16),
    server_url   TEXT    NOT NULL,
    server_pin   TEXT    NOT NULL,
    role         INTEGER NOT NULL CHECK (role IN (0, 1)),
    state        TEXT    NOT NULL CHECK (state IN
                 ('invited', 'accepted', 'friend', 'ended', 'refused', 'revoked', 'expired', 'removed')),
    since        INTEGER NOT NULL, -- Unix milliseconds, as all times here
    expires      INTEGER,
    named        INTEGER NOT NULL CHECK (named IN (0, 1)),
    verified     INTEGER NOT NULL CHECK (verified IN (0, 1)),
    secret       BLOB    CHECK (length(secret) = 16),
    inviter_key  BLOB    CHECK (length(inviter_key) = 32),
    inviter_e    BLOB    CHECK (length(inviter_e) = 32),
    invitee_key  BLOB    CHECK (length(invitee_key) = 32),
    invitee_e    BLOB    CHECK (length(invitee_e) = 32),
    pair_inviter BLOB    CHECK (length(pair_inviter) = 32),
    pair_invitee BLOB    CHECK (length(pair_invitee) = 32),
    own_n        INTEGER NOT NULL CHECK (own_n BETWEEN 0 AND 9007199254740991),
    seen_n       INTEGER NOT NULL CHECK (seen_n BETWEEN 0 AND 9007199254740991),
    seen_hash    BLOB    CHECK (length(seen_hash) = 32),
    seen_steps   BLOB    CHECK (length(seen_steps) % 184 = 0), -- steps as slots carry them
    pending      TEXT    NOT NULL CHECK (pending IN ('', 'create', 'accept', 'confirm', 'end', 'revoke')),
    refusal      TEXT    NOT NULL,
    own_slot     BLOB    CHECK (length(own_slot) = 4124),
    pending_body BLOB
) STRICT;

CREATE INDEX friendships_by_contact ON friendships (contact);

CREATE TABLE outbox (
    n               INTEGER PRIMARY KEY AUTOINCREMENT, -- the order of sending
    id              BLOB    NOT NULL UNIQUE CHECK (length(id) = 16),
    kind            TEXT    NOT NULL CHECK (kind IN ('post', 'comment', 'deletion', 'report')),
    jws             TEXT    NOT NULL,
    queued          INTEGER NOT NULL,
    refused_code    TEXT,
    refused_message TEXT,
    picture         BLOB
) STRICT;

CREATE TABLE drafts (
    place TEXT PRIMARY KEY NOT NULL,
    text  TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE settings (
    key   TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
