CREATE TABLE session_policy (
    role TEXT NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL,
    idle_minutes INTEGER NOT NULL CHECK (idle_minutes BETWEEN 5 AND 1440),
    longest_minutes INTEGER NOT NULL CHECK (longest_minutes BETWEEN 15 AND 1440)
) STRICT;

CREATE TABLE session_deviation (
    role TEXT NOT NULL,
    version INTEGER NOT NULL,
    deviations TEXT NOT NULL,
    reason TEXT NOT NULL,
    decided_by BLOB,
    decided_at INTEGER NOT NULL,
    PRIMARY KEY (role, version)
) STRICT;
