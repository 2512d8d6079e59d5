CREATE TABLE password_policy (
    role TEXT NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL,
    policy TEXT NOT NULL
);

CREATE TABLE password_deviation (
    role TEXT NOT NULL,
    version BIGINT NOT NULL,
    deviations TEXT NOT NULL,
    reason TEXT NOT NULL,
    decided_by UUID,
    decided_at BIGINT NOT NULL,
    PRIMARY KEY (role, version)
);

CREATE TABLE password_history (
    staff UUID NOT NULL REFERENCES staff (id),
    number BIGINT NOT NULL,
    hash BYTEA NOT NULL,
    PRIMARY KEY (staff, number)
);

ALTER TABLE staff ADD COLUMN password_set_at BIGINT;
ALTER TABLE staff ADD COLUMN password_set_under TEXT;
UPDATE staff SET password_set_at = created_at WHERE password_hash IS NOT NULL;

ALTER TABLE session DROP CONSTRAINT session_kind_check;
ALTER TABLE session ADD CONSTRAINT session_kind_check CHECK (kind IN ('pending', 'enrol', 'change-password', 'full'));
