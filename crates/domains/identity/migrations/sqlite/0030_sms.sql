-- A table whose rows others point at goes only when they have moved: dropping it would delete theirs with it.
CREATE TABLE factor_0030 (
    id BLOB NOT NULL PRIMARY KEY,
    staff BLOB NOT NULL REFERENCES staff (id),
    kind TEXT NOT NULL CHECK (kind IN ('totp', 'passkey', 'recovery', 'sms')),
    name TEXT NOT NULL,
    data BLOB,
    credential_hash BLOB UNIQUE,
    last_step INTEGER NOT NULL,
    counter INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    confirmed_at INTEGER,
    last_used_at INTEGER,
    failures INTEGER NOT NULL DEFAULT 0,
    disabled_at INTEGER,
    -- No sign-in with it before then; NULL: at once.
    held_until INTEGER
) STRICT;
INSERT INTO factor_0030 (id, staff, kind, name, data, credential_hash, last_step, counter, created_at, confirmed_at, last_used_at, failures, disabled_at)
SELECT id, staff, kind, name, data, credential_hash, last_step, counter, created_at, confirmed_at, last_used_at, failures, disabled_at FROM factor;

CREATE TABLE recovery_code_0030 (
    factor BLOB NOT NULL REFERENCES factor_0030 (id) ON DELETE CASCADE,
    code_hash BLOB NOT NULL,
    used_at INTEGER,
    PRIMARY KEY (factor, code_hash)
) STRICT;
INSERT INTO recovery_code_0030 (factor, code_hash, used_at) SELECT factor, code_hash, used_at FROM recovery_code;

DROP TABLE recovery_code;
DROP TABLE factor;
ALTER TABLE factor_0030 RENAME TO factor;
ALTER TABLE recovery_code_0030 RENAME TO recovery_code;
CREATE INDEX factor_staff ON factor (staff);

-- The code that somebody was sent last, and the wrong ones they typed; in a known browser apart from all others.
CREATE TABLE sms_code (
    staff BLOB NOT NULL REFERENCES staff (id),
    -- The hash of the token by which the browser is known; empty: it is not.
    device BLOB NOT NULL,
    -- In which session it was asked for; it works in no other.
    session BLOB,
    factor BLOB,
    -- NULL: it was used, or there was none.
    code_hash BLOB,
    message BLOB,
    expires_at INTEGER NOT NULL,
    failures INTEGER NOT NULL,
    failures_since INTEGER NOT NULL,
    PRIMARY KEY (staff, device)
) STRICT;
CREATE INDEX sms_code_expires ON sms_code (expires_at);

-- How many codes somebody was sent, wherever they asked.
CREATE TABLE sms_sending (
    staff BLOB NOT NULL PRIMARY KEY REFERENCES staff (id),
    sent INTEGER NOT NULL,
    since INTEGER NOT NULL,
    next_at INTEGER NOT NULL
) STRICT;
