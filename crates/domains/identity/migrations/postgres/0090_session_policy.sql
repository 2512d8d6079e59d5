CREATE TABLE session_policy (
    role TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL,
    idle_minutes BIGINT NOT NULL CHECK (idle_minutes BETWEEN 5 AND 1440),
    longest_minutes BIGINT NOT NULL CHECK (longest_minutes BETWEEN 15 AND 1440)
);

CREATE TABLE session_deviation (
    role TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    deviations TEXT NOT NULL,
    reason TEXT NOT NULL,
    decided_by UUID,
    decided_at BIGINT NOT NULL,
    PRIMARY KEY (role, version)
);
