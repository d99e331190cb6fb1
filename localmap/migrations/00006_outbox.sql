-- +goose Up

-- Not to be sent before that moment, in Unix milliseconds: until then it is taken
-- back without a trace.
ALTER TABLE outbox ADD COLUMN due INTEGER NOT NULL DEFAULT 0;

-- Whether it was ever on its way to the server, which may have it then. Of what
-- waited before this was written down nobody knows.
ALTER TABLE outbox ADD COLUMN tried INTEGER NOT NULL DEFAULT 1 CHECK (tried IN (0, 1));
