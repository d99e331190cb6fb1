-- +goose Up

-- Where each change of key took place: what the key before signed behind the cut
-- is not its owner's any more. The first change is rotation 1.
CREATE TABLE cuts (
    rotation INTEGER PRIMARY KEY CHECK (rotation BETWEEN 1 AND 65535),
    epoch    BLOB    NOT NULL CHECK (length(epoch) = 16),
    cut      INTEGER NOT NULL CHECK (cut >= 0)
) STRICT;

-- The friendships whose slot does not tell of the last change yet, and from when
-- on it is to be rewritten.
CREATE TABLE reseals (
    friendship BLOB    PRIMARY KEY NOT NULL REFERENCES friendships (id) ON DELETE CASCADE,
    due        INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
