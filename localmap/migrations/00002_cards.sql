-- +goose Up

ALTER TABLE contacts ADD COLUMN nickname TEXT NOT NULL DEFAULT '';

-- What was imported about a person, to know them again when the phone book is
-- imported once more. No telephone number and no UID is in it: see import.go.
CREATE TABLE cards (
    id      INTEGER PRIMARY KEY,
    contact INTEGER NOT NULL REFERENCES contacts (id) ON DELETE CASCADE,
    uid     BLOB    UNIQUE CHECK (length(uid) = 16), -- a hash; NULL without a UID
    name    TEXT    NOT NULL, -- as the card has it
    folded  TEXT    NOT NULL, -- the same, for comparing
    given   TEXT    NOT NULL, -- the name that the import gave
    numbers BLOB    NOT NULL CHECK (length(numbers) % 2 = 0) -- 16 bits of each
) STRICT;

CREATE INDEX cards_by_contact ON cards (contact);
CREATE INDEX cards_by_name ON cards (folded);
