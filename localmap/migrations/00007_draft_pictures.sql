-- +goose Up

-- The picture that goes with an unfinished post, as it will be sent, and what its file
-- was called on this machine.
CREATE TABLE draft_pictures (
    place   TEXT PRIMARY KEY NOT NULL,
    picture BLOB NOT NULL,
    alt     TEXT NOT NULL,
    file    TEXT NOT NULL
) STRICT, WITHOUT ROWID;
