DROP TABLE ceremony;

CREATE TABLE spent_ceremony (
    id BLOB NOT NULL PRIMARY KEY,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX spent_ceremony_expires ON spent_ceremony (expires_at);
