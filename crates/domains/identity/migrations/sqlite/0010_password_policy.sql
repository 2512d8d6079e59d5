CREATE TABLE password_policy (
    role TEXT NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL,
    policy TEXT NOT NULL
) STRICT;

CREATE TABLE password_deviation (
    role TEXT NOT NULL,
    version INTEGER NOT NULL,
    deviations TEXT NOT NULL,
    reason TEXT NOT NULL,
    decided_by BLOB,
    decided_at INTEGER NOT NULL,
    PRIMARY KEY (role, version)
) STRICT;

CREATE TABLE password_history (
    staff BLOB NOT NULL REFERENCES staff (id),
    number INTEGER NOT NULL,
    hash BLOB NOT NULL,
    PRIMARY KEY (staff, number)
) STRICT;

ALTER TABLE staff ADD COLUMN password_set_at INTEGER;
ALTER TABLE staff ADD COLUMN password_set_under TEXT;
UPDATE staff SET password_set_at = created_at WHERE password_hash IS NOT NULL;

CREATE TABLE session_0010 (
    id BLOB NOT NULL PRIMARY KEY,
    staff BLOB NOT NULL REFERENCES staff (id),
    token_hash BLOB NOT NULL UNIQUE,
    kind TEXT NOT NULL CHECK (kind IN ('pending', 'enrol', 'change-password', 'full')),
    created_at INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    user_agent TEXT NOT NULL,
    stepped_up_until INTEGER,
    known_device BLOB
) STRICT;
INSERT INTO session_0010 SELECT id, staff, token_hash, kind, created_at, last_seen_at, expires_at, user_agent, stepped_up_until, known_device FROM session;
DROP TABLE session;
ALTER TABLE session_0010 RENAME TO session;
CREATE INDEX session_staff ON session (staff);
CREATE INDEX session_expires ON session (expires_at);
