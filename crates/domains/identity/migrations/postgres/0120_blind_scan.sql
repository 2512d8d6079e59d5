CREATE TABLE blind_scan (
    one BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
    version BIGINT NOT NULL,
    enabled BIGINT NOT NULL CHECK (enabled IN (0, 1)),
    generation BIGINT NOT NULL
);
INSERT INTO blind_scan (one, version, enabled, generation) VALUES (1, 0, 0, 0);

CREATE TABLE blind_scan_decision (
    version BIGINT NOT NULL PRIMARY KEY,
    enabled BIGINT NOT NULL CHECK (enabled IN (0, 1)),
    reason TEXT,
    decided_by UUID,
    decided_at BIGINT NOT NULL
);

CREATE TABLE password_index (
    staff UUID NOT NULL PRIMARY KEY REFERENCES staff (id),
    sealed BYTEA NOT NULL,
    generation BIGINT NOT NULL
);

CREATE TABLE blind_scan_run (
    corpus BYTEA NOT NULL PRIMARY KEY,
    generation BIGINT NOT NULL,
    pages BIGINT NOT NULL,
    next_page BIGINT NOT NULL,
    entries BIGINT NOT NULL,
    entries_done BIGINT NOT NULL,
    busy_micros BIGINT NOT NULL,
    tested BIGINT NOT NULL,
    found BIGINT NOT NULL,
    started_at BIGINT NOT NULL,
    finished_at BIGINT,
    lease_until BIGINT,
    claims BIGINT NOT NULL
);
