CREATE TABLE sign_in_provider (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    settings TEXT NOT NULL,
    client_secret BLOB,
    version INTEGER NOT NULL
) STRICT;

CREATE TABLE provider_account (
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    staff BLOB NOT NULL,
    bound_at INTEGER NOT NULL,
    last_used_at INTEGER,
    PRIMARY KEY (issuer, subject)
) STRICT;
CREATE UNIQUE INDEX provider_account_staff ON provider_account (staff, issuer);

CREATE TABLE spent_sign_in (
    id BLOB NOT NULL PRIMARY KEY,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX spent_sign_in_expires ON spent_sign_in (expires_at);
