CREATE TABLE seen_place (
    staff BLOB NOT NULL REFERENCES staff (id),
    kind TEXT NOT NULL CHECK (kind IN ('network', 'country')),
    place BLOB NOT NULL,
    seen_at INTEGER NOT NULL,
    PRIMARY KEY (staff, kind, place)
) STRICT;

CREATE TABLE last_place (
    staff BLOB NOT NULL PRIMARY KEY REFERENCES staff (id),
    place BLOB NOT NULL,
    seen_at INTEGER NOT NULL
) STRICT;

CREATE TABLE session_risk (
    session BLOB NOT NULL PRIMARY KEY REFERENCES session (id) ON DELETE CASCADE,
    signals TEXT NOT NULL,
    strongest TEXT NOT NULL CHECK (strongest IN ('any', 'phishing-resistant'))
) STRICT;

CREATE TABLE sign_in_review (
    id BLOB NOT NULL PRIMARY KEY,
    staff BLOB NOT NULL REFERENCES staff (id),
    session BLOB,
    factor BLOB,
    known_device BLOB,
    shown_by TEXT NOT NULL,
    at INTEGER NOT NULL,
    decision TEXT NOT NULL CHECK (decision IN ('allow', 'step-up', 'refuse')),
    signals TEXT NOT NULL,
    asked INTEGER NOT NULL,
    place BLOB NOT NULL,
    answer TEXT CHECK (answer IN ('me', 'not-me')),
    answered_at INTEGER
) STRICT;
CREATE INDEX sign_in_review_staff ON sign_in_review (staff, at);

CREATE TABLE risk_policy (
    signal TEXT NOT NULL PRIMARY KEY,
    decision TEXT NOT NULL CHECK (decision IN ('allow', 'step-up', 'refuse'))
) STRICT;

CREATE TABLE risk_policy_version (
    one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    version INTEGER NOT NULL
) STRICT;
INSERT INTO risk_policy_version (one, version) VALUES (1, 0);

ALTER TABLE staff ADD COLUMN password_disowned_at INTEGER;
