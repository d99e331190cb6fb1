-- +goose Up

-- The records that were signed here. One of this profile's own that is in the
-- feed and not here was signed by another machine with the same key.
CREATE TABLE made (
    id BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16)
) STRICT, WITHOUT ROWID;
