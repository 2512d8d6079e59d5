CREATE TABLE blind_scan (
    one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    version INTEGER NOT NULL,
    enabled INTEGER NOT NULL CHECK (enabled IN (0, 1)),
    generation INTEGER NOT NULL
) STRICT;
INSERT INTO blind_scan (one, version, enabled, generation) VALUES (1, 0, 0, 0);

CREATE TABLE blind_scan_decision (
    version INTEGER NOT NULL PRIMARY KEY,
    enabled INTEGER NOT NULL CHECK (enabled IN (0, 1)),
    reason TEXT,
    decided_by BLOB,
    decided_at INTEGER NOT NULL
) STRICT;

CREATE TABLE password_index (
    staff BLOB NOT NULL PRIMARY KEY REFERENCES staff (id),
    sealed BLOB NOT NULL,
    generation INTEGER NOT NULL
) STRICT;

CREATE TABLE blind_scan_run (
    corpus BLOB NOT NULL PRIMARY KEY,
    generation INTEGER NOT NULL,
    pages INTEGER NOT NULL,
    next_page INTEGER NOT NULL,
    entries INTEGER NOT NULL,
    entries_done INTEGER NOT NULL,
    busy_micros INTEGER NOT NULL,
    tested INTEGER NOT NULL,
    found INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    finished_at INTEGER,
    lease_until INTEGER,
    claims INTEGER NOT NULL
) STRICT;
