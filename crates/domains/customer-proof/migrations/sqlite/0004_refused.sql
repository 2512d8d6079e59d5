-- How many codes of a request were not sent because a limit was in the way.
ALTER TABLE proof_request ADD COLUMN refused INTEGER NOT NULL DEFAULT 0;
