-- +goose Up

-- One telephone number of a person, as it is dialled, where the owner of the phone book
-- agreed to keep it: for sending an invite by SMS. It goes with the person.
ALTER TABLE contacts ADD COLUMN number TEXT NOT NULL DEFAULT '' CHECK (length(number) <= 33);
