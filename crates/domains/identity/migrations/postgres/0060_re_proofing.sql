CREATE TABLE re_proofing (
    id UUID NOT NULL PRIMARY KEY,
    staff UUID NOT NULL REFERENCES staff (id),
    state TEXT NOT NULL,
    requested_by UUID,
    requested_at BIGINT NOT NULL,
    answers TEXT,
    verified_by UUID,
    verified_at BIGINT,
    first_by UUID,
    first_at BIGINT,
    second_by UUID,
    second_at BIGINT,
    ready_at BIGINT,
    expires_at BIGINT NOT NULL,
    closed_at BIGINT,
    closed_by UUID,
    reason TEXT,
    session UUID UNIQUE
);
CREATE UNIQUE INDEX re_proofing_open ON re_proofing (staff) WHERE state IN ('requested', 'approved', 'waiting');
CREATE INDEX re_proofing_staff ON re_proofing (staff, requested_at);

CREATE TABLE re_proofing_waits (
    one BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
    ordinary_hours BIGINT NOT NULL,
    administrative_hours BIGINT NOT NULL,
    version BIGINT NOT NULL
);
INSERT INTO re_proofing_waits (one, ordinary_hours, administrative_hours, version) VALUES (1, 24, 48, 1);
