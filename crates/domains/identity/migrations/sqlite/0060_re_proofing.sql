CREATE TABLE re_proofing (
    id BLOB NOT NULL PRIMARY KEY,
    staff BLOB NOT NULL REFERENCES staff (id),
    state TEXT NOT NULL,
    requested_by BLOB,
    requested_at INTEGER NOT NULL,
    answers TEXT,
    verified_by BLOB,
    verified_at INTEGER,
    first_by BLOB,
    first_at INTEGER,
    second_by BLOB,
    second_at INTEGER,
    ready_at INTEGER,
    expires_at INTEGER NOT NULL,
    closed_at INTEGER,
    closed_by BLOB,
    reason TEXT,
    session BLOB UNIQUE
) STRICT;
CREATE UNIQUE INDEX re_proofing_open ON re_proofing (staff) WHERE state IN ('requested', 'approved', 'waiting');
CREATE INDEX re_proofing_staff ON re_proofing (staff, requested_at);

CREATE TABLE re_proofing_waits (
    one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    ordinary_hours INTEGER NOT NULL,
    administrative_hours INTEGER NOT NULL,
    version INTEGER NOT NULL
) STRICT;
INSERT INTO re_proofing_waits (one, ordinary_hours, administrative_hours, version) VALUES (1, 24, 48, 1);
