CREATE TABLE job (
    id          UUID   PRIMARY KEY,
    kind        TEXT   NOT NULL,
    payload     TEXT   NOT NULL,
    due_at      BIGINT NOT NULL,
    lease_until BIGINT,
    attempts    BIGINT NOT NULL
);
CREATE INDEX job_due ON job (due_at);
